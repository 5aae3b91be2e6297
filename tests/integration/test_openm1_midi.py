"""OpenM1's MIDI: running status, program change, identity, active sensing, requests, notes of the scanner."""

from __future__ import annotations

import pytest

from korgm1.session import Session

HEAD = bytes.fromhex("F0 42 30 19")
SENSING = 0xFE


def talk(session: Session, data: bytes | str, seconds: float = 0.2) -> bytes:
    """Sends `data`; what came back, without active sensing."""
    before = len(session.midi_out)
    session.midi_in(bytes.fromhex(data) if isinstance(data, str) else data)
    session.run(seconds)
    return bytes(byte for byte in session.midi_out[before:] if byte != SENSING)


def page(session: Session) -> str:
    return session.lcd[0][:8]


def test_program_change(m1: Session) -> None:
    assert talk(m1, "C0 2A") == b""
    assert page(m1) == "Prog I42"
    talk(m1, "C0 63")
    assert page(m1) == "Prog I99"
    talk(m1, "C0 6E")
    assert page(m1) == "Prog I10"  # 110 - 100
    talk(m1, "C1 05")
    assert page(m1) == "Prog I10"  # another channel


def test_program_change_selects_combinations_in_combi(m1: Session) -> None:
    m1.press("COMBI")
    talk(m1, "C0 11")
    assert m1.lcd[0].rstrip() == "Combi I17 Init Combi"


def test_running_status_and_real_time_bytes_inside(m1: Session) -> None:
    talk(m1, "C0 01 02 03")
    assert page(m1) == "Prog I03"
    talk(m1, "C0 F8 04 FE FA 05")
    assert page(m1) == "Prog I05"
    talk(m1, "90 3C 64 3C 00 B0 07 40 E0 00 40 D0 11 C0 06")
    assert page(m1) == "Prog I06"


def test_system_common_ends_running_status(m1: Session) -> None:
    talk(m1, "C0 01 F3 00 02")
    assert page(m1) == "Prog I01"


def test_data_without_status_are_ignored(m1: Session) -> None:
    talk(m1, "07 08 09")
    assert page(m1) == "Prog I00"


@pytest.mark.parametrize("channel", ["7F", "00"])
def test_identity(m1: Session, channel: str) -> None:
    reply = talk(m1, f"F0 7E {channel} 06 01 F7")
    assert reply == bytes.fromhex("F0 7E 00 06 02 42 19 00 00 00 18 00 01 00 F7")


@pytest.mark.parametrize(
    "request_", ["F0 7E 05 06 01 F7", "F0 7E 7F 06 F7", "F0 7E 7F 06 01 00 F7", "F0 7E 7F 06 01 90"]
)
def test_what_is_no_identity_request_to_us(m1: Session, request_: str) -> None:
    assert talk(m1, request_) == b""


def test_active_sensing_is_sent_when_nothing_else_is(m1: Session) -> None:
    before = len(m1.midi_out)
    m1.run(2.7)
    sent = m1.midi_out[before:]
    assert set(sent) == {SENSING} and 9 <= len(sent) <= 11


def test_active_sensing_that_stops_is_no_error(m1: Session) -> None:
    before = m1.lcd
    assert talk(m1, "FE", 1.0) == b""
    assert m1.lcd == before


def long_reply(session: Session, but: float) -> None:
    """Asks an initialised memory for ALL DATA (10.64 s), and lets it send all `but` the last seconds."""
    assert len(talk(session, HEAD + b"\x0f\0\xf7", 33247 * 10 / 31250 - but)) > 20000


def test_running_status_outlives_a_long_reply_while_sensing_goes_on(m1: Session) -> None:
    assert talk(m1, "FE C0 01") == b""
    long_reply(m1, 1.0)
    for _ in range(5):
        talk(m1, "FE", 0.25)
    assert page(m1) == "Prog I01"
    talk(m1, "C0 02")
    talk(m1, "FE", 0.3)
    talk(m1, "03")
    assert page(m1) == "Prog I03"
    long_reply(m1, 0.6)
    for data in ("C0 04", "FE", "FE", "05"):
        talk(m1, data, 0.25)
    assert page(m1) == "Prog I05"


def test_running_status_ends_with_sensing(m1: Session) -> None:
    talk(m1, "FE C0 01", 0.25)
    talk(m1, "02", 0.5)
    assert page(m1) == "Prog I02"
    talk(m1, "03")
    assert page(m1) == "Prog I02"


def test_running_status_begun_during_the_banner(booted: bytes) -> None:
    session = Session()
    session.power_on()
    session.midi_in(bytes.fromhex("FE C0 01"), at=0.9)
    session.midi_in(b"\xfe", at=1.1)
    session.midi_in(b"\x02", at=1.3)
    session.run(1.5)
    assert page(session) == "Prog I02"


def test_a_key_held_at_the_end_of_a_long_reply_repeats_no_sooner(m1: Session) -> None:
    long_reply(m1, 0.5)
    m1.press("UP", seconds=0.4)
    m1.run(0.3)
    assert page(m1) == "Prog I01"


def test_a_selection_is_sent(m1: Session) -> None:
    before = len(m1.midi_out)
    m1.press("4")
    m1.press("2")
    assert b"\xc0\x2a" in m1.midi_out[before:]


def test_mode_request_and_change(m1: Session) -> None:
    assert talk(m1, HEAD + b"\x12\xf7") == HEAD + bytes.fromhex("42 02 00 30 01 F7")
    assert talk(m1, HEAD + b"\x4e\x00\x10\xf7") == HEAD + b"\x23\xf7"
    assert m1.lcd[0].startswith("Combi I00")
    assert talk(m1, HEAD + b"\x12\xf7")[5] == 0
    assert talk(m1, HEAD + b"\x4e\x04\x00\xf7") == HEAD + b"\x23\xf7"
    assert m1.lcd[0].startswith("GLOBAL")
    assert talk(m1, HEAD + b"\x4e\x06\x00\xf7") == HEAD + b"\x24\xf7"
    assert talk(m1, HEAD + b"\x4e\x02\x10\xf7") == HEAD + b"\x23\xf7"
    assert m1.lcd[0].startswith("Prog I00")


@pytest.mark.parametrize("body", ["16", "1F", "41 01 02 03 04", "0F 01", "1C 01", "1D 01", "18 01", "0E 01"])
def test_what_this_version_has_not_is_24(m1: Session, body: str) -> None:
    assert talk(m1, HEAD + bytes.fromhex(body) + b"\xf7") == HEAD + b"\x24\xf7"
    assert m1.lcd[1].rstrip() == ("No Card" if body.endswith(" 01") else "SINGLE  POLY  OSC1 000")


def test_a_card_in_the_slot_is_not_taken_for_none(m1: Session) -> None:
    m1.insert_card(bytes(32768))
    assert talk(m1, HEAD + bytes.fromhex("1C 01 F7")) == HEAD + b"\x24\xf7"
    assert m1.lcd[1].rstrip() == "Card Not Formatted"


@pytest.mark.parametrize(
    "message",
    [
        "F0 42 31 19 12 F7",
        "F0 42 30 18 12 F7",
        "F0 41 30 19 12 F7",
        "F0 42 30 19 7F F7",
        "F0 42 30 19 F7",
        "F0 F7",
        "F0 42 30 19 0F 00 90",
    ],
)
def test_foreign_and_broken_requests_get_no_answer(m1: Session, message: str) -> None:
    assert talk(m1, message, 0.5) == b""
    talk(m1, "C0 07")
    assert page(m1) == "Prog I07"


def test_the_global_channel_counts(m1: Session) -> None:
    for key in ("GLOBAL", "5", "UP", "PROG"):
        m1.press(key)
    assert talk(m1, HEAD + b"\x12\xf7") == b""
    assert talk(m1, bytes.fromhex("F0 42 31 19 12 F7"))[:5] == bytes.fromhex("F0 42 31 19 42")
    talk(m1, "C0 05 C1 06")
    assert page(m1) == "Prog I06"


def test_keyboard_events_are_sent_as_notes(m1: Session) -> None:
    before = len(m1.midi_out)
    m1.machine.keyscan.press(24, 100)
    m1.run(0.02)
    m1.machine.keyscan.release(24)
    m1.run(0.02)
    sent = bytes(byte for byte in m1.midi_out[before:] if byte != SENSING)
    assert sent == bytes.fromhex("90 3C 64 90 3C 00")


def keyed(m1: Session) -> list[float]:
    """Words a frame of the voices that are keyed at a level above 0."""
    voices = [m1.machine.tg.voice(number) for number in range(16)]
    return sorted(voice.increment for voice in voices if voice.key and voice.level_target > 0)


def test_the_tone_generator_is_left_with_the_notes_that_are_held(m1: Session) -> None:
    """What is held when the CPU stops is never ended: the registers have what the last note left there."""
    assert keyed(m1) == []
    m1.note_on(24, 100)
    m1.run(0.1)
    low = keyed(m1)
    m1.note_on(60, 100)
    m1.run(0.1)
    both = keyed(m1)
    m1.note_off(24)
    m1.run(10.0)
    high = keyed(m1)
    assert low and high and low != high and len(both) == len(low) + len(high)


@pytest.mark.parametrize(("page_", "change"), [("0", ("E", "UP")), ("5", ("UP",))], ids=["transpose", "channel"])
def test_a_release_ends_the_note_that_was_sent(m1: Session, page_: str, change: tuple[str, ...]) -> None:
    m1.machine.keyscan.press(24, 100)
    for key in ("GLOBAL", page_, *change):
        m1.press(key)
    before = len(m1.midi_out)
    m1.machine.keyscan.release(24)
    m1.run(0.02)
    assert bytes.fromhex("90 3C 00") in m1.midi_out[before:]


def test_the_last_channel(m1: Session) -> None:
    for key in ("GLOBAL", "5"):
        m1.press(key)
    m1.slide(127)
    m1.run(0.2)
    m1.press("PROG")
    assert talk(m1, "F0 42 3F 19 12 F7") == bytes.fromhex("F0 42 3F 19 42 02 00 30 01 F7")
    assert talk(m1, "F0 7E 0F 06 01 F7")[2] == 15
    talk(m1, "CF 05 C0 06")
    assert page(m1) == "Prog I05"


@pytest.mark.parametrize(
    ("transpose", "notes"),
    [
        (0, (36, 96)),
        (12, (48, 108)),
        (-12, (24, 84)),
        (13, (48, 108)),
        (127, (48, 108)),
        (-13, (24, 84)),
        (-128, (24, 84)),
    ],
)
def test_transpose_counts_at_most_an_octave(m1: Session, transpose: int, notes: tuple[int, int]) -> None:
    data = bytes([2 if transpose < 0 else 0, 0, transpose & 0x7F, *bytes(5)]) + bytes(8 * 122)
    assert talk(m1, HEAD + b"\x51" + data + b"\xf7", 1.0) == HEAD + b"\x23\xf7"
    for key, note in zip((0, 60), notes, strict=True):
        before = len(m1.midi_out)
        m1.machine.keyscan.press(key, 100)
        m1.run(0.05)
        assert bytes([0x90, note, 100]) in m1.midi_out[before:]
