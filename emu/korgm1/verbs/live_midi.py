"""The host's MIDI ports at the instrument's sockets, as `korgm1 run` has them.

A message that came at host time t reaches MIDI IN at the desk time of t plus `DELAY`, so that a burst keeps its spacing
although the emulation runs in steps. Which desk time belongs to a host time is learnt at each step: desk time is run up
to the host's present, or to the sound card's, whose quartz is another one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import M1Error
from korgm1.midi_stream import SENSING, Assembler, Held

if TYPE_CHECKING:
    from korgm1.desk import Desk

DELAY = 0.010
"""Seconds from a message's arrival to its first byte at MIDI IN; a step that comes later than that is heard."""
OUT_DELAY = 0.025
"""Seconds from a byte's end at MIDI OUT to the port; a step and a half, so that a step's bytes keep their spacing."""
DRIFT = 0.0005
"""Seconds a second by which the two clocks may be brought together; quartzes differ by a fifth of that."""
SETTLING = 0.5
"""Host seconds at the beginning in which they are brought together faster."""
JUMP = 0.25
"""Seconds from which on a difference is no drift: the host slept, or the desk gave up time."""
PIECE = 64
"""Bytes of an exclusive message that go on together; a dump of 16 s is not kept back until its end."""
AGAIN = 2.0
"""Host seconds after which a port is looked for."""


class Port(Protocol):
    """An open port; `name` is its whole name."""

    name: str

    def present(self) -> bool:
        """Whether it is still there."""

    def close(self) -> None:
        """Let it go."""


class PortIn(Port, Protocol):
    """An open input."""

    def take(self) -> list[tuple[float, bytes]]:
        """Messages that came, with their host seconds."""


class PortOut(Port, Protocol):
    """An open output; `in_pieces`: exclusive messages may be sent in pieces."""

    in_pieces: bool

    def send(self, message: bytes, at: float | None = None) -> None:
        """Have a message, or a piece of one, sent at a host time."""


class Mapping:
    """Which desk time belongs to a host time.

    >>> mapping = Mapping()
    >>> mapping.learn(100.0, 2.0); mapping.desk(100.5)
    2.5
    """

    def __init__(self) -> None:
        self._ahead: float | None = None
        self._began = self._learnt = 0.0

    def learn(self, host: float, desk: float) -> None:
        """At this host time it was this desk time, both in seconds."""
        seen = desk - host
        if self._ahead is None or abs(seen - self._ahead) > JUMP:
            self._ahead, self._began = seen, host
        elif host - self._began < SETTLING:
            self._ahead += (seen - self._ahead) / 8
        else:
            most = DRIFT * (host - self._learnt)
            self._ahead += max(-most, min(most, seen - self._ahead))
        self._learnt = host

    def desk(self, host: float) -> float:
        """Desk seconds."""
        return host + (self._ahead or 0.0)

    def host(self, desk: float) -> float:
        """Host seconds."""
        return desk - (self._ahead or 0.0)


_Port = TypeVar("_Port", bound=Port)


class _Jack(Generic[_Port]):
    """A socket of the instrument with a port that may come and go.

    Args:
        open_port: opens it by its whole name, raises M1Error where it is not there.
        port: the open one.
    """

    def __init__(self, open_port: Callable[[str], _Port], port: _Port) -> None:
        self._open_port = open_port
        self.port: _Port | None = port
        self.name = port.name

    def look(self, taken: Collection[str]) -> str:
        """Whether it went or came: "gone", "back" or "" for no change.

        Args:
            taken: whole names of ports that other sockets have.
        """
        if self.port is not None:
            try:
                if self.port.present():
                    return ""
            except Exception:
                pass
            self.close()
            return "gone"
        for word in (self.name, _unnumbered(self.name)):
            try:
                port = self._open_port(word)
            except M1Error:
                continue
            if _unnumbered(port.name) == _unnumbered(self.name) and port.name not in taken:
                self.port = port
                return "back"
            port.close()  # a part of its name is another's, too
        return ""

    def close(self) -> None:
        """Let the port go."""
        if self.port is not None:
            self.port.close()
            self.port = None


def _unnumbered(name: str) -> str:
    """A port's name without ALSA's numbers, which are others when it is plugged in again.

    >>> _unnumbered("UNO:UNO MIDI 1 20:0")
    'UNO:UNO MIDI 1'
    """
    return re.sub(r" [0-9]+:[0-9]+$", "", name)


def _names(jacks: Sequence[_Jack[PortIn]] | Sequence[_Jack[PortOut]]) -> list[str]:
    return [jack.port.name for jack in jacks if jack.port is not None]


def _assembler(out: PortOut) -> Assembler:
    return Assembler(PIECE if out.in_pieces else 0)


class LiveMidi:
    """Feeds MIDI IN from ports and ports from MIDI OUT.

    Args:
        desk: the instrument.
        inputs, outputs: open ports.
        host: host seconds, the clock the inputs stamp with.
        reopen_in, reopen_out: open a port by its name when it has vanished and come back.
        thru: outputs that repeat what comes in (MIDI THRU).
        sensing: let active sensing (FE) pass, in both directions; without, the pauses of a program in a window would
            make the receiver let go of its notes.
    """

    def __init__(
        self, desk: Desk, inputs: Sequence[PortIn], outputs: Sequence[PortOut], host: Callable[[], float],
        reopen_in: Callable[[str], PortIn], reopen_out: Callable[[str], PortOut], thru: Sequence[PortOut] = (),
        sensing: bool = False,
    ) -> None:  # fmt: skip
        self._desk = desk
        self._host = host
        self._in = [_Jack(reopen_in, port) for port in inputs]
        self._held = {jack.name: Held() for jack in self._in}
        self._out = [_Jack(reopen_out, port) for port in outputs]
        self._thru = [_Jack(reopen_out, port) for port in thru]
        self._all: list[_Jack[PortIn] | _Jack[PortOut]] = [*self._in, *self._out, *self._thru]
        self._sensing = sensing
        self._assemblers = {out.name: _assembler(out) for out in outputs}
        self._mapping = Mapping()
        self._fed: float | None = None
        self._last = 0
        self._look_at = host() + AGAIN
        self.late = 0
        """Messages that came too late to keep their spacing."""
        if self._out:
            desk.on_midi_out(self._sent)

    @property
    def status(self) -> str:
        """The ports by name, a missing one in brackets; for `LiveStatus.midi`."""
        return ", ".join(jack.name if jack.port is not None else f"({jack.name})" for jack in self._all)

    def feed(self) -> None:
        """Hand over what came since; to be called before each step of the desk."""
        now = self._host()
        if self._fed is not None:
            self._mapping.learn(self._fed, self._desk.now / CPU_HZ)
        else:
            self._mapping.learn(now, self._desk.now / CPU_HZ)
        came = []
        for jack in self._in:
            if jack.port is not None:
                came += [(at, message, jack.name) for at, message in jack.port.take()]
        for at, message, name in sorted(came, key=lambda row: row[0]):
            self._arrived(at, message, name)
        if now >= self._look_at:
            self._look_at = now + AGAIN
            self._look()
        self._fed = self._host()

    def anew(self) -> None:
        """Desk time has jumped, or has another pace: which of it belongs to host time is learnt from here on."""
        self._mapping = Mapping()
        self._fed = None

    def close(self) -> None:
        """Let the ports go, and the notes held by them."""
        for held in self._held.values():
            self._give(held.release())
        for jack in self._all:
            jack.close()

    def _arrived(self, at: float, message: bytes, name: str) -> None:
        if not message or (message[0] == SENSING and not self._sensing):
            return
        self._held[name].note(message)
        for jack in self._thru:
            if jack.port is not None:
                jack.port.send(message, at + OUT_DELAY)
        due = clocks(max(0.0, self._mapping.desk(at) + DELAY))
        if due < self._desk.now:
            self.late += 1
        self._give(message, due)

    def _give(self, data: bytes, at: int = 0) -> None:
        """At this desk time, or as soon as that is possible behind what came before."""
        if data:
            self._last = max(at, self._desk.now, self._last)
            self._desk.midi_in(data, self._last)

    def _sent(self, clock: int, byte: int) -> None:
        """The instrument sent a byte, whose stop bit was over at this desk time."""
        if byte == SENSING and not self._sensing:
            return
        at = self._mapping.host(clock / CPU_HZ) + OUT_DELAY
        for jack in self._out:
            if jack.port is not None:
                for message in self._assemblers[jack.name].take(byte):
                    jack.port.send(message, at)

    def _look(self) -> None:
        for jack in self._in:
            happened = jack.look(_names(self._in))
            if happened == "gone":
                self._give(self._held[jack.name].release())
            self._tell("input", jack.name, happened)
        for some in (self._out, self._thru):
            for out in some:
                happened = out.look(_names(some))
                if happened == "back" and out.port is not None and some is self._out:
                    self._assemblers[out.name] = _assembler(out.port)  # not the rest of what it missed the begin of
                self._tell("output", out.name, happened)

    def _tell(self, what: str, name: str, happened: str) -> None:
        if happened == "gone":
            self._desk.say(f"the MIDI {what} {name} has gone; it is looked for", "error")
        elif happened == "back":
            self._desk.say(f"the MIDI {what} {name} is back")
