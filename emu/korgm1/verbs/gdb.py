"""korgm1 gdb: the instrument under GDB, at a port of this machine that nobody else can reach."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import CPU_HZ
from korgm1.errors import EXIT_OK, UsageError
from korgm1.files import check_apart, check_writable, write_atomic
from korgm1.verbs.gdb_wire import HOST, Client, Door
from korgm1.verbs.options import add_machine_options, check_files, power, say_warnings, session_from
from korgm1.verbs.signals import asked_to_stop
from korgm1.verbs.words import named

if TYPE_CHECKING:
    from korgm1.debugging import Debugger
    from korgm1.session import Session

PORT = 2159
"""What IANA has for gdbremote."""
IDLE = 0.1
"""Host seconds after which it is looked whether somebody wants it to end."""
EPILOG = """\
examples:
  korgm1 gdb                                     stands at the first instruction after power-on, and waits for GDB
  gdb-multiarch -ex 'target remote :2159'        in another terminal
  korgm1 gdb --port 0 --battery low              any free port; stdout says which: listening on 127.0.0.1:40123
  korgm1 gdb --booted --sram my.sram             boots to the play page first
  korgm1 gdb --listing m1.asm                    a source: break m1.asm:1234, step, list, layout src
  korgm1 gdb --elf m1.elf                        names of functions, RAM and ports, which GDB gets from it
  korgm1 gdb --listing m1.asm --names my.csv     with names of your own
  korgm1 gdb --roms openm1:19 --seconds 0.5      half a second of another version first
Time passes only while GDB has the instrument run (continue, stepi, monitor run): while nobody is connected it stands.
A client may leave and come again. In GDB `monitor help` lists what can be done to the instrument. Ctrl-C here switches
off and saves the RAM as boot does. docs/gdb.md has the registers, the ports as memory, and what GDB gets wrong about
16-bit code.
"""


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "gdb",
        help="the instrument under GDB",
        description=f"Switch the instrument on and have GDB debug its firmware, at a port of {HOST}: breakpoints, "
        "watchpoints on memory and ports, steps forwards and backwards.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_machine_options(parser)
    server = parser.add_argument_group("the server")
    server.add_argument(
        "--port", type=_port, default=PORT, metavar="N", help=f"where GDB comes to; 0: any free port; default: {PORT}"
    )
    server.add_argument("--once", action="store_true", help="end when the first client has left")
    server.add_argument(
        "--elf", type=named, metavar="FILE",
        help="write the firmware, with the names that an analysis finds, as an ELF file first: gdb-multiarch FILE",
    )
    server.add_argument(
        "--listing", type=named, metavar="FILE",
        help="write the source that rom disassemble makes of it first, which GDB then shows and steps through",
    )
    server.add_argument(
        "--names", type=named, metavar="CSV", help="names and kinds of your own, as for rom disassemble --names"
    )
    start = server.add_mutually_exclusive_group()
    start.add_argument(
        "--wait", action="store_true", help="stand at the first instruction, as without --booted and --seconds"
    )
    start.add_argument("--booted", action="store_true", help="boot to the play page first")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until Ctrl-C, a signal or, with --once, the client's good-bye; then the power goes off."""
    check_files(args)
    if args.seconds is not None and (args.wait or args.booted):
        raise UsageError("--seconds says how long it runs first", "one of --seconds, --wait and --booted")
    with asked_to_stop() as asked:
        session = session_from(args)
        say_warnings(session)
        program: bytes | None = None
        names: Mapping[int, str] = {}
        if args.elf or args.listing or args.names:
            program, names = write_program(session, args.elf, args.listing, kept_files(args), args.names)
        with contextlib.closing(Door(args.port, _say)) as door, power(session, args):
            from korgm1.debugging import Debugger

            if args.booted or args.seconds is not None:
                session.boot(args.seconds, asked_to_stop=lambda: asked)
            print(f"listening on {HOST}:{door.port}", flush=True)
            _say(f"connect with: gdb-multiarch -ex 'target remote :{door.port}'")
            serve(Debugger(session), door, asked, args.once, program, names)
    return EXIT_OK


def kept_files(args: argparse.Namespace) -> list[tuple[str, str | None]]:
    """What nothing may be written over, by the option that named it."""
    names = ("roms", "waves", "pcm_card", "sram", "card", "names")
    return [(f"--{name.replace('_', '-')}", getattr(args, name)) for name in names]


def write_program(
    session: Session, elf_file: str | None, listing: str | None, kept: Sequence[tuple[str, str | None]] = (),
    own: str | None = None,
) -> tuple[bytes, Mapping[int, str]]:
    """Take the firmware apart, boot it on an instrument of its own meanwhile, and write what was found for GDB.

    Args:
        session: whose firmware it is.
        elf_file: where the ELF file goes; None: GDB gets it from the server alone.
        listing: where the source goes that the ELF file leads to, or None.
        kept: files that are to stay, by the option that named them.
        own: a CSV file of names, as for `rom disassemble --names`.

    Returns:
        The ELF file, and the names by physical address.

    Raises:
        UsageError: both are one file, or one of them is one of the `kept`.
        UserError: one cannot be written, or `own` cannot be used.
    """
    from korgm1.analysis.listing import numbered_source
    from korgm1.analysis.told import Told, told_by
    from korgm1.debugging.gdb_elf import elf
    from korgm1.symbols import read_symbols
    from korgm1.verbs.rom_disassemble import analysed, summary, title

    check_apart(kept, [("--elf", elf_file), ("--listing", listing)])
    for name in (elf_file, listing):
        if name:
            check_writable(Path(name))
    told = Told() if own is None else told_by(read_symbols(own))
    firmware = session.firmware
    program = analysed(firmware, session.model.name, told)
    source, lines = None, None
    if listing:
        text, lines = numbered_source(program, title(firmware, program))
        source = Path(listing)
        write_atomic(source, text.encode("utf-8"))
    data = elf(program, source, lines)
    if elf_file:
        write_atomic(Path(elf_file), data)
    _say(f"{' and '.join(filter(None, (elf_file, listing))) or firmware.name}: {summary(program)}")
    return data, program.labels


def serve(
    debugger: Debugger, door: Door, asked: list[int], once: bool = False, program: bytes | None = None,
    names: Mapping[int, str] | None = None,
) -> None:
    """Have one client after the other debug it.

    Args:
        debugger: what is debugged.
        door: where they come to.
        asked: holds something once it is to end.
        once: it is to end when the first has left.
        program: the ELF file that clients get; None: one without names.
        names: by physical address, for `monitor dis`.
    """
    from korgm1.debugging.gdb_server import GdbServer
    from korgm1.symbols import Symbols

    symbols = Symbols(names or {})
    while not asked:
        found = door.wait(IDLE)
        if found is None:
            continue
        client = Client(found, door)
        server = GdbServer(debugger, partial(_look, client, asked), program, symbols)
        client.conversation = server
        while not asked and client.there and not (server.over and not server.out):
            client.exchange(IDLE)
        server.close()
        client.close()
        session = debugger.session
        ps, pc = debugger.where
        how = f"at {ps:04X}:{pc:04X}, {session.clock / CPU_HZ:.6f} s" if session.powered else "with its power off"
        _say(f"the client has left; the instrument stands {how}")
        if once:
            return


def _look(client: Client, asked: list[int]) -> bool:
    return client.exchange(0) and not asked


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to 65535")
    return int(text)


def _say(text: str) -> None:
    print(f"korgm1: {text}", file=sys.stderr, flush=True)
