"""Readable characters in what is not code: messages, names at a stride, and tables that point to them."""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping

from korgm1.analysis.program import Table, Text, physical

SHORTEST = 4
_RUN = re.compile(rb"[\x20-\x7e]{4,}")
_SHORT = re.compile(rb"[\x20-\x7e]{1,3}\x00")
_WORDY = re.compile(r"[A-Za-z0-9]")
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{3,}|(?<![0-9A-Za-z])[A-Z]?[0-9]+(?![0-9a-z])")
_WIDTHS = range(6, 33)
_LEAST_NAMES = 24
_MANY = 8
"""Names from which on half of them may fill their whole width; of fewer, three quarters must be filled up."""
_COLUMNS = 40
_LEAST = {(True, True): 2, (True, False): 4, (False, True): 3, (False, False): 4}
"""Words a table must have, by: of texts, without anything between."""
_NEAR = 0x200
"""Two words are no table unless what they point to lies as near."""


def runs(
    image: bytes, base: int, cover: bytes | bytearray, refs: Mapping[int, tuple[int, ...]], pointed: Iterable[int] = ()
) -> list[Text]:
    """Runs of four readable characters or more outside of code, cut where somebody refers into them; shorter ones where
    a pointer leads to them and zeros stand before and behind.

    Args:
        image: the bytes.
        base: address of the first.
        cover: not 0 where a byte is code.
        refs: address -> who refers to it.
        pointed: those of `refs` that something points to, rather than reads from.
    """
    masked = bytes(0 if covered else byte for byte, covered in zip(image, cover, strict=True))
    aims = set(pointed)
    inside = sorted(address - base for address in refs if base <= address < base + len(image))
    found = {}
    for match in _RUN.finditer(masked):
        first, last = bisect_left(inside, match.start() + 1), bisect_left(inside, match.end())
        cuts = [match.start(), *inside[first:last], match.end()]
        for start, end in itertools.pairwise(cuts):
            text = masked[start:end].decode("ascii")
            address = base + start
            around = masked[start - 1 : start] + masked[end : end + 1]
            named = address in aims and (around.endswith(b"\0") or any(each.islower() or each == " " for each in text))
            if (named and len(text) >= SHORTEST and _WORDY.search(text)) or _readable(text, around):
                found[address] = Text(address, text, refs.get(address, ()))
    for address in aims:
        at = address - base
        if address in found or not 0 < at < len(image) or masked[at - 1]:
            continue
        short = _SHORT.match(masked, at)
        if short and not any(cover[at : short.end()]):
            text = short[0][:-1].decode("ascii")
            if text.strip():
                found[address] = Text(address, text, refs.get(address, ()))
    return [found[address] for address in sorted(found)]


def _readable(text: str, around: bytes) -> bool:
    """Without anybody who refers to it: words and figures make up most of it. Chance makes few of more than six."""
    words = _WORDS.findall(text)
    letters = sum(map(len, words))
    if len(set(text)) < 2 or letters * 10 < 6 * len(text.replace(" ", "")):
        return False
    return letters >= (3 if around == b"\0\0" else 4 if around[-1:] == b"\0" else 6)


def name_tables(texts: list[Text], image: bytes, base: int) -> list[Table]:
    """Names of one width: behind each other without an end between them, or in records at equal distances."""
    tables = []
    for text in texts:
        if _line(text, image, base):
            continue
        for first, width, count in _name_runs(text.text):
            names = tuple(text.text[first + n * width : first + (n + 1) * width].rstrip() for n in range(count))
            refs = text.refs if first == 0 else ()
            tables.append(Table(text.address + first, width, count, names, "names", refs))
    taken = {table.address for table in tables}
    tables += _records([each for each in texts if each.address not in taken], image, base)
    return sorted(tables, key=lambda table: table.address)


def _line(text: Text, image: bytes, base: int) -> bool:
    """No longer than a line of the LCD, with a zero as its end: words in it may have one width by chance."""
    end = text.address + len(text.text) - base
    return len(text.text) <= _COLUMNS and image[end : end + 1] == b"\0"


def _name_runs(text: str) -> Iterator[tuple[int, int, int]]:
    """First character, width and count of names of one width, three or more: each begins with a letter or a figure, and
    the blanks that fill up stand in front of the next."""
    at = 0
    while len(text) - at >= _LEAST_NAMES:
        best = (0, 0, 0)
        for width in _WIDTHS:
            count = filled = titles = 0
            while at + (count + 1) * width <= len(text):
                piece = text[at + count * width : at + (count + 1) * width]
                if piece[0] == " ":
                    break
                count += 1
                filled += piece[-1] == " "
                titles += piece[0].isupper() or piece[0].isdigit()
            if count >= 3 and filled * 4 > (2 if count >= _MANY else 3) * count and titles * 10 >= count * 7:
                best = max(best, (filled, width, count))
        _, width, count = best
        if not count:
            return
        yield at, width, count
        at += width * count


def _records(texts: list[Text], image: bytes, base: int) -> list[Table]:
    """Names that begin equally far apart, four or more, with other data between them."""
    tables, n = [], 0
    while n + 2 < len(texts):
        stride = texts[n + 1].address - texts[n].address
        last = n + 1
        while last + 1 < len(texts) and texts[last + 1].address - texts[last].address == stride:
            last += 1
        group = texts[n : last + 1]
        if len(group) >= 4 and 12 <= stride <= 1024 and stride > max(len(each.text) for each in group) + 1:
            names = tuple(each.text.rstrip() for each in group)
            tables.append(Table(group[0].address, stride, len(group), names, "names", group[0].refs))
        n = last
    return tables


def pointer_tables(
    image: bytes, base: int, cover: bytes | bytearray, segment: int, targets: Mapping[int, str], weak: Mapping[int, str]
) -> list[Table]:
    """Words at equal distances that all point to beginnings of texts, or all to routines.

    Two neighbours that point to texts are a table; routines, and words with others between them, must be more. The
    longest are found first, and no byte is in two.

    Args:
        image: the bytes.
        base: address of the first.
        cover: not 0 where a byte is something else.
        segment: of the pointers.
        targets: address -> kind of table whose words may point there: texts or code.
        weak: the same of addresses that count beside others only: the middle of readable characters.
    """
    start = segment << 4
    offsets = {**{at - start: kind for at, kind in weak.items()}, **{at - start: kind for at, kind in targets.items()}}
    points: dict[int, str] = {}
    last = len(image) - 1
    for at in range(last):
        if not cover[at] and not cover[at + 1]:
            kind = offsets.get(image[at] | image[at + 1] << 8)
            if kind is not None:
                points[at] = kind
    chains = []
    for stride in range(2, 17):
        for at, kind in points.items():
            if points.get(at - stride) == kind:
                continue
            count = 1
            while points.get(at + count * stride) == kind:
                count += 1
            if count >= _LEAST[kind == "texts", stride == 2]:
                chains.append((-count, stride, at, kind))
    tables, taken = [], bytearray(len(image))
    for negative, stride, at, kind in sorted(chains):
        places = range(at, at - negative * stride, stride)
        entries = tuple(physical(segment, image[n] | image[n + 1] << 8) for n in places)
        distinct = set(entries)
        strong = sum(entry in targets for entry in distinct)
        if any(taken[n] or taken[n + 1] for n in places) or 2 * strong < len(distinct):
            continue
        if len(distinct) < min(len(entries), 3 if kind == "code" else 2):
            continue
        if len(entries) == 2 and (strong < 2 or any(abs(entry - base - at) > _NEAR for entry in distinct)):
            continue
        for n in places:
            taken[n] = taken[n + 1] = 1
        tables.append(Table(base + at, stride, -negative, entries, kind))
    return sorted(tables, key=lambda table: table.address)
