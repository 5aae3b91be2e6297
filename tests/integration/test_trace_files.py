"""Trace files: the same on every engine, without influence on the run, plain and gzip'd, and the options for them."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest

from korgm1.cli import main
from korgm1.errors import UsageError, UserError
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.snapshot import decode, diff


def rows(path: Path) -> list[str]:
    """The lines but the head and the foot."""
    return [line for line in path.read_text("ascii").splitlines() if not line.startswith("#")]


def run(engine: str, path: Path | None, words: str = "all,regs") -> Session:
    """Boot half way, then a traced stretch with a key and a byte of MIDI, then some more without."""
    session = Session(engine=engine)
    session.power_on()
    session.run_until(14_300_003)
    if path is not None:
        session.trace(path, words)
    session.key_down("4")
    session.midi_in(b"\xfe")
    session.run(0.09)
    session.trace_end()
    session.run(0.2)
    return session


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Session]:
    path = tmp_path_factory.mktemp("trace") / "x.trace"
    return path, run("v30", path)


@pytest.mark.parametrize("engine", ["unicorn", "lockstep"])
def test_every_engine_writes_the_same(reference: tuple[Path, Session], engine: str, tmp_path: Path) -> None:
    session = run(engine, tmp_path / "x.trace")
    assert rows(tmp_path / "x.trace") == rows(reference[0])
    assert session.result().to_dict() == {**reference[1].result().to_dict(), "engine": engine}


@pytest.mark.parametrize("engine", ["unicorn", "v30"])
def test_a_trace_does_not_change_the_run(reference: tuple[Path, Session], engine: str) -> None:
    plain = decode(run(engine, None).snapshot())
    assert {d.field for d in diff(plain, decode(reference[1].snapshot()))} <= {"engine"}


def test_ports_and_interrupts_are_those_of_the_machine(tmp_path: Path) -> None:
    session = Session(engine="unicorn")
    seen = []
    session.trace(tmp_path / "x.trace", "port,int")
    session.power_on()
    ports, scheduler = session.machine.ports, session.machine.scheduler
    ports.watch = lambda kind, port, value: seen.append((scheduler.now, kind, port, value))
    session.run(1.9)
    session.trace_end()
    written = []
    interrupts = 0
    for line in rows(tmp_path / "x.trace"):
        clock, kind, *rest = line.split()
        if kind == "int":
            interrupts += 1
            assert rest[0] in ("20", "21", "22") and rest[1] == "at"
            continue
        port, value = int(rest[0], 16), bytes.fromhex(rest[1])[::-1]
        written += [(int(clock), kind, port + place, byte) for place, byte in enumerate(value)]
    assert written == seen
    assert len(seen) > 1000 and interrupts > 50


def test_a_gz_holds_the_same_text(reference: tuple[Path, Session], tmp_path: Path) -> None:
    run("v30", tmp_path / "x.trace.gz")
    assert gzip.decompress((tmp_path / "x.trace.gz").read_bytes()) == reference[0].read_bytes()


def test_head_and_foot(reference: tuple[Path, Session]) -> None:
    lines = reference[0].read_text().splitlines()
    head = [line for line in lines[:8] if line.startswith("#")]
    firmware = reference[1].firmware
    assert [re.sub(r"clock \d+", "clock N", line) for line in head] == [
        "# korgm1 trace 1", "# program: 0.1.0", "# model: m1",
        f"# firmware: OpenM1 {firmware.version} sha1 {firmware.sha1}", "# engine: v30", "# filter: all,regs",
        "# begin at clock N",
    ]  # fmt: skip
    assert re.fullmatch(r"# end at clock \d+", lines[-2])
    assert lines[-1] == f"# {len(rows(reference[0]))} lines"


def test_over_the_power_switch_and_a_restore(tmp_path: Path) -> None:
    session = Session(engine="unicorn")
    session.trace(tmp_path / "x.trace", "exec,to=0.001")
    for _ in range(2):
        session.power_on()
        session.run(0.01)
        state = session.snapshot()
        session.power_off()
    session.restore(state)
    session.run(0.01)
    session.trace_end()
    text = (tmp_path / "x.trace").read_text()
    assert text.count("# begin at clock 0\n0000 exec FFFF:0000") == 2
    assert text.count("# begin at clock") == 3
    clocks = [int(line.split()[0]) for line in rows(tmp_path / "x.trace")]
    assert max(clocks) < 8000
    assert clocks[: len(clocks) // 2] == clocks[len(clocks) // 2 :]


def test_mistakes(tmp_path: Path) -> None:
    session = Session(engine="v30")
    with pytest.raises(UsageError, match="nonsense"):
        session.trace(tmp_path / "x.trace", "nonsense")
    with pytest.raises(UserError, match="cannot be written"):
        session.trace(tmp_path)
    assert list(tmp_path.iterdir()) == []
    session.trace(tmp_path / "x.trace")
    with pytest.raises(UsageError, match="already"):
        session.trace(tmp_path / "y.trace")
    session.trace_end()
    session.trace_end()
    assert [path.name for path in tmp_path.iterdir()] == ["x.trace"]


def test_a_disk_that_fills_up_ends_the_run_with_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(engine="unicorn")
    path = tmp_path / "x.trace"
    path.write_text("old")
    session.trace(path)
    session.power_on()
    from korgm1.files import PartFile

    def full(self: PartFile, data: bytes) -> None:
        raise UserError(f"{self.path} cannot be written: No space left on device")

    monkeypatch.setattr(PartFile, "write", full)
    with pytest.raises(UserError, match="No space left"):
        session.run(10)
    assert path.read_text() == "old"
    monkeypatch.undo()
    session.trace_end()


def test_boot_and_replay_and_load_write_traces(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two, three = tmp_path / "one.trace", tmp_path / "two.trace", tmp_path / "three.trace"
    record, state = str(tmp_path / "x.rec"), str(tmp_path / "x.state")
    words = ["--trace-filter", "port=0A00-0A0F,from=1.7"]
    assert main(["boot", "--press", "4@1.9", "--seconds", "2", "--record", record, "--trace", str(one), *words]) == 0
    assert main(["boot", "--replay", record, "--engine", "v30", "--trace", str(two), *words]) == 0
    assert rows(one) == rows(two) != []
    assert all(line.split()[1] in ("in", "out") and line.split()[2].startswith("0A0") for line in rows(one))
    assert main(["state", "save", state, "--press", "4@1.9", "--seconds", "1.8"]) == 0
    assert main(["state", "load", state, "--seconds", "0.2", "--trace", str(three), *words]) == 0
    late = [line for line in rows(one) if int(line.split()[0]) >= int(1.8 * 8e6)]
    assert rows(three) == late
    assert replay(record).whole
    capsys.readouterr()
    assert main(["boot", "--trace-filter", "exec"]) == 2
    assert "--trace FILE" in capsys.readouterr().err
    assert main(["boot", "--trace", str(one), "--trace-filter", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err
