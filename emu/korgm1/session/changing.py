"""What the instrument is, changed without losing what it holds: another CPU engine, broken parts, other guesses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from korgm1.board.battery import Battery
from korgm1.board.card import Card
from korgm1.errors import UsageError, UserError
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.session.state import State
from korgm1.session.supply import Supply

_CONTACT = "cell-contact"


class Changing(Supply, State):
    """Screwdriver and soldering iron. RAM, cell, card and hands stay."""

    def set_engine(self, name: str) -> None:
        """Go on exactly here on another CPU engine; the power may be on or off.

        Raises:
            UsageError: no such engine, or a recording is under way.
            UserError: the engine's library is missing.

        >>> from korgm1.session import Session
        >>> one, other = Session(), Session()
        >>> for m1 in (one, other): m1.power_on(); m1.run(0.3)
        >>> one.set_engine("v30")
        >>> for m1 in (one, other): m1.run(1.5)
        >>> one.sram == other.sram, one.clock == other.clock, one.engine_name
        (True, True, 'v30')
        """
        self._check_free()
        self._keep_sound()
        frames, writes = self._past_frames, self._past_writes
        before, state, used = self.engine_name, self.take(), self._used
        self.engine_name = name
        try:
            self.restore(state, self._card_path)
        except Exception as error:
            self.engine_name = before
            cause = error.__cause__    # of a SnapshotError: what is wrong with the engine
            raise (cause if isinstance(cause, UsageError | UserError) else error) from None
        self._used = used
        self._past_frames, self._past_writes = frames, writes

    def set_faults(self, words: Iterable[str]) -> None:
        """Have exactly these parts broken, see `korgm1 faults`; the power is off.

        Raises:
            UsageError: no such fault, the power is on, or a recording is under way; nothing has changed then.

        >>> from korgm1.session import Session
        >>> m1 = Session(); _ = m1.boot(); m1.power_off()
        >>> m1.set_faults(["lcd-no-init"]); _ = m1.boot(1); m1.lcd[0] == m1.lcd[1]
        False
        """
        self._rebuild(Faults(words), self.hypotheses)

    def set_hypotheses(self, changed: Mapping[str, Any]) -> None:
        """Have these guesses in place of the defaults, and no others; the power is off.

        Args:
            changed: id -> value, as for `Session`.

        Raises:
            UsageError: no such guess or value, the power is on, or a recording is under way; nothing has changed then.

        >>> from korgm1.session import Session
        >>> m1 = Session(); m1.set_hypotheses({"H-LCD-BAR": "false"}); m1.hypotheses.changed()
        {'H-LCD-BAR': False}
        """
        self._rebuild(self.faults, Hypotheses(changed))

    def _rebuild(self, faults: Faults, hypotheses: Hypotheses) -> None:
        self._check_free()
        if self.powered:
            raise UsageError("the power is on", "the power off")
        before = self.faults, self.hypotheses, self.battery, self._wave_rom
        self.battery.end_of_off()
        try:
            self.faults, self.hypotheses = faults, hypotheses
            self.battery = self._rewired(before[0], before[2])
            self._wave_rom = self._wave_rom_of(hypotheses, self.pcm_card)
            card = None if self.card is None else Card.restored(self.card.snapshot(), hypotheses)
            self._keep_sound()
            self._new_machine(card, self.machine)
        except Exception:
            self.faults, self.hypotheses, self.battery, self._wave_rom = before
            raise

    def _rewired(self, old_faults: Faults, old: Battery) -> Battery:
        """The same cell, with its past, in a holder wired as hypotheses and faults now say."""
        battery = self._battery_of("fresh", old.celsius)
        block = old.snapshot()
        if _CONTACT in old_faults or _CONTACT in self.faults:
            block["contact_ohms"] = battery.snapshot()["contact_ohms"]
        battery.restore(block)
        return battery

    def _check_free(self) -> None:
        if self._monitor is not None:
            raise UsageError("a recording is under way, which this would break", "the end of the recording first")
