"""korgm1 debug: the session of docs/debugging.md in a pipe, a terminal with Ctrl-C, files and their errors."""

from __future__ import annotations

import contextlib
import itertools
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from patience import LIMIT
from pty_child import PtyChild
from vt_screen import VtScreen

from korgm1.cli import main
from korgm1.debugging import Debugger
from korgm1.debugging.monitor import Monitor
from korgm1.debugging.table import COMMANDS, WORDS
from korgm1.errors import M1Error, UsageError
from korgm1.romset.load import load_os
from korgm1.session import Session

ROOT = Path(__file__).resolve().parents[2]
DEBUG = [sys.executable, "-m", "korgm1", "debug"]


def documented() -> list[tuple[str, list[str]]]:
    """The commands of the session in docs/debugging.md, and what each says."""
    text = (ROOT / "docs" / "debugging.md").read_text("utf-8")
    block = re.search(r"<!-- session -->\n```\n(.*?)```", text, re.S)
    assert block is not None
    steps: list[tuple[str, list[str]]] = []
    for line in block[1].splitlines():
        if line.startswith("debug> "):
            steps.append((line[7:], []))
        elif steps:
            steps[-1][1].append(line)
    assert len(steps) > 15
    return steps


def piped(text: str, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*DEBUG, *options], input=text, capture_output=True, text=True, timeout=LIMIT)


def test_the_documented_session() -> None:
    """Line by line what the page shows; it was made with the same options."""
    steps = documented()
    done = piped("".join(f"{command}\n" for command, _ in steps), "--battery", "low")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [line for _, said in steps for line in said]


def prompts(count: int) -> Callable[[VtScreen], bool]:
    """So many prompts are on the screen."""
    return lambda screen: screen.text.count("debug>") == count


def test_the_same_in_a_terminal_with_prompt_and_ctrl_c() -> None:
    with PtyChild([*DEBUG, "--no-analysis"], {"TERM": "xterm", "PATH": "/usr/bin:/bin"}) as child:
        child.wait_for("debug>")
        child.type("until \"no such text\"\r")
        child.wait_for("Ctrl-C stops it")
        child.type("\x03")
        child.wait_for("stopped by you")
        child.wait_for(prompts(2))
        child.type("nonsense\r")
        child.wait_for("there is no command")
        child.wait_for(prompts(3))
        child.type("rubbish")
        child.wait_for("debug> rubbish")
        child.type("\x03")
        time.sleep(0.3)
        child.type("\r")    # Python's readline may sleep through a signal until a key comes
        child.wait_for(lambda screen: screen.text.count("debug>") >= 4)
        child.type("print 1+1\r")
        child.wait_for("0002 = 2")
        assert "rubbish'" not in child.screen.text
        child.type("quit\r")
        assert child.wait() == 0


def test_the_ram_is_saved_and_commands_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "c.txt").write_text(
        "# a comment\n\nuntil \"Prog I00\"\nrun 0.2\nwrite F000 AA BB\nsource d.txt\nquit\nlcd\n"
    )
    (tmp_path / "d.txt").write_text("m 0F000 2\n")
    log = tmp_path / "log.txt"
    done = subprocess.run(
        [*DEBUG, "--sram", "x.sram", "--commands", "c.txt", "--log", str(log), "-x", "print 1"], cwd=tmp_path,
        capture_output=True, text=True, timeout=LIMIT,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith("0F000  AA BB")
    assert (tmp_path / "x.sram").read_bytes()[0xF000:0xF002] == b"\xaa\xbb"
    assert "write F000 AA BB" in log.read_text().splitlines()
    assert "; 0F000  AA BB" in log.read_text()
    replayed = piped(log.read_text())
    assert replayed.returncode == 0, replayed.stderr
    assert replayed.stdout.count("0F000  AA BB") == 1, "what source did is done once"


def test_segments_that_look_like_names(capsys: pytest.CaptureFixture[str]) -> None:
    """AC is a flag, too."""
    words = "write 0AC0 11 22 33 44; r ss=0AC; r sp=0; stack 2; m 0AC:0 2; m; quit"
    assert main(["debug", "--no-analysis", "-x", words]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[4:6] == ["  00AC:0000  2211", "  00AC:0002  4433"] and said[6].startswith("00AC:0000  11 22 ")
    assert said[7].startswith("00AC:0002  33 44 ")


def test_halves_flags_and_a_text_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    words = 'r aw=1234; r al=0C0; r ah=7; r cy=1; r md=1; print aw; print psw & 8001; search "Battery Low (I"; r al=100'
    assert main(["debug", "--no-analysis", "-x", words]) == 2
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[-4].startswith("07C0 = ") and lines[-3].startswith("8001 = ") and lines[-1] == "1 place"
    assert "42 61 74 74 65 72 79 20" in lines[-2] and "al cannot be 100" in said.err


def test_texts_behind_instructions(capsys: pytest.CaptureFixture[str]) -> None:
    """Where an offset is that of a text, the text is shown; where it is that of code, nothing."""
    image = load_os(None, "m1").image
    at = image.index(b"Battery Low (Internal)") & 0xFFFF
    place = image.index(b"\xbb" + at.to_bytes(2, "little"), 0x10000) & 0xFFFF
    assert main(["debug", "-x", f"d F000:{place:04X} 1; d F000:0 20; quit"]) == 0
    first, *others = capsys.readouterr().out.splitlines()
    assert first.endswith(f"mov bx,{at:#x}   ; text_F{at:04X} 'Battery Low (Internal)'") and len(others) > 20
    assert not any("'" in line for line in others)


def test_undo_says_what_it_takes_back(capsys: pytest.CaptureFixture[str]) -> None:
    words = 'step; run 0.01; until "OpenM1"; go F0897; undo; undo; undo; undo; b F0610'
    assert main(["debug", "--no-analysis", "-x", words]) == 2
    said = capsys.readouterr()
    undone = [line for line in said.out.splitlines() if line.startswith("undone: ")]
    assert undone[1:] == ['undone: until lcd "OpenM1"', "undone: run", "undone: step"]
    assert "break F0610" in said.err


def test_a_limit_for_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["debug", "--no-analysis", "--seconds", "0.02", "-x", "go; until 1 == 2; quit"]) == 0
    assert capsys.readouterr().out.count("the time is up (") == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("last", ['until "no such text"\n', ""])
def test_a_signal_saves_the_ram(number: int, last: str, tmp_path: Path) -> None:
    """While something runs, and while it waits for a line."""
    with subprocess.Popen(
        [*DEBUG, "--sram", "x.sram"], cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as child:
        assert child.stdin is not None and child.stdout is not None and child.stderr is not None
        child.stdin.write("print 5\n" + last)
        child.stdin.flush()
        assert "0005 = 5" in child.stdout.readline()
        time.sleep(0.3)
        child.send_signal(number)
        assert child.wait(LIMIT) == 130
        assert "x.sram written" in child.stderr.read()
    assert (tmp_path / "x.sram").stat().st_size == 0x10000


@pytest.mark.parametrize(("options", "code", "said"), [
    (["-x", "nonsense"], 2, "no command"),
    (["-x", "break xyz"], 2, "xyz"),
    (["-x", "write F0000 1"], 2, "no byte"),
    (["-x", "write F0000 01"], 2, "ROM"),
    (["-x", "load /nowhere"], 1, "nowhere"),
    (["--commands", "/nowhere"], 1, "nowhere"),
    (["--symbols", "/nowhere"], 1, "nowhere"),
    (["--log", "x", "--sram", "x"], 2, "same file"),
    (["-x", "save precious"], 1, "precious is there, and no snapshot"),
    (["-x", "log precious"], 1, "no log of korgm1 debug"),
    (["--log", "precious"], 1, "no log of korgm1 debug"),
    (["-x", "source d.txt"], 2, "too deep"),
    (["--sram", "new", "-x", "save new"], 2, "the instrument's memory"),
])
def test_errors(options: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str],
                monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("precious").write_bytes(b"a dump")
    Path("d.txt").write_text("source d.txt\n")
    assert main(["debug", "--no-analysis", *options]) == code
    assert said in capsys.readouterr().err and Path("precious").read_bytes() == b"a dump"


def test_a_state_is_saved_over_a_state_and_gone_on_from(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "x.state"
    words = f"save {path}; step 5; save {path}; print ps:pc; step 3; load {path}; print ps:pc; back; print ps:pc"
    assert main(["debug", "--no-analysis", "-x", f"{words}; quit"]) == 0
    places = [line.split(" ")[0] for line in capsys.readouterr().out.splitlines() if " = " in line]
    assert places[0] == places[1] != places[2]


@pytest.fixture(scope="module")
def monitor() -> Monitor:
    said: list[str] = []
    debugger = Debugger(Session())
    debugger.power_on()
    looks = itertools.count(1)
    monitor = Monitor(debugger, said.append, asked=lambda: next(looks) % 10 == 0)
    monitor.do('until "Prog I00"')
    return monitor


def test_every_command_has_help_and_none_a_traceback(
    monitor: Monitor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With nothing, and with rubbish; a run is asked to end soon."""
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS.values():
        monitor.do(f"help {command.name}")
        for rest in ("", "xyz", "1", '"', "-1", "0-FFFFFFFF 1", "\x00"):
            with contextlib.suppress(M1Error):
                monitor.do(f"{command.name} {rest}")
    monitor.over = False
    for command in COMMANDS.values():
        for example in command.examples:
            monitor.named(example.split()[0])
    assert len(WORDS) == len(COMMANDS) + sum(len(command.short) for command in COMMANDS.values())


@pytest.mark.parametrize(("line", "said"), [
    ("delete", "which stop?; expected its number; stops lists them"), ("enable 3", "there is no stop 3, none is set"),
    ("cell foo", "\n  try: cell 2.4"), ("brek", "there is no command 'brek'; expected one of break"),
])  # fmt: skip
def test_what_is_wrong_is_said_in_words_of_the_monitor(monitor: Monitor, line: str, said: str) -> None:
    monitor.do("delete all")
    with pytest.raises(UsageError) as caught:
        monitor.do(line)
    assert str(caught.value).endswith(said)


def test_the_help_keeps_its_columns(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["debug", "--no-analysis", "-x", "help; quit"]) == 0
    texts = [line[37:] for line in capsys.readouterr().out.splitlines() if line[:37].strip() != line.strip()]
    assert {command.help for command in COMMANDS.values()} <= set(texts)


def test_completion(monitor: Monitor) -> None:
    assert monitor.complete("dis") == ["disable", "disassemble"]
    assert "EDIT_PROG" in monitor.complete("press ED")
    with pytest.raises(UsageError, match="disable, disassemble"):
        monitor.named("disa")
