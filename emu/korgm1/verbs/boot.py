"""korgm1 boot: switch on, watch the LCD, say how it ended."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, UsageError
from korgm1.files import write_atomic
from korgm1.verbs.options import add_machine_options, check_files, power, session_from
from korgm1.verbs.profile_options import add_profile_options, begin_profile, write_profile
from korgm1.verbs.signals import asked_to_stop, stopped
from korgm1.verbs.trace_options import add_trace_options, trace_words
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.lifetime import Stray
    from korgm1.replay import ReplayResult
    from korgm1.result import BootResult
    from korgm1.session import Session

EPILOG = """\
examples:
  korgm1 boot --battery dead                        "#24", Init Prog, Battery Low (Internal)
  korgm1 boot --sram my.sram                        keep the RAM in a file
  korgm1 boot --sram my.sram --midi preload.syx@2   reload a bank over MIDI at two seconds
  korgm1 boot --battery CR2032@2.3 --temp 35        a used cell in a warm room
  korgm1 boot --fault r29-open                      the warning with a good cell (korgm1 faults)
  korgm1 boot --hold INT,CARD,COMBI                 initialise
  korgm1 boot --press 4@2 --press 2@2.3             go to program 42
  korgm1 boot --roms ~/dumps --engine v30 --json    your dump, for a program to read
  korgm1 boot --battery low --png lcd.png           a picture of the display
  korgm1 boot --press 4@2 --record x.rec            write the run down; boot --replay x.rec checks it again
  korgm1 boot --age "use=12y:3h/week off=1y" --sram my.sram   years first: a new cell, then what is left (korgm1 age)
  korgm1 boot --trace x.trace --trace-filter port=0A00-0A0F,int   what the CPU says to the PIO
  korgm1 boot --profile x.folded --coverage map.png where the time goes, and what of the memory is used
Without --seconds the boot ends when the play page has stood still for a second after the last input and the last MIDI
it sent; any other page after ten. A CPU that stops for good ends it with exit code 4; one that waits in HALT for ever,
is held in reset or lost its supply is reported and no error.
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "boot",
        help="switch on and print what the LCD shows",
        description="Switch the instrument on, run it, print the LCD timeline and the last picture, switch it off.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_machine_options(parser)
    parser.add_argument(
        "--age", metavar="EVENTS",
        help="let this happen first: cell=CR2032 temp=28 use=12y:3h/week off=8y cell-out=10s swap-cell=5s contact=50k "
        "on dip=40ms off-switch look (docs/battery.md); a new CR2032 unless --battery or cell= says otherwise",
    )
    out = add_output_options(parser)
    add_trace_options(out)
    add_profile_options(out)
    out.add_argument("--replay", metavar="FILE", help="give the inputs of a recording again, and compare what happens")
    parser.set_defaults(run=run)


def add_output_options(parser: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """What `boot` and `run` can give."""
    out = parser.add_argument_group("what comes out")
    out.add_argument("--json", action="store_true", help="print one JSON object")
    out.add_argument("--png", type=named, metavar="FILE", help="draw the last LCD picture dot by dot")
    out.add_argument("--record", metavar="FILE", help="write every input down, for boot --replay")
    return out


def boot(session: Session, args: argparse.Namespace) -> BootResult:
    """Switch `session` on as the options say, and off again.

    Raises:
        M1Error: an input or output file that cannot be used; the RAM is saved before.
        KeyboardInterrupt: Ctrl-C or a signal ended it; the power was switched off and the RAM saved.
    """
    picture, written = b"", [args.sram] if args.sram else []
    profile = begin_profile(session, args)
    with power(session, args) as asked:
        progress = Progress(session)
        result = session.boot(args.seconds, asked_to_stop=lambda: progress.goes_on(asked))
        progress.end()
        if args.png:
            picture = session.screenshot()
    if args.png:
        write_atomic(Path(args.png), picture)
    if profile is not None:
        write_profile(session, args, profile)
    if asked:
        written += [name for name in (args.png, args.record, args.trace, args.profile, args.coverage) if name]
        raise stopped(written, when=f"after {result.clocks / CPU_HZ:.2f} s of the boot and switched off")
    return result


class Progress:
    """On a terminal, how far a boot has come, once it takes longer than a second."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._begun = time.monotonic()
        self._shown = False

    def goes_on(self, asked: list[int]) -> list[int]:
        """Show it, if it is time; hands back what was asked."""
        if sys.stderr.isatty() and time.monotonic() - self._begun > 1:
            self._shown = True
            print(f"\r{self._session.clock / 8_000_000:9.2f} s emulated", end="", file=sys.stderr, flush=True)
        return asked

    def end(self) -> None:
        """Wipe it off."""
        if self._shown:
            print("\r" + " " * 30 + "\r", end="", file=sys.stderr, flush=True)


def replayed(args: argparse.Namespace) -> ReplayResult:
    """Replay the recording the options name.

    Raises:
        ReplayDifference: something came out differently.
        M1Error: the recording cannot be used, or options that would change what it says.
    """
    from korgm1.replay import replay

    own = {
        "--model": args.model != "m1", "--battery": args.battery, "--sram": args.sram, "--card": args.card,
        "--seed": args.seed, "--hypothesis": args.hypothesis, "--hold": args.hold, "--press": args.press,
        "--midi": args.midi, "--seconds": args.seconds, "--record": args.record, "--png": args.png,
        "--profile": args.profile, "--coverage": args.coverage, "--age": args.age,
        "--fault": args.fault, "--temp": args.temp != 25.0,
    }
    given = [name for name, value in own.items() if value or value == ""]
    if given:
        raise UsageError(f"--replay and {given[0]} exclude each other", "the recording says what is done")
    words = trace_words(args)
    trace = (args.trace, words) if words else None
    return replay(Path(args.replay), args.roms, args.engine, trace, args.waves, args.pcm_card)


def run(args: argparse.Namespace) -> int:
    """Boot and print."""
    check_files(args)
    if args.replay:
        played = replayed(args)
        print(json.dumps(played.to_dict(), indent=2) if args.json else f"{report(played.result)}\n{summary(played)}")
        return EXIT_OK
    if args.age is not None:
        return run_aged(args)
    with asked_to_stop():
        session = session_from(args)
        result = boot(session, args)
    strays = stray(session)
    if args.json:
        print(json.dumps({**result.to_dict(), **_stray_block(strays)}, indent=2))
    else:
        print(report(result) + _stray_lines(strays))
    return EXIT_CPU_FAULT if result.stopped else EXIT_OK


def run_aged(args: argparse.Namespace) -> int:
    """Let years pass, then boot and print both."""
    with asked_to_stop():
        from korgm1.verbs.age import aged
        from korgm1.verbs.age_text import account

        session, life = aged(args)
        known = len(session.stray_writes)
        result = boot(session, args)
    strays = stray(session, known)
    if args.json:
        print(json.dumps({**result.to_dict(), **_stray_block(strays), "age": life.to_dict()}, indent=2))
    else:
        print(f"{account(life)}\n\n{report(result)}{_stray_lines(strays)}")
    return EXIT_CPU_FAULT if result.stopped else EXIT_OK


def stray(session: Session, known: int = 0) -> Stray | None:
    """What the CPU wrote at power-off, behind the `known` first stray writes; None where something reset it."""
    from korgm1.lifetime import looking

    return looking.stray(session, session.stray_writes[known:])


def _stray_block(strays: Stray | None) -> dict[str, Any]:
    return {} if strays is None else {"stray_writes": strays.to_dict()}


def _stray_lines(strays: Stray | None) -> str:
    from korgm1.verbs.age_text import stray_text

    return "" if strays is None else "\nat power-off:\n" + "\n".join(stray_text(strays))


def report(result: BootResult) -> str:
    """The result as text for people."""
    firmware, battery = result.firmware, result.battery
    lines = [
        f"{result.model}: {firmware['name']} {firmware['version']} (sha1 {firmware['sha1'][:12]}), "
        f"engine {result.engine}, cell {battery['volts']:.2f} V = ADC code {battery['adc_code']:02X}h",
    ]
    if result.faults:
        lines.append("faults: " + ", ".join(result.faults))
    if result.wake is not None and result.wake["lost"]:
        lines.append(lost(result.wake))
    lines += [f"warning: {warning}" for warning in result.warnings]
    lines.append("")
    lines += [f"{c.seconds:9.4f} s  |{c.lcd[0]}|{c.lcd[1]}|" for c in result.timeline]
    lines += ["", lcd_box(result.lcd)]
    lit = [name for name, on in result.leds.items() if on]
    lines.append("LEDs: " + (", ".join(lit) if lit else "none"))
    if result.midi_out:
        said = result.midi_out.replace(b"\xfe", b"")
        shown = said[:24].hex(" ").upper() + (" ..." if len(said) > 24 else "") if said else "active sensing only"
        lines.append(f"MIDI OUT: {len(result.midi_out):,} bytes, {shown}")
    if result.cpu["halted"] and not result.cpu["interrupts"]:
        lines.append(f"the CPU is halted at {result.cpu['at']} with interrupts off")
    seconds = result.clocks / 8_000_000
    how = {
        "play page": "the play page stood still",
        "still": "the display stood still for ten seconds",
        "time": "the time was up",
        "stopped": f"stopped: {result.stopped}",
        "frozen": f"frozen: {result.frozen}",
    }[result.ended]
    lines.append(f"{seconds:.3f} s, {result.clocks:,} clocks: {how}; RAM sha1 {result.sram_sha1[:12]}")
    return "\n".join(lines)


def lost(wake: dict[str, Any]) -> str:
    """What the RAM lost while the power was off, a line.

    >>> lost({"lost": 1234, "flipped": 617, "lowest_volts": 0.83, "blank": False})[:58]
    'RAM: 1,234 of 524,288 cells lost their content while off ('
    """
    if wake["blank"]:
        return "RAM: never powered before; all 524,288 cells wake in a pattern of their own"
    return (
        f"RAM: {wake['lost']:,} of 524,288 cells lost their content while off (lowest supply "
        f"{wake['lowest_volts']:.2f} V); {wake['flipped']:,} bits read differently"
    )


def summary(played: ReplayResult) -> str:
    """How a replay went, a line."""
    end = "" if played.whole else "; the recording has no end, its run was killed"
    return f"replay: {played.inputs} inputs, {played.checks} checkpoints, all as recorded{end}"


def lcd_box(lcd: tuple[str, str]) -> str:
    """The two lines in a frame."""
    bar = "+" + "-" * 40 + "+"
    return "\n".join([bar, f"|{lcd[0]}|", f"|{lcd[1]}|", bar])
