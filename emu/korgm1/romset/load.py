"""The OS a machine boots: the user's dumps where they are asked for, OpenM1 otherwise."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass, field
from pathlib import Path

from korgm1.errors import RomError
from korgm1.romset.database import OPENM1, Database, known_roms, openm1_pair
from korgm1.romset.image import HALF, interleave
from korgm1.romset.pairs import OsSet
from korgm1.romset.scan import Scan, scan


@dataclass(frozen=True)
class RomSet:
    """The program ROM of one machine.

    `image` is the 131,072 bytes at E0000-FFFFF, `sha1` its SHA-1; `source` says where it came from; `warnings` are
    sentences for the user, empty for a known set read without remark.
    """

    name: str
    version: str
    sha1: str
    image: bytes = field(repr=False)
    source: str
    warnings: tuple[str, ...] = ()


def rom_folder() -> Path | None:
    """Where the user's dumps are when no folder is named: `$KORGM1_ROMS`, else `roms/` here; None where neither is."""
    named = os.environ.get("KORGM1_ROMS")
    if named:
        return Path(named)
    return Path("roms") if Path("roms").is_dir() else None


def load_os(path: str | os.PathLike[str] | None, model: str, database: Database | None = None) -> RomSet:
    """The OS for `model` (m1, m1ex, m1r, m1rex).

    Args:
        path: None for the embedded OpenM1; a folder, a zip, an image or one of two halves (the other is looked for
            beside it); "" for `rom_folder()`.
        model: whose OS is wanted where there are several.
        database: the ROMs we know; database.toml and OpenM1 by default.

    Raises:
        RomError: no set, only a broken one, or only one of another model. It says what was found and what to do.
        UserError: the path does not exist or cannot be read.

    >>> load_os(None, "m1").name
    'OpenM1'
    """
    if path is None:
        return _embedded()
    if os.fspath(path) == "":
        folder = rom_folder()
        if folder is None:
            raise RomError(
                "no ROM folder: $KORGM1_ROMS is not set and there is no roms/ here", "a folder with dumps", "--roms DIR"
            )
        path = folder
    known = database or known_roms()
    found = scan([path], known)
    usable = [one for one in found.sets if one.status != "broken"]
    if not usable and Path(path).is_file() and any(dump.identity.halves for dump in found.dumps):
        found = scan([Path(path).parent], known)
        mine = Path(path).as_posix()
        usable = [one for one in found.sets if one.status != "broken" and mine in one.sources]
    fitting = [one for one in usable if model in one.models or not one.models]
    if not fitting:
        raise _nothing(found, usable, model, os.fspath(path))
    order = [row.id for row in known.sets_for(model) if row.id != OPENM1] + ["", OPENM1]
    fitting.sort(key=lambda one: order.index(one.id))
    best = fitting[0]
    warnings = [fault.text for fault in best.faults]
    if len(fitting) > 1:
        others = ", ".join(f"{one.name} {one.version}" for one in fitting[1:])
        warnings.append(f"there are other sets too, not used: {others}")
    assert best.image is not None
    return RomSet(best.name, best.version, best.sha1, best.image, " + ".join(best.sources), tuple(warnings))


def _embedded() -> RomSet:
    pair = openm1_pair()
    if pair is None or [len(half) for half in pair] != [HALF, HALF]:
        raise RomError(
            "OpenM1 is missing from this installation",
            "two images of 65,536 bytes in korgm1/firmware",
            "install it again",
        )
    image = interleave(*pair)
    return RomSet("OpenM1", "#24", hashlib.sha1(image).hexdigest(), image, "embedded")


def _nothing(found: Scan, usable: list[OsSet], model: str, path: str) -> RomError:
    """Why nothing here boots as `model`, as precisely as the dumps tell."""
    if usable:
        one = usable[0]
        models = " or ".join(one.models)
        return RomError(f"{path} holds {one.name} {one.version}", f"an OS for --model {model}", f"--model {models}")
    broken = [f"{' + '.join(one.sources)}: {fault.text}" for one in found.sets for fault in one.faults]
    broken += [
        f"{dump.name}: {fault.text}"
        for dump in found.dumps
        if not dump.identity.halves
        for fault in dump.identity.faults
    ]
    what = "; ".join(broken[:4]) or f"{path} holds no M1 ROM dump"
    if broken and not found.sets:
        what = f"{path} holds no OS pair; {what}"
    return RomError(what, "IC32 and IC23 of one OS, 65,536 bytes each", f"korgm1 rom identify {path}")
