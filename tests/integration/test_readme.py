"""What the README shows works as it stands."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from korgm1.cli import build_parser, main

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = sorted({
    line.split("   ")[0].strip()
    for block in re.findall(r"```\n(.*?)```", README, re.S)
    for line in block.splitlines()
    if line.startswith("korgm1 ")
})


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("command", COMMANDS)
def test_command_parses(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)[1:]).verb == command.split()[1]


def test_the_first_command_shows_the_dead_battery(capsys: pytest.CaptureFixture[str]) -> None:
    (words,) = re.findall(r"python3 tools/m1\.py (boot .*)", README)
    assert main(shlex.split(words)) == 0
    text = capsys.readouterr().out
    assert text.index("#24") < text.rindex("|Prog I00 Init Prog") < text.rindex("|Battery Low (Internal)")


def test_the_python_example_runs(tmp_path: Path, preload: bytes) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.S)
    (tmp_path / "preload.syx").write_bytes(preload)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Init Prog" in done.stdout and "Battery Low (Internal)" in done.stdout
    assert (tmp_path / "my.sram").stat().st_size == 65536
    assert b"Universe" in (tmp_path / "my.sram").read_bytes()
    assert (tmp_path / "lcd.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "verb", ["", "age", "boot", "run", "rom", "rom identify", "cpu-check", "dis", "doctor", "hypotheses"]
)
def test_help_has_examples(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*verb.split(), "--help"])
    assert ended.value.code == 0
    assert "example" in capsys.readouterr().out


@pytest.mark.parametrize(("line", "first"), [
    ("doctor foo", "korgm1: doctor does not know foo"), ("serve --foo --no-sram", "korgm1: serve does not know --foo"),
    ("midi list --bar 3", "korgm1: midi list does not know --bar 3"),
    ("rom verify x --foo", "korgm1: rom verify does not know --foo"),
])
def test_a_word_too_much_is_named_with_its_verb(
    line: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(line.split()) == 2
    said = capsys.readouterr().err.splitlines()
    known = first.removeprefix("korgm1: ").partition(" does not know")[0]
    assert said == [first, f"  try: korgm1 {known} --help"]


def test_pictures_that_are_shown_exist() -> None:
    for name in re.findall(r"!\[[^]]*\]\(([^)]+)\)", README):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"\]\(([^)#:]+)\)", README):
        assert (ROOT / name).exists(), name
