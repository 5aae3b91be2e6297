"""The tone generator's registers: what each takes over, and when."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from tg_scripts import KEY, LOOP, ONE, play, put, run

from korgm1.errors import UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.sound.tg_mb87402 import VOICES, WIRED, Mb87402, Voice

STAIRS = (np.arange(64) * 256).astype(np.int16)
"""Each word names its address: at full level on bus A, frame = address * 2048."""
FULL = 2048 * 65535 / 65536


def heard(chip: Mb87402, frames: int, bus: int = 0) -> list[float]:
    """The addresses played, with their fractions."""
    return [round(word / FULL, 2) for word in chip.frames(STAIRS, frames)[:, bus].tolist()]


def chip_with(*scripts: list[tuple[int, int]], **wiring: str) -> Mb87402:
    chip = Mb87402(**wiring)    # type: ignore[arg-type]
    run(chip, STAIRS, scripts)
    return chip


def test_a_key_starts_at_start_with_a_fraction_of_0() -> None:
    chip = chip_with(play(start=8, end=64, increment=ONE * 3 // 2))
    assert heard(chip, 4) == [8, 9.5, 11, 12.5]
    run(chip, STAIRS, [put(control=0), put(control=KEY)])
    assert heard(chip, 2) == [8, 9.5]


def test_a_key_that_is_on_restarts_nothing() -> None:
    chip = chip_with(play(start=8, end=64))
    assert heard(chip, 2) == [8, 9]
    run(chip, STAIRS, [put(start=40, end=50, loop=40, control=KEY)])
    assert heard(chip, 2) == [10, 11]


def test_the_addresses_are_those_at_the_key() -> None:
    chip = chip_with(play(start=8, loop=8, end=11, control=KEY | LOOP))
    run(chip, STAIRS, [put(start=30, loop=30, end=40)])
    assert heard(chip, 5) == [8, 9, 10, 8, 9]
    run(chip, STAIRS, [put(control=LOOP), put(control=KEY | LOOP)])
    assert heard(chip, 12) == [*range(30, 40), 30, 31]


def test_a_key_that_goes_off_is_silence_and_leaves_level_and_pitch() -> None:
    chip = chip_with(play(start=8, end=64, level=0x4000))
    assert chip.sounding == [0] and heard(chip, 2) == [2, 2.25]
    run(chip, STAIRS, [put(control=0)])
    assert chip.sounding == [] and heard(chip, 3) == [0, 0, 0]
    voice = chip.voice(0)
    assert (voice.level, voice.increment, voice.address) == (0.25, 1.0, 0.0)


def test_ramps_go_on_whether_the_key_is_on_or_off() -> None:
    ways = []
    for control in (0, KEY, KEY | LOOP):
        chip = chip_with(put(control=control, end=2, level_ramp=4, pitch_ramp=5, level=0x8000, increment=ONE))
        run(chip, STAIRS, [7, put(control=control ^ KEY), 3])
        ways.append((chip.voice(0).level, chip.voice(0).increment))
    assert ways == [(0.5 * 10 / 16, 10 / 32)] * 3


def test_loop_is_taken_over_while_the_key_is_on() -> None:
    chip = chip_with(play(start=8, loop=8, end=11))
    assert heard(chip, 2) == [8, 9]
    run(chip, STAIRS, [put(control=KEY | LOOP)])
    assert heard(chip, 4) == [10, 8, 9, 10]
    run(chip, STAIRS, [put(control=KEY)])
    assert heard(chip, 5) == [8, 9, 10, 0, 0]


def test_a_sound_that_is_over_stays_over_until_the_next_key() -> None:
    chip = chip_with(play(start=8, loop=8, end=10))
    assert heard(chip, 3) == [8, 9, 0]
    assert chip.voice(0).key and not chip.voice(0).sounding and chip.sounding == []
    run(chip, STAIRS, [put(control=KEY | LOOP)])
    assert heard(chip, 3) == [0, 0, 0]
    run(chip, STAIRS, [put(control=0), put(control=KEY | LOOP)])
    assert heard(chip, 3) == [8, 9, 8]


@pytest.mark.parametrize("bits", range(2, 8))
def test_other_bits_of_control_are_kept_and_do_nothing(bits: int) -> None:
    chip = chip_with(play(start=8, end=64, control=KEY | 1 << bits))
    assert heard(chip, 2) == [8, 9] and chip.registers[0] == KEY | 1 << bits
    run(chip, STAIRS, [put(control=KEY)])
    assert heard(chip, 2) == [10, 11]


def test_a_level_counts_from_its_high_byte_on() -> None:
    chip = chip_with(play(start=8, end=64, increment=0, level=0x8000))
    chip.write(0x02, 0xFF)
    assert chip.voice(0).level_target == 0.5
    chip.write(0x03, 0x40)
    assert chip.voice(0).level_target == 0x40FF / 0x10000


def test_an_increment_counts_from_its_third_byte_on() -> None:
    chip = chip_with(play(start=8, end=64, increment=ONE))
    chip.write(0x06, 0xFF)
    chip.write(0x07, 0xFF)
    assert chip.voice(0).increment_target == 1.0
    chip.write(0x08, 0x2F)
    assert chip.voice(0).increment_target == 0x2FFFFF / ONE


@pytest.mark.parametrize("bits", range(16))
def test_a_ramp_takes_two_to_the_n_frames_and_is_straight(bits: int) -> None:
    chip = Mb87402()
    run(chip, STAIRS, [put(level=0x1000, increment=0x1000), 1])
    run(chip, STAIRS, [put(level_ramp=bits | 0xA0, level=0xF123, pitch_ramp=bits | 0x50, increment=0xABCDEF)])
    frames = 1 << bits
    for done in sorted({0, frames // 3, frames // 2, frames - 1}):
        run(chip, STAIRS, [done - (frames - chip.voice(0).level_frames)])
        voice = chip.voice(0)
        level = 0x1000 + (0xF123 - 0x1000) * done / frames
        assert 0 <= level - voice.level * 0x10000 < 1 / 256
        assert voice.increment * ONE == 0x1000 + (0xABCDEF - 0x1000) * done // frames
        assert voice.level_frames == voice.increment_frames == frames - done
    run(chip, STAIRS, [1])
    voice = chip.voice(0)
    assert (voice.level * 0x10000, voice.increment * ONE) == (0xF123, 0xABCDEF)
    assert (voice.level_frames, voice.increment_frames) == (0, 0)


def test_a_new_target_starts_from_where_the_value_is() -> None:
    chip = chip_with(put(level_ramp=4, level=0x8000), put(pitch_ramp=4, increment=16 * ONE // 2))
    run(chip, STAIRS, [8, put(level_ramp=3, level=0), put(pitch_ramp=3, increment=0), 4])
    assert (chip.voice(0).level, chip.voice(0).increment) == (0.125, 2.0)


def test_the_ramp_registers_count_for_the_next_value_only() -> None:
    chip = chip_with(put(level_ramp=4, level=0x8000), put(level_ramp=0))
    run(chip, STAIRS, [8])
    assert chip.voice(0).level == 0.25


def test_ramp_0_is_there_in_the_first_frame() -> None:
    chip = chip_with(play(start=8, end=64, increment=0))
    assert heard(chip, 1) == [8]
    run(chip, STAIRS, [put(level=0x8000)])
    assert heard(chip, 1) == [4]


def test_pan_acts_at_once() -> None:
    chip = chip_with(play(start=8, end=64, pan=0))
    assert chip.frames(STAIRS, 1)[0].tolist() == [round(8 * FULL), 0, 0, 0]
    run(chip, STAIRS, [put(pan=10)])
    assert chip.frames(STAIRS, 1)[0].tolist() == [0, round(9 * FULL), 0, 0]


def test_unused_ports_are_kept_and_do_nothing() -> None:
    """Of every voice; and every port reads open bus."""
    used = {at + k for at, size in ((0, 2), (2, 2), (4, 2), (6, 3), (0xA, 3), (0xE, 3), (0x12, 3)) for k in range(size)}
    unused = [0x20 * voice + at for voice in range(VOICES) for at in range(0x20) if at not in used]
    chip = chip_with(play(start=8, loop=8, end=64, control=KEY | LOOP), [(at, at & 0xFF ^ 0x5A) for at in unused])
    alone = chip_with(play(start=8, loop=8, end=64, control=KEY | LOOP))
    assert np.array_equal(chip.frames(STAIRS, 200), alone.frames(STAIRS, 200))
    assert all(chip.registers[at] == at & 0xFF ^ 0x5A for at in unused)
    other = Mb87402(open_bus=0x3C)
    assert {chip.read(at) for at in range(0x200)} == {chip.peek(at) for at in range(0x200)} == {0xFF}
    assert {other.read(at) for at in range(0x200)} == {other.peek(at) for at in range(0x200)} == {0x3C}


@pytest.mark.parametrize("voice", range(VOICES))
def test_a_voice_is_seen_as_written(voice: int) -> None:
    chip = chip_with(put(
        voice, pan=7, level_ramp=3, level=0x4000, pitch_ramp=2, increment=ONE * 3, start=0x123456, loop=0x23456A,
        end=0x34567B, control=LOOP))
    assert asdict(chip.voice(voice)) == asdict(Voice(
        key=False, sounding=False, looping=True, pan=7, level=0.0, level_target=0.25, level_frames=8, increment=0.0,
        increment_target=3.0, increment_frames=4, address=0.0, start=0x123456, loop=0x23456A, end=0x34567B))
    chip.write(0x20 * voice, KEY | LOOP)
    assert chip.voice(voice).key and chip.voice(voice).address == 0x123456 and chip.sounding == [voice]


def test_reset_is_the_state_after_power_on() -> None:
    for kind in ("power", "button"):
        chip = chip_with(play(start=8, end=64), put(5, level_ramp=9, level=77), [(0x1FF, 9)])
        chip.frames(STAIRS, 3)
        chip.reset(kind)
        assert chip.snapshot() == Mb87402().snapshot()
        assert not chip.frames(STAIRS, 50).any()


def test_the_guesses_come_from_the_machine() -> None:
    places = {"H-INT": "interpolation", "H-LOOP": "loop_inclusive", "H-BUS": "headroom_shift", "H-PAN": "pan_power"}
    for key, rows in WIRED.items():
        for value, code in rows.items():
            assert getattr(Mb87402.of(Hypotheses({key: value})).pointer, places[key]) == code
    assert Mb87402.of(Hypotheses({"H-OPENBUS": 7})).read(0) == 7


@pytest.mark.parametrize("wrong", [
    {"interpolation": "cubic"}, {"loop": "END"}, {"headroom": 0}, {"pan": "sine"},
])
def test_what_does_not_exist_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="one of"):
        Mb87402(**wrong)    # type: ignore[arg-type]


def test_wrong_arguments_are_refused() -> None:
    chip = Mb87402()
    for call in (
        lambda: chip.voice(16), lambda: chip.voice(-1), lambda: chip.frames(STAIRS, -1),
        lambda: chip.frames(STAIRS.astype(np.int32), 1), lambda: chip.frames(STAIRS.reshape(8, 8), 1),
    ):
        with pytest.raises(UsageError):
            call()
    assert chip.frames(STAIRS, 0).shape == (0, 4)
