"""Golden LCD timelines: what stands on the display, to the clock. Reviewable text in tests/golden.

A changed file is a changed behaviour: look at the difference, then run once with KORGM1_UPDATE_GOLDENS=1. These hold
what our firmware does on our machine; they prove nothing about an M1.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from korgm1.result import BootResult
from korgm1.session import Session

GOLDEN = Path(__file__).resolve().parent.parent / "golden"
UPDATE = os.environ.get("KORGM1_UPDATE_GOLDENS") == "1"


def initialised() -> bytes:
    with Session() as session:
        session.boot()
        return session.sram


def mute_firmware(folder: Path) -> Path:
    """A ROM that halts with interrupts off before it ever speaks to the LCD."""
    image = bytearray(b"\x90" * 0x20000)
    image[0:2] = b"\xfa\xf4"
    image[0x100:0x130] = b"a ROM for tests that halts before it shows text "
    image[0x1FFF0:0x1FFF5] = b"\xea\x00\x00\x00\xe0"
    path = folder / "mute.bin"
    path.write_bytes(image)
    return path


CASES: dict[str, Callable[[Path], Session]] = {
    "never-powered": lambda _: Session(),
    "fresh": lambda _: Session(sram=initialised()),
    "low": lambda _: Session(battery="low", sram=initialised()),
    "dead": lambda _: Session(battery="dead", sram=initialised()),
    "absent": lambda _: Session(battery="absent", sram=initialised()),
    "never-initialised-lcd": lambda folder: Session(roms=mute_firmware(folder)),
}


def compare(name: str, result: BootResult) -> None:
    lines = [f"{change.clock:>10} |{change.lcd[0]}|{change.lcd[1]}|" for change in result.timeline]
    lit = [led for led, on in result.leds.items() if on]
    text = "\n".join([*lines, f"leds {' '.join(lit)}", f"ended {result.ended}, {result.clocks} clocks", ""])
    path = GOLDEN / f"{name}.txt"
    if UPDATE:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    assert path.exists(), f"{path.name} is missing; run once with KORGM1_UPDATE_GOLDENS=1"
    assert text == path.read_text("utf-8")


@pytest.mark.parametrize("name", CASES)
def test_timeline(name: str, tmp_path: Path) -> None:
    compare(name, CASES[name](tmp_path).boot())


def test_timeline_of_a_restored_bank(preload: bytes) -> None:
    session = Session()
    session.power_on()
    session.midi_in(preload, at=2.0)
    result = session.boot()
    compare("restored-bank", result)
    assert result.lcd[0].startswith("Prog I00 Universe")


@pytest.mark.parametrize("name", CASES)
def test_every_timeline_begins_with_the_bar_and_shows_the_version_where_there_is_one(name: str) -> None:
    text = (GOLDEN / f"{name}.txt").read_text("utf-8")
    first = text.splitlines()[0]
    assert "\u2588" * 40 in first
    assert ("#24" in text) == (name != "never-initialised-lcd")
