"""Repeated reads of one chip: weak bits are found, named by pin, decided, and what they share is said."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import UserError
from korgm1.romset.chip_27c512 import ADDRESS_PINS, DATA_PINS, cpu_address, pin
from korgm1.romset.reads import Reads, compare_reads

SIZE = 0x4000
TRUE = random.Random(5).randbytes(SIZE)


def read(changes: dict[int, int], data: bytes = TRUE) -> bytes:
    """A read in which some bytes are XORed."""
    out = bytearray(data)
    for address, mask in changes.items():
        out[address] ^= mask
    return bytes(out)


def compared(*reads: bytes, ic: str = "") -> Reads:
    return compare_reads([(f"read{number}", data) for number, data in enumerate(reads)], ic)


def codes(found: Reads) -> list[str]:
    return [finding.code for finding in found.findings]


def test_the_pins_of_the_case_are_each_used_once() -> None:
    used = [*DATA_PINS, *ADDRESS_PINS, 14, 20, 22, 28]
    assert sorted(used) == list(range(1, 29))
    assert [pin("D0"), pin("D7"), pin("A0"), pin("A15")] == [11, 19, 10, 1]


def test_equal_reads_have_no_finding() -> None:
    found = compared(TRUE, TRUE, TRUE)
    assert (found.count, codes(found), found.majority) == (0, [], TRUE)


def test_a_weak_bit_has_address_pin_and_the_values_of_every_read() -> None:
    found = compared(TRUE, read({0x1234: 0x08}), TRUE, ic="IC23")
    (bit,) = [found.weak(number) for number in range(found.count)]
    true = TRUE[0x1234] >> 3 & 1
    assert (bit.address, bit.bit, bit.pin, bit.values) == (0x1234, 3, 15, (true, 1 - true, true))
    assert bit.to_dict("IC23")["cpu_address"] == 0xE0000 + 2 * 0x1234 + 1
    assert cpu_address("IC32", 0x1234) == 0xE0000 + 2 * 0x1234
    assert found.majority == TRUE and found.weak_of == (0, 1, 0)


@given(st.lists(st.dictionaries(st.integers(0, 63), st.integers(1, 255), max_size=9), min_size=2, max_size=7))
def test_the_majority_is_that_of_each_bit(changes: list[dict[int, int]]) -> None:
    reads = [read(change, TRUE[:64]) for change in changes]
    found = compared(*reads)
    votes = np.unpackbits(np.array([list(data) for data in reads], np.uint8), axis=1).sum(axis=0, dtype=int)
    expected = np.packbits(2 * votes > len(reads)).tobytes()
    assert found.majority == expected
    assert found.count == int(((votes > 0) & (votes < len(reads))).sum())
    assert len(found.undecided) == int((2 * votes == len(reads)).sum())
    ones = np.packbits(2 * votes >= len(reads)).tobytes()
    assert found.decided(1) == ones and found.decided(0) == expected


def test_even_reads_are_not_decided_by_themselves() -> None:
    found = compared(TRUE, read({5: 0x10}))
    with pytest.raises(UserError, match="as many reads say 1 as 0 of 1 bit"):
        found.decided()
    assert {found.decided(0)[5], found.decided(1)[5]} == {TRUE[5], TRUE[5] ^ 0x10}


def test_bits_of_one_data_line_are_its_contact() -> None:
    rng = random.Random(1)
    noisy = [read(dict.fromkeys(rng.sample(range(SIZE), 9), 0x40)) for _ in range(3)]
    found = compared(*noisy)
    assert "weak-data-line" in codes(found)
    assert any("D6 (pin 18)" in finding.text for finding in found.findings)


@pytest.mark.parametrize("line", [0, 5, 13])
def test_a_read_with_an_address_line_that_did_not_follow_names_it(line: int) -> None:
    places = [at for at in random.Random(2).sample(range(SIZE), 80) if at >> line & 1]
    moved = bytearray(TRUE)
    for at in places:
        moved[at] = TRUE[at ^ 1 << line]
    for others in ((TRUE,), (TRUE, TRUE)):
        finding = next(one for one in compared(bytes(moved), *others).findings if one.code == "weak-address-line")
        assert finding.details == {"line": f"A{line}", "read": 0}
        assert "was low there" in finding.text


def test_weak_bits_where_an_address_line_is_high_name_it() -> None:
    rng = random.Random(3)
    places = [at for at in rng.sample(range(SIZE), 80) if at >> 6 & 1]
    noisy = [read({at: 1 << rng.randrange(8) for at in places[n::3]}) for n in range(3)]
    found = [one.details["line"] for one in compared(*noisy).findings if one.code == "weak-address-line"]
    assert found == ["A6"]


def test_scattered_weak_bits_blame_no_line() -> None:
    rng = random.Random(4)
    noisy = [read({rng.randrange(SIZE): 1 << rng.randrange(8) for _ in range(40)}) for _ in range(3)]
    assert codes(compared(*noisy)) == ["weak-bits", "weak-directions"]


def test_a_chip_that_drove_nothing_is_told() -> None:
    silent = TRUE[:0x800] + b"\xff" * 0x100 + TRUE[0x900:]
    found = compared(TRUE, silent, TRUE)
    assert {"odd-read", "released"} <= set(codes(found))
    assert found.majority == TRUE


def test_cells_that_lose_their_charge_turn_to_one() -> None:
    rng = random.Random(6)
    noisy = []
    for _ in range(5):
        data = bytearray(TRUE)
        for _ in range(12):
            data[rng.randrange(SIZE)] |= 1 << rng.randrange(8)
        noisy.append(bytes(data))
    assert "fading" in codes(compared(*noisy))


@pytest.mark.parametrize("reads", [[TRUE], [TRUE, TRUE[:-1]], [b"", b""], [b"x"] * 17])
def test_what_cannot_be_compared_is_the_users_error(reads: list[bytes]) -> None:
    with pytest.raises(UserError):
        compared(*reads)


def test_a_read_that_ends_in_blank_came_loose() -> None:
    good = read({})
    loose = good[: SIZE - 0x400] + b"\xff" * 0x400
    found = next(one for one in compared(good, good, loose).findings if one.code == "released")
    assert f"everywhere from {SIZE - 0x400:04X} to the end" in found.text and "came loose" in found.text


def test_weak_bits_side_by_side_are_one_moment() -> None:
    burst = read({0x100 + at: 1 << at % 8 for at in range(24)})
    found = next(one for one in compared(read({}), read({}), burst).findings if one.code == "weak-burst")
    assert (found.details["first"], found.details["last"]) == (0x100, 0x117)


def test_reads_that_get_worse_are_told() -> None:
    rng = random.Random(6)
    rows = [read({rng.randrange(SIZE): 1 << rng.randrange(8) for _ in range(4 * 2**step)}) for step in range(4)]
    assert "weak-worsening" in codes(compared(*rows))
    assert "weak-worsening" not in codes(compared(*rows[::-1]))


def test_each_weak_bit_is_counted_by_the_reads_that_doubt_it() -> None:
    once, twice = read({0x10: 1}), read({0x10: 1, 0x20: 2})
    found = next(one for one in compared(read({}), read({}), read({}), once, twice).findings
                 if one.code == "weak-directions")
    assert found.text.endswith("doubted are 1 by 1 read, 1 by 2 reads")


def test_a_read_of_another_chip_is_told_from_weak_cells() -> None:
    other = random.Random(6).randbytes(SIZE)
    found = next(one for one in compared(TRUE, read({0x10: 1}), other).findings if one.code == "another-chip")
    assert found.details == {"read": 2}
    assert "another-chip" not in codes(compared(TRUE, TRUE, bytes(byte & 0xFE for byte in TRUE)))
    assert "another-chip" not in codes(compared(TRUE, TRUE, read(dict.fromkeys(range(100), 255))))
