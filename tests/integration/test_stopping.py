"""Ctrl-C at any moment of age and boot --age: one line says what was written, and what was not is as it was."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from patience import LIMIT
from stoppable import started

from korgm1.session import Session
from korgm1.verbs.signals import asked_to_stop

AGE = "age --sram z.sram -o z.sram --report z.json --plot z.png --off 1y --on 100000s"
BOOT = "boot --sram z.sram --age use=1y:3h/week --seconds 100000 --png z.png"

OWN = BOOT.replace("--sram z.sram ", "")
MADE = "age --years 3 --on 100000s -o z.out"


@pytest.fixture(scope="module")
def image() -> bytes:
    with Session() as session:
        session.boot()
        return session.sram


def stopped_after(words: str, seconds: float, folder: Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command that gets a SIGINT so long after it began."""
    process = started(words.split(), folder)
    try:
        time.sleep(seconds)
        process.send_signal(signal.SIGINT)
        out, said = process.communicate(timeout=LIMIT)
    finally:
        process.kill()
    return process.returncode, out, said


@pytest.mark.parametrize("seconds", [0.02, 0.3, 0.8, 2.0])
@pytest.mark.parametrize("words", [AGE, BOOT, OWN, MADE])
def test_one_line_says_what_was_written_and_the_rest_is_as_it_was(
    words: str, seconds: float, image: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "z.sram"
    path.write_bytes(image)
    code, out, said = stopped_after(words, seconds, tmp_path)
    assert (code, out) == (130, "") and re.fullmatch(r"korgm1: stopped[^\n]*\n", said), said
    written = {name for name in ("z.sram", "z.png", "z.json", "z.out") if re.search(rf"{name}[^;]* written", said)}
    there = {file.name for file in tmp_path.iterdir()}
    assert there - {"z.sram", "z.sram.1"} == written - {"z.sram"}
    assert path.stat().st_size == 65536
    assert ("z.sram.1" in there) <= ("z.sram" in written)
    assert path.read_bytes() == image or "z.sram" in written


def test_a_memory_that_cannot_be_kept_says_where_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from korgm1.cli import main

    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    assert main(["run", "--tty", "--mute", "--seconds", "0.1"]) == 1
    assert capsys.readouterr().err.endswith("\n  try: --sram FILE keeps the memory elsewhere, --no-sram nowhere\n")


LOST = """
import signal
from korgm1 import cli, start
from korgm1.verbs.signals import asked_to_stop

def verb():
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        END

cli.main = verb
raise SystemExit(start.main())
"""


@pytest.mark.parametrize(("end", "code", "said"), [
    ("raise RuntimeError('an import makes this of it') from None", 130, "korgm1: stopped\n"),
    ("with asked_to_stop() as asked: return 7 if asked else 0", 7, ""),
])
def test_a_ctrl_c_whose_exception_was_lost_still_counts(end: str, code: int, said: str) -> None:
    program = LOST.replace("END", end)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT)
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_one_that_its_shell_has_ignored_counts_too() -> None:
    program = LOST.replace("END", "raise")
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=LIMIT,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (done.returncode, done.stderr) == (130, "korgm1: stopped before anything was done\n")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="this system has no SIGHUP")
def test_nohup_outlives_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with asked_to_stop() as asked:
            signal.raise_signal(signal.SIGHUP)
            assert not asked
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
    with asked_to_stop() as asked:
        signal.raise_signal(signal.SIGHUP)
        assert asked == [signal.SIGHUP]


def test_a_block_in_a_block_has_the_same_wish() -> None:
    with asked_to_stop() as outer:
        with asked_to_stop() as inner:
            signal.raise_signal(signal.SIGINT)
        assert inner is outer and outer == [signal.SIGINT]
    with asked_to_stop() as later:
        assert not later


def test_a_wish_between_two_outputs_names_those_that_are_there(
    image: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    from korgm1.cli import main
    from korgm1.verbs import age_plot

    def drawn(report: object) -> bytes:
        signal.raise_signal(signal.SIGINT)
        return b"a picture"

    monkeypatch.setattr(age_plot, "drawn", drawn)
    monkeypatch.chdir(tmp_path)
    Path("x.sram").write_bytes(image)
    assert main("age --sram x.sram -o y.sram --report r.json --off 1y --plot p.png".split()) == 130
    assert capsys.readouterr().err == "korgm1: stopped; y.sram, r.json written, p.png not\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["r.json", "x.sram", "y.sram"]


def test_events_that_cannot_be_followed_by_a_boot_leave_the_image(image: bytes, tmp_path: Path) -> None:
    from korgm1.cli import main

    path = tmp_path / "z.sram"
    path.write_bytes(image)
    assert main(["boot", "--sram", str(path), "--age", "cell=1.15 off=1mo", "--press", "FOO@1"]) == 2
    assert path.read_bytes() == image and list(tmp_path.iterdir()) == [path]
