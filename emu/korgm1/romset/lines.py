"""Lines of one chip between EPROM and reader: dead, tied together, inverted, exchanged, in another order.

Dead and tied lines lose bytes and show in the dump itself. An inverted line or two that are exchanged lose nothing and
show in nothing: only a known SHA-1, or a second half that makes sense again with it, tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import combinations, permutations
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.romset.chip_27c512 import with_pin
from korgm1.romset.database import Database
from korgm1.romset.finding import Confidence, Finding
from korgm1.romset.image import ALTERATIONS, HALF, calls, far_jump, interleave, reset_jump, sense, stuck_lines, words

CONTACTS = "look for a bridge of solder, bent pins, the adapter; then read it again"
ENOUGH = 40
"""Words of a display and calls that must appear before an unproved change is believed."""
MOST_CHANGES = 2
"""Changes one after the other that are looked for in a pair."""
AS_GOOD = 0.98
"""Share of the best result's sense from which on another one may as well be right."""
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


def rotations(step: int, size: int = HALF) -> Iterator[tuple[str, str, Change]]:
    """What undoes that a dump begins in the middle and goes on with its beginning, for each multiple of `step`.

    >>> [text for _, text, _ in rotations(0x8000)]
    ['the dump begins with address 8000 of the chip, and its beginning stands behind its end']
    """
    for at in range(step, size, step):
        text = f"the dump begins with address {at:04X} of the chip, and its beginning stands behind its end"
        yield "offset", text, partial(_rotated, at=size - at)


def all_changes(size: int = HALF) -> Iterator[tuple[str, str, Change]]:
    """Alterations of all bytes, `line_changes`, dumps that begin at a quarter; of equal ones the plainest first."""
    yield from ((code, text, undo) for code, (undo, text) in ALTERATIONS.items())
    yield from line_changes(size)
    yield from rotations(size // 4, size)


def _rotated(data: bytes, at: int) -> bytes:
    return data[at:] + data[:at]


def proved_change(data: bytes, database: Database) -> tuple[Finding, bytes] | None:
    """The change, or the two alterations of all bytes, without which a dump is a known part, and the part's bytes.

    SHA-1 proves it.
    """
    if len(data) != HALF or HALF not in database.sizes or len(set(data)) < 2:
        return None
    for code, text, undo in (*all_changes(), *rotations(0x100)):
        part = database.find(mended := undo(data))
        if part is not None:
            return Finding(code, Confidence.CERTAIN, f"{text}: put right it is {part.title}", CONTACTS), mended
    for (_, (first, before)), (code, (second, text)) in permutations(ALTERATIONS.items(), 2):
        part = database.find(mended := second(first(data)))
        if part is not None:
            shown = f"{before}, and {text}: put right it is {part.title}"
            return Finding(code, Confidence.CERTAIN, shown, CONTACTS), mended
    return None


def likely_change(even: bytes, odd: bytes, most: int = MOST_CHANGES) -> tuple[Finding, bytes, bytes] | None:
    """The change, of one half or alike in both, without which two unknown halves make an OS; and these halves.

    Believed where the image has a start at FFFF0 with it and makes more sense than without it: `ENOUGH` more, and a
    fifth; or as much, if it had no start. A second change is looked for behind it. Where other changes make as much
    sense, "alternatives" of the details names them: then nobody knows which is right. Blank chips make none.
    """
    if min(len(set(even)), len(set(odd))) < VARIED:
        return None
    image = interleave(even, odd)
    count = sense(image)
    least = max(ENOUGH, count - count // 10) if reset_jump(image) is None else count + max(ENOUGH, count // 5)
    found: list[tuple[int, str, str, bytes, bytes]] = []
    for code, text, undo in all_changes(len(even)):
        other_even, other_odd = undo(even), undo(odd)
        for which, first, second in (
            ("IC32", other_even, odd), ("IC23", even, other_odd), ("both chips", other_even, other_odd)
        ):
            if far_jump(interleave(first[-8:], second[-8:])) is None:
                continue
            other = interleave(first, second)
            if reset_jump(other) is not None and other != image and (score := sense(other)) >= least:
                found.append((score, code, f"{text} in {which}", first, second))
    if not found:
        return None
    top = max(row[0] for row in found)
    good = [row for row in found if row[0] >= AS_GOOD * top]
    _, code, text, first, second = next(row for row in good if row[0] == top)
    others = [row[2] for row in good if row[3:] != (first, second)]
    more = likely_change(first, second, most - 1) if most > 1 and not others else None
    if more is not None:
        finding, first, second = more
        return replace(finding, text=f"{text}, and {finding.text}"), first, second
    image = interleave(first, second)
    sentence = f"{text}: put right, {made_sense(image)}"
    details: dict[str, Any] = {"words": words(image), "calls": calls(image)}
    if others:
        details["alternatives"] = others
        sentence = f"{text}, or {', or '.join(others[:3])}: each makes as much sense put right ({made_sense(image)})"
    word = Confidence.POSSIBLE if others else Confidence.LIKELY
    return Finding(code, word, sentence, CONTACTS, details), first, second


def made_sense(image: bytes) -> str:
    """What makes sense in an image, for people.

    >>> made_sense(b"Init Prog")
    '2 words of a display can be read, and 0 calls go where others go, too'
    """
    return f"{words(image):,} words of a display can be read, and {calls(image):,} calls go where others go, too"
