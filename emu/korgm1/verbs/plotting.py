"""The one place where matplotlib is imported: figures that are saved as PNG, the same bytes each time."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from korgm1.errors import UserError, pip_install
from korgm1.files import check_ending, write_atomic

INK, SOFT, GRID = "#22262b", "#6b7480", "#dfe3e8"
BLUE, ORANGE, RED, GREEN, VIOLET, YELLOW = "#1f6fb4", "#d9791a", "#c22f35", "#2f8f5b", "#7a55a8", "#e3b32c"

STYLE = {
    "font.family": "DejaVu Sans", "font.size": 10, "axes.edgecolor": SOFT, "axes.labelcolor": INK, "text.color": INK,
    "xtick.color": SOFT, "ytick.color": SOFT, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": GRID, "grid.linewidth": 0.8, "axes.axisbelow": True, "axes.titleweight": "bold",
    "axes.titlelocation": "left", "legend.frameon": False, "figure.facecolor": "white",
}
"""What every picture looks like."""


def check_picture(path: Path) -> None:
    """Find out, before any work, whether a picture can be made and is called what it will be.

    Raises:
        UsageError: the name ends as if it were no PNG.
        UserError: matplotlib is not installed.
    """
    check_ending(path, ".png", "pictures are PNG")
    _matplotlib()


def figure(width: float = 10.0, height: float = 7.0) -> Any:
    """An empty matplotlib Figure of so many inches in the house's style.

    Raises:
        UserError: matplotlib is not installed.
    """
    matplotlib = _matplotlib()
    with matplotlib.rc_context(STYLE):
        return matplotlib.figure.Figure(figsize=(width, height), layout="constrained")


def subplots(fig: Any, rows: int, columns: int = 1, **options: Any) -> Any:
    """Axes of `figure` in a grid, in the house's style; the options are those of `Figure.subplots`."""
    with style():
        return fig.subplots(rows, columns, **options)


def style() -> Any:
    """The house's style, for a `with`."""
    return _matplotlib().rc_context(STYLE)


def drawn(fig: Any, dpi: int = 110) -> bytes:
    """A figure as the bytes of a PNG file."""
    out = io.BytesIO()
    with style():
        fig.savefig(out, format="png", dpi=dpi, metadata={"Software": None})
    return out.getvalue()


def save(fig: Any, path: Path, dpi: int = 110) -> None:
    """Draw a figure and write it, all or nothing, as PNG.

    Raises:
        UserError: the file cannot be written; an older one is still whole.
    """
    write_atomic(path, drawn(fig, dpi))


def _matplotlib() -> Any:
    try:
        import matplotlib
        import matplotlib.backends.backend_agg
        import matplotlib.figure
    except ImportError as error:
        raise UserError(
            "a plot needs matplotlib, which is not installed", "the extra of that name", pip_install("korgm1[plot]")
        ) from error
    return matplotlib
