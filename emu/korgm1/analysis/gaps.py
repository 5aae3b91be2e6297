"""What nobody reached, and what it looks like."""

from __future__ import annotations

from collections import Counter
from math import log2

from korgm1.analysis.program import Gap

_LEAST_ALIKE = 8


def gaps(image: bytes, base: int, cover: bytes | bytearray) -> list[Gap]:
    """Stretches without code, text or table; runs of one value are apart.

    Args:
        image: the bytes.
        base: address of the first.
        cover: not 0 where a byte is known.

    >>> gaps(bytes(16) + b"\\x12\\x34", 0x100, bytes(18))
    [Gap(start=256, end=272, looks='one value 00'), Gap(start=272, end=274, looks='data')]
    """
    found = []
    at, size = 0, len(image)
    while at < size:
        if cover[at]:
            at += 1
            continue
        end = at
        while end < size and not cover[end]:
            end += 1
        found += _cut(image, base, at, end)
        at = end
    return found


def _cut(image: bytes, base: int, start: int, end: int) -> list[Gap]:
    found, at, open_at = [], start, start
    while at < end:
        run = at
        while run < end and image[run] == image[at]:
            run += 1
        if run - at >= _LEAST_ALIKE:
            if open_at < at:
                found.append(Gap(base + open_at, base + at, looks(image[open_at:at])))
            found.append(Gap(base + at, base + run, f"one value {image[at]:02X}"))
            open_at = run
        at = run
    if open_at < end:
        found.append(Gap(base + open_at, base + end, looks(image[open_at:end])))
    return found


def looks(data: bytes) -> str:
    """In a word or two: text, noise (as compressed or random data), or data.

    >>> looks(b"Piano 16'   "), looks(bytes(range(256)) * 4)
    ('text', 'noise')
    """
    if sum(0x20 <= byte < 0x7F for byte in data) > 0.9 * len(data) and len(data) >= 4:
        return "text"
    if len(data) < 256:
        return "data"
    counts = Counter(data)
    entropy = -sum(n / len(data) * log2(n / len(data)) for n in counts.values())
    return "noise" if entropy > 7.2 else "data"
