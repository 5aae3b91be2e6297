"""Bytes as messages, in one piece and in several; notes that hang."""

from __future__ import annotations

import mido
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.midi_stream import LONGEST, Assembler, Held


def whole(data: bytes, piece: int = 0) -> list[bytes]:
    assembler = Assembler(piece)
    return [message for byte in data for message in assembler.take(byte)]


@pytest.mark.parametrize(("text", "messages"), [
    ("90 3C 64 3C 00", ["90 3c 64", "90 3c 00"]),
    ("C0 05 06", ["c0 05", "c0 06"]),
    ("90 F8 3C FE 64", ["f8", "fe", "90 3c 64"]),
    ("F0 42 F8 30 F7", ["f8", "f0 42 30 f7"]),
    ("F0 42 90 3C 64", ["90 3c 64"]),
    ("90 3C 80 3C 40", ["80 3c 40"]),
    ("F2 01 02 03", ["f2 01 02"]),
    ("F6", ["f6"]),
    ("90 3C 64 F6 3C 64", ["90 3c 64", "f6"]),
    ("F1 05 F4 01 02 F5", ["f1 05"]),
    ("3C 64 F7", []),
    ("F7 F7", []),
])  # fmt: skip
def test_messages(text: str, messages: list[str]) -> None:
    assert [message.hex(" ") for message in whole(bytes.fromhex(text))] == messages


MESSAGES = st.one_of(
    st.tuples(st.integers(0x80, 0xBF), st.integers(0, 127), st.integers(0, 127)).map(bytes),
    st.tuples(st.integers(0xC0, 0xDF), st.integers(0, 127)).map(bytes),
    st.lists(st.integers(0, 127), max_size=30).map(lambda data: bytes([0xF0, *data, 0xF7])),
    st.sampled_from([b"\xf8", b"\xfa", b"\xfe"]),
)


@given(st.lists(MESSAGES, max_size=20))
def test_what_is_put_together_comes_apart_as_it_was(messages: list[bytes]) -> None:
    assert whole(b"".join(messages)) == messages


@given(st.binary(max_size=80))
def test_any_bytes_make_whole_messages_only(data: bytes) -> None:
    for message in whole(data):
        mido.Message.from_bytes(message)


@given(st.lists(MESSAGES, max_size=8), st.integers(1, 7))
def test_pieces_are_the_message(messages: list[bytes], piece: int) -> None:
    assert b"".join(whole(b"".join(messages), piece)) == b"".join(messages)


def test_a_message_that_breaks_off_after_a_piece_is_ended() -> None:
    assert whole(bytes.fromhex("F0 01 02 03 04 90 3C 64"), 2) == [b"\xf0\1", b"\2\3", b"\xf7", b"\x90<d"]
    assert whole(bytes.fromhex("F0 01 02 F6"), 2) == [b"\xf0\1", b"\xf7", b"\xf6"]


def test_an_endless_message_is_dropped() -> None:
    assert whole(b"\xf0" + bytes(LONGEST + 5) + b"\xf7\xfa") == [b"\xfa"]


def test_held_notes_and_dampers_are_let_go() -> None:
    held = Held()
    for message in (b"\x90<d", b"\x91<d", b"\x90>d", b"\x90>\0", b"\x81<@", b"\xb2@\x40", b"\xb3@\x7f", b"\xb3@\x3f",
                    b"\xf8", b"\xf0\1\2\xf7", b"\xb0\1\2"):  # fmt: skip
        held.note(message)
    assert held.release() == b"\x90<\0\xb2@\0"
    assert held.release() == b""
