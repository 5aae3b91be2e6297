"""Where OpenM1 keeps what, and whether it will take an image for valid.

address     contents
0000-03FF   interrupt vectors
0400-0FFF   variables, screen, edit buffers; cleared at power-on
1000-101F   signature, sums, journal
1020-103F   settings
1040        global 21, drum kits 4 x 210, combinations n x 124, programs n x 143, songs 10 x 96, patterns 100 x 2,
            offsets 181 x 2, steps 4 each up to C69A (C604 with 50), spare up to C69B; n = 100 or 50 by the allocation
C7F0-C7F3   note of a freeze
C800-CBFF   MIDI transmit ring
D000-DFFF   MIDI receive ring
E000-E8FF   programs of the card that play
E900-EFFF   stack
F000-FFFF   sound: parts, voices, channels; cleared at power-on

So it is in #24; in other versions all from the header to the spare bytes is moved, or summed in another way
(`openm1_maps`).

Sources: roms/openm1 (ram.inc, layout.asm, store.asm), this project's own firmware.
"""

from __future__ import annotations

import struct

from korgm1.sram_layout.layout import SIZE, Layout, Region
from korgm1.sram_layout.openm1_maps import (
    ALLOCATIONS,
    COMBI_SIZE,
    MAPS,
    PROGRAM_SIZE,
    SONGS_SIZE,
    Map,
    readable,
    recognise,
    signature_bits,
    sums,
)

HEADER, SETTINGS, POOL, POOL_END, COMBIS = (
    MAPS[0].header, MAPS[0].settings, MAPS[0].pool, MAPS[0].end, MAPS[0].combis
)
"""#24's."""
SUMS, JOURNAL = 0x10, 0x14
"""From the header on."""
RECEIVING = 8
"""From the settings on."""
JOURNAL_OPEN = 0xA55A
FREEZE, FREEZE_MARK, VECTORS = 0xC7F0, 0xF2EE, 0x20
WHAT_BECOMES = {
    1: "everything stored is initialised", 2: "the data are kept as they are, the sums made anew",
    3: "everything stored is initialised", 4: "the data are kept, the journal is closed",
}
"""What OpenM1 does at power-on, by its code."""


def layout(image: bytes, how: str, where: Map = MAPS[0]) -> Layout:
    """The image as OpenM1's.

    Args:
        image: 65,536 bytes.
        how: how it was recognised.
        where: the map of its version.
    """
    stated = image[where.settings]
    allocation = stated if stated in ALLOCATIONS else _likely_allocation(image, where)
    sounds, limit = ALLOCATIONS[allocation]
    places = [
        ("interrupt vectors", 0, "", False), ("variables", 0x0400, "", False), ("header", where.header, "header", True),
        ("settings", where.settings, "settings", True), ("global", where.pool, "global", True),
        ("drum kits", where.pool + 21, "drum_kit", True),
    ]
    if where.header > MAPS[0].header:
        places.insert(2, ("unused", MAPS[0].header, "", False))
    programs = where.combis + COMBI_SIZE * sounds
    songs = programs + PROGRAM_SIZE * sounds
    steps = songs + SONGS_SIZE
    places += [
        ("combinations", where.combis, "combination", True), ("programs", programs, "program", True),
        ("songs", songs, "song", True), ("patterns", songs + 960, "pattern", True),
        ("offsets", songs + 1160, "offset", True), ("steps", steps, "step", True),
        ("spare", steps + 4 * limit, "", True), ("unused", where.end, "", False),
        ("freeze note", FREEZE, "freeze", True), ("unused", FREEZE + 4, "", False),
        ("MIDI transmit ring", 0xC800, "", False), ("unused", 0xCC00, "", False),
        ("MIDI receive ring", 0xD000, "", False), ("card programs", 0xE000, "", False), ("stack", 0xE900, "", False),
        ("sound", 0xF000, "", False),
    ]
    ends = [place[1] for place in places[1:]] + [SIZE]
    regions = tuple(
        Region(name, start, end, kind, kept) for (name, start, kind, kept), end in zip(places, ends, strict=True)
    )
    in_use = int.from_bytes(image[where.settings + 6 : where.settings + 8], "little")
    offsets = struct.unpack_from("<181H", image, songs + 1160)
    return Layout(
        "OpenM1" if where is MAPS[0] else f"OpenM1 {where.version}", how, image, regions, problems(image, where), True,
        _facts(image, allocation, in_use, offsets, where), offsets,
    )


def problems(image: bytes, where: Map | None = None) -> tuple[str, ...]:
    """Why OpenM1 will not take an image as it is; empty when it will. An open journal is carried out first.

    Args:
        image: 65,536 bytes.
        where: the map of the version that is asked; None for that of the version whose image it is, else #24's.
    """
    return tuple(text for _, text in _found(image, _map(image, where)))


def ram_error(image: bytes, where: Map | None = None) -> int:
    """The code OpenM1 shows as `RAM Error` at power-on, 0 for none: 1 signature, 2 sums, 3 settings, 4 journal.

    Args:
        image: 65,536 bytes.
        where: as for `problems`.

    >>> ram_error(bytes(65536))
    1
    """
    codes = {code for code, _ in _found(image, _map(image, where))}
    return next((code for code in (1, 3, 2, 4) if code in codes), 0)


def freeze_code(image: bytes) -> int:
    """The code OpenM1 shows at power-on when it froze before, 0 for none.

    80-87 are vectors 0-7, 88-8F the ICU's 20-27; 8F is any other as well.

    Args:
        image: 65,536 bytes.
    """
    mark, vector, complement = int.from_bytes(image[FREEZE : FREEZE + 2], "little"), *image[FREEZE + 2 : FREEZE + 4]
    if mark != FREEZE_MARK or vector ^ complement != 0xFF:
        return 0
    if vector <= 7:
        return 0x80 + vector
    return 0x88 + vector - VECTORS if VECTORS <= vector <= VECTORS + 7 else 0x8F


def _map(image: bytes, where: Map | None) -> Map:
    return where or recognise(image)[0] or MAPS[0]


def _found(image: bytes, where: Map) -> list[tuple[int, str]]:
    """What is wrong: the code of its kind, and in words."""
    found = []
    if wrong := signature_bits(image, where):
        found.append((1, f"the signature is wrong in {wrong} of 128 bits"))
    opened, address = struct.unpack_from("<HH", image, where.header + JOURNAL)
    if opened == JOURNAL_OPEN and not where.settings <= address < where.end:
        found.append((4, f"the journal leads to {address:04X}, outside the stored data"))
    elif opened not in (0, JOURNAL_OPEN):
        found.append((4, f"the journal is {opened:04X}, neither closed nor open"))
    image = _journal_done(image, where)
    settings = image[where.settings : where.settings + 8]
    if settings[0] not in ALLOCATIONS:
        found.append((3, f"the allocation is {settings[0]}, neither 0 nor 1"))
    if settings[1] > 15:
        found.append((3, f"the MIDI channel is {settings[1]}, above 15"))
    limit = ALLOCATIONS.get(settings[0], ALLOCATIONS[1])[1]
    in_use = int.from_bytes(settings[6:8], "little")
    if in_use > limit:
        found.append((3, f"{in_use:,} steps are in use, {limit:,} fit"))
    stored = struct.unpack_from("<HH", image, where.header + SUMS)
    for number, (has, wants) in enumerate(zip(stored, sums(image, where), strict=True), 1):
        if has != wants:
            found.append((2, f"sum {number} is {has:04X}, the data give {wants:04X}"))
    return found


def _journal_done(image: bytes, where: Map) -> bytes:
    """The image as power-on sees it after it has carried out an open journal."""
    opened, address, sum_1, sum_2, value = struct.unpack_from("<HHHHB", image, where.header + JOURNAL)
    if opened != JOURNAL_OPEN or not where.settings <= address < where.end:
        return image
    done = bytearray(image)
    done[address] = value
    struct.pack_into("<HHH", done, where.header + SUMS, sum_1, sum_2, 0)
    return bytes(done)


def _facts(image: bytes, allocation: int, in_use: int, offsets: tuple[int, ...], where: Map) -> dict[str, str]:
    sounds, limit = ALLOCATIONS[allocation]
    stated = image[where.settings] in ALLOCATIONS
    facts = {}
    if code := freeze_code(image):
        facts["freeze"] = f"it froze at vector {image[FREEZE + 2]:02X}; power-on says RAM Error {code:02X}"
    if code := ram_error(image, where):
        facts["power-on"] = f"RAM Error {code:02X}: {WHAT_BECOMES[code]}"
    facts |= {
        "allocation": f"{sounds} programs, {sounds} combinations, {limit:,} steps"
        + ("" if stated else " (guessed: the setting is damaged)"),
        "steps in use": f"{in_use:,} of {limit:,}",
    }
    if int.from_bytes(image[where.header + JOURNAL :][:2], "little") == JOURNAL_OPEN:
        facts["journal"] = "open: the power failed in a store, which power-on will finish"
    if receiving := image[where.settings + RECEIVING]:
        facts["dump"] = f"function {receiving:02X} was being received when the power failed"
    if list(offsets) != sorted(offsets) or any(offset % 4 for offset in offsets) or offsets[-1] != 4 * in_use:
        facts["offsets"] = "out of order: songs cannot be followed"
    return facts


def _likely_allocation(image: bytes, where: Map) -> int:
    return max(ALLOCATIONS, key=lambda allocation: readable(image, allocation, where))
