"""The desk's one vocabulary: every command by its name and as it is typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.desk.commands import COMMANDS, attempt, check, described, perform, typed
from korgm1.errors import M1Error, UsageError
from korgm1.session import Session
from korgm1.verbs.midi_player import MidiPlayer


@pytest.fixture
def desk() -> Desk:
    desk = Desk(Session())
    desk.power(True)
    desk.run(2 * CPU_HZ)
    return desk


LINES = [
    ("press INT", lambda d: d.held == {"INT"}),
    ("press EDIT PROG 0.2", lambda d: d.held == {"EDIT PROG"}),
    ("press edit_combi", lambda d: d.held == {"EDIT COMBI"}),
    ("down 10HOLD", lambda d: d.held == {"10HOLD"}),
    ("up INT", lambda d: d.held == set()),
    ("value 99", lambda d: d.value == 99),
    ("turn 3", lambda d: d.value == 3),
    ("move joystick_x 9", lambda d: d.controls["joystick_x"] == 9),
    ("note 24 90 1s", lambda d: d.notes == {24}),
    ("note-on 12", lambda d: d.notes == {12}),
    ("note-off 12", lambda d: d.notes == set()),
    ("let-go", lambda d: d.notes == set()),
    ("power off", lambda d: not d.powered),
    ("power on", lambda d: d.powered),
    ("power toggle", lambda d: not d.powered),
    ("reset", lambda d: d.powered),
    ("dip 40ms", lambda d: "mains" in d.messages[-1].text),
    ("cell CR2032@2.6", lambda d: d.session.battery.cell_volts < 2.7),
    ("cell absent", lambda d: d.session.battery.cell is None),
    ("leave 8y", lambda d: not d.powered),
    ("temperature -5.5", lambda d: d.session.battery.celsius == -5.5),
    ("faults adc-dead r29-open", lambda d: d.session.faults.texts == ("adc-dead", "r29-open")),
    ("faults", lambda d: d.session.faults.texts == ()),
    ("hypothesis H-VREF 4.5", lambda d: d.session.hypotheses["H-VREF"] == 4.5),
    ("hypothesis H-VREF", lambda d: d.session.hypotheses["H-VREF"] == 5.0),
    ("engine v30", lambda d: d.session.engine_name == "v30"),
    ("midi 90 3C 64", lambda d: True),
    ("volume 30", lambda d: d.volume == 30),
    ("contrast 70", lambda d: d.contrast == 70),
    ("backlight 4000", lambda d: 4000 <= d.backlight_hours < 4000.1),
    ("rewind 1", lambda d: d.ahead == 1),
    ("rewind", lambda d: d.ahead == 1),
    ("scenario dead-cell", lambda d: d.scenario == "dead-cell"),
    ("run 0.5", lambda d: d.now >= 2.5 * CPU_HZ),
    ("lcd", lambda d: True), ("leds", lambda d: True), ("state", lambda d: True),
]  # fmt: skip
FILES = {"card", "pcm-card", "midi-file", "save", "load", "screenshot"}


@pytest.mark.parametrize(("line", "holds"), LINES, ids=[line for line, _ in LINES])
def test_what_is_typed_is_done(desk: Desk, line: str, holds: Any) -> None:
    json.dumps(typed(desk, line))
    assert holds(desk)


def test_every_command_is_tried_here() -> None:
    assert {line.split()[0] for line, _ in LINES} | FILES == set(COMMANDS)


def test_commands_with_files(desk: Desk, tmp_path: Path) -> None:
    card = tmp_path / "a card.card"
    card.write_bytes(bytes(32768))
    typed(desk, f"card insert {card}")
    assert desk.session.card_path == card, "blanks in the last argument need no quotes"
    typed(desk, "card protect on")
    assert desk.session.card is not None and desk.session.card.protected
    typed(desk, "card eject")
    pcm = tmp_path / "x.pcm"
    pcm.write_bytes(bytes(2000))
    typed(desk, f"pcm-card insert '{pcm}'")
    typed(desk, "pcm-card eject")
    typed(desk, f"save {tmp_path / 'x.state'}")
    typed(desk, f"load {tmp_path / 'x.state'}")
    typed(desk, f"screenshot {tmp_path / 'x.png'}")
    assert desk.messages[-1].text == f"{tmp_path / 'x.png'} written"
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
    for line in ("card insert", "card protect maybe", "pcm-card insert", f"screenshot {tmp_path / 'y.png'} window",
                 "midi-file x.mid", "scenario stop"):
        with pytest.raises(M1Error):
            typed(desk, line)
    drawn: list[str] = []
    desk.window_picture = drawn.append
    perform(desk, "screenshot", {"path": "w.png", "of": "window"})
    played: list[str] = []
    desk.play_midi_file = played.append
    typed(desk, "midi-file my song.mid")
    assert (drawn, played) == (["w.png"], ["my song.mid"])


@pytest.mark.parametrize(("line", "text"), [
    ("", "nothing is typed"), ("pres INT", "no command 'pres'.*press"), ("press", "press has no key"),
    ("press NOKEY", "no key 'NOKEY'"), ("value", "has no position"), ("value x", "a whole number"),
    ("value 1.5", "whole"), ("value 128", "0 to 127"), ("value 1 2", "more than value takes"), ("power up", "on, off"),
    ("engine z80", "unicorn"), ("leave soon", "a time"), ("midi 9", "hexadecimal"), ("cell 'x", "quotes"),
    ("volume 101", "0 to 100"), ("run 99999", "0 to 600"), ("note 24 x", "velocity"), ("rewind nan", "whole number"),
])  # fmt: skip
def test_what_cannot_be_typed_is_told(desk: Desk, line: str, text: str) -> None:
    with pytest.raises(UsageError, match=text):
        typed(desk, line)
    assert not attempt(desk, line)
    assert desk.messages[-1].kind == "error"


@pytest.mark.parametrize(("name", "arguments"), [
    ("press", {"key": "INT", "colour": 1}), ("press", {"key": ["INT"]}), ("value", {"position": True}),
    ("value", {"position": None}), ("lcd", {"x": 1}), ("midi", {"data": [1, 999]}), ("faults", {"words": 5}),
    ("leave", {"time": float("nan")}), ("leave", {"time": {}}), ("save", {"path": "a\0b"}), ("turn", {"steps": "1e99"}),
    ("save", {"path": "a\ud800"}), ("temperature", {"celsius": False}), ("no-such", {}),
    ("turn", {"steps": float("inf")}),
])  # fmt: skip
def test_arguments_that_cannot_be_are_told(desk: Desk, name: str, arguments: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        perform(desk, name, arguments)


def test_arguments_of_other_programs(desk: Desk) -> None:
    perform(desk, "midi", {"data": [0xC0, 5]})
    perform(desk, "faults", {"words": ["adc-dead"]})
    perform(desk, "power", {"to": "off", "hold": None})
    perform(desk, "power", {"to": "on", "hold": ["INT", "EDIT PROG"]})
    assert desk.held == {"INT", "EDIT PROG"} and desk.session.faults.texts == ("adc-dead",)


@pytest.mark.parametrize(
    "line", ["save", "load", "card insert", "pcm-card insert", "midi-file", "screenshot", "scenario"]
)
def test_no_name_of_a_file_is_more_than_an_error(
    desk: Desk, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    MidiPlayer(desk)
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "folder").mkdir()
    for name in ("x" * 5000, "circle", "folder", "none/x" if line not in ("save", "screenshot") else "/dev/null", "/"):
        with pytest.raises(M1Error):
            typed(desk, f"{line} {name}")


@pytest.mark.parametrize("line", ["save {}", "screenshot {}"])
def test_no_command_writes_over_image_or_card(line: str, tmp_path: Path) -> None:
    image, card = tmp_path / "x.sram", tmp_path / "x.card"
    card.write_bytes(bytes(32768))
    desk = Desk(Session(sram=image, card=card, engine="v30"))
    for scene in (False, True):
        for path in (image, card, tmp_path / "x.card.toml"):
            with pytest.raises(UsageError, match="are the same file"):
                typed(desk, line.format(path))
        if not scene:
            desk.start_scenario("dead-cell")
    assert card.read_bytes() == bytes(32768) and [file.name for file in tmp_path.iterdir()] == ["x.card"]
    typed(desk, line.format(tmp_path / "other"))


def test_the_description_is_plain_data() -> None:
    rows = json.loads(json.dumps(described()))
    assert [row["name"] for row in rows] == list(COMMANDS)
    assert all(row["help"] and argument["help"] for row in rows for argument in row["arguments"])
    assert "power on|off|toggle [HOLD]" in [row["usage"] for row in rows]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(
    st.text(max_size=40),
    st.tuples(st.sampled_from(sorted(set(COMMANDS) - {"save", "screenshot", "run", "scenario"})), st.text(max_size=20))
    .map(" ".join),
))
def test_whatever_is_typed_is_done_or_told(line: str) -> None:
    try:
        check(line)
    except UsageError:
        pass
    attempt(OFF, line)


OFF = Desk(Session(engine="v30"), minutes=0)
