"""The rail and /RESET: order of events, delay, snapshot in between."""

from korgm1.board.power import Power
from korgm1.clock import Scheduler


class Bench:
    def __init__(self, delay: int = 0) -> None:
        self.scheduler = Scheduler()
        self.seen: list[str] = []
        self.power = Power(self.scheduler, self.seen.append, delay)
        self.power.rail.connect(lambda level: self.seen.append(f"+5V={level}"))
        self.power.reset_n.connect(lambda level: self.seen.append(f"/RESET={level} at {self.scheduler.now}"))


def test_on_and_off_in_order() -> None:
    bench = Bench()
    bench.power.on()
    bench.power.on()
    assert bench.seen == ["+5V=1", "power", "/RESET=1 at 0"] and bench.power.is_on
    bench.seen.clear()
    bench.power.off()
    bench.power.off()
    assert bench.seen == ["/RESET=0 at 0", "+5V=0"] and not bench.power.is_on


def test_reset_is_released_after_the_delay() -> None:
    bench = Bench(delay=1000)
    bench.power.on()
    bench.scheduler.run_due(999)
    assert bench.seen == ["+5V=1", "power"]
    bench.scheduler.run_due(1000)
    assert bench.seen[-1] == "/RESET=1 at 1000"


def test_switched_off_before_the_release() -> None:
    bench = Bench(delay=1000)
    bench.power.on()
    bench.power.off()
    bench.scheduler.run_due(5000)
    assert bench.seen == ["+5V=1", "power", "+5V=0"]


def test_button_keeps_the_rail() -> None:
    bench = Bench(delay=10)
    bench.power.button()
    assert bench.seen == []
    bench.power.on()
    bench.scheduler.run_due(10)
    bench.seen.clear()
    bench.power.button()
    bench.scheduler.run_due(20)
    assert bench.seen == ["/RESET=0 at 10", "button", "/RESET=1 at 20"]


def test_snapshot_during_the_delay() -> None:
    bench, other = Bench(delay=100), Bench(delay=100)
    bench.power.on()
    bench.scheduler.run_due(60)
    other.scheduler.restore(bench.scheduler.snapshot())
    other.power.restore(bench.power.snapshot())
    assert other.seen == [] and other.power.is_on
    other.scheduler.run_due(200)
    assert other.seen == ["/RESET=1 at 100"]


def test_reset_can_be_held() -> None:
    bench = Bench(delay=10)
    bench.power.hold()
    bench.power.let_go()
    assert bench.seen == []
    bench.power.on()
    bench.scheduler.run_due(10)
    bench.seen.clear()
    bench.power.hold()
    bench.scheduler.run_due(50)
    assert bench.seen == ["/RESET=0 at 10", "button"]
    bench.power.let_go()
    bench.scheduler.run_due(60)
    assert bench.seen[-1] == "/RESET=1 at 60"


def test_frozen_until_a_reset_or_the_switch() -> None:
    bench = Bench()
    bench.power.freeze("why")
    assert bench.power.frozen is None, "off: nothing can freeze"
    for ends in (bench.power.button, bench.power.hold, bench.power.off):
        bench.power.on()
        bench.power.let_go()
        bench.power.freeze("why")
        other = Bench()
        other.power.restore(bench.power.snapshot())
        assert bench.power.frozen == other.power.frozen == "why"
        ends()
        assert bench.power.frozen is None
    bench.power.restore(bench.power.upgrade({"rail": 1, "reset_n": 1}, 1))
    assert bench.power.is_on and bench.power.frozen is None


def test_a_reset_line_that_is_stuck() -> None:
    scheduler = Scheduler()
    power = Power(scheduler, lambda kind: None, reset_delay=5, stuck=True)
    power.on()
    power.button()
    scheduler.run_due(1000)
    assert power.is_on and power.reset_n.level == 0
