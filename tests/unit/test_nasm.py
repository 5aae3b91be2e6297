"""Statements for NASM: every form with every modrm, and whole listings, assembled back to the same bytes."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from korgm1.analysis import Executed, analyse
from korgm1.analysis.listing import reading, source
from korgm1.analysis.macros import macros
from korgm1.analysis.nasm import Names, statement
from korgm1.cpu.disassembler import decode
from korgm1.cpu.instruction_table import NATIVE

NASM = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed")


def assembled(text: str, folder: Path) -> bytes:
    (folder / "x.asm").write_text(text)
    command = ["nasm", "-f", "bin", "-w+error", "-o", str(folder / "x.bin"), str(folder / "x.asm")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr[:2000]
    return (folder / "x.bin").read_bytes()


def shapes() -> list[bytes]:
    """Every opcode with every second byte, displacements and immediates at their limits, with prefixes now and then."""
    rng = random.Random(5)
    codes = []
    limits = (0x00, 0x01, 0x7F, 0x80, 0xFF)
    for first in range(256):
        for second in range(256):
            tail = bytes(rng.choice(limits) for _ in range(6))
            prefix = b"" if rng.random() < 0.6 else bytes(
                rng.sample((0xF2, 0xF3, 0xF0, 0x64), 1) * rng.randrange(2) + rng.sample((0x26, 0x2E, 0x36, 0x3E), 1))
            codes.append(decode(prefix + bytes([first, second]) + tail).code)
    return codes


@NASM
def test_every_form_with_every_modrm(tmp_path: Path) -> None:
    lines, expected = [], []
    for code in shapes():
        instruction = decode(code)
        text = statement(instruction)
        if text is not None and instruction.target is not None:
            distance = (instruction.target - len(code) + 0x8000 & 0xFFFF) - 0x8000
            text = statement(instruction, Names(target=f"$+({len(code)}+({distance}))"))
        if text is not None:
            lines.append(text)
            expected.append(code)
    assert made(lines, tmp_path) == b"".join(expected)
    written = {decode(code).form.name for code in expected}     # type: ignore[union-attr]
    documented = {name for name, form in NATIVE.items() if not form.kind}
    assert documented - set(NEC) == written - set(NEC), "forms that are never written as a statement"


def made(lines: list[str], folder: Path) -> bytes:
    """The bytes of statements, with the macros they need."""
    return assembled("\n".join(["cpu 186", "bits 16", macros(lines), *lines, ""]), folder)


NEC = [name for name, form in NATIVE.items() if not form.kind and re.match("0F|66|67|D[89A-F]", name)]


@NASM
@pytest.mark.parametrize("name", [*NEC, *("8A", "8B", "32", "3B")])
def test_each_nec_instruction_with_every_operand(name: str, tmp_path: Path) -> None:
    """All registers, all addresses, displacements at their limits, with and without a segment."""
    rng = random.Random(name)
    lines, expected, seen = [], [], set()
    for modrm in range(256):
        for n in range(2):
            tail = (bytes(4), b"\xff\xff\x80\0", b"\x80\xff\x7f\0", b"\x7f\0\x80\0", rng.randbytes(4))[(modrm + n) % 5]
            prefix = bytes(rng.sample((0x26, 0x2E, 0x36, 0x3E), 1)) * rng.randrange(min(n, 1) + 1)
            instruction = decode(prefix + bytes.fromhex(name) + bytes([modrm]) + tail)
            text = statement(instruction)
            if text is not None:
                lines.append(text)
                expected.append(instruction.code)
                seen.add(modrm)
    assert made(lines, tmp_path) == b"".join(expected)
    assert not any(line.startswith(("db", "v30")) for line in lines)
    form = NATIVE[name]
    if name[0] != "0":
        assert len(seen) >= 64, "every register"
    elif form.has_modrm:
        assert {modrm & 0xC7 for modrm in seen} >= (set(range(0xC0, 0xC8)) if "Rb" in form.operands[0] else {
            mode << 6 | rm for mode in range(4) for rm in range(8)})  # fmt: skip


@NASM
@pytest.mark.parametrize(("written", "code"), [
    ("test1 byte [es: bx + si + 5],cl", "260f10800500"), ("SET1 AL,3", "0f1cc003"), ("not1 word [bp],15", "0f1f46000f"),
    ("rol4 byte [ byte bx - 1 ]", "0f286fff".replace("6f", "47")), ("ror4 dh", "0f2ac6"), ("ins cl,dl", "0f31d1"),
    ("ext cl,count", "0f3bc107"), ("clr1 byte [place+2],count", "0f1a06361207"), ("fpo2 0xA,[bx]", "6717"),
    ("test1 byte [side],cl", "0f10063412"), ("test1 byte [bx+side],cl", "0f10873412"), ("brkem count", "0fff07"),
    ("repc cmpsb", "65a6"), ("repnc es movsw", "6426a5"), ("esc 9,[di]", "d90d"), ("mov.s AX,bx", "8bc3"),
    ("test1 byte [sine],1", "0f180634 1201".replace(" ", "")), ("cmp4s", "0f26"),
])  # fmt: skip
def test_macros_as_people_write_them(written: str, code: str, tmp_path: Path) -> None:
    names = ["count equ 7", "place equ 0x1234", "side equ 0x1234", "sine equ 0x1234"]
    lines = ["cpu 186", "bits 16", macros([written.lower()]), *names, f"here: {written}", ""]
    assert assembled("\n".join(lines), tmp_path).hex() == code


@NASM
@pytest.mark.parametrize(("written", "said"), [
    ("test1 [bx],1", "byte or word"), ("set1 byte al+1,cl", "neither a register nor memory"), ("rol4 7", "neither"),
])  # fmt: skip
def test_macros_refuse_what_is_no_operand(written: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.asm").write_text("\n".join(["cpu 186", "bits 16", macros([written]), written, ""]))
    command = ["nasm", "-f", "bin", "-o", str(tmp_path / "x.bin"), str(tmp_path / "x.asm")]
    run = subprocess.run(command, capture_output=True, text=True)
    assert run.returncode and said in run.stderr


def test_encodings_that_nasm_would_not_take_are_no_statements() -> None:
    others = ("8a06 3412", "88 06 3412", "80c0 05", "81c0 0500", "ffc0", "fff0", "c6c0 05", "c1e0 01",
              "8ee8", "3e90", "f390", "2626 8b07", "82c0 05", "d6", "f7c8 0100", "0f10 c8", "0f40 40", "64 90",
              "f3 0f20", "2626 0f10 07")  # fmt: skip
    assert [statement(decode(bytes.fromhex(code))) for code in others] == [None] * len(others)


def round_trip(image: bytes, folder: Path, executed: Executed | None = None) -> int:
    """Instructions found; the listing assembles to `image`, which ends at FFFFF."""
    program = analyse(image, executed, 0x100000 - len(image))
    assert assembled(source(program), folder) == image
    assert len(reading(program).splitlines()) >= len(program.instructions)
    return len(program.instructions)


FORMS = [name for name, form in NATIVE.items() if form.kind in ("", "alias", "prefix")]


def random_program(rng: random.Random, size: int) -> bytes:
    """Instructions of every form one behind the other, many branches among them; few returns, so that much is found."""
    code = b""
    while len(code) < size:
        name = rng.choice(FORMS) if rng.random() > 0.2 else rng.choice(("EB", "E9", "E8", "75", "E2", "9A"))
        form = NATIVE[name]
        if form.mnemonic[0] in ("ret", "retf", "iret", "jmp") and rng.random() < 0.7:
            continue
        head = bytes.fromhex(name.partition(".")[0])
        if form.has_modrm:
            modrm = rng.randrange(256)
            head += bytes([modrm & 0xC7 | int(name[3]) << 3 if "." in name else modrm])
        if name == "9A":
            far = rng.randrange(0x10000), rng.choice((0xF000, 0xE000, 0xF123))
            head += b"".join(part.to_bytes(2, "little") for part in far)
        code += decode(head + rng.randbytes(3) + bytes(5)).code
    return code[:size]


@NASM
@pytest.mark.parametrize("size", [0x1233, 0x2000, 0x10001])
def test_random_programs_of_any_size_and_alignment(size: int, tmp_path: Path) -> None:
    rng = random.Random(size)
    instructions = 0
    for segment in (0xF000, 0xFE00 + rng.randrange(0xF0)):
        image = bytearray(random_program(rng, size))
        entry = 0x100000 - size + rng.randrange(size - 0x800) if segment == 0xF000 else (segment << 4) + 5
        entry = max(entry, segment << 4)
        image[-16:-11] = b"\xea" + (entry - (segment << 4)).to_bytes(2, "little") + segment.to_bytes(2, "little")
        starts = [entry + rng.randrange(0x700) for _ in range(80)]
        places = frozenset((segment, at - (segment << 4)) for at in starts if at < 0x100000)
        instructions += round_trip(bytes(image), tmp_path, Executed(places))
    assert instructions > 300


@NASM
def test_8080_code_is_bytes_with_its_instructions_beside_them(tmp_path: Path) -> None:
    image = bytearray(b"\xcc" * 0x10000)
    image[0:5] = bytes.fromhex("0fff40ebfe")
    image[0x200:0x20A] = bytes.fromhex("213412c30702c9edfdc9")
    image[-16:-11] = bytes.fromhex("ea000000f0")
    program = analyse(bytes(image), Executed(vectors={0x40: (0xF000, 0x200)}), 0xF0000)
    text = source(program)
    assert "brkem 0x40" in text and "8080: LXI H,1234H" in text and "8080: RETEM" in text
    assert assembled(text, tmp_path) == image


@NASM
def test_texts_with_every_readable_character(tmp_path: Path) -> None:
    image = bytes(range(0x20, 0x7F)) * 30 + b"\0Don't \"do\" `it` %1 ; Battery\\n\0'Quoted'\0" + bytes(0x20)
    round_trip(image, tmp_path)


@NASM
@settings(max_examples=25, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])  # fmt: skip
@given(data=st.binary(min_size=1, max_size=300), starts=st.lists(st.integers(0, 299), max_size=12))
def test_any_bytes(data: bytes, starts: list[int], tmp_path: Path) -> None:
    base = 0x100000 - len(data)
    places = frozenset((0xF000, base + at - 0xF0000) for at in starts if at < len(data))
    round_trip(data, tmp_path, Executed(places))


@NASM
def test_labels_in_the_middle_of_instructions_and_across_64_kb(tmp_path: Path) -> None:
    image = bytearray(b"\x90" * 0x20000)
    image[0xFFFE:0x10003] = bytes.fromhex("b83412ebf9")        # EFFFE: mov ax,1234h goes on in F0000
    image[-16:-11] = bytes.fromhex("eaf0ff00e0")
    places = frozenset({(0xEFFF, 0x000E), (0xE000, 0xFFF0)})
    assert round_trip(bytes(image), tmp_path, Executed(places)) > 10
