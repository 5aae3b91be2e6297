"""What is found in damaged dumps, and that nothing is found in good ones."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from korgm1.romset.checks import Checked, check
from korgm1.romset.checksums import find_checksums
from korgm1.romset.crc16 import CRCS, crc16
from korgm1.romset.database import Database, known_roms
from korgm1.romset.entropy import kinds
from korgm1.romset.identify import identify
from korgm1.romset.image import HALF, IMAGE, interleave, invert_bits, mirror_bits, split, swap_bytes
from korgm1.romset.labels import label_in, parse_label
from korgm1.romset.lines import line_changes, tied_address_lines, tied_data_lines
from korgm1.romset.mending import mend
from korgm1.romset.nearly import nearly_known
from korgm1.romset.openm1 import OPENM1_BUILDS
from korgm1.romset.pairs import Dump, find_sets
from korgm1.romset.scan import Scan

KNOWN = known_roms()
NOBODY = Database({}, ())
"""Knows no ROM at all: whatever is found then stands in the bytes."""
OS = OPENM1_BUILDS["19"].image()
EVEN, ODD = split(OS)
CHANGES = {text: undo for _, text, undo in line_changes()}


def checked(database: Database = NOBODY, label: str = "", ic: str = "", **files: bytes) -> Checked:
    dumps = [Dump(f"{name}.bin", identify(data, database), raw=data) for name, data in files.items()]
    found = Scan(dumps, find_sets(dumps, database))
    return check(found, database, parse_label(label) if label else None, ic)


def codes(found: Checked) -> list[str]:
    return [finding.code for finding in found.findings]


@pytest.mark.parametrize(
    ("key", "database"), [*((key, KNOWN) for key in OPENM1_BUILDS), ("19", NOBODY), ("12", NOBODY)],
    ids=[*OPENM1_BUILDS, "19 unknown", "12 unknown"],
)
def test_a_good_pair_has_no_finding(key: str, database: Database) -> None:
    even, odd = OPENM1_BUILDS[key].pair()
    found = checked(database, ic32=even, ic23=odd)
    assert codes(found) == []
    sums = found.sets[0].checksums
    assert sums is not None and [(one.known, one.right) for one in sums.sure] == [(True, True)] * 2


def test_a_random_image_that_starts_has_no_finding() -> None:
    image = bytearray(random.Random(0).randbytes(IMAGE))
    image[-16:-11] = bytes([0xEA, 0x00, 0x01, 0x00, 0xE0])
    found = checked(image=bytes(image))
    assert codes(found) == []


def with_bits(data: bytes, change: Callable[[int], int]) -> bytes:
    return bytes(map(change, data))


def tied_addresses(data: bytes, a: int, b: int) -> bytes:
    """What a chip gives whose lines a and b are low if either is."""
    mask = 1 << a | 1 << b
    return bytes(data[at if at & mask == mask else at & ~mask] for at in range(len(data)))


NOISE = random.Random(7).randbytes(HALF)


@pytest.mark.parametrize(
    ("data", "code", "word"),
    [
        (with_bits(NOISE, lambda value: value & ~0x04), "stuck-line", "D2 (pin 13)"),
        (b"".join(NOISE[at : at + 256] * 2 for at in range(0, HALF, 512)), "stuck-line", "A8 (pin 25)"),
        (with_bits(NOISE, lambda v: v & ~0x20 | (v & 2) << 4), "tied-data-lines", "D1 (pin 12) and D5 (pin 17)"),
        (tied_addresses(NOISE, 3, 9), "tied-address-lines", "A3 (pin 7) and A9 (pin 24)"),
        (NOISE * 4, "overdump", "the same 64 KB 4 times"),
        (NOISE + b"\xff" * HALF, "overdump", "64 KB, then 65,536 bytes of FF"),
        (b"\x00" * HALF + NOISE, "overdump", "65,536 bytes of 00, then 64 KB"),
        (OS + bytes(IMAGE), "overdump", "128 KB, then 131,072 bytes of 00"),
        (b"header 16 bytes." + OS, "overdump", "16 bytes before what has a start"),
        (NOISE[: HALF // 2], "half-size", "32 KB"),
        (NOISE[: HALF // 2] * 2, "repeated", "A15"),
        (interleave(NOISE, NOISE), "same-half", "one chip was read twice"),
        (interleave(ODD, EVEN), "halves-swapped", "swapped"),
        (EVEN + ODD, "joined", "one behind the other"),
        (mirror_bits(OS), "bit-order", "reversed"),
        (b"\xff" * HALF, "blank", "FF"),
        (b"", "empty", "nothing"),
    ],
)
def test_each_damage_of_one_file_is_named(data: bytes, code: str, word: str) -> None:
    found = [finding for finding in checked(dump=data).findings if finding.code == code]
    assert found and word in found[0].text


@pytest.mark.parametrize("text", [list(CHANGES)[number] for number in (3, 20, 40, 90, 160)])
def test_a_line_fault_of_a_known_chip_is_proved(text: str) -> None:
    finding = next(one for one in checked(KNOWN, ic32=EVEN, ic23=CHANGES[text](ODD)).findings if "line" in one.code)
    assert finding.text.startswith(text) and finding.confidence.value == "certain"


@pytest.mark.parametrize("text", ["D4 (pin 16) is inverted", "A2 (pin 8) and A11 (pin 23) are exchanged"])
def test_a_line_fault_of_unknown_chips_is_likely(text: str) -> None:
    found = checked(ic32=EVEN, ic23=CHANGES[text](ODD)).findings
    finding = next(one for one in found if one.code in ("inverted-line", "exchanged-lines"))
    assert finding.text.startswith(f"{text} in IC23") and finding.confidence.value == "likely"


def test_a_wrong_bit_breaks_the_sum_of_its_chip() -> None:
    damaged = bytearray(ODD)
    damaged[0x2345] |= 0x20
    assert damaged != ODD
    for database in (KNOWN, NOBODY):
        finding = next(one for one in checked(database, a=EVEN, b=bytes(damaged)).findings if one.code == "checksum")
        assert "odd bytes (IC23)" in finding.text and "one bit D5 were 1 instead of 0" in finding.text


@pytest.mark.parametrize("places", [[(0x2345, 5)], [(0, 0), (0xFFFF, 7)], [(0x8000, 3), (0x8000, 4)]])
def test_one_or_two_wrong_bits_of_a_known_chip_are_named_and_put_right(places: list[tuple[int, int]]) -> None:
    damaged = bytearray(ODD)
    for address, bit in places:
        damaged[address] ^= 1 << bit
    pair = {"ic32": EVEN, "ic23": bytes(damaged)}
    for files in (pair, {"image": interleave(EVEN, bytes(damaged))})[: 3 - len(places)]:
        finding = next(one for one in checked(KNOWN, **files).findings if one.code == "wrong-bits")
        assert finding.confidence.value == "certain"
        assert sorted(map(tuple, finding.details["bits"])) == sorted(places)
        dumps = [Dump(f"{name}.bin", identify(data, KNOWN), raw=data) for name, data in files.items()]
        made = mend(dumps, KNOWN)[0]
        assert made.proved and made.image == OS and [step.code for step in made.steps] == ["wrong-bits"]


def test_three_wrong_bits_are_not_guessed() -> None:
    damaged = bytearray(ODD)
    for address in (1, 500, 40000):
        damaged[address] ^= 1
    assert nearly_known(bytes(damaged), KNOWN) is None


def test_checksums_are_found_by_searching_and_chance_is_called_so() -> None:
    rng = random.Random(11)
    image = bytearray(rng.randbytes(IMAGE))
    at = IMAGE - 4
    for lane in (0, 1):
        image[at + 2 * lane : at + 2 * lane + 2] = (-sum(image[lane:at:2]) & 0xFFFF).to_bytes(2, "big")
    found = find_checksums(bytes(image))
    assert {(one.over, one.at, one.algorithm, one.order) for one in found.sure} == {
        ("even bytes", at, "sum of bytes, negated", "high first"),
        ("odd bytes", at + 2, "sum of bytes, negated", "high first"),
    }
    assert 0 < found.expected < 0.2


def test_a_crc_of_the_image_is_found() -> None:
    image = bytearray(random.Random(12).randbytes(IMAGE))
    image[-2:] = crc16("CRC-16/CCITT-FALSE", bytes(image[:-2])).to_bytes(2, "big")
    assert ("CRC-16/CCITT-FALSE", "image") in [(one.algorithm, one.over) for one in find_checksums(bytes(image)).found]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CRC-16/XMODEM", 0x31C3), ("CRC-16/CCITT-FALSE", 0x29B1), ("CRC-16/KERMIT", 0x2189), ("CRC-16/X-25", 0x906E),
        ("CRC-16/ARC", 0xBB3D), ("CRC-16/MODBUS", 0x4B37),
    ],
)
def test_the_check_values_of_the_crc_catalogue(name: str, value: int) -> None:
    assert crc16(name, b"123456789") == value
    assert len(CRCS) == 6


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("880219", []), ("880224", ["label-version"]), ("880319", ["label-lane"]),
        ("880329", ["label-lane", "label-version"]),
    ],
)
def test_a_label_agrees_or_not(label: str, expected: list[str]) -> None:
    assert codes(checked(KNOWN, ic32=EVEN, **{f"ic23-{label}": ODD})) == expected


def test_labels_in_names() -> None:
    assert label_in("rev19-ic23-880219.bin") == parse_label("8802-19")
    assert label_in("ic23.bin") is None and label_in("0123456789.bin") is None


def test_a_half_that_is_called_the_other_is_told() -> None:
    assert codes(checked(KNOWN, ic32=ODD, ic23=EVEN)) == ["wrong-half", "wrong-half"]
    assert codes(checked(KNOWN, ic="IC32", a=ODD, b=EVEN))[:1] == ["wrong-half"]


def test_tied_lines_are_not_seen_in_good_chips() -> None:
    for half in (EVEN, ODD, NOISE):
        assert tied_data_lines(half) == [] and tied_address_lines(half) == []


def test_blocks_have_kinds() -> None:
    assert kinds(bytes(256)) == ["blank"] and kinds(NOISE[:256]) == ["dense"]


@pytest.mark.parametrize(
    ("files", "step"),
    [
        ({"x": OS * 2}, "overdump"),
        ({"x": interleave(ODD, EVEN)}, "halves-swapped"),
        ({"x": EVEN + ODD}, "joined"),
        ({"a": mirror_bits(EVEN), "b": mirror_bits(ODD)}, "bit-order"),
        ({"a": invert_bits(EVEN), "b": ODD}, "inverted"),
        ({"a": swap_bytes(EVEN) + b"\xff" * HALF, "b": ODD}, "byte-order"),
        ({"a": CHANGES["A1 (pin 9) is inverted"](EVEN), "b": ODD * 2}, "inverted-line"),
    ],
)
def test_what_is_put_right_is_the_original(files: dict[str, bytes], step: str) -> None:
    """With a database that knows it, proved; most of it without one, too."""
    dumps = [Dump(f"{name}.bin", identify(data, KNOWN), raw=data) for name, data in files.items()]
    made = mend(dumps, KNOWN)[0]
    assert made.proved and made.image == OS and step in [one.code for one in made.steps]


@pytest.mark.parametrize(
    "files",
    [
        {"a": mirror_bits(EVEN), "b": mirror_bits(ODD)},
        {"x": invert_bits(OS)},
        {"a": EVEN * 4, "b": ODD},
        {"ic32": EVEN, "ic23": CHANGES["D0 (pin 11) and D7 (pin 19) are exchanged"](ODD)},
    ],
)
def test_unknown_dumps_are_put_right_with_a_word_of_doubt(files: dict[str, bytes]) -> None:
    dumps = [Dump(f"{name}.bin", identify(data, NOBODY), raw=data) for name, data in files.items()]
    made = mend(dumps, NOBODY)[0]
    assert made.image == OS and not made.proved
    assert made.steps and all(step.confidence.value in ("likely", "certain") for step in made.steps)


def fuzzed() -> list[bytes]:
    rng = random.Random(99)
    sizes = (1, 2, 3, 255, 0x2000, HALF - 1, HALF, HALF + 1, IMAGE - 1, IMAGE, IMAGE + 7, 2 * IMAGE)
    out = [rng.randbytes(size) for size in sizes]
    out += [bytes([value]) * size for value in (0, 0xFF) for size in (1, HALF, IMAGE, 4 * IMAGE)]
    out += [OS[:size] for size in (1000, HALF, IMAGE - 1)] + [OS[1:] + b"x", b"\xea" * IMAGE, b"PK\x03\x04" * 99]
    return out


def test_anything_gives_findings_and_no_exception() -> None:
    for number, data in enumerate(fuzzed()):
        found = checked(dump=data)
        dumps = [Dump("dump.bin", identify(data, NOBODY), raw=data)]
        assert all(one.image in (b"", one.image) for one in mend(dumps, NOBODY)), number
        if data != b"" and len(data) not in (HALF, IMAGE):
            assert codes(found), number
