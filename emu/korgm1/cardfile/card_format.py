"""The format of OpenM1's program cards, which is this project's own (H-CARD-FORMAT); byte n of a card is at 50000 + 2n.

byte    contents
00-0F   "OpenM1 ProgCard "
10      format: 0, 1 or 2 of the table below
11      00
12-13   number of steps in use, low byte first
14-15   sum of bytes 10-13 and of all data bytes of the format, 16 bits, low byte first
16-1F   00
20-     the data, in the order of an ALL DATA dump; the rest 00

format  holds                                    data
0       100 combinations, 100 programs           global 861, combinations 100 x 124, programs 100 x 143       27,561
1       50 of each, 4,200 steps of sequences     global, combinations, programs, songs 10 x 96,
                                                 patterns 100 x 2, offsets 181 x 2, steps 4,200 x 4           32,533
2       7,700 steps of sequences                 songs, patterns, offsets, steps 7,700 x 4                    32,322

Sources: facts m1-hardware 1.5 (which formats there are), 6.3 (the records); the rest is H-CARD-FORMAT.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from korgm1.board.card import SIZE
from korgm1.errors import UsageError, UserError
from korgm1.sysex import COMBI_SIZE, GLOBAL_SIZE, NAME_SIZE, PROGRAM_SIZE

MAGIC = b"OpenM1 ProgCard "
FORMAT_AT, STEPS_AT, SUM_AT, DATA_AT = 0x10, 0x12, 0x14, 0x20
SONG_SIZE, SONGS, PATTERNS, OFFSETS, STEP_SIZE = 96, 10, 100, 181, 4
SONGS_SIZE = SONGS * SONG_SIZE + 2 * PATTERNS + 2 * OFFSETS
"""Bytes of songs, patterns and offsets together."""


@dataclass(frozen=True)
class Format:
    """One of the three.

    Attributes:
        number: byte 10 of the card.
        word: what `korgm1 card new --format` calls it.
        name: as the M1 does.
        sounds: programs, and combinations.
        steps: that fit; 0 where there are no sequences.
    """

    number: int
    word: str
    name: str
    sounds: int
    steps: int

    @property
    def fixed(self) -> int:
        """Bytes of data in front of the steps."""
        sounds = GLOBAL_SIZE + self.sounds * (COMBI_SIZE + PROGRAM_SIZE) if self.sounds else 0
        return sounds + (SONGS_SIZE if self.steps else 0)

    @property
    def size(self) -> int:
        """Bytes of data.

        >>> [row.size for row in FORMATS]
        [27561, 32533, 32322]
        """
        return self.fixed + self.steps * STEP_SIZE


FORMATS = (
    Format(0, "100", "100PROG/100COMBI", 100, 0),
    Format(1, "50", "50PROG/50COMBI/4200SEQ", 50, 4200),
    Format(2, "seq", "7700SEQ", 0, 7700),
)


def format_named(word: str) -> Format:
    """The format of a word.

    Raises:
        UsageError: there is none.

    >>> format_named("50").steps
    4200
    """
    for row in FORMATS:
        if row.word == word:
            return row
    raise UsageError(f"no card format is called {word!r}", ", ".join(row.word for row in FORMATS))


@dataclass(frozen=True)
class Content:
    """What a formatted card holds.

    Attributes:
        format: which of the three.
        steps: number of steps in use, as the card says.
        sum: as the card says.
        data: all bytes of the format.
        problems: what is wrong with it; empty for a sound card. OpenM1 looks at the sum and at the number of steps.
    """

    format: Format
    steps: int
    sum: int
    data: bytes
    problems: tuple[str, ...]

    @property
    def globals(self) -> bytes:
        """The global data, or nothing."""
        return self.data[:GLOBAL_SIZE] if self.format.sounds else b""

    def combination(self, number: int) -> bytes:
        """A combination's 124 bytes, from 0."""
        start = GLOBAL_SIZE + number * COMBI_SIZE
        return self.data[start : start + COMBI_SIZE]

    def program(self, number: int) -> bytes:
        """A program's 143 bytes, from 0."""
        start = GLOBAL_SIZE + self.format.sounds * COMBI_SIZE + number * PROGRAM_SIZE
        return self.data[start : start + PROGRAM_SIZE]

    def song(self, number: int) -> bytes:
        """A song's 96 bytes, from 0."""
        start = self.format.fixed - SONGS_SIZE + number * SONG_SIZE
        return self.data[start : start + SONG_SIZE]

    @property
    def sequences(self) -> bytes:
        """Songs, patterns, offsets and the steps in use; nothing where the format has none."""
        if not self.format.steps:
            return b""
        return self.data[self.format.fixed - SONGS_SIZE : self.format.fixed + self.steps * STEP_SIZE]

    @property
    def programs(self) -> list[str]:
        """The programs' names."""
        return [name_of(self.program(number)) for number in range(self.format.sounds)]

    @property
    def combinations(self) -> list[str]:
        """The combinations' names."""
        return [name_of(self.combination(number)) for number in range(self.format.sounds)]

    @property
    def songs(self) -> list[str]:
        """The songs' names."""
        return [name_of(self.song(number)[20:]) for number in range(SONGS if self.format.steps else 0)]


def name_of(record: bytes) -> str:
    """The ten characters a record begins with, unreadable ones as dots, without blanks at the end.

    >>> name_of(b"Univ\\x80rse\\0 \\x10")
    'Univ.rse'
    """
    text = bytes(0x20 if byte == 0 else byte for byte in record[:NAME_SIZE])
    return "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in text).rstrip()


def card_sum(image: bytes, form: Format) -> int:
    """The sum of a card: of bytes 10-13 and of all data of the format, modulo 65,536.

    >>> card_sum(bytes(16) + bytes([1, 2, 3, 4]) + bytes(32748), FORMATS[0])
    10
    """
    return (sum(image[FORMAT_AT:SUM_AT]) + sum(image[DATA_AT : DATA_AT + form.size])) & 0xFFFF


def identify(image: bytes) -> Content | None:
    """What a formatted card holds, whether its sum is right or not; None for any other card.

    Args:
        image: 32,768 bytes.

    Raises:
        UserError: of another size.

    >>> identify(bytes(32768)) is None
    True
    >>> identify(build(FORMATS[0], bytes(27561))).problems
    ()
    """
    if len(image) != SIZE:
        raise UserError(f"the card image is {len(image):,} bytes", f"{SIZE:,} bytes")
    if not image.startswith(MAGIC) or image[FORMAT_AT] >= len(FORMATS):
        return None
    form = FORMATS[image[FORMAT_AT]]
    steps, said = struct.unpack_from("<HH", image, STEPS_AT)
    problems = []
    if (found := card_sum(image, form)) != said:
        problems.append(f"its sum is {said:04X}, its data give {found:04X}")
    if steps > form.steps:
        problems.append(f"{steps:,} steps are said to be in use, {form.steps:,} fit")
    data = image[DATA_AT : DATA_AT + form.size]
    if form.steps and not problems:
        offsets = struct.unpack_from(f"<{OFFSETS}H", data, form.fixed - 2 * OFFSETS)
        if list(offsets) != sorted(offsets) or any(offset % STEP_SIZE for offset in offsets):
            problems.append("its songs begin out of order")
        elif offsets[-1] != steps * STEP_SIZE:
            problems.append(f"its songs end at step {offsets[-1] // STEP_SIZE:,}, {steps:,} are said to be in use")
    return Content(form, min(steps, form.steps), said, data, tuple(problems))


def build(form: Format, data: bytes, steps: int = 0) -> bytes:
    """The 32,768 bytes of a card.

    Args:
        form: its format.
        data: as many bytes as the format has, or fewer: the rest is 00.
        steps: how many steps of sequences are in use.

    Raises:
        UsageError: too many bytes or steps.

    >>> build(FORMATS[2], b"", 0)[:17]
    b'OpenM1 ProgCard \\x02'
    """
    if len(data) > form.size or not 0 <= steps <= form.steps:
        raise UsageError(
            f"{len(data):,} bytes and {steps:,} steps for a card of the format {form.name}",
            f"at most {form.size:,} bytes and {form.steps:,} steps",
        )
    image = bytearray(SIZE)
    image[: len(MAGIC)] = MAGIC
    image[FORMAT_AT] = form.number
    struct.pack_into("<H", image, STEPS_AT, steps)
    image[DATA_AT : DATA_AT + len(data)] = data
    struct.pack_into("<H", image, SUM_AT, card_sum(bytes(image), form))
    return bytes(image)
