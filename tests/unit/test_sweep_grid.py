"""Sweeps: which points there are, what is written down, and what pictures and tables are made of."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.errors import UsageError, UserError
from korgm1.result import LcdChange
from korgm1.sweep import table
from korgm1.sweep.grid import Grid
from korgm1.sweep.journal import Journal
from korgm1.sweep.outcome import OUTCOMES, Reference, outcome, ram_error, warned
from korgm1.sweep.point import Row
from korgm1.sweep.summary import as_text, mean_lost, shares

FEW = Grid([1.0, 2.0], [0.0, 60.0], [15.0, 25.0], range(21))
DESCRIPTION = {"format": "korgm1-sweep", "model": "m1", **FEW.describe()}

texts = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=40)
rows = st.builds(
    Row, st.floats(0, 3.35), st.floats(0, 1e9), st.floats(-40, 85), st.integers(0, 2**63 - 1), st.floats(0, 4),
    st.floats(0, 6), st.integers(0, 524288), st.integers(0, 524288), st.sampled_from(OUTCOMES), st.integers(0, 1),
    texts, st.floats(0, 200), texts, texts, st.text("0123456789abcdef", min_size=40, max_size=40),
)


def row(volts: float, seed: int = 0, outcome: str = "play", lost: int = 0, celsius: float = 25.0) -> Row:
    return Row(volts, 0.0, celsius, seed, volts, volts, lost, lost // 2, outcome, int(outcome != "play"), "", 1.0,
               "Prog I00", "", "00" * 20)


def made(grid: Grid, number: int) -> list[Row]:
    """Rows of a chunk that say nothing but where they are."""
    return [row(place.volts, place.seed, celsius=place.celsius)._replace(off_seconds=place.off_seconds)
            for place in grid.chunk(number)]


def test_chunks_are_the_grid_in_its_order() -> None:
    assert [place for number in range(FEW.chunks) for place in FEW.chunk(number)] == list(FEW)
    assert [FEW.size_of(number) for number in range(FEW.chunks)] == [32, 32, 32, 32, 32, 8]
    assert len(set(FEW)) == len(FEW) == 168
    assert list(FEW) == sorted(FEW, key=lambda p: (p.seed, p.celsius, p.volts, p.off_seconds))


def test_the_order_and_repetitions_of_what_is_asked_for_do_not_matter() -> None:
    assert Grid([2.0, 1.0, 2.0], [60.0, 0.0], [25.0, 15.0], range(21)) == FEW


@pytest.mark.parametrize(("volts", "off", "celsius", "seeds"), [
    ([], [0.0], [25.0], [0]), ([3.4], [0.0], [25.0], [0]), ([-0.1], [0.0], [25.0], [0]), ([1.0], [-1.0], [25.0], [0]),
    ([1.0], [1e12], [25.0], [0]), ([1.0], [0.0], [86.0], [0]), ([1.0], [0.0], [25.0], []), ([1.0], [0.0], [25.0], [-1]),
    ([float("nan")], [0.0], [25.0], [0]),
])
def test_a_grid_out_of_range_is_refused(
    volts: list[float], off: list[float], celsius: list[float], seeds: list[int]
) -> None:
    with pytest.raises(UsageError):
        Grid(volts, off, celsius, seeds)


@given(st.lists(rows, max_size=5))
@settings(deadline=None)
def test_text_gives_back_what_it_was_made_of(some: list[Row]) -> None:
    assert table.from_csv(table.to_csv(DESCRIPTION, some), "x.csv") == (DESCRIPTION, some)


@given(st.lists(rows, max_size=5))
@settings(deadline=None)
def test_parquet_gives_back_what_it_was_made_of(some: list[Row]) -> None:
    parquet = pytest.importorskip("korgm1.sweep.parquet")
    pytest.importorskip("pyarrow")
    assert parquet.decode(parquet.encode(json.dumps(DESCRIPTION), some), "x") == (json.dumps(DESCRIPTION), some)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PAR1", b"\xff\xfe", b"# korgm1 sweep: {}\nvolts\n1\n"])
@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_another_file_is_no_sweep(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match="no finished sweep"):
        table.read(tmp_path / name)


def test_a_name_must_say_what_it_is() -> None:
    with pytest.raises(UsageError, match=r"\.csv or \.parquet"):
        table.check_name(Path("sweep.txt"))


def test_a_missing_pyarrow_is_told_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("korgm1.sweep.parquet.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"pip install 'korgm1\[sweep\]'"):
        table.check_name(Path("sweep.parquet"))


def left(path: Path) -> dict[int, list[Row]]:
    """What the journal of an output has."""
    with closing(Journal(path, DESCRIPTION, FEW)) as journal:
        return journal.done


class TestJournal:
    def test_chunks_come_back(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        journal.add(2, made(FEW, 2))
        journal.add(0, made(FEW, 0))
        journal.close()
        assert left(tmp_path / "s.csv") == {0: made(FEW, 0), 2: made(FEW, 2)}

    @pytest.mark.parametrize("cut", [1, 40, 1000])
    def test_a_line_cut_off_by_a_crash_was_never_written(self, tmp_path: Path, cut: int) -> None:
        journal = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        journal.add(0, made(FEW, 0))
        journal.add(1, made(FEW, 1))
        journal.close()
        whole = journal.path.read_bytes()
        journal.path.write_bytes(whole[:-cut])
        again = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        assert again.done == {0: made(FEW, 0)}
        again.add(1, made(FEW, 1))
        again.close()
        assert journal.path.read_bytes() == whole

    def test_a_damaged_line_was_never_written(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        journal.add(0, made(FEW, 0))
        journal.add(1, made(FEW, 1))
        journal.close()
        damaged = bytearray(journal.path.read_bytes())
        damaged[damaged.index(b"\n") + 100] ^= 1
        journal.path.write_bytes(damaged)
        assert left(tmp_path / "s.csv") == {1: made(FEW, 1)}

    def test_a_chunk_counts_once(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        journal.add(0, made(FEW, 0))
        size = journal.path.stat().st_size
        journal.add(0, made(FEW, 0))
        assert journal.path.stat().st_size == size
        journal.close()

    def test_another_sweep_is_left_alone(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        journal.add(0, made(FEW, 0))
        journal.close()
        before = journal.path.read_bytes()
        with pytest.raises(UserError, match='its model is "m1", not "m1r"'):
            Journal(tmp_path / "s.csv", {**DESCRIPTION, "model": "m1r"}, FEW)
        assert journal.path.read_bytes() == before
        with closing(Journal(tmp_path / "s.csv", {**DESCRIPTION, "model": "m1r"}, FEW, restart=True)) as other:
            assert other.done == {}

    def test_two_at_a_time_are_refused(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        with pytest.raises(UserError, match="another sweep is writing"):
            Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        journal.close()

    def test_a_file_of_another_kind_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "s.csv.part").write_text("my notes\n")
        with pytest.raises(UserError, match="none of a sweep"):
            Journal(tmp_path / "s.csv", DESCRIPTION, FEW)
        assert (tmp_path / "s.csv.part").read_text() == "my notes\n"

    def test_a_folder_is_told(self, tmp_path: Path) -> None:
        (tmp_path / "s.csv.part").mkdir()
        with pytest.raises(UserError, match="folder"):
            Journal(tmp_path / "s.csv", DESCRIPTION, FEW)


REFERENCE = Reference(good=b"abcdefgh--", initialised=b"xxxxxxxh--", stored=bytes([1] * 8 + [0, 0]))


@pytest.mark.parametrize(("after", "message", "ended", "expected"), [
    (b"abcdefgh--", False, "play page", "play"),
    (b"abcdefgh??", False, "play page", "play"),
    (b"abcdefgh--", True, "play page", "warning"),
    (b"abcd_fgh--", True, "play page", "partial"),
    (b"abcdefg_--", False, "play page", "partial"),
    (b"xxx_efgh--", False, "play page", "partial"),
    (b"xxxx_fgh--", False, "play page", "init"),
    (b"xxxxxxxh--", True, "play page", "init"),
    (b"abcdefgh--", False, "still", "hang"),
    (b"xxxxxxxh--", True, "stopped", "hang"),
    (b"xxxxxxxh--", True, "time", "hang"),
])
def test_outcomes(after: bytes, message: bool, ended: str, expected: str) -> None:
    assert outcome(REFERENCE, after, ended, message) == expected


def test_messages_are_seen_on_any_picture() -> None:
    banner = LcdChange(1, ("M1 #24", "RAM Error 02"))
    play = LcdChange(2, ("Prog I00", "Battery Low (Internal)"))
    assert (warned([banner]), ram_error([banner])) == (False, "02")
    assert (warned([banner, play]), ram_error([play])) == (True, "")


def test_shares_and_means_are_in_the_order_of_the_grid() -> None:
    grid = Grid([1.0, 2.0, 3.0], [0.0, 1.0], [15.0, 25.0], [0, 1])
    found = [
        row(p.volts, p.seed, celsius=p.celsius,
            outcome="init" if p.volts == 1 and p.celsius == 25 and (p.seed or p.off_seconds) else "play",
            lost=int(p.volts * 100 + p.off_seconds * 10 + p.seed))._replace(off_seconds=p.off_seconds)
        for p in grid
    ]
    part = shares(grid, found)
    assert part.shape == (2, 3, 2, 5) and np.all(part.sum(axis=3) == 1)
    assert part[1, 0, :, OUTCOMES.index("init")].tolist() == [0.5, 1.0]
    assert part[..., OUTCOMES.index("init")].sum() == 1.5
    assert mean_lost(grid, found)[0].tolist() == [[100.5, 110.5], [200.5, 210.5], [300.5, 310.5]]
    some = found[15:3:-1]
    assert shares(grid, some)[0, 0, :, OUTCOMES.index("play")].tolist() == [1, 1]
    assert mean_lost(grid, some)[0].tolist() == [[101, 111], [201, 211], [300, 310]]
    assert np.isnan(shares(grid, some[:1])).sum() == 11 * 5 and np.isnan(mean_lost(grid, some[:1])).sum() == 11


def test_the_table_names_the_highest_volts_with_a_warning_and_with_a_loss() -> None:
    some = [row(3.0), row(2.4, outcome="warning"), row(1.2, outcome="partial"), row(0.5, outcome="init")]
    line = as_text([*some, row(3.0, celsius=40.0)]).splitlines()
    assert line[1].split() == ["25", "4", "25.00%", "25.00%", "25.00%", "25.00%", "0.00%", "2.40", "V", "1.20", "V"]
    assert line[2].split() == ["40", "1", "100.00%", *["0.00%"] * 4, "-", "-"]
