"""How a test waits for another process, a thread or the host: for a condition, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")
LIMIT = 180.0
"""Host seconds after which something that must come is given up. Nothing takes ten of them on an idle machine, and no
result may depend on the number, so it is large."""
STEP = 0.02
"""Host seconds from one look to the next."""


def wait_for(look: Callable[[], Found | None], what: Callable[[], str] | str, limit: float = LIMIT) -> Found:
    """The first answer of `look` that is true.

    Args:
        look: called until it answers something true.
        what: says what was waited for, and what was there instead.
        limit: host seconds.

    Raises:
        AssertionError: it never came.
    """
    end = time.monotonic() + limit
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(what if isinstance(what, str) else what())
        time.sleep(STEP)
