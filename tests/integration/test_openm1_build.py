"""OpenM1's committed pair is what its source assembles to, and nothing in it claims to be Korg's."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

import build_openm1
import openm1_tables
from korgm1.waves.bank import open_bank

HALVES = ("openm1_ic32.bin", "openm1_ic23.bin")


def committed() -> dict[str, bytes]:
    return {name: (files("korgm1") / "firmware" / name).read_bytes() for name in HALVES}


def image() -> bytes:
    pair = committed()
    data = bytearray(0x20000)
    data[0::2], data[1::2] = pair[HALVES[0]], pair[HALVES[1]]
    return bytes(data)


@pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed: the pair cannot be assembled again")
def test_the_committed_pair_is_what_the_source_makes() -> None:
    fresh = build_openm1.split(build_openm1.assemble())
    assert fresh == committed(), "python tools/build_openm1.py; a change of the waves' recipes changes its tables too"


@pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed: the pair cannot be assembled again")
def test_check_finds_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = committed()
    for name, data in pair.items():
        (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(build_openm1, "FIRMWARE", tmp_path)
    monkeypatch.setattr(build_openm1, "ROOT", tmp_path)
    assert build_openm1.main(["--check"]) == 0
    broken = bytearray(pair[HALVES[1]])
    broken[0x9000] ^= 1
    (tmp_path / HALVES[1]).write_bytes(broken)
    assert build_openm1.main(["--check"]) == 1


def test_the_image_starts_says_what_it_is_and_sums_up() -> None:
    data = image()
    assert data[0x1FFF0:0x1FFF5] == bytes.fromhex("EA 00 00 00 F0")
    assert data.startswith(b"OpenM1 #24")
    assert b"not made by Korg" in data
    sums = [sum(data[half:0x1FFFC:2]) & 0xFFFF for half in range(2)]
    assert data[0x1FFFC:] == b"".join(total.to_bytes(2, "little") for total in sums)


def test_the_image_has_the_directory_of_the_wave_rom() -> None:
    """Of each sound the first zone, how many, flags; of each zone 16 bytes: all of them as the bank has them."""
    code, bank = image()[0x10000:], open_bank()
    first = bank.multisounds[0].zones[0]
    start = code.index(bytes([first.top_key, first.level - 1]) + first.start.to_bytes(3, "little"))
    at = start - 4 * len(bank.multisounds)
    for sounds in (bank.multisounds, bank.drums):
        for number, sound in enumerate(sounds):
            row = code[at + 4 * number : at + 4 * number + 4]
            zones, count, flags = int.from_bytes(row[:2], "little"), row[2], row[3]
            assert (count, flags) == (len(sound.zones), sound.tracking)
            for zone in sound.zones:
                words = [int.from_bytes(code[zones + n : zones + n + 3], "little") for n in (2, 5, 8)]
                assert (code[zones], code[zones + 1] + 1) == (zone.top_key, zone.level)
                assert words == [zone.start, zone.loop_start, zone.loop_end]
                root = int.from_bytes(code[zones + 11 : zones + 15], "little")
                assert abs(root * 100_000 / 65536 - zone.root) < 1
                assert code[zones + 15] == (zone.loop_start < zone.loop_end)
                zones += 16
        at = zones


def test_the_laws_go_one_way_and_end_where_they_say() -> None:
    laws = openm1_tables
    for law in (laws.eg_updates, laws.mg_step, laws.cutoff_code):
        values = [law(value) for value in range(laws.VALUES)]
        assert values == sorted(values) and len(set(values)) > 90, law
    fades = [laws.mg_fade_step(value) for value in range(laws.VALUES)]
    assert fades == sorted(fades, reverse=True)
    assert [laws.eg_updates(value) * laws.UPDATE for value in (0, 1, 99)] == [0, laws.UPDATE, laws.EG_LONGEST]
    assert laws.cutoff_code(99) == laws.CUTOFF_OPEN
    steps = [laws.pitch_mantissa(step) for step in range(laws.PITCH_STEPS + 1)]
    assert steps == sorted(steps) and steps[0] == 0 and steps[-1] == 65535
