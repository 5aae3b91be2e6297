"""A researcher's rounds: the table of docs/researchers.md, and what the verbs make of it."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from korgm1.cli import main
from korgm1.romset.openm1 import build_of

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "researchers.md").read_text("utf-8")
SHA1 = "d00db3fa8937eb08178666c564f5b0d11d238e1b"


def block(first: str) -> str:
    """An indented block of the page, by how it begins."""
    found = re.search(rf"^((?:    {re.escape(first)}.*\n)(?:    .*\n)*)", PAGE, re.MULTILINE)
    assert found is not None
    return re.sub("^    ", "", found[1], flags=re.MULTILINE)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "names.csv"
    path.write_text(block("address,name"))
    return path


def disassembled(folder: Path, *words: str) -> str:
    assert main(["rom", "disassemble", "openm1:24", "-o", str(folder / "x.asm"), *words]) == 0
    return (folder / "x.asm").read_text()


def test_the_page_shows_what_comes_out(table: Path, tmp_path: Path) -> None:
    text = disassembled(tmp_path, "--names", str(table), "--symbols", str(tmp_path / "all.csv"))
    assert block("battery_message:") in text
    assert re.search(r"^message: +equ 0x04f0 ; word 0x0000; .*; offset of the text for the second line$", text, re.M)
    rows = {row["name"]: row for row in csv.DictReader((tmp_path / "all.csv").read_text().splitlines())}
    assert rows["message"]["kind"] == "ram" and rows["battery_message"]["comment"] == "AL is the code of the cell"
    assert rows["CELL_CODE"]["address"] == "0900" and "CELL_CODE" in text and "ADC_DATA" not in text
    if shutil.which("nasm"):
        subprocess.run(["nasm", "-f", "bin", "-w+error", "-o", tmp_path / "x.bin", tmp_path / "x.asm"], check=True)
        build = build_of(SHA1)
        assert build is not None and (tmp_path / "x.bin").read_bytes() == build.image()


def test_a_whole_table_handed_back_gives_the_same_listing(table: Path, tmp_path: Path) -> None:
    everything = tmp_path / "all.csv"
    first = disassembled(tmp_path, "--names", str(table), "--symbols", str(everything))
    assert disassembled(tmp_path, "--names", str(everything)) == first


def test_the_same_table_names_places_for_the_other_verbs(
    table: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["debug", "--symbols", str(table), "--no-analysis", "-x",
                 "symbols; print battery_message; disassemble F000:069A 4; peek CELL_CODE; quit"]) == 0  # fmt: skip
    said = capsys.readouterr().out
    assert "4 of 4 symbols" in said and "battery_message:" in said and "text_low 'Battery Low (Internal)'" in said
    assert "CELL_CODE" in said
    assert main(["rom", "info", "openm1:24", "--no-run", "--all", "--names", str(table)]) == 0
    assert re.search(r"0900  CELL_CODE +in at ", capsys.readouterr().out)


@pytest.mark.parametrize(("row", "said"), [
    ("F0123,mov x,code,,", 'cannot be a label'), ("F0123,x,soup,,", "row 2: 'soup' is no kind"),
    ("F0123,sub_F0124,function,,", "is what an analysis calls F0124"),
])  # fmt: skip
def test_bad_rows_end_it(row: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.csv"
    path.write_text("address,name,kind,size,comment\n" + row.replace("mov x", "mov-x") + "\n")
    assert main(["rom", "disassemble", "openm1:24", "-o", str(tmp_path / "x.asm"), "--names", str(path)]) == 1
    assert said in capsys.readouterr().err and not (tmp_path / "x.asm").exists()


def test_the_table_is_never_written_over(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = table.read_bytes()
    assert main(["rom", "disassemble", "openm1:24", "--names", str(table), "--symbols", str(table)]) == 2
    assert "the same file" in capsys.readouterr().err and table.read_bytes() == before
