"""The program card slot: even bytes, protect switch, errors."""

import pytest

from korgm1.board.card import ProgramCard
from korgm1.errors import UserError

IMAGE = bytes(n * 7 & 0xFF for n in range(0x8000))


def test_empty_slot_is_open_bus() -> None:
    slot = ProgramCard()
    slot.write(0, 1)
    assert slot.status == 1 and {slot.read(n) for n in range(0, 0x10000, 0x101)} == {0xFF}
    assert {ProgramCard(open_bus=0x5A).read(n) for n in range(4)} == {0x5A}
    with pytest.raises(UserError, match="no program card"):
        slot.image()


def test_card_is_on_even_bytes() -> None:
    slot = ProgramCard()
    slot.insert(IMAGE)
    assert slot.status == 0
    assert bytes(slot.read(n) for n in range(0, 0x10000, 2)) == IMAGE
    assert {slot.read(n) for n in range(1, 0x10000, 2)} == {0xFF}
    other = ProgramCard(open_bus=0x5A)
    other.insert(IMAGE)
    assert (other.read(1), other.peek(3), other.read(2)) == (0x5A, 0x5A, IMAGE[1])
    slot.write(0xFFFE, 0x12)
    slot.write(0xFFFF, 0x34)
    assert slot.image() == IMAGE[:-1] + b"\x12" and slot.peek(0xFFFE) == 0x12


def test_protect_switch() -> None:
    slot = ProgramCard()
    slot.insert(IMAGE, protected=True)
    slot.write(0, 0x55)
    assert slot.image() == IMAGE
    slot.protected = False
    slot.write(0, 0x55)
    assert slot.image()[0] == 0x55


@pytest.mark.parametrize("size", [0, 32767, 32769, 65536])
def test_wrong_size_says_found_and_expected(size: int) -> None:
    with pytest.raises(UserError, match=rf"{size:,} bytes.*32,768 bytes"):
        ProgramCard().insert(bytes(size))


def test_reset_keeps_and_eject_takes() -> None:
    slot = ProgramCard()
    slot.insert(IMAGE, protected=True)
    slot.reset("power")
    slot.reset("button")
    assert slot.image() == IMAGE
    slot.eject()
    assert slot.status == 1 and slot.peek(0) == 0xFF


def test_snapshot() -> None:
    slot, other = ProgramCard(), ProgramCard()
    empty = slot.snapshot()
    slot.insert(IMAGE, protected=True)
    other.restore(slot.snapshot())
    assert other.image() == IMAGE and other.protected
    slot.protected = False
    slot.write(0, 0xEE)
    assert other.image() == IMAGE
    other.restore(empty)
    assert other.status == 1
