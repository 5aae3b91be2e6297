"""What the monitor's commands for memory in files, names and traces do."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.bus.memory import SIZE
from korgm1.cpu.engine import REGISTERS
from korgm1.debugging.doing_hands import path_of
from korgm1.debugging.doing_stops import span
from korgm1.debugging.expressions import HALVES, INDEXED, NAMED
from korgm1.debugging.looking import FLAGS, INTEL
from korgm1.errors import UsageError, UserError
from korgm1.files import read_file, write_atomic

if TYPE_CHECKING:
    from korgm1.debugging.monitor import Monitor

_TAKEN = frozenset((*REGISTERS, *INTEL, *HALVES, *FLAGS, *NAMED, *INDEXED))
_LABEL = re.compile(r"[A-Za-z_.$@?][\w.$@?]{0,63}")


def dump(monitor: Monitor, rest: str) -> None:
    """Memory to a new file."""
    name, _, where = rest.rpartition(" ")
    path = _new(path_of(name))
    first, last = span(monitor, where, SIZE - 1)
    write_atomic(path, monitor.debugger.read(first, last + 1 - first))
    monitor.say(f"{path}: {last + 1 - first:,} bytes, {first:05X}-{last:05X}")


def put(monitor: Monitor, rest: str) -> None:
    """A file into RAM."""
    name, _, where = rest.rpartition(" ")
    path = path_of(name)
    data = read_file(path, "bytes for the RAM", SIZE)
    first = monitor.value(where).number & SIZE - 1
    if not data or first + len(data) > SIZE:
        raise UserError(f"{path} has {len(data):,} bytes, which do not fit at {first:05X}", f"1 to {SIZE - first:,}")
    monitor.debugger.write(first, data)
    monitor.say(f"{len(data):,} bytes at {first:05X}-{first + len(data) - 1:05X}")


def label(monitor: Monitor, rest: str) -> None:
    """A name for a place."""
    name, _, where = rest.partition(" ")
    if not _LABEL.fullmatch(name) or name.lower() in _TAKEN or re.fullmatch(r"[0-9A-Fa-f]+[Hh]?", name):
        raise UsageError(f"{name!r} cannot be a name", "letters, digits and _, no number and no register")
    address = monitor.value(where or "ps:pc").number & SIZE - 1
    monitor.symbols.add({address: name})
    monitor.labels[address] = name
    monitor.say(f"{address:05X} is {name}")


def labels(monitor: Monitor, rest: str) -> None:
    """The names given here, shown or written to a new file."""
    if rest:
        if not monitor.labels:
            raise UsageError("no name was given yet", "label NAME [PLACE]")
        path, out = _new(path_of(rest)), io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerows([("address", "name"), *((f"{at:05X}", name) for at, name in sorted(monitor.labels.items()))])
        write_atomic(path, out.getvalue().encode())
        monitor.say(f"{path}: {len(monitor.labels)} names, for --symbols")
        return
    rows = [f"  {at:05X}  {name}" for at, name in sorted(monitor.labels.items())]
    monitor.say(*rows or ["none yet; label NAME [PLACE] gives one"])


def trace(monitor: Monitor, rest: str) -> None:
    """A trace of what runs from now on."""
    if not rest:
        raise UsageError("a trace where?", "trace FILE [WORDS], or trace off")
    if rest.lower() == "off":
        monitor.session.trace_end()
        return
    name, _, words = rest.partition(" ")
    monitor.session.trace(_new(path_of(name)), words.strip() or "all")


def _new(path: Path) -> Path:
    if path.exists():
        raise UserError(f"{path} is there", "a new file")
    return path
