"""Reader of the SingleStepTests suites (V20, 8088, 8086) as they are published: JSON arrays and MOO files.

A suite is a folder with a file an opcode, `F6.7.json.gz` or `F6.7.MOO.gz` (packed or not), and `metadata.json`. The
name of a file is the form. Every test becomes a case as `korgm1.cpu.cases` runs them:

    JSON                        MOO, little-endian chunks {id, u32 length}     case
    -                           "MOO " version, 3 x 0, u32 tests, CPU name     `nec` (V20, V30), or metadata's "cpu"
    name, bytes                 TEST {u32 index, NAME, BYTS ...}               name, bytes
    initial.regs, initial.ram   INIT {REGS u16 mask + u16s, RAM u32 + u8s}     regs, ram
    final.regs, final.ram       FINA {the same; only what changed}             final_regs, final_ram
    metadata: flags-mask        the same                                       mask; FFFF where there is none
    metadata: status            the same                                       status

Queue contents and cycles are left out: a V20's bus is 8 bits wide. Tests of a 286 or later are refused: other rules.
Sources: READMEs of SingleStepTests/v20 and dbalsom/moo. None of the published files was at hand: unmeasured.
"""

from __future__ import annotations

import gzip
import json
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from korgm1.errors import UserError

MOO_REGISTERS = ("ax", "bx", "cx", "dx", "cs", "ss", "ds", "es", "sp", "bp", "si", "di", "ip", "flags")
"""In the order of the mask of a REGS chunk, bit 0 first."""

CPUS = ("8088", "8086", "V20", "V30")
_SUFFIXES = (".json", ".moo")
_METADATA = "metadata.json"
_ARRAY = "a JSON array of tests (a file of JSON lines ends in .jsonl)"


def is_suite(path: Path) -> bool:
    """Is it a folder, or a file of such a suite by its name?

    >>> [is_suite(Path(name)) for name in ("00.json.gz", "F6.7.MOO", "v30.jsonl.gz")]
    [True, True, False]
    """
    return path.is_dir() or _split(path)[1] in _SUFFIXES


def read_suite(path: Path) -> Iterator[dict[str, Any]]:
    """The cases of one file, or of all files of a folder in the order of their names.

    Raises:
        UserError: no such file or no tests in the folder; a broken file, test or metadata.json; another CPU.
    """
    if not path.is_dir():
        yield from _read_file(path, _Metadata(path.parent / _METADATA))
        return
    files = sorted(each for each in path.iterdir() if is_suite(each) and each.is_file() and each.name != _METADATA)
    if not files:
        raise UserError(f"there are no tests in {path}", "files like 00.json.gz or 00.MOO.gz")
    metadata = _Metadata(path / _METADATA)
    for file in files:
        yield from _read_file(file, metadata)


def _split(path: Path) -> tuple[str, str]:
    """The form and the kind of a file: F6.7 and .json of F6.7.json.gz."""
    name = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return name.stem.upper(), name.suffix.lower()


class _Metadata:
    """metadata.json: flags masks, status, CPU; nothing is known where there is no such file."""

    def __init__(self, path: Path) -> None:
        self._opcodes: dict[str, Any] = {}
        self.cpu = ""
        if not path.exists():
            return
        try:
            data = json.loads(path.read_text("utf-8"))
            self._opcodes = {key.upper(): row for key, row in data["opcodes"].items()}
            self.cpu = str(data.get("cpu", ""))
            rows = [(key, row) for key in self._opcodes for row in self._rows(key)]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{path} is broken: {error!r}", "the suite's metadata.json") from None
        for key, row in rows:
            mask = row.get("flags-mask", 0xFFFF)
            if not isinstance(mask, int) or not 0 <= mask <= 0xFFFF:
                raise UserError(f"{path}: opcode {key} has the flags-mask {mask!r}", "0-65535")

    def _rows(self, key: str) -> list[dict[str, Any]]:
        row = self._opcodes[key]
        return [dict(row), *map(dict, row.get("reg", {}).values())]

    def form(self, op: str) -> dict[str, Any]:
        """The entry of a form: of its reg field where it has one."""
        opcode, _, reg = op.partition(".")
        row: dict[str, Any] = self._opcodes.get(opcode, {})
        return row.get("reg", {}).get(reg, row) if reg else row


def _read_file(path: Path, metadata: _Metadata) -> Iterator[dict[str, Any]]:
    op, kind = _split(path)
    row = metadata.form(op)
    data = _bytes_of(path)
    tests: Iterable[dict[str, Any]]
    if kind == ".moo":
        cpu, tests = _moo(path, data)
    else:
        cpu, tests = metadata.cpu, _json(path, data)
    cpu = cpu.strip().upper()
    if cpu and cpu not in CPUS:
        raise UserError(f"{path} has the tests of a {cpu}", "those of a " + ", ".join(CPUS))
    del data
    mask, status = row.get("flags-mask", 0xFFFF), str(row.get("status", "normal"))
    for number, test in enumerate(tests):
        try:
            case = _case(test)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"it has no {error}" if isinstance(error, KeyError) else str(error)
            raise UserError(f"{path}: test {number}: {what}", "a test as its suite's README says") from None
        yield {"op": op, "mask": mask, "status": status, "nec": cpu.startswith("V"), **case}


def _bytes_of(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix.lower() == ".gz" else data
    except FileNotFoundError:
        raise UserError(f"there is no file {path}", "a suite's folder or one of its files") from None
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"{path} cannot be read: {error}") from None


def _json(path: Path, data: bytes) -> list[dict[str, Any]]:
    try:
        tests = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is broken: {error}", _ARRAY) from None
    if not isinstance(tests, list):
        raise UserError(f"{path} holds no list", _ARRAY)
    return tests


def _case(test: dict[str, Any]) -> dict[str, Any]:
    initial, final = test["initial"], test["final"]
    code = bytes(test["bytes"])
    if not code:
        raise ValueError("its 'bytes' are empty")
    case = {
        "name": str(test["name"]), "bytes": code.hex(), "regs": _registers(initial["regs"]),
        "ram": _first(_ram(initial["ram"])), "final_regs": _registers(final["regs"]), "final_ram": _ram(final["ram"]),
    }  # fmt: skip
    missing = [name for name in MOO_REGISTERS if name not in case["regs"]]
    if missing:
        raise ValueError(f"it begins without the register {missing[0]!r}")
    return case


def _registers(values: dict[str, int]) -> dict[str, int]:
    for name, value in values.items():
        if name not in MOO_REGISTERS or not 0 <= value <= 0xFFFF:
            raise ValueError(f"its registers have {name} = {value}")
    return values


def _ram(entries: list[list[int]]) -> list[list[int]]:
    for entry in entries:
        if len(entry) != 2 or not 0 <= entry[0] <= 0xFFFFF or not 0 <= entry[1] <= 0xFF:
            raise ValueError(f"its memory has {entry}")
    return entries


def _first(entries: list[list[int]]) -> list[list[int]]:
    """Entries are in the order of access and may repeat an address: the first is what was there before."""
    memory: dict[int, int] = {}
    for address, value in entries:
        memory.setdefault(address, value)
    return [list(entry) for entry in memory.items()]


def _moo(path: Path, data: bytes) -> tuple[str, Iterator[dict[str, Any]]]:
    """The CPU named by the header, and the tests."""
    if data[:4] != b"MOO " or len(data) < 8:
        raise UserError(f"{path} begins with {data[:4]!r}", "a MOO file")
    header = data[8 : 8 + int.from_bytes(data[4:8], "little")]
    if len(header) < 8:
        raise UserError(f"{path}: its header has {len(header)} bytes", "12 or more")
    if header[0] != 1:
        raise UserError(f"{path} is of version {header[0]} of the format", "version 1")
    return header[8:12].decode("ascii", "replace"), _moo_tests(path, data, 8 + len(header))


def _moo_tests(path: Path, data: bytes, at: int) -> Iterator[dict[str, Any]]:
    expected = int.from_bytes(data[12:16], "little")
    number = 0
    try:
        for tag, chunk in _chunks(data[at:]):
            if tag == "TEST":
                yield _moo_test(chunk)
                number += 1
    except (struct.error, ValueError, IndexError) as error:
        raise UserError(f"{path}: test {number}: {error}", "chunks as the MOO format has them") from None
    if number != expected:
        raise UserError(f"{path} ends after {number} tests", f"{expected}, by its header")


def _chunks(data: bytes) -> Iterator[tuple[str, bytes]]:
    """The chunks that lie one behind the other."""
    at = 0
    while at < len(data):
        tag, length = struct.unpack_from("<4sI", data, at)
        end = at + 8 + length
        if end > len(data):
            raise ValueError(f"chunk {tag.decode('ascii', 'replace')!r} of {length} bytes is cut off")
        yield tag.decode("ascii", "replace").rstrip(), data[at + 8 : end]
        at = end


def _moo_test(chunk: bytes) -> dict[str, Any]:
    readers: dict[str, tuple[str, Callable[[bytes], Any]]] = {
        "NAME": ("name", lambda data: _counted(data, 1).decode("utf-8", "replace")),
        "BYTS": ("bytes", lambda data: _counted(data, 1)),
        "INIT": ("initial", _moo_state),
        "FINA": ("final", _moo_state),
    }
    test: dict[str, Any] = {"name": ""}
    for tag, data in _chunks(chunk[4:]):
        if tag in readers:
            key, read = readers[tag]
            test[key] = read(data)
    return test


def _moo_state(data: bytes) -> dict[str, Any]:
    state: dict[str, Any] = {"regs": {}, "ram": []}
    for tag, chunk in _chunks(data):
        if tag == "REGS":
            (mask,) = struct.unpack_from("<H", chunk)
            names = [name for bit, name in enumerate(MOO_REGISTERS) if mask >> bit & 1]
            state["regs"] = dict(zip(names, struct.unpack_from(f"<{len(names)}H", chunk, 2), strict=True))
        elif tag == "RAM":
            state["ram"] = [list(entry) for entry in struct.iter_unpack("<IB", _counted(chunk, 5))]
    return state


def _counted(data: bytes, size: int) -> bytes:
    """What follows a u32 count of entries of `size` bytes."""
    (count,) = struct.unpack_from("<I", data)
    if 4 + count * size > len(data):
        raise ValueError(f"{count} entries announced, {(len(data) - 4) // size} there")
    return data[4 : 4 + count * size]
