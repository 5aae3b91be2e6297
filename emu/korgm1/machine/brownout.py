"""What a dip of the mains does to the board, as steps in time.

The rail (`physics.rail`) says when +5 V is below which level. With a reset IC /RESET is low meanwhile, so the RAM,
whose /CS is that line, is left alone. Without one (H-SUPERVISOR, or the fault no-supervisor) the CPU may write what it
should not on its way down (H-STRAY) and then stands where it is; LCD, LEDs and sound chips keep what they had. A rail
that goes to 0 is the switch; its rise afterwards, some ms, is not waited for (H-RESET-DELAY has room for it).
"""

from __future__ import annotations

from typing import NamedTuple

from korgm1.errors import UsageError
from korgm1.machine.m1 import M1
from korgm1.physics.rail import Rail


class Step(NamedTuple):
    """One step: seconds after the mains failed, what (see `take`; or "power off"), a stray write's byte."""

    seconds: float
    what: str
    address: int = 0
    value: int | None = None


def steps(rail: Rail, dip_seconds: float, supervised: bool, seed: int = 0, stray: str = "none") -> list[Step]:
    """What happens, in order; nothing where the dip is too short.

    Args:
        rail: the +5 V.
        dip_seconds: how long the mains fail.
        supervised: whether something pulls /RESET low when +5 V falls.
        seed, stray: of the stray writes, and their law (H-STRAY).

    >>> [step.what for step in steps(Rail(), 0.025, True)], steps(Rail(), 0.010, True)
    (['hold', 'let go'], [])
    """
    found = [] if supervised else [
        Step(at, "stray", address, value) for at, address, value in rail.stray_writes(seed, dip_seconds, stray)
    ]
    below = rail.time_below(dip_seconds, rail.reset_volts if supervised else rail.cpu_volts)
    if below is None:
        return found
    found.append(Step(below[0], "hold" if supervised else "freeze"))
    if rail.lowest(dip_seconds) <= 0:
        return [*found, Step(found[-1].seconds, "power off")]
    if supervised:
        found.append(Step(below[1], "let go"))
    dark = rail.time_below(dip_seconds, rail.lcd_volts)
    if dark is not None:
        found += [Step(dark[0], "lcd off"), Step(dark[1], "lcd on")]
    return sorted(found, key=lambda step: step.seconds)


def take(board: M1, what: str, address: int = 0, value: int | None = None) -> int | None:
    """Do one step to a board, now.

    Args:
        board: with its power on.
        what: "hold" /RESET low, "let go" of it, "lcd off", "lcd on" (its controller begins anew), "freeze" the CPU, or
            "stray": a pulse of /WR that no program meant; while /RESET is low no RAM is selected.
        address: where "stray" writes, 0-FFFF.
        value: what it writes; None: the byte the CPU would have fetched next, which is on the bus.

    Returns:
        The byte that was written; None where none was.

    Raises:
        UsageError: there is no such step, address or byte.
    """
    if not (0 <= address <= 0xFFFF and (value is None or 0 <= value <= 0xFF)):
        raise UsageError(f"{value!r} cannot be written to {address!r}", "a byte, to 0-FFFF")
    if what == "hold":
        board.power.hold()
    elif what == "let go":
        board.power.let_go()
    elif what == "lcd off":
        board.lcd.power_off()
    elif what == "lcd on":
        board.lcd.reset("power")
    elif what == "freeze":
        board.power.freeze(f"+5 V fell without a reset; the CPU stands still since clock {board.clock:,}")
    elif what == "stray":
        if not board.reset_n.level:
            return None
        if value is None:
            registers = board.engine.registers()
            value = board.memory.peek((registers["ps"] * 16 + registers["pc"]) & 0xFFFFF)
        board.sram.write(address, value)
        board.engine.host_wrote(address, 1)
        return value
    else:
        raise UsageError(f"a dip has no step {what!r}", "hold, let go, lcd off, lcd on, freeze, stray")
    return None
