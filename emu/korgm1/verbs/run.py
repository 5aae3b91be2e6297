"""korgm1 run: the instrument, live. The only place where emulated time is tied to the host's."""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from korgm1.board.battery import Battery
from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, UsageError, UserError
from korgm1.files import read_file, write_atomic
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.physics.sram_retention import GUARANTEED_VOLTS
from korgm1.verbs.boot import add_output_options
from korgm1.verbs.concert import add_view_option
from korgm1.verbs.live_sound import LiveSound, OpenOutput, add_live_options, open_sound
from korgm1.verbs.options import add_machine_options, battery, check_files, chosen, power, say_warnings, session_from
from korgm1.verbs.places import data_folder
from korgm1.verbs.trace_options import add_trace_options

if TYPE_CHECKING:
    from korgm1.session import Session

EPILOG = """\
examples:
  korgm1 run                                the instrument with its own memory, kept from run to run
  korgm1 run --battery dead                 the same after years in a cellar (the kept memory stays as it was)
  korgm1 run --sram my.sram --midi a.syx    another memory, a bank sent into MIDI IN
  korgm1 run --no-sram --terminal           a part that was never powered, in the terminal
Window: click the buttons, drag VALUE or turn the wheel. Computer keys: F1-F8 the modes, arrows UP DOWN PAGE- PAGE+,
1-8 the cursor keys A-H, number pad (or Shift and a digit) the numbers, pad Enter 10's HOLD, Backspace COMPARE.
Sound goes to the host's output, and its clock is then the pace; --mute, or a host without one: the host's clock.
Terminal: ? shows the keys. Closing the window, q in the terminal, or Ctrl-C switches the power off and saves the RAM.
"""

FRAME = 1 / 60
"""Host seconds from picture to picture."""
LATE = 0.25
"""Host seconds the emulation may be behind before the time is given up (a busy host, a laptop that slept)."""
JUDGE = 2.0
"""Host seconds over which the speed is judged."""
TOO_SLOW = 0.95
"""Below this share of real time a host is called slow."""


class View(Protocol):
    """What a frontend shows itself as."""

    def poll(self, wait: float) -> bool:
        """Take input for `wait` seconds at most; False to switch off."""

    def draw(self, status: str = "") -> None:
        """Show the present state and a hint."""

    def close(self) -> None:
        """Put everything back."""


Open = Callable[["Session"], View]


class Pacer:
    """Emulated time at the host's pace.

    Args:
        session: what is run; its power is on.
        seconds: emulated seconds after which `done` is true; None for never.
        monotonic: the clock whose pace it is, in seconds: the host's, or the sound card's.
        late: seconds the emulation may be behind before the time is given up.
    """

    def __init__(
        self, session: Session, seconds: float | None = None, monotonic: Callable[[], float] = time.monotonic,
        late: float = LATE,
    ) -> None:  # fmt: skip
        self._session = session
        self._monotonic = monotonic
        self._late = late
        self._origin = monotonic() - session.clock / CPU_HZ
        self._end = None if seconds is None else clocks(seconds)
        self._judged = (monotonic(), session.clock)
        self.speed = 1.0
        """Emulated time by host time, lately; 1.0 is real time."""

    @property
    def done(self) -> bool:
        """True when the time is up."""
        return self._end is not None and self._session.clock >= self._end

    def step(self) -> float:
        """Run up to the present, two frames at most so that the panel stays alive on a slow host.

        Returns:
            Host seconds until the next step.
        """
        session = self._session
        present = self._monotonic() - self._origin
        behind = present - session.clock / CPU_HZ
        if behind > self._late:
            self._origin += behind - FRAME
            present -= behind - FRAME
        target = min(clocks(present), session.clock + clocks(2 * FRAME))
        if self._end is not None:
            target = min(target, self._end)
        if target > session.clock:
            session.run_until(target)
        now = self._monotonic()
        if now - self._judged[0] >= JUDGE:
            self.speed = (session.clock - self._judged[1]) / CPU_HZ / (now - self._judged[0])
            self._judged = (now, session.clock)
        return max(0.0, FRAME - (now - self._origin - session.clock / CPU_HZ))


def add_parser(subparsers: Any, frontends: Mapping[str, Open], opened: OpenOutput) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        opened: opens the host's sound output.
        frontends: "window" and "terminal": functions that open the view of a session. "window" raises UserError where
            there is no display.
    """
    parser = subparsers.add_parser(
        "run",
        help="the instrument, live",
        description="Switch the instrument on and play it at real-time speed, in a window or in the terminal.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_machine_options(parser)
    live = parser.add_argument_group("live")
    live.add_argument("--terminal", action="store_true", help="no window, even where there is a display")
    live.add_argument("--no-sram", action="store_true", help="start with RAM that was never powered, and keep nothing")
    sound = parser.add_argument_group("sound")
    add_view_option(sound)
    add_live_options(sound)
    add_trace_options(add_output_options(parser))
    parser.set_defaults(run=lambda args: run(args, frontends, opened))


def run(args: argparse.Namespace, frontends: Mapping[str, Open], opened: OpenOutput) -> int:
    """Run until the user or `--seconds` ends it; the power is switched off in every case."""
    if args.no_sram and args.sram:
        raise UsageError("--sram and --no-sram exclude each other", "one of them")
    check_files(args)
    kept = args.sram
    if not args.sram and not args.no_sram:
        own = own_image(args)
        faults, guesses = Faults(args.fault), Hypotheses(chosen(args))
        holder = Battery.from_text(battery(args), guesses, args.seed, args.temp, faults.network())
        if holder.ram_volts >= GUARANTEED_VOLTS or "fram" in faults:
            args.sram = kept = str(own)
            check_files(args)
        elif own.exists():
            args.sram = read_file(own, "an SRAM image")
    session = session_from(args)
    say_warnings(session)
    picture = b""
    sound = open_sound(session, args, opened)
    with contextlib.ExitStack() as at_the_end:
        if sound is not None:
            at_the_end.callback(sound.close)
        asked = at_the_end.enter_context(power(session, args))
        with contextlib.redirect_stdout(sys.stderr) if args.json else contextlib.nullcontext():
            _play(session, args, frontends, sound, asked)
        result = session.result("stopped" if session.stopped else "time")
        if args.png:
            picture = session.screenshot()
    if args.png:
        write_atomic(Path(args.png), picture)
    if args.json:
        print(json.dumps(result.to_dict(), indent=2))
    elif kept:
        print(f"power off; the RAM is in {kept}")
    elif not args.no_sram:
        print("power off; with a cell this weak your own RAM image stays as it was (--sram FILE keeps another)")
    return EXIT_CPU_FAULT if session.stopped else EXIT_OK


def own_image(args: argparse.Namespace) -> Path:
    """Where the user's RAM image of this model and firmware is kept from run to run.

    Each firmware has one of its own: another version would take the first's memory for garbage and initialise it.
    """
    from korgm1.romset.load import load_os

    firmware = load_os(args.roms, args.model)
    version = firmware.version if firmware.version != "?" else firmware.sha1[:8]
    name = firmware.name if args.roms is None else f"{firmware.name} {version}"
    slug = re.sub(r"[^a-z0-9]+", "-", f"{args.model} {name}".lower()).strip("-")
    return data_folder() / f"{slug}.sram"


def status(session: Session, pacer: Pacer, sound: LiveSound | None = None) -> str:
    """The line below the panel: the CPU has stopped, the host is too slow, gaps in the sound, or ""."""
    if session.stopped:
        return f"the CPU has stopped: {session.stopped}"
    if pacer.speed < TOO_SLOW:
        return f"this host is too slow: {pacer.speed:.0%} of real speed (--engine v30 may be faster)"
    return sound.status if sound is not None else ""


def _play(
    session: Session, args: argparse.Namespace, frontends: Mapping[str, Open], sound: LiveSound | None, asked: list[int]
) -> None:
    with contextlib.closing(_open(session, args, frontends)) as view:
        pacer = Pacer(session, args.seconds) if sound is None else prime(session, sound, args.seconds)
        wait = 0.0
        while not pacer.done and not asked and view.poll(wait):
            wait = pacer.step()
            if sound is not None:
                sound.feed(session.heard())
            view.draw(status(session, pacer, sound))


def prime(session: Session, sound: LiveSound, seconds: float | None = None) -> Pacer:
    """Listen to a session and fill the queue to its depth; the pacer keeps it there: time is what the card took.

    Args:
        session: what is run; its power is on.
        sound: where to.
        seconds: see `Pacer`.
    """
    session.listen(True)
    end = session.clock + clocks(sound.depth)
    session.run_until(end if seconds is None else min(end, clocks(seconds)))
    sound.feed(session.heard())
    return Pacer(session, seconds, sound.clock, LATE + sound.depth)


def _open(session: Session, args: argparse.Namespace, frontends: Mapping[str, Open]) -> View:
    if not args.terminal:
        try:
            return frontends["window"](session)
        except UserError as error:
            hint = f" ({error.hint})" if error.hint else ""
            print(f"korgm1: {error.found}{hint}: here is the terminal", file=sys.stderr)
    return frontends["terminal"](session)
