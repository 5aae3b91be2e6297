"""What `render` and `play` share: their options, and an instrument with banks loaded and a sound selected."""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import Stopped, UsageError, UserError
from korgm1.files import read_file
from korgm1.verbs.midi_file import LIMIT, is_song, song_of
from korgm1.verbs.options import add_instrument_options, add_memory_options

if TYPE_CHECKING:
    from korgm1.performance import Song, Sound
    from korgm1.session import Session
    from korgm1.sound.output_stage import OutputStage

ENGINE = "v30"
"""The fastest with sound; which engine it is changes no sample."""
LATE = 0.1
"""Seconds: a song of which any byte is so late is told of."""
VIEWS = ("analogue", "zoh", "digital")
ONE_CHANNEL = ("SINGLE", "LAYER", "SPLIT", "VELOCITY SWITCH")
"""Types of combination that hear the global channel alone, as OpenM1's second line of COMBI names them."""


@dataclass(frozen=True)
class Programme:
    """What is played, read from files.

    Attributes:
        banks: (file name, bytes) in the order of loading.
        song: what follows.
        sound: what is selected before, or None: what the instrument shows.
        sha1: (file name, SHA-1) of every file, in the order given.
    """

    banks: tuple[tuple[str, bytes], ...]
    song: Song
    sound: Sound | None
    sha1: tuple[tuple[str, str], ...]


def add_concert_options(parser: argparse.ArgumentParser, use: str) -> argparse._ArgumentGroup:
    """Inputs, selection, the instrument, and how its outputs are looked at; `use` says what becomes of the RAM's image.

    Returns:
        The group of what comes out.
    """
    parser.add_argument("inputs", nargs="*", metavar="FILE", help="banks (.syx), sent first, and one song (.mid)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--program", metavar="I00", help="play this program; default: what the instrument shows")
    which.add_argument("--combi", metavar="I00", help="play this combination")
    add_memory_options(add_instrument_options(parser, ENGINE), use)
    out = parser.add_argument_group("what comes out")
    out.add_argument("--outputs", type=int, choices=(2, 4), default=2, help="1/L and 2/R, or all four; default: 2")
    add_view_option(out)
    out.add_argument(
        "--tail", type=tail, default=None, metavar="SECONDS",
        help="how long to go on behind the song; auto, the default: until it is silent",
    )
    parser.set_defaults(hold=(), press=[], midi=[], seconds=None, engine=ENGINE)
    return out


def add_view_option(out: argparse._ArgumentGroup) -> None:
    """How the outputs are looked at."""
    out.add_argument(
        "--dac", choices=VIEWS, default="analogue",
        help="behind the converter and a filter (a guess), the converter's stairs alone, or the samples as they are; "
        "default: analogue",
    )


def tail(text: str) -> float | None:
    """Seconds, or None for `auto`.

    >>> tail("2.5"), tail("auto")
    (2.5, None)
    """
    from korgm1.performance.playing import LONGEST

    if text == "auto":
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= LONGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no tail: auto, or 0 to {LONGEST:,} seconds")
    return value


def programme(
    inputs: Sequence[str], program: str | None = None, combi: str | None = None, verb: str = "render"
) -> Programme:
    """Read and check all files; `verb` stands in the hint of what to type instead.

    Raises:
        M1Error: one cannot be used, there is no song or more than one, or no such sound.
    """
    from korgm1.performance import Sound, check_length

    data = {name: read_file(Path(name), "a song (.mid) or a bank (.syx)", LIMIT) for name in inputs}
    for name in inputs:
        if not data[name]:
            raise UserError(f"{name} is empty", "a song (.mid) or a bank (.syx)")
    songs = [name for name in inputs if is_song(data[name])]
    if len(songs) > 1:
        raise UsageError(f"there are {len(songs)} songs, {', '.join(songs)}", "one; banks (.syx) may be many")
    banks = [(name, data[name]) for name in inputs if name not in songs]
    for name, found in banks:
        if not found[0] & 0x80:
            raise UserError(f"{name} begins with no MIDI status byte", "a bank (.syx) or a song (.mid)")
    if not songs:
        out = " -o song.wav" if verb == "render" else ""
        raise UsageError(
            "there is no song" + (f", only {', '.join(inputs)}" if inputs else ""), "a standard MIDI file (.mid)",
            f"korgm1 {verb} {' '.join([*inputs, 'song.mid'])}{out}",
        )
    sound = None
    if program is not None:
        sound = Sound.parse("PROG", program)
    elif combi is not None:
        sound = Sound.parse("COMBI", combi)
    song = song_of(songs[0], data[songs[0]])
    check_length(song)
    digests = tuple((Path(name).name, hashlib.sha1(data[name]).hexdigest()) for name in inputs)
    return Programme(tuple(banks), song, sound, digests)


def make_ready(session: Session, what: Programme, asked: Callable[[], object] = lambda: False) -> None:
    """Wait for the play page, load the banks, select the sound; the power is on.

    Raises:
        UserError: the instrument refused something.
        Stopped: it was asked to stop.
    """
    from korgm1.performance import load, select

    session.boot(asked_to_stop=asked)
    if asked():
        raise Stopped("stopped during the boot")
    for name, data in what.banks:
        load(session, data, name, asked)
    if what.sound is not None:
        select(session, what.sound, asked)


def stage(session: Session, view: str, rate: int | None, outputs: int) -> OutputStage:
    """The view of a session's outputs.

    Args:
        session: whose hypotheses and seed say which converter it is.
        view: of `VIEWS`.
        rate: samples a second, None: native.
        outputs: 2 or 4.

    Raises:
        UserError: scipy is missing and this view needs it.
    """
    from korgm1.sound.dac_pcm54 import Pcm54
    from korgm1.sound.output_stage import OutputStage

    converter = None if view == "digital" else Pcm54.of(session.hypotheses, session.seed)
    return OutputStage.of(
        session.hypotheses, view, converter, rate, frame_rate=session.sound_rate, outputs=outputs
    )


def say_late(song: Song) -> None:
    """On stderr: the song holds more than a MIDI cable carries in its time."""
    if song.late >= LATE:
        print(
            f"korgm1: the song sends more than MIDI carries: up to {song.late:,.1f} s late, and what comes behind its "
            "end and tail is not heard", file=sys.stderr,
        )  # fmt: skip


def remarks(what: Programme, display: tuple[str, str], loudest: int) -> list[str]:
    """What a user may wonder about: no sound at all, or a song for several channels of which only one is heard.

    Args:
        what: what was played.
        display: its two lines when the song was over.
        loudest: the highest sample that came out.
    """
    if not what.song.notes:
        return []
    if not loudest:
        return [said_of_silence(what, display[0])]
    unheard = len(what.song.channels) - 1
    hearer = hears_one_channel(display)
    if unheard and hearer:
        return [
            f"the song has notes on {unheard + 1} channels, of which {unheard} {'is' if unheard == 1 else 'are'} not "
            f"heard: {hearer} hears the global channel alone, a MULTI combination one a timbre (--combi)"
        ]
    return []


def hears_one_channel(display: tuple[str, str]) -> str:
    """What plays, if it hears the global channel alone; "" if it hears more, or the display does not say.

    >>> hears_one_channel(("Prog I00 Init Prog", "SINGLE  POLY")), hears_one_channel(("Combi I00 Init Combi", "LAYER"))
    ('a program', 'a LAYER combination')
    >>> hears_one_channel(("Combi I07 Orchestra", "MULTI"))
    ''
    """
    if display[0].startswith("Prog "):
        return "a program"
    kind = display[1].strip()
    return f"a {kind} combination" if display[0].startswith("Combi ") and kind in ONE_CHANNEL else ""


def said_of_silence(what: Programme, display: str) -> str:
    """Why a song that has notes may have made no sound, a sentence."""
    channels, notes = what.song.channels, what.song.notes
    return (
        f"no sound came out. The song has {notes:,} note{'s' * (notes != 1)} on "
        f"channel{'s' * (len(channels) != 1)} {', '.join(map(str, channels))}; a program hears the global "
        f"channel alone, a MULTI combination one a timbre (--program, --combi). The display: "
        f"{display.strip() or 'empty'}"
    )


def provenance(session: Session, what: Programme, view: str) -> dict[str, Any]:
    """What a file says of how it was made: everything that decides its samples."""
    from korgm1.performance import guesses

    return {
        "firmware": f"{session.firmware.name} {session.firmware.version}",
        "firmware_sha1": session.firmware.sha1,
        "model": session.model.name,
        "engine": session.engine_name,
        "wave_rom_sha1": session.wave_sha1,
        "pcm_card_sha1": session.pcm_card_sha1,
        "hypotheses": guesses(session, view),
        "dac": view,
        "inputs": [{"name": name, "sha1": digest} for name, digest in what.sha1],
        "sound": None if what.sound is None else str(what.sound),
    }
