"""Data that a firmware copies from ROM into RAM when it starts, as compilers do with variables that have a value."""

from __future__ import annotations

from korgm1.analysis.program import Copy

WINDOW = 16
"""Bytes that must be the same to tell a copy."""
LEAST = 32
"""Bytes of a copy."""
_BRIDGE = 64
"""Bytes of it that may have changed since, in one go."""
_ALIKE = 8
"""Bytes in a row that are the same, behind what has changed."""
_VARIED = 5
"""Values that a window must have at least."""


def find_copies(ram: bytes, image: bytes, base: int) -> tuple[Copy, ...]:
    """What of an image stands in RAM, longest first; each byte of RAM counts once.

    Some of a copy may have been changed since; it reaches from the first to the last bytes that are the same. Whether
    zeros at its ends belong to it cannot be told.

    Args:
        ram: from address 0 on, as a firmware's first instructions leave it, having begun as zeros.
        image: the bytes.
        base: address of the first.

    >>> image = b"\\xff" * 100 + b"Eight programs, sixteen voices." + bytes(range(40)) + b"\\xff" * 29
    >>> [(f"{copy.source:05X}", f"{copy.address:05X}", copy.size) for copy in find_copies(
    ...     bytes(0x500) + image[100:171] + bytes(100), image, 0xF0000)]
    [('F0064', '00500', 71)]
    """
    found: list[Copy] = []
    at, size = 0, len(ram)
    places = _windows(image) if any(ram) else {}
    while at + WINDOW <= size:
        window = ram[at : at + WINDOW]
        if len(set(window)) < _VARIED:
            at += 1 if any(window) else WINDOW
            continue
        place = places.get(window)
        if place is None:
            at += 1
            continue
        start, end = _reach(ram, image, at, place)
        if end - start >= LEAST:
            found.append(Copy(base + place - at + start, start, end - start))
        at = max(end, at + 1)
    return tuple(sorted(found, key=lambda copy: (-copy.size, copy.address)))


def _windows(image: bytes) -> dict[bytes, int]:
    """Where each window of an image stands that occurs once."""
    places: dict[bytes, int] = {}
    often = set()
    for at in range(len(image) - WINDOW + 1):
        window = image[at : at + WINDOW]
        if places.setdefault(window, at) != at:
            often.add(window)
    for window in often:
        del places[window]
    return places


def _reach(ram: bytes, image: bytes, at: int, place: int) -> tuple[int, int]:
    """First address of RAM, and the one behind the last, of a copy with a window at `at` that came from `place`."""
    shift, start = place - at, at
    while start > 0 and start + shift > 0 and ram[start - 1] == image[start + shift - 1]:
        start -= 1
    here = end = at + WINDOW
    same = WINDOW
    while here < min(len(ram), len(image) - shift) and here - end < _BRIDGE:
        same = same + 1 if ram[here] == image[here + shift] else 0
        here += 1
        if same >= _ALIKE:
            end = here
    return start, end
