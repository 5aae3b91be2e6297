"""korgm1 play: a song, live."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, Stopped
from korgm1.files import check_apart
from korgm1.verbs.concert import Programme, add_concert_options, make_ready, programme, remarks, say_late
from korgm1.verbs.live_sound import LiveSound, OpenOutput, add_live_options, open_sound
from korgm1.verbs.options import power, say_warnings, session_from
from korgm1.verbs.progress import Bar
from korgm1.verbs.signals import stopped

if TYPE_CHECKING:
    from korgm1.session import Session

EPILOG = """\
examples:
  korgm1 play song.mid
  korgm1 play bank.syx song.mid --combi I07 --latency low
  korgm1 play song.mid --sram my.sram --program I42 --audio-device 3
  korgm1 play --list-devices                   the host's outputs
Ctrl-C stops it. What it needs for a file is korgm1 render; --sram and --card are written back at power-off, as by run.
Without PortAudio or a device it is said, and the song is played without sound; a missing --audio-device is an error.
Exit codes: 0 ok, 1 an input that cannot be used or was refused, 2 usage, 3 ROM problem, 4 the emulated CPU stopped,
130 stopped.
"""
STEP = 512 * 256
"""Clocks from block to block: 512 frames, 16 ms."""


def add_parser(subparsers: Any, opened: OpenOutput, devices: Callable[[], list[str]]) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        opened: opens the host's sound output.
        devices: the host's outputs, a line each.
    """
    parser = subparsers.add_parser(
        "play", help="a MIDI file, live", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Play a standard MIDI file on the instrument, through the host's sound output.",
    )
    out = add_concert_options(parser, "read at power-on where it exists, written back at power-off")
    add_live_options(out)
    out.add_argument("--list-devices", action="store_true", help="print the host's outputs, and nothing else")
    parser.set_defaults(run=lambda args: run(args, opened, devices))


def run(args: argparse.Namespace, opened: OpenOutput, devices: Callable[[], list[str]]) -> int:
    """Play; the power is switched off in every case."""
    if args.list_devices:
        print("\n".join(devices()) or "no outputs")
        return EXIT_OK
    inputs = [("an input", name) for name in args.inputs]
    check_apart(
        [*inputs, ("--roms", args.roms), ("--waves", args.waves), ("--pcm-card", args.pcm_card)],
        [("--sram", args.sram), ("--card", args.card)],
    )
    what = programme(args.inputs, args.program, args.combi, "play")
    say_late(what.song)
    session = session_from(args)
    say_warnings(session)
    sound = open_sound(session, args, opened, args.outputs)
    with contextlib.ExitStack() as at_the_end:
        if sound is not None:
            at_the_end.callback(sound.close)
        asked = at_the_end.enter_context(power(session, args))
        kept = [args.sram] if args.sram else []
        try:
            make_ready(session, what, lambda: asked)
        except Stopped as ended:
            raise stopped(kept, when=ended.found.removeprefix("stopped ")) from None
        with Bar() as bar:
            peak = play(session, what, sound, args.tail, lambda: asked, bar.show)
        if asked:
            raise stopped(kept, when="while it played")
        for remark in remarks(what, session.lcd, peak):
            print(f"korgm1: {remark}", file=sys.stderr)
    if sound is not None and sound.status:
        print(f"korgm1: {sound.status}", file=sys.stderr)
    return EXIT_CPU_FAULT if session.stopped else EXIT_OK


def play(
    session: Session, what: Programme, sound: LiveSound | None, tail: float | None = None,
    asked: Callable[[], object] = lambda: False, progress: Callable[[float, float], None] = lambda done, of: None,
    host: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep,
) -> int:  # fmt: skip
    """Have a session that was made ready play at the pace of the sound output, or of the host.

    Args:
        session: switched on.
        what: see `concert.programme`.
        sound: where to; None: nowhere, and the host's clock is the pace.
        tail: seconds behind the song; None: until it is silent.
        asked: a true value stops it.
        progress: called with the seconds played and those of the song.
        host, sleep: the host's clock and how to wait, in seconds.

    Returns:
        The highest of the instrument's samples, of 20 bits.
    """
    from korgm1.performance import stream

    begun: list[float] = []
    clock, ahead = (host, 0.0) if sound is None else (sound.clock, sound.depth)

    def wait(goal: int) -> None:
        begun[:] = begun or [clock()]
        while not asked():
            early = goal / CPU_HZ - ahead - (clock() - begun[0])
            if early <= 0:
                return
            sleep(min(early, 0.01))

    highest, frames_done = 0, 0
    for frames in stream(session, what.song, tail, asked, STEP, wait):
        frames_done += len(frames)
        highest = max(highest, int(abs(frames).max(initial=0)))
        if sound is not None:
            sound.feed(frames)
        progress(frames_done / session.sound_rate, what.song.length / CPU_HZ)
    if sound is not None and not asked():
        sound.finish()
    return highest
