"""korgm1 rom fix: corrected files of dumps that came out in the wrong size, order or shape."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, RomError, UsageError, UserError
from korgm1.files import check_writable, write_atomic
from korgm1.romset.chip_27c512 import LANES
from korgm1.romset.database import known_roms
from korgm1.verbs.rom_verify import compared, finding_lines, look
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.romset.finding import Finding
    from korgm1.romset.mending import Mended
    from korgm1.romset.pairs import Dump

REPORT = "report.txt"
EXAMPLES = """\
examples:
  korgm1 rom fix dump128k.bin -o fixed                       one image of both chips as ic32.bin and ic23.bin
  korgm1 rom fix a.bin b.bin -o fixed                        bit order, swapped halves, overdump, inverted lines
  korgm1 rom fix ic32.bin --reads a.bin b.bin c.bin --ic IC23 -o fixed    what most reads of one chip say, and the other

Writes ic32.bin, ic23.bin and report.txt into a folder, and reads them again. Nothing that is there is written over.
A step is certain if a SHA-1 proves the result, likely if the result makes an OS and the dump did not.
exit code: 0 if files were written, 3 if nothing could be put right.
"""


def add_action(actions: Any) -> None:
    """Put `rom fix` on the command line."""
    parser = actions.add_parser(
        "fix",
        help="write corrected files of dumps, never over the originals",
        description="Put dumps right that lost nothing: size, order of bits, bytes and halves, lines, majority.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="dumps, folders, zips, or openm1:NN")
    parser.add_argument("-o", "--out", required=True, type=named, metavar="DIR", help="the folder for the files")
    parser.add_argument("--reads", nargs="+", default=[], metavar="FILE", help="reads of one chip; most of them count")
    parser.add_argument("--ic", type=str.upper, choices=tuple(LANES), help="which chip --reads are of")
    parser.add_argument("--ties", type=int, choices=(0, 1), help="what a bit is on which the reads are even: a guess")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Put right, write, read again, print; returns the exit code.

    Raises:
        RomError: nothing could be put right, or several sets could be.
        M1Error: a file that cannot be used or written, or options that make no sense.
    """
    from korgm1.romset.identify import identify
    from korgm1.romset.mending import mend
    from korgm1.romset.pairs import Dump
    from korgm1.romset.reads import known_among

    if not args.paths and not args.reads:
        raise UsageError("no dump is named", "PATH, or --reads with two files at least", "korgm1 rom fix --help")
    folder = Path(args.out)
    dumps = list(look(args.paths).dumps)
    first: list[Finding] = []
    if args.reads:
        reads = compared(args.reads, args.ic or "")
        known = known_among(reads, known_roms())
        data = known[1] if known is not None else reads.decided(args.ties)
        chip = f"{reads.ic.lower()} " if reads.ic else ""
        name = f"{chip}{'majority of ' if known is None else ''}{len(reads.names)} reads"
        dumps.append(Dump(name, identify(data, known_roms()), raw=data))
        plain = known is None or (data == reads.majority and not len(reads.undecided))
        first = _majority(reads.count, len(reads.undecided), args.ties) if plain or known is None else [known[0]]
    made = mend(dumps, known_roms())
    kept = [one for one in made if not one.lost]
    whole = [one for one in kept if one.image] or kept
    if not whole and made:
        loss = made[0].lost[0]
        raise RomError(
            f"nothing was written, since bytes are lost or doubtful: {loss.text}", "a dump that has lost nothing",
            loss.hint or "korgm1 rom verify says what is wrong",
        )
    if not whole:
        faults = [fault.text for dump in dumps for fault in dump.identity.faults]
        without = "this is no OS, and nothing that was tried makes one of it" if dumps else "there is no ROM dump here"
        raise RomError(
            "nothing could be put right: " + (faults[0] if faults else without),
            "a dump that has lost nothing", "korgm1 rom verify says what is wrong",
        )
    if len({one.halves["IC32"] + one.halves["IC23"] for one in whole if one.image}) > 1:
        names = "; ".join(f"{_title(one)} ({' + '.join(one.sources)})" for one in whole[:4])
        raise RomError(f"there are several sets: {names}", "the files of one of them")
    one = whole[0]
    first += left_out(one, dumps)
    files = _write(folder, one, first)
    steps = (*first, *one.steps)
    if args.json:
        print(json.dumps({
            "name": one.name, "version": one.version, "proved": one.proved, "sources": list(one.sources),
            "steps": [step.to_dict() for step in steps], "files": files,
        }, indent=2))
    else:
        print("\n".join([*_report(one, steps, files), f"{folder / REPORT}: this, as a file"]))
    return EXIT_OK


def _majority(weak: int, undecided: int, ties: int | None) -> list[Finding]:
    from korgm1.romset.finding import Confidence, Finding

    if not weak:
        return []
    text = f"{weak:,} weak bits are what most reads say"
    if undecided:
        text += f"; {undecided:,} of them, on which the reads are even, are {ties}: a guess"
    return [Finding("majority", Confidence.POSSIBLE if undecided else Confidence.LIKELY, text)]


def left_out(one: Mended, dumps: list[Dump]) -> list[Finding]:
    """The chip that is not among the files, and the dumps that were not used, each with what is wrong with it."""
    from korgm1.romset.finding import Confidence, Finding

    if one.image:
        return []
    missing = next(ic for ic in sorted(LANES) if ic not in one.halves)
    text = f"{missing} is not written: nothing here makes one that belongs to it"
    found = [Finding("missing-half", Confidence.CERTAIN, text)]
    for dump in dumps:
        if dump.name not in one.sources:
            reasons = [(row.text, row.hint) for row in dump.losses]
            reasons += [(fault.text, fault.hint) for fault in dump.identity.faults]
            why, hint = reasons[0] if reasons else (dump.identity.what, "")
            found.append(Finding("not-used", Confidence.NOTE, f"{dump.name} is not used: {why}", hint))
    return found


def _write(folder: Path, one: Mended, first: list[Finding]) -> dict[str, dict[str, str]]:
    """Write the halves and the report; read the halves again.

    Raises:
        UserError: a file is there already, cannot be written, or reads back otherwise.
    """
    targets = {ic: folder / f"{ic.lower()}.bin" for ic in sorted(one.halves)}
    for path in (*targets.values(), folder / REPORT):
        if path.exists():
            raise UserError(f"{path} is there already", "a folder without such files", "-o with another name")
        check_writable(path)
    files = {}
    for ic, path in targets.items():
        write_atomic(path, one.halves[ic])
        if path.read_bytes() != one.halves[ic]:
            raise UserError(f"{path} reads back otherwise than it was written", "a disk that keeps what it is given")
        files[ic] = {"path": str(path), "sha1": hashlib.sha1(one.halves[ic]).hexdigest()}
    lines = _report(one, (*first, *one.steps), files)
    write_atomic(folder / REPORT, ("\n".join(lines) + "\n").encode())
    return files


def _report(one: Mended, steps: tuple[Finding, ...], files: dict[str, dict[str, str]]) -> list[str]:
    """What was done and how sure it is, for people."""
    sure = "a known ROM by its SHA-1" if one.proved else "not a known ROM: nothing proves that every bit is right"
    lines = [f"{_title(one)}: {sure}", f"  from  {' + '.join(one.sources)}"]
    lines += finding_lines(steps) if steps else ["  - nothing had to be changed"]
    lines += [f"  {ic}  {row['path']}  SHA-1 {row['sha1']}" for ic, row in files.items()]
    lines.append(_verified(one))
    return lines


def _title(one: Mended) -> str:
    return one.name if one.version == "?" else f"{one.name} {one.version}"


def _verified(one: Mended) -> str:
    """What checking the result says."""
    from korgm1.romset.checks import check
    from korgm1.romset.identify import identify
    from korgm1.romset.pairs import Dump, find_sets
    from korgm1.romset.scan import Scan

    known = known_roms()
    dumps = [Dump(f"{ic.lower()}.bin", identify(data, known), raw=data) for ic, data in one.halves.items()]
    findings = check(Scan(dumps, find_sets(dumps, known) if one.image else []), known).findings
    if not findings:
        return "  checked: nothing speaks against the result"
    return "  checked: " + "; ".join(f"{finding.confidence.value}: {finding.text}" for finding in findings)
