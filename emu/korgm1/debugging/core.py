"""The debugger itself: every command that can be undone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from korgm1.clock import CPU_HZ
from korgm1.debugging.expressions import Context
from korgm1.debugging.hindsight import Hindsight
from korgm1.errors import M1Error, UsageError, UserError
from korgm1.files import read_file
from korgm1.snapshot import decode


class Debugger(Hindsight):
    """A session under control. What it runs takes the same clocks, and shows the same, as without it.

    While there is one, it alone should run the session and touch it: `act` has others do so, to be undone.

    Args:
        session: with the power on or off.

    Attributes:
        stops: by number.
        longest: clocks that a command may run; None: for ever, if nothing stops it.
    """

    def undo(self) -> str:
        """Take back the last command that changed time or state.

        Returns:
            Its name.

        Raises:
            UsageError: there is none, or a recording is under way.
        """
        self._check_unrecorded()
        return self._journal.undo()

    # inputs

    def act(self, label: str, deed: Callable[[], object]) -> None:
        """Have something done to the session, at once, so that going back can undo it.

        Args:
            label: what it is, for `Halt.undone`.
            deed: does it; time may pass meanwhile, and stops at nothing.
        """
        self._journal.mark(label)
        try:
            deed()
        finally:
            self._journal.keep(label)

    def power_on(self, hold: Iterable[str] = ()) -> None:
        """Switch on; time is 0 then, and runs stop from the first instruction on.

        Raises:
            UsageError: it is on, or there is no such key.
        """
        self._switch("power on", lambda: self.session.power_on(hold))

    def power_off(self) -> None:
        """Switch off; image files are written.

        Raises:
            UserError: a file cannot be written.
        """
        self._switch("power off", self.session.power_off)

    def _switch(self, label: str, deed: Callable[[], None]) -> None:
        self._journal.mark(label)
        before = self.session.powered
        try:
            deed()
        finally:
            if self.session.powered != before:
                self._journal.switched()
            self._journal.keep(label)

    def press(self, key: str, seconds: float = 0.1) -> None:
        """Have a panel key pressed from now on, for `seconds`; it comes up while something runs.

        Raises:
            UsageError: no such key, or the power is off.
        """
        now = self.session.clock / CPU_HZ
        self.act(f"press {key}", lambda: self.session.press_at(key, now, seconds))

    def set_register(self, name: str, value: int) -> None:
        """Set a register, by NEC's or Intel's name; the queue is filled anew then.

        Raises:
            UsageError: no such register, or value.
        """
        self.set_registers({name: value})

    def set_registers(self, values: dict[str, int]) -> None:
        """Set several at once.

        Raises:
            UsageError: no such register, or value.
        """
        self.act("registers " + " ".join(values), lambda: super(Debugger, self).put_registers(values))

    def write(self, physical: int, data: bytes) -> None:
        """Put bytes into RAM, or hand them to the device that answers there.

        Raises:
            UsageError: ROM or open bus, where nothing can be written.
        """
        self.check_write(physical, data)
        self.act(f"write {physical:05X}", lambda: super(Debugger, self).put_memory(physical, data))

    def port_read(self, port: int) -> int:
        """Really read a port, with all that the device makes of it."""
        values: list[int] = []
        self.act(f"in {port:04X}", lambda: values.append(self.session.machine.ports.read(port & 0xFFFF)))
        return values[0]

    def port_write(self, port: int, value: int) -> None:
        """Really write a byte to a port."""
        self.act(f"out {port:04X}", lambda: self.session.machine.ports.write(port & 0xFFFF, value & 0xFF))

    def save(self, path: Path) -> None:
        """Write the state of everything to a file: a new one, or over a snapshot, never over anything else.

        Raises:
            UsageError: the instrument's own RAM or card is kept there.
            UserError: something else is there, or it cannot be written.
        """
        own = [self.session.image_path, self.session.card_path]
        if any(other is not None and other.resolve() == path.resolve() for other in own):
            raise UsageError(f"{path} is the instrument's memory", "another file")
        if path.exists():
            try:
                decode(read_file(path, "a snapshot"))
            except M1Error as error:
                raise UserError(f"{path} is there, and no snapshot", "a new file, or an older snapshot") from error
        self.session.save(path)

    def load(self, path: Path) -> None:
        """Go on from a state that was saved; clocks begin anew with it.

        Raises:
            UserError: it cannot be read, or is no snapshot of this firmware.
        """
        data = read_file(path, "a snapshot (save FILE, korgm1 state save)")
        self._journal.mark(f"load {path}")
        self.session.restore(data)
        self._journal.switched()
        self._journal.keep(f"load {path}")

    @property
    def steps(self) -> int:
        """Steps so far on this way."""
        return self._native.steps

    def last_byte(self, way: str, port: int) -> int:
        """The byte that the CPU last read from ("in") a port, or wrote to it ("out"), since power-on; -1: none."""
        return self._native.last_byte(way, port)

    def context(self) -> Context:
        """What the names of an expression mean now."""
        names = {**self.registers(), "clock": self.session.clock, "steps": self.steps}
        return Context(names, self.read, self.last_byte)
