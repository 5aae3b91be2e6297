"""A virtual X display whose pixels can be read and whose mouse and keyboard can be moved: Xvfb and xdotool.

Xvfb keeps its screen in a file in the xwd format (`-fbdir`), which is read as an array: nothing is asked of the program
under test. Whoever waits for something polls with a deadline; what never came is told with what was there.
"""

from __future__ import annotations

import mmap
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Found = TypeVar("Found")
LIMIT = 60.0
"""Host seconds after which something is given up."""
STEP = 0.02
"""Host seconds from one look to the next."""
_NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")


def missing_tools() -> str:
    """What a driver needs and is not installed, a sentence; "" where all is there."""
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


def wait_for(look: Callable[[], Found | None], what: Callable[[], str] | str, limit: float = LIMIT) -> Found:
    """The first answer of `look` that is true.

    Args:
        look: called until it answers something true.
        what: says what was waited for, and what was there instead.
        limit: host seconds.

    Raises:
        AssertionError: it never came.
    """
    deadline = time.monotonic() + limit
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(what if isinstance(what, str) else what())
        time.sleep(STEP)


def read_xwd(data: bytes | mmap.mmap) -> Picture:
    """The pixels of an xwd file (version 7, 24 or 32 bits a pixel) as uint8 of shape (height, width, 3)."""
    head = struct.unpack(">25I", data[:100])
    size, version, width, height, little, bits = head[0], head[1], head[4], head[5], head[7] == 0, head[11]
    pitch, masks, colours = head[12], head[14:17], head[19]
    if version != 7 or bits != 32:
        raise ValueError(f"an xwd file of version {version} with {bits} bits a pixel")
    start = size + 12 * colours
    rows = np.frombuffer(data, "<u4" if little else ">u4", height * pitch // 4, start).reshape(height, pitch // 4)
    shifts = [(mask & -mask).bit_length() - 1 for mask in masks]
    return np.stack([(rows[:, :width] >> shift & 0xFF).astype(np.uint8) for shift in shifts], axis=-1)


class Screen:
    """An X display of our own.

    Args:
        display: its name.
        frame: the file its pixels are in.
    """

    def __init__(self, display: str, frame: Path) -> None:
        self.display = display
        with frame.open("rb") as file:
            self._pixels = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def picture(self) -> Picture:
        """The whole screen as it is now."""
        return read_xwd(self._pixels)

    def xdotool(self, *words: str | int) -> str:
        """Run xdotool; what it printed."""
        environment = {**os.environ, "DISPLAY": self.display}
        done = subprocess.run(
            ["xdotool", *map(str, words)], env=environment, capture_output=True, text=True, timeout=LIMIT
        )
        return done.stdout


@contextmanager
def screen(folder: Path, width: int = 1400, height: int = 900) -> Iterator[Screen]:
    """An Xvfb for a while.

    Args:
        folder: an empty one, for its pixels.
        width, height: in pixels.

    Raises:
        RuntimeError: it does not start here; the text says why.
    """
    if missing_tools():
        raise RuntimeError(missing_tools())
    read, write = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(write), "-fbdir", str(folder), "-screen", "0", f"{width}x{height}x24", "-noreset",
         "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    os.close(write)
    try:
        with os.fdopen(read) as answer:
            ready, _, _ = select.select([answer], [], [], LIMIT)
            number = answer.readline().strip() if ready else ""
        if not number:
            raise RuntimeError("Xvfb does not start here")
        yield Screen(f":{number}", folder / "Xvfb_screen0")
    finally:
        server.terminate()
        try:
            server.wait(LIMIT)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


class Driven:
    """A korgm1 that runs in a window of a `Screen`, and the hand at its mouse and keyboard.

    Args:
        screen: where its window is.
        child: the process.

    Attributes:
        left, top, width, height: the window on the screen, in pixels.
    """

    def __init__(self, screen: Screen, child: subprocess.Popen[str]) -> None:
        self.screen = screen
        self.child = child
        self.window = wait_for(self._search, lambda: f"no window came; {self._ended()}")
        self.left, self.top, self.width, self.height = self.place()
        screen.xdotool("windowfocus", self.window)

    def _search(self) -> str | None:
        if self.child.poll() is not None:
            raise AssertionError(f"korgm1 ended before its window came: {self._ended()}")
        return self.screen.xdotool("search", "--onlyvisible", "--class", "korgm1").partition("\n")[0] or None

    def _ended(self) -> str:
        code = self.child.poll()
        return "it runs" if code is None else f"it ended with {code}: {self.child.communicate(timeout=LIMIT)}"

    def place(self) -> tuple[int, int, int, int]:
        """Where the window is now: left, top, width, height."""
        lines = self.screen.xdotool("getwindowgeometry", "--shell", self.window).splitlines()
        found = dict(line.split("=") for line in lines)
        return int(found["X"]), int(found["Y"]), int(found["WIDTH"]), int(found["HEIGHT"])

    def picture(self) -> Picture:
        """The window as it is now."""
        whole = self.screen.picture()
        return whole[self.top : self.top + self.height, self.left : self.left + self.width]

    def move(self, x: float, y: float) -> None:
        """Move the pointer to a point of the window."""
        self.screen.xdotool("mousemove", self.left + round(x), self.top + round(y))

    def down(self, button: int = 1) -> None:
        """Press a mouse button."""
        self.screen.xdotool("mousedown", button)

    def up(self, button: int = 1) -> None:
        """Let it go."""
        self.screen.xdotool("mouseup", button)

    def click(self, x: float, y: float, button: int = 1) -> None:
        """Click at a point of the window."""
        self.move(x, y)
        self.down(button)
        self.up(button)

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 8) -> None:
        """Press at `start`, move to `end` in steps, and let go."""
        self.move(*start)
        self.down()
        for step in range(1, steps + 1):
            self.move(*(a + (b - a) * step / steps for a, b in zip(start, end, strict=True)))
        self.up()

    def key(self, *names: str) -> None:
        """Press and let go computer keys, by X's names."""
        self.screen.xdotool("key", *names)

    def type(self, text: str) -> None:
        """Type a text."""
        self.screen.xdotool("type", text)

    def close_window(self) -> None:
        """Close the window as its frame would: by asking the program."""
        self.screen.xdotool("windowclose", self.window)

    def interrupt(self) -> tuple[int, str, str]:
        """Ctrl-C; exit code and what was said on stdout and stderr."""
        self.child.send_signal(signal.SIGINT)
        return self.end()

    def end(self) -> tuple[int, str, str]:
        """Wait until it has ended; exit code, stdout, stderr."""
        out, err = self.child.communicate(timeout=LIMIT)
        return self.child.returncode, out, err


def without_display(folder: Path) -> dict[str, str]:
    """This process's environment without a display, with data and settings of korgm1 in `folder`."""
    kept = {key: value for key, value in os.environ.items() if key not in _NO_DISPLAY}
    own = {"XDG_DATA_HOME": str(folder / "data"), "XDG_CONFIG_HOME": str(folder / "config")}
    return {**kept, **own, "PYTHONUNBUFFERED": "1", "TERM": "xterm"}


@contextmanager
def driven(screen: Screen, folder: Path, *words: str | Path) -> Iterator[Driven]:
    """`korgm1 run --mute WORDS` in a window.

    Args:
        screen: where.
        folder: for its data and settings, and its current folder.
        words: of the command line.
    """
    child = subprocess.Popen(
        [sys.executable, "-m", "korgm1", "run", "--mute", *map(str, words)],
        env={**without_display(folder), "DISPLAY": screen.display},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Driven(screen, child)
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
