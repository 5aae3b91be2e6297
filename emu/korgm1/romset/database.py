"""The ROMs we know (database.toml) and OpenM1's builds, found by size and SHA-1.

The file holds hashes only. OpenM1 is rebuilt often, so its halves are hashed as they lie in the package.
"""

from __future__ import annotations

import hashlib
import tomllib
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

from korgm1.errors import RomError
from korgm1.romset.openm1 import DEFAULT, OPENM1_BUILDS


@dataclass(frozen=True)
class RomSetInfo:
    """One version of the OS: its name, what the display calls it, and the models (`--model`) it is made for."""

    id: str
    name: str
    version: str
    models: tuple[str, ...]
    also: str = ""
    note: str = ""


@dataclass(frozen=True)
class Part:
    """One chip: where it sits and what its dump must be.

    `kind` is os, table, pcm or card; `lane` is even or odd for an OS half, low or high for a sample ROM, "" elsewhere;
    `set` is "" where the chip is the same in every version.
    """

    set: str
    kind: str
    ic: str
    lane: str
    what: str
    size: int
    crc32: int
    sha1: str
    label: str = ""

    @property
    def title(self) -> str:
        """IC and description: "IC23, Korg M1 OS #19, odd bytes"."""
        return ", ".join(text for text in (self.ic.replace(" ", "/"), self.what) if text)


@dataclass(frozen=True)
class Database:
    """Sets by id and parts; `find` is by size and SHA-1.

    >>> database = known_roms()
    >>> database.sets["korgm1"].version
    '#19'
    """

    sets: Mapping[str, RomSetInfo]
    parts: tuple[Part, ...]
    _index: Mapping[tuple[int, str], Part] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", {(part.size, part.sha1): part for part in self.parts})

    @property
    def sizes(self) -> frozenset[int]:
        """Every size a known dump has, in bytes."""
        return frozenset(part.size for part in self.parts)

    def find(self, data: bytes) -> Part | None:
        """The part these bytes are, bit for bit."""
        if len(data) not in self.sizes:
            return None
        part = self._index.get((len(data), hashlib.sha1(data).hexdigest()))
        return part if part is not None and part.crc32 == zlib.crc32(data) else None

    def halves(self, set_id: str) -> dict[str, Part]:
        """The OS parts of one set by lane."""
        return {part.lane: part for part in self.parts if part.kind == "os" and part.set == set_id}

    def sets_for(self, model: str) -> list[RomSetInfo]:
        """The sets made for a model, the usual one first."""
        return [row for row in self.sets.values() if model in row.models]

    def extended(self, sets: Iterable[RomSetInfo], parts: Iterable[Part]) -> Database:
        """A copy with more in it."""
        return Database({**self.sets, **{row.id: row for row in sets}}, (*self.parts, *parts))


def parse(text: str) -> Database:
    """A database from the text of a file like database.toml."""
    rows: dict[str, Any] = tomllib.loads(text)
    sets = {key: RomSetInfo(id=key, **{**row, "models": tuple(row["models"])}) for key, row in rows["set"].items()}
    parts = tuple(Part(**{**row, "crc32": int(row["crc32"], 16)}) for row in rows["part"])
    return Database(sets, parts)


def os_part(set_id: str, lane: str, data: bytes, what: str) -> Part:
    """The entry for one half of an OS whose bytes are at hand."""
    ic = {"even": "IC32", "odd": "IC23"}[lane]
    return Part(set_id, "os", ic, lane, what, len(data), zlib.crc32(data), hashlib.sha1(data).hexdigest())


def openm1_pair() -> tuple[bytes, bytes] | None:
    """OpenM1's even half (IC32) and odd half (IC23), or None where this installation has none."""
    try:
        return OPENM1_BUILDS[DEFAULT].pair()
    except RomError:
        return None


@cache
def known_roms() -> Database:
    """database.toml and OpenM1."""
    database = parse((files("korgm1") / "romset" / "database.toml").read_text("utf-8"))
    for build in OPENM1_BUILDS.values():
        try:
            pair = build.pair()
        except RomError:
            continue
        row = RomSetInfo(build.id, "OpenM1", build.version, build.models, note="this project's own firmware")
        halves = zip(("even", "odd"), pair, strict=True)
        what = f"OpenM1 {build.version}"
        parts = [os_part(build.id, lane, data, f"{what}, {lane} bytes") for lane, data in halves]
        database = database.extended([row], parts)
    return database
