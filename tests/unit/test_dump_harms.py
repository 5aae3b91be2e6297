"""Every harm of the bank is found by its name, and put right where nothing is lost; what is whole has no finding."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from dump_harms import HALF, HARMS, Harm

from korgm1.romset.checks import check
from korgm1.romset.database import Database, known_roms
from korgm1.romset.image import IMAGE, interleave, split
from korgm1.romset.lines import likely_change, line_findings
from korgm1.romset.mending import mend
from korgm1.romset.openm1 import OPENM1_BUILDS
from korgm1.romset.partial import partial_findings
from korgm1.romset.scan import scan

KNOWN = known_roms()
NOBODY = Database({}, ())
OS = OPENM1_BUILDS["19"].image()


def brought(folder: Path, harm: Harm, database: Database) -> tuple[set[str], str, bool]:
    """The codes of all findings but sums, what mending makes of the files, and whether several results are as good."""
    for name, data in harm.make(*split(OS)).items():
        (folder / name).write_bytes(data)
    found = scan([folder], database)
    findings = check(found, database).findings
    made = mend(found.dumps, database)
    whole = [one for one in made if one.image and not one.lost]
    how = "refuses" if not made or made[0].lost else "half" if not whole else "other"
    if whole and whole[0].image == OS:
        how = "mends"
    unclear = any(one.details.get("alternatives") for one in findings)
    return {one.code for one in findings} - {"checksum"}, how, unclear


@pytest.mark.parametrize("name", HARMS)
def test_a_harm_to_a_known_pair(tmp_path: Path, name: str) -> None:
    harm = HARMS[name]
    codes, how, _ = brought(tmp_path, harm, KNOWN)
    assert codes & set(harm.known) if harm.known else not codes
    assert how == harm.fix


@pytest.mark.parametrize("name", HARMS)
def test_a_harm_to_an_unknown_pair(tmp_path: Path, name: str) -> None:
    harm = HARMS[name]
    codes, how, unclear = brought(tmp_path, harm, NOBODY)
    wanted = harm.fix_unknown or harm.fix
    if wanted == "half":
        wanted = "refuses"
    if wanted != "anything":
        assert codes & set(harm.unknown) if harm.unknown else not codes
        assert how == ("refuses" if unclear else wanted)


def edited(rng: random.Random) -> bytes:
    """One of the builds with stretches of noise, of MIDI values, of words, of fill and of itself in it."""
    image = bytearray(rng.choice(list(OPENM1_BUILDS.values())).image())
    for _ in range(rng.randrange(1, 12)):
        at, size = rng.randrange(0, IMAGE - 0x4000, 2), rng.randrange(16, 0x2000, 2)
        source = rng.randrange(IMAGE - 0x2000)
        image[at : at + size] = rng.choice([
            rng.randbytes(size), bytes(rng.randrange(128) for _ in range(size)),
            b"".join(rng.randrange(4096).to_bytes(2, "little") for _ in range(size // 2)),
            b"\xff" * size, bytes(size), bytes(image[source : source + size]),
        ])
    return bytes(image)


@pytest.mark.parametrize("seed", range(8))
def test_edited_images_are_not_called_damaged(seed: int) -> None:
    rng = random.Random(seed)
    for number in range(6):
        even, odd = split(edited(rng))
        found = [*line_findings(even), *line_findings(odd)]
        for chip, other in ((even, b""), (odd, b""), (even, odd), (odd, even)):
            found += partial_findings(chip, other)
        assert [one.text for one in found] == []
        assert number or likely_change(even, odd) is None


def test_two_dumps_of_noise_are_no_pair_of_anything() -> None:
    rng = random.Random(4)
    even, odd = rng.randbytes(HALF), rng.randbytes(HALF)
    assert likely_change(even, odd) is None
    assert partial_findings(even, odd) == [] and len(interleave(even, odd)) == IMAGE
