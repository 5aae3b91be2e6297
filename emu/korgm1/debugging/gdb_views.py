"""Things of the instrument as lines of text, for GDB's console."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from korgm1.clock import CPU_HZ
from korgm1.cpu.engine import REGISTERS
from korgm1.debugging.core import Debugger
from korgm1.debugging.gdb_target import MEMORY_SIZE, PSW_FIELDS
from korgm1.debugging.stop import Halt, Stop
from korgm1.session import Session
from korgm1.symbols import Symbols


def register_lines(registers: Mapping[str, int]) -> list[str]:
    """The registers by NEC's names, and which flags are set."""
    words = [f"{name.upper()} {registers[name]:04X}" for name in REGISTERS]
    flags = " ".join(name for name, bit in PSW_FIELDS if registers["psw"] >> bit & 1)
    return [" ".join(words[:8]), " ".join(words[8:]) + f" [{flags}]"]


def disassembly(debugger: Debugger, address: int | None, count: int, symbols: Symbols) -> str:
    """`count` instructions from a physical address, or from PC, by the V30's own table, with the names known."""
    ps, pc = here = debugger.where
    if address is not None:
        offset = (address - ps * 16) % MEMORY_SIZE
        here = (ps, offset) if offset <= 0xFFFF else ((address & 0xF0000) >> 4, address & 0xFFFF)
    lines = []
    for line in debugger.disassemble(here, count):
        mark = "=>" if (line.ps, line.pc) == (ps, pc) else "  "
        code = line.instruction.code.hex(" ").upper()
        if (label := symbols.exact(line.address)) is not None:
            lines.append(f"{label}:")
        target = line.instruction.target
        name = None if target is None else symbols.name(line.ps * 16 + target & 0xFFFFF)
        text = line.instruction.text() + (f"   ; {name}" if name else "")
        lines.append(f"{mark} {line.ps:04X}:{line.pc:04X} {line.address:05X}  {code:20}  {text}")
    return "\n".join(lines)


def call_lines(debugger: Debugger) -> list[str]:
    """Who called, the innermost first, as far as the stack tells."""
    return [
        f"{frame.kind:9} at {frame.ps:04X}:{frame.pc:04X}, goes back to {frame.back:04X}, SP {frame.sp:04X}"
        for frame in debugger.call_stack()
    ]


def stop_lines(stops: Mapping[int, Stop]) -> Iterable[str]:
    """One line a stop."""
    for number, stop in sorted(stops.items()):
        yield f"{number:3}  {stop.describe()}, {stop.hits} hits{'' if stop.enabled else ', disabled'}"


def told(halt: Halt, session: Session) -> str:
    """Why and where it stands, a line."""
    ps, pc = halt.place
    why = {
        "step": "stands",
        "time": "the time is over",
        "halted": "in HALT, and nothing wakes it",
        "stopped": f"the CPU stopped: {session.stopped}",
        "frozen": f"frozen: {session.frozen}",
        "asked": "interrupted",
        "start": "nothing older is remembered",
        "off": "the power is off (monitor power on)",
    }
    text = why.get(halt.reason, halt.reason)
    if halt.stop is not None:
        text = f"stop {halt.stop.number}, {halt.stop.describe()}" if halt.stop.number else halt.stop.describe()
        spot = halt.port if halt.port is not None else halt.address
        if spot is not None and halt.value is not None:
            text += f": {halt.kind} {spot:04X} = {halt.value:02X}"
    undone = f"; undone: {', '.join(halt.undone)}" if halt.undone else ""
    return f"{text}, at {ps:04X}:{pc:04X}, {halt.clock / CPU_HZ:.6f} s{undone}"
