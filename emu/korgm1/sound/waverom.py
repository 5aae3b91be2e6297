"""The wave ROM beside the tone generator: eight mask ROMs of 512 KB, two million words of 16-bit PCM.

| words         | low bytes | high bytes |
|---------------|-----------|------------|
| 000000-07FFFF | IC36      | IC40       |
| 080000-0FFFFF | IC37      | IC41       |
| 100000-17FFFF | IC38      | IC42       |
| 180000-1FFFFF | IC39      | IC43       |
| 200000-3FFFFF | the M1EX's second set, in the same order | |
| behind them   | a PCM card, 40000 words at most (hypothesis H-PCM-CARD) | |

Confirmed (MAME's driver and the readme of the Plus-1 dumps): sizes, pairs and their order, linear signed PCM. Guessed:
the chips of the EX and their order (ASSUMED: four more pairs, behind the first; nothing public names or hashes them, so
no loader looks for them: `with_extension` joins words a program has), where a card's words lie, its size (18 address
lines, known of the Wavestation's slot) and that a word nobody drives is 0 (ASSUMED: silence). The V50 cannot read these
words; only the tone generator does.
Sources: facts m1-sound 2 and 5.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt

from korgm1.errors import RomError, SnapshotError
from korgm1.hypotheses import Hypotheses
from korgm1.snapshot import Block

CHIP = 0x80000
"""Bytes of one mask ROM, words of one pair."""
PAIRS = (("IC36", "IC40"), ("IC37", "IC41"), ("IC38", "IC42"), ("IC39", "IC43"))
"""Low and high bytes of each half million of words, in ascending order."""
INTERNAL = len(PAIRS) * CHIP
"""Words of an M1."""
CARD_AT = 2 * INTERNAL
"""Where a card lies if its place is fixed: behind the words of an M1EX."""
CARD = 0x40000
"""Most words of a card: WA0-17."""
LAYOUT = 1

Words = npt.NDArray[np.int16]


class WaveRom:
    """Words by address, as the tone generator reads them.

    Args:
        words: the internal ROM, signed; 2,097,152 in an M1, twice as many in an M1EX. Behind fewer there is nothing.
            Without a card they are used in place and must not change.
        card: a PCM card's words, or None for an empty slot.
        hypotheses: guesses other than the defaults.
        ex: it is an M1EX's, even where `words` are those of an M1.

    Raises:
        RomError: more words than an M1EX or a card has.

    >>> rom = WaveRom(np.array([1, -2], dtype=np.int16))
    >>> rom.read(1), rom.read(2), rom.size
    (-2, 0, 2097152)
    """

    def __init__(
        self, words: Words, card: Words | None = None, hypotheses: Hypotheses | None = None, ex: bool = False
    ) -> None:
        if len(words) > 2 * INTERNAL:
            raise RomError(f"a wave ROM of {len(words):,} words", f"{INTERNAL:,} (M1) or {2 * INTERNAL:,} (M1EX)")
        if card is not None and not 0 < len(card) <= CARD:
            raise RomError(f"a PCM card of {len(card):,} words", f"1 to {CARD:,}")
        internal = 2 * INTERNAL if ex or len(words) > INTERNAL else INTERNAL
        fixed = (hypotheses or Hypotheses())["H-PCM-CARD"] == "fixed"
        self.card_at = CARD_AT if fixed else internal
        self.card_sha1 = None if card is None else _sha1(card)
        """Of the card's words, low byte first; None for an empty slot."""
        self.size = internal if card is None else self.card_at + len(card)
        """How many words can be addressed, the card's included."""
        self.words: Words = np.ascontiguousarray(words, np.int16)
        if card is not None:
            self.words = np.zeros(self.size, np.int16)
            self.words[: len(words)] = words
            self.words[self.card_at :] = card
        self.words = self.words.view()
        self.words.flags.writeable = False

    @cached_property
    def sha1(self) -> str:
        """Of the words, low byte first."""
        return _sha1(self.words)

    @property
    def card_status(self) -> int:
        """The slot's line to the PIO: 0 with a card, 1 without."""
        return int(self.card_sha1 is None)

    def reset(self, kind: str) -> None:
        """A ROM has no state."""

    def read(self, address: int) -> int:
        """The word at an address, -32768 to 32767; 0 where there is none."""
        return int(self.words[address]) if 0 <= address < len(self.words) else 0

    def peek(self, address: int) -> int:
        """As `read`."""
        return self.read(address)

    def write(self, address: int, value: int) -> None:
        """Nothing happens."""

    def snapshot(self) -> Block:
        """Which ROM it is, not its words."""
        return {"layout": LAYOUT, "sha1": self.sha1, "size": self.size, "card": self.card_sha1}

    def restore(self, block: Block) -> None:
        """Check that the snapshot was made with the same words; one without `card` had none.

        Raises:
            SnapshotError: it was not.
        """
        if other := self.difference(block["sha1"], block.get("card")):
            found, expected, hint = other
            raise SnapshotError(f"the snapshot was made {found}", expected, hint)
        if block["layout"] != LAYOUT:
            raise SnapshotError(f"the wave ROM's block has layout {block['layout']}", str(LAYOUT))

    def difference(self, sha1: object, card: object) -> tuple[str, str, str] | None:
        """How something that was made with other words differs, or None if they were these.

        Args:
            sha1: of its wave ROM, the card's words included.
            card: `card_sha1` of it.

        Returns:
            What it was made with, what is here, and what to try.

        >>> WaveRom(np.array([1], dtype=np.int16)).difference("", "12345678abcd")
        ('with the PCM card 12345678', 'none in the slot', '--pcm-card PATH of that dump')
        """
        if card != self.card_sha1:
            return (
                f"with the PCM card {str(card)[:8]}" if card else "without a PCM card",
                f"this one, {self.card_sha1[:8]}" if self.card_sha1 else "none in the slot",
                "--pcm-card PATH of that dump" if card else "no --pcm-card",
            )
        if sha1 != self.sha1:
            return (
                f"with the wave ROM {str(sha1)[:8]}", f"this one, {self.sha1[:8]}",
                "--waves PATH of those dumps, or none for the open wave ROM",
            )
        return None


def join(low: bytes, high: bytes) -> Words:
    """The words of two chips of equal size.

    >>> join(bytes([0x34, 0xFF]), bytes([0x12, 0xFF])).tolist()
    [4660, -1]
    """
    pairs = np.empty(2 * len(low), dtype=np.uint8)
    pairs[0::2] = np.frombuffer(low, dtype=np.uint8)
    pairs[1::2] = np.frombuffer(high, dtype=np.uint8)
    return pairs.view("<i2").astype(np.int16)


def split(words: Words) -> tuple[bytes, bytes]:
    """The low and the high bytes of words, as two chips hold them."""
    data = words.astype("<i2").view(np.uint8)
    return data[0::2].tobytes(), data[1::2].tobytes()


def from_chips(chips: Mapping[str, bytes]) -> Words:
    """The words of an M1 from its eight chips.

    Args:
        chips: 524,288 bytes each by place, "IC36" to "IC43".

    Raises:
        RomError: a chip is missing or of another size, or the halves of a pair are swapped; all of it in one sentence.
    """
    missing = [place for pair in PAIRS for place in pair if place not in chips]
    if missing:
        raise RomError(f"of the eight sample ROMs, {', '.join(sorted(missing))} {_are(missing)} missing",
                       "IC36 to IC43, 524,288 bytes each")
    sizes = [f"{place} has {len(chips[place]):,} bytes" for pair in PAIRS for place in pair
             if len(chips[place]) != CHIP]
    if sizes:
        raise RomError("; ".join(sizes), f"{CHIP:,} bytes in each of the eight")
    faults = [fault for low, high in PAIRS if (fault := pair_fault(low, chips[low], high, chips[high]))]
    if faults:
        raise RomError("; ".join(faults), "low bytes in IC36-IC39, high bytes in IC40-IC43")
    return np.concatenate([join(chips[low], chips[high]) for low, high in PAIRS])


def with_extension(first: Words, second: Words) -> Words:
    """The words of an M1EX: those of an M1, and as many behind them.

    Raises:
        RomError: one of them has another size.
    """
    if len(first) != INTERNAL or len(second) != INTERNAL:
        raise RomError(f"halves of {len(first):,} and {len(second):,} words", f"{INTERNAL:,} each")
    return np.concatenate((first, second))


def roughness(data: bytes) -> float:
    """How far neighbouring bytes are apart on the circle of 256, on average: 0 (all alike) to 64 (noise).

    High bytes of PCM go slowly round 00 and FF; low bytes jump about.

    >>> roughness(bytes([0, 255, 0, 1])), roughness(bytes([0, 128] * 4))
    (1.0, 128.0)
    """
    values = np.frombuffer(data, dtype=np.uint8)
    steps = (values[1:] - values[:-1]).view(np.int8).astype(np.int16)
    return float(np.abs(steps).mean()) if len(steps) else 0.0


def pair_fault(low_name: str, low: bytes, high_name: str, high: bytes) -> str:
    """What is wrong with two chips of a pair, in words; "" where nothing speaks against them.

    >>> pair_fault("IC36", bytes(8), "IC40", bytes(8))
    'IC36 is blank (every byte is 00); IC40 is blank (every byte is 00)'
    """
    blank = [f"{name} is blank (every byte is {data[0]:02X})" for name, data in ((low_name, low), (high_name, high))
             if len(set(data)) == 1]
    if blank:
        return "; ".join(blank)
    if low == high:
        return f"{low_name} and {high_name} are equal: the same chip was read twice"
    if swapped(low, high):
        return (f"{low_name} and {high_name} are swapped: the bytes of {low_name} are the smooth ones "
                f"({roughness(low):.1f} against {roughness(high):.1f}), as only high bytes are")
    return ""


def swapped(low: bytes, high: bytes) -> bool:
    """True where what is called low is clearly the smoother half."""
    return roughness(high) > 2 + 1.5 * roughness(low)


def _sha1(words: Words) -> str:
    return hashlib.sha1(words.astype("<i2").tobytes()).hexdigest()


def _are(what: Sequence[str]) -> str:
    return "is" if len(what) == 1 else "are"
