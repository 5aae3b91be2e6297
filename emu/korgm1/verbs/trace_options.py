"""The options of a trace, and the trace they ask for."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.session import Session


def add_trace_options(group: argparse._ArgumentGroup) -> None:
    """What `begin_trace` reads."""
    group.add_argument(
        "--trace", metavar="FILE",
        help="write down what the CPU does, as text; when FILE ends in .kmt in a binary form that is much smaller "
        "(korgm1 trace show makes text of it)",
    )
    group.add_argument("--trace-format", choices=("text", "binary"), help="the form, whatever FILE is called")
    group.add_argument(
        "--trace-filter", metavar="WORDS",
        help="what of it: exec, int, mem, memr, memw, port, in, out, each also with a range in hex as port=0A00-0A0F; "
        "regs: registers, too; from=S, to=S: only these seconds; default: all",
    )


def begin_trace(session: Session, args: argparse.Namespace) -> None:
    """Have the session write the trace the options ask for.

    Raises:
        M1Error: an option of a trace without one, or that cannot be understood; a file that cannot be written.
    """
    words = trace_words(args)
    if words:
        session.trace(Path(args.trace), words)


def trace_words(args: argparse.Namespace) -> str:
    """What the options say of the trace, for `Session.trace`; "" without one.

    Raises:
        UsageError: a filter or a form, but no trace; a filter without a word.
    """
    words, form = getattr(args, "trace_filter", None), getattr(args, "trace_format", None)
    if words is not None and not words.replace(",", " ").strip():
        raise UsageError(
            f"--trace-filter {words!r} is empty", "words of docs/trace-format.md, or no --trace-filter, which is all"
        )
    if getattr(args, "trace", None):
        return (words or "all") + (f",form={form}" if form else "")
    for name, given in (("--trace-filter", words), ("--trace-format", form)):
        if given:
            raise UsageError(f"{name} is nothing without --trace", "--trace FILE")
    return ""
