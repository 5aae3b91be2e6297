"""--waves: the user's sample ROMs on the command line, in snapshots and in recordings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from songs import song_file

from korgm1.cli import main
from korgm1.sound.waverom import PAIRS, split
from korgm1.tapping import program

OTHER = "made with the wave ROM"


@pytest.fixture
def dumps(tmp_path: Path) -> Path:
    """Eight invented chips."""
    folder = tmp_path / "chips"
    folder.mkdir()
    for number, pair in enumerate(PAIRS):
        words = (8000 * np.sin(np.arange(0x80000) / (50 + number))).astype(np.int16)
        for name, data in zip(pair, split(words), strict=True):
            (folder / f"{name.lower()}.bin").write_bytes(data)
    return folder


def test_a_snapshot_wants_the_same_words(dumps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    state = str(tmp_path / "x.state")
    assert main(["state", "save", state, "--waves", str(dumps), "--seconds", "0.1"]) == 0
    assert main(["state", "load", state, "--waves", str(dumps), "--seconds", "0.1"]) == 0
    assert main(["state", "load", state, "--seconds", "0.1"]) == 1
    said = capsys.readouterr().err
    assert OTHER in said and "--waves PATH" in said


def test_a_recording_wants_the_same_words(dumps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recording = str(tmp_path / "x.rec")
    assert main(["boot", "--waves", str(dumps), "--seconds", "0.3", "--record", recording]) == 0
    assert "taken by the file names" in "".join(capsys.readouterr())
    assert main(["boot", "--replay", recording, "--waves", str(dumps)]) == 0
    assert main(["boot", "--replay", recording]) == 1
    assert OTHER in capsys.readouterr().err


@pytest.mark.parametrize("sweep", [["71"], ["all", "--steps", "2", "--workers", "2"]], ids=["one", "processes"])
def test_a_sweep_runs_with_them(
    sweep: list[str], dumps: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = program.parameters
    monkeypatch.setattr(program, "parameters", lambda data: everything(data)[40:43])
    words = ["--during", "0.1", "--waves", str(dumps), "--hyp", "H-FS=250", "--json"]
    assert main(["tap", "--sweep", *sweep, *words]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["hypotheses"] == {"H-FS": 250} and "taken by the file names" in err


@pytest.mark.parametrize("words", [["render", "-o", "x.wav"], ["play", "--mute", "--tail", "0"]])
def test_what_is_odd_about_them_is_said(
    words: list[str], dumps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    song = song_file(tmp_path / "x.mid", 0.1)
    assert main([*words, str(song), "--waves", str(dumps)]) == 0
    assert capsys.readouterr().err.count("taken by the file names") == 1


@pytest.mark.parametrize(("name", "code", "said"), [("nothing", 1, "does not exist"), (".", 3, "no sample ROM")])
def test_a_folder_without_chips(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, code: int, said: str
) -> None:
    assert main(["boot", "--waves", str(tmp_path / name), "--seconds", "0.1"]) == code
    assert said in capsys.readouterr().err
