"""A firmware in two segments, with data by DS, far calls and a table of far pointers, as compilers make them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from korgm1.analysis import Program, analyse
from korgm1.analysis.listing import source

pytestmark = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed")

FIRMWARE = """
        [map symbols two.map]
        cpu 186
        bits 16
        section low start=0 vstart=0
main:   mov ax, 0E000h
        mov ds, ax
        xor cx, cx
        mov es, cx
        mov si, message
        call 0F000h:print
        xor bx, bx
        mov bl, [es:1234h]
        add bx, bx
        jmp [table + bx]
table:  dw one, two, three
message: db "Hello M1", 0
one:    call near sub1
        jmp short again
two:    call near sub1
        call 0F000h:print
again:  jmp main
three:  and bx, 3
        shl bx, 2
        call far [vec + bx]
        jmp again
vec:    dw print, 0F000h, print2, 0F000h, sub2, 0E000h
sub1:   mov dx, 0A04h
        mov al, 1
        out dx, al
        ret
sub2:   retf
        times 10000h - ($ - $$) db 0FFh
        section high start=10000h vstart=0
print:  lodsb
        or al, al
        jz .end
        mov dx, 0A06h
        out dx, al
        jmp print
.end:   retf
print2: push bp
        mov bp, sp
        mov ax, [bp + 6]
        pop bp
        retf 2
isr:    push ax
        push dx
        mov dx, 800h
        in al, dx
        pop dx
        pop ax
        iret
start:  cli
        xor ax, ax
        mov ds, ax
        mov ss, ax
        mov sp, 4000h
        mov word [20h * 4], isr
        mov word [20h * 4 + 2], cs
        sti
        jmp 0E000h:main
        times 0FFF0h - ($ - $$) db 0FFh
        jmp 0F000h:start
        times 10000h - ($ - $$) db 0FFh
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Program, dict[str, int]]:
    """What is found, and the address of each label."""
    folder: Path = tmp_path_factory.mktemp("two")
    (folder / "two.asm").write_text(FIRMWARE)
    subprocess.run(["nasm", "-f", "bin", "-o", "two.bin", "two.asm"], cwd=folder, check=True)
    rows = re.findall(r"^ +([0-9A-F]+) +[0-9A-F]+  (\S+)$", (folder / "two.map").read_text(), re.MULTILINE)
    return analyse((folder / "two.bin").read_bytes()), {name: 0xE0000 + int(real, 16) for real, name in rows}


def test_code_of_both_segments_is_found_and_nothing_else(built: tuple[Program, dict[str, int]]) -> None:
    program, at = built
    code = {"main", "one", "two", "again", "three", "sub1", "sub2", "print", "print.end", "print2", "isr", "start"}
    assert {name for name, address in at.items() if address in program.instructions} == code
    data = [*range(at["table"], at["one"]), *range(at["vec"], at["sub1"])]
    assert not any(address in program.instructions for address in data)


def test_routines_and_the_segments_they_run_in(built: tuple[Program, dict[str, int]]) -> None:
    program, at = built
    found = {name for name, address in at.items() if address in program.functions}
    assert found == {"sub1", "sub2", "print", "print2", "isr", "start"}
    assert program.functions[at["sub2"]].segment == 0xE000 and program.functions[at["print"]].segment == 0xF000
    assert program.functions[at["isr"]].name == "int_20" and program.vectors[0x20] == (0xF000, at["isr"] - 0xF0000)


def test_tables_texts_and_ports(built: tuple[Program, dict[str, int]]) -> None:
    program, at = built
    tables = {table.address: (table.stride, table.entries) for table in program.tables}
    assert tables[at["table"]] == (2, (at["one"], at["two"], at["three"]))
    assert tables[at["vec"]] == (4, (at["print"], at["print2"], at["sub2"]))
    assert [(text.address, text.text) for text in program.texts] == [(at["message"], "Hello M1")]
    assert set(program.ports) == {0x800, 0xA04, 0xA06}
    assert any(ref.kind == "read" for ref in program.xrefs[0x1234])


def test_it_assembles_back(built: tuple[Program, dict[str, int]], tmp_path: Path) -> None:
    (tmp_path / "x.asm").write_text(source(built[0]))
    subprocess.run(["nasm", "-f", "bin", "-w+error", "-o", "x.bin", "x.asm"], cwd=tmp_path, check=True)
    assert (tmp_path / "x.bin").read_bytes() == built[0].image
