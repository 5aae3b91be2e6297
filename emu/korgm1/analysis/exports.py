"""Names for other programs: CSV, a script for Ghidra, one for IDA.

The image is to be loaded as 16-bit x86 (NEC's own instructions are then unknown to them) at its base, E0000 for a pair
of EPROMs: Ghidra as `x86:LE:16:Real Mode`, whose addresses are segment:offset; IDA as 80286r, whose segments the script
cuts at 64 KB. Neither program was at hand: the scripts call what Ghidra's FlatProgramAPI and Hex-Rays' list of IDC
functions document, and tests hold names and arguments.
"""

from __future__ import annotations

import csv
import io

from korgm1.analysis.program import SECTION, Program

_RAM = 0x10000
"""Bytes from 0 on that the scripts take for RAM."""


def rows(program: Program) -> list[tuple[int, str, str, int, str]]:
    """Every label: address, name, kind (function, code, text, table, data, words, ram), bytes, what it is.

    A function's bytes are those of all its blocks; 0 where nothing says how many.
    """
    texts = {text.address: text for text in program.texts}
    tables = {table.address: table for table in program.tables}
    found = []
    for address, name in program.labels.items():
        kind, size, comment = "data", 0, ""
        if address in program.functions:
            kind, size = "function", program.functions[address].size
        elif address in program.instructions:
            kind, size = "code", len(program.instructions[address].instruction.code)
        elif address in tables:
            table = tables[address]
            kind, size = "table", table.stride * table.count
            comment = f"{table.count} {table.kind}, {table.stride} bytes"
        elif address in texts:
            kind, size, comment = "text", len(texts[address].text), texts[address].text
        elif address in program.words:
            kind, size = "words", 2 * program.words[address]
        elif not program.holds(address):
            kind = "ram"
        elif program.leads(address):
            kind = "code"
        found.append((address, name, kind, size, comment))
    return found


def symbols_csv(program: Program) -> str:
    """A line a label and a port that is used, with a head; addresses in hex, also as segment:offset with the segment of
    its 64 KB. Edited, it is what `korgm1.symbols.read_symbols` reads; `comment` is for the reader to fill.

    >>> from korgm1.analysis import analyse
    >>> print(symbols_csv(analyse(bytes.fromhex("ebfe"), base=0xFFFF0)))
    address,place,name,kind,size,references,comment,what
    FFFF0,F000:FFF0,reset,function,2,2,,
    <BLANKLINE>
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("address", "place", "name", "kind", "size", "references", "comment", "what"))
    for address, name, kind, size, what in rows(program):
        place, said = f"{address >> 4 & 0xF000:04X}:{address & 0xFFFF:04X}", program.comments.get(address, "")
        references = len(program.xrefs.get(address, ()))
        writer.writerow((f"{address:05X}", place, name, kind, size, references, said, what))
    for port, uses in program.ports.items():
        if port in program.port_names:
            writer.writerow((f"{port:04X}", "", program.port_names[port], "port", "", len(uses), "", ""))
    return out.getvalue()


def comments(program: Program) -> dict[int, str]:
    """What instructions have to do with: the port they use, and what somebody has said of a place."""
    found = dict(program.comments)
    for port, uses in program.ports.items():
        name = program.port_names.get(port)
        for use in uses:
            if port >= 0:
                said = program.comments.get(use.address)
                words = f"{use.way} {port:04X}" + (f" {name}" if name else "")
                found[use.address] = f"{words}; {said}" if said else words
    return dict(sorted(found.items()))


_GHIDRA = '''\
# Labels, functions, texts and comments of a V50 firmware, for Ghidra's script manager (Jython or PyGhidra).
# Load the image as raw binary, language x86:LE:16:Real Mode, block at {segment:04X}:{offset:04X}; say no to the
# analysis until this has run. It takes DS for 0, where RAM is.
# @category korgm1
from ghidra.program.model.symbol import SourceType
from java.math import BigInteger

LABELS = [
{labels}]
FUNCTIONS = [
{functions}]
TEXTS = [
{texts}]
COMMENTS = [
{comments}]


def place(segment, offset):
    return toAddr("%04x:%04x" % (segment, offset))


if getMemoryBlock(place(0, 0)) is None:
    currentProgram.getMemory().createUninitializedBlock("RAM", place(0, 0), {ram:#x}, False)
for block in currentProgram.getMemory().getBlocks():
    currentProgram.getProgramContext().setValue(
        currentProgram.getRegister("DS"), block.getStart(), block.getEnd(), BigInteger.ZERO)
for segment, offset in FUNCTIONS:
    disassemble(place(segment, offset))
for segment, offset, name in LABELS:
    createLabel(place(segment, offset), name, True, SourceType.IMPORTED)
for segment, offset in FUNCTIONS:
    if getFunctionAt(place(segment, offset)) is None:
        createFunction(place(segment, offset), None)
for segment, offset, size in TEXTS:
    if getInstructionContaining(place(segment, offset)) is None:
        clearListing(place(segment, offset), place(segment, offset).add(size - 1))
        createAsciiString(place(segment, offset), size)
for segment, offset, text in COMMENTS:
    setEOLComment(place(segment, offset), text)
'''


def ghidra_script(program: Program) -> str:
    """A Python script, of 2.7 as well as 3, for Ghidra's script manager."""
    found = rows(program)
    base = program.base
    return _GHIDRA.format(
        segment=base >> 4 & 0xF000, offset=base & 0xFFFF, ram=min(base, _RAM),
        labels="".join(f"    ({_place(at)}, {name!r}),\n" for at, name, *_ in found),
        functions="".join(f"    ({_place(entry)}),\n" for entry in program.functions),
        texts="".join(f"    ({_place(at)}, {size}),\n" for at, _, kind, size, _ in found if kind == "text" and size),
        comments="".join(f"    ({_place(at)}, {text!a}),\n" for at, text in comments(program).items()),
    )  # fmt: skip


def _place(address: int) -> str:
    return f"0x{address >> 4 & 0xF000:04X}, 0x{address & 0xFFFF:04X}"


def idc_script(program: Program) -> str:
    """A script for IDA, to be run after the binary was loaded at its base as 16-bit code.

    Loading makes one segment of the whole image. There is one more for each further 64 KB, since a near jump stays in
    its own, and one of RAM, since names need a segment. DS is taken for 0. Source: Hex-Rays, IDC reference, add_segm_ex
    and split_sreg_range.
    """
    base = program.base
    lines = [
        "// Labels, functions, texts and comments of a V50 firmware, for IDA: load the image as a binary file,",
        f"// processor 80286r, loading segment {base >> 4:#x}, offset 0, 16-bit; then File, Script file.",
        "#include <idc.idc>", "", "static main()", "{",
    ]  # fmt: skip
    for start in [0, *range(base & ~0xFFFF, program.end, SECTION)]:
        first, end = (0, min(base, _RAM)) if start == 0 else (max(start, base), min(start + SECTION, program.end))
        if first < end and first != base:
            lines.append(f"  add_segm_ex({first:#x}, {end:#x}, {start >> 4:#x}, 0, saRelPara, scPub, ADDSEG_NOTRUNC);")
        if first < end:
            lines.append(f'  split_sreg_range({first:#x}, "ds", 0, SR_user);')
    for entry in program.functions:
        lines.append(f"  create_insn({entry:#x}); add_func({entry:#x}, BADADDR);")
    for address, name, kind, size, _ in rows(program):
        if kind == "text":
            lines.append(f"  create_strlit({address:#x}, {address + size:#x});")
        lines.append(f'  set_name({address:#x}, "{name}", SN_NOWARN);')
    for address, text in comments(program).items():
        said = text.replace("\\", "\\\\").replace('"', '\\"')
        lines.append(f'  set_cmt({address:#x}, "{said}", 0);')
    return "\n".join([*lines, "}", ""])
