"""The case runner: that it finds each kind of difference, and says what is wrong with a bad file."""

from __future__ import annotations

import gzip
import json
import os
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from korgm1.cli import main
from korgm1.cpu.case_file import MAX_LINE, read_cases
from korgm1.cpu.cases import CaseBoard, CaseRunner, check, is_pin_event, repeats
from korgm1.cpu.v30_engine import V30Engine
from korgm1.errors import UserError

REGISTERS = dict.fromkeys("ax cx dx bx sp bp si di cs ip ds es ss".split(), 0) | {"flags": 0xF002}


PIN = {"pin": 0, "hold": 0, "trigger": "fpop", "delay": 0}


def case(code: str, **changes: Any) -> dict[str, Any]:
    """A NOP-like case of `code` at 0100:0000 that expects only ip to move; changed by keys."""
    data = bytes.fromhex(code)
    made: dict[str, Any] = {
        "op": code[:2], "name": "made", "bytes": code, "mask": 0xFFFF,
        "regs": {**REGISTERS, "cs": 0x100, "sp": 0x100, "ss": 0x50},
        "ram": [[0x1000 + i, byte] for i, byte in enumerate(data)],
        "final_regs": {"ip": len(data)}, "final_ram": [], "queue": 0, "clocks": 3, "bus": [],
    }  # fmt: skip
    for key, value in changes.items():
        made[key] = {**made[key], **value} if key in ("regs", "final_regs") else value
    return made


def run(one: dict[str, Any]) -> str:
    board = CaseBoard()
    engine = V30Engine(board.memory, board.ports, board.acknowledge)
    runner = CaseRunner(board, engine, engine.bus)
    difference = runner.run(one)
    assert not any(board.memory.image[:]), "the board is left blank"
    return difference


def test_a_case_that_fits() -> None:
    assert run(case("90")) == ""


def test_a_wrong_register() -> None:
    assert run(case("40", final_regs={"ax": 2})) == "ax is 0001h, expected 0002h"


def test_flags_are_compared_under_the_mask() -> None:
    wrong = {"final_regs": {"ax": 1, "flags": 0xF083}}
    assert run(case("40", **wrong)) == "flags is F002h, expected F083h"
    assert run(case("40", mask=0x0F02, **wrong)) == ""
    assert run(case("40", mask=0x0080, **wrong)) == "flags is F002h, expected F083h (mask 0080h)"


def test_memory() -> None:
    store = case("a20002", regs={"ax": 7}, bus=[["MEMW", 0x200, 1, 7]], final_ram=[[0x200, 7]])
    assert run(store) == ""
    assert run({**store, "final_ram": [[0x200, 8]]}) == "memory 00200h is 07h, expected 08h"
    assert run({**store, "final_ram": []}) == "memory 00200h is 07h, expected it unchanged"


def test_bus_cycles_in_order_by_their_lanes() -> None:
    stack = [[0x5FF, 0x34], [0x600, 0x12]]
    push = {"regs": {"ax": 0x1234, "sp": 0x101}, "final_regs": {"sp": 0xFF}, "final_ram": stack}
    good = [["MEMW", 0x5FF, 0, 0x34AA], ["MEMW", 0x600, 1, 0xBB12]]
    assert run(case("50", bus=good, **push)) == ""
    assert run(case("50", bus=good[::-1], **push)).startswith("bus cycle 1 is MEMW 005FFh UBE#=0 3400h, expected MEMW")
    assert run(case("50", bus=good[:1], **push)) == "2 bus cycles, expected 1"
    assert run(case("50", bus=[["MEMR", *good[0][1:]], good[1]], **push)).startswith("bus cycle 1 is MEMW")


def test_ports_answer_as_recorded() -> None:
    read = {"regs": {"dx": 0x301}, "final_regs": {"ax": 0x34}, "bus": [["IOR", 0x301, 0, 0x3412]]}
    assert run(case("ec", iord=0x3412, **read)) == ""
    assert run(case("ec", **read)) == "ax is 00FFh, expected 0034h"


def test_a_divide_trap_pushes_flags_under_the_mask() -> None:
    trap = case(
        "f6f1", op="F6.6", mask=0xF02A,
        ram=[[0x1000, 0xF6], [0x1001, 0xF1], [0, 0], [1, 4], [2, 0], [3, 0]],
        final_regs={"ip": 0x400, "cs": 0, "sp": 0xFA},
        final_ram=[[0x5FE, 0x02], [0x5FF, 0xF0], [0x5FC, 0x00], [0x5FD, 0x01], [0x5FA, 0x02], [0x5FB, 0x00]],
    )  # fmt: skip
    del trap["bus"]
    assert run(trap) == ""
    assert run({**trap, "mask": 0xFFFF}) != ""
    assert "memory 005FAh" in run({**trap, "final_ram": [*trap["final_ram"][:4], [0x5FA, 3], [0x5FB, 0]]})


def test_pop_to_a_register() -> None:
    pop = case("8fc3", regs={"bx": 9}, final_regs={"sp": 0x102}, bus=[["MEMR", 0x123, 0, 0x55]])
    assert run(pop) == "", "of a V30: not written, the recorded read means nothing"
    other = case("8fc3", regs={"bx": 9}, final_regs={"sp": 0x102, "bx": 0})
    del other["bus"]
    assert run(other) == "", "of an 8086, which writes it"
    assert run({**other, "final_regs": {"sp": 0x104, "ip": 2}}) == "sp is 0102h, expected 0104h"


def test_a_repeated_string_runs_to_its_end() -> None:
    fill = case(
        "f3aa", regs={"ax": 0x41, "cx": 3, "di": 0x200}, final_regs={"cx": 0, "di": 0x203},
        final_ram=[[0x200, 0x41], [0x201, 0x41], [0x202, 0x41]],
        bus=[["MEMW", 0x200, 1, 0x41], ["MEMW", 0x201, 0, 0x4100], ["MEMW", 0x202, 1, 0x41]],
    )  # fmt: skip
    assert run(fill) == ""
    assert repeats(bytes.fromhex("f3aa")) and not repeats(bytes.fromhex("aa")) and not repeats(bytes.fromhex("f390"))


def test_a_stopped_core_is_a_difference() -> None:
    assert "undefined opcode 0F 34" in run(case("0f34c0"))


def write(path: Path, *lines: str) -> Path:
    text = "\n".join(lines) + "\n"
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode(), mtime=0))
    else:
        path.write_text(text)
    return path


PIN = {"pin": 0, "hold": 0, "trigger": "fpop", "delay": 0}


def test_check_counts_forms_and_pin_events(tmp_path: Path) -> None:
    bad = case("40", final_regs={"ax": 5})
    pin = case("90", op="IE0.90", evt=PIN)
    path = write(tmp_path / "c.jsonl.gz", *(json.dumps(one) for one in (case("90"), bad, case("90"), pin)), "")
    board = CaseBoard()
    engine = V30Engine(board.memory, board.ports, board.acknowledge)
    result = check([path], CaseRunner(board, engine, engine.bus))
    assert (result.passed, result.total, result.forms["IE0.90"].passed) == (3, 4, 1)
    assert result.forms["40"].first == "made (40): ax is 0001h, expected 0005h"
    assert is_pin_event(pin) and not is_pin_event(bad)


def test_the_verb(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path / "good.jsonl", json.dumps(case("90")), json.dumps(case("90", op="IE0.90", evt=PIN)))
    bad = write(tmp_path / "bad.jsonl.gz", json.dumps(case("90")), json.dumps(case("40", final_regs={"ax": 5})))
    assert main(["cpu-check", "--engine", "v30", str(good)]) == 0
    assert capsys.readouterr().out.splitlines() == ["2 of 2"]
    assert main(["cpu-check", "--engine", "v30", str(good), str(bad)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["40", "0/1"] and lines[-1] == "3 of 4"
    assert main(["cpu-check", "--engine", "v30", "--json", str(bad)]) == 1
    found = json.loads(capsys.readouterr().out)
    assert (found["passed"], found["total"], list(found["failing"])) == (1, 2, ["40"])
    assert main(["cpu-check", "--engine", "all", str(good)]) == 0
    assert capsys.readouterr().out.split("\n")[::2] == ["unicorn:", "v30:", "lockstep:", ""]
    assert main(["cpu-check", "--engine", "all", "--json", str(bad)]) == 1
    assert [each["passed"] for each in json.loads(capsys.readouterr().out)] == [1, 1, 1]


def line(**changes: Any) -> bytes:
    return json.dumps(case("90", **changes)).encode()


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.jsonl", b'{"op": \n', "line 1 is no JSON"),
        ("a.jsonl", b"\n\n[1]\n", "line 3 is no JSON object"),
        ("a.jsonl", b"[" * 100_000 + b"\n", "line 1 is nested too deeply"),
        ("a.jsonl", b" " * (MAX_LINE + 1), "line 1 has more than 1,048,576 characters"),
        ("a.jsonl", b'{"op": "90"}\n', "line 1 has no 'name'"),
        ("a.jsonl", line(regs={"ax": 65536}), "line 1: 'regs' has ax = 65536, not a number from 0 to 65535"),
        ("a.jsonl", line(regs={"aw": 1}), "line 1: 'regs' has \"aw\", which is no register"),
        ("a.jsonl", line(final_regs={"ax": "7"}), "line 1: 'final_regs' has ax = \"7\", not a number"),
        ("a.jsonl", line(ram=[[1, 2, 3]]), "line 1: 'ram' is not a list of"),
        ("a.jsonl", line(ram=7), "line 1: 'ram' is not a list of"),
        ("a.jsonl", line(final_ram=[[1, True]]), "line 1: 'final_ram' is not a list of"),
        ("a.jsonl", line(bytes="9"), "line 1: 'bytes' is \"9\", not an instruction"),
        ("a.jsonl", line(bytes="xy"), "line 1: 'bytes' is \"xy\", not an instruction"),
        ("a.jsonl", line(bytes=""), "line 1: 'bytes' is \"\", not an instruction"),
        ("a.jsonl", line(mask="x" * 99), "line 1: 'mask' is \"xxx.*[.]{3}, not a number from 0 to 65535"),
        ("a.jsonl", line(mask=None), "line 1: 'mask' is null, not a number"),
        ("a.jsonl", line(op=1), "line 1: 'op' is 1, no text"),
        ("a.jsonl", line(bus=[["MEMR", 1]]), "line 1: 'bus' is not a list of"),
        ("a.jsonl", line(bus=3), "line 1: 'bus' is not a list of"),
        ("a.jsonl", line(iord=[]), "line 1: 'iord' is"),
        ("a.jsonl", line(iords=[-1]), "line 1: 'iords' is not"),
        ("a.jsonl", line(evt={"pin": 3, "trigger": "fpop", "delay": 1, "hold": 1}), "line 1: 'evt' is .*not pin 0-2"),
        ("a.jsonl", line(evt={"pin": 0, "trigger": "soon", "delay": 1, "hold": 1}), "line 1: 'evt' is .*trigger"),
        ("a.jsonl", line(evt=None), "line 1: 'evt' is null, not pin 0-2"),
        ("a.jsonl", line(queue="x"), "line 1: 'queue' is \"x\", not a number of bytes from 0 to 6"),
        ("a.jsonl", line(queue=-1), "line 1: 'queue' is -1, not"),
        ("a.jsonl", line(queue=None), "line 1: 'queue' is null, not"),
        ("a.jsonl", line(queue=1e30), "line 1: 'queue' is 1e[+]30, not"),
        ("a.jsonl", line(queue=7), "line 1: 'queue' is 7, not"),
        ("a.jsonl", line(clocks="x"), "line 1: 'clocks' is \"x\", not a number of clocks from 1 to 10,000,000"),
        ("a.jsonl", line(clocks=None), "line 1: 'clocks' is null, not"),
        ("a.jsonl", line(clocks=1.5), "line 1: 'clocks' is 1.5, not"),
        ("a.jsonl", line(clocks=-1), "line 1: 'clocks' is -1, not"),
        ("a.jsonl", line(clocks=0), "line 1: 'clocks' is 0, not"),
        ("a.jsonl", line(status=[]), "line 1: 'status' is \\[\\], no text"),
        ("a.jsonl", b"\xff\xfe\n", "is not text"),
        ("a.jsonl", b"", "holds no case"),
        ("a.jsonl", b"\n \n", "holds no case"),
        ("a.jsonl.gz", b"plain text, no gzip", "is no gzip file"),
        ("a.jsonl.gz", gzip.compress(b"\n" * 1000, mtime=0)[:-9], "is cut off after line"),
        ("a.jsonl.gz", gzip.compress(b"\n" * 1000, mtime=0)[:10] + b"\xff" * 50, "is damaged after line"),
    ],
    ids=map(str, count()),
)
def test_bad_files_are_told_in_a_sentence(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError, match=words):
        list(read_cases(path))


def test_a_register_that_is_missing(tmp_path: Path) -> None:
    one = case("90")
    del one["regs"]["ss"]
    with pytest.raises(UserError, match="line 2 has no register 'ss'"):
        list(read_cases(write(tmp_path / "c.jsonl", json.dumps(case("90")), json.dumps(one))))


def test_a_file_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cpu-check", "--engine", "v30", str(tmp_path / "none.jsonl")]) == 1
    assert "there is no file" in capsys.readouterr().err


def test_no_file_but_a_folder_or_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, word in ((tmp_path, "is a folder"), (tmp_path / "pipe", "a pipe"), (Path(os.devnull), "a device")):
        with pytest.raises(UserError, match=word):
            list(read_cases(path))


def test_one_bad_file_leaves_the_results_of_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path / "good.jsonl", json.dumps(case("90")))
    bad = write(tmp_path / "bad.jsonl", json.dumps(case("90")), "{")
    words = ["cpu-check", "--engine", "v30", str(bad), str(tmp_path / "none"), str(good)]
    assert main(words) == 1
    shown = capsys.readouterr()
    assert shown.out.splitlines() == ["2 of 2"]
    assert shown.err.startswith(f"korgm1: {bad}: line 2")
    assert "there is no file" in shown.err
    write(bad, json.dumps(case("90")), json.dumps(case("90", queue="x")))
    assert main([*words, "--clocks"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 of 2", "the file behind the bad line is run"
    assert main([*words, "--json"]) == 1
    assert len(json.loads(capsys.readouterr().out)["errors"]) == 2


def test_odd_cases_do_not_break_the_runner() -> None:
    assert isinstance(run(case("8f")), str)
    assert isinstance(run(case("f6f1", op="F6.6", final_regs={"ip": 0x400, "cs": 0})), str)
