"""What bytes that nothing is known to refer to look like, in words: text, pointers, records, code, noise."""

from __future__ import annotations

from bisect import bisect_right
from itertools import groupby

from korgm1.analysis import Program
from korgm1.analysis.gaps import looks
from korgm1.cpu.disassembler import Instruction, decode

SHOWN = 8
"""Bytes that are shown."""
LONGEST = 1024
"""Bytes of code that nobody reaches that are decoded, and of data that are looked at for its records."""
WIDEST = 64
"""Bytes of a record."""
_ENDS = ("C3", "C2", "CB", "CA", "CF", "E9", "EB", "EA")
"""Forms that end a routine: returns and jumps."""
_POINTING, _REGULAR = 0.5, 0.6
"""Share of words that lead somewhere, and of bytes as in the record before, from which data is called so."""


def dump(program: Program, start: int, end: int) -> str:
    """The first bytes of a stretch, and what they spell if they do."""
    data = program.image[start - program.base : end - program.base]
    spelt = data.rstrip(b"\0")
    if len(spelt) >= 3 and all(0x20 <= byte < 0x7F for byte in spelt):
        return repr(spelt[:40].decode("ascii"))
    return data[:SHOWN].hex(" ").upper() + (" ..." if len(data) > SHOWN else "")


def describe(program: Program, start: int, end: int) -> str:
    """A stretch of bytes in a few words, and what stands before it.

    >>> from korgm1.analysis import analyse
    >>> describe(analyse(bytes(range(256)) * 512), 0xE0100, 0xE0108)
    'data at E0100-E0107'
    """
    return f"{_kind(program, start, end)} at {start:05X}-{max(start, end - 1):05X}{_behind(program, start)}"


def _kind(program: Program, start: int, end: int) -> str:
    data = program.image[start - program.base : end - program.base][:LONGEST]
    if not data:
        return "nothing"
    kind = looks(data)
    if kind != "data" or len(data) < 4:
        return {"text": "text", "noise": "dense data"}.get(kind, "data")
    if max((_pointing(program, start, data, odd) for odd in (0, 1)), default=0.0) >= _POINTING:
        return "pointers"
    width = record(data)
    return f"records of {width} bytes" if width else "data"


def _pointing(program: Program, start: int, data: bytes, odd: int) -> float:
    words = [int.from_bytes(data[n : n + 2], "little") for n in range(odd, len(data) - 1, 2)]
    known = program.labels.keys() | program.functions.keys()
    hits = sum((start & 0xF0000 | word) in known for word in words)
    return hits / len(words) if len(words) >= 3 else 0.0


def record(data: bytes) -> int:
    """The width of the records that data consists of, as far as equal bytes at equal distances tell; 0 for none.

    >>> record(bytes.fromhex("0100 20ff 0200 21ff 0300 22ff 0400 25ff 0500 26ff".replace(" ", "")))
    4
    """
    found = [
        (sum(x == y for x, y in zip(data, data[width:], strict=False)) / (len(data) - width), -width)
        for width in range(2, min(WIDEST, len(data) // 3) + 1)
    ]
    best = max(found, default=(0.0, 0))
    regular = best[0] >= _REGULAR or (best[0] >= 0.4 and best[0] >= 2 * sorted(found)[len(found) // 2][0])
    return -best[1] if regular and len({*data}) > 1 else 0


def _behind(program: Program, start: int) -> str:
    """The routine or text that ends before an address, or the routine that is named nearest before it."""
    texts = [row for row in program.texts if row.address < start]
    if texts and start - texts[-1].address - len(texts[-1].text) <= 2:
        return f", behind the text {texts[-1].text.strip()[:40]!r}"
    entries = sorted(program.functions)
    place = bisect_right(entries, start - 1)
    if not place or start - entries[place - 1] > 0x1000:
        return ""
    function = program.functions[entries[place - 1]]
    if any(end == start for end in function.ends):
        return f", behind {function.name}"
    return f", {start - function.entry:X}h behind the start of {function.name}"


def code(program: Program, start: int, end: int) -> tuple[str, ...] | None:
    """A stretch as instructions, one a line, if it decodes well from its start to its end; else None.

    It does if every instruction is one, the last is a return or a jump, and all branches lead to instructions.
    """
    if not 2 <= end - start <= LONGEST:
        return None
    segment = _segment(program, start)
    image = program.image[start - program.base : end - program.base]
    found: list[tuple[int, Instruction]] = []
    at = 0
    while at < len(image):
        one = decode(image, at, (start + at - (segment << 4)) & 0xFFFF)
        if one.form is None or at + len(one.code) > len(image):
            return None
        found.append((start + at, one))
        at += len(one.code)
    places = {place for place, _ in found} | program.instructions.keys()
    goals = [(segment << 4) + one.target & 0xFFFFF for _, one in found if one.target is not None]
    ends = found[-1][1].form
    repeated = max(len(list(rows)) for _, rows in groupby(one.code for _, one in found))
    good = ends is not None and ends.name in _ENDS and len(found) >= 2 and repeated < 8
    if not good or any(goal not in places for goal in goals):
        return None
    return tuple(f"{place:05X}  {one.text('intel')}" for place, one in found)


def _segment(program: Program, at: int) -> int:
    """The PS of the code that stands before an address, or behind it."""
    entries = sorted(program.functions)
    place = max(0, bisect_right(entries, at) - 1)
    return program.functions[entries[place]].segment if entries else 0xF000
