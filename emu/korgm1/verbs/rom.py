"""korgm1 rom: what are these dumps, do they make an OS, and what is wrong with them?"""

from __future__ import annotations

import argparse
import json
import shlex
from typing import Any

from korgm1.errors import EXIT_OK, RomError
from korgm1.romset.database import known_roms
from korgm1.romset.identify import Fault
from korgm1.romset.pairs import Dump, OsSet
from korgm1.romset.scan import Scan, scan
from korgm1.verbs import rom_disassemble, rom_fault_map, rom_fix, rom_info, rom_verify

EXAMPLES = """\
examples:
  korgm1 rom identify ic23.bin ic32.bin      two dumps
  korgm1 rom identify dumps/ m1.zip          folders and zips, whatever the files are called
  korgm1 rom identify --json dumps/          one JSON object, for programs

exit code: 0 if a set runs or a part is known, 3 if nothing here is of use.
"""


def add_parser(subparsers: Any) -> None:
    """Add `rom` and the verbs below it."""
    rom = subparsers.add_parser(
        "rom",
        help="identify, check, mend and take apart ROM dumps",
        description="Work with ROM dumps.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    actions = rom.add_subparsers(dest="rom_verb", required=True, metavar="ACTION")
    action = actions.add_parser(
        "identify",
        help="say what dumps are and what is wrong with them",
        description="Identify M1 ROM dumps by size, CRC-32 and SHA-1; find the pairs; say what is wrong.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    action.add_argument("paths", nargs="+", metavar="PATH", help="a dump, a folder or a zip")
    action.add_argument("--json", action="store_true", help="print one JSON object")
    action.set_defaults(run=run)
    for one in (rom_verify, rom_fix, rom_info, rom_disassemble, rom_fault_map):
        one.add_action(actions)


def run(args: argparse.Namespace) -> int:
    """`rom identify`: print what was found; returns the exit code."""
    found = scan(args.paths, known_roms())
    if args.json:
        print(json.dumps(as_json(found), indent=2))
    else:
        print(as_text(found, args.paths[0] if len(args.paths) == 1 else "DIR"))
    return EXIT_OK if found.useful else RomError.exit_code


def as_json(found: Scan) -> dict[str, Any]:
    """The result as one JSON object: `files`, `sets`, `passed` (files too unlike a ROM to list) and `notes`."""
    return {
        "files": [_file(dump) for dump in found.dumps],
        "sets": [_set(one) for one in found.sets],
        "passed": found.passed,
        "notes": found.notes,
    }


def _file(dump: Dump) -> dict[str, Any]:
    identity = dump.identity
    return {
        "name": dump.name,
        "size": identity.size,
        "crc32": f"{identity.crc32:08x}",
        "sha1": identity.sha1,
        "verdict": identity.verdict.value,
        "what": identity.what,
        "ic": identity.part.ic.split() if identity.part else [],
        "set": identity.part.set if identity.part else "",
        "faults": [_fault(fault) for fault in identity.faults],
    }


def _set(one: OsSet) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "version": one.version,
        "models": list(one.models),
        "status": one.status,
        "sources": list(one.sources),
        "sha1": one.sha1,
        "faults": [_fault(fault) for fault in one.faults],
    }


def _fault(fault: Fault) -> dict[str, str]:
    return {"code": fault.code, "text": fault.text, "hint": fault.hint}


def as_text(found: Scan, path: str) -> str:
    """The result for people: a row per dump, then the OS sets; `path` stands in the command to run next."""
    lines: list[str] = []
    if found.dumps:
        width = min(48, max(len("file"), *(len(dump.name) for dump in found.dumps)))
        lines.append(f"{'file':{width}}  {'size':>9}  {'CRC-32':8}  {'verdict':18}  what it is")
    for dump in found.dumps:
        identity = dump.identity
        lines.append(
            f"{dump.name:{width}}  {identity.size:9,}  {identity.crc32:08x}  "
            f"{identity.verdict.value:18}  {identity.what}"
        )
        lines += _fault_lines(identity.faults)
    shown = {fault for dump in found.dumps for fault in dump.identity.faults}
    several = sum(one.image is not None for one in found.sets) > 1
    for one in found.sets:
        lines += ["", *_set_lines(one, one.sources[0].partition(":")[0] if several else path)]
        lines += _fault_lines(tuple(fault for fault in one.faults if fault not in shown))
    if found.passed:
        files = "file" if found.passed == 1 else "files"
        lines += ["", f"{found.passed} other {files} passed over: not the size of an M1 ROM, or unknown"]
    if found.chips:
        lines.append(
            f"{found.chips} of them {'is' if found.chips == 1 else 'are'} as large as a sample ROM; unknown ones go by "
            "their names, ic36.bin to ic43.bin: --waves of render, play, run, boot"
        )
    lines += [f"note: {note}" for note in found.notes]
    if not found.useful:
        lines += ["", "Nothing here that the emulator could use. roms/README.md says what to dump and how."]
    return "\n".join(lines)


def _set_lines(one: OsSet, path: str) -> list[str]:
    state = {"known": "complete", "unknown": "unknown, runs with a warning", "broken": "does not run"}[one.status]
    version = "" if one.version == "?" else f" {one.version}"
    lines = [f"{one.name}{version}: {state}"]
    if len(one.sources) == 2:
        lines += [f"  IC32 (even)  {one.sources[0]}", f"  IC23 (odd)   {one.sources[1]}"]
    else:
        lines.append(f"  from         {one.sources[0]}")
    if one.image is not None:
        model = f" --model {one.models[0]}" if one.models and "m1" not in one.models else ""
        lines.append(f"  SHA-1        {one.sha1} (both, interleaved)")
        lines.append(f"  run it       korgm1 boot --roms {shlex.quote(path)}{model}")
    return lines


def _fault_lines(faults: tuple[Fault, ...]) -> list[str]:
    lines = []
    for fault in faults:
        lines.append(f"  ! {fault.text}")
        if fault.hint:
            lines.append(f"    {fault.hint}")
    return lines
