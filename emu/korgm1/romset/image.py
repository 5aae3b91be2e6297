"""The 128 KB program ROM as bytes: lanes, the ways a dump comes out wrong, the jump at FFFF0.

IC32 gives the even bytes (D0-D7), IC23 the odd ones (D8-D15); together they are E0000-FFFFF (facts: m1-hardware 1.1,
MEAS).
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

HALF = 0x10000
"""Bytes of one chip, a 27C512."""

IMAGE = 2 * HALF
"""Bytes of the pair."""
FEW = 32
"""Bytes other than the commonest: with fewer a chip shows nothing of its address lines."""

BASE = 0xE0000
"""Where the pair begins in the V50's memory."""

_MIRROR = bytes(int(f"{value:08b}"[::-1], 2) for value in range(256))
_NIBBLES = bytes(value >> 4 | value << 4 & 0xF0 for value in range(256))
_INVERT = bytes(255 - value for value in range(256))
_WORD = re.compile(
    rb"prog|combi|init|song|card|memory|battery|error|piano|organ|brass|string|guitar|flute|voice|drum|kick|snare"
    rb"|effect|reverb|chorus|delay|global|midi|write|load|save",
    re.IGNORECASE,
)

# May stand before the jump at FFFF0, with their lengths: CLI, CLD, NOP, MOV r,imm, OUT, MOV sreg, XOR r,r.
_PREFACE = {0xFA: 1, 0xFC: 1, 0x90: 1, 0xEE: 1, 0xEF: 1, 0xE6: 2, 0xE7: 2, 0x8E: 2, 0x31: 2, 0x33: 2}
_PREFACE |= {opcode: 2 if opcode < 0xB8 else 3 for opcode in range(0xB0, 0xC0)}
_JMP_FAR = 0xEA
_PREFIXES = frozenset(b"\x26\x2e\x36\x3e\x64\x65\xf0\xf2\xf3")


def interleave(even: bytes, odd: bytes) -> bytes:
    """Two halves of equal size as one image.

    >>> interleave(b"ac", b"bd")
    b'abcd'
    """
    image = bytearray(2 * len(even))
    image[0::2] = even
    image[1::2] = odd
    return bytes(image)


def regrouped(data: bytes, unit: int) -> tuple[bytes, bytes]:
    """The two halves of data in which they alternate every `unit` bytes.

    >>> regrouped(b"aabbccdd", 2)
    (b'aacc', b'bbdd')
    """
    rows = np.frombuffer(data, np.uint8).reshape(-1, 2, unit)
    return rows[:, 0].tobytes(), rows[:, 1].tobytes()


def split(image: bytes) -> tuple[bytes, bytes]:
    """The even and the odd bytes of an image.

    >>> split(b"abcd")
    (b'ac', b'bd')
    """
    return image[0::2], image[1::2]


def mirror_bits(data: bytes) -> bytes:
    """D0-D7 in the order D7-D0.

    >>> mirror_bits(bytes([0x01, 0xEA])).hex()
    '8057'
    """
    return data.translate(_MIRROR)


def swap_nibbles(data: bytes) -> bytes:
    """D0-D3 and D4-D7 exchanged in every byte.

    >>> swap_nibbles(b"\\xEA").hex()
    'ae'
    """
    return data.translate(_NIBBLES)


def invert_bits(data: bytes) -> bytes:
    """Every bit the other way round."""
    return data.translate(_INVERT)


def swap_bytes(data: bytes) -> bytes:
    """Each two neighbouring bytes exchanged; `data` has an even length."""
    return interleave(data[1::2], data[0::2])


def reverse_addresses(data: bytes) -> bytes:
    """Last byte first, as with every address line inverted."""
    return data[::-1]


def swap_halves(data: bytes) -> bytes:
    """Upper half first, as with the highest address line inverted."""
    middle = len(data) // 2
    return data[middle:] + data[:middle]


ALTERATIONS: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "bit-order": (mirror_bits, "the bit order is reversed (D0-D7 came out as D7-D0)"),
    "byte-order": (swap_bytes, "the byte order is reversed (neighbouring bytes are exchanged)"),
    "nibble-order": (swap_nibbles, "the nibbles are exchanged (D0-D3 and D4-D7)"),
    "inverted": (invert_bits, "every bit is inverted"),
    "address-order": (reverse_addresses, "the addresses run backwards (last byte first)"),
    "half-order": (swap_halves, "the upper and the lower half are exchanged (the highest address line is inverted)"),
}
"""Ways a reader or an adapter alters a dump without losing anything: each undoes itself when done twice."""


def reset_jump(image: bytes) -> int | None:
    """Where the code at FFFF0 jumps to: the linear address, or None if that is no plausible start.

    Plausible is a far jump (JMP FAR is the only way out of FFFF0-FFFFF), after a few harmless instructions at most,
    into a place of E0000-FFFEF that is neither blank nor all prefixes.

    >>> reset_jump(bytes(IMAGE)) is None
    True
    """
    target = far_jump(image[-16:])
    return target if target is not None and not _bad_target(image, target) else None


def no_start(image: bytes) -> str:
    """Why an image has no plausible start, in words; "" where it has one.

    >>> no_start(bytes(IMAGE - 16) + bytes([0xEA, 0x00, 0x01, 0x00, 0xE0]).ljust(16))
    'the jump at FFFF0 goes to E0100, but there every byte is 00'
    """
    target = far_jump(image[-16:])
    if target is None:
        return f"there is no far jump at FFFF0 (it holds {image[-16:-8].hex(' ').upper()})"
    wrong = _bad_target(image, target)
    return f"the jump at FFFF0 goes to {target:05X}, {wrong}" if wrong else ""


def far_jump(end: bytes) -> int | None:
    """The linear address that a far jump in the 16 bytes from FFFF0 names, or None where there is no such jump.

    >>> f"{far_jump(bytes([0xFA, 0xEA, 0x00, 0x01, 0x00, 0xE0]).ljust(16)):05X}"
    'E0100'
    """
    at = 0
    while at < len(end) and end[at] != _JMP_FAR:
        length = _PREFACE.get(end[at])
        if length is None:
            return None
        at += length
    if at + 5 > len(end):
        return None
    offset = end[at + 1] | end[at + 2] << 8
    segment = end[at + 3] | end[at + 4] << 8
    return segment * 16 + offset & 0xFFFFF


def _bad_target(image: bytes, target: int) -> str:
    """What is wrong with the place the jump goes to."""
    if not BASE <= target < 0xFFFF0:
        return f"outside the ROM ({BASE:05X}-FFFEF)"
    code = image[target - BASE : target - BASE + 8]
    if len(set(code)) == 1:
        return f"but there every byte is {code[0]:02X}"
    if _PREFIXES.issuperset(code):
        return f"but there are only prefixes and no instruction ({code.hex(' ').upper()})"
    return ""


def words(image: bytes) -> int:
    """How many words of a synthesizer's display stand in an image: none where two halves are strangers or swapped.

    Where a wrong order of the halves happens to have a start, too, this tells which is right.

    >>> words(b"I00 Init Prog"), words(b"0I 0nItiP orgo")
    (2, 0)
    """
    small = image.lower()
    return sum(small.count(word) for word in _WORD.pattern.split(b"|"))


def calls(image: bytes) -> int:
    """How many near and far calls go where another call goes, too: hundreds in code, a few in anything else.

    Near calls are taken within 64 KB of the image. Neither language nor compiler matters, nor does text. Areas that one
    lane or both fill with a pattern are no calls.

    >>> calls(bytes([0xE8, 0x0D, 0x00, 0xC3] + [0xE8, 0x09, 0x00] + [0x90] * 9)), calls(bytes(range(256)) * 8)
    (1, 0)
    """
    code = np.frombuffer(image, np.uint8)
    if len(code) < 8:
        return 0
    at = np.flatnonzero(code[:-8] == 0xE8)
    at = at[(code[at + 2] != 0xE8) & np.any([code[at + n] != code[at + n + 4] for n in range(4)], axis=0)]
    near = at & ~0xFFFF | at + 3 + code[at + 1] + (code[at + 2].astype(np.int64) << 8) & 0xFFFF
    near = near[near != at + 3]
    at = np.flatnonzero(code[:-8] == 0x9A)
    bytes_of = code.astype(np.int64)
    offset, segment = (bytes_of[at + n] | bytes_of[at + n + 1] << 8 for n in (1, 3))
    linear = segment * 16 + offset
    far = linear[(linear >= BASE) & (linear < 0x100000)]
    return sum(len(places) - len(np.unique(places)) for places in (near, far))


def sense(image: bytes) -> int:
    """How much sense an image makes: words of a display and calls. Only comparing two orders of one image means much.

    >>> sense(b"Init Prog")
    2
    """
    return words(image) + calls(image)


def straight_words(data: bytes) -> list[str]:
    """The different words that can be read in one half letter by letter, where only every second letter should stand.

    >>> straight_words(b"Init Prog Init Prog"), straight_words(b"Ii rgIi rg")
    (['Init', 'Prog'], [])
    """
    return list(dict.fromkeys(word.decode("ascii") for word in _WORD.findall(data)))


def stuck_lines(data: bytes) -> list[str]:
    """Data or address lines of one chip that never change: a bent pin or a bad contact in the reader.

    A chip that is blank but for a few bytes says nothing of its address lines.

    >>> stuck_lines(bytes([0x81, 0x83] * 32))
    ['D0', 'D2', 'D3', 'D4', 'D5', 'D6', 'D7', 'A1', 'A2', 'A3', 'A4', 'A5']
    """
    seen = set(data)
    ever = always = next(iter(seen))
    for value in seen:
        ever |= value
        always &= value
    lines = [f"D{bit}" for bit in range(8) if not (ever ^ always) >> bit & 1]
    if len(data) - max(map(data.count, seen)) < FEW:
        return lines
    for bit in range((len(data) - 1).bit_length()):
        step = 1 << bit
        if all(data[at : at + step] == data[at + step : at + 2 * step] for at in range(0, len(data), 2 * step)):
            lines.append(f"A{bit}")
    return lines
