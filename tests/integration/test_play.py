"""Songs and the instrument live: the card's clock is the pace, gaps are counted, and without a card it goes on."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fake_sounddevice import Card
from patience import LIMIT
from songs import song_file

from korgm1.cli import FRONTENDS, main
from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.frontends.audio_out import AudioOut
from korgm1.performance import Song
from korgm1.session import Session
from korgm1.verbs import play
from korgm1.verbs.concert import Programme
from korgm1.verbs.live import prime, status
from korgm1.verbs.live_sound import LiveSound


class Host:
    """A host whose time passes only while somebody waits; its card asks for a block of 480 each 10 ms of its own."""

    def __init__(self, card: Card, quartz: float = 1.0) -> None:
        self.card = card
        self.now = 0.0
        self._quartz = quartz
        self._asked = 0.0
        self.dead = False

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        end = self.now + max(seconds, 0.0005)
        while not self.dead and self._asked + 0.01 / self._quartz <= end:
            self._asked += 0.01 / self._quartz
            self.now = self._asked
            self.card.tick(480)
        self.now = end


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> Card:
    fake = Card()
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def output(host: Host, latency: str = "high") -> AudioOut:
    return AudioOut(latency=latency, host=host.clock)


def programme(seconds: float) -> Programme:
    return Programme((), Song(((0, b"\x90<d"),), round(seconds * CPU_HZ)), None, ())


@pytest.mark.parametrize("quartz", [0.99, 1.0, 1.01])
@pytest.mark.parametrize("latency", ["low", "high", "500"])
def test_the_card_s_clock_is_the_pace_without_a_gap(card: Card, m1: Session, quartz: float, latency: str) -> None:
    host = Host(card, quartz)
    sound = LiveSound(m1, output(host, latency), "digital", host=host.clock, sleep=host.sleep)
    play.play(m1, programme(3), sound, 0.5, host=host.clock, sleep=host.sleep)
    assert sound.status == ""
    assert abs(host.now - 3.5 / quartz) < 0.6 * quartz + sound.depth


def test_without_a_card_the_host_s_clock_is_the_pace(m1: Session) -> None:
    host = Host(Card())
    host.dead = True
    play.play(m1, programme(2), None, 0.25, host=host.clock, sleep=host.sleep)
    assert 2.2 < host.now < 2.3


def test_run_s_pacer_keeps_the_queue_full(card: Card, m1: Session) -> None:
    host = Host(card, 1.003)
    card.lag = 0.0125
    sound = LiveSound(m1, output(host, "low"), "digital", host=host.clock)
    desk = Desk(m1)
    pacer = prime(desk, sound)
    begun = m1.clock
    while host.now < 5:
        wait = pacer.step()
        sound.follow(desk)
        host.sleep(wait)
    assert status(desk) == ""
    assert desk.live.sound == "Card One" and round(desk.live.latency_ms, 6) == 52.5
    assert abs((m1.clock - begun) / CPU_HZ - 5 * 1.003) < 0.1, "the quartz of the card, not the host's clock"


def test_a_busy_host_costs_a_gap_and_no_more(card: Card, m1: Session) -> None:
    host = Host(card)
    sound = LiveSound(m1, output(host, "low"), "digital", host=host.clock)
    desk = Desk(m1)
    pacer = prime(desk, sound)
    while host.now < 2:
        wait = pacer.step()
        sound.follow(desk)
        host.sleep(0.3 if 1 <= host.now < 1.02 else wait)
    assert "1 gap in the sound" in status(desk)
    assert desk.live.gaps == 1


def test_a_card_that_stops_leaves_the_instrument_going(card: Card, m1: Session) -> None:
    host = Host(card)
    sound = LiveSound(m1, output(host), "digital", host=host.clock)
    desk = Desk(m1)
    pacer = prime(desk, sound)
    begun = m1.clock
    while host.now < 6:
        host.dead = host.now > 2
        wait = pacer.step()
        sound.follow(desk)
        host.sleep(wait)
    assert "takes no sound any more" in status(desk)
    assert 4 < (m1.clock - begun) / CPU_HZ < 6


def test_the_volume_is_a_pot_behind_the_outputs(card: Card, m1: Session) -> None:
    host = Host(card)
    frames = np.full((3000, 4), 1 << 18, np.int32)
    for volume, level in ((100, 0.5), (50, 0.25), (0, 0.0)):
        card.played.clear()
        sound = LiveSound(m1, output(host, "20"), "digital", volume=volume, host=host.clock)
        sound.feed(frames)
        assert card.tick(1000)[900, 0] == pytest.approx(level, abs=1e-3)


def test_nothing_done_at_the_desk_makes_a_gap(card: Card, m1: Session) -> None:
    """Off and on, back in time, another engine, a dip, time that is skipped: the card goes on being fed."""
    host = Host(card)
    desk = Desk(m1)
    sound = LiveSound(m1, output(host, "low"), "digital", host=host.clock)
    pacer = prime(desk, sound)
    deeds = iter([
        lambda: desk.set_engine("v30"), lambda: desk.rewind(1), lambda: desk.power(False), lambda: desk.power(True),
        lambda: desk.dip(0.5), lambda: desk.skip(8_000_000), lambda: desk.set_faults(["adc-dead"]), lambda: None,
    ])
    due = 1.0
    while host.now < 9:
        if host.now >= due:
            next(deeds, lambda: None)()
            due += 1.0
        wait = pacer.step()
        sound.follow(desk)
        host.sleep(wait)
        if host.now > 0.1:
            assert 0.01 < sound._output.waiting < 0.2
    assert desk.live.gaps == 0 and status(desk) == ""


def test_the_cards_blocks_do_not_make_the_picture_stutter(card: Card, m1: Session) -> None:
    """Time goes on between the card's blocks, by the host's clock, and never back."""
    host = Host(card)
    sound = LiveSound(m1, output(host, "low"), "digital", host=host.clock)
    sound.feed(np.zeros((31250, 4), np.int32))
    seen = []
    while host.now < 0.5:
        host.sleep(0.001)
        seen.append(sound.clock())
    late = seen[100:]
    assert all(0 <= after - before < 0.003 for before, after in pairwise(late))
    assert late[-1] - late[0] == pytest.approx(len(late) * 0.001, abs=0.012)


def test_the_volume_pot_turns_without_a_click(card: Card, m1: Session) -> None:
    host = Host(card)
    sound = LiveSound(m1, output(host, "20"), "digital", host=host.clock)
    frames = np.full((1000, 4), 1 << 18, np.int32)
    sound.feed(frames)
    card.tick(960)
    sound._wanted = 0.0
    sound.feed(frames)
    sound.feed(frames)
    levels = card.tick(2500)[:, 0]
    assert levels[0] > 0.4 and levels[-1] == 0 and np.abs(np.diff(levels)).max() < 0.01


@pytest.mark.parametrize("words", [["--latency", "5"], ["--latency", "x"], ["--volume", "101"], ["--volume", "-1"]])
def test_values_that_cannot_be(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["play", "x.mid", *words])
    assert ended.value.code == 2


def test_the_verb_without_a_card_says_so_and_plays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Card(outputs=0))
    song = song_file(tmp_path / "x.mid", 0.2)
    assert main(["play", str(song), "--tail", "0", "--sram", str(tmp_path / "my.sram")]) == 0
    said = capsys.readouterr().err.splitlines()
    assert said[0].startswith("korgm1: no sound: there is no sound output device (connect one")
    assert (tmp_path / "my.sram").stat().st_size == 65536
    assert main(["play", str(song), "--tail", "0", "--mute"]) == 0
    assert "no sound output" not in capsys.readouterr().err


def test_ctrl_c_during_the_boot_tells_what_was_written(
    ctrl_c_at_lcd_write: Callable[[int], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    song, kept = song_file(tmp_path / "x.mid", 0.2), tmp_path / "my.sram"
    ctrl_c_at_lcd_write(40)
    assert main(["play", str(song), "--mute", "--sram", str(kept)]) == 130
    assert capsys.readouterr().err == f"korgm1: stopped during the boot; {kept} written\n"
    assert kept.stat().st_size == 65536


class Live:
    """A view that shows nothing."""

    def __init__(self, desk: Desk, keymap: object) -> None:
        self.desk = desk

    def poll(self, wait: float) -> bool:
        return True

    def draw(self, status: str = "") -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


def test_run_without_a_card_says_so_once_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", Card(outputs=0))
    seen: list[str] = []

    class View(Live):
        """Looks at stderr when it is closed."""

        def close(self) -> None:
            super().close()
            seen.append(capsys.readouterr().err)

    monkeypatch.setitem(FRONTENDS, "terminal", View)
    assert main(["run", "--tty", "--no-sram", "--seconds", "0.1"]) == 0
    assert seen == [""], "nothing is written over what a terminal shows"
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and said.startswith("korgm1: no sound: there is no sound output device (connect")
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert main(["run", "--tty", "--no-sram", "--seconds", "0.1", "--json"]) == 0
    assert "no sound: sounddevice is not installed (" in capsys.readouterr().err


@pytest.mark.parametrize("verb", ["play", "run"])
@pytest.mark.parametrize("fake", [Card(), Card(outputs=0), None], ids=["another", "none", "no sounddevice"])
def test_a_device_that_was_named_and_is_not_there_is_an_error(
    verb: str, fake: Card | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    words = [str(song_file(tmp_path / "x.mid", 0.2)), "--tail", "0"] if verb == "play" else [
        "--terminal", "--seconds", "0.1"
    ]  # fmt: skip
    kept = tmp_path / "my.sram"
    assert main([verb, *words, "--sram", str(kept), "--audio-device", "99"]) == 1
    said = capsys.readouterr().err
    if fake is None:
        assert "sounddevice is not installed" in said
    else:
        assert "--audio-device '99'" in said and ("\n  1  Card One, 4 outputs" in said) is (fake.outputs > 0)
    assert not kept.exists(), "the power was never switched on"


@pytest.fixture
def asking(card: Card) -> Iterator[Card]:
    """A card that asks by the host's own clock, from a thread as PortAudio does."""
    over = threading.Event()

    def ask() -> None:
        while not over.wait(0.01):
            if card.opened and not card.closed:
                card.tick(480)

    thread = threading.Thread(target=ask)
    thread.start()
    yield card
    over.set()
    thread.join()


def test_the_verb_plays_through_a_card(tmp_path: Path, asking: Card) -> None:
    song = song_file(tmp_path / "x.mid", 0.5)
    assert main(["play", str(song), "--tail", "0.2", "--latency", "200", "--volume", "50"]) == 0
    assert asking.closed
    heard = np.concatenate(asking.played)
    loud = np.flatnonzero(np.abs(heard).max(axis=1) > 0.001)
    assert len(loud) > 0.4 * 48000 and heard.shape[1] == 2


def test_run_has_sound(tmp_path: Path, asking: Card, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("korgm1.verbs.live.SOON", LIMIT)    # a busy host opens it when the song is over
    song = song_file(tmp_path / "x.mid", 0.4)
    words = ["run", "--terminal", "--no-sram", "--seconds", "2.6", "--midi", f"{song}@2"]
    assert main([*words, "--dac", "digital"]) == 0
    assert asking.closed and np.abs(np.concatenate(asking.played)).max() > 0.001
    asking.opened.clear()
    assert main([*words, "--mute"]) == 0
    assert asking.opened == {}


def test_a_boot_imports_nothing_that_only_sound_needs() -> None:
    heavy = {"scipy", "sounddevice", "pyarrow", "matplotlib", "mido", "pygame", "distributed"}
    code = (
        "import sys, korgm1.cli; korgm1.cli.main(['boot', '--seconds', '0.1']); "
        f"print(sorted({heavy} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT)
    assert done.stdout.splitlines()[-1] == "[]", done


def test_numpy_starts_no_threads() -> None:
    if not Path("/proc/self/task").is_dir():
        pytest.skip("this system does not list a process's threads")
    code = (
        "import os, sys, korgm1.cli; korgm1.cli.main(['boot', '--seconds', '0.1']); "
        "print('numpy' in sys.modules, len(os.listdir('/proc/self/task')))"
    )
    environment = {key: value for key, value in os.environ.items() if key != "OPENBLAS_NUM_THREADS"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=LIMIT, env=environment)
    assert done.stdout.splitlines()[-1] == "True 1", done


def test_the_list_of_devices(card: Card, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", "--list-devices"]) == 0
    assert capsys.readouterr().out == "  1  Card One, 4 outputs, 48000 Hz\n"


def test_a_song_that_is_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["play", str(tmp_path / "x.mid")]) == 1
    assert main(["play"]) == 2
    assert "try: korgm1 play song.mid\n" in capsys.readouterr().err
