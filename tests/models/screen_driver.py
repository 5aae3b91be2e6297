"""A virtual X display whose pixels can be read and whose mouse and keyboard can be moved: Xvfb and xdotool.

Xvfb keeps its screen in a file in the xwd format (`-fbdir`), which is read as an array: nothing is asked of the program
under test.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import mmap
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from patience import LIMIT, wait_for

Picture = NDArray[np.uint8]
_NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")


def missing_tools() -> str:
    """What a driver needs and is not installed, a sentence; "" where all is there."""
    missing = [tool for tool in ("Xvfb", "xdotool") if shutil.which(tool) is None]
    return f"not installed: {', '.join(missing)}" if missing else ""


def read_xwd(data: bytes | mmap.mmap, part: tuple[slice, slice] = (slice(None), slice(None))) -> Picture:
    """The pixels of an xwd file (version 7, 32 bits a pixel) as uint8 of shape (height, width, 3).

    A mapped file may change while it is read: it is copied once, so that no pixel has colours of two times.

    Args:
        data: the file.
        part: rows and columns that are wanted.
    """
    head = struct.unpack(">25I", data[:100])
    size, version, width, height, little, bits = head[0], head[1], head[4], head[5], head[7] == 0, head[11]
    pitch, masks, colours = head[12], head[14:17], head[19]
    if version != 7 or bits != 32:
        raise ValueError(f"an xwd file of version {version} with {bits} bits a pixel")
    start = size + 12 * colours
    rows = np.frombuffer(data, "<u4" if little else ">u4", height * pitch // 4, start).reshape(height, pitch // 4)
    rows = rows[:, :width][part].copy()
    shifts = [(mask & -mask).bit_length() - 1 for mask in masks]
    return np.stack([(rows >> shift & 0xFF).astype(np.uint8) for shift in shifts], axis=-1)


class Screen:
    """An X display of our own.

    Args:
        display: its name.
        frame: the file its pixels are in.
        server: the process.
    """

    def __init__(self, display: str, frame: Path, server: subprocess.Popen[bytes]) -> None:
        self.display = display
        self._server = server
        with frame.open("rb") as file:
            self._pixels = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def picture(self, part: tuple[slice, slice] = (slice(None), slice(None))) -> Picture:
        """The screen as it is now, or these rows and columns of it."""
        return read_xwd(self._pixels, part)

    def end(self) -> None:
        """The display goes away."""
        self._server.terminate()
        try:
            self._server.wait(LIMIT)
        except subprocess.TimeoutExpired:
            self._server.kill()
            self._server.wait()

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
        found = Screen(f":{number}", folder / "Xvfb_screen0", server)
    except BaseException:
        server.kill()
        server.wait()
        raise
    try:
        yield found
    finally:
        found.end()


class ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, with the rest of the union XEvent behind it."""

    _fields_ = (
        ("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int), ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong), ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5), ("rest", ctypes.c_long * 24),
    )  # fmt: skip


def tell_window(display: str, window: int, kind: str, what: str) -> None:
    """Send a window an X client message of one atom.

    Raises:
        RuntimeError: there is no libX11, or no such display.
    """
    name = ctypes.util.find_library("X11")
    if name is None:
        raise RuntimeError("libX11 is not installed")
    x = ctypes.CDLL(name)
    x.XOpenDisplay.restype = ctypes.c_void_p
    x.XInternAtom.restype = ctypes.c_ulong
    x.XInternAtom.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]
    x.XSendEvent.argtypes = [ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_long, ctypes.c_void_p]
    x.XCloseDisplay.argtypes = [ctypes.c_void_p]
    server = x.XOpenDisplay(display.encode())
    if not server:
        raise RuntimeError(f"the display {display} does not answer")
    atoms = [x.XInternAtom(server, text.encode(), False) for text in (kind, what)]
    message = ClientMessage(type=33, send_event=1, window=window, message_type=atoms[0], format=32)
    message.data[0] = atoms[1]
    x.XSendEvent(server, window, False, 0, ctypes.byref(message))
    x.XCloseDisplay(server)


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
        self.window, self.left, self.top, self.width, self.height = "", 0, 0, 0, 0
        self.look_again(lambda: True)

    def look_again(self, settled: Callable[[], bool]) -> None:
        """The window may be another one, or elsewhere: find it, once `settled` says that its new size is right."""
        def there() -> bool:
            found = self._search()
            place = self._place(found) if found else None
            if found is None or place is None:
                return False
            self.window = found
            self.left, self.top, self.width, self.height = place
            return settled()

        wait_for(there, lambda: f"no such window came, {self.width} x {self.height}; {self._ended()}")
        self.screen.xdotool("windowfocus", self.window)

    def _search(self) -> str | None:
        if self.child.poll() is not None:
            raise AssertionError(f"korgm1 ended, its window with it: {self._ended()}")
        return self.screen.xdotool("search", "--onlyvisible", "--class", "korgm1").partition("\n")[0] or None

    def _ended(self) -> str:
        code = self.child.poll()
        return "it runs" if code is None else f"it ended with {code}: {self.child.communicate(timeout=LIMIT)}"

    def _place(self, window: str) -> tuple[int, int, int, int] | None:
        """Left, top, width, height on the screen; None if it has just gone."""
        lines = self.screen.xdotool("getwindowgeometry", "--shell", window).splitlines()
        found = dict(line.split("=") for line in lines if "=" in line)
        try:
            return int(found["X"]), int(found["Y"]), int(found["WIDTH"]), int(found["HEIGHT"])
        except KeyError:
            return None

    def picture(self) -> Picture:
        """The window as it is now."""
        rows, columns = slice(self.top, self.top + self.height), slice(self.left, self.left + self.width)
        return self.screen.picture((rows, columns))

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

    def resize(self, width: int, height: int) -> None:
        """Have the window so large, and find it again."""
        self.screen.xdotool("windowsize", self.window, width, height)
        self.look_again(lambda: (self.width, self.height) == (width, height))

    def close_window(self) -> None:
        """Click the cross in its frame: what a window manager then says to the program (there is none here)."""
        tell_window(self.screen.display, int(self.window), "WM_PROTOCOLS", "WM_DELETE_WINDOW")

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
def started(screen: Screen, folder: Path, *words: str | Path) -> Iterator[subprocess.Popen[str]]:
    """`korgm1 run --mute WORDS` on a screen.

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
        yield child
    finally:
        child.kill()
        child.wait()
        for pipe in (child.stdout, child.stderr):
            if pipe is not None:
                pipe.close()
