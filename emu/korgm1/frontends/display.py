"""Is there a screen? Opens the window; nothing graphical is imported before it is wanted."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from korgm1.errors import UserError, pip_install

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.frontends.window import Window
    from korgm1.keymap import Keymap

_SDL = {
    "PYGAME_HIDE_SUPPORT_PROMPT": "1",
    "SDL_VIDEO_X11_WMCLASS": "korgm1",
    "SDL_VIDEO_WAYLAND_WMCLASS": "korgm1",
    "SDL_WINDOWS_DPI_AWARENESS": "permonitorv2",
    "SDL_TOUCH_MOUSE_EVENTS": "0",
    "SDL_MOUSE_FOCUS_CLICKTHROUGH": "1",
}
"""No banner, one name for the window however the program was started, real pixels, fingers as fingers only."""


def open_window(desk: Desk, keymap: Keymap, full_screen: bool = False, bench: bool = False) -> Window:
    """A window with the panel of `desk`.

    Args:
        desk: what is shown and worked.
        keymap: what the computer's keys do.
        full_screen: begin on the whole screen.
        bench: begin with the drawer open.

    Raises:
        UserError: there is no display, or no pygame; the message says which.
    """
    module = _window()
    import platformdirs

    folder = Path(platformdirs.user_data_dir("korgm1", appauthor=False))
    keys_file = Path(platformdirs.user_config_dir("korgm1", appauthor=False)) / "keys.toml"
    window: Window = module.Window(desk, keymap, full_screen, bench, folder, str(keys_file))
    return window


def probe() -> str:
    """What `korgm1 doctor` says of the display."""
    try:
        return str(_window().driver())
    except UserError as error:
        return f"{error.found}; run uses the terminal" + (f" ({error.hint})" if error.hint else "")


def _window() -> ModuleType:
    places = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    if sys.platform.startswith("linux") and not any(os.environ.get(place) for place in places):
        raise UserError("there is no display", hint="run it on a desktop, or with DISPLAY set")
    for name, value in _SDL.items():
        os.environ.setdefault(name, value)
    try:
        from korgm1.frontends import window
    except ImportError as error:
        raise UserError(f"pygame cannot be loaded: {error}", hint=pip_install("pygame-ce")) from None
    return window
