"""One client of the remote control: its requests in order, its answers, its subscriptions. Bytes in, bytes out.

Pure: what is done to the instrument goes through a `Host`; `serving_wires` moves the bytes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from korgm1.clock import clocks
from korgm1.desk.arguments import Argument
from korgm1.errors import M1Error, UsageError
from korgm1.verbs.serving import Lines, Refused, Request, answer, event, parse, refusal

EVENTS = ("lcd", "leds", "midi", "message", "power")
"""What can be subscribed to."""
HELD = 1 << 16
"""Bytes of requests that may wait before no more are read."""
UNREAD = 8 << 20
"""Bytes of answers and events that may wait for a client before it is given up."""
_LONGEST_RUN = 1e6
"""Seconds one `run` may ask for."""


_TO = Argument("to", "words", f"some of {', '.join(EVENTS)}; without it all", EVENTS)
_SECONDS = Argument("seconds", "seconds", "emulated, up to a million")


def _described(name: str, text: str, argument: Argument | None = None) -> dict[str, Any]:
    """A command of our own as `korgm1.desk.commands.described` has the desk's."""
    arguments = []
    if argument is not None:
        arguments.append({"name": argument.name, "type": argument.kind, "help": argument.help,
                          "required": argument.required})
        if not argument.required:
            arguments[0]["default"] = list(argument.default)
    return {"name": name, "help": text, "arguments": arguments}


DESCRIBED = (
    _described("hello", "who answers: versions, model, firmware, how time passes"),
    _described("commands", "this list"),
    _described("subscribe", "events from now on", _TO),
    _described("unsubscribe", "no such events any more", _TO),
    _described("run", "answered when that much time has passed; the client's next requests wait for it", _SECONDS),
    _described("quit", "power off, files saved, the end"),
)
"""The commands of the conversation itself, as `commands` lists them."""


class Host(Protocol):
    """What a conversation is about: `serving_host.DeskHost`, or a stand-in."""

    @property
    def now(self) -> int:
        """Desk time, in clocks."""

    def hello(self) -> Mapping[str, Any]:
        """Who answers."""

    def commands(self) -> list[dict[str, Any]]:
        """Every command of the instrument: name, help, arguments."""

    def perform(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Do one. Raises M1Error."""

    def quit(self) -> Any:
        """Switch off, save and end. Raises M1Error: it could not be saved; nothing has ended then."""


class Peer:
    """A client.

    Args:
        host: what it talks to.

    Attributes:
        out: bytes to be sent to it; whoever sent some takes them away.
        until: desk time for which it waits, None while it does not.
        ended: nothing more will come from it.
    """

    def __init__(self, host: Host) -> None:
        self._host = host
        self._lines = Lines()
        self._requests: deque[bytes | None] = deque()
        self._held = 0
        self._waiting_id: object = None
        self._wanted: frozenset[str] = frozenset()
        self._own: Mapping[str, Callable[[], Any]] = {
            "hello": host.hello, "commands": lambda: [*DESCRIBED, *host.commands()], "quit": host.quit
        }
        self.out = bytearray()
        self.until: int | None = None
        self.ended = False

    @property
    def busy(self) -> bool:
        """Requests are left that could be carried out now."""
        return bool(self._requests) and self.until is None

    @property
    def done(self) -> bool:
        """It has ended, and everything it asked for is done."""
        return self.ended and not self._requests and self.until is None

    @property
    def full(self) -> bool:
        """Nothing more should be read from it for now."""
        return self._held > HELD

    @property
    def lost(self) -> bool:
        """It does not read what it asked for."""
        return len(self.out) > UNREAD

    def take(self, data: bytes) -> None:
        """Bytes from the client."""
        self._keep(self._lines.take(data))

    def end(self) -> None:
        """Nothing follows."""
        self.ended = True
        self._keep(self._lines.end())

    def work(self) -> None:
        """Carry out the next request, if there is one and the client does not wait for a `run`."""
        if self.until is not None and self._host.now >= self.until:
            self.until = None
            self.out += answer(self._waiting_id, {"now": self._host.now})
        elif self.busy:
            line = self._requests.popleft()
            self._held -= len(line or b"")
            self._do(line)

    def tell(self, kind: str, at: int, fields: Mapping[str, Any]) -> None:
        """An event, if the client wants it."""
        if kind in self._wanted:
            self.out += event(kind, at, fields)

    def _keep(self, lines: Iterable[bytes | None]) -> None:
        for line in lines:
            self._requests.append(line)
            self._held += len(line or b"")

    def _do(self, line: bytes | None) -> None:
        try:
            request = parse(line)
        except Refused as refused:
            self.out += refusal(refused.id, refused.error)
            return
        try:
            if request.do == "run":
                self._run(request)
                return
            self.out += answer(request.id, self._done(request))
        except M1Error as error:
            self.out += refusal(request.id, error)

    def _done(self, request: Request) -> Any:
        if request.do in self._own:
            _argument(request)
            return self._own[request.do]()
        if request.do == "subscribe":
            self._wanted |= _events(request)
        elif request.do == "unsubscribe":
            self._wanted -= _events(request)
        else:
            return self._host.perform(request.do, request.arguments)
        return sorted(self._wanted)

    def _run(self, request: Request) -> None:
        """Time passes by itself or by this request: in both cases the answer comes when it has passed."""
        seconds = _argument(request, _SECONDS)
        if not 0 <= seconds <= _LONGEST_RUN:
            raise UsageError(f"run: seconds is {seconds:g}", f"0 to {_LONGEST_RUN:,.0f}")
        self.until = self._host.now + clocks(seconds)
        self._waiting_id = request.id


def _argument(request: Request, one: Argument | None = None) -> Any:
    """The value of the one argument a request may have, or of none."""
    odd = sorted(name for name in request.arguments if one is None or name != one.name)
    if odd:
        raise UsageError(f"{request.do} has no argument {odd[0]!r}", "none" if one is None else one.name)
    if one is None:
        return None
    if request.arguments.get(one.name) is not None:
        return one.value(request.arguments[one.name])
    if one.required:
        raise UsageError(f"{request.do} has no {one.name}", one.help)
    return one.default


def _events(request: Request) -> frozenset[str]:
    names = _argument(request, _TO)
    for name in names:
        if name not in EVENTS:
            raise UsageError(f"there are no events {name!r}", ", ".join(EVENTS))
    return frozenset(names)
