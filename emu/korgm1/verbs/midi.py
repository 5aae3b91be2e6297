"""korgm1 midi: the host's MIDI ports."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any, Protocol

from korgm1.errors import EXIT_OK, UserError

EPILOG = """\
examples:
  korgm1 midi list
  korgm1 run --midi-in keystation --midi-out 0
A port is called by its number or by a part of its name. On Linux the path of a raw device does as well, without any
library: --midi-in /dev/snd/midiC1D0. docs/midi.md has more.
"""


class Listing(Protocol):
    """What `list` prints."""

    @property
    def backends(self) -> tuple[str, ...]:
        """Those that work."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of ports."""

    @property
    def outputs(self) -> tuple[str, ...]:
        """Names of ports."""

    @property
    def broken(self) -> dict[str, str]:
        """Backend -> why it does not work."""


def add_parser(subparsers: Any, listing: Callable[[], Listing]) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        listing: looks which ports there are; raises UserError where python-rtmidi is missing.
    """
    parser = subparsers.add_parser(
        "midi", help="the host's MIDI ports", description="Which MIDI ports this host has.", epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    deeds = parser.add_subparsers(title="what", dest="deed", metavar="list", required=True)
    one = deeds.add_parser("list", help="inputs and outputs", description="Inputs and outputs with their numbers.")
    one.add_argument("--json", action="store_true", help="print one JSON object")
    one.set_defaults(run=lambda args: run_list(args, listing))


def run_list(args: argparse.Namespace, listing: Callable[[], Listing]) -> int:
    """Print the ports.

    Raises:
        UserError: python-rtmidi is missing, or no backend works.
    """
    found = listing()
    if args.json:
        print(json.dumps({
            "backends": found.backends, "inputs": found.inputs, "outputs": found.outputs, "broken": found.broken,
        }, indent=2))  # fmt: skip
        return EXIT_OK
    if not found.backends:
        reasons = "; ".join(f"{name}: {why}" for name, why in found.broken.items()) or "rtmidi has no backend"
        raise UserError(
            f"this host's MIDI cannot be used ({reasons})",
            "ALSA's sequencer (modprobe snd-seq), a JACK server that runs, or a raw device by its path",
        )
    for title, names in (("inputs", found.inputs), ("outputs", found.outputs)):
        print(f"{title}:" if names else f"{title}: none")
        for number, name in enumerate(names):
            print(f"  {number}  {name}")
    print("by " + ", ".join(found.backends))
    return EXIT_OK
