"""MB87402 and MB87403A, the tone generator: 16 oscillators, levels and panpots of 16 voices (cext/tg_*.c).

Voice v at 1000h + 20h v; words little endian:

| offset | register   |                                                                                       |
|--------|------------|---------------------------------------------------------------------------------------|
| 00     | CONTROL    | bit 0 KEY: 0->1 starts at START with a fraction of 0, 1->0 silence; bit 1 LOOP         |
| 01     | PAN        | 0 A, 1-9 = 9:1 to 1:9, 10 B, 11 C, 12 C+D, 13 and above D (H-PAN)                      |
| 02-03  | LEVEL      | 65536 = 1, straight amplitude; writing 03 starts a ramp of 2^n frames                 |
| 04     | LEVEL RAMP | n, bits 0-3, of the next LEVEL; 0: there in one frame                                 |
| 05     | PITCH RAMP | n of the next INCREMENT                                                               |
| 06-08  | INCREMENT  | 2^20 = a word a frame; writing 08 takes it                                            |
| 0A-0C  | START      | word address in the wave ROM, taken over at KEY 0->1 as are                           |
| 0E-10  | LOOP       | the word a loop goes back to; at END or above: no loop                                |
| 12-14  | END        | the word behind the last (H-LOOP)                                                     |

Reads give open bus (H-OPENBUS). A frame: both ramps take a step, the oscillator gives its word (H-INT) with 8 bits of
fraction and moves on by the increment; behind the filters the voice is multiplied by level and panpot and rounded for
each bus on its own; the sums are exact, then cut to 20 bits (H-BUS). Words beyond the wave ROM are 0. KEY stays 1
behind the end of a sound without loop. Nothing restarts while KEY is 1. Levels and increments go their way in silence
too.

Confirmed (photographs, service manual at second hand): the chips, 16 voices, four buses, the fourteen panpots.
Guessed: every register. Nothing public describes one; the layout is this project's own.
Sources: facts m1-sound 2, 4, 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from korgm1.errors import SnapshotError, UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.snapshot import Block
from korgm1.sound.native import ffi, lib

VERSION = 1
"""Layout of the snapshot; goes up with every change of `struct tg_mb87402`."""
VOICES = 16
WIRED: dict[str, dict[Any, int]] = {
    "H-INT": {"linear": lib.TG_LINEAR, "none": lib.TG_NONE, "4-point": lib.TG_FOUR},
    "H-LOOP": {"exclusive": 0, "inclusive": 1},
    "H-BUS": {6: 1, 12: 2, 18: 3, 24: 4},
    "H-PAN": {"ratio": 0, "power": 1},
}
"""What the guesses can be, as the C side has them; in the order of its arguments."""


@dataclass(frozen=True)
class Voice:
    """One voice, decoded.

    Attributes:
        key: KEY is 1.
        sounding: it gives samples: KEY is 1 and a sound without loop is not over.
        looping: LOOP is 1.
        pan: 0-13.
        level: where its level is, 1.0 = 65536; `level_target` where it goes, in `level_frames` more frames.
        increment: words a frame; `increment_target` where it goes, in `increment_frames` more frames.
        address: the word being played, with its fraction; 0 while it does not sound.
        start, loop, end: as written, for the next KEY 0->1.
    """

    key: bool
    sounding: bool
    looping: bool
    pan: int
    level: float
    level_target: float
    level_frames: int
    increment: float
    increment_target: float
    increment_frames: int
    address: float
    start: int
    loop: int
    end: int


class Mb87402:
    """The chip; all voices off at first.

    Args:
        interpolation: "linear", "none" or "4-point" (H-INT).
        loop: "exclusive" or "inclusive" (H-LOOP).
        headroom: 6, 12, 18 or 24 dB (H-BUS).
        pan: "ratio" or "power" (H-PAN).
        open_bus: the byte a read gives, 0-255 (H-OPENBUS).

    Raises:
        UsageError: none of these.

    >>> tg = Mb87402()
    >>> for offset, value in {0x03: 0x80, 0x08: 0x10, 0x0E: 1, 0x12: 3, 0x00: 3}.items():
    ...     tg.write(offset, value)
    >>> tg.frames(np.array([0, 8192, 16384], np.int16), 6)[:, 0].tolist()
    [0, 32768, 65536, 32768, 65536, 32768]
    """

    def __init__(self, interpolation: str = "linear", loop: str = "exclusive", headroom: int = 6, pan: str = "ratio",
                 open_bus: int = 0xFF) -> None:
        chosen = {"H-INT": interpolation, "H-LOOP": loop, "H-BUS": headroom, "H-PAN": pan}
        for key, value in chosen.items():
            if value not in WIRED[key]:
                raise UsageError(f"{key}={value!r} is not known", "one of " + ", ".join(map(str, WIRED[key])))
        self._open_bus = open_bus
        self._chip = ffi.new("tg_mb87402 *")
        lib.tg_init(self._chip, *(WIRED[key][value] for key, value in chosen.items()))

    @classmethod
    def of(cls, hypotheses: Hypotheses) -> Mb87402:
        """The chip with the guesses of a machine.

        >>> Mb87402.of(Hypotheses({"H-BUS": 18})).pointer.headroom_shift
        3
        """
        return cls(hypotheses["H-INT"], hypotheses["H-LOOP"], hypotheses["H-BUS"], hypotheses["H-PAN"],
                   hypotheses["H-OPENBUS"])

    def reset(self, kind: str) -> None:
        """Registers 0, voices off; power-on and the reset line do the same (ASSUMED)."""
        lib.tg_reset(self._chip)

    def read(self, offset: int) -> int:
        """What nobody drives."""
        return self._open_bus

    def write(self, offset: int, value: int) -> None:
        """Write a register; it acts from the next frame on.

        Args:
            offset: 0-1FF.
            value: 0-255.
        """
        lib.tg_write(self._chip, offset, value)

    def peek(self, offset: int) -> int:
        """As `read`; `registers` has what was written."""
        return self._open_bus

    @property
    def pointer(self) -> Any:
        """The C struct, for who wires chips; the same as long as this object lives."""
        return self._chip

    @property
    def registers(self) -> bytes:
        """The 512 bytes as they were written."""
        return bytes(self._chip.registers)

    @property
    def sounding(self) -> list[int]:
        """The voices that give samples, 0-15.

        >>> Mb87402().sounding
        []
        """
        bits = lib.tg_sounding(self._chip)
        return [voice for voice in range(VOICES) if bits >> voice & 1]

    def voice(self, number: int) -> Voice:
        """One voice, decoded.

        Args:
            number: 0-15.

        Raises:
            UsageError: no such voice.

        >>> tg = Mb87402(); tg.write(0x23, 0x40); tg.voice(1).level_target
        0.25
        """
        if not 0 <= number < VOICES:
            raise UsageError(f"voice {number}", "0 to 15")
        ports, now = self.registers[0x20 * number : 0x20 * number + 0x20], self._chip.voice[number]
        level, step = float(1 << 16 + lib.TG_LEVEL_BITS), float(1 << lib.TG_PHASE_BITS)
        start, loop, end = (int.from_bytes(ports[at : at + 3], "little") for at in (0x0A, 0x0E, 0x12))
        return Voice(
            key=bool(ports[0] & 1), sounding=bool(now.sounding), looping=bool(ports[0] & 2), pan=min(ports[1], 13),
            level=_present(now.level) / level, level_target=now.level.target / level,
            level_frames=_left(now.level),
            increment=_present(now.increment) / step, increment_target=now.increment.target / step,
            increment_frames=_left(now.increment),
            address=now.phase / step, start=start, loop=loop, end=end,
        )

    def frames(self, words: NDArray[np.int16], frames: int) -> NDArray[np.int32]:
        """Run the chip alone, without the filters between its two halves.

        Args:
            words: the wave ROM, signed; at most 2^24 words can be reached.
            frames: how many.

        Returns:
            frames x 4 words of 20 bits: buses A B C D of each frame. The same whatever the time is cut into.

        Raises:
            UsageError: words of another shape, or a negative number of frames.
        """
        given = np.ascontiguousarray(words)
        if given.ndim != 1 or given.dtype != np.int16:
            raise UsageError(f"words of shape {given.shape} and type {given.dtype}", "one row of int16")
        if frames < 0:
            raise UsageError(f"{frames} frames", "0 or more")
        buses = np.empty((frames, lib.TG_BUSES), np.int32)
        if frames:
            lib.tg_frames(self._chip, ffi.from_buffer("int16_t[]", given), len(given),
                          ffi.from_buffer("int32_t[]", buses), frames)
        return buses

    def snapshot(self) -> Block:
        """The chip as it is: layout version and the bytes of the C struct, in the host's byte order."""
        return {"version": VERSION, "chip": bytes(ffi.buffer(self._chip))}

    def restore(self, block: Block) -> None:
        """Take a snapshot back; what follows is bit for bit what would have followed.

        Raises:
            SnapshotError: another layout, or values no chip can have; nothing changes then.
        """
        data: Any = block.get("chip")
        if block.get("version") != VERSION or not isinstance(data, bytes) or len(data) != ffi.sizeof("tg_mb87402"):
            raise SnapshotError("the tone generator of another layout", f"version {VERSION}")
        chip = ffi.new("tg_mb87402 *")
        ffi.buffer(chip)[:] = data
        if not lib.tg_valid(chip) or _wiring(chip) != _wiring(self._chip):
            raise SnapshotError("values in the tone generator that no chip with these guesses can have")
        ffi.buffer(self._chip)[:] = data


def _wiring(chip: Any) -> tuple[int, ...]:
    return chip.interpolation, chip.loop_inclusive, chip.headroom_shift, chip.pan_power


def _present(ramp: Any) -> int:
    return int(lib.tg_ramp_value(ffi.addressof(ramp)))


def _left(ramp: Any) -> int:
    return (1 << int(ramp.bits)) - int(ramp.done)
