"""Writes as rows, lines and files."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from korgm1.errors import UsageError, UserError
from korgm1.sound import registers
from korgm1.tapping import files, lines
from korgm1.tapping.places import places
from korgm1.tapping.playing import Note, plan
from korgm1.tapping.rows import WRITE, Reader, Row, Summary, Wanted

WRITES: list[tuple[int, int, int]] = [
    (100, 0x1002, 0x34), (100, 0x1003, 0x12),                           # a word of voice 0
    (200, 0x1026, 1), (200, 0x1027, 2), (212, 0x1028, 3),               # three bytes by two instructions
    (300, 0x1022, 0xFF),                                                # half a register
    (400, 0x0202, 0), (400, 0x0203, 0x45),                              # a word of the second VDF
    (500, 0x0500, 9), (510, 0x0502, 7), (520, 0x0502, 8), (530, 0x0501, 0),
    (600, 0x0A00, 1),                                                   # no sound chip's
]


def writes(rows: list[tuple[int, int, int]] | None = None) -> Any:
    return np.array(WRITES if rows is None else rows, WRITE)


def rows(decoded: bool, **wanted: Any) -> list[Row]:
    return list(Reader(decoded, Wanted(**wanted)).rows(writes()))


@pytest.mark.parametrize("decoded", [True, False])
def test_every_port_of_the_chips_has_a_place_and_no_other(decoded: bool) -> None:
    table = places(decoded)
    assert len(table) == sum(size for _, size in registers.WINDOWS.values())
    assert all(place.voice is None or 0 <= place.voice < 16 for place in table.values())
    assert {place.chip for place in table.values()} == {"TG", "VDF1", "VDF2", "MDE"}
    assert table[0x0222].voice == 9 and table[0x11FF].voice == 15


def test_no_byte_is_lost_and_none_invented() -> None:
    expected = [row for row in WRITES if row[1] != 0x0A00]
    for decoded in (True, False):
        assert [(row.clock, row.port, row.value) for row in rows(decoded)] == expected


def test_a_register_has_its_value_and_meaning_at_its_last_byte() -> None:
    whole = {(row.register, row.voice): (row.whole, row.meaning) for row in rows(True) if row.whole is not None}
    assert whole["LEVEL", 0] == (0x1234, registers.meaning("LEVEL", 0x1234))
    assert whole["INCREMENT", 1][0] == 0x030201
    assert whole["CUTOFF", 8] == (0x4500, registers.meaning("CUTOFF", 0x4500, "VDF2"))
    assert ("LEVEL", 1) not in whole


def test_data_of_the_effects_say_where_the_index_has_come_to() -> None:
    meanings = [row.meaning for row in rows(True) if row.register == "DATA"]
    assert meanings == ["parameter 1 of effect 1: 7", "parameter 2 of effect 1: 8"]


def test_a_register_in_two_pieces_is_whole_in_the_second() -> None:
    reader = Reader(True)
    assert [row.whole for row in reader.rows(writes([(1, 0x1002, 0x34)]))] == [None]
    assert [row.whole for row in reader.rows(writes([(2, 0x1003, 0x12)]))] == [0x1234]


def test_nothing_is_said_of_registers_that_are_not_known() -> None:
    for row in rows(False):
        assert (row.whole, row.meaning) == (None, "") and row.register.startswith("+")


def test_what_is_wanted() -> None:
    assert {row.chip for row in rows(True, chips=("VDF1", "VDF2"))} == {"VDF2"}
    assert {row.port for row in rows(False, voice=1)} == {0x1026, 0x1027, 0x1028, 0x1022}
    assert [row.clock for row in rows(True, start=200, end=300)] == [200, 200, 212]
    late = [row for row in rows(True, start=510) if row.register == "DATA"]
    assert late[0].meaning.startswith("parameter 1"), "the index was set before"


def test_joined_lines_have_the_value_of_the_register_or_of_the_word() -> None:
    decoded = [(line.port, line.value, line.register) for line in lines.joined(rows(True), True)]
    assert decoded[:4] == [
        (0x1002, "1234", "LEVEL"), (0x1026, "030201", "INCREMENT"), (0x1022, "FF", "LEVEL.0"),
        (0x0202, "4500", "CUTOFF"),
    ]
    plain = [(line.port, line.value, line.register) for line in lines.joined(rows(False), False)]
    assert plain[:4] == [
        (0x1002, "1234", "+02"), (0x1026, "0201", "+06"), (0x1028, "03", "+08"), (0x1022, "FF", "+02"),
    ]


def test_a_last_byte_alone_has_the_whole_value() -> None:
    made = Reader(True).rows(writes([(1, 0x1002, 0x34), (1, 0x1003, 0x12), (90, 0x1003, 0x56)]))
    assert [(line.clock, line.port, line.value) for line in lines.joined(made, True)] == [
        (1, 0x1002, "1234"), (90, 0x1002, "5634"),
    ]


def test_bytewise_lines_are_the_bytes() -> None:
    found = list(lines.bytewise(rows(True), True))
    assert [(line.clock, line.port, int(line.value, 16)) for line in found] == [
        (row.clock, row.port, row.value) for row in rows(True)
    ]
    assert [line.register for line in found[:2]] == ["LEVEL.0", "LEVEL.1"]


def test_text_says_which_voices_are_guessed() -> None:
    assert " 0? " in lines.as_text(next(lines.joined(rows(False), False)))
    assert " 0 " in lines.as_text(next(lines.joined(rows(True), True)))


def test_songs_and_notes_follow_each_other() -> None:
    song = [(0.0, b"\x90\x40\x40"), (2.0, b"\x80\x40\x40")]
    sent, length = plan([Note(60, 90, 0.5), Note(62)], [song, song], 2)
    assert [(round(row.at, 3), row.data[:2].hex()) for row in sent] == [
        (0.0, "9040"), (2.0, "8040"), (2.251, "9040"), (4.251, "8040"), (4.502, "913c"), (5.002, "813c"),
        (5.252, "913e"), (6.252, "813e"),
    ]
    assert round(length, 3) == 6.252


def test_runs_are_folded_in_the_order_of_their_beginnings() -> None:
    ramp = [(1000 * at, 0x1001, at) for at in range(10)]
    other = [(4500, 0x1021, 3), (5500, 0x1021, 4)]
    again = [(9000 + lines.GAP, 0x1001, 99)]
    made = Reader(False).rows(writes(sorted(ramp + other + again)))
    found = list(lines.folded(lines.joined(made, False)))
    assert [(line.clock, line.port, line.value) for line in found] == [
        (0, 0x1001, "00 .. 09"), (4500, 0x1021, "03, 04"), (9000 + lines.GAP, 0x1001, "63"),
    ]
    assert found[0].meaning == "10 in 1.125 ms, from 00 to 09"


def test_the_summary_counts_what_went_by() -> None:
    summary = Summary()
    for _ in summary.of(rows(True)):
        pass
    found = summary.to_dict(8_000_000)
    assert found["writes"] == found["writes_per_second"] == 12
    increment = next(row for row in found["registers"] if row["register"] == "INCREMENT")
    assert (increment["writes"], increment["voices"], increment["first_clock"], increment["last_clock"]) == (
        3, [1], 200, 212,
    )


def test_csv_and_parquet_hold_the_same_rows(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    about = {"what": "tap", "decoded": True}
    for name in ("x.csv", "x.parquet"):
        files.write_table(tmp_path / name, about, files.COLUMNS, rows(True))
    table = parquet.read_table(tmp_path / "x.parquet")
    assert json.loads(table.schema.metadata[b"korgm1 tap"]) == about
    assert [tuple(row.values()) for row in table.to_pylist()] == [tuple(row) for row in rows(True)]
    head, *rest = (tmp_path / "x.csv").read_text().splitlines()
    assert json.loads(head.removeprefix(files.MARK)) == about
    found = list(csv.DictReader(rest))
    for name in files.COLUMNS:
        column = [getattr(row, name) for row in rows(True)]
        assert [row[name] for row in found] == ["" if value is None else str(value) for value in column]


def test_a_long_file_is_written_as_it_comes(tmp_path: Path) -> None:
    part = tmp_path / "x.csv.part"
    sizes = []

    def many() -> Any:
        for at in range(5000):
            sizes.append(part.stat().st_size)
            yield Row(at, 0.0, 0x1000, 1, "TG", 0, "CONTROL", 0, 1, "key on, once")

    files.write_table(tmp_path / "x.csv", {}, files.COLUMNS, many())
    assert sizes[-1] > 2 * files.PIECE and not part.exists()


def test_a_tap_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    out = tmp_path / "x.csv"
    out.write_text("old")

    def broken() -> Any:
        yield Row(1, 0.0, 0x1000, 1, "TG", 0, "CONTROL", 0, 1, "")
        raise UserError("the cable was pulled")

    with pytest.raises(UserError):
        files.write_table(out, {}, files.COLUMNS, broken())
    assert out.read_text() == "old"


@pytest.mark.parametrize("name", ["x", "x.json", "x.PARQUET"])
def test_a_name_that_says_nothing_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        files.check_name(tmp_path / name)
