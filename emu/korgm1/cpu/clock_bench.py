"""One instruction on a bare V30 core: what it costs, and by which micro-steps. For `korgm1 dis --clocks`.

The core is the one both engines take their clocks from. Code at 1000:0000, data at 2000h (DS0), 3000h (DS1) and 4000h
(SS) paragraphs; 1 MB of RAM that is 0 elsewhere; six bytes wait in the queue and the bus is idle.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from korgm1.bus.memory import SIZE, MemoryMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.cpu.engine import DEFAULTS, REGISTERS, CpuOptions
from korgm1.cpu.native import ffi, lib
from korgm1.cpu.v30_engine import V30Engine

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


class _Core(V30Engine):
    """The engine, and a look into its core."""

    def shapes(self) -> list[int]:
        """What it has timed since the last call."""
        room = ffi.new("uint64_t[]", 16)
        return list(room[0 : lib.v30_show_shapes(self._cpu, room, 16)])


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
        self._core = _Core(self._memory, _Ports(), lambda: 0x20, options=options)
        self._fresh = self._core.snapshot()
        self._text = ffi.new("char[]", lib.V30_SHOWN_STEPS)
        self._seen: list[int] = []

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
            return self._run()
        finally:
            for address in (0, DS0 << 4, DS1 << 4, SS << 4, *undo):
                image[address : address + 0x400] = bytes(0x400)

    def steps(self) -> list[str]:
        """The micro-steps of the last run (letters: cext/v30_steps.c), one text an element; empty where it has none."""
        texts = []
        for shape in self._seen:
            lib.v30_show_steps(shape, self._text)
            texts.append(ffi.string(self._text).decode("ascii"))
        return texts

    def _prepare(self, setup: Setup) -> None:
        values = dict(_START)
        if setup.odd:
            values.update((name, values[name] + 1) for name in _ADDRESSING)
        values.update(setup.registers)
        general, segments = ([values[name] for name in names] for names in (REGISTERS[:8], REGISTERS[8:12]))
        core = self._core
        core.restore({
            **self._fresh, "r": general, "s": segments,
            "pc": values["pc"], "psw": values["psw"] & (0x7FFF if setup.emulated else 0xFFFF),
            "md_writable": int(setup.emulated), "trap_armed": int(setup.pin == "brk"),
        })  # fmt: skip
        core.set_poll(setup.pin == "poll")
        core.set_int(setup.pin == "int")
        if setup.pin == "nmi":
            core.nmi()
        waits = setup.memory_waits
        core.set_waits(0, SIZE, waits, waits, waits, setup.io_waits, 0xFF, 0)
        core.prefetch(_QUEUE)
        core.shapes()
        self._seen = []

    def _run(self) -> int | None:
        core = self._core
        begin = core.clock
        for _ in range(_MOST_ELEMENTS):
            core.run(core.clock + 1)
            self._seen += core.shapes()
            if core.stopped:
                return None
            if not core.snapshot()["rep_active"]:
                break
        return core.clock - begin
