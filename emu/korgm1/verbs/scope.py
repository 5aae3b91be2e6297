"""korgm1 scope: levels, waveform and spectrum of a WAV file."""

from __future__ import annotations

import argparse
import json
from math import isfinite, log2
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.errors import EXIT_OK, UsageError
from korgm1.files import check_apart, check_writable
from korgm1.verbs import plotting
from korgm1.verbs.wave import key_name
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.verbs.scope_measure import Measured, Partial
    from korgm1.verbs.wav_reading import Wav

EPILOG = """\
examples:
  korgm1 scope out.wav                                 peak, RMS and the strongest partials of each channel
  korgm1 scope out.wav -o out.png                      waveform and spectrum, too
  korgm1 scope out.wav --from 2 --to 2.05 --channel 1 -o note.png
  korgm1 scope out.wav --json
Levels are in dBFS: 0 is a full-scale sample; in the spectrum, a full-scale sine; as RMS, a full-scale square wave. The
spectrum is the mean of the stretch, so a note that moves is smeared. Reads 16, 24 and 32 bit and float, 1 to 8
channels.
Exit codes: 0 ok, 1 a file that cannot be used, 2 usage.
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "scope", help="measure and draw a WAV file", description="Levels, waveform and spectrum of a WAV file.",
        epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", metavar="WAV", type=named)
    parser.add_argument("-o", "--out", metavar="PNG", type=named, help="draw it")
    parser.add_argument("--from", dest="begin", type=_moment, default=0.0, metavar="S", help="seconds; default: 0")
    parser.add_argument("--to", dest="end", type=_moment, metavar="S", help="seconds; default: the end")
    parser.add_argument("--channel", type=int, metavar="N", help="this one only, from 1; default: all")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Measure, and draw."""
    from korgm1.verbs.scope_measure import SHORTEST, measure
    from korgm1.verbs.wav_reading import read_wav

    if args.out is not None:
        check_apart([("WAV", args.file)], [("--out", args.out)])
        plotting.check_picture(Path(args.out))
        check_writable(Path(args.out))
    wav = read_wav(Path(args.file), args.begin, args.end)
    if args.channel is not None and not 1 <= args.channel <= wav.channels:
        raise UsageError(f"there is no channel {args.channel}", f"1 to {wav.channels}" if wav.channels > 1 else "1")
    if len(wav.samples) < SHORTEST:
        whole = f"{wav.frames:,} of the file, {wav.frames / wav.rate:.3f} s"
        raise UsageError(f"{len(wav.samples)} frames of {whole}, are to be measured", f"{SHORTEST} at least")
    numbers = range(1, wav.channels + 1) if args.channel is None else [args.channel]
    found = {number: measure(wav.samples[:, number - 1], wav.rate) for number in numbers}
    if args.out is not None:
        from korgm1.verbs.scope_plot import draw

        draw(Path(args.file).name, wav, found, Path(args.out))
    if args.json:
        print(json.dumps(as_json(args.file, wav, found), indent=1))
    else:
        print(as_text(args.file, wav, found))
        if args.out is not None:
            print(f"drawn: {args.out}")
    return EXIT_OK


def as_json(name: str, wav: Wav, found: dict[int, Measured]) -> dict[str, Any]:
    """One JSON object: file, stretch, `channels` with `peak` and `rms` (dBFS, null: silent), `dc` and `partials`."""
    channels = [
        {
            "channel": number, "peak": seen.peak, "peak_at": wav.begin + seen.peak_at, "rms": seen.rms, "dc": seen.mean,
            "partials": [{"hertz": partial.hertz, "level": partial.level} for partial in seen.partials],
        }
        for number, seen in found.items()
    ]  # fmt: skip
    return {
        "file": name, "rate": wav.rate, "form": wav.form, "seconds": wav.frames / wav.rate, "from": wav.begin,
        "to": wav.begin + wav.seconds, "channels": channels,
    }  # fmt: skip


def as_text(name: str, wav: Wav, found: dict[int, Measured]) -> str:
    """The same for people."""
    from korgm1.verbs.scope_measure import twins

    many = f"{wav.channels} channels" if wav.channels > 1 else "1 channel"
    lines = [f"{name}: {wav.form}, {many}, {wav.rate:,} Hz, {wav.frames / wav.rate:.3f} s"]
    if len(wav.samples) < wav.frames:
        lines.append(f"measured: {wav.begin:.3f} s to {wav.begin + wav.seconds:.3f} s")
    same = twins(wav.samples, found)
    for number, seen in found.items():
        if number in same and seen.peak is not None:
            lines.append(f"channel {number}: the same as channel {same[number]}")
            continue
        lines.append(f"channel {number}: {seen.words(2)}")
        if seen.peak is not None:
            lines[-1] += f", highest at {wav.begin + seen.peak_at:.3f} s, DC {round(seen.mean, 5) + 0.0:+.5f}"
        for one in seen.partials:
            lines.append(f"  {one.hertz:9.2f} Hz  {one.level:7.2f} dBFS  {near_key(one)}".rstrip())
    return "\n".join(lines)


def near_key(partial: Partial) -> str:
    """The key whose fundamental is next to a partial, and the cents from it.

    >>> from korgm1.verbs.scope_measure import Partial
    >>> near_key(Partial(440.0, -3.0)), near_key(Partial(255.0, -3.0)), near_key(Partial(3.0, -3.0))
    ('A4', 'C4 -44', '')
    """
    cents = 6900 + 1200 * log2(partial.hertz / 440)
    key = round(cents / 100)
    if not 0 <= key <= 127:
        return ""
    off = round(cents - 100 * key)
    return key_name(key) + (f" {off:+d}" if off else "")


def _moment(text: str) -> float:
    """A time in seconds, 0 or more."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not (isfinite(value) and 0 <= value <= 1e6):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds, 0 or more")
    return value
