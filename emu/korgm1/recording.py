"""Recordings (docs/record-format.md): every input with its clock, and fingerprints of what the machine did with it.

A recording is lines of JSON: a header (the instrument as it was before power-on), inputs ("do"), finished LCD pictures
("lcd"), checkpoints ("check") and an end. `Recorder` writes them while a session runs, `Checker` compares them with
what a session does that is given the same inputs again (korgm1.replay).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from korgm1.clock import CPU_HZ
from korgm1.errors import ReplayDifference, UserError
from korgm1.files import PartFile, read_file
from korgm1.machine.m1 import M1

FORMAT = "korgm1-record"
VERSION = 4
READABLE = (1, 2, 3, 4)
EVERY = CPU_HZ // 4
"""Clocks from checkpoint to checkpoint."""
_ACCESS = struct.Struct("<QHBB")

Line = dict[str, Any]


class LcdRow(Protocol):
    """A row of the LCD timeline."""

    @property
    def clock(self) -> int:
        """When the picture was finished."""

    @property
    def lcd(self) -> tuple[str, str]:
        """Its two lines."""


def pack(data: bytes | None) -> str | None:
    """Bytes as text: zlib, then base64.

    >>> unpack(pack(b"korg"))
    b'korg'
    """
    return None if data is None else base64.b64encode(zlib.compress(data, 9)).decode("ascii")


def unpack(text: str | None) -> bytes | None:
    """The bytes of `pack`; raises ValueError."""
    try:
        return None if text is None else zlib.decompressobj().decompress(base64.b64decode(text, validate=True), 1 << 20)
    except (zlib.error, binascii.Error) as error:
        raise ValueError(str(error)) from error


class Monitor:
    """Fingerprints of what a machine does since power-on: LCD timeline, RAM, port accesses, sound, cards."""

    def __init__(self) -> None:
        self._machine: M1 | None = None
        self._forget()

    def _forget(self) -> None:
        self.next_check = EVERY
        """The clock of the next checkpoint; the session stops there and calls `check`."""
        self._accesses = bytearray()
        self._ports = hashlib.sha1()
        self._count = 0
        self._last_row = -1
        self._pictures = hashlib.sha1()

    def attach(self, machine: M1) -> None:
        """The power of this machine goes on."""
        self.detach()
        self._forget()
        self._machine = machine
        machine.ports.watch = self._accessed

    def detach(self) -> None:
        """Listen no more."""
        if self._machine is not None:
            self._machine.ports.watch = None
            self._machine = None

    def input(self, name: str, **fields: Any) -> None:
        """An input is given to the machine now."""

    def check(self, timeline: Sequence[LcdRow]) -> None:
        """A checkpoint: look at everything that happened since the last."""
        machine = self._machine
        if machine is None:
            return
        for row in timeline[bisect_right(timeline, self._last_row, key=lambda row: row.clock) :]:
            self._last_row = row.clock
            self._pictures.update(json.dumps([row.clock, *row.lcd]).encode())
            self._saw({"clock": row.clock, "lcd": list(row.lcd)})
        self._ports.update(self._accesses)
        self._count += len(self._accesses) // _ACCESS.size
        self._accesses.clear()
        self._saw({
            "clock": machine.clock,
            "check": {
                "lcd": self._pictures.hexdigest(),
                "sram": hashlib.sha1(machine.sram.image()).hexdigest(),
                "ports": self._ports.hexdigest(),
                "accesses": self._count,
                "sound": f"{machine.sound_board.hash():016x}",
                "card": _card_print(machine),
                "pcm_card": machine.wave_rom.card_sha1,
            },
        })
        while self.next_check <= machine.clock:
            self.next_check += EVERY

    def _accessed(self, kind: str, port: int, value: int) -> None:
        if self._machine is not None:
            self._accesses += _ACCESS.pack(self._machine.scheduler.now, port, value, kind == "out")

    def _saw(self, line: Line) -> None:
        """A picture or a checkpoint."""


class Recorder(Monitor):
    """Writes a recording.

    Args:
        path: the file; it is called PATH.part until `close`.
        header: what the session was before power-on, without "format" and "version".

    Raises:
        UserError: the file cannot be written.
    """

    def __init__(self, path: Path, header: Line) -> None:
        super().__init__()
        self._file = PartFile(path)
        self._write({"format": FORMAT, "version": VERSION, **header})

    def input(self, name: str, **fields: Any) -> None:
        """Write an input down."""
        clock = 0 if self._machine is None else self._machine.clock
        self._write({"clock": clock, "do": name, **fields})

    def close(self) -> None:
        """The recording is whole."""
        self._write({"end": True})
        self.detach()
        self._file.close()

    def _saw(self, line: Line) -> None:
        self._write(line)

    def _write(self, line: Line) -> None:
        self._file.write(json.dumps(line, separators=(",", ":")).encode() + b"\n")


class Checker(Monitor):
    """Compares what happens with a recording.

    Args:
        expected: the recording's pictures and checkpoints, in order.
    """

    def __init__(self, expected: Iterable[Line]) -> None:
        super().__init__()
        self._expected = list(expected)
        self._place = 0
        self.checks = 0
        """Checkpoints that were as recorded, so far."""
        self.last_good = 0
        """The clock of the last of them since power-on."""

    @property
    def left(self) -> int:
        """How many recorded pictures and checkpoints have not come yet."""
        return len(self._expected) - self._place

    def attach(self, machine: M1) -> None:
        """See `Monitor`."""
        super().attach(machine)
        self.last_good = 0

    def _saw(self, line: Line) -> None:
        if not self.left:
            return
        expected = self._expected[self._place]
        self._place += 1
        if "check" in line and "check" in expected:     # sound and cards were not looked at by older versions
            known = expected["check"].keys() | {"lcd", "sram", "ports", "accesses"}
            line = {**line, "check": {key: value for key, value in line["check"].items() if key in known}}
        if line == expected:
            if "check" in line:
                self.checks += 1
                self.last_good = line["clock"]
            return
        raise ReplayDifference(
            f"the replay differs, first {_difference(line, expected)} (all was as recorded up to "
            f"{at(self.last_good)})", hint="korgm1 boot --replay FILE --trace OUT shows every access",
        )


def _card_print(machine: M1) -> str | None:
    """What is on the program card in the slot, and how its switch stands."""
    card = machine.card.card
    return None if card is None else hashlib.sha1(bytes(card.data) + bytes([card.protected])).hexdigest()


def at(clock: int) -> str:
    """A clock for people.

    >>> at(12_000_000)
    'clock 12,000,000 = 1.500000 s'
    """
    return f"clock {clock:,} = {clock / CPU_HZ:.6f} s"


def _difference(line: Line, expected: Line) -> str:
    if "lcd" in expected and "lcd" in line:
        return (
            f"in the LCD: {at(line['clock'])} shows {'|'.join(line['lcd'])!r}, recorded is "
            f"{'|'.join(expected['lcd'])!r} at {at(expected['clock'])}"
        )
    if "lcd" in line:
        return f"in the LCD: {at(line['clock'])} shows {'|'.join(line['lcd'])!r}, which was not recorded"
    if "lcd" in expected:
        return f"in the LCD: {'|'.join(expected['lcd'])!r} of {at(expected['clock'])} does not appear"
    if line["clock"] != expected["clock"]:
        return f"in time: a checkpoint at {at(line['clock'])}, recorded is {at(expected['clock'])}"
    mine, theirs = line["check"], expected["check"]
    names = {
        "lcd": "the LCD timeline", "sram": "the RAM", "ports": "the port accesses", "sound": "the sound",
        "card": "the program card", "pcm_card": "the PCM card",
    }
    differ = [text for key, text in names.items() if mine.get(key) != theirs.get(key)]
    text = f"in {' and '.join(differ) or 'the checkpoint'} at {at(line['clock'])}"
    if mine.get("accesses") != theirs.get("accesses"):
        text += f" ({mine.get('accesses'):,} accesses since power-on, recorded are {theirs.get('accesses'):,})"
    return text


@dataclass(frozen=True)
class Recording:
    """A recording that was read.

    Attributes:
        header: see docs/record-format.md.
        inputs: the "do" lines and the end, in order.
        seen: the pictures and checkpoints, in order.
        whole: it has an end; a killed run's has none.
    """

    header: Line
    inputs: tuple[Line, ...]
    seen: tuple[Line, ...]
    whole: bool


def read_recording(path: Path) -> Recording:
    """The recording in a file; a last line that is cut off is dropped.

    Raises:
        UserError: it cannot be read or is no recording.
    """
    rows = read_file(path, "a recording (korgm1 boot --record FILE)", 1 << 30).split(b"\n")
    lines: list[Line] = []
    for number, row in enumerate(rows, 1):
        if not row.strip():
            continue
        try:
            line = json.loads(row)
            if not isinstance(line, dict):
                raise ValueError("no object")
            if not lines and line.get("format") != FORMAT:
                raise ValueError("no header")
            if "do" in line or "lcd" in line or "check" in line:
                line["clock"] = int(line["clock"])
            lines.append(line)
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if number == len(rows) and lines:
                break
            if not lines:
                raise UserError(f"{path} is no recording", "a korgm1 recording (korgm1 boot --record FILE)") from error
            raise UserError(f"{path}, line {number}, cannot be understood", "a line of a korgm1 recording") from error
    if not lines:
        raise UserError(f"{path} is empty", "a korgm1 recording")
    if lines[0].get("version") not in READABLE:
        raise UserError(f"{path} has recording format {lines[0].get('version')}", f"format {READABLE[0]} to {VERSION}")
    return Recording(
        header=lines[0],
        inputs=tuple(line for line in lines if "do" in line),
        seen=tuple(line for line in lines if "lcd" in line or "check" in line),
        whole="end" in lines[-1],
    )
