"""What terminals send, and the line commands are typed on: any bytes, cut anywhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.frontends.command_line import CommandLine
from korgm1.frontends.terminal_keys import Typed
from korgm1.keymap.chords import TERMINAL, Mistake, chord


@pytest.mark.parametrize(
    ("sent", "key"),
    [
        ("\x1b[A", "up"), ("\x1bOA", "up"), ("\x1b[1;2B", "shift+down"), ("\x1b[1;8C", "ctrl+alt+shift+right"),
        ("\x1b[1~", "home"), ("\x1b[H", "home"), ("\x1bOH", "home"), ("\x1b[4~", "end"), ("\x1b[2~", "insert"),
        ("\x1b[5;5~", "ctrl+page up"), ("\x1bOP", "f1"), ("\x1b[11~", "f1"), ("\x1b[[A", "f1"), ("\x1b[20~", "f9"),
        ("\x1b[24~", "f12"),
        ("\x1b[Z", "shift+tab"), ("\x1b\x1b", "alt+escape"), ("\x1bx", "alt+x"), ("\x01", "ctrl+a"),
        ("\x1b\x01", "ctrl+alt+a"),
        ("\x7f", "backspace"), ("\x08", "backspace"), ("\r", "enter"), ("\n", "enter"), ("\t", "tab"), (" ", "space"),
        ("é", "é"), ("\x1bOM", "enter"),
    ],
)  # fmt: skip
def test_keys_of_terminals(sent: str, key: str) -> None:
    data = sent.encode()
    assert Typed().keys(data) == [key]
    typed = Typed()
    cut = [found for byte in data for found in typed.keys(bytes([byte]))]
    assert cut == [key] and not typed.waiting


def test_sequences_nobody_binds_are_nothing() -> None:
    assert Typed().keys(b"\x1b[200~a\x1b[201~\x1b[?1;2c\x1b[12;40R\x1b[99~b\x00") == ["a", "b"]


@given(st.lists(st.binary(max_size=8), max_size=8))
def test_any_bytes_give_keys_that_can_be_bound(pieces: list[bytes]) -> None:
    typed = Typed()
    found = [key for piece in pieces for key in typed.keys(piece)]
    found += typed.flush()
    assert not typed.waiting
    for key in found:
        try:
            assert chord(key, TERMINAL) == key
        except Mistake:
            assert "ctrl+" in key or "shift+tab" in key, key


KEYS = st.lists(st.sampled_from(["a", "b", "space", "left", "right", "home", "end", "backspace", "delete", "up", "down",
                                 "tab", "ctrl+u", "ctrl+k", "ctrl+w", "ctrl+d", "enter", "escape", "f5"]), max_size=60)


@given(KEYS)
def test_the_cursor_stays_on_the_line(keys: list[str]) -> None:
    line = CommandLine(lambda text: (text.rfind(" ") + 1, ["ab", "abba"]))
    for key in keys:
        before = line.text
        ended = line.take(key)
        assert 0 <= line.cursor <= len(line.text)
        if ended is not None:
            assert line.text == "" and ended in (before.strip(), "")


def test_what_was_typed_comes_back() -> None:
    line = CommandLine()
    for key in (*"one", "enter", *"two", "enter", *"dra"):
        line.take(key)
    for key, text in (("up", "two"), ("up", "one"), ("up", "one"), ("down", "two"), ("down", "dra"), ("down", "dra")):
        line.take(key)
        assert line.text == text
