"""The terminal: its screen, its keys, its command line, in this process and in a real pseudo-terminal."""

from __future__ import annotations

import io
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import LIMIT, wait_for
from pty_child import PtyChild
from vt_screen import VtScreen

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.frontends.terminal import Terminal, help_lines
from korgm1.keymap import PANEL_KEYS, default, loads
from korgm1.session import Session

TTY = [sys.executable, "-m", "korgm1", "run", "--tty", "--mute"]


class Screen(io.StringIO):
    """Text output that says it is a terminal, and one that draws what it gets."""

    encoding = "utf-8"  # type: ignore[assignment]

    def __init__(self) -> None:
        super().__init__()
        self.vt = VtScreen(80, 24)

    def write(self, text: str) -> int:
        self.vt.feed(text)
        return super().write(text)

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[int, int]]:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((80, 24)))
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    m1 = Session()
    m1.boot()
    path = tmp_path_factory.mktemp("terminal") / "booted.state"
    m1.save(path)
    return path


@pytest.fixture
def desk(booted: Path) -> Desk:
    return Desk(Session.load(booted), minutes=0)


class Bench:
    """A terminal view, what is typed into it, and its screen."""

    def __init__(self, desk: Desk, typed: tuple[int, int], toml: str = "") -> None:
        self.desk, self.master = desk, typed[0]
        self.out = Screen()
        self.view = Terminal(desk, loads(toml.encode()), self.out, typed[1])
        self.view.draw()

    @property
    def text(self) -> str:
        return self.out.vt.text

    def type(self, keys: str, seconds: float = 0.5) -> bool:
        """Type, let time pass, draw."""
        os.write(self.master, keys.encode())
        on = self.view.poll(1.0)
        self.desk.run(self.desk.now + round(seconds * CPU_HZ))
        self.view.poll(0.0)
        self.view.draw()
        return on


@pytest.fixture
def bench(desk: Desk, typed: tuple[int, int]) -> Iterator[Bench]:
    found = Bench(desk, typed)
    yield found
    found.view.close()


# the screen


def test_the_screen_shows_lcd_lights_and_controls(bench: Bench) -> None:
    lines = bench.out.vt.lines
    assert "|Prog I00 Init Prog                      |" in lines
    assert "|SINGLE  POLY  OSC1 000                  |" in lines
    assert any("[INT]" in line and "[PROG]" in line and " SEQ" in line and "[SEQ]" not in line for line in lines)
    assert "VALUE 0   VOLUME 100" in lines
    assert any("? keys" in line and "q power off" in line for line in lines)
    assert not bench.out.vt.odd and not bench.out.vt.cursor_shown and bench.out.vt.other


def test_only_lines_that_changed_are_written(bench: Bench) -> None:
    before = len(bench.out.getvalue())
    bench.view.draw()
    assert len(bench.out.getvalue()) == before
    bench.type("+", 0.0)
    written = bench.out.getvalue()[before:]
    assert "VALUE 1" in written and "Prog" not in written and "\x1b[2J" not in written


SIZES = [(80, 24), (132, 50), (60, 10), (42, 6), (30, 5), (20, 3), (10, 2), (1, 1)]


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_any_size_keeps_the_lcd(
    desk: Desk, typed: tuple[int, int], monkeypatch: pytest.MonkeyPatch, columns: int, rows: int
) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((columns, rows)))
    bench = Bench(desk, typed)
    bench.out.vt.resize(columns, rows)
    bench.view._forget()
    bench.type("?")
    bench.type(":")
    shown = bench.out.vt.text
    assert "Prog I00"[:columns] in shown and ("SINGLE"[:columns] in shown) == (rows > 1)
    assert ("INT" in shown) == (rows > 3 and columns > 5)
    if rows >= 4:
        assert ":_" in shown
    bench.view.close()


def test_another_size_is_drawn_anew(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((70, 20)))
    bench.out.vt.resize(70, 20)
    bench.view.draw()
    assert "|Prog I00" in bench.text
    assert "lit: INT, PROG" in bench.text, "the lights do not fit: only those that are lit, in words"


def test_lights_are_words_and_red_only_where_colour_is_wanted(
    desk: Desk, typed: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    coloured = Bench(desk, typed)
    assert "\x1b[1;31m[INT]\x1b[0m" in coloured.out.getvalue()
    coloured.view.close()
    monkeypatch.setenv("NO_COLOR", "1")
    plain = Bench(desk, typed)
    assert "[INT]" in plain.text and "\x1b[1;31m" not in plain.out.getvalue()
    plain.view.close()


def test_custom_characters_are_shown_as_what_they_look_like(desk: Desk, typed: tuple[int, int]) -> None:
    chip = desk.session.machine.lcd
    arrow, scribble = [0, 4, 2, 31, 2, 4, 0, 0], [21, 10, 21, 10, 21, 10, 21, 10]
    written = {"_cgram": bytes(arrow + scribble + [0] * 48), "_ddram": b"\0\1!g I00".ljust(80), "_c": True, "_ac": 3}
    chip.restore({**chip.snapshot(), **written})
    bench = Bench(desk, typed)
    assert "|→①!g I00" in bench.text
    assert "\x1b[4mg\x1b[0m" in bench.out.getvalue(), "the display's cursor is underlined"
    bench.view.close()
    out = Screen()
    out.encoding = "ascii"  # type: ignore[assignment]
    view = Terminal(desk, default(), out, typed[1])
    view.draw()
    assert "|>1!g I00" in out.vt.text
    view.close()


# keys


def test_typed_keys_work_the_panel(bench: Bench) -> None:
    assert bench.type("42", 1.0)
    assert "|Prog I42 Init Prog" in bench.text
    bench.type("C")
    assert "|Combi I00" in bench.text and "[COMBI]" in bench.text
    bench.type("\x1b[20~")
    assert "|GLOBAL 0-1" in bench.text, "F9"
    bench.type("++-\x1b[1;5B")
    assert "VALUE 1   VOLUME 95" in bench.text
    assert bench.type("q") is False


def test_every_button_can_be_typed_and_help_says_how(bench: Bench) -> None:
    assert "terminal" not in default().unreachable()
    text = " ".join(help_lines(default(), 1000))
    for name in set(PANEL_KEYS) - set("ABCDEFGH0123456789") - {"10HOLD"}:
        assert f"{name} = " in text
    bench.type("?")
    assert "Modes: INT = I, F2" in bench.text and "power off and leave" in bench.text
    bench.type("?")
    assert "Modes:" not in bench.text


def test_letters_play_notes_in_piano_mode(bench: Bench) -> None:
    bench.type("\t", 0.0)
    assert "piano from C4, velocity 100" in bench.text
    bench.type("zq[", 0.0)
    assert bench.desk.notes == {24, 36}
    assert "velocity 90" in bench.text
    bench.type("\x1b[6~", 0.5)
    assert bench.desk.notes == frozenset(), "a note lasts 0.3 s"
    assert "piano from C3" in bench.text
    bench.type("P", 0.0)
    bench.type("\t", 0.0)
    assert "piano" not in bench.text.replace("Tab piano", "")


def test_a_map_without_piano_says_so(desk: Desk, typed: tuple[int, int]) -> None:
    bench = Bench(desk, typed, 'piano = "off"')
    bench.type("\t")
    assert "no piano" in bench.text and not desk.notes
    bench.view.close()


def test_the_joystick_springs_back_and_the_damper_stays(bench: Bench) -> None:
    bench.type("\x1b[1;3D", 0.1)
    assert bench.desk.controls["joystick_x"] == 0
    bench.desk.run(bench.desk.now + CPU_HZ)
    bench.view.poll(0.0)
    assert bench.desk.controls["joystick_x"] == 128
    bench.type("`")
    assert "damper down" in bench.text
    bench.type("`")
    assert "damper down" not in bench.text


def test_power_from_the_keyboard(bench: Bench) -> None:
    bench.type("\x10")
    assert not bench.desk.powered and "POWER OFF" in bench.text and "power off" in bench.text
    bench.type("\x10", 2.0)
    assert bench.desk.powered and "|Prog I00" in bench.text


# the command line


def test_a_command_is_typed_with_completion_and_history(bench: Bench) -> None:
    bench.type(":pre\ted\t")
    assert ":press EDIT__" in bench.text and "EDIT_COMBI  EDIT_PROG" in bench.text
    bench.type("\t")
    bench.type("C\t\r", 1.0)
    assert "Edit Combi" in bench.text
    bench.type(":\x1b[A")
    assert ":press EDIT_COMBI_" in bench.text
    bench.type("\x1b[D\x1b[D\x1b[D")
    assert ":press EDIT_CO_MBI" in bench.text
    bench.type("\x15\x0b")
    assert ":_" in bench.text
    bench.type("\x1b")
    assert ":_" not in bench.text


def test_answers_errors_and_help_of_commands(bench: Bench) -> None:
    bench.type(":lcd\r")
    assert "\nProg I00" in bench.text, "beside the one in the frame"
    bench.type(":prss INT\r")
    assert "there is no command 'prss'; expected one of press" in bench.text
    bench.type(":help cell\r")
    assert "cell CELL: put another cell in" in bench.text and "CR2032@VOLTS" in bench.text
    bench.type(":help\r")
    assert "press, down, up" in bench.text and "help COMMAND says" in bench.text
    bench.type(":load /nowhere.state\r")
    assert "/nowhere.state" in bench.text
    bench.type(":cell dead\r")
    assert "0.40 V" in bench.text
    bench.desk.run(bench.desk.now + 20 * CPU_HZ)
    bench.view.draw()
    assert "0.40 V" not in bench.text, "a message does not stay for ever"
    assert bench.type(":quit\r") is False


def test_an_answer_that_does_not_fit_says_so(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((60, 14)))
    bench.out.vt.resize(60, 14)
    bench.type(":state\r")
    assert "model: m1" in bench.text and "lines more than fit here" in bench.text and "|Prog I00" in bench.text


def test_what_was_said_last_is_what_fits(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((40, 5)))
    bench.out.vt.resize(40, 5)
    for words in ("the first", "the second", "the third"):
        bench.desk.say(words)
    bench.view.draw()
    assert "the third" in bench.text and "the first" not in bench.text


def test_keys_page_by_page_where_the_screen_is_small(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size((44, 8)))
    bench.out.vt.resize(44, 8)
    bench.type("?")
    pages = [bench.text]
    while "goes on" in pages[-1] and len(pages) < 50:
        bench.type("?")
        pages.append(bench.text)
    shown = " ".join(" ".join(pages).split())
    assert "page 1 of" in pages[0] and "fit here" not in shown
    assert all(line.strip() in shown for line in help_lines(default(), 43))
    assert all("Prog I00" in page for page in pages) and "Modes" not in pages[-1]
    bench.type("?")
    assert "page 1 of" in bench.text
    bench.desk.say("something new")
    bench.view.draw()
    assert "page 1 of" in bench.text and "something new" in bench.text


def test_errors_of_keys_are_told(desk: Desk, typed: tuple[int, int]) -> None:
    bench = Bench(desk, typed, '[terminal]\nx = "command load /nowhere.state"')
    assert bench.type("x")
    assert "/nowhere.state" in bench.text
    bench.view.close()


# not a screen


def test_a_pipe_gets_a_line_per_finished_picture(desk: Desk) -> None:
    out = io.StringIO()
    view = Terminal(desk, default(), out)
    desk.power(False)
    desk.run(desk.now + CPU_HZ)
    desk.power(True)
    desk.run(desk.now + 2 * CPU_HZ)
    desk.say("something odd", "error")
    for status in ("", "too slow", "too slow", "", "too slow"):
        view.draw(status)
    lines = out.getvalue().splitlines()
    pictures = [line for line in lines if line.count("|") == 3]
    assert pictures[-1].partition("|")[2].startswith("Prog I00") and len(set(pictures)) == len(pictures)
    assert [line for line in lines if "|" not in line][-3:] == ["error: something odd", "too slow", "too slow"]
    assert "\x1b" not in out.getvalue()


@pytest.mark.parametrize("term", ["dumb", ""])
def test_a_dumb_terminal_gets_lines_and_its_keys_work(
    desk: Desk, typed: tuple[int, int], monkeypatch: pytest.MonkeyPatch, term: str
) -> None:
    monkeypatch.setenv("TERM", term)
    out = Screen()
    view = Terminal(desk, default(), out, typed[1])
    os.write(typed[0], b"7:turn 2x\x7f\r")
    assert view.poll(1.0)
    desk.run(desk.now + CPU_HZ)
    view.draw()
    view.close()
    shown = out.getvalue()
    assert "\x1b" not in shown and "|Prog I7_" in shown
    assert ":turn 2x\n:turn 2\nVALUE 2\n" in shown


# the terminal itself


def test_the_terminal_is_given_back_as_it_was(desk: Desk, typed: tuple[int, int]) -> None:
    before = termios.tcgetattr(typed[1])
    bench = Bench(desk, typed)
    assert termios.tcgetattr(typed[1]) != before
    bench.view.close()
    assert termios.tcgetattr(typed[1]) == before
    assert bench.out.vt.cursor_shown and not bench.out.vt.other


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    kept = {
        key: value for key, value in os.environ.items()
        if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER", "NO_COLOR", "LC_ALL", "COLUMNS", "LINES")
    }
    return {
        **kept, "XDG_DATA_HOME": str(tmp_path / "data"), "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "TERM": "xterm", "PYTHONUTF8": "1", "TMUX_TMPDIR": str(tmp_path),
    }


def own(home: dict[str, str]) -> Path:
    return Path(home["XDG_DATA_HOME"]) / "korgm1" / "m1-openm1.sram"


def test_a_session_in_a_real_terminal(home: dict[str, str]) -> None:
    with PtyChild(TTY, home) as child:
        child.wait_for("|Prog I00")
        child.type("42")
        child.wait_for("|Prog I42")
        child.resize(60, 12)
        child.wait_for("lit: INT, PROG")
        assert "|Prog I42" in child.screen.text
        child.type(":power off\r")
        child.wait_for("POWER OFF")
        assert own(home).stat().st_size == 65536, "the image is saved at power-off"
        child.type("\x10")
        child.wait_for("|Prog I")
        child.type("q")
        assert child.wait() == 0
        assert child.screen.cursor_shown and not child.screen.other
        assert "power off; the RAM is in" in child.seen and child.screen.lines[0].startswith("power off")
        assert not child.screen.odd
        assert termios.tcgetattr(child.slave) == child.before


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_gives_the_terminal_back(home: dict[str, str], number: signal.Signals) -> None:
    with PtyChild(TTY, home) as child:
        child.wait_for("|Prog I00")
        child.process.send_signal(number)
        assert child.wait() == 0
        assert child.screen.cursor_shown and not child.screen.other
        assert termios.tcgetattr(child.slave) == child.before
        assert own(home).stat().st_size == 65536


def test_ctrl_z_and_fg(home: dict[str, str]) -> None:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("bash is not installed")
    with PtyChild([bash, "--norc", "--noprofile", "-i"], {**home, "PS1": "ready$ "}) as child:
        child.wait_for("ready$")
        child.type(shlex.join([*TTY, "--no-sram"]) + "\n")
        child.wait_for("|Prog I00")
        child.type("\x1a")
        child.wait_for(lambda screen: not screen.other and "Stopped" in screen.text)
        assert child.screen.cursor_shown and "|Prog I00" not in child.screen.text
        child.type("echo back $((6*7))\n")
        child.wait_for("back 42")
        child.type("fg\n")
        child.wait_for("|Prog I00")
        assert child.screen.other and not child.screen.cursor_shown
        child.type("7")
        child.wait_for("|Prog I7_")
        child.type("\x03")
        child.wait_for(lambda screen: not screen.other and screen.lines[screen.row].endswith("ready$"))
        child.type("exit\n")
        assert child.wait() == 0


def test_keys_of_the_users_own_file(home: dict[str, str], tmp_path: Path) -> None:
    file = Path(home["XDG_CONFIG_HOME"]) / "korgm1" / "keys.toml"
    file.parent.mkdir(parents=True)
    file.write_text('[terminal]\nx = "command press GLOBAL"\nS = "none"\n')
    with PtyChild([*TTY, "--no-sram"], home) as child:
        child.wait_for("|Prog I00")
        child.type("x")
        child.wait_for("|GLOBAL 0-1")
        child.type("q")
        assert child.wait() == 0
    file.write_text('[terminal]\nx = "command prss GLOBAL"\n')
    done = subprocess.run(
        [*TTY, "--no-sram"], env=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 1 and "line 2: x: command 'prss GLOBAL': there is no command 'prss'" in done.stderr


def test_in_tmux(home: dict[str, str]) -> None:
    tmux = shutil.which("tmux")
    if tmux is None:
        pytest.skip("tmux is not installed")
    name = ["-L", "korgm1-test", "-f", os.devnull]

    def do(*words: str) -> str:
        done = subprocess.run([tmux, *name, *words], env=home, capture_output=True, text=True, timeout=LIMIT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def shown() -> str:
        return do("capture-pane", "-p")

    def shows(text: str) -> None:
        wait_for(lambda: text in shown(), shown)

    do("new-session", "-d", "-x", "80", "-y", "24", shlex.join([*TTY, "--no-sram"]) + "; cat")
    try:
        shows("|Prog I00")
        do("send-keys", "F9")
        shows("|GLOBAL 0-1")
        do("send-keys", "PPage", "Up", "Right")
        shows("|GLOBAL 4-1")
        do("resize-window", "-x", "50", "-y", "8")
        shows("lit: INT, GLOBAL")
        do("send-keys", ":", "press PROG", "Enter")
        shows("|Prog I00")
        do("send-keys", "q")
        wait_for(lambda: "Prog I00" not in shown(), shown)
    finally:
        subprocess.run([tmux, *name, "kill-server"], env=home, capture_output=True, timeout=LIMIT)
