"""MIDI by a song's clock into an instrument, and what comes out of it from the song's first moment on."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import UsageError
from korgm1.performance.asking import Asked
from korgm1.session import Session

Frames = npt.NDArray[np.int32]

BYTE = 10 * CPU_HZ // 31250
"""Clocks of a byte on the wire."""
LONGEST = 3600
"""Seconds of song and tail that are played at most."""
QUIET = 16
"""Samples of 20 bits below this count as silence: less than one step of 16 bits."""
QUIET_FOR = 1.0
"""Seconds of silence after which a tail is over; the longest delay of an effect is half of it."""
LONGEST_TAIL = 60.0
"""Seconds after which a tail that never gets silent is cut."""
SLICE = CPU_HZ // 4
"""Clocks that are run in one go: the filters of a view take twice as long for blocks a tenth as large."""
SETTLE = 0.5
"""Seconds from the last thing done to the instrument to the song's begin."""


@dataclass(frozen=True)
class Song:
    """What is sent, and when.

    Attributes:
        events: (clocks from the song's begin, bytes), in order.
        length: clocks from its begin to its end.

    >>> Song(((0, b"\\x90<d"), (8000, b"\\x99$d\\x09")), 16000).channels
    (1, 10)
    """

    events: tuple[tuple[int, bytes], ...]
    length: int

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels, from 1, on which it has notes."""
        return tuple(sorted({data[0] % 16 + 1 for _, data in self.events if data and data[0] >> 4 == 9}))

    @property
    def late(self) -> float:
        """Seconds by which a byte arrives late at most, because a MIDI cable carries 3,125 of them a second.

        >>> Song(((0, bytes(3125)), (4_000_000, b"\\x90<d")), 8_000_000).late
        0.5
        """
        free = most = 0
        for at, data in self.events:
            most = max(most, free - at)
            free = max(free, at) + len(data) * BYTE
        return most / CPU_HZ

    @property
    def notes(self) -> int:
        """How many notes begin."""
        return sum(len(data) > 2 and data[0] >> 4 == 9 and data[2] > 0 for _, data in self.events)


def begin(session: Session, song: Song) -> int:
    """Listen to the instrument from the next frame on, and have the song sent from there.

    Returns:
        The clock of that frame: the song's begin.
    """
    session.run(SETTLE)
    frame = frame_clocks(session)
    session.listen(True)
    start = (session.clock // frame + 1) * frame
    for offset, data in song.events:
        session.midi_in(data, (start + offset) / CPU_HZ)
    return start


def frame_clocks(session: Session) -> int:
    """CPU clocks from sample to sample."""
    return CPU_HZ // session.sound_rate


def play(
    session: Session, song: Song, tail: float | None = None, asked_to_stop: Asked = lambda: False
) -> Iterator[Frames]:
    """Everything that comes out from the song's first moment on, as fast as it goes.

    Args:
        session: switched on; what is in it is what plays.
        song: what to send.
        tail: seconds after the song's end; None: until the last sample that is not silent (`QUIET`), looked for until
            `QUIET_FOR` passed without one or for `LONGEST_TAIL`.
        asked_to_stop: looked at four times an emulated second; a true value ends it there.

    Yields:
        Blocks of int32 of 20 bits, shape (frames, 4); ceil((length + tail) / frame) frames in all.

    Raises:
        UsageError: song and tail are longer than `LONGEST`.

    >>> m1 = Session(); _ = m1.boot()
    >>> sum(map(len, play(m1, Song((), 8000), tail=0.5)))
    15657
    """
    blocks = stream(session, song, tail, asked_to_stop)
    if tail is not None:
        yield from blocks
        return
    quiet = Quiet(-(-song.length // frame_clocks(session)))
    for block in blocks:
        yield from quiet.settled(block)


def stream(
    session: Session, song: Song, tail: float | None = None, asked_to_stop: Asked = lambda: False, step: int = SLICE,
    wait: Callable[[int], None] = lambda clock: None,
) -> Iterator[Frames]:  # fmt: skip
    """The same without looking ahead: the silence that ends a tail comes, too.

    Args:
        session, song, tail, asked_to_stop: see `play`.
        step: clocks that are run in one go.
        wait: called before each step with the clock it will run to, counted from the song's begin.
    """
    check_length(song, tail)
    start, frame = begin(session, song), frame_clocks(session)
    end = song.length + clocks(tail or 0.0)
    due = -(-end // frame)
    last = due if tail is not None else due + -(-clocks(LONGEST_TAIL) // frame)
    enough = -(-clocks(QUIET_FOR) // frame)
    given = silent = 0
    while given < last and not asked_to_stop():
        goal = min(max(session.clock, start) + step, start + last * frame)
        wait(goal - start)
        session.run_until(goal)
        new = session.heard()[: last - given]
        given += len(new)
        loud = last_loud(new)
        silent = silent + len(new) if loud < 0 else len(new) - 1 - loud
        yield new
        if tail is None and min(silent, given - due) >= enough:
            break
    session.listen(False)


def last_loud(frames: Frames) -> int:
    """The place of the last frame that is not silent, -1 when all are.

    >>> last_loud(np.array([[0, 0, 0, 0], [0, -99, 0, 0], [1, 0, 0, 0]]))
    1
    """
    loud = np.flatnonzero((np.abs(frames) >= QUIET).any(axis=1))
    return int(loud[-1]) if len(loud) else -1


class Quiet:
    """Holds silent frames back until one follows that is not.

    Args:
        due: frames that count whatever is in them.

    >>> quiet = Quiet(1)
    >>> [len(block) for block in quiet.settled(np.zeros((2, 4), np.int32))]
    [1]
    >>> [len(block) for block in quiet.settled(np.full((1, 4), -99, np.int32))]
    [1, 1]
    """

    def __init__(self, due: int) -> None:
        self._due = due
        self._seen = 0
        self._held: list[Frames] = []

    def settled(self, frames: Frames) -> Iterator[Frames]:
        """The frames that are not at the end of the silence, those held back first."""
        whole = max(min(len(frames), self._due - self._seen), last_loud(frames) + 1, 0)
        self._seen += len(frames)
        if whole:
            yield from self._held
            self._held = []
            yield frames[:whole]
        if len(frames) > whole:
            self._held.append(frames[whole:])


def check_length(song: Song, tail: float | None = None) -> None:
    """Refuse a song without an end in sight.

    Raises:
        UsageError: song and tail are longer than `LONGEST`.
    """
    seconds = song.length / CPU_HZ + (tail or 0.0)
    if seconds > LONGEST:
        raise UsageError(f"the song lasts {math.ceil(seconds):,} s with its tail", f"at most {LONGEST:,} s")
