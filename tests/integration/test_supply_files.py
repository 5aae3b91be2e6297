"""The supply's past in recordings and snapshots, older ones and damaged ones too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from instruments import ENGINES, YEAR, started

from korgm1.errors import ReplayDifference, SnapshotError, UsageError, UserError
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.snapshot import decode, encode


@pytest.mark.parametrize("engine", ENGINES)
def test_a_session_with_everything_is_replayed(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "x.rec"
    session = Session(engine=engine, battery="CR2032@2.4", faults=["no-supervisor"], seed=11, celsius=33.0)
    session.record(path)
    session.boot()
    session.press_at("4", session.clock / 8e6 + 0.01)
    session.dip(0.0255)
    session.run(0.3)
    session.dip(0.027)
    session.run(0.3)
    session.power_off()
    session.leave(2.5 * YEAR, 30.0, 0.02)
    session.swap_cell("CR2032", 20.0)
    session.power_on()
    session.run(2.0)
    session.dip(0.7)
    session.swap_cell("same", 0.3)
    session.run(0.3)
    session.record_end()
    for other in ENGINES:
        played = replay(path, engine=other).result
        mine = session.result()
        assert (played.sram_sha1, played.lcd, played.wake) == (mine.sram_sha1, mine.lcd, mine.wake)
        assert (played.battery, played.faults) == (mine.battery, mine.faults)


def test_state_and_time_off_are_in_a_snapshot() -> None:
    one = started(battery="CR2032@2.3")
    one.power_off()
    one.leave(0.5 * YEAR)
    two = Session(engine="unicorn")
    two.restore(one.snapshot())
    assert two.snapshot() == one.snapshot() or decode(two.snapshot()).blocks == decode(one.snapshot()).blocks
    for session in (one, two):
        session.leave(0.5 * YEAR)
        session.power_on()
        session.run(1.5)
    assert one.wake == two.wake and one.wake is not None and one.wake.lost > 0
    assert one.sram == two.sram and one.battery.snapshot() == two.battery.snapshot()


def test_a_snapshot_with_a_fault_nobody_knows_is_refused() -> None:
    session = started()
    before = session.snapshot()
    saved = decode(before)
    saved.manifest["faults"] = ["r99-open"]
    with pytest.raises(SnapshotError, match="r99-open"):
        session.restore(encode(saved))
    assert session.snapshot() == before


def as_version_2(path: Path, lowest: float | None = None) -> None:
    """Rewrite a recording as version 2 wrote it: cells were volts, and the past of the RAM's supply one number."""
    rows = [json.loads(row) for row in path.read_text().splitlines()]
    head = {key: value for key, value in rows[0].items() if key not in ("supply", "faults")}
    out = [{**head, "version": 2, "lowest_volts": lowest}]
    volts = head["battery"]
    for row in rows[1:]:
        if row.get("do") == "battery":
            volts = 0.0 if row["cell"] is None else row["cell"]["volts"]
            row = {"clock": row["clock"], "do": "battery", "volts": volts}
        elif row.get("do") == "power_on":
            row = {**row, "battery": volts}
        out.append(row)
    path.write_text("".join(json.dumps(row) + "\n" for row in out))


def test_a_recording_of_version_2_is_still_read(tmp_path: Path) -> None:
    path = tmp_path / "x.rec"
    session = started(battery="low")
    session.power_off()
    session.set_battery("absent")
    session.set_battery("low")
    session.record(path)
    session.power_on()
    assert session.wake is not None and session.wake.lost > 500_000
    session.run(2.0)
    session.set_battery(2.9)
    session.power_off()
    session.set_battery("dead")
    session.set_battery("fresh")
    session.power_on()
    session.run(2.0)
    session.record_end()
    as_version_2(path, lowest=0.0)
    played = replay(path, engine="unicorn")
    assert played.whole and played.result.sram_sha1 == session.result().sram_sha1
    rows = path.read_text().splitlines()
    path.write_text("\n".join([json.dumps({**json.loads(rows[0]), "lowest_volts": 2.5}), *rows[1:]]) + "\n")
    with pytest.raises(ReplayDifference):
        replay(path)


@pytest.mark.parametrize(("lowest", "kept"), [(None, True), (2.05, True), (0.3, False)])
def test_a_snapshot_of_the_first_layouts_is_still_read(lowest: float | None, kept: bool) -> None:
    session = started(battery="fresh")
    session.power_off()
    saved = decode(session.snapshot())
    del saved.manifest["faults"], saved.blocks["session"]["wake"], saved.blocks["power"]["frozen"]
    saved.blocks["session"]["lowest_volts"] = lowest
    saved.blocks["battery"] = {"volts": 3.2}
    del saved.versions["battery"], saved.versions["power"]
    other = Session(engine="unicorn", battery="dead", faults=["fram"])
    other.restore(encode(saved))
    assert other.battery.on is False
    assert other.battery.cell_volts == 3.2 and other.faults.texts == () and other.wake is None
    other.power_on()
    assert (other.sram == session.sram) is kept


def test_an_older_snapshot_with_the_power_on_knows_that_it_is() -> None:
    session = started()
    saved = decode(session.snapshot())
    saved.blocks["battery"] = {"volts": 3.2}
    del saved.versions["battery"]
    other = Session(engine="v30")
    other.restore(encode(saved))
    other.set_battery(None)
    assert other.battery.history.empty and other.battery.held_years == 0


@pytest.mark.parametrize("change", [
    {"celsius": 100.0}, {"celsius": float("nan")}, {"node": -1.0}, {"held_seconds": "x"}, {"contact_ohms": -1.0},
    {"cell": {"kind": "AA"}}, {"cell": {"kind": "CR2032"}}, {"history": 5},
    {"history": {"levels": [999], "seconds": [1.0], "lowest": 0.1}},
])  # fmt: skip
def test_a_damaged_past_of_the_supply_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    session = started()
    session.power_off()
    before = session.snapshot()
    saved = decode(before)
    saved.blocks["battery"] = {**saved.blocks["battery"], **change}
    with pytest.raises(SnapshotError):
        session.restore(encode(saved))
    assert session.snapshot() == before
    path = tmp_path / "x.rec"
    session.record(path)
    session.power_on()
    session.record_end()
    head, *rows = path.read_text().splitlines()
    fields = json.loads(head)
    fields["supply"] = {**fields["supply"], **change}
    path.write_text("\n".join([json.dumps(fields), *rows]) + "\n")
    with pytest.raises(UserError, match="header is damaged"):
        replay(path)


@pytest.mark.parametrize("line", [
    {"do": "leave", "seconds": -1, "celsius": None, "on_share": 0}, {"do": "leave", "seconds": 1},
    {"do": "battery", "cell": {"kind": "AA"}}, {"do": "battery", "cell": 5}, {"do": "contact", "ohms": -1},
    {"do": "celsius", "celsius": 86}, {"do": "celsius"}, {"do": "celsius", "celsius": "warm"},
    {"do": "supply", "what": "stray", "address": 99999, "value": 1}, {"do": "supply", "what": "x"},
    {"do": "supply", "what": "stray", "address": 1, "value": 300},
])  # fmt: skip
def test_an_input_that_cannot_be_is_refused(tmp_path: Path, line: dict[str, Any]) -> None:
    path = tmp_path / "x.rec"
    session = started()
    session.power_off()
    session.record(path)
    session.power_on()
    session.record_end()
    head, *rows = path.read_text().splitlines()
    place = 1 if line["do"] == "supply" else 0
    rows.insert(place, json.dumps({"clock": 0, **line}))
    path.write_text("\n".join([head, *rows]) + "\n")
    with pytest.raises((UserError, UsageError)):
        replay(path)
