"""korgm1 run: the instrument, live."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.board.battery import Battery
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, UsageError, UserError
from korgm1.files import check_writable, read_file, write_atomic
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.physics.sram_retention import GUARANTEED_VOLTS
from korgm1.verbs.boot import add_output_options
from korgm1.verbs.concert import add_view_option
from korgm1.verbs.keys import open_keymap
from korgm1.verbs.live import View, live
from korgm1.verbs.live_sound import LiveSound, OpenOutput, add_live_options, open_sound
from korgm1.verbs.midi_options import OpenPorts, add_midi_options, live_midi
from korgm1.verbs.midi_player import MidiPlayer
from korgm1.verbs.options import add_machine_options, battery, check_files, chosen, power, say_warnings, session_from
from korgm1.verbs.places import data_folder
from korgm1.verbs.trace_options import add_trace_options
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.keymap import Keymap

EPILOG = """\
examples:
  korgm1 run                                the instrument with its own memory, kept from run to run
  korgm1 run --battery dead                 the same after years in a cellar (the kept memory stays as it was)
  korgm1 run --sram my.sram --midi a.syx    another memory, a bank sent into MIDI IN
  korgm1 run --no-sram --tty                a part that was never powered, in the terminal
Window: click and drag; F1 shows the computer keys, as korgm1 keys does; --keys FILE has others. Tab: the bench.
Sound goes to the host's output, and its clock is then the pace; --mute, or a host without one: the host's clock.
Terminal: ? shows the keys. Closing the window, q in the terminal, or Ctrl-C switches the power off and saves the RAM.
"""

Open = Callable[..., View]
"""Opens a view of (desk, keymap); the window's has full_screen= and bench=, too."""


def add_parser(subparsers: Any, frontends: Mapping[str, Open], opened: OpenOutput, ports: OpenPorts) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        opened: opens the host's sound output.
        frontends: "window", "terminal" and "speaker": functions that open a view of a desk. "window" raises UserError
            where there is no display; one that is missing has no option.
        ports: opens the host's MIDI ports.
    """
    parser = subparsers.add_parser(
        "run",
        help="the instrument, live",
        description="Switch the instrument on and play it at real-time speed, in a window or in the terminal.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_machine_options(parser)
    shown = parser.add_argument_group("live")
    views = shown.add_mutually_exclusive_group()
    views.add_argument(
        "--tty", "--terminal", dest="tty", action="store_true", help="in the terminal, even where there is a display"
    )
    if "speaker" in frontends:
        views.add_argument("--speak", action="store_true", help="changed LCD text as plain lines, for screen readers")
    shown.add_argument("--full-screen", action="store_true", help="the window fills the screen")
    shown.add_argument("--bench", action="store_true", help="the window begins with its bench drawer open")
    shown.add_argument("--keys", type=named, metavar="FILE", help="another key map, in TOML (korgm1 keys --toml)")
    shown.add_argument("--no-sram", action="store_true", help="start with RAM that was never powered, and keep nothing")
    sound = parser.add_argument_group("sound")
    add_view_option(sound)
    add_live_options(sound)
    add_midi_options(parser.add_argument_group("MIDI"))
    add_trace_options(add_output_options(parser))
    parser.set_defaults(run=lambda args: run(args, frontends, opened, ports))


def run(
    args: argparse.Namespace, frontends: Mapping[str, Open], opened: OpenOutput, ports: OpenPorts | None = None
) -> int:
    """Run until the user or `--seconds` ends it; the power is switched off in every case."""
    from korgm1.desk import Desk

    if args.no_sram and args.sram:
        raise UsageError("--sram and --no-sram exclude each other", "one of them")
    keymap = open_keymap(args.keys)
    check_files(args)
    kept, own_image = args.sram, False
    if not args.sram and not args.no_sram:
        own = own_file(args)
        faults, guesses = Faults(args.fault), Hypotheses(chosen(args))
        holder = Battery.from_text(battery(args), guesses, args.seed, args.temp, faults.network())
        if holder.ram_volts >= GUARANTEED_VOLTS or "fram" in faults:
            args.sram, kept, own_image = str(own), str(own), True
            check_files(args)
            try:
                check_writable(own)
            except UserError as error:
                hint = "--sram FILE keeps the memory elsewhere, --no-sram nowhere"
                raise UserError(error.found, error.expected, hint) from error
        elif own.exists():
            args.sram = read_file(own, "an SRAM image")
    session = session_from(args)
    say_warnings(session)
    picture = b""
    with contextlib.ExitStack() as at_the_end:
        named_output = None if args.audio_device is None else open_sound(session, args, opened)
        if named_output is not None:
            at_the_end.callback(named_output.close)
        asked = at_the_end.enter_context(power(session, args))
        desk = Desk(session, own_image=own_image)
        at_the_end.callback(leave, desk)
        desk.volume = args.volume
        with contextlib.redirect_stdout(sys.stderr) if args.json else contextlib.nullcontext():
            silent: list[str] = []

            def sound() -> LiveSound | str:
                return named_output or open_sound(session, args, opened, say=silent.append) or "".join(silent)

            try:
                _play(desk, args, frontends, keymap, sound, ports, asked)
            finally:
                for text in silent:
                    print(f"korgm1: {text}", file=sys.stderr)
        last = desk.session
        result = last.result("stopped" if last.stopped else "time")
        if args.png:
            picture = last.screenshot()
    if args.png:
        write_atomic(Path(args.png), picture)
    if args.json:
        print(json.dumps(result.to_dict(), indent=2))
    elif kept and session.image_path is not None:
        print(f"power off; the RAM is in {kept}")
    elif not args.no_sram:
        print("power off; with a cell this weak your own RAM image stays as it was (--sram FILE keeps another)")
    return EXIT_CPU_FAULT if last.stopped else EXIT_OK


def leave(desk: Desk) -> None:
    """Close a desk; what cannot be written where it belongs goes to the folder of temporary files.

    Raises:
        UserError: something went there, or could not be written at all; it says which.
    """
    try:
        desk.close()
    except UserError as error:
        import tempfile

        try:
            written = desk.rescue(Path(tempfile.gettempdir()))
        except UserError:
            raise error from None
        names = ", ".join(str(path) for path in written)
        raise UserError(f"{error.found}; what was to be written is in {names}", error.expected, error.hint) from None


def own_file(args: argparse.Namespace) -> Path:
    """Where the user's RAM image of this model and firmware is kept from run to run.

    Each firmware has one of its own: another version would take the first's memory for garbage and initialise it.
    """
    from korgm1.romset.load import load_os

    firmware = load_os(args.roms, args.model)
    version = firmware.version if firmware.version != "?" else firmware.sha1[:8]
    name = firmware.name if args.roms in (None, "openm1:24") else f"{firmware.name} {version}"
    slug = re.sub(r"[^a-z0-9]+", "-", f"{args.model} {name}".lower()).strip("-")
    return data_folder() / f"{slug}.sram"


def _play(
    desk: Desk, args: argparse.Namespace, frontends: Mapping[str, Open], keymap: Keymap,
    opened: Callable[[], LiveSound | str], ports: OpenPorts | None, asked: list[int],
) -> None:
    MidiPlayer(desk)
    with live_midi(desk, args, ports) as midi, contextlib.closing(_open(desk, args, frontends, keymap)) as view:
        live(desk, view, opened, midi, args.seconds, asked)


def _open(desk: Desk, args: argparse.Namespace, frontends: Mapping[str, Open], keymap: Keymap) -> View:
    if getattr(args, "speak", False):
        return frontends["speaker"](desk, keymap)
    if not args.tty:
        try:
            return frontends["window"](desk, keymap, full_screen=args.full_screen, bench=args.bench)
        except UserError as error:
            hint = f" ({error.hint})" if error.hint else ""
            print(f"korgm1: {error.found}{hint}: here is the terminal", file=sys.stderr)
    return frontends["terminal"](desk, keymap)
