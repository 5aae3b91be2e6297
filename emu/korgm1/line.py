"""A wire that carries one level from one driver to its listeners."""

from __future__ import annotations

from collections.abc import Callable


class Line:
    """One wire. A listener is called on a change only, with the new level.

    Args:
        name: as the netlist calls it ("INT0").
        level: where it rests before anybody drives it, 0 or 1.

    >>> seen = []
    >>> reset = Line("/RESET", 1)
    >>> reset.connect(seen.append)
    >>> reset.drive(0); reset.drive(0); reset.drive(1)
    >>> seen
    [0, 1]
    """

    __slots__ = ("_listeners", "level", "name")

    def __init__(self, name: str, level: int = 0) -> None:
        self.name = name
        self.level = level
        self._listeners: list[Callable[[int], None]] = []

    def connect(self, listener: Callable[[int], None]) -> None:
        """Call `listener(level)` on each later change, after those connected before it."""
        self._listeners.append(listener)

    def drive(self, level: int) -> None:
        """Put `level` (0 or 1; any true value is 1) on the wire."""
        level = 1 if level else 0
        if level != self.level:
            self.level = level
            for listener in self._listeners:
                listener(level)

    def restore(self, level: int) -> None:
        """Set the level without telling anybody: the listeners restore themselves."""
        self.level = level
