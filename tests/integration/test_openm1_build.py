"""OpenM1's committed pair is what its source assembles to, and nothing in it claims to be Korg's."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path

import pytest

import build_openm1

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
