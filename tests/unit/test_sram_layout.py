"""What an SRAM image holds: the tables, OpenM1's map, comparison, and images nobody has a map of."""

from __future__ import annotations

import struct
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from korgm1 import sram_layout
from korgm1.board import sram_retention
from korgm1.errors import UsageError, UserError
from korgm1.session import Session
from korgm1.sram_layout import openm1, unknown
from korgm1.sram_layout.parameters import table

RECORDS = ("program", "combination", "global", "drum_kit", "song", "pattern", "header", "settings", "step", "offset")
NOISE = sram_retention.wake(7, 0).tobytes()


@cache
def initialised() -> bytes:
    """An image as OpenM1 itself initialises it."""
    session = Session()
    session.boot()
    return session.sram


@pytest.fixture
def fresh() -> bytes:
    return initialised()


def changed(image: bytes, places: dict[int, int]) -> bytes:
    out = bytearray(image)
    for address, value in places.items():
        out[address] = value
    return bytes(out)


def summed(image: bytes) -> bytes:
    """With the sums made anew, word by word as the firmware makes them."""
    first = second = 0
    for (word,) in struct.iter_unpack("<H", image[0x1020:0xC69C]):
        first = (first + word) & 0xFFFF
        second = (second + first) & 0xFFFF
    return image[:0x1010] + struct.pack("<HH", first, second) + image[0x1014:]


def named(image: bytes, start: int, stride: int, names: list[bytes]) -> bytes:
    out = bytearray(image)
    for number, name in enumerate(names):
        out[start + number * stride : start + number * stride + 10] = name.ljust(10)
    return bytes(out)


@pytest.mark.parametrize("kind", RECORDS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_the_parameters_of_any_record_cover_each_bit_once_under_names_of_their_own(
    kind: str, data: st.DataObject
) -> None:
    size = table(kind).size
    record = data.draw(st.binary(min_size=size, max_size=size))
    covered = bytearray(size)
    rows = table(kind).present(record)
    for row in rows:
        for byte, mask in row.places():
            assert not covered[byte] & mask, row
            covered[byte] |= mask
        assert row.confidence
        assert row.in_words(row.value(record))
    assert bytes(covered) == b"\xff" * size
    assert len({row.name for row in rows}) == len(rows)


@pytest.mark.parametrize("kind", RECORDS)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_values_make_the_record_they_were_read_from(kind: str, data: st.DataObject) -> None:
    size = table(kind).size
    raw = bytearray(data.draw(st.binary(min_size=size, max_size=size)))
    for row in table(kind).present(raw):
        if row.text:
            name = slice(row.byte, row.byte + row.text)
            raw[name] = bytes(0x20 + byte % 0x5F for byte in raw[name])
    values = table(kind).values(raw)
    assert table(kind).record(values) == bytes(raw)
    assert sram_layout.valid(values, kind) == table(kind).outside(raw)


def test_values_that_fit_nowhere_are_told() -> None:
    assert sram_layout.valid({"VDF1 cutoff": 355, "OSC1 octave": 2, "Hold": 1, "Name": "too long a name"}) == {
        "VDF1 cutoff": 355, "OSC1 octave": 2, "Name": "too long a name",
    }
    wrong: tuple[dict[str, int | str], ...] = ({"No such": 1}, {"Hold": "on"}, {"Name": 4}, {"Name": "\u2192"})
    for values in wrong:
        with pytest.raises(UsageError):
            sram_layout.valid(values)
    with pytest.raises(UsageError, match="no parameter 'Effect 1 reverb time'"):
        sram_layout.valid({"Effect 1 type": 33, "Effect 1 reverb time": 1})
    assert sram_layout.valid({"Effect 1 type": 0, "Effect 1 reverb time": 98}) == {"Effect 1 reverb time": 98}


@pytest.mark.parametrize("number", range(34))
def test_every_effect_type_has_its_parameters_in_both_slots(number: int) -> None:
    record = bytes([number, number, *bytes(23)])
    names = [row.name for row in table("effects").present(record)]
    first = [name[9:] for name in names if name.startswith("Effect 1 ")]
    assert first == [name[9:] for name in names if name.startswith("Effect 2 ")]
    assert (len(first) > 5) == (number < 33)


def test_the_factory_data_have_no_impossible_value(preload: bytes) -> None:
    packed, data = preload[8:-1], bytearray()
    for at in range(0, len(packed), 8):
        high, *low = packed[at : at + 8]
        data += bytes(byte | (high >> bit & 1) << 7 for bit, byte in enumerate(low))
    image = changed(bytes(65536), dict(enumerate(data, 0x1040)))
    layout = sram_layout.read(image, "openm1")
    found = {kind: list(layout.records(kind)) for kind in RECORDS[:6]}
    assert [row.label for rows in found.values() for row in rows if row.outside] == []
    assert [found["program"][n].name for n in (0, 42, 99)] == ["Universe", "Overture", "Surprise!!"]
    assert found["combination"][0].name == "FilmScore"
    assert [row.values["Type"] for row in found["combination"]].count(4) == 71
    assert found["song"][4].name == "Ms. Muro" and found["song"][0].values["Tempo"] in (99, 105, 108)
    assert {row.values["Oscillator mode"] for row in found["program"] if "Drum kit" in row.values} == {2}


def test_openm1s_own_records_are_read(fresh: bytes) -> None:
    layout = sram_layout.describe(fresh)
    assert layout is not None and layout.valid and layout.how == "by its signature"
    assert [(kind, len(list(layout.records(kind)))) for kind in RECORDS] == [
        ("program", 100), ("combination", 100), ("global", 1), ("drum_kit", 4), ("song", 10), ("pattern", 100),
        ("header", 1), ("settings", 1), ("step", 4400), ("offset", 181),
    ]
    program = sram_layout.program(fresh, 42)
    assert (program.title, program.name, program.outside) == ("I42", "Init Prog", {})
    assert program.values["VDF2 cutoff"] == 99 and program.values["VDA2 oscillator level"] == 99
    assert program.values["Joystick pitch bend"] == 2 and program.values["Effect 1 type"] == 33
    combi = next(layout.records("combination")).values
    assert [combi[f"Timbre {n} switch"] for n in (1, 2, 8)] == [0, 1, 1]
    song = sram_layout.records(fresh, "song")[9]
    assert (song.name, song.values["Tempo"], song.values["Track 8 MIDI channel"]) == ("New Song", 120, 7)


def test_regions_have_no_gap(fresh: bytes) -> None:
    for image in (fresh, NOISE, changed(fresh, {0x1020: 1})):
        regions = sram_layout.read(image).regions
        assert regions[0].start == 0 and regions[-1].end == 65536
        assert all(a.end == b.start for a, b in pairwise(regions))
        assert all(row.end - row.start == row.count * table(row.table).size for row in regions if row.table)


def test_the_allocation_moves_the_programs_as_it_does_in_openm1(fresh: bytes, tmp_path: Path) -> None:
    image = summed(changed(fresh, {0x1020: 1, **dict(enumerate(b"Low Fifty ", 0x2BD5))}))
    layout = sram_layout.read(image)
    assert layout.valid and len(list(layout.records("program"))) == 50
    assert next(layout.records("program")).name == "Low Fifty"
    path = tmp_path / "x.sram"
    path.write_bytes(image)
    assert Session(sram=path).boot().lcd[0].rstrip() == "Prog I00 Low Fifty"


BROKEN = {
    "nothing": ({}, 0),
    "a signature bit": ({0x1003: ord("n") ^ 4}, 1),
    "a program": ({0x4500: 0xAA}, 2),
    "a step": ({0xC000: 1}, 2),
    "the first sum": ({0x1010: 0x5A}, 2),
    "the second sum": ({0x1012: 0x5A}, 2),
    "the channel": ({0x1021: 16}, 3),
    "the allocation": ({0x1020: 2}, 3),
    "the steps": ({0x1027: 0x12}, 3),
    "the journal": ({0x1014: 5}, 4),
    "the journal's address": ({0x1014: 0x5A, 0x1015: 0xA5}, 4),
    "the journal and a program": ({0x1014: 5, 0x4500: 0xAA}, 2),
    "an NMI before": ({0xC7F0: 0xEE, 0xC7F1: 0xF2, 0xC7F2: 2, 0xC7F3: 0xFD}, 0x82),
    "level 4 before": ({0xC7F0: 0xEE, 0xC7F1: 0xF2, 0xC7F2: 0x24, 0xC7F3: 0xDB}, 0x8C),
    "vector 99 before": ({0xC7F0: 0xEE, 0xC7F1: 0xF2, 0xC7F2: 0x99, 0xC7F3: 0x66}, 0x8F),
    "half a note of a freeze": ({0xC7F0: 0xEE, 0xC7F1: 0xF2, 0xC7F2: 2}, 0),
}
"""What is changed, and the RAM error that follows."""


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_with_an_image_is_what_openm1_says_and_does(fresh: bytes, what: str) -> None:
    places, code = BROKEN[what]
    image = changed(fresh, places)
    session = Session(sram=image)
    said = [row.lcd[1].strip() for row in session.boot().timeline if row.lcd[1].startswith("RAM Error")]
    layout = sram_layout.read(image)
    assert said == ([f"RAM Error {code:02X}"] if code else [])
    assert (openm1.freeze_code(image) or openm1.ram_error(image)) == code
    assert not code or any(f"RAM Error {code:02X}" in text for text in layout.facts.values())
    assert layout.valid == (session.sram[0x1000:0xC69C] == image[0x1000:0xC69C])


def test_an_open_journal_is_carried_out_before_the_sums_are_looked_at(fresh: bytes) -> None:
    after = summed(changed(fresh, {0x4500: 0x11}))
    journal = struct.pack("<HH4sB", 0xA55A, 0x4500, after[0x1010:0x1014], 0x11)
    for written in (fresh, changed(fresh, {0x4500: 0x11})):
        layout = sram_layout.read(written[:0x1014] + journal + written[0x1014 + len(journal) :])
        assert layout.valid and "open" in layout.facts["journal"]


def test_a_damaged_image_is_still_recognised_and_says_how(fresh: bytes) -> None:
    def how(image: bytes) -> str:
        return sram_layout.read(image).how

    assert how(changed(fresh, {0x1000: ord("O") ^ 3})) == "by its signature, damaged in 2 bits"
    gone = changed(fresh, dict.fromkeys(range(0x1000, 0x1010), 0))
    assert how(gone) == "by its sums; the signature is gone"
    assert how(changed(gone, {0x4500: 1})).startswith("guessed from its names")
    assert how(NOISE) == how(bytes(65536)) == how(b"\xff" * 65536) == "no map of it is known"
    assert sram_layout.describe(NOISE) is None
    shifted = gone[:0x1040] + bytes(3) + gone[0x1040:-3]
    assert how(changed(shifted, {0x4500: 1})).startswith("no map of it is known")
    assert sram_layout.read(NOISE, "openm1").problems[0].startswith("the signature is wrong in")


def test_a_damaged_allocation_is_guessed_from_the_names(fresh: bytes) -> None:
    layout = sram_layout.read(changed(fresh, {0x1020: 0x40}))
    assert len(list(layout.records("program"))) == 100
    assert not layout.valid and "guessed" in layout.facts["allocation"]


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), share=st.sampled_from((0.00001, 0.0005, 0.005)))
def test_every_turned_bit_is_told_once(seed: int, share: float) -> None:
    fresh = initialised()
    rng = np.random.default_rng(seed)
    flips = np.packbits(rng.random(524288) < share)
    after = (np.frombuffer(fresh, np.uint8) ^ flips).tobytes()
    found = sram_layout.diff(fresh, after, "openm1")
    bits = int(np.unpackbits(flips).sum())
    assert found.total.bits == sum(row.bits for row in found.regions) == bits
    assert sum(row.to_one + row.to_zero for row in found.changes) == bits
    back = sram_layout.diff(after, fresh, "openm1").total
    assert (back.to_one, back.to_zero) == (found.total.to_zero, found.total.to_one)


@settings(max_examples=200, deadline=None)
@given(address=st.integers(0, 65535), bit=st.integers(0, 7))
@example(address=0xC69B, bit=7)
@example(address=0x440D + 9, bit=5)
def test_one_flipped_bit_is_one_change_at_its_address(address: int, bit: int) -> None:
    fresh = initialised()
    after = changed(fresh, {address: fresh[address] ^ 1 << bit})
    found = sram_layout.diff(fresh, after, "openm1")
    (change,) = found.changes
    assert change.address == address and change.before != change.after
    assert [row.bits for row in found.records] == ([1] if found.layout.record_at(address) else [])


def test_a_difference_is_told_in_words(fresh: bytes) -> None:
    start = 0x440D + 42 * 143
    image = named(fresh, start, 143, [b"Universe"])
    after = changed(image, {start + 71: 99 ^ 32, start + 7: ord("e") ^ 1, start + 38: 0, 0x2000: image[0x2000] ^ 1})
    found = sram_layout.diff(image, after)
    assert [str(change) for change in found.changes][1:] == [
        'I42 Universe: Name "Universe" -> "Universd" (character 8 bit 0)',
        "I42 Universe: Effect 1 type none -> 1 Hall (2 bits)",
        "I42 Universe: VDF1 cutoff 99 -> 67 (bit 5)",
    ]
    assert found.records[1].name == "I42 Universe" and found.records[1].bits == 4
    assert found.to_dict()["bytes"] == 4
    above = sram_layout.diff(image, changed(image, {start + 71: 99 | 128}))
    assert str(above.changes[0]) == "I42 Universe: VDF1 cutoff 99 -> 227 (bit 7, impossible)"


def test_what_openm1s_panel_changes_is_what_the_difference_says(m1: Session) -> None:
    before = m1.sram
    for key in ("GLOBAL", "5", "UP"):
        m1.press(key)
    found = sram_layout.diff(before, m1.sram)
    kept = [change for change in found.changes if change.region in ("settings", "global")]
    assert [str(change) for change in kept] == ["Settings: MIDI channel 1 -> 2 (bit 0)"]
    assert {change.parameter for change in found.changes if change.region == "header"} >= {"Sum 1", "Sum 2"}


def test_a_lost_image_is_read_with_the_map_of_the_good_one(fresh: bytes) -> None:
    for a, b in ((fresh, NOISE), (NOISE, fresh)):
        found = sram_layout.diff(a, b)
        assert found.layout.name == "OpenM1" and len(found.records) > 4000
    assert not sram_layout.diff(fresh, fresh)


def test_a_step_says_whose_it_is(fresh: bytes) -> None:
    offsets = struct.pack("<181H", *(0 if n < 2 else 8 for n in range(181)))
    image = fresh[:0x8071] + offsets + fresh[0x8071 + 362 :]
    found = sram_layout.diff(image, changed(image, {0x81DB + 4 + 3: 120}))
    assert found.changes[0].record == "Step 1 (Song 0 track 2)"


@settings(max_examples=10, deadline=None)
@given(
    start=st.integers(0, 65536 - 100 * 143), stride=st.sampled_from((143, 124)), seed=st.integers(0, 99),
    lost=st.integers(0, 10),
)
def test_a_table_of_names_is_found_wherever_it_lies(start: int, stride: int, seed: int, lost: int) -> None:
    rng = np.random.default_rng(seed)
    body = rng.integers(0, 100, 65536, np.uint8)
    body[body >= 0x20] |= 0x80
    names = [b"Sound %s" % bytes(rng.integers(0x41, 0x5B, 3, np.uint8)) for _ in range(100)]
    for number in rng.integers(5, 95, lost):
        names[number] = b"\xfe" + names[number][1:]
    image = named(body.tobytes(), start, stride, names)
    found = unknown.name_tables(image)
    assert [(row.start, row.stride, row.count) for row in found] == [(start, stride, 100)]
    assert found[0].readable == sum(name[0] != 0xFE for name in names)
    layout = sram_layout.read(image, "unknown")
    (kind,) = [region.table for region in layout.regions if region.table]
    assert kind == {143: "program", 124: "combination"}[stride]
    assert next(layout.records(kind)).name == names[0].decode()


def test_tables_that_touch_are_told_apart(fresh: bytes) -> None:
    names = [b"Sound %02d X" % n for n in range(100)]
    image = named(named(fresh, 0x440D, 143, names), 0x139D, 124, names)
    found = unknown.name_tables(image)
    assert [(row.start, row.stride, row.count) for row in found][:2] == [(0x139D, 124, 100), (0x440D, 143, 100)]


def test_noise_zeros_and_text_look_like_what_they_are() -> None:
    text = (b"all of this is readable text, and rather long. " * 200)[:8192]
    image = bytes(16384) + NOISE[:16384] + text + b"\xff" * 8192 + b"\x5a" * 16384
    seen = unknown.overview(image)
    looks = [row.looks for row in seen.stretches]
    assert [look for n, look in enumerate(looks) if look not in looks[:n] and look != "data"] == [
        "zeros", "noise", "text", "FF", "one value"
    ]
    assert seen.common == 0 and seen.texts[0] == (49152, "Z" * 16384) and 32750 < seen.texts[1][0] <= 32768
    assert unknown.overview(NOISE).tables == () and 0.45 < unknown.overview(NOISE).ones < 0.55


def test_openm1s_map_is_the_firmwares() -> None:
    assert (openm1.HEADER, openm1.SETTINGS, openm1.POOL) == (0x1000, 0x1020, 0x1040)
    assert openm1.POOL + 861 + 100 * (124 + 143) + 1522 + 4 * 4400 == openm1.POOL_END - 1
    assert openm1.POOL + 861 + 50 * (124 + 143) + 1522 + 4 * 7700 <= openm1.POOL_END


@pytest.mark.parametrize("size", (0, 1, 65535, 65537))
def test_what_is_no_image_is_refused(size: int) -> None:
    with pytest.raises(UserError, match="65,536"):
        sram_layout.read(bytes(size))
    with pytest.raises(UserError, match="65,536"):
        sram_layout.diff(bytes(65536), bytes(size))


def test_what_is_not_there_is_said() -> None:
    with pytest.raises(UsageError, match="no layout 'm1'"):
        sram_layout.read(bytes(65536), "m1")
    with pytest.raises(UsageError, match="no program 3"):
        sram_layout.program(NOISE, 3)
