"""What must hold of the VDF whatever its laws are: silence, cuts, snapshots, width. Hashes are regressions."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.errors import SnapshotError, UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.sound.native import lib
from korgm1.sound.vdf_mb87404 import LAWS, POLES, Mb87404

MOST, LEAST = (1 << 23) - 1, -(1 << 23)
OPEN = 134 << 8
MANY = settings(max_examples=60, deadline=None)
PLACES = st.sampled_from([0, 2, 3, 3, 4, 4, 6, 7, 7, 8, 9, 9])
WRITES = st.lists(st.tuples(st.integers(0, 7), PLACES, st.integers(0, 255)), max_size=60)


def noise(frames: int, seed: int = 1, most: int = MOST) -> np.ndarray:
    return np.random.default_rng(seed).integers(-most - 1, most + 1, (8, frames)).astype(np.int32)


def silence(frames: int) -> np.ndarray:
    return np.zeros((8, frames), np.int32)


def at(*codes: int, poles: int = 2, law: str = "whole") -> Mb87404:
    """A chip whose voices filter at these codes."""
    chip = Mb87404(poles, law)
    for voice, code in enumerate(codes):
        for place, value in ((0, 1), (2, code & 255), (3, code >> 8)):
            chip.write(32 * voice + place, value)
    return chip


def written(writes: list[tuple[int, int, int]], poles: int = 2) -> Mb87404:
    chip = at(*(10_000,) * 8, poles=poles)
    chip.samples(noise(50))
    for voice, place, value in writes:
        chip.write(32 * voice + place, value)
    return chip


@given(WRITES, st.lists(st.integers(0, 512), max_size=12), st.sampled_from(POLES))
@MANY
def test_the_output_is_the_same_however_the_time_is_cut(
    writes: list[tuple[int, int, int]], cuts: list[int], poles: int
) -> None:
    rows = noise(2000)
    places = np.cumsum(cuts)[np.cumsum(cuts) < 2000] if cuts else []
    one, two = written(writes, poles), written(writes, poles)
    whole = one.samples(rows)
    assert np.array_equal(np.hstack([two.samples(part) for part in np.split(rows, places, axis=1)]), whole)
    assert one.snapshot() == two.snapshot()


@pytest.mark.parametrize("size", [1, 2, 3, 7, 31, 32, 33, 64, 255, 256, 511, 512])
def test_each_size_of_block_gives_the_same(size: int) -> None:
    writes = [(voice, place, 17 * voice + place & 255) for voice in range(8) for place in (0, 4, 3, 7, 9)]
    rows = noise(1024)
    chip = written([(voice, place, value | (place == 0)) for voice, place, value in writes])
    out = np.hstack([chip.samples(rows[:, begin : begin + size]) for begin in range(0, 1024, size)])
    assert np.array_equal(
        out, written([(voice, place, value | (place == 0)) for voice, place, value in writes]).samples(rows)
    )


@given(WRITES, st.integers(0, 255))
@MANY
def test_a_snapshot_goes_on_identically(writes: list[tuple[int, int, int]], sounding: int) -> None:
    """Also in the middle of a ramp."""
    chip = written(writes)
    chip.samples(noise(77), sounding)
    kept = chip.snapshot()
    on = chip.samples(noise(900, seed=2))
    other = Mb87404()
    other.restore(kept)
    assert other.snapshot() == kept and other.registers == chip.registers
    assert np.array_equal(other.samples(noise(900, seed=2)), on)


def test_a_damaged_snapshot_is_refused_and_changes_nothing() -> None:
    chip = at(10_000, 20_000)
    chip.samples(noise(500))
    kept = chip.snapshot()

    def with_word(at_byte: int, word: int, width: int = 4) -> bytes:
        data = bytearray(kept["chip"])
        data[at_byte : at_byte + width] = (word % (1 << 8 * width)).to_bytes(width, "little")
        return bytes(data)

    wrong = [
        {}, {**kept, "version": 2}, {**kept, "chip": kept["chip"][:-1]}, {**kept, "chip": "x"},
        Mb87404(poles=4).snapshot(), Mb87404(law="pole").snapshot(),
        {**kept, "chip": with_word(0, -1, 8)}, {**kept, "chip": with_word(0, 1 << 46, 8)},      # CUTOFF is 16 bits
        {**kept, "chip": with_word(8, 1 << 20, 8)}, {**kept, "chip": with_word(16, 5)},         # a step, but no way
        {**kept, "chip": with_word(72, (1 << 31) - 1)},                                         # a pole above 24 bits
        {**kept, "chip": with_word(80, 1)},                                                     # a third pole
        {**kept, "chip": with_word(8 * 88, 0, 1)},                                              # RUN 0, but it holds
        {**kept, "chip": with_word(8 * 88 + 256, 3)}, {**kept, "chip": with_word(8 * 88 + 260, 2)},
    ]
    for number, block in enumerate(wrong):
        with pytest.raises(SnapshotError):
            chip.restore(block)
            pytest.fail(f"number {number} was taken")
    assert chip.snapshot() == kept


def test_the_struct_stays_where_it_is() -> None:
    chip = at(10_000)
    before = chip.pointer
    chip.restore(at(20_000).snapshot())
    chip.reset("power")
    assert chip.pointer is before


def test_a_reset_is_a_chip_from_the_factory() -> None:
    chip = at(*range(0, 32_000, 4000))
    chip.samples(noise(300))
    chip.reset("button")
    assert chip.snapshot() == Mb87404().snapshot()


@given(WRITES)
@MANY
def test_silence_in_is_silence_out(writes: list[tuple[int, int, int]]) -> None:
    chip = at(*(10_000,) * 8)
    for voice, place, value in writes:
        chip.write(32 * voice + place, value)
    assert not chip.samples(silence(2000)).any() and not chip.ringing


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("poles", POLES)
def test_a_tail_ends_in_zeros_to_the_last_bit(poles: int, law: str) -> None:
    """The lowest corners, both signs, after a long full scale; nothing stays, and then nothing is left in the chip."""
    codes = (0, 1, 255, 256, 2000, 8000, 16_000, OPEN - 1)
    for full in (MOST, LEAST):
        chip = at(*codes, poles=poles, law=law)
        chip.samples(np.full((8, 30_000), full, np.int32))
        assert chip.ringing == 0xFF
        chip.samples(silence(60_000))
        assert not chip.ringing and not chip.samples(silence(10)).any()


@pytest.mark.parametrize("poles", POLES)
def test_a_constant_is_reached_exactly(poles: int) -> None:
    for level in (1, -1, 2, 127, -128, 4711, -99_999, MOST, LEAST):
        chip = at(0, 1, 255, 256, 2000, 8000, 16_000, OPEN - 1, poles=poles)
        out = chip.samples(np.full((8, 60_000), level, np.int32))
        assert (out[:, -1] == level).all(), level


@given(st.lists(st.integers(LEAST, MOST), min_size=2, max_size=6), WRITES, st.sampled_from(POLES))
@MANY
def test_nothing_leaves_the_range_of_what_went_in(
    levels: list[int], writes: list[tuple[int, int, int]], poles: int
) -> None:
    chip = at(*range(4000, 36_000, 4000), poles=poles)
    low, high = min(*levels, 0), max(*levels, 0)
    for begin in range(0, len(writes), 4):
        for voice, place, value in writes[begin : begin + 4]:
            chip.write(32 * voice + place, value)
        out = chip.samples(np.resize(np.array(levels, np.int32), (8, 97)))
        assert out.min() >= low and out.max() <= high


def test_beyond_24_bits_is_saturated_where_a_filter_runs() -> None:
    rows = np.array([[0x7FFFFFFF, -0x80000000, MOST + 1, LEAST - 1]] * 8, np.int32)
    out = at(OPEN).samples(rows)
    assert out[0].tolist() == [MOST, LEAST, MOST, LEAST] and out[1].tolist() == rows[1].tolist()


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("poles", POLES)
def test_from_key_134_on_samples_pass_bit_for_bit(poles: int, law: str) -> None:
    rows = noise(3000)
    out = at(OPEN, OPEN + 1, 0xFFFF, OPEN - 1, poles=poles, law=law).samples(rows)
    assert np.array_equal(out[:3], rows[:3]) and not np.array_equal(out[3], rows[3])


def test_without_run_samples_pass_and_run_begins_from_nothing() -> None:
    rows = noise(200)
    chip = Mb87404()
    for place, value in ((2, 0), (3, 60)):
        chip.write(place, value)
    assert np.array_equal(chip.samples(rows), rows) and not chip.ringing
    chip.write(0, 0x81)
    assert np.array_equal(chip.samples(rows)[0], at(60 << 8).samples(rows)[0]) and chip.ringing == 1
    chip.write(0, 0x7E)
    assert not chip.ringing and np.array_equal(chip.samples(rows), rows)


def test_run_again_while_it_runs_changes_nothing() -> None:
    one, two = at(60 << 8), at(60 << 8)
    one.samples(noise(100))
    two.samples(noise(100))
    two.write(0, 1)
    assert np.array_equal(one.samples(noise(100)), two.samples(noise(100)))


@given(st.integers(0, 255), st.integers(0, 255))
@MANY
def test_a_row_that_does_not_sound_is_silence_whatever_stands_in_it(first: int, second: int) -> None:
    one, two = (at(*range(6000, 38_000, 4000)) for _ in range(2))
    for seed, sounding in enumerate((first, second, 0)):
        rows = noise(100, seed)
        heard = np.where((sounding >> np.arange(8) & 1)[:, None] == 1, rows, 0)
        assert np.array_equal(one.samples(rows, sounding), two.samples(heard))
        assert one.ringing == two.ringing


@given(WRITES, st.integers(1, 70_000))
@MANY
def test_skipping_is_silence(writes: list[tuple[int, int, int]], frames: int) -> None:
    one, two = (Mb87404() for _ in range(2))
    for chip in (one, two):
        for voice, place, value in writes:
            chip.write(32 * voice + place, value)
    one.samples(silence(frames))
    lib.vdf_skip(two.pointer, frames)
    assert one.snapshot() == two.snapshot()


def test_voices_do_not_hear_each_other() -> None:
    codes = range(6000, 38_000, 4000)
    rows = noise(500)
    together = at(*codes).samples(rows)
    for voice, code in enumerate(codes):
        alone = at(*[code if other == voice else 0 for other in range(8)]).samples(
            np.where((np.arange(8) == voice)[:, None], rows, 0).astype(np.int32)
        )
        assert np.array_equal(alone[voice], together[voice])


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(UsageError):
        Mb87404(poles=3)
    with pytest.raises(UsageError):
        Mb87404(law="hertz")
    with pytest.raises(UsageError):
        Mb87404().samples(np.zeros((7, 3), np.int32))
    with pytest.raises(UsageError):
        Mb87404().samples(np.zeros(8, np.int32))


@pytest.mark.parametrize(("guess", "poles"), [({}, 2), ({"H-VDF12": "1"}, 1), ({"H-VDF12": 4, "H-CUT": "pole"}, 4)])
def test_the_guesses_make_the_chip(guess: dict[str, object], poles: int) -> None:
    law = str(guess.get("H-CUT", "whole"))
    rows = noise(100)
    chip = Mb87404.of(Hypotheses({**guess, "H-OPENBUS": 0x7E}))
    assert chip.read(0) == 0x7E and chip.poles == poles
    for place, value in ((0, 1), (3, 80)):
        chip.write(place, value)
    assert np.array_equal(chip.samples(rows)[0], at(80 << 8, poles=poles, law=law).samples(rows)[0])


GOLDEN = {
    (1, "whole"): "621e6363b794", (2, "whole"): "d8b97def89bc", (4, "whole"): "5240872c5717",
    (2, "pole"): "b7324f95b0f1", (4, "pole"): "5240741dc9b4",
}


@pytest.mark.parametrize(("poles", "law"), GOLDEN)
def test_golden_integers(poles: int, law: str) -> None:
    """A regression: the bits of this version, on every compiler; says nothing about Korg's chip."""
    chip = at(*range(6000, 38_000, 4000), poles=poles, law=law)
    out = []
    for number in range(8):
        for voice in range(8):
            for place, value in ((4, 3 + number), (6, 37 * voice & 255), (7, 240 + 5 * number & 255), (9, number)):
                chip.write(32 * voice + place, value)
        out.append(chip.samples(noise(1500, seed=number)))
    out.append(chip.samples(silence(500)))
    assert hashlib.sha256(np.hstack(out).astype("<i4").tobytes()).hexdigest()[:12] == GOLDEN[poles, law]
