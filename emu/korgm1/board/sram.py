"""Two uPD43256C-15L: 64 KB of static RAM at 00000-0FFFF, kept by the lithium cell.

offset   even: one chip, low byte lane     odd: the other, high byte lane

/CS of both is the RESET signal (facts battery-sram 0, MEASURED on one unit), so nothing is written while RESET is low
and a button reset changes nothing. At power-on the content depends on the lowest supply the chips had: 2.0 V or more
keeps everything (DATASHEET); below that cells are lost one by one (`physics.sram_retention`, H-SRAM-CELLS). Chips that
were never powered wake as real ones do, about half ones in a pattern of their own, not as zeros (H-SRAM-WAKE).
ASSUMED: /CS, /RD and /WE behave at the edges of the supply; brown-out writes are a later chapter.
Sources: facts m1-hardware 1.1, battery-sram 0, 2, 4.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from korgm1.errors import UserError
from korgm1.physics import sram_retention as retention
from korgm1.physics.sram_wake import wake
from korgm1.physics.supply_history import SupplyHistory

SIZE = retention.SIZE
LONG_OFF = 86_400.0
"""Seconds without power where nobody says how long: a day."""


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


class Sram:
    """The two chips.

    Args:
        memory: 65,536 writable bytes, the ones the CPU sees at 00000-0FFFF.
        cells: H-SRAM-CELLS: "cells" (each bit by its law) or "datasheet" (everything lost below 2.0 V).
        waking: H-SRAM-WAKE: "cells" (preferred states with noise) or "zeros".

    >>> memory = bytearray(65536)
    >>> sram = Sram(memoryview(memory))
    >>> lost = sram.power_up(None, 0.0)
    >>> 0.48 < sum(byte.bit_count() for byte in memory) / 524288 < 0.53
    True
    >>> sram.write(0x1234, 0x5A)
    >>> sram.power_up(sram.image(), 2.1), hex(memory[0x1234])
    (0, '0x5a')
    """

    def __init__(self, memory: memoryview, cells: str = "cells", waking: str = "cells") -> None:
        if memory.readonly or memory.nbytes != SIZE:
            raise ValueError(f"{SIZE:,} writable bytes are needed")
        self._memory = memory.cast("B")
        self._by_cells = cells == "cells"
        self._zeros = waking == "zeros"

    def reset(self, kind: str) -> None:
        """Nothing: /CS is high meanwhile. Power-on is `power_up`."""

    def read(self, offset: int) -> int:
        """The byte at 0-FFFF."""
        return self._memory[offset]

    def write(self, offset: int, value: int) -> None:
        """Store a byte."""
        self._memory[offset] = value & 0xFF

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._memory[offset]

    def snapshot(self) -> dict[str, Any]:
        """The content."""
        return {"data": self.image()}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back."""
        self._memory[:] = block["data"]

    def power_up(
        self,
        kept: bytes | None,
        supply_min_volts: float,
        seed: int = 0,
        power_ups: int = 0,
        off_seconds: float = LONG_OFF,
        celsius: float = 25.0,
    ) -> int:
        """The supply returns: cells that lost their content take the state they wake in.

        Args:
            kept: the content at power-off; None for chips that were never powered.
            supply_min_volts: the lowest voltage the chips had at VCC (behind the diode) while off.
            seed: which two chips of all that were made.
            power_ups: how often they were powered before; each time the noise is another.
            off_seconds: how long they had that voltage.
            celsius: their temperature.

        Returns:
            The number of cells that were lost, 0 to 524,288; about half of them read as before.

        Raises:
            UserError: `kept` is not 65,536 bytes.
        """
        lost = self._lost(kept, supply_min_volts, seed, off_seconds, celsius)
        content = np.frombuffer(check_image(kept) if kept is not None else bytes(SIZE), np.uint8)
        if lost is not None:
            woken = np.uint8(0) if self._zeros else wake(seed, power_ups)
            content = content & ~lost | woken & lost
        self._memory[:] = content.tobytes()
        return 0 if lost is None else int(np.unpackbits(lost).sum())

    def image(self) -> bytes:
        """The 65,536 bytes now."""
        return self._memory.tobytes()

    def _lost(
        self, kept: bytes | None, volts: float, seed: int, seconds: float, celsius: float
    ) -> retention.Mask | None:
        if kept is None or (volts < retention.GUARANTEED_VOLTS and not self._by_cells):
            return np.full(SIZE, 0xFF, np.uint8)
        if volts >= retention.GUARANTEED_VOLTS:
            return None
        history = SupplyHistory()
        history.stay(volts, seconds, celsius)
        return retention.lost(seed, history)
