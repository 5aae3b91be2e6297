"""Scenarios, played on an instrument of their own at the speed of life. The user's own waits beside it, off."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from korgm1.desk.travel import Around, Travel
from korgm1.errors import M1Error, UsageError
from korgm1.session import Session
from korgm1.snapshot import Snapshot

if TYPE_CHECKING:
    from korgm1.scenario.case import Phase
    from korgm1.scenario.checks import Check
    from korgm1.scenario.running import Play
    from korgm1.scenario.steps import Step


class Scenes(Travel):
    """Another instrument for a while.

    Attributes:
        scenario: the name of the scenario whose instrument this is, or None.
    """

    def __init__(self, session: Session, minutes: int = 3, own_image: bool = False) -> None:
        super().__init__(session, minutes, own_image)
        self.scenario: str | None = None
        self._own: tuple[Session, bool] | None = None
        self._play: Play | None = None
        self._going: Iterator[int] = iter(())
        self._goal: int | None = None

    @property
    def playing(self) -> bool:
        """Whether the scenario is still being carried out."""
        return self._goal is not None

    def start_scenario(self, name: str) -> None:
        """Play a scenario: each step and each check is said. What takes years is done at once.

        The user's own instrument is switched off and its image saved before; `stop_scenario` goes back to it.

        Args:
            name: of `korgm1 scenario list`, or a file NAME.toml.

        Raises:
            UsageError: no such scenario, one that cannot be played, or a recording is under way.
            UserError: the file cannot be used.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.start_scenario("dead-cell")
        >>> while desk.playing: desk.run(desk.now + 8_000_000)
        >>> desk.scenario, desk.messages[-1].text[:21]
        ('dead-cell', 'the scenario is over:')
        """
        from korgm1.scenario.description import scenario_named
        from korgm1.scenario.running import Play

        if self.session.recording:
            raise UsageError("a recording is under way, which this would break", "the end of the recording first")
        scenario = scenario_named(name)
        play = Play(scenario, self.session.engine_name, tell=self._tell_of)
        if self._own is None:
            self._own = self.session, self.session.powered
        self.power(False)
        if self._own[0] is not self.session:
            self._own[0].take_unsaved(self.session)
        self.scenario, self._play = scenario.name, play
        self._exchange(play.session)
        self.say(f"scenario {scenario.name}: {scenario.title}; your own instrument is off (scenario stop: back to it)")
        self._going = play.going()
        self._goal = self.now

    def stop_scenario(self) -> None:
        """Back to the user's own instrument, on if it was.

        Raises:
            UsageError: there is no scenario.
        """
        if self._own is None:
            raise UsageError("no scenario is played", "scenario NAME", "korgm1 scenario list")
        own, was_on = self._own
        self._end_play()
        self.power(False)
        own.take_unsaved(self.session)
        self._own = self.scenario = None
        self._exchange(own)
        self.say("your own instrument again")
        self.power(was_on)

    def _go_to(self, state: bytes | Snapshot, around: Around) -> None:
        super()._go_to(state, around)
        self._give_up("its steps cannot be taken back")

    def _power_off(self) -> None:
        self._give_up("it was switched off")
        super()._power_off()

    def dip(self, seconds: float) -> str:
        """See `Mains.dip`; a scenario ends there."""
        outcome = super().dip(seconds)
        self._give_up("the mains failed")
        return outcome

    def _give_up(self, why: str) -> None:
        if self.playing:
            self._end_play()
            self.say(f"the scenario ends here: {why}")

    def close(self) -> None:
        """The desk is left: a scenario is over, what is on is switched off, its files are saved.

        Raises:
            UserError: a file cannot be written.
        """
        own = self._sessions[0]
        self._end_play()
        if own is not self.session:
            with contextlib.suppress(M1Error):
                self.session.power_off()
            own.take_unsaved(self.session)
        own.power_off()

    def rescue(self, folder: Path) -> list[Path]:
        """What `close` could not write is written into another folder, see `Session.rescue`.

        Raises:
            UserError: it cannot be written there either.
        """
        return self._sessions[0].rescue(folder)

    @property
    def _sessions(self) -> list[Session]:
        """The user's own instrument first."""
        return [self.session] if self._own is None else [self._own[0], self.session]

    def _end_play(self) -> None:
        self._going, self._goal, self._play = iter(()), None, None

    def _exchange(self, session: Session) -> None:
        """Another instrument stands on the desk; it is off."""
        self._collect_sound()
        self.session.listen(False)
        self.session.watch_outputs()
        with self._change():
            self.session = session
        self._attend()
        self._lay_hands(frozenset())
        self._past.entries.clear()
        self._did()

    def _goals(self) -> list[int]:
        return super()._goals() if self._goal is None else [*super()._goals(), self._goal]

    def _due(self) -> None:
        super()._due()
        while self._goal is not None and self._goal <= self.now:
            self._go_on()

    def _go_on(self) -> None:
        """The next piece of the scenario."""
        try:
            with self._change():
                clock = next(self._going)
            self._did()
            self._goal = max(self._base + clock, self.now + 1)
        except StopIteration:
            self._over()
        except M1Error as error:
            self.say(str(error), "error")
            self._end_play()

    def _over(self) -> None:
        play = self._play
        checks = [check for phase in play.phases for check in phase.checks] if play is not None else []
        failed = sum(not check.holds for check in checks)
        verdict = f"{failed} of {len(checks)} checks did not hold" if failed else f"all {len(checks)} checks held"
        self.say(
            f"the scenario is over: {verdict}; this is its instrument, yours is off (scenario stop: back to it)",
            "error" if failed else "info",
        )
        self._end_play()

    def _tell_of(self, what: Phase | Step | Check) -> None:
        from korgm1.scenario.case import Phase
        from korgm1.scenario.steps import Step

        if isinstance(what, Phase):
            self.say(f"-- {what.title}")
        elif isinstance(what, Step):
            self.say(f"> {what}")
        else:
            found = "" if what.found == what.expected else f": found {what.found}"
            text = f"{'holds' if what.holds else 'DOES NOT HOLD'}: {what.what} {what.expected}{found}"
            self.say(text, "info" if what.holds else "error")
