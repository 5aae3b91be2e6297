"""One instruction on a bare V30 core: what it costs, and by which micro-steps. For `korgm1 dis --clocks`.

The core is the one both engines take their clocks from. Code at 1000:0000, data at 2000h (DS0), 3000h (DS1) and 4000h
(SS) paragraphs; 1 MB of RAM that is 0 elsewhere; six bytes wait in the queue and the bus is idle.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from korgm1.bus.memory import SIZE, MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import DEFAULTS, REGISTERS, CpuOptions
from korgm1.cpu.native import NativeBus, ffi, lib, new_cpu

PS, DS0, DS1, SS = 0x1000, 0x2000, 0x3000, 0x4000
_QUEUE = 6
_MOST_ELEMENTS = 64
_START = {
    "aw": 0, "cw": 0, "dw": 0x80, "bw": 0x10, "sp": 0x100, "bp": 0x80, "ix": 0x20, "iy": 0x40,
    "ds1": DS1, "ps": PS, "ss": SS, "ds0": DS0, "pc": 0, "psw": 0xF002,
}  # fmt: skip
_ADDRESSING = ("dw", "bw", "sp", "bp", "ix", "iy")


class _Ports:
    """Nothing listens, IN reads 0."""

    def read(self, port: int) -> int:
        return 0

    def write(self, port: int, value: int) -> None:
        pass


@dataclass(frozen=True)
class Setup:
    """What is there before the instruction.

    Attributes:
        code: its bytes; b"" for what the CPU does by itself.
        registers: those that are not as usual.
        memory: physical address -> bytes.
        odd: operands lie at odd addresses (registers that address them are one higher).
        memory_waits: Tw of each memory cycle, fetches included.
        io_waits: Tw of each I/O cycle.
        pin: "int", "nmi", "brk" (single step) or "poll" (its pin high).
        emulated: in 8080 mode.
    """

    code: bytes
    registers: dict[str, int] = field(default_factory=dict)
    memory: dict[int, bytes] = field(default_factory=dict)
    odd: bool = False
    memory_waits: int = 0
    io_waits: int = 0
    pin: str = ""
    emulated: bool = False


class ClockBench:
    """The bare core.

    >>> bench = ClockBench()
    >>> bench.clocks(Setup(bytes.fromhex("03c1"))), bench.steps()
    (3, ['q.q..E'])
    >>> bench.clocks(Setup(bytes.fromhex("0307"), odd=True))
    17
    """

    def __init__(self, options: CpuOptions = DEFAULTS) -> None:
        self._memory = MemoryMap(UnmappedLog(now=lambda: 0))
        self._memory.map_ram(0, SIZE)
        self._memory.image[:] = bytes(SIZE)
        self._bus = NativeBus(self._memory, _Ports(), lambda: 0x20)
        self._options = options
        self._cpu = new_cpu(self._bus, options=options)
        self._shapes = ffi.new("uint64_t[]", 16)
        self._text = ffi.new("char[]", lib.V30_SHOWN_STEPS)
        self._seen: list[list[int]] = []

    def clocks(self, setup: Setup) -> int | None:
        """Clocks from the boundary before the instruction to the one behind it; None where it stops the core.

        A repeated string instruction is run to its end.
        """
        self._prepare(setup)
        undo = {**setup.memory, PS << 4: setup.code}
        image = self._memory.image
        for address, data in undo.items():
            image[address : address + len(data)] = data
        try:
            return self._run(setup.pin)
        finally:
            for address in (0, DS0 << 4, DS1 << 4, SS << 4, *undo):
                image[address : address + 0x400] = bytes(0x400)

    def steps(self) -> list[str]:
        """The micro-steps of the last run (letters: cext/v30_steps.c), one text an element; empty where it has none."""
        texts = []
        for shapes in self._seen:
            for shape in shapes:
                lib.v30_show_steps(shape, self._text)
                texts.append(ffi.string(self._text).decode("ascii"))
        return texts

    def count(self) -> int:
        """The clocks of `n` in the last run's steps, or how often its loop runs; 0 where it has neither."""
        return max((int(lib.v30_show_count(shape)) for shapes in self._seen for shape in shapes), default=0)

    def _prepare(self, setup: Setup) -> None:
        cpu = self._cpu
        lib.v30_reset(cpu)
        values = dict(_START)
        if setup.odd:
            values.update((name, values[name] + 1) for name in _ADDRESSING)
        values.update(setup.registers)
        for number, name in enumerate(REGISTERS[:8]):
            cpu.r[number] = values[name]
        for number, name in enumerate(REGISTERS[8:12]):
            cpu.s[number] = values[name]
        cpu.pc, cpu.psw = values["pc"], values["psw"]
        cpu.emulating = cpu.md_writable = int(setup.emulated)
        if setup.emulated:
            cpu.psw &= 0x7FFF
        cpu.clock = 1000
        cpu.int_line = setup.pin == "int"
        cpu.nmi_latch = setup.pin == "nmi"
        cpu.trap_armed = setup.pin == "brk"
        cpu.poll_line = setup.pin == "poll"
        cpu.int_since = cpu.nmi_since = 0
        waits = {
            "lower": setup.memory_waits, "middle": setup.memory_waits, "upper": setup.memory_waits,
            "io": setup.io_waits, "onchip_page": 0xFF, "lower_end": 0, "upper_start": SIZE,
        }  # fmt: skip
        lib.v30_set_waits(cpu, ffi.new("v30_waits *", waits)[0])
        lib.v30_prefetch(cpu, _QUEUE)
        lib.v30_show_shapes(cpu, self._shapes, 16)
        self._seen = []

    def _run(self, pin: str) -> int | None:
        cpu = self._cpu
        step: Callable[[object], int] = lib.v30_accept_interrupts if pin in ("int", "nmi", "brk") else lib.v30_execute
        total = 0
        for _ in range(_MOST_ELEMENTS):
            total += step(cpu)
            found = lib.v30_show_shapes(cpu, self._shapes, 16)
            self._seen.append(list(self._shapes[0:found]))
            if cpu.stop:
                return None
            if not cpu.rep_active:
                break
        self._bus.raise_pending()
        return total
