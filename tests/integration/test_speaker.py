"""--speak: plain lines for a screen reader, keys from a terminal, commands from a pipe."""

from __future__ import annotations

import io
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from patience import LIMIT

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.frontends.speaker import LONGEST, Speaker
from korgm1.keymap import default
from korgm1.session import Session

SPEAK = [sys.executable, "-m", "korgm1", "run", "--speak", "--mute", "--no-sram"]


@pytest.fixture(scope="module")
def booted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    m1 = Session()
    m1.boot()
    path = tmp_path_factory.mktemp("speaker") / "booted.state"
    m1.save(path)
    return path


class Listener:
    """A speaker on a booted instrument; what it says."""

    def __init__(self, booted: Path, keys: int) -> None:
        self.desk = Desk(Session.load(booted), minutes=0)
        self.out = io.StringIO()
        self.view = Speaker(self.desk, default(), self.out, keys)
        self.on = True
        self.hear(1.0)

    def hear(self, seconds: float) -> list[str]:
        """What is said in so many seconds, in frames of a sixtieth."""
        before = len(self.out.getvalue())
        end = self.desk.now + round(seconds * CPU_HZ)
        while self.desk.now < end:
            self.on = self.view.poll(0.0) and self.on
            self.desk.run(self.desk.now + CPU_HZ // 60)
            self.view.draw()
        return self.out.getvalue()[before:].splitlines()


@pytest.fixture
def terminal(booted: Path) -> Iterator[tuple[Listener, int]]:
    master, slave = pty.openpty()
    listener = Listener(booted, slave)
    yield listener, master
    listener.view.close()
    os.close(master)
    os.close(slave)


@pytest.fixture
def pipe(booted: Path) -> Iterator[tuple[Listener, int]]:
    read, write = os.pipe()
    listener = Listener(booted, read)
    yield listener, write
    listener.view.close()
    os.close(read)
    os.close(write)


def test_what_is_there_is_said_first(pipe: tuple[Listener, int]) -> None:
    title, *rest = pipe[0].out.getvalue().splitlines()
    assert title == "M1 Music Workstation, OpenM1 #24"
    assert sorted(rest) == ["INT, PROG on", "Prog I00 Init Prog", "SINGLE, POLY, OSC1 000"]
    assert pipe[0].hear(5.0) == [], "nothing is said twice"


def test_keys_of_a_terminal(terminal: tuple[Listener, int]) -> None:
    listener, keys = terminal
    os.write(keys, b"4")
    assert listener.hear(1.0) == ["Prog I4_ Init Prog"]
    os.write(keys, b"2")
    assert listener.hear(1.0) == ["Prog I42 Init Prog"]
    os.write(keys, b"G")
    assert listener.hear(1.0) == ["GLOBAL on", "GLOBAL 0-1, Tune, Transpose", "Master, selected +00, +00"]
    os.write(keys, b"\x1b[A")
    assert listener.hear(1.0) == ["Tune +01"]
    os.write(keys, b"e")
    assert listener.hear(1.0) == ["Transpose +00"]
    os.write(keys, b":vol\t5\r")
    assert listener.hear(0.5) == ["command:", "volume ", "volume 5"]
    assert listener.desk.volume == 5
    os.write(keys, b":prss\r")
    assert listener.hear(0.5) == ["command:", "error: there is no command 'prss'; expected one of press"]
    os.write(keys, b"?")
    assert listener.hear(0.5)[0].startswith("Modes: INT = I, F2; COMBI")
    assert "\x1b" not in listener.out.getvalue()
    os.write(keys, b"q")
    listener.hear(0.1)
    assert not listener.on


def test_commands_of_a_pipe(pipe: tuple[Listener, int]) -> None:
    listener, commands = pipe
    os.write(commands, b"press COM")
    assert listener.hear(0.2) == []
    os.write(commands, b"BI\n\n# a remark\nturn 7\n:leds\n\xff\xfe\n")
    said = listener.hear(1.0)
    assert said[:2] == ["VALUE 7", "lit: INT, PROG"] and "there is no command" in " ".join(said)
    assert said[-3] == "COMBI on" and said[-2].startswith("Combi I0") and said[-1] == "SINGLE"
    os.write(commands, b"cell dead\npower off\n")
    said = listener.hear(1.0)
    assert said == ["the cell reads 0.40 V", "power off"]
    os.write(commands, b"power on\n")
    said = listener.hear(3.0)
    assert said[0] == "power on" and said[-2:] == ["Prog I00 Init Prog", "Battery Low (Internal)"]
    for _ in range(3):
        os.write(commands, b"x" * (LONGEST // 2))
        listener.hear(0.2)
    os.write(commands, b"x")
    assert any("at most 65,536 bytes" in line for line in listener.out.getvalue().splitlines())
    os.write(commands, b"\nquit\n")
    listener.hear(0.1)
    assert not listener.on


def test_a_hung_instrument_and_errors_are_said(pipe: tuple[Listener, int]) -> None:
    listener, commands = pipe
    listener.desk.say("the card cannot be read", "error")
    assert listener.hear(0.1) == ["error: the card cannot be read"]
    listener.view.draw("the CPU has stopped: halt")
    listener.view.draw("the CPU has stopped: halt")
    assert listener.out.getvalue().endswith("read\nthe CPU has stopped: halt\n")
    os.write(commands, b"power off\nfaults lcd-no-init\npower on\n")
    assert listener.desk.session is not None
    assert {"power on", "solid bar"} <= set(listener.hear(2.0))


def test_through_pipes_as_users_do() -> None:
    """As `korgm1 run --speak | espeak`, with commands from a pipe: the lines come while it runs, not at its end."""
    child = subprocess.Popen(
        SPEAK, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env={key: value for key, value in os.environ.items() if key != "DISPLAY"},
    )  # fmt: skip
    assert child.stdin is not None and child.stdout is not None
    try:
        seen = b""

        def wait_for(line: bytes) -> None:
            nonlocal seen
            assert child.stdout is not None
            end = time.monotonic() + LIMIT
            while line not in seen.splitlines():
                ready, _, _ = select.select([child.stdout], [], [], max(0.0, end - time.monotonic()))
                data = os.read(child.stdout.fileno(), 4096) if ready else b""
                assert data, f"{line!r} never came: {seen!r}"
                seen += data

        wait_for(b"Prog I00 Init Prog")
        child.stdin.write(b"press 7\n")
        child.stdin.flush()
        wait_for(b"Prog I7_ Init Prog")
        child.stdin.write(b"quit\n")
        child.stdin.flush()
        out, err = child.communicate(timeout=LIMIT)
        assert (child.returncode, err) == (0, b"")
        assert b"\x1b" not in seen + out
    finally:
        child.kill()
        child.wait()


def test_nobody_listens_any_more() -> None:
    child = subprocess.Popen(
        [*SPEAK, "--seconds", "20"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline().startswith(b"M1")
    child.stdout.close()
    assert child.stderr is not None
    assert child.wait(LIMIT) == 0
    assert child.stderr.read() == b""
    child.stderr.close()


def test_what_no_display_shows_is_told(terminal: tuple[Listener, int]) -> None:
    listener, keys = terminal
    os.write(keys, b"\t]")
    assert listener.hear(0.3) == ["letters play notes", "velocity 110"]
    os.write(keys, b"\t`")
    assert listener.hear(0.3) == ["letters work the panel", "damper down"]


def test_value_is_told_where_the_display_does_not_follow(terminal: tuple[Listener, int]) -> None:
    listener, keys = terminal
    os.write(keys, b"G")
    listener.hear(1.0)
    os.write(keys, b"\x1b[C")
    listener.hear(1.0)
    os.write(keys, b"\x1b[C")
    assert "GLOBAL 5-1, Channel" in listener.hear(1.0)
    os.write(keys, b"+")
    assert listener.hear(1.5) == [f"VALUE {listener.desk.value}"]
    os.write(keys, b"*")
    assert [line for line in listener.hear(1.5) if "VALUE" not in line] != []


def test_signs_are_said_by_name(terminal: tuple[Listener, int]) -> None:
    listener, keys = terminal
    os.write(keys, b"?")
    said = " ".join(listener.hear(0.2))
    assert "damper pedal = backquote" in said and "VALUE +1 = plus, equals" in said
    assert "velocity -10 = left bracket" in said
