"""The debugger itself: the way back, and every command that can be undone."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from korgm1.clock import CPU_HZ
from korgm1.cpu.stops import NEVER
from korgm1.debugging.expressions import Context
from korgm1.debugging.running import SLICE, Running
from korgm1.debugging.stop import Halt
from korgm1.errors import M1Error, UsageError, UserError
from korgm1.files import read_file
from korgm1.snapshot import decode


class PortAccess(NamedTuple):
    """An access to a port: clock, "in" or "out", port, byte, and where the instruction stands."""

    clock: int
    way: str
    port: int
    value: int
    ps: int
    pc: int


class Debugger(Running):
    """A session under control. What it runs takes the same clocks, and shows the same, as without it.

    While there is one, it alone should run the session and touch it: `act` has others do so, to be undone.

    Args:
        session: with the power on or off.

    Attributes:
        stops: by number.
        longest: clocks that a command may run; None: for ever, if nothing stops it.
    """

    # backwards

    def back(self, n: int = 1) -> Halt:
        """`n` steps back; inputs on the way are undone.

        Raises:
            UsageError: a recording is under way, or no such number.
        """
        self._check_count(n)
        self._check_unrecorded()
        self._journal.mark("back")
        reached, undone = self._journal.back_to(self._native.steps - n)
        return self._halt("step" if reached else "start", undone=undone)

    def back_to_stop(self, asked: Callable[[], object] = lambda: False) -> Halt:
        """Back to the last time before now that a stop was hit; to the beginning of what is remembered if never.

        Raises:
            UsageError: a recording is under way.
        """
        self._check_unrecorded()
        journal = self._journal
        journal.mark("back-to-stop")
        moments = journal.moments
        end = self._native.steps
        self._counts = False
        try:
            for place in range(len(moments) - 1, -1, -1):
                if asked():
                    journal.undo()
                    return self._halt("asked")
                found = self._last_hit(place, end)
                if found is not None:
                    undone = journal.forget_behind(place)
                    journal.restore(place)
                    journal.run_quietly(found[0])
                    return replace(found[1], undone=undone)
                end = min(end, moments[place].steps)
        finally:
            self._counts = True
        journal.restore(0)
        return self._halt("start", undone=journal.forget_behind(0))

    def _last_hit(self, place: int, end: int) -> tuple[int, Halt] | None:
        """The last hit of a stretch before so many steps; its end is looked at first, as there may be many."""
        begin = self._journal.moments[place].steps
        self._journal.restore(place)
        if begin >= end or self._hits(end, first_only=True) is None:
            return None
        window = 1 << 10
        while begin < end:
            self._journal.restore(place)
            self._journal.run_quietly(end - window)
            found = self._hits(end)
            if found is not None or end - window <= begin:
                return found
            window <<= 4
        return None

    def _hits(self, end: int, first_only: bool = False) -> tuple[int, Halt] | None:
        """The last hit from here to before so many steps, or the first."""
        own, found, passed = self._native, None, NEVER
        self._shown = self._texts_shown()
        while own.steps < end and self.session.powered:
            self._appeared = set()
            own.begin(limit=end, passed=passed)
            try:
                while not own.hit and self.session.stopped is None and self.session.frozen is None:
                    self.session.run_until(self.session.clock + SLICE)
                if own.steps >= end or not own.hit:
                    return found
                stops = self._matched(own.hit)
                if stops:
                    found = own.steps, self._halt("stop", tuple(stops))
                    if first_only:
                        return found
                passed = self._packed(self.where)
            finally:
                own.end()
        return found

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

    def last_port_accesses(self, count: int, first: int = 0, last: int = 0xFFFF) -> list[PortAccess]:
        """The latest accesses to ports before now, the oldest first, found by running the last stretches again.

        Args:
            count: so many at most; fewer where the two stretches before now have fewer.
            first, last: of these ports.

        Raises:
            UsageError: a recording is under way.
        """
        self._check_unrecorded()
        found: deque[PortAccess] = deque(maxlen=count)

        def seen(way: str, port: int, value: int) -> None:
            if first <= port <= last:
                _, ps, pc = self._native.began
                found.append(PortAccess(self.session.clock, way, port, value, ps, pc))

        self._journal.again(seen)
        return list(found)

    @property
    def steps(self) -> int:
        """Steps so far on this way."""
        return self._native.steps

    def context(self) -> Context:
        """What the names of an expression mean now."""
        names = {**self.registers(), "clock": self.session.clock, "steps": self.steps}
        return Context(names, self.read, self._native.last_byte)

    # small things

    def _check_unrecorded(self) -> None:
        if self.session.recording:
            raise UsageError("a recording is under way, which knows no way back", "no --record")
