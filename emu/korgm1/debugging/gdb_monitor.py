"""GDB's `monitor` words: what the protocol has no packets for, as the panel, the cell, ports and the LCD.

Numbers of addresses, ports, vectors and bytes are hexadecimal, with or without 0x; times are seconds.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from korgm1.clock import CPU_HZ
from korgm1.debugging import interrupts, showing
from korgm1.debugging.core import Debugger
from korgm1.debugging.gdb_views import call_lines, disassembly, register_lines, stop_lines, told
from korgm1.debugging.stop import Halt, Stop
from korgm1.errors import M1Error, UsageError
from korgm1.session.base import to_clocks
from korgm1.symbols import Symbols

_WATCHES = {
    ("port", ""): "port", ("port", "in"): "in", ("port", "out"): "out",
    ("mem", ""): "mem", ("mem", "r"): "memr", ("mem", "w"): "memw",
}  # fmt: skip
STALE = "then, in GDB: maintenance flush register-cache"
"""Behind what moved the CPU or changed a register without GDB having asked for it."""


@dataclass(frozen=True)
class Word:
    """A word of the monitor: how it is typed, what it does, and the function that does it."""

    usage: str
    help: str
    deed: Callable[[Monitor, list[str]], str]


class Monitor:
    """Carries them out.

    Args:
        debugger: on what.
        asked: tells, while time passes, whether somebody wants it to end.
        symbols: names for the disassembly.
    """

    def __init__(
        self, debugger: Debugger, asked: Callable[[], bool] = lambda: False,
        symbols: Symbols | None = None,
    ) -> None:
        self._debugger = debugger
        self._session = debugger.session
        self._asked = asked
        self._symbols = symbols or Symbols()

    def do(self, line: str) -> str:
        """Carry a line out.

        Returns:
            What is to be said; what cannot be done is said, too.
        """
        try:
            name, *rest = shlex.split(line) or ["help"]
        except ValueError:
            return "a quotation mark is missing"
        word = WORDS.get(name)
        if word is None:
            return f"{name!r} is not known; monitor help lists what is"
        try:
            return word.deed(self, rest)
        except M1Error as error:
            return str(error)
        except OSError as error:
            return f"{error.filename}: {error.strerror}"
        except (ValueError, LookupError, ArithmeticError):
            return f"usage: monitor {word.usage}"

    # looking

    def _help(self, rest: list[str]) -> str:
        if rest:
            word = WORDS.get(rest[0])
            return f"monitor {word.usage}\n{word.help}" if word else f"{rest[0]!r} is not known"
        width = max(len(word.usage) for word in WORDS.values())
        return "\n".join(f"{word.usage:{width}}  {word.help}" for word in WORDS.values())

    def _lcd(self, rest: list[str]) -> str:
        _none(rest)
        return "\n".join(showing.lcd(self._session.lcd))

    def _state(self, rest: list[str]) -> str:
        _none(rest)
        session = self._session
        lit = [name for name, on in session.leds.items() if on]
        return "\n".join([
            f"{session.model.name}: {session.firmware.name} {session.firmware.version}, engine {session.engine_name}",
            f"power {'on' if session.powered else 'off'}, clock {session.clock:,} = {session.clock / CPU_HZ:.6f} s",
            f"cell {session.battery.cell_volts:.2f} V = ADC code {session.machine.battery_code():02X}h",
            *register_lines(self._debugger.registers()),
            f"LEDs: {', '.join(lit) or 'none'}",
            *(f"{text}" for text in (session.stopped, session.frozen) if text),
            *showing.lcd(session.lcd),
        ])  # fmt: skip

    def _irq(self, rest: list[str]) -> str:
        _none(rest)
        return "\n".join(interrupts.table(self._debugger))

    def _dis(self, rest: list[str]) -> str:
        count = int(rest[1]) if len(rest) > 1 else 8
        if len(rest) > 2 or not 0 < count <= 1000:
            raise ValueError
        place = self._symbols.address(rest[0]) if rest else None
        if rest and place is None:
            place = _hex(rest[0], 0xFFFFF)
        return disassembly(self._debugger, place, count, self._symbols)

    def _calls(self, rest: list[str]) -> str:
        _none(rest)
        return "\n".join(call_lines(self._debugger)) or "the stack tells of no call"

    # hands

    def _press(self, rest: list[str]) -> str:
        key, seconds = rest[0].upper(), float(rest[1]) if rest[1:] else 0.1
        if len(rest) > 2:
            raise ValueError
        self._debugger.press(key, seconds)
        return f"{key} is down for {seconds:g} s of the instrument's time, which passes with continue or monitor run"

    def _hold(self, rest: list[str]) -> str:
        (key,) = rest
        self._debugger.act(f"hold {key}", lambda: self._session.key_down(key.upper()))
        return f"{key.upper()} is down until monitor release {key.upper()}"

    def _release(self, rest: list[str]) -> str:
        (key,) = rest
        self._debugger.act(f"release {key}", lambda: self._session.key_up(key.upper()))
        return f"{key.upper()} is up"

    def _slide(self, rest: list[str]) -> str:
        (value,) = rest
        self._debugger.act(f"slide {value}", lambda: self._session.slide(int(value)))
        return f"VALUE at {int(value)}"

    def _battery(self, rest: list[str]) -> str:
        if rest:
            (cell,) = rest
            self._debugger.act(f"battery {cell}", lambda: self._session.set_battery(cell))
        session = self._session
        return f"cell {session.battery.cell_volts:.2f} V = ADC code {session.machine.battery_code():02X}h"

    def _midi(self, rest: list[str]) -> str:
        data = bytes.fromhex("".join(rest))
        self._debugger.act("midi", lambda: self._session.midi_in(data))
        return f"{len(data)} bytes go into MIDI IN from now on"

    def _port(self, rest: list[str]) -> str:
        port = _hex(rest[0], 0xFFFF)
        if len(rest) == 1:
            return f"{port:04X} = {self._debugger.peek_port(port):02X}, looked at without a read"
        if len(rest) != 2:
            raise ValueError
        if rest[1] == "read":
            return f"{port:04X} = {self._debugger.port_read(port):02X}, read by a cycle as the CPU makes it"
        value = _hex(rest[1], 0xFF)
        self._debugger.port_write(port, value)
        return f"{value:02X} written to {port:04X}"

    # supply and files

    def _reset(self, rest: list[str]) -> str:
        _none(rest)
        self._debugger.act("reset", self._session.reset)
        return f"/RESET was pulled low; {STALE}"

    def _power(self, rest: list[str]) -> str:
        if not rest:
            return f"the power is {'on' if self._session.powered else 'off'}"
        (what,) = rest
        if what not in ("on", "off", "cycle"):
            raise ValueError
        if what in ("off", "cycle") and self._session.powered:
            self._debugger.power_off()
        if what in ("on", "cycle") and not self._session.powered:
            self._debugger.power_on()
        return f"the power is {'on' if self._session.powered else 'off'}; {STALE}"

    def _save(self, rest: list[str]) -> str:
        (name,) = rest
        self._debugger.save(Path(name))
        return f"{name}: the instrument at {self._session.clock / CPU_HZ:.6f} s"

    def _load(self, rest: list[str]) -> str:
        (name,) = rest
        self._debugger.load(Path(name))
        return f"{name}: the instrument at {self._session.clock / CPU_HZ:.6f} s; {STALE}"

    # time

    def _run(self, rest: list[str]) -> str:
        (seconds,) = rest
        until = self._session.clock + to_clocks(float(seconds))
        return self._moved(self._debugger.go(until, asked=self._asked))

    def _until(self, rest: list[str]) -> str:
        seconds = float(rest[1]) if rest[1:] else 30.0
        halt = self._debugger.until_lcd(rest[0], seconds, self._asked)
        return "\n".join([self._moved(halt), *showing.lcd(self._session.lcd)])

    def _over(self, rest: list[str]) -> str:
        _none(rest)
        return self._moved(self._debugger.step_over(self._asked))

    def _finish(self, rest: list[str]) -> str:
        _none(rest)
        return self._moved(self._debugger.finish(self._asked))

    def _undo(self, rest: list[str]) -> str:
        _none(rest)
        return f"undone: {self._debugger.undo()}; {STALE}"

    def _moved(self, halt: Halt) -> str:
        return f"{told(halt, self._session)}; {STALE}"

    # stops

    def _break(self, rest: list[str]) -> str:
        kind = rest[0]
        if kind == "lcd":
            return self._added(Stop("lcd", " ".join(rest[1:])))
        if kind == "int":
            return self._added(Stop("int", _hex(rest[1], 0xFF) if rest[1:] else None))
        (place,) = rest
        return self._added(Stop("exec", *_span(place, 0xFFFFF)))

    def _watch(self, rest: list[str]) -> str:
        where, place = rest[:2]
        way = rest[2] if rest[2:] else ""
        kind = _WATCHES.get((where, way))
        if kind is None or len(rest) > 3:
            raise ValueError
        return self._added(Stop(kind, *_span(place, 0xFFFF if where == "port" else 0xFFFFF)))

    def _added(self, stop: Stop) -> str:
        return f"stop {self._debugger.add(stop)}: {stop.describe()}"

    def _stops(self, rest: list[str]) -> str:
        _none(rest)
        return "\n".join(stop_lines(self._debugger.stops)) or "no stops"

    def _delete(self, rest: list[str]) -> str:
        (number,) = rest
        if int(number) not in self._debugger.stops:
            return f"there is no stop {number}"
        self._debugger.remove(int(number))
        return f"stop {number} is gone"


def _none(rest: list[str]) -> None:
    if rest:
        raise ValueError(rest)


def _hex(text: str, top: int) -> int:
    value = int(text, 16)
    if not 0 <= value <= top:
        raise UsageError(f"{text} is out of range", f"0 to {top:X}")
    return value


def _span(text: str, top: int) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    low = _hex(first, top)
    return low, _hex(last, top) if dash else low


WORDS: Mapping[str, Word] = {
    "help": Word("help [WORD]", "this list, or one of it", Monitor._help),
    "lcd": Word("lcd", "the two lines of the display", Monitor._lcd),
    "press": Word("press KEY [S]", "press a key for S seconds (0.1)", Monitor._press),
    "hold": Word("hold KEY", "put a key down and leave it there", Monitor._hold),
    "release": Word("release KEY", "let it go", Monitor._release),
    "slide": Word("slide 0-127", "move the VALUE slider", Monitor._slide),
    "battery": Word("battery [CELL]", "the cell, or another: fresh, low, dead, 2.6, CR2032@2.9", Monitor._battery),
    "midi": Word("midi HEX", "bytes into MIDI IN, as 90 3C 64", Monitor._midi),
    "port": Word("port N [VALUE|read]", "look at a port; write a byte to it; read it as the CPU does", Monitor._port),
    "irq": Word("irq", "the interrupt controller", Monitor._irq),
    "dis": Word("dis [ADDRESS [COUNT]]", "V30 disassembly, NEC instructions included, from PC on", Monitor._dis),
    "calls": Word("calls", "who called whom", Monitor._calls),
    "state": Word("state", "model, power, cell, registers, LEDs, display", Monitor._state),
    "run": Word("run S", "let S seconds pass, or until a stop", Monitor._run),
    "until": Word("until TEXT [S]", "run until the display shows TEXT, S seconds at most (30)", Monitor._until),
    "over": Word("over", "one instruction, a call whole", Monitor._over),
    "finish": Word("finish", "run to the end of this function", Monitor._finish),
    "undo": Word("undo", "take back the last that moved or changed something", Monitor._undo),
    "break": Word("break lcd TEXT | int [VECTOR] | ADDRESS[-ADDRESS]", "stop there", Monitor._break),
    "watch": Word("watch port N[-N] [in|out] | mem A[-A] [r|w]", "stop at an access", Monitor._watch),
    "stops": Word("stops", "all stops, GDB's among them", Monitor._stops),
    "delete": Word("delete NUMBER", "take one away", Monitor._delete),
    "reset": Word("reset", "pull /RESET low for a moment", Monitor._reset),
    "power": Word("power [on|off|cycle]", "the switch; off keeps the RAM as --sram says", Monitor._power),
    "save": Word("save FILE", "the whole instrument in a file (korgm1 state), over a snapshot at most", Monitor._save),
    "load": Word("load FILE", "go on from such a file", Monitor._load),
}
"""In the order of the help."""
