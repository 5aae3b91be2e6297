"""WAV files byte by byte, as the format's definition has them, read by a reader that forgives nothing."""

from __future__ import annotations

import json
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from riff import Wav, read_wav

from korgm1.errors import UserError
from korgm1.files import PartFile
from korgm1.verbs import wav_file
from korgm1.verbs.raw_file import RawFile
from korgm1.verbs.wav_file import FORMS, WavFile, info

FACTS = info("korgm1 test", {"b": 1, "a": "é"})


def written(path: Path, signal: np.ndarray, form: str, rate: int = 48000) -> tuple[WavFile, Wav]:
    wav = WavFile(path, rate, signal.shape[1], form)
    for part in np.array_split(signal, 3):
        wav.write(part)
    wav.close(FACTS)
    return wav, read_wav(path.read_bytes())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("channels", [2, 4])
@pytest.mark.parametrize("frames", [0, 1, 7, 1000])
def test_every_form_is_read_back(tmp_path: Path, form: str, channels: int, frames: int) -> None:
    signal = np.random.default_rng(frames).uniform(-1, 1, (frames, channels))
    wav, found = written(tmp_path / "x.wav", signal, form)
    step = {"16": 2.0**-15, "24": 2.0**-23, "float": 2.0**-24}[form]
    assert found.samples.shape == signal.shape == (wav.frames, channels)
    assert np.abs(found.samples - signal).max(initial=0) <= step
    assert (found.rate, found.extensible, found.float) == (48000, channels == 4, form == "float")
    assert found.mask == 0
    assert found.info["ISFT"] == "korgm1 test"
    assert json.loads(found.info["ICMT"]) == {"b": 1, "a": "é"}
    assert wav.peak == np.abs(signal).max(initial=0)


def test_the_standard_library_reads_two_channels(tmp_path: Path) -> None:
    written(tmp_path / "x.wav", np.zeros((5, 2)), "24", 31250)
    with wave.open(str(tmp_path / "x.wav")) as file:
        assert file.getparams()[:4] == (2, 3, 31250, 5)


def test_samples_of_20_bits_pass_24_bits_whole(tmp_path: Path) -> None:
    whole = np.array([[0x7FFFF, -0x80000], [1, -1], [0, 12345]])
    _, found = written(tmp_path / "x.wav", whole / (1 << 19), "24")
    assert (found.samples * (1 << 19) == whole).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=50), st.sampled_from(["16", "24", "float"]))
def test_what_is_beyond_full_scale_is_cut_and_counted(
    tmp_path_factory: pytest.TempPathFactory, values: list[float], form: str
) -> None:
    signal = np.array(values[: len(values) // 2 * 2]).reshape(-1, 2)
    wav, found = written(tmp_path_factory.mktemp("wav") / "x.wav", signal, form)
    scale = {"16": 1 << 15, "24": 1 << 23}.get(form)
    if scale is None:
        assert wav.clipped == 0 and np.allclose(found.samples, signal, atol=1e-6)
        return
    beyond = (np.rint(signal * scale) > scale - 1) | (np.rint(signal * scale) < -scale)
    assert wav.clipped == beyond.sum()
    assert (found.samples <= (scale - 1) / scale).all() and (found.samples >= -1).all()


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(b"old")
    wav = WavFile(path, 48000, 2, "16")
    wav.write(np.zeros((100, 2)))
    assert path.read_bytes() == b"old"
    wav.discard()
    assert [file.name for file in tmp_path.iterdir()] == ["x.wav"] and path.read_bytes() == b"old"


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wav = WavFile(tmp_path / "x.wav", 48000, 2, "16")

    def full(self: PartFile, data: bytes) -> None:
        raise self._failed(OSError(28, "No space left on device"))

    monkeypatch.setattr(PartFile, "write", full)
    with pytest.raises(UserError, match="No space left"):
        wav.write(np.zeros((100, 2)))
    wav.discard()
    for begin in (lambda: WavFile(tmp_path / "x.wav", 48000, 2, "16"), lambda: RawFile(tmp_path / "x.npy")):
        with pytest.raises(UserError, match="No space left"):
            begin()
    assert list(tmp_path.iterdir()) == []


def test_a_file_larger_than_the_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wav_file, "LARGEST", 1000)
    wav = WavFile(tmp_path / "x.wav", 48000, 4, "float")
    wav.write(np.zeros((62, 4)))
    with pytest.raises(UserError, match="too long"):
        wav.write(np.zeros((1, 4)))
    wav.discard()


@pytest.mark.parametrize("cut", [3, 11, 20, 47, 60])
def test_the_reader_itself_refuses_what_is_cut(tmp_path: Path, cut: int) -> None:
    written(tmp_path / "x.wav", np.zeros((8, 2)), "16")
    with pytest.raises((AssertionError, struct.error)):
        read_wav((tmp_path / "x.wav").read_bytes()[:cut])
