"""korgm1 dis: a binary as assembler, and the table of clocks."""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from korgm1.cpu.clock_bench import ClockBench
from korgm1.cpu.clock_table import ClockRow, clock_rows, clocks_of
from korgm1.cpu.disassembler import Instruction, decode
from korgm1.cpu.engine import DEFAULTS
from korgm1.cpu.instruction_table import SYNTAXES
from korgm1.errors import EXIT_OK, UsageError, UserError

EPILOG = """\
examples:
  korgm1 dis bios.bin --org F0000 --at FFFF:0000 --count 1     one instruction of a ROM that lies at F0000
  korgm1 dis ic32.bin ic23.bin --org E0000 --at F000:FFF0      a pair of ROMs: even and odd bytes
  korgm1 dis code.bin --syntax nec                             NEC's mnemonics and registers
  korgm1 dis cpm.com --org 100 --at 0:100 --8080               8080 mode
  korgm1 dis code.bin --clocks                                 with clocks: fewest-most
  korgm1 dis --clocks                                          the table of clocks, all forms
  korgm1 dis --clocks 8B F7.6 0F20 F3A4 INT 8080.CD            some of them; F7 is all of F7.0-F7.7
  korgm1 dis --clocks --cpu v50 89 A4                          the same of a V50
  korgm1 dis --clocks --json F7                                one JSON object

A plain linear disassembly: what nobody documented, and data, are db. A file whose name is a form is ./8B. Clocks are
found by running the model both engines use, with six bytes in the queue, an idle bus and no waits, up to the first byte
of the next instruction. In the table:
even, odd: operands at even and odd addresses (stack, strings and ports, too); +mem, +io: clocks more with one wait
state in every memory cycle, fetches included, or every I/O cycle. Micro-steps, one character each:
  . a clock   n some clocks   q take a byte of the queue   s reserve the bus   x flush the queue   ( ) a loop
  r w R W the operand   p u l stack   a b c strings   i o port   k acknowledge   v vector
  f wait for read data   g wait for a write to begin   E wait for all, done   e done   @ the next element
Sources: the V20's microcode listing (published with wickerwaka/nec_test), MEASURED where a constant was settled by the
recordings, and the form under which a V30's recordings check the row (korgm1 cpu-check --clocks runs them); H-... are
guesses (korgm1 hypotheses). Recordings of a V20 have other clocks, its bus being 8 bits wide: they are not compared.
The chip on an M1's board is a V50: --cpu v50 has the clocks that boot and run use, two less where an instruction ends
in a memory write (H-WRITE-OVERLAP).
"""
CPUS = {"v30": DEFAULTS, "v50": replace(DEFAULTS, write_overlap=True)}
"""What `--cpu` chooses: the chip that was measured, and the one on the board by its data book."""
_STEPS = 28   # characters of micro-steps shown in a row of text, unless there are few rows
_FEW = 40


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "dis",
        help="disassemble V30 code; the clocks of every instruction",
        description="Disassemble a binary of V30 or 8080-mode code, or print the table of clocks.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "what", nargs="*", metavar="FILE|FORM", help="a binary, or two: even and odd bytes; with --clocks also forms"
    )
    parser.add_argument("--org", type=address, default=0, metavar="ADDRESS", help="where FILE lies, hex; default: 0")
    parser.add_argument("--at", type=far_address, metavar="SEG:OFF", help="where to begin; default: first byte")
    parser.add_argument("--count", type=count, metavar="N", help="so many instructions; default: to the end")
    parser.add_argument("--syntax", choices=SYNTAXES, default=SYNTAXES[0], help="default: %(default)s")
    parser.add_argument("--8080", action="store_true", dest="emulated", help="8080 mode")
    parser.add_argument("--clocks", action="store_true", help="a column of clocks; without FILE: the table")
    parser.add_argument(
        "--cpu", choices=CPUS, default="v30", help="whose clocks; v50: with H-WRITE-OVERLAP (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def address(text: str) -> int:
    """A physical address in hex, 0-FFFFF.

    >>> address("E0000") == address("0xe0000") == 0xE0000
    True
    """
    if re.fullmatch(r"(0[xX])?[0-9A-Fa-f]{1,5}", text):
        return int(text, 16)
    raise argparse.ArgumentTypeError(f"{text!r} is no address, 0 to FFFFF in hex")


def far_address(text: str) -> tuple[int, int]:
    """Segment and offset in hex.

    >>> far_address("F000:FFF0")
    (61440, 65520)
    """
    if match := re.fullmatch(r"([0-9A-Fa-f]{1,4}):([0-9A-Fa-f]{1,4})", text):
        return int(match[1], 16), int(match[2], 16)
    raise argparse.ArgumentTypeError(f"{text!r} is no address like F000:FFF0")


def count(text: str) -> int:
    """A number of instructions, 1 or more."""
    if text.isascii() and text.isdecimal() and int(text):
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is no number of instructions, 1 or more")


def run(args: argparse.Namespace) -> int:
    """Print a listing or the table; returns the exit code.

    Raises:
        UsageError: nothing to do, or something that is neither a form nor a file.
        UserError: a file that cannot be read, or does not reach to where the listing begins.
    """
    if args.clocks and all(map(_is_form, args.what)):
        return _print_table(args)
    if len(args.what) not in (1, 2):
        raise UsageError(
            f"{len(args.what)} files are named" if args.what else "no file is named", "one binary or two, or --clocks",
            "korgm1 dis --help",
        )
    lines = islice(listing(_read(args), args.org, args.at, args.emulated), args.count)
    bench = ClockBench(CPUS[args.cpu]) if args.clocks else None
    known: dict[bytes, tuple[int, int] | None] = {}

    def clocks_now(instruction: Instruction) -> tuple[int, int] | None:
        if bench is not None and instruction.code not in known:
            known[instruction.code] = clocks_of(bench, instruction, args.emulated)
        return known.get(instruction.code)

    if args.json:
        print(json.dumps([_line_json(line, args, clocks_now(line[1])) for line in lines], indent=1))
        return EXIT_OK
    for segment, instruction in lines:
        clocks = f"{_span(clocks_now(instruction)):>8}  " if args.clocks else ""
        shown = instruction.code[:8].hex().upper() + (".." if len(instruction.code) > 8 else "")
        print(f"{segment:04X}:{instruction.pc:04X}  {shown:16}  {clocks}{instruction.text(args.syntax)}".rstrip())
    return EXIT_OK


Line = tuple[int, Instruction]


def listing(
    data: bytes, org: int = 0, start: tuple[int, int] | None = None, emulated: bool = False
) -> Iterator[Line]:
    """The instructions of a binary one behind the other, each with its segment.

    Args:
        data: the bytes, at physical address `org`.
        org: 0-FFFFF.
        start: segment and offset where to begin; default: those of `org` with an offset below 16.
        emulated: 8080 mode.

    Raises:
        UserError: the binary has no byte at `start`.

    >>> [f"{segment:X}:{each.pc:X} {each.text()}" for segment, each in listing(bytes.fromhex("90cd21"), 0x12340)]
    ['1234:0 nop', '1234:1 int 0x21']
    """
    segment, pc = start or (org >> 4, org & 15)
    at = (segment << 4) + pc - org
    if not 0 <= at < len(data):
        raise UserError(
            f"{segment:04X}:{pc:04X} is not in the binary: it lies at {org:05X}-{org + max(len(data), 1) - 1:05X}",
            "an address in it", "korgm1 dis FILE --org ADDRESS --at SEG:OFF",
        )
    while at < len(data):
        instruction = decode(data[at : at + 64], 0, pc, emulated)
        yield segment, instruction
        at += len(instruction.code)
        pc += len(instruction.code)
        if pc > 0xFFFF:
            pc -= 0x10000
            segment = segment + 0x1000 & 0xFFFF


def _read(args: argparse.Namespace) -> bytes:
    """The bytes of the binary, or of two laid into each other."""
    parts = []
    for name in args.what:
        try:
            parts.append(Path(name).read_bytes())
        except OSError as error:
            expected = "a binary" + (", or a form as 8B, F7.6, 0F20, F3A4, INT, 8080.CD" if args.clocks else "")
            why = error.strerror or "the system does not say why"
            raise UserError(f"{name} cannot be read: {why}", expected) from None
        if not parts[-1]:
            raise UserError(f"{name} is empty", "a binary")
    if len(parts[0]) != len(parts[-1]):
        raise UserError(f"{args.what[0]} has {len(parts[0]):,} bytes and {args.what[1]} {len(parts[1]):,}",
                        "a pair of the same size, even bytes first")  # fmt: skip
    data = parts[0] if len(parts) == 1 else bytes(byte for pair in zip(*parts, strict=True) for byte in pair)
    if args.org + len(data) > 0x100000:
        raise UserError(f"{args.what[0]} has {len(data):,} bytes: from {args.org:05X} on it ends behind FFFFF",
                        "a binary that fits into 1 MB", "--org ADDRESS")  # fmt: skip
    return data


def _is_form(word: str) -> bool:
    try:
        next(clock_rows([word]))
    except KeyError:
        return False
    return True


def _print_table(args: argparse.Namespace) -> int:
    rows = list(clock_rows(args.what, CPUS[args.cpu]))
    if args.json:
        print(json.dumps({"rows": [row_json(row) for row in rows]}, indent=1))
        return EXIT_OK
    header = ("form", "instruction", "case", "even", "odd", "+mem", "+io", "micro-steps", "source")
    table = [header, *(_cells(row, args.syntax, len(rows) > _FEW) for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(header))]
    for cells in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip())
    return EXIT_OK


def _cells(row: ClockRow, syntax: str, short: bool) -> tuple[str, ...]:
    steps = " ".join(row.steps) or "-"
    if short and len(steps) > _STEPS:
        steps = steps[: _STEPS - 2] + ".."
    text = row.example.text(syntax) if row.example else ""
    waits = [f"{added:+d}" if added else "" for added in (row.memory_wait, row.io_wait)]
    return (row.form, text, row.case, _span(row.even), _span(row.odd), *waits, steps, row.source)


def _span(clocks: tuple[int, int] | None) -> str:
    if clocks is None:
        return "-"
    return str(clocks[0]) if clocks[0] == clocks[1] else f"{clocks[0]}-{clocks[1]}"


def row_json(row: ClockRow) -> dict[str, Any]:
    """A row of the table as JSON; `even` and `odd` are [fewest, most], null where the core stops."""
    example = row.example
    return {
        "form": row.form,
        "code": example.code.hex() if example else "",
        "intel": example.text("intel") if example else "",
        "nec": example.text("nec") if example else "",
        "case": row.case,
        "even": row.even, "odd": row.odd, "memory_wait": row.memory_wait, "io_wait": row.io_wait,
        "steps": row.steps, "source": row.source,
    }  # fmt: skip


def _line_json(line: Line, args: argparse.Namespace, clocks: tuple[int, int] | None) -> dict[str, Any]:
    segment, instruction = line
    row = {
        "at": f"{segment:04X}:{instruction.pc:04X}",
        "code": instruction.code.hex(),
        "form": instruction.form.name if instruction.form else None,
        "text": instruction.text(args.syntax),
        "target": instruction.target,
    }
    return {**row, "clocks": clocks} if args.clocks else row
