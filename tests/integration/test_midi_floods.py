"""Floods of MIDI, whole, torn and without sense, at the full rate of the wire: OpenM1 goes on, and keeps its data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.clock import CPU_HZ
from korgm1.session import Session
from korgm1.sysex import HEAD, PROGRAM_SIZE, pack

STORED = slice(0x1020, 0xC69B)
"""What OpenM1's sums guard; below lie the signature, the sums and the pointer of a dump that comes in."""
BYTE_TIME = 10 / 31250
WRITING = {0x11, 0x1A, 0x48, 0x4C, 0x4D, 0x50, 0x51}
"""Functions that may change stored data (roms/openm1/README.md)."""
BULK = {0x0F, 0x18, 0x1C, 0x1D}
"""Requests whose answers take seconds."""
DATA_ENTRY = {6, 96, 97}
"""Controllers that may change the master tune, which is stored."""
VOICES, VOICE_SIZE = 0xF100, 128
DOWN, HELD, WAITING = 1, 2, 4
"""States of a voice whose note has not ended."""
IDENTITY = bytes.fromhex("F0 7E 7F 06 01 F7")
IDENTITY_REPLY = bytes.fromhex("F0 7E 00 06 02 42 19 00")
LATE = 10
"""Seconds: a note of two oscillators takes OpenM1 longer than the wire, so it is behind for a while."""
REAL_TIME = (0xF8, 0xFA, 0xFB, 0xFC, 0xFE)

data_bytes = st.binary(max_size=40).map(lambda data: bytes(byte & 0x7F for byte in data))
notes = st.tuples(st.integers(0, 127), st.integers(0, 127)).map(bytes)
channel_messages = st.tuples(st.integers(0x80, 0xEF), st.integers(0, 127), st.integers(0, 127)).map(bytes)
running = st.lists(notes, min_size=2, max_size=60).map(lambda rows: b"\x90" + b"".join(rows))
functions = st.one_of(
    st.sampled_from([0x10, 0x12, 0x19, 0x40, 0x49, 0x4E, 0x11, 0x48, 0x50, 0x51]), st.integers(0, 127)
).filter(lambda function: function not in BULK)
exclusive = st.builds(lambda function, data: HEAD + bytes([function]) + data, functions, data_bytes)
programs = st.binary(min_size=PROGRAM_SIZE, max_size=PROGRAM_SIZE).map(
    lambda data: HEAD + b"\x40" + pack(data) + b"\xf7"
)
pieces = st.one_of(
    st.binary(min_size=1, max_size=80), channel_messages, running, programs, exclusive,
    exclusive.map(lambda data: data + b"\xf7"),
)
playing = st.one_of(channel_messages, running, programs, exclusive.filter(lambda data: data[4] not in WRITING))


@st.composite
def streams(draw: st.DrawFn, parts: st.SearchStrategy[bytes]) -> bytes:
    """Pieces back to back, with real-time bytes anywhere in them."""
    data = bytearray(b"".join(draw(st.lists(parts, min_size=1, max_size=40))))
    for place, byte in draw(st.lists(st.tuples(st.integers(0, 4000), st.sampled_from(REAL_TIME)), max_size=30)):
        data.insert(place % (len(data) + 1), byte)
    return bytes(data)


def messages(stream: bytes) -> Iterator[bytes]:
    """What a receiver makes of a stream: channel messages, running status spelled out, and system exclusive without
    its end; the last may be torn."""
    status, data = 0, bytearray()
    for byte in stream:
        if byte >= 0xF8:
            continue
        if byte & 0x80:
            if status == 0xF0:
                yield bytes([status, *data])
            status, data = byte, bytearray()
            continue
        data.append(byte)
        if 0x80 <= status < 0xF0 and len(data) == (1 if 0xC0 <= status < 0xE0 else 2):
            yield bytes([status, *data])
            data = bytearray()
    if status == 0xF0:
        yield bytes([status, *data])


def may_write(stream: bytes) -> bool:
    """Whether anything in it is allowed to change stored data."""
    return any(
        (len(row) > 4 and row[:4] == HEAD and row[4] in WRITING) or (row[0] & 0xF0 == 0xB0 and row[1] in DATA_ENTRY)
        for row in messages(stream)
    )


def test_the_receiver_of_this_test_reads_running_status_and_torn_messages() -> None:
    stream = bytes.fromhex("90 3C F8 64 3E 00 F0 42 30 FE 19 50 C0 05 06 F0 42")
    assert [row.hex(" ") for row in messages(stream)] == [
        "90 3c 64", "90 3e 00", "f0 42 30 19 50", "c0 05", "c0 06", "f0 42",
    ]
    assert may_write(stream) and may_write(bytes.fromhex("B0 07 00 06 40"))
    assert not may_write(HEAD + b"\x40\xf7")


@cache
def state() -> bytes:
    """A snapshot of OpenM1 on its play page."""
    session = Session(engine="v30")
    session.boot()
    return session.snapshot()


def started() -> Session:
    session = Session(engine="v30")
    session.restore(state())
    return session


def flooded(stream: bytes) -> Session:
    """The instrument after a stream."""
    session = started()
    session.midi_in(stream)
    session.run(len(stream) * BYTE_TIME + 3.5)        # a dump that broke off is given up after three seconds of silence
    assert (session.stopped, session.frozen) == (None, None)
    return session


def alive(session: Session) -> None:
    """MIDI is answered, if late, keys are read, and the LCD shows what they did."""
    before, begin = len(session.midi_out), session.clock
    session.midi_in(IDENTITY)
    while IDENTITY_REPLY not in bytes(byte for byte in session.midi_out[before:] if byte < 0xF8):
        assert session.clock - begin < LATE * CPU_HZ
        session.run(0.1)
    for key in ("GLOBAL", "PROG", "4", "2"):
        session.press(key, 0.2)
    assert session.lcd[0].startswith("Prog I42")


def states(session: Session) -> list[int]:
    """Of the sixteen voices, as OpenM1 keeps them."""
    return list(session.sram[VOICES : VOICES + 16 * VOICE_SIZE : VOICE_SIZE])


def silenced(session: Session) -> None:
    """All notes off ends every note, and all sound off every voice, whatever came before."""
    everywhere = range(16)
    session.midi_in(b"".join(bytes([0xB0 | n, 121, 0, 123, 0]) for n in everywhere))
    session.run(0.3)
    assert not {DOWN, HELD, WAITING} & set(states(session))
    session.midi_in(b"".join(bytes([0xB0 | n, 120, 0]) for n in everywhere))
    session.run(0.3)
    assert states(session) == [0] * 16
    assert session.machine.tg.sounding == []


@settings(max_examples=10, deadline=None)
@given(streams(pieces))
def test_any_stream_leaves_a_machine_that_answers_and_valid_data(stream: bytes) -> None:
    session = flooded(stream)
    alive(session)
    silenced(session)
    assert not [place for place in session.machine.unmapped.by_place if place[0] in ("rom write", "mem write")]
    again = Session(engine="v30", sram=session.sram)
    result = again.boot()
    assert result.ended == "play page"
    assert not any("Error" in line for row in result.timeline for line in row.lcd)
    assert again.sram[STORED] == session.sram[STORED]


@settings(max_examples=10, deadline=None)
@given(streams(playing))
def test_nothing_stored_changes_unless_a_message_says_so(stream: bytes) -> None:
    session = flooded(stream)
    alive(session)
    if not may_write(stream):
        assert session.sram[STORED] == started().sram[STORED]


@settings(max_examples=5, deadline=None)
@given(st.lists(notes, min_size=200, max_size=500), st.sampled_from([0, 1, 2]))
def test_notes_as_fast_as_the_wire_leave_no_voice_behind(rows: list[bytes], mode: int) -> None:
    """SINGLE, DOUBLE and DRUMS; note on by running status, most of them never let go."""
    program = bytearray(PROGRAM_SIZE)
    program[10] = mode
    session = flooded(HEAD + b"\x40" + pack(bytes(program)) + b"\xf7" + b"\x90" + b"".join(rows))
    alive(session)
    silenced(session)
