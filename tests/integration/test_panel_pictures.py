"""The window's pictures in docs are what the tool draws: the display to the dot, the rest but for a font's version."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from png_pixels import pixels

import battery_pictures
import panel_pictures
from korgm1.frontends.panel_layout import layout_of

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def sram() -> bytes:
    return battery_pictures.my_sram()


@pytest.mark.parametrize("name", panel_pictures.PICTURES)
def test_a_committed_picture_is_what_the_tool_draws(
    tmp_path: Path, sram: bytes, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    panel_pictures.draw(tmp_path, name, sram)
    here, there = pixels(DOCS / name), pixels(tmp_path / name)
    again = f"docs/{name} is another picture: run tools/panel_pictures.py"
    layout = layout_of("m1r" in name)
    assert here.shape == there.shape == (layout.size[1], layout.size[0], 3), again
    x, y, w, h = (round(part) for part in layout.lcd)
    assert (here[y : y + h, x : x + w] == there[y : y + h, x : x + w]).all(), again
    assert np.abs(here - there).mean() < 0.5, again


def test_they_are_three_pictures_and_stand_on_the_page() -> None:
    page = (DOCS / "panel.md").read_text("utf-8")
    assert len({pixels(DOCS / name).tobytes() for name in panel_pictures.PICTURES}) == 3
    for name in panel_pictures.PICTURES:
        assert f"]({name})" in page
