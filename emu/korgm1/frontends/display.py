"""Is there a screen? Opens the window; nothing graphical is imported before it is wanted."""

from __future__ import annotations

import os
import sys
from types import ModuleType
from typing import TYPE_CHECKING

from korgm1.errors import UserError

if TYPE_CHECKING:
    from korgm1.frontends.window import Window
    from korgm1.session import Session


def open_window(session: Session) -> Window:
    """A window with the panel of `session`.

    Raises:
        UserError: there is no display, or no pygame; the message says which.
    """
    window: Window = _window().Window(session)
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
    os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
    try:
        from korgm1.frontends import window
    except ImportError as error:
        raise UserError(f"pygame cannot be loaded: {error}", hint="pip install pygame-ce") from None
    return window
