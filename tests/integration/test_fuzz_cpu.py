"""The fuzzer: a short run finds nothing; a planted difference is found, made small, written, and runs again."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from fuzz_case import FREE, LOCKSTEP, MEMORY, RAM, Board, Case, Make, Runner, from_json, make_engine, shrink
from fuzz_code import code
from fuzz_cpu import Found, fuzz, main, write
from korgm1.cpu.engine import CpuOptions
from korgm1.cpu.unicorn_engine import UnicornEngine
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import CpuDivergence

PLANTED: tuple[Make, ...] = (make_engine(V30Engine), make_engine(V30Engine, CpuOptions(undefined="stop")))
"""They differ in what undefined opcodes do."""


@pytest.mark.parametrize("mode", ["lockstep", "blocks", "free"])
def test_a_short_run_finds_no_difference(mode: str) -> None:
    done, found = fuzz(40_000, seed=7, mode=mode)
    assert found is None, found
    assert done >= 40_000


def test_it_is_the_same_run_every_time() -> None:
    runs = [fuzz(3_000, seed=3, mode="free")[0] for _ in range(2)]
    assert runs[0] == runs[1]
    assert fuzz(3_000, seed=4, mode="free")[0] != runs[0]


def test_the_code_has_every_opcode() -> None:
    stretch = code(random.Random(1), 0x10000)
    assert len(stretch) == 0x10000 and set(stretch) == set(range(256))


def test_a_planted_difference_is_found_and_made_small(tmp_path: Path) -> None:
    _, found = fuzz(100_000, seed=1, mode="free", makers={"free": PLANTED})
    assert found is not None and found.fresh
    case = found.case
    used = MEMORY - case.memory.count(0)
    assert used <= 8, "one instruction of few bytes, among nothing"
    assert case.events == () and case.pages == bytes([RAM]) * 256
    assert case.until - case.core["clock"] < 200
    path = write(found, 1, tmp_path)
    again = from_json(path)
    assert again == case
    assert Runner(PLANTED).check(again) != ""
    assert Runner(FREE).check(again) == ""
    names: dict[str, object] = {"__file__": str(path.with_suffix(".py"))}
    exec(compile(path.with_suffix(".py").read_text("utf-8"), "snippet", "exec"), names)
    test = names[f"test_fuzz_1_{found.episode}"]
    assert callable(test)
    test()


class Deaf(UnicornEngine):
    """Does not hear NMI."""

    def nmi(self) -> None:
        pass


def looping_case() -> Case:
    """INC AW at 0:1000, again and again; at clock 500 the host makes it DEC AW, at 800 NMI comes."""
    board = Board()
    core = V30Engine(board, board, board.acknowledge).snapshot()
    memory = bytearray(random.Random(2).randbytes(MEMORY))
    memory[0x1000:0x1004] = bytes.fromhex("90 40 eb fc")
    memory[8:12] = bytes.fromhex("00 10 00 00")
    events = (
        (100, "poke", 0x2000, b"\x11"), (500, "poke", 0x1001, b"\x48"), (800, "nmi", 0, b""), (1_500, "int", 1, b""),
    )  # fmt: skip
    registers = {"pc": 0x1000, "s": [0, 0, 0, 0], "r": [0, 0, 0, 0, 0x8000, 0, 0, 0]}
    return Case(bytes(memory), bytes([RAM]) * 256, {**core, **registers}, events, 2_000)


def test_the_event_that_matters_stays() -> None:
    makers = (make_engine(V30Engine), make_engine(Deaf))
    case = looping_case()
    assert Runner(FREE).check(case) == "" and Runner(LOCKSTEP).check(case) == ""
    assert Runner(makers).check(case) != ""
    small = shrink(case, makers)
    assert small is not None
    assert [event[1] for event in small.events] == ["nmi"]
    assert 800 <= small.until < 900 and small.core["clock"] > 700
    assert MEMORY - small.memory.count(0) <= 8


def test_what_does_not_differ_is_not_shrunk() -> None:
    assert shrink(looping_case(), FREE) is None


class Dissenting(V30Engine):
    """Says after 50 clocks that it differs, as the lockstep engine does."""

    def run(self, until: int) -> None:
        super().run(until)
        if self.clock > 50:
            raise CpuDivergence("the engines differ in something")


def test_what_lockstep_reports_is_a_difference() -> None:
    makers = (make_engine(Dissenting),)
    assert Runner(makers).check(looping_case()) == "the engines differ in something"
    small = shrink(looping_case(), makers)
    assert small is not None and 30 < small.until <= 51


def test_every_kind_of_difference_is_seen() -> None:
    """Registers, accesses and memory, each alone."""
    base = replace(looping_case(), events=(), until=300)
    for text in ("40", "e610", "8606 0020"):
        memory = bytearray(base.memory)
        memory[0x1001 : 0x1001 + len(bytes.fromhex(text))] = bytes.fromhex(text)
        runner = Runner((make_engine(V30Engine), make_engine(V30Engine)))
        runner.load(bytes(memory), base.pages)
        assert runner.run(base) == ""
        runner.load(bytes(memory), base.pages)
        other = runner.boards[1]
        if text == "40":
            other.image[0x1001] = 0x48
            words = "psw is"
        elif text == "e610":
            other.image[0x1002] = 0x11
            words = "access 0 is"
        else:
            other.image[0x4000] ^= 0xFF
            words = "memory 04000 is"
        assert runner.run(replace(base, until=20)).startswith(words)


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["--instructions", "2000", "--seed", "5", "--out", str(tmp_path)]) == 0
    assert "instructions without a difference" in capsys.readouterr().out
    found = Found(3, "free", 7, "r is 1 and 2", looping_case(), False)
    monkeypatch.setattr("fuzz_cpu.fuzz", lambda *args, **kwargs: (123, found))
    assert main(["--out", str(tmp_path), "--seed", "5"]) == 1
    assert "written whole" in capsys.readouterr().out
    assert from_json(tmp_path / "fuzz_5_3.json") == found.case


def limits_of(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, float]:
    """What a command line asks `fuzz` for: instructions, seconds."""
    asked: list[tuple[int, float]] = []

    def nothing(instructions: int, seed: int, seconds: float, *_: object, **__: object) -> tuple[int, None]:
        asked.append((instructions, seconds))
        return 0, None

    monkeypatch.setattr("fuzz_cpu.fuzz", nothing)
    assert main(list(words)) == 0
    return asked[0]


def test_seconds_alone_are_the_only_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert limits_of(monkeypatch) == (1_000_000, 0)
    instructions, seconds = limits_of(monkeypatch, "--seconds", "60")
    assert instructions > 10**15 and seconds == 60
    assert limits_of(monkeypatch, "--seconds", "60", "--instructions", "5") == (5, 60)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--instructions", "0"), "--instructions is 0, expected 1 or more"),
        (("--instructions", "-3"), "--instructions is -3, expected"),
        (("--seconds", "-1"), "--seconds is -1, expected"),
        (("--seconds", "nan"), "--seconds is nan, expected"),
        (("--out", __file__), "cannot be used: "),
    ],
)
def test_what_cannot_be_is_refused_at_the_start(
    words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fuzz_cpu.fuzz", lambda *args, **kwargs: pytest.fail("it ran"))
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_ctrl_c_ends_it_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("fuzz_cpu.fuzz", stopped)
    assert main([]) == 130
    assert capsys.readouterr().err.startswith("stopped")


@pytest.mark.parametrize("tool", ["fuzz_cpu.py", "exercise_8080.py", "conformance.py"])
def test_a_python_without_the_package_is_told_which_one_has_it(tool: str) -> None:
    """-S: nothing that is installed can be imported."""
    path = Path(__file__).parents[2] / "tools" / tool
    done = subprocess.run([sys.executable, "-S", str(path)], capture_output=True, text=True, env={})
    assert done.returncode == 2
    assert f".venv/bin/python tools/{tool}" in done.stderr and "Traceback" not in done.stderr
