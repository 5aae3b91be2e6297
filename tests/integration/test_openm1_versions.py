"""Each version of OpenM1 lives as #24 does: it keeps what was stored, survives cells and cuts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from korgm1.cardfile.bank import of_sram
from korgm1.replay import replay as play_again
from korgm1.romset.load import load_os
from korgm1.romset.openm1 import OPENM1_BUILDS, Build
from korgm1.session import Session
from korgm1.sram_layout import openm1, openm1_maps, read
from korgm1.sysex import pack

HEAD = bytes.fromhex("F0 42 30 19")
LOADED = HEAD + bytes.fromhex("23 F7")
BYTE_TIME = 10 / 31250
MAPS = {where.version: where for where in openm1_maps.MAPS}


@dataclass
class Instrument:
    build: Build
    image: bytes
    """Initialised, then filled by a dump."""

    @property
    def where(self) -> openm1_maps.Map:
        return MAPS[self.build.version]

    def on(self, image: bytes | None = None, battery: str = "fresh", engine: str = "unicorn") -> Session:
        return Session(
            model=self.build.models[0], roms=self.build.word, sram=image or self.image, battery=battery, engine=engine
        )


def sounds() -> bytes:
    """The data of a programs' dump: a hundred with names of their own."""
    return b"".join(f"Program {n:02}".encode("ascii") + bytes(n + i & 0x7F for i in range(133)) for n in range(100))


@pytest.fixture(scope="module", params=OPENM1_BUILDS)
def instrument(request: pytest.FixtureRequest) -> Iterator[Instrument]:
    build = OPENM1_BUILDS[request.param]
    session = Session(model=build.models[0], roms=build.word)
    session.boot()
    message = HEAD + b"\x4c\x00" + pack(sounds()) + b"\xf7"
    session.midi_in(message)
    session.run(len(message) * BYTE_TIME + 1)
    assert session.midi_out.replace(b"\xfe", b"").endswith(LOADED)
    session.power_off()
    yield Instrument(build, session.sram)


def said(session: Session) -> str:
    return "\n".join(line for row in session.timeline for line in row.lcd)


def error(session: Session) -> int:
    """The first code behind `RAM Error` that was shown, 0 for none."""
    found = re.search(r"RAM Error (\w\w)", said(session))
    return int(found[1], 16) if found else 0


def test_what_was_stored_is_there_after_the_power_was_off(instrument: Instrument) -> None:
    session = instrument.on()
    assert session.boot().lcd[0].startswith("Prog I00 Program 00")
    assert not error(session) and "Battery" not in said(session)
    for key in ("GLOBAL", "5", "UP", "UP", "5", "4", "UP"):
        session.press(key)
        session.run(0.1)
    session.power_off()
    changed = session.sram
    assert changed[instrument.where.settings + 1] == 2 and changed[instrument.where.settings + 3] == 1
    again = instrument.on(changed)
    again.boot()
    assert not error(again)
    again.power_off()
    assert again.sram[instrument.where.header : instrument.where.end] == changed[
        instrument.where.header : instrument.where.end]


def test_a_dead_cell_is_told_and_the_instrument_plays(instrument: Instrument) -> None:
    session = instrument.on(battery="dead")
    result = session.boot()
    assert result.lcd[0].startswith("Prog I00 ") and result.lcd[1].rstrip() == "Battery Low (Internal)"
    session.midi_in(bytes.fromhex("F0 7E 7F 06 01 F7"))
    session.run(0.3)
    assert bytes.fromhex("06 02 42 19 00") in session.midi_out


def test_a_store_that_is_cut_leaves_valid_data(instrument: Instrument) -> None:
    """A dump of all programs stops in the midst of a message, with the power; the journal and the sums hold."""
    session = instrument.on()
    session.boot()
    message = HEAD + b"\x4c\x00" + pack(bytes(14300))
    session.midi_in(message)
    session.run(0.3717)
    assert "Receiving MIDI Data" in session.lcd[1]
    session.power_off()
    again = instrument.on(session.sram)
    assert "MIDI Data Incomplete" in again.boot().lcd[1]
    assert not error(again)


def test_both_engines_do_the_same(instrument: Instrument) -> None:
    """Through every page and every instruction that one version alone has."""
    seen = []
    for engine in ("unicorn", "v30"):
        session = instrument.on(engine=engine)
        session.power_on()
        keys = ("UP", "10HOLD", "EDIT PROG", "COMBI", "7", "GLOBAL", "PAGE+", "UP", "SEQ", "PROG")
        for number, key in enumerate(keys):
            session.press_at(key, 1.3 + 0.15 * number)
        session.midi_in(HEAD + b"\x16\xf7" + HEAD + b"\x12\xf7", at=2.9)
        session.run(3.8)
        seen.append((session.timeline, session.sram, session.midi_out))
    assert seen[0] == seen[1]
    assert len(seen[0][0]) > 10


def test_the_layout_is_known_by_the_signature(instrument: Instrument) -> None:
    layout = read(instrument.image)
    assert layout.name == ("OpenM1" if instrument.build.key == "24" else f"OpenM1 {instrument.build.version}")
    assert layout.how == "by its signature" and layout.valid
    assert [record.name for record in layout.records("program")] == [f"Program {n:02}" for n in range(100)]
    assert {record.name.lower() for record in layout.records("combination")} == {"init combi"}
    ends = [region.end for region in layout.regions]
    assert [region.start for region in layout.regions] == [0, *ends[:-1]] and ends[-1] == 65536
    assert b"".join(of_sram(instrument.image).programs) == sounds()


@pytest.mark.parametrize("damage", [{0: 1}, {13: 1}, {13: 3, 0: 0x40}, dict.fromkeys(range(16), 255)])
def test_the_layout_is_known_where_the_signature_is_damaged(instrument: Instrument, damage: dict[int, int]) -> None:
    """In one digit, as versions differ, or all: the sums tell. #24 and #06 differ in the signature alone."""
    image = bytearray(instrument.image)
    for offset, bits in damage.items():
        image[instrument.where.header + offset] ^= bits
    layout = read(bytes(image))
    found = openm1_maps.recognise(bytes(image))[0]
    assert found and replace(found, version="", signature=b"") == replace(instrument.where, version="", signature=b"")
    assert "damaged" in layout.how or "by its sums" in layout.how


@pytest.mark.parametrize(
    ("offset", "bits"),
    [(0x00, 0x80), (0x21, 0x40), (0x27, 0x7F), (0x3E, 0x55), (0x14, 0x77), (0x5000, 0x11), (0x8000, 0x80), (0x400, 0)],
)
def test_the_layout_foresees_what_the_firmware_says(instrument: Instrument, offset: int, bits: int) -> None:
    """Damage in signature, settings, journal, sounds: the code that `korgm1 sram` tells is the one on the LCD."""
    image = bytearray(instrument.image)
    image[instrument.where.header + offset] ^= bits
    session = instrument.on(bytes(image))
    session.boot()
    assert openm1.ram_error(bytes(image), instrument.where) == error(session)


@pytest.mark.parametrize("other", OPENM1_BUILDS)
def test_the_ram_of_another_version_is_no_trap(instrument: Instrument, other: str) -> None:
    """It boots to the play page and says an error where its layout says so."""
    build = OPENM1_BUILDS[other]
    session = Session(model=build.models[0], roms=build.word, sram=instrument.image)
    assert session.boot().lcd[0].startswith("Prog I00 ")
    assert error(session) == openm1.ram_error(instrument.image, MAPS[build.version])
    assert (error(session) == 0) is (other == instrument.build.key)


def test_a_snapshot_and_a_recording_find_their_version_again(instrument: Instrument, tmp_path: Path) -> None:
    session = instrument.on()
    session.record(tmp_path / "x.rec")
    session.power_on()
    session.press_at("COMBI", 1.5)
    session.run(2)
    session.record_end()
    assert play_again(tmp_path / "x.rec").whole
    session.save(tmp_path / "x.state")
    again = Session.load(tmp_path / "x.state")
    assert again.firmware.version == instrument.build.version and again.lcd == session.lcd
    assert again.firmware.sha1 == load_os(instrument.build.word, instrument.build.models[0]).sha1
