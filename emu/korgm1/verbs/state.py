"""korgm1 state: the whole instrument in a file, and what is in such files."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, SnapshotError, UsageError
from korgm1.verbs.boot import report
from korgm1.verbs.options import ENGINES, add_hands, add_machine_options, check_files, plan, power, session_from
from korgm1.verbs.trace_options import add_trace_options, begin_trace
from korgm1.verbs.words import named, seconds

if TYPE_CHECKING:
    from korgm1.result import BootResult
    from korgm1.snapshot import Difference, Snapshot

EPILOG = """\
examples:
  korgm1 state save booted.state --battery low --seconds 3     three seconds after power-on
  korgm1 state load booted.state --press 4@3.5 --png lcd.png   go on from there
  korgm1 state load booted.state --engine v30 --seconds 2 --save later.state
  korgm1 state show booted.state                               what is in it
  korgm1 state diff booted.state later.state                   what differs, part by part
The format is in docs/snapshot-format.md. Exit codes: 0 ok, 1 a file that cannot be used, 2 usage, 3 ROM problem, 4 the
emulated CPU stopped, 5 diff found differences.
"""
DIFFERENT = 5
"""Exit code of `diff` when there are differences; 1 is a file that cannot be used."""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "state",
        help="save, load, show and compare snapshots of the whole instrument",
        description="Snapshots: the whole instrument in a file, at any clock, for any engine.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="save|load|show|diff", required=True)

    one = deeds.add_parser("save", help="switch on, run, and save", description="Switch on, run, save, switch off.")
    one.add_argument("out", metavar="OUT", help="the file to write; an older one stays whole until the new one is")
    add_machine_options(one)
    one.set_defaults(run=run_save)

    one = deeds.add_parser("load", help="go on from a snapshot", description="Go on where a snapshot was saved.")
    one.add_argument("file", metavar="FILE", help="a file of state save")
    one.add_argument("--engine", choices=ENGINES, help="another CPU than it was saved on")
    one.add_argument("--roms", nargs="?", const="", metavar="PATH", help="where the OS dump is, if it is not OpenM1")
    one.add_argument("--waves", type=named, metavar="PATH", help="where the sample ROMs are, if it was saved with some")
    one.add_argument("--pcm-card", type=named, metavar="FILE", help="the PCM card's dump, if it was saved with one")
    hands = one.add_argument_group("what is done to it; times are since power-on")
    add_hands(hands)
    hands.add_argument("--seconds", type=seconds, metavar="S", help="emulated seconds to run from the snapshot on")
    out = one.add_argument_group("what comes out")
    out.add_argument("--json", action="store_true", help="print one JSON object")
    out.add_argument("--png", metavar="FILE", help="draw the last LCD picture dot by dot")
    out.add_argument("--save", metavar="OUT", help="save another snapshot at the end")
    add_trace_options(out)
    one.set_defaults(run=run_load)

    one = deeds.add_parser("show", help="what is in a snapshot", description="Print manifest and blocks of a snapshot.")
    one.add_argument("file", metavar="FILE")
    one.add_argument("--json", action="store_true", help="print one JSON object, bytes as hex")
    one.set_defaults(run=run_show)

    one = deeds.add_parser("diff", help="what differs", description="Compare two snapshots, block by block. "
        "Exit codes: 0 no difference, 5 they differ, 1 one of them cannot be used.")
    one.add_argument("a", metavar="A")
    one.add_argument("b", metavar="B")
    one.add_argument("--json", action="store_true", help="print one JSON object, bytes as hex")
    one.set_defaults(run=run_diff)


def run_save(args: argparse.Namespace) -> int:
    """Run and save."""
    check_files(args)
    session = session_from(args)
    with power(session, args) as asked:
        session.boot(args.seconds, asked_to_stop=lambda: asked)
        if asked:
            raise KeyboardInterrupt
        session.save(args.out)
        stopped = session.stopped
        clock, lcd = session.clock, session.lcd
    print(f"{args.out}: {session.model.name}, {session.firmware.name}, {_clock(clock)}, |{lcd[0]}|{lcd[1]}|")
    if stopped:
        print(f"stopped: {stopped}")
    return EXIT_CPU_FAULT if stopped else EXIT_OK


def run_load(args: argparse.Namespace) -> int:
    """Go on from a snapshot and print as `boot` does."""
    check_files(args)
    result = load(args)
    print(json.dumps(result.to_dict(), indent=2) if args.json else report(result))
    return EXIT_CPU_FAULT if result.stopped else EXIT_OK


def load(args: argparse.Namespace) -> BootResult:
    """Go on from the snapshot the options name.

    Raises:
        M1Error: a file that cannot be used, or an input before the snapshot's clock.
    """
    from korgm1.session import Session

    try:
        session = Session.load(args.file, args.roms, args.engine, args.waves, args.pcm_card)
    except SnapshotError as error:
        raise _told(args.file, error) from error
    for name, when in (*args.press, *args.midi):
        if clocks(when) < session.clock:
            raise UsageError(f"{name}@{when:g} is over: the snapshot is of {_clock(session.clock)}", "a later time")
    if not session.powered and (args.press or args.midi):
        raise UsageError("the snapshot is of an instrument that is off: nothing can be pressed or sent")
    hand_over = plan(session, args) if session.powered else None
    begin_trace(session, args)
    try:
        if hand_over is not None:
            hand_over()
        result = session.boot(args.seconds)
        if args.png:
            session.screenshot(Path(args.png))
        if args.save:
            session.save(args.save)
        session.power_off()
    finally:
        session.trace_end()
    return result


def run_show(args: argparse.Namespace) -> int:
    """Print what is in a snapshot."""
    try:
        shown = describe(_read(args.file), _known)
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise SnapshotError(
            f"{args.file}: its manifest or a block is not what the format says", "a file of korgm1 state save"
        ) from error
    if args.json:
        print(json.dumps(shown, indent=2))
        return EXIT_OK
    print("\n".join(f"{name:10} {text}" for name, text in shown["about"].items()))
    print(f"\n{'block':10} {'layout':>6} {'bytes':>9}  sha1")
    for row in shown["blocks"]:
        note = "" if row["known"] else "  unknown to this program, kept"
        print(f"{row['name']:10} {row['version']:6} {row['bytes']:9,}  {row['sha1'][:12]}{note}")
    return EXIT_OK


def run_diff(args: argparse.Namespace) -> int:
    """Print what differs between two snapshots."""
    from korgm1.snapshot import diff

    found = diff(_read(args.a), _read(args.b))
    if args.json:
        print(json.dumps([_as_json(row) for row in found], indent=2))
    else:
        blocks = dict.fromkeys(row.block for row in found)
        print(f"{args.a} and {args.b}: " + (f"{', '.join(blocks)} differ" if found else "no difference"))
        for row in found:
            print(f"{row.block:10} {row.field:28} {row}")
    return DIFFERENT if found else EXIT_OK


def describe(snapshot: Snapshot, known: Any = lambda model: set()) -> dict[str, Any]:
    """What `show` prints: "about", name -> text, and "blocks", a list of name, version, bytes, sha1, known.

    Args:
        snapshot: a decoded one.
        known: gives the names of the blocks of a model.
    """
    from korgm1.snapshot import line

    manifest, blocks = snapshot.manifest, snapshot.blocks
    firmware = manifest.get("firmware") or {}
    about = {
        "program": f"korgm1 {manifest.get('program', '?')}",
        "model": str(manifest.get("model", "?")),
        "firmware": f"{firmware.get('name', '?')} {firmware.get('version', '?')}, sha1 {firmware.get('sha1', '?')}",
        "engine": str(manifest.get("engine", "?")),
        "time": f"{_clock(int(manifest.get('clock', 0)))}, power {'on' if manifest.get('powered') else 'off'}",
        "seed": str(manifest.get("seed", "?")),
        "faults": ", ".join(map(str, manifest.get("faults") or ())) or "none",
        "guesses": _guesses(manifest.get("hypotheses") or {}),
    }
    rows = blocks.get("session", {}).get("display", {}).get("rows")
    if rows:
        about["LCD"] = f"|{rows[-1][1]}|{rows[-1][2]}|"
    timers = blocks.get("scheduler", {}).get("timers", [])
    actions = blocks.get("session", {}).get("actions", [])
    pending = [f"{name} in {offset:,}" for name, offset in timers]
    pending += [f"{name} {value} in {offset:,}" for offset, _, name, value in actions]
    about["pending"] = ("; ".join(pending) + " clocks") if pending else "nothing"
    mine = known(about["model"])
    return {"about": about, "blocks": [
        {
            "name": name, "version": snapshot.version(name), "bytes": len(line(block)),
            "sha1": hashlib.sha1(line(block)).hexdigest(), "known": not mine or name in mine,
        }
        for name, block in blocks.items()
    ]}


def _known(model: str) -> set[str]:
    from korgm1.machine.m1 import PORT_LOGS
    from korgm1.session import Session

    return {"session", *PORT_LOGS, *Session(model=model, engine="v30").machine.parts()}


def _guesses(values: dict[str, Any]) -> str:
    from korgm1.hypotheses import SETTLED, all_hypotheses

    defaults = {**SETTLED, **{key: row.default for key, row in all_hypotheses().items()}}
    other = [f"{key}={value}" for key, value in values.items() if defaults.get(key) != value]
    return ", ".join(other) or "all at their defaults"


def _read(path: str) -> Snapshot:
    from korgm1.files import read_file
    from korgm1.snapshot import decode

    data = read_file(Path(path), "a snapshot (korgm1 state save)")
    try:
        return decode(data)
    except SnapshotError as error:
        raise _told(path, error) from error


def _told(path: str, error: SnapshotError) -> SnapshotError:
    """The same with the file's name."""
    found = error.found if path in error.found else f"{path}: {error.found}"
    return SnapshotError(found, error.expected, error.hint.replace("FILE", path))


def _as_json(row: Difference) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        return value.hex() if isinstance(value, bytes) else json.loads(json.dumps(value, default=bytes.hex))

    return {"block": row.block, "field": row.field, "a": plain(row.left), "b": plain(row.right), "text": str(row)}


def _clock(clock: int) -> str:
    return f"clock {clock:,} = {clock / CPU_HZ:.6f} s"
