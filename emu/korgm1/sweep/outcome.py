"""What a boot came to, by comparing its RAM with that of three boots which nothing is wrong with.

outcome   play page   stored data                            battery message
play      yes         as after a boot with a good cell       no
warning   yes         the same                               yes
partial   yes         something of it differs                either
init      yes         most is as in an initialised RAM       either
hang      no          -                                      either

No layout of a firmware is known here. Reference boots, all with a new cell and no fault: of the swept image, of a RAM
full of noise, and of its complement. A byte is *stored data* if the boots from the noise and from its complement agree
on it (so the firmware wrote it when it initialised), and the boot of the image did not write to it (which variables,
screen and stack are known by), in runs of sixteen at least (a deeper stack leaves shorter ones). A firmware which
agrees on less than an eighth of the RAM does not initialise; all that the boot of the image leaves alone is stored
data then.
Init: of the stored bytes in which the image differs from an initialised RAM, more than half are as in the latter. An
image that is initialised itself cannot be told from one that was initialised again: both are play or warning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.cpu.trace import TraceBlock, TraceFilter, Tracer
from korgm1.errors import Stopped
from korgm1.result import BootResult, LcdChange
from korgm1.romset.load import RomSet
from korgm1.session import Session

OUTCOMES = ("play", "warning", "partial", "init", "hang")
"""From good to bad."""
BATTERY = re.compile(r"batter", re.IGNORECASE)
"""What every battery message that owners report has in it (facts battery-sram 7)."""
RAM_ERROR = re.compile(r"RAM Error (\w+)")
LEAST_INITIALISED = 0x10000 // 8
SHORTEST = 16

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Reference:
    """65,536 bytes each: the RAM after a good boot, an initialised one, and where the stored data are (1 or 0)."""

    good: bytes
    initialised: bytes
    stored: bytes


def reference_of(
    firmware: RomSet,
    model: str,
    image: bytes,
    engine: str,
    hypotheses: Mapping[str, Any] | None = None,
    asked: Callable[[], object] = lambda: False,
) -> Reference:
    """Make the three boots. None of them has a fault: they show what the instrument does when nothing is wrong.

    Raises:
        Stopped: `asked`, which is looked at every quarter of an emulated second, was true.
    """
    writes = _Writes()
    noise = hashlib.shake_128(b"a RAM that nobody wrote to").digest(0x10000)
    opposite = bytes(byte ^ 0xFF for byte in noise)
    good = _after(firmware, model, image, engine, hypotheses, asked, writes)
    one, other = (_after(firmware, model, content, engine, hypotheses, asked) for content in (noise, opposite))
    stored = one == other
    if stored.sum() < LEAST_INITIALISED:
        stored[:] = True
    stored = _without_islands(stored & ~writes.seen)
    return Reference(good.tobytes(), one.tobytes(), stored.astype(np.uint8).tobytes())


def outcome(reference: Reference, after: bytes, ended: str, warned: bool) -> str:
    """One of OUTCOMES.

    Args:
        reference: of the template.
        after: the RAM after the boot.
        ended: how `Session.boot` ended.
        warned: whether a battery message was seen.

    >>> reference = Reference(b"sounds!!", b"emptyiii", bytes([1] * 8))
    >>> [outcome(reference, ram, "play page", False) for ram in (b"sounds!!", b"sound_!!", b"emptyii!")]
    ['play', 'partial', 'init']
    """
    if ended != "play page":
        return "hang"
    now, good, empty = (np.frombuffer(x, np.uint8) for x in (after, reference.good, reference.initialised))
    stored = np.frombuffer(reference.stored, np.bool_)
    if np.array_equal(now[stored], good[stored]):
        return "warning" if warned else "play"
    telling = stored & (good != empty)
    return "init" if 2 * int((now[telling] == empty[telling]).sum()) > int(telling.sum()) else "partial"


def warned(pictures: Sequence[LcdChange]) -> bool:
    """Whether a battery message was on the display."""
    return any(BATTERY.search(line) for picture in pictures for line in picture.lcd)


def ram_error(pictures: Sequence[LcdChange]) -> str:
    """The code of a "RAM Error" line that was on the display, or ""."""
    found = [match[1] for picture in pictures for line in picture.lcd if (match := RAM_ERROR.search(line))]
    return found[0] if found else ""


def shown_at(result: BootResult) -> float:
    """Emulated seconds from power-on to the picture that stood still."""
    return result.timeline[-1].seconds


def _without_islands(marked: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """The same without runs of less than SHORTEST.

    >>> _without_islands(np.array([1] * 3 + [0] + [1] * 16, np.bool_)).sum()
    np.int64(16)
    """
    borders = np.flatnonzero(np.diff(np.concatenate([[False], marked, [False]]).astype(np.int8)))
    kept = np.zeros_like(marked)
    for begin, end in borders.reshape(-1, 2):
        kept[begin:end] = end - begin >= SHORTEST
    return kept


class _Writes:
    """Which of the 65,536 bytes of RAM a CPU writes to."""

    def __init__(self) -> None:
        self.seen = np.zeros(0x10000, np.bool_)
        self.tracer = Tracer(TraceFilter.parse("memw=0-FFFF"), self._take)

    def _take(self, block: TraceBlock) -> None:
        for line in block.data.splitlines():
            *_, address, data = line.split()
            self.seen[[(int(address, 16) + place) & 0xFFFF for place in range(len(data) // 2)]] = True


def _after(
    firmware: RomSet,
    model: str,
    content: bytes,
    engine: str,
    hypotheses: Mapping[str, Any] | None,
    asked: Callable[[], object],
    writes: _Writes | None = None,
) -> Bytes:
    session = Session(model=model, roms=firmware, engine=engine, sram=content, hypotheses=hypotheses)
    session.power_on()
    if writes is not None:
        session.machine.engine.trace(writes.tracer)
    session.boot(asked_to_stop=asked)
    if asked():
        raise Stopped("stopped during the boots that the others are compared with")
    if writes is not None:
        writes.tracer.flush()
    return np.frombuffer(session.sram, np.uint8)
