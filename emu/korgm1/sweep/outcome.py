"""What a boot came to, by comparing its RAM with that of three boots which nothing is wrong with.

outcome   play page   stored data                            battery message
play      yes         as after a boot with a good cell       no
warning   yes         the same                               yes
partial   yes         something of it differs                either
init      yes         most is as in an initialised RAM       either
hang      no          -                                      either

No layout of a firmware is known here. Reference boots: of the swept image with a new cell, and of a RAM full of noise
and of its complement, also with a new cell. A byte is *stored data* if the boots from the noise and from its complement
agree on it (so the firmware wrote it when it initialised) and the boot of the image leaves it as it was. Variables that
each boot writes anew are among them, but never differ; the stack and unused RAM are not. A firmware which writes
less than an eighth of the RAM when it finds noise does not initialise; all that the boot of the image leaves
alone is stored data then.
Init: of the stored bytes in which the image differs from an initialised RAM, more than half are as in the latter. An
image that is initialised itself cannot be told from one that was initialised again: both are play or warning.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.result import BootResult, LcdChange
from korgm1.romset.load import RomSet
from korgm1.session import Session

OUTCOMES = ("play", "warning", "partial", "init", "hang")
"""From good to bad."""
BATTERY = re.compile(r"batter", re.IGNORECASE)
"""What every battery message that owners report has in it (facts battery-sram 7)."""
RAM_ERROR = re.compile(r"RAM Error (\w+)")
LEAST_INITIALISED = 0x10000 // 8

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Reference:
    """65,536 bytes each: the RAM after a good boot, an initialised one, and where the stored data are (1 or 0)."""

    good: bytes
    initialised: bytes
    stored: bytes


def reference_of(
    firmware: RomSet, model: str, image: bytes, engine: str, hypotheses: Mapping[str, Any] | None = None
) -> Reference:
    """Make the three boots. None of them has a fault: they show what the instrument does when nothing is wrong."""
    noise = hashlib.shake_128(b"a RAM that nobody wrote to").digest(0x10000)
    opposite = bytes(byte ^ 0xFF for byte in noise)
    good, one, other = (
        _after(firmware, model, content, engine, hypotheses) for content in (image, noise, opposite)
    )
    written = one == other
    if written.sum() < LEAST_INITIALISED:
        written[:] = True
    stored = written & (good == np.frombuffer(image, np.uint8))
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


def _after(
    firmware: RomSet, model: str, content: bytes, engine: str, hypotheses: Mapping[str, Any] | None
) -> Bytes:
    session = Session(model=model, roms=firmware, engine=engine, sram=content, hypotheses=hypotheses)
    session.boot()
    return np.frombuffer(session.sram, np.uint8)
