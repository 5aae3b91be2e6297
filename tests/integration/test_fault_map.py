"""korgm1 rom fault-map: what each bit does, that the shortcut is exact, that it goes on where it was."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from korgm1.cli import main
from korgm1.errors import RomError, UserError
from korgm1.faultmap import mapping
from korgm1.faultmap.boots import Boot, boot
from korgm1.faultmap.mapping import BOOTED, UNTOUCHED, fault_map
from korgm1.faultmap.touched import touched_by_boot
from korgm1.romset.image import BASE, IMAGE
from korgm1.romset.load import RomSet, load_os

OS = load_os(None, "m1")
TEXT = OS.image.index(b"SINGLE")


@pytest.fixture(scope="module")
def unharmed() -> tuple[Boot, npt.NDArray[np.bool_]]:
    return touched_by_boot(OS, "m1")


def test_watching_which_bytes_are_touched_changes_no_boot(unharmed: tuple[Boot, npt.NDArray[np.bool_]]) -> None:
    assert boot(OS, OS.image, "m1") == unharmed[0]


def test_bits_that_are_not_touched_do_nothing(unharmed: tuple[Boot, npt.NDArray[np.bool_]]) -> None:
    """The shortcut's claim, on untouched bytes all over the ROM and just behind touched ones: all turned at once."""
    made, touched = unharmed
    assert 0.01 < touched.mean() < 0.5
    image = np.frombuffer(OS.image, np.uint8).copy()
    image[~touched] ^= 0xFF
    assert boot(OS, image.tobytes(), "m1") == made
    image = np.frombuffer(OS.image, np.uint8).copy()
    image[~touched] = np.random.default_rng(1).integers(0, 256, int((~touched).sum()), np.uint8)
    assert boot(OS, image.tobytes(), "m1") == made


def test_the_reset_jump_and_a_text_of_the_display(tmp_path: Path) -> None:
    found = fault_map(OS, "m1", (0xFFFF0, 0xFFFF0))
    assert [row.effect for row in found.rows] == ["kills"] * 8
    assert [row.was for row in found.rows] == [0xEA >> bit & 1 for bit in range(8)]
    (shown,) = {row.effect for row in fault_map(OS, "m1", (BASE + TEXT, BASE + TEXT)).rows[:3]}
    assert shown == "lcd"


def test_untouched_bytes_are_marked_and_some_are_tried(unharmed: tuple[Boot, npt.NDArray[np.bool_]]) -> None:
    blank = int(np.flatnonzero(~unharmed[1])[500])
    found = fault_map(OS, "m1", (BASE + blank, BASE + blank))
    assert [row.how for row in found.rows] == [BOOTED, *[UNTOUCHED] * 7]
    assert {row.effect for row in found.rows} == {"nothing"} and found.boots == 1


def test_a_shortcut_that_fails_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the reset jump were not seen: the sample finds out, and all is booted."""
    made, _ = touched_by_boot(OS, "m1")
    monkeypatch.setattr(mapping, "touched_by_boot", lambda *_: (made, np.zeros(IMAGE, np.bool_)))
    found = fault_map(OS, "m1", (0xFFFF0, 0xFFFF0))
    assert {row.how for row in found.rows} == {BOOTED} and {row.effect for row in found.rows} == {"kills"}


def test_it_is_stopped_and_goes_on(tmp_path: Path, unharmed: tuple[Boot, npt.NDArray[np.bool_]]) -> None:
    journal = tmp_path / "map.csv.part"
    blank = BASE + int(np.flatnonzero(~unharmed[1])[500])
    region = (blank, blank + 20)
    whole = fault_map(OS, "m1", region)
    seen: list[int] = []
    part = fault_map(
        OS, "m1", region, journal=journal, asked=lambda: len(seen) > 8, progress=lambda done, total: seen.append(done)
    )
    assert not part.whole and 0 < len(part.rows) < len(whole.rows)
    with journal.open("a") as file:
        file.write("[12345, [[1, 2")
    again = fault_map(OS, "m1", region, journal=journal)
    assert again.whole and again.rows == whole.rows and again.boots < whole.boots
    with pytest.raises(UserError, match="another fault map"):
        fault_map(OS, "m1", (blank, blank + 1), journal=journal)


def test_firmware_that_does_not_boot_has_no_map() -> None:
    dead = replace(OS, image=bytes([0xF4]) * IMAGE)
    assert isinstance(dead, RomSet)
    with pytest.raises(RomError, match="does not boot: it shows nothing"):
        fault_map(dead, "m1", (0xFFFF0, 0xFFFF0))


def test_the_verb_writes_table_and_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["rom", "fault-map", "openm1:24", "--region", "FFFF4-FFFF5"]
    assert main([*words, "--out", "m.csv", "--png", "m.png", "--workers", "2"]) == 0
    text = (tmp_path / "m.csv").read_text().splitlines()
    assert json.loads(text[0][2:])["region"] == "FFFF4-FFFF5"
    rows = list(csv.DictReader(text[1:]))
    assert len(rows) == 16 and {row["address"] for row in rows} == {"FFFF4", "FFFF5"}
    assert (tmp_path / "m.png").read_bytes().startswith(b"\x89PNG") and not (tmp_path / "m.csv.part").exists()
    out = capsys.readouterr().out
    assert "16 bits flipped one by one" in out and "kills" in out
    assert main(["rom", "fault-map", "openm1:24", "--region", "1000-2000"]) == 2
    assert "no region of the ROM" in capsys.readouterr().err
