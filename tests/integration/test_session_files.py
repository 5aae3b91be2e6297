"""RAM and card images: read at power-on, written back at power-off, never lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from korgm1.cli import main
from korgm1.errors import UsageError, UserError
from korgm1.recording import Recorder
from korgm1.replay import replay
from korgm1.session import Session


def test_the_image_is_kept_and_the_older_one_too(tmp_path: Path) -> None:
    path = tmp_path / "x.sram"
    with Session(sram=path) as session:
        session.boot()
        first = session.sram
    assert path.read_bytes() == first
    with Session(sram=path, battery="dead") as session:
        session.boot()
    assert path.read_bytes() != first
    assert (tmp_path / "x.sram.1").read_bytes() == first


@pytest.mark.parametrize("size", [0, 65535, 65537, 131072])
def test_an_image_of_another_size_is_refused_and_stays(tmp_path: Path, size: int) -> None:
    path = tmp_path / "x.sram"
    path.write_bytes(bytes(size))
    with pytest.raises(UserError, match=r"65,536 bytes"):
        Session(sram=path)
    assert path.stat().st_size == size


def test_a_cell_that_holds_keeps_every_byte_over_the_power_switch() -> None:
    session = Session(battery="fresh")
    session.boot()
    session.power_off()
    kept = session.sram
    session.power_on()
    assert session.sram == kept
    session.power_off()
    assert session.lcd == (" " * 40, " " * 40)


def test_a_card_that_was_written_to_is_saved(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(bytes(32768))
    session = Session(card=path)
    session.power_on()
    assert session.machine.card.status == 0
    session.machine.memory.write(0x50002, 0x5A)
    session.machine.memory.write(0x50003, 0x77)
    session.power_off()
    assert path.read_bytes()[:3] == bytes([0, 0x5A, 0])
    assert (tmp_path / "x.card.1").read_bytes() == bytes(32768)


def test_a_card_that_is_not_there_or_of_another_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there"):
        Session(card=tmp_path / "none")
    with pytest.raises(UserError, match=r"32,768 bytes"):
        Session(card=b"short")


def test_the_power_switch_cannot_be_turned_twice() -> None:
    session = Session()
    with pytest.raises(UsageError, match="off"):
        session.run(1)
    session.power_on()
    with pytest.raises(UsageError, match="on already"):
        session.power_on()
    session.power_off()
    session.power_off()


HOLE = bytes(32768)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("words", [
    ["boot", "--seconds", "0.01", "--trace"], ["boot", "--seconds", "0.01", "--record"],
    ["run", "--terminal", "--no-sram", "--seconds", "0.01", "--trace"],
    ["run", "--terminal", "--no-sram", "--seconds", "0.01", "--record"],
    ["state", "load", "x.state", "--seconds", "0.01", "--trace"],
])  # fmt: skip
def test_no_verb_puts_a_file_in_the_place_of_a_pipe(
    tmp_path: Path, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Session(engine="v30").save("x.state")
    os.mkfifo("pipe")
    assert main([*words, "pipe"]) == 1
    assert "pipe cannot be written: it is a device or a pipe" in capsys.readouterr().err
    assert Path("pipe").is_fifo() and not Path("pipe.part").exists()


def test_leaving_ends_the_files_although_the_image_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"x\.sram cannot be written"), Session(sram=tmp_path / "x.sram") as session:
        session.record(tmp_path / "x.rec")
        session.trace(tmp_path / "x.trace", "exec,to=0.0001")
        session.power_on()
        session.run(0.01)
        (tmp_path / "x.sram").mkdir()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.rec", "x.sram", "x.trace"]
    assert replay(tmp_path / "x.rec").whole


def test_leaving_ends_the_trace_although_the_recording_cannot_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(recorder: Recorder) -> None:
        recorder._file.abandon()
        raise UserError("no space left")

    monkeypatch.setattr(Recorder, "close", full)
    with pytest.raises(UserError, match="no space left"), Session(engine="v30") as session:
        session.record(tmp_path / "x.rec")
        session.trace(tmp_path / "x.trace", "exec")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.rec.part", "x.trace"]


def test_a_card_whose_file_could_not_be_written_keeps_what_was_on_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(HOLE)
    session = Session(engine="v30", card=path)
    session.power_on()
    session.machine.memory.write(0x50002, 0x5A)
    with monkeypatch.context() as broken:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        broken.setattr(os, "replace", full)
        with pytest.raises(UserError, match="No space left"):
            session.eject_card()
    assert path.read_bytes() == HOLE
    monkeypatch.chdir(tmp_path)
    session.insert_card("x.card")
    assert session.machine.memory.read(0x50002) == 0x5A
    session.machine.memory.write(0x50004, 0x77)
    session.power_off()
    assert path.read_bytes()[:4] == bytes([0, 0x5A, 0x77, 0])


def test_a_file_that_cannot_be_written_holds_no_other_up(tmp_path: Path) -> None:
    image, path = tmp_path / "x.sram", tmp_path / "x.card"
    path.write_bytes(HOLE)
    session = Session(engine="v30", sram=image, card=path)
    for bad, byte in ((image, 0x5A), (path, 0x77)):
        session.power_on()
        session.machine.memory.write(0x50002, byte)
        bad.unlink(missing_ok=True)
        bad.mkdir()
        with pytest.raises(UserError, match=f"{bad.name} cannot be written"):
            session.power_off()
        assert session.unsaved == [bad]
        assert (path if bad is image else image).is_file()
        bad.rmdir()
        session.power_off()
        assert not session.unsaved and bad.is_file()
    assert path.read_bytes()[1] == 0x77


def test_the_card_of_a_snapshot_does_not_go_into_the_file_of_another(tmp_path: Path) -> None:
    path = tmp_path / "x.card"
    path.write_bytes(HOLE)
    other = Session(engine="v30", card=b"\1" * 32768)
    other.power_on()
    session = Session(engine="v30", card=path)
    session.restore(other.snapshot())
    session.machine.memory.write(0x50002, 0x5A)
    session.power_off()
    assert path.read_bytes() == HOLE and [each.name for each in tmp_path.iterdir()] == ["x.card"]
