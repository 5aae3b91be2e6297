"""Whole lives on whole machines: what the years do, and that nothing else does it."""

from __future__ import annotations

import pytest

from korgm1.errors import UsageError
from korgm1.lifetime import Report, live, parse_events
from korgm1.quantities import YEAR
from korgm1.session import Session


def session(**options: object) -> Session:
    return Session(**{"battery": "CR2032", "engine": "v30", **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def image() -> bytes:
    """RAM as OpenM1 initialises it."""
    first = Session()
    first.boot()
    first.power_off()
    return first.sram


@pytest.fixture(scope="module")
def long(image: bytes) -> Report:
    return live(session(sram=image), "temp=28 use=20y:3h/week on", course=True)


def test_a_cell_that_is_old_passes_warning_guarantee_and_first_loss_in_this_order(long: Report) -> None:
    use = long.steps[1]
    assert [mark.what for mark in use.marks] == ["warning", "not guaranteed", "first loss"]
    warning, guarantee, loss = (mark.seconds / YEAR for mark in use.marks)
    assert 4 < warning < guarantee < loss < 20


def test_the_account_of_the_charge_is_whole(long: Report) -> None:
    use = long.steps[1]
    assert use.span is not None
    gone = use.after.drawn_mah + use.after.self_mah
    assert gone == pytest.approx(float(use.span.depth[-1]) * use.after.capacity_mah, rel=1e-3)
    assert 0 < use.sense_mah < use.after.drawn_mah


def test_the_course_of_losses_never_falls_and_ends_at_what_power_on_finds(long: Report) -> None:
    use, on = long.steps[1:]
    lost = [cells for _, cells in use.lost_course]
    assert lost == sorted(lost) and lost[0] == 0 and lost[-1] == use.lost > 0
    assert on.woken is not None and on.woken.cells_lost == use.lost
    first = next(at for at, cells in use.lost_course if cells)
    assert use.marks[-1].seconds <= first


def test_a_dead_cell_ends_on_the_warning(long: Report) -> None:
    boot = long.steps[2].boot
    assert boot is not None
    assert boot.lcd[0].rstrip() == "Prog I00 Init Prog" and boot.lcd[1].rstrip() == "Battery Low (Internal)"


def test_what_differs_is_counted_exactly(image: bytes) -> None:
    one = session(sram=image)
    life = live(one, "cell=1.15 off=1d look")
    woken = life.steps[-1].woken
    assert woken is not None
    flipped = [(a, old ^ new) for a, (old, new) in enumerate(zip(image, one.sram, strict=True)) if old != new]
    assert woken.bits_flipped == sum(bits.bit_count() for _, bits in flipped) > 0
    assert woken.bytes_changed == len(flipped)
    covered = [a for first, last in woken.ranges for a in range(first, last + 1)]
    assert covered == [a for a, _ in flipped]
    assert 0 <= woken.to_one <= woken.bits_flipped <= woken.cells_lost
    assert woken.lowest_volts is not None and woken.lowest_volts < 1.15


def test_the_same_seed_lives_the_same_life_and_another_does_not(image: bytes) -> None:
    text = "cell=1.1 off=1d look"
    one, same, other = (session(sram=image, seed=seed) for seed in (3, 3, 4))
    assert live(one, text).to_dict() == live(same, text).to_dict()
    assert live(other, text).seed == 4
    assert one.sram == same.sram != other.sram


def test_a_cell_out_for_seconds_is_survived_and_for_minutes_is_not(image: bytes) -> None:
    short = live(session(sram=image), "off=1d cell-out=5s look").steps[-1].woken
    long = live(session(sram=image), "off=1d cell-out=10min look").steps[-1].woken
    assert short is not None and short.cells_lost == 0
    assert long is not None and long.cells_lost > 500_000


def test_with_the_power_on_the_cell_may_be_out_for_longer_than_the_capacitor_lasts(image: bytes) -> None:
    life = live(session(sram=image, battery="low"), "on=2s swap-cell=60s off-switch off=1d on")
    assert life.steps[-1].woken is not None and life.steps[-1].woken.cells_lost == 0
    assert life.steps[1].after.cell == "CR2032" and life.steps[1].span is None
    boot = life.steps[-1].boot
    assert boot is not None and "Battery" not in boot.lcd[1]


def test_the_cell_that_was_out_is_the_same_cell(image: bytes) -> None:
    one = session(sram=image)
    cell = one.battery.cell
    live(one, "off=1y cell-out=5s")
    assert one.battery.cell is cell


def test_a_cell_on_the_bench_loses_its_own_charge_only(image: bytes) -> None:
    out, off = (live(session(sram=image), text, course=False).steps[-1].after for text in ("cell-out=8y", "off=8y"))
    assert out.drawn_mah == 0 and out.self_mah == pytest.approx(off.self_mah) and out.dry == off.dry > 0


def test_a_temperature_is_the_instruments_own_from_there_on(image: bytes) -> None:
    warm, cold = (session(sram=image, battery="CR2032@2.5") for _ in range(2))
    codes = [live(one, text).steps[-1].before.adc_code for one, text in ((warm, "temp=60 on"), (cold, "temp=-20 on"))]
    assert codes[0] > codes[1]
    assert ["Battery" in one.lcd[1] for one in (warm, cold)] == [False, True]
    assert [one.battery.celsius for one in (warm, cold)] == [60, -20]


@pytest.mark.parametrize("faults", [["r29-open"], ["isolation-diode-short"]])
def test_what_flows_elsewhere_is_not_called_the_sense_paths(image: bytes, faults: list[str]) -> None:
    """With R29 open nothing flows there; through a shorted diode all of a cell goes into the dead +5 V in weeks."""
    step = live(session(sram=image, faults=faults), "off=1y", course=False).steps[0]
    assert step.after.drawn_mah > 5 and step.sense_mah < 0.001


def test_a_bad_contact_costs_the_memory_that_a_clean_one_keeps(image: bytes) -> None:
    bad = live(session(sram=image), "contact=10M off=1mo look").steps[-1].woken
    clean = live(session(sram=image), "contact=0 off=1mo look").steps[-1].woken
    assert bad is not None and bad.cells_lost > 100_000
    assert clean is not None and clean.cells_lost == 0


@pytest.mark.parametrize(("text", "outcome"), [("on dip=5ms", "nothing"), ("on dip=26ms", "reset"),
                                               ("on dip=1s", "power cycle")])
def test_a_dip_does_what_its_length_says(image: bytes, text: str, outcome: str) -> None:
    life = live(session(sram=image), text)
    assert life.steps[1].dip == outcome
    boot = life.steps[1].boot
    assert boot is not None and boot.lcd[0].startswith("Prog")
    assert (life.steps[1].woken is not None) == (outcome == "power cycle")


def test_a_dip_without_a_supervisor_freezes_until_the_power_goes(image: bytes) -> None:
    one = session(sram=image, faults=["no-supervisor"])
    life = live(one, "on dip=26ms off-switch on")
    assert life.steps[1].dip == "freeze" and life.steps[1].boot is not None
    assert life.steps[1].boot.lcd[0].startswith("Prog")
    assert one.frozen is None and life.steps[3].boot is not None


def test_hot_years_are_longer_than_cold_ones(image: bytes) -> None:
    used = [live(session(sram=image), f"temp={c} off=5y", course=False).steps[-1].after.used for c in (5, 15, 25, 35)]
    assert used == sorted(used) and used[0] < used[-1] / 2


def test_no_time_passes_but_what_is_said(image: bytes) -> None:
    at_once = live(session(sram=image), "cell=dead on=1s off-switch on").steps
    assert [step.woken.cells_lost for step in at_once if step.woken is not None] == [0, 0]
    assert at_once[-1].boot is not None and at_once[-1].boot.lcd[1].startswith("Battery Low")
    later = live(session(sram=image), "cell=dead off=1d on=1s").steps
    assert later[-1].woken is not None and later[-1].woken.cells_lost > 100_000


def test_impossible_events_are_refused_before_anything_happens(image: bytes) -> None:
    one = session(sram=image)
    before = one.snapshot()
    for text in ("off=8y dip=40ms", "on on", "off=8y explode"):
        with pytest.raises(UsageError):
            live(one, text)
    assert one.snapshot() == before


def test_a_life_can_go_on_with_the_power_on(image: bytes) -> None:
    one = session(sram=image)
    one.boot()
    assert [step.dip for step in live(one, "dip=5ms").steps] == ["nothing"]
    with pytest.raises(UsageError):
        live(one, "on")


def test_progress_is_told_each_word(image: bytes) -> None:
    told: list[str] = []
    live(session(sram=image), parse_events("off=1d look"), told.append)
    assert told == ["off=1d", "look"]


def test_never_powered_chips_wake_as_they_are_and_nothing_reads_differently() -> None:
    woken = live(session(), "off=1d look").steps[-1].woken
    assert woken is not None
    assert (woken.cells_lost, woken.bits_flipped, woken.bytes_changed, woken.ranges) == (524_288, 0, 0, ())
