"""OpenM1 and interrupts it does not use: it stops in a defined way, and says at the next power-on what stopped it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from korgm1.session import Session

BANNER = "OpenM1 Music Workstation M1 #24"
CODE_AT = 0xCC00
"""Free RAM, where the test's own programs lie."""
TICK_VECTOR = 0x20 * 4
FROZEN = 0xC7F0


def run_code(session: Session, code: bytes) -> None:
    """Has the next tick go to `code` in RAM, as a CPU that lost its way would."""
    for address, byte in enumerate(code, CODE_AT):
        session.machine.memory.write(address, byte)
    for address, byte in enumerate(CODE_AT.to_bytes(2, "little") + bytes(2), TICK_VECTOR):
        session.machine.memory.write(address, byte)
    session.run(0.01)


def errors(session: Session) -> list[str]:
    """The codes shown since power-on."""
    return [row.lcd[1][10:].rstrip() for row in session.timeline if row.lcd[1].startswith("RAM Error ")]


def assert_frozen(session: Session) -> None:
    """Text, LEDs, sound chips and MIDI OUT stay as they are, whatever happens outside."""
    session.run(0.01)
    before = session.lcd, session.leds, session.midi_out, session.machine.sound_board.held
    session.log_sound(True)
    instructions = session.machine.engine.instructions
    session.midi_in(bytes.fromhex("C0 05 F0 42 30 19 12 F7"))
    session.press("UP")
    session.run(0.5)
    assert session.machine.engine.halted and session.machine.engine.instructions == instructions
    assert (session.lcd, session.leds, session.midi_out, session.machine.sound_board.held) == before
    assert len(session.sound_writes()) == 0


def interrupt(number: int) -> bytes:
    """BRK number."""
    return bytes([0xCD, number])


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (bytes.fromhex("B0 00 B4 01 F6 F0"), "80"),         # divide 0100 by 0
        (bytes.fromhex("9C 58 80 CC 01 50 9D 90 90"), "81"),    # single step: BRK flag set
        (bytes.fromhex("CC"), "83"),                        # BRK 3
        (bytes.fromhex("B0 7F 04 01 CE"), "84"),            # BRKV after an overflow
        (bytes.fromhex("B8 00 00 BB 08 F0 62 07 01 00 02 00"), "85"),     # CHKIND: AW outside the bounds
        (interrupt(0x22), "8A"),
        (interrupt(0x26), "8E"),
        (interrupt(0x08), "8F"),
        (interrupt(0x28), "8F"),
        (interrupt(0xFF), "8F"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("engine", ["v30", "unicorn"])
def test_an_interrupt_without_a_use_freezes_the_machine(booted: bytes, engine: str, code: bytes, shown: str) -> None:
    session = Session(engine=engine)
    session.restore(booted)
    session.press("4")
    session.note_on(24)
    session.run(0.05)
    assert session.lcd[0].startswith("Prog I4_")
    run_code(session, code)
    assert_frozen(session)
    assert session.lcd[0].startswith("Prog I4_") and session.leds["PROG"]
    session.power_off()
    session.boot()
    assert errors(session) == [shown]
    assert session.lcd[0].rstrip() == "Prog I00 Init Prog"
    session.power_off()
    session.boot()
    assert errors(session) == []


def test_every_vector_but_three_leads_to_its_own_entry(m1: Session) -> None:
    image = m1.sram
    used = {0x20, 0x21, 0x27}
    entries = set()
    for number in range(256):
        offset, segment = (int.from_bytes(image[4 * number + n :][:2], "little") for n in (0, 2))
        assert segment == 0xF000
        entry = [m1.machine.memory.peek(0xF0000 + offset + n) for n in range(2)]
        assert (entry == [0xB0, number]) == (number not in used)        # MOV AL, number
        entries.add(offset)
    assert len(entries) == 256


def test_nmi_freezes_and_ends_no_freeze(m1: Session) -> None:
    m1.machine.engine.nmi()
    assert_frozen(m1)
    m1.machine.engine.nmi()
    m1.run(0.01)
    assert_frozen(m1)
    m1.power_off()
    m1.boot()
    assert errors(m1) == ["82"]


def test_the_first_cause_is_the_one_that_is_shown(m1: Session) -> None:
    run_code(m1, interrupt(0x23))
    m1.machine.engine.nmi()
    assert_frozen(m1)
    m1.power_off()
    m1.boot()
    assert errors(m1) == ["8B"]


def test_it_freezes_whatever_stack_and_segments_are(m1: Session) -> None:
    """DS0 = DS1 = SS = F000, SP = 0002: the return address goes nowhere."""
    run_code(m1, bytes.fromhex("B8 00 F0 8E D8 8E C0 8E D0 BC 02 00 CC"))
    assert_frozen(m1)
    m1.power_off()
    m1.boot()
    assert errors(m1) == ["83"]


def test_a_request_that_went_away_is_harmless(m1: Session) -> None:
    run_code(m1, bytes.fromhex("CD 27 EA") + m1.sram[TICK_VECTOR : TICK_VECTOR + 4])
    m1.press("UP")
    assert m1.lcd[0].startswith("Prog I01")
    m1.power_off()
    m1.boot()
    assert errors(m1) == []


def test_the_code_stands_a_second_and_then_the_ram_is_checked(m1: Session) -> None:
    run_code(m1, bytes.fromhex("80 36 40 10 FF CC"))    # XOR byte [1040], FF before BRK 3: data changed behind the sums
    m1.power_off()
    m1.boot()
    assert errors(m1) == ["83", "02"]
    rows = [row for row in m1.timeline if row.lcd[1].startswith("RAM Error ")]
    assert {row.lcd[0].rstrip() for row in rows} == {BANNER}
    page = next(row for row in m1.timeline if row.lcd[0].startswith("Prog"))
    for row, after in zip(rows, [rows[1], page], strict=True):
        assert 0.99 < after.seconds - row.seconds < 1.15


@pytest.mark.parametrize(
    ("hold", "shown"), [(["INT"], "ROM OK  IC32 "), (["INT", "CARD", "COMBI"], "All Memory Initialized  ")]
)
def test_held_keys_come_after_the_code(m1: Session, hold: list[str], shown: str) -> None:
    run_code(m1, bytes.fromhex("CC"))
    m1.power_off()
    m1.boot(hold=hold)
    assert errors(m1) == ["83"]
    texts = [row.lcd[1] for row in m1.timeline]
    at = next(n for n, text in enumerate(texts) if text.startswith(shown))
    assert any(text.startswith("RAM Error 83") for text in texts[:at])


@pytest.mark.parametrize(
    ("hold", "shown"), [(["INT"], "ROM OK  IC32 "), (["INT", "CARD", "COMBI"], "All Memory Initialized  ")]
)
def test_each_text_of_the_banner_page_stands_its_second(m1: Session, hold: list[str], shown: str) -> None:
    """After a freeze that spoilt data, with keys held: nothing overwrites a text before its time."""
    run_code(m1, bytes.fromhex("80 36 40 10 FF CC"))
    m1.power_off()
    m1.boot(hold=hold)
    rows = [row for row in m1.timeline if row.lcd[0].rstrip() == BANNER and row.lcd[1].strip()]
    expected = ["RAM Error 83", shown.strip(), *(["RAM Error 02"] if hold == ["INT"] else [])]
    assert [row.lcd[1][: len(text)] for row, text in zip(rows, expected, strict=True)] == expected
    page = next(row for row in m1.timeline if row.lcd[0].startswith("Prog"))
    for row, after in zip(rows, [*rows[1:], page], strict=True):
        assert 0.99 < after.seconds - row.seconds < 1.15


def test_a_jump_into_unused_rom_freezes(m1: Session) -> None:
    """One byte of the tick's vector changed, F000 -> E000: no build has code there."""
    m1.machine.memory.write(TICK_VECTOR + 3, 0xE0)
    m1.run(0.01)
    assert_frozen(m1)
    m1.power_off()
    m1.boot()
    assert errors(m1) == ["83"]


@pytest.mark.parametrize(
    "spoil", [lambda note: bytes([note[0] ^ 1, *note[1:]]), lambda note: bytes([*note[:2], note[2] ^ 4, note[3]])]
)
def test_a_note_that_lost_a_bit_is_no_note(m1: Session, spoil: Callable[[bytes], bytes]) -> None:
    run_code(m1, bytes.fromhex("CC"))
    image = bytearray(m1.sram)
    assert image[FROZEN : FROZEN + 4] == bytes.fromhex("EE F2 03 FC")
    image[FROZEN : FROZEN + 4] = spoil(bytes(image[FROZEN : FROZEN + 4]))
    session = Session(sram=bytes(image))
    session.boot()
    assert errors(session) == []
