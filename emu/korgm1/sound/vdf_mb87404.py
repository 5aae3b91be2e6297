"""MB87404, "VDF": the low-pass filters of eight of the sixteen voices; an M1 has two of them (cext/vdf_*.c).

| voice k at 20h * k | register | |
|---|---|---|
| 00 | CONTROL | bit 0 RUN: 0 clears the voice's filter and ramps, and samples pass as they are |
| 02-03 | CUTOFF | a code, unsigned |
| 04 | RAMP | bits 0-3, n: the next CUTOFF, EG or MG is there after 2^n frames |
| 06-07, 08-09 | EG, MG | codes, signed |
| others | | kept, without effect |

A word is taken over with its high byte, in the next frame, and reached in a straight line in exactly 2^n frames. The
filter's code is CUTOFF + EG + MG, saturated to 0-FFFF: a pitch in 1/256 semitone, 440 Hz x 2^((code / 256 - 69) / 12).
There the filter is at -3 dB, at 31,250 frames a second. From code 8600 (key 134) on it passes samples bit for bit.

Samples have 24 bits. A pole goes k of the way to its input in a frame, its state has 8 bits of fraction, and what is
left of a way is rounded away from zero: it arrives at what it is given, silence as well, exactly, and never goes beyond
it. k is interpolated between the keys of a table (cext/vdf_tables.h); between key 130, the last below half the frame
rate, and 134 it goes straight to 1, so there the code names no -3 dB point.

Confirmed (photographs, MAME's driver at second hand): two of these chips, their two windows of 256 bytes, one reset
line. Confirmed (many): a digital low-pass without resonance for each oscillator.
Guessed: all of the above. H-VDF8, which voices are whose; H-VDF12, the number of poles; H-CUT, what a code means. The
registers, their widths and the ramps are this project's stand-in.
Sources: facts m1-sound 2, 3, 5, 7.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from korgm1.errors import SnapshotError, UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.snapshot import Block
from korgm1.sound.native import ffi, lib

VOICES = 8
VERSION = 1
"""Layout of the snapshot; goes up with every change of `struct vdf_mb87404`."""
LAWS = {"whole": 0, "pole": 1}
"""The laws of H-CUT, as the C side numbers them."""
POLES = (1, 2, 4)


class Mb87404:
    """One of the chips; RUN is 0 in all voices at first.

    Args:
        poles: 1, 2 or 4 (H-VDF12).
        law: "whole" or "pole": the code names the -3 dB point of the filter, or of each pole alone (H-CUT).
        open_bus: the byte a read gives (H-OPENBUS).

    Raises:
        UsageError: another number of poles, another law.

    >>> vdf = Mb87404()
    >>> vdf.write(0, 1); vdf.write(2, 0); vdf.write(3, 69)
    >>> step = np.full((8, 4000), 1000, np.int32)
    >>> out = vdf.samples(step)
    >>> int(out[0, 0]), int(out[0, 10]), int(out[0, 3999]), int(out[1, 0])
    (16, 468, 1000, 1000)
    """

    def __init__(self, poles: int = 2, law: str = "whole", open_bus: int = 0xFF) -> None:
        if poles not in POLES or law not in LAWS:
            raise UsageError(f"a filter of {poles} poles, law {law!r}", f"1, 2 or 4 poles; {' or '.join(LAWS)}")
        self._poles, self._law, self._open_bus = poles, LAWS[law], open_bus
        self._chip = ffi.new("vdf_mb87404 *")
        self.reset("power")

    @classmethod
    def of(cls, hypotheses: Hypotheses) -> Mb87404:
        """The chip as the hypotheses have it.

        >>> Mb87404.of(Hypotheses({"H-VDF12": 4})).poles
        4
        """
        return cls(hypotheses["H-VDF12"], hypotheses["H-CUT"], hypotheses["H-OPENBUS"])

    def reset(self, kind: str) -> None:
        """Registers 0, filters and ramps cleared; power-on and the reset line do the same (ASSUMED)."""
        lib.vdf_init(self._chip, self._poles, self._law)

    def read(self, offset: int) -> int:
        """What nobody drives."""
        return self._open_bus

    def write(self, offset: int, value: int) -> None:
        """Write a register (0-FF) before the next frame."""
        lib.vdf_write(self._chip, offset, value)

    def peek(self, offset: int) -> int:
        """As `read`."""
        return self._open_bus

    @property
    def poles(self) -> int:
        """Poles of each filter."""
        return self._poles

    @property
    def pointer(self) -> Any:
        """The C struct, for who wires chips; the same as long as this object lives."""
        return self._chip

    @property
    def registers(self) -> bytes:
        """The 256 bytes as they were written."""
        return bytes(self._chip.written)

    @property
    def ringing(self) -> int:
        """Bit k: voice k's filter still holds something."""
        return int(lib.vdf_ringing(self._chip))

    def code(self, voice: int) -> int:
        """CUTOFF + EG + MG of a voice (0-7), saturated, as in the latest frame."""
        return int(lib.vdf_code(self._chip, voice))

    def samples(self, rows: NDArray[np.int32], sounding: int = 0xFF) -> NDArray[np.int32]:
        """Run the chip.

        Args:
            rows: 8 x n samples of 24 bits; where a filter runs, what is beyond is saturated.
            sounding: bit k: row k is what voice k is given. Other rows are silence, whatever stands in them.

        Returns:
            8 x n samples of 24 bits. The same whatever n the time is cut into.

        Raises:
            UsageError: another shape.
        """
        if np.ndim(rows) != 2 or len(rows) != VOICES:
            raise UsageError(f"samples of shape {np.shape(rows)}", "eight rows")
        out = np.array(rows, np.int32, order="C")
        lib.vdf_frames(self._chip, ffi.from_buffer("int32_t[]", out), out.shape[1], sounding)
        return out

    def snapshot(self) -> Block:
        """The chip as it is: layout version and the bytes of the C struct, in the host's byte order."""
        return {"version": VERSION, "chip": bytes(ffi.buffer(self._chip))}

    def restore(self, block: Block) -> None:
        """Take a snapshot back; what follows is bit for bit what would have followed.

        Raises:
            SnapshotError: another layout, or values no chip can have; nothing changes then.
        """
        data: Any = block.get("chip")
        if block.get("version") != VERSION or not isinstance(data, bytes) or len(data) != ffi.sizeof("vdf_mb87404"):
            raise SnapshotError("the filters of another layout", f"version {VERSION}")
        chip = ffi.new("vdf_mb87404 *")
        ffi.buffer(chip)[:] = data
        if not lib.vdf_valid(chip) or (chip.poles, chip.each) != (self._poles, self._law):
            raise SnapshotError("values in the filters that no chip with these guesses can have")
        ffi.buffer(self._chip)[:] = data
