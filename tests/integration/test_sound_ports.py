"""Writes to the sound chips: the same in C and through Python, on every engine, however the run is cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sound_programs import HANG, program, rom_of, running
from sound_scripts import WINDOWS, effects, keyed, music

from korgm1.errors import SnapshotError
from korgm1.romset.waves import WaveSet
from korgm1.session import Session
from korgm1.snapshot import decode, encode
from korgm1.sound.mde_parameters import start
from korgm1.sound.sound_board import Window

ENGINES = ("unicorn", "v30", "lockstep")
SECONDS = 0.3
HALL = bytes([0, 33, 40, 60, 0, 0, 0, 0, 0x1F]) + start(1) + bytes(8)
SCRIPT = [(0x0101 + 0x20 * n, 5) for n in range(8)] + [(port, value) for _, port, value in music(4, 3_000_000)][:900]
CODE = program(SCRIPT, seed=3)


def heard_of(session: Session, slice_clocks: int = 0) -> tuple[Any, ...]:
    """Everything the session's sound is, after `SECONDS`."""
    session.listen(True)
    session.log_sound(True)
    frames, writes = [], []
    while slice_clocks and session.clock < SECONDS * 8_000_000:
        session.run_until(min(session.clock + slice_clocks, round(SECONDS * 8_000_000)))
        if session.clock % 3 == 0:
            frames.append(session.heard())
            writes.append(session.sound_writes())
    session.run_until(round(SECONDS * 8_000_000))
    frames.append(session.heard())
    writes.append(session.sound_writes())
    return (
        np.concatenate(frames).tobytes(), np.concatenate(writes).tobytes(), session.sound_hash, session.clock,
        session.machine.tg.registers,
    )


@pytest.fixture(scope="module")
def reference() -> tuple[Any, ...]:
    return heard_of(running(CODE))


def test_the_reference_has_all_writes_and_sounds(reference: tuple[Any, ...]) -> None:
    frames, writes = np.frombuffer(reference[0], np.int32), reference[1]
    assert np.count_nonzero(frames) > 1000
    session = running(CODE)
    session.log_sound(True)
    session.run(SECONDS)
    rows = session.sound_writes()
    assert [(int(row["port"]), int(row["value"])) for row in rows] == SCRIPT
    assert rows.tobytes() == writes and np.all(np.diff(rows["clock"].astype(np.int64)) >= 0)


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("engine", ENGINES)
def test_in_c_or_watched_on_every_engine(
    reference: tuple[Any, ...], engine: str, watched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = 0
    write = Window.write

    def counted(self: Window, offset: int, value: int) -> None:
        nonlocal passed
        passed += 1
        write(self, offset, value)

    monkeypatch.setattr(Window, "write", counted)
    session = running(CODE, engine)
    seen: list[int] = []
    if watched:
        session.machine.ports.watch = lambda kind, port, value: seen.append(port)
    assert heard_of(session) == reference
    assert passed == (len(SCRIPT) if watched else 0)
    assert not watched or [port for port in seen if port in WINDOWS] == [port for port, _ in SCRIPT]


@pytest.mark.parametrize("engine", ENGINES)
def test_who_begins_or_ends_to_watch_changes_nothing(reference: tuple[Any, ...], engine: str) -> None:
    session = running(CODE, engine)
    session.listen(True)
    session.log_sound(True)
    for place in range(12):
        session.machine.ports.watch = (lambda *access: None) if place % 2 else None
        session.run_until(place * 100_000)
    session.run_until(round(SECONDS * 8_000_000))
    assert (session.heard().tobytes(), session.sound_writes().tobytes(), session.sound_hash) == reference[:3]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_unit_of_the_chip_over_the_ports_has_them(engine: str) -> None:
    """What the V50 keeps for itself never reaches the board, and comes back when the unit goes."""
    taken: list[tuple[int, int]] = []

    class Unit:
        read = peek = staticmethod(lambda offset: 0)

        @staticmethod
        def write(offset: int, value: int) -> None:
            taken.append((offset, value))

    writes = [(0x0110, 1), (0x0111, 2), (0x0112, 3), (0x1000, 4)]
    session = running(program(writes, seed=1), engine)
    session.log_sound(True)
    session.machine.ports.map(0x0110, 2, Unit(), onchip=True)
    session.run(0.1)
    assert taken == [(0, 1), (1, 2)] and session.sound_writes()["port"].tolist() == [0x0112, 0x1000]
    session.power_off()
    session.power_on()
    session.run(0.1)
    assert len(taken) == 2 and session.sound_writes()["port"].tolist() == [port for port, _ in writes]


@pytest.mark.parametrize("slice_clocks", [97, 5_000, 123_457])
@pytest.mark.parametrize("engine", ["unicorn", "v30"])
def test_however_the_run_is_cut(reference: tuple[Any, ...], engine: str, slice_clocks: int) -> None:
    assert heard_of(running(CODE, engine), slice_clocks) == reference


@pytest.mark.parametrize("source", ENGINES)
@pytest.mark.parametrize("target", ENGINES)
def test_a_snapshot_in_the_middle_goes_on_alike(source: str, target: str) -> None:
    one, other = running(CODE, source), running(CODE, target)
    one.run(0.02)
    other.restore(one.snapshot())
    for session in (one, other):
        session.listen(True)
        session.run(0.2)
    heard = one.heard()
    assert heard.any() and np.array_equal(heard, other.heard()) and one.sound_hash == other.sound_hash
    assert one.snapshot() == other.snapshot() or source != target


def test_a_trace_has_the_writes_and_changes_nothing(reference: tuple[Any, ...], tmp_path: Path) -> None:
    session = running(CODE)
    session.trace(tmp_path / "x.trace", "out=0100-11FF")
    assert heard_of(session) == reference
    session.trace_end()
    rows = [row for row in (tmp_path / "x.trace").read_text().splitlines() if " out " in row]
    assert len(rows) > len(SCRIPT) / 2


@pytest.mark.parametrize("engine", ENGINES)
def test_when_the_cpu_hangs_the_last_note_goes_on(engine: str) -> None:
    """DI, HALT: nothing will ever wake the CPU, and the tone generator does not need it."""
    session = running(program([*effects(HALL), *keyed(5, end=1 << 15)]), engine)
    session.listen(True)
    session.run(1.0)
    assert session.machine.engine.halted
    instructions = session.machine.engine.instructions
    session.heard()
    for _ in range(3):
        session.run(5.0)
        second = session.heard()[-31_250:]
        assert np.abs(second[:, 0]).reshape(10, -1).max(axis=1).min() > 1000
    assert session.machine.engine.instructions == instructions


def test_a_cpu_that_stops_dead_leaves_the_note_too() -> None:
    """An undefined opcode that stops the CPU (H-UNDEFINED): the clock goes on, and so does the note."""
    session = running(program(keyed(0, end=1 << 15)).removesuffix(HANG) + b"\x0f\x34", **{"H-UNDEFINED": "stop"})
    session.listen(True)
    session.run(1.0)
    assert session.stopped is not None
    session.run(1.0)
    assert np.abs(session.heard()[-3000:, 0]).max() > 1000


def test_other_firmware_than_ours_is_silent_and_logged() -> None:
    session = Session(roms=rom_of(CODE))
    session.power_on()
    heard = heard_of(session)
    assert not np.frombuffer(heard[0], np.int32).any()
    assert len(heard[1]) == 11 * len(SCRIPT) and heard[4] == bytes(0x200)


def test_the_reset_pin_silences() -> None:
    session = running(program(keyed(0, end=1 << 15)))
    session.run(0.1)
    session.machine.ports.write(0x0A00, 0)
    session.listen(True)
    session.run(0.1)
    assert not session.heard()[2:].any()
    session.machine.ports.write(0x0A00, 0x80)
    session.run(0.1)
    assert not session.heard().any() and session.machine.tg.registers == bytes(0x200)


def test_the_stream_goes_on_over_power_off_and_on() -> None:
    session = running(program(keyed(0, end=1 << 15)))
    session.listen(True)
    session.run(0.1)
    session.power_off()
    session.power_on()
    session.run(0.1)
    frames = session.heard()
    assert abs(len(frames) - 6250) < 4
    assert frames[3000, 0] and not frames[3126:3130].any() and frames[-1, 0]
    assert session.heard().shape == (0, 4)


def test_half_an_hour_nobody_listens_to_keeps_nothing() -> None:
    session = running(HANG)
    session.run(1800)
    assert session.sound_hash == running(HANG).sound_hash
    assert session.machine.sound_board.frames() == 1800 * 31_250 + 1
    assert session.machine.sound_board.skipped > 1799 * 31_250 and len(session.heard()) == 0


def test_the_users_own_words_are_played_and_told_apart() -> None:
    """A wave of one value: the first frame of a voice says which ROM it read."""
    waves = WaveSet(np.full(2_097_152, 8192, np.int16), ("invented",))
    code = program(keyed(0, end=1 << 15))
    session = Session(roms=rom_of(code), waves=waves, hypotheses={"H-TGW": "any", "H-BUS": 12})
    session.power_on()
    session.listen(True)
    session.run(0.1)
    assert abs(int(session.heard()[-1, 0]) - 8192 * 16 // 4) <= 1
    state = session.snapshot()
    again = Session(roms=rom_of(code), waves=waves)
    again.restore(state)
    assert again.sound_hash == session.sound_hash
    with pytest.raises(SnapshotError, match="wave ROM"):
        Session(roms=rom_of(code)).restore(state)


@pytest.mark.parametrize("frame", [0, 1 << 40])
def test_a_snapshot_with_frames_of_another_time_is_refused(frame: int) -> None:
    session = running(HANG)
    session.run(0.1)
    state = decode(session.snapshot())
    state.blocks["sound_board"]["frame"] = frame
    before = session.snapshot()
    with pytest.raises(SnapshotError, match="not those of its clock"):
        session.restore(encode(state))
    assert session.snapshot() == before


def test_a_million_random_writes_leave_the_session_alive() -> None:
    """All windows, as the host writes to ports; then a reset, and a note as if nothing had been."""
    draw = np.random.default_rng(8)
    session = running(HANG)
    session.listen(True)
    loud = 0
    for _ in range(1000):
        rows = zip(draw.choice(WINDOWS, 1000).tolist(), draw.integers(0, 256, 1000).tolist(), strict=True)
        for port, value in rows:
            session.machine.ports.write(port, value)
        session.run(0.002)
        frames = session.heard()
        assert frames.min(initial=0) >= -(1 << 19) and frames.max(initial=0) < 1 << 19
        loud += bool(frames.any())
    assert loud > 500
    other = Session(roms=session.firmware)
    other.restore(session.snapshot())
    for one in (session, other):
        one.run(0.1)
    assert other.sound_hash == session.sound_hash


@pytest.mark.parametrize("frame_clocks", [250, 256])
def test_the_frame_clock_can_be_another(frame_clocks: int) -> None:
    session = running(HANG, **{"H-FS": frame_clocks})
    session.listen(True)
    session.run(1.0)
    assert len(session.heard()) == 8_000_000 // frame_clocks and session.sound_rate == 8_000_000 / frame_clocks
