"""What is said of the display: only what changed, once, when it rests."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from korgm1.clock import CPU_HZ
from korgm1.frontends.narrator import BLINKS, STAND, Narrator, difference, heading, under, whole

TUNE = "GLOBAL 0-1   Tune     Transpose         "
MARKED = "Master      >+00      +00               "


def test_a_page_is_said_by_lines_without_its_blanks() -> None:
    assert difference(("", ""), (TUNE, MARKED)) == ["GLOBAL 0-1, Tune, Transpose", "Master, selected +00, +00"]
    assert difference((TUNE, MARKED), (TUNE, " " * 40)) == []
    assert whole("█" * 40) == "solid bar"


def test_of_a_line_only_the_field_that_changed_with_its_heading() -> None:
    assert difference((TUNE, MARKED), (TUNE, MARKED.replace(">+00", ">-12"))) == ["Tune -12"]
    assert difference((TUNE, MARKED), (TUNE, "Master       +00     >+00               ")) == ["Transpose +00"]
    old, new = "SINGLE  POLY  OSC1 000", "SINGLE  MONO  OSC1 000"
    assert difference(("Prog I00", old), ("Prog I00", new)) == ["MONO"]
    assert difference(("Prog I00", old), ("Prog I01", old)) == ["Prog I01"]
    assert difference(("Prog I00", old), ("Prog I00", "DOUBLE  MONO  OSC1 000")) == ["DOUBLE, MONO, OSC1 000"]


def test_headings_stand_above() -> None:
    assert heading(TUNE, type("F", (), {"start": 30})()) == ""
    assert under((TUNE, MARKED), (1, 23)) == "Transpose +00"
    assert under((TUNE, MARKED), (1, 39)) == ""
    assert under((TUNE, MARKED), (0, 2)) == "GLOBAL 0-1"


class Panel:
    """A display and lights, looked at 60 times a second."""

    def __init__(self) -> None:
        self.narrator = Narrator()
        self.now = self.since = self.touched = 0
        self.lines = ("Prog I00", "SINGLE")
        self.leds = {"INT": True, "SEQ": False}
        self.cursor: tuple[int, int] | None = None
        self.said: list[str] = []

    def wait(self, seconds: float) -> list[str]:
        """What is said meanwhile."""
        said = []
        for _ in range(round(seconds * 60)):
            self.now += CPU_HZ // 60
            said += self.narrator.look(self.now, self.lines, self.since, self.cursor, self.leds, self.touched)
        self.said += said
        return said

    def show(self, first: str, second: str = "SINGLE", touched: bool = False) -> None:
        self.lines, self.since = (first, second), self.now
        if touched:
            self.touched = self.now


def test_a_picture_is_said_once_when_it_has_stood() -> None:
    panel = Panel()
    assert panel.wait(0.15) == []
    assert panel.wait(3.0) == ["INT on", "Prog I00", "SINGLE"]
    panel.show("Prog I42", touched=True)
    assert panel.wait(STAND / CPU_HZ / 2) == []
    assert panel.wait(10.0) == ["Prog I42"]


def test_a_slider_that_moves_is_said_where_it_stops() -> None:
    panel = Panel()
    panel.wait(1.0)
    for value in range(50):
        panel.show("Prog I00", f"CUTOFF {value:02}", touched=True)
        assert panel.wait(0.05) == []
    assert panel.wait(1.0) == ["CUTOFF 49"]


def test_a_counter_that_runs_by_itself_is_said_where_it_rests() -> None:
    panel = Panel()
    panel.wait(1.0)
    panel.show("Seq", "BAR 001", touched=True)
    panel.wait(0.5)
    for bar in range(2, 30):
        panel.show("Seq", f"BAR {bar:03}")
        panel.wait(0.5)
    assert panel.said.count("Seq") == 1 and len(panel.said) <= 6
    assert panel.wait(2.0) == ["BAR 029"]


def test_a_text_that_blinks_is_said_twice_at_most() -> None:
    panel = Panel()
    panel.wait(1.0)
    for _ in range(20):
        panel.show("Prog I00", "Ready?")
        panel.wait(0.4)
        panel.show("Prog I00", "")
        panel.wait(0.4)
    assert panel.said.count("Ready?") <= 2


def test_lights_are_said_when_they_stand_and_blinking_once() -> None:
    panel = Panel()
    panel.wait(1.0)
    panel.leds = {"INT": True, "SEQ": True}
    assert panel.wait(1.0) == ["SEQ on"]
    panel.leds = {"INT": True, "SEQ": False}
    assert panel.wait(1.0) == ["SEQ off"]
    panel.wait(5.0)
    said = []
    for number in range(BLINKS * 8):
        panel.leds = {"INT": True, "SEQ": bool(number & 1)}
        said += panel.wait(0.25)
    assert said.count("SEQ blinks") == 1 and len(said) <= 4
    assert panel.wait(5.0) == ["SEQ on"]


def test_the_word_under_a_cursor_that_moves() -> None:
    panel = Panel()
    panel.lines, panel.cursor = (TUNE, MARKED), (1, 14)
    panel.wait(1.0)
    panel.cursor = (1, 22)
    assert panel.wait(1.0) == ["Transpose +00"]


LINE = st.text(st.sampled_from("ab >0█①   "), min_size=40, max_size=40)


@given(st.tuples(LINE, LINE), st.tuples(LINE, LINE))
def test_no_display_is_too_strange(before: tuple[str, str], after: tuple[str, str]) -> None:
    said = difference(before, after)
    assert all(text.strip() == text and text and "\n" not in text and "  " not in text for text in said)
    assert difference(after, after) == []
