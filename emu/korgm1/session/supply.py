"""The cell, the time without power, and the mains: what happens to the supply. All of it is recorded."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from korgm1.board.battery import check_celsius, parse_cell
from korgm1.clock import clocks
from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.machine.brownout import Step, steps, take
from korgm1.physics.ageing import Span, lie
from korgm1.physics.bench_supply import Cell
from korgm1.physics.cell_cr2032 import Cr2032
from korgm1.physics.rail import Rail
from korgm1.physics.uniform import key
from korgm1.quantities import LONGEST
from korgm1.session.base import to_clocks
from korgm1.session.switch import Switch

SAME = "same"
"""The word for the cell that was just taken out."""
_NEXT = 0x2032
"""The stream of a cell's seed in which the one after it is drawn."""


class StrayWrite(NamedTuple):
    """A byte that no program wrote: the clock since power-on, its address, what was there and what is there now."""

    clock: int
    address: int
    before: int
    after: int


class Supply(Switch):
    """The cell in its holder, years in a cellar, and the mains plug.

    Attributes:
        stray_writes: what a CPU without a reset IC wrote while +5 V fell, since this session was made.
    """

    stray_writes: list[StrayWrite]

    def set_battery(self, battery: str | float | Cell | None) -> None:
        """Change the cell at once: a text as for `Session`, volts, a cell, or None (out of its holder).

        While the power is off the RAM has nothing else: what it keeps is settled by how long it had how little. If
        nobody said how long (`leave`), the cell that is changed had been in for a day since the power went off.

        Raises:
            UsageError: no such cell.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot(); m1.power_off()
        >>> m1.set_battery("absent"); m1.set_battery("fresh")
        >>> m1.boot().lcd[0][:18]
        'Prog I00 Init Prog'
        """
        if isinstance(battery, str | float | int):
            battery = parse_cell(str(battery), self.hypotheses, self.seed)
        self.battery.put(battery)
        self._note("battery", cell=None if battery is None else battery.snapshot())

    def set_contact(self, ohms: float) -> None:
        """The holder's contact has another resistance from now on: 0 is a clean one, infinite one that is open.

        Raises:
            UsageError: negative, or no number.

        >>> from korgm1.session import Session
        >>> m1 = Session(battery="CR2032"); m1.set_contact(1e6); m1.battery.ram_volts < 2.4
        True
        """
        if not ohms >= 0:
            raise UsageError(f"{ohms!r} is no resistance", "ohms, 0 or more")
        self.battery.touch(ohms)
        self._note("contact", ohms=ohms if isfinite(ohms) else None)

    def set_celsius(self, celsius: float) -> None:
        """The room has another temperature from now on, -40 to 85 degrees Celsius.

        Raises:
            UsageError: no such temperature.

        >>> from korgm1.session import Session
        >>> m1 = Session(battery="CR2032@2.5"); warm = m1.battery.ram_volts
        >>> m1.set_celsius(0); m1.battery.ram_volts < warm
        True
        """
        self.battery.celsius = check_celsius(celsius)
        if self.card is not None:
            self.card.supply.celsius = self.battery.celsius
        self._note("celsius", celsius=self.battery.celsius)

    def swap_cell(self, battery: str | float | Cell | None = "CR2032", seconds: float = 5.0) -> None:
        """Take the cell out and put another one in `seconds` later; the power may be on or off.

        With the power on the RAM lives from +5 V meanwhile, with it off from what the capacitor at its pins has left.

        Args:
            battery: as for `set_battery`; "same" puts the cell back that was in, and lay on the bench meanwhile.
            seconds: how long the holder is empty.

        Raises:
            UsageError: no such cell or time; nothing has been done then.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot(); m1.power_off(); before = m1.sram
        >>> m1.swap_cell(seconds=5); m1.power_on(); m1.sram == before
        True
        """
        for clock in self.swapping(battery, seconds):
            self.run_until(clock)

    def swapping(self, battery: str | float | Cell | None, seconds: float) -> Iterator[int]:
        """`swap_cell` for somebody who lets time pass himself: the clocks to run to, none with the power off.

        Raises:
            UsageError: as `swap_cell`.
        """
        check_time(seconds)
        cell: Cell | None
        old = self.battery.cell
        if isinstance(battery, str) and battery.strip().lower() == SAME:
            cell = old
        elif isinstance(battery, str | float | int):
            cell = another_cell(str(battery), old, self.hypotheses, self.seed)
        else:
            cell = battery
        if self.powered:
            until = self.clock + to_clocks(seconds)
            self.set_battery(None)
            yield until
        else:
            self.leave(0)
            self.set_battery(None)
            self.leave(seconds)
        if cell is old:
            lie(cell, seconds, self.battery.celsius)
        self.set_battery(cell)

    def leave(self, seconds: float, celsius: float | None = None, on_share: float = 0.0) -> Span:
        """Let time pass with the power off: days or years, without a step a second; for a card in the slot, too.

        Once this has been called, what was told is all the time that passes before the next power-on.

        Args:
            seconds: how long, up to 200 years.
            celsius: how warm it is meanwhile, -40 to 85; None: as the session says.
            on_share: the share of the time, 0 to 1, for which +5 V is there after all (and nobody looks).

        Returns:
            What cell and supply went through; first the capacitor at the RAM falls from its volts with the power on.

        Raises:
            UsageError: the power is on, or there is no such time, temperature or share.

        >>> from korgm1.session import Session
        >>> m1 = Session(battery="CR2032"); _ = m1.boot(); m1.power_off()
        >>> span = m1.leave(8 * 31_557_600.0)
        >>> 2.0 < m1.battery.ram_volts < 2.9, round(float(span.supply_volts[0]), 1), span.crossing(2.0)
        (True, 4.4, None)
        """
        if self.powered:
            raise UsageError("the power is on", "the power off")
        check_time(seconds)
        if celsius is not None:
            check_celsius(celsius)
        if not 0 <= on_share <= 1:
            raise UsageError(f"{on_share!r} is no share of the time", "0 to 1")
        span = self.battery.leave(seconds, celsius, on_share)
        if self.card is not None:
            self.card.supply.leave(seconds, celsius, on_share)
        self._note("leave", seconds=seconds, celsius=celsius, on_share=on_share)
        return span

    def dip(self, seconds: float) -> str:
        """The mains fail for `seconds` while the instrument runs; time passes until +5 V is back.

        Returns:
            "nothing" (the CPU goes on; without a reset IC it may have written where it should not), "reset" (/RESET was
            low for a while, the CPU began anew), "freeze" (nothing pulls /RESET low: the CPU stands still, see
            `frozen`) or "power cycle" (+5 V was gone: off and on again).

        Raises:
            UsageError: the power is off, or there is no such time.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot()
        >>> m1.dip(0.010), m1.dip(0.025), m1.dip(1.0)
        ('nothing', 'reset', 'power cycle')
        """
        self._need_power()
        check_time(seconds)
        start, outcome, stands = self.clock, "nothing", self.frozen is not None
        for step in self._dip_steps(seconds):
            if stands and step.what in ("freeze", "stray"):
                continue
            self.run_until(start + clocks(step.seconds))
            if step.what == "power off":
                self._switch_off()
                self.leave(seconds - step.seconds)
                self.power_on()
                return "power cycle"
            self.supply(step.what, step.address, step.value)
            if step.what == "hold":
                outcome = "reset"
            elif self.frozen is not None and not stands:
                outcome = "freeze"
        self.run_until(start + clocks(seconds))
        return outcome

    def _before_off(self) -> None:
        """Without a reset IC a CPU that runs may write what it should not while +5 V falls; then it stands still."""
        if self.frozen is None:
            for step in self._dip_steps(1.0):
                if step.what in ("stray", "freeze"):
                    self.supply(step.what, step.address, step.value)

    def _dip_steps(self, seconds: float) -> list[Step]:
        supervised = self.hypotheses["H-SUPERVISOR"] == "reset" and "no-supervisor" not in self.faults
        which, law = self.seed + self._power_ups, self.hypotheses["H-STRAY"]
        return steps(Rail.of_seed(self.seed), seconds, supervised, which, law)

    def supply(self, what: str, address: int = 0, value: int | None = None) -> None:
        """One step of a dip of +5 V, now; `dip` is made of them. The arguments are those of `brownout.take`.

        Raises:
            UsageError: the power is off, or there is no such step.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot(); m1.supply("freeze"); m1.frozen[:62]
        '+5 V fell without a reset; the CPU stands still since clock 16'
        """
        self._need_power()
        before = self.machine.sram.peek(address) if what == "stray" and 0 <= address <= 0xFFFF else 0
        value = take(self.machine, what, address, value)
        if what == "stray" and value is not None:
            self.stray_writes.append(StrayWrite(self.clock, address, before, self.machine.sram.peek(address)))
        self._note("supply", what=what, address=address, value=value)


def check_time(seconds: float) -> None:
    """Nothing, if that is a length of time.

    Raises:
        UsageError: negative, not finite, or above 200 years.
    """
    if not (isfinite(seconds) and 0 <= seconds <= LONGEST):
        raise UsageError(f"{seconds!r} is no time", "seconds, 0 to 200 years")


def another_cell(text: str, old: Cell | None, hypotheses: Hypotheses, seed: int) -> Cell | None:
    """What a text puts into the holder in place of what is in: a CR2032 behind another is another one.

    Args:
        text: as for `Session`.
        old: what is in; None for nothing.
        hypotheses: of the cells' laws.
        seed: of the first cell.

    Raises:
        UsageError: no such cell.

    >>> cells = [Cr2032(7)]
    >>> for _ in range(3): cells.append(another_cell("CR2032", cells[-1], Hypotheses(), 7))
    >>> len({cell.capacity_mah for cell in cells})
    4
    """
    return parse_cell(text, hypotheses, key(old.seed, _NEXT) if isinstance(old, Cr2032) else seed)
