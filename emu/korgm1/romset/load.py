"""The OS a machine boots: the user's dumps where they are asked for, OpenM1 otherwise."""

from __future__ import annotations

import hashlib
import os
import shlex
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from korgm1.errors import M1Error, RomError
from korgm1.romset.database import Database, known_roms
from korgm1.romset.identify import Verdict
from korgm1.romset.image import HALF, IMAGE
from korgm1.romset.openm1 import DEFAULT, OPENM1, OPENM1_BUILDS, Build, asked_for, build_of
from korgm1.romset.pairs import OsSet, named_lane
from korgm1.romset.scan import MAX_FILES, Scan, printable, scan

_SIZES = (HALF // 2, HALF, IMAGE)
"""Bytes of a dump that may be the other half: read with the wrong size set, right, or twice in one file."""


@dataclass(frozen=True)
class RomSet:
    """The program ROM of one machine.

    `version` is what the display shows at power-up, of an OS that no list knows the first 8 digits of its SHA-1.
    `image` is the 131,072 bytes at E0000-FFFFF, `sha1` its SHA-1; `source` says where it came from; `warnings` are
    sentences for the user, empty for a known set read without remark; `models` are those it is made for, none where
    that is not known.
    """

    name: str
    version: str
    sha1: str
    image: bytes = field(repr=False)
    source: str
    warnings: tuple[str, ...] = ()
    models: tuple[str, ...] = ()


def rom_folder() -> Path | None:
    """Where the user's dumps are when no folder is named: `$KORGM1_ROMS`, else `roms/` here; None where neither is."""
    named = os.environ.get("KORGM1_ROMS")
    if named:
        return Path(named)
    return Path("roms") if Path("roms").is_dir() else None


def load_os(path: str | os.PathLike[str] | None, model: str, database: Database | None = None) -> RomSet:
    """The OS for `model` (m1, m1ex, m1r, m1rex).

    Args:
        path: None for the embedded OpenM1 #24, "openm1:19" for another of its builds (`OPENM1_BUILDS`); a folder, a
            zip, an image or one of two halves (the other is looked for beside it, not below, and for one in a zip in
            that zip); "" for `rom_folder()`.
        model: whose OS is wanted where there are several.
        database: the ROMs we know; database.toml and OpenM1 by default.

    Raises:
        RomError: no set, only a broken one, or only one of another model. It says what was found and what to do.
        UserError: the path does not exist or cannot be read.

    >>> load_os(None, "m1").name, load_os("openm1:06", "m1r").version
    ('OpenM1', '#06')
    """
    if path is None:
        return embedded(OPENM1_BUILDS[DEFAULT])
    build = asked_for(os.fspath(path))
    if build is not None:
        if model not in build.models:
            words = ", ".join(one.word for one in OPENM1_BUILDS.values() if model in one.models)
            raise RomError(
                f"{build.word} is OpenM1 {build.version}, for {' and '.join(build.models)}",
                f"an OS for --model {model}: {words}", f"--model {build.models[0]}",
            )
        return embedded(build)
    if os.fspath(path) == "":
        folder = rom_folder()
        if folder is None:
            raise RomError(
                "no ROM folder: $KORGM1_ROMS is not set and there is no roms/ here", "a folder with dumps", "--roms DIR"
            )
        try:
            return load_os(folder, model, database)
        except M1Error as error:
            if not os.environ.get("KORGM1_ROMS"):
                raise
            raise type(error)(f"$KORGM1_ROMS: {error.found}", error.expected, error.hint) from None
    known = database or known_roms()
    found = look_at(path, known)
    usable = [one for one in found.sets if one.status != "broken"]
    fitting = [one for one in usable if model in one.models or not one.models]
    if not fitting:
        raise _nothing(found, usable, model, os.fspath(path))
    order = [row.id for row in known.sets_for(model) if not row.id.startswith(OPENM1)]
    return chosen(fitting, [*order, "", OPENM1])


def load_same(roms: str | os.PathLike[str] | None, model: str, sha1: object) -> RomSet:
    """The OS a snapshot or a recording was made with: as `load_os`; without a path OpenM1's build of that SHA-1.

    Raises:
        RomError, UserError: as `load_os`. That it has another SHA-1 is no error here.

    >>> made_with = load_os("openm1:29", "m1").sha1
    >>> load_same(None, "m1", made_with).version
    '#29'
    """
    build = build_of(str(sha1)) if roms is None else None
    return embedded(build) if build is not None else load_os(roms, model)


def look_at(path: str | os.PathLike[str], known: Database, keep: frozenset[int] = frozenset()) -> Scan:
    """`scan` of one path; of one half of an OS, with the other half from beside it.

    Raises:
        UserError: as `scan`.
    """
    found = scan([path], known, keep)
    if len(found.dumps) == 1 and len(found.dumps[0].identity.halves) == 1 and not found.dumps[0].archive:
        mine = found.dumps[0].name
        found = scan([path, *_beside(Path(path))], known, keep)
        found.sets = [one for one in found.sets if mine in one.sources]
    return found


def chosen(fitting: list[OsSet], order: list[str]) -> RomSet:
    """The first of some sets that run by the `order` of their ids, with a warning about the others.

    An id that is not in the order goes last.
    """
    best, *others = sorted(fitting, key=lambda one: order.index(one.id) if one.id in order else len(order))
    warnings = [fault.text for fault in best.faults]
    if others:
        warnings.append(f"there are other sets too, not used: {', '.join(_title(one) for one in others)}")
    assert best.image is not None
    version = best.version if best.version != "?" else best.sha1[:8]
    return RomSet(best.name, version, best.sha1, best.image, " + ".join(best.sources), tuple(warnings), best.models)


def embedded(build: Build) -> RomSet:
    """A build of OpenM1 as it lies in the package.

    Raises:
        RomError: this installation has none.
    """
    image = build.image()
    return RomSet("OpenM1", build.version, hashlib.sha1(image).hexdigest(), image, "embedded", (), build.models)


def _title(one: OsSet) -> str:
    return one.name if one.version == "?" else f"{one.name} {one.version}"


def _beside(path: Path) -> list[Path]:
    """The files in the folder of `path` that have the size of a dump."""
    try:
        near = sorted(other for other in islice(path.parent.iterdir(), MAX_FILES) if other.name != path.name)
    except OSError:
        return []
    return [file for file in near if file.is_file() and os.access(file, os.R_OK) and file.stat().st_size in _SIZES]


def _nothing(found: Scan, usable: list[OsSet], model: str, path: str) -> RomError:
    """Why nothing here boots as `model`: what is wrong with the first thing found, and how much more there is."""
    shown = printable(path)
    identify = f"korgm1 rom identify {shlex.quote(path)}"
    wanted = "IC32 and IC23 of one OS, 65,536 bytes each"
    if usable:
        one = usable[0]
        models = " or ".join(one.models)
        return RomError(f"{shown} holds {_title(one)}", f"an OS for --model {model}", f"--model {models}")
    halves = {dump.name: dump.identity.halves[0] for dump in found.dumps if len(dump.identity.halves) == 1}
    if len(found.sets) == 1 and len(found.sets[0].sources) == 1 and found.sets[0].sources[0] in halves:
        name = found.sets[0].sources[0]
        half, fault = halves[name], found.sets[0].faults[0]
        if fault.code == "missing-half":
            lanes = {"even": " (IC32, even bytes)", "odd": " (IC23, odd bytes)", "": " of an OS, perhaps"}
            of = f" of {_title(found.sets[0])}" if half.part else ""
            what = f"{shown} holds one half{of}{lanes[half.lane or named_lane(name)]}; the other is missing"
            place = "the same zip" if any(dump.archive for dump in found.dumps) else "the same folder"
            return RomError(what, f"IC32 and IC23 of one OS in {place}", identify)
    broken = [f"{' + '.join(one.sources)}: {fault.text}" for one in found.sets for fault in one.faults]
    broken += [
        f"{dump.name}: {dump.identity.faults[0].text}"
        for dump in found.dumps
        if not dump.identity.halves and dump.identity.faults and not any(dump.name in one.sources for one in found.sets)
    ]
    if not broken:
        return RomError(f"{shown} holds no M1 ROM dump", wanted, identify)
    if not found.sets and len(found.dumps) == 1 and found.dumps[0].identity.verdict is Verdict.OTHER:
        fault = found.dumps[0].identity.faults[0]
        return RomError(f"{found.dumps[0].name} is no ROM: {fault.text}", wanted, fault.hint or identify)
    more = f" ({len(broken) - 1} more)" if len(broken) > 1 else ""
    return RomError(f"{broken[0]}{more}", wanted, identify)
