"""docs/dumping.md: its pinout is that of the program, and the findings it names are those that are made."""

from __future__ import annotations

import re
from pathlib import Path

import korgm1
from korgm1.romset.chip_27c512 import ADDRESS_PINS, DATA_PINS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "dumping.md").read_text("utf-8")


def test_the_pinout_is_the_programs() -> None:
    drawn = {}
    for left, low, high, right in re.findall(r"^ +(\S+) +(\d+)  \|.*\|  (\d+)  (\S+?),?(?: VPP)?$", PAGE, re.MULTILINE):
        drawn |= {left: int(low), right: int(high)}
    assert len(drawn) == 28
    assert [drawn[f"D{bit}"] for bit in range(8)] == list(DATA_PINS)
    assert [drawn[f"A{line}"] for line in range(16)] == list(ADDRESS_PINS)
    assert (drawn["/CE"], drawn["/OE"], drawn["GND"], drawn["VCC"]) == (20, 22, 14, 28)


def test_every_finding_of_the_table_is_made_somewhere() -> None:
    table = PAGE[PAGE.index("| finding |") : PAGE.index("**Checksums.**")]
    codes = {code for row in table.strip().splitlines() for code in re.findall(r"`([a-z-]+)`", row.split("|", 2)[1])}
    package = Path(korgm1.__file__).parent / "romset"
    source = "".join(path.read_text("utf-8") for path in package.glob("*.py"))
    assert len(codes) > 15
    assert [code for code in sorted(codes) if f'"{code}"' not in source] == []
