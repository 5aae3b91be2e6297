"""What the firmware answers over MIDI: identity, mode, dumps; on which channel; and whether its dumps are its RAM."""

from __future__ import annotations

from dataclasses import dataclass

from korgm1.experiments.bench import Bench, on_bench
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.performance.asking import function_of
from korgm1.romset.load import RomSet
from korgm1.session import Session
from korgm1.syx.functions import FUNCTIONS, REQUESTS
from korgm1.syx.message import message, pieces

QUIET = 0.5
"""Seconds without a byte after which an answer is over."""
LONGEST = 25.0
"""Seconds an answer may take: a whole memory goes over the wire in 16."""
IDENTITY = bytes.fromhex("F0 7E 7F 06 01 F7")
ACTIVE_SENSING = 0xFE
ASKED = tuple(sorted(data[0] for data in REQUESTS.values()))
"""Functions of all requests of the published MIDI implementation."""
KEPT = 64
"""Bytes of an answer that are kept."""


@dataclass(frozen=True)
class Reply(Record):
    """What came back.

    Attributes:
        request: what was sent.
        name: what that is called.
        answer: "" for none, else the names of the functions that came back, or "other".
        head: the first 64 bytes of it.
        length: all of them.
        seconds: from the last byte sent to the last byte received.
        at: where the answer's data stand in the RAM, if they do; None else.
    """

    request: bytes
    name: str
    answer: str
    head: bytes
    length: int
    seconds: float
    at: int | None


@dataclass(frozen=True)
class MidiReplies(Record):
    """What the firmware says on MIDI.

    Attributes:
        replies: by request; `replies[0]` is the identity request.
        channel: 0-15, on which exclusive messages are answered; None: on none.
        unasked: what it sends by itself in the first seconds, without active sensing.
        senses: whether it sends active sensing.
        boots: how many it took.
        notes: what else is to be said.
    """

    replies: tuple[Reply, ...]
    channel: int | None
    unasked: bytes
    senses: bool
    boots: int
    notes: tuple[str, ...]


def midi_replies(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
    codes: tuple[int, ...] = ASKED,
) -> MidiReplies:
    """Ask for everything that the published MIDI implementation lets one ask for.

    Args:
        firmware: any 128 KB firmware.
        model: the instrument.
        progress: told how far it is.
        bench: one that has booted it before.
        codes: the functions that are sent, with zeros behind them where they have more.

    >>> from korgm1.romset.load import load_os
    >>> found = midi_replies(load_os(None, "m1"), codes=(0x12,))
    >>> found.channel, [(row.name, row.answer) for row in found.replies]
    (0, [('identity request', 'identity'), ('mode request', 'mode data')])
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    if bench.problem:
        return MidiReplies((), None, b"", False, 2, (bench.problem,))
    session = bench.session(bench.reference.sram)
    session.power_on()
    bench.finish(session, "before MIDI")
    said = session.midi_out
    state = session.take()
    replies = [_ask(session, IDENTITY, "identity request")]
    channel = None
    progress(0, len(codes) + 2, "looking for its channel")
    for number in range(16):
        session.restore(state)
        if _ask(session, message(number + 1, 0x12), "mode request").length:
            channel = number
            break
    for number, code in enumerate(codes):
        known = FUNCTIONS.get(code)
        progress(number + 1, len(codes) + 2, f"asking {code:02X}")
        session.restore(state)
        fields = bytes(len(known.fields)) if known else b""
        name = known.name if known else f"function {code:02X}"
        replies.append(_ask(session, message((channel or 0) + 1, code, fields), name))
        if bench.look(session) != bench.reference.lcd:
            bench.note_lcd(session.lcd, f"MIDI: {name}", session.clock)
    notes = [] if channel is not None else ["no answer to a mode request on any channel: the others were asked on 1"]
    return MidiReplies(
        tuple(replies), channel, bytes(byte for byte in said if byte != ACTIVE_SENSING)[:KEPT],
        ACTIVE_SENSING in said, bench.boots - before, tuple(notes),
    )


def _ask(session: Session, data: bytes, name: str) -> Reply:
    heard = session.machine.midi_out.total
    session.midi_in(data)
    sent = session.machine.midi_in.idle_at
    last, count = sent, 0
    end = sent + round(LONGEST * 8_000_000)
    while session.clock < end and session.clock < last + round(QUIET * 8_000_000):
        session.run(0.05)
        new = session.machine.midi_out.total - heard
        fresh = new - session.midi_out[-new:].count(ACTIVE_SENSING) if new else 0
        if fresh != count:
            count, last = fresh, session.clock
    new = session.machine.midi_out.total - heard
    came = bytes(byte for byte in session.midi_out[-new:] if byte < 0xF8) if new else b""
    return Reply(data, name, _named(came), came[:KEPT], len(came), round((last - sent) / 8_000_000, 2) if came else 0.0,
                 _place(came, session.sram))


def _named(came: bytes) -> str:
    if not came:
        return ""
    if came[:2] == b"\xf0\x7e" and came[3:5] == b"\x06\x02":
        return "identity"
    code = function_of(came)
    return "other" if code is None else FUNCTIONS[code].name if code in FUNCTIONS else f"function {code:02X}"


def _place(came: bytes, sram: bytes) -> int | None:
    """Where the data of a dump stand in the RAM: unpacked, its first 32 bytes at least."""
    for piece in pieces(came):
        if piece.is_message and piece.function is not None and piece.function.data:
            data = piece.data[:256]
            if len(data) >= 32 and len(set(data)) > 1:
                at = sram.find(data)
                return None if at < 0 else at
    return None
