"""korgm1 debug: a monitor in the terminal, for those without gdb."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ, clocks
from korgm1.debugging.doing_hands import line_of, play
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, M1Error
from korgm1.files import check_apart, read_file
from korgm1.verbs.options import (
    add_hands,
    add_instrument_options,
    add_memory_options,
    check_files,
    power,
    say_warnings,
    session_from,
)
from korgm1.verbs.signals import hangs_up, stopped
from korgm1.verbs.trace_options import add_trace_options
from korgm1.verbs.words import keys, named, seconds

if TYPE_CHECKING:
    from korgm1.debugging import Debugger
    from korgm1.debugging.monitor import Monitor

EPILOG = """\
examples:
  korgm1 debug                                     OpenM1 at its first instruction; help lists the commands
  korgm1 debug --roms ~/dumps --battery dead       your dump
  korgm1 debug -x 'until "Battery Low"; frames'    two commands, then the prompt
  korgm1 debug --commands hunt.txt < /dev/null     a file of commands, and no prompt
  echo 'until "Prog I00"' | korgm1 debug --seconds 60   commands from a pipe, none of which runs for ever
Time stands while nothing runs. Ctrl-C stops what runs; at the prompt it is nothing; quit or Ctrl-D switches the power
off and saves the RAM, and so do SIGTERM and SIGHUP (exit code 130). Where commands do not come from a terminal the
first one that cannot be done ends it (exit code 2, or 1). docs/debugging.md has a session; korgm1 gdb is the same for
gdb.
"""
PROMPT = "debug> "


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "debug",
        help="a monitor: stops, registers, memory, backwards too",
        description="Debug the firmware in the terminal: stops, single steps, memory, back in time.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_memory_options(add_instrument_options(parser), "read at power-on where it exists, written back at power-off")
    hands = parser.add_argument_group("what is done to it")
    hands.add_argument(
        "--hold", type=keys, default=(), metavar="KEY,...", help="keys held for two seconds from power-on, as INT,CARD"
    )
    add_hands(hands)
    what = parser.add_argument_group("debugging")
    what.add_argument("--commands", type=named, metavar="FILE", help="carry out the commands in FILE first")
    what.add_argument(
        "-x", dest="execute", action="append", default=[], metavar="COMMANDS",
        help="carry out these first, with ; between them; may be repeated",
    )
    what.add_argument(
        "--symbols", type=named, metavar="FILE",
        help="names of places: CSV with columns address and name (korgm1 rom disassemble --symbols), known beside "
        "those of an analysis",
    )
    what.add_argument("--no-analysis", action="store_true", help="only the names of --symbols")
    what.add_argument("--syntax", choices=("intel", "nec"), default="intel", help="default: %(default)s")
    what.add_argument("--log", type=named, metavar="FILE", help="write commands down, with what they say behind ;")
    what.add_argument(
        "--seconds", type=seconds, metavar="S", help="a command runs for S emulated seconds at most; default: for ever"
    )
    add_trace_options(what)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Debug."""
    check_files(args)
    check_apart(
        [(f"--{name}", getattr(args, name)) for name in ("commands", "symbols", "sram", "card", "trace", "roms")],
        [("--log", args.log)],
    )
    from korgm1.debugging import Debugger
    from korgm1.debugging.monitor import Monitor
    from korgm1.debugging.names import analysed
    from korgm1.symbols import Symbols, read_symbols

    first = [] if args.commands is None else _read(Path(args.commands))
    own = Symbols() if args.symbols is None else read_symbols(args.symbols)
    session = session_from(args)
    symbols = Symbols([] if args.no_analysis else analysed(session, own))
    symbols.add(own.rows)
    say_warnings(session)
    with power(session, args) as wish, contextlib.ExitStack() as at_the_end:
        debugger = Debugger(session)
        at_the_end.callback(debugger.detach)
        debugger.longest = None if args.seconds is None else clocks(args.seconds)
        progress = _Progress(debugger, wish)
        monitor = Monitor(debugger, progress.say, progress.asked, symbols, args.syntax)
        if args.log:
            monitor.log(Path(args.log))
        play(monitor, first, line_of(args.commands or ""))
        for text in args.execute:
            play(monitor, commands(text), "-x")
        if _goes_on(monitor, wish):
            (_converse if sys.stdin.isatty() else _obey)(monitor, wish)
        ended = session.stopped
        if wish:
            raise stopped([name for name in (args.sram, args.trace, args.log) if name], when="at a command")
    return EXIT_CPU_FAULT if ended else EXIT_OK


class _Progress:
    """On a terminal, how far a run of more than a second has come."""

    def __init__(self, debugger: Debugger, wish: list[int]) -> None:
        self._debugger = debugger
        self._wish = wish
        self._begun: float | None = None
        self._shown = False

    def asked(self) -> list[int]:
        """Looked at while something runs."""
        now = time.monotonic()
        self._begun = self._begun or now
        if sys.stderr.isatty() and now - self._begun > 1:
            self._shown = True
            now_at = self._debugger.session.clock / CPU_HZ
            print(f"\r{now_at:9.2f} s emulated; Ctrl-C stops it", end="", file=sys.stderr, flush=True)
        return self._wish

    def say(self, line: str) -> None:
        """A line behind it."""
        if self._shown:
            print("\r" + " " * 50 + "\r", end="", file=sys.stderr, flush=True)
        self._begun, self._shown = None, False
        _say(line)


def commands(text: str) -> list[str]:
    """The commands in a text with ; between them, quotes kept whole.

    >>> commands('until "a; b"; lcd')
    ['until "a; b"', 'lcd']
    """
    parts, quote = [""], ""
    for letter in text:
        if letter == ";" and not quote:
            parts.append("")
            continue
        quote = "" if letter == quote else letter if not quote and letter in "\"'" else quote
        parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _obey(monitor: Monitor, wish: list[int]) -> None:
    """Commands from a pipe or a file: what cannot be done ends it."""
    for number in itertools.count(1):
        try:
            with _signals_raise(wish):
                line = sys.stdin.readline()
        except (KeyboardInterrupt, SystemExit):
            wish.append(signal.SIGINT)
            return
        if not line:
            return
        play(monitor, [line], f"line {number}")
        if not _goes_on(monitor, wish):
            return


def _converse(monitor: Monitor, wish: list[int]) -> None:
    """Commands from a terminal: what cannot be done is said."""
    _edit_lines(monitor)
    _say("help lists the commands; quit switches the power off and leaves")
    with contextlib.suppress(M1Error):
        monitor.do("where")
    while _goes_on(monitor, wish):
        try:
            with _signals_raise(wish):
                line = input(PROMPT)
        except KeyboardInterrupt:
            _say("")
            continue
        except (EOFError, SystemExit):
            _say("")
            return
        try:
            monitor.do(line)
        except M1Error as error:
            _say(str(error))


def _goes_on(monitor: Monitor, wish: list[int]) -> bool:
    """Ctrl-C stopped a command; everything else ends the program."""
    ends = any(number != signal.SIGINT for number in wish) or (bool(wish) and not sys.stdin.isatty())
    if not ends:
        wish.clear()
    return not ends and not monitor.over


@contextlib.contextmanager
def _signals_raise(wish: list[int]) -> Iterator[None]:
    """While a line is typed a signal breaks off the typing."""
    def leave(number: int, frame: object) -> None:
        wish.append(number)
        raise SystemExit

    before = [(number, signal.signal(number, leave)) for number in (signal.SIGTERM, *hangs_up())]
    before.append((signal.SIGINT, signal.signal(signal.SIGINT, signal.default_int_handler)))
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _edit_lines(monitor: Monitor) -> None:
    """Arrow keys, and Tab, where Python has readline."""
    try:
        import readline
    except ImportError:
        return
    found: list[str] = []

    def complete(word: str, state: int) -> str | None:
        if state == 0:
            found[:] = monitor.complete(readline.get_line_buffer()[: readline.get_endidx()])
        return found[state] if state < len(found) else None

    readline.set_completer_delims(" ")
    readline.set_completer(complete)
    readline.parse_and_bind("tab: complete")


def _read(path: Path) -> list[str]:
    return read_file(path, "commands", 1 << 20).decode("utf-8", "replace").splitlines()


def _say(line: str) -> None:
    print(line, flush=True)
