"""/RESET: a pulse on the CPU's pin restarts the firmware, the RAM keeps its content, no instruction runs meanwhile."""

from __future__ import annotations

import pytest

from korgm1.session import Session

MS = 8000


@pytest.mark.parametrize("engine", ["v30", "unicorn"])
@pytest.mark.parametrize("delay", [0, 20])
def test_a_button_reset_starts_again_with_the_same_ram(engine: str, delay: int) -> None:
    m1 = Session(engine=engine, hypotheses={"H-RESET-DELAY": delay})
    m1.boot()
    m1.press("4")
    m1.press("2")
    machine, cpu = m1.machine, m1.machine.engine
    before, clock, count, rows = m1.sram, m1.clock, cpu.instructions, len(m1.timeline)
    assert machine.sysregs.peek(13) and machine.ports.peek(0xA0A) == 0xFF

    machine.power.button()
    registers = cpu.registers()
    assert (registers["ps"], registers["pc"]) == (0xFFFF, 0)
    assert m1.sram == before and m1.clock == clock
    assert machine.sysregs.peek(13) == 0, "OPSEL: no unit is mapped"
    assert machine.pio.driven("A") == (0, 0)
    assert machine.icu.peek(1) != 0, "RESET does not reach the ICU"

    if delay:
        m1.run(delay / 1000 - 0.0001)
        assert cpu.instructions == count and m1.clock == clock + delay * MS - 800
        assert m1.sram == before
    m1.run(0.001)
    assert cpu.instructions > count
    m1.boot()
    assert any("#24" in row.lcd[0] for row in m1.timeline[rows:])
    assert m1.lcd[0].startswith("Prog I")


def run_to(m1: Session, clock: int, step: int) -> None:
    while m1.clock < clock:
        m1.run_until(min(m1.clock + step, clock))


def test_the_length_of_slices_does_not_show_in_a_reset() -> None:
    ends = []
    for step in (1000 * MS, 2400):
        m1 = Session(engine="v30", hypotheses={"H-RESET-DELAY": 5})
        m1.power_on()
        run_to(m1, 100 * MS, step)
        m1.machine.power.button()
        run_to(m1, 200 * MS, step)
        ends.append((m1.clock, m1.machine.engine.snapshot(), m1.sram, m1.lcd))
    assert ends[0] == ends[1]


def test_power_on_holds_the_cpu_for_the_delay_and_a_snapshot_keeps_it_held() -> None:
    m1 = Session(hypotheses={"H-RESET-DELAY": 30})
    m1.power_on()
    m1.run(0.029)
    assert m1.machine.engine.instructions == 0 and m1.clock == 29 * MS
    other = Session(engine="v30")
    other.restore(m1.snapshot())
    for each in (m1, other):
        each.run(0.0009)
        assert each.machine.engine.instructions == 0
        each.run(0.0002)
        assert each.machine.engine.instructions > 0


def test_without_power_time_passes_without_the_cpu() -> None:
    m1 = Session()
    m1.boot(0.1)
    count = m1.machine.engine.instructions
    m1.power_off()
    m1.machine.run_until(m1.clock + 1000)
    assert m1.machine.engine.instructions == count
