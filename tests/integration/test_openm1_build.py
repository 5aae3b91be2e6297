"""OpenM1's committed pairs are what its source assembles to, and nothing in it claims to be Korg's."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import build_openm1
import openm1_tables
from korgm1.romset.openm1 import OPENM1_BUILDS, Build
from korgm1.waves.bank import open_bank

BUILDS = pytest.mark.parametrize("build", OPENM1_BUILDS.values(), ids=lambda build: build.version)
NASM = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed: nothing can be assembled again")


@NASM
@BUILDS
def test_the_committed_pair_is_what_the_source_makes(build: Build) -> None:
    fresh = tuple(build_openm1.split(build_openm1.assemble(build.key), build.key).values())
    assert fresh == build.pair(), "python tools/build_openm1.py; a change of the waves' recipes changes its tables too"


@NASM
def test_check_finds_a_difference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for build in OPENM1_BUILDS.values():
        for name, data in zip(build.files, build.pair(), strict=True):
            (tmp_path / name).write_bytes(data)
    monkeypatch.setattr(build_openm1, "FIRMWARE", tmp_path)
    monkeypatch.setattr(build_openm1, "ROOT", tmp_path)
    assert build_openm1.main(["--check"]) == 0
    name = OPENM1_BUILDS["06"].files[1]
    broken = bytearray((tmp_path / name).read_bytes())
    broken[0x9000] ^= 1
    (tmp_path / name).write_bytes(broken)
    assert build_openm1.main(["--check"]) == 1


@NASM
def test_the_maps_name_what_is_at_an_address(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Symbols of the code's section: real address (from E0000), address in its segment, name."""
    assert build_openm1.main(["--map", str(tmp_path)]) == 0
    for build in OPENM1_BUILDS.values():
        symbols = {
            row[2]: int(row[0], 16)
            for row in map(str.split, (tmp_path / f"openm1_{build.key}.map").read_text("ascii").splitlines())
            if len(row) == 3 and row[0].isalnum() and set(row[0] + row[1]) <= set("0123456789ABCDEF")
        }
        text = b"OpenM1 Music Workstation"
        at = symbols["text_banner"]
        assert build.image()[at : at + len(text)] == text
    assert not list(tmp_path.glob("*.bin")) and capsys.readouterr().out == ""


@BUILDS
def test_the_image_starts_says_what_it_is_and_sums_up(build: Build) -> None:
    data = build.image()
    assert data[0x1FFF0:0x1FFF5] == bytes.fromhex("EA 00 00 00 F0")
    assert data.startswith(f"OpenM1 {build.version}".encode())
    assert b"not made by Korg" in data
    sums = [sum(data[half:0x1FFFC:2]) & 0xFFFF for half in range(2)]
    assert data[0x1FFFC:] == b"".join(total.to_bytes(2, "little") for total in sums)


@BUILDS
def test_the_image_has_the_directory_of_the_wave_rom(build: Build) -> None:
    """Of each sound the first zone, how many, flags; of each zone 16 bytes: all of them as the bank has them."""
    code, bank = build.image()[0x10000:], open_bank()
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
