"""The table of clocks: every form has rows, they are the core's clocks, and the recordings they name are there."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from korgm1.cpu.clock_bench import ClockBench, Setup
from korgm1.cpu.clock_table import ClockRow, all_names, clock_rows, clocks_of, recorded_as
from korgm1.cpu.clock_ways import SPECIAL
from korgm1.cpu.disassembler import decode
from korgm1.cpu.instruction_table import EMULATED, NATIVE
from korgm1.hypotheses import all_hypotheses


@pytest.fixture(scope="module")
def rows() -> dict[str, list[ClockRow]]:
    found: dict[str, list[ClockRow]] = {}
    for row in clock_rows():
        found.setdefault(row.form, []).append(row)
    return found


def test_every_form_has_rows(rows: dict[str, list[ClockRow]]) -> None:
    expected = {name for name, form in NATIVE.items() if form.kind != "prefix" and not "0F40" <= name < "0FFF"}
    expected |= {name for name, form in EMULATED.items() if form.kind != "undefined"}
    expected |= {"F3A4", "F36C", "F3AF", "0F40", *SPECIAL}
    assert expected <= set(rows) and list(rows) == all_names()


def test_only_what_locks_up_has_no_clocks(rows: dict[str, list[ClockRow]]) -> None:
    stopping = {row.form for each in rows.values() for row in each if row.even is None}
    assert stopping == {"0F24", "0F2C", "0F30", "0F34", *(f"FE.{reg}" for reg in range(2, 8))}


def test_figures_measured_on_a_v30(rows: dict[str, list[ClockRow]]) -> None:
    """nec_test docs/facts/timing.json: what does not depend on where the bus stood."""
    measured = {
        ("03", "register"): 3, ("04", ""): 4, ("CE", "V = 1"): 44, ("CE", "V = 0"): 3, ("C8", "level 0"): 12,
        ("C8", "level 1"): 22, ("70", "not taken"): 4, ("90", ""): 3, ("CC", ""): 43, ("D3.2", "register, count 8"): 18,
    }  # fmt: skip
    found = {(form, row.case): row.even for form, each in rows.items() for row in each}
    assert {key: found[key] for key in measured} == {key: (clocks, clocks) for key, clocks in measured.items()}


def test_an_odd_address_costs_four_clocks_a_word_and_a_wait_one_a_cycle(rows: dict[str, list[ClockRow]]) -> None:
    forms = ("8A", "8B", "E5")
    plain = {form: [(row.even, row.odd, row.memory_wait, row.io_wait) for row in rows[form]] for form in forms}
    assert plain["8A"][1] == ((13, 13), (13, 13), 4, 0)
    assert plain["8B"][1] == ((13, 13), (17, 17), 4, 0)
    assert plain["E5"] == [((9, 9), (13, 13), 0, 2)]


def test_micro_steps_are_those_of_the_table_both_engines_use(rows: dict[str, list[ClockRow]]) -> None:
    assert [row.steps for row in rows["75"]] == [("q..q..E",), ("q..q...s.xE",)]
    assert rows["F3AA"][2].steps == ("q..q.....c...@", "c........E")
    by_hand = {form for form, each in rows.items() if any(not row.steps and row.even for row in each)}
    assert by_hand == {form for form in rows if form.startswith("8080.") or (form >= "0F40" and form[:2] == "0F")}


def test_every_source_is_one(rows: dict[str, list[ClockRow]]) -> None:
    guesses = all_hypotheses()
    for row in (row for each in rows.values() for row in each):
        assert row.source.startswith("V20 microcode listing") or row.source.split(",")[0] in guesses, row
        assert ("H-UNDEFINED" in row.source) == (row.example is not None and row.example.undefined)


def test_named_recordings_exist(data_path: Callable[[str], Path], rows: dict[str, list[ClockRow]]) -> None:
    with gzip.open(data_path("v30-public.jsonl.gz"), "rt", encoding="utf-8") as lines:
        there = {json.loads(line)["op"] for line in lines}
    named = {recorded_as(form) for form in rows if not form.startswith("8080.")} - {""}
    assert named <= there
    other = {name for name in there - named if (len(name) == 4 and name[:2] in ("64", "65", "F2")) or "." in name[2:]}
    assert there - named == other | {"2E.8B", "36.8B", "3E.8B", "26.A4", "2E.A5", "36.A6", "3E.AC"} & there
    for form, each in rows.items():
        for row in each:
            if recorded_as(form) and (row.example is None or not row.example.undefined):
                assert row.source.endswith(f"recorded: {recorded_as(form)}")


def test_a_listings_clocks_are_the_cores() -> None:
    rng, bench = random.Random(3), ClockBench()
    for _ in range(300):
        instruction = decode(rng.randbytes(8))
        span = clocks_of(bench, instruction)
        alone = bench.clocks(Setup(instruction.code))
        if instruction.form is not None and span is not None and alone is not None and span[0] == span[1]:
            assert span[0] == alone, instruction.text()


def test_names_select() -> None:
    assert {row.form for row in clock_rows(["F7"])} == {f"F7.{reg}" for reg in range(8)}
    assert [row.form for row in clock_rows(["INT", "41", "0f41", "26"])] == ["INT", "41", "0F41", "prefix"]
    assert {row.form for row in clock_rows(["f3"])} == {name for name in all_names() if name[:2] == "F3"} | {"prefix"}
    with pytest.raises(KeyError):
        list(clock_rows(["G1"]))


def test_one_run_leaves_nothing_for_the_next() -> None:
    bench = ClockBench()
    setup = Setup(bytes.fromhex("f7b70000"), {"aw": 0x100, "dw": 1}, {0x20010: b"\xff\x7f"})
    first = bench.clocks(setup)
    bench.clocks(Setup(bytes.fromhex("cd20"), odd=True, memory_waits=2, io_waits=1))
    bench.clocks(Setup(b"\x9b", pin="poll"))
    bench.clocks(Setup(b"\x76", emulated=True))
    bench.clocks(Setup(bytes.fromhex("0f24")))
    assert bench.clocks(setup) == first is not None
