"""Years without power, cells changed: what a session makes of them, and how it is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from instruments import YEAR, initialised, started

from korgm1.cli import main
from korgm1.errors import UsageError
from korgm1.physics.cell_cr2032 import Cr2032
from korgm1.replay import replay
from korgm1.session import Session


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
