"""What the remote control talks to: a desk, its commands as they are, and what comes out of it as events."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from korgm1 import __version__
from korgm1.board.midi import BYTE
from korgm1.clock import CPU_HZ
from korgm1.desk import commands
from korgm1.session.base import ACTIVE_SENSING
from korgm1.verbs.serving import PROTOCOL

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.result import LcdChange
    from korgm1.verbs.serving_peer import Peer


class DeskHost:
    """A desk that is talked to from elsewhere.

    Args:
        desk: which.
        paced_by_client: time passes by `run` only; this is said in `hello`.
        switch_off: switches off for good and saves; M1Error where that fails.

    Attributes:
        ended: somebody has said quit, and all is saved.
    """

    def __init__(self, desk: Desk, paced_by_client: bool, switch_off: Callable[[], object]) -> None:
        self._desk = desk
        self._paced_by_client = paced_by_client
        self._switch_off = switch_off
        self._events: list[tuple[str, int, Mapping[str, Any]]] = []
        self._midi: list[tuple[int, int]] = []
        self._message = desk.messages[-1].number if desk.messages else 0
        self._powered = desk.powered
        self.ended = False
        desk.on_picture(self._picture)
        desk.on_leds(self._leds)
        desk.on_midi_out(self._byte)

    @property
    def now(self) -> int:
        """Desk time, in clocks."""
        return self._desk.now

    def hello(self) -> dict[str, Any]:
        """Who answers, and how time passes here."""
        session = self._desk.session
        firmware = session.firmware
        return {
            "program": "korgm1",
            "version": __version__,
            "protocol": PROTOCOL,
            "model": session.model.name,
            "firmware": {"name": firmware.name, "version": firmware.version, "sha1": firmware.sha1},
            "keys": list(self._desk.keys),
            "clock_hz": CPU_HZ,
            "now": self.now,
            "paced_by": "client" if self._paced_by_client else "host",
        }

    def commands(self) -> list[dict[str, Any]]:
        """Every command of the desk but `run`, which is the conversation's."""
        return [one for one in commands.described() if one["name"] != "run"]

    def perform(self, name: str, arguments: Mapping[str, Any]) -> Any:
        """Do one.

        Raises:
            M1Error: it cannot be done.
        """
        return commands.perform(self._desk, name, arguments)

    def quit(self) -> None:
        """Switch off, save and end.

        Raises:
            M1Error: it could not be saved; nothing has ended then.
        """
        self._switch_off()
        self.ended = True

    def tell(self, peers: Iterable[Peer]) -> None:
        """Hand what has happened since the last time to those who want it, in the order of desk time."""
        self._notice()
        events, self._events = sorted(self._events, key=lambda event: event[1]), []
        for peer in peers:
            for event in events:
                peer.tell(*event)

    def _notice(self) -> None:
        """What nobody calls for: bytes of MIDI OUT in runs without a pause, messages, the switch."""
        desk = self._desk
        runs: list[tuple[int, int, bytearray]] = []
        for at, byte in self._midi:
            if runs and at - runs[-1][1] <= BYTE + BYTE // 4:
                runs[-1][2].append(byte)
                runs[-1] = (runs[-1][0], at, runs[-1][2])
            else:
                runs.append((at, at, bytearray([byte])))
        self._midi.clear()
        self._events += [("midi", first, {"data": data.hex(" ").upper()}) for first, _, data in runs]
        for message in desk.messages:
            if message.number > self._message:
                self._events.append(("message", message.at, {"kind": message.kind, "text": message.text}))
                self._message = message.number
        if desk.powered != self._powered:
            self._powered = desk.powered
            self._events.append(("power", desk.now, {"on": self._powered}))

    def _byte(self, at: int, byte: int) -> None:
        """Active sensing, a byte every 0.3 s, is no news."""
        if byte != ACTIVE_SENSING:
            self._midi.append((at, byte))

    def _picture(self, picture: LcdChange) -> None:
        self._events.append(("lcd", picture.clock, {"lines": list(picture.lcd)}))

    def _leds(self, leds: dict[str, bool]) -> None:
        self._events.append(("leds", self._desk.now, {"leds": dict(leds)}))
