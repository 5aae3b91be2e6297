"""Which registers follow a parameter: the analysis, on logs that are made up."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from korgm1.tapping.following import LAST, LATE, Finding, best, findings, followers, law_of
from korgm1.tapping.rows import WRITE
from korgm1.tapping.series import Register, Trial, series_of, widths_of

XS = list(range(0, 100, 11))
ON, OFF = 4_000_000, 12_000_000
Log = list[tuple[int, int, int]]


def trial(rows: Iterable[tuple[int, int, int]]) -> Trial:
    return Trial(np.array(sorted(rows, key=lambda row: row[0]), WRITE), 0, ON, OFF)


def word(clock: int, port: int, value: int) -> Log:
    return [(clock, port, value & 0xFF), (clock, port + 1, value >> 8 & 0xFF)]


def swept(make: Callable[[int], Log]) -> dict[tuple[str, str], Finding]:
    found = findings(XS, [trial(make(x)) for x in XS])
    return {(str(row.register), row.phase): row for row in found}


def test_a_word_that_is_linear_is_found_with_its_law_and_constant_ones_are_not() -> None:
    found = swept(lambda x: word(ON + 9, 0x0102, 256 * x + 7) + word(ON + 20, 0x0122, 4711) + [(ON + 30, 0x1000, 1)])
    row = found["0102w", "note"]
    assert row.kind == "linear" and row.law is not None
    assert (row.law.slope, row.law.intercept, row.law.residual, row.law.signed) == (256, 7, 0, False)
    assert (row.write, row.writes, row.first, row.clocks) == (1, 1, 1, 9)
    assert row.values == tuple(256 * x + 7 for x in XS)
    assert {key for key, row in found.items() if row.kind == "constant"} == {("0122w", "note"), ("1000", "note")}
    assert [row.register for row in followers(list(found.values()))] == [Register(0x102, 2)]


def test_a_law_that_is_rounded_is_linear_and_one_that_is_bent_is_monotone() -> None:
    assert law_of(XS, [round(2.53 * x) for x in XS]).kind == "linear"
    assert law_of(XS, [x * x // 40 for x in XS]).kind == "monotone"


def test_an_exponential_is_found_with_its_octaves() -> None:
    law = law_of(XS, [round(30_000 * 2 ** (x / 12)) for x in XS], 3)
    assert law.kind == "exponential" and abs(law.slope - 1 / 12) < 1e-5 and law.residual <= 40
    assert law_of([0, 1, 2], [1, 20, 400]).kind == "monotone", "three points make no curve"


def test_a_signed_register_is_read_as_signed_where_that_makes_a_law() -> None:
    xs = list(range(-99, 100, 33))
    law = law_of(xs, [128 * x & 0xFFFF for x in xs], 2)
    assert (law.kind, law.slope, law.signed) == ("linear", 128, True)
    assert law_of(xs, [abs(x) for x in xs]).signed is False


@pytest.mark.parametrize(("values", "kind"), [
    ([0, 0, 0, 1], "step"), ([3, 3, 1, 1], "step"), ([0, 0, 5, 60], "monotone"), ([9, 2, 2, 1], "monotone"),
    ([0, 5, 3, 60], "changed"), ([7, 7, 7, 7], "constant"), ([0, 1, 2, 3], "linear"), ([0, 1, 3, 4], "monotone"),
])
def test_kinds_of_law(values: list[int], kind: str) -> None:
    assert law_of([0, 1, 2, 3], values).kind == kind


def test_two_points_make_no_line() -> None:
    assert law_of([0, 99], [0, 200]).kind == "step"
    assert law_of([5, 5, 9], [1, 1, 4]).kind == "step"


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 255), min_size=8, max_size=8), st.permutations(range(8)))
def test_the_order_of_the_trials_does_not_matter(values: list[int], order: list[int]) -> None:
    xs = list(range(8))
    one, other = law_of(xs, values), law_of([xs[i] for i in order], [values[i] for i in order])
    assert (one.kind, one.signed) == (other.kind, other.signed)
    assert abs(one.slope - other.slope) < 1e-5


@given(st.integers(-500, 500).filter(bool), st.integers(0, 20_000))
def test_every_straight_line_is_found(slope: int, base: int) -> None:
    start = base + 50_000 if slope < 0 else base
    values = [(start + slope * x) & 0xFFFF for x in XS]
    if max(start + slope * x for x in XS) <= 0xFFFF:
        law = law_of(XS, values, 2)
        assert law.kind == "linear" and abs(law.slope - slope) < 1e-4


def test_noise_is_changed_and_no_law() -> None:
    noise = np.random.default_rng(5).integers(0, 65536, (len(XS), 40))
    rows = [
        trial(piece for at in range(40) for piece in word(ON + 100 * at, 0x1002, int(noise[number, at])))
        for number in range(len(XS))
    ]
    (row,) = findings(XS, rows)
    assert row.kind == "changed" and row.first == 1


def test_bytes_are_one_register_only_if_they_come_together() -> None:
    apart = [piece for x in XS for piece in ((ON + x, 0x1002, x), (ON + 5000 + x, 0x1003, x))]
    assert widths_of([trial(apart)]) == {}
    assert widths_of([trial(word(ON, 0x1002, 5))]) == {0x1002: 2}
    assert widths_of([trial([(ON, 0x1003, 1), (ON + 12, 0x1002, 2)])]) == {0x1002: 2}, "the high byte first"
    assert widths_of([trial([(ON, 0x1003, 5), (ON, 0x1004, 5)])]) == {}, "a word begins at an even port"
    three = [*word(ON, 0x1006, 5), (ON + 12, 0x1008, 1)]
    assert widths_of([trial(three)]) == {0x1006: 3}
    assert widths_of([trial(word(ON, 0x1006, 5) + word(ON + 12, 0x1008, 1))]) == {0x1006: 2, 0x1008: 2}
    assert widths_of([trial(three + 5 * [(ON + 9000, 0x1008, 1)])]) == {0x1006: 2}, "a byte with a life of its own"


def test_three_bytes_are_one_number() -> None:
    def address(x: int) -> Log:
        value = 0xF000 + 999 * x
        return [*word(ON + 9, 0x100A, value), (ON + 30, 0x100C, value >> 16)]

    row = swept(address)["100At", "note"]
    assert row.kind == "linear" and row.law is not None and (row.law.slope, row.law.intercept) == (999, 0xF000)


def test_a_torn_word_keeps_its_other_byte() -> None:
    words = [piece for at in range(20) for piece in word(ON + 1000 * at, 0x1002, 0x1234)]
    torn = trial([*words, (ON + 50_000, 0x1002, 0xFF)])
    assert widths_of([torn]) == {0x1002: 2}
    rows = series_of(torn, {0x1002: 2})[Register(0x1002, 2), "note"]
    assert len(rows) == 21 and rows[-1] == (50_000, 0x12FF)


def test_a_port_with_a_queue_is_followed_at_the_one_write_that_changes() -> None:
    found = swept(lambda x: [(100 + at, 0x0502, x if at == 9 else at) for at in range(25)])
    row = found["0502", "load"]
    assert (row.kind, row.write, row.writes, row.first) == ("linear", 10, 25, 10)


def test_a_ramp_that_goes_to_a_level_is_linear_where_it_arrives() -> None:
    def ramp(x: int) -> Log:
        return [piece for at in range(50) for piece in word(ON + 64_000 * at, 0x1002, min(200 * at, 90 * x))]

    row = swept(ramp)["1002w", "note"]
    assert (row.kind, row.first, row.writes) == ("linear", 2, 50) and row.write > 40


def test_more_writes_and_later_writes_are_told() -> None:
    more = swept(lambda x: [(ON + 100 * at, 0x1002, 5) for at in range(1 + x)])["1002", "note"]
    assert (more.kind, more.first, more.law and more.law.kind) == ("count", 2, "linear")
    later = swept(lambda x: [(ON + 80_000 * x, 0x1000, 1)])["1000", "note"]
    assert (later.kind, later.law and later.law.slope) == ("timing", 80_000)
    jitter = swept(lambda x: [(ON + LATE // 2 * (x % 2), 0x1000, 1)])["1000", "note"]
    assert jitter.kind == "constant"


def test_phases_are_kept_apart_and_the_strongest_is_the_best() -> None:
    found = swept(lambda x: [(50, 0x1001, x), (ON, 0x1001, 3), (OFF, 0x1001, x * x % 97)])
    assert [found["1001", phase].kind for phase in ("load", "note", "release")] == ["linear", "constant", "changed"]
    assert best(list(found.values()))[Register(0x1001, 1)].phase == "load"


def test_a_trial_that_skipped_the_write_is_left_out_of_the_law() -> None:
    row = swept(lambda x: word(ON + 9, 0x0102, 256 * x) if x else [])["0102w", "note"]
    assert (row.kind, row.writes, row.values[0]) == ("linear", 1, None)
    assert row.values[1:] == tuple(256 * x for x in XS[1:])


def test_a_write_that_one_trial_has_not_is_followed_in_the_others() -> None:
    def peak(x: int) -> Log:
        return word(ON, 0x0106, 0) + (word(ON + 64_000, 0x0106, 100 * x) + word(ON + 128_000, 0x0106, 0) if x else [])

    row = swept(peak)["0106w", "note"]
    assert (row.kind, row.write, row.first, row.values[:2]) == ("linear", 2, 2, (None, 1100))


def test_three_points_that_are_monotone_only_as_signed_numbers_are_not_called_so() -> None:
    assert law_of([-1, 0, 1], [0xD77E, 0x31F3, 0x8000], 2).kind == "changed"


def test_the_last_write_is_looked_at_where_trials_have_different_numbers() -> None:
    def glide(x: int) -> Log:
        steps = [(ON + 100 * at, 0x1001, (at * 37 + x * x) % 50) for at in range(3 + x % 7)]
        return [*steps, (ON + 9000, 0x1001, 2 * x)]

    row = swept(glide)["1001", "note"]
    assert (row.kind, row.write, row.values) == ("linear", LAST, tuple(2 * x for x in XS))


def test_a_register_that_only_some_trials_wrote_is_found() -> None:
    row = swept(lambda x: [(ON + 3, 0x1000, 1)] if x > 50 else [])["1000", "note"]
    assert (row.kind, row.writes, row.first) == ("count", 0, 1)
    assert set(row.values) == {0, 1}
