"""Recordings: every input at its clock, the same run on every engine, and the first difference named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from patience import LIMIT

from korgm1.cli import main
from korgm1.errors import M1Error, ReplayDifference, UsageError, UserError
from korgm1.recording import read_recording
from korgm1.replay import replay
from korgm1.session import Session

SYSEX = bytes.fromhex("F0423019 12F7 C02A".replace(" ", ""))
Lines = list[dict[str, Any]]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two power cycles with keys, slider, joystick and MIDI, a low cell at first, in the end a dead one."""
    path = tmp_path_factory.mktemp("rec") / "x.rec"
    with Session(engine="v30") as first:
        first.boot()
    session = Session(
        engine="v30", battery="low", seed=3, sram=first.sram, hypotheses={"H-VREF": 4.8}, card=bytes(32768)
    )
    session.record(path)
    session.power_on(hold=["INT"])
    session.press_at("4", 1.9)
    session.midi_in(SYSEX, at=1.8)
    session.run(2.1)
    session.slide(99)
    session.move("joystick_x", 7)
    session.run(0.033)
    session.midi_in(b"\xc0\x05")
    session.press("UP")
    session.power_off()
    session.set_battery(0.3)
    session.power_on()
    session.run(1.9)
    session.power_off()
    session.record_end()
    return path


@pytest.fixture(scope="module")
def lines(recorded: Path) -> Lines:
    return [json.loads(line) for line in recorded.read_text().splitlines()]


def write(path: Path, lines: Lines) -> Path:
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@pytest.mark.parametrize("engine", [None, "unicorn", "v30", "lockstep"])
def test_the_same_run_on_every_engine(recorded: Path, engine: str | None) -> None:
    played = replay(recorded, engine=engine)
    assert played.whole
    assert played.inputs == 15
    assert played.checks == len([line for line in read_recording(recorded).seen if "check" in line])
    assert played.result.engine == (engine or "v30")
    assert played.result.battery["volts"] == 0.3


def test_what_is_written_down(lines: Lines) -> None:
    head, end = lines[0], lines[-1]
    assert (head["format"], head["version"], head["model"], head["seed"]) == ("korgm1-record", 4, "m1", 3)
    assert head["hypotheses"]["H-VREF"] == 4.8
    assert head["firmware"]["sha1"] == Session(engine="v30").firmware.sha1
    assert end == {"end": True}
    done = [(line["do"], line["clock"]) for line in lines if "do" in line]
    assert [name for name, _ in done] == [
        "power_on", "key_down", "midi_in", "key_down", "key_up", "key_up", "slide", "move", "midi_in", "key_down",
        "key_up", "power_off", "battery", "power_on", "power_off",
    ]  # fmt: skip
    clocks = [clock for _, clock in done[:12]]
    assert clocks == sorted(clocks)
    pictures = [line["lcd"][0] for line in lines if "lcd" in line]
    assert any(text.startswith("Prog I4_") for text in pictures)


def test_a_recording_does_not_change_the_run(recorded: Path, tmp_path: Path) -> None:
    results = []
    for record in (False, True):
        session = Session(engine="v30", battery="low")
        if record:
            session.record(tmp_path / "x.rec")
        session.power_on()
        session.press_at("4", 1.9)
        session.run(2.5)
        results.append(session.result())
        session.record_end()
    assert results[0] == results[1]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 900_000), st.sampled_from(["UP", "4", "INT", "COMBI", "slide", "midi"])),
                max_size=6), st.integers(1, 3_000_000))
def test_any_inputs_at_any_clocks(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]], rest: int
) -> None:
    path = tmp_path_factory.mktemp("rec") / "x.rec"
    session = Session(engine="v30")
    session.record(path)
    session.power_on()
    session.run_until(14_400_000)
    for distance, what in steps:
        if what == "slide":
            session.slide(distance % 128)
        elif what == "midi":
            session.midi_in(SYSEX)
        elif what in session.machine.panel.held:
            session.key_up(what)
        else:
            session.key_down(what)
        session.run_until(session.clock + distance)
    session.run_until(session.clock + rest)
    session.record_end()
    assert replay(path, engine="unicorn").result.sram_sha1 == session.result().sram_sha1


def edit_first(lines: Lines, key: str, change: Callable[[dict[str, Any]], None], skip: int = 0) -> Lines:
    copy: Lines = json.loads(json.dumps(lines))
    found = [line for line in copy if key in line]
    change(found[skip])
    return copy


@pytest.mark.parametrize(("change", "text"), [
    (lambda ls: edit_first(ls, "check", lambda line: line["check"].update(sram="0" * 40), 3),
     "in the RAM at clock 8,0"),
    (lambda ls: edit_first(ls, "check", lambda line: line["check"].update(ports="0" * 40), 3),
     "in the port accesses at clock 8,0"),
    (lambda ls: edit_first(ls, "check", lambda line: line["check"].update(ports="0" * 40, accesses=5), 3),
     "recorded are 5"),
    (lambda ls: edit_first(ls, "check", lambda line: line["check"].update(sound="0" * 16), 3),
     "in the sound at clock 8,0"),
    (lambda ls: edit_first(ls, "check", lambda line: line.update(clock=8_000_001), 3), "in time"),
    (lambda ls: edit_first(ls, "lcd", lambda line: line["lcd"].__setitem__(0, "Hello")), "recorded is 'Hello|"),
    (lambda ls: [line for line in ls if "lcd" not in line], "which was not recorded"),
    (lambda ls: [line if line.get("key") != "4" else {**line, "key": "5"} for line in ls], "differs"),
    (lambda ls: edit_first(ls, "seed", lambda line: line.update(seed=4)), "in the RAM"),
    (lambda ls: [line for line in ls if line.get("do") != "midi_in"], "differs"),
    (lambda ls: [*ls[:-1], {"clock": 99, "lcd": ["", ""]}, ls[-1]], "before 1 recorded thing"),
])  # fmt: skip
def test_the_first_difference_is_named(
    lines: Lines, tmp_path: Path, change: Callable[[Lines], Lines], text: str
) -> None:
    with pytest.raises(ReplayDifference, match=text):
        replay(write(tmp_path / "x.rec", change(lines)), engine="v30")


def test_a_recording_from_before_there_was_sound_is_as_good(lines: Lines, tmp_path: Path) -> None:
    older: Lines = json.loads(json.dumps(lines))
    del older[0]["waves"]
    checks = [line["check"] for line in older if "check" in line]
    for check in checks:
        del check["sound"]
    assert replay(write(tmp_path / "x.rec", older), engine="v30").checks == len(checks) > 3


def test_an_input_between_two_boundaries_is_a_difference(lines: Lines, tmp_path: Path) -> None:
    """At 2.1 s the CPU is halted, so every clock is one; begin earlier, in the boot."""
    copy = list(lines)
    copy.insert(2, {"clock": 1_000_001, "do": "slide", "value": 3})
    copy.insert(3, {"clock": 1_000_002, "do": "slide", "value": 3})
    copy.insert(4, {"clock": 1_000_003, "do": "slide", "value": 3})
    with pytest.raises(ReplayDifference, match="no instruction ends there"):
        replay(write(tmp_path / "x.rec", copy), engine="v30")


@pytest.mark.parametrize(("change", "error", "text"), [
    (lambda ls: [], UserError, "empty"),
    (lambda ls: ls[1:], UserError, "is no recording"),
    (lambda ls: [{**ls[0], "version": 5}, *ls[1:]], UserError, "format 5"),
    (lambda ls: [{k: v for k, v in ls[0].items() if k != "seed"}, *ls[1:]], UserError, "has no 'seed'"),
    (lambda ls: [{**ls[0], "sram": "%%%"}, *ls[1:]], UserError, "header is damaged"),
    (lambda ls: [{**ls[0], "firmware": {"name": "M1", "version": "19", "sha1": "00"}}, *ls[1:]], UserError, "M1 19"),
    (lambda ls: [{**ls[0], "waves": "0" * 40}, *ls[1:]], UserError, "wave ROM 00000000"),
    (lambda ls: [*ls[:3], {"do": "slide"}, *ls[3:]], UserError, "line 4"),
    (lambda ls: [*ls[:2], {"clock": 5, "do": "explode"}, *ls[2:]], M1Error, "differs|explode"),
    (lambda ls: [ls[0], ls[1], {**ls[2], "key": "NOKEY"}, *ls[3:]], UsageError, "NOKEY"),
    (lambda ls: [ls[0], ls[1], {"clock": 0, "do": "slide", "value": None}, *ls[3:]], UserError, "cannot be given"),
    (lambda ls: [ls[0], *ls[2:]], UsageError, "power is off"),
])  # fmt: skip
def test_a_recording_that_cannot_be_used(
    lines: Lines, tmp_path: Path, change: Callable[[Lines], Lines], error: type[M1Error], text: str
) -> None:
    with pytest.raises(error, match=text):
        replay(write(tmp_path / "x.rec", change(lines)), engine="v30")


def test_the_file_of_a_killed_run_is_checked_as_far_as_it_goes(recorded: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.rec.part"
    data = recorded.read_bytes()
    path.write_bytes(data[: data.index(b'"do":"power_off"') - 30])
    played = replay(path, engine="unicorn")
    assert not played.whole
    assert played.checks >= 8


def test_a_recording_begins_before_power_on(tmp_path: Path) -> None:
    session = Session(engine="v30")
    session.power_on()
    with pytest.raises(UsageError, match="before power-on"):
        session.record(tmp_path / "x.rec")


def test_a_recording_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="cannot be written"):
        Session(engine="v30").record(tmp_path / "file" / "x.rec")
    with pytest.raises(UserError, match="cannot be written"):
        Session(engine="v30").record(tmp_path)


def test_the_older_file_stays_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    path.write_text("old")
    with Session(engine="v30") as session:
        session.record(path)
        session.power_on()
        session.run(0.3)
        assert path.read_text() == "old"
    assert replay(path).checks == 2
    assert [file.name for file in tmp_path.iterdir()] == ["x.rec"]


# the verbs


def test_boot_records_and_replays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "x.rec")
    assert main(["boot", "--battery", "low", "--press", "4@2", "--seconds", "2.5", "--record", path, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["boot", "--replay", path, "--engine", "v30", "--json"]) == 0
    second = json.loads(capsys.readouterr().out)
    assert second.pop("replay") == {"inputs": 4, "checks": 11, "whole": True, "same": True}
    assert {**first, "engine": "", "ended": ""} == {**second, "engine": "", "ended": ""}
    assert main(["boot", "--replay", path]) == 0
    assert "replay: 4 inputs, 11 checkpoints, all as recorded" in capsys.readouterr().out

    text = Path(path).read_text()
    Path(path).write_text(text.replace('"key":"4"', '"key":"5"'))
    assert main(["boot", "--replay", path]) == 1
    error = capsys.readouterr().err
    assert "the replay differs, first in" in error and "Traceback" not in error


@pytest.mark.parametrize("words", [
    ["--press", "4@2"], ["--battery", "dead"], ["--sram", "x"], ["--hold", "INT"], ["--seed", "3"],
    ["--seconds", "3"], ["--record", "y"], ["--model", "m1r"], ["--midi", "x.syx"], ["--png", "x.png"],
])  # fmt: skip
def test_a_replay_takes_no_inputs_of_its_own(
    recorded: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["boot", "--replay", str(recorded), *words]) == 2
    assert f"--replay and {words[0]} exclude each other" in capsys.readouterr().err


def test_run_records(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    command = [
        sys.executable, "-m", "korgm1", "run", "--terminal", "--no-sram", "--seconds", "0.6", "--record", str(path),
    ]
    subprocess.run(command, check=True, capture_output=True, input=b"", timeout=LIMIT)
    assert replay(path, engine="v30").checks >= 3
