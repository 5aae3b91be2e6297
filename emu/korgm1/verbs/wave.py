"""korgm1 wave: the open wave ROM, listed, drawn and written as WAV files."""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
import wave
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UsageError
from korgm1.files import check_ending, check_writable, write_atomic
from korgm1.verbs import plotting
from korgm1.verbs.words import named, seconds

if TYPE_CHECKING:
    from korgm1.waves.bank import Bank
    from korgm1.waves.directory import Sound

EPILOG = """\
examples:
  korgm1 wave list                                     all 100 multisounds and 44 drums
  korgm1 wave list --json                              zones, loops, roots and levels, too
  korgm1 wave plot 0 -o piano.png                      waveform, spectrum, zones over the keyboard
  korgm1 wave export 31 --key C4 --seconds 3 -o strings.wav
  korgm1 wave export drum:4 -o snare.wav               drum sound 4
  korgm1 wave export --all waves/                      every one of them
A sound is a number (0 to 99), drum:N (1 to 44) or a name (Strings). These are sounds of our own under the M1's names,
not Korg's. What is written is the plain words, looped and interpolated in a straight line: a view, not the tone
generator; no envelope, filter or effect. 16 bit, mono, 31,250 Hz. Exit codes: 0 ok, 1 a file that cannot be written,
2 usage.
"""
KEYS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
LONGEST = 600.0
"""Seconds of one export at most."""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "wave", help="list, draw and export the open wave ROM",
        description="The open wave ROM: sounds of our own under the M1's numbers and names.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="list|plot|export", required=True)

    one = deeds.add_parser("list", help="all sounds", description="All multisounds and drum sounds.")
    one.add_argument("--json", action="store_true", help="print one JSON object, zones included")
    one.set_defaults(run=run_list)

    one = deeds.add_parser("plot", help="draw one", description="Waveform, spectrum and zones as PNG.")
    one.add_argument("sound", metavar="N", help="0 to 99, drum:1 to drum:44, or a name")
    one.add_argument("--key", type=key_number, default=60, metavar="KEY", help="C4, F#3, Bb2 or 0-127; default: C4")
    one.add_argument("-o", "--out", metavar="PNG", type=named, required=True)
    one.set_defaults(run=run_plot)

    one = deeds.add_parser("export", help="write one, or all, as WAV", description="A looped playback as WAV.")
    one.add_argument("sound", metavar="N", nargs="?", help="0 to 99, drum:1 to drum:44, or a name")
    one.add_argument("--all", metavar="DIR", type=named, help="write every sound into this folder")
    one.add_argument("--key", type=key_number, default=60, metavar="KEY", help="C4, F#3, Bb2 or 0-127; default: C4")
    one.add_argument("--seconds", type=partial(seconds, longest=LONGEST), default=2.0, metavar="S", help="default: 2")
    one.add_argument("-o", "--out", metavar="WAV", type=named)
    one.set_defaults(run=run_export)


def run_list(args: argparse.Namespace) -> int:
    """Print the directory."""
    from korgm1.waves.bank import open_bank

    bank = open_bank()
    if args.json:
        print(json.dumps(as_json(bank), indent=1))
    else:
        print(as_text(bank))
    return EXIT_OK


def run_plot(args: argparse.Namespace) -> int:
    """Draw one sound."""
    from korgm1.verbs.wave_plot import draw
    from korgm1.waves.bank import open_bank

    plotting.check_picture(Path(args.out))
    check_writable(Path(args.out))
    bank = open_bank()
    sound = find(bank, args.sound)
    draw(bank, sound, args.key, Path(args.out))
    print(f"{args.out}: {sound.name}, {key_name(args.key)}")
    return EXIT_OK


def run_export(args: argparse.Namespace) -> int:
    """Write one sound, or all."""
    from korgm1.waves.bank import open_bank

    if (args.sound is None) == (args.all is None):
        raise UsageError("export wants one sound or --all DIR", "korgm1 wave export 31 -o strings.wav")
    if args.sound is not None and args.out is None:
        raise UsageError("no file is named", "-o FILE.wav")
    if args.all is not None and args.out is not None:
        raise UsageError("--all names the files itself", "--all DIR without -o")
    if args.out is not None:
        check_ending(Path(args.out), ".wav", "sound is WAV")
    bank = open_bank()
    if args.all is None:
        sound = find(bank, args.sound)
        write_atomic(Path(args.out), wav(bank, sound, args.key, args.seconds))
        print(f"{args.out}: {sound.name}, {key_name(args.key)}, {args.seconds:g} s")
        return EXIT_OK
    folder = Path(args.all)
    sounds = [(f"{sound.number:02d}", sound) for sound in bank.multisounds]
    sounds += [(f"drum{sound.number:02d}", sound) for sound in bank.drums]
    for done, (number, sound) in enumerate(sounds, 1):
        name = f"{number}-{re.sub(r'[^A-Za-z0-9.]+', '-', sound.name).strip('-')}.wav"
        write_atomic(folder / name, wav(bank, sound, args.key, args.seconds))
        if sys.stderr.isatty():
            print(f"\r{done}/{len(sounds)} {name:30.30}", end="", file=sys.stderr, flush=True)
    if sys.stderr.isatty():
        print("\r" + " " * 40 + "\r", end="", file=sys.stderr, flush=True)
    print(f"{folder}: {len(sounds)} files, {key_name(args.key)}, {args.seconds:g} s each")
    return EXIT_OK


def find(bank: Bank, word: str) -> Sound:
    """The sound a word means: "31", "drum:4", "Strings".

    Raises:
        UsageError: there is none.
    """
    expected, hint = "0 to 99, drum:1 to drum:44, or a name", "korgm1 wave list"
    drum = re.fullmatch(r"drum:(.+)", word, re.IGNORECASE)
    text = (drum.group(1) if drum else word).strip()
    sounds = bank.drums if drum else bank.multisounds
    if re.fullmatch(r"[0-9]{1,3}", text):
        found = [sound for sound in sounds if sound.number == int(text)]
    else:
        everything = bank.drums if drum else (*bank.multisounds, *bank.drums)
        found = [sound for sound in everything if sound.name.lower() == text.lower()]
    if not found:
        raise UsageError(f"there is no sound {word!r}", expected, hint)
    return found[0]


def key_number(text: str) -> int:
    """The MIDI number of a key: "C4" is 60, "F#3", "Bb2", or the number itself.

    >>> key_number("C4"), key_number("A4"), key_number("Bb2"), key_number("0")
    (60, 69, 46, 0)
    """
    match = re.fullmatch(r"([A-Ga-g])([#b]?)(-?[0-9])", text.strip())
    if match:
        sharps = ("b", "", "#").index(match.group(2)) - 1
        number = 12 * (int(match.group(3)) + 1) + KEYS[match.group(1).upper()] + sharps
    elif re.fullmatch(r"[0-9]{1,3}", text.strip()):
        number = int(text)
    else:
        number = -1
    if not 0 <= number <= 127:
        raise argparse.ArgumentTypeError(f"{text!r} is no key: C4, F#3, Bb2 or 0 to 127")
    return number


def key_name(key: int) -> str:
    """The name of a MIDI key, 60 is C4.

    >>> key_name(60), key_name(46)
    ('C4', 'A#2')
    """
    return ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")[key % 12] + str(key // 12 - 1)


def wav(bank: Bank, sound: Sound, key: int = 60, seconds: float = 2.0) -> bytes:
    """A key held for so long, as a WAV file's bytes: 16 bit, mono, 31,250 Hz."""
    import numpy as np

    from korgm1.waves.directory import RATE
    from korgm1.waves.player import play

    samples = np.rint(np.clip(play(bank, sound, key, seconds), -1.0, 1.0) * 32767.0).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return out.getvalue()


def as_json(bank: Bank) -> dict[str, Any]:
    """The directory as one JSON object: `words`, `sha1`, `rate`, `multisounds` and `drums` with their zones."""
    from korgm1.waves.directory import RATE

    def row(sound: Sound) -> dict[str, Any]:
        zones = [
            {**asdict(zone), "root_key": zone.root_key, "root_cents": zone.root_cents} for zone in sound.zones
        ]
        return {**asdict(sound), "zones": zones}

    return {
        "words": len(bank.words), "sha1": bank.sha1, "rate": RATE,
        "multisounds": [row(sound) for sound in bank.multisounds], "drums": [row(sound) for sound in bank.drums],
    }


def as_text(bank: Bank) -> str:
    """The directory for people."""
    lines = [
        f"The open wave ROM: {len(bank.words):,} words of 16 bit, {2 * len(bank.words) / 1048576:.2f} MB, "
        f"SHA-1 {bank.sha1}",
        "Sounds of our own under the M1's numbers and names; nothing of Korg's is in it.", "",
        f"{'no':>7} {'name':<12} {'zones':>5} {'words':>8}  {'':<14} how it is made",
    ]
    for prefix, sounds in (("", bank.multisounds), ("drum:", bank.drums)):
        for sound in sounds:
            kind = ", ".join(
                word for word, said in (("ends", sound.one_shot), ("one pitch", not sound.tracking)) if said
            )
            words = sum(zone.words for zone in sound.zones)
            lines.append(f"{prefix + str(sound.number):>7} {sound.name:<12} {len(sound.zones):>5} {words:>8,}  "
                         f"{kind:<14} {sound.made}")
    return "\n".join(lines)
