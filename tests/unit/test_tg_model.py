"""The tone generator in C and its model in plain Python, side by side on any register writes."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_tg import Reference
from tg_golden_scripts import GOLDEN
from tg_golden_scripts import SCRIPTS as GOLDEN_SCRIPTS
from tg_golden_scripts import WORDS as GOLDEN_WORDS
from tg_scripts import PLACES, Write, noise, put, run

from korgm1.sound.tg_mb87402 import WIRED, Mb87402

WORDS = noise(48)
NEAR = st.integers(0, 56)
"""Addresses in the wave ROM and a little behind it."""
VALUES = {
    "control": st.sampled_from([0, 1, 2, 3, 3, 0xFF]), "pan": st.integers(0, 15), "level": st.integers(0, 0xFFFF),
    "level_ramp": st.integers(0, 7) | st.integers(0, 255), "pitch_ramp": st.integers(0, 7) | st.integers(0, 255),
    "increment": st.integers(0, 0x3FFFFF) | st.integers(0, 0xFFFFFF), "start": NEAR, "loop": NEAR, "end": NEAR,
}


@st.composite
def writes(draw: st.DrawFn) -> list[Write]:
    voice = draw(st.sampled_from([0, 0, 1, 15]))
    if draw(st.integers(0, 9)) == 0:
        return [(draw(st.integers(0, 0x1FF)), draw(st.integers(0, 255)))]
    if draw(st.booleans()):
        start, loop, end = sorted(draw(st.lists(NEAR, min_size=3, max_size=3)))
        return put(voice, control=0, start=start, loop=loop, end=end) + put(voice, control=3)
    name = draw(st.sampled_from(sorted(PLACES)))
    return put(voice, **{name: draw(VALUES[name])})


SCRIPTS = st.lists(writes() | st.integers(1, 40), max_size=25)
WIRINGS = st.fixed_dictionaries({
    "interpolation": st.sampled_from(list(WIRED["H-INT"])), "loop": st.sampled_from(list(WIRED["H-LOOP"])),
    "headroom": st.sampled_from(list(WIRED["H-BUS"])), "pan": st.sampled_from(list(WIRED["H-PAN"])),
})
PLAYING = put(0, level=0x8000, increment=0x123456, end=40, control=3)
"""Something sounds from the beginning."""


@given(SCRIPTS, WIRINGS)
@settings(max_examples=200, deadline=None)
def test_both_give_the_same(script: list[list[Write] | int], wiring: dict[str, object]) -> None:
    whole = [PLAYING, *script, 20]
    chip, model = Mb87402(**wiring), Reference(**wiring)    # type: ignore[arg-type]
    assert np.array_equal(run(chip, WORDS, whole), run(model, WORDS, whole))
    for number, voice in enumerate(model.voices):
        seen = chip.voice(number)
        assert (seen.level, seen.increment) == (voice.level.value, voice.increment.value)
        assert seen.sounding == (voice.place is not None)


@pytest.mark.parametrize("name", GOLDEN_SCRIPTS)
def test_the_model_gives_the_hashes_too(name: str) -> None:
    wiring, script = GOLDEN_SCRIPTS[name]
    out = run(Reference(**wiring), GOLDEN_WORDS, script)    # type: ignore[arg-type]
    assert hashlib.sha256(out.astype("<i4").tobytes()).hexdigest()[:16] == GOLDEN[name]
