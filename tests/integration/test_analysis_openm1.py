"""Every build of OpenM1: the listing assembles back, and the code that is found is the code of its source."""

from __future__ import annotations

import ast
import csv
import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock

import pytest

import build_openm1
from korgm1.analysis import Executed, Program, analyse
from korgm1.analysis.listing import source
from korgm1.cli import main
from korgm1.romset.firmware_file import read_firmware
from korgm1.romset.openm1 import OPENM1_BUILDS
from korgm1.verbs import rom_disassemble

NASM = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed")
DATA = frozenset("db dw dd times resb resw incbin field message setup action timbre no_effects init_oscillator".split())
DEAD = 0.05
"""A build that leaves a caller out may keep the routine: so much of it nobody reaches."""


@cache
def program(key: str) -> Program:
    return analyse(read_firmware([f"openm1:{key}"]).image)


@pytest.mark.parametrize("key", OPENM1_BUILDS)
@NASM
def test_the_listing_assembles_back(key: str, tmp_path: Path) -> None:
    (tmp_path / "x.asm").write_text(source(program(key), "OpenM1"))
    subprocess.run(["nasm", "-f", "bin", "-w+error", "-o", tmp_path / "x.bin", tmp_path / "x.asm"], check=True)
    assert (tmp_path / "x.bin").read_bytes() == program(key).image


@cache
def kinds() -> dict[str, str]:
    """Label -> "code" or "data", by the first statement behind it in the source; local ones with their owner's name."""
    found: dict[str, str] = {}
    for path in sorted(build_openm1.SOURCE.glob("*.asm")):
        waiting: list[str] = []
        owner = ""
        for line in path.read_text("utf-8").splitlines():
            text = re.sub(r";.*", "", line)
            label = re.match(r"(\.?\w+):\s*(.*)", text)
            if label:
                name = owner + label[1] if label[1].startswith(".") else label[1]
                owner = owner if label[1].startswith(".") else label[1]
                waiting.append(name)
                text = label[2]
            word = text.split()[0] if text.split() else ""
            if word and not word.startswith("%") and (len(text.split()) < 2 or text.split()[1] != "equ"):
                kind = "data" if word in DATA else "code"
                found.update(dict.fromkeys([name for name in waiting if name not in found], kind))
                waiting = []
    return found


def symbols(key: str, folder: Path) -> dict[int, str]:
    """Address -> label, by NASM's map of a build."""
    build_openm1.assemble(key, folder / "map")
    rows = re.findall(r"^ +1([0-9A-F]{4}) +[0-9A-F]+  (\S+)$", (folder / "map").read_text(), re.MULTILINE)
    return {0xF0000 + int(address, 16): name for address, name in rows}


@pytest.mark.parametrize("key", OPENM1_BUILDS)
@NASM
def test_what_the_source_calls_code_is_found_and_no_data(key: str, tmp_path: Path) -> None:
    result, names, kind = program(key), symbols(key, tmp_path), kinds()
    routines = {address for address, name in names.items() if "." not in name and kind.get(name) == "code"}
    assert len(routines) > 300
    missed = {names[address] for address in routines if address not in result.instructions}
    assert len(missed) <= DEAD * len(routines), sorted(missed)
    known = sorted((address, kind[name]) for address, name in names.items() if name in kind)
    at = 0
    for address in result.instructions:
        if address >= 0xFFFF0:
            continue
        while at + 1 < len(known) and known[at + 1][0] <= address:
            at += 1
        assert known[at][1] == "code", f"{address:05X} behind {names[known[at][0]]} is data"


@pytest.mark.parametrize("key", OPENM1_BUILDS)
@NASM
def test_called_labels_are_functions(key: str, tmp_path: Path) -> None:
    called = set()
    for path in build_openm1.SOURCE.glob("*.asm"):
        called |= set(re.findall(r"^\s+call\s+([a-z]\w+)\s*(?:;|$)", path.read_text("utf-8"), re.MULTILINE))
    names = symbols(key, tmp_path)
    reached = {address for address, name in names.items() if name in called and address in program(key).instructions}
    assert len(reached) > 150
    missed = {names[address] for address in reached if address not in program(key).functions}
    assert len(missed) <= DEAD * len(reached), sorted(missed)


@cache
def written() -> set[str]:
    """Every string of the source."""
    found = set()
    for path in build_openm1.SOURCE.iterdir():
        for line in path.read_text("utf-8").splitlines() if path.suffix in (".asm", ".inc") else ():
            found |= set(re.findall(r'"([^"]*)"', line)) if re.search(r"\b(db|define)\b|,", line) else set()
    return found


@pytest.mark.parametrize("key", OPENM1_BUILDS)
def test_texts_are_the_strings_of_the_source(key: str) -> None:
    texts = [text.text for text in program(key).texts if text.text[:7] != "A.Piano"]    # those are made by a tool
    held = {text for text in written() if text.encode() + b"\0" in program(key).image and len(text) > 3}
    assert len(held) > 50
    assert not {text for text in held if not any(text in other for other in texts)}
    known = [text for text in written() if len(text) > 1]
    assert not [text for text in texts if not any(text in other or other in text for other in known)]


def test_names_texts_and_ports_of_a_build() -> None:
    result = program("12")
    names = {table.entries[0]: table for table in result.tables if table.kind == "names"}
    assert (names["A.Piano"].count, names["A.Piano"].stride) == (100, 12)
    assert (names["Hall"].count, names["Hall"].stride) == (34, 10)
    assert {"Battery Low (Internal)", "UP", "Init Prog "} <= {text.text for text in result.texts}
    used = {result.port_names.get(port) for port in result.ports}
    assert {"PIO_PA", "PIO_PD_LCD", "PIO_PE_LCD", "ADC_DATA", "SCAN", "ICU_1", "SCU_SRB_STB"} <= used
    assert not result.notes


def test_the_verb_writes_all_it_was_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = {option: tmp_path / name for option, name in (("-o", "x.asm"), ("--symbols", "x.csv"), ("--ghidra", "x.py"),
                                                        ("--idc", "x.idc"))}  # fmt: skip
    words = [str(word) for pair in out.items() for word in pair]
    assert main(["rom", "disassemble", "openm1:19", "--json", *words]) == 0
    printed = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader((tmp_path / "x.csv").read_text().splitlines()))
    functions = {row["name"] for row in rows if row["kind"] == "function"}
    assert functions == {each["name"] for each in printed["functions"]} and "start" in functions
    assert any(row["what"] == "Battery Low (Internal)" and row["references"] == "1" for row in rows)
    script = ast.parse((tmp_path / "x.py").read_text())
    lists = {node.targets[0].id: ast.literal_eval(node.value) for node in script.body if isinstance(node, ast.Assign)}  # type: ignore[attr-defined]
    assert len(lists["FUNCTIONS"]) == len(functions) and (0xFFFF - 0xFFF, 0xFFF0) in lists["FUNCTIONS"]
    idc = (tmp_path / "x.idc").read_text()
    assert idc.count("{") == idc.count("}") and idc.count("add_func(") == len(functions)
    assert "add_segm_ex(0xf0000, 0x100000, 0xf000, 0," in idc and "add_segm_ex(0x0, 0x10000, 0x0, 0," in idc
    listing = (tmp_path / "x.asm").read_text()
    assert listing.startswith("; OpenM1 #19, SHA-1 ")
    row = r"^ram_([0-9A-F]{5}) +equ 0x\w+ ; \w+ \w+; written (F[0-9A-F]{4}), read (F[0-9A-F]{4})$"
    used = re.search(row, listing, re.M)
    assert used is not None
    for place in used.groups()[1:]:
        assert re.search(rf"ram_{used[1]}.*; {place}", listing), "who is said to use it names it"
    calls = ghidra_calls((tmp_path / "x.py").read_text())
    assert {name for _, name, *_ in calls["createLabel"]} == {row["name"] for row in rows if row["kind"] != "port"}
    assert len(calls["createFunction"]) == len(functions)
    low = next(row for row in rows if row["what"] == "Battery Low (Internal)")
    assert (int(low["address"], 16), len("Battery Low (Internal)")) in calls["createAsciiString"]


class Place(int):
    """An address of Ghidra's."""

    def add(self, count: int) -> Place:
        return Place(self + count)


def ghidra_calls(script: str) -> dict[str, list[tuple[Any, ...]]]:
    """What the script asks of Ghidra, by the names of its documented interface (FlatProgramAPI)."""
    calls: dict[str, list[tuple[Any, ...]]] = {}

    def to_place(text: str) -> Place:
        segment, offset = text.split(":")
        return Place(int(segment, 16) * 16 + int(offset, 16))

    names: dict[str, Any] = {
        name: lambda *words, name=name: calls.setdefault(name, []).append(words)
        for name in ("createLabel", "createFunction", "createAsciiString", "clearListing", "setEOLComment",
                     "disassemble", "getFunctionAt", "getInstructionContaining", "getMemoryBlock")
    }  # fmt: skip
    body = "".join(line for line in script.splitlines(keepends=True) if not line.startswith("from "))
    names.update(toAddr=to_place, currentProgram=MagicMock(), SourceType=MagicMock(), BigInteger=MagicMock())
    exec(compile(body, "x.py", "exec"), names)
    return calls


def test_a_run_adds_no_data_and_loses_no_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rom", "disassemble", "openm1:24", "--json"]) == 0
    run = json.loads(capsys.readouterr().out)
    assert run["instructions"] == len(program("24").instructions)
    assert main(["rom", "disassemble", "openm1:24", "--json", "--no-run"]) == 0
    assert json.loads(capsys.readouterr().out)["instructions"] == run["instructions"]


def test_the_nec_listing_and_its_clocks(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rom", "disassemble", "openm1:24", "--syntax", "nec", "--no-run", "--clocks"]) == 0
    text = capsys.readouterr().out
    assert re.search(r"^F0000  FA +DI +; 2 clocks$", text, re.MULTILINE)
    assert re.search(r"^F[0-9A-F]{4}  E8[0-9A-F]{4} +CALL sub_F[0-9A-F]{4} +; ", text, re.MULTILINE)
    assert re.search(r" SET1 BYTE PTR \[ram_[0-9A-F]{5}\],", text)
    assert re.search(r" MOV BW,text_F[0-9A-F]{4} +; 'Battery Low \(Internal\)'", text)
    assert re.search(r"^loc_F[0-9A-F]{4}:  ; <- F[0-9A-F]{4}", text, re.MULTILINE)
    assert re.search(r"^F[0-9A-F]{4}  0F20 +ADD4S +; .*clocks$", text, re.MULTILINE)


@pytest.mark.parametrize("image", [b"\xff" * 0x20000, bytes(0x20000), b"\xeb\xfe" * 0x10000])
def test_images_that_boot_nowhere_are_listed(image: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.bin").write_bytes(image)
    assert main(["rom", "disassemble", str(tmp_path / "x.bin"), "-o", str(tmp_path / "x.asm")]) == 0
    assert "warning" in capsys.readouterr().err
    text = (tmp_path / "x.asm").read_text()
    assert "section seg_F000" in text
    assert ("; a path ends: code runs into blank bytes at FFFF0" in text) == (image[0] != 0xEB)


def test_an_output_over_the_input_and_a_short_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "x.bin").write_bytes(bytes(0x20000))
    (tmp_path / "y.bin").write_bytes(bytes(100))
    assert main(["rom", "disassemble", str(tmp_path / "x.bin"), "-o", str(tmp_path / "x.bin")]) == 2
    assert main(["rom", "disassemble", str(tmp_path / "y.bin")]) == 3
    assert (tmp_path / "x.bin").read_bytes() == bytes(0x20000)


def test_the_half_that_was_found_beside_one_is_an_input_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = program("24").image
    halves = {"ic32.bin": image[::2], "ic23.bin": image[1::2]}
    for name, half in halves.items():
        (tmp_path / name).write_bytes(half)
    for firmware in (tmp_path, tmp_path / "ic32.bin"):
        assert main(["rom", "disassemble", "--no-run", str(firmware), "--idc", str(tmp_path / "ic23.bin")]) == 2
    assert "the same file" in capsys.readouterr().err
    assert all((tmp_path / name).read_bytes() == half for name, half in halves.items())


@pytest.mark.parametrize(("words", "model"), [(["openm1:12"], "m1r"), (["openm1:24"], "m1"),
                                              (["openm1:24", "--model", "m1ex"], "m1ex")])  # fmt: skip
def test_it_runs_in_the_model_it_is_made_for(
    words: list[str], model: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    seen = []

    def observe(firmware: object, model: str, **rest: object) -> SimpleNamespace:
        seen.append(model)
        return SimpleNamespace(executed=Executed())

    monkeypatch.setattr(rom_disassemble, "observe", observe)
    assert main(["rom", "disassemble", *words, "-o", str(tmp_path / "x.asm")]) == 0
    assert seen == [model]
