"""A sweep on a dask.distributed cluster: real scheduler and workers on loopback, one of them killed in the middle."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import zlib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from patience import LIMIT, wait_for

from korgm1 import __version__
from korgm1.cli import main
from korgm1.errors import UserError
from korgm1.romset.load import load_os
from korgm1.session import Session
from korgm1.sweep import cluster as remote
from korgm1.sweep import local, table
from korgm1.sweep.grid import Grid
from korgm1.sweep.point import Bench
from korgm1.sweep.sweeping import sweep
from korgm1.sweep.template import Template, template

pytest.importorskip("distributed")

DAY = 86_400.0
GRID = Grid([0.6 + 0.05 * step for step in range(12)], [DAY, 2 * DAY], [25.0], range(4))
"""96 points that are boots of their own."""


@pytest.fixture(scope="module")
def instrument() -> Template:
    return template(load_os(None, "m1"), image=Session().sram, image_name="never powered")


class Cluster:
    """A scheduler and its workers, all processes."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._logs = folder, []
        self.workers: list[subprocess.Popen[bytes]] = []
        self.file = folder / "scheduler.json"
        self.scheduler = self._start("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard",
                                     "--scheduler-file", str(self.file))
        self.address = ""
        try:
            wait_for(self._has_address, "the scheduler never came up")
        except BaseException:
            self.close()
            raise

    def _has_address(self) -> bool:
        """The scheduler's file is there before what it says is."""
        try:
            self.address = str(json.loads(self.file.read_text())["address"])
        except (FileNotFoundError, json.JSONDecodeError):
            return False
        return True

    def add_worker(self) -> None:
        self.workers.append(self._start(
            "dask_worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory",
            str(self._folder / f"w{len(self.workers)}"),
        ))

    def wait_for(self, count: int) -> None:
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(count, timeout=LIMIT)

    def close(self) -> None:
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        for log in self._logs:
            log.close()

    def _start(self, program: str, *words: str) -> subprocess.Popen[bytes]:
        log = (self._folder / f"{program}{len(self._logs)}.log").open("wb")
        self._logs.append(log)
        return subprocess.Popen([sys.executable, "-m", f"distributed.cli.{program}", *words], stdout=log, stderr=log)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    one = Cluster(tmp_path)
    try:
        yield one
    finally:
        one.close()


def test_a_killed_worker_costs_and_doubles_nothing(
    instrument: Template, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("korgm1.sweep.grid.CHUNK", 4)
    cluster.add_worker()
    cluster.add_worker()
    cluster.wait_for(2)
    killed = []

    def kill_one(done: int, before: int, total: int) -> None:
        if done >= 8 and not killed:
            assert done < total / 2, "the kill comes in the middle"
            cluster.workers[0].kill()
            killed.append(cluster.workers[0].wait())

    far = sweep(instrument, GRID, tmp_path / "far.csv", scheduler=cluster.address, progress=kill_one)
    assert killed == [-9] and cluster.workers[1].poll() is None
    assert far.whole and far.computed == len(GRID)
    here = sweep(instrument, GRID, tmp_path / "here.csv", workers=1)
    assert far.rows == here.rows
    assert (tmp_path / "far.csv").read_bytes() == (tmp_path / "here.csv").read_bytes()
    assert len({row[:4] for row in table.read(tmp_path / "far.csv")[1]}) == len(GRID)


def test_results_that_die_with_their_worker_are_computed_again(
    instrument: Template, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Finished, but not fetched yet: the scheduler takes back what it had told."""
    from distributed import Client

    monkeypatch.setattr("korgm1.sweep.grid.CHUNK", 4)
    cluster.add_worker()
    cluster.wait_for(1)
    lost: list[int] = []

    def kill_the_first(done: int, before: int, total: int) -> None:
        if not done or lost:
            return
        with Client(cluster.address, set_as_default=False) as client:
            wait_for(lambda: not any(client.processing().values()), "the worker never came to an end")
            (held,) = client.has_what().values()
            lost.append(len(held))
            cluster.workers[0].kill()
            cluster.workers[0].wait()
            wait_for(lambda: not client.nthreads(), "the worker is not missed")
            cluster.add_worker()
            client.wait_for_workers(1, timeout=LIMIT)

    far = sweep(instrument, GRID, tmp_path / "far.csv", scheduler=cluster.address, progress=kill_the_first)
    assert lost and lost[0] >= 2, "the worker held results that nobody had fetched"
    assert far.whole and far.computed == len(GRID)
    assert far.rows == sweep(instrument, GRID, tmp_path / "here.csv", workers=1).rows


def test_a_stopped_sweep_of_a_cluster_goes_on_at_home(
    instrument: Template, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("korgm1.sweep.grid.CHUNK", 4)
    cluster.add_worker()
    cluster.wait_for(1)
    seen: list[int] = []
    first = sweep(instrument, GRID, tmp_path / "s.csv", scheduler=cluster.address, asked=lambda: len(seen) > 3,
                  progress=lambda done, before, total: seen.append(done))
    assert not first.whole and 0 < len(first.rows) < len(GRID)
    second = sweep(instrument, GRID, tmp_path / "s.csv", workers=1)
    assert second.whole and second.computed == len(GRID) - len(first.rows)


def test_a_scheduler_that_dies_ends_it_and_what_is_done_is_kept(
    instrument: Template, cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("korgm1.sweep.grid.CHUNK", 4)
    cluster.add_worker()
    cluster.wait_for(1)

    def kill(done: int, before: int, total: int) -> None:
        if done >= 8:
            cluster.scheduler.kill()

    with pytest.raises(UserError, match="scheduler is gone"):
        sweep(instrument, GRID, tmp_path / "s.csv", scheduler=cluster.address, progress=kill)
    again = sweep(instrument, GRID, tmp_path / "s.csv", workers=1)
    assert again.whole and again.computed <= len(GRID) - 8


def test_what_is_wrong_with_a_cluster_is_told(
    cluster: Cluster, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "x.sram").write_bytes(Session().sram)
    words = ["sweep", "--volts", "3.0", "--off", "1d", "--seeds", "1", "--sram", str(tmp_path / "x.sram")]
    assert main([*words, "--scheduler", cluster.address]) == 1
    assert "has no workers" in capsys.readouterr().err
    cluster.add_worker()
    cluster.wait_for(1)
    with monkeypatch.context() as patch:
        patch.setattr("korgm1.sweep.cluster.__version__", "9.9")
        assert main([*words, "--scheduler", cluster.address]) == 1
        assert "has korgm1 0.1.0; expected korgm1 9.9" in capsys.readouterr().err
    assert main([*words, "--scheduler", cluster.address]) == 0
    assert "1 points" in capsys.readouterr().out
    cluster.close()
    monkeypatch.setattr("korgm1.sweep.cluster.CONNECT", 1)
    assert main([*words, "--scheduler", cluster.address]) == 1
    assert "no scheduler answers" in capsys.readouterr().err


class Workers:
    """A client that knows what its workers answer."""

    def __init__(self, **answers: object) -> None:
        self.answers = answers

    def run(self, *_: object, on_error: str) -> dict[str, object]:
        assert on_error == "return"
        return self.answers


@pytest.mark.parametrize(("answers", "message"), [
    ({}, "has no workers"),
    ({"a": __version__, "b": PackageNotFoundError("korgm1")}, "the worker b has no korgm1"),
    ({"a": "0.0.1", "b": __version__}, "the worker a has korgm1 0.0.1"),
])
def test_each_worker_must_have_this_korgm1(answers: dict[str, object], message: str) -> None:
    remote._check_workers(Workers(a=__version__), "tcp://x")
    with pytest.raises(UserError, match=message):
        remote._check_workers(Workers(**answers), "tcp://x")


def test_a_worker_that_came_late_with_another_korgm1_says_so(instrument: Template) -> None:
    blob = zlib.compress(pickle.dumps(instrument))
    with pytest.raises(UserError, match=r"a worker has korgm1 .*; expected korgm1 9\.9"):
        remote.rows(blob, instrument.key, [], True, "9.9")
    assert remote.rows(blob, instrument.key, [GRID.place(0)], True, __version__) == [
        tuple(Bench(instrument).point(GRID.place(0)))
    ]


@pytest.mark.parametrize(("error", "message"), [
    (UserError("a worker has korgm1 0"), "a worker has korgm1 0"),
    (MemoryError("no more"), r"a worker failed: MemoryError\('no more'\)"),
])
def test_what_goes_wrong_on_a_worker_is_told(error: Exception, message: str) -> None:
    class Future:
        status = "error"

        def exception(self) -> Exception:
            return error

    with pytest.raises(UserError, match=message):
        remote._result(Future())


def test_a_missing_distributed_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("korgm1.sweep.cluster.find_spec", lambda name: None)
    assert main(["sweep", "--scheduler", "tcp://127.0.0.1:1"]) == 2
    assert "pip install 'korgm1[cluster]'" in capsys.readouterr().err


def test_a_dead_process_of_this_machine_is_told(instrument: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool breaks; the sweep says so."""
    monkeypatch.setattr(local, "_worker", _die)
    with pytest.raises(UserError, match="was killed"):
        sweep(instrument, Grid([1.0], [0.0, 1.0], [25.0], range(40)), workers=2)


def _die(*_: object) -> None:
    os._exit(1)
