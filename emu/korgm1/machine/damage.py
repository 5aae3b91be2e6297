"""Wires and memories that are broken, and what a netlist puts in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from korgm1.bus.memory import MemoryDevice
from korgm1.line import Line
from korgm1.machine.fault_catalogue import ROM, Bit


class Cut:
    """A wire that breaks at some clock: from then on its far end stays at the level it had.

    Args:
        near: the end that is driven.
        now: the clock.
        breaks: the first clock at which it is broken.

    Attributes:
        far: the other end.

    >>> near, time = Line("near"), [0]
    >>> cut = Cut(near, lambda: time[0], breaks=10)
    >>> near.drive(1); time[0] = 10; near.drive(0); cut.far.level
    1
    """

    def __init__(self, near: Line, now: Callable[[], int], breaks: int) -> None:
        self.far = Line(f"{near.name} behind the cut", near.level)
        near.connect(lambda level: self.far.drive(level) if now() < breaks else None)

    def reset(self, kind: str) -> None:
        """Nothing: it is a wire."""

    def snapshot(self) -> dict[str, Any]:
        """The level of the far end."""
        return {"level": self.far.level}

    def restore(self, block: dict[str, Any]) -> None:
        """Take `snapshot` back without telling anybody."""
        self.far.restore(int(block["level"]))


class Part:
    """A piece of a device in a window of its own: offset 0 of it is offset `start` of the device."""

    def __init__(self, device: MemoryDevice, start: int) -> None:
        self._device = device
        self._start = start

    def read(self, offset: int) -> int:
        """The device's byte."""
        return self._device.read(self._start + offset)

    def write(self, offset: int, value: int) -> None:
        """To the device."""
        self._device.write(self._start + offset, value)

    def peek(self, offset: int) -> int:
        """As `read`, without side effects."""
        return self._device.peek(self._start + offset)


def with_bits(rom: bytes, bits: Iterable[Bit]) -> bytes:
    """The ROM of E0000-FFFFF with bits turned over (level None) or stuck.

    >>> with_bits(bytes(131072), [(0xE0001, 7, None), (0xE0002, 0, 1), (0xE0003, 0, 0)])[:4].hex()
    '00800100'
    """
    data = bytearray(rom)
    for address, bit, level in bits:
        old = data[address - ROM]
        flip = 1 if level is None else (old >> bit & 1) ^ level
        data[address - ROM] = old ^ flip << bit
    return bytes(data)
