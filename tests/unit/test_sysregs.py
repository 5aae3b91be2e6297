"""System registers: reset values, relocation, interrupt routing, clocks, pins; and all units wired together."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from reference_sysregs import PORTS, Reference

from korgm1.board.midi import BYTE, MidiIn, MidiOut
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.dmau import Dmau
from korgm1.onchip.icu import Icu
from korgm1.onchip.scu import Scu
from korgm1.onchip.sysregs import Sysregs
from korgm1.onchip.tcu import Tcu
from korgm1.snapshot import Snapshot, decode, encode


class Probe:
    """A unit that answers with its own number."""

    def __init__(self, mark: int) -> None:
        self.mark = mark

    def read(self, offset: int) -> int:
        return self.mark | offset

    def write(self, offset: int, value: int) -> None: ...

    def peek(self, offset: int) -> int:
        return self.mark | offset


class Rig:
    def __init__(self, address_reset: int = 0, disabled: str = "silent") -> None:
        self.ports = PortMap(UnmappedLog(now=lambda: 0))
        self.lines = {name: Line(name, rest) for name, rest in
                      (("intp1", 1), ("intp2", 1), ("sint", 0), ("tout0", 0), ("tout1", 0), ("icu_int", 0),
                       ("int_cpu", 0), ("serial_pins", 0))}
        self.inputs: dict[int, int] = {}
        self.calls: list[tuple[object, ...]] = []
        units = {"scu": Probe(0x10), "tcu": Probe(0x20), "icu": Probe(0x30), "dmau": Probe(0x40)}
        self.sysregs = Sysregs(
            self.ports, units, **self.lines, set_input=self.inputs.__setitem__,
            set_edge_only=lambda n, on: self.calls.append(("edge", n, on)),
            listen=lambda n, on: self.calls.append(("listen", n, on)),
            set_tcks=lambda value: self.calls.append(("tcks", value)),
            address_reset=address_reset, disabled=disabled,
        )
        self.sysregs.reset("power")

    def out(self, *pairs: tuple[int, int]) -> None:
        for port, value in pairs:
            self.ports.write(port, value)

    def answering(self) -> dict[int, int]:
        return {port: self.ports.peek(port) for port in range(0xFFF0) if self.ports.peek(port) != 0xFF}


RESET = {0xFFFE: 0x00, 0xFFFD: 0x00, 0xFFF6: 0x0F, 0xFFF5: 0xFF, 0xFFF4: 0x77, 0xFFF2: 0x08, 0xFFF0: 0x00}


def test_reset_values_and_nothing_mapped() -> None:
    rig = Rig()
    assert {port: rig.ports.read(port) for port in RESET} == RESET
    assert rig.answering() == {}
    assert rig.calls == [("tcks", 0), ("listen", 1, False), ("edge", 2, False)]
    assert rig.inputs == {0: 0, 1: 1, 2: 1}


def test_button_reset_keeps_refresh_enable_and_addresses() -> None:
    rig = Rig()
    rig.out((0xFFF2, 0xFF), (0xFFFC, 0x12), (0xFFFA, 0x34), (0xFFFD, 0x0F), (0xFFFE, 0x0F), (0xFFF0, 0x1F))
    rig.sysregs.reset("button")
    assert rig.ports.read(0xFFF2) == 0x88
    assert [rig.ports.read(port) for port in (0xFFFC, 0xFFFA)] == [0x12, 0x34]
    assert {port: rig.ports.read(port) for port in RESET if port != 0xFFF2} == {
        port: value for port, value in RESET.items() if port != 0xFFF2
    }
    assert rig.answering() == {}
    rig.sysregs.reset("power")
    assert [rig.ports.read(port) for port in (0xFFFC, 0xFFFA, 0xFFF2)] == [0, 0, 8]
    assert Rig(address_reset=0xFF).ports.read(0xFFFA) == 0xFD


@pytest.mark.parametrize(
    ("port", "mask"),
    [(0xFFFE, 0x0F), (0xFFFD, 0x0F), (0xFFFC, 0xFF), (0xFFFB, 0xF0), (0xFFFA, 0xFD), (0xFFF9, 0xF9), (0xFFF8, 0xF9),
     (0xFFF6, 0x0F), (0xFFF5, 0xFF), (0xFFF4, 0x77), (0xFFF2, 0x9F), (0xFFF0, 0x1F)],
)
def test_all_twelve_read_back_without_their_unused_bits(port: int, mask: int) -> None:
    rig = Rig()
    for value in (0xFF, 0x00, 0xA5):
        rig.out((port, value))
        assert rig.ports.read(port) == rig.ports.peek(port) == value & mask


@pytest.mark.parametrize("port", [0xFFFF, 0xFFF7, 0xFFF3, 0xFFF1])
def test_reserved_ports(port: int) -> None:
    rig = Rig()
    rig.out((port, 0x00))
    assert rig.ports.read(port) == 0xFF


def test_even_and_odd_lanes_and_strides() -> None:
    rig = Rig()
    rig.out((0xFFFC, 0x00), (0xFFFA, 0x00), (0xFFF9, 0x11), (0xFFF8, 0x2E), (0xFFFB, 0x4F), (0xFFFD, 0x0F))
    assert rig.answering() == {
        0x00: 0x30, 0x02: 0x31,
        0x11: 0x20, 0x13: 0x21, 0x15: 0x22, 0x17: 0x23,
        0x28: 0x10, 0x2A: 0x11, 0x2C: 0x12, 0x2E: 0x13,
        **{0x40 + n: 0x40 + n for n in range(16)},
    }
    rig.out((0xFFFC, 0x7F), (0xFFFD, 0x02))
    assert rig.answering() == {0x7F00: 0x30, 0x7F02: 0x31}


def test_two_units_share_a_window_on_different_lanes() -> None:
    rig = Rig()
    rig.out((0xFFF9, 0x00), (0xFFF8, 0x01), (0xFFFD, 0x0C))
    assert rig.answering() == {0: 0x20, 2: 0x21, 4: 0x22, 6: 0x23, 1: 0x10, 3: 0x11, 5: 0x12, 7: 0x13}
    rig.out((0xFFFD, 0x08))
    assert rig.answering() == {1: 0x10, 3: 0x11, 5: 0x12, 7: 0x13}


def test_units_cover_the_board_and_uncover_it_again() -> None:
    rig = Rig()
    rig.ports.map(0x0000, 0x10, Probe(0x50))
    rig.out((0xFFFA, 0x04), (0xFFFD, 0x02))
    assert [rig.ports.read(port) for port in (4, 5, 6, 7)] == [0x30, 0x55, 0x31, 0x57]
    rig.out((0xFFFA, 0x08))
    assert [rig.ports.read(port) for port in (4, 5, 6, 8, 9)] == [0x54, 0x55, 0x56, 0x30, 0x59]


def test_overlapping_units_have_an_order_and_part_again() -> None:
    rig = Rig()
    rig.out((0xFFFA, 0x00), (0xFFF9, 0x00), (0xFFFD, 0x06))
    assert rig.answering() == {0: 0x30, 2: 0x31, 4: 0x22, 6: 0x23}
    rig.out((0xFFFD, 0x04))
    assert rig.answering() == {0: 0x20, 2: 0x21, 4: 0x22, 6: 0x23}


def test_the_system_page_takes_no_units() -> None:
    rig = Rig()
    rig.out((0xFFFB, 0xF0), (0xFFFC, 0xFF), (0xFFFD, 0x0F))
    assert rig.answering() == {}
    assert rig.ports.read(0xFFFC) == 0xFF
    rig.out((0xFFFC, 0x00))
    assert rig.answering()[0xF0] == 0x40


@pytest.mark.parametrize(("irsw", "scu", "timer"), [(0, 0, 0), (1, 1, 0), (2, 0, 1), (3, 1, 1)])
def test_interrupt_routing(irsw: int, scu: int, timer: int) -> None:
    rig = Rig()
    rig.out((0xFFFE, 0x0F), (0xFFFE, 0x00))
    rig.calls.clear()
    rig.out((0xFFFE, irsw << 2))
    if irsw:
        assert rig.calls == [("listen", 1, bool(timer)), ("edge", 2, bool(timer))]
    for name in ("intp1", "intp2", "sint", "tout0", "tout1"):
        rig.lines[name].drive(0)
    assert rig.inputs == {0: 0, 1: 0, 2: 0}
    rig.out((0xFFFD, 0x0F))
    wires = (
        ("tout0", 0, 1), ("intp1", 1, not scu), ("sint", 1, scu), ("intp2", 2, not timer), ("tout1", 2, timer)
    )
    for name, level_no, wanted in wires:
        rig.lines[name].drive(1)
        assert rig.inputs[level_no] == int(wanted)
        rig.lines[name].drive(0)
    rig.lines["sint"].drive(1)
    rig.out((0xFFFE, 0x04))
    assert rig.inputs[1] == 1, "a change of route shows the new source's level"


@pytest.mark.parametrize("disabled", ["silent", "unmapped"])
def test_a_disabled_unit_requests_nothing_unless_only_its_window_goes(disabled: str) -> None:
    rig = Rig(disabled=disabled)
    rig.out((0xFFFE, 0x0C), (0xFFFD, 0x0E))
    for name in ("tout0", "sint", "tout1", "icu_int"):
        rig.lines[name].drive(1)
    assert (rig.inputs, rig.lines["int_cpu"].level) == ({0: 1, 1: 1, 2: 1}, 1)
    for opsel, inputs, int_cpu in ((0x0A, {0: 0, 1: 1, 2: 0}, 1), (0x06, {0: 1, 1: 0, 2: 1}, 1), (0x00, {}, 0)):
        rig.out((0xFFFD, opsel))
        if disabled == "silent":
            assert (rig.inputs, rig.lines["int_cpu"].level) == ({0: 0, 1: 0, 2: 0} | inputs, int_cpu)
        else:
            assert (rig.inputs, rig.lines["int_cpu"].level) == ({0: 1, 1: 1, 2: 1}, 1)
    rig.out((0xFFFE, 0x00))
    assert rig.inputs == {0: 1 if disabled == "unmapped" else 0, 1: 1, 2: 1}, "pins are nobody's"


def test_clocks_and_pins() -> None:
    rig = Rig()
    rig.out((0xFFF0, 0x13), (0xFFF0, 0x13))
    assert rig.calls[-1] == ("tcks", 0x13)
    assert sum(call[0] == "tcks" for call in rig.calls) == 2
    seen = []
    rig.lines["serial_pins"].connect(seen.append)
    for pf in (1, 2, 3, 1):
        rig.out((0xFFFE, pf))
    assert seen == [1, 0]


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 15), st.integers(0, 255)), max_size=20))
def test_any_writes_save_and_restore(writes: list[tuple[int, int]]) -> None:
    rig, twin = Rig(), Rig()
    rig.out(*((0xFFF0 + offset, value) for offset, value in writes))
    twin.sysregs.restore(rig.sysregs.snapshot())
    assert twin.answering() == rig.answering()
    assert [twin.ports.read(port) for port in range(0xFFF0, 0x10000)] == [
        rig.ports.read(port) for port in range(0xFFF0, 0x10000)
    ]
    assert twin.lines["serial_pins"].level == rig.lines["serial_pins"].level
    fresh = Rig()
    twin.sysregs.reset("power")
    assert twin.answering() == fresh.answering()


# --- against a reference that works every answer out anew -----------------------------------------------------------


class SysregsMachine(RuleBasedStateMachine):
    """Registers written, lines driven, resets; every port of the pages in use and every line compared."""

    @initialize(address_reset=st.sampled_from([0x00, 0xFF, 0x4D]), silent=st.booleans())
    def begin(self, address_reset: int, silent: bool) -> None:
        self.rig = Rig(address_reset, "silent" if silent else "unmapped")
        self.rig.ports.map(0x0000, 0x200, Probe(0x80))
        self.ref = Reference(address_reset, silent)

    @rule(port=st.sampled_from(sorted(PORTS)), value=st.one_of(st.integers(0, 255), st.sampled_from([0, 0x0F, 0xFF])))
    def write(self, port: int, value: int) -> None:
        self.rig.out((port, value))
        self.ref.store(PORTS[port], value)

    @rule(lows=st.lists(st.sampled_from([0x00, 0x01, 0x08, 0x09, 0x10, 0x14, 0x20]), min_size=4, max_size=4),
          page=st.sampled_from([0x00, 0x01, 0xFF]))
    def place_close_together(self, lows: list[int], page: int) -> None:
        for unit, low in enumerate(lows):
            self.write(0xFFF8 + unit, low)
        self.write(0xFFFC, page)

    @rule(opcn=st.integers(0, 15), opsel=st.one_of(st.just(15), st.integers(0, 15)))
    def switch(self, opcn: int, opsel: int) -> None:
        self.write(0xFFFE, opcn)
        self.write(0xFFFD, opsel)

    @rule(opsel=st.integers(0, 15))
    def enable(self, opsel: int) -> None:
        self.write(0xFFFD, opsel)

    @rule(port=st.sampled_from([0xFFFF, 0xFFF7, 0xFFF3, 0xFFF1]), value=st.integers(0, 255))
    def write_nowhere(self, port: int, value: int) -> None:
        self.rig.out((port, value))
        assert self.rig.ports.read(port) == 0xFF

    @rule(levels=st.dictionaries(
        st.sampled_from(["INTP1", "INTP2", "SINT", "TOUT0", "TOUT1", "ICU"]), st.integers(0, 1)
    ))
    def drive(self, levels: dict[str, int]) -> None:
        for line, level in levels.items():
            self.rig.lines["icu_int" if line == "ICU" else line.lower()].drive(level)
            self.ref.line[line] = level

    @rule(kind=st.sampled_from(["power", "button"]), rfc=st.integers(0, 255))
    def reset(self, kind: str, rfc: int) -> None:
        self.write(0xFFF2, rfc)
        self.rig.sysregs.reset(kind)
        self.ref.reset(kind)

    @rule()
    def save_and_continue_in_another(self) -> None:
        old = self.rig
        self.rig = Rig(self.ref.address_reset, "silent" if self.ref.silent else "unmapped")
        self.rig.ports.map(0x0000, 0x200, Probe(0x80))
        for name, line in old.lines.items():
            if name != "int_cpu":
                self.rig.lines[name].restore(line.level)
        self.rig.inputs.update(old.inputs)
        self.rig.calls[:] = old.calls
        self.rig.sysregs.restore(old.sysregs.snapshot())

    @invariant()
    def same_answers(self) -> None:
        marks = {"scu": 0x10, "tcu": 0x20, "icu": 0x30, "dmau": 0x40}
        for page, count in ((0x00, 0x40), (0x01, 0x40), (self.ref.register["OPHA"], 0x100), (0xFF, 0x100)):
            for port in range(page * 256, page * 256 + count):
                who = self.ref.answer(port)
                if who is None:
                    expect = 0x80 | port if port < 0x200 else 0xFF
                elif who[0] == "system":
                    expect = self.ref.register[PORTS[port]] if port in PORTS else 0xFF
                else:
                    expect = marks[who[0]] | who[1]
                assert self.rig.ports.read(port) == self.rig.ports.peek(port) == expect, f"{port:04X}"

    @invariant()
    def same_lines(self) -> None:
        assert self.rig.inputs == self.ref.icu_inputs()
        assert self.rig.lines["int_cpu"].level == self.ref.cpu_int()
        assert self.rig.lines["serial_pins"].level == self.ref.serial_pins()
        last = {call[0]: call[-1] for call in self.rig.calls}
        assert last == {
            "tcks": self.ref.register["TCKS"], "listen": self.ref.edge_only(), "edge": self.ref.edge_only(),
        }


SysregsMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestSysregsAgainstReference = SysregsMachine.TestCase


# --- all units on one chip ----------------------------------------------------------------------------------------


class V50:
    """The chip without its CPU, wired as a netlist does it."""

    def __init__(self) -> None:
        self.scheduler = scheduler = Scheduler()
        self.ports = PortMap(UnmappedLog(now=lambda: 0))
        self.int = Line("INT")
        tout0, tout1, tout2 = (Line(f"TOUT{n}") for n in range(3))
        sint, intp1, serial_pins = Line("SINT"), Line("INTP1", 1), Line("PF1")
        self.out = MidiOut()
        icu_int = Line("ICU INT")
        self.icu = Icu(icu_int)
        self.scu = Scu(scheduler, sint, self.out.receive)
        self.tcu = Tcu(scheduler, tout0, tout1, tout2, self.scu.set_rtclk)
        self.memory = bytearray(1 << 20)
        self.dmau = Dmau(
            scheduler, self.memory.__getitem__, self.memory.__setitem__, lambda n, word: 0xFFFF, lambda n, word, v: None
        )
        serial_pins.connect(lambda level: self.scu.set_pins(bool(level)))
        serial_pins.connect(self.dmau.set_serial_pins)
        self.sysregs = Sysregs(
            self.ports, {"icu": self.icu, "tcu": self.tcu, "scu": self.scu, "dmau": self.dmau},
            intp1=intp1, intp2=tout2, sint=sint, tout0=tout0, tout1=tout1, icu_int=icu_int, int_cpu=self.int,
            set_input=self.icu.set_input,
            set_edge_only=self.icu.set_edge_only, listen=self.tcu.listen, set_tcks=self.tcu.set_tcks,
            serial_pins=serial_pins,
        )
        self.midi = MidiIn(scheduler, self.scu.receive_frame)
        self.devices = (self.sysregs, self.icu, self.tcu, self.scu, self.dmau, self.midi, self.out)
        for device in self.devices:
            device.reset("power")

    def program(self) -> None:
        """What an M1's firmware sets: ICU at 00, TCU at 08, SCU at 10, a 1 kHz tick, MIDI."""
        for port, value in (
            (0xFFFC, 0x00), (0xFFFA, 0x00), (0xFFF9, 0x08), (0xFFF8, 0x10), (0xFFFE, 0x06), (0xFFFD, 0x0E),
            (0x00, 0x13), (0x02, 0x20), (0x02, 0x01), (0x02, 0xFC),
            (0x0E, 0x34), (0x08, 0xA0), (0x08, 0x0F), (0x0E, 0x76), (0x0A, 0x08), (0x0A, 0x00),
            (0x14, 0x4E), (0x16, 0x02), (0x12, 0x05),
        ):
            self.ports.write(port, value)

    def run(self, clock: int) -> list[tuple[int, int]]:
        """Take every interrupt as a program would; (clock, vector)."""
        taken = []
        while self.scheduler._clock < clock:
            self.scheduler.run_due(self.scheduler._clock + min(37, clock - self.scheduler._clock))
            while self.int.level:
                vector = self.icu.acknowledge()
                taken.append((self.scheduler.now, vector))
                if vector == 0x21:
                    self.ports.write(0x10, self.ports.read(0x10) ^ 1)
                self.ports.write(0x00, 0x20)
        return taken

    def snapshot(self) -> list[object]:
        return [self.scheduler.snapshot(), *(device.snapshot() for device in self.devices)]


def test_a_program_sets_the_chip_up_and_gets_its_ticks_and_midi() -> None:
    chip = V50()
    chip.program()
    chip.run(100)
    chip.midi.send(b"\x90\x3c\x40", at=10_000)
    taken = chip.run(80_000)
    assert [vector for _, vector in taken].count(0x20) == 9
    assert [vector for _, vector in taken].count(0x21) == 3
    assert chip.out.data == b"\x91\x3d\x41"
    assert chip.int.level == 0


def test_without_pf_the_midi_pins_are_not_there() -> None:
    chip = V50()
    chip.program()
    chip.ports.write(0xFFFE, 0x04)
    chip.run(100)
    chip.midi.send(b"\x90", at=1000)
    chip.ports.write(0x10, 0x55)
    assert 0x21 not in [vector for _, vector in chip.run(20_000)]
    assert chip.out.data == b""


def test_timer_1_as_interrupt_2() -> None:
    chip = V50()
    chip.program()
    chip.ports.write(0xFFFE, 0x0A)
    chip.ports.write(0x0E, 0x74)
    chip.ports.write(0x0A, 0xD0)
    chip.ports.write(0x0A, 0x07)
    chip.ports.write(0x02, 0xFB)
    vectors = [vector for _, vector in chip.run(4 * 4000 + 200)]
    assert vectors.count(0x22) >= 4
    chip.ports.write(0xFFFE, 0x02)
    assert 0x22 not in [vector for _, vector in chip.run(60_000)][1:]


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 30_000))
def test_the_whole_chip_saves_and_continues(cut: int) -> None:
    chip, twin = V50(), V50()
    chip.program()
    chip.midi.send(bytes(range(0x40, 0x48)), at=3000)
    chip.run(cut)
    saved = decode(encode(Snapshot(blocks={"all": {"parts": chip.snapshot()}}))).blocks["all"]["parts"]
    for device, block in zip(twin.devices, saved[1:], strict=True):
        device.restore(block)
    twin.scheduler.restore(saved[0])
    twin.int.restore(chip.int.level)
    assert twin.snapshot() == chip.snapshot()
    assert twin.run(3000 + 12 * BYTE) == chip.run(3000 + 12 * BYTE)
    assert twin.snapshot() == chip.snapshot()
    assert chip.out.data == bytes(value ^ 1 for value in range(0x40, 0x48))
