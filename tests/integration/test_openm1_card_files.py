"""OpenM1's pages for the card: load, save, format; refusals; what an ejected card or the mains cut; any content."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from openm1_cards import (
    FIFTY,
    FORMAT,
    HUNDRED,
    LOAD,
    LOADED,
    SAVE,
    SEQUENCES,
    SURE,
    WRITTEN,
    act,
    ask,
    image,
    inserted,
    made,
    press,
    said,
)
from openm1_sound import on, voices

from korgm1.cardfile.card_format import FORMATS, SONGS_SIZE, Content, identify
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.sysex import HEAD, pack

POOL = 0x1040
STORED = slice(0x1000, 0xC69C)
CURSOR = {HUNDRED: "A", FIFTY: "E", SEQUENCES: "G"}


def content(m1: Session) -> Content:
    found = identify(image(m1))
    assert found is not None
    return found


def received(m1: Session, sounds: int, steps: int, seed: int = 1) -> bytes:
    """A bank of random bytes and good names in the memory, by an ALL DATA dump; its data."""
    rng = random.Random(seed)
    data = rng.randbytes(861)
    for word, size in (("Combi", 124), ("Prog", 143)):
        data += b"".join(f"{word} {n:02}".encode().ljust(10) + rng.randbytes(size - 10) for n in range(sounds))
    data += rng.randbytes(SONGS_SIZE + 4 * steps)
    dump = HEAD + bytes([0x50, int(sounds == 50), steps & 0x7F, steps >> 7]) + pack(data) + b"\xf7"
    m1.midi_in(dump)
    m1.run(len(dump) / 3125 + 1)
    assert HEAD + b"\x23\xf7" in m1.midi_out[-40:]
    return data


def stored(m1: Session) -> bytes:
    return m1.sram[STORED]


def valid(m1: Session, card: bytes | None = None) -> Session:
    """The same RAM in an instrument switched on again; it must find nothing wrong with it."""
    again = Session(sram=m1.sram, card=card)
    again.boot()
    assert not [row for row in again.timeline if row.lcd[1].startswith("RAM Error")]
    return again


# ---- format ----


@pytest.mark.parametrize("kind", [HUNDRED, FIFTY, SEQUENCES])
@pytest.mark.parametrize("before", [bytes(32768), b"\xff" * 32768, b"OpenM1 ProgCard " * 2048])
def test_format(m1: Session, kind: int, before: bytes) -> None:
    m1.insert_card(before)
    m1.run(0.5)
    assert act(m1, *FORMAT, CURSOR[kind])[-1] == WRITTEN
    found = content(m1)
    form = FORMATS[kind]
    assert (found.format, found.steps, found.problems) == (form, 0, ())
    assert found.programs == ["Init Prog"] * form.sounds and found.combinations == ["Init Combi"] * form.sounds
    assert found.songs == (["New Song"] * 10 if form.steps else [])
    press(m1, "PROG", "CARD")
    assert m1.lcd[0].rstrip() == ("Prog C00 Init Prog" if form.sounds else "Prog I00 Init Prog")


def test_an_empty_card_is_as_an_empty_memory(m1: Session) -> None:
    m1.insert_card(bytes(32768))
    assert act(m1, *FORMAT, "A")[-1] == WRITTEN
    assert content(m1).data == m1.sram[POOL : POOL + 27561]


@pytest.mark.parametrize("key", ["DOWN", "PROG", "A", "5"])
def test_no_is_no(m1: Session, key: str) -> None:
    data = inserted(m1)
    press(m1, "GLOBAL", *FORMAT, "UP")
    assert said(m1) == SURE
    press(m1, key, "UP" if key == "DOWN" else "A")
    m1.run(1)
    assert image(m1) == data
    assert (said(m1) == SURE) == (key == "DOWN"), "asked anew"


def test_a_question_another_message_replaced_is_no_question(m1: Session) -> None:
    data = inserted(m1)
    press(m1, "GLOBAL", *FORMAT, "UP")
    m1.midi_in(HEAD + bytes.fromhex("4C 05 00 F7"))
    m1.run(0.2)
    assert said(m1) == "MIDI Data Error"
    press(m1, "UP")
    assert said(m1) == SURE and image(m1) == data


def test_the_slider_and_down_ask_nothing(m1: Session) -> None:
    inserted(m1)
    press(m1, "GLOBAL", *FORMAT)
    before = m1.lcd, stored(m1)
    for place in (100, 0, 127):
        m1.slide(place)
        m1.run(0.2)
    press(m1, "DOWN")
    assert (m1.lcd, stored(m1)) == before


# ---- save ----


@pytest.mark.parametrize(("kind", "sounds", "steps"), [(HUNDRED, 100, 700), (FIFTY, 50, 4200), (FIFTY, 50, 0),
                                                       (SEQUENCES, 50, 7700), (SEQUENCES, 100, 3)])
def test_save_and_load_again(m1: Session, kind: int, sounds: int, steps: int) -> None:
    data = received(m1, sounds, steps)
    m1.insert_card(made(m1, kind, 9 if kind else 0))
    m1.run(1)
    assert act(m1, *SAVE)[-1] == WRITTEN
    found = content(m1)
    assert (found.format.number, [problem for problem in found.problems if "songs" not in problem]) == (kind, [])
    start = 861 + sounds * 267 if kind == SEQUENCES else 0
    end = 861 + sounds * 267 if kind == HUNDRED else len(data)
    assert found.data == data[start:end].ljust(found.format.size, b"\0")
    assert found.steps == (0 if kind == HUNDRED else steps)
    card = image(m1)
    other = Session()
    other.boot()
    if kind == SEQUENCES and sounds == 50:
        received(other, 50, 0, 2)
    other.insert_card(card)
    assert act(other, *LOAD)[-1] == LOADED
    assert other.sram[POOL + start : POOL + end] == data[start:end]
    assert image(other) == card
    again = valid(other)
    assert (again.lcd[0].rstrip() == "Prog I00 Prog 00") == (kind != SEQUENCES or sounds == 50)
    assert again.sram[POOL + start : POOL + end] == data[start:end]


@pytest.mark.parametrize(("kind", "sounds", "steps", "why"), [
    (HUNDRED, 50, 0, "Card Has Another Format"), (FIFTY, 100, 0, "Card Has Another Format"),
    (FIFTY, 50, 4201, "Card Too Small"),
])  # fmt: skip
def test_what_does_not_fit_is_not_saved(m1: Session, kind: int, sounds: int, steps: int, why: str) -> None:
    received(m1, sounds, steps)
    data = inserted(m1, kind)
    assert act(m1, *SAVE)[-1] == why
    assert image(m1) == data


@pytest.mark.parametrize("page", [LOAD, SAVE, (*FORMAT, "G")])
def test_no_card(m1: Session, page: tuple[str, ...]) -> None:
    before = stored(m1)
    assert act(m1, *page)[-1] == "No Card"
    assert stored(m1) == before


@pytest.mark.parametrize("page", [LOAD, SAVE])
def test_a_foreign_card_is_neither_read_nor_written(m1: Session, page: tuple[str, ...]) -> None:
    data = random.Random(3).randbytes(32768)
    m1.insert_card(data)
    before = stored(m1)
    assert act(m1, *page)[-1] == "Card Not Formatted"
    assert (stored(m1), image(m1)) == (before, data)


@pytest.mark.parametrize("page", [SAVE, (*FORMAT, "A"), (*FORMAT, "E")])
def test_a_protected_card_is_not_written(m1: Session, page: tuple[str, ...]) -> None:
    data = inserted(m1, protected=True)
    assert act(m1, *page)[-1] == "Card Protected"
    assert image(m1) == data


# ---- load ----


@pytest.mark.parametrize(("kind", "switch", "loads"), [
    (HUNDRED, "A", False), (HUNDRED, "E", False), (HUNDRED, "G", True), (FIFTY, "G", False),
    (SEQUENCES, "A", True), (SEQUENCES, "E", True), (SEQUENCES, "G", False),
])  # fmt: skip
def test_memory_protect(m1: Session, kind: int, switch: str, loads: bool) -> None:
    m1.insert_card(made(m1, kind))
    press(m1, "GLOBAL", "4", switch, "UP")
    before = stored(m1)
    assert act(m1, *LOAD)[-1] == (LOADED if loads else "Memory Protected")
    assert (stored(m1) == before) == (not loads)


def test_a_hundred_leave_the_songs_unless_the_allocation_changes(m1: Session) -> None:
    data = received(m1, 100, 50)
    m1.insert_card(made(m1, HUNDRED))
    assert act(m1, *LOAD)[-1] == LOADED
    assert m1.sram[POOL + 27561 : POOL + len(data)] == data[27561:]
    received(m1, 50, 50)
    assert act(m1, *LOAD)[-1] == LOADED
    assert m1.sram[POOL + 27561 + 20 :].startswith(b"New Song  ")
    assert press(valid(m1), "9", "9") == "Prog I99 Card P99"


def test_more_steps_than_the_memory_has(m1: Session) -> None:
    m1.insert_card(made(m1, SEQUENCES, 4401))
    before = stored(m1)
    assert act(m1, *LOAD)[-1] == "Card Data Too Large"
    assert stored(m1) == before


def test_damaged_data_are_loaded_and_it_says_so(m1: Session) -> None:
    data = bytearray(made(m1, HUNDRED))
    data[0x20 + 861] = ord("X")
    m1.insert_card(bytes(data))
    m1.run(1)
    assert said(m1) == "Card Data Error"
    assert act(m1, *LOAD)[-1] == "Card Data Error"
    assert m1.sram[0x139D : 0x139D + 8] == b"Xard C00"
    valid(m1)


def test_not_while_a_dump_comes_in(m1: Session) -> None:
    inserted(m1)
    press(m1, "GLOBAL", *LOAD, "UP")
    m1.midi_in(HEAD + bytes.fromhex("4C 00") + pack(bytes(n % 128 for n in range(1430))))
    m1.run(0.6)
    press(m1, "UP", "UP")
    m1.run(0.1)
    assert said(m1) == "Receiving MIDI Data"
    m1.midi_in(b"\xf7")
    m1.run(0.3)
    assert HEAD + b"\x26\xf7" in m1.midi_out[-20:]
    valid(m1)


def test_what_sounds_goes_on_meanwhile(m1: Session) -> None:
    inserted(m1)
    m1.midi_in(HEAD + b"\x40" + pack(b"Organ     " + m1.sram[0x440D + 10 : 0x440D + 12] + b"\x05" +
                                     m1.sram[0x440D + 13 : 0x440D + 143]) + b"\xf7")
    m1.run(0.2)
    on(m1, 60)
    for page, end in ((SAVE, WRITTEN), (LOAD, LOADED)):
        press(m1, "GLOBAL", *page, "UP")
        m1.key_down("UP")
        for turn in range(4):
            sensed = m1.midi_out.count(0xFE)
            m1.run(0.33)
            assert m1.midi_out.count(0xFE) > sensed, "active sensing goes on"
            assert turn or [voice.key for voice in voices(m1)] == [60]
        m1.key_up("UP")
        assert said(m1) == end


# ---- cut ----


def moments(page: tuple[str, ...]) -> range:
    """Milliseconds after the second UP at which something happens to the card."""
    return range(30, 900, 120) if page == LOAD else range(20, 640, 80)


@pytest.mark.parametrize("page", [LOAD, SAVE, (*FORMAT, "E")], ids=["load", "save", "format"])
@pytest.mark.parametrize("mains", [False, True], ids=["ejected", "mains"])
def test_cut_in_the_middle(m1: Session, page: tuple[str, ...], mains: bool) -> None:
    """The RAM is valid whenever that is; a card that was being written says its data are wrong, or is whole."""
    cut = 0
    start = m1.snapshot()
    card = made(m1, HUNDRED)
    for moment in moments(page):
        m1.restore(start)
        m1.insert_card(card)
        m1.run(1)
        press(m1, "GLOBAL", *page, "UP")
        m1.key_down("UP")
        m1.run(moment / 1000)
        m1.key_up("UP")
        busy = said(m1).startswith(("Loading", "Writing"))
        if mains:
            m1.power_off()
            after = image(m1)
        else:
            after = m1.eject_card()
            m1.run(1)
            if busy:
                assert said(m1) == ("Card Data Incomplete" if page == LOAD else "No Card")
        again = valid(m1, after)
        again.run(1)
        assert again.lcd[0].startswith("Prog I00")
        found = identify(after)
        if page == LOAD or not busy:
            assert found is not None and (found.problems == () or page != LOAD)
        elif found is None or found.problems:
            cut += 1
            assert said(again) == "Card Data Error"
            assert press(again, "CARD")[:8] == "Prog C00", "what is there can be read"
        cut += busy and page == LOAD
    assert cut >= 3


def test_pages_recorded_and_played_again_on_every_engine(m1: Session, tmp_path: Path) -> None:
    """Load, save with the card taken out in the middle, format."""
    path, card = tmp_path / "pages.rec", made(m1, HUNDRED)
    session = Session(sram=m1.sram, engine="v30", card=card)
    session.record(path)
    session.power_on()
    session.run(2)
    press(session, "GLOBAL", *LOAD, "UP", "UP")
    session.run(1)
    assert said(session) == LOADED
    press(session, *SAVE, "UP", "UP")
    cut = session.eject_card()
    session.run(0.5)
    session.insert_card(cut)
    assert act(session, *FORMAT, "E", seconds=1)[-1] == WRITTEN
    session.power_off()
    session.record_end()
    for engine in ("unicorn", "lockstep"):
        assert replay(path, engine=engine).whole


def test_any_content_of_a_card(m1: Session) -> None:
    """Random bytes, random under a good head, damaged cards: no hang, nothing written where it has no business."""
    rng = random.Random(11)
    start = m1.snapshot()
    for turn in range(24):
        m1.restore(start)
        before = stored(m1)
        if turn % 3 == 0:
            data = rng.randbytes(32768)
        elif turn % 3 == 1:
            data = b"OpenM1 ProgCard " + bytes([turn // 3 % 3, 0]) + rng.randbytes(32750)
        else:
            whole = bytearray(made(m1, turn // 3 % 3))
            for _ in range(400):
                whole[rng.randrange(16, 32768)] ^= 1 << rng.randrange(8)
            data = bytes(whole)
        m1.insert_card(data)
        m1.run(0.5)
        for key in ("CARD", "4", "2", "COMBI", "CARD", "DOWN", "UP", "0", "7"):
            m1.press(key)
        for key in range(30, 90, 7):
            m1.note_on(key % 61)
        m1.run(0.4)
        ask(m1, rng.choice(["1C 01", "0F 01", "18 01", "0E 01", "12"]), 0.5)
        m1.eject_card()
        m1.run(0.6)
        assert stored(m1) == before, turn
        assert press(m1, "PROG").startswith("Prog I"), turn
        m1.insert_card(data)
        act(m1, *LOAD, seconds=2)
        assert press(m1, "PROG").startswith("Prog I"), turn
        valid(m1)
