"""korgm1 scope: levels and partials that are known beforehand, pictures, and what cannot be measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from wav_files import wav

from korgm1.cli import main
from korgm1.verbs.scope_measure import LONGEST, SHORTEST, decibels, measure, spectrum
from korgm1.verbs.wav_file import WavFile
from korgm1.verbs.wav_reading import read_wav

RATE = 31_250


def sine(hertz: float, level: float, seconds: float = 1.0) -> np.ndarray:
    return level * np.sin(2 * np.pi * hertz / RATE * np.arange(round(seconds * RATE)))


def saved(path: Path, *channels: np.ndarray, bits: int = 24) -> str:
    path.write_bytes(wav(np.column_stack(channels), RATE, bits))
    return str(path)


@pytest.mark.parametrize("hertz", [55.0, 440.0, 441.37, 1000.0, 9999.9, 15_000.0])
@pytest.mark.parametrize("level", [1.0, 0.1, 0.001])
def test_a_sines_pitch_and_level_are_found(hertz: float, level: float) -> None:
    found = measure(sine(hertz, level), RATE)
    (partial,) = found.partials
    assert abs(partial.hertz - hertz) < 0.05 and abs(partial.level - 20 * np.log10(level)) < 0.06
    assert found.rms is not None and abs(found.rms - 20 * np.log10(level / 2**0.5)) < 0.02


def test_partials_come_in_the_order_of_their_strength_and_weak_ones_beside_strong_ones() -> None:
    both = sine(300, 0.01) + sine(500, 0.5) + sine(2000, 0.1) + sine(7000, 0.0005)
    found = measure(both, RATE).partials
    assert [round(partial.hertz) for partial in found] == [500, 2000, 300, 7000]
    assert len(measure(both, RATE, most=2).partials) == 2


def test_noise_has_the_level_it_has_and_dc_is_no_partial() -> None:
    noise = np.random.default_rng(3).uniform(-0.5, 0.5, 4 * RATE)
    found = measure(noise + 0.25, RATE)
    assert abs(found.mean - 0.25) < 0.002 and not found.partials
    (sine_in_noise,) = measure(noise + sine(1234, 0.1, 4), RATE).partials
    assert abs(sine_in_noise.hertz - 1234) < 0.2 and abs(sine_in_noise.level + 20) < 0.5
    assert found.rms is not None and abs(found.rms - 10 * np.log10(1 / 12 + 1 / 16)) < 0.02


def test_a_spectrum_reaches_up_to_half_the_rate_in_even_steps() -> None:
    for frames in (16, 17, 4096, 40_000):
        hertz, levels = spectrum(np.sin(np.arange(frames)), RATE)
        assert len(hertz) == len(levels) == min(frames, 32_768) // 2 + 1 and hertz[0] == 0
        assert RATE / 2 - hertz[1] < hertz[-1] <= RATE / 2 and np.ptp(np.diff(hertz)) < 1e-6
    assert decibels(1.0) == 0.0 and decibels(0.0) is None


def test_silence_is_silent() -> None:
    found = measure(np.zeros(SHORTEST), RATE)
    assert found.peak is None and found.rms is None and not found.partials


def test_the_text_says_what_is_in_each_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = saved(tmp_path / "x.wav", sine(440, 0.5), np.zeros(RATE))
    assert main(["scope", name]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{name}: 24 bit, 2 channels, 31,250 Hz, 1.000 s",
        "channel 1: peak -6.02 dBFS, RMS -9.03 dBFS, highest at 0.026 s, DC +0.00000",
        "     440.00 Hz    -6.02 dBFS  A4",
        "channel 2: silent",
    ]


def test_a_channel_that_is_another_is_said_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = saved(tmp_path / "x.wav", sine(440, 0.5), sine(500, 0.5), sine(440, 0.5), np.zeros(RATE), np.zeros(RATE))
    assert main(["scope", name]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[5:] == ["channel 3: the same as channel 1", "channel 4: silent", "channel 5: silent"]
    assert main(["scope", name, "--json"]) == 0
    channels = json.loads(capsys.readouterr().out)["channels"]
    assert {**channels[0], "channel": 3} == channels[2]


@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize(("form", "said"), [("16", "16 bit"), ("24", "24 bit"), ("float", "float")])
def test_what_render_writes_is_read(form: str, said: str, channels: int, tmp_path: Path) -> None:
    samples = np.random.default_rng(5).uniform(-1, 1, (1001, channels))
    file = WavFile(tmp_path / "x.wav", 48_000, channels, form)
    file.write(samples)
    file.close({"ISFT": "a test", "ICMT": "{}"})
    found = read_wav(tmp_path / "x.wav")
    assert (found.rate, found.form, found.frames) == (48_000, said, 1001)
    assert np.abs(found.samples - samples).max() <= 2**-15


def test_a_stretch_of_one_channel(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = saved(tmp_path / "x.wav", sine(440, 0.5), np.concatenate([np.zeros(RATE), sine(1000, 0.25)])[: RATE])
    late = saved(tmp_path / "y.wav", np.concatenate([np.zeros(RATE), sine(1000, 0.25)]), sine(440, 0.5, 2))
    assert main(["scope", late, "--from", "1", "--to", "1.5", "--channel", "1", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["from"], found["to"], found["seconds"], found["rate"]) == (1.0, 1.5, 2.0, RATE)
    (channel,) = found["channels"]
    assert channel["channel"] == 1 and abs(channel["peak"] + 12.04) < 0.01 and 1.0 <= channel["peak_at"] < 1.5
    assert [round(partial["hertz"]) for partial in channel["partials"]] == [1000]
    assert main(["scope", name, "--channel", "2", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["channels"][0]["peak"] is None


@pytest.mark.parametrize("words", [
    ["--channel", "0"], ["--channel", "3"], ["--from", "5"], ["--from", "0.5", "--to", "0.4"], ["--to", "0"],
    ["--from", "0.9999"],
])
def test_what_is_not_there_is_a_usage_error(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["scope", saved(tmp_path / "x.wav", sine(440, 0.5), sine(440, 0.5)), *words]) == 2
    assert "expected" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--from", "-1"], ["--to", "x"], ["--to", "nan"], ["--channel", "a"], ["-o", ""]])
def test_words_that_make_no_sense_are_refused(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scope", saved(tmp_path / "x.wav", sine(440, 0.5)), *words])
    assert ended.value.code == 2


def test_a_file_that_is_none_is_the_users_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.wav").write_bytes(b"RIFF")
    assert main(["scope", str(tmp_path / "x.wav")]) == 1
    assert "this is no WAV file" in capsys.readouterr().err


@pytest.mark.parametrize(("channels", "seconds"), [(1, 0.001), (1, 0.5), (2, 0.05), (4, 0.5), (8, 0.001)])
def test_anything_can_be_drawn_and_is_the_same_each_time(channels: int, seconds: float, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    parts = [sine(300 * (number + 1), 0.4, seconds) for number in range(channels - 1)]
    name = saved(tmp_path / "x.wav", np.zeros(round(seconds * RATE)), *parts)
    for out in ("a.png", "b.png"):
        assert main(["scope", name, "-o", str(tmp_path / out)]) == 0
    picture = (tmp_path / "a.png").read_bytes()
    assert picture.startswith(b"\x89PNG") and picture == (tmp_path / "b.png").read_bytes()


def test_a_picture_is_never_written_over_its_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = saved(tmp_path / "x.png", sine(440, 0.5))
    before = Path(name).read_bytes()
    assert main(["scope", name, "-o", name]) == 2
    assert "the same file" in capsys.readouterr().err and Path(name).read_bytes() == before


def test_without_matplotlib_numbers_are_printed_and_a_picture_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    name = saved(tmp_path / "x.wav", sine(440, 0.5))
    assert main(["scope", name]) == 0
    assert main(["scope", name, "-o", str(tmp_path / "x.png")]) == 1
    assert "korgm1[plot]" in capsys.readouterr().err and not (tmp_path / "x.png").exists()


def test_help_has_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["scope", "--help"])
    assert ended.value.code == 0 and "korgm1 scope out.wav -o out.png" in capsys.readouterr().out


def test_the_spectrum_hears_the_end_too() -> None:
    """A tone in the last samples only, behind the last whole stretch."""
    signal = np.zeros(LONGEST + 10_000)
    signal[-4000:] = 0.5 * np.sin(2 * np.pi * 0.1 * np.arange(4000))
    hertz, levels = spectrum(signal, 1000)
    assert abs(hertz[levels.argmax()] - 100) < 0.5 and levels.max() > -80
