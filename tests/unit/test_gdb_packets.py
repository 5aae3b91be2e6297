"""Frames of GDB's remote protocol against the manual's rules, a reader of the client's side, and rubbish."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from korgm1.debugging.gdb_packets import PACKET_SIZE, Event, Kind, Reader, checksum, frame


def expanded(packet: bytes) -> bytes:
    """What a client makes of a frame: escapes undone, runs written out (GDB manual, E.1)."""
    assert packet[:1] == b"$" and packet[-3:-2] == b"#"
    body = packet[1:-3]
    assert int(packet[-2:], 16) == sum(body) % 256
    assert b"$" not in body and b"#" not in body
    out = bytearray()
    place = 0
    while place < len(body):
        byte = body[place]
        if byte == ord("}"):
            out.append(body[place + 1] ^ 0x20)
            place += 1
        elif byte == ord("*"):
            count = body[place + 1]
            assert 32 <= count <= 126 and chr(count) not in "#$+-"
            out += out[-1:] * (count - 29)
            place += 1
        else:
            out.append(byte)
        place += 1
    return bytes(out)


def sent(payload: bytes) -> bytes:
    """A frame as a client sends it: # $ } escaped, nothing shortened."""
    body = b"".join(bytes([0x7D, byte ^ 0x20]) if byte in b"#$}" else bytes([byte]) for byte in payload)
    return b"$%s#%02x" % (body, sum(body) % 256)


@given(st.one_of(st.binary(max_size=600), st.lists(st.tuples(st.sampled_from(b"0f#$}*A"), st.integers(1, 300)),
       max_size=6).map(lambda runs: b"".join(bytes([byte]) * count for byte, count in runs))))  # fmt: skip
def test_a_client_reads_what_was_sent(payload: bytes) -> None:
    assert expanded(frame(payload)) == payload


def test_runs_are_shortened() -> None:
    assert all(len(frame(b"0" * count)) <= max(count, 5) + 4 for count in range(400))
    assert len(frame(b"0" * 2000)) < 120


@given(st.binary(max_size=300), st.integers(1, 7))
def test_a_packet_arrives_whole_in_any_pieces(payload: bytes, size: int) -> None:
    wire, reader = sent(payload), Reader()
    events = [event for place in range(0, len(wire), size) for event in reader.feed(wire[place : place + size])]
    assert events == [Event(Kind.PACKET, payload)]


def test_an_asterisk_that_comes_in_is_itself() -> None:
    assert Reader().feed(sent(b"X0,3:a*b")) == [Event(Kind.PACKET, b"X0,3:a*b")]


def test_a_wrong_checksum_is_told_and_the_next_packet_read() -> None:
    reader = Reader()
    assert reader.feed(b"$g#00$g#zz" + sent(b"g")) == [
        Event(Kind.BROKEN), Event(Kind.BROKEN), Event(Kind.PACKET, b"g"),
    ]  # fmt: skip


def test_a_half_packet_is_forgotten_when_another_begins() -> None:
    assert Reader().feed(b"$m0,1" + sent(b"g")) == [Event(Kind.PACKET, b"g")]


def test_what_stands_between_packets() -> None:
    events = Reader().feed(b"\xff\x00+junk-\x03" + sent(b"?"))
    assert [event.kind for event in events] == [Kind.ACK, Kind.NAK, Kind.INTERRUPT, Kind.PACKET]


def test_ctrl_c_within_a_packet_is_data() -> None:
    assert Reader().feed(sent(b"X0,1:\x03")) == [Event(Kind.PACKET, b"X0,1:\x03")]


def test_the_longest_packet_and_one_byte_more() -> None:
    reader = Reader()
    assert reader.feed(sent(b"a" * PACKET_SIZE)) == [Event(Kind.PACKET, b"a" * PACKET_SIZE)]
    assert reader.feed(sent(b"a" * (PACKET_SIZE + 1))) == [Event(Kind.TOO_LONG)]
    assert reader.feed(sent(b"g")) == [Event(Kind.PACKET, b"g")]


def test_a_packet_without_end_takes_no_memory() -> None:
    reader = Reader(limit=100)
    reader.feed(b"$" + b"x" * 1_000_000)
    assert len(reader._payload or b"") == 100


@given(st.lists(st.binary(max_size=60), max_size=20))
def test_rubbish_never_raises_and_never_hides_a_packet_behind_it(pieces: list[bytes]) -> None:
    reader = Reader(limit=64)
    for piece in pieces:
        reader.feed(piece)
    assert reader.feed(b"#00$" + sent(b"?"))[-1] == Event(Kind.PACKET, b"?")


def test_checksum_wraps() -> None:
    assert checksum(b"\xff\xff") == 0xFE
