"""The live loop: desk time at a host's pace, which the test turns."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest
from patience import LIMIT

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.errors import UserError
from korgm1.session import Session
from korgm1.verbs.live import AWAKE, FRAME, LOOK, Pacer, live, status


class Host:
    """A host's clock, in seconds."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def desk() -> Desk:
    """An instrument that is off: only time passes."""
    return Desk(Session(engine="v30"))


@pytest.fixture
def host() -> Host:
    return Host()


def test_emulated_time_follows_the_hosts(desk: Desk, host: Host) -> None:
    pacer = Pacer(desk, 2.0, host)
    for _ in range(60):
        host.now += FRAME
        pacer.step()
    assert abs(desk.now - CPU_HZ) <= CPU_HZ * FRAME
    for _ in range(200):
        host.now += FRAME
        pacer.step()
    assert pacer.done
    assert desk.now == 2 * CPU_HZ


def test_time_lost_to_sleep_is_not_caught_up(desk: Desk, host: Host) -> None:
    pacer = Pacer(desk, None, host)
    host.now += 3600
    for _ in range(60):
        host.now += FRAME
        pacer.step()
    assert desk.now < 1.1 * CPU_HZ
    assert not pacer.done


def test_time_that_was_skipped_is_not_waited_for(desk: Desk, host: Host) -> None:
    pacer = Pacer(desk, None, host)
    desk.skip(30 * CPU_HZ)
    for _ in range(60):
        host.now += FRAME
        pacer.step()
    assert 30.9 < desk.now / CPU_HZ < 31.1


def test_after_something_was_done_it_looks_again_soon(desk: Desk, host: Host) -> None:
    pacer = Pacer(desk, None, host)
    host.now += 1
    for _ in range(60):
        pacer.step()
    assert pacer.step() == pytest.approx(FRAME, abs=1e-6)
    desk.key_down("INT")
    assert pacer.step() == pytest.approx(LOOK, abs=1e-6)
    while host.now < 101 + AWAKE * 1.2:
        host.now += LOOK
        wait = pacer.step()
    assert wait == pytest.approx(FRAME, abs=1e-6)


def test_a_slow_host_is_told_so(host: Host) -> None:
    desk = Desk(Session(engine="v30"))
    desk.power(True)
    pacer = Pacer(desk, None, host)
    assert status(desk) == ""
    quick = desk.run

    def run(until: int) -> None:
        host.now += 2 * (until - desk.now) / CPU_HZ
        quick(until)

    desk.run = run  # type: ignore[method-assign]
    for _ in range(300):
        host.now += 0.001
        pacer.step()
    assert 0.4 < pacer.speed < 0.6
    desk.live.speed = pacer.speed
    assert "too slow" in status(desk)


class View:
    """One that is closed after so many pictures, and writes down what it showed."""

    def __init__(self, desk: Desk, pictures: int, act: Callable[[int], None] = lambda number: None) -> None:
        self.desk, self.left, self.act = desk, pictures, act
        self.shown: list[tuple[int, str]] = []

    def poll(self, wait: float) -> bool:
        self.act(len(self.shown))
        return len(self.shown) < self.left

    def draw(self, status: str = "") -> None:
        self.shown.append((self.desk.now, status))

    def close(self) -> None:
        """Nothing."""


def test_the_first_picture_comes_before_sound_and_ports(desk: Desk) -> None:
    view, order = View(desk, 3), []

    class Ports:
        status = "a port"

        def feed(self) -> None:
            order.append(("feed", len(view.shown)))

        def anew(self) -> None:
            raise AssertionError("there is no sound")

    def opened() -> str:
        order.append(("sound", len(view.shown)))
        return "nowhere"

    live(desk, view, opened, Ports(), None, [])
    assert order[0] == ("sound", 1) and ("feed", 1) in order and order[-1] == ("feed", 2)
    assert desk.live.midi == "a port" and view.shown[0][0] == 0
    assert desk.live.sound == desk.messages[-1].text == "nowhere"


class Silent:
    """A sound that is closed."""

    depth = 0.15
    open = True

    def follow(self, desk: Desk) -> None:
        """Nothing."""

    def clock(self) -> float:
        return 0.0

    def close(self) -> None:
        self.open = False


@pytest.mark.parametrize("pictures", [5, 1000])
def test_sound_that_takes_long_to_open_holds_nothing_up(desk: Desk, pictures: int) -> None:
    """It is taken when it is there, and closed even where the loop was over before."""
    five, sound = threading.Event(), Silent()
    # behind the fifth, each picture lets the thread that opens the sound have the processor
    view = View(desk, pictures, lambda number: five.set() if number == 5 else time.sleep(0.001 * (number > 5)))

    def opened() -> Silent:
        assert five.wait(LIMIT), "the loop stood still"
        return sound

    class Ports:
        status = ""
        told: tuple[int, ...] = ()

        def feed(self) -> None:
            """Nothing."""

        def anew(self) -> None:
            self.told += (desk.now,)

    asked: list[int] = []
    ports = Ports()
    sound.follow = lambda desk: asked.append(15)  # type: ignore[method-assign]
    live(desk, view, opened, ports, None, asked)  # type: ignore[arg-type]
    assert not sound.open and bool(asked) == bool(ports.told) == (pictures > 5)
    assert all(now >= CPU_HZ * sound.depth for now in ports.told)


def test_sound_that_never_opens_lets_it_end(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("korgm1.verbs.live.PATIENCE", 0.05)
    never = threading.Event()

    def opened() -> str:
        assert never.wait(LIMIT)
        return "at last"

    view = View(desk, 5)
    live(desk, view, opened, None, None, [])
    assert len(view.shown) == 5 and desk.live.sound == "no sound" and not never.is_set()
    never.set()


def test_an_error_in_opening_the_sound_ends_it(desk: Desk) -> None:
    def opened() -> str:
        raise UserError("no such device")

    with pytest.raises(UserError, match="no such device"):
        live(desk, View(desk, 1000), opened, None, None, [])


def test_a_signal_ends_it(desk: Desk) -> None:
    asked: list[int] = []
    view = View(desk, 1000, lambda number: asked.append(15) if number == 5 else None)
    live(desk, view, lambda: "", None, None, asked)
    assert len(view.shown) == 6


def test_what_a_stopped_cpu_says(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.power(True)
    monkeypatch.setattr(type(desk.session), "stopped", "HALT with interrupts off")
    assert "HALT" in status(desk)
    desk.power(False)
    assert status(desk) == ""
