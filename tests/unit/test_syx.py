"""Files of exclusive messages: each kind of damage found at its byte, and what is taken apart made whole again."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from korgm1 import syx
from korgm1.errors import M1Error, UsageError, UserError
from korgm1.sysex import pack
from korgm1.syx.checking import Finding
from korgm1.syx.layout import data_size, packed_size

HEAD = bytes.fromhex("F0 42 30 19")


def findings(data: bytes) -> list[Finding]:
    return list(syx.check(data).findings)


def bank(code: int = 0x50, allocation: int = 0, steps: int = 3, channel: int = 1) -> bytes:
    """A dump without a fault: names, zeros, offsets that lead to the steps' end."""
    data = bytearray(data_size(code, allocation, steps))
    fields = b""
    if code in (0x48, 0x4C, 0x4D, 0x50):
        fields = bytes([allocation]) + (bytes([steps & 0x7F, steps >> 7]) if code in (0x48, 0x50) else b"")
    for row in next(syx.pieces(syx.message(channel, code, fields))).sections:
        for number in range(row.count):
            at = row.start + number * row.size
            if row.kind in ("program", "combination"):
                data[at : at + 10] = f"{row.kind[:4]} {number:03} !".encode()
            if row.kind == "pattern":
                data[at : at + 2] = b"\4\1"
            if row.kind == "offset" and number == 180:
                data[at : at + 2] = (4 * steps).to_bytes(2, "little")
    return syx.message(channel, code, fields, bytes(data))


BANK = bank()


@pytest.mark.parametrize("code", [0x40, 0x48, 0x49, 0x4C, 0x4D, 0x50, 0x51])
@pytest.mark.parametrize("allocation", [0, 1])
def test_every_dump_of_the_right_size_is_sound(code: int, allocation: int) -> None:
    errors = [row for row in findings(bank(code, allocation, 77, 16)) if row.kind == "error"]
    assert errors == []


def test_the_factory_preload_is_sound(preload: bytes) -> None:
    report = syx.check(preload)
    assert report.findings == ()
    assert report.to_dict()["messages"][0]["title"] == "all data, channel 1, 100 of each, 3,619 steps"


@pytest.mark.parametrize("request_", list(syx.REQUESTS.values()), ids=list(syx.REQUESTS))
def test_requests_are_sound(request_: bytes) -> None:
    assert findings(syx.message(3, request_[0], request_[1:])) == []


@pytest.mark.parametrize("text", [
    "F0 42 30 19 11 01 63 F7", "F0 42 30 19 41 01 02 03 00 F7", "F0 42 3F 19 42 02 00 30 01 F7",
    "F0 42 30 19 4E 02 10 F7", "F0 42 30 19 23 F7", "F0 7E 7F 06 01 F7",
    "F0 7E 00 06 02 42 19 00 00 00 00 13 00 00 F7", "F0 42 30 19 45 00 F7",
])  # fmt: skip
def test_short_messages_that_are_sound(text: str) -> None:
    assert findings(bytes.fromhex(text)) == []


@pytest.mark.parametrize(("text", "offset", "found", "expected"), [
    ("F0 43 30 19 12 F7", 1, "43 in the head", "Korg (42)"),
    ("F0 42 40 19 12 F7", 2, "40 in the head", "30 to 3F, the format byte with the channel"),
    ("F0 42 30 28 12 F7", 3, "28 in the head", "19, the family of the M1"),
    ("F0 42 30 19 13 F7", 4, "there is no function 13", "one of "),
    ("F0 42 30 19 F7", 4, "the message ends", "a function code"),
    ("F0 F7", 1, "the message ends", "Korg (42)"),
    ("F0 42 30 19 12 00 F7", 5, "1 byte too many", "F7"),
    ("F0 42 30 19 12", 5, "the message breaks off", "F7"),
    ("F0 42 30 19 0F F7", 5, "the message ends", "a byte: bank (0 internal, 1 card)"),
    ("F0 42 30 19 0F 02 F7", 5, "bank is 2", "0, 1"),
    ("F0 42 30 19 11 00 64 F7", 6, "number is 100", "0 to 99"),
    ("F0 42 30 19 42 02 00 00 01 F7", 7, "card is 00", "30"),
    ("F0 42 30 19 4E 05 00 F7", 5, "mode is 5", "0, 1, 2, 3, 4, 6"),
    ("F0 42 30 19 4C 02 00 F7", 5, "allocation is 2", "0, 1"),
    ("F0 42 30 19 12 90 F7", 5, "a status byte 90 inside the message", "00 to 7F, or F7"),
    ("F0 7E 7F 06 03 F7", 1, "a universal message the instrument overlooks", "an identity request or reply"),
    ("42 30 19 12 F7", 0, "5 bytes outside of messages: 42 30 19 12 F7", "F0 here: what follows looks like a message"),
    ("00", 0, "1 byte outside of messages: 00", "F0 or the file's end"),
    ("F0 42 30 19 45 00 08 01 F7", 6, "high bits 08 of a group of 1 bytes", "00 to 01"),
])  # fmt: skip
def test_each_kind_of_error_is_at_its_byte(text: str, offset: int, found: str, expected: str) -> None:
    first = next(row for row in findings(bytes.fromhex(text)) if row.offset == offset)
    assert first.kind == "error"
    assert first.found.startswith(found)
    assert first.expected.startswith(expected)


def test_a_dump_cut_short_says_in_which_record() -> None:
    program_table = bank(0x4C)
    cut = program_table[: 6 + packed_size(143 * 42 + 20)]
    (row,) = findings(cut)
    assert (row.offset, row.kind) == (len(cut), "error")
    assert row.found == f"the message breaks off in I42 after {len(cut) - 6:,} of 16,343 bytes of data"
    assert row.expected == f"{16_343 - len(cut) + 6:,} bytes more"


def test_the_size_announced_is_pointed_at_when_another_one_fits() -> None:
    wrong = bytearray(BANK)
    wrong[6] += 1
    rows = {row.offset: row for row in findings(bytes(wrong))}
    assert rows[6].expected == "allocation 0 and 3 steps"
    assert rows[len(BANK) - 1].found.startswith("F7 ")
    halves = bytearray(bank(0x4C, 1))
    halves[5] = 0
    assert {row.offset: row.expected for row in findings(bytes(halves))}[5] == "allocation 1"


def test_too_many_steps_for_the_allocation() -> None:
    rows = findings(bank(0x48, 0, 4401))
    assert [(row.offset, row.found) for row in rows if row.kind == "error"] == [(6, "4,401 steps")]
    assert [row for row in findings(bank(0x48, 1, 4401)) if row.kind == "error"] == []


def test_values_no_panel_could_set_are_named() -> None:
    data = bytearray(14300)
    for number in range(100):
        data[143 * number : 143 * number + 10] = f"Sound {number:02}  ".encode()
    data[143 * 7 + 71] = 120
    data[143 * 9 + 3] = 0x1F
    first, second = findings(syx.message(1, 0x4C, b"\0", bytes(data)))
    assert (first.kind, first.where, first.expected) == ("warning", "I07 Sound 07", "0 to 99")
    assert first.found.endswith("is 120")
    assert first.offset == 6 + (143 * 7 + 71) // 7 * 8 + 1 + (143 * 7 + 71) % 7
    assert second.where.startswith("I09")
    assert second.found == "Name has the byte 1F"


def test_offsets_of_sequences_that_lead_astray() -> None:
    data = bytearray(syx.pieces(bank(0x48, 0, 3)).__next__().data)
    at = 10 * 96 + 200
    data[at + 2 * 5 : at + 2 * 5 + 2] = (6).to_bytes(2, "little")
    (row,) = findings(syx.message(1, 0x48, bytes([0, 3, 0]), bytes(data)))
    assert (row.where, row.found, row.expected) == ("Offset 5 of sequences", "it is 6", "a multiple of 4")


def test_junk_and_several_messages_keep_their_numbers() -> None:
    mode = syx.message(1, 0x12)
    data = mode + b"\x90<d" + mode[:-1] + mode + b"\0"
    rows = findings(data)
    assert [(row.offset, row.message) for row in rows] == [(6, 0), (14, 2), (20, 0)]
    assert len(syx.check(data).messages) == 3


def test_a_realtime_byte_inside_is_no_error_and_moves_nothing() -> None:
    data = bytearray(bank(0x40))
    data.insert(50, 0xF8)
    (row,) = findings(bytes(data))
    assert (row.offset, row.kind, row.found) == (50, "warning", "a realtime byte F8 inside")
    data[140] = 0xF0
    assert 140 in {row.offset for row in findings(bytes(data))}


STRUCTURE = {*range(8), len(BANK) - 1}
"""Offsets of what is no data byte: head, function, allocation, steps, F7."""


@settings(max_examples=80, deadline=None)
@example(at=6, value=0)
@example(at=4, value=0x45)
@given(st.one_of(st.sampled_from(sorted(STRUCTURE)), st.integers(0, len(BANK) - 1)), st.integers(0, 255))
def test_one_mutated_byte_is_pointed_at(at: int, value: int) -> None:
    """Structural damage: a byte of the head, or a status byte anywhere. A data byte may be as good as another."""
    data = bytearray(BANK)
    if data[at] == value:
        return
    data[at] = value
    rows = findings(bytes(data))
    if at == 2 and value >> 4 == 3:
        assert rows == []
    elif at == 4 and value in (0x45, 0x47):
        return  # names, of which nobody knows how many there may be: any packed data will do
    elif at == 4 and value in syx.FUNCTIONS:
        assert rows
    elif at in STRUCTURE or value >= 0x80:
        assert at in {row.offset for row in rows}, rows
        assert any(row.kind == "error" for row in rows) or value >= 0xF8


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=6), st.integers(0, 40)), max_size=6),
       st.sampled_from([0x40, 0x49, 0x51, 0x50, 0x45]), st.sampled_from(["message", "part", "sound"]))  # fmt: skip
def test_mutated_banks_never_end_in_a_traceback(edits: list[tuple[int, bytes, int]], code: int, by: str) -> None:
    data = bytearray(bank(code)[:2000] if code != 0x45 else syx.message(1, 0x45, b"\0", bytes(30)))
    for at, new, gone in edits:
        data[at : at + gone] = new
    report = syx.check(bytes(data))
    report.to_dict()
    assert b"".join(piece.raw for piece in report.pieces) == bytes(data)
    assert all(0 <= row.offset <= len(data) for row in report.findings)
    try:
        apart = syx.split(bytes(data), by)
    except UserError:
        assert not report.messages
        return
    assert syx.join(apart.index, apart.files.__getitem__) == (bytes(data), True)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_checked(data: bytes) -> None:
    report = syx.check(data)
    assert b"".join(piece.raw for piece in report.pieces) == data
    assert report.findings or report.messages


@pytest.mark.parametrize("by", ["message", "part", "sound"])
def test_split_and_join_are_inverse_and_every_part_is_sound(by: str) -> None:
    data = b"\0junk" + bank(0x50, 1, 40) + syx.message(2, 0x12) + bank(0x4D) + BANK[:5000]
    apart = syx.split(data, by)
    assert syx.join(apart.index, apart.files.__getitem__) == (data, True)
    whole = [raw for raw in apart.files.values() if raw[:1] == b"\xf0" and raw[-1:] == b"\xf7"]
    assert all(row.kind == "warning" for raw in whole for row in findings(raw))
    assert len(whole) == {"message": 3, "part": 6, "sound": 203}[by]


def test_parts_of_the_preload_are_named_after_its_sounds(preload: bytes) -> None:
    apart = syx.split(preload, "sound")
    assert syx.join(apart.index, apart.files.__getitem__) == (preload, True)
    assert apart.files["001 program 00 Universe.syx"][4] == 0x40
    assert "001 combination 00 FilmScore.syx" in apart.files
    assert len(apart.files) == 202


def test_a_replaced_program_comes_into_the_bank() -> None:
    apart = syx.split(BANK, "sound")
    files = dict(apart.files)
    name = next(name for name in files if "program 42" in name)
    files[name] = syx.message(5, 0x40, data=b"Other".ljust(143, b"\1"))
    data, same = syx.join(apart.index, files.__getitem__)
    assert not same
    assert next(syx.pieces(data)).data[13261 + 42 * 143 :][:5] == b"Other"
    for wrong in (b"", files[name][:-1], syx.message(1, 0x12), syx.message(1, 0x40, data=bytes(100)), b"\xf0\x42\xf7"):
        with pytest.raises(UserError, match=r"program 42 .* (is not one message|has 100 bytes)"):
            syx.join(apart.index, {**files, name: wrong}.__getitem__)


@pytest.mark.parametrize("by", ["part", "sound"])
def test_every_part_goes_where_it_belongs(by: str) -> None:
    """A combination among the programs would shift all that follow."""
    apart = syx.split(BANK, by)
    row = apart.index["pieces"][0]
    one = {**apart.index, "pieces": [{**row, "files": [row["files"][-1], *row["files"][:-1]]}]}
    assert syx.join(one, apart.files.__getitem__) == (BANK, True)
    names = [name for name in row["files"] if "program" in name]
    other = next(name for name in row["files"] if "combi" in name)
    one = {**apart.index, "pieces": [{**row, "files": [*row["files"], other]}]}
    with pytest.raises(UserError, match="the parts with combis are"):
        syx.join(one, apart.files.__getitem__)
    with pytest.raises(UserError, match=r"the parts with (programs|combis) are"):
        syx.join(apart.index, {**apart.files, names[0]: apart.files[other]}.__getitem__)


def test_a_padded_group_that_would_not_come_back_is_kept_as_it_is() -> None:
    """High bits that stand for no byte: packed anew they would be zero."""
    odd = bytearray(bank(0x50, 0, 1))
    last = 8 + (packed_size(data_size(0x50, 0, 1)) // 8) * 8
    odd[last] = 0x7F
    apart = syx.split(bytes(odd), "sound")
    assert list(apart.files) == ["001 all data.syx"]
    assert [row.offset for row in findings(bytes(odd)) if row.kind == "error"] == [last]


@pytest.mark.parametrize("index", [
    {}, {"format": "korgm1 syx split 1"}, {"format": "korgm1 syx split 1", "pieces": [7]},
    {"format": "korgm1 syx split 1", "pieces": [{"files": 3}]},
    {"format": "korgm1 syx split 1", "pieces": [{"function": 80, "channel": 99, "fields": "00", "files": []}]},
    {"format": "korgm1 syx split 1", "pieces": [{"function": 80, "channel": 1, "fields": "00", "files": []}]},
    {"format": "korgm1 syx split 1", "pieces": [{"function": 80, "channel": 1, "fields": "000000", "files": []}]},
    {"format": "korgm1 syx split 1", "pieces": [{"function": 80, "channel": 1, "fields": "zz", "files": []}]},
    {"format": "korgm1 syx split 1", "pieces": [{"function": 1e400, "channel": 1, "fields": "000000", "files": []}]},
    {"format": "korgm1 syx split 1", "pieces": []},
])  # fmt: skip
def test_an_index_that_cannot_be_used(index: dict[str, object]) -> None:
    with pytest.raises(UserError):
        syx.join(index, lambda name: b"")


def test_split_refuses_what_it_does_not_know() -> None:
    with pytest.raises(UsageError, match="by 'song'"):
        syx.split(BANK, "song")
    with pytest.raises(M1Error, match="no exclusive message"):
        syx.split(b"\0\0")


def test_data_sizes_are_those_of_the_manual() -> None:
    """facts m1-hardware 6.2."""
    sizes = {(0x40, 0): 164, (0x49, 0): 142, (0x4C, 0): 16343, (0x4C, 1): 8172, (0x4D, 0): 14172, (0x4D, 1): 7086,
             (0x51, 0): 984}  # fmt: skip
    assert {key: packed_size(data_size(*key, 0)) for key in sizes} == sizes
    assert len(pack(bytes(43559))) == packed_size(data_size(0x50, 0, 3619)) == 49782
