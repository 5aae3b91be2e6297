"""Firmware to look into: what every analysing verb takes as FIRMWARE, one or two words.

Wider than what boots: 131,072 bytes, or two halves of 65,536, are read even where they make no OS, with a warning that
says why, since a damaged dump is one of the things to look into.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from korgm1.errors import RomError, UserError
from korgm1.romset.database import Database, known_roms
from korgm1.romset.image import HALF, IMAGE, interleave, no_start, reset_jump, sense
from korgm1.romset.load import RomSet, chosen, embedded, look_at
from korgm1.romset.openm1 import OPENM1, asked_for
from korgm1.romset.pairs import Dump, named_lane
from korgm1.romset.scan import Scan, printable, scan

HELP = "openm1:NN, a folder, zip or 128 KB image, one half with the other beside it, or two halves in either order"
"""What the help of a verb says of FIRMWARE."""
_EXPECTED = "a 128 KB image, or IC32 and IC23 of one OS, 65,536 bytes each"


def read_firmware(paths: Sequence[str], database: Database | None = None) -> RomSet:
    """The firmware that one or two words name.

    Args:
        paths: one of "openm1:24", a folder, a zip, a 128 KB image, a half whose other half lies beside it; or two files
            with one half each, in either order.
        database: the ROMs we know; database.toml and OpenM1 by default.

    Returns:
        The OS `korgm1 boot` would run; or, with what is wrong in `warnings`, any 131,072 bytes there are instead. Of
        several sets the first known one is taken, OpenM1 last.

    Raises:
        RomError: there is no such thing; it says what was found.
        UserError: a path does not exist or cannot be read, or there are more than two words.

    >>> read_firmware(["openm1:12"]).version
    '#12'
    """
    if not 1 <= len(paths) <= 2:
        raise UserError(f"{len(paths)} words name a firmware", "one or two: " + HELP)
    for word in paths:
        if not word:
            raise UserError("a firmware without a name", HELP)
        build = asked_for(word)
        if build is not None:
            if len(paths) == 2:
                raise RomError(f"{word} is a whole firmware, not one of two halves", f"{word} alone")
            return embedded(build)
    known = database or known_roms()
    found = look_at(paths[0], known) if len(paths) == 1 else _two_files(paths, known)
    usable = [one for one in found.sets if one.status != "broken"]
    if usable:
        order = [row.id for row in known.sets.values() if not row.id.startswith(OPENM1)]
        return chosen(usable, [*order, "", OPENM1])
    keep = frozenset({HALF, IMAGE})
    raw = look_at(paths[0], known, keep) if len(paths) == 1 else _two_files(paths, known, keep)
    return _as_it_is(raw, " and ".join(printable(word) for word in paths))


def files_of(paths: Sequence[str], firmware: RomSet) -> list[tuple[str, str | None]]:
    """The files a firmware was read from, for `files.check_apart`: those named, and the half found beside one.

    >>> files_of(["openm1:24"], read_firmware(["openm1:24"]))
    [('FIRMWARE', 'openm1:24'), ('FIRMWARE', 'embedded')]
    """
    found = [part if os.path.exists(part) else part.partition(":")[0] for part in firmware.source.split(" + ")]
    return [("FIRMWARE", name) for name in dict.fromkeys([*paths, *found])]


def model_of(firmware: RomSet) -> str:
    """The first model a firmware is made for, as far as that is known; else "m1".

    >>> model_of(read_firmware(["openm1:06"]))
    'm1r'
    """
    return firmware.models[0] if firmware.models else "m1"


def _two_files(paths: Sequence[str], known: Database, keep: frozenset[int] = frozenset()) -> Scan:
    for path in paths:
        if os.path.isdir(path):
            raise UserError(f"{printable(path)} is a folder", "two files with one half each, or the folder alone")
    if all(map(os.path.exists, paths)) and os.path.samefile(*paths):
        raise UserError(f"{printable(paths[0])} is named twice", "IC32 and IC23 of one OS")
    return scan(paths, known, keep)


def _as_it_is(found: Scan, shown: str) -> RomSet:
    """The one image or pair of halves among what was found, whatever is in it.

    Raises:
        RomError: there is none, or more than one.
    """
    images = [dump for dump in found.dumps if dump.identity.size == IMAGE and len(dump.identity.data) == IMAGE]
    halves = [dump for dump in found.dumps if dump.identity.size == HALF and len(dump.identity.data) == HALF]
    faults = [fault.text for dump in found.dumps for fault in dump.identity.faults]
    faults += [fault.text for one in found.sets for fault in one.faults]
    if len(images) == 1 and not halves:
        image, source = images[0].identity.data, images[0].name
    elif len(halves) == 2 and not images:
        even, odd = _in_order(*halves)
        image, source = interleave(even.identity.data, odd.identity.data), f"{even.name} + {odd.name}"
    elif len(images) + len(halves) > 1:
        names = ", ".join(dump.name for dump in (*images, *halves)[:4])
        raise RomError(f"{shown} holds several dumps, none of which boots: {names}", "one firmware", "name its file")
    else:
        what = "; ".join(dict.fromkeys(faults[:2])) or f"{shown} holds no M1 ROM dump"
        raise RomError(what, _EXPECTED, "korgm1 rom identify PATH")
    first, *more = dict.fromkeys([text for text in (no_start(image), *faults) if text] or ["it makes no OS"])
    wrong = (f"it would not boot: {first}", *more)
    sha1 = hashlib.sha1(image).hexdigest()
    return RomSet("unknown firmware", sha1[:8], sha1, image, source, wrong)


def _in_order(first: Dump, second: Dump) -> tuple[Dump, Dump]:
    """Two halves, even one first: by their entries, by the start they give, by their names, else as they were named."""
    lanes = [dump.identity.halves[0].lane if dump.identity.halves else "" for dump in (first, second)]
    if "odd" in lanes[:1] or "even" in lanes[1:]:
        return second, first
    if any(lanes):
        return first, second

    def score(even: Dump, odd: Dump) -> tuple[bool, int, bool]:
        image = interleave(even.identity.data, odd.identity.data)
        named = named_lane(even.name) == "even" or named_lane(odd.name) == "odd"
        return reset_jump(image) is not None, sense(image), named

    return (second, first) if score(second, first) > score(first, second) else (first, second)
