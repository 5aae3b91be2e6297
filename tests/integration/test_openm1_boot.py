"""OpenM1 at power-on: banner, held keys, RAM check, battery message."""

from __future__ import annotations

import pytest

from korgm1.board.lcd_hd44780 import Hd44780
from korgm1.session import Session

STORED = slice(0x1000, 0xC69C)
PROG_I00 = 0x440D
BANNER = "OpenM1 Music Workstation M1 #24"


@pytest.fixture(scope="module")
def initialised() -> bytes:
    with Session() as session:
        session.boot()
        return session.sram


def test_a_part_never_powered_is_initialised_and_shows_the_play_page() -> None:
    session = Session()
    result = session.boot()
    assert result.lcd[0].rstrip() == "Prog I00 Init Prog"
    assert "Battery" not in result.lcd[1]
    assert [led for led, lit in result.leds.items() if lit] == ["INT", "PROG"]
    image = session.sram
    assert image[0x1000:0x100C] == b"OpenM1 RAM  "
    programs = {image[PROG_I00 + 143 * n :][:143] for n in range(100)}
    assert len(programs) == 1 and programs.pop().startswith(b"Init Prog ")
    combis = {image[0x139D + 124 * n :][:124] for n in range(100)}
    assert len(combis) == 1 and combis.pop().startswith(b"Init Combi")
    assert [image[0x7BE9 + 96 * n + 20 :][:10] for n in range(10)] == [b"New Song  "] * 10
    assert image[0x1020:0x102A] == bytes.fromhex("00 00 01 00 00 00 00 00 00 00")


def test_the_banner_stands_about_a_second() -> None:
    timeline = Session().boot().timeline
    banner = next(row for row in timeline if row.lcd[0].rstrip() == BANNER)
    page = next(row for row in timeline if row.lcd[0].startswith("Prog"))
    assert 0.9 < page.seconds - banner.seconds < 1.1


def test_a_valid_image_stays_as_it_is(initialised: bytes) -> None:
    image = bytearray(initialised)
    session = Session(sram=bytes(image))
    session.boot()
    assert session.sram[STORED] == initialised[STORED]


@pytest.mark.parametrize(
    ("volts", "message"),
    [
        ("fresh", ""),
        ("low", "Battery Low (Internal)"),
        ("dead", "Battery Low (Internal)"),
        ("absent", "Battery Low (Internal)"),
        (2.45, "Battery Low (Internal)"),
        (2.55, ""),
        (3.9, ""),
        (4.5, "Battery High (Internal)"),
    ],
)
def test_battery_message(initialised: bytes, volts: str | float, message: str) -> None:
    result = Session(battery=volts, sram=initialised).boot()
    assert result.lcd[0].rstrip() == "Prog I00 Init Prog"
    assert result.lcd[1].rstrip() == message if message else "Battery" not in result.lcd[1]


def test_the_battery_message_goes_with_a_key(initialised: bytes) -> None:
    session = Session(battery="low", sram=initialised)
    session.boot()
    session.run(5)
    assert session.lcd[1].rstrip() == "Battery Low (Internal)"
    session.press("UP")
    assert session.lcd[0].startswith("Prog I01")
    assert "Battery" not in session.lcd[1]


def test_int_held_checks_the_rom(initialised: bytes) -> None:
    timeline = Session(sram=initialised).boot(hold=["INT"]).timeline
    assert any(row.lcd[0].rstrip() == BANNER and row.lcd[1].startswith("ROM OK") for row in timeline)
    assert timeline[-1].lcd[0].startswith("Prog I00")


def test_int_card_combi_held_initialises(initialised: bytes) -> None:
    first = Session(sram=initialised)
    first.boot()
    for key in ("GLOBAL", "5", "UP", "PAGE+", "DOWN"):
        first.press(key)
    assert first.sram[0x1021:0x1023] == b"\x01\x00"
    second = Session(sram=first.sram)
    timeline = second.boot(hold=["INT", "CARD", "COMBI"]).timeline
    assert any(row.lcd[1].startswith("All Memory Initialized") and row.lcd[1].endswith("#24") for row in timeline)
    assert second.lcd[0].rstrip() == "Prog I00 Init Prog"
    assert second.sram[STORED] == initialised[STORED]


def test_a_display_that_stays_busy_does_not_stop_the_machine(
    initialised: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Hd44780, "db", property(lambda self: 0xFF))
    session = Session(sram=initialised)
    session.boot(2)
    session.midi_in(bytes.fromhex("F0 42 30 19 12 F7"))
    session.run(0.2)
    assert bytes.fromhex("F0 42 30 19 42 02") in session.midi_out
    assert session.leds["PROG"]


def test_a_serial_unit_that_sends_nothing_does_not_stop_the_machine(initialised: bytes) -> None:
    session = Session(sram=initialised)
    session.power_on()
    session.machine.scu._tbrdy = lambda: False  # type: ignore[method-assign]
    session.run(2)
    session.midi_in(bytes.fromhex("F0 42 30 19 0F 00 F7"))
    session.run(1.5)
    assert session.midi_out == b""
    session.press("UP")
    assert session.lcd[0].startswith("Prog I01")
