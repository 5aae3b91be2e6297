"""What each command of the desk does; see `korgm1.desk.commands`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from korgm1.clock import clocks
from korgm1.desk.hands import check_seconds
from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.desk import Desk


def press(desk: Desk, key: str, seconds: float) -> None:
    desk.tap(key, seconds)


def down(desk: Desk, key: str) -> None:
    desk.key_down(key)


def up(desk: Desk, key: str) -> None:
    desk.key_up(key)


def value(desk: Desk, position: int) -> None:
    desk.slide(position)


def turn(desk: Desk, steps: int) -> int:
    desk.turn(steps)
    return desk.value


def move(desk: Desk, control: str, position: int) -> None:
    desk.move(control, position)


def note(desk: Desk, key: int, velocity: int, seconds: float) -> None:
    desk.note(key, velocity, seconds)


def note_on(desk: Desk, key: int, velocity: int) -> None:
    desk.note_on(key, velocity)


def note_off(desk: Desk, key: int) -> None:
    desk.note_off(key)


def let_go(desk: Desk) -> None:
    desk.let_go()


def power(desk: Desk, to: str, hold: Sequence[str]) -> None:
    on = not desk.powered if to == "toggle" else to == "on"
    desk.power(on, tuple(key.replace("_", " ") for key in hold))


def reset(desk: Desk) -> None:
    desk.reset()


def dip(desk: Desk, seconds: float) -> str:
    return desk.dip(seconds)


def cell(desk: Desk, cell: str) -> None:
    desk.set_cell(cell)


def leave(desk: Desk, time: float) -> None:
    desk.leave(time)


def temperature(desk: Desk, celsius: float) -> None:
    desk.set_celsius(celsius)


def faults(desk: Desk, words: Sequence[str]) -> None:
    desk.set_faults([word for word in words if word != "none"])


def hypothesis(desk: Desk, id: str, value: str | None) -> None:
    desk.set_hypothesis(id, value)


def engine(desk: Desk, name: str) -> None:
    desk.set_engine(name)


def card(desk: Desk, what: str, value: str | None) -> None:
    if what == "eject":
        desk.eject_card()
    elif value is None:
        raise UsageError(f"card {what} has nothing to go with it", "card insert FILE, card protect on|off")
    elif what == "insert":
        desk.insert_card(value)
    else:
        desk.protect_card(_switch(value))


def pcm_card(desk: Desk, what: str, value: str | None) -> None:
    if what == "eject":
        desk.eject_pcm_card()
    elif value is None:
        raise UsageError("pcm-card insert has no file", "pcm-card insert FILE")
    else:
        desk.insert_pcm_card(value)


def midi(desk: Desk, data: bytes) -> None:
    desk.midi_in(data)


def midi_file(desk: Desk, path: str) -> Any:
    if desk.play_midi_file is None:
        raise UsageError("MIDI files cannot be played here", "korgm1 run or korgm1 serve")
    return desk.play_midi_file(path)


def save(desk: Desk, path: str) -> None:
    desk.save_state(path)


def load(desk: Desk, path: str) -> None:
    desk.load_state(path)


def rewind(desk: Desk, seconds: int) -> int:
    return desk.rewind(seconds)


def scenario(desk: Desk, name: str) -> None:
    if name == "stop":
        desk.stop_scenario()
    else:
        desk.start_scenario(name)


def volume(desk: Desk, position: int) -> None:
    desk.volume = _pot(position)


def contrast(desk: Desk, position: int) -> None:
    desk.contrast = _pot(position)


def backlight(desk: Desk, hours: float) -> None:
    if not 0 <= hours <= 1_000_000:
        raise UsageError(f"{hours:g} hours of light", "0 to 1,000,000")
    desk.backlight_hours = hours


def lcd(desk: Desk) -> dict[str, Any]:
    return {"at": desk.now, "lines": list(desk.lcd)}


def leds(desk: Desk) -> dict[str, bool]:
    return desk.leds


def state(desk: Desk) -> dict[str, Any]:
    """How everything is, as plain data."""
    session, battery = desk.session, desk.session.battery
    live = desk.live
    return {
        "at": desk.now,
        "powered": desk.powered,
        "model": session.model.name,
        "firmware": {"name": session.firmware.name, "version": session.firmware.version},
        "engine": session.engine_name,
        "clock": session.clock,
        "stopped": session.stopped,
        "frozen": session.frozen,
        "lcd": list(desk.lcd),
        "leds": desk.leds,
        "held": sorted(desk.held),
        "notes": sorted(desk.notes),
        "controls": desk.controls,
        "volume": desk.volume,
        "contrast": desk.contrast,
        "backlight_hours": round(desk.backlight_hours, 3),
        "battery": {
            "kind": battery.kind, "volts": battery.cell_volts, "ram_volts": battery.ram_volts,
            "celsius": battery.celsius, "adc_code": desk.battery_code,
        },
        "wake": None if session.wake is None else session.wake.to_dict(),
        "faults": list(session.faults.texts),
        "hypotheses": session.hypotheses.changed(),
        "image": None if session.image_path is None else str(session.image_path),
        "card": desk.card_in,
        "card_file": None if session.card_path is None else str(session.card_path),
        "pcm_card": session.pcm_card_sha1,
        "scenario": desk.scenario,
        "playing": desk.playing,
        "history": desk.history,
        "ahead": desk.ahead,
        "live": {"speed": live.speed, "sound": live.sound, "gaps": live.gaps, "midi": live.midi,
                 "latency_ms": live.latency_ms},
    }


def screenshot(desk: Desk, path: str, of: str) -> None:
    desk.check_apart(path)
    if of == "lcd":
        desk.session.screenshot(path)
    elif desk.window_picture is None:
        raise UsageError("there is no window to take a picture of", "screenshot PATH lcd")
    else:
        desk.window_picture(path)
    desk.say(f"{path} written")


def run(desk: Desk, seconds: float) -> int:
    check_seconds(seconds)
    desk.skip(clocks(seconds))
    return desk.now


def _switch(text: str) -> bool:
    if text.lower() not in ("on", "off"):
        raise UsageError(f"{text!r} is no position of a switch", "on or off")
    return text.lower() == "on"


def _pot(position: int) -> int:
    if not 0 <= position <= 100:
        raise UsageError(f"{position} is no position", "0 to 100")
    return position
