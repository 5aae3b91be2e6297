"""OpenM1's MIDI: running status, program change, identity, active sensing, requests, notes of the scanner."""

from __future__ import annotations

import pytest

from korgm1.session import Session

HEAD = bytes.fromhex("F0 42 30 19")
SENSING = 0xFE


@pytest.fixture(scope="module")
def booted() -> bytes:
    session = Session()
    session.boot()
    return session.snapshot()


@pytest.fixture
def m1(booted: bytes) -> Session:
    session = Session()
    session.restore(booted)
    return session


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
