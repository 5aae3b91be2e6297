"""PCM54HP: the one 16-bit converter of all four outputs, on the DAC board KLM-1261.

| coded as | word | means |
|---|---|---|
| complementary offset binary, code = 7FFFh - s | 0000 | +full scale (s = 7FFFh) |
| | 7FFF | zero |
| | 8000 | zero - 1 LSB |
| | FFFF | -full scale (s = -8000h) |

A frame has four slots. In each the 20-bit sample of one output is put into the range where it fills most of the
converter, rounded to 16 bits (halves away from zero), converted, divided by the range again, and held for that output.
What the converter gives is a table of 65,536 levels made from 16 weights: the data sheet says that drift and linearity
follow the matching of the ladder alone, so the error is static. Levels are in 1/4096 of its LSB: a full-scale 20-bit
sample is 2^27.

Confirmed (data sheet): the coding, 16 bits, +-3 V or +-1 mA full scale, the external trim of the most significant
weight, the major carry as the worst place. Confirmed (owners' repairs): one converter, current output, a demultiplexer
to 1/L, 2/R, 3 and 4. A service-manual crop shows a 3-bit analogue gain range. Glitch, droop, pedestal and crosstalk of
the holds: none (settling 350 ns in a slot of 8 us).
Guessed: H-RANGE, the law of the range, here chosen anew for each sample; H-DAC-ERROR, how good the weights are;
H-DAC-SLOTS, the order of the slots.
INFERENCE: the gain before the converter is arithmetic, so the division is behind it, and an error of the converter's
zero is divided with the sample. With ranges chosen per sample an untrimmed +-30 mV (the sister PCM56's typical value)
would step by up to 7/8 of itself whenever the range changes; so profiles have no zero error, and `zero` adds one.
Sources: facts m1-sound 1.1, 1.2; the C side is cext/dac_pcm54.c.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.physics.uniform import key, normal
from korgm1.snapshot import Block
from korgm1.sound.native import ffi, lib

OUTPUTS = ("1/L", "2/R", "3", "4")
LSB = 4096
"""Levels of one LSB of the converter at range x1."""
FULL_SCALE = 0x8000 * LSB
SAMPLE_BITS = 20
ZERO_CODE = 0x7FFF

RANGES = {"none": 0, "x1x2x4x8": 1, "x1x4x16": 2}
"""The laws of H-RANGE, as the C side numbers them."""
PROFILES = {"ideal": (0.0, 0.0), "typical": (1.0, 0.5), "h-worst": (8.0, 0.0)}
"""H-DAC-ERROR: error of the most significant weight, and sigma of what is drawn for it, both in LSB. ASSUMED: 2 LSB
give the published distortion of the K grade, 4 that of the J grade; nothing was measured on an M1."""
_STREAM = 0x54
"""Which of a seed's streams the weights are drawn from."""

Samples = npt.NDArray[np.int32]


def code(value: int) -> int:
    """The 16 pins for a signed sample of 16 bits; what is beyond saturates.

    >>> [f"{code(s):04X}" for s in (0x7FFF, 1, 0, -1, -0x8000, 99999)]
    ['0000', '7FFE', '7FFF', '8000', 'FFFF', '0000']
    """
    return ZERO_CODE - max(-0x8000, min(0x7FFF, value))


def weight_errors(profile: str, seed: int = 0) -> list[float]:
    """The errors of one unit's 16 weights in LSB, bit 0 first.

    A weight is made of as much resistor area as it has current, so sigma falls by the square root of two from each bit
    to the next lower one.

    Args:
        profile: of `PROFILES`.
        seed: which unit; the same seed is the same unit on every machine.

    >>> weight_errors("h-worst")[14:]
    [0.0, 8.0]
    >>> weight_errors("typical", 1) == weight_errors("typical", 1) != weight_errors("typical", 2)
    True
    """
    most, sigma = PROFILES[profile]
    errors = [sigma * 2 ** ((bit - 15) / 2) * normal(key(seed, _STREAM, bit)) if sigma else 0.0 for bit in range(16)]
    errors[15] += most
    return errors


def slot_order(text: str) -> list[int]:
    """The outputs, from 0, in the order of their slots.

    Args:
        text: the value of H-DAC-SLOTS, outputs from 1.

    Raises:
        UsageError: not each output once.

    >>> slot_order("2,1,3,4")
    [1, 0, 2, 3]
    """
    words = [word.strip() for word in text.split(",")]
    if sorted(words) != ["1", "2", "3", "4"]:
        raise UsageError(f"H-DAC-SLOTS={text!r} cannot be used", "each of the outputs 1, 2, 3, 4 once")
    return [int(word) - 1 for word in words]


class Pcm54:
    """The converter with its range and its holds.

    Args:
        errors: of the 16 weights in LSB, bit 0 first (see `weight_errors`); none: ideal.
        ranges: of `RANGES` (H-RANGE).
        slots: the output, 0 to 3, that each slot serves (H-DAC-SLOTS).
        trim: LSB that the trimmer of pin 1 adds to the most significant weight.
        zero: the bipolar zero error in LSB.

    Raises:
        ValueError: an error beyond 512 LSB, an unknown law, or slots that are not each output once.

    >>> dac = Pcm54(ranges="x1x4x16")
    >>> [f"{word:05X}" for word in dac.words([[1, -1, 0x7FFFF, 0x8000]])[0]]
    ['47FFE', '48000', '00000', '25FFF']
    >>> (dac.frames([[1, -1, 0x8000, -0x80000]]) / (FULL_SCALE >> 19)).tolist()
    [[1.0, -1.0, 32768.0, -524288.0]]
    """

    def __init__(
        self, errors: Sequence[float] = (0.0,) * 16, ranges: str = "none", slots: Sequence[int] = (0, 1, 2, 3),
        trim: float = 0.0, zero: float = 0.0,
    ) -> None:  # fmt: skip
        weights = [*errors[:15], errors[15] + trim] if len(errors) == 16 else []
        if not weights or max(map(abs, [*weights, zero])) > lib.DAC_MOST_ERROR // LSB:
            raise ValueError("errors of 16 weights and of the zero, at most 512 LSB each")
        if ranges not in RANGES:
            raise ValueError(f"ranges {ranges!r}, not one of {', '.join(RANGES)}")
        if sorted(slots) != [0, 1, 2, 3]:
            raise ValueError(f"slots {slots}, not each output once")
        self._chip = ffi.new("dac_pcm54 *")
        self._error = [round(error * LSB) for error in weights]
        self._zero = round(zero * LSB)
        self._ranges = ranges
        self._slots = list(slots)
        self.reset("power")

    @classmethod
    def of(cls, hypotheses: Hypotheses, seed: int = 0, trim: float = 0.0, zero: float = 0.0) -> Pcm54:
        """The converter of one instrument, as the hypotheses have it; `seed` is which unit it got.

        Raises:
            UsageError: H-DAC-SLOTS is not each output once.

        >>> Pcm54.of(Hypotheses({"H-RANGE": "none", "H-DAC-ERROR": "ideal"})).frames([[16, -16, 0, 5]]).tolist()
        [[4096, -4096, 0, 0]]
        """
        return cls(
            weight_errors(hypotheses["H-DAC-ERROR"], seed), hypotheses["H-RANGE"],
            slot_order(hypotheses["H-DAC-SLOTS"]), trim, zero,
        )  # fmt: skip

    def reset(self, kind: str) -> None:
        """"power" only, the part has no reset pin: zero is converted and held."""
        if kind == "power":
            lib.dac_pcm54_init(self._chip)
            self._set(lib.dac_pcm54_set_ranges(self._chip, RANGES[self._ranges]))
            self._set(lib.dac_pcm54_set_slots(self._chip, self._slots))
            self._set(lib.dac_pcm54_set_errors(self._chip, self._error, self._zero))

    def frames(self, samples: npt.ArrayLike) -> Samples:
        """The levels held for the outputs after each frame.

        Args:
            samples: whole numbers, shape (frames, 4), 20 bits signed; what is beyond saturates.

        Returns:
            int32 of the same shape, `FULL_SCALE` for a full-scale sample.

        Raises:
            ValueError: another shape, or no whole numbers.
        """
        given = _frames(samples)
        levels: Samples = np.empty_like(given)
        lib.dac_pcm54_frames(
            self._chip, ffi.from_buffer("int32_t[]", given), ffi.from_buffer("int32_t[]", levels), len(given)
        )
        return levels

    def words(self, samples: npt.ArrayLike) -> npt.NDArray[np.uint32]:
        """What the converter is handed, in the order of the slots: code, range << 16; arguments as for `frames`."""
        given = _frames(samples)
        words = np.empty(given.shape, np.uint32)
        lib.dac_pcm54_words(
            self._chip, ffi.from_buffer("int32_t[]", given), ffi.from_buffer("uint32_t[]", words), len(given)
        )
        return words

    def table(self) -> Samples:
        """The level of each of the 65,536 codes at range x1."""
        levels: Samples = np.frombuffer(ffi.buffer(self._chip.level), np.int32).copy()
        return levels

    @property
    def slots(self) -> Sequence[int]:
        """The output, 0 to 3, that each slot of a frame serves."""
        return tuple(self._slots)

    def held(self) -> list[int]:
        """The levels held now, output 1/L first."""
        return list(self._chip.hold)

    def snapshot(self) -> Block:
        """The unit (weights, zero), how it is wired, and the word each output holds."""
        return {
            "error": list(self._error), "zero": self._zero, "ranges": self._ranges, "slots": list(self._slots),
            "words": list(self._chip.word),
        }  # fmt: skip

    def restore(self, block: Block) -> None:
        """Take a snapshot back; it brings its own unit along."""
        self._error, self._zero = list(block["error"]), block["zero"]
        self._ranges, self._slots = block["ranges"], list(block["slots"])
        self.reset("power")
        self._set(lib.dac_pcm54_set_held(self._chip, block["words"]))

    def _set(self, answer: int) -> None:
        if answer:
            raise ValueError("a setting that the converter cannot have")


def _frames(samples: npt.ArrayLike) -> Samples:
    """Samples as the C side takes them."""
    given = np.asarray(samples)
    if given.ndim != 2 or given.shape[1] != len(OUTPUTS) or not np.issubdtype(given.dtype, np.integer):
        raise ValueError("frames of four whole numbers")
    within: Samples = np.ascontiguousarray(np.clip(given, -1 << SAMPLE_BITS, 1 << SAMPLE_BITS), np.int32)
    return within
