"""One firmware on the bench: boots of it, each bounded, counted, and with what its LCD said.

An experiment asks for boots that differ in one thing and compares what was seen. The instrument is always the same one
(seed 0), on the engine that boots fastest; the others come to the same results, to the clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from korgm1.clock import CPU_HZ
from korgm1.errors import UsageError
from korgm1.observing import Observation, observe
from korgm1.observing.standing import Cells, Lines, alike, merged, moving, named, read, without
from korgm1.result import LcdChange
from korgm1.romset.load import RomSet
from korgm1.session import HUNG, PLAY_PAGE, STILL, Session

if TYPE_CHECKING:
    from korgm1.experiments.marks import Marked

ENGINE = "v30"
NOMINAL = 3.2
"""Volts of a fresh cell."""
LIMIT = 30.0
"""Emulated seconds a boot may take before it is known how long one takes."""
SILENT = 4.0
"""Emulated seconds after which a display that has not shown a character yet ends a boot."""
GLANCE = 1.0
"""Emulated seconds for which a firmware without a page is watched."""
EXTRA = 12.0
"""Seconds by which a boot may be longer than the known one: a message has its time."""
QUICK = 0.25
"""Seconds for which a play page stands still in boots that are made by the hundred."""
PIECE = CPU_HZ // 20
BAR = "\u2588"


@dataclass(frozen=True)
class Seen:
    """What a boot showed.

    Attributes:
        pictures: the finished LCD pictures, oldest first.
        lcd: the last one.
        ended: "play page", "still", "time", "stopped" or "frozen", as `BootResult.ended`.
        sram: the RAM at the end.
        clock: CPU clocks since power-on at the end.
    """

    pictures: tuple[LcdChange, ...]
    lcd: Lines
    ended: str
    sram: bytes = field(repr=False)
    clock: int

    @property
    def texts(self) -> tuple[Lines, ...]:
        """The pictures that can be read, without their times."""
        return tuple(row.lcd for row in read(self.pictures))

    @property
    def lines(self) -> frozenset[str]:
        """All lines that were seen, without the blanks around them."""
        return frozenset(line.strip() for row in self.pictures for line in row.lcd if BAR not in line) - {""}

    @property
    def usable(self) -> bool:
        """Whether it came to a page that stands still and says something."""
        return self.ended in ("play page", "still") and _characters(self.lcd)

    @property
    def says(self) -> bool:
        """Whether a character was shown at any time."""
        return any(map(_characters, self.texts))

    def new(self, reference: Seen) -> tuple[str, ...]:
        """The lines that the reference did not show, in order."""
        rows = [line.strip() for row in self.texts for line in row if BAR not in line]
        return tuple(dict.fromkeys(line for line in rows if line and line not in reference.lines))

    def before_last(self, reference: Seen) -> tuple[str, ...]:
        """Those of `new` that were seen before the last picture: messages rather than contents."""
        rows = {line.strip() for row in self.texts[:-1] for line in row}
        return tuple(line for line in self.new(reference) if line in rows)


@dataclass(frozen=True)
class Shown:
    """A text of the LCD and the first condition under which it was seen."""

    lcd: Lines
    when: str
    clock: int


class Bench:
    """Boots of one firmware in one model.

    Args:
        firmware: what is booted.
        model: in which instrument.

    Attributes:
        boots: how many there were.
        shown: every LCD picture that was seen, by its two lines.
        stood: those of them that stood long enough to be read.
        moving: cells of the display that change for ever on the page where a boot ends; they are blank in all that is
            seen.
        marks: the RAM with marks, once `marks.marked` has made it: two experiments want it.

    >>> from korgm1.romset.load import load_os
    >>> bench = Bench(load_os(None, "m1"))
    >>> bench.reference.lcd[0].rstrip(), bench.boots
    ('Prog I00 Init Prog', 2)
    """

    def __init__(self, firmware: RomSet, model: str = "m1") -> None:
        self.firmware, self.model = firmware, model
        self.boots = 0
        self.shown: dict[Lines, Shown] = {}
        self.stood: set[Lines] = set()
        self.moving: Cells = frozenset()
        self.marks: Marked | None = None
        self._limit = LIMIT
        self._page: Lines | None = None
        self._both_lines = False

    def session(self, image: bytes | None = None) -> Session:
        """A new instrument with this RAM, its power off; the cell has kept all of it."""
        return Session(model=self.model, roms=self.firmware, engine=ENGINE, sram=image, battery=NOMINAL)

    def boot(
        self, image: bytes | None, when: str, hold: Iterable[str] = (),
        prepare: Callable[[Session], None] | None = None, still: float | None = None,
    ) -> Seen:
        """Switch on and wait until the display stands still, no longer than a bounded time.

        Args:
            image: the RAM, as the cell kept it; None: chips that were never powered.
            when: the condition, for the list of texts.
            hold: keys held at power-on.
            prepare: is given the session at clock 0.
            still: seconds for which a play page must stand; None: as `Session.boot` has it, one second.
        """
        session = self.session(image)
        session.power_on(hold)
        if prepare is not None:
            prepare(session)
        return self.finish(session, when, still)

    def finish(self, session: Session, when: str, still: float | None = None) -> Seen:
        """Wait until a session that was switched on stands still, and note what it showed."""
        last = session.clock + round(self._limit * CPU_HZ)
        silent = session.clock + round(SILENT * CPU_HZ)

        def enough() -> bool:
            return session.clock >= last or (session.clock >= silent and not _says(session))

        if still is not None or self._page is not None or self.moving:
            wait = STILL if still is None else round(still * CPU_HZ)
            while not session.stopped and not enough():
                session.run_until(session.clock + PIECE)
                pictures = merged(session.timeline, self.moving)
                shown = pictures[-1].clock if pictures else session.clock
                whole = bool(pictures) and pictures[-1].lcd == self.look(session)
                if whole and session.clock >= shown + (wait if self._on_page(session) else HUNG):
                    return self._seen(session, "play page" if _is_play_page(session) else "still", when)
                if session.clock >= shown + HUNG and not self.moving:
                    break
        result = session.boot(asked_to_stop=enough)
        return self._seen(session, result.ended, when)

    def _seen(self, session: Session, ended: str, when: str) -> Seen:
        pictures = merged(session.timeline, self.moving)
        self.boots += 1
        return self.note(Seen(pictures, self.look(session), ended, session.sram, session.clock), when)

    def look(self, session: Session) -> Lines:
        """What its display shows, without the cells that never stand still."""
        return without(session.lcd, self.moving)

    def _on_page(self, session: Session) -> bool:
        """Whether its display shows the page at which a boot is over: a known one, or the reference's."""
        lcd, page = self.look(session), self._page
        if page is None or _is_play_page(session):
            return _is_play_page(session)
        rows = (0, 1) if self._both_lines else (0,)
        return all(alike(lcd[row], page[row]) for row in rows)

    def note(self, seen: Seen, when: str) -> Seen:
        """Put its pictures on the list of texts."""
        self.note_pictures([row for row in seen.pictures if BAR not in row.lcd[0]], when)
        return seen

    def note_pictures(self, pictures: Sequence[LcdChange], when: str) -> None:
        """Put pictures that followed each other on the list; those that stood long enough to be read are in `stood`."""
        for row in pictures:
            lcd = without(row.lcd, self.moving)
            self.shown.setdefault(lcd, Shown(lcd, when, row.clock))
        self.stood.update(row.lcd for row in read(merged(pictures, self.moving)))

    def note_lcd(self, lcd: Lines, when: str, clock: int) -> None:
        """Put a single picture on the list."""
        lcd = without(lcd, self.moving)
        self.shown.setdefault(lcd, Shown(lcd, when, clock))
        self.stood.add(lcd)

    @cached_property
    def first(self) -> Seen:
        """The boot of an instrument that was never powered."""
        seen = self.boot(None, "RAM chips that were never powered")
        if seen.ended != "time":
            return seen
        self.moving = moving(seen.pictures, seen.clock)
        if not self.moving:
            return seen
        self.shown.clear()
        self.stood.clear()
        pictures = merged(seen.pictures, self.moving)
        lcd = without(seen.lcd, self.moving)
        whole = bool(pictures) and pictures[-1].lcd == lcd and seen.clock >= pictures[-1].clock + HUNG
        seen = replace(seen, pictures=pictures, lcd=lcd, ended="still" if whole else "time")
        return self.note(seen, "RAM chips that were never powered")

    @cached_property
    def reference(self) -> Seen:
        """The boot of the RAM that an initialisation left: what is normal."""
        if not self.first.pictures or not self.first.says:
            return self.first
        seen = self.boot(self.first.sram, "an initialised RAM, a fresh cell, no key")
        if seen.usable:
            self._limit = seen.clock / CPU_HZ + EXTRA
        if seen.ended == "still":
            self._page = seen.lcd
            self._both_lines = any(alike(row[0], seen.lcd[0]) and not alike(*pair) for row in seen.texts[:-1]
                                   for pair in [(row[1], seen.lcd[1])])
        return seen

    @property
    def valid(self) -> bytes:
        """The RAM that the firmware itself initialised, as power-off leaves it."""
        return self.first.sram

    @property
    def problem(self) -> str:
        """Why nothing can be learned by booting it, or ""."""
        seen = self.reference
        if seen.usable:
            return ""
        end = {"stopped": "its CPU stopped", "frozen": "its CPU froze"}.get(seen.ended)
        why = end or ("its display never stood still" if seen.says else "its display stays empty")
        return f"the firmware comes to no page that stands still: {why} ({seen.clock / CPU_HZ:.1f} s)"

    @cached_property
    def observation(self) -> Observation:
        """The boot of a valid RAM with everything counted that the CPU does."""
        self.boots += 1
        return observe(
            self.firmware, self.model, battery=NOMINAL, sram=self.valid, engine=ENGINE, seconds=self.lasts
        )  # fmt: skip

    @property
    def watched(self) -> float | None:
        """Emulated seconds for which any boot of it is watched; None: until its display stands still."""
        return self._limit if self.moving else None

    @property
    def lasts(self) -> float | None:
        """Emulated seconds after which a boot of it is watched no longer; None: until its play page stands still."""
        if self.problem:
            return GLANCE
        if self.reference.ended == "play page" and not self.moving:
            return None
        return (self.reference.pictures[-1].clock + STILL) / CPU_HZ

    @property
    def remark(self) -> str:
        """What must be said of its page, or ""."""
        if not self.moving or self.problem:
            return ""
        return f"{named(self.moving)} never stand{'s' if len(self.moving) == 1 else ''} still: left out"

    def playing(self, when: str) -> Session:
        """An instrument that has booted a valid RAM and stands still."""
        session = self.session(self.valid)
        session.power_on()
        self.finish(session, when)
        return session

    @cached_property
    def texts_differ(self) -> bool:
        """Whether two boots of the same RAM show different texts: then comparing texts says little."""
        return self.boot(self.reference.sram, "a third power-on").texts != self.reference.texts


def _characters(lcd: Lines) -> bool:
    return any(line.strip(BAR + " ") for line in lcd)


def _is_play_page(session: Session) -> bool:
    return PLAY_PAGE.match(session.lcd[0]) is not None


def _says(session: Session) -> bool:
    return _characters(session.lcd) or any(_characters(row.lcd) for row in session.timeline)


def on_bench(firmware: RomSet, model: str, bench: Bench | None) -> Bench:
    """The bench that was given, or a new one.

    Raises:
        UsageError: the bench given is of another firmware or model.
    """
    if bench is None:
        return Bench(firmware, model)
    if (bench.firmware.sha1, bench.model) != (firmware.sha1, model):
        raise UsageError("the bench is of another firmware or model", "one of the same")
    return bench


def differing(one: bytes, other: bytes) -> list[int]:
    """The addresses at which two images of one size differ.

    >>> differing(b"abc", b"aXY")
    [1, 2]
    """
    found: list[int] = np.flatnonzero(np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8)).tolist()
    return found


def noise(seed: int, size: int = 0x10000) -> bytes:
    """Bytes as chance gives them, the same for the same seed.

    >>> noise(1) == noise(1), noise(1)[:4] == noise(2)[:4], len(noise(1))
    (True, False, 65536)
    """
    return random.Random(seed).randbytes(size)


def two_noises() -> tuple[bytes, bytes]:
    """Two images of noise that differ in every byte, so that what two boots leave alike was written.

    >>> len(differing(*two_noises()))
    65536
    """
    one = noise(1)
    return one, bytes(a ^ (b or 0x5A) for a, b in zip(one, noise(2), strict=True))
