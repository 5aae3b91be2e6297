"""Dumps as text: Intel HEX, Motorola S-records, TI-TXT and hexadecimal listings, made bytes again.

Sources: Intel, Hexadecimal Object File Format Specification, 1988; Motorola, M68000 Family Programmer's Reference,
appendix C; TI, MSP430 tools guide (TI-TXT: @ADDRESS, bytes, q).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.image import HALF

MAX_SPAN = 0x40_0000
"""Bytes from the first to the last address of a file that are made an image."""
MOST_LINES = 0x4_0000
"""Lines of the longest file that is read: two a byte of the pair."""
SAMPLE = 1024
"""Bytes that are looked at to tell text."""
MOST_WRONG = 0.5
"""Share of damaged lines from which on a file is no such file."""
FEWEST = 64
"""Bytes of the shortest image that is believed."""
SHOWN = 6
"""Damaged lines that are named."""
_TEXT = bytes([*b"\t\n\r\x1a\x02\x03", *range(0x20, 0x7F)])
_ODD = 0.125
"""Share of other bytes from which on a file that begins as text is none: a chip may begin with a table of names."""
_WORD = re.compile(r"(?:0x)?(?:[0-9A-Fa-f]{2})+[Hh]?")
_COLUMN = re.compile(r"^\s*(?:0x)?([0-9A-Fa-f]{4,10})(:?)\s+(\S.*)$")
_CHARACTERS = {":": re.compile(r"\s{2,}|\s+\|"), "": re.compile(r"\s{3,}|\s+\|")}
"""What comes before the column of characters, with and without a colon behind the address."""
_FIGURES = {8: re.compile("[0-7]+"), 10: re.compile("[0-9]+"), 16: re.compile("[0-9A-Fa-f]+")}
RESEND = "make the file anew, or read the chip again as raw binary"


@dataclass(frozen=True)
class TextDump:
    """What a text file holds.

    Attributes:
        form: as "Intel HEX".
        data: the bytes; what the file does not give is FF in them; empty where they are too far apart.
        findings: a note on the form, and what is damaged.
    """

    form: str
    data: bytes = field(repr=False)
    findings: tuple[Finding, ...]


@dataclass
class _Lines:
    """Chunks by address, damaged lines, and whether the file has its end."""

    chunks: list[tuple[int, bytes]] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)
    doubtful: int = 0
    lines: int = 0
    ended: bool = True


def is_text(data: bytes) -> bool:
    """Whether a file begins as text does, and is little else.

    >>> is_text(b":00000001FF"), is_text(bytes(16)), is_text(b"Piano " * 200 + bytes(range(256)) * 200)
    (True, False, False)
    """
    return bool(data) and not data[:SAMPLE].translate(None, _TEXT) and (
        len(data.translate(None, _TEXT)) <= _ODD * len(data)
    )


def read_text(data: bytes) -> TextDump | None:
    """The bytes of a dump that is written as text; None where it is no such text.

    >>> found = read_text(b"S1130000" + b"00" * 15 + b"01EB" + b"\\nS9030000FC\\n" * 1)
    >>> found is None
    True
    >>> found = read_text(b":10000000" + b"0" * 30 + b"01EF\\n:00000001FF\\n")
    >>> found is None
    True
    """
    if not is_text(data):
        return None
    data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if data.count(b"\n") > MOST_LINES:
        return None
    rows = data.decode("latin-1").split("\n")
    for form, read in _FORMS.items():
        found = read(rows)
        if found is not None and found.lines and len(found.wrong) <= MOST_WRONG * found.lines:
            made = _made(form, found)
            if made is not None:
                return made
    return None


def _made(form: str, found: _Lines) -> TextDump | None:
    count = sum(len(chunk) for _, chunk in found.chunks)
    if count < FEWEST:
        return None
    first = min(at for at, _ in found.chunks)
    behind = max(at + len(chunk) for at, chunk in found.chunks)
    if behind - first > MAX_SPAN:
        text = f"its addresses go from {first:X} to {behind - 1:X}, farther than in any M1 ROM"
        return TextDump(form, b"", (Finding("text-damaged", Confidence.CERTAIN, f"{form}: {text}", RESEND),))
    if behind - first not in (HALF // 2, HALF, 2 * HALF) and not found.wrong:
        first -= first % HALF
        behind = first + max(HALF, 1 << (behind - first - 1).bit_length())
    image, given = bytearray(b"\xff") * (behind - first), bytearray(behind - first)
    for at, chunk in found.chunks:
        image[at - first : at - first + len(chunk)] = chunk
        given[at - first : at - first + len(chunk)] = b"\x01" * len(chunk)
    where = f", from address {first:X}" if first else ""
    findings = [Finding("text-form", Confidence.NOTE, f"read from {form}, {found.lines:,} lines{where}")]
    findings += _damage(found, given, first)
    return TextDump(form, bytes(image), tuple(findings))


def _damage(found: _Lines, given: bytearray, first: int) -> Iterator[Finding]:
    missing = given.count(0)
    if missing:
        at, last = given.index(0), given.rindex(0)
        text = f"{missing:,} bytes from {first + at:X} to {first + last:X} are not in the file: they are taken for FF"
        word = Confidence.LIKELY if found.wrong or not found.ended else Confidence.NOTE
        yield Finding("text-gap", word, text, RESEND if word is Confidence.LIKELY else "", {"missing": missing})
    if found.wrong:
        shown = ", ".join(map(str, found.wrong[:SHOWN])) + (" ..." if len(found.wrong) > SHOWN else "")
        one = len(found.wrong) == 1
        text = f"line{'s' * (not one)} {shown} {'is' if one else 'are'} damaged: {found.doubtful:,} bytes are doubtful"
        details = {"lines": found.wrong[:1000], "doubtful": found.doubtful}
        yield Finding("text-damaged", Confidence.CERTAIN, text, RESEND, details)
    if not found.ended:
        text = "the file has no end record: its end is lost, or a program left it out"
        yield Finding("text-end", Confidence.POSSIBLE, text, RESEND)


def _intel(rows: list[str]) -> _Lines | None:
    """`:` count address type data checksum; types 0 data, 1 end, 2 and 4 the upper part of addresses."""
    found, base = _Lines(ended=False), 0
    for number, row in enumerate(rows, 1):
        if not row.startswith(":"):
            continue
        found.lines += 1
        record = _bytes(row[1:].strip())
        if len(record) < 5 or len(record) != record[0] + 5 or sum(record) & 0xFF:
            _wrong(found, number, max(0, (len(row.strip()) - 11) // 2))
            continue
        at, kind, content = int.from_bytes(record[1:3], "big"), record[3], record[4:-1]
        if kind == 0:
            found.chunks.append((base + at, content))
        elif kind == 1:
            found.ended = True
            break
        elif kind in (2, 4) and len(content) == 2:
            base = int.from_bytes(content, "big") << (4 if kind == 2 else 16)
    return found


def _motorola(rows: list[str]) -> _Lines | None:
    """`S` type count address data checksum; S1 to S3 data with addresses of 2 to 4 bytes, S7 to S9 the end."""
    found = _Lines(ended=False)
    for number, row in enumerate(rows, 1):
        if not re.match(r"[Ss]\d", row):
            continue
        found.lines += 1
        record = _bytes(row[2:].strip())
        if len(record) < 3 or len(record) != record[0] + 1 or sum(record) & 0xFF != 0xFF:
            address = int(row[1]) + 1 if row[1] in "123" else 2
            _wrong(found, number, max(0, len(row.strip()) // 2 - 3 - address))
            continue
        kind = int(row[1])
        if kind in (1, 2, 3) and len(record) >= kind + 3:
            found.chunks.append((int.from_bytes(record[1 : kind + 2], "big"), record[kind + 2 : -1]))
        elif kind in (7, 8, 9):
            found.ended = True
            break
    return found


def _ti_txt(rows: list[str]) -> _Lines | None:
    """`@` address, lines of bytes, `q`."""
    if not any(row.startswith("@") for row in rows[:8]):
        return None
    found, at = _Lines(ended=False), 0
    for number, row in enumerate(rows, 1):
        word = row.strip()
        if not word:
            continue
        found.lines += 1
        if word in "qQ":
            found.ended = True
            break
        if re.fullmatch(r"@[0-9A-Fa-f]{1,8}", word):
            at = int(word[1:], 16)
            continue
        chunk = _bytes(word)
        if not chunk:
            _wrong(found, number, len(word.split()))
        found.chunks.append((at, chunk))
        at += len(chunk) or len(word.split())
    return found


def _listing(rows: list[str]) -> _Lines | None:
    """Bytes as xxd, hexdump, debuggers and C arrays write them, with or without a column of addresses."""
    found, at, again, previous, room = _Lines(), 0, False, b"", MAX_SPAN
    columns = [match for row in rows[:4] if (match := _COLUMN.match(row))]
    base = _base([match[1] for match in columns], [len(_listed(match[3], match[2], True)) for match in columns])
    for number, row in enumerate(rows, 1):
        word = row.strip(" \t\x1a\x02\x03")
        if not word or word.startswith(("/", "#", ";", "unsigned", "const", "static", "}")):
            continue
        found.lines += 1
        if word == "*":
            again = True
            continue
        match = _COLUMN.match(word) if base else None
        chunk = _listed(match[3], match[2], True) if match else b"" if base else _listed(word, "", False)
        if match and base:
            here = int(match[1], base) if _FIGURES[base].fullmatch(match[1]) else at
            if again and previous and at < here <= at + room:
                room -= here - at
                found.chunks.append((at, (previous * ((here - at) // len(previous) + 1))[: here - at]))
            at, again = here, False
        if not chunk:
            if match is None and not re.fullmatch(r"[0-9A-Fa-f]+", word):
                _wrong(found, number, 0)
            continue
        found.chunks.append((at, chunk))
        at, previous = at + len(chunk), chunk
    return found


def _base(column: list[str], lengths: list[int]) -> int:
    """The base in which a column of addresses counts the bytes beside it; 0 where it is no such column."""
    for base in (16, 8, 10):
        try:
            places = [int(word, base) for word in column]
        except ValueError:
            continue
        steps = [after - before for before, after in pairwise(places)]
        if steps and steps == lengths[: len(steps)] and all(steps):
            return base
    return 0


def _listed(text: str, colon: str, column: bool) -> bytes:
    """The bytes of one line of a listing, up to its column of characters.

    Words of 16 bits behind addresses without a colon, as hexdump and od -x write them, have their low byte first.
    """
    text = _CHARACTERS[colon].split(text.strip(), maxsplit=1)[0]
    words = [word for word in re.split(r"[\s,{}]+", text.replace("-", " ")) if word]
    if not words or not all(_WORD.fullmatch(word) for word in words):
        return b""
    words = [word.removeprefix("0x").rstrip("hH") for word in words]
    if column and not colon and all(len(word) == 4 for word in words):
        words = [word[2:] + word[:2] for word in words]
    return _bytes("".join(words))


def _bytes(digits: str) -> bytes:
    try:
        return bytes.fromhex(digits)
    except ValueError:
        return b""


def _wrong(found: _Lines, number: int, doubtful: int) -> None:
    found.wrong.append(number)
    found.doubtful += doubtful


_FORMS: dict[str, Callable[[list[str]], _Lines | None]] = {
    "Intel HEX": _intel, "Motorola S-records": _motorola, "TI-TXT": _ti_txt, "a hexadecimal listing": _listing,
}
