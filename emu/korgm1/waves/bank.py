"""The open wave ROM as a whole: words and directory, made from the recipes, kept in one file.

The file, little endian: "KORGM1WV", version (u32), bytes of the directory (u32), words (u32), 0 (u32), 40 letters SHA-1
of the recipes, 24 zero bytes; the directory as JSON; the words as signed 16 bit.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from korgm1.errors import UserError
from korgm1.waves.directory import Sound, Zone

MAGIC = b"KORGM1WV"
VERSION = 1
HEADER = struct.Struct("<8s4I40s24x")
FILE = "openwaves.kwv"
"""Its name in this package; git does not have it: the build makes it."""
LIMIT = 2_097_152
"""Words at most: 4 MB, what the M1's eight sample ROMs hold."""


@dataclass(frozen=True)
class Bank:
    """Words (int16, read-only), multisounds 0 to 99 and drum sounds 1 to 44.

    >>> bank = open_bank()
    >>> bank.multisounds[0].name, bank.drums[0].name, len(bank.words) <= LIMIT
    ('A.Piano', 'Kick1', True)
    """

    words: npt.NDArray[np.int16]
    multisounds: tuple[Sound, ...]
    drums: tuple[Sound, ...]

    @property
    def sha1(self) -> str:
        """SHA-1 of the words, low byte first, and of the directory."""
        data = self.words.astype("<i2").tobytes() + _directory(self)
        return hashlib.sha1(data).hexdigest()


def pack(bank: Bank, recipes: str) -> bytes:
    """The bank as a file; `recipes` is what `recipes_sha1` gives."""
    directory = _directory(bank)
    head = HEADER.pack(MAGIC, VERSION, len(directory), len(bank.words), 0, recipes.encode())
    return head + directory + bank.words.astype("<i2").tobytes()


def unpack(data: bytes, name: str = "the wave file") -> Bank:
    """A bank from a file's bytes.

    Raises:
        UserError: they are none, or cut short.
    """
    try:
        magic, version, directory, words, _, _ = HEADER.unpack_from(data)
        if (magic, version) != (MAGIC, VERSION) or len(data) != HEADER.size + directory + 2 * words:
            raise ValueError
        rows: Any = json.loads(data[HEADER.size : HEADER.size + directory])
        sounds = {
            kind: tuple(Sound(**{**row, "zones": tuple(Zone(*zone) for zone in row["zones"])}) for row in rows[kind])
            for kind in ("multisounds", "drums")
        }
    except (struct.error, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{name} is no wave file of this version, or damaged", f"{MAGIC.decode()} version {VERSION}",
            "pip install the package again",
        ) from error
    table = np.frombuffer(data, dtype="<i2", offset=HEADER.size + directory).astype(np.int16)
    table.flags.writeable = False
    return Bank(table, **sounds)


@cache
def open_bank() -> Bank:
    """The bank this package was built with, read once.

    Raises:
        UserError: it was never built, or is damaged.
    """
    place = files("korgm1") / "waves" / FILE
    try:
        data = place.read_bytes()
    except OSError as error:
        raise UserError(
            "the open wave ROM is missing from this installation", f"waves/{FILE} in the package",
            "pip install the package again (in a checkout: python3 tools/build_waves.py)",
        ) from error
    return unpack(data, FILE)


def made_from(data: bytes) -> str:
    """The `recipes_sha1` of a file's bytes, "" where they are no wave file."""
    if len(data) < HEADER.size or not data.startswith(MAGIC):
        return ""
    return str(HEADER.unpack_from(data)[5].decode("ascii", "replace"))


def recipes_sha1(folder: Path | None = None) -> str:
    """SHA-1 of everything the words depend on: the modules here and the random numbers of physics."""
    here = folder or Path(__file__).parent
    total = hashlib.sha1()
    for path in (*sorted(here.glob("*.py")), here.parent / "physics" / "uniform.py"):
        total.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return total.hexdigest()


def _directory(bank: Bank) -> bytes:
    rows: Mapping[str, Iterable[Sound]] = {"multisounds": bank.multisounds, "drums": bank.drums}
    flat = {
        kind: [
            {**asdict(replace(sound, zones=())), "zones": [list(asdict(zone).values()) for zone in sound.zones]}
            for sound in sounds
        ]
        for kind, sounds in rows.items()
    }
    return json.dumps(flat, separators=(",", ":")).encode()
