"""Reader of the SingleStepTests suites (V20, 8088, 8086) as they are published: JSON arrays and MOO files.

A suite is a folder with a file an opcode, `F6.7.json.gz` or `F6.7.MOO.gz` (packed or not), and `metadata.json`, which
for `v1_native_binary` is in `v1_native`. The name of a file is the form. A test becomes a case of `korgm1.cpu.cases`:

    JSON, or MOO by `moo_file`             case
    name, bytes                            name, bytes
    initial.regs, ram, queue               regs, ram: the first of repeated addresses; bytes of the queue that ram lacks
    final.regs, ram: what changed          final_regs, final_ram
    metadata: flags-mask; MOO: RMSK        mask; FFFF where there is none
    metadata: status                       status, see below
    metadata: cpu; MOO: its header         nec: a V20 or V30

Status `invalid` (locks up or runs away) is not run; `undefined` is run and counted apart; both as the V20's README has
it. Forms of an 8088 or 8086 that are other instructions on a V30 are not run either: status `other`. Tests with and
without a prefetched queue run alike. Cycles are left out: a V20's and an 8088's bus is 8 bits wide. Tests of a 186, 286
or 386 are refused: other rules.
Sources: READMEs, metadata.json and test_tools of SingleStepTests/v20 (1.0.4), 8088 and 8086, dbalsom/moo.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from korgm1.cpu.moo_file import REGISTERS, Broken, read_header, read_tests
from korgm1.errors import UserError

CPUS = ("8088", "8086", "V20", "V30")
_SUFFIXES = (".json", ".moo")
_METADATA = "metadata.json"
_ARRAY = "a JSON array of tests (a file of JSON lines ends in .jsonl)"
_TEST = "a test as its suite's README says"
_OTHERS = frozenset(
    [*(f"{opcode:02X}" for opcode in range(0x60, 0x70)), "0F", "C0", "C1", "C8", "C9", "D5", "D6", "F1",
     "D0.6", "D1.6", "D2.6", "D3.6"]
)  # fmt: skip
"""Of an 8086: conditional jumps, returns and others where a V30 has the 80186's instructions; POP PS; SETMO; SALC."""


def is_suite(path: Path) -> bool:
    """Is it a folder, or a file of such a suite by its name?

    >>> [is_suite(Path(name)) for name in ("00.json.gz", "F6.7.MOO", "v30.jsonl.gz")]
    [True, True, False]
    """
    return path.is_dir() or _split(path)[1] in _SUFFIXES


def suite_files(path: Path) -> list[Path]:
    """The files of tests: this one, or all of a folder in the order of their names.

    Raises:
        UserError: no tests in the folder.
    """
    if not path.is_dir():
        return [path]
    files = sorted(each for each in path.iterdir() if is_suite(each) and each.is_file() and each.name != _METADATA)
    if not files:
        raise UserError(f"there are no tests in {path}", "files like 00.json.gz or 00.MOO.gz")
    return files


def read_suite(path: Path) -> Iterator[dict[str, Any]]:
    """The cases of one file, or of all files of a folder in the order of their names.

    Raises:
        UserError: no such file or no tests in the folder; a broken file, test or metadata.json; another CPU.
    """
    for file in suite_files(path):
        yield from _read_file(file, _Metadata(_metadata_of(file.parent)))


def _split(path: Path) -> tuple[str, str]:
    """The form and the kind of a file: F6.7 and .json of F6.7.json.gz."""
    name = Path(path.stem) if path.suffix.lower() == ".gz" else path
    return name.stem.upper(), name.suffix.lower()


def _metadata_of(folder: Path) -> Path:
    """Beside the files; else in the folder of the JSON files that binary ones were made from."""
    beside, other = folder / _METADATA, folder.resolve()
    if not beside.exists() and other.name.endswith("_binary"):
        return other.with_name(other.name.removesuffix("_binary")) / _METADATA
    return beside


class _Metadata:
    """metadata.json: flags masks, status, CPU; nothing is known where there is no such file."""

    def __init__(self, path: Path) -> None:
        self._opcodes: dict[str, Any] = {}
        self.cpu = ""
        if not path.exists():
            return
        try:
            data = _object(json.loads(path.read_text("utf-8")), "it")
            self._opcodes = {key.upper(): row for key, row in _object(data.get("opcodes"), "'opcodes'").items()}
            self.cpu = str(data.get("cpu", ""))
            for key, row in self._opcodes.items():
                regs = _object(_object(row, f"opcode {key}").get("reg", {}), f"'reg' of opcode {key}")
                for each in (row, *regs.values()):
                    _mask_of(key, _object(each, f"opcode {key}"))
        except Broken as error:
            raise UserError(f"{path}: {error}", "the suite's metadata.json") from None
        except OSError as error:
            raise UserError(f"{path} cannot be read: {error.strerror}") from None
        except (ValueError, RecursionError):
            raise UserError(f"{path} is no JSON", "the suite's metadata.json") from None

    def form(self, op: str) -> dict[str, Any]:
        """The entry of a form: of its reg field where it has one."""
        opcode, _, reg = op.partition(".")
        row: dict[str, Any] = self._opcodes.get(opcode, {})
        entry: dict[str, Any] = row.get("reg", {}).get(reg, row) if reg else row
        return entry


def _mask_of(key: str, row: dict[str, Any]) -> None:
    mask = row.get("flags-mask", 0xFFFF)
    if not _is_number(mask, 0xFFFF):
        raise Broken(f"opcode {key} has the flags-mask {_shown(mask)}, not 0-65535")


def _read_file(path: Path, metadata: _Metadata) -> Iterator[dict[str, Any]]:
    op, kind = _split(path)
    row = metadata.form(op)
    data = _bytes_of(path)
    tests: Iterable[dict[str, Any]]
    try:
        cpu, tests = (read_header(data), read_tests(data)) if kind == ".moo" else (metadata.cpu, _json_tests(data))
        cpu = cpu.upper()
    except Broken as error:
        raise UserError(f"{path}: {error}", "a MOO file of version 1.x" if kind == ".moo" else _ARRAY) from None
    if cpu and cpu not in CPUS:
        raise UserError(f"{path} has the tests of a {cpu}", "those of a " + ", ".join(CPUS))
    del data
    mask, status = row.get("flags-mask", 0xFFFF), str(row.get("status", "normal"))
    if cpu.startswith("80") and op in _OTHERS:
        status = "other"
    number = 0
    try:
        for test in tests:
            case = _case(test)
            yield {"op": op, "status": status, "nec": cpu.startswith("V"), **case, "mask": mask & case["mask"]}
            number += 1
    except Broken as error:
        raise UserError(f"{path}: test {number}: {error}", _TEST) from None


def _bytes_of(path: Path) -> bytes:
    try:
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix.lower() == ".gz" else data
    except FileNotFoundError:
        raise UserError(f"there is no file {path}", "a suite's folder or one of its files") from None
    except gzip.BadGzipFile:
        raise UserError(f"{path} cannot be read: it is no gzip file, whatever its name says") from None
    except (EOFError, zlib.error):
        raise UserError(f"{path} cannot be read: it is cut off or damaged", "a whole gzip file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or 'the system does not say why'}") from None


def _json_tests(data: bytes) -> Iterator[dict[str, Any]]:
    """The tests of an array, one at a time: a whole file as objects would take a gigabyte."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken("it is no text") from None
    at = _space(text, 0)
    if text[at : at + 1] != "[":
        raise Broken("it holds no list")
    return _elements(text, _space(text, at + 1))


def _elements(text: str, at: int) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    while text[at : at + 1] != "]":
        try:
            test, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            raise Broken("it is no JSON, or cut off") from None
        yield test
        at = _space(text, at)
        if text[at : at + 1] == ",":
            at = _space(text, at + 1)
        elif text[at : at + 1] != "]":
            raise Broken("neither another test nor the end of the list is behind it")


def _space(text: str, at: int) -> int:
    while text[at : at + 1] in (" ", "\t", "\r", "\n"):
        at += 1
    return at


def _case(test: Any) -> dict[str, Any]:
    _object(test, "it")
    initial, final = (_object(_key(test, key), f"'{key}'") for key in ("initial", "final"))
    code = _list(_key(test, "bytes"), "'bytes'")
    if not code:
        raise Broken("its 'bytes' are empty")
    if not all(_is_number(byte, 0xFF) for byte in code):
        raise Broken("its 'bytes' are not all 0-255")
    regs = _registers(_key(initial, "regs"))
    missing = [name for name in REGISTERS if name not in regs]
    if missing:
        raise Broken(f"it begins without the register '{missing[0]}'")
    ram = _with_queue(_first(_ram(_key(initial, "ram"))), regs, _list(initial.get("queue", []), "'queue'"))
    return {
        "name": str(test.get("name", "")), "bytes": bytes(code).hex(), "regs": regs, "ram": ram,
        "final_regs": _registers(_key(final, "regs")), "final_ram": _ram(_key(final, "ram")),
        "mask": test.get("mask", 0xFFFF) if _is_number(test.get("mask", 0xFFFF), 0xFFFF) else 0xFFFF,
    }  # fmt: skip


def _key(row: dict[str, Any], key: str) -> Any:
    if key not in row:
        raise Broken(f"it has no '{key}'")
    return row[key]


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Broken(f"{what} is {_shown(value)}, not an object")
    return value


def _list(value: Any, what: str) -> list[Any]:
    if not isinstance(value, list):
        raise Broken(f"{what} is {_shown(value)}, not a list")
    return value


def _is_number(value: object, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _registers(values: Any) -> dict[str, int]:
    for name, value in _object(values, "'regs'").items():
        if name not in REGISTERS or not _is_number(value, 0xFFFF):
            raise Broken(f"its registers have {name} = {_shown(value)}")
    registers: dict[str, int] = values
    return registers


def _ram(entries: Any) -> list[list[int]]:
    for entry in _list(entries, "'ram'"):
        pair = entry if isinstance(entry, list) and len(entry) == 2 else [None, None]
        if not _is_number(pair[0], 0xFFFFF) or not _is_number(pair[1], 0xFF):
            raise Broken(f"its memory has {_shown(entry)}, not [0-1048575, 0-255]")
    memory: list[list[int]] = entries
    return memory


def _first(entries: list[list[int]]) -> list[list[int]]:
    """Entries are in the order of access and may repeat an address: the first is what was there before."""
    memory: dict[int, int] = {}
    for address, value in entries:
        memory.setdefault(address, value)
    return [list(entry) for entry in memory.items()]


def _with_queue(memory: list[list[int]], regs: dict[str, int], queue: list[Any]) -> list[list[int]]:
    """What was prefetched lies in memory, whether the list of accesses says so or not."""
    there = {address for address, _ in memory}
    for at, byte in enumerate(queue):
        if not _is_number(byte, 0xFF):
            raise Broken(f"its queue has {_shown(byte)}, not 0-255")
        address = (regs["cs"] * 16 + (regs["ip"] + at & 0xFFFF)) & 0xFFFFF
        if address not in there:
            memory.append([address, byte])
    return memory
