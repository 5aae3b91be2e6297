"""What is public about the MB87405: effects, ranges, rates, pairs, routing, memory; exact."""

from __future__ import annotations

import numpy as np
import pytest
from mde_patches import MODULATION, alone, block, eight, impulse, noise, silence

from korgm1 import sram_layout
from korgm1.errors import UsageError
from korgm1.hypotheses import all_hypotheses
from korgm1.sound.mde_mb87405 import WIRED, Mde
from korgm1.sound.mde_parameters import Parameter, names, parameters, start
from korgm1.sound.native import lib
from korgm1.sram_layout.words import rate

EFFECTS = range(1, 34)
EVERY = [(number, row) for number in EFFECTS for row in parameters(number).values()]
IDS = [f"{number}-{row.name}" for number, row in EVERY]
BYTES = [(number, row) for number, row in EVERY if row.bits == (0, 7)]
ON_SERIAL, ON_PARALLEL = 0x1F, 0x0F


def test_the_lfo_rates_are_the_manuals_grid() -> None:
    speeds = [lib.mde_speed(byte) for byte in range(217)]
    assert [float(rate(byte).split()[0]) for byte in range(217)] == [speed / 100 for speed in speeds]
    assert [speeds[byte] for byte in (0, 99, 100, 199, 200, 216)] == [3, 300, 310, 1300, 1400, 3000]
    assert (lib.mde_speed(-1), lib.mde_speed(217)) == (3, 3000)


@pytest.mark.parametrize(("number", "row"), EVERY, ids=IDS)
def test_every_parameter_is_heard(number: int, row: Parameter) -> None:
    """In the left or the right half, on noise, after the ramps."""
    def out(value: int) -> bytes:
        mde = Mde()
        mde.load(block(number, 34, row.put(eight(number, **gains), value)))
        return mde.frames(noise(24_000)).tobytes()

    rows = parameters(number)
    gains = {key.replace(" ", "_"): 6 for key in ("mid gain", "EQ low", "EQ high") if key in rows}

    assert out(row.low) != out(row.high)


@pytest.mark.parametrize(("number", "row"), BYTES, ids=[f"{number}-{row.name}" for number, row in BYTES])
def test_a_value_beyond_the_range_is_the_nearest_in_it(number: int, row: Parameter) -> None:
    def out(value: int) -> bytes:
        made = bytearray(eight(number))
        width = 2 if row.width > 1 else 1
        made[row.byte : row.byte + width] = (value & (1 << 8 * width) - 1).to_bytes(width, "little")
        mde = Mde()
        mde.load(block(number, 34, bytes(made)))
        return mde.frames(noise(3000)).tobytes()

    for value in (row.high + 1, 32767 if row.width > 1 else 127 if row.low < 0 else 255):
        assert out(value) == out(row.high)
    if row.low < 0:
        assert out(row.low - 1) == out(-128) == out(row.low)


def test_every_pair_is_refused_or_fits_the_memory() -> None:
    """168 accesses a frame; 24 and 25 exclude each other, themselves and every modulation effect."""
    most = 0
    for one in range(1, 35):
        for two in range(1, 35):
            mde = Mde()
            forbidden = (one in (24, 25) and two in MODULATION) or (two in (24, 25) and one in MODULATION)
            data = block(one, two, start(one), start(two))
            if forbidden:
                with pytest.raises(UsageError, match=f"effects {one} .* and {two} .* together"):
                    mde.load(data)
                assert mde.block[:2] == b"\x21\x21"
                continue
            mde.load(data)
            mde.frames(noise(70))
            most = max(most, mde.most_accesses)
    assert 60 <= most <= lib.MDE_ACCESSES == 168


def test_the_factory_data_load_and_stay_within_20_bits(preload: bytes) -> None:
    packed, data = preload[8:-1], bytearray(0x1040)
    for at in range(0, len(packed), 8):
        high, *low = packed[at : at + 8]
        data += bytes(byte | (high >> bit & 1) << 7 for bit, byte in enumerate(low))
    layout = sram_layout.read(bytes(data).ljust(65536, b"\0"), "openm1")
    count = 0
    alike = {"one balance": [0, 0], "two balances": [0, 0]}
    for kind, at in (("program", 38), ("combination", 11)):
        for record in layout.records(kind):
            mde = Mde()
            mde.load(record.data[at : at + 25])
            out = mde.frames(noise(300, 524_287))
            assert out.min() >= -524_288 and out.max() <= 524_287 and out.any()
            count += 1
            for slot in (0, 1):
                kind, left, right = mde.block[slot], *mde.block[2 + 2 * slot : 4 + 2 * slot]
                if kind != 33:
                    alike["two balances" if kind >= 25 else "one balance"][left != right] += 1
    assert count == 200
    assert alike == {"one balance": [391, 0], "two balances": [1, 8]}, "what H-MDE-DUAL and the docstring say"


@pytest.mark.parametrize("kind", [34, 0x7F, 0xFF])
@pytest.mark.parametrize("place", [0, 1])
def test_a_type_that_does_not_exist_is_refused_by_number(kind: int, place: int) -> None:
    mde = Mde()
    with pytest.raises(UsageError, match=f"there is no effect {kind + 1}; expected 1 to 33, 34 = Through"):
        mde.byte(place, kind)
    assert mde.block[place] == 33


def test_what_cannot_be_used_is_refused() -> None:
    mde = Mde()
    for wrong in (lambda: mde.load(bytes(24)), lambda: mde.byte(25, 0), lambda: mde.byte(0, 256),
                  lambda: mde.select(3, 1), lambda: mde.select(1, 35), lambda: mde.select(1, 0),
                  lambda: mde.put(1, "depth", 1), lambda: mde.frames(np.zeros((4, 3), np.int32)),
                  lambda: Mde(dual="front")):
        with pytest.raises(UsageError):
            wrong()
    mde.select(1, 12)
    with pytest.raises(UsageError, match="depth 100; expected 0 to 99"):
        mde.put(1, "depth", 100)


def test_a_type_brings_the_values_it_starts_with() -> None:
    mde = Mde()
    times = {}
    for number in (1, 2, 3, 4, 5, 6):
        mde.select(1, number)
        times[number] = (2 + mde.block[9]) / 10
    assert times == {1: 3.5, 2: 2.8, 3: 3.8, 4: 0.5, 5: 1.5, 6: 2.0}
    assert len(names()) == 34 and names()[33] == "Through"


def test_the_switches_of_the_guesses_are_those_of_the_list() -> None:
    for key, words in WIRED.items():
        row = all_hypotheses()[key]
        assert set(row.choices) == set(words) and words[row.default] == 0


# ---- routing: Through in both slots, so that every word can be foretold


def routed(io: int, pans: tuple[int, int], words: tuple[int, int, int, int], **wiring: str) -> list[int]:
    mde = Mde(**wiring)
    mde.load(block(pans=pans, io=io))
    mde.frames(silence(6000))
    row: list[int] = mde.frames(np.array([words], np.int32))[0].tolist()
    return row


def panned(pan: int, word: int) -> tuple[int, int]:
    """Left and right: 0 off, 1 R, 2-100 the ratio, 101 L."""
    return (word * (pan - 1) // 100, word * (101 - pan) // 100) if pan else (0, 0)


@pytest.mark.parametrize("pan", range(102))
@pytest.mark.parametrize("io", [ON_SERIAL, ON_PARALLEL])
def test_output_3_and_4_pan(io: int, pan: int) -> None:
    """C and D reach 1/L and 2/R through their pans, in both connections, and leave at 3 and 4."""
    left, right = panned(pan, 100_000)
    one, two, three, four = routed(io, (pan, 0), (1000, 2000, 100_000, 30_000))
    assert (three, four) == (100_000, 30_000)
    assert one == pytest.approx(1000 + left, abs=4) and two == pytest.approx(2000 + right, abs=4)
    one, two, *_ = routed(io, (0, pan), (1000, 2000, 30_000, 100_000))
    assert one == pytest.approx(1000 + left, abs=4) and two == pytest.approx(2000 + right, abs=4)


def test_pans_at_their_ends_are_exact() -> None:
    assert routed(ON_SERIAL, (101, 1), (1, 2, 30, 400)) == [31, 402, 30, 400]
    assert routed(ON_PARALLEL, (1, 101), (1, 2, 30, 400)) == [401, 32, 30, 400]
    assert routed(ON_SERIAL, (0, 0), (1, 2, 30, 400), out34="silent") == [1, 2, 0, 0]
    assert routed(ON_PARALLEL, (0, 0), (1, 2, 30, 400), out34="silent") == [1, 2, 30, 400]


def test_sums_saturate_at_20_bits() -> None:
    full = 524_287
    assert routed(ON_SERIAL, (101, 101), (full, 0, full, full)) == [full, 0, full, full]
    assert routed(ON_SERIAL, (101, 101), (-full, 0, -full, -full)) == [-full - 1, 0, -full, -full]
    assert routed(ON_SERIAL, (0, 0), (1 << 30, -(1 << 30), 1 << 19, 5)) == [full, -full - 1, full, 5]


@pytest.mark.parametrize(("io", "hears"), [
    (ON_SERIAL, {"A": {1}, "B": {2}, "C": {1, 3}, "D": {2, 4}}),
    (ON_PARALLEL, {"A": {1}, "B": {2}, "C": {1, 3}, "D": {2, 4}}),
])
def test_where_each_bus_comes_out_and_through_which_effects(io: int, hears: dict[str, set[int]]) -> None:
    """Delays of 1 ms (31 frames) in slot 1 and 2 ms (63, to the nearest) in slot 2 tell the ways apart."""
    mde = Mde()
    one, two = (eight(10, delay_left=ms, delay_right=ms, feedback=0, high_damp=0) for ms in (1, 2))
    serial = io == ON_SERIAL
    for bus, name in enumerate("ABCD"):
        mde.reset("power")
        mde.load(block(10, 10, one, two, pans=(101, 1), io=io))
        mde.frames(silence(6000))
        words = silence(200)
        words[0, bus] = 10_000
        out = mde.frames(words)
        found = {output + 1: int(np.argmax(out[:, output])) for output in range(4) if out[:, output].any()}
        assert set(found) == hears[name]
        first = 31 + 63 if serial else 31
        late = {"A": first, "B": first, "C": 63, "D": 63}[name]
        assert {found[output] for output in (1, 2) if output in found} == {late}
        assert all(found[output] == (0 if serial else 63) for output in (3, 4) if output in found)


@pytest.mark.parametrize("number", EFFECTS)
def test_off_and_a_balance_of_0_are_bit_exact_and_100_is_the_effect_alone(number: int) -> None:
    words = noise(2000, 524_287)
    for data in (block(number, 34, eight(number), balance=0), block(number, number if number not in (24, 25) else 34,
                 eight(number), io=0x10), block(34, number, bytes(8), eight(number), balance=0)):
        mde = Mde()
        mde.load(data)
        assert np.array_equal(mde.frames(words), words)
    one, two = Mde(), Mde()
    one.load(block(number, 34, eight(number), io=0x11))
    two.load(block(number, 34, eight(number), io=0x12))
    left, right, both = one.frames(words), two.frames(words), alone(number).frames(words)
    assert np.array_equal(left[:, 1], words[:, 1]) and np.array_equal(right[:, 0], words[:, 0])
    assert np.array_equal(left[:, 0], both[:, 0]) and np.array_equal(right[:, 1], both[:, 1])


def test_each_dual_half_has_its_own_balance() -> None:
    mde = Mde()
    mde.load(bytes([28, 33, 100, 0, 0, 0, 0, 0, 0x1F]) + eight(29, delay_left=1, feedback=0, high_damp=0) + bytes(8))
    out = mde.frames(impulse(40))
    assert np.flatnonzero(out[:, 0]).tolist() == [31] and np.flatnonzero(out[:, 1]).tolist() == [0]


def test_dual_in_series_puts_the_second_behind_the_first() -> None:
    """H-MDE-DUAL=series: 1 ms and 2 ms add up, mono, on both sides."""
    mde = Mde(dual="series")
    both = eight(29, delay_left=1, delay_right=2, feedback=0, feedback_right=0, high_damp=0, high_damp_right=0)
    mde.load(block(29, 34, both))
    out = mde.frames(impulse(200, right=False))
    assert np.flatnonzero(out[:, 0]).tolist() == np.flatnonzero(out[:, 1]).tolist() == [31 + 63]
