"""A song played to an instrument: its banks loaded, a sound selected, then MIDI by the song's own clock.

What the instrument is asked and answers is the published MIDI implementation, so a dump of Korg's firmware is asked the
same. Nothing here knows files or the host's time; `korgm1 render` and `korgm1 play` are shells around it.

Sources: facts m1-hardware 6.2, 6.3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import Stopped, UsageError, UserError
from korgm1.session import Session
from korgm1.sound.output_stage import DEPENDS

Frames = npt.NDArray[np.int32]
Asked = Callable[[], object]

OUTPUTS = 4
LONGEST = 3600
"""Seconds of song and tail that are played at most."""
QUIET = 16
"""Samples of 20 bits below this count as silence: less than one step of 16 bits."""
QUIET_FOR = 1.0
"""Seconds of silence after which a tail is over; the longest delay of an effect is half of it."""
LONGEST_TAIL = 60.0
"""Seconds after which a tail that never gets silent is cut."""
SLICE = CPU_HZ // 20
"""Clocks that are run in one go."""
SETTLE = 0.5
"""Seconds from the last thing done to the instrument to the song's begin."""
PATIENCE = 5.0
"""Seconds an answer may take; a dump that stops early is given up by the instrument after three."""

SAMPLES = (
    "H-FS", "H-TGW", "H-MDEP", "H-INT", "H-LOOP", "H-PAN", "H-BUS", "H-VDF8", "H-VDF12", "H-CUT", "H-FXALG",
    "H-MDE-DUAL", "H-MDE-OUT34", "H-PCM-CARD",
)  # fmt: skip
"""The guesses that the samples stand on, whatever they are looked at with."""
OPENM1 = (
    "H-PARTS", "H-DRUM-KEYS", "H-AT", "H-VEL", "H-VDA", "H-TRACK", "H-CUT99", "H-EG", "H-EG-TIME", "H-EG-DEPTH", "H-MG",
)  # fmt: skip
"""Those of OpenM1's own laws."""

MODES = {"COMBI": 0, "PROG": 2}
"""The second byte of a mode change, by the name of the mode."""
_ANSWERED = frozenset(bytes.fromhex("11 1A 40 41 48 49 4C 4D 4E 50 51"))
"""Functions the instrument answers with one of `_DONE` or `_REFUSED`."""
_DONE = frozenset((0x21, 0x23))
_REFUSED = {0x22: "it could not be written", 0x24: "it was not loaded", 0x26: "its size or form is wrong"}
_MESSAGE = re.compile(rb"\xf0[\x00-\x7f\xf8-\xff]*\xf7?|[^\xf0]+", re.DOTALL)


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
    def notes(self) -> int:
        """How many notes begin."""
        return sum(len(data) > 2 and data[0] >> 4 == 9 and data[2] > 0 for _, data in self.events)


@dataclass(frozen=True)
class Sound:
    """A program or combination of the memory: its mode, of `MODES`, and its number 0-99."""

    mode: str
    number: int

    @classmethod
    def parse(cls, mode: str, text: str) -> Sound:
        """`I00` to `I99`, the letter may be left out.

        Raises:
            UsageError: no such number, or one of a card.

        >>> Sound.parse("PROG", "I07")
        Sound(mode='PROG', number=7)
        """
        match = re.fullmatch(r"[Ii]?([0-9]{1,2})", text.strip())
        if match is None:
            raise UsageError(f"there is no {mode.lower()} {text!r}", "I00 to I99, those of the internal memory")
        return cls(mode, int(match.group(1)))

    def __str__(self) -> str:
        return f"{self.mode.capitalize()} I{self.number:02}"


def load(session: Session, data: bytes, name: str, asked_to_stop: Asked = lambda: False) -> None:
    """Send a bank, message by message, and wait until the instrument has taken each.

    Args:
        session: on its play page.
        data: bytes as they go over the wire, SysEx or others.
        name: what it is called in an error.
        asked_to_stop: looked at ten times an emulated second.

    Raises:
        UserError: the instrument refused a message, or did not answer one that it should.
        Stopped: `asked_to_stop` said so.

    >>> m1 = Session(); _ = m1.boot()
    >>> load(m1, bytes.fromhex("F0 42 30 19 4E 00 00 F7"), "a mode change"); m1.lcd[0][:9]
    'Combi I00'
    """
    messages: list[bytes] = _MESSAGE.findall(data)
    for number, message in enumerate(messages, 1):
        which = name if len(messages) == 1 else f"message {number} of {len(messages)} in {name}"
        code = _function(message)
        if code is None or code not in _ANSWERED:
            _talk(session, message, lambda _: True, asked_to_stop)
            continue
        reply = _talk(session, message, lambda replies: bool(replies), asked_to_stop)
        answers = [code for code in map(_function, reply) if code in _DONE or code in _REFUSED]
        if not answers:
            raise UserError(
                f"the instrument did not answer {which}, function {code:02X} on channel {message[2] % 16 + 1}",
                "a bank of the instrument's global channel, and exclusive messages enabled (GLOBAL)",
            )
        if answers[0] in _REFUSED:
            shown = session.lcd[1].strip()
            raise UserError(
                f"the instrument refused {which}: {_REFUSED[answers[0]]} (reply {answers[0]:02X}"
                + (f", display: {shown})" if shown else ")"),
                "a bank of an M1 that fits its memory, which is not protected",
            )


def select(session: Session, sound: Sound, asked_to_stop: Asked = lambda: False) -> None:
    """Have a program or a combination on its play page, by a mode change and a program change.

    Raises:
        UserError: the instrument does not answer, or has no such number.
        Stopped: `asked_to_stop` said so.

    >>> m1 = Session(); _ = m1.boot()
    >>> select(m1, Sound("COMBI", 42)); m1.lcd[0][:9]
    'Combi I42'
    """
    ask = b"".join(bytes([0xF0, 0x42, 0x30 | channel, 0x19, 0x12, 0xF7]) for channel in range(16))
    replies = [reply for reply in _talk(session, ask, bool, asked_to_stop) if _function(reply) == 0x42]
    if not replies or len(replies[0]) < 8:
        raise UserError(
            f"{sound} cannot be selected: the instrument does not say in which mode it is",
            "one that takes exclusive messages (GLOBAL), or no selection",
        )
    channel = replies[0][2] & 15
    count = 100 if replies[0][6] == 0 else 50
    if sound.number >= count:
        raise UserError(f"there is no {sound}", f"I00 to I{count - 1:02}: the memory is divided for {count}")
    change = bytes([0xF0, 0x42, 0x30 | channel, 0x19, 0x4E, MODES[sound.mode], 0, 0xF7])
    load(session, change, f"the change to {sound.mode} mode", asked_to_stop)
    _talk(session, bytes([0xC0 | channel, sound.number]), lambda _: True, asked_to_stop)


def begin(session: Session, song: Song) -> int:
    """Listen to the instrument from the next frame on, and have the song sent from there.

    Returns:
        The clock of that frame: the song's begin.
    """
    _run(session, SETTLE)
    frame = frame_clocks(session)
    session.listen(True)
    start = (session.clock // frame + 1) * frame
    for offset, data in song.events:
        session.midi_in(data, (start + offset) / CPU_HZ)
    return start


def frame_clocks(session: Session) -> int:
    """CPU clocks from sample to sample."""
    return int(session.hypotheses["H-FS"])


def play(
    session: Session, song: Song, tail: float | None = None, asked_to_stop: Asked = lambda: False
) -> Iterator[Frames]:
    """Everything that comes out from the song's first moment on, as fast as it goes.

    Args:
        session: switched on; what is in it is what plays.
        song: what to send.
        tail: seconds after the song's end; None: until the last sample that is not silent (`QUIET`), looked for until
            `QUIET_FOR` passed without one or for `LONGEST_TAIL`.
        asked_to_stop: looked at every twentieth of an emulated second; a true value ends it there.

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
        raise UsageError(f"the song lasts {seconds:,.0f} s with its tail", f"at most {LONGEST:,} s")


def _function(message: bytes) -> int | None:
    """The function code of a message in Korg's form to or from an M1, else None."""
    if len(message) > 5 and message[:2] == b"\xf0\x42" and message[2] >> 4 == 3 and message[3] == 0x19:
        return message[4]
    return None


def _talk(
    session: Session, data: bytes, enough: Callable[[list[bytes]], bool], asked_to_stop: Asked
) -> list[bytes]:
    """Send bytes; the exclusive messages that came back once all was sent and they are enough, or patience is over."""
    heard = session.machine.midi_out.total
    session.midi_in(data)
    late = session.machine.midi_in.idle_at + clocks(PATIENCE)
    while True:
        _run(session, 0.1, asked_to_stop)
        new = session.machine.midi_out.total - heard
        came = bytes(byte for byte in session.midi_out[-new:] if byte < 0xF8) if new else b""
        replies: list[bytes] = re.findall(rb"\xf0[\x00-\x7f]*\xf7", came)
        if session.clock >= late or (not session.machine.midi_in.busy and enough(replies)):
            return replies


def _run(session: Session, seconds: float, asked_to_stop: Asked = lambda: False) -> None:
    if asked_to_stop():
        raise Stopped("stopped while the instrument was made ready; nothing written")
    session.run(seconds)


def total(blocks: Iterable[Frames]) -> Frames:
    """All frames in one array.

    >>> total([]).shape
    (0, 4)
    """
    return np.concatenate([np.zeros((0, OUTPUTS), np.int32), *blocks])


def guesses(session: Session, view: str) -> dict[str, Any]:
    """The hypotheses, with their values, that what is heard in this view depends on; and every other that was changed.

    >>> "H-LPF" in guesses(Session(), "analogue"), "H-LPF" in guesses(Session(), "digital")
    (True, False)
    """
    own = OPENM1 if session.firmware.name == "OpenM1" else ()
    ids = (*SAMPLES, *own, *DEPENDS[view], *session.hypotheses.changed())
    known = session.hypotheses.all()
    return {key: known[key] for key in dict.fromkeys(ids) if key in known}
