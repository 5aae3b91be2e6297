"""korgm1 wave list, plot and export."""

from __future__ import annotations

import io
import json
import wave as wavefile
from pathlib import Path

import numpy as np
import pytest

from korgm1.cli import main
from korgm1.errors import UserError
from korgm1.verbs import wave
from korgm1.waves import bank as bank_module
from korgm1.waves.bank import open_bank
from korgm1.waves.player import play


def test_the_list_has_every_sound_in_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wave", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4 + 144
    assert lines[4].split()[:3] == ["0", "A.Piano", "11"]
    assert lines[104].split()[:2] == ["drum:1", "Kick1"]
    assert open_bank().sha1 in lines[0]


def test_the_json_list_is_the_directory(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wave", "list", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    bank = open_bank()
    assert (found["words"], found["rate"], found["sha1"]) == (len(bank.words), 31_250, bank.sha1)
    assert [row["name"] for row in found["multisounds"]] == [sound.name for sound in bank.multisounds]
    assert len(found["drums"]) == 44
    zone = found["multisounds"][31]["zones"][0]
    assert zone["start"] == bank.multisounds[31].zones[0].start
    assert abs(zone["root_key"] * 100 + zone["root_cents"] - zone["root"] / 1000) < 1e-6


@pytest.mark.parametrize(("word", "name"), [
    ("0", "A.Piano"), ("31", "Strings"), ("strings", "Strings"), ("DWGS Sine", "DWGS Sine"), ("drum:1", "Kick1"),
    ("DRUM:44", "Metronome2"), ("kick3", "Kick3"), ("drum:pole", "Pole"),
])
def test_a_sound_is_a_number_or_a_name(word: str, name: str) -> None:
    assert wave.find(open_bank(), word).name == name


@pytest.mark.parametrize("word", ["100", "-1", "drum:0", "drum:45", "drum:", "Theremin", "", "²"])
def test_a_sound_that_does_not_exist_is_a_usage_error(word: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wave", "export", "-o", "x.wav", "--", word]) == 2
    assert "there is no sound" in capsys.readouterr().err


@pytest.mark.parametrize(("key", "seconds"), [("C4", 1.0), ("A0", 0.25), ("127", 0.001), ("Bb2", 2.5)])
def test_an_export_is_a_wav_of_exactly_this_length(key: str, seconds: float, tmp_path: Path) -> None:
    out = tmp_path / "x.wav"
    assert main(["wave", "export", "31", "--key", key, "--seconds", str(seconds), "-o", str(out)]) == 0
    with wavefile.open(str(out)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 31_250)
        assert file.getnframes() == round(seconds * 31_250)
        heard = np.frombuffer(file.readframes(10**6), dtype="<i2")
    bank = open_bank()
    assert (heard == np.rint(play(bank, bank.multisounds[31], wave.key_number(key), seconds) * 32767)).all()


def test_all_are_exported_under_their_numbers(tmp_path: Path) -> None:
    assert main(["wave", "export", "--all", str(tmp_path / "all"), "--seconds", "0.05"]) == 0
    names = sorted(path.name for path in (tmp_path / "all").iterdir())
    assert len(names) == 144
    assert names[0] == "00-A.Piano.wav" and "93-25-Pulse.wav" in names and "drum44-Metronome2.wav" in names
    for path in (tmp_path / "all").iterdir():
        with wavefile.open(io.BytesIO(path.read_bytes())) as file:
            assert file.getnframes() == round(0.05 * 31_250)


@pytest.mark.parametrize("words", [
    ["export"], ["export", "3"], ["export", "3", "--all", "x"], ["export", "--all", "x", "-o", "y"],
])
def test_an_export_without_its_words_is_a_usage_error(words: list[str]) -> None:
    assert main(["wave", *words]) == 2


def test_an_export_is_called_what_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wave", "export", "31", "-o", str(tmp_path / "x.mp3")]) == 2
    assert "a name ending in .wav" in capsys.readouterr().err and not list(tmp_path.iterdir())


@pytest.mark.parametrize("words", [
    ["export", "3", "-o", "x.wav", "--key", "H4"], ["export", "3", "-o", "x.wav", "--key", "128"],
    ["export", "3", "-o", "x.wav", "--seconds", "0"], ["export", "3", "-o", "x.wav", "--seconds", "nan"],
    ["export", "3", "-o", "x.wav", "--seconds", "1e9"], ["plot", "3"], [],
])
def test_words_that_make_no_sense_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["wave", *words])
    assert ended.value.code == 2


def test_a_word_too_many_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["wave", "list", "3"]) == 2
    assert "wave list does not know 3" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_the_users_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("x")
    assert main(["wave", "export", "0", "-o", str(tmp_path / "file" / "x.wav")]) == 1
    assert main(["wave", "export", "--all", str(tmp_path / "file")]) == 1
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["0", "91", "99", "24", "41", "50", "drum:20"])
def test_any_sound_can_be_drawn_and_is_the_same_each_time(word: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    for name in ("a.png", "b.png"):
        assert main(["wave", "plot", word, "--key", "E3", "-o", str(tmp_path / name)]) == 0
    picture = (tmp_path / "a.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and picture == (tmp_path / "b.png").read_bytes()


def test_an_installation_without_the_file_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bank_module, "FILE", "nothing.kwv")
    open_bank.cache_clear()
    try:
        with pytest.raises(UserError, match="missing from this installation"):
            open_bank()
        assert main(["wave", "list"]) == 1
        assert "tools/build_waves.py" in capsys.readouterr().err
    finally:
        open_bank.cache_clear()


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["wave", "--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert "korgm1 wave export --all" in out and "not Korg's" in out
