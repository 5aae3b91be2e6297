"""korgm1 render: a song as a WAV file, faster than it lasts."""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1 import __version__
from korgm1.clock import CPU_HZ
from korgm1.errors import EXIT_CPU_FAULT, EXIT_OK, Stopped
from korgm1.files import check_apart, check_ending, check_writable
from korgm1.verbs.concert import (
    Programme,
    add_concert_options,
    make_ready,
    programme,
    provenance,
    remarks,
    say_late,
    stage,
)
from korgm1.verbs.gain import Amplified, gain
from korgm1.verbs.options import parts, read_only, say_warnings, session_from
from korgm1.verbs.progress import Bar
from korgm1.verbs.raw_file import RawFile
from korgm1.verbs.signals import asked_to_stop
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.session import Session

RATES = ("48000", "44100", "native")
EPILOG = """\
examples:
  korgm1 render song.mid -o song.wav                          what the instrument shows after power-on
  korgm1 render bank.syx song.mid --combi I07 -o song.wav     a bank first, then combination 07
  korgm1 render song.mid --sram my.sram --program I42 -o song.wav
  korgm1 render song.mid --outputs 4 --bits float -o four.wav all four outputs
  korgm1 render song.mid --dac digital --rate native -o raw.wav   the samples themselves, every bit of them
  korgm1 render song.mid --raw song.npy -o song.wav           and the stream of whole numbers, for numpy
  korgm1 render song.mid --gain peak -o loud.wav              as loud as it goes: the loudest sample at -1 dB
  korgm1 render song.mid --hyp H-INT=none -o other.wav        with another guess
The file begins with the song's first moment: power-on and loading are not in it. With OpenM1 the sound is this
project's, not Korg's: sounds of its own, and laws that are guesses (korgm1 hypotheses); the file lists those it depends
on (LIST/INFO, comment). --sram and --card are read and stay as they are. The same inputs give the same bytes.
Exit codes: 0 ok, 1 an input that cannot be used or was refused, 2 usage, 3 ROM problem, 4 the emulated CPU stopped (the
file is written), 130 stopped (nothing is written).
"""


@dataclass(frozen=True)
class Rendered:
    """What became of it.

    Attributes:
        path, rate, channels, form: the file's.
        frames: samples of each output in the file; seconds: the same as a time.
        native_frames: frames of the instrument, 31,250 a second; frames = ceil(native_frames x rate / 31,250).
        song_seconds: how long the song is without its tail.
        loudest: the highest of the instrument's samples, of 20 bits.
        peak: of full scale, in the file; clipped: samples that were cut.
        speed: seconds of sound by those of the host, from the song's begin on.
        host_seconds: of the host, boot and loading included.
        sound_hash: of the instrument's stream since power-on.
        display: the two lines of the LCD at the end.
        facts: see `concert.provenance`.
        stopped: why the CPU stopped, or None.
    """

    path: str
    rate: int
    channels: int
    form: str
    frames: int
    seconds: float
    native_frames: int
    song_seconds: float
    loudest: int
    peak: float
    clipped: int
    speed: float
    host_seconds: float
    sound_hash: str
    display: tuple[str, str]
    facts: dict[str, Any]
    stopped: str | None

    @property
    def peak_db(self) -> float:
        """The peak in dB of full scale."""
        return 20 * math.log10(self.peak) if self.peak else -math.inf


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "render", help="a MIDI file as WAV", epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Play a standard MIDI file on the instrument and write what comes out, faster than real time.",
    )
    out = add_concert_options(parser, "read at power-on; it stays as it is")
    out.add_argument("-o", "--out", type=named, required=True, metavar="WAV")
    out.add_argument("--rate", choices=RATES, default="48000", help="samples a second; native: 31250; default: 48000")
    out.add_argument("--bits", choices=("16", "24", "float"), default="24", help="default: 24")
    out.add_argument(
        "--gain", type=gain, default=0.0, metavar="DB|peak",
        help="louder or softer by so many dB, in the file only; peak: the loudest sample at -1 dB; default: 0",
    )
    out.add_argument(
        "--raw", type=named, metavar="NPY",
        help="the stream before the converter, too: int32 of 20 bits, four outputs, 31,250 a second",
    )
    out.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Render and report."""
    inputs = [("an input", name) for name in args.inputs]
    check_apart(
        [
            *inputs, ("--sram", args.sram), ("--card", args.card), ("--roms", args.roms), ("--waves", args.waves),
            ("--pcm-card", args.pcm_card),
        ],
        [("-o", args.out), ("--raw", args.raw), *parts(("-o", args.out), ("--raw", args.raw))],
    )
    check_ending(Path(args.out), ".wav", "sound is WAV")
    if args.raw is not None:
        check_ending(Path(args.raw), ".npy", "the stream is a numpy file")
    for name in filter(None, (args.out, args.raw)):
        check_writable(Path(name))
    what = programme(args.inputs, args.program, args.combi)
    say_late(what.song)
    with asked_to_stop() as asked:
        session = session_from(read_only(args))
        say_warnings(session)
        with Bar() as bar:
            rendered = render(
                session, what, Path(args.out), view=args.dac, rate=None if args.rate == "native" else int(args.rate),
                outputs=args.outputs, form=args.bits, tail=args.tail, raw=None if args.raw is None else Path(args.raw),
                decibels=args.gain, asked=lambda: asked, progress=bar.show,
            )
    if args.json:
        print(json.dumps(asdict(rendered), indent=2))
    else:
        print(report(rendered))
    for remark in remarks(what, rendered.display, rendered.loudest):
        print(f"korgm1: {remark}", file=sys.stderr)
    if args.tail is None and (remark := said_of_tail(rendered)):
        print(f"korgm1: {remark}", file=sys.stderr)
    return EXIT_CPU_FAULT if rendered.stopped else EXIT_OK


def said_of_tail(rendered: Rendered) -> str:
    """A remark where a tail that was to last until silence had to be cut, else nothing."""
    from korgm1.performance.playing import LONGEST_TAIL

    if rendered.stopped or rendered.seconds < rendered.song_seconds + LONGEST_TAIL:
        return ""
    return f"{LONGEST_TAIL:g} s after the song it was not silent, and was cut; a note without an end? (--tail SECONDS)"


def render(
    session: Session, what: Programme, path: Path, *, view: str = "analogue", rate: int | None = 48000,
    outputs: int = 2, form: str = "24", tail: float | None = None, raw: Path | None = None,
    decibels: float | None = 0.0, asked: Callable[[], object] = lambda: False,
    progress: Callable[[float, float], None] = lambda done, of: None,
) -> Rendered:  # fmt: skip
    """Switch `session` on, have it play, write what comes out, switch it off.

    Args:
        session: switched off.
        what: see `concert.programme`.
        path: the WAV file; it is there only when all is well.
        view: "digital", "zoh" or "analogue".
        rate: samples a second; None: the instrument's own.
        outputs: 2 or 4.
        form: "16", "24" or "float".
        tail: seconds behind the song; None: until it is silent.
        raw: a .npy file for the stream of whole numbers, or None.
        decibels: gain between the outputs and the file; None: the loudest sample at `gain.PEAK`.
        asked: a true value stops it.
        progress: called with the seconds played and those of the song.

    Raises:
        M1Error: something cannot be used, was refused or cannot be written.
        Stopped: it was asked to stop; nothing is written.
    """
    from korgm1.performance import check_length, play
    from korgm1.verbs.wav_file import WavFile, info

    check_length(what.song, tail)
    sight = stage(session, view, rate, outputs)
    begun = time.perf_counter()
    made: list[WavFile | RawFile | Amplified] = []
    try:
        wav = WavFile(path, sight.rate, outputs, form)
        made.append(wav)
        pot = Amplified(wav, path.resolve().parent, decibels)
        made.append(pot)
        stream = None if raw is None else RawFile(raw)
        if stream is not None:
            made.append(stream)
        session.power_on()
        try:
            make_ready(session, what, asked)
            ready = time.perf_counter()
            native = loudest = 0
            song_seconds = what.song.length / CPU_HZ
            for frames in play(session, what.song, tail, asked):
                native += len(frames)
                loudest = max(loudest, int(abs(frames).max(initial=0)))
                pot.write(sight.process(frames))
                if stream is not None:
                    stream.write(frames)
                progress(native / session.sound_rate, song_seconds)
            if asked():
                raise Stopped("stopped while it played")
            pot.write(sight.finish())
            sound_hash, stopped, display = f"{session.sound_hash:016x}", session.stopped, session.lcd
        finally:
            session.power_off()
        pot.finish()
        facts = {
            **provenance(session, what, view), "rate": sight.rate, "frames": wav.frames, "sound_hash": sound_hash,
            "gain_db": round(pot.decibels, 3),
        }
        if stream is not None:
            stream.close()
        wav.close(info(f"korgm1 {__version__}", facts))
    except BaseException as error:
        for file in made:
            file.discard()
        if isinstance(error, Stopped):
            raise Stopped(f"{error.found}; nothing written") from None
        raise
    seconds, now = wav.frames / sight.rate, time.perf_counter()
    return Rendered(
        path=str(path), rate=sight.rate, channels=outputs, form=form, frames=wav.frames, seconds=seconds,
        native_frames=native, song_seconds=song_seconds, loudest=loudest, peak=wav.peak, clipped=wav.clipped,
        speed=seconds / (now - ready), host_seconds=now - begun, sound_hash=sound_hash, display=display,
        facts=facts, stopped=stopped,
    )  # fmt: skip


def report(rendered: Rendered) -> str:
    """The result as text for people."""
    kinds = {"16": "16 bit", "24": "24 bit", "float": "float"}
    raised = rendered.facts["gain_db"]
    lines = [
        f"{rendered.path}: {rendered.seconds:.3f} s ({rendered.song_seconds:.3f} s of song), "
        f"{rendered.frames:,} samples of {rendered.channels} outputs, {rendered.rate:,} Hz, {kinds[rendered.form]}, "
        f"{rendered.facts['dac']}",
        f"peak {rendered.peak_db:.1f} dB of full scale"
        + (f" with {raised:+.1f} dB of gain" if raised else "")
        + (f", {rendered.clipped:,} samples clipped" if rendered.clipped else "")
        + f"; {rendered.speed:.1f} times real time, {rendered.host_seconds:.1f} s with boot and loading; "
        f"sound hash {rendered.sound_hash}",
    ]
    if rendered.stopped:
        lines.append(f"the CPU stopped: {rendered.stopped}")
    return "\n".join(lines)
