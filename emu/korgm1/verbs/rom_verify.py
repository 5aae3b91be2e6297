"""korgm1 rom verify: what speaks against a dump, beyond what it is."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, RomError, UsageError
from korgm1.files import check_apart, check_writable, read_file, write_atomic
from korgm1.romset.chip_27c512 import IC_OF_LANE, LANES
from korgm1.romset.database import known_roms
from korgm1.romset.openm1 import asked_for
from korgm1.romset.pairs import named_lane
from korgm1.romset.scan import Scan, printable, scan
from korgm1.romset.sums import CRC16S, chip_sums
from korgm1.verbs.progress import Teller
from korgm1.verbs.rom_verdict import verdict
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.romset.checks import Checked
    from korgm1.romset.finding import Finding
    from korgm1.romset.reads import Reads

EXIT_FINDINGS = 5
MAX_READ = 0x10_0000
"""Bytes of the largest chip whose reads are compared: twice those of the M1's sample ROMs."""
CHANCES = 4
"""Checksums that are perhaps chance that are printed; --json has all."""
MOST_SUMS = 8
"""Dumps up to which their sums are printed; --json has all."""
LISTED = 32
"""Weak bits that are printed; --json has `MOST_LISTED`."""
MOST_LISTED = 65536
EXAMPLES = """\
examples:
  korgm1 rom verify ic23.bin ic32.bin                        a pair: sizes, lines, order of bits and halves, checksums
  korgm1 rom verify dumps/ --entropy map.png                 and a picture of where what is
  korgm1 rom verify --reads a.bin b.bin c.bin --ic IC23      three reads of one chip, bit by bit
  korgm1 rom verify --reads a.bin b.bin c.bin --majority ic23.bin     and what most of them say, as a file
  korgm1 rom verify ic23.bin --label 880219                  what is printed on the chip, and whether it agrees
  korgm1 rom verify openm1:19                                firmware that ships with this program

A finding is certain (the bytes or a SHA-1 show it), likely or possible; a note says nothing against a dump.
exit code: 0 if nothing speaks against the dumps, 5 if something does, 3 if nothing here is of use.
"""


def add_action(actions: Any) -> None:
    """Put `rom verify` on the command line."""
    parser = actions.add_parser(
        "verify",
        help="look for everything that may be wrong with dumps: weak bits, dead lines, order, size, checksums",
        description="Look for what is wrong with dumps, beyond what they are. Nothing is changed: rom fix does that.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("paths", nargs="*", metavar="PATH", help="dumps, folders, zips, or openm1:NN")
    parser.add_argument("--reads", nargs="+", default=[], metavar="FILE", help="reads of one chip, compared bit by bit")
    parser.add_argument("--ic", type=str.upper, choices=tuple(LANES), help="which chip was read; default: by name")
    parser.add_argument("--label", metavar="YYPPVV", help="what is printed on the chip, as 880219; default: by name")
    parser.add_argument("--majority", type=named, metavar="FILE", help="write what most reads say")
    parser.add_argument("--ties", type=int, choices=(0, 1), help="what a bit is on which the reads are even: a guess")
    parser.add_argument("--entropy", type=named, metavar="FILE", help="write the entropy map, a PNG")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check, write, print; returns the exit code.

    Raises:
        M1Error: a file that cannot be used or written, or options that make no sense.
    """
    from korgm1.romset.checks import check, to_dict
    from korgm1.romset.labels import parse_label

    _check_options(args)
    label = parse_label(args.label) if args.label else None
    reads = compared(args.reads, args.ic or "") if args.reads else None
    found = look(args.paths)
    with Teller() as teller:
        checked = check(found, known_roms(), label, args.ic or "", teller.show)
    written = []
    if reads is not None and args.majority:
        write_atomic(Path(args.majority), reads.decided(args.ties))
        guessed = len(reads.undecided)
        written.append(f"{args.majority}: what most of {len(args.reads)} reads say" + (
            f"; {guessed:,} undecided bits are {args.ties} in it, which is a guess" if guessed else ""
        ))
    if args.entropy:
        written.append(_entropy(args.entropy, checked, reads))
    says, then = verdict(checked, reads, args.paths)
    if args.json:
        print(json.dumps({
            "verdict": says, "next": then, **to_dict(checked),
            "reads": None if reads is None else reads_dict(reads), "notes": found.notes, "written": written,
        }, indent=2))
    else:
        head = [f"verdict: {says}", *([f"next:    {then}"] if then else [])]
        head += [""] if checked.dumps else []
        print("\n".join([*head, *as_text(checked, found), *(reads_text(reads) if reads else []), *written]))
    if args.paths and not found.useful and all(row.one.status == "broken" for row in checked.sets):
        return RomError.exit_code
    return EXIT_FINDINGS if checked.findings or (reads is not None and reads.count) else EXIT_OK


def _check_options(args: argparse.Namespace) -> None:
    if not args.paths and not args.reads:
        raise UsageError("no dump is named", "PATH, or --reads with two files at least", "korgm1 rom verify --help")
    if (args.majority or args.ties is not None) and not args.reads:
        raise UsageError("--majority and --ties are nothing without --reads", "--reads a.bin b.bin c.bin")
    inputs = [("PATH", path) for path in args.paths] + [("--reads", path) for path in args.reads]
    check_apart(inputs, [("--majority", args.majority), ("--entropy", args.entropy)])
    if args.majority:
        check_writable(Path(args.majority))
    if args.entropy:
        from korgm1.verbs.plotting import check_picture

        check_picture(Path(args.entropy))
        check_writable(Path(args.entropy))


def look(paths: list[str]) -> Scan:
    """The dumps below some paths; `openm1:NN` is the pair that ships with this program.

    Raises:
        M1Error: a path that cannot be read, or no such build.
    """
    builds = [build for path in paths if (build := asked_for(path)) is not None]
    found = scan([path for path in paths if asked_for(path) is None], known_roms())
    if builds:
        from korgm1.romset.identify import identify
        from korgm1.romset.pairs import Dump, find_sets

        for build in builds:
            image = build.image()
            found.dumps.append(Dump(build.word, identify(image, known_roms()), raw=image))
        found.sets = find_sets(found.dumps, known_roms())
    return found


def compared(paths: list[str], ic: str) -> Reads:
    """Reads of one chip, compared.

    Raises:
        M1Error: a file that cannot be read, only one, or of different sizes.
    """
    from korgm1.romset.reads import MOST_READS, compare_reads, known_among

    if not 2 <= len(paths) <= MOST_READS:
        raise UsageError(f"--reads names {len(paths)} file{'s' * (len(paths) != 1)}", f"2 to {MOST_READS} reads")
    same = [path for number, path in enumerate(paths) if any(_same_file(path, one) for one in paths[:number])]
    if same:
        raise UsageError(f"--reads names {printable(same[0])} twice", "a file of its own for each read")
    data = [(printable(path), read_file(Path(path), "a read of a chip", MAX_READ)) for path in paths]
    lanes = {named_lane(path) for path in paths}
    by_name = IC_OF_LANE.get(lanes.pop(), "") if len(lanes) == 1 else ""
    reads = compare_reads(data, ic or by_name)
    known = known_among(reads, known_roms())
    if known is None:
        return reads
    part = known_roms().find(known[1])
    by_content = part.ic if part is not None and part.ic in LANES else ""
    return replace(reads, ic=reads.ic or by_content, findings=(known[0], *reads.findings))


def _same_file(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except OSError:
        return path == other


def _entropy(path: str, checked: Checked, reads: Reads | None) -> str:
    from korgm1.verbs.rom_pictures import draw_entropy

    images = [(" + ".join(row.one.sources), row.image) for row in checked.sets if row.image]
    images += [(row.dump.name, row.dump.raw) for row in checked.dumps if row.dump.raw]
    if reads is not None:
        images.append((f"most of {len(reads.names)} reads", reads.majority))
    if not images:
        raise RomError("there is no dump of which an entropy map could be drawn", "a file of 256 bytes or more")
    title, image = images[0]
    draw_entropy(Path(path), image, title)
    return f"{path}: the entropy map of {title}"


def as_text(checked: Checked, found: Scan) -> list[str]:
    """The checks for people."""
    lines: list[str] = []
    for row in checked.dumps:
        identity = row.dump.identity
        chip = f"  {row.ic}" if row.ic else ""
        lines.append(f"{row.dump.name}  {identity.size:,} bytes  CRC-32 {identity.crc32:08x}{chip}")
        lines.append(f"  {identity.verdict.value}: {identity.what}")
        lines += _sum_lines(row.dump.raw) if row.dump.raw and len(checked.dumps) <= MOST_SUMS else []
        lines += finding_lines(row.findings)
    for pair in checked.sets:
        version = "" if pair.one.version == "?" else f" {pair.one.version}"
        state = {"known": "complete", "unknown": "unknown, runs with a warning", "broken": "does not run"}
        lines += ["", f"{pair.one.name}{version}: {state[pair.one.status]}  ({' + '.join(pair.one.sources)})"]
        lines += finding_lines(pair.findings)
        if pair.blocks:
            lines.append(f"  256-byte blocks: {pair.blocks}")
        lines += _sums(pair.checksums) if pair.checksums is not None else []
    if found.passed:
        lines.append(f"{found.passed} other file{'s' * (found.passed != 1)} passed over: not the size of an M1 ROM")
    lines += [f"note: {note}" for note in found.notes]
    if checked.dumps:
        count = len(checked.findings)
        lines += ["", f"{count} finding{'s' * (count != 1)}" if count else "nothing speaks against these dumps"]
    return lines


def _sum_lines(data: bytes) -> list[str]:
    """What programs for readers print of a dump, to compare."""
    lines = []
    for ic, row in chip_sums(data).items():
        crcs = ", ".join(f"{name.removeprefix('CRC-16/')} {row[name]}" for name in CRC16S)
        lines.append(f"  {f'{ic} ' if ic else ''}SHA-1 {row['sha-1']}  MD5 {row['md5']}")
        lines.append(f"  {f'{ic} ' if ic else ''}sum of bytes {row['sum-32']}, 16 bits {row['sum-16']}  CRC-16 {crcs}")
    return lines


def _sums(sums: Any) -> list[str]:
    lines = []
    chance = [one for one in sums.found if not (one.known or one.paired)]
    for one in (*sums.sure, *chance[:CHANCES]):
        sure = "documented" if one.known else "found in both halves" if one.paired else "perhaps chance"
        state = "right" if one.right else f"wrong, it comes to {one.computed:04X}"
        lines.append(f"  checksum {one.place}: {one.algorithm} of the {one.over}, {one.stored:04X}: {state} ({sure})")
    if len(chance) > CHANCES:
        more = len(chance) - CHANCES
        lines.append(f"  {more:,} more that are perhaps chance, as blank areas give (--json lists them)")
    if not sums.sure:
        odds = f"{sums.tests:,} tests, of which {sums.expected:.2f} hit by chance"
        lines.append(f"  no checksum that is no chance was found ({odds})")
    return lines


def finding_lines(findings: tuple[Finding, ...]) -> list[str]:
    """Findings, a line each and one for the hint."""
    lines = []
    for one in findings:
        mark = "-" if one.confidence.value == "note" else "!"
        lines.append(f"  {mark} {one.confidence.value}: {one.text}")
        if one.hint:
            lines.append(f"    {one.hint}")
    return lines


def reads_text(reads: Reads) -> list[str]:
    """The comparison of reads for people."""
    of = f" of {reads.ic}" if reads.ic else ""
    lines = ["", f"{len(reads.names)} reads{of}, {reads.size:,} bytes each"]
    if not reads.count:
        return [*lines, "  all equal", *finding_lines(reads.findings)]
    for name, count in zip(reads.names, reads.weak_of, strict=True):
        lines.append(f"  {name}: {count:,} bits otherwise than most reads")
    lines += finding_lines(reads.findings)
    lines.append(f"  {'chip':>6}  {'V50':>5}  data     pin  reads")
    for number in range(min(reads.count, LISTED)):
        bit = reads.weak(number)
        where = bit.to_dict(reads.ic).get("cpu_address")
        seen = " ".join(map(str, bit.values)) + ("  undecided" if bit.undecided else "")
        lines.append(f"  {bit.address:6X}  {f'{where:05X}' if where else '-':>5}  D{bit.bit}       {bit.pin:3}  {seen}")
    if reads.count > LISTED:
        lines.append(f"  and {reads.count - LISTED:,} more (--json lists {MOST_LISTED:,})")
    return lines


def reads_dict(reads: Reads) -> dict[str, Any]:
    """The comparison of reads as plain values."""
    return {
        "names": list(reads.names), "size": reads.size, "ic": reads.ic, "weak_bits": reads.count,
        "undecided": len(reads.undecided), "weak_of": list(reads.weak_of),
        "bits": [reads.weak(number).to_dict(reads.ic) for number in range(min(reads.count, MOST_LISTED))],
        "findings": [one.to_dict() for one in reads.findings],
    }
