"""The language of events: what it reads, and how it names what it cannot."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import UsageError
from korgm1.lifetime.events import WORDS, parse_events, parse_ohms
from korgm1.quantities import YEAR


def test_a_whole_life_is_read_in_order() -> None:
    events = parse_events(
        "cell=CR2032 temp=28 use=12y:3h/week off=8y cell-out=10s swap-cell=5s:CR2032@2.9 contact=50k on=3s dip=40ms "
        "off-switch look"
    )
    assert [e.name for e in events] == [
        "cell", "temp", "use", "off", "cell-out", "swap-cell", "contact", "on", "dip", "off-switch", "look",
    ]  # fmt: skip
    assert [e.place for e in events] == list(range(1, 12))
    by_name = {e.name: e for e in events}
    assert by_name["use"].seconds == 12 * YEAR and by_name["use"].share == 3 / 168
    assert by_name["swap-cell"].seconds == 5 and by_name["swap-cell"].cell == "CR2032@2.9"
    assert by_name["temp"].number == 28 and by_name["contact"].number == 50_000 and by_name["on"].seconds == 3


def test_a_list_of_words_is_the_same_as_a_text() -> None:
    assert parse_events(["off=8y on", "dip=40ms"]) == parse_events("off=8y on dip=40ms") != []
    assert parse_events([]) == []


def test_on_without_a_time_boots_to_its_end_and_a_swap_puts_a_new_cell_in() -> None:
    on, swap = parse_events("on swap-cell=0")
    assert on.seconds is None
    assert (swap.seconds, swap.cell) == (0, "CR2032")


@pytest.mark.parametrize(("text", "place", "word"), [
    ("off=8y explode", 2, "explode"),
    ("off", 1, "off"),
    ("off=", 1, "off="),
    ("off=8", 1, "off=8"),
    ("off=0", 1, "off=0"),
    ("off=-8y", 1, "off=-8y"),
    ("off=500y", 1, "off=500y"),
    ("use=12y", 1, "use=12y"),
    ("use=12y:30h/day", 1, "use=12y:30h/day"),
    ("temp=28 temp=hot", 2, "temp=hot"),
    ("temp=200", 1, "temp=200"),
    ("cell=-3", 1, "cell=-3"),
    ("cell=9", 1, "cell=9"),
    ("cell=CR2032@3.6", 1, "cell=CR2032@3.6"),
    ("cell=CR2032@low!", 1, "cell=CR2032@low!"),
    ("cell=AA", 1, "cell=AA"),
    ("swap-cell", 1, "swap-cell"),
    ("swap-cell=", 1, "swap-cell="),
    ("swap-cell=5s:", 1, "swap-cell=5s:"),
    ("contact=-1", 1, "contact=-1"),
    ("contact=nan", 1, "contact=nan"),
    ("on=", 1, "on="),
    ("on=1y", 1, "on=1y"),
    ("look=1", 1, "look=1"),
    ("dip=40ms", 1, "dip=40ms"),
    ("on off=1d dip=40ms", 3, "dip=40ms"),
    ("on look", 2, "look"),
    ("on on", 2, "on"),
    ("off-switch", 1, "off-switch"),
    ("on swap-cell=2h", 2, "swap-cell=2h"),
    ("on off-switch off-switch", 3, "off-switch"),
])
def test_what_cannot_be_names_the_word_and_its_place(text: str, place: int, word: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_events(text)
    assert caught.value.found.startswith(f"event {place}, {word!r}: ")
    assert caught.value.expected


def test_a_dip_may_come_first_where_the_power_is_on() -> None:
    assert [e.name for e in parse_events("dip=40ms off=1d", powered=True)] == ["dip", "off"]


@pytest.mark.parametrize("text", ["", "k", "1kM", "1_0", "inf", "2000M", "3m", "1e", "٣"])
def test_what_is_no_resistance_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        parse_ohms(text)


@given(st.lists(st.sampled_from(WORDS), max_size=12))
def test_any_sequence_of_known_words_is_read_or_refused_for_the_power_alone(words: list[str]) -> None:
    try:
        assert [e.word for e in parse_events(words)] == words
    except UsageError as error:
        assert "the power is" in error.found


@given(st.text(max_size=20))
def test_no_text_does_anything_but_parse_or_say_why(text: str) -> None:
    try:
        parse_events(text)
    except UsageError as error:
        assert error.found.startswith("event ")
