"""What the instrument is asked and answers over MIDI: banks loaded, a mode and a sound selected.

Sources: facts m1-hardware 6.2, 6.3 (the published MIDI implementation).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from korgm1.clock import clocks
from korgm1.errors import Stopped, UsageError, UserError
from korgm1.session import Session

Asked = Callable[[], object]

PATIENCE = 5.0
"""Seconds an answer may take; a dump that stops early is given up by the instrument after three."""

MODES = {"COMBI": 0, "PROG": 2}
"""The second byte of a mode change, by the name of the mode."""
_ANSWERED = frozenset(bytes.fromhex("11 1A 40 41 48 49 4C 4D 4E 50 51"))
"""Functions the instrument answers with one of `_DONE` or `REFUSALS`."""
_DONE = frozenset((0x21, 0x23))
REFUSALS = {0x22: "it could not be written", 0x24: "it was not loaded", 0x26: "its size or form is wrong"}
"""What the functions of a refusal mean."""
_MESSAGE = re.compile(rb"\xf0[\x00-\x7f\xf8-\xff]*\xf7?|[^\xf0]+", re.DOTALL)


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
        code = function_of(message)
        if code is None or code not in _ANSWERED:
            talk(session, message, lambda _: True, asked_to_stop)
            continue
        reply = talk(session, message, lambda replies: bool(replies), asked_to_stop)
        answers = [code for code in map(function_of, reply) if code in _DONE or code in REFUSALS]
        if not answers:
            raise UserError(
                f"the instrument did not answer {which}, function {code:02X} on channel {message[2] % 16 + 1}",
                "a bank of the instrument's global channel, and exclusive messages enabled (GLOBAL)",
            )
        if answers[0] in REFUSALS:
            shown = session.lcd[1].strip()
            raise UserError(
                f"the instrument refused {which}: {REFUSALS[answers[0]]} (reply {answers[0]:02X}"
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
    replies = [reply for reply in talk(session, ask, bool, asked_to_stop) if function_of(reply) == 0x42]
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
    talk(session, bytes([0xC0 | channel, sound.number]), lambda _: True, asked_to_stop)


def function_of(message: bytes) -> int | None:
    """The function code of a message in Korg's form to or from an M1, else None.

    >>> function_of(bytes.fromhex("F0 42 30 19 24 F7")), function_of(b"\\x90<d")
    (36, None)
    """
    if len(message) > 5 and message[:2] == b"\xf0\x42" and message[2] >> 4 == 3 and message[3] == 0x19:
        return message[4]
    return None


def talk(
    session: Session, data: bytes, enough: Callable[[list[bytes]], bool], asked_to_stop: Asked = lambda: False
) -> list[bytes]:
    """Send bytes and wait for what comes back.

    Args:
        session: its power is on.
        data: any MIDI.
        enough: told the messages so far; a true value ends the waiting once all was sent.
        asked_to_stop: looked at ten times an emulated second.

    Returns:
        The whole exclusive messages that came back until then, or until `PATIENCE` seconds after the last byte sent.

    Raises:
        Stopped: `asked_to_stop` said so.

    >>> m1 = Session(); _ = m1.boot()
    >>> [reply.hex(" ") for reply in talk(m1, bytes.fromhex("F0 42 30 19 4E 02 00 F7"), bool)]
    ['f0 42 30 19 23 f7']
    """
    heard = session.machine.midi_out.total
    session.midi_in(data)
    late = session.machine.midi_in.idle_at + clocks(PATIENCE)
    while True:
        if asked_to_stop():
            raise Stopped("stopped while the instrument was made ready")
        session.run(0.1)
        new = session.machine.midi_out.total - heard
        came = bytes(byte for byte in session.midi_out[-new:] if byte < 0xF8) if new else b""
        replies: list[bytes] = re.findall(rb"\xf0[\x00-\x7f]*\xf7", came)
        if session.clock >= late or (not session.machine.midi_in.busy and enough(replies)):
            return replies
