"""What the experiments are made of: ranges, sums, stubs, waiting loops, names of tables, words."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from firmware_programs import POLLS, START, WAITS_FOR_RAM, firmware
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from korgm1.errors import UsageError
from korgm1.experiments import dossier
from korgm1.experiments.bench import Bench, differing, noise, on_bench, two_noises
from korgm1.experiments.dossier import EXPERIMENTS, Answer, chosen
from korgm1.experiments.info import names_of
from korgm1.experiments.interrupts import catch_all, source
from korgm1.experiments.keys import power_on_keys, sets, together
from korgm1.experiments.loops import tight
from korgm1.experiments.marks import marked
from korgm1.experiments.record import Range, Record, plain, ranges
from korgm1.experiments.sums import stored_sums
from korgm1.experiments.texts import LcdTexts, Text
from korgm1.profiling import Profile
from korgm1.romset.load import load_os
from korgm1.romset.openm1 import OPENM1_BUILDS
from korgm1.session import Session


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(st.integers(0, 80), max_size=30), st.integers(0, 5))
def test_ranges_hold_the_addresses_and_gaps_no_longer_than_allowed(addresses: set[int], gap: int) -> None:
    rows = ranges(addresses, gap)
    covered = {at for row in rows for at in range(row.start, row.end)}
    assert addresses <= covered
    assert all(b.start - a.end > gap for a, b in itertools.pairwise(rows))
    assert all(row.start in addresses and row.end - 1 in addresses for row in rows)


def test_the_two_noises_differ_in_every_byte() -> None:
    assert len(differing(*two_noises())) == 0x10000
    assert noise(4) == noise(4) != noise(5)


def words(data: bytes) -> list[int]:
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


def word(value: int) -> bytes:
    return (value & 0xFFFF).to_bytes(2, "little")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 0xFFFF), st.integers(0, 99))
def test_a_sum_and_the_sum_of_sums_are_found_with_their_seed(seed: int, salt: int) -> None:
    images = []
    for number in range(2):
        data = noise(2 * salt + number, 64)
        first, second = seed, 0
        for value in words(data):
            first += value
            second += first
        images.append(word(first) + word(second) + data)
    found = stored_sums(images, [Range(0, 4)], 4, 68)
    assert [(row.address, row.how, row.seed) for row in found] == [
        (0, "sum of words", seed), (2, "sum of the first sum after each word", 0)
    ]


def test_what_is_no_sum_is_not_explained() -> None:
    images = [noise(1, 40), noise(2, 40)]
    assert stored_sums(images, [Range(0, 2)], 4, 40) == ()
    assert stored_sums([images[0], images[0]], [Range(0, 2)], 4, 40) == ()


def test_a_row_of_stubs_is_told_from_handlers() -> None:
    places = {number: f"F000:{0x200 + 5 * number:04X}" for number in range(256)} | {0x20: "F000:0784"}
    assert catch_all(places) == frozenset(range(256)) - {0x20}
    assert catch_all(dict.fromkeys(range(40), "E000:1234")) == frozenset(range(40))
    assert catch_all({1: "F000:0000", 2: "F000:9999"}) == frozenset()


def test_levels_are_named_as_opcn_routes_them() -> None:
    assert source(2, 0x08) == "timer 1" and "INTP2" in source(2, 0x00)
    assert "SCU" in source(1, 0x04) and "INTP1" in source(1, 0x00)


@pytest.mark.parametrize(
    ("code", "first", "last", "ports", "memory"),
    [(POLLS, START + 4, START + 7, ("0A02",), ()), (WAITS_FOR_RAM, START + 5, START + 10, (), (0x0534,))],
)
def test_a_waiting_loop_is_found_with_what_it_reads(
    code: bytes, first: int, last: int, ports: tuple[str, ...], memory: tuple[int, ...]
) -> None:
    m1 = Session(roms=firmware(code), engine="v30", sram=bytes(0x10000), card=bytes(32768))
    m1.power_on()
    profile = Profile()
    m1.follow(profile)
    m1.run(0.2)
    found = tight(profile, "SEQ", m1.lcd)
    assert found is not None
    assert (found.first, found.last, found.ports, found.memory) == (first, last, ports, memory)
    assert found.share > 0.9


def test_sleeping_is_no_waiting_loop() -> None:
    m1 = Session(engine="v30")
    m1.boot()
    profile = Profile()
    m1.follow(profile)
    m1.run(0.2)
    assert tight(profile, "", m1.lcd) is None


def test_names_tell_only_where_several_do() -> None:
    assert names_of(["Kick1", "Snare1", "Tom1", "Conga1"]) == "drum sounds"
    assert names_of(["Hall"] * 40) == "" and names_of([1, 2, 3]) == ""


def test_every_experiment_says_what_it_asks_and_leaves_open() -> None:
    for one in EXPERIMENTS:
        assert one.question.endswith("?") and one.how and one.limits and one.unknowns
    with pytest.raises(UsageError, match="no experiment 'nonsense'"):
        chosen(["nonsense"], "m1")


def test_a_bench_of_another_firmware_is_refused() -> None:
    bench = Bench(firmware(POLLS))
    with pytest.raises(UsageError):
        on_bench(load_os(None, "m1"), "m1", bench)


def test_plain_values_are_json() -> None:
    assert json.loads(json.dumps(plain({"a": (Range(1, 3), b"\xff", None)}))) == {
        "a": [{"start": 1, "end": 3}, "ff", None]
    }


def test_keys_that_only_move_the_stack_a_little_do_nothing(tmp_path: Path) -> None:
    image = OPENM1_BUILDS["24"].image().replace(b"Init Prog", b"INIT PROG")
    (tmp_path / "m1.bin").write_bytes(image)
    found = power_on_keys(load_os(tmp_path, "m1"), keys=(("UP",), ("9",), ("CARD",)))
    assert found.found == () and found.tried == 3


def test_a_picture_that_stood_in_any_experiment_is_not_said_to_pass() -> None:
    def texts(*rows: tuple[str, bool]) -> tuple[Text, ...]:
        return tuple(Text((word, ""), "x", 1.0, passing) for word, passing in rows)

    one = LcdTexts(texts(("Page", True), ("PaXX", True)), (), 1, ())
    two = Answer("validity", one, texts(("Page", False), ("Drawn", True)))
    found = dossier._collected([Answer("texts", one, ()), replace(two, found=Record())])[0].found
    assert isinstance(found, LcdTexts)
    assert {row.lcd[0]: row.passing for row in found.texts} == {"Page": False, "PaXX": True, "Drawn": True}


def test_a_column_reads_in_a_group_as_for_each_of_its_combinations_alone() -> None:
    bench = Bench(load_os(None, "m1"))
    panel = bench.session().machine.panel
    tried = [held for held in sets(bench) if len(held) > 1]
    groups = together(tried, lambda key: panel.place(key)[0], frozenset({"INT"}))
    assert sorted(held for group in groups for held in group) == sorted(tried) and 2 * len(groups) < len(tried)
    for group in groups:
        union = {key for held in group for key in held}
        assert len({"INT" in held for held in group}) == 1
        for held in group:
            columns = {panel.place(key)[0] for key in held}
            assert {key for key in union if panel.place(key)[0] in columns} == set(held)


def test_a_combination_in_a_group_that_does_something_is_found_and_named() -> None:
    tried = ("1", "2"), ("INT", "CARD", "COMBI"), ("8", "9")
    bench = Bench(load_os(None, "m1"))
    (found,) = power_on_keys(bench.firmware, keys=tried, bench=bench).found
    assert (found.keys, found.effect) == (("INT", "CARD", "COMBI"), "initialises")


def test_marks_are_made_once_for_a_bench() -> None:
    bench = Bench(load_os(None, "m1"))
    one, boots = marked(bench), bench.boots
    assert marked(bench) is one and bench.boots == boots
