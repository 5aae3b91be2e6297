"""The character font: complete, distinct, and in its places."""

import numpy as np

from korgm1.board.lcd_font import CGROM, CHARSET, draw, to_text

PRINTABLE = [*range(0x21, 0x80), *range(0xA1, 0xFE), 0xFF]
BLANKS = [*range(0x10, 0x21), *range(0x80, 0xA1), 0xFE]


def test_every_printable_code_has_dots_and_blanks_have_none() -> None:
    assert sorted(PRINTABLE + BLANKS) == list(range(0x10, 0x100))
    assert all(CGROM[code].any() for code in PRINTABLE)
    assert not CGROM[BLANKS].any() and not CGROM[:16].any()


def test_glyphs_are_distinct_in_the_5x8_font() -> None:
    shapes = {bytes(CGROM[code, :8]): code for code in PRINTABLE}
    assert len(shapes) == len(PRINTABLE)


def test_glyphs_are_five_dots_wide_and_leave_the_cursor_row() -> None:
    assert CGROM.max() <= 0x1F
    assert not CGROM[0x20:0xE0, 7:].any()
    assert not CGROM[:, 10].any()


def test_charset_is_one_character_a_code() -> None:
    assert len(CHARSET) == 256 and all(len(c) == 1 for c in CHARSET)
    assert CHARSET[0x20:0x5C] == bytes(range(0x20, 0x5C)).decode()
    assert CHARSET[0xA1] == "｡" and CHARSET[0xB1] == "ｱ" and CHARSET[0xDF] == "ﾟ"
    assert CHARSET[0xE0] == "α" and CHARSET[0xF7] == "π" and CHARSET[0xFD:] == "÷ █"
    assert all(CHARSET[code] == " " for code in BLANKS)
    assert to_text(bytes([0, 7, 8, 15])) == "⓪⑦⓪⑦"


def test_drawing() -> None:
    tee = draw(b"T", bytes(64))
    assert tee.shape == (1, 8, 5)
    assert tee[0, 0].all() and tee[0, 3].tolist() == [False, False, True, False, False]
    cgram = bytes(range(64))
    user = draw(bytes([1, 9]), cgram)
    assert np.array_equal(user[0], user[1])
    assert user[0, 7].tolist() == [False, True, True, True, True]
    tall = draw(bytes([3, 0xE7]), cgram, tall=True)
    assert tall.shape == (2, 11, 5)
    assert tall[0, 10].tolist() == [True, True, False, True, False], "byte 26 of CGRAM = 1A: character 1 of four"
    assert tall[1, 9].tolist() == [False, True, True, True, False]


def test_what_was_drawn_can_be_painted_over() -> None:
    first = draw(b"M1", bytes(64))
    kept = first.copy()
    first[:] = True
    assert np.array_equal(draw(b"M1", bytes(64)), kept)
