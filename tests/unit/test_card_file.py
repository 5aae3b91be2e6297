"""A card's file and the one beside it: what is kept, and what is wrong with them in words."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.board.card import SIZE, Card
from korgm1.cardfile.card_file import beside, card_of, card_text, cell_named, read_card, write_card
from korgm1.errors import UsageError, UserError
from korgm1.physics.bench_supply import BenchSupply
from korgm1.physics.cell_cr2016 import Cr2016

AMOUNTS = st.floats(0, 1e9, allow_nan=False)


@given(st.booleans(), st.integers(-(2**70), 2**70), st.integers(0, 9), AMOUNTS, AMOUNTS, AMOUNTS)
def test_everything_comes_back(on: bool, seed: int, power_ups: int, drawn: float, age: float, dry: float) -> None:
    cell = Cr2016(seed)
    cell.spend(drawn, drawn / 3, age, dry)
    card = Card(bytes(SIZE), on, cell, seed)
    card.power_ups = power_ups
    again = card_of(bytes(SIZE), card_text(card))
    assert again.snapshot() == card.snapshot() and card_text(again) == card_text(card)


@pytest.mark.parametrize("cell", [None, BenchSupply(2.4), Cr2016(5)])
def test_any_cell(cell: Cr2016 | BenchSupply | None) -> None:
    again = card_of(bytes(SIZE), card_text(Card(bytes(SIZE), cell=cell)))
    assert (again.supply.cell is None) == (cell is None)
    assert again.supply.cell is None or again.supply.cell.snapshot() == cell.snapshot()  # type: ignore[union-attr]


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    path.write_bytes(bytes(SIZE))
    card = read_card(path)
    assert not card.protected and card.supply.cell is not None and card.supply.cell.depth == 0
    card.data[5], card.protected = 7, True
    write_card(path, card)
    assert beside(path) == tmp_path / "a.card.toml" and read_card(path).snapshot() == card.snapshot()
    assert (tmp_path / "a.card.1").read_bytes() == bytes(SIZE) and len(list(tmp_path.iterdir())) == 3
    assert read_card(path).data[5] == 7


def test_where_one_file_cannot_be_written_the_other_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    path.write_bytes(bytes(SIZE))
    beside(path).mkdir()
    with pytest.raises(UserError, match="it is a folder"):
        write_card(path, Card(b"\1" * SIZE))
    assert path.read_bytes() == bytes(SIZE) and len(list(tmp_path.iterdir())) == 2


WORN = (
    "[cell]\nkind = 'CR2016'\nseed = 0\ndrawn_mah = 1.0\nself_mah = 0\nage_seconds = 2.0\ndry = 0\n"
    "polarised_volts = 0.5\noffset_volts = 0"
)


@pytest.mark.parametrize(("text", "said"), [
    ("protected = yes", "line 1"), ("protected = 1", "protected = 1"), ("seed = 'x'", "seed"), ("size = 3", "size = 3"),
    ("power_ups = -1", "power_ups = -1"), ("[cell]\n", "'kind'"), ("[cell]\nkind = 'AA'", "'AA'"),
    ("[cell]\nkind = 'CR2016'", "'seed'"), ("[cell]\nkind = 'supply'\nvolts = -3", "-3"),
    *((WORN.replace("1.0", bad), "cannot be") for bad in ("nan", "-1", "1e308")),
    (WORN.replace("2.0", "1e308"), "cannot be"), (WORN.replace("0.5", "3.4"), "cannot be"),
    ("[cell]\nkind = 'supply'\nvolts = 1e308", "1e+308"), ("x = " + "[" * 30000, "too many brackets"),
])
def test_what_is_wrong_beside_it_is_said_with_its_name(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    path.write_bytes(bytes(SIZE))
    beside(path).write_text(text)
    with pytest.raises(UserError, match=r"a\.card\.toml") as raised:
        read_card(path)
    assert said in str(raised.value) and "without that file" in str(raised.value)
    assert beside(path).read_text() == text


@pytest.mark.parametrize(("data", "said"), [
    (b"", "korgm1 card new"), (b"\xf0" + bytes(99), "SysEx dump"), (bytes(65536), "even bytes"),
    (bytes(range(256)) * 256, "SRAM image"), (bytes(32767), "32,767 bytes"),
])
def test_a_file_that_is_no_card_is_told_what_it_may_be(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(data)
    with pytest.raises(UserError, match=r"32,768") as raised:
        read_card(tmp_path / "x")
    assert said in str(raised.value)


def test_bytes_that_are_no_text_and_a_folder(tmp_path: Path) -> None:
    path = tmp_path / "a.card"
    path.write_bytes(bytes(SIZE))
    beside(path).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UserError, match=r"a\.card\.toml is no text"):
        read_card(path)
    with pytest.raises(UserError, match="folder"):
        read_card(tmp_path)
    with pytest.raises(UserError, match="not there"):
        read_card(tmp_path / "none")


@pytest.mark.parametrize(("word", "volts"), [
    ("new", 3.25), ("CR2016", 3.25), ("cr2016@2.6", 2.6), ("2.4", 2.4), ("dead", 0.4), ("absent", None),
])
def test_words_of_cells(word: str, volts: float | None) -> None:
    cell = cell_named(word)
    assert (None if cell is None else round(cell.open_volts(23.0), 6)) == volts


@pytest.mark.parametrize("word", ["CR2032", "CR2016@9", "CR2016@", "9", "", "new@2", "x"])
def test_no_such_cell(word: str) -> None:
    with pytest.raises(UsageError, match="no cell of a card"):
        cell_named(word)
