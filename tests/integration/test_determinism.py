"""Same inputs, same seed: the same timeline, RAM and clock, however the run is cut, on every engine, in any process."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.result import BootResult
from korgm1.session import Session

SYSEX = bytes.fromhex("F0423019 12F7 F07E7F0601F7".replace(" ", "")) + b"\xc0\x2a"


def scenario(engine: str = "unicorn", slice_clocks: int | None = None, seed: int = 1) -> BootResult:
    """Two and a half seconds with keys, slider and MIDI."""
    session = Session(engine=engine, battery="low", seed=seed)
    session.power_on(hold=("INT",))
    session.press_at("4", 1.9)
    session.press_at("2", 2.05)
    session.slide_at(77, 2.2)
    session.midi_in(SYSEX, at=1.8)
    end = 20_000_000
    if slice_clocks:
        while session.clock < end:
            session.run_until(min(end, session.clock + slice_clocks))
    session.run_until(end)
    return session.result()


@pytest.fixture(scope="module")
def reference() -> BootResult:
    return scenario()


def test_twice(reference: BootResult) -> None:
    assert scenario() == reference


@pytest.mark.parametrize("slice_clocks", [777, 8_000, 1_234_567])
def test_another_slice_size(reference: BootResult, slice_clocks: int) -> None:
    assert scenario(slice_clocks=slice_clocks) == reference


@pytest.mark.parametrize("engine", ["v30", "lockstep"])
def test_another_engine(reference: BootResult, engine: str) -> None:
    other = scenario(engine).to_dict()
    assert other.pop("engine") == engine
    mine = reference.to_dict()
    mine.pop("engine")
    assert other == mine


def played(engine: str = "unicorn", slice_clocks: int = 30_000_000, saved: bool = False) -> tuple[bytes, int]:
    """The sound of four seconds with notes, a bend and another program; and its hash."""
    session = Session(engine=engine)
    session.power_on()
    session.listen(True)
    for at, data in (
        (1.9, "90 3C 64 90 40 50"), (2.2, "E0 00 50"), (2.4, "C0 0C 90 43 7F"), (3.1, "80 3C 00 B0 7B 00"),
    ):
        session.midi_in(bytes.fromhex(data), at=at)
    heard = b""
    while session.clock < 32_000_000:
        session.run_until(min(32_000_000, session.clock + slice_clocks))
        if saved and session.clock > 17_000_000:
            heard, state, saved = session.heard().tobytes(), session.snapshot(), False
            session = Session(engine=engine)
            session.restore(state)
            session.listen(True)
    return heard + session.heard().tobytes(), session.sound_hash


@pytest.fixture(scope="module")
def reference_sound() -> tuple[bytes, int]:
    frames, hashed = played()
    assert np.frombuffer(frames, np.int32).max() > 1000
    return frames, hashed


@pytest.mark.parametrize(
    ("engine", "slice_clocks", "saved"),
    [("unicorn", 777_777, False), ("unicorn", 8_000, True), ("v30", 30_000_000, False), ("v30", 123_457, True),
     ("lockstep", 30_000_000, False)],
)
def test_the_same_sound(reference_sound: tuple[bytes, int], engine: str, slice_clocks: int, saved: bool) -> None:
    assert played(engine, slice_clocks, saved) == reference_sound


def test_another_seed_is_another_chip(reference: BootResult) -> None:
    assert scenario(seed=2).sram_sha1 != reference.sram_sha1


def test_a_subprocess_prints_the_same() -> None:
    command = [
        sys.executable, "-m", "korgm1", "boot", "--json", "--battery", "2.4", "--seed", "3",
        "--press", "UP@1.9", "--seconds", "2.5",
    ]
    outputs = {subprocess.run(command, check=True, capture_output=True, text=True).stdout for _ in range(2)}
    assert len(outputs) == 1
    session = Session(battery=2.4, seed=3)
    session.power_on()
    session.press_at("UP", 1.9)
    assert json.loads(outputs.pop()) == session.boot(2.5).to_dict()


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 19_000_000), st.sampled_from(["unicorn", "v30"]))
def test_save_anywhere(first: int, engine: str) -> None:
    """Run N, save, run M in a fresh session = run N + M."""
    def begin() -> Session:
        session = Session(engine=engine, battery="low")
        session.power_on()
        session.press_at("7", 1.9)
        session.midi_in(SYSEX, at=1.85)
        return session

    one = begin()
    one.run_until(first)
    state = one.snapshot()
    one.run_until(20_000_000)
    other = Session(engine=engine, battery="low")
    other.restore(state)
    other.run_until(20_000_000)
    assert other.result() == one.result()
    assert other.snapshot() == one.snapshot()


@pytest.mark.parametrize("source", ["unicorn", "v30", "lockstep"])
@pytest.mark.parametrize("target", ["unicorn", "v30", "lockstep"])
@pytest.mark.parametrize("used", [False, True])
def test_a_snapshot_goes_on_alike_on_any_engine(source: str, target: str, used: bool) -> None:
    one = Session(engine=source, battery="low")
    one.boot(1.9)
    other = Session(engine=target)
    if used:
        other.boot(1.0)
    other.restore(one.snapshot())
    for session in (one, other):
        session.midi_in(SYSEX)
        session.run(0.4)
    assert other.sram == one.sram
    assert (other.clock, other.lcd, other.midi_out) == (one.clock, one.lcd, one.midi_out)


def test_a_boot_waits_for_the_whole_dump_reply(preload: bytes) -> None:
    session = Session()
    session.power_on()
    session.midi_in(preload, at=1.5)
    session.midi_in(bytes.fromhex("F04230190F00F7"), at=18.5)
    result = session.boot()
    assert result.midi_out.replace(b"\xfe", b"").endswith(preload)
    assert result.ended == "play page"
