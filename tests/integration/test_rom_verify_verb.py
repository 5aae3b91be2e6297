"""korgm1 rom verify and rom fix as they are typed: what they print, write and end with."""

from __future__ import annotations

import json
import os
import random
import zipfile
from pathlib import Path

import pytest

from korgm1.cli import main
from korgm1.romset.image import HALF, IMAGE, interleave, mirror_bits
from korgm1.romset.openm1 import OPENM1_BUILDS

EVEN, ODD = OPENM1_BUILDS["19"].pair()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ic32.bin").write_bytes(EVEN)
    (tmp_path / "ic23.bin").write_bytes(ODD)
    rng = random.Random(1)
    for name in "abc":
        data = bytearray(ODD)
        for _ in range(3):
            data[rng.randrange(HALF)] ^= 1 << rng.randrange(8)
        (tmp_path / f"{name}.bin").write_bytes(data)
    return tmp_path


def typed(*words: str) -> int:
    return main(["rom", *words])


def test_a_good_pair_ends_with_zero(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("verify", "ic32.bin", "ic23.bin", "--label", "880219") == 0
    out = capsys.readouterr().out
    assert "nothing speaks against these dumps" in out and "right (documented)" in out
    assert "version 19; the image says #19, too" in out
    for build in OPENM1_BUILDS.values():
        assert typed("verify", build.word) == 0


def test_json_holds_dumps_sets_and_reads(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("verify", "ic32.bin", "--reads", "a.bin", "b.bin", "c.bin", "--ic", "ic23", "--json") == 5
    found = json.loads(capsys.readouterr().out)
    assert found["dumps"][0]["ic"] == "IC32" and found["sets"][0]["status"] == "broken"
    bits = found["reads"]["bits"]
    assert len(bits) == found["reads"]["weak_bits"] == 9
    assert all(bit["cpu_address"] == 0xE0001 + 2 * bit["address"] for bit in bits)


def test_the_majority_of_three_reads_is_the_chip(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("verify", "--reads", "a.bin", "b.bin", "c.bin", "--majority", "m.bin") == 5
    assert (here / "m.bin").read_bytes() == ODD
    out = capsys.readouterr().out
    assert "9 weak bits at 9 addresses" in out and "m.bin: what most of 3 reads say" in out


def test_an_even_number_of_reads_needs_a_word(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("verify", "--reads", "a.bin", "b.bin", "--majority", "m.bin") == 1
    assert "as many reads say 1 as 0 of 6 bits" in capsys.readouterr().err and not (here / "m.bin").exists()
    assert typed("verify", "--reads", "a.bin", "b.bin", "--majority", "m.bin", "--ties", "0") == 5
    assert "6 undecided bits are 0 in it, which is a guess" in capsys.readouterr().out


def test_the_entropy_map_is_a_picture(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("verify", "ic32.bin", "ic23.bin", "--entropy", "map.png") == 0
    assert (here / "map.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "no dump is named"),
        (("--reads", "a.bin"), 2, "--reads names 1 file"),
        (("ic32.bin", "--majority", "x"), 2, "nothing without --reads"),
        (("--reads", "a.bin", "b.bin", "--majority", "a.bin"), 2, "same file"),
        (("ic32.bin", "--label", "88"), 2, "no label"),
        (("ic32.bin", "--entropy", "x.jpg"), 2, "PNG"),
        (("nothing.bin",), 1, "does not exist"),
        (("--reads", "a.bin", "nothing.bin"), 1, "cannot be read"),
        (("openm1:77",), 3, "there is no OpenM1"),
    ],
)
def test_what_makes_no_sense_is_said(
    here: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert typed("verify", *words) == code
    assert said in capsys.readouterr().err


def test_anything_that_lies_about_is_looked_at(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "empty").mkdir()
    (here / "none.bin").write_bytes(b"")
    (here / "ff.bin").write_bytes(b"\xff" * HALF)
    (here / "huge.bin").write_bytes(b"\x01" * (5 << 20))
    with zipfile.ZipFile(here / "pair.zip", "w") as file:
        file.write("ic32.bin")
        file.write("ic23.bin")
    assert typed("verify", "empty") == 3
    assert typed("verify", "none.bin") == 3
    assert typed("verify", "ff.bin") == 3
    assert typed("verify", "huge.bin") == 3
    assert typed("verify", "pair.zip") == 0
    capsys.readouterr()
    if os.geteuid():
        (here / "ff.bin").chmod(0)
        assert typed("verify", "ff.bin") == 1


def test_fix_writes_the_pair_and_a_report_beside_nothing(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "both.bin").write_bytes(mirror_bits(interleave(ODD, EVEN)) * 2)
    assert typed("fix", "both.bin", "-o", "fixed") == 0
    assert (here / "fixed" / "ic32.bin").read_bytes() == EVEN
    assert (here / "fixed" / "ic23.bin").read_bytes() == ODD
    report = (here / "fixed" / "report.txt").read_text()
    assert all(word in report for word in ("a known ROM by its SHA-1", "overdump", "nothing speaks against the result"))
    assert (here / "both.bin").stat().st_size == 2 * IMAGE
    assert typed("fix", "both.bin", "-o", "fixed") == 1
    assert "is there already" in capsys.readouterr().err
    assert typed("fix", "ic32.bin", "ic23.bin", "-o", ".") == 1
    assert (here / "ic32.bin").read_bytes() == EVEN and not (here / "report.txt").exists()


def test_fix_takes_the_majority_of_reads(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("fix", "ic32.bin", "--reads", "a.bin", "b.bin", "c.bin", "--ic", "IC23", "-o", "fixed", "--json")
    assert typed(*words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["proved"] and [step["code"] for step in found["steps"]] == ["majority"]
    assert (here / "fixed" / "ic23.bin").read_bytes() == ODD


def test_fix_of_one_known_chip_writes_that_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "x.bin").write_bytes(mirror_bits(ODD))
    assert typed("fix", "x.bin", "-o", "fixed") == 0
    assert sorted(path.name for path in (here / "fixed").iterdir()) == ["ic23.bin", "report.txt"]


@pytest.mark.parametrize("data", [b"", b"\xff" * HALF, EVEN[:1000], bytes(range(256)) * 256])
def test_what_cannot_be_put_right_is_said(here: Path, capsys: pytest.CaptureFixture[str], data: bytes) -> None:
    (here / "x.bin").write_bytes(data)
    assert typed("fix", "x.bin", "-o", "fixed") == 3
    assert "nothing could be put right" in capsys.readouterr().err and not (here / "fixed").exists()


def test_fix_says_which_chip_it_does_not_write(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "bad.bin").write_bytes(bytes(value | 8 for value in ODD))
    assert typed("fix", "ic32.bin", "bad.bin", "-o", "fixed") == 0
    out = capsys.readouterr().out
    assert "IC23 is not written" in out and "bad.bin is not used: D3 never changes" in out
    assert "IC23 is not written" in (here / "fixed" / "report.txt").read_text()


def test_one_file_is_not_two_reads(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert typed("verify", "--reads", "a.bin", "b.bin", "./a.bin") == 2
    assert "--reads names ./a.bin twice" in capsys.readouterr().err


def test_cells_that_lose_charge_in_most_reads_are_put_right_by_a_known_chip(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    weak = [at for at in range(0, HALF, 97) if ODD[at] & 1 == 0][:30]
    for number, name in enumerate("abc"):
        data = bytearray(ODD)
        for index, at in enumerate(weak):
            data[at] |= index % 3 != number
        (here / f"{name}.bin").write_bytes(data)
    assert typed("verify", "--reads", "a.bin", "b.bin", "c.bin") == 5
    out = capsys.readouterr().out
    assert "0 wherever one read says 0 is IC23, OpenM1 #19, odd bytes, by its SHA-1" in out
    assert f"{weak[0]:6X}  {0xE0001 + 2 * weak[0]:05X}" in out, "a chip that is known has its place in the V50's memory"
    assert typed("fix", "ic32.bin", "--reads", "a.bin", "b.bin", "c.bin", "-o", "fixed") == 0
    assert (here / "fixed" / "ic23.bin").read_bytes() == ODD
