"""Options that name the host's MIDI ports, and the ports opened for a live instrument."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from korgm1.errors import UsageError

if TYPE_CHECKING:
    from korgm1.desk import Desk
    from korgm1.verbs.live_midi import LiveMidi, PortIn, PortOut


class OpenPorts(Protocol):
    """Opens the host's ports; raises UserError where one is not there."""

    def open_input(self, word: str) -> PortIn:
        """An input by number, name or path."""

    def open_output(self, word: str) -> PortOut:
        """An output by number, name or path."""

    def open_virtual(self) -> tuple[PortIn, PortOut]:
        """An input and an output for other programs to connect to."""


def add_midi_options(group: argparse._ArgumentGroup) -> None:
    """Which ports are at the instrument's sockets."""
    group.add_argument(
        "--midi-in", metavar="PORT", action="append", default=[],
        help="a port into MIDI IN: number or part of the name (korgm1 midi list), or a raw device; may be repeated",
    )
    group.add_argument("--midi-out", metavar="PORT", action="append", default=[], help="a port for MIDI OUT")
    group.add_argument("--midi-thru", metavar="PORT", action="append", default=[], help="a port for MIDI THRU")
    group.add_argument("--midi-virtual", action="store_true", help="make ports korgm1 in and korgm1 out")
    group.add_argument("--midi-sensing", action="store_true", help="let active sensing (FE) pass, both ways")


@contextlib.contextmanager
def live_midi(desk: Desk, args: argparse.Namespace, ports: OpenPorts | None) -> Iterator[LiveMidi | None]:
    """The ports the options name, at the instrument; closed in every case. None where they are not named.

    Raises:
        UserError: one is not there, or cannot be opened.
        UsageError: one is named twice.
    """
    if ports is None or not (args.midi_in or args.midi_out or args.midi_thru or args.midi_virtual):
        yield None
        return
    from korgm1.verbs.live_midi import LiveMidi

    with contextlib.ExitStack() as opened:
        inputs: list[PortIn] = []
        outputs: list[PortOut] = []
        thru: list[PortOut] = []
        for word in args.midi_in:
            inputs.append(ports.open_input(word))
            opened.callback(inputs[-1].close)
        for words, into in ((args.midi_out, outputs), (args.midi_thru, thru)):
            for word in words:
                into.append(ports.open_output(word))
                opened.callback(into[-1].close)
        if args.midi_virtual:
            own_in, own_out = ports.open_virtual()
            opened.callback(own_in.close)
            opened.callback(own_out.close)
            inputs.append(own_in)
            outputs.append(own_out)
        for some in (inputs, outputs, thru):
            names = [port.name for port in some]
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise UsageError(f"the port {twice} is named twice", "each port once")
        opened.pop_all()
        live = LiveMidi(
            desk, inputs, outputs, time.monotonic, ports.open_input, ports.open_output, thru, args.midi_sensing
        )
        try:
            yield live
        finally:
            live.close()
