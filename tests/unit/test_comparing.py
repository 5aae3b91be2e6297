"""Comparing firmwares: matching of functions, alignment of timelines and port writes, texts, scripts, the page."""

from __future__ import annotations

import random
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.analysis import analyse
from korgm1.comparing import experimental, page, pictures, script, texts, writes
from korgm1.comparing.causes import explain
from korgm1.comparing.shapes import Shapes
from korgm1.comparing.static import Static, compare_programs
from korgm1.errors import UserError
from korgm1.experiments.threshold import Threshold
from korgm1.experiments.validity import Place, Validity
from korgm1.result import LcdChange
from korgm1.romset.load import load_os
from korgm1.romset.openm1 import OPENM1_BUILDS

IMAGE = load_os(None, "m1").image
PROGRAM = analyse(IMAGE)


def against(image: bytes) -> Static:
    """OpenM1 #24 and another image."""
    return compare_programs(PROGRAM, analyse(image))


def patched(at: int, data: bytes) -> bytes:
    """OpenM1 #24 with other bytes at a physical address."""
    at -= 0xE0000
    return IMAGE[:at] + data + IMAGE[at + len(data) :]


def constant() -> tuple[int, int]:
    """The address of a `mov al,imm8` in a function, and that function's entry."""
    holders: dict[int, list[int]] = {}
    for entry, shape in Shapes(PROGRAM).by_entry.items():
        for word in shape.words:
            if word.form == "B0":
                holders.setdefault(word.at, []).append(entry)
    return next((at, entries[0]) for at, entries in sorted(holders.items()) if len(entries) == 1)


def test_a_firmware_and_itself_have_no_difference() -> None:
    found = against(IMAGE)
    assert found.findings == ()
    assert found.counts["same"] == len(PROGRAM.functions)


def test_one_constant_is_one_changed_function() -> None:
    at, entry = constant()
    found = against(patched(at + 1, bytes([IMAGE[at + 1 - 0xE0000] ^ 0x55])))
    changed = [change for change in found.changes.of if change.kind == "changed"]
    assert [change.pair.a.entry for change in changed] == [entry]
    old = IMAGE[at + 1 - 0xE0000]
    assert changed[0].numbers == [(at, at, old, old ^ 0x55)]
    rows = {row.what: row for row in explain(found.findings, found)}
    row = rows[f"byte at {at + 1:05X}, in the code of {changed[0].pair.a.name}"]
    assert (row.a, row.b, row.evidence) == (f"{old:02X}", f"{old ^ 0x55:02X}", ("4 bits",)) and row.because


def test_a_byte_that_nothing_refers_to_is_told_with_its_bit_and_the_sum_it_breaks() -> None:
    """Its bit raises the sum of its chip by 20h, or lowers it: E9000 is even, so it is IC32's."""
    old = IMAGE[0x9000]
    found = against(patched(0xE9000, bytes([old ^ 0x20])))
    rows = explain(found.findings, found)
    assert [(row.kind, bool(row.because)) for row in rows] == [("bytes", True), ("bytes", False), ("unread", False)]
    assert rows[0].what.startswith("byte at E9000") and "nothing refers to" in rows[0].what
    assert rows[2].what.startswith("a byte at E9000")
    for row in (rows[0], rows[2]):
        assert (row.a, row.b, row.evidence) == (f"{old:02X}", f"{old ^ 0x20:02X}", ("one bit, D5",))
    stored = int.from_bytes(IMAGE[-4:-2], "little")
    wrong = stored + (0x20 if not old & 0x20 else -0x20) & 0xFFFF
    assert rows[1].what.endswith("FFFFC") and f"it comes to {wrong:04X}" in rows[1].b


def test_a_changed_text_explains_its_bytes() -> None:
    at = IMAGE.index(b"Battery Low (Internal)") + 0xE0000
    found = against(patched(at, b"Battery LOW"))
    rows = [row for row in explain(found.findings, found) if not row.because and "sum" not in row.what]
    assert [(row.kind, row.a, row.b) for row in rows] == [("text", "Battery Low (Internal)", "Battery LOW (Internal)")]


def test_where_much_differs_no_byte_is_told_of() -> None:
    assert not [row for row in against(OPENM1_BUILDS["29"].image()).findings if row.kind == "bytes"]


def test_a_text_is_found_with_both_wordings() -> None:
    at = 0xE0000 + IMAGE.index(b"Battery Low")
    found = against(patched(at, b"Battery LOW"))
    pairs = [(row.a, row.b) for row in found.findings if row.kind == "text"]
    assert [(a[:11], b[:11]) for a, b in pairs] == [("Battery Low", "Battery LOW")]


def test_what_moved_is_not_changed() -> None:
    """#12 has two groups of its source in the other order."""
    found = against(OPENM1_BUILDS["12"].image())
    assert found.counts["moved"] > 200 and found.counts["changed"] < 60


@pytest.mark.parametrize("other", ["random", "ones", "zeros", "loop", "half"])
def test_what_has_nothing_to_do_with_it_is_said_to_have_nothing(other: str) -> None:
    image = {
        "random": random.Random(3).randbytes(0x20000), "ones": b"\xff" * 0x20000, "zeros": bytes(0x20000),
        "loop": b"\xeb\xfe" * 0x10000, "half": IMAGE[:0x10000] + random.Random(4).randbytes(0x10000),
    }[other]
    found = against(image)
    assert not found.related
    assert all(min(len(p.a.words), len(p.b.words)) >= 3 or p.how != "content" for p in found.matching.pairs)


def test_swapping_the_sides_swaps_the_findings() -> None:
    other = OPENM1_BUILDS["29"].image()
    there, back = against(other), compare_programs(analyse(other), PROGRAM)
    assert {(p.a.entry, p.b.entry) for p in there.matching.pairs} == {
        (p.b.entry, p.a.entry) for p in back.matching.pairs
    }
    texts_there = {(row.a, row.b) for row in there.findings if row.kind == "text"}
    assert texts_there == {(row.b, row.a) for row in back.findings if row.kind == "text"}


def writes_of(*pairs: tuple[int, int]) -> list[writes.Write]:
    return [writes.Write(clock * 10, port, value, 0xF000, clock) for clock, (port, value) in enumerate(pairs)]


def chip(port: int) -> str:
    return f"{port >> 4:X}"


def test_a_loop_that_goes_round_more_often_is_no_difference() -> None:
    loop = [(0x60, n) for n in range(5)]
    one, other = writes_of((0x61, 1), *loop * 10, (0x61, 2)), writes_of((0x61, 1), *loop * 25, (0x61, 2))
    assert [row.differences for row in writes.compare_writes(one, other, chip)] == [()]


def test_chips_are_aligned_apart_from_each_other() -> None:
    one, other = writes_of((0x60, 1), (0x70, 1), (0x60, 2)), writes_of((0x60, 1), (0x60, 2), (0x70, 1))
    assert not any(row.differences for row in writes.compare_writes(one, other, chip))


def test_the_order_of_two_ports_of_a_chip_is_a_difference() -> None:
    one, other = writes_of((0x60, 1), (0x62, 2), (0x64, 3)), writes_of((0x62, 2), (0x60, 1), (0x64, 3))
    found = writes.compare_writes(one, other, chip)[0]
    assert [[write.port for write in side] for side in found.news] == [[0x60, 0x62], [0x62, 0x60]]


@given(st.lists(st.tuples(st.integers(0x60, 0x63), st.integers(0, 2)), max_size=200))
def test_rolling_up_loops_loses_no_write(pairs: list[tuple[int, int]]) -> None:
    rolled = writes.rounds(writes_of(*pairs))
    assert [key for row in rolled for key in row.told * row.times] == pairs


def test_long_sequences_that_have_nothing_in_common_are_aligned_in_bounded_time() -> None:
    rng = random.Random(5)
    one, other = (writes_of(*((0x60, rng.randrange(256)) for _ in range(60_000))) for _ in "AB")
    start = time.process_time()
    found = writes.compare_writes(one, other, chip)[0]
    assert not found.exact and len(found.differences[0].a) <= writes.KEPT
    assert time.process_time() - start < 60


def test_pictures_are_paired_by_a_line_in_common() -> None:
    one = [LcdChange(0, ("Banner", "")), LcdChange(80, ("Prog I00", "SINGLE"))]
    other = [LcdChange(0, ("Banner", "")), LcdChange(90, ("Prog I00", "Battery Low"))]
    rows = pictures.align(one, other)
    assert [row.same for row in rows] == [True, False]
    assert all(row.a is not None and row.b is not None for row in rows)


def test_a_picture_that_stands_longer_is_known() -> None:
    one = [LcdChange(0, ("Banner", "")), LcdChange(8_000_000, ("Prog", ""))]
    other = [LcdChange(0, ("Banner", "")), LcdChange(7_200_000, ("Prog", ""))]
    assert [row.lasts_differently for row in pictures.align(one, other)] == [True, False]


@pytest.mark.parametrize(("text", "said"), [
    ("do = 3", "do = 3"), ("", "neither"), ('do = "on"\n[[phase]]\ndo = "off"', "both"), ('do = "jump=3"', "not known"),
    ('do = "press=4"', "power is off"), ('do = "on"\nram = "full"', "full"), ('do = "on"\nseed = 3', "seed"),
    ("[", "x.toml"),
    ("phase = 3", "phase = 3"), ("phase = [3]", "cannot be used"),
])
def test_a_script_that_cannot_be_used_is_told_by_name(text: str, said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        script.parse(text, "x.toml")


def test_a_script_that_cannot_be_done_ends_where_it_is() -> None:
    plan = script.parse('do = "on press=NOSUCH run=1s"', "x.toml")
    seen = script.play(plan, load_os(None, "m1"), "m1")
    assert "NOSUCH" in seen.fault and len(seen.phases) == 1


@given(st.text())
def test_no_text_of_a_firmware_is_markup(text: str) -> None:
    shown = page.text(text)
    assert not set("<>\"'\0") & set(shown)
    assert texts.likely(text) in (True, False)


def test_what_a_low_battery_message_takes_to_go_is_told() -> None:
    one, other = (
        Threshold(0x6E, None, None, 9, "LOW", None, "", (), None, None, "", None, (), recovers)
        for recovers in (0x74, 0x7A)
    )
    rows = list(experimental._threshold(one, other))
    assert [(row.kind, row.a, row.b) for row in rows] == [("threshold", "74h", "7Ah")]
    assert list(experimental._threshold(one, one)) == []


def test_a_short_value_that_makes_the_ram_valid_is_told_and_a_zero_is_none() -> None:
    def found(*rows: tuple[int, bytes]) -> Validity:
        places = tuple(
            Place(at, at + len(value), "initialises", (), "fixed value", value, 0xFF, (), True, 1) for at, value in rows
        )
        return Validity(places, (), None, (), 0, 0, ())

    a, b = found((0x4000, b"\xe1\xb5")), found((0x4000, b"\xa2\xc6"), (0x4100, b"\0"))
    assert [(row.what, row.a, row.b) for row in experimental._validity(a, b)] == [
        ("fixed value that makes the RAM valid", "<E1><B5>", "<A2><C6>")]
    assert list(experimental._validity(a, found((0x4000, b"\xe1\xb5"), (0x4100, b"\0")))) == []
