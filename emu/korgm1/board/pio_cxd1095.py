"""CXD1095Q: the parallel port between the CPU and panel, ADC, LCD and cards (I/O 0A00-0A0F, even addresses).

offset  register      on the M1
0       PA, 8 bits    out: matrix column, ADC channel and START, /RESET of the sound chips
1       PB, 8 bits    in: matrix rows, card status
2       PC, 8 bits    out: LEDs
3       PD, 8 bits    LCD data
4       PE, 4 bits    LCD RS, R/W, E; PCM card status
6       direction, write only: bits 0 PA low nibble, 1 PA high, 2-3 PB, 4-5 PC, 6-7 PD; 1 = input
7       direction of PE, write only: bits 0-3; 1 = input

Confirmed (MAME): the registers; a read gives pins where input, the latch where output; RESET makes all ports inputs
and leaves the latches. INFERENCE: a new direction drives the latch at once (MAME waits for the next data write).
ASSUMED: latches are 00 at power-on; pins nobody drives read 1; PE bits 7-4 read 0; at offsets 5-7 the part drives
nothing, so they read what open bus reads (H-OPENBUS).
Sources: facts v50-chip 7.2, m1-hardware 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

PORTS = "ABCDE"


class Cxd1095:
    """The five ports.

    Args:
        outputs: by port letter, called as `f(value, driven)` when its output changes: the levels, and a mask of the
            bits that are outputs (a bit that is not driven is 0 in `value`).
        inputs: by port letter, called as `f()` for the pin levels when it is read; a missing port's pins are high.
        open_bus: what offsets 5-7 read (H-OPENBUS).

    >>> seen = []
    >>> pio = Cxd1095({"C": lambda value, driven: seen.append((value, driven))}, {"B": lambda: 0xFE})
    >>> pio.write(6, 0x0F); pio.write(2, 0x11)
    >>> seen, hex(pio.read(1)), hex(pio.read(2))
    ([(0, 255), (17, 255)], '0xfe', '0x11')
    """

    def __init__(
        self,
        outputs: Mapping[str, Callable[[int, int], None]],
        inputs: Mapping[str, Callable[[], int]],
        open_bus: int = 0xFF,
    ) -> None:
        self._open_bus = open_bus
        self._outputs = [outputs.get(port) for port in PORTS]
        self._inputs = [inputs.get(port) for port in PORTS]
        self._latch = [0] * 5
        self._out_mask = [0] * 5
        self._driven = [(0, 0)] * 5

    def reset(self, kind: str) -> None:
        """All ports become inputs; "power" also clears the latches."""
        if kind == "power":
            self._latch = [0] * 5
        self._out_mask = [0] * 5
        for port in range(5):
            self._drive(port)

    def read(self, offset: int) -> int:
        """The port at offset 0-4; open bus at 5-7."""
        return self.peek(offset)

    def write(self, offset: int, value: int) -> None:
        """A port's latch (offset 0-4) or the directions (6, 7)."""
        if offset < 5:
            self._latch[offset] = value & (0x0F if offset == 4 else 0xFF)
            self._drive(offset)
        elif offset == 6:
            for port in range(4):
                low, high = value >> 2 * port & 1, value >> 2 * port + 1 & 1
                self._out_mask[port] = (0 if low else 0x0F) | (0 if high else 0xF0)
                self._drive(port)
        elif offset == 7:
            self._out_mask[4] = ~value & 0x0F
            self._drive(4)

    def peek(self, offset: int) -> int:
        """As `read`, which has no side effect."""
        if offset > 4:
            return self._open_bus
        mask, source = self._out_mask[offset], self._inputs[offset]
        pins = 0xFF if source is None or mask == 0xFF else source()
        return (self._latch[offset] & mask | pins & ~mask) & (0x0F if offset == 4 else 0xFF)

    def snapshot(self) -> dict[str, Any]:
        """Latches and directions."""
        return {"latch": list(self._latch), "out_mask": list(self._out_mask)}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back without driving anything: what hangs on the ports restores itself."""
        self._latch, self._out_mask = list(block["latch"]), list(block["out_mask"])
        self._driven = [(value & mask, mask) for value, mask in zip(self._latch, self._out_mask, strict=True)]

    def driven(self, port: str) -> tuple[int, int]:
        """What a port's output gave last: the levels, and a mask of the bits that are outputs."""
        return self._driven[PORTS.index(port)]

    def _drive(self, port: int) -> None:
        mask = self._out_mask[port]
        driven = self._latch[port] & mask, mask
        if driven != self._driven[port]:
            self._driven[port] = driven
            output = self._outputs[port]
            if output is not None:
                output(*driven)
