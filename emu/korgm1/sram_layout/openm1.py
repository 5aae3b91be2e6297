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

Sources: roms/openm1 (ram.inc, layout.asm, store.asm), this project's own firmware.
"""

from __future__ import annotations

import struct

import numpy as np

from korgm1.sram_layout.layout import SIZE, Layout, Region

SIGNATURE = b"OpenM1 RAM  #1\xa5\x5a"
HEADER, SETTINGS, POOL, POOL_END = 0x1000, 0x1020, 0x1040, 0xC69C
COMBIS, COMBI_SIZE, PROGRAM_SIZE, SONGS_SIZE = POOL + 861, 124, 143, 1522
"""Combinations begin behind the global data; then programs, then songs with patterns and offsets, then steps."""
SUMS, JOURNAL, RECEIVING = 0x1010, 0x1014, 0x1028
JOURNAL_OPEN = 0xA55A
FREEZE, FREEZE_MARK, VECTORS = 0xC7F0, 0xF2EE, 0x20
WHAT_BECOMES = {
    1: "everything stored is initialised", 2: "the data are kept as they are, the sums made anew",
    3: "everything stored is initialised", 4: "the data are kept, the journal is closed",
}
"""What OpenM1 does at power-on, by its code."""
ALLOCATIONS = {0: (100, 4400), 1: (50, 7700)}
"""Allocation -> programs and combinations, steps."""
LIKELY = 0.6
"""Share of name characters that can be displayed, above which an image is taken for this layout; noise has 0.37."""
LIKELY_MODES = 0.3
"""Share of records whose oscillator mode or type is possible, needed besides; noise has 0.016."""
DAMAGED_SIGNATURE_BITS = 32
"""Of 128; noise differs in about 64 and hardly ever in fewer than 40."""


def recognise(image: bytes) -> str:
    """How it is known that an image is OpenM1's, "" when it is not.

    Args:
        image: 65,536 bytes.

    >>> recognise(bytes(65536))
    ''
    """
    wrong = signature_bits(image)
    if not wrong:
        return "by its signature"
    if wrong <= DAMAGED_SIGNATURE_BITS:
        return f"by its signature, damaged in {wrong} bit{'s' if wrong > 1 else ''}"
    if any(image[SETTINGS:POOL_END]) and sums(image) == struct.unpack_from("<HH", image, SUMS):
        return "by its sums; the signature is gone"
    share = max(_readable(image, allocation) for allocation in ALLOCATIONS)
    if share >= LIKELY:
        return f"guessed from its names, {share:.0%} of their characters readable; the signature is gone"
    return ""


def layout(image: bytes, how: str) -> Layout:
    """The image as OpenM1's.

    Args:
        image: 65,536 bytes.
        how: how it was recognised.
    """
    allocation = image[SETTINGS] if image[SETTINGS] in ALLOCATIONS else _likely_allocation(image)
    sounds, limit = ALLOCATIONS[allocation]
    places = [
        ("interrupt vectors", 0, "", False), ("variables", 0x0400, "", False), ("header", HEADER, "header", True),
        ("settings", SETTINGS, "settings", True), ("global", POOL, "global", True),
        ("drum kits", POOL + 21, "drum_kit", True),
    ]
    programs = COMBIS + COMBI_SIZE * sounds
    songs = programs + PROGRAM_SIZE * sounds
    steps = songs + SONGS_SIZE
    places += [
        ("combinations", COMBIS, "combination", True), ("programs", programs, "program", True),
        ("songs", songs, "song", True), ("patterns", songs + 960, "pattern", True),
        ("offsets", songs + 1160, "offset", True), ("steps", steps, "step", True),
        ("spare", steps + 4 * limit, "", True), ("unused", POOL_END, "", False),
        ("freeze note", FREEZE, "freeze", True), ("unused", FREEZE + 4, "", False),
        ("MIDI transmit ring", 0xC800, "", False), ("unused", 0xCC00, "", False),
        ("MIDI receive ring", 0xD000, "", False), ("card programs", 0xE000, "", False), ("stack", 0xE900, "", False),
        ("sound", 0xF000, "", False),
    ]
    ends = [place[1] for place in places[1:]] + [SIZE]
    regions = tuple(
        Region(name, start, end, kind, kept) for (name, start, kind, kept), end in zip(places, ends, strict=True)
    )
    in_use = int.from_bytes(image[SETTINGS + 6 : SETTINGS + 8], "little")
    offsets = struct.unpack_from("<181H", image, songs + 1160)
    return Layout(
        "OpenM1", how, image, regions, problems(image), True, _facts(image, allocation, in_use, offsets), offsets
    )


def signature_bits(image: bytes) -> int:
    """How many bits of the signature are wrong."""
    return sum((a ^ b).bit_count() for a, b in zip(image[HEADER:], SIGNATURE, strict=False))


def sums(image: bytes) -> tuple[int, int]:
    """The two sums of the region they guard: of the words, and of the first sum after each word; modulo 65536.

    >>> image = bytearray(65536); image[0x1021] = 1
    >>> [hex(value) for value in sums(bytes(image))]
    ['0x100', '0x3e00']
    """
    words = np.frombuffer(image[SETTINGS:POOL_END], "<u2").astype(np.uint64)
    left = np.arange(words.size, 0, -1, dtype=np.uint64)
    return int(words.sum()) & 0xFFFF, int((words * left).sum()) & 0xFFFF


def problems(image: bytes) -> tuple[str, ...]:
    """Why OpenM1 will not take an image as it is; empty when it will. An open journal is carried out first.

    Args:
        image: 65,536 bytes.
    """
    return tuple(text for _, text in _found(image))


def ram_error(image: bytes) -> int:
    """The code OpenM1 shows as `RAM Error` at power-on, 0 for none: 1 signature, 2 sums, 3 settings, 4 journal.

    Args:
        image: 65,536 bytes.

    >>> ram_error(bytes(65536))
    1
    """
    codes = {code for code, _ in _found(image)}
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


def _found(image: bytes) -> list[tuple[int, str]]:
    """What is wrong: the code of its kind, and in words."""
    found = []
    if wrong := signature_bits(image):
        found.append((1, f"the signature is wrong in {wrong} of 128 bits"))
    opened, address = struct.unpack_from("<HH", image, JOURNAL)
    if opened == JOURNAL_OPEN and not SETTINGS <= address < POOL_END:
        found.append((4, f"the journal leads to {address:04X}, outside the stored data"))
    elif opened not in (0, JOURNAL_OPEN):
        found.append((4, f"the journal is {opened:04X}, neither closed nor open"))
    image = _journal_done(image)
    if image[SETTINGS] not in ALLOCATIONS:
        found.append((3, f"the allocation is {image[SETTINGS]}, neither 0 nor 1"))
    if image[SETTINGS + 1] > 15:
        found.append((3, f"the MIDI channel is {image[SETTINGS + 1]}, above 15"))
    limit = ALLOCATIONS.get(image[SETTINGS], ALLOCATIONS[1])[1]
    in_use = int.from_bytes(image[SETTINGS + 6 : SETTINGS + 8], "little")
    if in_use > limit:
        found.append((3, f"{in_use:,} steps are in use, {limit:,} fit"))
    for number, (has, wants) in enumerate(zip(struct.unpack_from("<HH", image, SUMS), sums(image), strict=True), 1):
        if has != wants:
            found.append((2, f"sum {number} is {has:04X}, the data give {wants:04X}"))
    return found


def _journal_done(image: bytes) -> bytes:
    """The image as power-on sees it after it has carried out an open journal."""
    opened, address, sum_1, sum_2, value = struct.unpack_from("<HHHHB", image, JOURNAL)
    if opened != JOURNAL_OPEN or not SETTINGS <= address < POOL_END:
        return image
    done = bytearray(image)
    done[address] = value
    struct.pack_into("<HHH", done, SUMS, sum_1, sum_2, 0)
    return bytes(done)


def _facts(image: bytes, allocation: int, in_use: int, offsets: tuple[int, ...]) -> dict[str, str]:
    sounds, limit = ALLOCATIONS[allocation]
    stated = image[SETTINGS] in ALLOCATIONS
    facts = {}
    if code := freeze_code(image):
        facts["freeze"] = f"it froze at vector {image[FREEZE + 2]:02X}; power-on says RAM Error {code:02X}"
    if code := ram_error(image):
        facts["power-on"] = f"RAM Error {code:02X}: {WHAT_BECOMES[code]}"
    facts |= {
        "allocation": f"{sounds} programs, {sounds} combinations, {limit:,} steps"
        + ("" if stated else " (guessed: the setting is damaged)"),
        "steps in use": f"{in_use:,} of {limit:,}",
    }
    if int.from_bytes(image[JOURNAL : JOURNAL + 2], "little") == JOURNAL_OPEN:
        facts["journal"] = "open: the power failed in a store, which power-on will finish"
    if image[RECEIVING]:
        facts["dump"] = f"function {image[RECEIVING]:02X} was being received when the power failed"
    if list(offsets) != sorted(offsets) or any(offset % 4 for offset in offsets) or offsets[-1] != 4 * in_use:
        facts["offsets"] = "out of order: songs cannot be followed"
    return facts


def _likely_allocation(image: bytes) -> int:
    return max(ALLOCATIONS, key=lambda allocation: _readable(image, allocation))


def _readable(image: bytes, allocation: int) -> float:
    """Share of name characters that can be displayed; 0 where the modes behind the names are not those of sounds.

    Bytes that are all zero are no names: 0.
    """
    sounds, _ = ALLOCATIONS[allocation]
    data = np.frombuffer(image, np.uint8)
    programs = COMBIS + COMBI_SIZE * sounds
    end = programs + PROGRAM_SIZE * sounds
    rows = [
        (data[COMBIS:programs].reshape(sounds, COMBI_SIZE), 4), (data[programs:end].reshape(sounds, PROGRAM_SIZE), 2)
    ]
    names = np.concatenate([table[:, :10].ravel() for table, _ in rows])
    modes = float(np.concatenate([table[:, 10] <= highest for table, highest in rows]).mean())
    return float(((names >= 0x20) & (names < 0x7F)).mean()) if modes >= LIKELY_MODES else 0.0
