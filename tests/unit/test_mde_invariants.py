"""What must hold of the MDE whatever its algorithms are: silence, cuts, snapshots, width. Hashes are regressions."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mde_patches import MODULATION, alone, block, eight, noise, silence

from korgm1.clock import FRAME_RATE
from korgm1.errors import SnapshotError
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.mde_parameters import parameters, start
from korgm1.sound.native import ffi, lib

EFFECTS = range(1, 34)
MANY = settings(max_examples=60, deadline=None)


@st.composite
def blocks(draw: st.DrawFn) -> bytes:
    """Any block the chip takes."""
    one = draw(st.integers(1, 34))
    beside = [two for two in range(1, 35) if not (
        (one in (24, 25) and two in MODULATION) or (two in (24, 25) and one in MODULATION))]
    two = draw(st.sampled_from(beside))
    return bytes([one - 1, two - 1]) + draw(st.binary(min_size=23, max_size=23))


def loaded(data: bytes, **wiring: str) -> Mde:
    mde = Mde(**wiring)
    mde.load(data)
    return mde


@given(blocks(), st.lists(st.integers(0, 512), max_size=12), st.sampled_from(["sides", "series"]))
@MANY
def test_the_output_is_the_same_however_the_time_is_cut(data: bytes, cuts: list[int], dual: str) -> None:
    words = noise(2000, 500_000)
    whole = loaded(data, dual=dual).frames(words)
    mde = loaded(data, dual=dual)
    places = np.cumsum(cuts)[np.cumsum(cuts) < 2000] if cuts else []
    assert np.array_equal(np.vstack([mde.frames(part) for part in np.split(words, places)]), whole)


def test_one_frame_at_a_time_is_the_same_too() -> None:
    words = noise(400)
    for number in EFFECTS:
        mde = alone(number)
        single = np.vstack([mde.frames(words[k : k + 1]) for k in range(400)])
        assert np.array_equal(single, alone(number).frames(words))


@given(blocks(), st.integers(0, 24), st.integers(0, 255))
@MANY
def test_a_snapshot_goes_on_identically(data: bytes, place: int, value: int) -> None:
    """Also in the middle of a tick and of a parameter's way."""
    mde = loaded(data)
    mde.frames(noise(777))
    if place >= 2:
        mde.byte(place, value)
    mde.frames(noise(70))
    kept = mde.snapshot()
    on = mde.frames(noise(900, seed=2))
    other = Mde()
    other.restore(kept)
    assert other.snapshot() == kept and other.block == mde.block
    assert np.array_equal(other.frames(noise(900, seed=2)), on)


def test_a_damaged_snapshot_is_refused_and_changes_nothing() -> None:
    mde = alone(1)
    mde.frames(noise(500))
    kept = mde.snapshot()
    loud = bytearray(kept["memory"])
    loud[-1000:-996] = (1 << 20).to_bytes(4, "little")
    busy = bytearray(kept["chip"])
    busy[ffi.offsetof("mde", "most") - 4 * lib.MDE_WORDS - 4] = 1      # accesses in the part of a tick being made
    for wrong in ({}, {**kept, "version": 1}, {**kept, "chip": kept["chip"][:-1]}, {**kept, "memory": bytes(loud)},
                  {**kept, "chip": bytes(busy)},
                  {**kept, "memory": kept["memory"][:-4]}, {**kept, "chip": "x"}, Mde(dual="series").snapshot()):
        with pytest.raises(SnapshotError):
            mde.restore(wrong)
    assert mde.snapshot() == kept


@given(blocks())
@MANY
def test_silence_in_is_silence_out(data: bytes) -> None:
    mde = loaded(data)
    assert not mde.frames(silence(4000)).any() and not mde.memory.any()


LONGEST = {"feedback": 99, "feedback right": 99, "MG feedback": 99, "reverb time": 20, "EQ high": 12, "EQ low": 12,
           "mid gain": -12, "drive": 100, "distortion": 100, "blend": 99}
SHORT = {"delay": 9, "delay left": 9, "delay right": 7, "high damp": 0, "high damp right": 0}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("number", EFFECTS)
def test_a_tail_ends_in_zeros_to_the_last_bit(number: int, sign: int) -> None:
    """Feedbacks of +-99 and gains of 12 dB after full-scale noise; no limit cycle stays, nor a word in memory."""
    data = start(number)
    for name, row in parameters(number).items():
        wanted = (LONGEST | SHORT).get(name)
        if wanted is not None:
            data = row.put(data, max(row.low, min(row.high, sign * wanted if row.low < 0 else wanted)))
    mde = loaded(block(number, 34, data))
    assert mde.frames(noise(FRAME_RATE // 4, 524_287)).any()
    for _ in range(30):
        if not mde.frames(silence(FRAME_RATE)).any():
            break
    assert not mde.frames(silence(FRAME_RATE)).any() and not mde.memory.any()


def test_the_longest_hall_ends_too() -> None:
    mde = alone(3, reverb_time=97, high_damp=0)
    mde.frames(noise(FRAME_RATE, 524_287))
    mde.frames(silence(40 * FRAME_RATE))
    assert not mde.frames(silence(FRAME_RATE)).any() and not mde.memory.any()


@given(blocks(), st.integers(1, 1 << 30))
@MANY
def test_nothing_leaves_20_bits(data: bytes, level: int) -> None:
    mde = loaded(data)
    words = noise(1500, level)
    words[500:1000] = level
    out = mde.frames(words)
    assert out.min() >= -524_288 and out.max() <= 524_287
    assert mde.memory.min() >= -524_288 and mde.memory.max() <= 524_287
    assert mde.most_accesses <= 168


@pytest.mark.parametrize("number", EFFECTS)
def test_a_new_type_hears_nothing_of_the_old(number: int) -> None:
    """The same as on a chip that was silent until then, from the first word."""
    old = loaded(block(number % 33 + 1, 34, eight(number % 33 + 1)))
    fresh = loaded(block())
    old.frames(noise(FRAME_RATE, 500_000))
    fresh.frames(silence(FRAME_RATE))
    for chip in (old, fresh):
        chip.load(block(number, 34, eight(number)))
    words = noise(9000, seed=3)
    assert np.array_equal(old.frames(words), fresh.frames(words))


def test_changing_one_slot_leaves_the_others_sound() -> None:
    """In parallel the two do not meet while the pans are off."""
    one, two = (loaded(block(1, 10, eight(1), eight(10), io=0x0F)) for _ in range(2))
    first, second = one.frames(noise(9000)), two.frames(noise(9000))
    assert np.array_equal(first, second)
    two.select(1, 7)
    assert np.array_equal(one.frames(noise(9000))[:, 2:], two.frames(noise(9000))[:, 2:])


def test_two_slots_in_series_are_one_behind_the_other() -> None:
    words = noise(9000, buses=2)
    both = loaded(block(4, 10, eight(4), eight(10))).frames(words)
    first = loaded(block(4, 34, eight(4))).frames(words)
    assert np.array_equal(loaded(block(34, 10, bytes(8), eight(10))).frames(first)[:, :2], both[:, :2])


GOLDEN = {
    1: "611ebaa7140c", 2: "a74c7cc69f1e", 3: "4ed777dedba9", 4: "517121d09f13", 5: "047149fc5b8b",
    6: "4968caab66d6", 7: "ed3633d3f0c6", 8: "8cdf45c58477", 9: "032d67f9c939", 10: "e53f7b8cdba6",
    11: "92d5482046ed", 12: "0ae953d92b52", 13: "9264c9f49fb8", 14: "40a4cb80cbc9", 15: "5f0f23096874",
    16: "b4ebd31b3dc3", 17: "e68adee31ddc", 18: "7540ff6d513b", 19: "9394faaf4e82", 20: "9b9432674f35",
    21: "fb136b0f9538", 22: "593ddd6a1697", 23: "24e26558ad5c", 24: "dfe8baf02f5b", 25: "59c59095eca8",
    26: "5c999bb6ed02", 27: "b14c434f5895", 28: "ab7f0525772a", 29: "e53f7b8cdba6", 30: "28fe45de399e",
    31: "effd6d4e2568", 32: "466564c287ea", 33: "aa40632e8821",
}


@pytest.mark.parametrize("number", EFFECTS)
def test_golden_integers(number: int) -> None:
    """A regression: the bits of this version, on every compiler; says nothing about Korg's chip."""
    mde = Mde()
    mde.load(block(number, 34, start(number), balance=60, pans=(30, 101)))
    out = np.vstack([mde.frames(noise(12_000, 300_000)), mde.frames(silence(4000))])
    assert hashlib.sha256(out.astype("<i4").tobytes()).hexdigest()[:12] == GOLDEN[number]
