"""Dips of the mains, with and without a reset IC, on every engine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from instruments import BAR, ENGINES, initialised, started

from korgm1.replay import replay
from korgm1.session import Session


@pytest.mark.parametrize("engine", ENGINES)
def test_dips_with_a_reset_ic(engine: str) -> None:
    session = started(engine=engine)
    session.press("4")
    before, picture = session.sram, session.lcd
    assert session.dip(0.015) == "nothing" and session.lcd == picture
    begun, cpu, levels = session.clock, session.machine.engine, []
    session.machine.reset_n.connect(lambda level: levels.append((level, cpu.clock, cpu.instructions)))
    assert session.dip(0.027) == "reset"
    (low, fell, before_it), (high, rose, after_it) = levels
    assert (low, high) == (0, 1) and before_it == after_it, "the CPU did nothing meanwhile"
    assert 0.022 < (fell - begun) / 8e6 < 0.0226 and 0.031 < (rose - begun) / 8e6 < 0.036
    session.run(2.5)
    assert session.timeline[-1].lcd[0].startswith("Prog I00") and session.sram[0x1000:0xC69B] == before[0x1000:0xC69B]
    rows = [row.lcd[0] for row in session.timeline]
    assert BAR not in rows[rows.index(picture[0]) :], "the display kept its supply"
    assert session.dip(0.032) == "reset"
    assert session.lcd[0] == BAR, "its controller began anew"
    session.run(2.5)
    assert session.dip(1.0) == "power cycle" and session.clock == 0
    assert session.wake is not None and session.wake.lost == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_the_cpu_freezes_without_one(engine: str) -> None:
    session = started(engine=engine, faults=["no-supervisor"], hypotheses={"H-STRAY": "none"})
    session.run(0.2)
    session.note_on(24)
    session.run(0.1)
    picture, leds, said = session.lcd, session.leds, len(session.midi_out)
    assert session.dip(0.027) == "freeze"
    ram = session.sram
    assert session.frozen is not None and "stands still since clock" in session.frozen and session.stopped is None
    since = session.machine.engine.instructions
    session.note_off(24)
    session.key_down("4")
    session.midi_in(b"\xc0\x05")
    state = session.snapshot()
    session.run(30)
    assert (session.lcd, session.leds, session.sram) == (picture, leds, ram)
    assert len(session.midi_out) <= said + 2, "what the transmitter had, and no more"
    assert session.machine.engine.instructions == since
    assert session.boot().ended == "frozen"
    other = Session(engine="v30")
    other.restore(state)
    assert other.frozen == session.frozen
    other.run(30)
    assert (other.lcd, other.sram, other.machine.engine.instructions) == (picture, ram, since)
    session.key_up("4")
    session.power_off()
    assert session.frozen is None
    result = session.boot()
    assert result.frozen is None and result.ended == "play page"
    assert session.sram[0x1000:0xC69B] == ram[0x1000:0xC69B]
    other.reset()
    assert other.frozen is None
    other.run(3)
    assert other.machine.engine.instructions > since


def test_a_dip_may_leave_stray_bytes() -> None:
    """Beside the six counters and the stack that the firmware itself changes every tick."""
    ends = {}
    for stray in ("none", "last", "poisson"):
        session = started(faults=["no-supervisor"], seed=5, hypotheses={"H-STRAY": stray})
        assert session.dip(0.027) == "freeze"
        ends[stray] = session.sram
    changed = {stray: sum(a != b for a, b in zip(ram, ends["none"], strict=True)) for stray, ram in ends.items()}
    assert 1 <= changed["last"] < changed["poisson"] < 40


def test_switching_off_without_a_reset_ic_may_leave_stray_bytes_too() -> None:
    sums = set()
    for faults in ([], ["no-supervisor"]):
        session = started(faults=faults, seed=5)
        session.power_off()
        sums.add(session.sram)
    assert len(sums) == 2


def test_a_replay_writes_the_stray_bytes_of_a_power_off_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.rec"
    session = Session(engine="v30", sram=initialised(), faults=["no-supervisor"], seed=5)
    session.record(path)
    session.boot()
    session.power_off()
    left = session.sram
    session.power_on()
    session.run(0.3)
    session.record_end()
    recorded = [line for line in map(json.loads, path.read_text().splitlines()) if line.get("do") == "supply"]
    assert [line["what"] for line in recorded] == ["stray"] * (len(recorded) - 1) + ["freeze"]
    plain = Session(engine="v30", sram=initialised(), seed=5)
    plain.boot()
    plain.power_off()
    assert plain.sram != left
    done: list[tuple[Any, ...]] = []
    monkeypatch.setattr(Session, "_note", lambda self, name, **fields: done.append((name, fields)))
    assert replay(path, engine="unicorn").result.sram_sha1 == session.result().sram_sha1
    given = [fields for name, fields in done if name == "supply"]
    assert given == [{key: line[key] for key in ("what", "address", "value")} for line in recorded]


def test_while_reset_is_low_nothing_freezes_and_no_stray_byte_arrives() -> None:
    session = Session(engine="v30", sram=initialised(), faults=["no-supervisor"], seed=5,
                      hypotheses={"H-RESET-DELAY": 1000})
    session.power_on()
    assert session.dip(0.027) == "nothing" and session.frozen is None and session.sram == initialised()
    session.power_off()
    assert session.sram == initialised()


def test_a_file_waits_once_however_often_the_mains_fail(tmp_path: Path) -> None:
    path = tmp_path / "x.sram"
    path.write_bytes(bytes(65536))
    path.with_name("x.sram.1").write_bytes(b"older")
    session = Session(engine="v30", sram=path)
    session.boot()
    for _ in range(4):
        assert session.dip(1.0) == "power cycle"
    session.power_off()
    kept = {other.name: other.read_bytes() for other in tmp_path.iterdir()}
    assert kept.pop("x.sram") == session.sram
    assert b"older" in kept.values() and bytes(65536) in kept.values()
