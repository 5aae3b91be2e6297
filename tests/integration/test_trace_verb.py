"""korgm1 trace show and info: what is asked for of a file, and of one that is damaged, cut off or no trace."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from patience import LIMIT
from trace_texts import look, rows

from korgm1.cli import main
from korgm1.cpu.trace import TraceFilter
from korgm1.errors import UserError
from korgm1.session import Session
from korgm1.trace_blocks import HEADER_SIZE, START
from korgm1.trace_reading import open_trace
from korgm1.verbs.trace import EXAMPLES


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


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "korgm1", *words]


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
