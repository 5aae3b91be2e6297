"""korgm1 rom identify: the table, the JSON object, the exit codes."""

from __future__ import annotations

import argparse
import json
import random
import zlib
from pathlib import Path

import pytest

from korgm1.errors import UserError
from korgm1.romset.database import Database, RomSetInfo, os_part
from korgm1.romset.image import HALF, IMAGE, split
from korgm1.verbs import rom


def fake_os(seed: int) -> bytes:
    image = bytearray(random.Random(seed).randbytes(IMAGE))
    image[-16:-11] = bytes([0xEA, 0x00, 0x01, 0x00, 0xE0])
    return bytes(image)


OS = fake_os(1)
EVEN, ODD = split(OS)


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    row = RomSetInfo("fake", "Fake M1R", "#06", ("m1r",))
    database = Database({}, ()).extended(
        [row], [os_part("fake", "even", EVEN, "even half"), os_part("fake", "odd", ODD, "odd half")]
    )
    monkeypatch.setattr(rom, "known_roms", lambda: database)


def identify(*words: str | Path) -> int:
    parser = argparse.ArgumentParser()
    rom.add_parser(parser.add_subparsers())
    args = parser.parse_args(["rom", "identify", *map(str, words)])
    return int(args.run(args))


def test_a_set_is_a_table_and_the_next_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.bin").write_bytes(ODD)
    (tmp_path / "two.bin").write_bytes(EVEN)
    assert identify(tmp_path) == 0
    out = capsys.readouterr().out
    assert f"{zlib.crc32(ODD):08x}  known" in out
    assert "Fake M1R #06: complete" in out
    assert f"IC32 (even)  {tmp_path}/two.bin" in out
    assert f"korgm1 boot --roms {tmp_path} --model m1r" in out


def test_one_known_part_is_enough_for_zero(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.bin").write_bytes(ODD)
    assert identify(tmp_path / "one.bin") == 0
    assert "IC32 is missing" in capsys.readouterr().out


def test_nothing_of_use_is_three_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.bin").write_bytes(b"\xff" * HALF)
    (tmp_path / "note.txt").write_text("x")
    assert identify(tmp_path) == 3
    out = capsys.readouterr().out
    assert "every byte is FF" in out
    assert "1 other file passed over" in out
    assert "roms/README.md" in out


def test_unknown_sample_roms_are_hinted_at(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (36, 37):
        (tmp_path / f"ic{place}.bin").write_bytes(random.Random(place).randbytes(1 << 19))
    assert identify(tmp_path) == 3
    assert "2 of them are as large as a sample ROM; unknown ones go by their names" in capsys.readouterr().out


def test_an_empty_folder_is_three(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert identify(tmp_path) == 3
    assert "Nothing here" in capsys.readouterr().out


def test_json_is_one_object(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "one.bin").write_bytes(ODD)
    (tmp_path / "two.bin").write_bytes(EVEN + EVEN)
    assert identify(tmp_path, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert set(found) == {"files", "sets", "passed", "notes"}
    first, second = found["files"]
    assert (first["verdict"], first["ic"], first["set"], first["size"]) == ("known", ["IC23"], "fake", HALF)
    assert second["faults"][0]["code"] == "doubled"
    (one,) = found["sets"]
    assert (one["status"], one["models"], len(one["sha1"])) == ("known", ["m1r"], 40)
    assert [Path(name).name for name in one["sources"]] == ["two.bin", "one.bin"]


def test_a_path_that_does_not_exist_is_the_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        identify(tmp_path / "nothing.bin")


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        identify("--help")
    assert ended.value.code == 0
    assert "korgm1 rom identify dumps/ m1.zip" in capsys.readouterr().out


def test_of_two_sets_each_has_its_own_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.bin").write_bytes(OS)
    (tmp_path / "b.bin").write_bytes(fake_os(2))
    assert identify(tmp_path) == 0
    out = capsys.readouterr().out
    assert f"--roms {tmp_path}/a.bin --model m1r" in out
    assert f"--roms {tmp_path}/b.bin\n" in out
