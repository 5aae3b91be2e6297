"""RAM and card images: read at power-on, written back at power-off, never lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from korgm1.errors import UsageError, UserError
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
