"""On the OpenM1 family every planted difference is found and named, with both values, and nothing else is told of.

The truth is roms/openm1/planted.toml; functions are named by NASM's symbols. Boots and experiments are those of `korgm1
compare`, but for where the slow ones look: validity in the pages where the versions' stored data begin, keys among some
combinations, MIDI without the long dumps.
"""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from bisect import bisect_right
from functools import partial
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from korgm1.comparing import Comparison, Finding
from korgm1.comparing import comparison as comparing
from korgm1.comparing import side as sides
from korgm1.experiments.keys import power_on_keys
from korgm1.experiments.midi import midi_replies
from korgm1.experiments.validity import validity
from korgm1.romset.firmware_file import read_firmware
from korgm1.verbs.compare import models_of

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import build_openm1  # noqa: E402

ROWS = tomllib.loads((ROOT / "roms" / "openm1" / "planted.toml").read_text("utf-8"))["planted"]
BUILDS = ("19", "24", "29", "06", "12")
PAIRS = list(combinations(BUILDS, 2))
KEYS = (("INT",), ("CARD",), ("COMBI",), ("INT", "CARD"), ("INT", "CARD", "COMBI"), ("INT", "EDIT COMBI"))
QUICK = {
    **sides.EXPERIMENTS,
    "battery threshold": partial(sides.EXPERIMENTS["battery threshold"], times=False),
    "validity": partial(validity, within=(0x1000, 0x1180)), "power-on keys": partial(power_on_keys, keys=KEYS),
    "MIDI replies": partial(midi_replies, codes=(0x12, 0x16, 0x4E)),
}

Symbols = dict[str, list[tuple[int, str]]]

pytestmark = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed: functions have no names")


@pytest.fixture(scope="module")
def symbols(tmp_path_factory: pytest.TempPathFactory) -> Symbols:
    """Build -> (address, symbol), ascending, from NASM's maps: the code's section begins at 10000 of the image."""
    folder = tmp_path_factory.mktemp("maps")
    found = {}
    for key in BUILDS:
        build_openm1.assemble(key, folder / key)
        rows = re.findall(r"^ *([0-9A-F]+) +[0-9A-F]+ +(\S+)$", (folder / key).read_text(), re.MULTILINE)
        found[key] = sorted((0xE0000 + int(at, 16), name) for at, name in rows if 0x10000 <= int(at, 16) < 0x20000)
    return found


@pytest.fixture(scope="module")
def compared() -> dict[tuple[str, str], Comparison]:
    """Every pair; each build is looked into once in each model it runs in."""
    firmware = {key: read_firmware([f"openm1:{key}"]) for key in BUILDS}
    gathered: dict[tuple[str, str], sides.Side] = {}
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sides, "EXPERIMENTS", QUICK)
        for a, b in PAIRS:
            models = models_of([firmware[a], firmware[b]], None)
            for key, model in zip((a, b), models, strict=True):
                if (key, model) not in gathered:
                    gathered[key, model] = sides.gather(firmware[key], model)
            both = gathered[a, models[0]], gathered[b, models[1]]
            patch.setattr(comparing, "gather_both", lambda *args, both=both: both)
            found[a, b] = comparing.compare(firmware[a], firmware[b], models)
    return found


def names(row: dict[str, Any], value: Any, text: str, which: Finding) -> bool:
    """Whether one side's text of a finding names the value of a planted row."""
    match row["id"]:
        case "banner-time":
            return text.endswith(" s") and abs(float(text[:-2]) * 1000 - value) < 0.03 * value
        case "code-low" | "code-high":
            return text == f"{value:02X}h"
        case "keys-initialise" | "key-rom-check" | "key-build":
            return text == "+".join(value)
        case "stored-base":
            return text == f"{value:04X}"
        case "signature":
            return text.startswith(value)
        case "sums-begin":
            return text == f"from +{value:02X}h on"
        case "sums-seed":
            return text == f"{value:X}h"
        case "instrument":
            return text.endswith(value)
        case "midi-names-request" | "midi-mode-change":
            return f"function {value:02X}" in text
        case "port-e-first":
            return [word[:4] for word in text.split() if word[:4] in value] == value
        case "timer-2-first":
            return [int(word[5:], 16) for word in text.split() if word.startswith("000E=")] == value
        case "mde-command":
            return f"0501={value:02X}" in text
        case "leds-at-reset":
            return f"0A04={value:02X}" in text
        case "table-multisounds" | "table-effects":
            return text.startswith(f"{value} names") if value else text == ""
        case "nec-add4s" | "nec-clr1":
            return bool(text) == value and row["id"][4:].upper() in which.what
        case _ if isinstance(value, bool):
            return bool(text) == value
        case _:
            return text.strip() == str(value).strip()


def places(found: Finding, a: str, b: str, symbols: Symbols) -> set[str]:
    """The symbols that the places of a finding lie in."""
    named = set()
    for where in found.where:
        side, address = where.split()
        table = symbols[a if side == "A" else b]
        at = bisect_right(table, (int(address, 16), "\uffff")) - 1
        named.add(re.sub(r"\..*", "", table[at][1]) if at >= 0 else "")
    return named


def is_row(row: dict[str, Any], found: Finding, a: str, b: str, symbols: Symbols) -> bool:
    """Whether a finding is that planted difference: of its kind, with both values."""
    if row["kind"].startswith("function"):
        return found.kind.startswith("function") and bool(places(found, a, b, symbols) & set(row["symbols"]))
    return found.kind == row["kind"] and all(
        names(row, row["versions"][key], text, found) for key, text in ((a, found.a), (b, found.b))
    )


def differing(a: str, b: str) -> list[dict[str, Any]]:
    return [row for row in ROWS if row["versions"][a] != row["versions"][b]]


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_every_planted_difference_is_found_and_named(
    a: str, b: str, compared: dict[tuple[str, str], Comparison], symbols: Symbols
) -> None:
    found = compared[a, b].findings
    missing = [row["id"] for row in differing(a, b) if not any(is_row(row, one, a, b, symbols) for one in found)]
    assert not missing, "\n".join(map(str, found))


@pytest.mark.parametrize(("a", "b"), PAIRS)
def test_nothing_else_is_told_of(
    a: str, b: str, compared: dict[tuple[str, str], Comparison], symbols: Symbols
) -> None:
    planted = differing(a, b)
    known = {symbol for row in planted for symbol in row.get("symbols", ())}
    false = [
        str(one) for one in compared[a, b].differences
        if not any(is_row(row, one, a, b, symbols) for row in planted)
        and not (one.kind.startswith("function") and places(one, a, b, symbols) & known)
    ]
    assert not false


def test_functions_are_matched_with_themselves(
    compared: dict[tuple[str, str], Comparison], symbols: Symbols
) -> None:
    for (a, b), found in compared.items():
        assert found.static is not None
        tables = dict(symbols[a]), dict(symbols[b])
        pairs = [(tables[0].get(p.a.entry), tables[1].get(p.b.entry)) for p in found.static.matching.pairs]
        named = [(x, y) for x, y in pairs if x and y]
        assert len(named) > 200
        assert [pair for pair in named if pair[0] != pair[1]] == []
