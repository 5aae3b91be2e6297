"""What must hold of the tone generator whatever its laws are: silence, cuts, snapshots. Hashes are regressions."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tg_golden_scripts import GOLDEN, SCRIPTS, WORDS
from tg_scripts import KEY, LOOP, ONE, Write, noise, play, put, run

from korgm1.errors import SnapshotError
from korgm1.sound.native import lib
from korgm1.sound.tg_mb87402 import VOICES, Mb87402

WAVES = noise(1000)
MANY = settings(max_examples=50, deadline=None)


def busy(seed: int) -> list[Write]:
    """Sixteen voices with all their ramps on the way."""
    rng = np.random.default_rng(seed)
    script: list[Write] = []
    for voice in range(VOICES):
        start, loop, end = sorted(int(at) for at in rng.integers(0, 1010, 3))
        script += put(voice, level_ramp=int(rng.integers(0, 12)), pitch_ramp=int(rng.integers(0, 12)))
        script += play(voice, start=start, loop=loop, end=end, increment=int(rng.integers(0, 3 * ONE)),
                       level=int(rng.integers(0, 0x4000)), pan=int(rng.integers(0, 14)),
                       control=int(rng.integers(0, 4)))
    return script


@given(st.integers(0, 1 << 32), st.lists(st.integers(1, 512), max_size=12),
       st.sampled_from(["linear", "none", "4-point"]))
@MANY
def test_the_output_is_the_same_however_the_time_is_cut(seed: int, cuts: list[int], interpolation: str) -> None:
    script = busy(seed)
    whole = run(Mb87402(interpolation), WAVES, [script, 2000])
    rest = 2000
    steps: list[list[Write] | int] = [script]
    for cut in cuts:
        steps.append(min(cut, rest))
        rest -= min(cut, rest)
    assert np.array_equal(run(Mb87402(interpolation), WAVES, [*steps, rest]), whole)


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 255, 256, 257, 511, 512])
def test_blocks_of_any_size_give_the_same(size: int) -> None:
    script = busy(size)
    whole = run(Mb87402(), WAVES, [script, 1024])
    assert np.array_equal(run(Mb87402(), WAVES, [script, *[size] * (1024 // size), 1024 % size]), whole)


@given(st.integers(0, 1 << 32), st.integers(0, 3000))
@MANY
def test_silence_in_is_silence_out(seed: int, frames: int) -> None:
    assert not run(Mb87402(), np.zeros(1000, np.int16), [busy(seed), frames]).any()


def test_nothing_keyed_is_silence() -> None:
    script = [write for write in busy(1) if write[0] % 0x20] + [(0x20 * voice, LOOP) for voice in range(VOICES)]
    assert not run(Mb87402(), WAVES, [script, 3000]).any()


@given(st.integers(0, 1 << 32), st.integers(0, 100_000))
@MANY
def test_skipping_silence_is_the_same_as_playing_it(seed: int, frames: int) -> None:
    skipped, played = Mb87402(), Mb87402()
    for chip in (skipped, played):
        run(chip, WAVES, [busy(seed), 700, *[[(0x20 * voice, 0)] for voice in range(VOICES)]])
    lib.tg_skip(skipped.pointer, frames)
    assert not run(played, WAVES, [frames]).any()
    assert skipped.snapshot() == played.snapshot()


@given(st.integers(0, 1 << 32), st.integers(0, 2000))
@MANY
def test_a_snapshot_goes_on_identically(seed: int, frames: int) -> None:
    chip, other = Mb87402("4-point"), Mb87402("4-point")
    run(chip, WAVES, [busy(seed), frames])
    kept, place = chip.snapshot(), other.pointer
    other.restore(kept)
    assert other.snapshot() == kept and other.registers == chip.registers and other.pointer is place
    on = run(chip, WAVES, [500, busy(seed + 1), 500])
    assert np.array_equal(run(other, WAVES, [500, busy(seed + 1), 500]), on)


def damaged(kept: dict[str, object], at: int, value: int, size: int) -> dict[str, object]:
    data = bytearray(kept["chip"])    # type: ignore[call-overload]
    data[at : at + size] = value.to_bytes(size, "little")
    return {**kept, "chip": bytes(data)}


VOICE = 56
"""Bytes of a voice: phase at 0, loop 8, end 12, increment 16 (from, target, done, bits), level 32, sounding 48."""


@pytest.mark.parametrize(("at", "value", "size"), [
    (0, 40 << 20, 8), (0, (9 << 20) - 1, 8), (12, (1 << 24) + 1, 4), (12, 9, 4), (8, 1 << 24, 4), (8, 40, 4),
    (16, 1 << 24, 4), (20, 1 << 24, 4), (20, 0xFFFFFFFF, 4), (24, 2, 4), (24, 0xFFFFFFFF, 4), (28, 16, 4),
    (32, 0xFFFF01, 4), (36, 0xFFFF01, 4), (40, 2, 4), (44, 16, 4), (48, 0, 1), (48, 2, 1), (49, 2, 1),
    (VOICE + 0, 1, 8), (VOICE + 48, 1, 1), (VOICES * VOICE, 0, 1), (VOICES * VOICE + 512, 3, 1),
    (VOICES * VOICE + 513, 2, 1), (VOICES * VOICE + 514, 0, 1), (VOICES * VOICE + 514, 5, 1),
    (VOICES * VOICE + 515, 2, 1),
])
def test_a_damaged_snapshot_is_refused_and_changes_nothing(at: int, value: int, size: int) -> None:
    chip = Mb87402()
    run(chip, WAVES, [play(start=20, loop=9, end=40, control=KEY | LOOP), 35])
    kept = chip.snapshot()
    assert damaged(kept, at, value, size) != kept
    with pytest.raises(SnapshotError, match="no chip with these guesses"):
        chip.restore(damaged(kept, at, value, size))
    assert chip.snapshot() == kept


def test_a_snapshot_of_another_kind_is_refused() -> None:
    chip = Mb87402()
    kept = chip.snapshot()
    for wrong in ({}, {**kept, "version": 2}, {**kept, "chip": kept["chip"][:-1]}, {**kept, "chip": "x"},
                  *(Mb87402(*wiring).snapshot() for wiring in (
                      ("none",), ("linear", "inclusive"), ("linear", "exclusive", 18),
                      ("linear", "exclusive", 6, "power")))):
        with pytest.raises(SnapshotError):
            chip.restore(wrong)
    assert chip.snapshot() == kept


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_scripts_give_what_they_gave(name: str) -> None:
    """A regression: the hash says that nothing changed, not that an M1 sounds so."""
    wiring, script = SCRIPTS[name]
    out = run(Mb87402(**wiring), WORDS, script)    # type: ignore[arg-type]
    assert hashlib.sha256(out.astype("<i4").tobytes()).hexdigest()[:16] == GOLDEN[name]
