"""A stand-in for the rtmidi module: backends whose ports the test plugs in and pulls out, and what was sent to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class SystemError_(Exception):
    """As rtmidi raises where a backend cannot be used."""


class Client:
    """A MidiIn or MidiOut of one backend."""

    def __init__(self, host: Host, api: int, names: list[str]) -> None:
        if api in host.broken:
            raise SystemError_(host.broken[api])
        self.host = host
        self.names = names
        self.port: str | None = None
        self.virtual = False
        self.callback: Callable[[tuple[list[int], float], object], None] | None = None
        self.ignored: dict[str, bool] = {}
        self.deleted = False
        host.clients.append(self)

    def get_ports(self) -> list[str]:
        if self.host.dead:
            raise SystemError_("the server has gone")
        return list(self.names)

    def open_port(self, number: int, name: str = "") -> None:
        if self.names[number] in self.host.busy:
            raise SystemError_("the port is in use")
        self.port = self.names[number]

    def open_virtual_port(self, name: str) -> None:
        if self.host.no_virtual:
            raise NotImplementedError("no virtual ports here")
        self.port, self.virtual = name, True

    def ignore_types(self, **what: bool) -> None:
        self.ignored = what

    def set_callback(self, callback: Callable[[tuple[list[int], float], object], None]) -> None:
        self.callback = callback

    def cancel_callback(self) -> None:
        self.callback = None

    def close_port(self) -> None:
        self.port = None

    def delete(self) -> None:
        self.deleted = True

    def send_message(self, data: Any) -> None:
        data = bytes(data)
        if self.port is None or (not self.virtual and self.port not in self.names):
            raise SystemError_("the port has gone")
        if not data:
            raise ValueError("'message' must not be empty.")
        if len(data) > 3 and data[0] != 0xF0:
            raise ValueError("'message' longer than 3 bytes but does not start with 0xF0.")
        self.host.sent.append((self.port, data))


class Host:
    """The module.

    Args:
        inputs, outputs: names of its ports.
        broken: number of a backend -> why it cannot be used.
    """

    def __init__(
        self, inputs: tuple[str, ...] = (), outputs: tuple[str, ...] = (), broken: dict[int, str] | None = None
    ) -> None:
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.broken = broken or {}
        self.busy: set[str] = set()
        self.dead = self.no_virtual = False
        self.clients: list[Client] = []
        self.sent: list[tuple[str, bytes]] = []

    def get_compiled_api(self) -> list[int]:
        return [2, 3]

    def get_api_display_name(self, api: int) -> str:
        return {2: "ALSA", 3: "Jack"}[api]

    def MidiIn(self, api: int, name: str, queue_size_limit: int = 1024) -> Client:
        return Client(self, api, self.inputs if api == 2 else [])

    def MidiOut(self, api: int, name: str) -> Client:
        return Client(self, api, self.outputs if api == 2 else [])

    def play(self, port: str, message: bytes, delta: float = 0.0) -> None:
        """A message comes into every open input of this name."""
        for client in self.clients:
            if client.port == port and client.callback is not None:
                client.callback((list(message), delta), None)
