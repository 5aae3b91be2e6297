"""Interrupts: vectors, levels, masks, rates; what a request on each level does; which keys end in a waiting loop."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from korgm1.experiments.bench import Bench, on_bench
from korgm1.experiments.loops import Waiting, waiting
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.onchip.sysregs import OPCN, OPSEL
from korgm1.profiling import Profile
from korgm1.romset.load import RomSet
from korgm1.session import Session

WATCHED = 2.0
"""Emulated seconds for which rates are counted."""
LEVELS = range(8)
HUNTED = ("SEQ", "COMBI", "PROG", "EDIT PROG", "GLOBAL")
"""Keys behind which a waiting loop is looked for; SEQ is the one that is said to have one (facts, unknown 6)."""

NOWHERE = "the CPU goes where the RAM's bytes say: the firmware sets no such vector"


@dataclass(frozen=True)
class Level(Record):
    """One of the ICU's inputs.

    Attributes:
        level: 0-7.
        source: what the netlist has on it.
        masked: whether the firmware has it masked on its play page.
        vector: the interrupt number it gives.
        handler: SEGMENT:OFFSET that stands at that vector.
        catch_all: whether that is one of a row of equal stubs, which most vectors have, or the place most have.
        per_second: how often it interrupted.
        request: what a request did that was injected with the masks as they are.
        unmasked: what it did with this level's mask taken away by hand.
    """

    level: int
    source: str
    masked: bool
    vector: int
    handler: str
    catch_all: bool
    per_second: float
    request: str
    unmasked: str


@dataclass(frozen=True)
class InterruptMap(Record):
    """The interrupts of a firmware, on its play page.

    Attributes:
        levels: the eight.
        set_up: "edges" or "levels", self-finish, and what OPCN routes.
        vectors: number -> SEGMENT:OFFSET of all vectors the firmware has written.
        used: vector -> how often a second, whatever made it.
        waiting: keys behind which the CPU waits in a tight loop, and what it reads there.
        boots: how many it took.
        notes: what else is to be said.
    """

    levels: tuple[Level, ...]
    set_up: str
    vectors: dict[int, str]
    used: dict[int, float]
    waiting: tuple[Waiting, ...]
    boots: int
    notes: tuple[str, ...]


def interrupt_map(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
) -> InterruptMap:
    """Look at ICU and vectors on the play page, and hunt for interrupts that nobody raises.

    >>> from korgm1.romset.load import load_os
    >>> found = interrupt_map(load_os(None, "m1"))
    >>> [(row.level, row.source) for row in found.levels if not row.masked], found.used[0x20]
    ([(0, 'timer 0'), (1, 'SCU (MIDI)')], 500.0)
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return InterruptMap((), "", {}, {}, (), 2, (bench.problem,))
    places = {n: f"{seg:04X}:{off:04X}" for n, (seg, off) in bench.observation.vectors.items()}
    session = bench.playing("for its interrupts")
    icu = session.machine.icu.snapshot()
    notes = [] if icu["ready"] else ["the ICU is not initialised on the play page"]
    state = session.take()
    progress(0, 10 + len(HUNTED), "counting interrupts")
    counted = _run(session, WATCHED).interrupts
    rates = {vector: count / WATCHED for vector, count in counted.items()}
    levels, stubs = [], catch_all(places)
    for level in LEVELS:
        progress(level + 1, 10 + len(HUNTED), f"raising interrupt level {level}")
        vector = icu["vector"] | level
        masked = bool(icu["imk"] >> level & 1)
        levels.append(Level(
            level, source(level, session.machine.sysregs.peek(OPCN)), masked, vector, places.get(vector, ""),
            vector in stubs, rates.get(vector, 0.0), _raised(bench, session, state, level, False),
            ("" if not masked else NOWHERE if vector not in places else _raised(bench, session, state, level, True)),
        ))
    found = []
    for number, key in enumerate(HUNTED):
        progress(9 + number, 10 + len(HUNTED), f"looking for a waiting loop behind {key}")
        session.restore(state)
        seen = waiting(session, key)
        if seen is not None:
            found.append(seen)
    return InterruptMap(
        tuple(levels), _set_up(session, icu), places, rates, tuple(found), bench.boots - before, tuple(notes),
    )


def source(level: int, opcn: int) -> str:
    """What is wired to a level, as OPCN routes it.

    >>> source(1, 0x06), source(1, 0x02), source(5, 0)
    ('SCU (MIDI)', 'pin INTP1, pulled up', 'pin INTP5, pulled up: nothing known is wired to it')
    """
    if level == 0:
        return "timer 0"
    if level == 1:
        return "SCU (MIDI)" if opcn & 4 else "pin INTP1, pulled up"
    if level == 2:
        return "timer 1" if opcn & 8 else "pin INTP2, wired to timer 2's output"
    return f"pin INTP{level}, pulled up: nothing known is wired to it"


def _set_up(session: Session, icu: dict[str, object]) -> str:
    opcn, opsel = session.machine.sysregs.peek(OPCN), session.machine.sysregs.peek(OPSEL)
    units = [name for bit, name in enumerate(("DMAU", "ICU", "TCU", "SCU")) if opsel >> bit & 1]
    return (
        f"{'levels' if icu['level_mode'] else 'edges'}, {'self-finish' if icu['self_finish'] else 'FI commands'}, "
        f"IMKW {int(str(icu['imk'])):02X}, OPCN {opcn:02X}, units on: {', '.join(units) or 'none'}"
    )


def catch_all(places: Mapping[int, str]) -> frozenset[int]:
    """The vectors of the longest row of stubs at equal distances, or at one and the same place; none below 16.

    >>> sorted(catch_all({n: f"F000:{0x100 + 5 * n:04X}" for n in range(32)} | {3: "F000:0000"}))[:4]
    [0, 1, 2, 4]
    """
    linear = {vector: _linear(place) for vector, place in places.items()}
    strides = Counter(linear[n + 1] - linear[n] for n in linear if n + 1 in linear)
    if not strides:
        return frozenset()
    stride = strides.most_common(1)[0][0]
    lines = Counter(at - stride * vector for vector, at in linear.items())
    line, count = lines.most_common(1)[0]
    return frozenset(v for v, at in linear.items() if at - stride * v == line) if count >= 16 else frozenset()


def _linear(place: str) -> int:
    segment, offset = place.split(":")
    return int(segment, 16) * 16 + int(offset, 16)


def _run(session: Session, seconds: float) -> Profile:
    profile = Profile()
    session.follow(profile)
    session.run(seconds)
    session.follow(None)
    return profile


def _raised(bench: Bench, session: Session, state: object, level: int, unmask: bool) -> str:
    """What a request on a level does within half a second."""
    session.restore(state)    # type: ignore[arg-type]
    icu = session.machine.icu
    lcd = bench.look(session)
    quiet_rate = _run(session, 0.5).interrupts
    if unmask:
        icu.write(1, icu.peek(1) & ~(1 << level))
    vector = icu.snapshot()["vector"] | level
    icu.set_input(level, 0)
    icu.set_input(level, 1)
    profile = _run(session, 0.5)
    times = profile.interrupts.get(vector, 0) - quiet_rate.get(vector, 0)
    if session.stopped:
        return f"the CPU stops: {session.stopped}"
    others = [sum(n for v, n in seen.items() if v != vector) for seen in (quiet_rate, profile.interrupts)]
    if times and others[1] * 2 < others[0]:
        return "its handler runs and nothing else any more: no other interrupt comes through"
    if bench.look(session) != lcd:
        return "the LCD changes: " + " / ".join(line.strip() for line in session.lcd if line.strip())
    if times > 1:
        return f"its handler runs {times} times: the request is not taken back"
    if times == 1:
        return "its handler runs once; nothing is shown"
    masked = session.machine.icu.snapshot()["imk"] >> level & 1
    return "nothing: it stays pending" if masked else "nothing more than usual"
