"""korgm1 compare: the words, the text, the JSON object, the page in a browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pygame
import pytest
from patience import LIMIT

from korgm1.board.lcd_picture import LIT
from korgm1.cli import main
from korgm1.comparing import side as sides

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[int, Path]:
    """The exit code and the page of two versions, with a script; the boots are all there, no experiment is."""
    folder = tmp_path_factory.mktemp("report")
    (folder / "input.toml").write_text('title = "Mode <b>GLOBAL</b>"\ndo = "on press=GLOBAL run=0.5s"\n')
    words = ["compare", "openm1:24", "openm1:29", "--workers", "1", "--script", str(folder / "input.toml")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sides, "EXPERIMENTS", {})
        return main([*words, "--html", str(folder / "report.html")]), folder / "report.html"


def test_the_same_firmware_is_identical(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "openm1:24", "openm1:24"]) == 0
    assert "identical: the same 131,072 bytes" in capsys.readouterr().out


def test_the_same_firmware_has_a_page_too(tmp_path: Path) -> None:
    out = tmp_path / "same.html"
    assert main(["compare", "openm1:24", "openm1:24", "--html", str(out)]) == 0
    assert "identical" in out.read_text("utf-8")


def test_differences_are_exit_code_5(report: tuple[int, Path]) -> None:
    assert report[0] == 5 and report[1].stat().st_size > 50_000


def test_nothing_in_the_page_comes_from_elsewhere(report: tuple[int, Path]) -> None:
    text = report[1].read_text("utf-8")
    assert "<script" not in text and "http" not in re.sub(r'http-equiv="', "", text)
    assert {source[:22] for source in re.findall(r'src="([^"]*)"', text)} == {"data:image/png;base64,"}
    assert "Mode &lt;b&gt;GLOBAL&lt;/b&gt;" in text


def test_links_of_the_page_lead_somewhere(report: tuple[int, Path]) -> None:
    text = report[1].read_text("utf-8")
    goals = re.findall(r'href="#([^"]+)"', text)
    assert len(goals) > 8 and set(goals) <= set(re.findall(r'id="([^"]+)"', text))


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium is installed to look at the page with")
def test_the_page_in_a_browser(report: tuple[int, Path], tmp_path: Path) -> None:
    """Its sections are there, and the pixels of LCD pictures: much of the LCD's ground colour."""
    url = report[1].as_uri()
    shot = tmp_path / "shot.png"
    common = [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    picture = [*common, f"--screenshot={shot}", "--window-size=1280,6000", url]
    subprocess.run(picture, check=True, capture_output=True, timeout=LIMIT)
    dom = subprocess.run([*common, "--dump-dom", url], check=True, capture_output=True, timeout=LIMIT, text=True).stdout
    for heading in ("Findings", "LCD timelines", "Port writes", "Maps of the ROMs", "Changed functions, side by side"):
        assert heading in dom
    assert dom.count("<section") >= 8
    pixels = pygame.surfarray.array3d(pygame.image.load(str(shot))).astype(int)
    assert pixels.shape[0] == 1280
    assert (abs(pixels - LIT.ground).sum(axis=2) < 24).sum() > 100_000
