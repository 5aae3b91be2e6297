"""The picture of a sweep."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from korgm1.sweep.grid import Grid
from korgm1.sweep.outcome import OUTCOMES
from korgm1.sweep.point import Row
from korgm1.sweep.summary import shares
from korgm1.verbs import plotting, sweep_plot

pytest.importorskip("matplotlib")

SIZES = ([1.0, 2.0, 3.0], [0.0, 1.0, 60.0, 3600.0], [15.0, 25.0, 40.0], range(2))


def rows(grid: Grid) -> list[Row]:
    return [
        Row(*place, place.volts, place.volts, number * 1000, number * 500, OUTCOMES[number % 5], number % 2, "", 1.0,
            "Prog I00", "", "00" * 20)
        for number, place in enumerate(grid)
    ]


def description(grid: Grid) -> dict[str, object]:
    firmware = {"name": "OpenM1", "version": "#24", "sha1": "0123456789abcdef"}
    extra = {"faults": ["r29-open"], "hypotheses": {"H-VREF": 4.9}}
    return {"model": "m1", "firmware": firmware, **extra, **grid.describe()}


@pytest.mark.parametrize("grid", [
    Grid(*SIZES), Grid([3.0], [0.0], [25.0], [0]), Grid([1.0, 2.0], [0.0, 5.0], [25.0], [0]),
    Grid([1.0], [0.0, 1e-3, 6e9], [25.0], [0, 1]), Grid([0.0, 0.01, 3.35], [5.0], [25.0], [0]),
], ids=["all", "one point", "linear", "logarithmic", "one time"])
def test_a_sweep_of_any_shape_can_be_drawn_and_is_the_same_each_time(tmp_path: Path, grid: Grid) -> None:
    for name in ("a.png", "b.png"):
        sweep_plot.draw(tmp_path / name, description(grid), rows(grid))
    picture = (tmp_path / "a.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and picture == (tmp_path / "b.png").read_bytes()


def test_a_stopped_sweep_is_drawn_as_far_as_it_is_done(tmp_path: Path) -> None:
    grid = Grid(*SIZES)
    some = rows(grid)[:17]
    sweep_plot.draw(tmp_path / "some.png", description(grid), some)
    sweep_plot.draw(tmp_path / "whole.png", description(grid), rows(grid))
    assert (tmp_path / "some.png").read_bytes() != (tmp_path / "whole.png").read_bytes()
    colours = sweep_plot._blend(shares(grid, some)[1])
    done = {(place.volts, place.off_seconds) for place in list(grid)[:17] if place.celsius == 25}
    for volts, off in ((volts, off) for volts in grid.volts for off in grid.off_seconds):
        colour = colours[grid.volts.index(volts), grid.off_seconds.index(off)]
        assert (colour.tolist() != sweep_plot._rgb(plotting.GRID)) == ((volts, off) in done)


def test_a_cell_has_the_colour_of_its_most_frequent_outcome() -> None:
    share = np.zeros((1, 3, 5))
    share[0, 0, OUTCOMES.index("init")] = 1
    share[0, 1, OUTCOMES.index("play")], share[0, 1, OUTCOMES.index("hang")] = 0.75, 0.25
    share[0, 2, OUTCOMES.index("play")], share[0, 2, OUTCOMES.index("hang")] = 0.25, 0.75
    colours = sweep_plot._blend(share)[0]
    assert "#" + "".join(f"{round(part * 255):02x}" for part in colours[0]) == plotting.RED
    assert colours[1].argmax() == 1, "green"
    assert colours[2].argmin() == 1, "violet"
    assert (colours > 0.05).all() and (colours < 1).all()


def test_lines_stand_where_neighbours_differ() -> None:
    drawn: list[tuple[str, list[float]]] = []

    class Axes:
        def vlines(self, x: object, low: object, high: object, **_: object) -> None:
            drawn.append(("v", np.stack([x, low, high]).T.tolist()))  # type: ignore[list-item]

        def hlines(self, y: object, low: object, high: object, **_: object) -> None:
            drawn.append(("h", np.stack([y, low, high]).T.tolist()))  # type: ignore[list-item]

    kinds = np.array([[0, 0, -1], [0, 1, -1]])
    sweep_plot._boundaries(Axes(), kinds, np.array([0.0, 1.0, 2.0]), np.array([10.0, 20.0, 30.0, 40.0]), "black")
    assert drawn == [("v", [[1.0, 20.0, 30.0]]), ("h", [[20.0, 1.0, 2.0]])]


def figure_of(grid: Grid, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """The figure that is drawn, with its layout."""
    drawn: list[Any] = []
    save = plotting.save

    def keep(fig: Any, path: Path) -> None:
        save(fig, path)
        drawn.append(fig)

    monkeypatch.setattr(plotting, "save", keep)
    sweep_plot.draw(tmp_path / "x.png", description(grid), rows(grid))
    return drawn[0]


@pytest.mark.parametrize("celsius", [[25.0], [15.0, 25.0, 40.0]])
def test_nothing_of_legend_and_heading_is_cut_off(
    celsius: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    grid = Grid([1.0, 2.0, 3.0], [0.0, 1.0, 60.0, 3600.0], celsius, range(5))
    fig = figure_of(grid, monkeypatch, tmp_path)
    assert len(fig.legends[0].get_texts()) == len(OUTCOMES)
    for part in (fig.legends[0], fig._suptitle):
        box = part.get_window_extent()
        assert min(box.x0, box.y0) >= 0 and box.x1 <= fig.bbox.x1 and box.y1 <= fig.bbox.y1


@pytest.mark.parametrize(("times", "low"), [([0.0, 5.0, 10.0], [0.0, 5.0, 10.0, 15.0]), ([5.0], [5.0, 6.0])])
def test_a_row_begins_at_its_time(
    times: list[float], low: list[float], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fig = figure_of(Grid([1.0, 2.0], times, [25.0], [0]), monkeypatch, tmp_path)
    mesh = fig.axes[0].collections[0]
    assert mesh.get_coordinates()[:, 0, 1].tolist() == low


def test_the_words_of_an_outcome_are_those_of_the_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "sweep.md").read_text("utf-8")
    assert "more than half are as in the latter" in page and "| init | yes | most is as in an initialised RAM |" in page
    assert sweep_plot.MEANING["init"] == "init: most of what is stored is initialised"


def test_times_are_labelled_in_their_unit() -> None:
    assert [sweep_plot._unit([0.0, most])[1] for most in (1.0, 90.0, 1e4, 1e6, 1e9)] == [
        "seconds", "seconds", "hours", "days", "years"
    ]
