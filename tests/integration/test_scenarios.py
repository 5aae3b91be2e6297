"""Every owner's report that can be played comes out as its case says, and does not without what makes the case."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from korgm1.cli import main
from korgm1.scenario import bank
from korgm1.scenario.description import all_scenarios, scenario_named
from korgm1.scenario.running import run

PLAYED = [name for name, case in all_scenarios().items() if not case.cannot]


def test_the_reports_of_the_list_are_there() -> None:
    assert len(PLAYED) >= 20
    assert {"dead-cell", "m1r-battery-low-internal", "warning-data-intact", "lost-without-warning"} <= set(PLAYED)


@pytest.mark.parametrize(
    "where",
    [
        "spacefold.com", "prodigalsounds.com", "suonoelettronico.com", "bombaydigital.com", "gaddy.org", "talkbass.com",
        "philtechnicalblog", "synthzone topic 16654", "t=122587", "id 8610917", "6905", "6910", "p=829688", "t=130503",
        "t=126374", "t=105913", "p=802206", "t=113468", "homerecording.com 38177", "musiker-board 624508", "494",
        "t=114553", "sequencer.de 175851", "sequencer.de 89115", "t=130489", "p=611881",
    ],
)
def test_each_known_report_has_a_case(where: str) -> None:
    assert [name for name, case in all_scenarios().items() if any(where in source.where for source in case.sources)]


@pytest.mark.parametrize("name", PLAYED)
def test_the_report_is_reproduced(name: str) -> None:
    played = run(scenario_named(name))
    assert played.holds, "\n".join(f"{one.what}: expected {one.expected}; found {one.found}" for one in played.failed)
    assert any(phase.checks for phase in played.phases)


@pytest.mark.parametrize("name", PLAYED)
def test_it_is_not_without_what_makes_the_case(name: str) -> None:
    assert not run(scenario_named(name), control=True).holds


@pytest.mark.parametrize(
    ("name", "fault"), [(name, fault) for name in PLAYED for fault in scenario_named(name).setup.faults]
)
def test_each_of_its_faults_counts(name: str, fault: str) -> None:
    case = scenario_named(name)
    sound = tuple(other for other in case.setup.faults if other != fault)
    assert not run(replace(case, setup=replace(case.setup, faults=sound))).holds


@pytest.mark.parametrize("name", [name for name in PLAYED if scenario_named(name).setup.hypotheses])
def test_its_guesses_count(name: str) -> None:
    case = scenario_named(name)
    assert not run(replace(case, setup=replace(case.setup, hypotheses={}))).holds


@pytest.mark.parametrize(
    "name", ["dead-cell", "restore-refused-then-accepted", "locks-with-a-note", "loses-its-way-with-a-note"]
)
def test_another_engine_shows_the_same(name: str) -> None:
    one, other = run(scenario_named(name)), run(scenario_named(name), engine="v30")
    assert one.to_dict() == other.to_dict()


def test_run_prints_reported_beside_emulated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["scenario", "run", "dead-cell", "--png", str(tmp_path / "lcd.png")]) == 0
    text = capsys.readouterr().out
    assert "REPORTED" in text and "EMULATED" in text and "Battery Low (Internal)" in text
    assert "verdict: as reported" in text
    assert max(map(len, text.splitlines())) <= 100
    assert (tmp_path / "lcd.png").read_bytes().startswith(b"\x89PNG")


def test_a_verdict_points_at_what_differs_under_that_name(capsys: pytest.CaptureFixture[str]) -> None:
    name = "message-until-contacts-are-clean"
    assert main(["scenario", "run", name]) == 0
    text = capsys.readouterr().out
    assert "\ndiffers: " in text and text.endswith("verdict: as reported, but for what differs\n\n")
    assert main(["scenario", "run", name, "--json"]) == 0
    played = json.loads(capsys.readouterr().out)[0]
    assert played["verdict"] == "as reported, but for what differs" and played["differs"]


def test_a_difference_is_shown_and_ends_with_5(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", "dead-cell", "--control"]) == 5
    text = capsys.readouterr().out
    assert "DIFFERS: stored data: expected lost; found kept" in text and "NOT AS EXPECTED" in text
    assert "the control run: with a fresh cell" in text


def test_several_end_with_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", "rom-check", "three-key-initialise"]) == 0
    assert capsys.readouterr().out.rstrip().endswith("2 of 2 as expected")


def test_json_of_run_and_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "run", "rom-check", "--json"]) == 0
    (played,) = json.loads(capsys.readouterr().out)
    assert played["holds"] and played["phases"][0]["lcd"][-1]["lcd"][0].startswith("Prog I00 Warm Piano")
    assert main(["scenario", "list", "--json"]) == 0
    rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)}
    assert rows["dead-cell"]["cannot"] is None and rows["t1-one-voice"]["cannot"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["run"], 2, "no scenario is named"),
        (["run", "dead-cell", "--all"], 2, "exclude each other"),
        (["run", "ded-cell"], 2, "dead-cell"),
        (["run", "t1-one-voice"], 2, "cannot be played"),
        (["run", "rom-check", "dead-cell", "--png", "x.png"], 2, "one NAME"),
        (["run", "none.toml"], 1, "none.toml cannot be read"),
        (["run", "rom-check", "--png", "."], 1, "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_said(
    words: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["scenario", *words]) == code
    assert message in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", [1, 150, 300])
def test_ctrl_c_ends_it_with_one_line_wherever_it_is(
    write: int, tmp_path: Path, capfd: pytest.CaptureFixture[str], ctrl_c_at_lcd_write: Callable[[int], None]
) -> None:
    bank.named()
    ctrl_c_at_lcd_write(write)
    words = ["run", "swap-with-power-on", "message-until-contacts-are-clean", "--json"]
    assert main(["scenario", *words]) == 130
    said = capfd.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert said.err.startswith("korgm1: stopped in ") and " of 2 were played to their end" in said.err


def test_ctrl_c_ends_it_while_its_memory_is_made(
    capfd: pytest.CaptureFixture[str], ctrl_c_at_lcd_write: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bank, "_made", {})
    ctrl_c_at_lcd_write(100)
    assert main(["scenario", "run", "dead-cell"]) == 130
    assert "stopped in dead-cell, before its first phase" in capfd.readouterr().err and not bank._made


def test_a_case_of_ones_own(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'title = "T"\nreported = "R."\n[[source]]\nwhere = "W"\n[[phase]]\ntitle = "P"\ndo = "on note-on=99"\n'
        '[control]\nsays = "S"\nseed = 3\n'
    )
    assert main(["scenario", "run", str(path)]) == 2
    assert "mine, P, note-on=99: " in capsys.readouterr().err
