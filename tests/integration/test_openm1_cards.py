"""OpenM1 and program cards: what it says of them, the card's bank, timbres that play it, requests over MIDI."""

from __future__ import annotations

from pathlib import Path

import pytest
from openm1_cards import FIFTY, HUNDRED, SEQUENCES, ask, image, inserted, lit, made, press, said
from openm1_sound import LAYER, RELEASED, combination, control, dump, off, on, part, play, send, stored, timbre, voices

from korgm1.board.card import Card
from korgm1.cardfile.card_format import FORMATS, build, identify
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.sysex import HEAD, pack

CARD_PROGRAMS = range(0xE000, 0xE900)
CHANNELS = "joystick_x,joystick_y,value,aftertouch,pedal1,pedal2,battery,"
PLAIN = "SINGLE  POLY  OSC1 000"
REFUSED = HEAD + b"\x24\xf7"
NAMES = ("Card 100PROG/100COMBI", "Card 50PROG/50COMBI/4200SEQ", "Card 7700SEQ")


def texts(m1: Session) -> list[str]:
    """Line 2 of every picture since power-on, one after another."""
    found: list[str] = []
    for row in m1.timeline:
        if not found or found[-1] != row.lcd[1].rstrip():
            found.append(row.lcd[1].rstrip())
    return found


# ---- what it says ----


@pytest.mark.parametrize("kind", [HUNDRED, FIFTY, SEQUENCES])
def test_a_card_put_in_is_named_for_a_moment(m1: Session, kind: int) -> None:
    m1.insert_card(made(m1, kind))
    m1.run(0.3)
    assert said(m1) == NAMES[kind]
    m1.run(2)
    assert said(m1) == PLAIN
    press(m1, "GLOBAL", "CARD")
    assert said(m1) == NAMES[kind]


def test_a_card_there_at_power_on_is_not_named(m1: Session) -> None:
    again = Session(sram=m1.sram, card=made(m1, HUNDRED))
    again.boot()
    again.run(2)
    assert not set(NAMES) & set(texts(again)) and said(again) == PLAIN
    assert press(again, "CARD") == "Prog C00 Card P00"


@pytest.mark.parametrize("at_power_on", [False, True])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (bytes(32768), "Card Not Formatted"),
        (b"\xff" * 32768, "Card Not Formatted"),
        (b"OpenM1 ProgCard \x03" + bytes(32751), "Card Not Formatted"),
        (b"OpenM1 ProgCard \x00" + bytes(32750) + b"\x01", ""),
        (b"OpenM1 ProgCard \x00" + bytes(27000) + b"\x01" + bytes(5750), "Card Data Error"),
        (b"OpenM1 ProgCard \x02\x00\x15\x1e\x35" + bytes(32747), "Card Data Error"),
        (b"OpenM1 ProgCard \x02\x00\x14\x1e\x34" + bytes(32747), ""),
    ],
)
def test_what_is_wrong_with_it(m1: Session, data: bytes, message: str, at_power_on: bool) -> None:
    assert len(data) == 32768
    content = identify(data)
    assert (message == "Card Not Formatted") == (content is None)
    assert (message == "Card Data Error") == bool(content and [p for p in content.problems if "songs" not in p])
    if at_power_on:
        m1 = Session(sram=m1.sram, card=data)
        m1.boot()
    else:
        m1.insert_card(data)
    m1.run(2)
    assert said(m1) == (message or PLAIN)
    m1.press("A")
    assert said(m1) == PLAIN, "until a key is pressed"


def test_a_weak_cell_is_said_first(m1: Session) -> None:
    for in_adc, low in (("card", False), ("none", True)):
        session = Session(sram=m1.sram, card=bytes(32768), hypotheses={"H-ADC-CH": CHANNELS + in_adc})
        session.boot()
        session.run(1)
        assert said(session) == ("Battery Low (Card)" if low else "Card Not Formatted")
        session.press("A")
        assert said(session) == ("Card Not Formatted" if low else PLAIN)


def test_a_cell_that_is_flat(m1: Session) -> None:
    for cell, low in (("new", False), (None, True)):
        session = Session(sram=m1.sram)
        session.boot()
        session.insert_card(Card(made(m1, HUNDRED), cell=cell))
        session.run(0.5)
        assert said(session) == ("Battery Low (Card)" if low else NAMES[HUNDRED])


def test_both_cells_weak(m1: Session) -> None:
    session = Session(sram=m1.sram, battery="low", card=made(m1, FIFTY), hypotheses={"H-ADC-CH": CHANNELS + "none"})
    session.boot()
    session.run(1)
    said_then = [said(session)]
    for _ in range(2):
        session.press("A")
        said_then.append(said(session))
    assert said_then == ["Battery Low (Internal)", "Battery Low (Card)", PLAIN]


def test_no_card_no_conversion_of_its_channel(m1: Session) -> None:
    """Whatever the empty slot's channel gives, nothing is said."""
    session = Session(sram=m1.sram, hypotheses={"H-ADC-CH": CHANNELS + "none"})
    session.boot()
    session.run(1)
    assert said(session) == PLAIN


def test_a_card_exchanged_in_no_time_is_another_card(m1: Session) -> None:
    inserted(m1)
    assert press(m1, "CARD") == "Prog C00 Card P00"
    m1.eject_card()
    m1.insert_card(made(m1, HUNDRED, word="Next"))
    m1.run(0.3)
    assert m1.lcd[0].rstrip() == "Prog C00 Next P00" and said(m1) == NAMES[HUNDRED]


# ---- the bank ----


def test_card_and_int_are_banks_of_the_play_modes(m1: Session) -> None:
    inserted(m1)
    assert press(m1, "4", "2", "CARD") == "Prog C42 Card P42"
    assert lit(m1) == ["CARD", "PROG"]
    assert press(m1, "9", "9", "UP") == "Prog C00 Card P00"
    assert press(m1, "COMBI") == "Combi I00 Init Combi" and lit(m1) == ["INT", "COMBI"]
    assert press(m1, "CARD", "DOWN") == "Combi C99 Card C99" and lit(m1) == ["CARD", "COMBI"]
    assert press(m1, "GLOBAL").startswith("GLOBAL") and lit(m1) == ["INT", "GLOBAL"]
    assert press(m1, "PROG") == "Prog C00 Card P00"
    assert press(m1, "1", "INT") == "Prog I00 Init Prog" and lit(m1) == ["INT", "PROG"]
    assert press(m1, "COMBI") == "Combi C99 Card C99"


def test_fifty(m1: Session) -> None:
    inserted(m1, FIFTY)
    assert press(m1, "7", "3", "CARD") == "Prog C23 Card P23"
    assert press(m1, "0", "0", "DOWN") == "Prog C49 Card P49"
    assert press(m1, "UP") == "Prog C00 Card P00"
    assert press(m1, "8", "8") == "Prog C38 Card P38"
    for code, number in ((64, 25), (127, 49)):
        m1.slide(code)
        m1.run(0.2)
        assert m1.lcd[0][6:8] == f"{number}"


@pytest.mark.parametrize(("kind", "why"), [(SEQUENCES, "Not On This Card"), (None, "Card Not Formatted")])
def test_no_bank_on_it(m1: Session, kind: int | None, why: str) -> None:
    m1.insert_card(bytes(32768) if kind is None else made(m1, kind))
    m1.run(2)
    assert press(m1, "CARD") == "Prog I00 Init Prog"
    assert said(m1) == why and lit(m1) == ["INT", "PROG"]


def test_damaged_sounds_can_be_played_all_the_same(m1: Session) -> None:
    data = bytearray(made(m1, HUNDRED))
    data[0x14] ^= 1
    m1.insert_card(bytes(data))
    m1.run(1)
    assert said(m1) == "Card Data Error"
    assert press(m1, "CARD", "0", "5") == "Prog C05 Card P05"


def test_program_change_selects_in_the_bank(m1: Session) -> None:
    inserted(m1)
    press(m1, "CARD")
    send(m1, 0xC0, 107)
    assert m1.lcd[0].rstrip() == "Prog C07 Card P07"


def test_ejected_while_it_plays(m1: Session) -> None:
    inserted(m1)
    press(m1, "CARD", "4", "2")
    on(m1, 60)
    assert [voice.key for voice in voices(m1)] == [60]
    m1.eject_card()
    m1.run(0.3)
    assert voices(m1) == []
    assert m1.lcd[0].rstrip() == "Prog I42 Init Prog" and said(m1) == "No Card" and lit(m1) == ["INT", "PROG"]
    off(m1, 60)
    on(m1, 60)
    assert [voice.key for voice in voices(m1)] == [60], "the internal one plays"
    m1.run(1)
    assert said(m1) == PLAIN


def test_ejected_where_nothing_of_it_is_used(m1: Session) -> None:
    inserted(m1)
    play(m1)
    on(m1, 60)
    m1.eject_card()
    m1.run(0.3)
    assert [voice.key for voice in voices(m1)] == [60] and said(m1) == "No Card"


# ---- timbres ----


def test_timbres_play_the_card(m1: Session) -> None:
    """From copies; those of one program share one, and they are what the card has."""
    inserted(m1)
    combination(m1, LAYER, timbre(107), timbre(199))
    places = [part(m1, n).program for n in range(2)]
    assert len(set(places)) == 2 and set(places) <= set(CARD_PROGRAMS)
    assert [m1.sram[at : at + 10] for at in places] == [b"Card P07  ", b"Card P99  "]
    on(m1, 60)
    assert sorted(voice.part for voice in voices(m1)) == [0, 1]
    combination(m1, LAYER, timbre(107), timbre(107))
    assert [part(m1, n).program for n in range(2)] == [places[0]] * 2


def test_combinations_of_the_card_with_its_programs(m1: Session) -> None:
    inserted(m1)
    press(m1, "COMBI", "CARD", "3", "0")
    names = [m1.sram[at : at + 8] for at in (part(m1, n).program for n in range(2))]
    assert names == [b"Card P30", b"Card P31"]
    on(m1, 60)
    m1.eject_card()
    m1.run(0.3)
    assert m1.lcd[0].rstrip() == "Combi I30 Init Combi" and voices(m1) == []


def test_a_timbre_without_its_card_is_silent_until_it_comes(m1: Session) -> None:
    combination(m1, LAYER, timbre(0), timbre(150))
    assert [part(m1, n).on for n in range(2)] == [True, False]
    inserted(m1)
    assert [part(m1, n).on for n in range(2)] == [True, True]
    on(m1, 60)
    m1.eject_card()
    m1.run(0.3)
    assert {voice.part for voice in voices(m1)} == {0}
    assert [part(m1, n).on for n in range(2)] == [True, False]
    inserted(m1, FIFTY)
    at = part(m1, 1).program
    assert m1.sram[at : at + 8] == b"Card P00", "50 and above begin anew with 50"


@pytest.mark.parametrize("number", [200, 255])
def test_numbers_no_card_has_are_silent(m1: Session, number: int) -> None:
    inserted(m1)
    combination(m1, LAYER, timbre(number), timbre(100))
    assert [part(m1, n).on for n in range(2)] == [False, True]


def test_more_selections_than_copies(m1: Session) -> None:
    """Each plays the right one, and what was released rings on until its copy is needed."""
    inserted(m1)
    press(m1, "COMBI", "CARD")
    for n in range(30):
        send(m1, 0xC0, n * 3)
        programs = [m1.sram[at : at + 8] for at in (part(m1, k).program for k in range(2))]
        assert programs == [f"Card P{n * 3:02}".encode(), f"Card P{n * 3 + 1:02}".encode()]
        on(m1, 40 + n)
        held = {voice.program for voice in voices(m1) if voice.state != RELEASED}
        assert held == {part(m1, k).program for k in range(2)}
    control(m1, 120)


# ---- MIDI ----


@pytest.mark.parametrize(
    ("kind", "request_", "size"),
    [
        (HUNDRED, "1C 01", 14300), (HUNDRED, "1D 01", 12400), (HUNDRED, "0E 01", 861), (HUNDRED, "18 01", None),
        (HUNDRED, "0F 01", None), (FIFTY, "1C 01", 7150), (FIFTY, "18 01", 1522 + 4 * 100),
        (FIFTY, "0F 01", 861 + 50 * 267 + 1522 + 4 * 100), (SEQUENCES, "18 01", 1522 + 4 * 100),
        (SEQUENCES, "1C 01", None), (SEQUENCES, "0F 01", None), (SEQUENCES, "0E 01", None),
    ],
)  # fmt: skip
def test_dumps_of_the_card(m1: Session, kind: int, request_: str, size: int | None) -> None:
    data = made(m1, kind, 100 if kind else 0)
    m1.insert_card(data)
    m1.run(0.1)
    got = ask(m1, request_, 12 if size else 0.3)
    if size is None:
        assert got == REFUSED and said(m1) == "Not On This Card"
        return
    content = identify(data)
    assert content is not None
    start = {"1C": 861 + 124 * content.format.sounds, "1D": 861, "0E": 0, "0F": 0}.get(
        request_[:2], content.format.fixed - 1522
    )
    extra = {"1C": [kind], "1D": [kind], "0E": []}.get(request_[:2], [1, 100, 0])
    function = {"1C": 0x4C, "1D": 0x4D, "0E": 0x51, "0F": 0x50, "18": 0x48}[request_[:2]]
    assert got == HEAD + bytes([function, *extra]) + pack(content.data[start : start + size]) + b"\xf7"


def test_a_card_that_goes_away_ends_its_dump(m1: Session) -> None:
    inserted(m1)
    before = len(m1.midi_out)
    m1.midi_in(HEAD + bytes.fromhex("1C 01 F7"))
    m1.run(2)
    m1.eject_card()
    m1.run(2)
    got = bytes(byte for byte in m1.midi_out[before:] if byte != 0xFE)
    assert got.endswith(b"\xf7") and 5000 < len(got) < 9000
    assert texts(m1)[-2:] == ["No Card", PLAIN]


def test_programs_and_combinations_written_to_the_card(m1: Session) -> None:
    inserted(m1)
    combination(m1, LAYER, timbre(107), timbre(0))
    place = part(m1, 0).program
    sound = b"Mine      " + stored(m1)[10:]
    dump(m1, 0x40, sound)
    assert ask(m1, "11 01 07") == HEAD + b"\x21\xf7"
    assert m1.sram[place : place + 143] == sound, "what plays it has it"
    assert ask(m1, "1A 01 63") == HEAD + b"\x21\xf7"
    m1.run(1)
    content = identify(image(m1))
    assert content is not None and content.problems == ()
    assert (content.programs[7], content.programs[8]) == ("Mine", "Card P08")
    assert content.combination(99)[36] == 107 and content.combination(99)[47] == 0
    assert said(m1) == "LAYER"
    for body in ("11 01 64", "11 01", "1A 01 7F"):
        assert ask(m1, body) == HEAD + b"\x22\xf7"


def test_memory_protect_is_not_the_cards_and_its_switch_is(m1: Session) -> None:
    data = inserted(m1)
    press(m1, "GLOBAL", "4", "UP", "PROG")
    assert ask(m1, "11 01 07") == HEAD + b"\x21\xf7"
    m1.protect_card(True)
    written = image(m1)
    assert written != data
    assert ask(m1, "11 01 08") == HEAD + b"\x22\xf7" and said(m1) == "Card Protected"
    assert image(m1) == written
    m1.protect_card(False)
    assert ask(m1, "11 01 08") == HEAD + b"\x21\xf7"


def test_the_mode_reply_has_the_card(m1: Session) -> None:
    found = [ask(m1, "12")[7]]
    for kind in (None, HUNDRED, FIFTY, SEQUENCES):
        m1.insert_card(bytes(32768) if kind is None else made(m1, kind))
        found.append(ask(m1, "12")[7])
        m1.eject_card()
    assert found == [0x30, 0x30, 0x31, 0x32, 0x33]


# ---- engines, recordings ----


def test_recorded_and_played_again_on_every_engine(m1: Session, tmp_path: Path) -> None:
    path = tmp_path / "card.rec"
    session = Session(sram=m1.sram, engine="v30")
    session.record(path)
    session.power_on()
    session.run(2)
    session.insert_card(made(m1, HUNDRED))
    session.run(0.5)
    session.press("CARD")
    session.note_on(30)
    session.run(0.3)
    session.midi_in(HEAD + bytes.fromhex("11 01 05 F7"))
    session.run(0.3)
    session.eject_card()
    session.run(0.5)
    session.power_off()
    session.record_end()
    assert [row.lcd[0][:8] for row in session.timeline if row.lcd[0].startswith("Prog C")]
    for engine in ("unicorn", "lockstep"):
        assert replay(path, engine=engine).whole


def test_an_empty_card_builds_as_the_format_says() -> None:
    for row in FORMATS:
        content = identify(build(row, b""))
        assert content is not None and content.problems == ()
