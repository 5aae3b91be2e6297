"""A `Program` as text: a source for NASM that assembles back to the same bytes, or a listing with NEC's mnemonics."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from korgm1.analysis.data_lines import DataLines
from korgm1.analysis.macros import MACROS, macros
from korgm1.analysis.nasm import Names, statement
from korgm1.analysis.program import SECTION, Placed, Program, Xref, physical
from korgm1.analysis.ram_lines import ram_lines
from korgm1.cpu.disassembler import Instruction

_COMMENT = 44
_SHOWN_REFS = 6
_HEAD = """\
        cpu     186
        bits    16

"""
_WORDS = frozenset(
    "abs absolute align at bits bnd byte common cpu db dd default do dq dt dup dw dy dz equ extern far float global "
    "incbin istruc lock near nobnd nosplit org ptr rel rep repe repne repnz repz required resb resd resq resw "
    "sectalign section seg segment short static strict struc times to wait wrt xacquire xrelease".split()
)
"""What NASM takes for no label with a colon behind it or in an expression; an instruction's mnemonic it does take."""
_REGISTERS = re.compile(
    "[er]?[abcd]x|[abcd][lh]|[er]?(?:sp|bp|si|di|ip)|(?:sp|bp|si|di)l|[cdefgs]s|r[0-9]+[bdw]?|segr[0-9]|[cdt]r[0-9]+"
    "|st[0-9]|[xyzt]?mm[0-9]+|k[0-9]|bnd[0-9]|[ao](?:16|32|64|sp)|use(?:16|32|64)|[dqtoyz]?word"
)
_HEX = {"intel": "0x[0-9a-f]+", "nec": "[0-9][0-9A-F]*H"}
_LABEL = re.compile(r"\$?([A-Za-z_]\w*)(?::| +equ )", re.ASCII)
Clocks = Callable[[Instruction], str]


class Source(NamedTuple):
    """A source, and the line of each instruction in it, counted from 1, by its address."""

    text: str
    lines: dict[int, int]

    @property
    def labels(self) -> dict[str, int]:
        r"""The line of each label, as it is called by the analysis.

        >>> Source("; x\nram_00412  equ 0x412\n$Wait:  cli\n", {}).labels
        {'ram_00412': 2, 'Wait': 3}
        """
        found = (_LABEL.match(line) for line in self.text.split("\n"))
        return {label[1]: number for number, label in enumerate(found, 1) if label is not None}


class _Code(str):
    """A line with an instruction on it, whose address it knows."""

    address: int

    def __new__(cls, text: str, address: int) -> _Code:
        line = super().__new__(cls, text)
        line.address = address
        return line


def source(program: Program, title: str = "", clocks: Clocks | None = None) -> str:
    r"""Text that `nasm -f bin` turns into `program.image`, and that needs nothing else.

    Args:
        program: what `analyse` found.
        title: a comment for the first line.
        clocks: what to write beside an instruction, or None.

    >>> from korgm1.analysis import analyse
    >>> print(*source(analyse(bytes.fromhex("31c0ebfe"), base=0xFFFF0)).splitlines()[-5:], sep="\n")
    <BLANKLINE>
    ; reset, 4 bytes
    reset:  xor ax,ax                       ; FFFF0
    loc_FFFF2:
            jmp short loc_FFFF2             ; FFFF2   <- FFFF2
    """
    return numbered_source(program, title, clocks).text


def numbered_source(program: Program, title: str = "", clocks: Clocks | None = None) -> Source:
    r"""`source`, and where in it each instruction stands.

    >>> from korgm1.analysis import analyse
    >>> text, lines = numbered_source(analyse(bytes.fromhex("31c0ebfe"), base=0xFFFF0))
    >>> {f"{address:X}": text.splitlines()[line - 1][:17] for address, line in lines.items()}
    {'FFFF0': 'reset:  xor ax,ax', 'FFFF2': '        jmp short'}
    """
    view = _View(replace(program, labels={at: spelled(name) for at, name in program.labels.items()}), clocks)
    lines = view.equates()
    start = program.base
    while start < program.end:
        end = min((start // SECTION + 1) * SECTION, program.end)
        lines += ["", f"; ---- {start:05X}-{end - 1:05X} ----"]
        lines.append(
            f"        section seg_{start >> 4 & 0xF000:04X} start={start - program.base:#x} vstart={start % SECTION:#x}"
        )
        lines += view.lines(start, end)
        start = end
    head = "".join(f"{_closed(f'; {line}')}\n" for line in title.splitlines()) + _HEAD + macros(view.statements) + "\n"
    number, found = 1 + head.count("\n"), {}
    for line in lines:
        if isinstance(line, _Code):
            found[line.address] = number
        number += 1 + line.count("\n")
    return Source(head + "\n".join(map(_closed, lines)) + "\n", found)


def _closed(line: str) -> str:
    """A line that NASM does not join with the next one: it does behind a backslash, in a comment, too."""
    return f"{line} ;" if line.endswith("\\") else line


def spelled(name: str) -> str:
    """A label as NASM takes it: with a $ it is one even where the word is a register, an operator or a macro here.

    >>> spelled("lcd_write"), spelled("Wait"), spelled("greeting"), spelled("add4s")
    ('lcd_write', '$Wait', 'greeting', '$add4s')
    """
    word = name.lower()
    taken = word in _WORDS or word in MACROS or word.startswith(("__", "v30")) or _REGISTERS.fullmatch(word)
    return f"${name}" if taken else name


def reading(program: Program, clocks: Clocks | None = None) -> str:
    r"""The code alone with NEC's mnemonics and the labels' names, for reading: it does not assemble.

    >>> from korgm1.analysis import analyse
    >>> print(*reading(analyse(bytes.fromhex("8bc3ebfe"), base=0xFFFF0)).splitlines()[2:], sep="\n")
    reset:
    FFFF0  8BC3          MOV AW,BW
    loc_FFFF2:  ; <- FFFF2
    FFFF2  EBFE          BR SHORT loc_FFFF2
    """
    view = _View(program, clocks)
    lines: list[str] = []
    before = None
    for address, placed in program.instructions.items():
        if before is not None and address != before:
            lines.append("")
        if address in program.labels:
            refs = "" if address in program.functions else view.refs_of(address)
            lines += [*view.function_head(address), f"{program.labels[address]}:" + (f"  ;{refs}" if refs else "")]
        code = placed.instruction.code
        text = f"{address:05X}  {code.hex().upper():12}  {view.named(address, placed, 'nec')}"
        lines.append(f"{text:{_COMMENT + 8}}{view.remark(address, placed, '; ')}".rstrip())
        before = address + len(code)
    return "\n".join(lines)


class _View:
    """A program with what its lines need by address."""

    def __init__(self, program: Program, clocks: Clocks | None) -> None:
        self.program = program
        self.clocks = clocks
        self.used: dict[int, list[tuple[int, str]]] = defaultdict(list)
        for address, refs in program.xrefs.items():
            for ref in refs:
                self.used[ref.origin].append((address, ref.kind))
        self.ports = {use.address: port for port, uses in program.ports.items() for use in uses if port >= 0}
        self.texts = {text.address: text for text in program.texts}
        self.data = DataLines(program, self.refs_of)
        self.statements: list[str] = []
        """Those that were written, without labels and comments."""
        self.inside = {
            address + n for address, placed in program.instructions.items()
            for n in range(1, len(placed.instruction.code))
        }  # fmt: skip

        self.inner = {
            address + n: program.labels[address + n] for address, placed in program.instructions.items()
            for n in range(1, len(placed.instruction.code))
            if address + n in program.labels and (address + n) // SECTION == address // SECTION
        }  # fmt: skip
        """Labels inside instructions, in the same section."""

    def equates(self) -> list[str]:
        """Names of RAM, and of what lies inside an instruction, each with who uses it."""
        program = self.program
        inside = [
            f"{name if '_' in name else name + ':':<24}equ {address & 0xFFFF:#06x} ; inside an instruction"
            f"{self.refs_of(address)}"
            for address, name in program.labels.items() if address in self.inside and address not in self.inner
        ]
        return [*ram_lines(program, lambda refs, word: _shown(refs, word)), *inside]

    def lines(self, start: int, end: int) -> Iterator[str]:
        """The lines of one section."""
        program, address = self.program, start
        while address < end:
            placed = program.instructions.get(address)
            if placed is None:
                stop = address + 1
                while stop < end and stop not in program.instructions:
                    stop += 1
                yield from self.data.lines(address, stop)
                address = stop
                continue
            for inner in range(address + 1, address + len(placed.instruction.code)):
                if inner in self.inner:
                    name = f"{self.inner[inner]}:"
                    yield f"{name:<24}equ $+{inner - address:<13} ; {inner:05X}  {self.refs_of(inner)}".rstrip()
            yield from self.function_head(address)
            label = program.labels.get(address)
            text = self.text(address, placed)
            code = placed.instruction.code
            if address + len(code) > end:
                text, code = None, code[: end - address]
            remark = self.remark(address, placed)
            if text is None:
                text = "v30 " + ",".join(f"{byte:#04x}" for byte in code)
                meaning = self.named(address, placed, "intel")
                remark = f"{'8080: ' if placed.emulated else ''}{meaning}{remark and '; ' + remark}"
            self.statements.append(text)
            if label is not None and address not in program.functions:
                remark += self.refs_of(address)
            head = f"{label}:" if label else ""
            if len(head) > 7:
                yield head
                head = ""
            yield _Code(f"{head:8}{text:{_COMMENT - 13}} ; {address:05X}  {remark}".rstrip(), address)
            address += len(code)
        if end in self.inside:
            yield f"; the last instruction goes on at {end:05X}"

    def function_head(self, address: int) -> list[str]:
        """Lines in front of a routine: its name and who calls it."""
        function = self.program.functions.get(address)
        if function is None:
            return []
        refs = [
            ref for ref in self.program.xrefs.get(address, ()) if ref.kind not in ("branch", "jump", "reset")
        ]
        comment = self.program.comments.get(address)
        head = f"; {function.name}, {function.size} bytes{_shown(refs, ', from')}"
        return ["", head, *([f"; {comment}"] if comment else [])]

    def refs_of(self, address: int) -> str:
        """Who refers to a label, as the end of a comment."""
        return _shown(self.program.xrefs.get(address, ()), " <-")

    def text(self, address: int, placed: Placed) -> str | None:
        """The statement with names, or None."""
        instruction, program = placed.instruction, self.program
        if placed.emulated or any(address + n in program.instructions for n in range(1, len(instruction.code))):
            return None
        target = None
        if instruction.target is not None:
            far = physical(placed.segment, instruction.target)
            distance = far - (address + len(instruction.code))
            wide = instruction.form is not None and instruction.form.operands[0] == ("Jw",)
            stands = distance == instruction.values[0] - (instruction.values[0] >> 7 << 8) if not wide else (
                distance & 0xFFFF == instruction.values[0])
            if not stands or far >> 16 != address >> 16 or not self._placed(far):
                return None
            target = program.labels.get(far)
            if target is None:
                return None
        elif instruction.form is not None and instruction.form.operands[0] == ("Ap",):
            far = physical(instruction.values[0] >> 16, instruction.values[0] & 0xFFFF)
            if self._placed(far):
                target = self._named(far, instruction.values[0] & 0xFFFF)
        return statement(instruction, self.operands(address, instruction, target))

    def operands(self, address: int, instruction: Instruction, target: str | None) -> Names:
        """The labels that an instruction's numbers stand for."""
        memory = immediate = None
        for place, kind in self.used.get(address, ()):
            if kind in ("read", "write"):
                memory = memory or self._named(place, _displacement(instruction))
            elif kind == "address" and instruction.values:
                immediate = immediate or self._named(place, instruction.values[-1])
            elif kind == "table":
                memory = memory or self._named(place, _displacement(instruction))
        return Names(target, memory, immediate)

    def named(self, address: int, placed: Placed, syntax: str) -> str:
        """The instruction for reading, with labels where its numbers are."""
        instruction = placed.instruction
        text = instruction.text(syntax)
        if instruction.form is None or instruction.undefined:
            return text
        far = instruction.target
        target = None if far is None else self.program.labels.get(physical(placed.segment, far))
        if placed.emulated:
            return text if target is None else re.sub(r"\w+H$", target, text)
        if instruction.form.operands[0] == ("Ap",):
            far = instruction.values[0] & 0xFFFF
            target = self._named(physical(instruction.values[0] >> 16, far), far)
        names = self.operands(address, instruction, target)
        if names.memory is not None:
            text = re.sub(rf"(?<![\w-]){_HEX[syntax]}(?=\])", names.memory, text)
            text = re.sub(rf"-{_HEX[syntax]}(?=\])", f"+{names.memory}", text)
        end = names.target if far is not None else names.immediate
        return text if end is None else re.sub(rf"\b{_HEX[syntax]}$", end, text)

    def _placed(self, address: int) -> bool:
        return self.program.holds(address) and (address not in self.inside or address in self.inner)

    def _named(self, address: int, value: int | None) -> str | None:
        """Its label, less the start of the segment that makes it the value that stands in the code."""
        label = self.program.labels.get(address)
        if label is None or value is None:
            return None
        start = (address & 0xFFFF) - (value & 0xFFFF)
        return label if not start else f"{label}-{start:#x}" if start > 0 and start % 16 == 0 else None

    def remark(self, address: int, placed: Placed, before: str = "") -> str:
        """What an instruction has to do with: a port, a text, how long it takes."""
        said = []
        if address in self.ports:
            port = self.ports[address]
            name = self.program.port_names.get(port)
            said.append(f"{port:04X} {name}" if name else f"{port:04X}")
        for place, kind in self.used.get(address, ()):
            if kind == "address" and place in self.texts:
                said.append(repr(self.texts[place].text[:40]))
        if self.clocks is not None:
            said.append(self.clocks(placed.instruction))
        if address in self.program.comments and address not in self.program.functions:
            said.append(self.program.comments[address])
        return before + ", ".join(said) if said else ""


def _displacement(instruction: Instruction) -> int | None:
    form = instruction.form
    if form is not None and any(operand[0] == "O" for operand in form.operands[0]):
        return instruction.values[0]
    return instruction.displacement


def _shown(refs: tuple[Xref, ...] | list[Xref], before: str) -> str:
    if not refs:
        return ""
    shown = " ".join(f"{ref.origin:05X}" for ref in refs[:_SHOWN_REFS])
    return f"{before} {shown}" + (f" and {len(refs) - _SHOWN_REFS} more" if len(refs) > _SHOWN_REFS else "")
