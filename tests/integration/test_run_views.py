"""The terminal on a stand-in session: panel and LCD are real, the CPU is not there."""

from __future__ import annotations

import io
import os
import pty
import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from korgm1.board.lcd_hd44780 import Hd44780
from korgm1.board.panel import Panel
from korgm1.clock import CPU_HZ, Scheduler
from korgm1.frontends import audio_out, midi_ports
from korgm1.frontends.terminal import KEYS, PAUSE, TAP, Terminal, split_keys
from korgm1.result import LcdChange

KEY_NAMES = Panel().keys()


class StandIn:
    """As much of a session as a view touches."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.panel = Panel()
        self.chip = Hd44780(self.scheduler)
        self.chip.reset("power")
        self.machine = SimpleNamespace(panel=self.panel, lcd=self.chip)
        self.model = SimpleNamespace(name="m1", title="M1 Music Workstation")
        self.firmware = SimpleNamespace(name="OpenM1", version="#24")
        self.battery = SimpleNamespace(cell_volts=3.2)
        self.stopped: str | None = None
        self.pressed: list[tuple[str, int]] = []
        self.timeline: list[LcdChange] = []

    def write(self, text: str) -> None:
        for rs, value in [(0, 0x38), (0, 0x0C), (0, 0x01), *((1, ord(char)) for char in text)]:
            self.scheduler.run_due(self.chip.busy_until)
            self.chip.write(rs, value)

    @property
    def lcd(self) -> tuple[str, str]:
        return self.chip.text()

    @property
    def leds(self) -> dict[str, bool]:
        return self.panel.leds()

    @property
    def clock(self) -> int:
        return self.scheduler.now

    def run_until(self, clock: int) -> None:
        self.scheduler.run_due(clock)

    def key_down(self, key: str) -> None:
        self.panel.press(key)

    def key_up(self, key: str) -> None:
        self.panel.release(key)

    def slide(self, value: int) -> None:
        self.panel.set_slider(value)

    def press_at(self, key: str, at: float, seconds: float) -> None:
        assert key in KEY_NAMES
        self.pressed.append((key, round(at * CPU_HZ)))


@pytest.fixture
def session() -> Any:
    return StandIn()


# the terminal


class Screen(io.StringIO):
    """Text output that says it is a terminal."""

    encoding = "utf-8"  # type: ignore[assignment]

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.fixture
def typed() -> Iterator[tuple[int, int]]:
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_the_terminal_redraws_in_place(session: StandIn, typed: tuple[int, int]) -> None:
    session.write("Prog I00 Init Prog")
    session.panel.leds_port(0x11, 0xFF)
    screen = Screen()
    view = Terminal(session, screen, typed[1])  # type: ignore[arg-type]
    view.draw()
    first = screen.getvalue()
    assert "|Prog I00 Init Prog" in first
    assert "[INT]" in first and "[PROG]" in first and "[SEQ]" not in first
    view.draw()
    assert screen.getvalue() == first
    session.write("Prog I01 Init Prog")
    view.draw("slow")
    second = screen.getvalue()[len(first) :]
    assert second.startswith(f"\x1b[{first.count(chr(10))}A")
    assert "|Prog I01" in second and "slow" in second
    view.close()
    assert screen.getvalue().endswith("\x1b[?25h")


def test_typed_keys_are_pressed_one_after_another(session: StandIn, typed: tuple[int, int]) -> None:
    view = Terminal(session, Screen(), typed[1])  # type: ignore[arg-type]
    os.write(typed[0], b"42\x1b[A\x1bOPh")
    assert view.poll(1.0)
    now = session.clock
    assert session.pressed == [(key, now + n * (TAP + PAUSE)) for n, key in enumerate(["4", "2", "UP", "INT", "H"])]
    os.write(typed[0], b"+++-")
    view.poll(1.0)
    assert session.panel.controls()["value"] >> 1 == 2
    os.write(typed[0], b"q")
    assert view.poll(1.0) is False
    view.close()


def test_the_terminal_is_given_back_as_it_was(session: StandIn, typed: tuple[int, int]) -> None:
    import termios

    before = termios.tcgetattr(typed[1])
    view = Terminal(session, Screen(), typed[1])  # type: ignore[arg-type]
    assert termios.tcgetattr(typed[1]) != before
    view.close()
    assert termios.tcgetattr(typed[1]) == before


def test_a_pipe_gets_a_line_per_finished_picture(session: StandIn) -> None:
    out = io.StringIO()
    view = Terminal(session, out)  # type: ignore[arg-type]
    session.write("Half dr")
    view.draw()
    session.timeline.append(LcdChange(2_000_000, ("One".ljust(40), "")))
    view.draw()
    view.draw()
    session.timeline += [LcdChange(4_000_000, ("Two".ljust(40), "")), LcdChange(6_000_000, ("One".ljust(40), ""))]
    view.draw("too slow")
    view.draw("too slow")
    view.draw()
    view.draw("too slow")
    shown = [row[:18].rstrip() for row in out.getvalue().splitlines()]
    assert shown == ["   0.2500 s  |One", "   0.5000 s  |Two", "   0.7500 s  |One", "too slow", "too slow"]
    session.timeline = [LcdChange(8, ("Again".ljust(40), ""))]
    view.draw()
    assert out.getvalue().splitlines()[-1].startswith("   0.0000 s  |Again"), "switched on again"
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("rows", [1, 3, 5, 8, 24])
def test_a_low_terminal_keeps_the_lcd(
    session: StandIn, typed: tuple[int, int], monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, rows)))
    session.write("Prog I00")
    screen = Screen()
    view = Terminal(session, screen, typed[1])  # type: ignore[arg-type]
    view.draw()
    shown = screen.getvalue()
    assert "|Prog I00" in shown
    assert shown.count("\n") <= max(2, rows - 1), "or the picture would scroll and leave its top behind"
    assert ("[INT]" in shown or " INT " in shown) == (rows > 3)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, rows + 1)))
    view.draw()
    assert "\x1b[2J" in screen.getvalue(), "another size: drawn anew"
    view.close()


def test_the_help_names_every_key_and_all_keys_can_be_typed(session: StandIn, typed: tuple[int, int]) -> None:
    assert set(KEYS.values()) == set(KEY_NAMES)
    screen = Screen()
    view = Terminal(session, screen, typed[1])  # type: ignore[arg-type]
    os.write(typed[0], b"?")
    view.poll(1.0)
    view.draw()
    for word in ("EDIT COMBI", "REC/WRITE", "COMPARE", "power off"):
        assert word in screen.getvalue()
    view.close()


def test_split_keys_survives_anything() -> None:
    assert split_keys("\x1b") == ["\x1b"]
    assert split_keys("\x1b[") == ["\x1b["]
    assert split_keys("\x1b[200~a") == ["\x1b[200~", "a"]
    assert "".join(split_keys("\x1bO\x1b[[A12")) == "\x1bO\x1b[[A12"


# what doctor asks


def test_audio_probe_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert "pip install sounddevice" in audio_out.probe()

    class NoLibrary:
        def find_spec(self, name: str, path: object, target: object = None) -> None:
            if name == "sounddevice":
                raise OSError("PortAudio library not found")

    monkeypatch.delitem(sys.modules, "sounddevice")
    monkeypatch.setattr(sys, "meta_path", [NoLibrary(), *sys.meta_path])
    assert "libportaudio2" in audio_out.probe()


def test_audio_probe_names_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    fake: Any = ModuleType("sounddevice")
    fake.PortAudioError = type("PortAudioError", (Exception,), {})
    fake.query_devices = lambda kind: {"name": "Speakers"}
    fake.get_portaudio_version = lambda: (1, "PortAudio V19")
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    assert audio_out.probe() == "Speakers, PortAudio V19"

    def none(kind: str) -> None:
        raise fake.PortAudioError("Error querying device -1")

    fake.query_devices = none
    assert "no output device" in audio_out.probe()
    assert "-1" not in audio_out.probe()


def test_midi_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rtmidi", None)
    assert "pip install python-rtmidi" in midi_ports.probe()
    fake: Any = ModuleType("rtmidi")
    fake.MidiIn = fake.MidiOut = lambda: SimpleNamespace(get_ports=lambda: ["Keyboard"])
    monkeypatch.setitem(sys.modules, "rtmidi", fake)
    assert midi_ports.probe() == "Keyboard, Keyboard"

    def broken() -> None:
        raise SystemError("no ALSA sequencer")

    fake.MidiIn = broken
    assert "no ALSA" in midi_ports.probe()
