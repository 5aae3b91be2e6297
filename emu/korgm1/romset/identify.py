"""What one dump is: bytes in, identity out; nothing is read or written here.

Two rules decide what happens to a dump that is not bit for bit a known one:
- another *arrangement* (both halves in one file, the same dump twice, halves swapped) is put right, with a remark;
- other *bits* (bit, byte or address order) are put right only where the result is a known ROM, proved by SHA-1.
Everything else is called by its fault, with the next step, or "unknown" where nothing speaks against it.
"""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import dataclass, field, replace
from enum import StrEnum

from korgm1.romset.database import Database, Part
from korgm1.romset.image import (
    ALTERATIONS,
    HALF,
    IMAGE,
    far_jump,
    interleave,
    no_start,
    regrouped,
    reset_jump,
    sense,
    split,
    straight_words,
    stuck_lines,
    swap_bytes,
    words,
)

REREAD = "clean the pins, check the chip type in the reader (27C512) and read it twice: both reads must be the same"


GROUPED = 40
"""Words and calls that must make sense before an image is believed to alternate otherwise than byte by byte."""
STRAIGHT = 8
"""Readable words from which on 64 KB are no half of an OS; by chance one stands in some hundred dumps."""


class Verdict(StrEnum):
    """How far a dump can be trusted."""

    KNOWN = "known"
    ALTERED = "known, altered"
    PLAUSIBLE = "unknown, plausible"
    BROKEN = "broken"
    OTHER = "not a ROM"


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: a stable code, the sentence, what to do next."""

    code: str
    text: str
    hint: str = ""


@dataclass(frozen=True)
class Half:
    """64 KB that can be one half of an OS: its lane (even, odd or "" while unknown) and its entry, if it is known."""

    data: bytes = field(repr=False)
    lane: str = ""
    part: Part | None = None


@dataclass(frozen=True)
class Identity:
    """What a dump is.

    `size`, `crc32` and `sha1` are those of the bytes as given; `data` are the bytes to use, put right where that is
    safe (empty where the dump is of no use). `halves` holds one half, or the even and the odd one where the dump is a
    whole image.
    """

    size: int
    crc32: int
    sha1: str
    verdict: Verdict
    what: str
    part: Part | None = None
    halves: tuple[Half, ...] = ()
    faults: tuple[Fault, ...] = ()
    data: bytes = field(default=b"", repr=False)


def identify(data: bytes, database: Database) -> Identity:
    """Identify one dump.

    Args:
        data: the file's bytes, any size.
        database: the ROMs we know.

    >>> from korgm1.romset.database import known_roms
    >>> identify(bytes([255]) * 65536, known_roms()).faults[0].code
    'blank'
    """
    found = _known(data, database) or _doubled(data, database) or _image(data, database) or _unknown(data)
    return replace(found, size=len(data), crc32=zlib.crc32(data), sha1=hashlib.sha1(data).hexdigest())


def _identity(verdict: Verdict, what: str, *faults: Fault, data: bytes = b"") -> Identity:
    return Identity(0, 0, "", verdict, what, faults=faults, data=data)


def _known(data: bytes, database: Database) -> Identity | None:
    """A known part, bit for bit or altered in a way that the hash proves."""
    part = database.find(data)
    if part is not None:
        return _part(part, data)
    if len(data) not in database.sizes or len(set(data)) < 2:
        return None
    for code, (undo, text) in ALTERATIONS.items():
        mended = undo(data)
        part = database.find(mended)
        if part is not None:
            fault = Fault(code, text, "it was put right in memory; read the chip again with the right adapter")
            return replace(_part(part, mended), verdict=Verdict.ALTERED, faults=(fault,))
    return None


def _part(part: Part, data: bytes) -> Identity:
    halves = (Half(data, part.lane, part),) if part.kind == "os" else ()
    return replace(_identity(Verdict.KNOWN, part.title, data=data), part=part, halves=halves)


def _doubled(data: bytes, database: Database) -> Identity | None:
    """The same dump twice in one file."""
    middle = len(data) // 2
    if len(data) % 2 or middle < 0x4000 or data[:middle] != data[middle:] or len(set(data)) < 2:
        return None
    half = identify(data[:middle], database)
    if half.verdict not in (Verdict.KNOWN, Verdict.ALTERED) and (
        len(data) != IMAGE or (reset_jump(data) is not None and sense(data) >= GROUPED)
    ):
        return None    # of the size of an image: one that begins and reads as such repeats what it has
    fault = Fault("doubled", f"the same {middle // 1024} KB twice", f"only the first {middle:,} bytes are used")
    verdict = Verdict.ALTERED if half.verdict is Verdict.KNOWN else half.verdict
    return replace(half, verdict=verdict, faults=(fault, *half.faults))


def _image(data: bytes, database: Database) -> Identity | None:
    """Both halves in one file: interleaved, interleaved the other way, or one behind the other."""
    if len(data) != IMAGE or len(set(data)) < 2:
        return None
    first, second = split(data)
    if first == second:
        half = identify(first, database)
        text = "both halves are the same: one chip was read twice, and each of its bytes stands here twice"
        verdict = Verdict.ALTERED if half.verdict is Verdict.KNOWN else half.verdict
        return replace(half, verdict=verdict, faults=(Fault("same-half", text, "read the other chip"), *half.faults))
    lower, upper = data[:HALF], data[HALF:]
    swapped = Fault("halves-swapped", "the halves are swapped: the bytes of each word are the wrong way round")
    joined = Fault("joined", "the two halves stand one behind the other instead of interleaved")
    orders: list[tuple[bytes, bytes, tuple[Fault, ...]]] = [
        (first, second, ()),
        (second, first, (swapped,)),
        (lower, upper, (joined,)),
        (upper, lower, (joined,)),
    ]
    for even_data, odd_data, faults in orders:
        even, odd = _known(even_data, database), _known(odd_data, database)
        lanes = [side.part.lane if side and side.part else "" for side in (even, odd)]
        if "even" in lanes[:1] or "odd" in lanes[1:]:
            return _pair(even, odd, even_data, odd_data, faults, database)
    grouped = _grouped(data)
    for even_data, odd_data, fault in grouped:
        even, odd = _known(even_data, database), _known(odd_data, database)
        if even and odd and even.part and odd.part and (even.part.lane, odd.part.lane) == ("even", "odd"):
            return _pair(even, odd, even_data, odd_data, (fault,), database)
    images = [interleave(even_data, odd_data) for even_data, odd_data, _ in orders]
    best = max((sense(image) for image in images if reset_jump(image) is not None), default=-1)
    for even_data, odd_data, fault in grouped:
        if far_jump(interleave(even_data[-8:], odd_data[-8:])) is None:
            continue
        image = interleave(even_data, odd_data)
        score = sense(image)
        if reset_jump(image) is None or score < max(GROUPED, best + best // 4):
            continue
        if score > sense(interleave(swap_bytes(first), swap_bytes(second))):
            best, orders, images = score, [(even_data, odd_data, (fault,))], [image]
    starts = [number for number, image in enumerate(images) if reset_jump(image) is not None]
    if not starts:
        return None
    even_data, odd_data, faults = orders[max(starts, key=lambda number: sense(images[number]))]
    wrong = altered(even_data, odd_data)
    if wrong is not None:
        return _identity(Verdict.BROKEN, "an altered OS image", wrong)
    return _pair(None, None, even_data, odd_data, faults, database)


def _grouped(data: bytes) -> list[tuple[bytes, bytes, Fault]]:
    """The halves of an image in which they alternate by more than a byte, in both orders."""
    found = []
    for power in range(1, 16):
        unit = 1 << power
        even, odd = regrouped(data, unit)
        shown = f"{unit:,} bytes" if unit < 1024 else f"{unit >> 10} KB"
        fault = Fault("interleave", f"the two halves alternate every {shown} instead of every byte")
        found += [(even, odd, fault), (odd, even, fault)]
    return found


def _pair(
    even: Identity | None,
    odd: Identity | None,
    even_data: bytes,
    odd_data: bytes,
    faults: tuple[Fault, ...],
    database: Database,
) -> Identity:
    halves = tuple(
        side.halves[0] if side and side.halves else Half(data, lane)
        for side, data, lane in ((even, even_data, "even"), (odd, odd_data, "odd"))
    )
    for side in (even, odd):
        faults += side.faults if side else ()
    what, verdict = "OS image, both halves", Verdict.PLAUSIBLE
    first, second = (half.part for half in halves)
    if first and second:
        what = f"OS image: {first.title} with {second.title}"
        verdict = Verdict.ALTERED if faults else Verdict.KNOWN
        if first.set != second.set:
            verdict, faults = Verdict.BROKEN, (*faults, mixed_versions(first, second, database))
    return replace(_identity(verdict, what, *faults, data=interleave(halves[0].data, halves[1].data)), halves=halves)


def mixed_versions(even: Part, odd: Part, database: Database) -> Fault:
    """The fault of two known halves that do not belong together."""
    texts = [f"{part.ic} is {database.sets[part.set].name} {database.sets[part.set].version}" for part in (odd, even)]
    text = f"{' but '.join(texts)}: good dumps, but halves of two versions do not run together"
    return Fault("mixed-versions", text, "find the other half of each")


_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"\xf0\x42", "a Korg SysEx dump", "it is for MIDI IN: korgm1 boot --midi FILE"),
    (b"MThd", "a standard MIDI file", ""),
    (b":10", "Intel HEX, text", "its lines are damaged: make the file anew, or read the chip again as raw binary"),
    (b":20", "Intel HEX, text", "its lines are damaged: make the file anew, or read the chip again as raw binary"),
    (b"S1", "Motorola S-records, text", "its lines are damaged: make the file anew, or read the chip as raw binary"),
    (b"7z\xbc\xaf", "a 7z archive", "unpack it, or pack it again as a zip"),
    (b"Rar!", "a RAR archive", "unpack it, or pack it again as a zip"),
    (b"PK\x03\x04", "a zip inside a zip", "unpack the outer one"),
)


def _unknown(data: bytes) -> Identity:
    size = len(data)
    for magic, what, hint in _MAGIC:
        if data.startswith(magic) and size not in (HALF, IMAGE):
            return _identity(Verdict.OTHER, what, Fault("format", f"this is {what}", hint))
    if not data:
        return _identity(
            Verdict.OTHER, "an empty file", Fault("empty", "the file holds nothing", "read the chip again")
        )
    if len(set(data)) == 1:
        text = f"every byte is {data[0]:02X}"
        return _identity(
            Verdict.BROKEN, "a blank dump", Fault("blank", f"{text}: the reader saw no chip, or an erased one", REREAD)
        )
    if size == HALF:
        return _half(data)
    if size == IMAGE:
        return _identity(Verdict.BROKEN, "128 KB, no M1 OS", altered(*split(data)) or bad_vector(data))
    if size == HALF // 2:
        text = "32 KB, half of what a 27C512 holds"
        hint = "set the reader to 27C512 (64 KB), not 27C256, and read it again"
        return _identity(Verdict.BROKEN, "a half-size dump", Fault("half-size", text, hint))
    if HALF // 2 < size < 2 * IMAGE:
        text = f"{size:,} bytes: a chip gives 65,536, the pair 131,072"
        return _identity(
            Verdict.BROKEN, "a dump of an odd size", Fault("size", text, "read the chip again, as raw binary")
        )
    what = f"{size:,} bytes, no ROM known here"
    return _identity(Verdict.OTHER, what, Fault("unknown", "neither its size nor its SHA-1 is that of a known part"))


def _half(data: bytes) -> Identity:
    if data[: HALF // 2] == data[HALF // 2 :]:
        text = "the upper 32 KB repeat the lower 32 KB: address line A15 was not connected"
        return _identity(Verdict.BROKEN, "half of a chip, twice", Fault("repeated", text, REREAD))
    stuck = stuck_lines(data)
    if stuck:
        text = f"{', '.join(stuck)} never change{'s' if len(stuck) == 1 else ''}: a bad contact in the reader"
        return _identity(Verdict.BROKEN, "a dump with dead lines", Fault("stuck-line", text, REREAD))
    if words(data) >= STRAIGHT:
        few = ", ".join(straight_words(data)[:3])
        text = (
            f"words can be read in it letter by letter ({few}): one half of an OS holds every second letter only; "
            "this is a RAM image, or part of a file with both halves"
        )
        fault = Fault("no-half", text, "korgm1 boot --sram FILE, if it is a RAM image")
        return _identity(Verdict.OTHER, "64 KB, no half of an OS", fault)
    found = _identity(Verdict.PLAUSIBLE, "64 KB, perhaps one half of an OS", data=data)
    return replace(found, halves=(Half(data),))


def altered(even: bytes, odd: bytes) -> Fault | None:
    """The alteration without which two unknown halves make a better OS: with a start at FFFF0, or far more words."""
    image = interleave(even, odd)
    best = 2 * sense(image) + 2 if reset_jump(image) is not None else -1
    fault = None
    for code, (undo, text) in ALTERATIONS.items():
        for first, second in ((even, odd), (odd, even)):
            other = interleave(undo(first), undo(second))
            if reset_jump(other) is not None and sense(other) > best:
                hint = "read both chips again, with the right adapter and no conversion"
                best, fault = sense(other), Fault(code, f"{text}: put right, the two halves would make an OS", hint)
    return fault


def bad_vector(image: bytes) -> Fault:
    """The fault of an image that has no plausible start."""
    return Fault("reset-vector", no_start(image), "check that these are IC32 and IC23 of one instrument; " + REREAD)
