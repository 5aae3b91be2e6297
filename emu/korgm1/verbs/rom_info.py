"""korgm1 rom info: what a firmware is, from its bytes and a boot."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK
from korgm1.machine.models import MODELS
from korgm1.romset.firmware_file import HELP, model_of, read_firmware
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.experiments.info import Info, Port, TextInfo

MOST = 30
"""Rows of a list that are shown; --all shows them all."""
WIDEST = 80
"""Characters of a text that are shown: both lines of the LCD; --json has the others."""
EXAMPLES = """\
examples:
  korgm1 rom info openm1:29                 a build of OpenM1
  korgm1 rom info ~/dumps/m1.zip --all      your dump, every row
  korgm1 rom info ic32.bin ic23.bin --json  one JSON object, for programs
  korgm1 rom info broken.bin --no-run       what the bytes alone say

Reset path: from FFFF0 to the first call, branches not taken. Vectors: as they stand in RAM on the play page; a row of
equal stubs is counted, not listed. Texts: with the instructions that refer to them, and where they were seen on the LCD
(line, column) in a boot, after each key and on the pages of each mode. What names in a table are names of is said only
where several of them tell. Ports have the names of this project's netlist.

exit code: 0; 3 FIRMWARE is no 128 KB firmware.
"""
_ENDED = {
    "still": "no play page that is known here, but a page that stands still",
    "time": "no page that stood still while it was watched; korgm1 boot shows it for longer",
}


def add_action(actions: Any) -> None:
    """Put `rom info` on the command line."""
    parser = actions.add_parser(
        "info",
        help="reset path, vectors, texts, tables, ports, NEC instructions of a firmware",
        description="Say what a firmware is: from its bytes, and from running it to the play page.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("firmware", nargs="+", metavar="FIRMWARE", help=HELP)
    parser.add_argument("--model", choices=tuple(MODELS), help="default: the firmware's own, else m1")
    parser.add_argument(
        "--names", type=named, metavar="CSV", help="names and kinds of your own, as for rom disassemble --names"
    )
    parser.add_argument("--no-run", action="store_true", help="do not boot it")
    parser.add_argument("--all", action="store_true", help="every row of every list")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Find out and print; returns the exit code."""
    from korgm1.analysis.told import told_by
    from korgm1.experiments.info import firmware_info
    from korgm1.symbols import read_symbols
    from korgm1.verbs.progress import Teller

    told = told_by(read_symbols(args.names)) if args.names else None
    firmware = read_firmware(args.firmware)
    with Teller() as teller:
        found = firmware_info(firmware, args.model or model_of(firmware), not args.no_run, teller.show, told)
    if args.json:
        print(json.dumps(found.to_dict(), indent=2))
        return EXIT_OK
    for warning in firmware.warnings:
        print(f"warning: {warning}", file=sys.stderr)
    print("\n".join(as_text(found, 10**9 if args.all else MOST)))
    return EXIT_OK


def as_text(found: Info, most: int = MOST) -> list[str]:
    """The result for people."""
    version = f" ({found.banner_version})" if found.banner_version else ""
    rows = [f"{found.name} {found.version}", f"  boot      {_ENDED.get(found.ended, found.ended)}"]
    rows += [f"  banner    {found.banner}{version}"] if found.banner else []
    rows += [f"  {name:11}  {text}" for name, text in found.sums.items()]
    unreached = sum(row.end - row.start for row in found.unreached)
    rows.append(f"  {found.functions} routines, {found.code:,} bytes of code, {unreached:,} bytes not reached")
    rows += [f"note: {note}" for note in found.notes]
    lists = (
        ("reset path", [f"{step.address:05X}  {step.text}" for step in found.reset]),
        ("V50 registers written", [
            f"{one.seconds * 1e3:9.3f} ms  {one.name:6} {one.value:02X}" for one in found.settings
        ]),
        ("interrupt vectors" + _stubs(found), [
            f"{one.number:02X}  {one.place}  {one.function:18} {one.source}"
            + (f", {one.per_boot} in the boot" if one.per_boot else "") for one in found.vectors
        ]),
        ("data copied to RAM", [
            f"{one.source:05X}-{one.source + one.size - 1:05X}  to {one.address:05X}, {one.size} bytes"
            for one in found.copies
        ]),
        ("texts", [_text(one) for one in found.texts]),
        ("tables", [
            f"{one.address:05X}  {one.count} x {one.stride} bytes, {one.kind}"
            + (f", names of {one.names_of}" if one.names_of else "")
            + f": {', '.join(one.first)}" + " ..." * (one.count > len(one.first))
            for one in found.tables
        ]),
        ("ports", [_port(one) for one in found.ports]),
        ("NEC instructions", [
            f"{one.form:9}  {one.mnemonic:8} {_many(len(one.places), 'time')}: {_places(one.places)}"
            for one in found.nec
        ]),
        ("not reached", [f"{one.start:05X}-{one.end - 1:05X}  {_many(one.end - one.start, 'byte', 6)}, {one.looks}"
                         for one in sorted(found.unreached, key=lambda row: row.start - row.end)]),
    )
    for title, lines in lists:
        rows += ["", f"{title}: {len(lines) or 'none'}"]
        rows += [f"  {line}".rstrip() for line in lines[:most]]
        if len(lines) > most:
            rows.append(f"  ... {len(lines) - most} more with --all")
    return rows


def _stubs(found: Info) -> str:
    if not found.stubs:
        return ""
    return f" ({found.stubs} more " + (f"all lead to {found.stub})" if found.stub else "are a row of stubs)")


def _text(one: TextInfo) -> str:
    shown = one.text if len(one.text) <= WIDEST else f"{one.text[:WIDEST]}..."
    seen = "; ".join(f"line {row.line} column {row.column}, {row.when}" for row in one.seen[:2])
    refs = f"  from {_places(one.refs)}" if one.refs else ""
    return f'{one.address:05X}  "{shown}"{refs}' + (f"  seen: {seen}" if seen else "")


def _port(one: Port) -> str:
    number = "----" if one.port < 0 else f"{one.port:04X}"
    ways = [f"{way} at {_places(places)}" for way, places in (("in", one.places_in), ("out", one.places_out)) if places]
    boot = f"  ({one.reads} reads, {one.writes} writes in the boot)" if one.reads or one.writes else ""
    return f"{number}  {one.name:14} {'; '.join(ways)}{boot}"


def _many(count: int, what: str, width: int = 0) -> str:
    return f"{count:{width},} {what}{'s' * (count != 1)}"


def _places(addresses: tuple[int, ...]) -> str:
    return " ".join(f"{address:05X}" for address in addresses[:4]) + (" ..." if len(addresses) > 4 else "")
