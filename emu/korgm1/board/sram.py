"""Two uPD43256C-15L: 64 KB of static RAM at 00000-0FFFF, kept by the lithium cell.

offset   even: one chip, low byte lane     odd: the other, high byte lane

/CS of both is the RESET signal (facts battery-sram 0, MEASURED on one unit), so nothing is written while RESET is low
and a button reset changes nothing. At power-on the content depends on how low the chips' supply was for how long:
2.0 V or more keeps everything (DATASHEET); below that cells are lost one by one (`physics.sram_retention`,
H-SRAM-CELLS). Chips that were never powered wake as real ones do, about half ones in a pattern of their own, not as
zeros (H-SRAM-WAKE).
ASSUMED: /CS, /RD and /WE behave at the edges of the supply, but for what `machine.brownout` writes.
Sources: facts m1-hardware 1.1, battery-sram 0, 2, 4.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np

from korgm1.errors import UserError
from korgm1.physics import sram_retention as retention
from korgm1.physics.sram_wake import wake
from korgm1.physics.supply_history import SupplyHistory

SIZE = retention.SIZE
CELLS = SIZE * 8
PAGE = 0x1000


def check_image(image: bytes, what: str = "the SRAM image") -> bytes:
    """The image itself, if it can be one.

    Raises:
        UserError: not 65,536 bytes; `what` names it.

    >>> len(check_image(bytes(65536)))
    65536
    """
    if len(image) != SIZE:
        raise UserError(f"{what} is {len(image):,} bytes", f"{SIZE:,} bytes, as saved at power-off")
    return image


@dataclass(frozen=True)
class Wake:
    """What a power-on found in the RAM.

    Attributes:
        lost: cells that did not keep their content, of 524,288.
        flipped: bits that read differently than at power-off; of chips that were never powered, 0.
        mask: 65,536 bytes, 1 where a cell was lost; None when none was.
        lowest_volts: the lowest supply they had since power-off, below 2.0 V; infinite: it was never below.
        blank: they were never powered before.

    >>> Wake(3, 1, bytes(65536), 0.9).to_dict()
    {'lost': 3, 'flipped': 1, 'lowest_volts': 0.9, 'blank': False}
    """

    lost: int
    flipped: int
    mask: bytes | None
    lowest_volts: float
    blank: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Without the mask, for JSON; `lowest_volts` is None where it is infinite."""
        lowest = self.lowest_volts if isfinite(self.lowest_volts) else None
        return {"lost": self.lost, "flipped": self.flipped, "lowest_volts": lowest, "blank": self.blank}

    def snapshot(self) -> dict[str, Any]:
        """All of it as plain values and bytes."""
        return {**self.to_dict(), "mask": self.mask}

    @classmethod
    def restored(cls, block: dict[str, Any]) -> Wake:
        """The one of a `snapshot`.

        Raises:
            LookupError, TypeError, ValueError: it is none.
        """
        lowest, mask = block["lowest_volts"], block["mask"]
        return cls(
            int(block["lost"]), int(block["flipped"]), None if mask is None else check_image(bytes(mask)),
            inf if lowest is None else float(lowest), bool(block["blank"]),
        )


class Sram:
    """The two chips.

    Args:
        memory: 65,536 writable bytes, the ones the CPU sees at 00000-0FFFF.
        cells: H-SRAM-CELLS: "cells" (each bit by its law) or "datasheet" (everything lost below 2.0 V).
        waking: H-SRAM-WAKE: "cells" (preferred states with noise) or "zeros".
        decay: factor of the chips' decay times, 0 = the seed's (H-SRAM-DECAY).
        imprint: what ten years of the same content do to a cell's preference (H-SRAM-IMPRINT), 0 = nothing.
        fram: ferroelectric RAM, which keeps its content without a supply (a fault of the bench).
        stuck: cells that hold a level whatever is written: address, bit, level.

    >>> memory = bytearray(65536)
    >>> sram = Sram(memoryview(memory))
    >>> sram.power_up(None).lost
    524288
    >>> 0.48 < sum(byte.bit_count() for byte in memory) / 524288 < 0.53
    True
    >>> sram.write(0x1234, 0x5A)
    >>> sram.power_up(sram.image()).lost, hex(memory[0x1234])
    (0, '0x5a')
    """

    def __init__(
        self, memory: memoryview, cells: str = "cells", waking: str = "cells", decay: float = 0.0,
        imprint: float = 0.0, fram: bool = False, stuck: Iterable[tuple[int, int, int]] = (),
    ) -> None:
        if memory.readonly or memory.nbytes != SIZE:
            raise ValueError(f"{SIZE:,} writable bytes are needed")
        self._memory = memory.cast("B")
        self._by_cells = cells == "cells"
        self._zeros = waking == "zeros"
        self._decay = decay or None
        self._imprint = imprint
        self._fram = fram
        self._stuck: dict[int, tuple[int, int]] = {}
        for address, bit, level in stuck:
            clear, put = self._stuck.get(address, (0xFF, 0))
            self._stuck[address] = clear & ~(1 << bit), put & ~(1 << bit) | level << bit
        self.stuck_pages = frozenset(address // PAGE for address in self._stuck)
        """Numbers of the 4 KB pages with stuck cells: the CPU reaches them through `read` and `write` only."""
        self._behind = bytearray(SIZE)

    def reset(self, kind: str) -> None:
        """Nothing: /CS is high meanwhile. Power-on is `power_up`."""

    def read(self, offset: int) -> int:
        """The byte at 0-FFFF."""
        return self.peek(offset)

    def write(self, offset: int, value: int) -> None:
        """Store a byte."""
        if offset // PAGE in self.stuck_pages:
            clear, put = self._stuck.get(offset, (0xFF, 0))
            self._behind[offset] = value & clear | put
        else:
            self._memory[offset] = value & 0xFF

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._behind[offset] if offset // PAGE in self.stuck_pages else self._memory[offset]

    def snapshot(self) -> dict[str, Any]:
        """The content."""
        return {"data": self.image()}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back."""
        self._fill(block["data"])

    def power_up(
        self,
        kept: bytes | None,
        history: SupplyHistory | None = None,
        seed: int = 0,
        power_ups: int = 0,
        held_years: float = 0.0,
    ) -> Wake:
        """The supply returns: cells that lost their content take the state they wake in.

        Args:
            kept: the content at power-off; None for chips that were never powered.
            history: what their supply (VCC, behind the diode) was like since; None: it never fell.
            seed: which two chips of all that were made.
            power_ups: how often they were powered before; each time the noise is another.
            held_years: for how long they had held this content, for its imprint.

        Raises:
            UserError: `kept` is not 65,536 bytes.
        """
        lowest = inf if history is None else history.lowest
        lost = self._lost(kept, history, seed)
        content = np.frombuffer(check_image(kept) if kept is not None else bytes(SIZE), np.uint8)
        if lost is None:
            self._fill(content.tobytes())
            return Wake(0, 0, None, lowest)
        held = content if kept is not None and self._imprint else None
        woken = np.uint8(0) if self._zeros else wake(seed, power_ups, held, held_years, self._imprint)
        after = content & ~lost | woken & lost
        self._fill(after.tobytes())
        flipped = 0 if kept is None else _bits(content ^ after)
        return Wake(_bits(lost), flipped, lost.tobytes(), lowest, blank=kept is None)

    def cells_lost(self, history: SupplyHistory, seed: int) -> int:
        """How many cells a supply like this costs the two chips of a seed, 0 to 524,288; the RAM stays as it is."""
        lost = self._lost(b"", history, seed)
        return 0 if lost is None else _bits(lost)

    def image(self) -> bytes:
        """The 65,536 bytes now."""
        content = bytearray(self._memory)
        for page in self.stuck_pages:
            content[page * PAGE : page * PAGE + PAGE] = self._behind[page * PAGE : page * PAGE + PAGE]
        return bytes(content)

    def _fill(self, content: bytes) -> None:
        self._memory[:] = content
        self._behind[:] = content
        for address in self._stuck:
            self.write(address, content[address])

    def _lost(self, kept: bytes | None, history: SupplyHistory | None, seed: int) -> retention.Mask | None:
        if kept is None:
            return np.full(SIZE, 0xFF, np.uint8)
        if self._fram or history is None or history.empty:
            return None
        lost = retention.lost(seed, history, self._decay) if self._by_cells else np.full(SIZE, 0xFF, np.uint8)
        return lost if lost.any() else None


def _bits(mask: retention.Mask) -> int:
    return int(np.unpackbits(mask).sum())
