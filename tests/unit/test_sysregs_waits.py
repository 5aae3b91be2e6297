"""WMB, WCY1, WCY2 and RFC of the system registers: what the CPU and the DMAU are told, and a machine that feels it."""

from __future__ import annotations

import pytest

from korgm1.board.battery import Battery
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.clock import Scheduler
from korgm1.hypotheses import Hypotheses
from korgm1.line import Line
from korgm1.machine.m1 import M1
from korgm1.onchip.dmau import Dmau
from korgm1.onchip.icu import Icu
from korgm1.onchip.sysregs import Refresh, Sysregs, Waits, refresh_interval
from korgm1.physics.bench_supply import BenchSupply
from korgm1.session import Session

WMB, WCY1, WCY2, RFC = 0xFFF4, 0xFFF5, 0xFFF6, 0xFFF2


class Rig:
    """The registers with an ICU and a DMAU; `waits` and `refresh` were told last."""

    def __init__(self) -> None:
        self.ports = PortMap(UnmappedLog(0xFF))
        self.waits: Waits | None = None
        self.refresh: Refresh | None = None
        self.told = 0
        dmau = Dmau(Scheduler(), lambda a: 0, lambda a, v: None, lambda n, word: 0, lambda n, word, value: None)
        icu = Icu(Line("INT"), 0xFF)
        self.sysregs = Sysregs(
            self.ports, {"icu": icu, "dmau": dmau, "tcu": icu, "scu": icu},
            intp1=Line("INTP1", 1), intp2=Line("INTP2", 1), sint=Line("SINT"), tout0=Line("TOUT0"),
            tout1=Line("TOUT1"), icu_int=Line("ICU"), int_cpu=Line("INT"),
            serial_pins=Line("PF1"), set_input=lambda level, state: None, set_edge_only=lambda level, on: None,
            listen=lambda timer, on: None, set_tcks=lambda value: None,
            set_waits=self._waits, set_refresh=self._refresh,
        )  # fmt: skip
        self.sysregs.reset("power")

    def _waits(self, waits: Waits) -> None:
        self.waits = waits

    def _refresh(self, refresh: Refresh) -> None:
        self.refresh = refresh
        self.told += 1

    def out(self, *pairs: tuple[int, int]) -> None:
        for port, value in pairs:
            self.ports.write(port, value)


def test_after_reset_every_cycle_has_three_waits_and_nothing_is_refreshed() -> None:
    rig = Rig()
    assert rig.waits == Waits(0x80000, 0x80000, 3, 3, 3, 3, 0, 0)
    assert rig.refresh == Refresh(0, 3)
    assert rig.sysregs.dma_waits == 3


@pytest.mark.parametrize(
    ("code", "size"), [(0, 32), (1, 64), (2, 96), (3, 128), (4, 192), (5, 256), (6, 384), (7, 512)]
)
def test_blocks_and_their_waits(code: int, size: int) -> None:
    rig = Rig()
    rig.out((WMB, code << 4 | code), (WCY1, 0b11_10_01_00))
    assert rig.waits is not None
    assert rig.waits[:6] == (size << 10, 0x100000 - (size << 10), 0, 1, 2, 3)


@pytest.mark.parametrize(
    ("rtm", "factor"), [(0, 17), (1, 18), (2, 19), (3, 20), (4, 5), (5, 6), (8, 9), (15, 16), (16, 17), (31, 32)]
)
def test_the_refresh_interval(rtm: int, factor: int) -> None:
    rig = Rig()
    rig.out((RFC, 0x80 | rtm))
    assert rig.refresh == Refresh(8 * factor, 3)
    rig.out((WCY2, 0b1001))
    assert rig.refresh == Refresh(8 * factor, 1) and rig.sysregs.dma_waits == 2
    rig.out((RFC, rtm))
    assert rig.refresh == Refresh(0, 1)
    assert refresh_interval(rtm) == 0


def test_the_button_sets_the_interval_back_and_leaves_refresh_on() -> None:
    rig = Rig()
    rig.out((RFC, 0x9F), (WCY2, 0))
    rig.sysregs.reset("button")
    assert rig.refresh == Refresh(72, 3)


def test_only_a_unit_s_own_ports_are_on_the_chip() -> None:
    rig = Rig()
    rig.out((0xFFFC, 0x0A), (0xFFFA, 0x41), (0xFFFB, 0x80))
    assert rig.waits is not None and rig.waits.onchip_page == 0x0A and rig.waits.onchip == 0
    rig.out((0xFFFD, 0b0010))   # the ICU: two ports, the odd lane
    assert rig.waits.onchip == 1 << 0x41 | 1 << 0x43
    rig.out((0xFFFD, 0b0011))   # and the DMAU: sixteen
    assert rig.waits.onchip == 1 << 0x41 | 1 << 0x43 | 0xFFFF << 0x80
    rig.out((0xFFFB, 0x10))
    assert rig.waits.onchip == 1 << 0x41 | 1 << 0x43 | 0xFFFF << 0x10
    rig.out((0xFFFD, 0))
    assert rig.waits.onchip == 0


def test_a_restored_block_is_told_again() -> None:
    rig, other = Rig(), Rig()
    rig.out((RFC, 0x84), (WCY1, 0x1B), (WMB, 0x25), (WCY2, 0x06))
    other.sysregs.restore(rig.sysregs.snapshot())
    assert (other.waits, other.refresh) == (rig.waits, rig.refresh)
    assert other.refresh == Refresh(40, 2)


def clocks_of_a_start(**values: bool) -> int:
    """When OpenM1 halts for the first time, with refresh switched on by hand; until then nothing depends on time."""
    names = {name.replace("_", "-"): value for name, value in values.items()}
    session = Session(engine="v30", hypotheses=names)
    session.power_on()
    machine = session.machine
    machine.ports.write(RFC, 0x84)
    while not machine.engine.halted:
        session.run_until(session.clock + 1)
    return session.clock


@pytest.mark.parametrize(("waits", "differ"), [(False, False), (True, True)])
def test_without_h_waits_a_refresh_has_none_either(waits: bool, differ: bool) -> None:
    """Code that leaves the bus no idle clock, refreshed every 40 clocks, from ROM without waits."""

    def clocks(refresh_waits: int) -> int:
        rom = bytearray(b"\x40" * 0x20000)                                    # INC AW
        rom[0x1FFF0:0x1FFF5] = b"\xea\x00\x00\x00\xf0"
        m1 = M1(bytes(rom), "v30", Hypotheses({"H-WAITS": waits, "H-RESET-DELAY": 0}), Battery(BenchSupply(3.2)))
        m1.power_up(None, 0, 0)
        for port, value in ((WCY1, 0), (WCY2, refresh_waits), (RFC, 0x84)):
            m1.ports.write(port, value)
        while m1.engine.instructions < 20_000:
            m1.run_until(m1.clock + 1)
        return m1.clock

    assert (clocks(3) != clocks(0)) == differ


def test_each_hypothesis_changes_what_a_machine_does() -> None:
    usual = clocks_of_a_start()
    assert clocks_of_a_start(H_WAITS=False) < usual, "the firmware begins with three waits everywhere"
    assert clocks_of_a_start(H_REFRESH=False) < usual
    assert clocks_of_a_start(H_WRITE_OVERLAP=False) > usual
    assert clocks_of_a_start() == usual
