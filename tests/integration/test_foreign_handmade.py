"""The bench on a firmware with other habits than OpenM1's (tests/foreign/handmade); its source is the truth."""

from __future__ import annotations

import re
import shutil
import tomllib
from functools import cache
from pathlib import Path

import pytest

from build_foreign_handmade import assemble
from korgm1.analysis import Program, analyse
from korgm1.experiments.bench import Bench
from korgm1.experiments.hardware import hardware
from korgm1.experiments.threshold import battery_threshold
from korgm1.experiments.validity import validity
from korgm1.faultmap.boots import boot, effect, fixed_time
from korgm1.observing import Observation, observe
from korgm1.romset.load import RomSet, load_os

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "tests" / "foreign" / "handmade"
pytestmark = pytest.mark.skipif(shutil.which("nasm") is None, reason="nasm is not installed: it builds the firmware")
FIRST = 2.5
"""Seconds in which its page has come."""
EXECUTED = """
print place template say decimal decimal_8080 lcd_interrupt copy_sampler measure_cell crc seal check_store
fill unpack find_sound get_channel tick_interrupt scan is_down services service_leds service_yield make_task
serial_interrupt midi_task ui_task draw draw_play reset pause show_sum set_vectors nothing hex
""".split()
"""Routines that a boot executes, and what can be concluded from them."""


@cache
def _built(key: str) -> tuple[bytes, dict[str, int]]:
    """The image, and the address of every label."""
    image, symbols = assemble(key)
    rows = re.findall(r"^\s*([0-9A-F]+)\s+[0-9A-F]+\s+([A-Za-z_0-9.]+)$", symbols, re.MULTILINE)
    return image, {name: 0xF8000 + int(offset, 16) for offset, name in rows}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("handmade")


def _firmware(folder: Path, key: str) -> RomSet:
    path = folder / f"handmade_{key}.bin"
    path.write_bytes(_built(key)[0])
    return load_os(str(path), "m1")


@pytest.fixture(scope="module")
def firmware(folder: Path) -> RomSet:
    return _firmware(folder, "307")


@pytest.fixture(scope="module")
def seen(firmware: RomSet) -> Observation:
    return observe(firmware, "m1", engine="v30", seconds=FIRST)


@pytest.fixture(scope="module")
def program(firmware: RomSet, seen: Observation) -> Program:
    return analyse(firmware.image, seen.executed)


def test_what_is_planted_is_in_the_source() -> None:
    rows = tomllib.loads((SOURCE / "planted.toml").read_text())["planted"]
    features = re.findall(r"^ +feature (\w+),", (SOURCE / "version.inc").read_text(), re.MULTILINE)
    assert sorted({*(row["feature"] for row in rows), "INIT_2"}) == sorted(features)
    assert all(set(row["versions"]) == {"307", "308", "311"} for row in rows)


def test_routines_are_found_and_texts_behind_calls_are_no_code(program: Program) -> None:
    labels = _built("307")[1]
    assert [name for name in EXECUTED if labels[name] not in program.instructions] == []
    entries = {address: name for name, address in labels.items()}
    named = {entries.get(address, f"{address:05X}") for address in program.functions} - {"FFFF0", "sampler"}
    assert named <= set(entries.values())
    code = {at + n for at, placed in program.instructions.items() for n in range(len(placed.instruction.code))}
    for table in ("lcd_states", "service_table", "midi_states", "key_table", "crc_table", "setup", "packed_sound"):
        assert labels[table] not in code, table


def test_8080_code_behind_brkem_is_decoded_as_such(program: Program) -> None:
    start = _built("307")[1]["decimal_8080"]
    placed = program.instructions[start]
    assert placed.emulated and placed.instruction.form is not None
    assert [program.instructions[at].emulated for at in (start + 2, start + 4, start + 7)] == [True] * 3


def test_texts_of_all_three_kinds_are_found(program: Program) -> None:
    texts = {each.text.strip() for each in program.texts}
    assert {
        "HANDMADE SYNTH SYSTEM  VERSION 3.07", "64K RAM", "ALL SOUNDS REPLACED", "ROM SUM",
        "** CHANGE THE LITHIUM CELL **", "MEMORY EMPTY - SOUNDS LOADED", "MEMORY CHANGED - CHECK SOUNDS",
    } <= texts
    assert not [table for table in program.tables if table.kind == "names"]


def test_an_image_that_repeats_itself_is_no_chip_that_was_read_twice(folder: Path) -> None:
    assert _firmware(folder, "repeated").image == _built("307")[0][-0x8000:] * 4


def test_the_bench_learns_its_page(firmware: RomSet) -> None:
    bench = Bench(firmware)
    assert bench.problem == "" and bench.remark == "" and bench.reference.ended == "still"
    assert bench.reference.lcd[0].startswith("00>Sound 00")
    again = bench.boot(bench.valid, "once more")
    assert again.texts == bench.reference.texts and again.clock < bench.reference.clock - 60_000_000
    found = hardware(firmware, bench=bench)
    used = {unit.name for unit in found.units if unit.ports}
    assert used == {"ADC", "PIO"}, "ports of the V50's own units are not the board's"
    assert [timer.hertz for timer in found.timers] == [2000.0, 500000.0, 100.0] and found.serial["baud"] == 31250.0


def test_the_threshold_has_a_hysteresis(firmware: RomSet) -> None:
    found = battery_threshold(firmware)
    assert (found.code, found.recovers, found.message) == (0x6E, 0x74, "** CHANGE THE LITHIUM CELL **")
    assert found.stays and found.watched is False and found.taken_at is not None and found.taken_at[1] < 0.005


def test_the_crc_and_the_magic_word_are_found(firmware: RomSet) -> None:
    found = validity(firmware, within=(0x4000, 0x6000))
    crc, magic = found.places
    assert (crc.start, crc.end, crc.effect, crc.kind) == (0x4000, 0x5B7E, "complains", "covered by a sum")
    assert (magic.start, magic.end, magic.effect, magic.value) == (0x5B7E, 0x5B80, "initialises", bytes([0xE1, 0xB5]))
    assert [str(row) for row in found.sums] == ["5B7C: CRC-16 1021 over 4000-5B7B, begins with FFFF"]


def test_a_star_that_blinks_for_ever_is_left_out(folder: Path) -> None:
    star = _firmware(folder, "star")
    bench = Bench(star)
    assert bench.problem == "" and bench.moving == {(0, 39)} and "line 1 column 40" in bench.remark
    assert [row.lcd[0].strip() for row in bench.reference.pictures][-2:] == [
        "HANDMADE SYNTH SYSTEM  VERSION 3.07", "00>Sound 00  LEVEL   90 BANK A",
    ]


def test_a_fault_map_of_firmware_without_a_play_page_is_made_at_a_fixed_time(folder: Path) -> None:
    star = _firmware(folder, "star")
    labels = _built("star")[1]
    found = fixed_time(boot(star, star.image, "m1", limit=16 * 8_000_000))
    assert found is not None and found[1] == {(0, 39)} and 2.7 < found[0] < 3.0
    seconds, blank = found

    def flipped(address: int) -> str:
        image = bytearray(star.image)
        image[address - 0xE0000] ^= 0x01
        return effect(whole, boot(star, bytes(image), "m1", seconds=seconds, blank=blank))

    whole = boot(star, star.image, "m1", seconds=seconds, blank=blank)
    assert flipped(0xE0000) == "nothing"
    assert flipped(labels["template_play"] + 13) == "lcd"
    assert flipped(labels["set_vectors"]) == "kills"


def test_firmware_that_waits_for_a_key_has_the_page_where_it_waits(folder: Path) -> None:
    bench = Bench(_firmware(folder, "wait"))
    assert bench.problem == "" and bench.reference.lcd[1].startswith("PRESS ANY KEY")
    assert bench.boot(bench.valid, "once more", still=0.25).lcd == bench.reference.lcd
