"""korgm1 keys: the map printed, written, checked."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from korgm1.cli import main
from korgm1.keymap import PANEL_KEYS, default, loads
from korgm1.verbs.places import keymap_file


@pytest.fixture(autouse=True)
def nobodys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without a key map; where it would be."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HOME", str(tmp_path))
    return keymap_file()


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["keys", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_the_map_in_two_columns(capsys: pytest.CaptureFixture[str], nobodys: Path) -> None:
    code, out, err = said(capsys)
    assert (code, err) == (0, "")
    rows = {row[0]: row[1:] for line in out.splitlines() if len(row := re.split(r" {2,}", line.strip())) > 1}
    assert rows["PROG"] == ["F4", "P, F4"]
    assert rows["0 to 9"] == ["pad 0-9, Ctrl+0-9", "0-9"]
    assert all(name in out for name in set(PANEL_KEYS) - {"10HOLD"})
    assert max(map(len, out.partition("\nYour own map")[0].splitlines())) <= 100
    assert f"{nobodys} (not there)" in out and "korgm1 keys --toml" in out
    assert "joystick" in out and "joystick" not in said(capsys, "--model", "m1r")[1]


def test_one_column(capsys: pytest.CaptureFixture[str]) -> None:
    window, terminal = said(capsys, "--window")[1], said(capsys, "--terminal")[1]
    assert "drawer" in window and "type a command" not in window
    assert "type a command" in terminal and "drawer" not in terminal


def test_the_file_it_writes_is_one_it_reads(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mine = tmp_path / "my.toml"
    mine.write_text(said(capsys, "--toml")[1])
    assert loads(mine.read_bytes()) == default()
    code, out, err = said(capsys, "--check", str(mine))
    assert (code, err) == (0, "") and "all right" in out
    mine.write_text('piano = "one row"\n[window]\nF5 = "none"\n')
    code, out, err = said(capsys, "--check", str(mine))
    assert code == 0 and "usable" in out and "no key of the window works SEQ" in err
    again = said(capsys, "--keys", str(mine), "--toml")[1]
    assert '"f5" = "none"' in again and loads(again.encode()).piano == "one row"


def test_mistakes_are_named_with_their_lines(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    mine = tmp_path / "my.toml"
    mine.write_text('[window]\nF5 = "key INTT"\nF6 = "command prss INT"\nF7 = "command rewind x"\n')
    code, out, err = said(capsys, "--check", str(mine))
    assert (code, out) == (1, "")
    assert f"{mine} cannot be used:" in err and "line 2: F5: the panel has no key 'INTT'; did you mean 'INT'?" in err
    assert "line 3: F6: command 'prss INT': there is no command 'prss'" in err
    assert "line 4: F7: command 'rewind x': " in err
    assert said(capsys, "--check", str(tmp_path / "no.toml"))[0] == 1


def test_the_users_own_map_is_in_use(capsys: pytest.CaptureFixture[str], nobodys: Path) -> None:
    nobodys.parent.mkdir(parents=True)
    nobodys.write_text('[terminal]\nx = "key INT"\n')
    out = said(capsys)[1]
    assert "(in use)" in out and re.search(r"INT +F2 +I, F2, x", out)


def test_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    found = json.loads(said(capsys, "--json")[1])
    assert found["window"]["f4"] == "key PROG" and found["terminal"]["P"] == "key PROG"
    assert {"title", "rows", "before"} == set(found["groups"][0])
    assert list(json.loads(said(capsys, "--json", "--window")[1])) == ["piano", "window", "groups"]
    names = said(capsys, "--names")[1]
    assert '"kp enter"' in names and "full screen" in names
