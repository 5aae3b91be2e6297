"""The on-chip units as programs meet them, on all engines: interrupt latency, bit times, moved and disabled units."""

from __future__ import annotations

import pytest

from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.machine.m1 import M1
from korgm1.physics.bench_supply import BenchSupply
from korgm1.serial_frame import Frame, encode

ENGINES = ("v30", "unicorn", "lockstep")
CODE, HANDLER = 0xF000, 0x8000
TICKS, RESULTS = 0x0210, 0x0300
"""In RAM: how many interrupts the handler saw; what the program read, byte by byte."""
COUNT_AND_FINISH = bytes([0x50, 0xFE, 0x06, TICKS & 0xFF, TICKS >> 8, 0xB0, 0x20, 0xE6, 0x00, 0x58, 0xCF])
EI, DI, HALT, LOOP = b"\xfb", b"\xfa", b"\xf4", b"\xeb\xfe"


class Program:
    """Code at F000:0000 with DS0 = SS = 0 and SP = 4000, vector 20 to F000:8000, no wait states, units in page 00.

    ICU at 00, edge mode, only INT0 open; TCU at 08; SCU at 10. OPCN: SCU to INT1, RxD and TxD on pins.
    """

    def __init__(self, tcks: int = 0) -> None:
        self.code = bytearray(b"\x33\xc0\x8e\xd8\x8e\xd0\xbc\x00\x40")
        self.reads = 0
        for port, value in (
            (0xFFF5, 0x00), (0xFFF0, tcks), (0xFFFC, 0x00), (0xFFFA, 0x00), (0xFFF9, 0x08), (0xFFF8, 0x10),
            (0xFFFE, 0x06), (0xFFFD, 0x0E), (0x00, 0x13), (0x02, 0x20), (0x02, 0x01), (0x02, 0xFE),
        ):
            self.out(port, value)
        self.code += b"\xc7\x06\x80\x00\x00\x80\xc7\x06\x82\x00\x00\xf0"

    def out(self, port: int, value: int) -> None:
        self.code += bytes([0xBA, port & 0xFF, port >> 8, 0xB0, value, 0xEE])

    def read(self, port: int, wide: bool = False) -> None:
        """IN, into the next place of RESULTS."""
        at = RESULTS + self.reads
        self.code += bytes([0xBA, port & 0xFF, port >> 8, 0xEC | wide, 0xA2 | wide, at & 0xFF, at >> 8])
        self.reads += 1 + wide

    def keep_ticks(self) -> None:
        """MOV AL,[TICKS] and into the next place."""
        at = RESULTS + self.reads
        self.code += bytes([0xA0, TICKS & 0xFF, TICKS >> 8, 0xA2, at & 0xFF, at >> 8])
        self.reads += 1

    def wait(self, rounds: int) -> None:
        """MOV CW,rounds; DBNZ itself: some 16 clocks a round."""
        self.code += bytes([0xB9, rounds & 0xFF, rounds >> 8, 0xE2, 0xFE])

    def machine(self, engine: str, handler: bytes = COUNT_AND_FINISH, **guess: str) -> M1:
        rom = bytearray(b"\x90" * 0x20000)
        rom[0x10000 : 0x10000 + len(self.code)] = self.code
        rom[0x10000 + HANDLER : 0x10000 + HANDLER + len(handler)] = handler
        rom[0x1FFF0:0x1FFF5] = b"\xea\x00\x00\x00\xf0"
        guesses = Hypotheses({f"H-{key}": value for key, value in guess.items()})
        m1 = M1(bytes(rom), engine, guesses, Battery(BenchSupply(3.2)))
        m1.power_up(bytes(0x10000), 1, 1)
        return m1

    def results(self, m1: M1) -> list[int]:
        """What it read, when it has come to the branch to itself at its end."""
        while m1.engine.registers()["pc"] != len(self.code) - 2:
            assert m1.clock < 100_000
            m1.run_until(m1.clock + 1000)
        return list(m1.memory.image[RESULTS : RESULTS + self.reads])


def latency(engine: str, body: bytes, count: int) -> int:
    """Clocks from the rise of TOUT0 to the boundary before the handler's first instruction."""
    program = Program()
    program.out(0x0E, 0x30)
    program.out(0x08, count)
    program.out(0x08, 0)
    program.code += EI + body
    m1 = program.machine(engine, HALT)
    rises: list[int] = []
    m1.tcu._channels[0].line.connect(lambda level: rises.append(m1.scheduler.now) if level else None)
    while (registers := m1.engine.registers())["pc"] != HANDLER or registers["ps"] != CODE:
        assert m1.clock < 20_000
        m1.run_until(m1.clock + 1)
    return m1.clock - rises[-1]


INTA1_TO_FIRST_FETCH = 4 + 3 + 4 + 6 + 4 + 4 + 4 + 4 + 3 + 4 + 2 + 4
"""INTA, three idle, INTA, six idle, vector low, vector high, four idle, PSW, three idle, PS, two idle, PC: all MEASURED
on a V30 without waits (facts v50-chip 3; wickerwaka/nec_test docs/facts/interrupt_model.md)."""
FETCH_TO_POP = 5
"""From T1 of the handler's first fetch to its opcode's pop, where the engines put an instruction's beginning."""
DIVU = 28


@pytest.mark.parametrize("engine", ENGINES)
def test_interrupt_latency_is_what_was_measured(engine: str) -> None:
    """INTA1 comes 8 clocks after the request out of HALT, 7 to 10 in a row of NOPs, later by what is left of a DIVU."""
    after = INTA1_TO_FIRST_FETCH + FETCH_TO_POP
    counts = range(200, 214)
    assert {latency(engine, HALT, count) - after for count in counts} == {8}
    nops = [latency(engine, b"\x90" * 400, count) - after for count in counts]
    assert min(nops) == 7
    assert max(nops) <= 10
    divisions = [latency(engine, b"\xbb\x07\x00" + b"\x33\xd2\xf7\xf3" * 60, count) - after for count in counts]
    assert min(divisions) >= 7
    assert 7 + DIVU - 4 <= max(divisions) <= 10 + DIVU


def test_interrupt_latency_is_the_same_to_the_clock_on_every_engine() -> None:
    for body in (b"\x90" * 400, b"\xbb\x07\x00" + b"\x33\xd2\xf7\xf3" * 60, b"\xf3\xa5" * 40):
        for count in (200, 203, 206, 211):
            assert len({latency(engine, body, count) for engine in ENGINES}) == 1


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("tcks", "count", "smd"), [(0, 8, 0x4E), (1, 4, 0x4E), (2, 2, 0x4E), (0, 2, 0x4F)])
def test_midi_bits_are_256_clocks_however_they_are_made(engine: str, tcks: int, count: int, smd: int) -> None:
    """CLKOUT / 2, 4, 8 by the prescaler, by the count of timer 1, by 16 or 64: 8 MHz / 256 = 31,250 Bd."""
    program = Program(tcks)
    for port, value in ((0x0E, 0x56), (0x0A, count), (0x14, smd), (0x12, 0x05), (0x10, 0x90), (0x10, 0x3C)):
        program.out(port, value)
    program.code += DI + HALT
    m1 = program.machine(engine)
    frames: list[Frame] = []
    m1.scu._txd = frames.append
    m1.run_until(10_000)
    heard = encode(0x41, 10_000, 256)
    m1.scu.receive_frame(heard)
    assert [(frame.bit, frame.length) for frame in frames] == [(256, 10), (256, 10)]
    assert frames[1].start == frames[0].end
    while not m1.scu.peek(1) & 2:
        m1.run_until(m1.clock + 1)
    step = 256 // (64 if smd & 1 else 16)
    assert 9 * 256 + 128 <= m1.clock - heard.start < 9 * 256 + 128 + step, "the middle of the stop bit"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_program_moves_units_while_they_run(engine: str) -> None:
    program = Program()
    status, open_bus, mask = 0x36, 0xFF, 0xFE
    for port, value in ((0x0E, 0x36), (0x08, 0xA0), (0x08, 0x0F)):
        program.out(port, value)
    program.wait(3)

    def timer_0(base: int) -> None:
        program.out(base + 6, 0xE2)
        program.read(base)

    timer_0(0x08)
    program.out(0xFFF9, 0x49)
    program.read(0x08)
    timer_0(0x49)
    program.read(0x48)
    program.out(0x4F, 0xE2)
    program.read(0x48, wide=True)
    program.out(0xFFFC, 0x7F)
    program.read(0x02)
    program.read(0x7F02)
    timer_0(0x7F49)
    program.out(0xFFF9, 0x00)
    program.read(0x7F02)
    program.out(0xFFFD, 0x0C)
    timer_0(0x7F00)
    program.out(0xFFFD, 0x0E)
    program.out(0xFFF9, 0x08)
    program.read(0x7F02)
    program.read(0xFFF9)
    program.code += DI + LOOP
    assert [value & 0x7F if value >> 7 and value != open_bus and value != mask else value
            for value in program.results(program.machine(engine))] == [
        status, open_bus, status, open_bus, open_bus, status, open_bus, mask, status,
        mask, status, mask, 0x08,
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("opsel", "ticks"), [("silent", 0), ("unmapped", 5)])
def test_a_program_disables_units_while_they_run(engine: str, opsel: str, ticks: int) -> None:
    """A tick of 2000 clocks; then the ICU, then the TCU off for about 10,000 clocks each, interrupts allowed."""
    program = Program()
    for port, value in ((0x0E, 0x34), (0x08, 0xE8), (0x08, 0x03)):
        program.out(port, value)
    program.code += EI
    program.wait(600)
    program.keep_ticks()
    for off, probe in ((0x0C, 0x02), (0x0A, 0x08)):
        program.code += DI
        program.out(0xFFFD, off)
        program.keep_ticks()
        if opsel == "silent" or off == 0x0A:                # the handler could not finish an interrupt at the ICU
            program.code += EI
        program.wait(600)
        program.keep_ticks()
        program.read(probe)
        program.out(0xFFFD, 0x0E)
        program.code += EI
        program.wait(600)
        program.keep_ticks()
    program.out(0x0E, 0xE2)
    program.read(0x08)
    program.code += DI + LOOP
    got = program.results(program.machine(engine, OPSEL=opsel))
    before, icu_off, icu_end, icu_read, icu_on, tcu_off, tcu_end, tcu_read, tcu_on, status = got
    assert before >= 4
    assert icu_end == icu_off, "no INT from a disabled ICU"
    assert icu_on >= icu_off + 4, "it kept its registers"
    assert (icu_read, tcu_read, status & 0x7F) == (0xFF, 0xFF, 0x34)
    assert tcu_end - tcu_off in (ticks, ticks - 1)
    assert tcu_on >= tcu_end + 4, "it went on counting"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_byte_for_a_disabled_scu_waits_without_interrupting(engine: str) -> None:
    program = Program()
    for port, value in (
        (0x0E, 0x56), (0x0A, 8), (0x14, 0x4E), (0x16, 0x02), (0x12, 0x04), (0x02, 0xFD), (0xFFFD, 0x06)
    ):
        program.out(port, value)
    program.code += b"\xc7\x06\x84\x00\x00\x80\xc7\x06\x86\x00\x00\xf0" + EI
    program.wait(600)
    program.keep_ticks()
    program.read(0x12)
    program.out(0xFFFD, 0x0E)
    program.code += b"\x90" * 4
    program.keep_ticks()
    program.read(0x12)
    program.read(0x10)
    program.code += DI + LOOP
    m1 = program.machine(engine)
    m1.run_until(3000)
    m1.scu.receive_frame(encode(0x5A, 3000, 256))
    assert program.results(m1) == [0, 0xFF, 1, 0x86, 0x5A]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("mask", "ticks"), [(0xFE, 1), (0xFF, 0)])
def test_an_interrupt_taken_back_behind_a_restore_does_not_come(engine: str, mask: int, ticks: int) -> None:
    """INT waits under DI; saved, taken up in another machine, perhaps masked, then EI."""
    program = Program()
    for port, value in ((0x0E, 0x30), (0x08, 0x40), (0x08, 0x00)):
        program.out(port, value)
    program.wait(200)
    program.out(0x02, mask)
    program.code += EI + b"\x90" * 8
    program.keep_ticks()
    program.code += DI + LOOP
    first, second = program.machine(engine), program.machine(engine)
    while not first.engine.snapshot()["int_line"]:
        assert first.clock < 10_000
        first.run_until(first.clock + 50)
    second.restore(first.snapshot(), first.versions())
    assert program.results(second) == [ticks]
