"""The benches run: their boards and their arithmetic follow the program. What they measure is no test."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from korgm1.machine.engines import NAMES

BENCH = Path(__file__).resolve().parents[2] / "bench"


@pytest.fixture(scope="module")
def bench() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCH))
    try:
        import bench

        yield bench
    finally:
        sys.path.remove(str(BENCH))


@pytest.mark.parametrize("engine", NAMES)
def test_the_speeds(bench: ModuleType, engine: str) -> None:
    busy, a_pass = bench.busy_loop(engine, 0.01)
    assert busy.nanoseconds > 0 and busy.instructions > 100_000 and a_pass > 100
    assert bench.play_loop(engine, 0.05).factor > 0


def test_the_costs(bench: ModuleType, tmp_path: Path) -> None:
    row = bench.costs.measure("v30", 20_000, bench.costs.build_null_ports(tmp_path))
    assert row["IN, answered in Python"] > row["IN, answered in C"]


def test_two_threads(bench: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench.threads, "TRIALS", 1)
    assert bench.threads.gain("v30", 0.05) > 0
    assert bench.threads.play_gain("v30", 0.05) > 0
    found = {"unicorn": 2, "v30": 1.9, "play unicorn": 1.25, "play v30": 1.5, "free cores": 1.99, "cores": 2}
    assert "play loop: unicorn 1.25, v30 1.50 " in bench.threads.as_text(found)


def test_what_a_trace_costs(bench: ModuleType, tmp_path: Path) -> None:
    import trace_cost

    row = trace_cost.measure(trace_cost.busy_session, "v30", "all", 1000, 1, tmp_path)
    assert row["text_bytes"] > 10 * row["kmt_bytes"] > 0


def test_what_stops_cost(bench: ModuleType) -> None:
    import stops_cost

    assert all(stops_cost.speed(stops_cost.busy_session, "v30", stops, 0.02) > 0 for stops in (None, ()))


def test_what_the_battery_costs(bench: ModuleType) -> None:
    import battery

    found = battery.measure()
    assert all(seconds >= 0 for seconds in found.values()) and found["boot"] > 0
    assert battery.as_text(found).endswith("ms")


def test_what_a_point_of_a_sweep_costs(bench: ModuleType) -> None:
    import sweep

    found = sweep.measure(2)
    assert all(value > 0 for rows in found.values() for value in rows.values())


def test_what_a_dense_song_costs(bench: ModuleType) -> None:
    import song

    found = song.measure(0.6, 1, "v30")
    assert found["oscillators"] == 16
    assert all(value > 0 for value in found.values())
    assert "  nothing to do" in song.as_text({"v30": found})


def test_what_each_sound_chip_costs(bench: ModuleType) -> None:
    import mde
    import tg
    import timing
    import vdf

    found = {"halls": mde.speed(1, 1, 1, 1), "voices": tg.speed(2, "linear", True, 1, 1), "poles": vdf.speed(1, 1)}
    assert all(value > 0 for value in found.values())
    assert set(json.loads(timing.as_json(found, 5.0))["times real time"]) == set(found)
    worked: list[str] = []
    timing.best(3, iter("abc").__next__, worked.append)
    assert worked == ["a", "b", "c"]


def test_what_the_sound_costs(bench: ModuleType) -> None:
    import sound

    played = sound.Bench(2)
    played.board.listen(True)
    played.run(2000)
    assert played.board.heard().any(axis=0)[:2].all()
    assert sound.speed(1, 0.05, 1) > 0
    assert all(value > 0 for value in sound.blocks(0.05, 1).values())
