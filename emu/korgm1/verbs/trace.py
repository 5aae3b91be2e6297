"""korgm1 trace: the lines of a trace file, whatever its form, what it is about, and what the program did."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UsageError
from korgm1.verbs.trace_names import add_name_options, symbols_of
from korgm1.verbs.trace_profile import add_actions

if TYPE_CHECKING:
    from korgm1.cpu.trace import TraceFilter
    from korgm1.profiling.lines import Within
    from korgm1.trace_reading import TraceInfo

EXAMPLES = """\
examples:
  korgm1 boot --trace x.kmt --seconds 2             make one
  korgm1 trace info x.kmt                           of what, how long, how large
  korgm1 trace show x.kmt | head                    its lines (docs/trace-format.md)
  korgm1 trace show x.kmt --from 14300000 --count 50            from that clock on
  korgm1 trace show x.kmt --ports 0A00-0A0F                     what goes through these ports
  korgm1 trace show x.kmt --address 80-83           when vector 20 is read: every interrupt of a device
  korgm1 trace show x.kmt --interrupt 20            entries of that interrupt
  korgm1 trace profile x.kmt                        clocks by function; also calls, coverage

exit code: 1 if the file is damaged or was cut off; what could be read has been printed.
"""

ONLY = {"insn": ("exec",), "int": (), "io": ("in", "out"), "mem": ("memr", "memw")}
"""The words of --only, and their kinds of line."""


def add_parser(subparsers: Any) -> None:
    """Add `trace` and the verbs below it."""
    trace = subparsers.add_parser(
        "trace",
        help="look into a trace",
        description="Work with files of --trace: text, or the binary form.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = trace.add_subparsers(dest="trace_verb", required=True, metavar="ACTION")

    one = deeds.add_parser(
        "show", help="print its lines",
        description="Print the lines of a trace, as a text trace has them. Lines with # are always printed.",
        epilog=EXAMPLES, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    one.add_argument("file", metavar="FILE", help="a file of --trace, or the .part of a run that was killed")
    one.add_argument("--from", dest="start", type=clock, metavar="CLOCK", help="lines from this clock on")
    one.add_argument("--to", dest="end", type=clock, metavar="CLOCK", help="lines before this clock")
    one.add_argument(
        "--address", action="append", default=[], metavar="A[-B]",
        help="instructions and memory accesses at these physical addresses, in hex; may be repeated",
    )
    one.add_argument(
        "--ports", action="append", default=[], metavar="A[-B]", help="accesses to these ports, in hex; may be repeated"
    )
    one.add_argument(
        "--only", type=only, metavar="WORDS",
        help=f"of {', '.join(ONLY)}, with commas; default: all, or those that --address and --ports are about",
    )
    one.add_argument(
        "--interrupt", type=vector, metavar="VV", help="interrupts of this vector, in hex, and no others"
    )
    one.add_argument(
        "--function", metavar="F",
        help="lines while this function is an open call: an address in hex as F0123 or F000:0123, or a name",
    )
    one.add_argument("--only-own", action="store_true", help="with --function: but not while what it calls is at work")
    add_name_options(one)
    one.add_argument("--count", type=number, metavar="N", help="so many lines at most, those with # aside")
    one.set_defaults(run=run_show)

    one = deeds.add_parser(
        "info", help="what it is about",
        description="Print what a trace is about: model, ROM, clocks, counts, size. The whole file is checked.",
    )  # fmt: skip
    one.add_argument("file", metavar="FILE")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=run_info)
    add_actions(deeds)


def run_show(args: argparse.Namespace) -> int:
    """Print the lines that are asked for."""
    from korgm1.cpu.trace import NEVER
    from korgm1.trace_reading import open_trace

    wanted, place, shown = wanted_lines(args), within(args), False
    with open_trace(args.file) as trace:
        for lines in trace.text(wanted, NEVER if args.count is None else args.count, place):
            shown = shown or any(not line.startswith(b"#") for line in lines.splitlines())
            sys.stdout.write(lines.decode("utf-8", "replace"))
    if not shown and args.function is not None:
        print(
            f"korgm1: no such line while {args.function} is an open call; what is called, and when a call is one: "
            f"korgm1 trace calls {args.file}, docs/trace-format.md", file=sys.stderr,
        )  # fmt: skip
    return EXIT_OK


def within(args: argparse.Namespace) -> Within:
    """The interrupt and the function that the options of `show` ask for.

    Raises:
        UsageError: --only-own without a function, or --interrupt where no interrupts are shown.
        UserError: there is no such function.
    """
    from korgm1.profiling.lines import Within

    if args.only_own and args.function is None:
        raise UsageError("--only-own is nothing without --function", "--function F0123")
    if args.interrupt is not None and args.only is not None and "int" not in args.only:
        raise UsageError("--only leaves out what --interrupt is about", "int in --only")
    function = None if args.function is None else symbols_of(args).place(args.function)
    return Within(args.interrupt, function, args.only_own)


def wanted_lines(args: argparse.Namespace) -> TraceFilter:
    """What the options of `show` ask for.

    Raises:
        UsageError: a range that is none, or options that ask for nothing.
    """
    from korgm1.cpu.trace import NEVER, TraceFilter, hex_range

    places = tuple(hex_range(f"--address {word!r}", word, 0xFFFFF) for word in args.address)
    ports = tuple(hex_range(f"--ports {word!r}", word, 0xFFFF) for word in args.ports)
    words = args.only
    if words is None:
        words = set(ONLY) if not places and not ports and args.interrupt is None else set()
        words |= {"int"} if args.interrupt is not None else set()
        words |= {"insn", "mem"} if places else set()
        words |= {"io"} if ports else set()
    for option, given, about in (("--address", places, {"insn", "mem"}), ("--ports", ports, {"io"})):
        if given and not words & about:
            raise UsageError(f"--only leaves out what {option} is about", f"{' or '.join(sorted(about))} in --only")
    ranges: dict[str, tuple[tuple[int, int], ...]] = {}
    for word in words:
        whole = ports or ((0, 0xFFFF),) if word == "io" else places or ((0, 0xFFFFF),)
        ranges.update(dict.fromkeys(ONLY[word], whole))
    start, end = args.start or 0, NEVER if args.end is None else args.end
    if start >= end:
        raise UsageError(f"--from {start} --to {end} is no stretch of time", "--from before --to")
    return TraceFilter(ranges, "int" in words, True, start, end)


def run_info(args: argparse.Namespace) -> int:
    """Print what the trace is about."""
    from korgm1.trace_reading import open_trace

    with open_trace(args.file) as trace:
        info = trace.info()
    print(json.dumps(as_json(info), indent=2) if args.json else report(info))
    if info.fault is not None:
        raise info.fault
    return EXIT_OK


def as_json(info: TraceInfo) -> dict[str, Any]:
    """One JSON object; `span` in clocks."""
    return {
        "form": info.form,
        "whole": info.fault is None,
        **info.about,
        "marks": info.marks,
        "span": info.span,
        "lines": info.lines,
        "counts": info.counts,
        "bytes": info.size,
        "bytes_per_instruction": _share(info.size, info.counts["exec"]),
        "bytes_per_line": _share(info.size, info.lines),
    }


def report(info: TraceInfo) -> str:
    """The same as a table."""
    rows = {"form": info.form, **info.about}
    rows["marks"] = "\n".join(info.marks)
    rows["clocks"] = f"{info.span[0]:,} to {info.span[1]:,}" if info.span else "no line"
    rows["lines"] = f"{info.lines:,}"
    rows.update({f"  {kind}": f"{count:,}" for kind, count in info.counts.items() if count})
    shares = [(_share(info.size, info.counts["exec"]), "an instruction"), (_share(info.size, info.lines), "a line")]
    rows["bytes"] = ", ".join([f"{info.size:,}", *(f"{share:.2f} {what}" for share, what in shares if share)])
    return "\n".join(
        f"{name if first else '':10} {line}"
        for name, value in rows.items()
        for first, line in ((not index, line) for index, line in enumerate(value.split("\n")))
    )


def clock(text: str) -> int:
    """A clock.

    >>> clock("14,300,000")
    14300000
    """
    digits = text.replace(",", "")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > 18:
        raise argparse.ArgumentTypeError(f"{text!r} is no clock: a whole number, 8,000,000 a second")
    return int(digits)


def number(text: str) -> int:
    """How many lines."""
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text) < 1 << 63:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of lines, 1 or more")
    return int(text)


def vector(text: str) -> int:
    """The vector of an interrupt.

    >>> vector("20")
    32
    """
    digits = text.lower().removeprefix("0x")
    if not 0 < len(digits) <= 2 or set(digits) - set("0123456789abcdef"):
        raise argparse.ArgumentTypeError(f"{text!r} is no vector: 0 to FF, in hex")
    return int(digits, 16)


def only(text: str) -> set[str]:
    """The words of --only.

    >>> sorted(only("io,insn"))
    ['insn', 'io']
    """
    words = {word.strip().lower() for word in text.split(",") if word.strip()}
    if not words or words - set(ONLY):
        raise argparse.ArgumentTypeError(f"{text!r} has other words than {', '.join(ONLY)}")
    return words


def _share(size: int, count: int) -> float | None:
    return round(size / count, 3) if count else None
