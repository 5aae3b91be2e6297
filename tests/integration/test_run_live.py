"""korgm1 run as users start it: in a pipe, a terminal, a window; the RAM is saved whatever ends it."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from patience import LIMIT

from korgm1.cli import FRONTENDS, main
from korgm1.desk import Desk
from korgm1.desk.commands import typed
from korgm1.session import Session

RUN = [sys.executable, "-m", "korgm1", "run", "--mute"]


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment without a display and with a data folder of its own."""
    kept = {
        key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    }
    return {**kept, "XDG_DATA_HOME": str(tmp_path / "data"), "TERM": "xterm", "PYTHONUNBUFFERED": "1"}


def run(home: dict[str, str], *words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RUN, *map(str, words)], env=home, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
    )


def own(home: dict[str, str]) -> Path:
    return Path(home["XDG_DATA_HOME"]) / "korgm1" / "m1-openm1.sram"


def test_without_a_display_the_terminal_shows_the_boot(home: dict[str, str]) -> None:
    done = run(home, "--seconds", "2", "--battery", "low")
    assert done.returncode == 0
    assert done.stderr.count("\n") == 1 and "no display" in done.stderr
    lines = done.stdout.splitlines()
    assert any("#24" in line for line in lines)
    assert " s  |Prog I00 Init Prog" in lines[-2] and "|Battery Low (Internal)" in lines[-2]
    shown = [line.partition("|")[2] for line in lines[:-1]]
    assert all(line.count("|") == 3 for line in lines[:-1])
    assert len(shown) == len(set(shown)) < 6, "finished pictures only"
    assert lines[-1] == f"power off; the RAM is in {own(home)}"
    assert own(home).stat().st_size == 65536


def test_a_dead_cell_costs_the_user_nothing_that_was_kept(home: dict[str, str], tmp_path: Path) -> None:
    assert run(home, "--terminal", "--seconds", "1.5").returncode == 0
    kept = own(home).read_bytes()
    done = run(home, "--terminal", "--seconds", "1.5", "--battery", "dead")
    assert "|Battery Low (Internal)" in done.stdout and "stays as it was" in done.stdout
    assert own(home).read_bytes() == kept
    assert list(own(home).parent.iterdir()) == [own(home)]
    mine = tmp_path / "x.sram"
    mine.write_bytes(kept)
    assert run(home, "--terminal", "--seconds", "1.5", "--battery", "dead", "--sram", mine).returncode == 0
    assert mine.read_bytes() != kept


def test_the_users_image_is_read_again(home: dict[str, str]) -> None:
    m1 = Session(engine="v30")
    m1.boot()
    m1.power_off()
    own(home).parent.mkdir(parents=True)
    own(home).write_bytes(m1.sram)
    assert run(home, "--terminal", "--seconds", "0.02").returncode == 0
    changed = sum(a != b for a, b in zip(own(home).read_bytes(), m1.sram, strict=True))
    assert changed < 2000, "only the firmware's work area may differ"
    own(home).write_bytes(b"short")
    done = run(home, "--terminal", "--seconds", "0.02")
    assert done.returncode == 1
    assert own(home).read_bytes() == b"short"
    assert "65,536" in done.stderr


def test_another_image_or_none(home: dict[str, str], tmp_path: Path) -> None:
    assert run(home, "--terminal", "--seconds", "0.1", "--sram", tmp_path / "my.sram").returncode == 0
    assert (tmp_path / "my.sram").stat().st_size == 65536
    assert run(home, "--terminal", "--seconds", "0.1", "--no-sram").returncode == 0
    assert not own(home).exists()
    both = run(home, "--terminal", "--seconds", "0.1", "--no-sram", "--sram", tmp_path / "my.sram")
    assert both.returncode == 2


def test_json_is_the_only_output(home: dict[str, str]) -> None:
    done = run(home, "--terminal", "--seconds", "2", "--no-sram", "--press", "7@1.5", "--json")
    found = json.loads(done.stdout)
    assert found["lcd"][0].startswith("Prog I")
    assert found["clocks"] >= 16_000_000
    assert "Prog I" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_is_power_off(home: dict[str, str], number: signal.Signals) -> None:
    child = subprocess.Popen(
        [*RUN, "--terminal"],
        env=home,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline().count("|") == 3
    child.send_signal(number)
    out, err = child.communicate(timeout=LIMIT)
    assert child.returncode == 0, err
    assert "power off" in out
    assert own(home).stat().st_size == 65536


def test_keys_typed_in_a_terminal_play_the_panel(home: dict[str, str]) -> None:
    master, slave = pty.openpty()
    child = subprocess.Popen([*RUN, "--terminal", "--no-sram"], env=home, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    seen = ""

    def wait_for(word: str) -> None:
        nonlocal seen
        while word not in seen:
            ready, _, _ = select.select([master], [], [], LIMIT)
            assert ready, f"{word!r} never came:\n{seen}"
            seen += os.read(master, 4096).decode("utf-8", "replace")

    wait_for("|Prog I00")
    os.write(master, b"42")
    wait_for("|Prog I42")
    os.write(master, b"q")
    wait_for("\x1b[?25h")
    assert child.wait(LIMIT) == 0
    os.close(master)


def test_a_window_without_a_screen(home: dict[str, str], tmp_path: Path) -> None:
    done = run({**home, "SDL_VIDEODRIVER": "dummy"}, "--seconds", "2", "--no-sram", "--png", tmp_path / "lcd.png")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert (tmp_path / "lcd.png").read_bytes().startswith(b"\x89PNG")


class Deeds:
    """A view that does something and is closed."""

    def __init__(self, *lines: str) -> None:
        self._lines = lines

    def __call__(self, desk: Desk, keymap: object) -> Deeds:
        self._desk = desk
        return self

    def poll(self, wait: float) -> bool:
        for line in self._lines:
            typed(self._desk, line)
        return False

    def draw(self, status: str = "") -> None:
        """Nothing."""

    def close(self) -> None:
        """Nothing."""


@pytest.mark.parametrize(("lines", "said"), [
    (("run 2", "scenario dead-cell", "run 1"), "power off; the RAM is in"),
    (("run 2", "power off", "cell absent", "leave 1mo", "power on", "run 2"), "stays as it was"),
    (("run 2", "power off"), "power off; the RAM is in"),
    (("run 2", "rewind 1", "engine v30", "faults adc-dead"), "power off; the RAM is in"),
])
def test_whatever_was_done_the_users_own_image_is_whole(
    lines: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    mine = tmp_path / "korgm1" / "m1-openm1.sram"
    assert main(["run", "--tty", "--mute", "--seconds", "2"]) == 0
    kept = mine.read_bytes()
    capsys.readouterr()
    monkeypatch.setitem(FRONTENDS, "terminal", Deeds(*lines))
    assert main(["run", "--tty", "--mute"]) == 0
    assert said in capsys.readouterr().out
    assert mine.read_bytes()[0x3000:0xA000] == kept[0x3000:0xA000]


def test_an_image_that_cannot_be_written_is_rescued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = tmp_path / "stick"
    folder.mkdir()

    class Pulled(Deeds):
        """The stick with the image is pulled out while the instrument runs."""

        def poll(self, wait: float) -> bool:
            shutil.rmtree(folder)
            folder.write_text("in the way")
            return super().poll(wait)

    (tmp_path / "my.sram").write_bytes(b"another's")
    monkeypatch.setitem(FRONTENDS, "terminal", Pulled("run 2", "power off"))
    assert main(["run", "--tty", "--mute", "--sram", str(folder / "my.sram")]) == 1
    assert f"what was to be written is in {tmp_path / 'my-1.sram'}" in capsys.readouterr().err
    assert (tmp_path / "my-1.sram").stat().st_size == 65536 and (tmp_path / "my.sram").read_bytes() == b"another's"
