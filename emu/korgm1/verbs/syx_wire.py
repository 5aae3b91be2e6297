"""korgm1 syx send, korgm1 syx receive: to a real instrument at the host's ports, or to the emulated one."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from korgm1.errors import EXIT_OK, UsageError, UserError

if TYPE_CHECKING:
    from korgm1.verbs.live_midi import PortIn
    from korgm1.verbs.syx_cable import Sending, Wire

REFUSED = 1
"""Exit code when the instrument did not take everything."""
PACE, EMULATED_PACE = "256/100ms", "full"
"""What real instruments have taken from many hosts (facts m1-hardware 6.7); the emulated one needs no patience."""


class OpenPorts(Protocol):
    """Opens the host's ports; raises UserError where one is not there."""

    def open_input(self, word: str) -> PortIn:
        """An input by number, name or path."""

    def open_output(self, word: str) -> Sending:
        """An output by number, name or path."""


def add_parsers(deeds: Any, ports: OpenPorts) -> None:
    """Put send and receive on the command line."""
    from korgm1.syx.functions import REQUESTS
    from korgm1.verbs.words import named, seconds

    one = deeds.add_parser("send", help="send a file to an instrument", description=(
        "Message by message, each after the answer to the one before, and what the answers mean. A message the check "
        "finds broken is not sent (--anyway). Exit codes: 0 all was taken, 1 the instrument refused or did not answer."
    ))  # fmt: skip
    one.add_argument("file", metavar="FILE", type=named)
    one.add_argument(
        "--pace", metavar="PACE", help=f"full, or bytes in a time, as 256/100ms, 64/1s; default: {PACE}, "
        f"{EMULATED_PACE} with --emulated",
    )
    one.add_argument("--anyway", action="store_true", help="send what korgm1 syx check calls broken, too")
    _add_wire(one)
    one.set_defaults(run=lambda args: run_send(args, ports))

    one = deeds.add_parser("receive", help="write what an instrument sends to a file", description=(
        "Ask for a dump and write it; without --request wait for what is sent by hand from the instrument's panel."
    ))  # fmt: skip
    one.add_argument("-o", "--out", metavar="FILE", type=named, required=True)
    one.add_argument("--request", choices=tuple(REQUESTS), help="what to ask for")
    one.add_argument("--bank", choices=("int", "card"), default="int", help="of which memory; default: int")
    one.add_argument("--channel", type=int, default=1, metavar="N", help="the instrument's global channel; default: 1")
    one.add_argument("--wait", type=seconds, metavar="S", help="seconds to wait for the first message")
    _add_wire(one)
    one.set_defaults(run=lambda args: run_receive(args, ports))


def run_send(args: argparse.Namespace, ports: OpenPorts) -> int:
    """Send a file, and print the answers."""
    from korgm1 import syx
    from korgm1.verbs.progress import Bar
    from korgm1.verbs.syx import load
    from korgm1.verbs.syx_cable import BYTE_SECONDS, Pace
    from korgm1.verbs.syx_talk import send

    pace = Pace.parse(args.pace or (EMULATED_PACE if args.emulated else PACE))
    report = syx.check(load(args.file))
    broken = next((finding for finding in report.findings if finding.kind == "error"), None)
    if broken is not None and not args.anyway:
        raise UserError(f"{args.file} is broken: {broken}", "", f"korgm1 syx check {args.file}, or --anyway")
    whole = [piece for piece in report.messages if piece.closed]
    count = len(report.messages)
    if not whole:
        raise UserError(f"{args.file} has no whole message", "F0 ... F7", f"korgm1 syx check {args.file}")
    with _wire(args, ports, needs_output=True) as wire, Bar() as bar:
        answers = send(wire, whole, pace, lambda _, done, of: bar.show(done * BYTE_SECONDS, of * BYTE_SECONDS))
    refused = len(answers) < count or not all(answer.good for answer in answers)
    if args.json:
        rows = [dict(vars(answer)) for answer in answers]
        found = {"file": args.file, "ok": not refused, "sent": len(answers), "of": count, "answers": rows}
        print(json.dumps(found, indent=2))
    else:
        for answer in answers:
            reply = "" if answer.reply is None else f" (reply {answer.reply:02X})"
            print(f"{answer.number:5}  {answer.title}: {answer.text}{reply}")
        if len(answers) < count:
            print(f"{count - len(answers)} of {count} messages were not sent")
    return REFUSED if refused else EXIT_OK


def run_receive(args: argparse.Namespace, ports: OpenPorts) -> int:
    """Write what came."""
    from korgm1 import syx
    from korgm1.files import check_apart, check_writable, write_atomic
    from korgm1.syx.functions import REQUESTS
    from korgm1.verbs.syx_talk import receive

    if not 1 <= args.channel <= 16:
        raise UsageError(f"there is no channel {args.channel}", "1 to 16")
    if args.bank == "card" and not args.request:
        raise UsageError("--bank card asks for nothing", "--request programs, or another")
    if args.emulated and not args.request:
        raise UsageError("nobody sends anything by hand from the emulated instrument", "--request all")
    check_apart([], [("-o", args.out), ("--sram", args.sram)])
    check_writable(Path(args.out))
    request = b""
    if args.request:
        asked = REQUESTS[args.request]
        fields = asked[1:]
        if args.bank == "card":
            if not fields:
                raise UsageError(f"{args.request} is of no card", "programs, combis, global, sequences or all")
            fields = b"\1"
        request = syx.message(args.channel, asked[0], fields)
    with _wire(args, ports, needs_output=bool(request)) as wire:
        if not wire.receives:
            raise UsageError("there is nothing to receive from", "--midi-in PORT, or --emulated", "korgm1 midi list")
        if not args.json and not request:
            print("waiting for a dump (GLOBAL, DATA DUMP on the instrument) ...", file=sys.stderr)
        found = receive(wire, request, args.wait)
    data = b"".join(piece.raw for piece in found)
    write_atomic(Path(args.out), data)
    report = syx.check(data)
    if args.json:
        print(json.dumps({"file": args.out, **report.to_dict()}, indent=2))
        return EXIT_OK
    print(f"{args.out}: {len(data):,} bytes, {len(found)} message{'s' * (len(found) != 1)}")
    if report.errors:
        print(f"but {report.errors} errors in it: korgm1 syx check {args.out}", file=sys.stderr)
    return EXIT_OK


def _add_wire(parser: argparse.ArgumentParser) -> None:
    from korgm1.verbs.options import add_instrument_options, add_memory_options

    wire = parser.add_argument_group("to which instrument")
    wire.add_argument("--midi-out", metavar="PORT", help="the host's output to it: number, part of a name, or device")
    wire.add_argument("--midi-in", metavar="PORT", action="append", default=[], help="the input its answers come from")
    wire.add_argument("--emulated", action="store_true", help="the emulated one; no port is needed")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    machine = add_instrument_options(parser)
    machine.description = "With --emulated."
    add_memory_options(machine, "read where it exists, and written back with what was sent")


@contextlib.contextmanager
def _wire(args: argparse.Namespace, ports: OpenPorts, needs_output: bool) -> Iterator[Wire]:
    from korgm1.verbs.syx_cable import PortWire

    if args.emulated:
        if args.midi_out or args.midi_in:
            raise UsageError("--emulated needs no port", "--emulated, or --midi-out and --midi-in")
        with _emulated(args) as wire:
            yield wire
        return
    if args.sram or args.card or args.roms is not None:
        raise UsageError("--sram, --card and --roms are of the emulated instrument", "--emulated")
    if needs_output and not args.midi_out:
        raise UsageError("no instrument is named", "--midi-out PORT, or --emulated", "korgm1 midi list")
    with contextlib.ExitStack() as at_the_end:
        output = ports.open_output(args.midi_out) if args.midi_out else None
        if output is not None:
            at_the_end.callback(output.close)
        inputs = []
        for word in args.midi_in:
            inputs.append(ports.open_input(word))
            at_the_end.callback(inputs[-1].close)
        yield PortWire(output, inputs, time.monotonic, time.sleep)


@contextlib.contextmanager
def _emulated(args: argparse.Namespace) -> Iterator[Wire]:
    """The instrument, booted; switched off in every case, its memory saved."""
    from korgm1.verbs.options import check_files, power, say_warnings, session_from
    from korgm1.verbs.syx_cable import SessionWire

    given = argparse.Namespace(**vars(args), press=(), midi=(), hold=())
    check_files(given)
    session = session_from(given)
    say_warnings(session)
    with power(session, given) as asked:
        session.boot(asked_to_stop=lambda: bool(asked))
        yield SessionWire(session, lambda: bool(asked))
