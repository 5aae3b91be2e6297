"""One boot of a firmware as a fingerprint, and what two of them differ in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from korgm1.clock import CPU_HZ
from korgm1.observing.standing import Cells, alike, merged, moving
from korgm1.recording import Line, Monitor
from korgm1.result import LcdChange
from korgm1.romset.load import RomSet
from korgm1.session import STILL, Session

ENGINE = "v30"
"""The faster one for boots; the others come to the same, to the clock."""
MOST_ACCESSES = 1_000_000
"""Port accesses after which a boot is given up; OpenM1 makes some thousands."""
PATIENCE = 2 * CPU_HZ
"""Clocks beyond those of the unharmed boot after which a boot is given up."""
EFFECTS = ("nothing", "other", "lcd", "kills")
"""From harmless to deadly."""
MEANING = {
    "nothing": "the boot is the same, to the clock",
    "other": "the LCD shows the same; timing, port writes, RAM, MIDI or sound differ",
    "lcd": "the LCD shows something else, but the boot gets to the same end",
    "kills": "no play page within two seconds of the unharmed boot's end: the CPU stops, or runs wild",
}


FIXED = {
    **MEANING,
    "lcd": "the LCD shows something else at that time, but one of its lines at least is that of the unharmed boot",
    "kills": "no line of the LCD is that of the unharmed boot at that time, or the CPU has stopped",
}
"""The same where a boot has no play page at which it is over, so that each is looked at after the same time."""
LOOKED = 5 * CPU_HZ
"""Clocks after which a boot is looked at whose display changes for ever."""
LONGEST = 40 * CPU_HZ
"""Clocks after which the unharmed boot is given up."""


class Boot(NamedTuple):
    """What a boot came to.

    Attributes:
        ended: as in `BootResult`.
        texts: the pictures of the LCD, one behind the other.
        prints: fingerprints of all else: clocks of the pictures, port accesses, RAM, MIDI, sound.
        clocks: when it was over.
        times: the clock of each picture.
    """

    ended: str
    texts: tuple[tuple[str, str], ...]
    prints: tuple[str, ...]
    clocks: int
    times: tuple[int, ...] = ()

    @property
    def lcd(self) -> tuple[str, str]:
        """The last picture."""
        return self.texts[-1] if self.texts else ("", "")


class _Prints(Monitor):
    """Keeps the last checkpoint."""

    last: Line = {}    # noqa: RUF012 - replaced, never changed

    def _saw(self, line: Line) -> None:
        if "check" in line:
            self.last = line["check"]


def boot(
    firmware: RomSet, image: bytes, model: str, limit: int | None = None,
    powered: Callable[[Session], None] = lambda session: None, seconds: float | None = None,
    blank: Cells = frozenset(),
) -> Boot:
    """Switch an instrument on with a fresh cell and a RAM that was never powered, and run until the boot is over.

    Args:
        firmware: whose name and model; its bytes are `image`.
        image: the 131,072 bytes at E0000.
        model: m1, m1ex, m1r or m1rex.
        limit: clocks after which it is over in any case.
        powered: called at clock 0.
        seconds: run exactly this long instead.
        blank: cells of the LCD that do not count.

    >>> from korgm1.romset.load import load_os
    >>> rom = load_os(None, "m1")
    >>> boot(rom, rom.image, "m1").ended
    'play page'
    """
    session = Session(model=model, roms=replace(firmware, image=image), engine=ENGINE)
    prints = _Prints()
    session.watch(prints)
    session.power_on()
    powered(session)
    result = session.boot(seconds, asked_to_stop=lambda: limit is not None and (
        session.clock >= limit or prints.last.get("accesses", 0) > MOST_ACCESSES
    ))
    session.unwatch()
    pictures = merged(result.timeline, blank)
    times = hashlib.sha1(repr([picture.clock for picture in pictures]).encode()).hexdigest()
    midi = hashlib.sha1(result.midi_out).hexdigest()
    return Boot(
        result.ended, tuple(picture.lcd for picture in pictures),
        (times, str(prints.last.get("ports")), result.sram_sha1, midi, str(prints.last.get("sound"))), result.clocks,
        tuple(picture.clock for picture in pictures),
    )


def fixed_time(unharmed: Boot) -> tuple[float, Cells] | None:
    """When to look at boots of a firmware that comes to no play page, in seconds, and which cells to leave out.

    Args:
        unharmed: its boot, for as long as it takes or `LONGEST`.

    Returns:
        None if nothing was shown, or the CPU stopped.

    >>> page = Boot("still", (("", ""), ("A page", "")), (), 90_000_000, (0, 8_000_000))
    >>> fixed_time(page), fixed_time(page._replace(ended="stopped"))
    ((2.0, frozenset()), None)
    """
    timeline = [LcdChange(*row) for row in zip(unharmed.times, unharmed.texts, strict=True)]
    if unharmed.ended not in ("still", "time") or not any(line.strip(" \u2588") for line in unharmed.lcd):
        return None
    cells = moving(timeline, unharmed.clocks) if unharmed.ended == "time" else frozenset()
    if unharmed.ended == "time" and not cells:
        return LOOKED / CPU_HZ, cells
    return (merged(timeline, cells)[-1].clock + STILL) / CPU_HZ, cells


def effect(unharmed: Boot, harmed: Boot) -> str:
    """One of `EFFECTS`.

    >>> whole = Boot("play page", (("Prog", ""),), ("x",), 9)
    >>> effect(whole, whole), effect(whole, whole._replace(prints=("y",))), effect(whole, whole._replace(ended="time"))
    ('nothing', 'other', 'kills')
    """
    if harmed == unharmed:
        return "nothing"
    if harmed.ended != unharmed.ended:
        return "kills"
    if unharmed.ended == "time":
        same = [alike(*pair) for pair in zip(harmed.lcd, unharmed.lcd, strict=True)]
        if harmed.texts != unharmed.texts and not any(same):
            return "kills"
    return "lcd" if harmed.texts != unharmed.texts else "other"
