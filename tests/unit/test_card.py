"""The program card slot: even bytes, protect switch, errors; a card, its cell and what it forgets."""

import pytest

from korgm1.board.card import CELLS, Card, ProgramCard
from korgm1.errors import UserError
from korgm1.hypotheses import Hypotheses
from korgm1.physics.bench_supply import BenchSupply
from korgm1.physics.cell_cr2016 import Cr2016
from korgm1.quantities import YEAR

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


def aged(card: Card, years: float) -> Card:
    """The card after years in a drawer, as the next +5 V would find it."""
    card.supply.leave(years * YEAR)
    card.power(True)
    return card


def test_a_new_cell_keeps_it_for_years_and_an_old_one_does_not() -> None:
    young, old = aged(Card(IMAGE), 5), aged(Card(IMAGE), 40)
    assert (young.lost, bytes(young.data)) == (0, IMAGE)
    assert old.lost == CELLS and bytes(old.data) != IMAGE
    ones = sum(byte.bit_count() for byte in old.data) / CELLS
    assert 0.45 < ones < 0.55, "it wakes as a RAM does"


def test_a_weak_cell_loses_some_cells_only() -> None:
    card = Card(IMAGE, cell=BenchSupply(0.9))
    card.power(True)
    changed = sum((a ^ b).bit_count() for a, b in zip(IMAGE, card.data, strict=True))
    assert 0 < changed <= card.lost < CELLS / 2


def test_two_cards_are_two_and_one_is_one() -> None:
    def woken(seed: int, times: int = 1) -> bytes:
        card = Card(IMAGE, cell=None, seed=seed)
        for _ in range(times):
            card.power(True)
            card.power(False, 1.0)
        return bytes(card.data)

    assert woken(1) == woken(1) != woken(2)
    differ = sum((a ^ b).bit_count() for a, b in zip(woken(1), woken(1, 2), strict=True)) / CELLS
    assert 0 < differ < 0.06, "power-up noise"


def test_nobody_says_how_long_and_the_cell_does_not_age() -> None:
    card = Card(IMAGE)
    card.power(True)
    card.power(False, 3600.0)
    card.power(True)
    cell = card.supply.cell
    assert cell is not None and cell.age_seconds == 3600 and card.lost == 0 and card.power_ups == 2


def test_five_volts_spare_the_cell_and_a_slot_without_them_drains_it() -> None:
    def gone(in_slot: bool, on: bool) -> float:
        card = Card(IMAGE)
        card.place(in_slot)
        if on:
            card.power(True)
            card.power(False, YEAR)
        else:
            card.supply.leave(YEAR)
        assert card.supply.cell is not None
        return card.supply.cell.drawn_mah

    assert gone(True, True) == 0 < gone(False, False) < gone(True, False) / 2
    without = Card(IMAGE, hypotheses=Hypotheses({"H-CARD-CELL": False}))
    without.place(True)
    without.supply.leave(YEAR)
    assert without.supply.cell is not None and without.supply.cell.drawn_mah == gone(False, False)


def test_a_cell_changed_on_the_table_takes_the_content_along() -> None:
    card = Card(IMAGE)
    card.power(True)
    card.power(False, 1.0)
    card.supply.leave(0.0)
    card.supply.put(None)
    card.supply.leave(0.1)
    card.supply.put(Cr2016(9))
    card.settle()
    assert card.lost == 0
    card.supply.put(None)
    card.supply.leave(30.0)
    card.settle()
    assert card.lost > CELLS * 0.9


def test_what_the_converter_is_given() -> None:
    slot = ProgramCard()
    assert slot.sense_microvolts() == 0
    slot.insert(Card(IMAGE, cell=BenchSupply(2.4)))
    assert slot.sense_microvolts() == 2_400_000
    slot.insert(Card(IMAGE, cell=None))
    assert slot.sense_microvolts() == 0
    dead = ProgramCard(cell_touches=False)
    card = Card(IMAGE)
    dead.insert(card)
    assert dead.sense_microvolts() == 0
    dead.eject()
    assert card.supply.cell_volts > 3, "only in this instrument"


def test_one_of_layout_1_gets_a_new_cell() -> None:
    slot = ProgramCard()
    slot.restore(slot.upgrade({"data": IMAGE, "protected": True}, 1))
    assert slot.image() == IMAGE and slot.protected and 3.2 < slot.sense_microvolts() / 1e6 < 3.3
    slot.restore(slot.upgrade({"data": None, "protected": False}, 1))
    assert slot.status == 1


@pytest.mark.parametrize(("key", "value", "ones"), [("H-SRAM-CELLS", "datasheet", None), ("H-SRAM-WAKE", "zeros", 0)])
def test_it_follows_the_laws_of_the_internal_ram(key: str, value: str, ones: int | None) -> None:
    card = Card(b"\xff" * 0x8000, cell=BenchSupply(1.5 if ones is None else 0.1), hypotheses=Hypotheses({key: value}))
    card.power(True)
    assert card.lost == CELLS and (ones is None or not any(card.data))
