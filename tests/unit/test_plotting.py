"""Pictures are PNG files, the same bytes each time, and a missing matplotlib is a sentence."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from korgm1.errors import UserError
from korgm1.verbs import plotting


def draw(path: Path) -> bytes:
    pytest.importorskip("matplotlib")
    fig = plotting.figure(4, 3)
    axes = plotting.subplots(fig, 2, sharex=True)
    axes[0].plot([0, 1, 2], [3.0, 2.9, 2.0], color=plotting.BLUE, label="cell")
    axes[0].legend()
    plotting.save(fig, path)
    return path.read_bytes()


def test_a_picture_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    first = draw(tmp_path / "a.png")
    assert first.startswith(b"\x89PNG") and len(first) > 2000
    assert draw(tmp_path / "b.png") == first


def test_a_picture_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot be written"):
        draw(tmp_path / "file" / "x.png")


def test_without_matplotlib_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(UserError, match=rf"{re.escape(sys.executable)} -m pip install 'korgm1\[plot\]'"):
        plotting.check_picture(Path("p.png"))
