"""Functions, variables and lines for GDB, read back by binutils' readelf."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import LIMIT

from korgm1.analysis import Program, analyse
from korgm1.analysis.listing import numbered_source
from korgm1.debugging.gdb_dwarf import Variable, debug_abbrev, debug_info
from korgm1.debugging.gdb_elf import elf
from korgm1.debugging.gdb_lines import Lines, debug_line
from korgm1.debugging.gdb_variables import variables
from korgm1.romset.load import load_os

READELF = shutil.which("readelf")
needs_readelf = pytest.mark.skipif(READELF is None, reason="readelf of binutils is not installed")


def dumped(file: Path, what: str) -> str:
    """What readelf finds in a section; nothing there may astonish it."""
    assert READELF is not None
    done = subprocess.run(
        [READELF, f"--debug-dump={what}", str(file)], capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def lines_in(file: Path) -> dict[int, int]:
    """Line by address; ends of sequences left out."""
    rows = re.findall(r"^\S+ +(\d+) +(0x[0-9a-f]+|0) +(?:\d+ +)?x?$", dumped(file, "decodedline"), re.M)
    return {int(address, 16): int(line) for line, address in rows}


def entries(file: Path) -> list[dict[str, str]]:
    """The entries of .debug_info, each with its tag, its place and its attributes as readelf writes them."""
    found: list[dict[str, str]] = []
    for line in dumped(file, "info").splitlines():
        if head := re.match(r" <\d+><([0-9a-f]+)>: Abbrev Number: \d+ \((\w+)\)", line):
            found.append({"at": head[1], "tag": head[2].removeprefix("DW_TAG_")})
        elif row := re.match(r" +<[0-9a-f]+> +DW_AT_(\w+) *: (.*)", line):
            found[-1][row[1]] = row[2].strip()
    return found


def written(folder: Path, program: Program) -> tuple[Path, str, dict[int, int]]:
    """The ELF file of a program with its source, the source, and the lines in it."""
    listing = numbered_source(program)
    source, file = folder / "x.asm", folder / "x.elf"
    source.write_text(listing.text)
    file.write_bytes(elf(program, source, listing))
    return file, listing.text, listing.lines


@pytest.fixture(scope="module")
def program() -> Program:
    return analyse(load_os(None, "m1").image)


@needs_readelf
def test_every_instruction_has_its_line(program: Program, tmp_path: Path) -> None:
    file, text, lines = written(tmp_path, program)
    rows, shown = lines_in(file), text.splitlines()
    assert rows == lines and set(rows) == set(program.instructions)
    for address, line in rows.items():
        assert re.search(rf"; {address:05X}\b", shown[line - 1]), shown[line - 1]
    (unit,) = [entry for entry in entries(file) if entry["tag"] == "compile_unit"]
    assert unit["name"] == "x.asm" and unit["comp_dir"] == str(tmp_path) and unit["language"].startswith("32769")


@needs_readelf
def test_functions_follow_each_other_and_variables_have_their_types(program: Program, tmp_path: Path) -> None:
    file, text, _ = written(tmp_path, program)
    found, shown = entries(file), text.splitlines()
    functions = [entry for entry in found if entry["tag"] == "subprogram"]
    spans = [(int(one["low_pc"], 16), int(one["low_pc"], 16) + int(one["high_pc"], 16)) for one in functions]
    assert [name for one, (at, _) in zip(functions, spans, strict=True) if (name := one["name"]) != (
        program.functions[at].name if at in program.functions else "")] == ["unknown_caller"]  # fmt: skip
    assert all(end == start for (_, end), (start, _) in pairwise(spans[1:]))
    assert spans[-1][1] == 0x100000 and spans[0] == (1, 0x400)
    names = {entry["name"]: entry for entry in found if entry["tag"] == "variable"}
    assert set(names) >= {name for at, name in program.labels.items() if not program.holds(at)}
    types = {entry["at"]: entry for entry in found if entry["tag"] in ("base_type", "array_type")}
    tick = names["ram_00400"]
    assert types[tick["type"].strip("<>").removeprefix("0x")]["name"] == "word"
    assert tick["location"].endswith("(DW_OP_addr: 400)")
    assert shown[int(tick["decl_line"]) - 1].startswith("ram_00400 ") and tick["decl_file"] == "1"
    (up,) = [f"text_{each.address:05X}" for each in program.texts if each.text == "UP"]
    assert shown[int(names[up]["decl_line"]) - 1].startswith(f"{up}:") and "decl_line" not in names["PIO_PE_LCD"]
    assert names["PIO_PE_LCD"]["location"].endswith("(DW_OP_addr: 1000a08)")


@needs_readelf
@settings(max_examples=20, deadline=None)
@given(st.binary(min_size=1, max_size=300))
def test_any_image_gives_lines_that_readelf_reads(tmp_path_factory: pytest.TempPathFactory, code: bytes) -> None:
    program = analyse(code, base=0x100000 - len(code))
    file, _, lines = written(tmp_path_factory.mktemp("any"), program)
    assert lines_in(file) == lines
    assert {entry["name"] for entry in entries(file) if entry["tag"] == "subprogram"} == {
        "unknown_caller", *(function.name for function in program.functions.values())
    }


def test_a_gap_ends_a_sequence() -> None:
    rows = [(0xF0000, 2, 300), (0xF0002, 3, 5), (0xF0010, 1, 6)]
    data = debug_line(Lines(b"/folder", b"x.asm", rows))
    assert int.from_bytes(data[:4], "little") == len(data) - 4 and b"\0x.asm\0\0\0\0\0" in data
    assert data.endswith(b"\2\3\0\1\1" + b"\0\5\2" + struct.pack("<I", 0xF0010) + bytes.fromhex(
        "03 05 01 02 01 00 01 01"))  # fmt: skip


def test_functions_without_a_source() -> None:
    assert debug_abbrev()[-1:] == b"\0"
    data = debug_info({0xFFFF0: "reset", 0xF0000: "start", 0x200: "no code"}, [Variable("ram", 0x412, "byte")])
    assert int.from_bytes(data[:4], "little") == len(data) - 4
    for name, at, end in (("start", 0xF0000, 0xFFFF0), ("reset", 0xFFFF0, 0x100000), ("unknown_caller", 1, 0x400)):
        assert name.encode() + b"\0" + struct.pack("<II", at, end - at) in data
    assert b"no code" not in data and b"ram\0" in data


@pytest.mark.parametrize(("code", "expected"), [
    ("a20005", ("byte", None)),                     # mov [0500],al
    ("a30005", ("word", None)),                     # mov [0500],ax
    ("a20005 a10005", ("word", None)),
    ("8a840005 a20805", ("byte", 8)),               # mov al,[si+0500]; mov [0508],al
    ("8b840005 a20705", ("word", 3)),               # the next label is 7 bytes on
    ("0f18060005 03", ("byte", None)),              # test1 byte [0500],3
    ("c4060005", ("word", None)),                   # les ax,[0500]
])  # fmt: skip
def test_the_type_is_what_code_shows(code: str, expected: tuple[str, int | None]) -> None:
    program = analyse(bytes.fromhex("31c0 8ed8" + code + "ebfe"), base=0xFFFF0)
    (one,) = [each for each in variables(program, program.labels) if each.address == 0x500]
    assert (one.type, one.length) == expected


def test_texts_and_tables_of_the_image(program: Program) -> None:
    known = {each.address: each for each in variables(program, program.labels)}
    assert not set(known) & set(program.instructions)
    text = next(each for each in program.texts if each.text == "UP")
    assert (known[text.address].type, known[text.address].length) == ("char", 3)
    table = next(each for each in program.tables if each.kind == "texts" and each.stride == 2)
    assert (known[table.address].type, known[table.address].length) == ("word", table.count)
