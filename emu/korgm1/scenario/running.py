"""Playing a scenario: the instrument is set up, phase after phase is done and looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from korgm1.board.sram import SIZE
from korgm1.clock import CPU_HZ
from korgm1.errors import M1Error, Stopped, UsageError
from korgm1.result import LcdChange
from korgm1.scenario import bank
from korgm1.scenario.bench import Bench
from korgm1.scenario.case import Phase, Scenario, Setup
from korgm1.scenario.checks import Check, check
from korgm1.scenario.steps import Step
from korgm1.session import Session

FRAME = CPU_HZ // 60
"""Clocks between two pieces of what is made beforehand."""


@dataclass(frozen=True)
class PhaseRun:
    """What was seen in a phase, and which expectations held."""

    phase: Phase
    pictures: tuple[LcdChange, ...]
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class Run:
    """A scenario that was played.

    Attributes:
        control: without what makes the case, so something must fail.
        png: the LCD at the end, dot by dot.
    """

    scenario: Scenario
    phases: tuple[PhaseRun, ...]
    control: bool
    png: bytes

    @property
    def setup(self) -> Setup:
        """The instrument as it was set up, in the control run as its control says."""
        control = self.scenario.control
        return control.setup if self.control and control is not None else self.scenario.setup

    @property
    def holds(self) -> bool:
        """Whether every expectation held."""
        return not self.failed

    @property
    def failed(self) -> list[Check]:
        """The expectations that did not hold."""
        return [row for phase in self.phases for row in phase.checks if not row.holds]

    @property
    def verdict(self) -> str:
        """In a few words."""
        if self.failed:
            return f"NOT AS EXPECTED ({len(self.failed)} of {sum(len(p.checks) for p in self.phases)})"
        return "as reported, but for what differs" if self.scenario.differs else "as reported"

    def to_dict(self) -> dict[str, Any]:
        """The object `korgm1 scenario run --json` prints."""
        row = self.scenario
        return {
            "name": row.name,
            "title": row.title,
            "model": row.model,
            "sources": [asdict(source) for source in row.sources],
            "reported": row.reported,
            "assumed": list(row.assumed),
            "differs": list(row.differs),
            "setup": asdict(self.setup),
            "control": self.control,
            "verdict": self.verdict,
            "holds": self.holds,
            "phases": [
                {
                    "title": played.phase.title,
                    "do": [str(step) for step in played.phase.steps],
                    "lcd": [{"seconds": r.seconds, "clock": r.clock, "lcd": list(r.lcd)} for r in played.pictures],
                    "checks": [asdict(one) for one in played.checks],
                }
                for played in self.phases
            ],
        }


class Play:
    """A scenario that is being played.

    Args:
        scenario: one that can be played.
        engine: the CPU: "unicorn", "v30" or "lockstep".
        control: leave out what the scenario's control says.
        asked: looked at after each step and during boots; a true value ends it.
        tell: told each phase's title, each step and each check when it is made.

    Attributes:
        session: the instrument.
        phases: those that are over.

    Raises:
        UsageError: it cannot be played.
    """

    def __init__(
        self,
        scenario: Scenario,
        engine: str = "unicorn",
        control: bool = False,
        asked: Callable[[], object] = lambda: False,
        tell: Callable[[Phase | Step | Check], object] = lambda what: None,
    ) -> None:
        if scenario.cannot or scenario.control is None:
            raise UsageError(
                f"{scenario.name} cannot be played: {scenario.cannot}", "another one", "korgm1 scenario list"
            )
        setup = scenario.control.setup if control else scenario.setup
        self._scenario, self._asked, self._tell = scenario, asked, tell
        self._skip = scenario.control.skip if control else ()
        self._image = setup.sram
        self.session = Session(
            model=scenario.model, engine=engine, battery=setup.battery, seed=setup.seed, hypotheses=setup.hypotheses,
            faults=setup.faults, celsius=setup.celsius,
        )
        self._bench = Bench(self.session, setup.celsius, asked)
        self.phases: list[PhaseRun] = []

    def going(self) -> Iterator[int]:
        """Play it: the clocks of the session to run to, one after the other; nothing runs while the power is off.

        What its RAM holds at first may have to be made: that comes in pieces, between which a frame should pass.

        Raises:
            Stopped: it was asked to.
            M1Error: a step cannot be done; the message says which.
        """
        bench, before = self._bench, bytes(SIZE)
        if self._image != "none":
            for _ in bank.making(self._image):
                if self._asked():
                    raise Stopped(f"stopped in {self._scenario.name}, before its first phase")
                yield self.session.clock + FRAME
            before = bank.image(self._image)
            self.session.set_sram(before)
        for phase in self._scenario.phases:
            bench.mark()
            self._tell(phase)
            for step in phase.steps:
                if step.word in self._skip or str(step) in self._skip:
                    continue
                self._tell(step)
                where = f"{self._scenario.name}, {phase.title}, {step}"
                try:
                    yield from bench.doing(step)
                except M1Error as error:
                    raise type(error)(f"{where}: {error.found}", error.expected, error.hint) from error
                if self._asked():
                    raise Stopped(f"stopped in {where}")
            checks = check(phase, bench, before)
            for one in checks:
                self._tell(one)
            self.phases.append(PhaseRun(phase, tuple(bench.pictures), tuple(checks)))


def run(
    scenario: Scenario,
    engine: str = "unicorn",
    control: bool = False,
    asked: Callable[[], object] = lambda: False,
) -> Run:
    """Play a scenario to its end, as fast as the host can; arguments and errors are those of `Play`."""
    play = Play(scenario, engine, control, asked)
    with play.session as session:
        for clock in play.going():
            if session.powered:
                session.run_until(clock)
        return Run(scenario, tuple(play.phases), control, session.screenshot())

