"""Profiles of OpenM1: live and from files of both forms, and what the verbs print."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from korgm1.cli import main
from korgm1.errors import UsageError, UserError
from korgm1.profiling import Profile
from korgm1.session import Session
from korgm1.symbols import read_symbols
from korgm1.trace_reading import open_trace
from korgm1.verbs.trace_profile import EXAMPLES

END = 5_000_000


def everything(profile: Profile) -> tuple[Any, ...]:
    return (
        profile.span, profile.instructions, profile.functions(), profile.edges(), profile.stacks(), profile.interrupts,
        profile.ports, profile.port_places, profile.executed().tolist(), profile.touched.tobytes(),
        profile.counts.tobytes(), profile.code.tobytes(),
    )  # fmt: skip


def live(engine: str) -> Profile:
    profile, session = Profile(), Session(engine=engine)
    session.follow(profile)
    session.power_on()
    session.run_until(END)
    session.follow(None)
    return profile


def read(path: Path, whole: bool = True) -> Profile:
    profile = Profile()
    with open_trace(path) as trace:
        for _ in trace.profile(profile, whole):
            pass
    return profile


@pytest.fixture(scope="module")
def followed() -> Profile:
    return live("unicorn")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The same run as a trace in either form."""
    paths = [tmp_path_factory.mktemp("profile") / name for name in ("x.kmt", "x.trace")]
    for path in paths:
        with Session() as session:
            session.trace(path)
            session.power_on()
            session.run_until(END)
    return paths


def test_files_and_engines_give_the_same_profile(followed: Profile, files: list[Path]) -> None:
    expected = everything(followed)
    assert everything(live("v30")) == expected
    for path in files:
        assert everything(read(path)) == expected


def test_the_sums_agree(followed: Profile) -> None:
    functions, stacks = followed.functions(), followed.stacks()
    assert followed.span == sum(f.own + f.halted for f in functions) == sum(s.own + s.halted for s in stacks)
    assert END <= followed.span < END + 200
    assert followed.instructions == followed.counts.sum() == followed.executed()["count"].sum()
    calls = {f.entry: f.calls for f in functions}
    for entry, count in calls.items():
        if entry.vector < 0:
            assert count == sum(e.calls for e in followed.edges() if e.callee == entry)
    assert all(f.whole >= f.own + f.halted for f in functions if f.entry.vector < 0)
    assert {vector: calls[e] for e in calls if (vector := e.vector) >= 0} == followed.interrupts
    assert followed.lost == 0
    code = np.flatnonzero(followed.counts)
    assert followed.code[code].all() and (code >= 0xE0000).all()


def test_calls_are_those_whose_lines_say_so(followed: Profile, files: list[Path]) -> None:
    """Every place behind an executed CALL with a constant is an entry, called as often as those calls ran."""
    wanted: dict[tuple[int, int], int] = {}
    for line in files[1].read_text("ascii").splitlines():
        found = re.match(r"\d+ exec ([0-9A-F]{4}):([0-9A-F]{4}) E8([0-9A-F]{2})([0-9A-F]{2})$", line)
        if found:
            ps, pc, low, high = (int(word, 16) for word in found.groups())
            target = ps, (pc + 3 + low + high * 256) & 0xFFFF
            wanted[target] = wanted.get(target, 0) + 1
    calls = {(f.entry.ps, f.entry.pc): f.calls for f in followed.functions() if f.entry.vector < 0}
    assert wanted and all(calls.get(target, 0) >= count for target, count in wanted.items())
    ways = {e.caller.text for e in followed.edges() if (e.callee.ps, e.callee.pc) in wanted}
    assert not any(way.startswith("int") for way in ways)


def test_clocks_of_functions_by_the_stack_pointer(followed: Profile, tmp_path: Path) -> None:
    """A truth of another kind, for a program that drops nothing: a call is over when SP lies above its entry's."""
    path = tmp_path / "x.trace"
    with Session() as session:
        session.trace(path, "exec,int,regs")
        session.power_on()
        session.run_until(END)
    own: dict[str, int] = {}
    calls: dict[str, int] = {}
    frames: list[tuple[str, int]] = []
    sp, before, called, from_interrupt = 0, 0, True, False
    for line in path.read_text("ascii").splitlines():
        words = line.split()
        if words[0] == "#" or words[1] == "wake":
            if words[1] == "end":
                own[frames[-1][0]] += int(words[4]) - before
            continue
        clock = int(words[0])
        if words[1] == "exec":
            sp = next((int(word[3:], 16) for word in words if word.startswith("sp=")), sp)
            while frames and sp > frames[-1][1] and not from_interrupt:
                charge, _ = frames.pop()
                own[charge] = own.get(charge, 0) + clock - before
                before = clock
            if frames and not from_interrupt:
                own[frames[-1][0]] = own.get(frames[-1][0], 0) + clock - before
            if called:
                frames.append((words[2], sp if len(frames) else 0xFFFF))
                calls[words[2]] = calls.get(words[2], 0) + 1
            if from_interrupt:
                own[words[2]] = own.get(words[2], 0) + clock - before
            before, from_interrupt = clock, False
            code = words[3]
            called = code[:2] in ("E8", "9A", "CC", "CD") or re.match("(2E|26|36)?FF(1|5|9|D)[0-F]", code) is not None
        else:
            if not called:
                own[frames[-1][0]] += clock - before
                before = clock
            called = from_interrupt = True
    functions = {f.entry.text: f for f in followed.functions() if f.entry.vector < 0}
    assert calls.keys() == functions.keys()
    assert {entry: f.calls for entry, f in functions.items() if entry != "FFFF:0000"} == {
        entry: count for entry, count in calls.items() if entry != "FFFF:0000"
    }
    assert {entry: f.own + f.halted for entry, f in functions.items()} == own


def test_following_over_the_power_switch_and_with_a_trace(tmp_path: Path) -> None:
    session, profile = Session(), Profile()
    session.follow(profile)
    for _ in range(2):
        session.power_on()
        session.run(0.01)
        session.power_off()
    assert profile.counts[0xFFFF0] == 2
    assert 160_000 <= profile.span < 160_400
    with pytest.raises(UsageError, match="follows"):
        session.trace(tmp_path / "x.kmt")
    session.follow(None)
    session.trace(tmp_path / "x.kmt")
    with pytest.raises(UsageError, match="being made"):
        session.follow(profile)
    session.follow(None)
    session.trace_end()
    with pytest.raises(UsageError, match="leaves out"):
        session.follow(Profile(), "exec=F0000-FFFFF,int")


def test_following_over_a_state_that_is_loaded(tmp_path: Path) -> None:
    """The clock goes back; what ran is counted, each time it did."""
    session, profile = Session(), Profile()
    session.power_on()
    session.run(0.1)
    state = session.snapshot()
    session.follow(profile)
    for _ in range(3):
        session.run(0.01)
        session.restore(state)
    session.follow(None)
    alone = Profile()
    session.follow(alone)
    session.run(0.01)
    session.follow(None)
    assert profile.span == 3 * alone.span and (profile.counts == 3 * alone.counts).all()


def test_following_changes_nothing() -> None:
    results = []
    for profile in (None, Profile()):
        session = Session(battery="low")
        session.follow(profile)
        results.append(session.boot().to_dict())
    assert results[0] == results[1]


def test_the_table_and_the_folded_stacks(
    followed: Profile, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "x.folded"
    assert main(["trace", "profile", str(files[0]), "--folded", str(out), "--count", "3"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"{followed.span:,} clocks") and shown[-1].startswith("and ")
    lines = out.read_text("utf-8").splitlines()
    parts = [re.fullmatch(r"([^; ][^;]*(?:;[^;]+)*) (\d+)", line) for line in lines]
    assert all(parts)
    assert sum(int(part[2]) for part in parts if part) == followed.span
    assert len({part[1] for part in parts if part}) == len(lines)
    halts = sum(int(line.rpartition(" ")[2]) for line in lines if line.split(";")[-1].startswith("(HALT) "))
    assert halts == sum(f.halted for f in followed.functions()) > 0
    assert main(["trace", "profile", str(files[0]), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["clocks"] == followed.span == sum(f["own"] + f["halted"] for f in told["functions"])


def test_the_call_graph(followed: Profile, files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "calls", str(files[0]), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert len(told["edges"]) == len(followed.edges())
    top = followed.functions()[1].entry.text
    assert main(["trace", "calls", str(files[0]), "--count", "2"]) == 0
    shown = capsys.readouterr().out
    assert re.search(rf"^ +[\d,]+ +[\d,]+  {top} sub_F074B, [\d,]+ of its own$", shown, re.MULTILINE)
    assert main(["trace", "calls", str(files[0]), "--dot"]) == 0
    graph = capsys.readouterr().out.splitlines()
    assert graph[0] == "digraph calls {" and graph[-1] == "}"
    nodes = {line.split()[0] for line in graph if " [label=" in line and "->" not in line}
    edges = [line.split() for line in graph if "->" in line]
    assert len(nodes) == len(followed.functions()) and len(edges) == len(followed.edges())
    assert {word for edge in edges for word in (edge[0], edge[2])} <= nodes


def test_coverage(
    followed: Profile, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    map_ = tmp_path / "map.png"
    symbols = tmp_path / "names.csv"
    with symbols.open("w", newline="") as file:
        csv.writer(file).writerows([
            ["name", "kind", "address"], ["reset", "function", "FFFF:0000"], ["nothing", "function", "0xE0000"],
            ["words", "text", "E0001"],
        ])
    arguments = ["trace", "coverage", str(files[0]), "--symbols", str(symbols)]
    assert main([*arguments, "-o", str(map_)]) == 0
    shown = capsys.readouterr().out
    assert shown.splitlines()[-1] == "  E0000 nothing"
    assert map_.read_bytes().startswith(b"\x89PNG")
    assert main([*arguments, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["rom"]["executed"] + told["rom"]["executed and read"] == followed.code[0xE0000:].sum()
    assert sum(told["rom"].values()) == 0x20000 and sum(told["ram"].values()) == 0x10000
    assert [region["start"] for region in told["regions"]][:2] == ["00000", "00400"]
    assert told["never_executed"] == [{"address": "E0000", "name": "nothing"}] and told["not_in_the_trace"] == []


@pytest.mark.parametrize("form", [0, 1])
def test_lines_while_a_function_is_at_work(
    form: int, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As many instructions as a profile counts for the function and what it calls."""
    profile = read(files[form])
    callers = [f for f in profile.functions() if f.entry.ps == 0xF000 and f.whole > f.own + f.halted and f.calls == 1]
    entry = callers[0].entry
    name = f"{entry.physical:05X}"

    def shown(*options: str) -> list[str]:
        assert main(["trace", "show", str(files[form]), "--function", *options]) == 0
        return [line for line in capsys.readouterr().out.splitlines() if " exec " in line]

    whole, own = shown(name), shown(name, "--only-own")
    assert set(own) < set(whole) and whole[0].split()[2] == entry.text == own[0].split()[2]
    assert shown(entry.text, "--only", "insn") == whole
    called = {e.callee.text for e in profile.edges() if e.caller == entry}
    assert called & {line.split()[2] for line in whole} == called
    (tmp_path / "x.csv").write_text(f"label,place\r\nsomething,{entry.text}\r\n")
    assert shown("something", "--symbols", str(tmp_path / "x.csv"), "--count", "2") == whole[:2]
    assert main(["trace", "show", str(files[form]), "--function", "F0001"]) == 0
    assert "no such line while F0001 is an open call" in capsys.readouterr().err


def test_entries_of_an_interrupt(files: list[Path], followed: Profile, capsys: pytest.CaptureFixture[str]) -> None:
    for path in files:
        assert main(["trace", "show", str(path), "--interrupt", "20"]) == 0
        lines = [line for line in capsys.readouterr().out.splitlines() if not line.startswith("#")]
        assert len(lines) == followed.interrupts[0x20] and all(line.split()[1:3] == ["int", "20"] for line in lines)
        assert main(["trace", "show", str(path), "--interrupt", "99"]) == 0
        assert all(line.startswith("#") for line in capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("options", "said"), [
    (["--only-own"], "--only-own is nothing"), (["--interrupt", "100"], "no vector"),
    (["--interrupt", "x"], "no vector"), (["--only", "io", "--interrupt", "20"], "--only leaves out"),
    (["--function", "nobody"], "no function"), (["--function", "100000"], "no function"),
    (["--function", "F0000", "--symbols", "a", "--firmware", "b"], "exclude each other"),
])  # fmt: skip
def test_show_with_options_that_make_no_sense(
    options: list[str], said: str, files: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) if "no vector" in said else _nothing():
        assert main(["trace", "show", str(files[0]), *options]) in (1, 2)
    assert said in capsys.readouterr().err


def test_names_from_an_analysis(files: list[Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", "profile", str(files[0]), "--firmware", "openm1:24"]) == 0
    assert re.search(r"F000:[0-9A-F]{4} int_20", capsys.readouterr().out)
    assert main(["trace", "profile", str(files[0]), "--firmware", "openm1:19"]) != 0
    assert "expected the firmware of the trace" in capsys.readouterr().err


def test_a_trace_that_leaves_out_too_much(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, words in enumerate(("port", "exec,port", "exec=F0000-F0FFF,int", "port,from=0.001")):
        path = tmp_path / f"{number}.kmt"
        with Session() as session:
            session.trace(path, words)
            session.power_on()
            session.run(0.002)
        for verb in ("profile", "calls"):
            assert main(["trace", verb, str(path)]) == 1
            assert "--trace-filter exec,int" in capsys.readouterr().err
        assert main(["trace", "show", str(path), "--function", "F0000"]) == 1
        assert main(["trace", "coverage", str(path)]) == 0
        assert "not in this trace" in capsys.readouterr().out


def test_a_stretch_of_time_is_not_more_than_it_has(tmp_path: Path) -> None:
    with Session() as session:
        session.trace(tmp_path / "x.kmt", "exec,int,from=0.001,to=0.002")
        session.power_on()
        session.run(0.01)
    assert 7_000 < read(tmp_path / "x.kmt").span <= 8_000


@pytest.mark.parametrize("form", [0, 1])
def test_damaged_files_are_counted_up_to_there(
    form: int, files: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / files[form].name
    data = files[form].read_bytes()
    path.write_bytes(data[: len(data) * 3 // 4])
    for verb in ("profile", "calls", "coverage"):
        assert main(["trace", verb, str(path)]) == 1
        said = capsys.readouterr()
        assert said.out and "cut off" in said.err
    part = Profile()
    with pytest.raises(UserError, match="cut off"), open_trace(path) as trace:
        list(trace.profile(part))
    assert 0 < part.span < END and part.span == sum(f.own + f.halted for f in part.functions())
    assert main(["trace", "profile", str(tmp_path)]) == 1


@pytest.mark.parametrize(("text", "said"), [
    (b"", "none"), (b"a,b\n1,2\n", "the columns a, b"), (b"name,address\nx,XYZ\n", "row 2"), (b"\xff\xfe,", "no CSV"),
    (b"name,address\nx\n", "row 2"), (b"name,address\nx,123456\n", "row 2"),
])  # fmt: skip
def test_symbols_that_are_none(text: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(text)
    with pytest.raises(UserError, match=said):
        read_symbols(tmp_path / "x.csv")


def test_boot_with_a_profile(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folded, map_ = tmp_path / "x.folded", tmp_path / "map.png"
    assert main(["boot", "--profile", str(folded), "--coverage", str(map_), "--seconds", "0.1"]) == 0
    assert sum(int(line.rpartition(" ")[2]) for line in folded.read_text().splitlines()) in range(800_000, 800_400)
    assert re.search(r"^int 20;int_20 [0-9]+$", folded.read_text(), re.MULTILINE), "with names"
    assert map_.read_bytes().startswith(b"\x89PNG")
    capsys.readouterr()
    assert main(["boot", "--profile", str(folded), "--trace", str(tmp_path / "x.kmt")]) == 2
    assert "exclude each other" in capsys.readouterr().err
    assert main(["boot", "--profile", str(folded), "--png", str(folded)]) == 2


def test_the_examples_of_the_help(
    files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("names.csv").write_text("address,name\nFFFF0,reset\n")
    lines = EXAMPLES.partition("Clocks are")[0].splitlines()[1:]
    commands = [re.split(r" {2,}| \| ", line.strip())[0].split()[1:] for line in lines if line.strip()]
    assert len(commands) == 8
    for words in commands:
        assert main(words) == 0
        assert len(capsys.readouterr().out.splitlines()) > 10, words
    assert {path.name for path in tmp_path.iterdir()} == {"x.kmt", "x.folded", "map.png", "names.csv"}


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()
