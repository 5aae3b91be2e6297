"""The socket of korgm1 gdb: 127.0.0.1 only, one client at a time."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from typing import Protocol

from korgm1.errors import UserError

HOST = "127.0.0.1"
_CHUNK = 1 << 16
"""Bytes read in one go."""
_UNREAD = 1 << 20
"""Bytes that wait for a client that reads nothing; then nothing more is read of what it sends."""


_HTTP = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"CONNECT ")
"""How a web browser begins, which a page could have talk to this port; GDB begins with + or $."""


class Conversation(Protocol):
    """What is said to a client; `GdbServer` is one."""

    out: bytearray
    over: bool

    def take(self, data: bytes) -> None:
        """Bytes that came."""
        ...


class Door:
    """Where clients come to.

    Args:
        port: its number; 0: any that is free.
        say: told what the operator should know.

    Raises:
        UserError: the port cannot be had.
    """

    def __init__(self, port: int, say: Callable[[str], None]) -> None:
        self.say = say
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((HOST, port))
            self._socket.listen()
            self._socket.setblocking(False)
        except OSError as error:
            self._socket.close()
            raise UserError(
                f"port {port} of {HOST} cannot be had: {error.strerror or error}", "a port that is free",
                "korgm1 gdb --port 0",
            ) from None
        self.port: int = self._socket.getsockname()[1]

    def wait(self, seconds: float) -> socket.socket | None:
        """The next client, if one comes within `seconds`."""
        ready, _, _ = select.select([self._socket], [], [], seconds)
        return self._accept() if ready else None

    def refuse(self) -> None:
        """Send away who stands at the door."""
        client = self._accept()
        if client is not None:
            self.say("a second client was refused: GDB is connected already, and there is one at a time")
            client.close()

    def fileno(self) -> int:
        """For select."""
        return self._socket.fileno()

    def close(self) -> None:
        """Nobody comes any more."""
        self._socket.close()

    def _accept(self) -> socket.socket | None:
        try:
            client, _ = self._socket.accept()
            client.setblocking(False)
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            return None
        return client


class Client:
    """A client that has come in.

    Args:
        client: its socket, which does not block.
        door: where others are refused meanwhile.
    """

    def __init__(self, client: socket.socket, door: Door) -> None:
        self._socket = client
        self._door = door
        self._first = True
        self.there = True
        """It has not hung up."""
        self.conversation: Conversation | None = None

    def exchange(self, seconds: float) -> bool:
        """Move bytes, waiting `seconds` at most for some to come; False: the client is gone."""
        talk = self.conversation
        if not self.there or talk is None:
            return self.there
        reads: list[socket.socket | Door] = [self._door]
        if len(talk.out) < _UNREAD:
            reads.append(self._socket)
        ready, free, _ = select.select(reads, [self._socket] if talk.out else [], [], seconds)
        if self._socket in ready:
            self._read(talk)
        if self._door in ready and not self._gone():
            self._door.refuse()
        if self.there and (free or talk.out):
            self._write(talk)
        return self.there

    def _gone(self) -> bool:
        """It has hung up: looked at before somebody is refused for its sake."""
        talk = self.conversation
        while self.there and talk is not None and len(talk.out) < _UNREAD:
            if not select.select([self._socket], [], [], 0)[0]:
                break
            self._read(talk)
        return not self.there

    def close(self) -> None:
        """Hang up, what waits sent as far as it goes."""
        if self.there and self.conversation is not None:
            self._write(self.conversation)
        self.there = False
        self._socket.close()

    def _read(self, talk: Conversation) -> None:
        try:
            data = self._socket.recv(_CHUNK)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if self._first and data.startswith(_HTTP):
            self._door.say("a web browser was sent away: this port is for GDB")
            data = b""
        self._first = False
        if data:
            talk.take(data)
        else:
            self.there = False

    def _write(self, talk: Conversation) -> None:
        try:
            done = self._socket.send(talk.out[:_CHUNK])
        except BlockingIOError:
            return
        except OSError:
            self.there = False
            return
        del talk.out[:done]
