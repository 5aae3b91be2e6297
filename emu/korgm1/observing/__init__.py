"""What a firmware does when it runs: one boot, looked at from all sides."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from korgm1.board.sram import SIZE as SRAM_SIZE
from korgm1.files import read_file
from korgm1.profiling import WRITTEN, Entry, PortWrite, Profile
from korgm1.result import BootResult, LcdChange
from korgm1.romset.load import RomSet
from korgm1.session import Session

if TYPE_CHECKING:
    from korgm1.analysis import Executed

Midi = bytes | Sequence[tuple[float, bytes]]
_VECTORS = 256


class LcdPlace(NamedTuple):
    """What made the LCD show a picture.

    Attributes:
        clock, lcd: the finished picture, as in the timeline.
        ps, pc: the instruction that sent the last byte of it.
        path: the functions that were open then, from the outermost; the last is the one with that instruction.
    """

    clock: int
    lcd: tuple[str, str]
    ps: int
    pc: int
    path: tuple[Entry, ...]


@dataclass(frozen=True)
class Observation:
    """One run of a firmware, from power-on.

    Attributes:
        result: what it came to.
        vectors: number -> segment and offset, of the interrupt vectors the program has put into RAM (without a profile:
            all 256, whatever is there).
        sram: the 65,536 bytes of the battery-backed RAM at the end.
        profile: counts of all it did, or None.
        port_writes: each byte that went to a port, the first `profiling.MOST_WRITES`; empty without a profile.
        lcd_places: which instruction made the LCD show each picture; empty without a profile.
    """

    result: BootResult
    vectors: dict[int, tuple[int, int]]
    sram: bytes
    profile: Profile | None = None
    port_writes: list[PortWrite] = field(default_factory=list)
    lcd_places: tuple[LcdPlace, ...] = ()

    @property
    def timeline(self) -> tuple[LcdChange, ...]:
        """Every finished LCD picture."""
        return self.result.timeline

    @property
    def midi_out(self) -> bytes:
        """What it sent."""
        return self.result.midi_out

    @property
    def executed(self) -> Executed:
        """For `analysis.analyse`: the places that were executed, the vectors, and the routines that were called."""
        from korgm1.analysis import Executed

        if self.profile is None:
            return Executed(frozenset(), self.vectors)
        rows = self.profile.executed()[["ps", "pc"]].tolist()
        touched = self.profile.touched[: len(self.sram)].tobytes()
        return Executed(frozenset(rows), self.vectors, self.profile.called, self.sram, touched)


def observe(
    firmware: RomSet, model: str = "m1", *, battery: str | float = "fresh",
    sram: bytes | str | os.PathLike[str] | None = None, hold: Iterable[str] = (), midi: Midi | None = None,
    script: Callable[[Session], object] | None = None, seconds: float | None = None, engine: str = "unicorn",
    profile: bool = True,
) -> Observation:  # fmt: skip
    """Run a firmware from power-on until its play page stands still, or whatever else ends a boot.

    Args:
        firmware, model, battery, engine: the instrument, as for `Session`.
        sram: the RAM's image, or the path of one, which is only read; None: a RAM that was never powered.
        hold: keys held at power-on.
        midi: bytes to send when the boot has ended, after which the end is waited for once more; or pairs of seconds
            since power-on and bytes.
        script: called with the session when its power is on: it may plan inputs (`press_at`) or do them (`press`).
        seconds: run exactly this long (what bytes of `midi` do: so much again).
        profile: count what the CPU does; else only `result`, `vectors` and `sram` are there, in half the time.

    Raises:
        M1Error: an instrument that cannot be had, or an image that cannot be read.

    >>> from korgm1.romset.load import load_os
    >>> seen = observe(load_os(None, "m1"), battery="dead")
    >>> seen.lcd_places[-1].lcd[1].rstrip(), len(seen.vectors)
    ('Battery Low (Internal)', 256)
    """
    if isinstance(sram, str | os.PathLike):
        sram = read_file(Path(sram), f"an SRAM image of {SRAM_SIZE:,} bytes")
    session = Session(model, firmware, engine, battery, sram)
    counted = Profile(port_writes=True) if profile else None
    if counted is not None:
        session.follow(counted)
    session.power_on(hold)
    if midi is not None and not isinstance(midi, bytes):
        for at, message in midi:
            session.midi_in(message, at)
    if script is not None:
        script(session)
    result = session.boot(seconds)
    if isinstance(midi, bytes) and midi:
        session.midi_in(midi)
        result = session.boot(seconds)
    session.follow(None)
    writes = [] if counted is None else counted.port_writes
    return Observation(
        result, _vectors(session, counted), session.sram, counted, writes,
        () if counted is None else _lcd_places(result.timeline, writes, counted),
    )  # fmt: skip


def _vectors(session: Session, profile: Profile | None) -> dict[int, tuple[int, int]]:
    """The table at 00000-003FF; of it what the program has written, or what an interrupt has used."""
    table = bytes(session.machine.memory.image[: 4 * _VECTORS])
    places = {
        n: (int.from_bytes(table[4 * n + 2 : 4 * n + 4], "little"), int.from_bytes(table[4 * n : 4 * n + 2], "little"))
        for n in range(_VECTORS)
    }
    if profile is None:
        return places
    written = np.all(profile.touched[: 4 * _VECTORS].reshape(_VECTORS, 4) & WRITTEN, axis=1)
    used = profile.interrupts
    return {n: place for n, place in places.items() if n in used or written.item(n)}


def _lcd_places(timeline: Sequence[LcdChange], writes: list[PortWrite], profile: Profile) -> tuple[LcdPlace, ...]:
    """A picture's clock is that of the write that finished it."""
    wanted = {picture.clock for picture in timeline}
    last = {write.clock: write for write in writes if write.clock in wanted}
    paths = profile.paths()
    return tuple(
        LcdPlace(picture.clock, picture.lcd, at.ps, at.pc, paths[at.node])
        for picture in timeline
        if (at := last.get(picture.clock)) is not None
    )
