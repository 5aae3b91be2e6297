"""One boot of a firmware as a fingerprint, and what two of them differ in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from korgm1.clock import CPU_HZ
from korgm1.recording import Line, Monitor
from korgm1.romset.load import RomSet
from korgm1.session import Session

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


class Boot(NamedTuple):
    """What a boot came to.

    Attributes:
        ended: as in `BootResult`.
        texts: the pictures of the LCD, one behind the other.
        prints: fingerprints of all else: clocks of the pictures, port accesses, RAM, MIDI, sound.
        clocks: when it was over.
    """

    ended: str
    texts: tuple[tuple[str, str], ...]
    prints: tuple[str, ...]
    clocks: int

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
    powered: Callable[[Session], None] = lambda session: None,
) -> Boot:
    """Switch an instrument on with a fresh cell and a RAM that was never powered, and run until the boot is over.

    Args:
        firmware: whose name and model; its bytes are `image`.
        image: the 131,072 bytes at E0000.
        model: m1, m1ex, m1r or m1rex.
        limit: clocks after which it is over in any case.
        powered: called at clock 0.

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
    result = session.boot(asked_to_stop=lambda: limit is not None and (
        session.clock >= limit or prints.last.get("accesses", 0) > MOST_ACCESSES
    ))
    session.unwatch()
    times = hashlib.sha1(repr([picture.clock for picture in result.timeline]).encode()).hexdigest()
    midi = hashlib.sha1(result.midi_out).hexdigest()
    return Boot(
        result.ended, tuple(picture.lcd for picture in result.timeline),
        (times, str(prints.last.get("ports")), result.sram_sha1, midi, str(prints.last.get("sound"))), result.clocks,
    )


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
    return "lcd" if harmed.texts != unharmed.texts else "other"
