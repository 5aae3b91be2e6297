"""Where the bytes of the remote control go: a Unix socket with any number of clients, or stdin and stdout.

No network port is ever opened. A client that vanishes, or does not read, is forgotten; nobody waits for it.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

from korgm1.errors import UserError
from korgm1.verbs.serving_peer import Peer

_CHUNK = 1 << 16
"""Bytes read in one go."""
_SAFE = getattr(select, "PIPE_BUF", 512)
"""Bytes that a pipe ready for writing takes without making anybody wait."""
_SEND = 1 << 18
"""Bytes sent to a socket in one go."""
_CLIENTS = 64
"""Clients at once."""


class Wire:
    """A client and the file descriptors it is reached by.

    Args:
        peer: its conversation.
        reads, writes: descriptors.
        close: lets them go.
        portion: bytes that a write never has to wait for, once `writes` is ready.
    """

    def __init__(self, peer: Peer, reads: int, writes: int, close: Callable[[], None], portion: int) -> None:
        self.peer = peer
        self.reads = reads
        self.writes = writes
        self.close = close
        self._portion = portion
        self.gone = False

    def read(self) -> None:
        """Take what is there."""
        try:
            data = os.read(self.reads, _CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self.gone = True
            return
        if data:
            self.peer.take(data)
        else:
            self.peer.end()

    def write(self) -> None:
        """Hand over what fits."""
        try:
            done = os.write(self.writes, memoryview(self.peer.out)[: self._portion])
        except BlockingIOError:
            return
        except OSError:
            self.gone = True
            return
        del self.peer.out[:done]


class Wires:
    """All clients, and how new ones come.

    Args:
        path: of the Unix socket they come to; None: there is one, at this process's stdin and stdout.
        say: told what the operator should know: a client given up.

    Raises:
        UserError: there cannot be a socket, or stdin and stdout are not there.
    """

    def __init__(self, path: Path | None, say: Callable[[str], None]) -> None:
        need_poll()
        self._door = None if path is None else Door(path)
        self._stdio = None
        if path is None:
            if sys.stdin is None or sys.stdout is None:
                raise UserError("stdin or stdout is closed", "both open", "korgm1 serve --unix PATH")
            self._stdio = sys.stdin.fileno(), sys.stdout.fileno()
        self._say = say
        self._new: Callable[[], Peer] | None = None
        self._wires: list[Wire] = []

    def meet(self, new: Callable[[], Peer]) -> None:
        """From now on clients are welcome; `new` makes the conversation of each."""
        self._new = new
        if self._stdio is not None:
            self._wires.append(Wire(new(), *self._stdio, lambda: None, _SAFE))

    @property
    def peers(self) -> list[Peer]:
        """The conversations, in the order in which they began."""
        return [wire.peer for wire in self._wires]

    @property
    def over(self) -> bool:
        """Nobody is left, and nobody can come."""
        return self._door is None and not self._wires

    def poll(self, wait: float) -> None:
        """Move bytes; wait `wait` seconds at most for some to come."""
        poll = select.poll()
        asked: dict[int, int] = {}
        for wire in self._wires:
            peer = wire.peer
            reads = not peer.ended and not peer.full
            if reads or wire.reads == wire.writes:
                asked[wire.reads] = select.POLLIN if reads else 0
            asked[wire.writes] = asked.get(wire.writes, 0) | (select.POLLOUT if peer.out else 0)
        if self._door is not None:
            asked[self._door.number] = select.POLLIN if len(self._wires) < _CLIENTS else 0
        for number, events in asked.items():
            poll.register(number, events)
        ready = dict(poll.poll(max(0.0, wait) * 1000))
        for wire in self._wires:
            self._move(wire, ready.get(wire.reads, 0), ready.get(wire.writes, 0))
        if self._door is not None and ready.get(self._door.number):
            self._welcome(self._door)
        for wire in list(self._wires):
            if wire.gone or wire.peer.lost or (wire.peer.done and not wire.peer.out):
                self._forget(wire)

    def close(self, wait: float = 1.0) -> None:
        """Send what is left, `wait` seconds at most to each client, and let everybody go."""
        if self._door is not None:
            self._door.close()
            self._door = None
        for wire in self._wires:
            while wire.peer.out and not wire.gone:
                poll = select.poll()
                poll.register(wire.writes, select.POLLOUT)
                if not poll.poll(wait * 1000):
                    break
                wire.write()
            wire.close()
        self._wires = []

    def _move(self, wire: Wire, came: int, goes: int) -> None:
        """A client that went away is forgotten when what it asked for is done, but a `run` is not waited for."""
        peer = wire.peer
        if goes & select.POLLERR or (wire.reads == wire.writes and came & select.POLLHUP and not came & select.POLLIN):
            wire.gone = not peer.busy
            return
        if came and not peer.ended and not peer.full:
            wire.read()
        if goes & select.POLLOUT and peer.out:
            wire.write()

    def _welcome(self, door: Door) -> None:
        client = door.accept()
        if client is not None and self._new is not None:
            number = client.fileno()
            self._wires.append(Wire(self._new(), number, number, client.close, _SEND))

    def _forget(self, wire: Wire) -> None:
        if wire.peer.lost:
            self._say("a client that reads nothing was given up")
        wire.close()
        self._wires.remove(wire)


class Door:
    """A listening Unix socket that only its owner may use (mode 600).

    Args:
        path: where it stands in the file system. A socket that nobody answers at is replaced.

    Raises:
        UserError: somebody answers there, something else is there, or it cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _make_way(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(path))
            self._socket.listen()
            self._socket.setblocking(False)
            self._made = _identity(path)
        except OSError as error:
            self._socket.close()
            raise UserError(
                f"{path} cannot be a socket: {error.strerror or error}", "a short path in a folder you may write to"
            ) from None
        finally:
            os.umask(before)
        self.number = self._socket.fileno()

    def accept(self) -> socket.socket | None:
        """The client at the door, if it still stands there."""
        try:
            client, _ = self._socket.accept()
        except OSError:
            return None
        client.setblocking(False)
        return client

    def close(self) -> None:
        """Close it, and take it out of the file system unless another stands there now."""
        self._socket.close()
        if _identity(self._path) == self._made:
            self._path.unlink(missing_ok=True)


def need_poll() -> None:
    """Nothing, where the system has Unix sockets and poll.

    Raises:
        UserError: it has not.
    """
    if not hasattr(socket, "AF_UNIX") or not hasattr(select, "poll"):
        raise UserError(f"serve does not work on {sys.platform}: no Unix sockets", "Linux, macOS or a BSD")


def _make_way(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise UserError(f"{path} cannot be used: {error.strerror or error}") from None
    if not stat.S_ISSOCK(mode):
        raise UserError(f"{path} is there already and is no socket", "a name that is free")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.setblocking(False)
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
            return
        except OSError as error:
            raise UserError(f"{path} cannot be used: {error.strerror or error}") from None
    raise UserError(f"{path} is in use by another server", "a name that is free", f"nc -U {path}")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
