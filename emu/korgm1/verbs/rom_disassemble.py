"""korgm1 rom disassemble: a firmware as a source that NASM assembles back, and its names for other programs."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from korgm1.analysis import Executed, Program, analyse
from korgm1.analysis.exports import ghidra_script, idc_script, symbols_csv
from korgm1.analysis.listing import Clocks, reading, source
from korgm1.analysis.told import Told, told_by
from korgm1.cpu.clock_bench import ClockBench
from korgm1.cpu.clock_table import clocks_of
from korgm1.cpu.disassembler import Instruction
from korgm1.cpu.instruction_table import SYNTAXES
from korgm1.errors import EXIT_OK, M1Error
from korgm1.files import check_apart, check_writable, write_atomic
from korgm1.machine.models import MODELS
from korgm1.observing import observe
from korgm1.romset.firmware_file import HELP, files_of, model_of, read_firmware
from korgm1.romset.image import no_start
from korgm1.romset.load import RomSet
from korgm1.symbols import read_symbols
from korgm1.verbs.dis import CPUS
from korgm1.verbs.words import named

EXAMPLES = """\
examples:
  korgm1 rom disassemble openm1:24 -o openm1.asm     a source; nasm -f bin openm1.asm makes the same bytes of it
  korgm1 rom disassemble dumps/ -o m1.asm --symbols m1.csv --ghidra m1.py --idc m1.idc
  korgm1 rom disassemble m1.bin -o m1.asm --names my.csv        with names, comments and kinds of your own
  korgm1 rom disassemble ic32.bin ic23.bin --no-run --json      what can be concluded without running it
  korgm1 rom disassemble m1.bin --syntax nec -o m1.txt          NEC's mnemonics, for reading
  korgm1 rom disassemble openm1:12 --model m1r --clocks         with clocks, fewest-most, of a V50

Code is followed from reset and from the interrupt vectors, along every branch, jump table and pointer that reads like
code; what a boot executed (--run, the default) is code for sure, and is what settles doubts. Everything else is data.
The source needs NASM 2.14 and nothing else. NEC's instructions are macros at its head, and so is the encoding of a
register with a register that NASM does not take (mov.s); where nothing gives an encoding back it is
`v30 bytes ; instruction`. Ports are named as the board has them, the V50's own units where the firmware places them.
Work in rounds: --symbols writes every name, edit what you know (name, kind, comment), hand it in with --names.

exit code: 0; 1 a file that cannot be written; 3 FIRMWARE is no 128 KB firmware.
"""
SECONDS = 4.0
"""So long a firmware runs, from power-on."""


def add_action(actions: Any) -> None:
    """Put `rom disassemble` on the command line."""
    parser = actions.add_parser(
        "disassemble",
        help="take a firmware apart into a source that assembles back",
        description="Disassemble a firmware: functions, labels, references, texts, tables, ports.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("firmware", nargs="+", metavar="FIRMWARE", help=HELP)
    parser.add_argument("-o", "--out", metavar="FILE", help="write the listing here; default: print it")
    syntaxes = "intel: a source for NASM; nec: NEC's mnemonics, for reading (default: %(default)s)"
    parser.add_argument("--syntax", choices=SYNTAXES, default=SYNTAXES[0], help=syntaxes)
    names = "names, comments and kinds of your own: a CSV file as --symbols writes it (docs/researchers.md)"
    parser.add_argument("--names", type=named, metavar="CSV", help=names)
    parser.add_argument("--symbols", metavar="CSV", help="write all labels as a table")
    parser.add_argument("--ghidra", metavar="PY", help="write a script for Ghidra: labels, functions, comments")
    parser.add_argument("--idc", metavar="IDC", help="write the same for IDA")
    parser.add_argument("--run", action=argparse.BooleanOptionalAction, default=True, dest="boot",
                        help="boot it, too, and take what was executed for code")  # fmt: skip
    parser.add_argument("--model", choices=tuple(MODELS),
                        help="the instrument it is booted in; default: the firmware's own, else m1")  # fmt: skip
    parser.add_argument("--clocks", action="store_true", help="a V50's clocks in the comments")
    parser.add_argument("--json", action="store_true", help="print a summary as one JSON object, not the listing")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Take it apart, write what was asked for; returns the exit code.

    Raises:
        RomError: FIRMWARE is none.
        UserError: a file that cannot be read or written.
    """
    outputs = [("-o", args.out), ("--symbols", args.symbols), ("--ghidra", args.ghidra), ("--idc", args.idc)]
    told = Told() if args.names is None else told_by(read_symbols(args.names))
    firmware = read_firmware(args.firmware)
    check_apart([*files_of(args.firmware, firmware), ("--names", args.names)], outputs)
    for _, name in outputs:
        if name:
            check_writable(Path(name))
    for warning in firmware.warnings:
        print(f"korgm1: warning: {warning}", file=sys.stderr)
    program = analysed(firmware, args.model or model_of(firmware) if args.boot else None, told)
    clocks = _clocks() if args.clocks else None
    if args.syntax == "nec":
        text = reading(program, clocks) + "\n"
    else:
        text = source(program, title(firmware, program), clocks)
    made = {"-o": text, "--symbols": symbols_csv(program), "--ghidra": ghidra_script(program),
            "--idc": idc_script(program)}  # fmt: skip
    for option, name in outputs:
        if name:
            write_atomic(Path(name), made[option].encode("utf-8"))
    if args.json:
        print(json.dumps({"name": firmware.name, "version": firmware.version, "sha1": firmware.sha1,
                          **as_json(program)}, indent=2))  # fmt: skip
    elif args.out:
        print(summary(program))
    else:
        sys.stdout.write(text)
    return EXIT_OK


def analysed(firmware: RomSet, model: str | None, told: Told | None = None) -> Program:
    """What is found in a firmware; with a model it runs in that first, for `SECONDS`.

    A firmware that hangs is analysed all the same: its run shows what it executed up to there. One without a start at
    FFFF0 is not run.
    """
    executed = Executed()
    if model is not None and (why := no_start(firmware.image)):
        print(f"korgm1: warning: it was not run: {why}", file=sys.stderr)
    elif model is not None:
        if sys.stderr.isatty():
            print(f"running it for {SECONDS:g} s of its time ...", file=sys.stderr)
        try:
            executed = observe(firmware, model, seconds=SECONDS).executed
        except M1Error as error:
            print(f"korgm1: warning: it was not run: {error.found}", file=sys.stderr)
    return analyse(firmware.image, executed, told=told)


def title(firmware: RomSet, program: Program) -> str:
    """The first lines of a source: which firmware it is, how much was found, what was odd."""
    return "\n".join(
        [f"{firmware.name} {firmware.version}, SHA-1 {firmware.sha1}", summary(program), *program.notes]
    )


def summary(program: Program) -> str:
    """How much was found, in a line."""
    code = sum(len(placed.instruction.code) for placed in program.instructions.values())
    return (
        f"{len(program.functions)} functions, {len(program.instructions)} instructions in {code:,} bytes, "
        f"{len(program.texts)} texts, {len(program.tables)} tables"
    )


def as_json(program: Program) -> dict[str, Any]:
    """The program without its single instructions; addresses as numbers."""
    return {
        "base": program.base,
        "size": len(program.image),
        "instructions": len(program.instructions),
        "code_bytes": sum(len(placed.instruction.code) for placed in program.instructions.values()),
        "functions": [
            {"entry": each.entry, "segment": each.segment, "name": each.name, "size": each.size, "calls": each.calls,
             "callers": each.callers}
            for each in program.functions.values()
        ],
        "texts": [{"address": each.address, "text": each.text, "refs": each.refs} for each in program.texts],
        "tables": [
            {"address": each.address, "stride": each.stride, "count": each.count, "kind": each.kind,
             "entries": each.entries, "refs": each.refs}
            for each in program.tables
        ],
        "ports": [
            {"port": port if port >= 0 else None, "name": program.port_names.get(port),
             "in": [use.address for use in uses if use.way == "in"],
             "out": [use.address for use in uses if use.way == "out"]}
            for port, uses in program.ports.items()
        ],
        "nec": program.nec,
        "vectors": {f"{number:02X}": f"{place[0]:04X}:{place[1]:04X}" for number, place in program.vectors.items()},
        "unreached": [{"start": each.start, "end": each.end, "looks": each.looks} for each in program.unreached],
        "notes": program.notes,
    }  # fmt: skip


def _clocks() -> Clocks:
    """Clocks of a V50 in words, each form of bytes worked out once."""
    bench, known = ClockBench(CPUS["v50"]), dict[bytes, str]()

    def said(instruction: Instruction) -> str:
        if instruction.code not in known:
            span = clocks_of(bench, instruction)
            known[instruction.code] = "-" if span is None else "-".join(map(str, sorted(set(span))))
        return f"{known[instruction.code]} clocks"

    return said
