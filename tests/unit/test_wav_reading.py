"""WAV files: every form comes back as it was, and what is none is a sentence."""

from __future__ import annotations

import io
import struct
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from wav_files import chunk, fmt, riff, wav, words

from korgm1.errors import UserError
from korgm1.verbs.wav_reading import read_wav

FORMS = [(1, 16, "16 bit", 2**-15), (1, 24, "24 bit", 2**-23), (1, 32, "32 bit", 2**-31), (3, 32, "float", 2**-24),
         (3, 64, "64 bit float", 0.0)]


def noise(frames: int, channels: int) -> np.ndarray:
    return np.random.default_rng(channels).uniform(-1, 1, (frames, channels))


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize("channels", [1, 2, 4, 8])
@pytest.mark.parametrize(("tag", "bits", "form", "step"), FORMS)
def test_every_form_comes_back(
    tag: int, bits: int, form: str, step: float, channels: int, extensible: bool, tmp_path: Path
) -> None:
    samples = noise(50, channels)
    samples[:2] = [[-1.0] * channels, [0.25] * channels]
    path = tmp_path / "x.wav"
    path.write_bytes(wav(samples, 44_100, bits, tag, extensible))
    found = read_wav(path)
    assert (found.rate, found.form, found.channels, found.frames, found.first) == (44_100, form, channels, 50, 0)
    assert found.samples.shape == (50, channels) and np.abs(found.samples - samples).max() <= step
    assert (found.samples[:2] == samples[:2]).all()


def test_what_the_standard_library_writes_is_read(tmp_path: Path) -> None:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((2, 2, 31_250, 0, "NONE", ""))
        file.writeframes(struct.pack("<4h", 1, -2, 32767, -32768))
    path = tmp_path / "x.wav"
    path.write_bytes(out.getvalue())
    assert (read_wav(path).samples * 32768).tolist() == [[1, -2], [32767, -32768]]


def test_other_chunks_odd_ones_too_are_passed_over(tmp_path: Path) -> None:
    samples = noise(7, 1)
    path = tmp_path / "x.wav"
    path.write_bytes(riff(
        chunk(b"LIST", b"INFOx"), chunk(b"fmt ", fmt(1, 1, 8000, 16) + b"\0\0"), chunk(b"fact", b"abc"),
        chunk(b"data", words(samples, 16)), b"junk",
    ))
    assert np.abs(read_wav(path).samples - samples).max() <= 2**-15


@given(st.integers(1, 3), st.floats(0, 2), st.none() | st.floats(0, 2))
@settings(max_examples=60, deadline=None)
def test_a_stretch_is_a_part_of_the_whole(channels: int, begin: float, end: float | None) -> None:
    from korgm1.verbs.wav_reading import _parsed

    data = wav(noise(150, channels), 100, 24)
    whole, part = _parsed(data), _parsed(data, begin, end)
    last = 150 if end is None else round(end * 100)
    assert np.array_equal(part.samples, whole.samples[round(begin * 100) : max(last, round(begin * 100))])
    assert part.frames == 150 and part.first == min(round(begin * 100), 150)


GOOD = wav(noise(100, 2))
HEAD = chunk(b"fmt ", fmt(1, 2, 31_250, 16))
BAD = {
    "nothing": (b"", "this is no WAV file"),
    "a picture": (b"\x89PNG" + bytes(100), "this is no WAV file"),
    "another RIFF": (GOOD.replace(b"WAVE", b"AVI "), "this is no WAV file"),
    "big endian": (b"RIFX" + GOOD[4:], "the form RIFX is not known"),
    "larger than 4 GB": (b"RF64" + GOOD[4:], "the form RF64 is not known"),
    "head alone": (GOOD[:12], "it ends before its samples"),
    "cut in the samples": (GOOD[:-1], "it is cut off: 399 of the 400 bytes of its chunk 'data'"),
    "cut in the format": (GOOD[:30], "it is cut off: 10 of the 16 bytes of its chunk 'fmt '"),
    "no samples": (riff(HEAD), "there are no samples in it"),
    "samples first": (riff(chunk(b"data", bytes(8)), HEAD), "its samples come before their format"),
    "8 bit": (riff(chunk(b"fmt ", fmt(1, 1, 8000, 8)), chunk(b"data", b"x")), "format 0001h, 8 bits"),
    "A-law": (riff(chunk(b"fmt ", fmt(6, 1, 8000, 8)), chunk(b"data", b"x")), "format 0006h, 8 bits"),
    "float of 16 bits": (riff(chunk(b"fmt ", fmt(3, 1, 8000, 16)), chunk(b"data", b"xx")), "format 0003h, 16 bits"),
    "no channels": (riff(chunk(b"fmt ", fmt(1, 0, 8000, 16)), chunk(b"data", b"")), "0 channels"),
    "nine channels": (riff(chunk(b"fmt ", fmt(1, 9, 8000, 16)), chunk(b"data", bytes(18))), "9 channels"),
    "no rate": (riff(chunk(b"fmt ", fmt(1, 1, 0, 16)), chunk(b"data", bytes(2))), "0 samples a second"),
    "a short format": (riff(chunk(b"fmt ", bytes(14)), chunk(b"data", bytes(2))), "its format has 14 bytes"),
    "half a frame": (riff(HEAD, chunk(b"data", bytes(6))), "no whole number of frames"),
    "an unknown GUID": (
        riff(chunk(b"fmt ", fmt(1, 2, 31_250, 16, True)[:-1] + b"x"), chunk(b"data", bytes(4))), "extended format",
    ),
    "no numbers": (wav(np.full((20, 1), np.nan), bits=32, tag=3), "no numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_cannot_be_used_says_why(name: str, tmp_path: Path) -> None:
    data, why = BAD[name]
    path = tmp_path / "x.wav"
    path.write_bytes(data)
    with pytest.raises(UserError) as said:
        read_wav(path)
    assert why in str(said.value) and str(path) in str(said.value) and "a WAV file of 16, 24" in str(said.value)


@given(st.binary(max_size=80), st.integers(0, 60), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_no_damage_is_a_traceback(junk: bytes, place: int, value: int) -> None:
    from korgm1.verbs.wav_reading import _parsed

    damaged = bytearray(GOOD)
    damaged[place] = value
    for data in (junk, GOOD[:12] + junk, bytes(damaged)):
        try:
            _parsed(data)
        except ValueError as said:
            assert str(said)


def test_a_file_that_is_missing_or_a_folder_is_the_users_error(tmp_path: Path) -> None:
    for path in (tmp_path / "none.wav", tmp_path):
        with pytest.raises(UserError):
            read_wav(path)
