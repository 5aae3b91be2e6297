"""TCU: the six modes pulse by pulse, counts and latches, prescaler, pins, resets, events."""

from __future__ import annotations

import pytest
from tcu_rig import Rig, programmed, wave


def test_mode_0_waveform() -> None:
    counter = programmed(0, 4)
    assert counter.out == 0
    assert wave(counter, 7) == [(4, 0), (3, 0), (2, 0), (1, 0), (0, 1), (0xFFFF, 1), (0xFFFE, 1)]
    counter.write_count(2)
    assert counter.out == 0
    assert wave(counter, 3) == [(2, 0), (1, 0), (0, 1)]


def test_mode_0_gate_low_stops_but_still_loads() -> None:
    counter = programmed(0, 3)
    counter.set_gate(0)
    assert wave(counter, 3) == [(3, 0)] * 3
    counter.set_gate(1)
    assert wave(counter, 3) == [(2, 0), (1, 0), (0, 1)]


def test_mode_1_waveform_with_retrigger() -> None:
    counter = programmed(1, 3, gate=0)
    assert [out for _, out in wave(counter, 3)] == [1, 1, 1]
    counter.set_gate(1)
    assert wave(counter, 2) == [(3, 0), (2, 0)]
    counter.set_gate(0)
    counter.write_count(2)
    counter.set_gate(1)
    assert wave(counter, 4) == [(2, 0), (1, 0), (0, 1), (0xFFFF, 1)]


def test_mode_2_waveform_and_new_count_at_the_reload() -> None:
    counter = programmed(2, 4)
    assert wave(counter, 5) == [(4, 1), (3, 1), (2, 1), (1, 0), (4, 1)]
    counter.write_count(3)
    assert counter.null
    assert wave(counter, 3) == [(3, 1), (2, 1), (1, 0)]
    assert wave(counter, 4) == [(3, 1), (2, 1), (1, 0), (3, 1)]
    assert not counter.null


def test_mode_2_gate_low_lifts_the_output_and_rising_reloads() -> None:
    counter = programmed(2, 3)
    assert wave(counter, 3)[-1] == (1, 0)
    counter.set_gate(0)
    assert counter.out == 1
    assert wave(counter, 2) == [(1, 1), (1, 1)]
    counter.set_gate(1)
    assert wave(counter, 3) == [(3, 1), (2, 1), (1, 0)]


def test_mode_3_even_and_odd() -> None:
    assert wave(programmed(3, 4), 8) == [(4, 1), (2, 1), (4, 0), (2, 0)] * 2
    assert wave(programmed(3, 5), 10) == [(4, 1), (2, 1), (0, 1), (4, 0), (2, 0)] * 2


def test_mode_4_strobe_is_one_tick_and_once() -> None:
    counter = programmed(4, 3)
    assert wave(counter, 6) == [(3, 1), (2, 1), (1, 1), (0, 0), (0xFFFF, 1), (0xFFFE, 1)]


def test_mode_5_strobe_needs_a_trigger() -> None:
    counter = programmed(5, 2, gate=0)
    assert {out for _, out in wave(counter, 5)} == {1}
    counter.set_gate(1)
    assert wave(counter, 4) == [(2, 1), (1, 1), (0, 0), (0xFFFF, 1)]


@pytest.mark.parametrize("mode", [0, 2, 3, 4])
def test_count_zero_is_65536(mode: int) -> None:
    counter = programmed(mode, 0)
    first = counter.next_change()
    assert first == {0: 65537, 2: 65536, 3: 32769, 4: 65537}[mode]


def test_bcd_counts_and_reads_in_decimal() -> None:
    rig = Rig()
    rig.program(0, 2, 0x1000, bcd=1)
    rig.run(2 + 2)
    assert rig.count(0) == 0x0999
    rig.run(2 + 2 * 999)
    assert rig.count(0) == 0x0001
    assert rig.tcu.period(0) == 2000
    rig.program(0, 2, 0, bcd=1)
    assert rig.tcu.period(0) == 20000


def test_count_of_one_is_harmless() -> None:
    for mode in (2, 3):
        counter = programmed(mode, 1)
        assert counter.next_change() is None
        assert {out for _, out in wave(counter, 10)} == {1}
        counter.write_count(4)
        assert counter.next_change() is not None


@pytest.mark.parametrize(
    ("rwm", "written", "expect"), [(1, [0x34], 0x0034), (2, [0x12], 0x1200), (3, [0x34, 0x12], 0x1234)]
)
def test_rwm_selects_the_bytes(rwm: int, written: list[int], expect: int) -> None:
    rig = Rig()
    rig.tcu.write(3, rwm << 4 | 0 << 1)
    for byte in written:
        rig.tcu.write(0, byte)
    rig.run(2)
    got = [rig.tcu.read(0) for _ in range(len(written))]
    assert got == ([expect >> 8] if rwm == 2 else [expect & 0xFF] if rwm == 1 else [expect & 0xFF, expect >> 8])


def test_count_latch_holds_until_read_and_ignores_a_second() -> None:
    rig = Rig()
    rig.program(0, 2, 0x1000)
    rig.run(2 + 2 * 16)
    rig.tcu.write(3, 0x00)
    rig.run(2 + 2 * 0x300)
    rig.tcu.write(3, 0x00)
    assert rig.tcu.peek(0) == 0xF0
    assert [rig.tcu.read(0), rig.tcu.read(0)] == [0xF0, 0x0F]
    assert [rig.tcu.read(0), rig.tcu.read(0)] == [0x00, 0x0D]


@pytest.mark.parametrize(("rwm", "count", "later", "reads"), [(1, 128, 80, [112, 48]), (2, 0x10, 0x140, [0x0F, 0x0E])])
def test_one_read_frees_a_latch_of_one_byte(rwm: int, count: int, later: int, reads: list[int]) -> None:
    rig = Rig()
    rig.tcu.write(3, rwm << 4 | 4)
    rig.tcu.write(0, count)
    rig.run(2 + 2 * 16)
    rig.tcu.write(3, 0x00)
    rig.run(2 + 2 * later)
    assert [rig.tcu.read(0), rig.tcu.read(0)] == reads


@pytest.mark.parametrize("mode", [2, 3])
def test_period_of_the_smallest_count(mode: int) -> None:
    rig = Rig()
    rig.program(1, mode, 2)
    rig.program(1, mode, 1)
    assert rig.periods == [4, None]


def test_a_count_written_inside_the_low_pulse_leaves_its_end() -> None:
    rig = Rig()
    rig.program(0, 2, 10)
    rig.run(2 + 2 * 9)
    assert rig.status(0) >> 7 == 0
    rig.tcu.write(0, 20)
    rig.tcu.write(0, 0)
    assert rig.edges[0][-1] == (20, 0)
    rig.run(62)
    assert rig.edges[0][-3:] == [(22, 1), (62, 0), (62, 1)]


@pytest.mark.parametrize("mode", range(6))
def test_a_jump_is_so_many_ticks(mode: int) -> None:
    for count in range(1, 8):
        for start in range(count + 2):
            for jump in range(25):
                fast, slow = programmed(mode, count, gate=0), programmed(mode, count, gate=0)
                for counter in (fast, slow):
                    counter.set_gate(1)
                    counter.advance(start)
                fast.advance(jump)
                for _ in range(jump):
                    slow.advance(1)
                assert fast.snapshot() == slow.snapshot()


def test_multiple_latch_takes_status_first_then_count() -> None:
    rig = Rig()
    rig.program(0, 3, 10)
    rig.program(2, 2, 0x0200)
    rig.run(2)
    rig.tcu.write(3, 0xC0 | 0b1010)
    rig.run(2 + 2 * 3)
    assert [rig.tcu.read(0) for _ in range(3)] == [0b1011_0110, 10, 0]
    assert [rig.tcu.read(2) for _ in range(3)] == [0b1011_0100, 0x00, 0x02]
    rig.tcu.write(3, 0xFF)
    assert rig.tcu.read(0) == 4


def test_status_alone_latches_no_count() -> None:
    rig = Rig()
    rig.program(0, 2, 100)
    rig.run(2)
    rig.tcu.write(3, 0xE2)
    rig.run(2 + 2 * 30)
    assert [rig.tcu.read(0), rig.tcu.read(0)] == [0xB4, 70]


def test_status_shows_null_count_output_and_the_mode_as_written() -> None:
    rig = Rig()
    rig.tcu.write(3, 0x3E)
    assert rig.status(0) == 0xFE
    rig.tcu.write(0, 4)
    rig.tcu.write(0, 0)
    assert rig.status(0) == 0xFE
    rig.run(2)
    assert rig.status(0) == 0xBE
    rig.run(2 + 2 * 2)
    assert rig.status(0) == 0x3E


def test_first_byte_of_two_stops_mode_0() -> None:
    rig = Rig()
    rig.program(0, 0, 2)
    rig.run(20)
    assert rig.edges[0] == [(6, 1)]
    rig.tcu.write(0, 5)
    assert rig.edges[0][-1] == (20, 0)
    before = rig.count(0)
    rig.run(40)
    assert rig.count(0) == before
    rig.tcu.write(0, 0)
    rig.run(60)
    assert rig.edges[0][-1] == (40 + 2 * 6, 1)


def test_tmd_cannot_be_read_and_peek_changes_nothing() -> None:
    rig = Rig()
    assert rig.tcu.read(3) == rig.tcu.peek(3) == 0xFF
    rig.program(0, 2, 0x1234)
    rig.run(2)
    assert rig.tcu.peek(0) == 0x34
    assert rig.tcu.peek(0) == 0x34
    assert [rig.tcu.read(0), rig.tcu.peek(0), rig.tcu.read(0)] == [0x34, 0x12, 0x12]


@pytest.mark.parametrize(("tcks", "clocks"), [(0, 2), (1, 4), (2, 8), (3, 16)])
def test_prescaler(tcks: int, clocks: int) -> None:
    rig = Rig(tcks)
    rig.program(0, 3, 10)
    rig.run(clocks * 22)
    assert rig.edges[0] == [(0, 1), (clocks * 6, 0), (clocks * 11, 1), (clocks * 16, 0), (clocks * 21, 1)]
    assert rig.tcu.period(0) == clocks * 10


def test_tclk_pin_is_not_connected() -> None:
    rig = Rig(tcks=0b00100)
    rig.program(0, 2, 10)
    rig.program(1, 3, 8)
    rig.run(1000)
    assert rig.edges[0] == [(0, 1)]
    assert rig.tcu.period(0) is None
    assert rig.periods[-1] == 16
    rig.tcu.set_tcks(0b01000)
    assert rig.periods[-1] is None


def test_reads_are_exact_at_every_clock() -> None:
    rig = Rig(tcks=1)
    rig.program(2, 2, 7)
    for clock in range(200):
        rig.run(clock)
        tick = clock // 4
        expect = 0 if tick == 0 else 7 - (tick - 1) % 7
        assert rig.count(2) == expect
        assert rig.status(2) >> 7 == (1 if expect != 1 else 0)


def test_mode_2_costs_one_event_a_period_and_pulses_the_line() -> None:
    rig = Rig()
    rig.program(0, 2, 4000)
    fired = []
    original = rig.scheduler._timers["tcu.0"]._fire
    rig.scheduler._timers["tcu.0"]._fire = lambda: (fired.append(rig.scheduler.now), original())  # type: ignore[assignment]
    rig.run(2 + 3 * 8000)
    assert fired == [8002, 16002, 24002]
    assert rig.edges[0] == [(0, 1), (8002, 0), (8002, 1), (16002, 0), (16002, 1), (24002, 0), (24002, 1)]


def test_reprogramming_inside_the_low_pulse_still_shows_the_pulse() -> None:
    rig = Rig()
    rig.program(0, 2, 4)
    rig.run(2 + 2 * 3)
    assert rig.status(0) >> 7 == 0
    rig.program(0, 2, 100)
    assert rig.edges[0] == [(0, 1), (8, 0), (8, 1)]


def test_rtclk_is_a_period_and_never_an_event() -> None:
    rig = Rig()
    rig.program(1, 3, 8)
    assert rig.periods == [16]
    assert rig.scheduler.headroom(10**9) == 10**9
    assert rig.edges[1] == []
    rig.tcu.listen(1, True)
    rig.run(100)
    assert [clock for clock, level in rig.edges[1] if level] == [0, 18, 34, 50, 66, 82, 98]
    rig.tcu.listen(1, False)
    assert rig.scheduler.headroom(10**9) == 10**9


def test_rtclk_stops_in_an_aperiodic_mode() -> None:
    rig = Rig()
    rig.program(1, 2, 8)
    rig.program(1, 0, 8)
    assert rig.periods == [16, None]


def test_gate_of_timer_2() -> None:
    rig = Rig()
    rig.program(2, 0, 5)
    rig.run(2 + 2 * 2)
    rig.tcu.set_gate(0)
    rig.run(100)
    assert rig.count(2) == 3
    rig.tcu.set_gate(1)
    rig.run(200)
    assert rig.edges[2] == [(106, 1)]


def test_button_reset_leaves_it_running_and_power_stops_it() -> None:
    rig = Rig()
    rig.program(0, 2, 100)
    rig.tcu.reset("button")
    rig.run(1000)
    assert len(rig.edges[0]) > 5
    rig.tcu.reset("power")
    assert rig.lines[0].level == 0
    assert rig.scheduler.headroom(10**9) == 10**9


def test_unlistened_and_unprogrammed_timers_schedule_nothing() -> None:
    rig = Rig()
    assert rig.scheduler.headroom(12345) == 12345
