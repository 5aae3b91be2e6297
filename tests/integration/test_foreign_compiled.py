"""The bench on a firmware that came out of a C compiler: tests/foreign/compiled. The linker's map is the truth."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from korgm1.analysis import UNKNOWN_PORT, Copy, Program, analyse
from korgm1.analysis.listing import source
from korgm1.comparing.static import Static, compare_programs
from korgm1.debugging import Debugger
from korgm1.debugging.stop import Stop
from korgm1.experiments.bench import Bench
from korgm1.experiments.info import Info, firmware_info
from korgm1.experiments.keys import power_on_keys
from korgm1.romset.firmware_file import read_firmware
from korgm1.session import Session

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "tests" / "foreign" / "compiled"
VERSIONS = (24, 31)
DATA = ((0xE0000, 0xE000C), (0xE8000, 0xF0000), (0xF0E94, 0xFFFF0))
"""What is no code in both: the second segment's name, constants, nothing."""
BCC = next((tool for tool in ("bcc", "as86", "ld86") if shutil.which(tool) is None), "")


def path(version: int) -> str:
    return str(FOLDER / f"system{version}.zip")


@cache
def truth(version: int, kind: str) -> dict[int, str]:
    """Address -> name, of the linker's map."""
    with open(FOLDER / f"system{version}.csv", encoding="ascii") as file:
        return {int(row["address"], 16): row["name"] for row in csv.DictReader(file) if row["kind"] == kind}


@cache
def program(version: int) -> Program:
    return analyse(read_firmware([path(version)]).image)


@cache
def info() -> Info:
    return firmware_info(read_firmware([path(24)]))


@cache
def static() -> Static:
    return compare_programs(program(24), program(31))


def place(version: int, name: str) -> int:
    return next(at for kind in ("function", "data", "ram") for at, each in truth(version, kind).items() if each == name)


@pytest.mark.skipif(bool(BCC), reason=f"{BCC} is not installed (Debian: bcc, bin86): the images cannot be rebuilt")
def test_the_images_are_what_their_source_makes() -> None:
    command = [sys.executable, str(ROOT / "tools" / "build_foreign_compiled.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_every_function_is_found_and_nothing_else(version: int) -> None:
    assert set(program(version).functions) == set(truth(version, "function")) | {0xFFFF0}


def test_functions_only_reached_by_pointers_in_copied_data_are_said_to_be_guessed() -> None:
    notes = " ".join(program(24).notes)
    assert "told by their beginning" in notes and f"{place(24, '_play_key'):05X}" in notes
    assert f"{place(24, '_serial_get'):05X}" in notes       # nobody calls it


@pytest.mark.parametrize("version", VERSIONS)
def test_no_data_are_taken_for_code(version: int) -> None:
    setup = place(version, "setup")
    ranges = (*DATA, (setup, place(version, "_inp")))
    wrong = [at for at in program(version).instructions for first, end in ranges if first <= at < end]
    assert not wrong


@pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed")
@pytest.mark.parametrize("version", VERSIONS)
def test_the_listing_assembles_back(version: int, tmp_path: Path) -> None:
    (tmp_path / "x.asm").write_text(source(program(version), "compiled"))
    subprocess.run(["nasm", "-f", "bin", "-w+error", "-o", tmp_path / "x.bin", tmp_path / "x.asm"], check=True)
    assert (tmp_path / "x.bin").read_bytes() == program(version).image


def test_texts_of_a_segment_of_their_own_know_who_hands_them_on() -> None:
    texts = {text.address: text for text in program(24).texts}
    main = program(24).functions[place(24, "_main")]
    built = texts[place(24, "_S_BUILT")]
    assert built.text == "Built by hand on a Tuesday"
    assert any(start <= built.refs[0] < end for start, end in zip(main.starts, main.ends, strict=True))
    for name in ("_S_EDIT", "_S_GLOB"):                     # no end between them: the pointer tells
        assert len(texts[place(24, name)].text) == 40 and texts[place(24, name)].refs


def test_an_offset_that_may_be_in_three_segments_refers_to_none() -> None:
    assert next(text for text in program(24).texts if text.address == place(24, "_S_BANNER")).refs == ()


def test_names_of_fixed_width_are_a_table_and_a_line_of_words_is_none() -> None:
    tables = [table for table in program(24).tables if table.kind == "names"]
    assert [(table.address, table.stride, table.count) for table in tables] == [(place(24, "_N_SOUNDS"), 10, 24)]
    assert tables[0].entries[-1] == "Slap Bass"


def test_data_that_are_copied_to_ram_are_found_with_what_refers_to_them() -> None:
    assert program(24).copies == (Copy(0xF0DD0, 0x800, 196),)
    assert place(24, "_quiet") == 0x800
    digits = program(24).copies[0].source + place(24, "_digits") - 0x800
    port_a = program(24).copies[0].source + place(24, "_porta") - 0x800
    assert program(24).image[digits - 0xE0000 + 24] == 0
    assert {ref.kind for ref in program(24).xrefs[port_a]} == {"read", "write"}


def test_ports_that_are_handed_on_the_stack_are_known_at_the_call() -> None:
    ports = program(24).ports
    send = program(24).functions[place(24, "_far_send")]
    assert any(send.starts[0] <= use.address < send.ends[-1] and use.way == "out" for use in ports[0x80])
    assert {0x82, 0x900, 0xA00, 0xA02, 0xA04, 0xA06, 0xA08} <= set(ports)
    assert len(ports[UNKNOWN_PORT]) == 3                    # inp, outp, the table of start.s


def test_texts_are_seen_where_the_lcd_has_them() -> None:
    seen = {row.address: [(at.line, at.column) for at in row.seen] for row in info().texts}
    assert seen[place(24, "_S_BANNER")] == [(1, 7)] and seen[place(24, "_S_VERSION")] == [(2, 11)]
    assert seen[place(24, "_S_CELL")] == [(2, 1)] and seen[place(24, "_S_BAD")] == [(1, 1)]
    assert seen[place(24, "_S_EDIT")] == [(1, 1)] == seen[place(24, "_S_GLOB")]
    sound = next(row for row in info().texts if row.text == "Sound ")
    assert [(at.line, at.column) for at in sound.seen] == [(2, 1)]      # not the one in "New Sound"
    assert seen[place(24, "_S_BUILT")] == [] == seen[place(24, "_S_CLEAR")]


def test_vectors_units_and_banner_are_told() -> None:
    assert info().ended == "still" and info().banner_version == "#24"
    assert [(row.number, row.source) for row in info().vectors] == [
        (0x48, "ICU level 0: timer 0"), (0x49, "ICU level 1: SCU (MIDI)")]
    assert (info().stubs, info().stub) == (254, f"F000:{place(24, 'nothing') & 0xFFFF:04X}")
    units = {row.port: row.name for row in info().ports}
    assert (units[0x60], units[0x70], units[0x80]) == ("ICU_0", "TCU_TCT0", "SCU_SRB_STB")
    assert {0x1010, 0x1012, 0x1014} <= set(units) and 0x1016 not in units


def test_functions_are_matched_and_what_only_moved_is_not_changed() -> None:
    pairs = {pair.a.entry: pair.b.entry for pair in static().matching.pairs}
    pairs.pop(0xFFFF0)
    assert {truth(24, "function")[a]: truth(31, "function")[b] for a, b in pairs.items()} == {
        name: name for name in truth(24, "function").values()}
    names = truth(24, "function")
    changed = {names.get(change.pair.a.entry) for change in static().changes.of if change.kind == "changed"}
    rows = tomllib.loads((FOLDER / "planted.toml").read_text())["planted"]
    planted = {name for row in rows for name in row["symbols"]}
    follows = {"start", "_glob_draw", "_banner"}            # how many data are copied, a longer text, the version
    moved = {"_this", "_far_seal", "_far_valid", "_far_setup"}
    assert changed <= planted | follows
    assert planted & set(truth(24, "function").values()) - moved <= changed


def test_planted_texts_tables_and_version_are_named() -> None:
    found = {(row.kind, row.a.strip(), row.b.strip()) for row in static().findings}
    assert ("version", "#24", "#31") in found
    assert ("text", "Internal cell is weak!", "Please change internal cell!") in found
    assert ("text", "Built by hand on a Tuesday", "") in found
    assert ("text", "New Sound", "Empty One") in found
    assert ("table", "24 names", "26 names") in found


def test_callers_are_found_through_far_calls_and_interrupts() -> None:
    session = Session("m1", path(24), "v30")
    session.power_on()
    debugger = Debugger(session)
    names = truth(24, "function")

    def callers() -> list[str]:
        found = []
        for frame in debugger.call_stack():
            at = debugger.address(frame.ps, frame.pc)
            found.append(f"{frame.kind} {names[max(entry for entry in names if entry <= at)]}")
        return found

    def go(name: str) -> None:
        debugger.add(Stop("exec", place(24, name), once=True))
        debugger.go()

    go("_fill")
    assert callers() == ["near _far_setup", "far _memory", "near _main", "near start"]
    go("_tick")
    assert callers() == [
        "near tick_entry", "interrupt _fill", "near _far_setup", "far _memory", "near _main", "near start"]


def test_keys_at_power_on_are_told_and_what_is_typed_on_the_page_is_not() -> None:
    bench = Bench(read_firmware([path(24)]))
    tried = ("CARD",), ("GLOBAL",), ("SEQ",), ("1",), ("0", "1"), ("1", "2")
    found = power_on_keys(bench.firmware, keys=tried, bench=bench)
    assert [(row.keys, row.said) for row in found.found] == [
        (("CARD",), ("Built by hand on a Tuesday",)), (("GLOBAL",), ("Memory cleared",))]
    assert any("only the page obeys" in note and "1, 1+2" in note for note in found.notes)
