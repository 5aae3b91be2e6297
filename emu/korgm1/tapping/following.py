"""Whether a register follows a parameter, and by which law: analysis of series, without a machine.

| kind | what the trials show |
|---|---|
| constant | the same values at the same times, whatever the parameter |
| linear | value = slope * parameter + intercept, but for rounding |
| exponential | log2(value) = slope * parameter + intercept, but for rounding; four values at least |
| monotone | never up, or never down; not linear |
| step | monotone with two values only |
| changed | otherwise |
| count | the same values as far as they go, but more or fewer writes |
| timing | the same values, at other times |

A firmware that writes only what changes leaves writes out, so trials may have different numbers of them. A law is
sought at every write that at least half of the trials have, and at each trial's last; the others are left out of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from korgm1.clock import CPU_HZ
from korgm1.tapping.series import PHASES, Register, Series, Trial, series_of, widths_of

KINDS = ("linear", "exponential", "monotone", "step", "changed", "count", "timing", "constant")
"""The stronger first."""
LATE = CPU_HZ // 500
"""Clocks that a write may come earlier or later without that being something: 2 ms, a firmware's own business."""
ROUNDING = 1.0
"""By how much a value may miss the line, when the values go over at least eight times that."""
SHARE = 0.001
"""The same as a share of the values' range, for a law that is rounded in between."""
SIGNED = 5
"""Values of the parameter from which on numbers that are monotone only when read as signed are taken for signed."""
LAST = -1
"""In place of the number of a write: the last one of each trial."""
LOOKED_AT = 16
"""Places of a series at which laws are tried."""

Array = npt.NDArray[np.float64]


class Law(NamedTuple):
    """How values follow a parameter.

    Attributes:
        kind: "linear", "exponential", "monotone", "step", "changed" or "constant".
        slope, intercept: of the straight line that fits best, through log2 of the values where it is exponential; 0 and
            the value where it is constant.
        residual: the most by which a value misses the law.
        signed: the values were read as signed numbers.
    """

    kind: str
    slope: float
    intercept: float
    residual: float
    signed: bool


class Finding(NamedTuple):
    """What one register did in one phase.

    Attributes:
        kind: see the table above.
        law: of the write `write`, or of the count; None where nothing follows.
        write: which write the law is about, from 1; LAST for each trial's last; 0 for the count.
        writes: how many at least half of the trials have.
        first: which write is the first that differs, from 1; 0: none does.
        clocks: of that one, since the beginning of the phase, in the trial where it came first.
        values: what `law` is about, one for each trial; None where there was no such write.
    """

    register: Register
    phase: str
    kind: str
    law: Law | None
    write: int
    writes: int
    first: int
    clocks: int
    values: tuple[int | None, ...]


def law_of(xs: Sequence[float], values: Sequence[int], width: int = 1) -> Law:
    """The law by which values follow a parameter. With fewer than three parameter values nothing is called linear.

    Args:
        xs: the parameter's values.
        values: what was written, of the same length.
        width: bytes of the register, for signed numbers.

    >>> law_of([0, 33, 66, 99], [0, 8448, 16896, 25344], 2)
    Law(kind='linear', slope=256.0, intercept=0.0, residual=0.0, signed=False)
    >>> law_of([-2, -1, 0, 1, 2], [0xFE, 0xFF, 0, 1, 2]).signed, law_of([0, 1, 2, 3], [5, 5, 9, 9]).kind
    (True, 'step')
    """
    plain = _law(xs, values, False)
    half = 1 << 8 * width - 1
    if plain.kind in ("constant", "linear") or max(values) < half:
        return plain
    wanted = ("linear", "monotone") if len(set(xs)) >= SIGNED else ("linear",)
    signed = _law(xs, [value - 2 * half if value >= half else value for value in values], True)
    return signed if signed.kind in wanted and KINDS.index(signed.kind) < KINDS.index(plain.kind) else plain


def _law(xs: Sequence[float], values: Sequence[int], signed: bool) -> Law:
    x, y = np.array(xs, float), np.array(values, float)
    if (y == y[0]).all():
        return Law("constant", 0.0, float(y[0]), 0.0, signed)
    slope, intercept = _line(x, y)
    residual = float(np.abs(y - slope * x - intercept).max())
    spread = float(np.ptp(y))
    allowed = max(ROUNDING, SHARE * spread)
    points = len(set(xs))
    wide = spread >= 8 * allowed
    ordered = np.diff(y[np.argsort(x, kind="stable")])
    if points >= 3 and (residual <= 1e-9 * spread or (residual <= allowed and wide)):
        kind = "linear"
    elif points >= 4 and wide and y.min() > 0 and (curve := _curve(x, y))[2] <= allowed:
        kind, (slope, intercept, residual) = "exponential", curve
    elif (ordered >= 0).all() or (ordered <= 0).all():
        kind = "step" if len(set(values)) == 2 else "monotone"
    else:
        kind = "changed"
    return Law(kind, round(slope, 6) + 0.0, round(intercept, 6) + 0.0, round(residual, 6), signed)


def _line(x: Array, y: Array) -> tuple[float, float]:
    away = x - x.mean()
    square = float((away * away).sum())
    slope = float((away * y).sum()) / square if square else 0.0
    return slope, float(y.mean() - slope * x.mean())


def _curve(x: Array, y: Array) -> tuple[float, float, float]:
    slope, intercept = _line(x, np.log2(y))
    return slope, intercept, float(np.abs(y - np.exp2(slope * x + intercept)).max())


def findings(xs: Sequence[float], trials: Sequence[Trial]) -> list[Finding]:
    """What every register did that was written at all, in order of phase and port.

    Args:
        xs: the parameter's value in each trial.
        trials: as many.
    """
    widths = widths_of(trials)
    series = [series_of(trial, widths) for trial in trials]
    keys = {key for found in series for key in found}
    rank = {phase: number for number, phase in enumerate(PHASES)}
    return [
        follow(register, phase, xs, [found.get((register, phase), []) for found in series])
        for register, phase in sorted(keys, key=lambda key: (rank[key[1]], key[0]))
    ]


def follow(register: Register, phase: str, xs: Sequence[float], series: Sequence[Series]) -> Finding:
    """What one register did, by its series in each trial.

    >>> follow(Register(0x102, 1), "note", [0, 1, 2], [[(5, 10)], [(5, 12)], [(6, 14)]]).kind
    'linear'
    """
    counts = [len(rows) for rows in series]
    writes = sorted(counts)[len(counts) // 2 if len(counts) > 2 else 0]
    columns = [[rows[at] if at < len(rows) else None for rows in series] for at in range(writes)]
    differ = [at for at, column in enumerate(columns) if len({cell[1] for cell in column if cell}) > 1]
    if differ:
        law, write, values = _strongest(xs, series, columns, differ, register.width)
        clock = min(cell[0] for cell in columns[differ[0]] if cell)
        return Finding(register, phase, law.kind, law, write, writes, differ[0] + 1, clock, values)
    if len(set(counts)) > 1:
        at = min(counts)
        clock = min(rows[at][0] for rows in series if len(rows) > at)
        return Finding(register, phase, "count", law_of(xs, counts, 8), 0, at, at + 1, clock, tuple(counts))
    times = np.array([[clock for clock, _ in rows] for rows in series], np.int64)
    late = np.flatnonzero(np.ptp(times, axis=0) > LATE)
    if len(late):
        at = int(late[0])
        moments = times[:, at].tolist()
        return Finding(
            register, phase, "timing", law_of(xs, moments, 8), at + 1, writes, at + 1, min(moments), tuple(moments)
        )
    return Finding(register, phase, "constant", None, 0, writes, 0, 0, ())


def _strongest(
    xs: Sequence[float], series: Sequence[Series], columns: Sequence[Sequence[tuple[int, int] | None]],
    differ: Sequence[int], width: int,
) -> tuple[Law, int, tuple[int | None, ...]]:
    """The strongest law among the first write that differs, some behind it, and each trial's last.

    Returns:
        The law, the number of the write, and its values. Of equal laws it is the earliest write.
    """
    chosen = sorted({differ[round(index * (len(differ) - 1) / (LOOKED_AT - 1))] for index in range(LOOKED_AT)})
    tried = [(at + 1, columns[at]) for at in chosen] + [(LAST, [rows[-1] if rows else None for rows in series])]
    laws = []
    for write, column in tried:
        pairs = [(x, cell[1]) for x, cell in zip(xs, column, strict=True) if cell]
        law = law_of([x for x, _ in pairs], [value for _, value in pairs], width)
        if law.kind != "constant":
            laws.append((law, write, tuple(cell[1] if cell else None for cell in column)))
    return min(laws, key=lambda row: KINDS.index(row[0].kind))


def followers(found: Sequence[Finding]) -> list[Finding]:
    """Those that are not constant."""
    return [row for row in found if row.kind != "constant"]


def best(found: Sequence[Finding]) -> Mapping[Register, Finding]:
    """Of each register that follows, its strongest finding over all phases."""
    strongest: dict[Register, Finding] = {}
    for row in followers(found):
        known = strongest.get(row.register)
        if known is None or KINDS.index(row.kind) < KINDS.index(known.kind):
            strongest[row.register] = row
    return strongest
