"""Years without power, cells changed, dips of the mains: what a session makes of them, on every engine."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from korgm1.cli import main
from korgm1.errors import ReplayDifference, SnapshotError, UsageError, UserError
from korgm1.physics.cell_cr2032 import Cr2032
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.snapshot import decode, encode

YEAR = 31_557_600.0
ENGINES = ("unicorn", "v30", "lockstep")
BAR = "█" * 40


@cache
def initialised() -> bytes:
    session = Session(engine="v30")
    session.boot()
    session.power_off()
    return session.sram


def started(**options: Any) -> Session:
    session = Session(**{"sram": initialised(), "engine": "v30", **options})
    session.boot()
    return session


# time without power


def test_a_cell_goes_flat_and_takes_the_ram_with_it() -> None:
    outcomes = []
    for years in (0, 5, 10, 14, 20):
        session = started(battery="CR2032", hypotheses={"H-CELL-DRY": 0.0})
        session.power_off()
        session.leave(years * YEAR)
        result = session.boot()
        assert session.wake is not None and result.wake is not None
        outcomes.append((session.wake.lost, result.battery["adc_code"], session.battery.ram_volts))
    lost, codes, volts = zip(*outcomes, strict=True)
    assert list(lost) == sorted(lost) and lost[:2] == (0, 0) and lost[-1] > 500_000
    assert list(codes) == sorted(codes, reverse=True) and list(volts) == sorted(volts, reverse=True)


def test_what_was_told_is_all_the_time_there_is() -> None:
    """A dead cell: nobody says how long is a day, a second is a second."""
    for told, kept in ((None, False), (1.0, True), (0.0, True), (3600.0, False)):
        session = started(battery="dead")
        session.power_off()
        before = session.sram
        if told is not None:
            session.leave(told)
        session.power_on()
        assert session.wake is not None and (session.wake.lost == 0) is kept
        assert (session.sram == before) is kept


def test_a_warm_attic_is_worse_than_a_cellar() -> None:
    volts = {}
    for celsius in (5.0, 25.0, 40.0):
        session = Session(engine="v30", battery="CR2032")
        session.leave(6 * YEAR, celsius)
        volts[celsius] = session.battery.cell_volts
    assert volts[5.0] > volts[25.0] > volts[40.0]
    spans = [Session(engine="v30", battery="CR2032", celsius=at).leave(YEAR) for at in (5.0, 40.0)]
    assert spans[0].depth[-1] < spans[1].depth[-1] and [span.celsius for span in spans] == [5.0, 40.0]


def test_the_room_is_as_warm_as_was_said_last(tmp_path: Path) -> None:
    """In the cold a used cell reads lower: the warning comes and goes with the room."""
    session = Session(engine="v30", battery="CR2032@2.52", sram=initialised())
    session.record(tmp_path / "x.rec")
    codes, warned = {}, {}
    for celsius in (25.0, -5.0, 40.0):
        session.set_celsius(celsius)
        session.leave(60)
        codes[celsius] = session.boot().battery["adc_code"]
        warned[celsius] = session.lcd[1].startswith("Battery Low")
        session.power_off()
    session.record_end()
    assert codes[-5.0] < 0x80 <= codes[25.0] <= codes[40.0]
    assert warned == {25.0: False, -5.0: True, 40.0: False}
    played = replay(tmp_path / "x.rec", engine="unicorn").result
    assert played.battery == {**played.battery, "celsius": 40.0, "adc_code": codes[40.0]}
    other = Session(engine="v30")
    other.restore(session.snapshot())
    assert other.battery.celsius == 40.0


def test_a_cell_out_of_its_holder() -> None:
    for seconds, kept in ((5.0, True), (600.0, False)):
        session = started(battery="CR2032@2.6")
        session.power_off()
        session.swap_cell("CR2032", seconds)
        session.power_on()
        assert session.wake is not None and (session.wake.lost == 0) is kept
        assert session.battery.cell_volts > 3.2
    session = started(battery="CR2032@2.6")
    session.power_off()
    cell = session.battery.cell
    assert isinstance(cell, Cr2032)
    drawn, age = cell.drawn_mah, cell.age_seconds
    session.swap_cell("same", 500.0)
    assert session.battery.cell is cell
    assert cell.drawn_mah == drawn and cell.age_seconds - age == pytest.approx(500), "it lay on the bench"


def test_a_cell_changed_with_the_power_on_loses_nothing() -> None:
    session = started(battery="CR2032@2.3")
    assert session.lcd[1].startswith("Battery Low")
    begun = session.clock
    session.swap_cell("CR2032", 5.0)
    assert session.clock - begun >= 5 * 8_000_000
    session.power_off()
    before = session.sram
    session.leave(3 * YEAR)
    session.power_on()
    assert session.sram == before
    assert session.boot().wake == {"lost": 0, "flipped": 0, "lowest_volts": None, "blank": False}
    assert not session.lcd[1].startswith("Battery Low")


def test_seeds_are_instruments() -> None:
    def left(seed: int) -> tuple[int, float]:
        session = Session(engine="v30", battery="CR2032@2.2", sram=initialised(), seed=seed)
        session.leave(YEAR)
        session.power_on()
        assert session.wake is not None
        return session.wake.lost, session.battery.cell_volts

    assert left(1) == left(1) != left(2)


def test_the_imprint_knows_how_long_the_data_were_there() -> None:
    def flipped(imprint: float) -> int:
        session = started(hypotheses={"H-SRAM-IMPRINT": imprint})
        session.power_off()
        session.leave(20 * YEAR)
        session.set_battery(None)
        session.leave(YEAR)
        session.power_on()
        assert session.wake is not None
        return session.wake.flipped

    assert flipped(0.5) < flipped(0.0)


@pytest.mark.parametrize(("call", "text"), [
    (lambda s: s.leave(-1), "is no time"), (lambda s: s.leave(float("nan")), "is no time"),
    (lambda s: s.leave(201 * YEAR), "0 to 200 years"), (lambda s: s.leave(1, 86), "is no temperature"),
    (lambda s: s.leave(1, on_share=1.01), "no share"), (lambda s: s.swap_cell("AA"), "is not known"),
    (lambda s: s.swap_cell("CR2032@9"), "CR2032|out of range"), (lambda s: s.swap_cell(seconds=-1), "is no time"),
    (lambda s: s.set_celsius(86), "is no temperature"), (lambda s: s.set_celsius(float("nan")), "is no temperature"),
    (lambda s: s.dip(1), "power is off"), (lambda s: s.supply("hold"), "power is off"),
])  # fmt: skip
def test_what_cannot_be_changes_nothing(call: Any, text: str) -> None:
    session = started()
    session.power_off()
    before = session.snapshot()
    with pytest.raises(UsageError, match=text):
        call(session)
    assert session.snapshot() == before
    session.power_on()
    with pytest.raises(UsageError, match="power is on"):
        session.leave(1)
    with pytest.raises(UsageError, match="no step"):
        session.supply("explode")


# dips of the mains


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


# files of older versions


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


# the command line


def test_boot_says_what_was_lost(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x.sram"
    path.write_bytes(initialised())
    assert main(["boot", "--sram", str(path), "--battery", "1.1", "--temp", "30", "--fault", "lcd-busy-stuck"]) == 0
    text = capsys.readouterr().out
    assert "faults: lcd-busy-stuck" in text
    (row,) = [row for row in text.splitlines() if row.startswith("RAM: ")]
    assert " of 524,288 cells lost their content while off (lowest supply 0." in row and "bits read differently" in row
    assert main(["boot"]) == 0
    assert "RAM: never powered before" in capsys.readouterr().out
    assert main(["boot", "--sram", str(path)]) == 0
    assert "RAM: " not in capsys.readouterr().out
    assert main(["boot", "--fault", "reset-stuck"]) == 0
    assert "frozen: /RESET is stuck low" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["--temp", "86"], ["--temp", "warm"], ["--battery", "CR2032@7"], ["--fault", "x"]])
def test_options_that_cannot_be(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(["boot", *words]) == 2
    except SystemExit as ended:
        assert ended.code == 2
    assert "expected" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "kind"), [([], "CR2032"), (["--battery", "fresh"], "supply")])
def test_boot_age_takes_the_cell_that_is_named(words: list[str], kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["boot", "--age", "off=1y", "--json", *words]) == 0
    assert json.loads(capsys.readouterr().out)["battery"]["kind"] == kind


def test_a_new_cell_is_another_one_and_the_old_one_is_itself() -> None:
    m1 = Session(battery="CR2032", seed=3)
    first = m1.battery.cell
    m1.swap_cell()
    second = m1.battery.cell
    m1.swap_cell("same")
    assert first is not None and second is not None and first.kind == second.kind == "CR2032"
    assert second.snapshot()["seed"] != first.snapshot()["seed"] and m1.battery.cell is second
    again = Session(battery="CR2032", seed=3)
    again.swap_cell()
    assert again.battery.cell is not None and again.battery.cell.snapshot()["seed"] == second.snapshot()["seed"]
