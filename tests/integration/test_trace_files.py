"""Trace files: the same on every engine and in both forms, without influence on the run, and whole however it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import LIMIT, wait_for
from trace_texts import look, rows, shown

from korgm1.cli import main
from korgm1.errors import UsageError, UserError
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.snapshot import decode, diff
from korgm1.trace_blocks import START
from korgm1.trace_reading import open_trace


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


@pytest.mark.parametrize("engine", ["unicorn", "v30", "lockstep"])
def test_the_binary_form_shows_the_same_text(reference: tuple[Path, Session], engine: str, tmp_path: Path) -> None:
    run(engine, tmp_path / "x.kmt")
    expected = reference[0].read_bytes().replace(b"# engine: v30", f"# engine: {engine}".encode())
    assert shown(tmp_path / "x.kmt") == expected
    assert (tmp_path / "x.kmt").stat().st_size < len(expected) / 10


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


@pytest.mark.parametrize("form", ["text", "binary"])
def test_over_the_power_switch_and_a_restore(form: str, tmp_path: Path) -> None:
    session = Session(engine="unicorn")
    session.trace(tmp_path / "x.trace", f"exec,to=0.001,form={form}")
    for _ in range(2):
        session.power_on()
        session.run(0.01)
        state = session.snapshot()
        session.power_off()
    session.restore(state)
    session.run(0.01)
    session.trace_end()
    text = shown(tmp_path / "x.trace").decode()
    assert "# filter: exec,to=0.001\n" in text
    assert text.count("# begin at clock 0\n0000 exec FFFF:0000") == 2
    assert text.count("# begin at clock") == 3
    clocks = [int(line.split()[0]) for line in text.splitlines() if line[0] != "#"]
    assert max(clocks) < 8000
    assert clocks[: len(clocks) // 2] == clocks[len(clocks) // 2 :]


def test_mistakes(tmp_path: Path) -> None:
    session = Session(engine="v30")
    with pytest.raises(UsageError, match="nonsense"):
        session.trace(tmp_path / "x.trace", "nonsense")
    with pytest.raises(UserError, match="cannot be written"):
        session.trace(tmp_path)
    with pytest.raises(UsageError, match=r"gzip'd.*\.kmt"):
        session.trace(tmp_path / "x.trace.gz")
    assert list(tmp_path.iterdir()) == []
    session.trace(tmp_path / "x.trace")
    with pytest.raises(UsageError, match="already"):
        session.trace(tmp_path / "y.trace")
    session.trace_end()
    session.trace_end()
    assert [path.name for path in tmp_path.iterdir()] == ["x.trace"]


@pytest.mark.parametrize("name", ["x.trace", "x.kmt"])
def test_a_disk_that_fills_up_ends_the_run(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(engine="unicorn")
    path = tmp_path / name
    path.write_text("old")
    session.power_on()
    session.trace(path)
    from korgm1.files import PartFile

    def full(self: PartFile, data: bytes) -> None:
        raise UserError(f"{self.path} cannot be written: No space left on device")

    monkeypatch.setattr(PartFile, "write", full)
    with pytest.raises(UserError, match="No space left"):
        session.run(10)
    monkeypatch.undo()
    session.run(1)
    with pytest.raises(UserError, match="No space left"):
        session.trace_end()
    session.trace_end()
    assert path.read_text() == "old"
    text, error = look(tmp_path / "left", (tmp_path / f"{name}.part").read_bytes())
    assert text.startswith(b"# korgm1 trace 1\n") and "cut off" in error


def test_a_disk_that_fills_up_at_the_end_does_not_stop_the_power_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session(engine="v30", sram=tmp_path / "x.sram")
    session.trace(tmp_path / "x.kmt", "port")
    session.power_on()
    session.run(0.01)
    from korgm1.files import PartFile

    def full(self: PartFile, data: bytes) -> None:
        raise UserError(f"{self.path} cannot be written: No space left on device")

    monkeypatch.setattr(PartFile, "write", full)
    session.power_off()
    assert (tmp_path / "x.sram").stat().st_size == 65536
    with pytest.raises(UserError, match="No space left"):
        session.trace_end()
    assert not (tmp_path / "x.kmt").exists()


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
    for option in (["--trace-filter", "exec"], ["--trace-format", "binary"]):
        assert main(["boot", *option]) == 2
        assert f"{option[0]} is nothing" in capsys.readouterr().err
    assert main(["boot", "--trace", str(one), "--trace-filter", "nonsense"]) == 2
    assert "nonsense" in capsys.readouterr().err


def test_the_form_by_name_and_by_option(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record = str(tmp_path / "x.rec")
    texts = []
    for name, option, binary in (
        ("a.kmt", [], True), ("b.trace", [], False), ("c.trace", ["--trace-format", "binary"], True),
        ("d.kmt", ["--trace-format", "text"], False),
    ):  # fmt: skip
        path = tmp_path / name
        words = ["--trace", str(path), "--trace-filter", "port", *option]
        if name == "a.kmt":
            assert main(["boot", "--seconds", "0.5", "--record", record, *words]) == 0
        else:
            assert main(["boot", "--replay", record, *words]) == 0
        assert path.read_bytes().startswith(START if binary else b"# korgm1 trace 1\n")
        texts.append(shown(path))
    assert len(set(texts)) == 1 and texts[0].count(b" out ") > 100
    capsys.readouterr()
    assert main(["boot", "--trace", "x.gz"]) == 2
    assert "korgm1 trace show NAME.kmt | gzip" in capsys.readouterr().err


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "korgm1", *words]


@pytest.mark.parametrize(("name", "size"), [("x.kmt", 15_000), ("x.trace", 100_000)])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_stopped_leaves_a_trace(name: str, size: int, how: signal.Signals, tmp_path: Path) -> None:
    path, part = tmp_path / name, tmp_path / f"{name}.part"
    words = command("boot", "--seconds", "100000", "--trace", str(path), "--trace-filter", "port,int")
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_for(
            lambda: (part.exists() and part.stat().st_size > size) or process.poll() is not None, "the trace never grew"
        )
        process.send_signal(how)
        output = b"".join(process.communicate(timeout=LIMIT))
    assert b"Traceback" not in output
    left = part if how == signal.SIGKILL else path
    assert [found.name for found in tmp_path.iterdir()] == [left.name]
    with open_trace(left) as trace:
        info = trace.info()
    assert (info.fault is None) == (how != signal.SIGKILL)
    assert info.lines > 3000 and info.span is not None
    again = tmp_path / "again.trace"
    session = Session()
    session.trace(again, "port,int")
    session.power_on()
    session.run_until(info.span[1] + 1000)
    session.trace_end()
    lines = [line for line in look(left, left.read_bytes())[0].decode().splitlines() if line[0] != "#"]
    assert len(lines) == info.lines
    assert rows(again)[: len(lines)] == lines


def test_a_load_that_is_stopped_leaves_a_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = str(tmp_path / "x.state")
    assert main(["state", "save", state, "--seconds", "0.5"]) == 0

    def stop(self: Session, seconds: float) -> None:
        self.run(0.01)
        raise KeyboardInterrupt

    monkeypatch.setattr(Session, "boot", stop)
    assert main(["state", "load", state, "--seconds", "1", "--trace", str(tmp_path / "x.kmt")]) == 130
    assert shown(tmp_path / "x.kmt").endswith(b" lines\n")
