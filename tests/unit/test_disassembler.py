"""The decoder against the core, NASM's, the manual's encodings and the names of the recorded cases."""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from korgm1.bus.memory import MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.disassembler import Instruction, decode
from korgm1.cpu.instruction_table import EMULATED, NATIVE, PREFIXES
from korgm1.cpu.v30_engine import V30Engine

PS = 0x1000


@pytest.fixture(scope="module")
def core() -> V30Engine:
    log = UnmappedLog(now=lambda: 0)
    memory = MemoryMap(log)
    memory.map_ram(0, 0x100000)
    return V30Engine(memory, PortMap(log), lambda: 0)


def advance(core: V30Engine, code: bytes, emulated: bool = False) -> int | None:
    """Bytes by which one step moves PC; None where it stops, jumps away in PS or repeats."""
    memory = core.bus.memory.image
    memory[PS * 16 : PS * 16 + 16] = code.ljust(16, b"\x90")
    memory[0:4] = b"\x00\x00\x00\x40"
    core.reset()
    segments = {"ps": PS, "ss": 0x2000, "ds0": 0x3000, "ds1": 0x3000}
    core.set_registers({**segments, "pc": 0, "sp": 0x800, "cw": 1, "psw": 0xF002})
    if emulated:
        core.restore({**core.snapshot(), "psw": 0x7002, "md_writable": 1})
    core.run(core.clock + 1)
    after = core.registers()
    return None if core.stopped or after["ps"] != PS else after["pc"]


def moves(instruction: Instruction) -> bool:
    """Leads it elsewhere than behind itself?"""
    mnemonics = ("jmp", "call", "ret", "retf", "iret", "int", "int3", "into", "brkem", "wait", "idiv", "div", "bound")
    form = instruction.form
    assert form is not None
    if form.name.startswith("8080."):
        stays = ("RLC", "RAL", "RRC", "RAR", "CMP", "CPI", "CMA", "CMC")
        return form.mnemonic[0] == "PCHL" or (form.mnemonic[0][0] in "RJC" and form.mnemonic[0] not in stays)
    return form.mnemonic[0] in mnemonics or form.operands[0] == ("Jb",)


def test_lengths_are_the_cores_for_every_opcode_and_modrm(core: V30Engine) -> None:
    rng = random.Random(1)
    compared = Counter[str]()
    for opcode in range(256):
        for second in range(256):
            code = bytes([opcode, second]) + rng.randbytes(6)
            if rng.random() < 0.2:
                code = bytes(rng.choices(sorted(PREFIXES), k=rng.randrange(1, 4))) + code
            instruction = decode(code)
            assert instruction.form is not None
            if moves(instruction):
                continue
            moved = advance(core, code)
            if moved is not None:
                compared[instruction.form.name] += 1
                assert moved == len(instruction.code), f"{code.hex()}: {instruction.text()}"
    left_out = {name for name in NATIVE if not compared[name]} - {f"{byte:02X}" for byte in PREFIXES}
    stopping = {f"0F{second:02X}" for second in (0x24, 0x2C, 0x30, 0x34)} | {f"FE.{reg}" for reg in range(2, 8)}
    assert {name for name in left_out if not moves(decode(example(name)))} == stopping


def example(name: str) -> bytes:
    code, _, reg = name.partition(".")
    return bytes.fromhex(code) + bytes([0xC0 | int(reg or 0) << 3]) + bytes(6)


def test_lengths_of_8080_mode_are_the_cores(core: V30Engine) -> None:
    compared = 0
    for name in EMULATED:
        code = bytes.fromhex(name[5:]) + b"\x12\x34\x56"
        instruction = decode(code, emulated=True)
        assert instruction.form is EMULATED[name]
        if not moves(instruction):
            compared += 1
            assert advance(core, code, emulated=True) == len(instruction.code), name
    assert compared > 400


def documented() -> list[bytes]:
    """Twelve of each form that NASM knows, too, with random operands and prefixes."""
    rng = random.Random(2)
    codes = []
    for name, form in NATIVE.items():
        if form.kind or name[:2] in ("0F", "62", "66", "67", "86", "87", "9B") or form.mnemonic[0] == "esc":
            continue
        for _ in range(12):
            code = bytes.fromhex(name[:2])
            if form.has_modrm:
                modrm = rng.randrange(256)
                if "." in name:
                    modrm = modrm & 0xC7 | int(name[3]) << 3
                elif name in ("8C", "8E"):
                    modrm = modrm & 0xD7 | 0x10
                if any(operand[0] == "M" for operand in form.operands[0]):
                    modrm = modrm & 0x3F | rng.choice((0, 0x40, 0x80))
                code += bytes([modrm])
            if rng.random() < 0.2:
                code = rng.choice((b"\x26", b"\x2e", b"\x36", b"\x3e", b"\xf0")) + code
            code += rng.randbytes(6)
            codes.append(code[: len(decode(code).code)])
    return codes


def test_nasms_disassembler_says_the_same(tmp_path: Path) -> None:
    if shutil.which("ndisasm") is None:
        pytest.skip("ndisasm (NASM) is not installed")
    codes = documented()
    (tmp_path / "code.bin").write_bytes(b"".join(codes))
    command = ["ndisasm", "-b16", str(tmp_path / "code.bin")]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    theirs = {int(line[:8], 16): line[28:] for line in printed.splitlines()}
    at = 0
    for code in codes:
        text = re.sub(r"\+word (-?)", lambda match: match[1] or "+", decode(code, 0, at & 0xFFFF).text())
        nasm = re.sub(r"(?<!push )(?<=[, ])(byte|word) (?=0x)", "", theirs[at])
        text = re.sub(r"(?<!push )(?<=,)word (?=0x)", "", text)
        assert nasm.replace("call [", "call word [").replace("jmp [", "jmp word [") == text, code.hex()
        at += len(code)
    assert len(codes) > 3000




def encodings(rows: list[str]) -> list[bytes]:
    """Bytes for the encoding boxes of the manual: each choice of its single-letter bits, other fields 1 or absent."""
    boxes = []
    for row in rows:
        if row.startswith("("):
            continue
        bits = row.replace("mod", "00").replace("mem", "111").replace("sreg", "11")
        bits = re.sub(r"reg\d*|XXX|YYY|ZZZ", "001", bits.split("- or")[0]).replace(" ", "").replace("X", "0")
        if not re.fullmatch(r"[01WSs]{8}", bits):
            continue
        boxes.append(bits)
    results = []
    for w in "01":
        for s in "01" if any("S" in box for box in boxes) else "0":
            results.append(bytes(int(box.replace("W", w).replace("S", s), 2) for box in boxes))
    return results


def test_necs_mnemonics_are_the_manuals(data_path: Callable[[str], Path]) -> None:
    data: dict[str, Any] = json.loads(data_path("v30-instructions.json").read_text("utf-8"))
    same = {"BL": "BC", "BNL": "BNC", "BZ": "BE", "BNZ": "BNE", "DS0:": "DS0:"}
    checked = 0
    for row in data["instructions"]:
        wanted = {same.get(name, name) for name in re.split(r"[ /(]", row["nec_form"].replace("(repeat) ", ""))}
        if row["nec_form"] == "FPO1 fp-op" or row["nec_form"].startswith("DS0:"):
            continue
        for code in encodings(row["encoding"]):
            emulated = row["nec_form"] in ("CALLN imm8", "RETEM")
            instruction = decode(code + bytes(8), emulated=emulated)
            if code[0] in PREFIXES and not emulated:
                assert NATIVE[f"{code[0]:02X}"].mnemonic[1] in wanted
                continue
            mnemonic = instruction.text("nec").split(" ")[0]
            found = {mnemonic, mnemonic.removesuffix("B"), mnemonic.removesuffix("W"), mnemonic.removesuffix("F")}
            assert found & wanted, f"{row['nec_form']}: {code.hex()} is {instruction.text('nec')}"
            checked += 1
    assert checked > 350


_NEC_NAMES = {"aw": "ax", "cw": "cx", "dw": "dx", "bw": "bx", "ix": "si", "iy": "di",
              "ds1": "es", "ps": "cs", "ds0": "ds"}  # fmt: skip
_REGISTERS = frozenset("al cl dl bl ah ch dh bh ax cx dx bx sp bp si di es cs ss ds psw".split())
_BASES = ("bx", "bp", "si", "di")
_SYNONYMS = {
    "jb": "jc", "jnb": "jnc", "jbe": "jna", "jnbe": "ja", "jp": "jpe", "jnp": "jpo", "jnle": "jg", "jle": "jng",
    "jge": "jnl", "retn": "ret", "callf": "call", "jmpf": "jmp", "xlat": "xlatb", "brk3": "brk", "xch": "xchg",
    "int3": "brk", "int": "brk", "shl6": "shl", "fpo1": "esc", "repe": "rep", "pusha": "push", "popa": "pop",
}  # fmt: skip
_PREFIX_WORDS = frozenset(("rep", "repne", "repnc", "repc", "lock"))
_NOISE = re.compile(
    r"\([^)]*\)|<[^>]*>|-> [0-9a-f]+h:[0-9a-f]+h|\b(?:simm8|imm8|imm16|imm4|imm|moffs)\b|\b(?:size|level)="
)


def tokens(text: str) -> tuple[str, Counter[str], list[str]]:
    """Mnemonic, operands in no order, prefix words."""
    text = _NOISE.sub(" ", text).replace("+reg", " ")
    operands = Counter[str]()
    for inner in re.findall(r"(?:\b\w+:)?\[[^\]]*\]", text):
        operands[place(inner)] += 1
        text = text.replace(inner, " ", 1)
    words = [word for word in re.split(r"[\s,:+]+", text) if word]
    mnemonic, prefixes = "", []
    for word in words:
        name = _NEC_NAMES.get(word, word)
        synonym = _SYNONYMS.get(word, word)
        if mnemonic == "" and synonym in _PREFIX_WORDS:
            prefixes.append(synonym)
        elif mnemonic == "":
            mnemonic = synonym
        elif name in _REGISTERS:
            operands[name] += 1
        elif re.fullmatch(r"-?0x[0-9a-f]+|0*[0-9A-Fa-f]+[hH]|\d", word):
            operands[number(word)] += 1
    return mnemonic, operands, prefixes


def number(word: str) -> str:
    digits = word.rstrip("hH").replace("0x", "")
    return f"{int(digits, 16) & 0xFFFF:x}"


def place(text: str) -> str:
    """A memory operand as segment:base+displacement."""
    inner = re.sub(r"[][\s]|word ", "", text).lower()
    segment, _, rest = inner.rpartition(":")
    for nec, intel in _NEC_NAMES.items():
        rest, segment = re.sub(rf"\b{nec}\b", intel, rest), re.sub(rf"^{nec}$", intel, segment)
    parts = re.findall(r"[+-]*[^+-]+", rest)
    base = "+".join(part.lstrip("+") for part in parts if part.lstrip("+") in _BASES)
    value = 0
    for part in parts:
        if part.lstrip("+") not in _BASES:
            sign = -1 if "-" in part else 1
            value += sign * int(number(part.lstrip("+-")), 16)
    return f"{segment or ('ss' if 'bp' in base else 'ds')}:{base}+{value & 0xFFFF:x}"


def agrees(case: dict[str, Any], instruction: Instruction) -> bool:
    """Does the name of a case say what the decoder says, in Intel's or in NEC's words?"""
    name: str = case["name"]
    fpo = re.match(r"fpo([12])\.(\d) (\w+),", name)
    if fpo is not None:
        order = "ax cx dx bx sp bp si di".split()
        name = f"{'fpo2' if fpo[1] == '2' else 'esc'} {int(fpo[2]) * 8 + order.index(fpo[3]):03x}h" + name[fpo.end() :]
    theirs = tokens(re.sub(r"^(?:(es|cs|ss|ds):? )", "", name))
    for syntax in ("intel", "nec"):
        text = instruction.text(syntax)
        if syntax == "nec":
            text = re.sub(r"\bR\b", "", text).lower()
        text = re.sub(r"\b(?:byte|word|dword|ptr|far|short)\b|\b(?:es|cs|ss|ds|ds0|ds1|ps):?(?= [a-zA-Z])", " ", text)
        ours = tokens(text)
        if theirs[0] == "esc":
            places = Counter({k: n for k, n in ours[1].items() if k in _REGISTERS or ":" in k})
            ours = (ours[0], ours[1] if fpo else places, ours[2])
        if case["op"][:3] in ("26.", "2E.", "36.", "3E."):   # names without the segment
            ours = (ours[0], Counter({re.sub(r"^\w\w:", "", k): n for k, n in ours[1].items()}), ours[2])
            theirs = (theirs[0], Counter({re.sub(r"^\w\w:", "", k): n for k, n in theirs[1].items()}), theirs[2])
        if case["op"][:3] in ("D0.", "D1."):   # some names leave the 1 out
            ours, theirs = ((each[0], each[1] - Counter({"1": 1}), each[2]) for each in (ours, theirs))
        if case["op"] in ("69", "6B"):   # and one register where both are the same
            ours, theirs = ((each[0], Counter(set(each[1])), each[2]) for each in (ours, theirs))
        repeats = [[word for word in each[2] if word != "lock"][-1:] for each in (ours, theirs)]
        if repeats[1] and repeats[0] != repeats[1] and repeats != [["repne"], ["rep"]]:
            continue
        if (theirs[0], loose(theirs[1])) == (ours[0], loose(ours[1])):
            return True
    return False


def loose(operands: Counter[str]) -> Counter[str]:
    """Numbers by their low byte where the high one may be a sign."""
    result = Counter[str]()
    for operand, times in operands.items():
        if ":" in operand or "+" in operand or operand in _REGISTERS or operand in ("cy", "dir"):
            result[operand] += times
        else:
            value = int(operand, 16)
            result[f"{value & 0xFF if value >= 0xFF80 or value < 0x100 else value:x}"] += times
    return result


@pytest.mark.parametrize(("file", "cases", "tail"), [("v30", 17_500, 0), ("i8086", 11_840, 0), ("i80286", 1_232, 1)])
def test_the_names_of_the_recorded_cases_are_ours(
    file: str, cases: int, tail: int, data_path: Callable[[str], Path]
) -> None:
    wrong, seen = Counter[str](), 0
    first: dict[str, str] = {}
    with gzip.open(data_path(f"{file}-public.jsonl.gz"), "rt", encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            code = bytes.fromhex(case["bytes"])
            instruction = decode(code, pc=case["regs"]["ip"] if file == "v30" else 0)
            seen += 1
            if len(instruction.code) != len(code) - tail or not agrees(case, instruction):
                wrong[case["op"]] += 1
                texts = f"{instruction.text()} | {instruction.text('nec')}"
                first.setdefault(case["op"], f"{case['name']} ({case['bytes']}): {texts}")
    assert first == {}
    assert seen == cases


BOTH = {   # what NASM does not know, or says otherwise; order of operands as in the manual
    "0f31e1": ("ins cl,ah", "INS CL,AH"), "0f39c305": ("ins bl,0x5", "INS BL,05H"),
    "0f33d0": ("ext al,dl", "EXT AL,DL"), "0f3bc00f": ("ext al,0xf", "EXT AL,0FH"),
    "0f1007": ("test1 byte [bx],cl", "TEST1 BYTE PTR [BW],CL"), "0f1fc60d": ("not1 si,0xd", "NOT1 IX,0DH"),
    "0f2846f0": ("rol4 byte [bp-0x10]", "ROL4 BYTE PTR [BP-10H]"), "0f20": ("add4s", "ADD4S"),
    "0fff40": ("brkem 0x40", "BRKEM 40H"), "0f7740": ("brkem 0x40", "BRKEM 40H"),
    "0f3107": ("db 0xf,0x31,0x7", "DB 0FH,31H,07H"),
    "8717": ("xchg [bx],dx", "XCH [BW],DW"), "6217": ("bound dx,[bx]", "CHKIND DW,[BW]"),
    "65a7": ("repc cmpsw", "REPC CMPBKW"), "f1c3": ("lockf1 ret", "BUSLOCKF1 RET"), "d6": ("xlatb", "TRANS"),
    "c41e3412": ("les bx,[0x1234]", "MOV DS1,BW,[1234H]"), "26a23412": ("mov [es:0x1234],al", "MOV DS1:[1234H],AL"),
    "c80c0002": ("enter 0xc,0x2", "PREPARE 000CH,02H"), "ff1f": ("call far [bx]", "CALL DWORD PTR [BW]"),
    "ff17": ("call word [bx]", "CALL WORD PTR [BW]"), "3e9b": ("ds wait", "DS0: POLL"),
    "63c0": ("db 0x63,0xc0", "DB 63H,0C0H"),
    "667e10": ("fpo2 0x7,word [bp+0x10]", "FPO2 07H,WORD PTR [BP+10H]"), "8ee0": ("mov es,ax", "MOV DS1,AW"),
    "9a00f0adde": ("call 0xdead:0xf000", "CALL 0DEADH:0F000H"),
    "8d80feff": ("lea ax,[bx+si+word -0x2]", "LDEA AW,[BW+IX-0002H]"),
    "69c00500": ("imul ax,ax,word 0x5", "MUL AW,AW,0005H"), "83c0ff": ("add ax,byte -0x1", "ADD AW,0FFFFH"),
}  # fmt: skip


@pytest.mark.parametrize("code", BOTH)
def test_both_syntaxes(code: str) -> None:
    texts = BOTH[code]
    instruction = decode(bytes.fromhex(code))
    assert instruction.code.hex() == code and instruction.text() == texts[0]
    assert instruction.text("nec") == texts[1]


def test_where_it_leads() -> None:
    """Targets and ends, for whoever follows code."""
    assert all(decode(bytes.fromhex(code)).ends for code in ("c3", "ea00000000", "ff27", "cf", "eb00"))
    assert not any(decode(bytes.fromhex(code)).ends for code in ("75fe", "e80000", "ff17", "90"))
    assert decode(bytes.fromhex("eb80"), pc=0x10).target == 0xFF92 and decode(b"\xc3").target is None
    call = decode(bytes.fromhex("e8feff"), pc=0xFFFE)
    assert (call.target, call.next) == (0xFFFF, 1)
    jump, call = (decode(bytes.fromhex(code), emulated=True) for code in ("c33412", "cc3412"))
    assert (jump.target, jump.ends, call.target, call.ends) == (0x1234, True, 0x1234, False)
    assert decode(bytes.fromhex("213412"), emulated=True).target is None


def test_what_is_cut_off_is_a_byte_of_data() -> None:
    for code in ("ea000000", "0f", "8b", "8b47", "26", "81c001", "0f18", "26f3"):
        instruction = decode(bytes.fromhex(code))
        assert (instruction.form, instruction.code, instruction.undefined) == (None, bytes.fromhex(code)[:1], True)
        assert instruction.text() == f"db {int(code[:2], 16):#x}"
        assert instruction.target is None and not instruction.ends
    assert decode(b"\xcd", emulated=True).form is None and decode(b"\xed", emulated=True).form is None
