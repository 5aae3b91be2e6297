"""Comparing firmwares: what no code refers to, programs without anything in common, several at once, the LCD."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from korgm1.analysis import analyse
from korgm1.comparing import Comparison, compare
from korgm1.comparing.comparison import akin
from korgm1.comparing.drawing import lcd
from korgm1.comparing.family import Family, features
from korgm1.comparing.finding import Finding
from korgm1.comparing.looks import code, record
from korgm1.comparing.remains import Remains, differing
from korgm1.comparing.report_family import family_html
from korgm1.comparing.static import compare_programs
from korgm1.errors import UsageError
from korgm1.romset.load import RomSet, load_os
from korgm1.verbs.compare import family_text, words_of


def remains(image: bytes, *covered: tuple[int, int]) -> Remains:
    return Remains(image, 0, covered)


class Nothing:
    """Nothing is known of how far things moved; bytes are compared as they are."""

    def __init__(self, a: bytes, b: bytes) -> None:
        self._sides = a, b

    def before(self, side: int, at: int) -> int | None:
        return 0 if at == 0 else None

    def behind(self, side: int, at: int) -> int | None:
        one, other = len(self._sides[side]), len(self._sides[1 - side])
        return other - one if at == one else None

    def unlike(self, x: int, y: int, size: int) -> Iterator[int]:
        a, b = self._sides[0][x : x + size], self._sides[1][y : y + size]
        return (n for n, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1])


def runs(a: bytes, b: bytes) -> list[tuple[int, int, int, int]]:
    found = differing(remains(a), remains(b), Nothing(a, b))
    return [(run.a, run.a_end, run.b, run.b_end) for run in found]


HEAD, TAIL = bytes(range(1, 60)), bytes(range(200, 100, -1))


def test_bytes_that_were_changed_put_in_and_taken_out_are_found() -> None:
    at = len(HEAD)
    assert runs(HEAD + TAIL, HEAD + TAIL) == []
    assert runs(HEAD + b"abc" + TAIL, HEAD + b"aXc" + TAIL) == [(at + 1, at + 2, at + 1, at + 2)]
    assert runs(HEAD + TAIL, HEAD + b"abc" + TAIL) == [(at, at, at, at + 3)]
    assert runs(HEAD + b"abc" + TAIL, HEAD + TAIL) == [(at, at + 3, at, at)]


def test_blocks_in_another_order_are_no_difference() -> None:
    assert runs(HEAD + TAIL, TAIL + HEAD) == []


def test_filling_and_what_is_covered_are_left_out() -> None:
    one = remains(HEAD + bytes(64) + TAIL, (0, 10))
    assert one.fill == {0: 64}
    assert one.segments() == [(10, len(HEAD)), (len(HEAD) + 64, len(HEAD) + 64 + len(TAIL))]


def test_more_than_a_few_hundred_bytes_that_nobody_reads_are_all_counted() -> None:
    """600 bytes behind OpenM1's code, in two places, which no code knows."""
    noise = bytes((7 * n * n + 3 * n) % 251 + 1 for n in range(400))
    image = bytearray(load_os(None, "m1").image)
    image[0x4000:0x4190] = noise
    image[0xC000:0xC000 + 200] = noise[100:300]
    changed = bytearray(image)
    for at in (*range(0x4000, 0x4190), *range(0xC000, 0xC0C8)):
        changed[at] ^= 0x41
    rows = compare_programs(analyse(bytes(image)), analyse(bytes(changed))).unread
    assert sum(run.a_end - run.a for _, found in rows for run in found) == 600
    assert {row.kind for row, _ in rows} == {"unread"}


def test_two_programs_with_the_same_filling_are_not_related() -> None:
    jump = bytes.fromhex("ea000000f0")
    images = [
        (bytes(0x10000) + code).ljust(0x1FFF0, b"\xff") + jump.ljust(16, b"\xff")
        for code in (bytes.fromhex("31c08ed8b80100ebfe"), bytes.fromhex("fab834128ed0e2fef4ebfd"))
    ]
    assert not akin(*images) and not compare_programs(*map(analyse, images)).related
    found = compare(*(RomSet("x", str(n), str(n), image, "x") for n, image in enumerate(images)))
    assert found.sides is None and not found.identical and found.verdict.startswith("not versions of one program")


def test_what_differs_on_the_lcd_gets_a_bar() -> None:
    lines = ("Prog I00", "")
    plain, marked = lcd(lines, 4), lcd(lines, 4, ((0, 6, 8),))
    where = np.argwhere((plain != marked).any(axis=2))
    assert (marked == 255).all(axis=2).sum() > 100
    left, right = where[:, 1].min(), where[:, 1].max()
    assert (left - 36) // 23 == 6 and (right - 36) // 23 == 7


def test_code_that_nobody_reaches_decodes_from_its_start_to_its_end() -> None:
    image = bytes.fromhex("5053b8010040ebfd9090c3").ljust(0x20000, b"\xff")
    program = analyse(image)
    assert [line.split("  ")[1] for line in code(program, 0xE0000, 0xE0008) or ()][-1].startswith("jmp")
    assert code(program, 0xE0000, 0xE0005) is None      # no end
    assert code(program, 0xE0001, 0xE0008) is not None
    assert code(program, 0xE0002, 0xE0004) is None      # cut in the midst of an instruction


def test_records_of_equal_width_are_seen() -> None:
    assert record(b"".join(bytes([n, 0x10, 0xFF, 7 * n % 50, 3, 9]) for n in range(20))) == 6
    assert record(bytes((n * n * 31 + 7 * n) % 251 for n in range(200))) == 0


def test_several_firmwares_in_one_table() -> None:
    found = [
        [Finding("text", "text", "UP", "ON"), Finding("version", "version", "#19", "#24")],
        [Finding("version", "version", "#19", "#29")],
        [],
    ]
    roms = tuple(RomSet("x", version, version * 5, b"", "x") for version in ("#19", "#24", "#29", "#19"))
    family = Family(roms, (), features(found))
    assert [(row.what, row.values) for row in family.features] == [
        ("version", ("#19", "#24", "#29", "#19")), ("text", ("UP", "ON", "UP", "UP"))]
    assert family.matrix == ((0, 2, 1, 0), (2, 0, 2, 2), (1, 2, 0, 1), (0, 2, 1, 0))
    assert "<script" not in family_html(family) and "#29" in family_html(family)


def test_what_two_have_and_the_first_has_not_stands_in_one_row() -> None:
    found = [
        [Finding("text", "text that only B has", "", "X"), Finding("text", "text that only B has", "", "Y")],
        [Finding("text", "text that only B has", "", "Y"), Finding("text", "text that only B has", "", "Z")],
    ]
    rows = features(found)
    assert {row.values for row in rows} == {("", "X", ""), ("", "Y", "Y"), ("", "", "Z")}
    assert {row.what for row in rows} == {"text that not all have"}


def test_a_function_that_changed_in_two_is_one_row_by_its_name_in_the_first() -> None:
    rows = features([
        [Finding("function-changed", "sub_F0B34 / sub_F0B9B", "40h", "20h")],
        [Finding("function-changed", "sub_F0B34 / sub_F0BAF", "40h, 2Eh", "21h, 3Eh")],
    ])
    assert [(row.what, row.values) for row in rows] == [("sub_F0B34", ("40h", "20h", "21h, 3Eh"))]


def test_what_follows_from_another_in_one_pair_is_its_value_there() -> None:
    follows = Finding("text", "LCD text", "V 19", "V 24", because="version")
    rows = features([[follows], [Finding("text", "LCD text", "V 19", "Hello")]])
    assert [row.values for row in rows] == [("V 19", "V 24", "Hello")]
    assert features([[follows]]) == ()


def test_a_firmware_that_is_no_version_of_the_first_is_not_said_to_be_alike() -> None:
    a, b = (analyse(b"\xff" * 0x10000 + code + b"\xff" * (0x10000 - len(code)))
            for code in (bytes(range(256)) * 100, bytes(range(255, -1, -1)) * 100))
    static = compare_programs(a, b)
    assert not static.related
    roms = tuple(RomSet("x", version, version * 5, image, "x")
                 for version, image in (("#19", a.image), ("#24", a.image), ("?", b.image)))
    pairs = (Comparison(roms[:2], None, None, (), ()), Comparison((roms[0], roms[2]), None, static, (), (), ("A", "C")))
    family = Family(roms, pairs, features([[Finding("text", "text", "UP", "ON")], None]))
    assert family.features[0].values == ("UP", "ON", None)
    assert family.matrix == ((0, 1, None), (1, 0, None), (None, None, 0))
    lines = family_text(family, None)
    assert "  text: 'UP' | 'ON' | ?" in lines
    assert [line for line in lines if line.startswith("A and C: not versions of one program")]
    assert "A and C: not versions" in family_html(family)


@pytest.mark.parametrize(
    ("firmware", "a", "b"), [([], None, None), (["x"], None, None), ([], ["x"], None), (["x"], ["x"], ["y"])]
)
def test_words_that_name_no_two_firmwares(firmware: list[str], a: list[str] | None, b: list[str] | None) -> None:
    with pytest.raises(UsageError, match="--a and --b"):
        words_of(firmware, a, b)
