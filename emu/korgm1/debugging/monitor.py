"""The monitor: a debugger's commands as lines of text, from one table, of which help and completion are made.

>>> from korgm1.debugging import Debugger
>>> from korgm1.session import Session
>>> said = []; monitor = Monitor(Debugger(Session()), said.append)
>>> for line in ("power on", "step", "print ps:pc", 'until "Prog I00"', "lcd"): monitor.do(line)
>>> said[1], said[-3][:9]
('F000:0000 = F0000 = 983040', '|Prog I00')
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from korgm1.bus.memory import SIZE
from korgm1.debugging import showing
from korgm1.debugging.core import Debugger
from korgm1.debugging.doing_past import told
from korgm1.debugging.expressions import Expression, Value, parse
from korgm1.debugging.looking import Line
from korgm1.debugging.names import port_names
from korgm1.debugging.stop import Halt
from korgm1.errors import UsageError, UserError
from korgm1.files import unwritten
from korgm1.symbols import Symbols

LOG_BEGIN = b"; korgm1 debug"
"""How a log begins."""
_SHORTEST_TEXT, _SHOWN_TEXT = 4, 24
"""Characters of a text behind an instruction: fewer are none, more are not shown."""


@dataclass(frozen=True)
class Command:
    """A command of the monitor.

    Attributes:
        name, short: the word, and shorter ones.
        usage: what stands behind it.
        help: what it does.
        deed: does it, with the rest of the line.
        group: of the help.
        examples: lines as typed.
    """

    name: str
    short: tuple[str, ...]
    usage: str
    help: str
    deed: Callable[[Monitor, str], None]
    group: str
    examples: tuple[str, ...] = ()


class Monitor:
    """One user at a debugger.

    Args:
        debugger: what it is about.
        say: called with each line that is to be shown.
        asked: a true value ends what runs.
        symbols: names of addresses.
        syntax: "intel" or "nec".
    """

    def __init__(
        self, debugger: Debugger, say: Callable[[str], None], asked: Callable[[], object] = lambda: False,
        symbols: Symbols | None = None, syntax: str = "intel",
    ) -> None:
        from korgm1.debugging.table import COMMANDS, WORDS

        self.debugger = debugger
        self.session = debugger.session
        self.asked = asked
        self.symbols = symbols or Symbols()
        self.syntax = syntax
        self.over = False
        """The user wants to leave."""
        self.commands: Mapping[str, Command] = COMMANDS
        self._words: Mapping[str, Command] = WORDS
        self._say = say
        self.sourced = 0
        """Files of commands that are being carried out, one out of the other."""
        self._log: Path | None = None
        self._last = ""
        self.next_line: tuple[int, int] | None = None
        """Where `disassemble` goes on."""
        self.next_memory: Value | None = None
        self.labels: dict[int, str] = {}
        """Names given here, by physical address."""
        self.tells: dict[int, tuple[Expression, ...]] = {}
        """What stops that only tell say, by their number."""
        self.asked_who: tuple[str, int] = "", -1
        """What `who` was asked last, and the step it led to: asked again there, it is about the time before."""
        debugger.told = told(self)

    # lines

    def do(self, line: str) -> None:
        """Carry out a line; an empty one repeats step, over, back, disassemble or memory.

        Raises:
            M1Error: it cannot be done.
        """
        line = line.strip()
        if line.startswith(("#", ";")):
            return
        if not line:
            line = self._last
        if not line:
            return
        word, _, rest = line.partition(" ")
        command = self.named(word)
        repeats = command.name in ("step", "over", "back", "disassemble", "memory")
        self._last = (command.name if command.name in ("disassemble", "memory") else line) if repeats else ""
        self._write_log(f"; {line}" if command.name in ("source", "log") else line)
        command.deed(self, rest.strip())

    def say(self, *lines: str) -> None:
        """Show lines."""
        for line in lines:
            self._write_log(f"; {line}")
            self._say(line)

    def named(self, word: str) -> Command:
        """The command of a word.

        Raises:
            UsageError: there is none, or several begin so.
        """
        word = word.lower()
        if word in self._words:
            return self._words[word]
        begun = [command for name, command in self.commands.items() if name.startswith(word)]
        if len(begun) == 1:
            return begun[0]
        near = [command.name for command in begun] or difflib.get_close_matches(word, self.commands, 3, 0.6)
        expected = "one of " + ", ".join(near) if near else "a command; help lists them"
        raise UsageError(f"there is no command {word!r}", expected)

    def complete(self, text: str) -> list[str]:
        """What a line can go on with: commands, and behind them keys, registers and symbols."""
        word, space, rest = text.partition(" ")
        if not space:
            return sorted(name for name in self.commands if name.startswith(word.lower()))
        last = rest.rpartition(" ")[2]
        if self._words.get(word.lower()) in (self.commands["press"], self.commands["down"], self.commands["up"]):
            names = self.session.machine.panel.keys()
            pool = [key.replace(" ", "_") for key in names]
        elif self._words.get(word.lower()) is self.commands["help"]:
            pool = list(self.commands)
        else:
            pool = [name for _, name in self.symbols.matching("")]
        return sorted(name for name in pool if name.lower().startswith(last.lower()))

    def log(self, path: Path | None) -> None:
        """Write commands, and what they say behind semicolons, to a file that can be played again; None: no longer.

        Of `source` the commands of its file are written, itself behind a semicolon.

        Raises:
            UserError: it cannot be written, or is there and no such log.
        """
        self._log = None
        if path is None:
            return
        try:
            if path.is_file():
                with path.open("rb") as file:
                    begin = file.read(len(LOG_BEGIN))
                if begin and begin != LOG_BEGIN:
                    raise UserError(f"{path} is there, and no log of korgm1 debug", "a new file, or an older log")
            path.write_bytes(LOG_BEGIN + f", {self.session.model.name}\n".encode())
        except OSError as error:
            raise unwritten(path, error) from None
        self._log = path

    def _write_log(self, line: str) -> None:
        if self._log is not None:
            try:
                with self._log.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")
            except OSError as error:
                path, self._log = self._log, None
                raise UserError(f"{path} cannot be written any more: {error.strerror}", "room on the disk") from None

    # what commands need

    def expression(self, text: str, ports: bool = False) -> Expression:
        """An expression, as a stop's condition or to be asked now.

        Args:
            text: as typed.
            ports: names are those of ports, as they are in in[...] and out[...].

        Raises:
            UsageError: it cannot be read.
        """
        names = {name.lower(): port for port, name in self.ports.items()}

        def port(name: str) -> int | None:
            return names.get(name.lower())

        return parse(text, port if ports else self.symbols.address, port)

    def value(self, text: str, ports: bool = False) -> Value:
        """What an expression is now, with arguments as for `expression`.

        Raises:
            UsageError: it cannot be read.
        """
        return self.expression(text, ports)(self.debugger.context())

    def place(self, text: str) -> tuple[int, int]:
        """A place in code: a number alone gets the segment PS, if it lies in it."""
        value = self.value(text)
        if value.place is not None:
            return value.place
        ps = self.debugger.registers()["ps"]
        offset = (value.number & 0xFFFFF) - (ps << 4)
        if 0 <= offset <= 0xFFFF:
            return ps, offset
        segment = (value.number & 0xFFFFF) >> 4 & 0xF000
        return segment, (value.number & 0xFFFFF) - (segment << 4)

    @property
    def ports(self) -> Mapping[int, str]:
        """Names of ports."""
        return {**port_names(self.session), **self.symbols.ports}

    def show(self, halt: Halt) -> None:
        """Why it stands, and the next instruction."""
        self.next_line = None
        self.say(*showing.halt(halt, self.ports, self.symbols))
        if halt.match is not None and halt.began is not None:
            did = self.debugger.disassemble(halt.began)[0]
            self.say(showing.line(did, self.syntax, self.symbols, self.ports, "< "))
        if self.session.stopped is not None:
            self.say(self.session.stopped)
        elif self.session.frozen is not None:
            self.say(self.session.frozen)
        if halt.reason != "off":
            self.show_lines(self.debugger.where, 1)

    def _now(self, one: Line) -> list[str]:
        """Of the next instruction: what its operand holds, which port it means."""
        debugger, form = self.debugger, one.instruction.form
        if form is not None and form.name in ("EC", "ED", "EE", "EF"):
            port = debugger.registers()["dw"]
            return [f"{port:04X} {self.ports.get(port, '')}".rstrip()]
        operand = debugger.operand(one)
        if operand is None:
            return []
        segment, offset, size = operand
        address = debugger.address(segment, offset)
        value = int.from_bytes(debugger.read(address, size), "little")
        name = self.symbols.exact(address)
        return [f"{segment:04X}:{offset:04X}{f' {name}' if name else ''} = {value:0{2 * size}X}"]

    def _text(self, one: Line) -> list[str]:
        """The text that an immediate word is the offset of, if that place has a name."""
        form = one.instruction.form
        if form is None or "Iw" not in form.operands[0]:
            return []
        place = (one.ps << 4) + one.instruction.values[-1] & 0xFFFFF
        name = self.symbols.exact(place)
        if name is None:
            return []
        data = self.debugger.read(place, min(_SHOWN_TEXT, SIZE - place)).decode("latin-1")
        text = "".join(takewhile(lambda character: " " <= character <= "~", data))
        return [f"{name} {text!r}"] if len(text) >= _SHORTEST_TEXT else []

    def show_lines(self, place: tuple[int, int], count: int) -> None:
        """Instructions from a place on."""
        marked = {
            stop.first: stop.enabled for stop in self.debugger.stops.values() if stop.kind == "exec"
        }
        here = self.debugger.where
        for one in self.debugger.disassemble(place, count, self.syntax):
            name = self.symbols.exact(one.address)
            if name is not None:
                self.say(f"{name}:")
            mark = (">" if (one.ps, one.pc) == here and count > 1 else " ") + ("*" if marked.get(one.address) else " ")
            notes = self._text(one) + (self._now(one) if (one.ps, one.pc) == here else [])
            self.say(showing.line(one, self.syntax, self.symbols, self.ports, mark, notes))
            self.next_line = one.ps, one.instruction.next
