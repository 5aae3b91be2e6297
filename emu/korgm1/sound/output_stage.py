"""What is behind the sample stream: the same sound looked at in three ways, at a rate that programs can play.

| view | is |
|---|---|
| digital | the 20-bit samples, no converter: what the effects chip sent |
| zoh | converted, each level held until the next: the stairs, with the sinc droop and the images above 15.6 kHz |
| analogue | zoh, then the reconstruction filter and the coupling capacitor |

The stream of whole numbers at 31,250 Hz is the sound; views are floating point and for listening, and nothing of them
goes back into the machine. Each output begins a step in its own slot, 8 us after that of the slot before.

Confirmed: nothing behind the converter; only that four outputs are held from one. A held frame loses 1.52 dB at 10 kHz
and 3.58 dB at 15 kHz (computed).
Guessed, and not measured: H-HOLD, H-DAC-SLOTS, H-LPF, H-LPF-HZ, H-LPF-ORDER, H-AC-HZ.
ASSUMED: 31,250 frames a second, CPU clocks / 256; argument `frame_rate`.
Sources: facts m1-sound 1.2.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from korgm1.clock import FRAME_RATE
from korgm1.hypotheses import Hypotheses
from korgm1.sound.output_filters import Coupling, Reconstruction, Signal

VIEWS = ("digital", "zoh", "analogue")
SLOTS = 4
SAMPLE_SCALE = 1 << 19
"""A full-scale sample."""
LEVEL_SCALE = 1 << 27
"""A full-scale level of the converter."""

DEPENDS: dict[str, tuple[str, ...]] = {
    "digital": (),
    "zoh": ("H-RANGE", "H-DAC-ERROR", "H-DAC-SLOTS", "H-HOLD"),
    "analogue": (
        "H-RANGE", "H-DAC-ERROR", "H-DAC-SLOTS", "H-HOLD", "H-LPF", "H-LPF-HZ", "H-LPF-ORDER", "H-AC-HZ",
    ),
}  # fmt: skip
"""The guesses each view stands on, beside those of the samples themselves."""


class Converter(Protocol):
    """What the views need of dac_pcm54.Pcm54."""

    @property
    def slots(self) -> Sequence[int]:
        """The output, 0 to 3, that each slot serves."""
        ...

    def frames(self, samples: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """Levels for samples, both of shape (frames, 4)."""
        ...


class OutputStage:
    """One view of the outputs, block by block.

    Args:
        view: of `VIEWS`.
        converter: a `Pcm54`; the digital view has no use for it.
        rate: samples a second out; none: that of the frames.
        frame_rate: frames a second.
        outputs: 4, or 2 for 1/L and 2/R alone.
        hold: "frame" or "slot" (H-HOLD).
        lpf: shape (H-LPF), corner in Hz and order of the reconstruction filter.
        ac: corner of the coupling in Hz.

    Raises:
        ValueError: an unknown view, or a view that needs the converter without one.
        UserError: scipy is not installed; the digital view at its own rate does without.

    >>> stage = OutputStage("digital")
    >>> stage.process(np.array([[0x40000, 0, -0x80000, 1]])).tolist()
    [[0.5, 0.0, -1.0, 1.9073486328125e-06]]
    """

    def __init__(
        self, view: str, converter: Converter | None = None, rate: int | None = None, *, frame_rate: int = FRAME_RATE,
        outputs: int = 4, hold: str = "frame",
        lpf: tuple[str, float, int] = ("butterworth", 14000.0, 6), ac: float = 2.0,
    ) -> None:  # fmt: skip
        if view not in VIEWS or outputs not in (2, 4):
            raise ValueError(f"view {view!r} of {outputs} outputs, not one of {', '.join(VIEWS)} of 2 or 4")
        if view == "digital":
            converter = None
        elif converter is None:
            raise ValueError(f"the {view} view needs the converter")
        self.view = view
        self.rate = rate or frame_rate
        self._outputs = outputs
        self._converter = converter
        late, held = [0.0] * outputs, 0.0
        if converter is not None:
            late = [list(converter.slots).index(output) / SLOTS for output in range(outputs)]
            held = 1.0 if hold == "frame" else 1 / SLOTS
        shape = lpf if view == "analogue" else ("none", 0.0, 0)
        plain = view == "digital" and self.rate == frame_rate
        self._filter = None if plain else Reconstruction(frame_rate, self.rate, late, held, shape)
        self._coupling = Coupling(ac, self.rate, outputs) if view == "analogue" else None

    @classmethod
    def of(cls, hypotheses: Hypotheses, view: str, converter: Converter | None = None, rate: int | None = None,
           **others: Any) -> OutputStage:
        """The stage of an instrument, as the hypotheses have it; `others`: frame_rate, outputs.

        >>> OutputStage.of(Hypotheses(), "digital", rate=44100).rate
        44100
        """
        lpf = (hypotheses["H-LPF"], hypotheses["H-LPF-HZ"], hypotheses["H-LPF-ORDER"])
        return cls(view, converter, rate, hold=hypotheses["H-HOLD"], lpf=lpf, ac=hypotheses["H-AC-HZ"], **others)

    def process(self, samples: npt.NDArray[np.integer]) -> Signal:
        """The next of the outputs' voltages, 1 = full scale of the converter.

        Args:
            samples: shape (frames, 4), 20 bits signed.

        Returns:
            shape (n, outputs). Filters look ahead, so a few milliseconds come with later calls or with `finish`.
        """
        if self._converter is None:
            signal = np.ascontiguousarray(samples[:, : self._outputs].T / SAMPLE_SCALE)
        else:
            levels = self._converter.frames(samples)
            signal = np.ascontiguousarray(levels[:, : self._outputs].T / LEVEL_SCALE)
        if self._filter is not None:
            signal = self._filter.process(signal)
        return self._coupled(signal)

    def finish(self) -> Signal:
        """What the filters still hold: in all, `process` and this give ceil(frames x rate / frame_rate) samples."""
        return self._coupled(np.zeros((self._outputs, 0)) if self._filter is None else self._filter.finish())

    def _coupled(self, signal: Signal) -> Signal:
        return (signal if self._coupling is None else self._coupling.process(signal)).T
