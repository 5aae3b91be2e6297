"""The commands that the pages of docs/ show exist, and those that end by themselves do what the page says."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from patience import LIMIT
from screen_driver import without_display

from korgm1.cli import build_parser, main
from korgm1.scenario.bank import dump

ROOT = Path(__file__).resolve().parents[2]
PAGES = {path.name: path.read_text("utf-8") for path in sorted((ROOT / "docs").glob("*.md"))}


def shown(text: str) -> list[str]:
    """The command lines of a page's blocks, without what is said beside them."""
    rows = re.findall(r"^(?: {4})?((?:korgm1|printf .*\| korgm1) .*)$", text, re.MULTILINE)
    return [re.split(r" {2,}", row)[0] for row in rows]


def words(command: str) -> list[str]:
    """What the last `korgm1` of a shell line gets."""
    last = re.split(r" \| (?!korgm1)| > ", command[command.rindex("korgm1 ") :])[0]
    return shlex.split(last)[1:]


LINES = [(name, line) for name, text in PAGES.items() for line in shown(text)]
NAMED = sorted({
    (name, found) for name, text in PAGES.items() for found in re.findall(r"`korgm1 ([^`]*)`", text) if found[0] != "-"
})


def test_there_is_something_to_check() -> None:
    assert len(LINES) > 40 and len(NAMED) > 40
    assert {"accessibility.md", "cards.md", "keys.md", "midi.md", "remote-control.md"} <= {
        name for name, _ in [*LINES, *NAMED]
    }


@pytest.mark.parametrize(("page", "line"), LINES)
def test_a_line_parses(page: str, line: str) -> None:
    assert build_parser().parse_args([word for word in words(line) if word != "..."]).verb in line


@pytest.mark.parametrize(("page", "named"), NAMED)
def test_a_verb_in_the_text_exists(page: str, named: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = re.match(r"[a-z][a-z-]*(?:\|[a-z-]+)*(?: [a-z]+(?:\|[a-z]+)*)?", named)
    assert found is not None
    first, _, second = found.group().partition(" ")
    for verb in first.split("|"):
        for deed in second.split("|"):
            with pytest.raises(SystemExit) as ended:
                main([verb, *filter(None, [deed]), "--help"])
            assert ended.value.code == 0, capsys.readouterr().err


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader is, with what the pages take for granted."""
    (tmp_path / "bank.syx").write_bytes(dump())
    (tmp_path / "waves.bin").write_bytes(bytes(range(256)) * 16)
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "korgm1"
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m korgm1 "$@"\n')
    program.chmod(0o755)
    return tmp_path


def typed(folder: Path, line: str) -> str:
    """What a shell line says; it must end well."""
    env = without_display(folder)
    env["PATH"] = f"{folder / 'bin'}:{env['PATH']}"
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT
    )
    assert done.returncode == 0, f"{line}: {done.stderr}"
    return done.stdout


def lines_of(page: str, pattern: str) -> list[str]:
    found = [line for name, line in LINES if name == page and re.search(pattern, line)]
    assert found
    return found


def test_the_card_of_docs_cards(folder: Path) -> None:
    for line in lines_of("cards.md", "^korgm1 card"):
        typed(folder, line)
    assert (folder / "songs.card").stat().st_size == 32768 and (folder / "bank.syx").read_bytes() != dump()
    (line,) = lines_of("cards.md", "^korgm1 run")
    typed(folder, f"{line} --no-sram --tty --mute --seconds 0.1")


def test_the_bank_of_docs_midi(folder: Path) -> None:
    for line in lines_of("midi.md", "syx check|--emulated"):
        typed(folder, line)
    assert (folder / "back.syx").read_bytes() == (folder / "bank.syx").read_bytes()
    typed(folder, "korgm1 syx split bank.syx -o parts && korgm1 syx join parts -o joined.syx")
    assert (folder / "joined.syx").read_bytes() == dump()


def test_the_map_of_docs_keys(folder: Path) -> None:
    example = "".join(re.findall(r"^ {4}(?!korgm1)(.*\n|\n)", PAGES["keys.md"], re.MULTILINE))
    assert "[terminal]" in example and "piano" in example
    (folder / "example.toml").write_text(example)
    assert "example.toml:" in typed(folder, "korgm1 keys --check example.toml")
    for line in ("korgm1 keys --toml > my.toml", "korgm1 keys --check my.toml"):
        assert f"`{line}`" in PAGES["keys.md"]
        typed(folder, line)


def test_the_pipe_of_docs_accessibility(folder: Path) -> None:
    (line,) = lines_of("accessibility.md", "^printf")
    assert "Prog I42" in typed(folder, f"{line} --no-sram")


def test_the_pipe_of_docs_remote_control(folder: Path) -> None:
    (line,) = lines_of("remote-control.md", "^printf")
    assert '"lines": ["Prog I00 Init Prog' in typed(folder, line)
