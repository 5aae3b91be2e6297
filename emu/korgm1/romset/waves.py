"""The user's own sample ROMs, from a folder or a zip: known ones by size and SHA-1, others by their file names."""

from __future__ import annotations

import os
import re
import shlex
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from korgm1.errors import RomError
from korgm1.romset.database import Database, known_roms
from korgm1.romset.identify import Verdict
from korgm1.romset.scan import printable, scan
from korgm1.sound.waverom import CHIP, PAIRS, from_chips, swapped

_PLACE = re.compile(r"ic[-_ ]?(3[6-9]|4[0-3])(?!\d)", re.IGNORECASE)


@dataclass(frozen=True)
class WaveSet:
    """Sample ROMs as signed words, the files they came from (IC36 first), remarks for the user.

    `load_waves` gives 2,097,152 words, an M1's; a program may make a set of 4,194,304, an M1EX's.
    """

    words: npt.NDArray[np.int16]
    sources: tuple[str, ...]
    warnings: tuple[str, ...] = ()


def load_waves(path: str | os.PathLike[str], database: Database | None = None) -> WaveSet:
    """The sample ROMs IC36 to IC43 below `path`.

    A dump that is known is taken for what it is, whatever its name; one that is not needs the chip's place in its name
    (ic36.bin). Unknown halves that are swapped are put right, with a remark.

    Args:
        path: a folder or a zip.
        database: the ROMs we know; database.toml by default.

    Raises:
        RomError: some are missing or cannot be right. It says which, and what is there.
        UserError: the path does not exist or cannot be read.
    """
    known = database or known_roms()
    found = scan([path], known, keep=frozenset({CHIP}))
    chips: dict[str, bytes] = {}
    names: dict[str, str] = {}
    warnings: list[str] = []
    guessed: set[str] = set()
    for dump in found.dumps:
        identity = dump.identity
        if identity.part is not None and identity.part.kind == "pcm" and not identity.part.set:
            chips[identity.part.ic], names[identity.part.ic] = identity.data, dump.name
            warnings += [f"{dump.name}: {fault.text}" for fault in identity.faults]
    for dump in found.dumps:
        said = _PLACE.findall(dump.base)
        place = f"IC{said[0]}" if len(said) == 1 else ""
        if dump.identity.verdict is Verdict.OTHER and place and place not in chips and dump.identity.size == CHIP:
            chips[place], names[place] = dump.identity.data, dump.name
            guessed.add(place)
    for low, high in PAIRS:
        if {low, high} <= guessed and swapped(chips[low], chips[high]):
            chips[low], chips[high] = chips[high], chips[low]
            warnings.append(f"{names[low]} and {names[high]} are swapped by their names: it was put right in memory")
            names[low], names[high] = names[high], names[low]
    if guessed:
        warnings.append(f"{', '.join(sorted(guessed))}: no list knows these bytes; taken by the file names")
    shown = printable(os.fspath(path))
    identify = f"korgm1 rom identify {shlex.quote(os.fspath(path))}"
    if not chips:
        raise RomError(f"{shown} holds no sample ROM of an M1", "IC36 to IC43, 524,288 bytes each", identify)
    try:
        words = from_chips(chips)
    except RomError as error:
        raise RomError(f"{shown}: {error.found}", error.expected, identify) from None
    return WaveSet(words, tuple(names[place] for place in sorted(names)), tuple(warnings))
