"""Waiting loops: after a key, does the CPU go round in a few instructions, and what does it read there?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from korgm1.experiments.record import Record
from korgm1.profiling import READ, Profile
from korgm1.session import Session

SETTLE = 1.0
"""Seconds from the key to the look."""
LOOK = 0.5
WINDOW = 48
"""Bytes of code a waiting loop may have."""
SHARE = 0.9
"""The share of the clocks without HALT that must be spent in it."""
BUSY = 0.5
"""And the share of all clocks, so that a program that mostly sleeps in HALT is not said to wait."""


@dataclass(frozen=True)
class Waiting(Record):
    """A tight loop.

    Attributes:
        key: pressed before.
        first, last: physical addresses of its first and last instruction.
        share: of the CPU's time.
        ports: ports it reads, as hex.
        memory: addresses of RAM read meanwhile, 16 at most; what it waits for is one of them or a port.
        lcd: what stands on the display.
    """

    key: str
    first: int
    last: int
    share: float
    ports: tuple[str, ...]
    memory: tuple[int, ...]
    lcd: tuple[str, str]


def waiting(session: Session, key: str) -> Waiting | None:
    """Press a key and look; None: no tight loop.

    Args:
        session: on its play page.
        key: of the panel.

    >>> from korgm1.session import Session
    >>> m1 = Session(); _ = m1.boot(); waiting(m1, "SEQ") is None
    True
    """
    session.press(key)
    session.run(SETTLE)
    profile = Profile()
    session.follow(profile)
    session.run(LOOK)
    session.follow(None)
    return tight(profile, key, session.lcd)


def tight(profile: Profile, key: str, lcd: tuple[str, str]) -> Waiting | None:
    """The tight loop that a profile shows, or None."""
    rows = profile.executed()
    if not len(rows):
        return None
    places = (rows["ps"].astype(np.int64) * 16 + rows["pc"]) & 0xFFFFF
    halted = sum(row.halted for row in profile.functions())
    busy = int(rows["clocks"].sum())
    running = busy - halted if busy >= profile.span else busy
    order = np.argsort(places)
    places, clocks, counts = places[order], rows["clocks"][order].astype(np.int64), rows["count"][order]
    repeated = np.where(counts > 100, clocks, 0)
    total = np.concatenate([[0], np.cumsum(repeated)])
    ends = np.searchsorted(places, places + WINDOW)
    sums = total[ends] - total[:-1]
    best = int(sums.argmax())
    if sums[best] < SHARE * running or sums[best] < BUSY * profile.span or halted > BUSY * profile.span:
        return None
    inside = np.arange(best, ends[best])
    inside = inside[repeated[inside] > 0]
    first, last = int(places[inside[0]]), int(places[inside[-1]])
    ports = sorted(
        port for (port, way), where in profile.port_places.items()
        if way == "in" and any(first <= (ps * 16 + pc & 0xFFFFF) <= last for ps, pc in where)
    )
    read = np.flatnonzero(profile.touched[:0x10000] & READ).tolist()
    return Waiting(key, first, last, round(float(sums[best] / max(1, profile.span)), 3),
                   tuple(f"{port:04X}" for port in ports), tuple(read[:16]), lcd)
