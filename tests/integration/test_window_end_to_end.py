"""The real window, driven as its user drives it: Xvfb, a mouse, a keyboard, and what stands on the screen read back."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from instrument_window import InstrumentWindow, files, find_text
from patience import LIMIT, wait_for
from screen_driver import Screen, missing_tools, screen, started, without_display

from korgm1.session import Session

KEYS = """\
[window]
"ctrl+i" = "command card insert songs.card"
"ctrl+d" = "command scenario dead-cell"
"ctrl+shift+d" = "command scenario stop"
"ctrl+s" = "command save now.state"
"ctrl+g" = "command screenshot window.png window"
"""
IMAGE = "data/korgm1/m1-openm1.sram"
PLAY = "Prog I00 Init Prog"
RUN = [sys.executable, "-m", "korgm1", "run", "--mute"]


@pytest.fixture(scope="module")
def display(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    if missing_tools():
        pytest.skip(missing_tools())
    try:
        with screen(tmp_path_factory.mktemp("screen"), 2000, 1000) as found:
            yield found
    except RuntimeError as error:
        pytest.skip(str(error))


@contextmanager
def window(display: Screen, folder: Path, *words: str | Path, rack: bool = False) -> Iterator[InstrumentWindow]:
    """`korgm1 run WORDS`, on its play page."""
    (folder / "my-keys.toml").write_text(KEYS)
    model = ["--model", "m1r"] if rack else []
    with started(display, folder, "--keys", "my-keys.toml", *model, *words) as child:
        yield InstrumentWindow(display, child, rack)


@pytest.mark.parametrize("rack", [False, True], ids=["m1", "m1r"])
def test_buttons_slider_and_power(display: Screen, tmp_path: Path, rack: bool) -> None:
    with window(display, tmp_path, rack=rack) as m1:
        m1.shows(PLAY)
        m1.lit("INT", "PROG")
        assert m1.switched_on()
        m1.press("COMBI")
        m1.shows("Combi I00")
        m1.lit("INT", "COMBI")
        m1.press("PROG")
        m1.shows(PLAY)
        m1.press("INT")
        m1.press("4")
        m1.press("2")
        m1.shows("Prog I42")
        m1.press("UP")
        m1.shows("Prog I43")

        x, y = m1.middle("value")
        _, top, _, height = m1.where.box(m1.part("value").area)
        before = m1.face("value")
        if rack:
            m1.drag((x, y), (x, y - m1.where.px(150)))
        else:
            m1.drag((x, top + height - 14 * m1.where.scale), (x, top + 2))
        m1.shows("Prog I99")
        wait_for(lambda: not np.array_equal(m1.face("value"), before), "VALUE never moved")
        m1.press("7")
        m1.shows("Prog I7_")
        m1.press("10HOLD")

        m1.click(*m1.middle("power"))
        wait_for(lambda: m1.lcd() == ("", ""), lambda: f"the LCD should go dark; it shows {m1.lcd()}")
        wait_for(lambda: not m1.switched_on() and not m1.lights(), lambda: f"lights stay: {m1.lights()}")
        (image,) = [name for name in files(tmp_path) if name.endswith(".sram")]
        assert (tmp_path / image).stat().st_size == 65536
        m1.click(*m1.middle("power"))
        m1.shows(PLAY)
        m1.lit("INT", "PROG")
        code, out, err = m1.interrupt()
        assert (code, err) == (0, ""), err
        assert image in out


@pytest.mark.parametrize("rack", [False, True], ids=["m1", "m1r"])
def test_a_dead_battery(display: Screen, tmp_path: Path, rack: bool) -> None:
    with window(display, tmp_path, "--battery", "dead", rack=rack) as m1:
        m1.shows(PLAY, "Battery Low (Internal)")
        m1.lit("INT", "PROG")
        m1.click(*m1.middle("power"))
        wait_for(lambda: m1.lcd() == ("", ""), lambda: f"the LCD should go dark; it shows {m1.lcd()}")
        with ThreadPoolExecutor() as watching:    # from before the power-on: the banner stays for a second only
            banner = watching.submit(
                wait_for, lambda: re.fullmatch(r"OpenM1 .* #24", m1.lcd()[0]), "the banner never came"
            )
            m1.click(*m1.middle("power"))
            banner.result()
        m1.shows(PLAY, "Battery Low (Internal)")
        m1.close_window()
        code, out, err = m1.end()
    assert (code, err) == (0, "") and "stays as it was" in out
    assert not [name for name in files(tmp_path) if name.endswith(".sram")]


def test_a_card_a_screenshot_and_a_scenario(display: Screen, tmp_path: Path) -> None:
    (tmp_path / "songs.card").write_bytes(bytes(32768))
    with window(display, tmp_path, "--no-sram") as m1:
        m1.shows(PLAY)
        empty = m1.face("card")
        m1.press("CARD")
        m1.shows(PLAY, "No Card")
        m1.key("ctrl+i")
        wait_for(lambda: not np.array_equal(m1.face("card"), empty), "no card is seen in its slot")
        m1.move(10, 400)

        m1.key("ctrl+g")
        wait_for(lambda: (tmp_path / "window.png").exists(), "no screenshot")
        saved = picture_of(tmp_path / "window.png")
        for part in m1.layout.parts:
            x, y, width, height = m1.where.box(part.area)
            if part.kind not in ("midi", "piano"):
                assert np.array_equal(saved[y : y + height, x : x + width], m1.face(part.name)), part.name
        assert saved.shape == m1.picture().shape

        m1.click(*m1.middle("card"))
        m1.move(10, 400)
        wait_for(lambda: np.array_equal(m1.face("card"), empty), "the card is still seen in its slot")

        m1.press("5")
        m1.shows("Prog I5_")
        m1.key("ctrl+d")
        m1.shows(PLAY, "Battery Low (Internal)")
        m1.key("ctrl+shift+d")
        m1.shows(PLAY, "SINGLE")
        code, _, err = m1.interrupt()
    assert (code, err) == (0, "")
    assert (tmp_path / "songs.card").read_bytes() == bytes(32768)


def test_the_bench_and_the_page_of_keys(display: Screen, tmp_path: Path) -> None:
    with window(display, tmp_path, "--no-sram", "--battery", "CR2032") as m1:
        m1.shows(PLAY)
        narrow = m1.width
        m1.key("Tab")
        m1.look_again(lambda: m1.width > narrow and m1.left + m1.width <= 2000)
        m1.beside = m1.width - narrow
        m1.shows(PLAY)
        m1.press("9")
        m1.shows("Prog I9_")
        click_text(m1, "low")
        click_text(m1, "power on")
        wait_for(lambda: m1.lcd() == ("", ""), lambda: f"the LCD should go dark; it shows {m1.lcd()}")
        click_text(m1, "power off")
        m1.shows(PLAY, "Battery Low (Internal)")
        m1.key("Escape", "F1")
        wait_for(lambda: m1.lcd()[0] != PLAY, "the page of keys never came")
        m1.key("F1")
        m1.shows(PLAY)
        code, _, err = m1.interrupt()
    assert (code, err) == (0, "")


def test_computer_keys_and_every_size(display: Screen, tmp_path: Path) -> None:
    with window(display, tmp_path, "--no-sram") as m1:
        m1.shows(PLAY)
        m1.key("F3")
        m1.shows("Combi I00")
        m1.key("F4")
        m1.shows(PLAY)
        m1.key("ctrl+6")
        m1.shows("Prog I6_")
        m1.key("ctrl+1")
        m1.shows("Prog I61")
        m1.key("Up")
        m1.shows("Prog I62")
        silent = m1.face("piano")
        m1.screen.xdotool("keydown", "q")
        wait_for(lambda: not np.array_equal(m1.face("piano"), silent), "no key of the keyboard went down")
        m1.screen.xdotool("keyup", "q")
        wait_for(lambda: np.array_equal(m1.face("piano"), silent), "the key of the keyboard stays down")
        for size in ((900, 520), (1900, 980)):
            m1.resize(*size)
            m1.shows("Prog I62")
        m1.press("0")
        m1.shows("Prog I0_")
        m1.press("3")
        m1.shows("Prog I03")
        before = m1.left, m1.top, m1.width, m1.height
        m1.key("F11")
        m1.look_again(lambda: (m1.left, m1.top, m1.width, m1.height) == (0, 0, 2000, 1000))
        m1.shows("Prog I03")
        m1.key("F11")
        m1.look_again(lambda: (m1.left, m1.top, m1.width, m1.height) == before)
        m1.shows("Prog I03")
        m1.key("ctrl+q")
        code, _, err = m1.end()
    assert (code, err) == (0, "")


def test_a_window_closed_while_a_state_is_written_loses_nothing(display: Screen, tmp_path: Path) -> None:
    with window(display, tmp_path) as m1:
        m1.shows(PLAY)
        m1.key("ctrl+s")
        m1.close_window()
        code, out, err = m1.end()
    assert (code, err) == (0, "") and IMAGE in out
    assert files(tmp_path) == sorted([IMAGE, "my-keys.toml", "now.state"])
    assert (tmp_path / IMAGE).stat().st_size == 65536
    again = Session(engine="v30")
    again.restore((tmp_path / "now.state").read_bytes())
    again.run(0.1)
    assert again.lcd[0].startswith(PLAY)


def test_killed_in_the_midst_of_saving_the_old_image_is_whole(display: Screen, tmp_path: Path) -> None:
    """What SIGKILL leaves behind is the image from before, or the new one; never half of one."""
    with window(display, tmp_path) as m1:
        m1.shows(PLAY)
        m1.click(*m1.middle("power"))
        image = tmp_path / IMAGE
        wait_for(lambda: image.exists() and image.stat().st_size == 65536, "no image")
        m1.click(*m1.middle("power"))
        m1.shows(PLAY)
        m1.click(*m1.middle("power"))
        m1.child.send_signal(signal.SIGKILL)
        m1.child.wait(LIMIT)
    assert image.stat().st_size == 65536
    assert Session(engine="v30", sram=str(image)).sram == image.read_bytes()


def test_a_display_that_does_not_answer_gives_the_terminal(tmp_path: Path) -> None:
    environment = {**without_display(tmp_path), "DISPLAY": ":9876"}
    done = subprocess.run(
        [*RUN, "--no-sram", "--seconds", "1.5"], env=environment, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=LIMIT,
    )  # fmt: skip
    assert done.returncode == 0
    assert re.search(r"^korgm1: the display :9876 does not answer.*: here is the terminal$", done.stderr, re.M)
    assert f"|{PLAY}" in done.stdout


def test_a_display_that_goes_away_costs_no_memory(tmp_path: Path) -> None:
    if missing_tools():
        pytest.skip(missing_tools())
    (tmp_path / "screen").mkdir()
    mine = tmp_path / "mine"
    mine.mkdir()
    with screen(tmp_path / "screen") as short, window(short, mine) as m1:
        m1.shows(PLAY)
        m1.screen.end()
        code, _, err = m1.end()
    assert code == 1 and err == "korgm1: the display is gone; the power is off and every file saved\n"
    assert (mine / IMAGE).stat().st_size == 65536


def click_text(m1: InstrumentWindow, text: str) -> None:
    """Click a text in the drawer."""
    left = m1.width - m1.beside

    def look() -> tuple[int, int] | None:
        return find_text(m1.picture()[:, left:], text)

    x, y = wait_for(look, f"the drawer does not say {text!r}")
    m1.click(left + x, y)


def picture_of(path: Path) -> np.ndarray:
    """A PNG's pixels."""
    import pygame

    return pygame.surfarray.array3d(pygame.image.load(path)).swapaxes(0, 1)
