"""Dumps as text and the sums of dumps: each form is read, damage is told, and anything is refused in bounded time."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from dump_harms import intel, listing, motorola, ti_txt, zipped

from korgm1.cli import main
from korgm1.romset.byte_sums import alike
from korgm1.romset.checks import check
from korgm1.romset.checksums import find_checksums
from korgm1.romset.database import Database, known_roms
from korgm1.romset.image import HALF, interleave
from korgm1.romset.openm1 import OPENM1_BUILDS
from korgm1.romset.scan import MAX_FILE, scan
from korgm1.romset.sums import sums
from korgm1.romset.text_forms import MAX_SPAN, MOST_LINES, read_text

CHIP = random.Random(1).randbytes(0x4000) + bytes(0x4000) + random.Random(2).randbytes(0x8000)
NOBODY = Database({}, ())
FORMS = {"Intel HEX": intel, "Motorola S-records": motorola, "TI-TXT": ti_txt, "a hexadecimal listing": listing}


def c_array(data: bytes) -> bytes:
    rows = [", ".join(f"0x{value:02x}" for value in data[at : at + 12]) for at in range(0, len(data), 12)]
    return ("unsigned char rom[] = {\n  " + ",\n  ".join(rows) + "\n};\n").encode()


def folded(data: bytes) -> bytes:
    """As hexdump -C writes it, equal rows as a star."""
    rows, previous = [], b""
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if row == previous:
            if rows[-1] != "*":
                rows.append("*")
            continue
        shown = "".join(chr(value) if 0x20 <= value < 0x7F else "." for value in row)
        rows.append(f"{at:08x}  {row[:8].hex(' ')}  {row[8:].hex(' ')}  |{shown}|")
        previous = row
    return "\n".join([*rows, f"{len(data):08x}", ""]).encode()


def of_words(data: bytes) -> bytes:
    """As hexdump without an option writes it: words of 16 bits, the low byte first."""
    rows = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        rows.append(f"{at:07x} " + " ".join(f"{row[n + 1]:02x}{row[n]:02x}" for n in range(0, 16, 2)))
    return "\n".join([*rows, f"{len(data):07x}", ""]).encode()


@pytest.mark.parametrize("write", [*FORMS.values(), c_array, folded, of_words])
def test_a_text_is_the_chip(write: object) -> None:
    assert callable(write)
    found = read_text(write(CHIP))
    assert found is not None and found.data == CHIP
    assert [one.code for one in found.findings] == ["text-form"]


@pytest.mark.parametrize("form", FORMS)
def test_the_form_is_named(form: str) -> None:
    found = read_text(FORMS[form](CHIP))
    assert found is not None and found.form == form


def test_addresses_may_begin_anywhere() -> None:
    found = read_text(intel(CHIP, 0xE0000))
    assert found is not None and found.data == CHIP and "from address E0000" in found.findings[0].text


def test_bytes_that_are_left_out_are_blank() -> None:
    rows = intel(CHIP).split(b"\r\n")
    del rows[11:13]
    found = read_text(b"\r\n".join(rows))
    assert found is not None and found.data == CHIP[:160] + b"\xff" * 32 + CHIP[192:]
    assert [(one.code, one.details) for one in found.findings][1] == ("text-gap", {"missing": 32})


@pytest.mark.parametrize("form", ["Intel HEX", "Motorola S-records"])
def test_a_wrong_digit_is_told_with_its_line(form: str) -> None:
    rows = FORMS[form](CHIP).split(b"\n")
    rows[99] = rows[99][:30] + (b"1" if rows[99][30:31] == b"0" else b"0") + rows[99][31:]
    found = read_text(b"\n".join(rows))
    assert found is not None
    damage = next(one for one in found.findings if one.code == "text-damaged")
    assert damage.details["lines"] == [100] and damage.details["doubtful"] in (16, 32)


def test_addresses_too_far_apart_are_no_image() -> None:
    text = intel(CHIP[:256]).replace(b":00000001FF\r\n", b"") + intel(CHIP[:256], 0x7000_0000)
    found = read_text(text)
    assert found is not None and found.data == b"" and "farther than in any M1 ROM" in found.findings[0].text


def test_stars_do_not_fill_the_memory() -> None:
    again = b"*\n003ffff0  00 00 00 01\n00000000  00 11 22 33\n"
    found = read_text(b"00000000  00 11 22 33\n00000004  44 55 66 77\n" + again * 500)
    assert found is None or len(found.data) <= MAX_SPAN


def test_mutated_texts_and_zips_are_read_or_refused(tmp_path: Path) -> None:
    rng = random.Random(8)
    sources = [write(CHIP[:0x2000]) for write in FORMS.values()]
    sources.append(zipped({"a.zip": zipped({"ic32.bin": CHIP}), "b.hex": intel(CHIP[:0x2000])}))
    for number in range(60):
        data = bytearray(rng.choice(sources))
        for _ in range(rng.randrange(1, 30)):
            at = rng.randrange(len(data))
            data[at : at + rng.randrange(3)] = rng.choice([rng.randbytes(1), b"F", b":", b"@", b"*", b"\n", b""])
        path = tmp_path / f"{number}.hex"
        path.write_bytes(data)
        found = scan([path], NOBODY)
        check(found, NOBODY)
        assert all(len(dump.raw) <= MAX_FILE for dump in found.dumps)


def test_two_known_chips_in_text_in_a_zip_are_a_pair(tmp_path: Path) -> None:
    even, odd = OPENM1_BUILDS["19"].pair()
    (tmp_path / "x.zip").write_bytes(zipped({"in.zip": zipped({"a.hex": intel(even), "b.s19": motorola(odd)})}))
    assert [one.status for one in scan([tmp_path], known_roms()).sets] == ["known"]


def test_the_check_values_of_the_sums() -> None:
    found = sums(b"123456789")
    assert (found["crc-32"], found["CRC-16/XMODEM"], found["CRC-16/CCITT-FALSE"]) == ("cbf43926", "31C3", "29B1")
    assert sums(b"\xff" * HALF)["sum-32"] == "00FF0000"


@pytest.mark.parametrize(
    ("place", "algorithm", "stretch"),
    [(0xFFF7, "8-bit sum of bytes, negated", "before"), (0xFFFF, "8-bit sum of all bytes", "all")],
)
def test_sums_of_8_bits_are_found_where_both_chips_have_them(place: int, algorithm: str, stretch: str) -> None:
    chips = []
    for seed in (1, 2):
        chip = bytearray(random.Random(seed).randbytes(HALF))
        chip[place] = -sum(chip[:place]) & 0xFF
        chips.append(bytes(chip))
    found, tests = alike(*chips)
    assert (algorithm, stretch, place) in [key for key, _, _ in found]
    assert 50 < tests < 200
    told = [one for one in find_checksums(interleave(*chips)).sure if one.algorithm == algorithm]
    assert [(one.over, one.at) for one in told] == [("IC32", place), ("IC23", place)]


def test_noise_has_no_sum_of_8_bits() -> None:
    hits = [
        alike(random.Random(seed).randbytes(HALF), random.Random(-seed - 1).randbytes(HALF))[0] for seed in range(12)
    ]
    assert sum(map(len, hits)) == 0


def test_an_address_in_other_figures_amid_decimal_ones_is_no_address() -> None:
    rows = [f"{at:010d}  {CHIP[at : at + 16].hex(' ')}" for at in range(0, 0x400, 16)]
    rows[20] = "00ABCD12" + rows[20][10:]
    found = read_text("\n".join(rows).encode())
    assert found is not None and found.data[:0x400] == CHIP[:0x400]


def test_a_text_with_more_lines_than_any_dump_is_none() -> None:
    assert read_text(b"AA\n" * MOST_LINES) is not None
    assert read_text(b"AA\n" * (MOST_LINES + 1)) is None


def test_a_chip_that_begins_with_names_is_not_passed_over_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "ic32.bin").write_bytes(b"Piano   Strings " * 128 + CHIP[0x800:])
    (tmp_path / "notes.txt").write_bytes(b"What I found in the loft, and when.\n" * 1000 + "Fünf\n".encode() * 9)
    assert [dump.base for dump in scan([tmp_path], NOBODY).dumps] == ["ic32.bin"]


def test_a_gzip_file_without_its_end_is_noted(tmp_path: Path) -> None:
    packed = gzip.compress(CHIP)
    (tmp_path / "whole.bin.gz").write_bytes(packed)
    assert not scan([tmp_path / "whole.bin.gz"], NOBODY).notes
    (tmp_path / "cut.bin.gz").write_bytes(packed[: len(packed) // 2])
    assert "whose end is missing" in scan([tmp_path / "cut.bin.gz"], NOBODY).notes[0]


def test_a_header_is_told_with_the_chip_that_shows_it(tmp_path: Path) -> None:
    """The partner is not the first of the other dumps."""
    even, odd = OPENM1_BUILDS["24"].pair()
    for name, data in (("a.bin", CHIP), ("b.bin", even), ("c.bin", bytes(range(64)) + odd)):
        (tmp_path / name).write_bytes(data)
    rows = check(scan([tmp_path], NOBODY), NOBODY).dumps
    cut = next(one for one in rows[2].findings if one.code == "overdump")
    assert "64 bytes before the 64 KB that make sense with b.bin" in cut.text


def test_the_next_step_for_one_unknown_chip_is_its_partner(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """rom fix writes no unknown chip alone, so it is not what comes next; that of a known one it does."""
    (tmp_path / "ic32.bin").write_bytes(random.Random(5).randbytes(HALF) * 2)
    main(["rom", "verify", str(tmp_path / "ic32.bin")])
    then = next(row for row in capsys.readouterr().out.splitlines() if row.startswith("next:"))
    assert "IC23" in then and "rom fix" not in then
    (tmp_path / "even.bin").write_bytes(OPENM1_BUILDS["24"].pair()[0] * 2)
    main(["rom", "verify", str(tmp_path / "even.bin")])
    assert f"rom fix {tmp_path / 'even.bin'} -o fixed" in capsys.readouterr().out
