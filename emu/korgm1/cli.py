"""The command line: one parser, one module a verb, errors as sentences."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from korgm1 import __version__
from korgm1.errors import M1Error
from korgm1.frontends import audio_out, display, midi_ports
from korgm1.verbs import (
    age,
    boot,
    card,
    cpu_check,
    dis,
    doctor,
    faults,
    hypotheses,
    keys,
    midi,
    play,
    render,
    rom,
    run,
    scenario,
    scope,
    serve,
    sram,
    state,
    sweep,
    syx,
    tap,
    trace,
    wave,
)
from korgm1.verbs.live import View
from korgm1.verbs.signals import INTERRUPTED

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.keymap import Keymap


def _terminal(desk: Desk, keymap: Keymap) -> View:
    from korgm1.frontends.terminal import Terminal

    return Terminal(desk, keymap)


def _speaker(desk: Desk, keymap: Keymap) -> View:
    from korgm1.frontends.speaker import Speaker

    return Speaker(desk, keymap)


FRONTENDS: Mapping[str, run.Open] = {
    "window": display.open_window,
    "terminal": _terminal,
    "speaker": _speaker,
}
PROBES = {"display": display.probe, "audio": audio_out.probe, "MIDI": midi_ports.probe}

EPILOG = """\
examples:
  korgm1 boot --battery dead              what a dead cell does at power-on
  korgm1 run --sram my.sram               the instrument, live, with its memory in a file
  korgm1 render song.mid -o song.wav      a MIDI file as sound; play plays it live
  korgm1 rom identify ~/dumps             what these files are
  korgm1 boot --roms ~/dumps              boot your own dump
korgm1 VERB --help says more. Exit codes: 0 ok, 1 an input that cannot be used, 2 usage, 3 ROM problem,
4 the emulated CPU stopped, 5 state diff, sram diff or scenario run found differences.
"""


def build_parser() -> argparse.ArgumentParser:
    """The whole command line.

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
    boot.add_parser(subparsers)
    run.add_parser(subparsers, FRONTENDS, audio_out.AudioOut, midi_ports.Ports())
    render.add_parser(subparsers)
    midi.add_parser(subparsers, midi_ports.listing)
    play.add_parser(subparsers, audio_out.AudioOut, audio_out.devices)
    age.add_parser(subparsers)
    card.add_parser(subparsers)
    rom.add_parser(subparsers)
    state.add_parser(subparsers)
    scenario.add_parser(subparsers)
    scope.add_parser(subparsers)
    serve.add_parser(subparsers, audio_out.AudioOut)
    sram.add_parser(subparsers)
    sweep.add_parser(subparsers)
    syx.add_parser(subparsers, midi_ports.Ports())
    tap.add_parser(subparsers)
    trace.add_parser(subparsers)
    wave.add_parser(subparsers)
    cpu_check.add_parser(subparsers)
    dis.add_parser(subparsers)
    faults.add_parser(subparsers)
    hypotheses.add_parser(subparsers)
    keys.add_parser(subparsers)
    doctor.add_parser(subparsers, PROBES)
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
    try:
        args = build_parser().parse_args(signed(sys.argv[1:] if argv is None else argv))
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
