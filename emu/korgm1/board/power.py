"""The +5 V rail (power board KLM-1269) and the CPU's /RESET.

line     level
+5V      1 while the instrument is on
/RESET   0 while off and for `reset_delay` clocks after +5 V has risen, 1 while the CPU runs

on:   +5V rises, every part is reset as at power-on, /RESET rises after the delay.
off:  /RESET falls first (it deselects the RAM: nothing more is written), then +5V.
Confirmed: the power board, /CS of the RAM = RESET (facts battery-sram 0). Unknown: the reset IC, its threshold and its
delay: H-RESET-DELAY. The M1 has no reset button; `button` is for a test clip on the CPU's pin.
Sources: facts m1-hardware 1.1, 1.6, battery-sram 5.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.line import Line


class Power:
    """The switch, the rail and the reset.

    Args:
        scheduler: the timeline; uses the timer "power.reset".
        reset_all: resets every part: called with "power" or "button" while /RESET is low.
        reset_delay: clocks from +5 V to /RESET high; 0 = at once (H-RESET-DELAY).

    Attributes:
        rail, reset_n: the two lines, for the machine to connect to.

    >>> scheduler, seen = Scheduler(), []
    >>> power = Power(scheduler, lambda kind: seen.append(kind), reset_delay=80)
    >>> power.reset_n.connect(lambda level: seen.append(level))
    >>> power.on(); scheduler.run_due(100)
    >>> power.off()
    >>> seen
    ['power', 1, 0]
    """

    def __init__(self, scheduler: Scheduler, reset_all: Callable[[str], None], reset_delay: int = 0) -> None:
        self.rail = Line("+5V")
        self.reset_n = Line("/RESET")
        self._reset_all = reset_all
        self._delay = reset_delay
        self._timer = scheduler.timer("power.reset", self._release)

    def reset(self, kind: str) -> None:
        """Nothing: it makes the resets."""

    def snapshot(self) -> dict[str, Any]:
        """Both levels; a running delay is the Scheduler's."""
        return {"rail": self.rail.level, "reset_n": self.reset_n.level}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back without telling anybody."""
        self.rail.restore(block["rail"])
        self.reset_n.restore(block["reset_n"])

    @property
    def is_on(self) -> bool:
        """Whether +5 V is there."""
        return bool(self.rail.level)

    def on(self) -> None:
        """Switch on; nothing happens if it is on."""
        if not self.is_on:
            self.rail.drive(1)
            self._pulse("power")

    def off(self) -> None:
        """Switch off; nothing happens if it is off."""
        self._timer.cancel()
        self.reset_n.drive(0)
        self.rail.drive(0)

    def button(self) -> None:
        """Pull /RESET low for a moment while the rail stays; nothing happens if it is off."""
        if self.is_on:
            self.reset_n.drive(0)
            self._pulse("button")

    def _pulse(self, kind: str) -> None:
        self._reset_all(kind)
        if self._delay:
            self._timer.start(self._delay)
        else:
            self._release()

    def _release(self) -> None:
        self.reset_n.drive(1)
