"""Which bytes of the ROM a boot executes or reads as data.

A byte that is neither cannot change the boot: what is fetched but not executed decides nothing, not even the time,
since the V30's bus unit fetches by address alone. By induction over the instructions, the boot with another value there
is the same. Bytes that another bus master reads are not seen here; `mapping` tries some untouched bits all the same.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from korgm1.cpu.trace import TraceBlock, TraceFilter, Tracer
from korgm1.faultmap.boots import LONGEST, Boot, boot
from korgm1.observing.standing import Cells
from korgm1.romset.image import BASE, IMAGE
from korgm1.romset.load import RomSet
from korgm1.session import Session

WORDS = "exec,memr=E0000-FFFFF"
LONG = 64
"""Bytes that are marked of an instruction whose prefixes the trace does not show to the end."""


class Touched:
    """The steps of a trace, each place once.

    >>> touched = Touched()
    >>> touched.take(TraceBlock(b"0 exec F000:0000 EA00\\n1 memr E0010 1234\\n", 0, 1, ()))
    >>> np.flatnonzero(touched.bytes()).tolist()
    [16, 17, 65536, 65537]
    """

    def __init__(self) -> None:
        self._seen: set[bytes] = set()

    def take(self, block: TraceBlock) -> None:
        """Lines of a trace in text form."""
        self._seen.update(line.partition(b" ")[2] for line in block.data.split(b"\n"))

    def bytes(self) -> npt.NDArray[np.bool_]:
        """For each byte of the ROM whether it was executed or read."""
        marked = np.zeros(1 << 20, np.bool_)
        for line in self._seen:
            words = line.split(b" ")
            if words[0] == b"exec":
                segment, _, offset = words[1].partition(b":")
                code = words[2]
                length = LONG if code.endswith(b"..") else len(code) // 2
                for step in range(length):
                    marked[(int(segment, 16) * 16 + (int(offset, 16) + step & 0xFFFF)) & 0xFFFFF] = True
            elif words[0] == b"memr":
                at = int(words[1], 16)
                marked[at : at + len(words[2]) // 2] = True
        return marked[BASE : BASE + IMAGE]


def touched_by_boot(
    firmware: RomSet, model: str, seconds: float | None = None, blank: Cells = frozenset(),
) -> tuple[Boot, npt.NDArray[np.bool_]]:
    """A boot of the unharmed firmware, and which of its 131,072 bytes it executes or reads.

    Args:
        firmware, model: what boots.
        seconds: look after so long; None: when its boot is over, `LONGEST` at most.
        blank: cells of the LCD that do not count.
    """
    seen = Touched()
    tracers: list[tuple[Session, Tracer]] = []

    def powered(session: Session) -> None:
        tracer = Tracer(TraceFilter.parse(WORDS), seen.take)
        tracers.append((session, tracer))
        session.machine.engine.trace(tracer)

    made = boot(firmware, firmware.image, model, LONGEST, powered, seconds, blank)
    for session, tracer in tracers:
        session.machine.engine.trace(None)
        tracer.flush()
    return made, seen.bytes()
