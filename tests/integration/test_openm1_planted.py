"""Every difference that planted.toml tells of is in its build, and every feature of version.inc is told of."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from openm1_planted import FOLDER, LOOKS, Seen, planted, versions_row

import build_openm1
from korgm1.romset.openm1 import OPENM1_BUILDS

ROWS = planted()
KINDS = {
    "text", "threshold", "init", "layout", "validity", "time", "keys", "midi", "ports", "function-new", "function-gone",
    "function-changed", "table", "version", "nec",
}


@pytest.fixture(scope="module", params=OPENM1_BUILDS)
def build(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    return Seen(request.param, tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_planted_difference_is_there(build: Seen, row: dict[str, Any]) -> None:
    assert LOOKS[row["id"]](build) == row["versions"][build.version[1:]]


def test_the_rows_are_whole() -> None:
    ids = [row["id"] for row in ROWS]
    assert len(set(ids)) == len(ids) and set(ids) == set(LOOKS)
    for row in ROWS:
        assert row["kind"] in KINDS and row["what"]
        assert set(row["versions"]) == set(OPENM1_BUILDS), row["id"]
        values = [repr(value) for value in row["versions"].values()]
        assert len(set(values)) > 1, f"{row['id']}: all versions are alike"
    assert {row["kind"] for row in ROWS} == KINDS


def test_each_feature_of_the_source_is_told_of() -> None:
    """NOTES_FIRST alone moves functions and changes nothing."""
    features = set(re.findall(r"^feature (\w+)", (FOLDER / "version.inc").read_text("utf-8"), re.MULTILINE))
    assert features == {row["feature"] for row in ROWS} | {"NOTES_FIRST"}


def test_each_pair_differs_in_rows_of_its_own_and_the_far_ones_in_more() -> None:
    def differ(one: str, other: str) -> set[str]:
        return {row["id"] for row in ROWS if row["versions"][one] != row["versions"][other]}

    keys = list(OPENM1_BUILDS)
    pairs = {(a, b): differ(a, b) for n, a in enumerate(keys) for b in keys[n + 1 :]}
    assert len({frozenset(rows) for rows in pairs.values()}) == len(pairs)
    assert len(pairs["19", "29"]) > max(len(pairs["19", "24"]), len(pairs["24", "29"]))
    assert all(len(rows) > 10 for rows in pairs.values())


def test_the_page_for_people_has_every_row_as_it_is() -> None:
    lines = (FOLDER / "VERSIONS.md").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == [versions_row(row) for row in ROWS]
    for one in OPENM1_BUILDS:
        counts = [sum(row["versions"][one] != row["versions"][other] for row in ROWS) for other in OPENM1_BUILDS]
        assert f"| #{one} | " + " | ".join(str(count or "-") for count in counts) + " |" in lines


@pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed: there are no maps")
def test_functions_labels_and_their_texts_are_where_the_rows_say(tmp_path: Path) -> None:
    maps = {}
    for key, one in OPENM1_BUILDS.items():
        build_openm1.assemble(key, tmp_path / key)
        maps[key] = (set((tmp_path / key).read_text("ascii").split()), one.image())
    for row in ROWS:
        whole = row["kind"] in ("function-new", "function-gone")
        for key, (words, image) in maps.items():
            for name in row.get("symbols", ()):
                assert not whole or (name in words) is row["versions"][key], (row["id"], key, name)
            for text in row.get("brings", ()):
                assert (f"{text}\0".encode("ascii") in image) is row["versions"][key], (row["id"], key, text)
        for name in row.get("symbols", ()):
            assert any(name in words for words, _ in maps.values()), (row["id"], name)
