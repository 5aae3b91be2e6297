"""A sweep in a few lines, and in numbers for a picture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.quantities import format_duration
from korgm1.sweep.grid import Grid
from korgm1.sweep.outcome import OUTCOMES
from korgm1.sweep.point import Row

Field = npt.NDArray[np.float64]
UP_TO = (
    "up to: the highest cell volts at which a battery message was seen (warned), or stored data were not whole",
    "or no play page came (hit), whatever the time off and the chips; -: at none",
)
"""What the last two columns of the table are."""


def shares(grid: Grid, rows: Sequence[Row]) -> Field:
    """The share of the chips, 0 to 1, that came to each outcome.

    Args:
        grid: of the sweep.
        rows: all of them, or those that are done, in any order.

    Returns:
        By temperature, volts, time off, outcome (in the order of OUTCOMES); NaN where no chips are done.
    """
    counts = np.zeros((*_shape(grid), len(OUTCOMES)))
    kinds = np.array([OUTCOMES.index(row.outcome) for row in rows], np.intp)
    np.add.at(counts, (*_places(grid, rows), kinds), 1)
    return _part(counts, counts.sum(axis=3, keepdims=True))


def mean_lost(grid: Grid, rows: Sequence[Row]) -> Field:
    """The mean number of cells lost, by temperature, volts and time off; NaN where no chips are done."""
    counts, lost, places = np.zeros(_shape(grid)), np.zeros(_shape(grid)), _places(grid, rows)
    np.add.at(counts, places, 1)
    np.add.at(lost, places, [row.cells_lost for row in rows])
    return _part(lost, counts)


def _shape(grid: Grid) -> tuple[int, int, int]:
    return len(grid.celsius), len(grid.volts), len(grid.off_seconds)


def _places(grid: Grid, rows: Sequence[Row]) -> tuple[npt.NDArray[np.intp], ...]:
    """Where each row stands in the lists of temperatures, volts and times."""
    return tuple(
        np.searchsorted(getattr(grid, name), np.array([getattr(row, name) for row in rows], np.float64))
        for name in ("celsius", "volts", "off_seconds")
    )


def _part(some: Field, whole: Field) -> Field:
    part: Field = np.divide(some, whole, out=np.full(some.shape, np.nan), where=whole > 0)
    return part


def title(description: Mapping[str, Any]) -> str:
    """The instrument of a sweep in a line."""
    firmware = description["firmware"]
    extra = [*description["faults"], *(f"{key}={value}" for key, value in description["hypotheses"].items())]
    name = f"{description['model']}, {firmware['name']} {firmware['version']} (sha1 {firmware['sha1'][:12]})"
    return ", ".join([name, *extra])


def as_text(rows: Iterable[Row]) -> str:
    """The share of each outcome by temperature, and the highest cell volts at which a message or a loss was seen.

    The last line says what these are.

    >>> row = Row(2.0, 0.0, 25.0, 0, 2.0, 1.7, 3, 1, "partial", 1, "", 1.5, "Prog", "", "00")
    >>> print(as_text([row, row._replace(volts=3.0, outcome="play", warned=0)]))
       C   points      play   warning   partial      init      hang   warned up to   data hit up to
      25        2    50.00%     0.00%    50.00%     0.00%     0.00%         2.00 V           2.00 V
    up to: the highest cell volts at which a battery message was seen (warned), or stored data were not whole
    or no play page came (hit), whatever the time off and the chips; -: at none
    """
    by_celsius: dict[float, list[Row]] = {}
    for row in rows:
        by_celsius.setdefault(row.celsius, []).append(row)
    lines = ["   C   points" + "".join(f"{name:>10}" for name in OUTCOMES) + "   warned up to   data hit up to"]
    for celsius, some in sorted(by_celsius.items()):
        part = [sum(row.outcome == name for row in some) / len(some) for name in OUTCOMES]
        warning = _highest(some, lambda row: bool(row.warned))
        hit = _highest(some, lambda row: row.outcome not in ("play", "warning"))
        lines.append(
            f"{celsius:4g} {len(some):8,}" + "".join(f"{share:10.2%}" for share in part) + f"{warning:>15}{hit:>17}"
        )
    return "\n".join([*lines, *UP_TO])


def as_words(grid: Grid) -> str:
    """A grid in a line.

    >>> as_words(Grid([3.3, 2.9, 3.1], [0.0, 86400.0], [25.0], range(4)))
    '3 voltages 2.9 to 3.3 V, 2 times off 0 s to 1 d, 1 temperature 25 C, 4 pairs of chips'
    """
    volts = _span(grid.volts, "voltage", lambda value: f"{value:g}", " V")
    off = _span(grid.off_seconds, "time", format_duration, "", " off")
    chips = len(grid.seeds)
    return f"{volts}, {off}, {_span(grid.celsius, 'temperature', lambda value: f'{value:g}', ' C')}, " + (
        f"{chips:,} pair{'' if chips == 1 else 's'} of chips"
    )


def _span(values: Sequence[float], name: str, show: Callable[[float], str], unit: str, more: str = "") -> str:
    several = len(values) > 1
    ends = f"{show(values[0])} to {show(values[-1])}" if several else show(values[0])
    return f"{len(values):,} {name}{'s' if several else ''}{more} {ends}{unit}"


def _highest(rows: Iterable[Row], which: Callable[[Row], bool]) -> str:
    volts = [row.volts for row in rows if which(row)]
    return f"{max(volts):.2f} V" if volts else "-"
