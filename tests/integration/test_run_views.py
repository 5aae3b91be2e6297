"""The window and the terminal on a stand-in session: panel and LCD are real, the CPU is not there."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from korgm1.board.lcd_hd44780 import Hd44780
from korgm1.board.panel import Panel
from korgm1.clock import CPU_HZ, Scheduler
from korgm1.errors import UserError
from korgm1.frontends import audio_out, display, midi_ports, panel_layout
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


# the layout


def test_every_key_is_on_the_panel_once_and_none_overlap() -> None:
    names = sorted(button.key for button in panel_layout.BUTTONS)
    assert names == sorted(KEY_NAMES)
    points: set[tuple[int, int]] = set()
    for button in panel_layout.BUTTONS:
        assert button.x >= 0 and button.x + button.width <= panel_layout.WIDTH
        assert button.y >= 0 and button.y + button.height <= panel_layout.HEIGHT
        area = {
            (x, y)
            for x in range(button.x, button.x + button.width, 2)
            for y in range(button.y, button.y + button.height, 2)
        }
        assert not points & area, button
        points |= area
        assert panel_layout.button_at(button.x, button.y) is button


def test_the_lights_are_on_keys_of_their_name() -> None:
    assert {button.key for button in panel_layout.BUTTONS if button.led} == set(Panel().leds())


@pytest.mark.parametrize("value", [0, 1, 63, 64, 126, 127])
def test_the_slider_goes_where_it_is_dragged(value: int) -> None:
    assert panel_layout.slider_value(panel_layout.slider_y(value)) == value


# the window


@pytest.fixture
def window(session: StandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    view = display.open_window(session)  # type: ignore[arg-type]
    yield view
    view.close()


def post(kind: str, **values: Any) -> None:
    import pygame

    pygame.event.post(pygame.event.Event(getattr(pygame, kind), **values))


def middle(key: str) -> tuple[int, int]:
    button = next(button for button in panel_layout.BUTTONS if button.key == key)
    return button.x + button.width // 2, button.y + button.height // 2


@pytest.mark.parametrize("key", KEY_NAMES)
def test_a_click_presses_and_releases_its_key(session: StandIn, window: Any, key: str) -> None:
    post("MOUSEBUTTONDOWN", pos=middle(key), button=1)
    assert window.poll(0.001)
    assert session.panel.held == {key}
    post("MOUSEBUTTONUP", pos=middle(key), button=1)
    window.poll(0.001)
    assert session.panel.held == {key}, "a short click lasts longer than a debounce"
    session.run_until(session.clock + CPU_HZ // 10)
    window.poll(0.001)
    assert session.panel.held == set()


def test_computer_keys_work_the_panel_by_place(session: StandIn, window: Any) -> None:
    import pygame

    post("KEYDOWN", key=pygame.K_F3, scancode=pygame.KSCAN_F3, mod=0)
    post("KEYDOWN", key=ord("&"), scancode=pygame.KSCAN_1, mod=0)
    post("KEYDOWN", key=pygame.K_7, scancode=pygame.KSCAN_7, mod=pygame.KMOD_LSHIFT)
    post("KEYDOWN", key=pygame.K_KP_0, scancode=pygame.KSCAN_KP0, mod=0)
    post("KEYDOWN", key=pygame.K_q, scancode=pygame.KSCAN_Q, mod=0)
    window.poll(0.001)
    assert session.panel.held == {"PROG", "A", "7", "0"}
    post("KEYUP", key=pygame.K_7, scancode=pygame.KSCAN_7, mod=0)
    window.poll(0.001)
    session.run_until(session.clock + CPU_HZ)
    window.poll(0.001)
    assert session.panel.held == {"PROG", "A", "0"}
    post("WINDOWFOCUSLOST")
    window.poll(0.001)
    session.run_until(session.clock + CPU_HZ)
    window.poll(0.001)
    assert session.panel.held == set()


def test_every_shortcut_of_the_layout_works(session: StandIn, window: Any) -> None:
    from korgm1.frontends.window import _KEYS, key_for

    worked = set(_KEYS.values()) | {key_for(0, scancode, False) for scancode in range(256)}
    assert {button.key for button in panel_layout.BUTTONS if button.shortcut} <= worked
    assert worked - {None} == set(KEY_NAMES)


def test_the_slider_is_dragged_and_wheeled(session: StandIn, window: Any) -> None:
    x, top, _, height = panel_layout.SLIDER
    post("MOUSEBUTTONDOWN", pos=(x + 5, top + height // 2), button=1)
    window.poll(0.001)
    assert abs(session.panel.controls()["value"] - 127) <= 2
    post("MOUSEMOTION", pos=(x + 300, top - 40), rel=(0, 0), buttons=(1, 0, 0))
    window.poll(0.001)
    assert session.panel.controls()["value"] == 255
    post("MOUSEBUTTONUP", pos=(x, top), button=1)
    post("MOUSEWHEEL", x=0, y=-3, flipped=False, which=0)
    window.poll(0.001)
    assert session.panel.controls()["value"] >> 1 == 124


def test_the_canvas_shows_lcd_lights_and_hints(session: StandIn, window: Any) -> None:
    import pygame

    def pixels() -> bytes:
        return pygame.image.tobytes(window._canvas, "RGB")

    session.write("Prog I00")
    window.draw()
    first = pixels()
    window.draw()
    assert pixels() == first
    session.panel.leds_port(0x10, 0xFF)
    window.draw()
    lit = pixels()
    assert lit != first
    session.write("Prog I01")
    window.draw()
    assert pixels() != lit
    second = pixels()
    window.draw("too slow")
    assert pixels() != second


def test_closing_the_window_ends_it(window: Any) -> None:
    post("QUIT")
    assert window.poll(0.001) is False


def test_a_resized_window_still_hits_its_buttons(session: StandIn, window: Any) -> None:
    import pygame

    window._screen = pygame.display.set_mode((panel_layout.WIDTH // 2, panel_layout.HEIGHT), pygame.RESIZABLE)
    window.draw()
    x, y = middle("PROG")
    post("MOUSEBUTTONDOWN", pos=(x // 2, panel_layout.HEIGHT // 4 + y // 2), button=1)
    window.poll(0.001)
    assert session.panel.held == {"PROG"}


def test_without_a_display_there_is_a_hint(session: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(UserError, match="no display"):
        display.open_window(session)  # type: ignore[arg-type]
    assert "terminal" in display.probe()


def test_a_display_that_does_not_answer_is_a_hint(session: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "no-such-driver")
    with pytest.raises(UserError, match="cannot be used"):
        display.open_window(session)  # type: ignore[arg-type]
    assert "terminal" in display.probe()


def test_a_display_nobody_serves_is_a_hint(session: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":65432")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    with pytest.raises(UserError, match="display"):
        display.open_window(session)  # type: ignore[arg-type]




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
