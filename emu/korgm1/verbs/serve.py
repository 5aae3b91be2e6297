"""korgm1 serve: the instrument for other programs, a JSON line each way, at stdin and stdout or at a Unix socket."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import UsageError
from korgm1.verbs.concert import add_view_option
from korgm1.verbs.live_sound import OpenOutput, latency, volume
from korgm1.verbs.midi_options import OpenPorts, add_midi_options
from korgm1.verbs.options import add_machine_options
from korgm1.verbs.run import run
from korgm1.verbs.serving_host import DeskHost
from korgm1.verbs.serving_peer import Peer
from korgm1.verbs.serving_wires import Wires
from korgm1.verbs.signals import asked_to_stop
from korgm1.verbs.trace_options import add_trace_options
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.keymap import Keymap

EPILOG = """\
examples:
  korgm1 serve --unix m1.sock                   the instrument at real-time speed; any number of clients
  nc -U m1.sock                                 talk to it: {"do": "press", "key": "INT"}
  printf '{"do": "run", "seconds": 3}\\n{"do": "lcd"}\\n' | korgm1 serve --paced-by-client --no-sram
Requests are {"id": 1, "do": "press", "key": "INT"}, answers {"id": 1, "ok": ...} or {"id": 1, "error": {...}};
{"do": "commands"} lists all there is, {"do": "subscribe"} brings events, {"do": "quit"} switches off and saves.
docs/remote-control.md has every message. There is no network port.
"""
SLICE = CPU_HZ // 20
"""Clocks that pass before the clients are looked at again, where time passes as fast as it can."""
TURN = 64
"""Requests of each client that are carried out before time passes again."""
IDLE = 0.1
"""Host seconds after which a server that nobody talks to looks whether it was asked to stop."""


class Remote:
    """The remote control as a view of the live loop.

    Args:
        desk: what is controlled.
        wires: where the clients are.
        paced: time passes by the clients' `run` alone, as fast as it can: `poll` then comes back at the end only.
        seconds: desk seconds after which a paced run is over; None for never.
    """

    def __init__(self, desk: Desk, wires: Wires, paced: bool, seconds: float | None = None) -> None:
        self._desk = desk
        self._wires = wires
        self._paced = paced
        self._end = None if seconds is None else clocks(seconds)
        self._host = DeskHost(desk, paced, desk.close)
        wires.meet(lambda: Peer(self._host))

    def poll(self, wait: float) -> bool:
        """Take requests for `wait` seconds at most; False when the end was asked for, or nobody is left."""
        if self._paced:
            with asked_to_stop() as asked:
                while not asked and not self._over and (self._end is None or self._desk.now < self._end):
                    self._exchange(IDLE)
                    self._pass_time()
            return False
        self._exchange(wait)
        return not self._over

    def draw(self, status: str = "") -> None:
        """Pass on what has happened."""
        self._host.tell(self._wires.peers)

    def close(self) -> None:
        """Send what is left and let the clients go."""
        self.draw()
        self._wires.close()

    @property
    def _over(self) -> bool:
        return self._host.ended or self._wires.over

    def _exchange(self, wait: float) -> None:
        """Move bytes and do what was asked for; there is no waiting while something can be done."""
        peers = self._wires.peers
        self._wires.poll(0 if any(peer.busy or (self._paced and peer.until is not None) for peer in peers) else wait)
        for _ in range(TURN):
            for peer in self._wires.peers:
                peer.work()
                self._host.tell(self._wires.peers)

    def _pass_time(self) -> None:
        """A piece of the time that clients wait for, once nothing else is asked for."""
        peers = self._wires.peers
        goals = [peer.until for peer in peers if peer.until is not None]
        if goals and not any(peer.busy for peer in peers):
            now = self._desk.now
            self._desk.run(min([*goals, now + SLICE] if self._end is None else [*goals, now + SLICE, self._end]))
            self._host.tell(peers)


def add_parser(subparsers: Any, opened: OpenOutput, ports: OpenPorts) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        opened: opens the host's sound output.
        ports: opens its MIDI ports.
    """
    parser = subparsers.add_parser(
        "serve",
        help="the instrument, live, for other programs",
        description="Switch the instrument on and have other programs play it: JSON lines at stdin and stdout, or at "
        "a Unix socket that only you can use.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_machine_options(parser)
    server = parser.add_argument_group("the remote control")
    server.add_argument("--unix", type=named, metavar="PATH", help="a socket for any number of clients, made here")
    server.add_argument(
        "--paced-by-client", action="store_true", help="time passes only when a client says run, as fast as it can"
    )
    server.add_argument("--no-sram", action="store_true", help="start with RAM never powered, and keep nothing")
    sound = parser.add_argument_group("sound")
    sound.add_argument("--sound", dest="mute", action="store_false", help="play it, too")
    sound.add_argument("--latency", type=latency, default="high", metavar="low|high|MS", help="as for run")
    sound.add_argument("--audio-device", metavar="DEVICE", help="number or name (korgm1 play --list-devices)")
    sound.add_argument("--volume", type=volume, default=100, metavar="0-100", help="default: 100")
    add_view_option(sound)
    add_midi_options(parser.add_argument_group("MIDI"))
    out = parser.add_argument_group("what comes out")
    out.add_argument("--record", metavar="FILE", help="write every input down, for boot --replay")
    add_trace_options(out)
    parser.set_defaults(tty=True, speak=False, keys=None, json=False, png=None)
    parser.set_defaults(run=lambda args: serve(args, opened, ports))


def serve(args: argparse.Namespace, opened: OpenOutput, ports: OpenPorts | None = None) -> int:
    """Serve until somebody says quit, stdin ends, a signal comes or `--seconds` are over; then the power goes off.

    Raises:
        UserError: there cannot be a socket at that path.
        UsageError: sound or MIDI ports where time does not pass by itself.
    """
    cables = args.midi_in or args.midi_out or args.midi_thru or args.midi_virtual
    if args.paced_by_client and (cables or not args.mute):
        raise UsageError("with --paced-by-client there is no time for sound or MIDI ports", "one without the other")
    path = None if args.unix is None else Path(args.unix)
    wires = Wires(path, lambda text: print(f"korgm1: {text}", file=sys.stderr))

    def open_remote(desk: Desk, keymap: Keymap) -> Remote:
        return Remote(desk, wires, args.paced_by_client, args.seconds)

    with contextlib.closing(wires), contextlib.redirect_stdout(sys.stderr):
        if path is not None:
            print(f"korgm1: at {path}, for you alone (quit or Ctrl-C ends it)", file=sys.stderr)
        elif sys.stdin is not None and sys.stdin.isatty():
            print('korgm1: a request a line, as {"do": "lcd"} or {"do": "commands"}; Ctrl-D ends it', file=sys.stderr)
        return run(args, {"terminal": open_remote}, opened, ports)
