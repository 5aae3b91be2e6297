"""An open input, of whatever kind: the messages that have come and wait to be taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

WAITING = 4096
"""Messages that wait at most; then the oldest are dropped."""


class Receiver:
    """An open input; who opens it puts into `messages`.

    Args:
        name: the port's whole name.
        clock: host seconds.

    >>> port = Receiver("x", lambda: 0.0); port.messages.append((0.0, b"\\xfe"))
    >>> port.take(), port.take()
    ([(0.0, b'\\xfe')], [])
    """

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.clock = clock
        self.messages: deque[tuple[float, bytes]] = deque(maxlen=WAITING)

    def take(self) -> list[tuple[float, bytes]]:
        """The messages since the last call: host seconds at which each came, and its bytes."""
        taken = []
        while self.messages:
            taken.append(self.messages.popleft())
        return taken
