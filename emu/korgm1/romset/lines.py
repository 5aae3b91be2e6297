"""Lines of one chip between EPROM and reader: dead, tied together, inverted, exchanged.

Dead and tied lines lose bytes and show in the dump itself. An inverted line or two that are exchanged lose nothing and
show in nothing: only a known SHA-1, or a second half that makes sense again with it, tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import combinations

import numpy as np
import numpy.typing as npt

from korgm1.romset.chip_27c512 import with_pin
from korgm1.romset.database import Database
from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.image import HALF, interleave, reset_jump, stuck_lines, words

CONTACTS = "look for a bridge of solder, bent pins, the adapter; then read it again"
ENOUGH = 8
"""Words of a display that must appear before an unproved change is believed."""
VARIED = 16
"""Different bytes from which on two data lines that are always equal are no chance: code has well over a hundred."""

Bytes = npt.NDArray[np.uint8]
Change = Callable[[bytes], bytes]


def tied_data_lines(data: bytes) -> list[tuple[int, int]]:
    """Pairs of data lines that always have the same value although both change.

    >>> tied_data_lines(bytes(range(64)))
    []
    >>> tied_data_lines(bytes(value | (value & 2) << 4 for value in range(32)))
    [(1, 5)]
    """
    values = np.flatnonzero(np.bincount(np.frombuffer(data, np.uint8), minlength=256)) if data else np.zeros(1, int)
    if len(values) < VARIED:
        return []
    columns = [values >> bit & 1 for bit in range(8)]
    alive = [bit for bit in range(8) if columns[bit].min() != columns[bit].max()]
    return [(a, b) for a, b in combinations(alive, 2) if np.array_equal(columns[a], columns[b])]


def tied_address_lines(data: bytes) -> list[tuple[int, int, str]]:
    """Pairs of address lines that the chip saw as one: (line, line, "low" or "high": which value wins).

    What is blank there is the same whatever the lines do, and says nothing.

    >>> tied_address_lines(bytes([1, 2, 1, 2, 1, 2, 4, 5])), tied_address_lines(bytes([1, 1, 1, 4]))
    ([(1, 2, 'low')], [])
    """
    size = len(data)
    if size < 4 or size & (size - 1):
        return []
    array, found = np.frombuffer(data, np.uint8), []
    dead = {line for line in stuck_lines(data) if line[0] == "A"}
    for low, high in combinations(range(size.bit_length() - 1), 2):
        if f"A{low}" in dead or f"A{high}" in dead:
            continue
        cube = array.reshape(size >> (high + 1), 2, 1 << (high - low - 1), 2, 1 << low)
        one, other = cube[:, 0, :, 1], cube[:, 1, :, 0]
        if not np.array_equal(one, other) or one.min() == one.max():
            continue
        if np.array_equal(one, cube[:, 0, :, 0]):
            found.append((low, high, "low"))
        elif np.array_equal(one, cube[:, 1, :, 1]):
            found.append((low, high, "high"))
    return found


def line_findings(data: bytes) -> list[Finding]:
    """What the bytes of one chip say about its lines; empty for a blank one, of which they say nothing.

    >>> [finding.code for finding in line_findings(bytes(value | (value & 2) << 4 for value in range(32)) * 512)]
    ['stuck-line', 'tied-data-lines']
    """
    found: list[Finding] = []
    if len(set(data)) < 2:
        return found
    dead = stuck_lines(data)
    if dead:
        text = f"{', '.join(map(with_pin, dead))} never change{'s' * (len(dead) == 1)}"
        found.append(Finding("stuck-line", Confidence.LIKELY, text, CONTACTS, {"lines": dead}))
    for a, b in tied_data_lines(data):
        text = f"{with_pin(f'D{a}')} and {with_pin(f'D{b}')} are always equal: the two data lines are tied together"
        found.append(Finding("tied-data-lines", Confidence.LIKELY, text, CONTACTS, {"lines": [f"D{a}", f"D{b}"]}))
    for a, b, wins in tied_address_lines(data):
        text = (
            f"the chip saw {with_pin(f'A{a}')} and {with_pin(f'A{b}')} as one line ({wins} if either is): "
            "the two address lines are tied together"
        )
        details = {"lines": [f"A{a}", f"A{b}"], "wins": wins}
        found.append(Finding("tied-address-lines", Confidence.LIKELY, text, CONTACTS, details))
    return found


def line_changes(size: int = HALF) -> Iterator[tuple[str, str, Change]]:
    """Everything that one inverted line, or two exchanged ones, do to a dump: (code, sentence, what undoes it).

    >>> names = [text for _, text, _ in line_changes()]; len(names), names[0]
    (172, 'D0 (pin 11) is inverted')
    """
    lines = (size - 1).bit_length()
    for bit in range(8):
        yield "inverted-line", f"{with_pin(f'D{bit}')} is inverted", partial(_translated, table=_inverted(bit))
    for a, b in combinations(range(8), 2):
        text = f"{with_pin(f'D{a}')} and {with_pin(f'D{b}')} are exchanged"
        yield "exchanged-lines", text, partial(_translated, table=_exchanged(a, b))
    for line in range(lines):
        yield "inverted-line", f"{with_pin(f'A{line}')} is inverted", partial(_readdressed, a=line, b=line)
    for a, b in combinations(range(lines), 2):
        text = f"{with_pin(f'A{a}')} and {with_pin(f'A{b}')} are exchanged"
        yield "exchanged-lines", text, partial(_readdressed, a=a, b=b)


def _inverted(bit: int) -> bytes:
    return bytes(value ^ 1 << bit for value in range(256))


def _exchanged(a: int, b: int) -> bytes:
    both = 1 << a | 1 << b
    return bytes(value ^ both if (value >> a ^ value >> b) & 1 else value for value in range(256))


def _translated(data: bytes, table: bytes) -> bytes:
    return data.translate(table)


def _readdressed(data: bytes, a: int, b: int) -> bytes:
    """Address lines a and b exchanged; the line inverted where they are the same."""
    at = np.arange(len(data))
    at = at ^ 1 << a if a == b else np.where((at >> a ^ at >> b) & 1, at ^ (1 << a | 1 << b), at)
    return np.frombuffer(data, np.uint8)[at].tobytes()


def proved_change(data: bytes, database: Database) -> tuple[Finding, bytes] | None:
    """The one line fault without which a dump is a known part, and the part's bytes; SHA-1 proves it."""
    if len(data) != HALF or HALF not in database.sizes or len(set(data)) < 2:
        return None
    for code, text, undo in line_changes():
        mended = undo(data)
        part = database.find(mended)
        if part is not None:
            return Finding(code, Confidence.CERTAIN, f"{text}: put right it is {part.title}", CONTACTS), mended
    return None


def likely_change(even: bytes, odd: bytes) -> tuple[Finding, bytes, bytes] | None:
    """The one line fault, of one half or alike in both, without which two unknown halves make an OS; and these halves.

    Believed where the image has a start at FFFF0 with it and more words of a display than without it: twice as many, if
    it starts without it, too; `ENOUGH` at least.
    """
    image = interleave(even, odd)
    count = words(image)
    least = max(ENOUGH, count + count // 8 if reset_jump(image) is None else 2 * count)
    best: tuple[Finding, bytes, bytes] | None = None
    for code, text, undo in line_changes(len(even)):
        other_even, other_odd = undo(even), undo(odd)
        for which, first, second in (
            ("IC32", other_even, odd), ("IC23", even, other_odd), ("both chips", other_even, other_odd)
        ):
            other = interleave(first, second)
            if reset_jump(other) is None or (count := words(other)) < least or other == image:
                continue
            least = count + 1
            sentence = f"{text} in {which}: put right, {count:,} words of a display can be read"
            best = Finding(code, Confidence.LIKELY, sentence, CONTACTS, {"chip": which, "words": count}), first, second
    return best
