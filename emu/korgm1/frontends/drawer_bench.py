"""What the drawer's sections work with: the desk, its commands, and what is said about the last one."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.desk.commands import perform
from korgm1.errors import M1Error

if TYPE_CHECKING:
    from korgm1.board.battery import Battery
    from korgm1.desk import Desk
    from korgm1.session import Session

STAYS, STAYS_WRONG = 5.0, 20.0
"""Host seconds for which the outcome of a command, and an error, stay."""


class Bench:
    """A desk as the drawer sees it: everything is done by commands.

    Args:
        desk: what is worked.
        folder: where saved states and cards are kept; None: nowhere.
        clock: host seconds.
    """

    def __init__(self, desk: Desk, folder: Path | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.desk, self.folder, self.clock = desk, folder, clock
        self._said = ("", False)
        self._until = 0.0
        self.waiting: Callable[[], object] | None = None
        """What is to be done when the words at the bottom have been seen."""

    @property
    def session(self) -> Session:
        """The instrument of the moment."""
        return self.desk.session

    @property
    def battery(self) -> Battery:
        """Its cell's holder."""
        return self.desk.session.battery

    def do(self, command: str, /, **arguments: Any) -> Any:
        """Carry out a command of the desk; what comes of it, and what is wrong with it, is said at the bottom.

        Args:
            command: of `korgm1.desk.commands.COMMANDS`.
            arguments: the command's.

        Returns:
            The command's result; False when it failed.
        """
        said = self.desk.messages[-1] if self.desk.messages else None
        try:
            result = perform(self.desk, command, arguments)
        except M1Error as error:
            self.say(str(error).replace("\n  ", ". "), wrong=True)
            return False
        last = self.desk.messages[-1] if self.desk.messages else None
        told = last.text if last is not None and last is not said else result if isinstance(result, str) else ""
        self.say(told, wrong=bool(last is not None and last is not said and last.kind == "error"))
        return result

    def do_slowly(self, words: str, command: str, /, **arguments: Any) -> None:
        """The same for a command that takes a second or two: first these words are shown, then it is carried out."""
        self.waiting = lambda: self.do(command, **arguments)
        self.say(words)

    def go_on(self) -> None:
        """Carry out what waits, now that its words have been shown."""
        deed, self.waiting = self.waiting, None
        if deed is not None:
            deed()

    def say(self, words: str, wrong: bool = False) -> None:
        """Put words at the bottom of the drawer."""
        self._said = (words, wrong)
        self._until = self.clock() + (STAYS_WRONG if wrong else STAYS)

    @property
    def said(self) -> tuple[str, bool]:
        """The words at the bottom, "" for none, and whether something went wrong."""
        stays = self.waiting is not None or self.clock() < self._until
        return self._said if stays else ("", False)
