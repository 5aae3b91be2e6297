"""A bank sent to an instrument and asked from it: over the host's ports, or to the emulated one.

What is said is the same on both wires: a message, a pause for the answer, what the answer means.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from korgm1.errors import UserError
from korgm1.syx import FUNCTIONS, REPLIES, Piece, pieces
from korgm1.syx.functions import GOOD
from korgm1.verbs.syx_cable import BYTE_SECONDS, Pace, Wire

PATIENCE = 5.0
"""Seconds an answer may take to begin; OpenM1 gives up a dump that stops after three."""
SILENCE = 1.5
"""Seconds without a byte after which nothing more is expected, where nothing says that it was all."""
SETTLE = 0.2
"""Seconds between two messages: an instrument stores what it has received."""
NOT_THERE = "it has not what is asked for (no such card, or not on the card), or exclusive is off"
"""What the reply 24 says to a request."""
OTHERS = 500
"""Times other messages may come before an answer."""


@dataclass(frozen=True)
class Answer:
    """What came of a message.

    Attributes:
        number: of the message, from 1.
        title: what it is.
        reply: the function of the reply, None where none came.
        text: what that means.
        good: whether it was taken, as far as anybody knows.
    """

    number: int
    title: str
    reply: int | None
    text: str
    good: bool


def send(
    wire: Wire, messages: Sequence[Piece], pace: Pace, progress: Callable[[int, int, int], None] = lambda *_: None
) -> list[Answer]:
    """Send messages one by one, each after the answer to the one before.

    Args:
        wire: where to.
        messages: of a file.
        pace: how fast.
        progress: told the number of the message, the bytes of it that went out, and how many it has.

    Returns:
        An answer for each message sent; a refusal is the last one: what would follow is not sent.

    Raises:
        UserError: the wire does not take it.
    """
    from korgm1.syx.checking import summary

    answers = []
    for number, piece in enumerate(messages, 1):
        wire.came(0.0)
        wire.send(piece.clean, pace, partial(_told, progress, number, len(piece.clean)))
        function = piece.function
        title = str(summary(piece)["title"])
        if function is None or not function.replies or not wire.receives:
            why = "no answer is due" if wire.receives else "sent; without --midi-in nobody hears the answer"
            answers.append(Answer(number, title, None, why, True))
            wire.came(SETTLE)
            continue
        reply = _reply(wire, function.replies, len(piece.clean))
        if reply is None:
            text = "no answer: wrong channel, exclusive off (GLOBAL), or the cable"
            answers.append(Answer(number, title, None, text, False))
            break
        good = reply in GOOD or reply >= 0x40
        answers.append(Answer(number, title, reply, REPLIES.get(reply, FUNCTIONS[reply].name), good))
        if not good:
            break
        wire.came(SETTLE)
    return answers


def receive(
    wire: Wire, request: bytes, seconds: float | None = None, progress: Callable[[int], None] = lambda _: None
) -> list[Piece]:
    """Dumps from an instrument.

    Args:
        wire: where from.
        request: a request message; empty: wait for what somebody sends by hand.
        seconds: how long to wait for the first message.
        progress: told how many messages came.

    Returns:
        The exclusive messages that came.

    Raises:
        UserError: none came, or the instrument refused.
    """
    wire.came(0.0)
    wanted: tuple[int, ...] = ()
    if request:
        wire.send(request, Pace(), lambda _: None)
        asked = next(pieces(request)).function
        wanted = asked.replies if asked is not None else ()
    found: list[Piece] = []
    first = seconds if seconds is not None else _long_enough(wanted)
    for _ in range(OTHERS):
        came = wire.came(SILENCE if found else first)
        for piece in (Piece(0, message) for message in came if message[:1] == b"\xf0"):
            code = _code(piece)
            if request and code is not None and code in REPLIES and code not in GOOD:
                why = NOT_THERE if code == 0x24 else REPLIES[code]
                raise UserError(f"the instrument refused: {why} (reply {code:02X})")
            if not request or code in wanted:
                found.append(piece)
        progress(len(found))
        if not came or (request and found):
            break
    if not found:
        if request:
            raise UserError(
                f"nothing came to a request on channel {request[2] % 16 + 1}",
                "a dump; look at cables and EXCLUSIVE (GLOBAL)", "--channel N, its global channel",
            )
        raise UserError("nothing came", "a dump; look at the cable and at DATA DUMP (GLOBAL)", "korgm1 midi list")
    return found


def _told(progress: Callable[[int, int, int], None], number: int, of: int, done: int) -> None:
    progress(number, done, of)


def _long_enough(wanted: Sequence[int]) -> float:
    """Seconds in which a dump has come whole: a port tells a message when it is complete."""
    longest = {0x50: 70_000, 0x48: 38_000, 0x4C: 17_000, 0x4D: 15_000}
    return PATIENCE + BYTE_SECONDS * max((longest.get(code, 1000) for code in wanted), default=70_000)


def _reply(wire: Wire, expected: Sequence[int], sent: int) -> int | None:
    """The function of the answer, or None.

    An interface that passes on whole messages only begins when we end: as long again.
    """
    for _ in range(OTHERS):
        came = wire.came(_long_enough(expected) + sent * BYTE_SECONDS)
        for message in came:
            code = _code(Piece(0, message))
            if code is not None and (code in expected or code in REPLIES):
                return code
        if not came:
            break
    return None


def _code(piece: Piece) -> int | None:
    return piece.clean[4] if piece.korg else None
