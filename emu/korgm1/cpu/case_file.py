"""Files of single-instruction cases, JSON-lines: read and checked, so that every case that comes out can be run.

What a case holds: `korgm1.cpu.cases`.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from korgm1.errors import UserError

NAMES = {
    "ax": "aw", "cx": "cw", "dx": "dw", "bx": "bw", "sp": "sp", "bp": "bp", "si": "ix", "di": "iy",
    "es": "ds1", "cs": "ps", "ss": "ss", "ds": "ds0", "ip": "pc", "flags": "psw",
}  # fmt: skip
"""Intel's register names of the files -> NEC's of the engines."""

_REQUIRED = ("op", "name", "bytes", "mask", "regs", "ram", "final_regs", "final_ram")
_EXPECTED = "JSON-lines cases, plain or .gz"
_LINE = "one JSON object a line"
MAX_LINE = 0x10_0000
"""Characters of the longest line that is read."""
QUEUE_BYTES = 6
"""A V30's queue."""
MAX_CLOCKS = 10_000_000
"""More than any one instruction takes, 65,536 elements of a string among them."""


def read_cases(path: Path) -> Iterator[dict[str, Any]]:
    """The cases of one JSON-lines file, plain or .gz.

    Raises:
        UserError: no such file, no file but a folder or a device, not gzip, a broken line, a missing key (with the
            line's number), or no case at all.
    """
    if not path.exists():
        raise UserError(f"there is no file {path}", _EXPECTED)
    if not path.is_file():
        raise UserError(f"{path} is {'a folder' if path.is_dir() else 'a device or a pipe'}", _EXPECTED)
    number = found = 0
    try:
        with open_text(path) as lines:
            for number, line in enumerate(iter(lambda: lines.readline(MAX_LINE + 1), ""), 1):
                if len(line) > MAX_LINE:
                    raise UserError(f"{path}: line {number} has more than {MAX_LINE:,} characters", _LINE)
                if line.strip():
                    found += 1
                    yield _parse(path, number, line)
    except gzip.BadGzipFile:
        raise UserError(f"{path} is no gzip file, whatever its name says", _EXPECTED) from None
    except EOFError:
        raise UserError(f"{path} is cut off after line {number}", "a whole gzip file") from None
    except zlib.error:
        raise UserError(f"{path} is damaged after line {number}", "an undamaged gzip file") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read after line {number}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise UserError(f"{path}: line {number + 1} is not text", _EXPECTED) from None
    if not found:
        raise UserError(f"{path} holds no case", _EXPECTED)


def open_text(path: Path) -> IO[str]:
    """Open a text file, through gzip when its name ends in .gz."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8")
    return path.open(encoding="utf-8")


def _parse(path: Path, number: int, line: str) -> dict[str, Any]:
    where = f"{path}: line {number}"
    try:
        case = json.loads(line)
    except RecursionError:
        raise UserError(f"{where} is nested too deeply", _LINE) from None
    except ValueError:
        raise UserError(f"{where} is no JSON", _LINE) from None
    if not isinstance(case, dict):
        raise UserError(f"{where} is no JSON object", _LINE)
    missing = [key for key in _REQUIRED if key not in case]
    if missing:
        raise UserError(f"{where} has no {missing[0]!r}", "the keys " + " ".join(_REQUIRED))
    wrong = _wrong_value(case)
    if wrong:
        raise UserError(f"{where}: {wrong}", "a case as korgm1 cpu-check --help says")
    unknown = [name for name in NAMES if name not in case["regs"]]
    if unknown:
        raise UserError(f"{where} has no register {unknown[0]!r} in 'regs'", "all of " + " ".join(NAMES))
    return case


def _wrong_value(case: dict[str, Any]) -> str:
    """The first value of a case that cannot be, in words; "" where there is none."""
    for key in ("op", "name", "status"):
        if not isinstance(case.get(key, ""), str):
            return f"{key!r} is {_shown(case[key])}, no text"
    if not _is_code(case["bytes"]):
        return f"'bytes' is {_shown(case['bytes'])}, not an instruction as pairs of hexadecimal digits"
    if not _fits(case["mask"], 0xFFFF):
        return f"'mask' is {_shown(case['mask'])}, not a number from 0 to 65535"
    for key in ("regs", "final_regs"):
        if not isinstance(case[key], dict):
            return f"{key!r} is {_shown(case[key])}, not an object of registers"
        for name, value in case[key].items():
            if name not in NAMES:
                return f"{key!r} has {_shown(name)}, which is no register"
            if not _fits(value, 0xFFFF):
                return f"{key!r} has {name} = {_shown(value)}, not a number from 0 to 65535"
    for key in ("ram", "final_ram"):
        if not _is_rows(case[key], 0xFFFFF, 0xFF):
            return f"{key!r} is not a list of [address, byte], 0-1048575 and 0-255"
    bus = case.get("bus", [])
    named = isinstance(bus, list) and all(isinstance(row, list) and row and isinstance(row[0], str) for row in bus)
    if not named or not _is_rows([row[1:] for row in bus], 0xFFFFF, 1, 0xFFFF):
        return "'bus' is not a list of [kind, address, UBE#, data]"
    if not _fits(case.get("iord", 0), 0xFFFF):
        return f"'iord' is {_shown(case['iord'])}, not a word read, 0-65535"
    words = case.get("iords", [])
    if not isinstance(words, list) or not _is_rows([[word] for word in words], 0xFFFF):
        return "'iords' is not a list of words read, 0-65535"
    if "evt" in case and not _is_event(case["evt"]):
        return f"'evt' is {_shown(case['evt'])}, not pin 0-2, trigger fetch or fpop, delay, hold"
    if not _fits(case.get("queue", 0), QUEUE_BYTES):
        return f"'queue' is {_shown(case['queue'])}, not a number of bytes from 0 to {QUEUE_BYTES}"
    if "clocks" in case and not (_fits(case["clocks"], MAX_CLOCKS) and case["clocks"]):
        return f"'clocks' is {_shown(case['clocks'])}, not a number of clocks from 1 to {MAX_CLOCKS:,}"
    return ""


def _is_event(event: object) -> bool:
    if not isinstance(event, dict) or event.get("trigger") not in ("fetch", "fpop"):
        return False
    return _fits(event.get("pin"), 2) and _fits(event.get("delay"), 0xFFFF) and _fits(event.get("hold"), 0xFFFF)


def _fits(value: object, highest: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest


def _is_code(value: object) -> bool:
    try:
        return isinstance(value, str) and bool(bytes.fromhex(value))
    except ValueError:
        return False


def _is_rows(value: object, *highest: int) -> bool:
    """A list of rows, each of as many numbers as there are limits, none above its own?"""
    return isinstance(value, list) and all(
        isinstance(row, list) and len(row) == len(highest) and all(map(_fits, row, highest)) for row in value
    )


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
