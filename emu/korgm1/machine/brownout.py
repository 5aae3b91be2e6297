"""What a dip of the mains does to the board, as steps in time.

The rail (`physics.rail`) says when +5 V is below which level. With a reset IC /RESET is low meanwhile, so the RAM, whose
/CS is that line, is left alone. Without one (H-SUPERVISOR, or the fault no-supervisor) the CPU stops where it is and may
write while it does (H-STRAY); LCD, LEDs and sound chips keep what they had. A rail that goes to 0 is the switch.
"""

from __future__ import annotations

from typing import NamedTuple

from korgm1.physics.rail import Rail


class Step(NamedTuple):
    """One step: seconds after the mains failed, what (see `M1.supply_step`, or "power off"), and a stray write's byte."""

    seconds: float
    what: str
    address: int = 0
    value: int | None = None


def steps(rail: Rail, dip_seconds: float, supervised: bool, seed: int) -> list[Step]:
    """What happens, in order; nothing where the dip is too short.

    Args:
        rail: the +5 V.
        dip_seconds: how long the mains fail.
        supervised: whether something pulls /RESET low when +5 V falls.
        seed: of the stray writes.

    >>> [step.what for step in steps(Rail(), 0.025, True, 1)], steps(Rail(), 0.010, True, 1)
    (['hold', 'let go'], [])
    """
    below = rail.time_below(dip_seconds, rail.reset_volts if supervised else rail.cpu_volts)
    if below is None:
        return []
    begin, end = below
    if supervised:
        found = [Step(begin, "hold"), Step(end, "let go")]
    else:
        found = [Step(begin, "freeze")]
        found += [Step(max(begin, at), "stray", address, value) for at, address, value in
                  rail.stray_writes(seed, dip_seconds)]
    if rail.lowest(dip_seconds) <= 0:
        off = max(step.seconds for step in found if step.what != "let go")
        return [step for step in found if step.what != "let go"] + [Step(off, "power off")]
    dark = rail.time_below(dip_seconds, rail.lcd_volts)
    if dark is not None:
        found += [Step(dark[0], "lcd off"), Step(dark[1], "lcd on")]
    return sorted(found, key=lambda step: step.seconds)
