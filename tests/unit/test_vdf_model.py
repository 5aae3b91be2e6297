"""The VDF in C against the one written in fractions from its description: every sample and every code."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from random import Random
from typing import Any

import numpy as np
import pytest
from c_programs import CEXT
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_vdf import ONE, ReferenceVdf, shares

from korgm1.sound.vdf_mb87404 import LAWS, POLES, Mb87404

SAMPLES = st.integers(-(1 << 23), (1 << 23) - 1) | st.integers(-3, 3)
PLACES = st.sampled_from([0, 0, 2, 3, 3, 4, 4, 6, 7, 7, 8, 9, 9, 1, 5, 31])
WRITES = st.tuples(st.just("write"), st.integers(0, 1), PLACES, st.integers(0, 255))
RUNS = st.tuples(st.just("run"), st.lists(SAMPLES, min_size=1, max_size=40), st.booleans(), st.booleans())
Deed = tuple[Any, ...]


def compare(poles: int, law: str, deeds: list[Deed]) -> Counter[str]:
    """Do them to chip and model; how often something worth comparing went on."""
    chip, model = Mb87404(poles, law), ReferenceVdf(poles, law)
    seen: Counter[str] = Counter()
    for voice in (0, 1):
        chip.write(32 * voice, 1)
        model.write(32 * voice, 1)
    for deed in deeds:
        if deed[0] == "write":
            _, voice, place, value = deed
            chip.write(32 * voice + place, value)
            model.write(32 * voice + place, value)
            continue
        _, samples, *sounding = deed
        rows = np.zeros((8, len(samples)), np.int32)
        rows[:2] = samples
        out = chip.samples(rows, sounding[0] | sounding[1] << 1)
        for voice in (0, 1):
            heard = samples if sounding[voice] else [0] * len(samples)
            assert out[voice].tolist() == [model.frame(voice, sample) for sample in heard]
            assert chip.code(voice) == model.code(voice)
            ramps, k = model.ramps[voice].values(), model.k(model.code(voice))
            seen["ramps"] += any(0 < ramp.frames < ramp.length for ramp in ramps)
            seen["open"] += k == ONE
            seen["filters"] += k < ONE and any(model.state[voice])
            seen["limits"] += not 0 < sum(ramp.value for ramp in ramps) < 0xFFFF
    return seen


@given(st.sampled_from(POLES), st.sampled_from(sorted(LAWS)), st.lists(st.one_of(WRITES, RUNS), max_size=40))
@settings(max_examples=200, deadline=None)
def test_every_sample_is_the_models(poles: int, law: str, deeds: list[Deed]) -> None:
    compare(poles, law, deeds)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("poles", POLES)
def test_a_long_life_with_everything_in_it_is_the_models(poles: int, law: str) -> None:
    draw = Random(poles)
    deeds: list[Deed] = []
    for _ in range(400):
        place = draw.choice([0, 2, 3, 3, 4, 6, 7, 8, 9])
        value = draw.choice([1, 3, 0xFE]) if place == 0 else draw.randrange(12) if place == 4 else draw.randrange(256)
        deeds.append(("write", draw.randrange(2), place, value))
        samples = [draw.choice([0, draw.randrange(-(1 << 24), 1 << 24)]) for _ in range(draw.randrange(1, 70))]
        deeds.append(("run", samples, draw.random() < 0.8, draw.random() < 0.8))
    seen = compare(poles, law, deeds)
    assert all(seen[what] > 20 for what in ("ramps", "open", "filters", "limits")), seen


@pytest.mark.parametrize("poles", POLES)
def test_a_table_rises_from_key_to_key_up_to_one(poles: int) -> None:
    table = shares(poles)
    assert all(low < high for low, high in pairwise(table)) and table[-1] == ONE


def test_the_tables_in_c_are_the_formulas() -> None:
    text = re.sub(r"/\*.*?\*/", "", (CEXT / "vdf_tables.c").read_text("utf-8").partition("=")[2], flags=re.DOTALL)
    numbers = [int(word) for word in re.findall(r"[0-9]+", text)]
    assert numbers == [*shares(1), *shares(2), *shares(4)]
