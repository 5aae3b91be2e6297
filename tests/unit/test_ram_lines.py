"""RAM at the head of a listing, and labels that a segment or an instruction is in the way of."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from korgm1.analysis import Executed, analyse
from korgm1.analysis.listing import source

NASM = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed")
CODE = """
fa 31c0 8ed8 8ed0 bc0010
c706 8000 3412  8c0e 8200
a1 1204  a2 1304  c41e 2004  fe06 1604  833e 1604 00
b88000 8ed8  a09800  268b07  e80100  ebfe
"""
"""CLI; DS and SS 0, SP 1000; vector 20 to F000:1234; [0412] word, [0413] byte, [0420] pointer, [0416] byte and word;
DS 80: byte [0898]; a call into the middle of the jump behind it, EBFE: FE EB is DEC BL or so."""


def program(executed: Executed | None = None, code: str = CODE) -> str:
    made = bytes.fromhex(re.sub(r"\s", "", code)).ljust(0x1234, b"\xff") + b"\xcf"
    image = made.ljust(0xFFF0, b"\xff") + bytes.fromhex("ea000000f0").ljust(16, b"\xff")
    return source(analyse(image, executed, 0xF0000))


def rows(text: str) -> dict[str, str]:
    return dict(re.findall(r"^(\w+) +equ 0x\w+ ; (.*)$", text, re.MULTILINE))


def test_widths_halves_and_users() -> None:
    found = rows(program())
    assert found["ram_00412"].startswith("word; read F00")
    assert found["ram_00413"].startswith("byte, high byte of ram_00412; written F00")
    assert found["ram_00416"].startswith("byte and word; written F00") and ", read F00" in found["ram_00416"]
    assert found["ram_00420"].startswith("4 bytes; read ") and found["ram_00898"].startswith("byte; read ")
    assert found["vector_20_offset"].startswith("word, int_20; written ")
    assert "; a stack below 01000, by F0007\n" in program()


def test_what_a_run_left_stands_beside_it() -> None:
    memory, touched = bytearray(0x10000), bytearray(0x10000)
    memory[0x412:0x414], touched[0x412] = b"\x34\x12", 3
    memory[0x898] = 0x77
    touched[0xFF0:0x1000] = b"\2" * 16
    text = program(Executed(memory=bytes(memory), touched=bytes(touched)))
    found = rows(text)
    assert found["ram_00412"].startswith("word 0x1234; ") and found["ram_00413"].startswith("byte -, high byte")
    assert found["ram_00898"].startswith("byte -; ")
    assert "; a stack below 01000, by F0007; the run touched 00FF0-00FFF without a gap\n" in text


@NASM
def test_offsets_of_other_segments_and_middles_of_instructions_have_labels(tmp_path: Path) -> None:
    text = program()
    assert "mov al,[ram_00898-0x800]" in text
    inner = re.search(r"^(loc_F00\w\w): +equ \$\+1 .*<- F00", text, re.MULTILINE)
    assert inner is not None and f"call {inner[1]}" in text
    (tmp_path / "x.asm").write_text(text)
    command = ["nasm", "-f", "bin", "-w+error", "-o", str(tmp_path / "x.bin"), str(tmp_path / "x.asm")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[:2000]
    assert (tmp_path / "x.bin").read_bytes()[:4] == bytes.fromhex("fa31c08e")
