"""The command line: one parser, one module a verb, errors as sentences."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from korgm1 import __version__
from korgm1.errors import M1Error, UsageError
from korgm1.frontends import audio_out, display, midi_ports
from korgm1.verbs.signals import INTERRUPTED

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.keymap import Keymap
    from korgm1.verbs.live import View


def _terminal(desk: Desk, keymap: Keymap) -> View:
    from korgm1.frontends.terminal import Terminal

    return Terminal(desk, keymap)


def _speaker(desk: Desk, keymap: Keymap) -> View:
    from korgm1.frontends.speaker import Speaker

    return Speaker(desk, keymap)


FRONTENDS: Mapping[str, Callable[..., View]] = {
    "window": display.open_window,
    "terminal": _terminal,
    "speaker": _speaker,
}
PROBES = {"display": display.probe, "audio": audio_out.probe, "MIDI": midi_ports.probe}

VERBS: Mapping[str, Callable[[], tuple[Any, ...]]] = {
    "boot": tuple,
    "run": lambda: (FRONTENDS, audio_out.AudioOut, midi_ports.Ports()),
    "render": tuple,
    "midi": lambda: (midi_ports.listing,),
    "probe": tuple,
    "play": lambda: (audio_out.AudioOut, audio_out.devices),
    "age": tuple,
    "card": tuple,
    "rom": tuple,
    "compare": tuple,
    "state": tuple,
    "scenario": tuple,
    "scope": tuple,
    "serve": lambda: (audio_out.AudioOut, midi_ports.Ports()),
    "sram": tuple,
    "sweep": tuple,
    "syx": lambda: (midi_ports.Ports(),),
    "tap": tuple,
    "trace": tuple,
    "wave": tuple,
    "cpu-check": tuple,
    "debug": tuple,
    "dis": tuple,
    "faults": tuple,
    "hypotheses": tuple,
    "keys": tuple,
    "gdb": tuple,
    "doctor": lambda: (PROBES,),
}
"""The verbs, in the order of the help; each is the module of its name, whose add_parser gets these things."""
ACTIONS = "rom_verb", "trace_verb", "deed"
"""Where the verbs that have actions keep which one was said."""

EPILOG = """\
examples:
  korgm1 boot --battery dead              what a dead cell does at power-on
  korgm1 run --sram my.sram               the instrument, live, with its memory in a file
  korgm1 render song.mid -o song.wav      a MIDI file as sound; play plays it live
  korgm1 rom identify ~/dumps             what these files are
  korgm1 compare openm1:19 openm1:24      what differs between two versions of a firmware
  korgm1 boot --roms ~/dumps              boot your own dump
korgm1 VERB --help says more. Exit codes: 0 ok, 1 an input that cannot be used, 2 usage, 3 ROM problem,
4 the emulated CPU stopped, 5 differences or faults were found (compare, rom verify, state diff ...).
"""


def build_parser(only: str | None = None) -> argparse.ArgumentParser:
    """The command line.

    Args:
        only: a verb; the others are not read in, which takes longer than many a verb's work. None: all.

    >>> build_parser().parse_args(["boot", "--battery", "dead"]).battery
    'dead'
    """
    parser = argparse.ArgumentParser(
        prog="korgm1",
        description="The NEC V50 board of the Korg M1, run by its firmware: a dying battery included.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"korgm1 {__version__}")
    subparsers = parser.add_subparsers(title="verbs", dest="verb", metavar="VERB", required=True)
    for verb, things in VERBS.items():
        if only in (None, verb):
            import_module(f"korgm1.verbs.{verb.replace('-', '_')}").add_parser(subparsers, *things())
    return parser


def signed(argv: Sequence[str]) -> list[str]:
    """The words with each value that begins with a minus and a digit tied to the option before it.

    Else argparse takes -5y or -10,20 for options of their own, and nobody says what is wrong with them.

    >>> signed(["sweep", "--temp", "-10,20", "--json", "--", "--x", "-5"])
    ['sweep', '--temp=-10,20', '--json', '--', '--x', '-5']
    """
    words: list[str] = []
    for place, word in enumerate(argv):
        if word == "--":
            return [*words, *argv[place:]]
        last = words[-1] if words else ""
        if re.match(r"-\.?[0-9]", word) and last.startswith("--") and "=" not in last:
            words[-1] = f"{last}={word}"
        else:
            words.append(word)
    return words


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        argv: the words after the program's name; the process's own when None.

    Returns:
        The exit code.
    """
    if sys.stdout is None or sys.stderr is None:
        sys.stdout = sys.stdout or open(os.devnull, "w")  # noqa: SIM115
        sys.stderr = sys.stderr or open(os.devnull, "w")  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy starts threads as it is read in; nothing here uses them
    try:
        words = signed(sys.argv[1:] if argv is None else argv)
        args, strange = build_parser(words[0] if words and words[0] in VERBS else None).parse_known_args(words)
        if strange:
            said = " ".join(filter(None, (args.verb, *(getattr(args, dest, None) for dest in ACTIONS))))
            raise UsageError(f"{said} does not know {' '.join(strange)}", hint=f"korgm1 {said} --help")
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except M1Error as error:
        print(f"korgm1: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as wish:
        print(f"korgm1: {str(wish) or 'stopped'}", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _discard_output()
        return 0
    except OSError as error:
        _discard_output()
        print(f"korgm1: the output cannot be written: {error.strerror or error}", file=sys.stderr)
        return M1Error.exit_code


def _discard_output() -> None:
    """What is still in the buffer goes nowhere, so that the interpreter's own flush says nothing."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
