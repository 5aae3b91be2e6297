"""Messages go out at their times, whatever the program does meanwhile: a thread that waits for each."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from korgm1.errors import UserError


class Sender:
    """An open output.

    Args:
        name: the port's whole name.
        clock: host seconds.

    Attributes:
        failed: why the last message could not be sent, or "".
        in_pieces: whether an exclusive message may be sent piece by piece.
    """

    in_pieces = True

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self.name = name
        self.failed = ""
        self._clock = clock
        self._due: deque[tuple[float, bytes]] = deque()
        self._turn = threading.Condition()
        self._open = True
        self._thread = threading.Thread(target=self._run, name="MIDI OUT", daemon=True)
        self._thread.start()

    def send(self, message: bytes, at: float | None = None) -> None:
        """Have a whole message sent, at a host time in seconds or now; messages go in the order of the calls."""
        with self._turn:
            self._due.append((self._clock() if at is None else at, message))
            self._turn.notify_all()

    def send_piece(self, piece: bytes) -> None:
        """Send a piece of an exclusive message at once, where `in_pieces` is true; from one thread only.

        Raises:
            UserError: it cannot be sent.
        """
        raise NotImplementedError

    def write(self, message: bytes) -> None:
        """Send a whole message at once.

        Raises:
            UserError: it cannot be sent.
        """
        raise NotImplementedError

    def drain(self, seconds: float = 60.0) -> None:
        """Wait until everything is sent, so many host seconds at most.

        Raises:
            UserError: something could not be sent, or not in time.
        """
        end = time.monotonic() + seconds
        with self._turn:
            while self._due and not self.failed:
                if time.monotonic() >= end:
                    raise UserError(f"{self.name} does not take what it is sent", "a port that is plugged in")
                self._turn.wait(0.1)
        if self.failed:
            raise UserError(self.failed, "a port that is plugged in", "korgm1 midi list")

    def close(self) -> None:
        """Let the port go; what is not sent yet is dropped."""
        with self._turn:
            self._open = False
            self._due.clear()
            self._turn.notify_all()
        self._thread.join(1.0)

    def _run(self) -> None:
        while True:
            with self._turn:
                if not self._open:
                    return
                wait = self._due[0][0] - self._clock() if self._due else None
                if wait is None or wait > 0:
                    self._turn.wait(wait)
                    continue
                message = self._due[0][1]
            try:
                self.write(message)
            except UserError as error:
                self.failed = error.found
            with self._turn:
                if self._due:
                    self._due.popleft()
                self._turn.notify_all()
