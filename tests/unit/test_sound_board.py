"""The sound board: when a write acts, ports, the reset line, and that nothing depends on when frames are made."""

from __future__ import annotations

import os
import random
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sound_scripts import NOISE, WINDOWS, Wired, bytes_to, effects, keyed, music, nonsense

from korgm1.errors import SnapshotError
from korgm1.sound.mde_parameters import start

FIRST = 1
"""The number of the first frame that is heard: frame 0 began when PA7 rose, at clock 0."""
FEW = settings(max_examples=25, deadline=None)


@pytest.mark.parametrize("frame_clocks", [256, 250])
@pytest.mark.parametrize("clock", [0, 1, 249, 250, 255, 256, 257, 499, 511, 512, 100_000])
def test_a_write_acts_from_the_frame_behind_its_own(frame_clocks: int, clock: int) -> None:
    wired = Wired(guesses={"H-FS": frame_clocks})
    wired.clock = clock
    wired.write(*keyed(0))
    wired.clock = clock + 4 * frame_clocks
    heard = wired.board.heard()[:, 0]
    assert len(heard) + 1 == wired.clock // frame_clocks + 1 == wired.board.frames()
    assert FIRST + int(np.flatnonzero(heard)[0]) == clock // frame_clocks + 1
    assert wired.board.frame_rate == 8_000_000 / frame_clocks


def test_writes_of_one_clock_keep_their_order() -> None:
    wired = Wired(guesses={"H-BUS": 12})
    wired.write(*keyed(0), *bytes_to(0x1002, 0, 0x40), *bytes_to(0x1002, 0, 0x80))
    wired.clock = 256
    assert wired.board.heard()[1 - FIRST, 0] == (16384 * 16 * 0x8000 >> 16) // 4


def test_a_voice_goes_through_its_filter_panpot_and_the_effects_to_the_outputs() -> None:
    """DC of half a full scale at -12 dB on A, through an open filter and effects that are Through: exact."""
    wired = Wired(guesses={"H-BUS": 12})
    wired.write(*keyed(3), *keyed(9, pan=10))
    wired.clock = 100 * 256
    heard = wired.board.heard()
    level = -(-(16384 * 65535 * 16 // 4) // 65536)
    assert heard[-1].tolist() == [level, level, 0, 0]


@pytest.mark.parametrize(
    ("guess", "voice", "port"),
    [("halves", 0, 0x100), ("halves", 7, 0x1E0), ("halves", 8, 0x200), ("halves", 15, 0x2E0), ("interleaved", 0, 0x100),
     ("interleaved", 1, 0x200), ("interleaved", 14, 0x1E0), ("interleaved", 15, 0x2E0), ("interleaved", 6, 0x160)],
)
def test_which_filter_is_whose(guess: str, voice: int, port: int) -> None:
    """A closed filter lets one voice rise slowly and all the others at once."""
    wired = Wired(guesses={"H-VDF8": guess})
    wired.write((port, 1), *bytes_to(port + 2, 0, 20))
    at_once = []
    for other in range(16):
        wired.write(*keyed(other))
        wired.clock += 512
        if np.abs(wired.board.heard()[-1]).sum() > 10_000:
            at_once.append(other)
        wired.write((0x1000 + 0x20 * other, 0))
        wired.clock += 4_000_000        # until the filter is empty
        wired.board.heard()
    assert at_once == [other for other in range(16) if other != voice]


def test_the_effect_block_goes_through_index_and_data() -> None:
    wired = Wired()
    hall = bytes([0, 33, 40, 60, 0, 0, 0, 0, 0x1F]) + start(1) + bytes(8)
    wired.write(*effects(hall))
    assert wired.board.block == hall == wired.mde.block
    wired.write((0x0500, 2), (0x0502, 99), (0x0502, 98))
    assert wired.board.block[2:4] == bytes([99, 98]) and wired.mde.block == hall
    wired.write((0x0501, 0x55))
    assert wired.mde.block[2:4] == bytes([99, 98])


@pytest.mark.parametrize("index", [25, 26, 255])
def test_no_byte_of_the_block_lies_beyond_the_last(index: int) -> None:
    wired = Wired()
    wired.write((0x0500, 24), (0x0502, 7), (0x0502, 8), (0x0500, index), (0x0502, 9), (0x0503, 1))
    assert wired.board.block == bytes(24) + b"\7"


def test_an_impossible_block_changes_nothing() -> None:
    wired = Wired()
    wired.write(*effects(bytes([0, 0, *bytes(23)])))
    before = wired.mde.block
    for types in ((34, 0), (23, 11), (255, 255)):
        wired.write(*effects(bytes([*types, *bytes(23)])))
        assert wired.mde.block == before


def test_reads_give_open_bus() -> None:
    wired = Wired()
    assert {wired.board.read(port) for port in WINDOWS} == {wired.board.peek(port) for port in WINDOWS} == {0xFF}


def test_the_reset_line_clears_the_chips_and_frames_are_counted_on() -> None:
    wired = Wired()
    wired.write(*keyed(0), *effects(bytes([0, 33, 50, 50, 0, 0, 0, 0, 0x1F]) + start(1) + bytes(8)), (0x0100, 1))
    wired.clock = 8_000_000
    assert wired.board.heard()[-1, 0] and wired.mde.memory.any()
    fresh = Wired()
    wired.board.hold(0)
    wired.write(*keyed(1))
    wired.clock += 8_000_000
    heard = wired.board.heard()
    assert not heard[1:].any() and len(heard) == 31_250 and wired.board.frames() == 62_501
    wired.board.hold(1)
    parts, other = wired.parts(), fresh.parts()
    assert {name: part for name, part in parts.items() if name != "board"} == {
        name: part for name, part in other.items() if name != "board"}
    wired.write(*keyed(1))
    wired.clock += 512
    assert wired.board.heard()[-1, 0]


def test_a_level_that_stays_resets_nothing() -> None:
    wired = Wired()
    wired.write(*keyed(0))
    wired.board.hold(1)
    wired.clock = 1000
    assert wired.board.heard()[-1, 0]


def test_without_a_decoder_writes_are_logged_and_nothing_sounds() -> None:
    wired = Wired(deaf=True)
    wired.board.log(True)
    wired.write(*keyed(0))
    wired.clock = 100_000
    assert not wired.board.heard().any()
    assert [(int(row["port"]), int(row["value"])) for row in wired.board.writes()] == keyed(0)


def test_the_log_has_clocks_ports_and_values_lost_writes_too() -> None:
    wired = Wired()
    wired.board.log(True)
    wired.clock = 77
    wired.write((0x1002, 5))
    wired.board.hold(0)
    wired.clock = 1 << 40
    wired.write((0x0503, 255))
    rows = wired.board.writes()
    assert [tuple(map(int, row)) for row in rows] == [(77, 0x1002, 5), (1 << 40, 0x0503, 255)]
    assert len(wired.board.writes()) == 0
    wired.write((0x0100, 1))
    wired.board.log(False)
    assert len(wired.board.writes()) == 0


def test_who_does_not_listen_keeps_nothing() -> None:
    wired = Wired()
    wired.write(*keyed(0))
    wired.clock = 1_000_000
    wired.board.listen(False)
    wired.clock = 2_000_000
    assert wired.board.heard().shape == (0, 4)
    wired.board.listen(True)
    wired.clock = 2_000_000 + 256 * 10
    assert len(wired.board.heard()) == 10


def test_a_million_seconds_that_nobody_hears_cost_nothing() -> None:
    """In reset, with empty chips, and behind a hall: frames are passed over by the billion, and counted."""
    wired = Wired()
    wired.board.listen(False)
    hall = effects(bytes([0, 33, 50, 50, 0, 0, 0, 0, 0x1F]) + start(1) + bytes(8))
    for writes, level in (([], 1), (hall, 1), ([], 0)):
        wired.write(*writes)
        wired.board.hold(level)
        before = wired.board.frames() - wired.board.skipped
        wired.clock += 8_000_000 * 1_000_000
        assert wired.board.frames() == wired.clock // 256 + 1
        assert wired.board.frames() - wired.board.skipped - before < 100_000
    assert wired.mde.block == bytes([33, 33]) + bytes(23)


STARVED = """
import resource
from sound_scripts import Wired, keyed
wired = Wired()
resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))
wired.clock = 256 << 28
for ask in (wired.board.heard, wired.board.frames):
    try:
        print(type(ask()).__name__)
    except MemoryError as error:
        print(error)
wired.clock += 256 * 10
print(len(wired.board.heard()))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on a process's memory as Linux has it")
def test_frames_for_which_there_is_no_memory_are_an_error_and_the_next_ones_are_heard() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARVED], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = done.stdout.splitlines()
    assert said[0].startswith("frames of sound") and said[1:] == ["int", "10"]


@given(st.integers(0, 1 << 30), st.integers(0, 1 << 30))
@FEW
def test_nothing_depends_on_when_frames_are_asked_for(seed: int, cuts: int) -> None:
    end = 6_000_000
    script, draw = music(seed, end), random.Random(cuts)
    whole = Wired(NOISE)
    expected = whole.play(script, end)
    cut, heard = Wired(NOISE), []
    for clock, port, value in script:
        while draw.random() < 0.3 and cut.clock < clock:
            cut.clock = draw.randrange(cut.clock, clock + 1)
            heard.append(cut.board.heard())
        cut.clock = clock
        cut.board.write(port, value)
    cut.clock = end
    heard.append(cut.board.heard())
    assert np.array_equal(np.concatenate(heard), expected)
    assert cut.board.hash() == whole.board.hash() and cut.parts() == whole.parts()


@given(st.integers(0, 1 << 30), st.sampled_from(["sides", "series"]))
@example(5, "sides")
@settings(max_examples=15, deadline=None)
def test_skipped_silence_changes_no_bit(seed: int, dual: str) -> None:
    """Chips, stream and hash are those of a board that never skips, behind a rest of ten seconds too."""
    end = 115_000_000
    script = [*music(seed, 8_000_000), *((20_000_000, 0x1000 + 0x20 * voice, 0) for voice in range(16))]
    later = [(100_000_000 + clock, port, value) for clock, port, value in music(seed + 1, 8_000_000)]
    quick, never = (Wired(NOISE, {"H-MDE-DUAL": dual}, tireless=tireless) for tireless in (False, True))
    heard = quick.play(script + later, end), never.play(script + later, end)
    assert np.array_equal(*heard)
    assert quick.parts() == never.parts() and quick.board.hash() == never.board.hash()
    assert never.board.skipped <= 1, "frame 0, in reset, and no other"
    assert quick.board.skipped > 20_000 or seed != 5, "the example that is always tried dies away in the rest"


def test_silence_is_skipped_once_the_effects_are_empty() -> None:
    wired = Wired()
    wired.write(*effects(bytes([0, 9, 50, 50, 50, 50, 0, 0, 0x1F]) + start(1) + start(10)), *keyed(0, loop=False))
    wired.clock = 160_000_000
    heard = wired.board.heard()
    sounded = int(np.flatnonzero(heard.any(axis=1))[-1])
    assert 31_250 < sounded < 600_000
    assert wired.board.skipped > len(heard) - sounded - 32_768 - 2_000, "not until the delay memory is through"


@given(st.integers(0, 1 << 30), st.integers(0, 6_000_000))
@FEW
def test_a_snapshot_goes_on_bit_by_bit(seed: int, at: int) -> None:
    end = 7_000_000
    script = music(seed, 6_000_000)
    one = Wired(NOISE)
    one.play([row for row in script if row[0] < at], at)
    parts = one.parts()
    other = Wired(NOISE)
    other.play(music(seed + 1, 1_000_000), 1_000_000)
    other.clock = at
    other.restore(parts)
    rest = [row for row in script if row[0] >= at]
    assert np.array_equal(other.play(rest, end), one.play(rest, end))
    assert other.parts() == one.parts() and other.board.hash() == one.board.hash()


def test_the_hash_tells_every_frame_its_place_and_its_words() -> None:
    def hash_of(*writes: tuple[int, int], clock: int = 0) -> int:
        wired = Wired()
        wired.clock = clock
        wired.write(*writes)
        wired.clock += 256
        return wired.board.hash()

    hashes = [hash_of(), hash_of(*keyed(0)), hash_of(*keyed(0), clock=256), hash_of(*keyed(0, pan=10)),
              hash_of(*keyed(0, level=0xFF00)), hash_of(*keyed(0, pan=11)), hash_of(*keyed(0, pan=13))]
    assert len(set(hashes)) == len(hashes)
    assert hash_of(clock=10_000) == hash_of()


@pytest.mark.parametrize("wrong", [
    {"layout": 2}, {"shadow": b""}, {"index": 26}, {"frame": -1}, {"hash": "x"}, {"hash": "1" * 17}, {"held": None},
    {"held": "no"},
])
def test_a_damaged_block_is_refused_and_changes_nothing(wrong: dict[str, object]) -> None:
    wired = Wired()
    wired.write((0x0500, 3), (0x0502, 9))
    before = wired.board.snapshot()
    damaged = {key: value for key, value in {**before, **wrong}.items() if value is not None}
    with pytest.raises(SnapshotError):
        wired.board.restore(damaged)
    assert wired.board.snapshot() == before


@pytest.mark.parametrize("seed", range(3))
def test_nonsense_stays_within_20_bits(seed: int) -> None:
    wired = Wired(NOISE)
    heard = wired.play(nonsense(seed, 20_000), 5_000_000)
    assert heard.any() and heard.min() >= -(1 << 19) and heard.max() < 1 << 19
