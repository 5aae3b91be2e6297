"""What a dense song costs: sixteen oscillators and two effects, played by OpenM1, as times real time.

    .venv/bin/python bench/song.py [--seconds 20] [--runs 3] [--json] [--profile ENGINE]

The song is made here: eight keys of a DOUBLE program with every EG and both MGs at work and two halls behind them, each
key struck again every half second, so that all sixteen oscillators always sound. Beside it: the same and nobody
listening, the same behind the analogue view at 48 kHz, the same song with both oscillators' levels 1 (of 99), and the
instrument with nothing to do. CPU time, the best of several runs. Nothing here is a test: a slow machine is not a bug.
"""

from __future__ import annotations

import cProfile
import json
import pstats
from collections.abc import Callable

from korgm1.machine.engines import NAMES
from korgm1.performance import Song, begin, load, stream
from korgm1.session import Session
from korgm1.sound.mde_parameters import start
from korgm1.sram_layout.parameters import table
from korgm1.sysex import HEAD, pack
from korgm1.verbs.concert import stage
from timing import best, options

REACH = 20.0
"""Times real time, the whole machine on one core."""
BEAT = 4_000_000
"""Clocks from one stroke of a key to the next."""
KEYS = (36, 43, 48, 52, 55, 60, 64, 67)
HALL = 1
EFFECTS = slice(38, 63)


def program(level: int = 99) -> bytes:
    """The 143 bytes of the program; `level` of both oscillators."""
    values: dict[str, int | str] = {
        "Name": "Dense", "Oscillator mode": 1, "OSC1 multisound": 31, "OSC2 multisound": 0, "OSC2 detune": 7,
        "Pitch MG to OSC1": 1, "Pitch MG to OSC2": 1, "Pitch MG frequency": 60, "Pitch MG intensity": 10,
        "Cutoff MG to OSC1": 1, "Cutoff MG to OSC2": 1, "Cutoff MG frequency": 40, "Cutoff MG intensity": 30,
        "Joystick pitch bend": 2,
    }
    for n in (1, 2):
        values |= {
            f"VDF{n} cutoff": 60, f"VDF{n} EG intensity": 50, f"VDF{n} EG attack time": 30,
            f"VDF{n} EG attack level": 99, f"VDF{n} EG decay time": 60, f"VDF{n} EG sustain level": 20,
            f"VDF{n} EG release time": 40, f"VDA{n} oscillator level": level, f"VDA{n} EG attack level": 99,
            f"VDA{n} EG decay time": 50, f"VDA{n} EG break level": 90, f"VDA{n} EG slope time": 50,
            f"VDA{n} EG sustain level": 80, f"VDA{n} EG release time": 20,
        }  # fmt: skip
    made = bytearray(table("program").record(values))
    made[EFFECTS] = bytes([HALL - 1, HALL - 1, 50, 50, 50, 50, 0, 0, 0x1F]) + start(HALL) + start(HALL)
    return bytes(made)


def song(seconds: float) -> Song:
    """The keys, each struck again every `BEAT`, one after the other."""
    events, end = [], round(seconds * 8_000_000)
    for place, key in enumerate(KEYS):
        for at in range(place * BEAT // len(KEYS), end, BEAT):
            if at >= BEAT:
                events.append((at, bytes([0x80, key, 64])))
            events.append((at, bytes([0x90, key, 100])))
    return Song(tuple(sorted(events, key=lambda event: event[0])), end)


def ready(engine: str, level: int = 99) -> Session:
    """An instrument with the program in its edit buffer, that has played for two seconds."""
    session = Session(engine=engine)
    session.boot()
    load(session, HEAD + b"\x40" + pack(program(level)) + b"\xf7", "the program")
    for _ in stream(session, song(2.0), 0.0):
        pass
    return session


def sounding(session: Session) -> int:
    """How many oscillators sound now."""
    return len(session.machine.tg.sounding)


def times(session: Session, work: Callable[[], object], seconds: float, runs: int) -> float:
    """Times real time, the best of several runs from the same state."""
    state = session.snapshot()

    def back() -> None:
        session.listen(False)
        session.restore(state)

    return seconds / best(runs, back, lambda _: work())


def measure(seconds: float, runs: int, engine: str) -> dict[str, float]:
    """Times real time of each case on this engine, and how many oscillators sounded at the end."""
    session, music = ready(engine), song(seconds)
    found = {"song": times(session, lambda: list(stream(session, music, 0.0)), seconds, runs)}
    found["oscillators"] = sounding(session)

    def viewed() -> None:
        view = stage(session, "analogue", 48000, 2)
        for frames in stream(session, music, 0.0):
            view.process(frames)

    def unheard() -> None:
        begin(session, music)
        session.listen(False)
        session.run(seconds)

    found["song, analogue view at 48 kHz"] = times(session, viewed, seconds, runs)
    found["song, nobody listens"] = times(session, unheard, seconds, runs)
    silent = ready(engine, 1)
    found["song, levels 1"] = times(silent, lambda: list(stream(silent, music, 0.0)), seconds, runs)
    idle = Session(engine=engine)
    idle.boot()
    found["nothing to do"] = times(idle, lambda: idle.run(seconds), seconds, runs)
    return found


def profile(engine: str, seconds: float) -> None:
    """Print where the song's time goes."""
    session, music = ready(engine), song(seconds)
    watch = cProfile.Profile()
    watch.runcall(lambda: list(stream(session, music, 0.0)))
    pstats.Stats(watch).sort_stats("tottime").print_stats(30)


def as_text(found: dict[str, dict[str, float]]) -> str:
    """A line a case; ratios to the song of the same engine."""
    lines = [f"to reach: {REACH:.0f} x real time, whole machine"]
    for engine, rows in found.items():
        lines.append(f"{engine}: {rows['oscillators']:.0f} oscillators sound")
        lines += [
            f"  {name:32} {value:7.1f} x real time   {value / rows['song']:5.2f} x the song"
            for name, value in rows.items() if name != "oscillators"
        ]
    return "\n".join(lines)


def main() -> None:
    """Measure and print."""
    parser = options(__doc__, 20.0, 3)
    parser.add_argument("--profile", metavar="ENGINE", choices=NAMES)
    args = parser.parse_args()
    if args.profile:
        profile(args.profile, args.seconds)
        return
    found = {engine: measure(args.seconds, args.runs, engine) for engine in ("v30", "unicorn")}
    print(json.dumps({"reach": REACH, **found}, indent=2) if args.json else as_text(found))


if __name__ == "__main__":
    main()
