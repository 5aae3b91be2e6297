"""Bytes that are no code as lines of NASM: texts, words of tables by name, runs of one value, the rest in rows."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator

from korgm1.analysis.program import Program

_ROW = 16
_RUN = 8
_WIDEST = 72


class DataLines:
    """The lines of any stretch of a program.

    Args:
        program: whose bytes.
        refs_of: the end of a comment that says who refers to a label.
    """

    def __init__(self, program: Program, refs_of: Callable[[int], str]) -> None:
        self._program = program
        self._refs_of = refs_of
        self._texts = {text.address: text.text for text in program.texts}
        self._pointers = _pointers(program)
        self._marks = sorted({*self._texts, *self._pointers, *program.labels, *program.comments, *program.words})

    def lines(self, start: int, end: int) -> Iterator[str]:
        """Lines for `start` to before `end`."""
        image, base = self._program.image, self._program.base
        marks = [*self._marks[bisect_left(self._marks, start) : bisect_left(self._marks, end)], end]
        address = start
        for mark, following in zip(marks, [*marks[1:], end], strict=True):
            yield from _plain(image, base, address, mark)
            address = max(address, mark)
            if mark == end or address > mark:
                continue
            yield from self._head(mark)
            text = self._texts.get(mark, "")
            if text and following >= mark + len(text):
                address = mark + len(text)
                closed = address < following and not image[address - base]
                address += closed
                yield from _strings(text, closed)
            elif mark in self._pointers and following >= mark + 2:
                yield f"        dw      {self._pointers[mark]}"
                address = mark + 2
            elif mark in self._program.words:
                address = min(mark + 2 * self._program.words[mark], mark + (following - mark) // 2 * 2)
                yield from _words(image[mark - base : address - base])

    def _head(self, mark: int) -> Iterator[str]:
        """A line of the label and what somebody has said."""
        label, comment = self._program.labels.get(mark), self._program.comments.get(mark, "")
        if label:
            yield f"{label}:".ljust(44) + f"; {mark:05X} {self._refs_of(mark)}{comment and '; ' + comment}".rstrip()
        elif comment:
            yield f"; {mark:05X} {comment}"


def _pointers(program: Program) -> dict[int, str]:
    """Addresses of words that name a label, less the start of their segment: those of tables."""
    found = {}
    for table in program.tables:
        for n in range(table.count if table.kind != "names" else 0):
            at, entry = table.address + n * table.stride, table.entries[n]
            if at + 2 <= program.end and isinstance(entry, int) and entry in program.labels:
                value = int.from_bytes(program.image[at - program.base : at - program.base + 2], "little")
                start = (entry & 0xFFFF) - value
                if start >= 0 and start % 16 == 0:
                    found[at] = program.labels[entry] + (f"-{start:#x}" if start else "")
    return found


def _strings(text: str, closed: bool) -> Iterator[str]:
    """A text in quotes, several lines of it if it is long."""
    for first in range(0, len(text), _WIDEST):
        piece = text[first : first + _WIDEST]
        quote = "'" if '"' in piece else '"'
        joined = ", ".join(
            f"{quote}{part}{quote}" if _quotable(part[0], quote) else f"{ord(part):#04x}"
            for part in _split(piece, quote)
        )
        zero = ", 0" if closed and first + _WIDEST >= len(text) else ""
        yield f"        db      {joined}{zero}"


def _split(piece: str, quote: str) -> list[str]:
    """The parts between the quotes, and what cannot stand there, each alone."""
    parts: list[str] = []
    for character in piece:
        if not parts or not _quotable(character, quote) or not _quotable(parts[-1][0], quote):
            parts.append(character)
        else:
            parts[-1] += character
    return parts


def _quotable(character: str, quote: str) -> bool:
    return " " <= character <= "~" and character != quote


def _words(data: bytes) -> Iterator[str]:
    values = [f"{low | high << 8:#06x}" for low, high in zip(data[::2], data[1::2], strict=True)]
    for first in range(0, len(values), _ROW // 2):
        yield f"        dw      {','.join(values[first : first + _ROW // 2])}"


def _plain(image: bytes, base: int, start: int, end: int) -> Iterator[str]:
    address = start
    while address < end:
        value, run = image[address - base], address
        while run < end and image[run - base] == value:
            run += 1
        if run - address >= _RUN:
            yield f"        times   {run - address} db {value:#04x}"
            address = run
            continue
        row, last = address + 1, min(end, address + _ROW)
        while row < last and image[row - base : row - base + _RUN] != image[row - base : row - base + 1] * _RUN:
            row += 1
        values = ",".join(f"{byte:#04x}" for byte in image[address - base : row - base])
        yield f"        db      {values}"
        address = row
