"""Trace files: the same on every engine and in both forms, without influence on the run, and the verb and options."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import LIMIT, wait_for

from korgm1.cli import main
from korgm1.cpu.trace import TraceFilter
from korgm1.errors import UsageError, UserError
from korgm1.replay import replay
from korgm1.session import Session
from korgm1.snapshot import decode, diff
from korgm1.trace_blocks import HEADER_SIZE, START
from korgm1.trace_reading import open_trace
from korgm1.verbs.trace import EXAMPLES


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


@pytest.mark.parametrize("engine", ["unicorn", "v30", "lockstep"])
def test_the_binary_form_shows_the_same_text(reference: tuple[Path, Session], engine: str, tmp_path: Path) -> None:
    run(engine, tmp_path / "x.kmt")
    expected = reference[0].read_bytes().replace(b"# engine: v30", f"# engine: {engine}".encode())
    assert shown(tmp_path / "x.kmt") == expected
    assert (tmp_path / "x.kmt").stat().st_size < len(expected) / 10


def shown(path: Path) -> bytes:
    with open_trace(path) as trace:
        return b"".join(trace.text())


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


# korgm1 trace


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same second of OpenM1 in both forms."""
    folder = tmp_path_factory.mktemp("both")
    paths = [folder / "x.trace", folder / "x.kmt"]
    for path in paths:
        session = Session()
        session.trace(path)
        session.power_on()
        session.run(0.6)
        session.trace_end()
    return paths


SELECTIONS: dict[str, tuple[list[str], str]] = {
    "all": ([], r".*"),
    "from": (["--from", "2,000,000"], r"([2-9]\d{6}|\d{8}) .*"),
    "stretch": (["--from", "2000000", "--to", "3000000"], r"2\d{6} .*"),
    "insn": (["--only", "insn"], r"\d+ exec .*"),
    "int": (["--only", "INT"], r"\d+ (int|wake) .*"),
    "two": (["--only", "io, int"], r"\d+ (int|wake|in|out) .*"),
    "ports": (["--ports", "0a00-0A0F"], r"\d+ (in|out) 0A0. .*"),
    "more ports": (["--ports", "0A00", "--ports", "A02"], r"\d+ (in|out) 0A0[02] .*"),
    "address": (["--address", "0EF00-0EFFF"], r"\d+ mem[rw] 0EF.. .*"),
    "code": (["--address", "F0000-F00FF", "--only", "insn"], r"\d+ exec F000:00.. .*"),
    "both": (["--address", "80-83", "--ports", "0A02"], r"\d+ (mem[rw] 0008[0-3]|(in|out) 0A02) .*"),
    "address and ints": (["--address", "80-83", "--only", "mem,int"], r"\d+ (mem[rw] 0008[0-3]|int|wake) .*"),
}


@pytest.mark.parametrize("name", SELECTIONS)
def test_show_prints_the_lines_asked_for(name: str, both: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    options, pattern = SELECTIONS[name]
    lines = both[0].read_text().splitlines()
    expected = [line for line in lines if line[0] == "#" or re.fullmatch(pattern, line)]
    events = [line for line in expected if line[0] != "#"]
    assert len(events) > 20
    for path in both:
        assert main(["trace", "show", str(path), *options]) == 0
        assert capsys.readouterr().out.splitlines() == expected
        assert main(["trace", "show", str(path), *options, "--count", "20"]) == 0
        some = capsys.readouterr().out.splitlines()
        assert some == expected[: len(some)]
        assert [line for line in some if line[0] != "#"] == events[:20]


@pytest.mark.parametrize(("options", "words"), [
    (["--from", "x"], "no clock"), (["--to", "-5"], "no clock"), (["--address", "5-4"], "no range"),
    (["--address", "100000"], "within 0-FFFFF"), (["--ports", "10000"], "within 0-FFFF"), (["--ports", "x"], "hex"),
    (["--only", "exec"], "insn, int, io, mem"), (["--only", ""], "insn"), (["--count", "0"], "1 or more"),
    (["--ports", "5", "--only", "insn"], "leaves out"), (["--address", "5", "--only", "io"], "insn or mem"),
    (["--from", "5", "--to", "5"], "stretch"),
])  # fmt: skip
def test_show_with_options_that_make_no_sense(
    options: list[str], words: str, both: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = main(["trace", "show", str(both[1]), *options])
    except SystemExit as ended:
        assert isinstance(ended.code, int)
        code = ended.code
    assert code == 2
    assert words in capsys.readouterr().err


def test_info(both: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    found = []
    for path in both:
        assert main(["trace", "info", str(path), "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    text, binary = found
    kinds = [line.split()[1] for line in rows(both[0])]
    clocks = [int(line.split()[0]) for line in rows(both[0])]
    assert text["counts"] == {kind: kinds.count(kind) for kind in text["counts"]}
    assert text["lines"] == len(kinds) and text["span"] == [min(clocks), max(clocks)]
    assert text["whole"] is True and text["model"] == "m1" and text["filter"] == "all" and text["version"] == "1"
    assert re.fullmatch(r"OpenM1 \S+ sha1 [0-9a-f]{40}", text["firmware"])
    assert text["marks"] == ["begin at clock 0", f"end at clock {text['marks'][-1].split()[-1]}"]
    sizes = [path.stat().st_size for path in both]
    assert [one["bytes"] for one in found] == sizes
    assert [one["bytes_per_instruction"] for one in found] == [round(size / kinds.count("exec"), 3) for size in sizes]
    assert [one["form"] for one in found] == ["text", "binary"]
    same = ("form", "bytes", "bytes_per_instruction", "bytes_per_line")
    assert {k: v for k, v in text.items() if k not in same} == {k: v for k, v in binary.items() if k not in same}
    assert main(["trace", "info", str(both[1])]) == 0
    table = capsys.readouterr().out
    assert f"  exec     {kinds.count('exec'):,}" in table and "an instruction" in table


# files that are not whole


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[bytes]]:
    """A binary trace of six blocks and some hundred bytes, and its text block by block."""
    path = tmp_path_factory.mktemp("small") / "x.kmt"
    session = Session(engine="v30")
    session.trace(path, "all,regs,to=0.00003")
    for _ in range(2):
        session.power_on()
        session.run(0.0001)
        session.power_off()
    session.trace_end()
    with open_trace(path) as trace:
        blocks = list(trace.text())
    assert len(blocks) == 8
    return path.read_bytes(), blocks


def look(path: Path, data: bytes) -> tuple[bytes, str]:
    """What is shown, and the error."""
    path.write_bytes(data)
    text = b""
    try:
        with open_trace(path) as trace:
            for block in trace.text():
                text += block
    except UserError as error:
        return text, str(error)
    return text, ""


def test_every_byte_of_a_binary_trace_is_guarded(small: tuple[bytes, list[bytes]], tmp_path: Path) -> None:
    data, blocks = small
    prefixes = {b"".join(blocks[:count]) for count in range(len(blocks) + 1)}
    assert look(tmp_path / "x", data) == (b"".join(blocks), "")
    for at in range(len(data)):
        damaged = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        text, error = look(tmp_path / "x", damaged)
        assert error, f"bit {at % 8} of byte {at} goes unseen"
        assert text in prefixes
        if at >= len(START):
            with open_trace(tmp_path / "x") as trace:
                assert trace.info().fault is not None


def test_a_binary_trace_cut_off_anywhere_is_shown_up_to_there(
    small: tuple[bytes, list[bytes]], tmp_path: Path
) -> None:
    data, blocks = small
    ends, at = [], len(START)
    while at < len(data):
        at += HEADER_SIZE + int.from_bytes(data[at + 12 : at + 16], "little")
        ends.append(at)
    assert ends[-1] == len(data) and len(ends) == len(blocks)
    for size in range(len(data)):
        text, error = look(tmp_path / "x", data[:size])
        assert text == b"".join(blocks[: sum(end <= size for end in ends)])
        assert "cut off" in error or size < len(START)
    assert "behind its foot" in look(tmp_path / "x", data + b"x")[1]


def test_behind_a_damaged_block_one_can_go_on(both: list[Path], tmp_path: Path) -> None:
    data = bytearray(both[1].read_bytes())
    starts = [match.start() for match in re.finditer(rb"KMTB\x01", data)]
    assert len(starts) >= 4
    data[starts[1] + HEADER_SIZE + 100] ^= 1
    path = tmp_path / "x.kmt"
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"damaged in block 3, which begins at clock \d+"), open_trace(path) as trace:
        list(trace.text())
    after = int.from_bytes(data[starts[2] + 24 : starts[2] + 32], "little") + 1  # one clock may be in both blocks
    with open_trace(path) as trace:
        lines = b"".join(trace.text(TraceFilter.parse("all,from=%.9f" % (after / 8e6)))).decode().splitlines()
    late = [line for line in rows(both[0]) if int(line.split()[0]) >= after]
    assert [line for line in lines if line[0] != "#"] == late != []


def test_text_that_is_damaged_or_cut_off(both: list[Path], tmp_path: Path) -> None:
    lines = both[0].read_bytes().splitlines(keepends=True)
    some = lines[:20] + lines[-2:-1]
    text = b"".join(some) + b"# %d lines\n" % sum(line[0] != ord("#") for line in some)
    assert look(tmp_path / "x", text) == (text, "")
    for size in range(len(text)):
        shown, error = look(tmp_path / "x", text[:size])
        assert error and text.startswith(shown)
    for at in range(len(text)):
        look(tmp_path / "x", text[:at] + bytes([text[at] ^ 1 << at % 8]) + text[at + 1 :])
    assert "line 12 is none" in look(tmp_path / "x", text.replace(lines[11], b"nonsense\n"))[1]
    assert "lines are missing" in look(tmp_path / "x", text.replace(lines[11], b""))[1]
    assert "line 2 is none" in look(tmp_path / "x", lines[0] + b"1" * 1_000_000)[1]


def test_the_examples_of_the_help_print_something(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each after the one before it, as they stand there."""
    monkeypatch.chdir(tmp_path)
    lines = EXAMPLES.partition("exit code")[0].splitlines()[1:]
    commands = [re.split(r" {2,}| \| ", line.strip())[0].split() for line in lines if line.strip()]
    assert len(commands) == 8 and commands[0][1] == "boot"
    for _, *words in commands:
        assert main(words) == 0
        printed = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
        assert len(printed) == 50 if "--count" in words else len(printed) > 10, words


def test_files_that_are_no_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "x"
    for data, words in (
        (b"", "no trace"), (b"\x00" * 100, "no trace"), (gzip.compress(b"# korgm1 trace 1\n"), "is gzip'd: a"),
        (START[:-4] + b"\x02\0\0\0", "version 2"), (START[:-1], "cut off"),
        (START, "cut off: it has no foot, and no block"),
    ):  # fmt: skip
        path.write_bytes(data)
        for verb in ("show", "info"):
            assert main(["trace", verb, str(path)]) == 1
            assert words in capsys.readouterr().err
    for odd, words in ((tmp_path, "folder"), (tmp_path / "none", "No such file"), (Path("/dev/null"), "device")):
        assert main(["trace", "show", str(odd)]) == 1
        assert words in capsys.readouterr().err


# runs and readers that end early


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


@pytest.mark.parametrize("which", [0, 1])
def test_a_reader_that_goes_away(which: int, both: list[Path]) -> None:
    with subprocess.Popen(
        command("trace", "show", str(both[which])), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    ) as process:  # fmt: skip
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"# korgm1 trace 1\n"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(LIMIT) == 0
