"""What is left to do when the X server goes away: Xlib ends the process then, whatever anybody says."""

from __future__ import annotations

import contextlib
import ctypes
import os
from collections.abc import Callable


def on_lost(rescue: Callable[[], None]) -> object:
    """Have `rescue` called if the X server goes away; the process ends after it.

    Returns:
        What the caller keeps as long as that is to be so; None where there is no Xlib.
    """

    def lost(_: int) -> int:
        try:
            rescue()
        finally:
            os._exit(1)

    handler = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(lost)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libX11.so.6").XSetIOErrorHandler(handler)
        return handler
    return None
