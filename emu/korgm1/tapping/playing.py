"""What is played while the ports are tapped, and the tap itself: the writes of a run, one piece after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import Stopped
from korgm1.performance.playing import BYTE
from korgm1.session import Session
from korgm1.tapping.rows import Writes

SLICE = CPU_HZ // 4
"""Clocks between two looks."""
PAUSE = 0.25
"""Seconds between two things that are played."""
TAIL = 2.0
"""Seconds a tap goes on behind what was played."""


class Note(NamedTuple):
    """A note: MIDI key and velocity, and how long it is held, in seconds."""

    key: int
    velocity: int = 100
    seconds: float = 1.0


@dataclass(frozen=True)
class Sent:
    """MIDI bytes, and when: seconds from the beginning."""

    at: float
    data: bytes


def plan(
    notes: Iterable[Note], songs: Iterable[Sequence[tuple[float, bytes]]] = (), channel: int = 1
) -> tuple[list[Sent], float]:
    """Songs and notes one behind the other.

    Args:
        notes: played last, one after the other.
        songs: each with its messages: (seconds from its beginning, bytes).
        channel: of the notes, 1-16.

    Returns:
        What to send, by its time; and how long it takes, in seconds.

    >>> sent, length = plan([Note(60, 100, 0.5)])
    >>> [(row.at, row.data.hex(" ")) for row in sent], length
    ([(0.0, '90 3c 64'), (0.5, '80 3c 40')], 0.5)
    """
    sent: list[Sent] = []
    at = end = 0.0
    for rows in songs:
        for offset, data in rows:
            sent.append(Sent(at + offset, data))
            end = max(end, at + offset + len(data) * BYTE / CPU_HZ)
        at = end = end + PAUSE
    for note in notes:
        sent += [
            Sent(at, bytes([0x8F + channel, note.key, note.velocity])),
            Sent(at + note.seconds, bytes([0x7F + channel, note.key, 0x40])),
        ]
        end = at + note.seconds
        at = end + PAUSE
    return sent, end


def tapped(
    session: Session,
    sent: Sequence[Sent] = (),
    length: float = 0.0,
    lasting: int | None = None,
    make_ready: Callable[[], object] = lambda: None,
    asked_to_stop: Callable[[], object] = lambda: False,
) -> Iterator[Writes]:
    """Boot, play, and hand over what is written to the sound chips, a quarter of an emulated second at a time.

    Args:
        session: its power is on.
        sent, length: what to play when the instrument has booted, of `plan`.
        lasting: clocks to tap, from where it is played, or from power-on where nothing is; None: until two seconds
            behind what is played, or to the end of the boot.
        make_ready: called when it has booted, to load banks or select a sound; Stopped ends the tap there.
        asked_to_stop: looked at between two pieces; a true value ends it.
    """
    pieces: list[Writes] = []
    end = None if sent else lasting

    def enough() -> bool:
        pieces.append(session.sound_writes())
        return bool(asked_to_stop()) or (end is not None and session.clock >= end)

    session.log_sound(True)
    try:
        session.boot(asked_to_stop=enough)
        if not enough():
            with suppress(Stopped):
                make_ready()
        begin = session.clock
        if sent:
            end = begin + (clocks(length + TAIL) if lasting is None else lasting)
        for piece in (*pieces, session.sound_writes()):
            yield piece if end is None else piece[piece["clock"] < end]
        for row in sent:
            session.midi_in(row.data, begin / CPU_HZ + row.at)
        while end is not None and session.clock < end and not session.stopped and not asked_to_stop():
            session.run_until(min(end, session.clock + SLICE))
            piece = session.sound_writes()
            yield piece[piece["clock"] < end]
    finally:
        session.log_sound(False)
