"""A bank of sounds and sequences on its way between cards, RAM images and SysEx files.

Sources: facts m1-hardware 6.1-6.3 (function codes and layouts of the published MIDI implementation).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from korgm1.cardfile.card_format import FORMATS, SONGS_SIZE, STEP_SIZE, Content, Format, build
from korgm1.errors import UserError
from korgm1.sram_layout import openm1_maps, read
from korgm1.sysex import GLOBAL_SIZE, HEAD, pack

_ALL, _SEQUENCES, _PROGRAMS, _COMBIS, _GLOBAL = 0x50, 0x48, 0x4C, 0x4D, 0x51
_ALLOCATION = {100: 0, 50: 1}


@dataclass(frozen=True)
class Bank:
    """What is there; nothing of a kind is empty.

    Attributes:
        globals: 861 bytes.
        combinations, programs: 124 and 143 bytes each.
        songs: songs, patterns and offsets, 1,522 bytes.
        steps: 4 bytes each.
    """

    globals: bytes = b""
    combinations: tuple[bytes, ...] = ()
    programs: tuple[bytes, ...] = ()
    songs: bytes = b""
    steps: bytes = b""

    @property
    def step_count(self) -> int:
        """Steps in use."""
        return len(self.steps) // STEP_SIZE

    def filled(self, other: Bank) -> Bank:
        """This one, with what it has not from another."""
        return Bank(
            self.globals or other.globals,
            self.combinations + other.combinations[len(self.combinations) :],
            self.programs + other.programs[len(self.programs) :],
            self.songs or other.songs, self.steps if self.songs else other.steps,
        )

    def left_out(self, form: Format) -> str:
        """What of it a card of a format does not take, for people; "" for nothing.

        >>> Bank(b"", (bytes(124),) * 100, (bytes(143),) * 100, b"", bytes(8)).left_out(FORMATS[1])
        '50 combinations, 50 programs'
        """
        counts = {
            "combination": len(self.combinations) - form.sounds, "program": len(self.programs) - form.sounds,
            "step": 0 if form.steps else self.step_count,
        }
        return ", ".join(
            f"{count:,} {what}{'s' * (count != 1)}{' of sequences' * (what == 'step')}"
            for what, count in counts.items() if count > 0
        )

    def card(self, form: Format) -> bytes:
        """The image of a card in a format; what does not fit by number is left out.

        Raises:
            UserError: it has not as many sounds as the format, or more steps.
        """
        if min(len(self.combinations), len(self.programs)) < form.sounds:
            raise UserError(
                f"{len(self.combinations)} combinations and {len(self.programs)} programs for {form.name}",
                f"{form.sounds} of each",
            )
        data = b""
        if form.sounds:
            data = b"".join([self.globals, *self.combinations[: form.sounds], *self.programs[: form.sounds]])
        if not form.steps:
            return build(form, data)
        if self.step_count > form.steps:
            raise UserError(
                f"{self.step_count:,} steps of sequences for {form.name}", f"at most {form.steps:,}",
                "--format seq" if self.step_count <= FORMATS[2].steps else "",
            )
        return build(form, data + self.songs + self.steps, self.step_count)

    def sysex(self) -> bytes:
        """The dumps that bring an instrument all of it, F0 to F7, one behind the other, on channel 1.

        All data at once where it is all there; else one dump for each kind.

        >>> bank = Bank(bytes(861), (bytes(124),) * 50, (bytes(143),) * 50)
        >>> [part[:6].hex() for part in bank.sysex().split(b"\\xf7") if part]
        ['f04230195100', 'f04230194d01', 'f04230194c01']
        """
        sounds = len(self.programs)
        size = bytes([self.step_count & 0x7F, self.step_count >> 7])
        if self.globals and self.songs and sounds == len(self.combinations) and sounds in _ALLOCATION:
            data = b"".join([self.globals, *self.combinations, *self.programs, self.songs, self.steps])
            return _dump(_ALL, bytes([_ALLOCATION[sounds]]) + size, data)
        parts = []
        if self.globals:
            parts.append(_dump(_GLOBAL, b"", self.globals))
        for code, rows in ((_COMBIS, self.combinations), (_PROGRAMS, self.programs)):
            if rows:
                parts.append(_dump(code, bytes([_ALLOCATION[len(rows)]]), b"".join(rows)))
        if self.songs:
            parts.append(_dump(_SEQUENCES, bytes([int(self.step_count > openm1_maps.ALLOCATIONS[0][1])]) + size,
                               self.songs + self.steps))
        return b"".join(parts)

    def rounded(self, other: Bank) -> Bank:
        """With as many combinations and programs as a dump has, 50 or 100, from another bank where there are fewer."""
        return replace(
            self, combinations=_round(self.combinations, other.combinations),
            programs=_round(self.programs, other.programs),
        )


def of_card(content: Content) -> Bank:
    """The bank on a formatted card.

    >>> from korgm1.cardfile.card_format import identify
    >>> bank = of_card(identify(build(FORMATS[1], b"", 2)))
    >>> len(bank.programs), bank.step_count
    (50, 2)
    """
    numbers = range(content.format.sounds)
    sequences = content.sequences
    return Bank(
        content.globals, tuple(map(content.combination, numbers)), tuple(map(content.program, numbers)),
        sequences[:SONGS_SIZE], sequences[SONGS_SIZE:],
    )


def of_sram(image: bytes) -> Bank:
    """The bank in an image of the RAM: all of OpenM1's, of another what is found by its names.

    Raises:
        UserError: nothing of the kind is found, or no image has this size.
    """
    layout = read(image)
    combinations, programs = (
        tuple(record.data for record in layout.records(kind)) for kind in ("combination", "program")
    )
    if not programs and not combinations:
        raise UserError(f"no programs are found in the RAM image: {layout.how}", "an image with a bank in it")
    if not layout.checked:
        return Bank(b"", combinations[:100], programs[:100])
    starts = {region.name: region.start for region in layout.regions}
    start, settings, first = starts["songs"], starts["settings"], starts["global"]
    steps = min(int.from_bytes(image[settings + 6 : settings + 8], "little"), 7700)
    songs, events = image[start : start + SONGS_SIZE], image[start + SONGS_SIZE :][: steps * STEP_SIZE]
    return Bank(image[first : first + GLOBAL_SIZE], combinations, programs, songs, events)


def _dump(code: int, head: bytes, data: bytes) -> bytes:
    return HEAD + bytes([code]) + head + pack(data) + b"\xf7"


def _round(rows: Sequence[bytes], more: Sequence[bytes]) -> tuple[bytes, ...]:
    count = 0 if not rows else 50 if len(rows) <= 50 else 100
    return (*rows[:count], *more[len(rows) : count])
