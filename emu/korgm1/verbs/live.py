"""The live loop: the only place where emulated time is tied to the host's, or to the sound card's."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, Protocol

from korgm1.clock import CPU_HZ, clocks
from korgm1.verbs.live_sound import LiveSound

if TYPE_CHECKING:
    from korgm1.desk import Desk

FRAME = 1 / 60
"""Host seconds from picture to picture."""
LATE = 0.25
"""Host seconds the emulation may be behind before the time is given up (a busy host, a laptop that slept)."""
JUDGE = 2.0
"""Host seconds over which the speed is judged."""
LOOK, AWAKE = 0.004, 0.1
"""After something was done the loop looks again so soon, for so long; host seconds."""
SOON = 0.05
"""Host seconds for which the sound is waited for; the first import of its filters takes a second, beside the loop."""
PATIENCE = 5.0
"""Host seconds for which the end waits for sound that is being opened."""
TOO_SLOW = 0.95
"""Below this share of real time a host is called slow."""


class View(Protocol):
    """What a frontend shows itself as."""

    def poll(self, wait: float) -> bool:
        """Take input for `wait` seconds at most; False to switch off."""

    def draw(self, status: str = "") -> None:
        """Show the present state and a hint."""

    def close(self) -> None:
        """Put everything back."""


class Cables(Protocol):
    """The host's MIDI ports, as verbs.live_midi has them."""

    @property
    def status(self) -> str:
        """What is connected, or ""."""

    def feed(self) -> None:
        """Hand over what has come in, before time passes."""

    def anew(self) -> None:
        """Desk time has jumped."""


class Pacer:
    """Desk time at the host's pace.

    Args:
        desk: what is run.
        seconds: desk seconds after which `done` is true; None for never.
        monotonic: the clock whose pace it is, in seconds: the host's, or the sound card's.
        late: seconds the emulation may be behind before the time is given up.
    """

    def __init__(
        self, desk: Desk, seconds: float | None = None, monotonic: Callable[[], float] = time.monotonic,
        late: float = LATE,
    ) -> None:  # fmt: skip
        self._desk = desk
        self._monotonic = monotonic
        self._late = late
        self._origin = monotonic() - desk.now / CPU_HZ
        self._end = None if seconds is None else clocks(seconds)
        self._judged = (monotonic(), desk.now)
        self._rate = 1.0
        self.speed = 1.0
        """Emulated time by host time, of the last two judgements the better: one stall is no slow host."""

    @property
    def done(self) -> bool:
        """True when the time is up."""
        return self._end is not None and self._desk.now >= self._end

    def step(self) -> float:
        """Run up to the present, two frames at most so that the panel stays alive on a slow host.

        Returns:
            Host seconds until the next step.
        """
        desk = self._desk
        present = self._monotonic() - self._origin
        behind = present - desk.now / CPU_HZ
        if behind > self._late or behind < -self._late:
            self._origin += behind - FRAME
            present -= behind - FRAME
        target = min(clocks(present), desk.now + clocks(2 * FRAME))
        if self._end is not None:
            target = min(target, self._end)
        if target > desk.now:
            desk.run(target)
        now = self._monotonic()
        if now - self._judged[0] >= JUDGE:
            rate = (desk.now - self._judged[1]) / CPU_HZ / (now - self._judged[0])
            self.speed, self._rate = max(rate, self._rate), rate
            self._judged = (now, desk.now)
        frame = LOOK if desk.now - desk.touched < clocks(AWAKE) else FRAME
        return max(0.0, frame - (now - self._origin - desk.now / CPU_HZ))


def status(desk: Desk) -> str:
    """The line below the panel: the CPU has stopped, the host is too slow, gaps in the sound, or ""."""
    session = desk.session
    if session.powered and session.stopped:
        return f"the CPU has stopped: {session.stopped}"
    if desk.live.speed < TOO_SLOW:
        return f"this host is too slow: {desk.live.speed:.0%} of real speed (--engine v30 may be faster)"
    return desk.live.trouble


def live(
    desk: Desk, view: View, opened: Callable[[], LiveSound | str], ports: Cables | None,
    seconds: float | None, asked: list[int],
) -> None:
    """Run a desk until its view, a signal or the time ends it.

    Args:
        desk: its power may be on or off.
        view: what it is shown in.
        opened: opens the sound, in a thread of its own, when the first picture is there; a text says why there is none.
        ports: the host's MIDI ports, open; they stay so.
        seconds: desk seconds to run; None for ever.
        asked: something is in it once a signal has come.
    """
    view.draw()
    with _opening(opened) as opening:
        wait([opening], SOON)
        pacer, sound, pause = Pacer(desk, seconds), None, 0.0
        settled = False
        while not pacer.done and not asked and view.poll(pause):
            if not settled and opening.done():
                settled, found = True, opening.result()
                if not isinstance(found, str):
                    sound, pacer = found, prime(desk, found, seconds)
                    if ports is not None:
                        ports.anew()
                elif found:
                    desk.live.sound = found
                    desk.say(found)
            if ports is not None:
                ports.feed()
                desk.live.midi = ports.status or "no ports"
            pause = pacer.step()
            desk.live.speed = pacer.speed
            if sound is not None:
                sound.follow(desk)
            view.draw(status(desk))


@contextlib.contextmanager
def _opening(opened: Callable[[], LiveSound | str]) -> Iterator[Future[LiveSound | str]]:
    """The sound that is being opened; it is closed at the end even if nobody took it, or left behind if it hangs."""
    opening: Future[LiveSound | str] = Future()

    def work() -> None:
        try:
            opening.set_result(opened())
        except BaseException as error:
            opening.set_exception(error)

    threading.Thread(target=work, name="sound", daemon=True).start()
    try:
        yield opening
    finally:
        wait([opening], PATIENCE)
        if opening.done():
            found = opening.result()
            if not isinstance(found, str):
                found.close()


def prime(desk: Desk, sound: LiveSound, seconds: float | None = None) -> Pacer:
    """Listen to a desk and fill the queue to its depth; the pacer keeps it there: time is what the card took.

    Args:
        desk: what is run.
        sound: where to.
        seconds: see `Pacer`.
    """
    desk.listen(True)
    end = desk.now + clocks(sound.depth)
    desk.run(end if seconds is None else min(end, clocks(seconds)))
    sound.follow(desk)
    return Pacer(desk, seconds, sound.clock, LATE + sound.depth)
