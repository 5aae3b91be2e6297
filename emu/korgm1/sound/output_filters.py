"""Filters of the output stage that go on from block to block: the one place of the sound layer where scipy is imported.

All work on arrays of shape (outputs, samples) in float64, and give the same bits however the samples are cut into
blocks. scipy is imported when the first one is made.

What lies between the levels of the frames and the samples at another rate is linear, so it is one filter: the shape of
a held level, the reconstruction filter, and the band limit of the new rate, multiplied out on a fine grid of time.
Sources: facts m1-sound 1.2; its filters and the hold are guesses (`output_stage`).
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.errors import UserError, pip_install

Signal = npt.NDArray[np.float64]

RIPPLE = 0.5
"""dB, of the Chebyshev shape."""
STOP = 100.0
"""dB by which is attenuated what the new rate cannot carry."""
_LEAST_GRID = 256
"""Points of the grid in a frame, at least."""
_TINY = 1e-30
"""Added before the recursive filter: its state never gets so small (below 1e-308) that the processor slows down."""


def check_scipy() -> None:
    """Find out, before any work, whether there can be filters.

    Raises:
        UserError: scipy is not installed.
    """
    _scipy()


class Coupling:
    """The high-pass of a capacitor into a resistor.

    Args:
        hertz: its corner.
        rate: samples a second.
        outputs: how many.

    Raises:
        UserError: scipy is not installed.

    >>> steps = Coupling(2.0, 48000, 1).process(np.ones((1, 48000)))
    >>> bool(steps[0, 0] > 0.99), bool(abs(steps[0, -1]) < 1e-5)
    (True, True)
    """

    def __init__(self, hertz: float, rate: float, outputs: int) -> None:
        signal = _scipy()
        self._run = signal.sosfilt
        self._sections = signal.butter(1, hertz, "highpass", fs=rate, output="sos")
        self._state = np.zeros((1, outputs, 2))

    def process(self, signal: Signal) -> Signal:
        """The next samples."""
        if signal.shape[1] == 0:
            return signal
        out, self._state = self._run(self._sections, signal + _TINY, axis=1, zi=self._state)
        return np.asarray(out)


class Reconstruction:
    """From the levels of frames to samples at another rate: sample n out is the outputs at the time n / rate_out.

    The level of frame m begins at m / rate_in. What the band limit would delay is taken out; what the hold and the
    reconstruction filter delay is not.

    Args:
        rate_in: frames a second.
        rate_out: samples a second.
        late: for each output, how far into the frame its level begins, 0 to 1.
        hold: the part of a frame for which a level is held, up to 1, and as much higher that 0 Hz has the gain 1;
            0: no hold, the levels are samples.
        lpf: shape ("none", "butterworth", "chebyshev"), corner in Hz (3 dB or `RIPPLE` down) and order.

    Raises:
        UserError: scipy is not installed.

    >>> plain = Reconstruction(31250, 48000, [0.0])
    >>> parts = [plain.process(np.ones((1, 100))), plain.process(np.ones((1, 525))), plain.finish()]
    >>> sum(part.shape[1] for part in parts)
    960
    """

    def __init__(
        self, rate_in: int, rate_out: int, late: Sequence[float], hold: float = 0.0,
        lpf: tuple[str, float, int] = ("none", 0.0, 0),
    ) -> None:  # fmt: skip
        signal = _scipy()
        ratio = Fraction(rate_out, rate_in)
        self._up, self._down = ratio.numerator, ratio.denominator
        finer = -(-_LEAST_GRID // self._up)
        frame = self._up * finer    # points of the fine grid in a frame
        response, middle = _response(signal, rate_in, rate_out, frame, hold, lpf)
        # points before the time 0: so many that outputs fall on those that upfirdn computes
        self._ahead = -(-middle // (finer * self._down)) * self._down
        self._taps = []
        for part in late:
            delayed = np.concatenate([np.zeros(self._ahead * finer - middle + round(part * frame)), response])
            self._taps.append(delayed[::finer])
        self._run = signal.upfirdn
        self._kept = np.zeros((len(late), 0))    # frames from number _from on
        self._from = self._taken = self._given = 0

    def process(self, levels: Signal) -> Signal:
        """The samples out that are settled by the frames in so far."""
        self._taken += levels.shape[1]
        self._kept = np.concatenate([self._kept, levels], axis=1)
        # sample n looks at frames up to (n x down + ahead) / up
        return self._take(((self._taken * self._up - 1 - self._ahead) // self._down) + 1)

    def finish(self) -> Signal:
        """The rest, once, as if silence followed: in all, a sample for each time n / rate_out within the frames in."""
        self._kept = np.pad(self._kept, ((0, 0), (0, self._ahead // self._up + 1)))
        return self._take(-(-self._taken * self._up // self._down))

    def _take(self, end: int) -> Signal:
        start, self._given = self._given, max(end, self._given)
        if end <= start:
            return np.zeros((len(self._kept), 0))
        shift = (self._ahead - self._from * self._up) // self._down
        out = np.stack([
            self._run(taps, row, self._up, self._down)[start + shift : end + shift]
            for taps, row in zip(self._taps, self._kept, strict=True)
        ])
        # frames that no later sample looks at go, in steps of `down`, so that samples stay on what upfirdn computes
        longest = max(map(len, self._taps))
        unused = (end * self._down + self._ahead - longest) // self._up - self._from
        drop = max(0, unused // self._down * self._down)
        self._kept = self._kept[:, drop:]
        self._from += drop
        return out


def _response(
    signal: Any, rate_in: int, rate_out: int, frame: int, hold: float, lpf: tuple[str, float, int]
) -> tuple[Signal, int]:
    """What one level of 1 does, on a grid of `frame` points a frame, and the point at which its frame begins."""
    grid = rate_in * frame
    stop = min(rate_in, rate_out) / 2 if hold == 0 else rate_out / 2
    edge = max(0.8 * stop, min(0.92 * stop, rate_in / 2))    # Hz up to which all passes
    taps, beta = signal.kaiserord(STOP, (stop - edge) / (grid / 2))
    taps += 1 - taps % 2
    response = frame * signal.firwin(taps, (stop + edge) / 2, window=("kaiser", beta), fs=grid)
    if hold > 0:
        response = _held(response, round(hold * frame))
    if lpf[0] != "none":
        zeros, poles, gain = _low_pass(signal, lpf, grid)
        tail = int(-16 / np.log(np.abs(poles).max()))    # until the slowest has fallen by e^16, 139 dB
        response = signal.sosfilt(signal.zpk2sos(zeros, poles, gain), np.pad(response, (0, tail)))
    return response, taps // 2


def _held(response: Signal, width: int) -> Signal:
    """Convolved with a pulse of so many points, whose sum is 1."""
    total = np.cumsum(np.pad(response, (width, width - 1)))
    return np.asarray((total[width:] - total[:-width]) / width)


def _low_pass(signal: Any, lpf: tuple[str, float, int], grid: int) -> tuple[Any, Any, float]:
    """Zeros, poles and gain; the grid is so fine that the bilinear transform bends nothing."""
    shape, hertz, order = lpf
    if shape == "butterworth":
        zeros, poles, gain = signal.butter(order, hertz, fs=grid, output="zpk")
    else:
        zeros, poles, gain = signal.cheby1(order, RIPPLE, hertz, fs=grid, output="zpk")
        if order % 2 == 0:    # an even order has its dip at 0 Hz; so that 0 Hz has the gain 1
            gain *= 10 ** (RIPPLE / 20)
    return zeros, poles, gain


def _scipy() -> Any:
    try:
        import scipy.signal
    except ImportError as error:
        raise UserError(
            "this needs scipy, which is not installed", hint=pip_install("scipy") + ", or --dac digital --rate native"
        ) from error
    return scipy.signal
