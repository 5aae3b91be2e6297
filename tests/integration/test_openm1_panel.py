"""OpenM1's panel: selection, modes, GLOBAL pages, LEDs."""

from __future__ import annotations

import pytest

from korgm1.session import Session


def press(session: Session, *keys: str) -> str:
    for key in keys:
        session.press(key)
    return session.lcd[0].rstrip()


def lit(session: Session) -> list[str]:
    return [led for led, on in session.leds.items() if on]


def test_digits(m1: Session) -> None:
    assert press(m1, "4") == "Prog I4_ Init Prog"
    assert press(m1, "2") == "Prog I42 Init Prog"
    assert press(m1, "0", "7") == "Prog I07 Init Prog"


def test_a_mode_key_forgets_half_a_number(m1: Session) -> None:
    assert press(m1, "4", "PROG") == "Prog I00 Init Prog"


def test_tens_hold(m1: Session) -> None:
    press(m1, "5", "0", "10HOLD")
    assert m1.lcd[0].endswith("10's HOLD")
    assert press(m1, "7").startswith("Prog I57")
    assert press(m1, "1").startswith("Prog I51")
    assert press(m1, "10HOLD") == "Prog I51 Init Prog"
    assert press(m1, "1") == "Prog I1_ Init Prog"


def test_up_and_down_go_round(m1: Session) -> None:
    assert press(m1, "UP", "UP", "DOWN") == "Prog I01 Init Prog"
    assert press(m1, "DOWN", "DOWN") == "Prog I99 Init Prog"
    assert press(m1, "UP") == "Prog I00 Init Prog"


def test_up_repeats(m1: Session) -> None:
    m1.press("UP", seconds=0.3)
    assert m1.lcd[0].startswith("Prog I01")
    m1.press("UP", seconds=1.0)
    assert 5 <= int(m1.lcd[0][6:8]) <= 9


def test_slider_selects_once_it_moves(m1: Session) -> None:
    assert press(m1, "4", "2") == "Prog I42 Init Prog"
    m1.run(1)
    assert m1.lcd[0].startswith("Prog I42")
    m1.slide(127)
    m1.run(0.2)
    assert m1.lcd[0].startswith("Prog I99")
    m1.slide(1)
    m1.run(0.2)
    assert m1.lcd[0].startswith("Prog I00")
    m1.slide(126)
    m1.run(0.2)
    assert m1.lcd[0].startswith("Prog I98")
    m1.slide(0)
    m1.run(0.2)
    assert m1.lcd[0].startswith("Prog I00")


def test_combinations(m1: Session) -> None:
    assert press(m1, "COMBI") == "Combi I00 Init Combi"
    assert lit(m1) == ["INT", "COMBI"]
    assert press(m1, "3", "3") == "Combi I33 Init Combi"
    assert press(m1, "PROG") == "Prog I00 Init Prog"
    assert lit(m1) == ["INT", "PROG"]
    assert press(m1, "COMBI") == "Combi I33 Init Combi"


@pytest.mark.parametrize("key", ["EDIT PROG", "EDIT COMBI", "SEQ"])
def test_what_is_not_there_says_so(m1: Session, key: str) -> None:
    press(m1, key, "5", "UP", "A")
    assert m1.lcd[1].startswith("Not in this version")
    assert lit(m1) == ["INT", key]
    assert press(m1, "PROG") == "Prog I00 Init Prog"


def test_no_card(m1: Session) -> None:
    press(m1, "CARD")
    assert m1.lcd[1].rstrip() == "No Card"
    assert press(m1, "INT") == "Prog I00 Init Prog"
    assert "No Card" not in m1.lcd[1]


def test_keys_without_a_task_change_nothing(m1: Session) -> None:
    before = m1.lcd
    press(m1, "REC/WRITE", "START/STOP", "RESET", "COMPARE", "REST/TIE", "A", "H", "PAGE+", "PAGE-")
    assert m1.lcd == before


def test_global_pages(m1: Session) -> None:
    assert press(m1, "GLOBAL").startswith("GLOBAL 0-1")
    assert lit(m1) == ["INT", "GLOBAL"]
    assert press(m1, "PAGE-").startswith("GLOBAL 0-1")
    pages = [press(m1, "PAGE+")[7:10] for _ in range(7)]
    assert pages == ["4-1", "5-1", "5-2", "6-1", "7-1", "7-2", "7-2"]
    assert press(m1, "4").startswith("GLOBAL 4-1")
    assert press(m1, "9").startswith("GLOBAL 4-1")


def test_global_values(m1: Session) -> None:
    press(m1, "GLOBAL", "5", "UP", "UP")
    assert m1.lcd[1].rstrip() == "MIDI        >03"
    m1.press("DOWN")
    m1.slide(127)
    m1.run(0.2)
    assert m1.lcd[1].rstrip() == "MIDI        >16"
    m1.press("UP")
    assert m1.lcd[1].rstrip() == "MIDI        >16"
    press(m1, "PAGE+", "DOWN")
    assert m1.lcd[1].rstrip() == "MIDI Filter >DIS"
    press(m1, "4", "UP", "G", "UP")
    assert m1.lcd[1].rstrip() == "Protect      ON       OFF     >ON"
    press(m1, "0", "DOWN", "E", "UP")
    assert m1.lcd[1].rstrip() == "Master       -01     >+01"


@pytest.mark.parametrize(("position", "shown"), [(0, "-50     >-12"), (127, "+50     >+12")])
def test_the_ends_of_the_slider_are_the_ends_of_the_range(m1: Session, position: int, shown: str) -> None:
    press(m1, "GLOBAL")
    for key in ("A", "E"):
        press(m1, key)
        for place in (64, position):
            m1.slide(place)
            m1.run(0.2)
    press(m1, "UP" if position else "DOWN")
    assert m1.lcd[1].rstrip() == "Master       " + shown


def test_global_values_are_kept(m1: Session) -> None:
    press(m1, "GLOBAL", "5", "UP", "4", "E", "UP")
    again = Session(sram=m1.sram)
    again.boot()
    press(again, "GLOBAL", "5")
    assert again.lcd[1].rstrip() == "MIDI        >02"
    press(again, "4")
    assert again.lcd[1].rstrip() == "Protect     >OFF      ON       OFF"


def first_change(session: Session, clocks: int) -> int | None:
    """Clocks until line 1 changes; None: it stays for so many."""
    start, before = session.machine.scheduler.now, session.lcd[0]
    while session.machine.scheduler.now < start + clocks:
        session.run(0.0005)
        if session.lcd[0] != before:
            return session.machine.scheduler.now - start
    return None


@pytest.mark.parametrize("key", ["UP", "4", "COMBI", "GLOBAL"])
def test_a_press_is_on_the_display_within_a_scan_and_a_drawing(m1: Session, key: str) -> None:
    """It counts at the first look at its column, every 14 ms; then the page is drawn."""
    seen = []
    for phase in range(14):
        m1.run(0.1 + phase / 1000)
        m1.key_down(key)
        seen.append(first_change(m1, 400_000))
        m1.key_up(key)
        press(m1, "PROG")
    assert all(clocks is not None and clocks < 8_000 * 20 for clocks in seen), seen
    assert max(clock or 0 for clock in seen) > 8_000 * 10, "every place of the scan was met"


def test_a_contact_that_bounces_counts_once(m1: Session) -> None:
    """Closed and open at every other look: never two open ones running."""
    for turn in range(20):
        (m1.key_down if turn % 2 == 0 else m1.key_up)("UP")
        m1.run(0.014)
    m1.key_up("UP")
    m1.run(0.2)
    assert m1.lcd[0].startswith("Prog I01")
    m1.press("UP")
    assert m1.lcd[0].startswith("Prog I02")


def test_a_key_is_up_after_two_open_looks(m1: Session) -> None:
    for number in range(1, 6):
        m1.key_down("UP")
        m1.run(0.015)
        m1.key_up("UP")
        m1.run(0.030)
        assert m1.lcd[0].startswith(f"Prog I{number:02}")
