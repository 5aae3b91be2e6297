"""What test_sanitised runs in a process of its own, on the sanitised build of the extension.

    python sanitised_runs.py EXTENSION TASK [DATA]

TASK: cases (every twentieth recorded one, all engines), fuzz (random code, all engines), boot (OpenM1).
"""

from __future__ import annotations

import importlib.util
import itertools
import random
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any


def use_extension(path: str) -> ModuleType:
    """Let korgm1._native be the module at `path`."""
    spec = importlib.util.spec_from_file_location("korgm1._native", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sys.modules["korgm1._native"] = module
    return module


def cases(data: Path) -> int:
    """Cases run; every one must pass."""
    from korgm1.cpu.cases import CaseBoard, CaseRunner, read_cases
    from korgm1.machine.engines import NAMES, make_engine

    count = 0
    for engine in NAMES:
        board = CaseBoard()
        core = make_engine(engine, board.memory, board.ports, board.acknowledge)
        runner = CaseRunner(board, core, getattr(core, "bus", None))
        for name in ("v30-public.jsonl.gz", "i8086-public.jsonl.gz", "i80286-public.jsonl.gz"):
            for case in itertools.islice(read_cases(data / name), 0, None, 20):
                difference = runner.run(case)
                assert not difference, f"{engine} {case['name']}: {difference}"
                count += 1
    return count


class Noise:
    """Ports and memory that answer and swallow anything."""

    def read(self, offset: int) -> int:
        """A byte."""
        return offset * 7 & 0xFF

    def write(self, offset: int, value: int) -> None:
        """Nothing."""

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self.read(offset)


def fuzz() -> int:
    """Instructions of random code, with interrupts, devices in memory, code that changes and pages that come and go;
    in lockstep with differences too: memory that only one of the engines has."""
    from korgm1.bus.memory import MemoryMap
    from korgm1.bus.ports import PortMap
    from korgm1.bus.unmapped import UnmappedLog
    from korgm1.errors import CpuDivergence
    from korgm1.machine.engines import NAMES, make_engine

    count = differences = 0
    for engine in NAMES:
        draw = random.Random(1)
        log = UnmappedLog(now=lambda: 0)
        memory, ports = MemoryMap(log), PortMap(log)
        memory.map_ram(0, 0x40000)
        memory.map_device(0x50000, 0x10000, Noise())
        memory.map_rom(0x80000, draw.randbytes(0x40000))
        memory.map_ram(0xF0000, 0x10000)
        ports.map(0, 0x10000, Noise())
        core: Any = make_engine(engine, memory, ports, lambda draw=draw: draw.randrange(256))
        for round_ in range(150):
            untold = engine == "lockstep" and round_ % 10 == 7
            for start, size in ((0, 0x40000), (0xF0000, 0x10000)):
                memory.image[start : start + size] = draw.randbytes(size)
                if not untold:
                    core.host_wrote(start, size)
            if round_ % 10 == 5:
                memory.map_ram(0x60000, 0x4000) if round_ % 20 == 5 else memory.unmap(0x60000, 0x4000)
                core.pages_changed()
            core.reset()
            core.set_registers({
                **{name: draw.randrange(0x10000) for name in ("aw", "dw", "bw", "sp", "bp", "ix", "iy", "pc", "psw")},
                **{name: draw.choice((0, 0x1000, 0x4FFF, 0xF000, 0xFFFF)) for name in ("ds1", "ps", "ss", "ds0")},
                "cw": draw.randrange(64),
            })  # fmt: skip
            for _ in range(5):
                core.set_int(draw.randrange(2))
                if draw.randrange(8) == 0:
                    core.nmi()
                try:
                    core.run(core.clock + draw.randrange(1, 2000))
                except CpuDivergence:
                    if not untold:
                        raise
                    differences += 1
            core.restore(core.snapshot())
        count += core.instructions
        assert differences > 0 or engine != "lockstep"
    return count


def _debug(session: Any) -> None:
    """Stops of all kinds, and back."""
    from korgm1.debugging import Debugger, Stop
    from korgm1.debugging.expressions import parse

    debugger = Debugger(session)
    for stop in (
        Stop("exec", 0xF0000, 0xF0FFF), Stop("mem", 0xE000, 0xFFFFF), Stop("port", 0, 0xFFFF), Stop("int", None),
        Stop("exec", 0, 0xFFFFF,
             condition=parse("w[ss:sp+2] << 3 == -al * 7 || in[900] > 10 && !(out[0A08] ^ 5) || cy")),
        Stop("memw", 0, 0xFFFFF, condition=parse("value & 1 && address > 400 && w[0FFFFF] != clock")),
    ):
        number = debugger.add(stop)
        for _ in range(5):
            debugger.go(session.clock + 100_000)
        debugger.remove(number)
    debugger.step_over()
    debugger.finish()
    debugger.back(100)
    debugger.detach()


def boot() -> int:
    """Instructions of OpenM1's first third of a second, on all engines; a state taken back, trace, stops, profile."""
    from korgm1.machine.engines import NAMES
    from korgm1.profiling import Profile
    from korgm1.session import Session

    count = 0
    for engine in NAMES:
        session = Session(engine=engine)
        session.power_on()
        session.run(0.2)
        session.restore(session.snapshot())
        with tempfile.TemporaryDirectory() as folder:
            session.trace(Path(folder) / "trace.txt")
            session.run(0.1)
            _debug(session)
            session.trace_end()
        profile = Profile(port_writes=True)
        session.follow(profile)
        session.run(0.1)
        session.follow(None)
        assert profile.span == sum(row.own + row.halted for row in profile.functions())
        count += session.machine.engine.instructions
    return count


def main() -> int:
    native = use_extension(sys.argv[1])
    task = sys.argv[2]
    count = cases(Path(sys.argv[3])) if task == "cases" else fuzz() if task == "fuzz" else boot()
    from korgm1.cpu import native as used

    assert used.lib is native.lib  # type: ignore[attr-defined]
    print(f"{task}: {count}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
