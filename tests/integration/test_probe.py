"""The experiments find what was planted in the versions of OpenM1, and nothing in what never comes to a page."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from firmware_programs import WAITS_FOR_RAM, firmware, image

from korgm1.cli import main
from korgm1.errors import Stopped
from korgm1.experiments import (
    Bench,
    Validity,
    battery_threshold,
    initial_contents,
    interrupt_map,
    layout,
    lcd_texts,
    midi_replies,
    power_on_keys,
    validity,
)
from korgm1.experiments.dossier import NAMES, dossier
from korgm1.experiments.info import firmware_info
from korgm1.romset.firmware_file import read_firmware

ROOT = Path(__file__).parents[2]
ROWS = {
    row["id"]: row["versions"]
    for row in tomllib.loads((ROOT / "roms" / "openm1" / "planted.toml").read_text("utf-8"))["planted"]
}
VERSIONS = ("24", "12")
"""A keyboard's and a rack's; the others differ in the same places."""


@cache
def bench(version: str) -> Bench:
    return Bench(read_firmware([f"openm1:{version}"]), "m1r" if version in ("06", "12") else "m1")


def found(experiment: Callable[..., Any], version: str, **options: Any) -> Any:
    one = bench(version)
    return experiment(one.firmware, one.model, bench=one, **options)


@pytest.mark.parametrize("version", [*VERSIONS, "29"])
def test_the_battery_threshold_is_the_planted_one(version: str) -> None:
    seen = found(battery_threshold, version, times=False)
    assert (seen.code, seen.high_code) == (ROWS["code-low"][version], ROWS["code-high"][version])
    assert seen.message == "Battery Low (Internal)" and seen.volts_low < seen.volts_high


def test_the_code_is_taken_in_the_tenth_of_a_second_that_the_source_gives_it() -> None:
    seen = found(battery_threshold, "24")
    assert 0.0 < seen.taken_at[0] < seen.taken_at[1] < 0.11
    assert seen.stays and seen.gone_by_key and not seen.watched


@cache
def validity_of_12() -> Validity:
    base = ROWS["stored-base"]["12"]
    seen: Validity = found(validity, "12", within=(base - 0x20, 0xC800))
    return seen


def test_the_validity_test_is_found_byte_by_byte() -> None:
    base, seen = ROWS["stored-base"]["12"], validity_of_12()
    at = {place.start: place for place in seen.places}
    assert at[base].kind == "signature" and at[base].end == base + 16
    assert at[base].value[:14] == ROWS["signature"]["12"].encode()
    assert at[base].effect == "initialises" and at[base].said == ("RAM Error 01",)
    assert at[base + 0x10].end == base + 0x14 and at[base + 0x10].kind == "stored sum"
    assert at[base + 0x20].kind == "value in range" and at[base + 0x20].effect == "initialises"
    assert seen.places[-1].kind == "covered by a sum" and seen.places[-1].effect == "complains"
    assert seen.effect_at(base - 1) == seen.effect_at(seen.places[-1].end) == "ignored"


def test_the_sums_are_explained() -> None:
    base, seen = ROWS["stored-base"]["12"], validity_of_12()
    first, end, seed = base + ROWS["sums-begin"]["12"], seen.places[-1].end, ROWS["sums-seed"]["12"]
    assert [str(row) for row in seen.repaired] == [f"{base + 0x10:04X}-{base + 0x13:04X}"]
    assert [(row.address, row.how, row.seed, row.start, row.end) for row in seen.sums] == [
        (base + 0x10, "sum of words", seed, first, end),
        (base + 0x12, "sum of the first sum after each word", seen.sums[1].seed, first, end),
    ]
    assert seen.order


def test_another_version_sums_from_elsewhere() -> None:
    base = ROWS["stored-base"]["19"]
    first = base + ROWS["sums-begin"]["19"]
    seen = found(validity, "19", within=(first - 4, first + 12))
    assert [(row.start, row.effect) for row in seen.places] == [(first, "complains")]


@pytest.mark.parametrize("version", ["19", "24", "29", "06"])
def test_keys_at_power_on_are_the_planted_ones(version: str) -> None:
    tried = (("INT",), ("CARD",), ("GLOBAL",), ("INT", "EDIT COMBI"), ("INT", "CARD"), ("INT", "CARD", "COMBI"))
    seen = {row.keys: row for row in found(power_on_keys, version, keys=tried).found}
    wanted = {tuple(ROWS[name][version]) for name in ("keys-initialise", "key-rom-check", "key-build")} - {()}
    assert set(seen) == wanted
    assert seen[tuple(ROWS["keys-initialise"][version])].effect == "initialises"


@pytest.mark.parametrize("version", VERSIONS)
def test_initial_contents_and_layout(version: str) -> None:
    tables = {row.kind: row for row in found(initial_contents, version).tables}
    programs, combis = tables["program"], tables["combination"]
    assert programs.first[:10].decode() == ROWS["init-program-name"][version]
    assert combis.first[:10].decode() == ROWS["init-combi-name"][version]
    assert programs.first[32] == ROWS["init-program-bend"][version]
    assert programs.first[98] == programs.first[138] == ROWS["init-program-release"][version]
    assert (programs.count, programs.same, programs.stride) == (100, 100, 143)
    assert found(layout, version).stored_base == ROWS["stored-base"][version]


@pytest.mark.parametrize("version", ["19", "29"])
def test_midi_replies(version: str) -> None:
    replies = {row.name: row for row in found(midi_replies, version, codes=(0x10, 0x12, 0x16)).replies}
    assert replies["identity request"].head[10] == ROWS["version-number"][version]
    assert bool(replies["mode request"].answer) == ROWS["midi-mode-request"][version]
    assert replies["multisound names request"].head[4] == ROWS["midi-names-request"][version]
    assert replies["program parameter request"].length == 170


def test_interrupts_of_openm1() -> None:
    seen = found(interrupt_map, "24")
    assert [row.level for row in seen.levels if not row.masked] == [0, 1]
    assert seen.used[0x20] == 500 and seen.waiting == ()
    assert all("nothing else any more" in row.unmasked for row in seen.levels if 2 <= row.level <= 6)
    assert len(seen.vectors) == 256


def test_texts_hold_what_the_banner_and_the_pages_say() -> None:
    seen = found(lcd_texts, "12")
    lines = {line.strip() for row in seen.texts for line in row.lcd}
    assert {"OpenM1 Music Workstation M1R #12", "Battery Low (Internal)", "RAM Error 01", "No Card"} <= lines
    assert ROWS["text-absent"]["12"] in lines
    assert len({row.lcd for row in seen.texts}) == len(seen.texts)


def test_info_of_a_version_with_tables() -> None:
    seen = firmware_info(read_firmware(["openm1:29"]))
    assert seen.banner_version == ROWS["version-text"]["29"] and seen.ended == "play page"
    counts = {row.names_of: row.count for row in seen.tables if row.names_of}
    assert counts == {"multisounds": ROWS["table-multisounds"]["29"], "effects": ROWS["table-effects"]["29"]}
    assert {"0F20", "0F1A"} <= {row.form for row in seen.nec}
    assert [row.number for row in seen.vectors] == [0x20, 0x21, 0x27]
    banner = next(row for row in seen.texts if row.text.startswith("OpenM1 Music"))
    assert banner.refs and (banner.seen[0].line, banner.seen[0].column) == (1, 1)
    assert [row.name for row in seen.settings][-1] == "OPSEL"


def test_a_firmware_without_a_page_gets_a_dossier_that_says_so() -> None:
    seen = dossier(firmware(WAITS_FOR_RAM), "m1").to_dict()
    assert set(seen["experiments"]) == set(NAMES)
    for row in seen["experiments"].values():
        assert any("no page that stands still" in note for note in row["result"]["notes"]), row["title"]
        assert row["sure"].startswith("doubtful")


def test_workers_change_nothing() -> None:
    firmware_24 = read_firmware(["openm1:24"])
    one, two = (dossier(firmware_24, "m1", ["layout", "hardware"], workers).json() for workers in (1, 2))
    assert one == two


def test_the_verbs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, page = tmp_path / "d.json", tmp_path / "d.md"
    command = ["probe", "openm1:24", "--only", "hardware,init", "--workers", "1"]
    command += ["-o", str(out), "--markdown", str(page)]
    assert main(command) == 0
    said = capsys.readouterr().out
    assert page.read_text("utf-8") == said and "## Chips" in said and "baud 31250" in said
    assert json.loads(out.read_text("utf-8"))["experiments"]["init"]["result"]["initialised"] is True
    assert main(["rom", "info", "openm1:24", "--no-run"]) == 0
    assert "FFFF0  jmp 0xf000" in capsys.readouterr().out
    assert main(["rom", "info", "openm1:24", "--no-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ended"] == "not run"
    assert main(["probe", "--list"]) == 0
    assert "threshold" in capsys.readouterr().out


@pytest.mark.parametrize("fill", [b"\xff", b"\xeb\xfe", b"\x00", bytes(range(256))])
def test_images_that_are_no_firmware_are_looked_at_in_bounded_time(
    fill: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "dump.bin"
    path.write_bytes((fill * 0x20000)[:0x20000])
    assert main(["rom", "info", str(path), "--no-run"]) == 0
    assert "Traceback" not in capsys.readouterr().err
    seen = battery_threshold(read_firmware([str(path)]), "m1")
    assert seen.code is None and "no page" in seen.notes[0]


def test_outputs_never_go_over_the_firmware(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "m1.bin"
    path.write_bytes(image(WAITS_FOR_RAM))
    before = path.read_bytes()
    assert main(["probe", str(path), "--only", "init", "-o", str(path)]) == 2
    assert "same file" in capsys.readouterr().err and path.read_bytes() == before
    assert main(["probe", str(tmp_path / "nothing.bin")]) == 1
    assert main(["probe", "openm1:24", "--only", "nonsense"]) == 2
    assert main(["probe"]) == 2


@pytest.mark.parametrize("workers", [1, 2])
def test_a_wish_to_stop_ends_the_experiments(workers: int) -> None:
    wishes = iter([0] * 3)
    with pytest.raises(Stopped):
        dossier(read_firmware(["openm1:24"]), "m1", ["keys", "validity"], workers, asked=lambda: next(wishes, 2))
