"""The +5 V rail (power board KLM-1269) and the CPU's /RESET.

line     level
+5V      1 while the instrument is on
/RESET   0 while off and for `reset_delay` clocks after +5 V has risen, 1 while the CPU runs

on:   +5V rises, every part is reset as at power-on, /RESET rises after the delay.
off:  /RESET falls first (it deselects the RAM: nothing more is written), then +5V.
dip:  with a reset IC, `hold` and `let_go`: /RESET is low while +5 V is; the RAM keeps what it has. Without one,
      `freeze`: the CPU lost its footing and stands still for good; only /RESET or the switch ends that.
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
        stuck: /RESET never rises (a fault).

    Attributes:
        rail, reset_n: the two lines, for the machine to connect to.
        frozen: why the CPU stands still for good, a sentence; None while it does not.

    >>> scheduler, seen = Scheduler(), []
    >>> power = Power(scheduler, lambda kind: seen.append(kind), reset_delay=80)
    >>> power.reset_n.connect(lambda level: seen.append(level))
    >>> power.on(); scheduler.run_due(100)
    >>> power.off()
    >>> seen
    ['power', 1, 0]
    """

    snapshot_version = 2

    def __init__(
        self, scheduler: Scheduler, reset_all: Callable[[str], None], reset_delay: int = 0, stuck: bool = False
    ) -> None:
        self.rail = Line("+5V")
        self.reset_n = Line("/RESET")
        self.frozen: str | None = None
        self._reset_all = reset_all
        self._delay = reset_delay
        self._stuck = stuck
        self._timer = scheduler.timer("power.reset", self._release)

    def reset(self, kind: str) -> None:
        """Nothing: it makes the resets."""

    def snapshot(self) -> dict[str, Any]:
        """Both levels, and why it is frozen; a running delay is the Scheduler's."""
        return {"rail": self.rail.level, "reset_n": self.reset_n.level, "frozen": self.frozen}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back without telling anybody."""
        self.rail.restore(block["rail"])
        self.reset_n.restore(block["reset_n"])
        self.frozen = None if block["frozen"] is None else str(block["frozen"])

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """Layout 1 knew no freezing."""
        return {**block, "frozen": None}

    @property
    def is_on(self) -> bool:
        """Whether +5 V is there."""
        return bool(self.rail.level)

    def on(self) -> None:
        """Switch on; nothing happens if it is on."""
        if not self.is_on:
            self.frozen = None
            self.rail.drive(1)
            self._reset_all("power")
            self.let_go()

    def off(self) -> None:
        """Switch off; nothing happens if it is off."""
        self._timer.cancel()
        self.frozen = None
        self.reset_n.drive(0)
        self.rail.drive(0)

    def button(self) -> None:
        """Pull /RESET low for a moment while the rail stays; nothing happens if it is off."""
        if self.is_on:
            self.hold()
            self.let_go()

    def hold(self) -> None:
        """Pull /RESET low until `let_go`; nothing happens if it is off."""
        if self.is_on:
            self._timer.cancel()
            self.frozen = None
            self.reset_n.drive(0)
            self._reset_all("button")

    def let_go(self) -> None:
        """/RESET rises, after the delay; nothing happens if it is off."""
        if self.is_on and self._delay:
            self._timer.start(self._delay)
        elif self.is_on:
            self._release()

    def freeze(self, why: str) -> None:
        """The CPU stands still for good because of `why`, a sentence; nothing happens if it is off or in reset."""
        if self.reset_n.level:
            self.frozen = why

    def _release(self) -> None:
        if not self._stuck:
            self.reset_n.drive(1)
