"""Time travel: states in files, and the last minutes to go back to, second by second.

The history has a line of its own: it runs with desk time, and jumps where the instrument does. What lies ahead after
going back can be gone forward to until something is done; then it is forgotten.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from korgm1.clock import CPU_HZ
from korgm1.desk.changes import Changes
from korgm1.desk.history import LATEST, Entry, History
from korgm1.errors import SnapshotError, UsageError
from korgm1.files import read_file
from korgm1.midi_stream import Held
from korgm1.session import Session
from korgm1.snapshot import Snapshot


class Around(NamedTuple):
    """What was at the instrument and is in no snapshot: its RAM's and card's files, keys and cable that held notes."""

    image: Path | None
    card: Path | None = None
    notes: frozenset[int] = frozenset()
    cable: Held = Held()


class Travel(Changes):
    """Back and forward.

    Args:
        session: the instrument.
        minutes: how far back.
        own_image: see `Mains`.
    """

    def __init__(self, session: Session, minutes: int = 3, own_image: bool = False) -> None:
        super().__init__(session, own_image)
        self._minutes = minutes
        self._past = History(minutes * 60)
        self._shift = 0
        self._mark = self.now + CPU_HZ
        self._stale = True

    # states in files

    def save_state(self, path: str) -> None:
        """Write the whole instrument to a file, for `load_state` and `korgm1 state`.

        Raises:
            UsageError: it is the RAM's image or a card.
            UserError: it cannot be written.
        """
        self.check_apart(path)
        self.session.save(path)
        self.say(f"{path} written")

    def load_state(self, path: str) -> None:
        """Go on where the instrument that was saved in a file was; it must be of this model and firmware.

        Its RAM is this instrument's from now on, and goes to its file at power-off; an older one is kept beside it.

        Raises:
            SnapshotError: damaged, or of another model, firmware or program version.
            UsageError: a recording is under way.
        """
        data = read_file(Path(path), "a snapshot (korgm1 state save)")
        try:
            self._go_to(data, Around(self.session.image_path))
        except SnapshotError as error:
            raise SnapshotError(f"{path}: {error.found}", error.expected, error.hint.replace("FILE", path)) from error
        self._did()
        self._keep_moment()
        image = self.session.image_path
        self.say(f"{path} loaded" + ("" if image is None else f"; at power-off its RAM goes to {image}"))

    # the last minutes

    @property
    def history(self) -> int:
        """Whole seconds that can be gone back."""
        entries = self._past.entries
        return max(0, round((self._line - entries[0].at) / CPU_HZ)) if entries else 0

    @property
    def ahead(self) -> int:
        """Whole seconds that can be gone forward again."""
        entries = self._past.entries
        return max(0, round((entries[-1].at - self._line) / CPU_HZ)) if entries else 0

    def rewind(self, seconds: int) -> int:
        """Go back, or forward again where that was gone back.

        Args:
            seconds: back; negative: forward.

        Returns:
            How many seconds before the newest moment this is.

        Raises:
            UsageError: a recording is under way.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.power(True); desk.run(16_000_000)
        >>> desk.tap("4"); desk.tap("2"); desk.run(32_000_000)
        >>> desk.lcd[0][:8], desk.rewind(2), desk.lcd[0][:8], desk.rewind(-2), desk.lcd[0][:8]
        ('Prog I42', 2, 'Prog I00', 0, 'Prog I42')
        """
        if self.session.recording:
            raise UsageError("a recording is under way, which going back would break", "the end of the recording first")
        line = self._line
        if not self._past.entries or line > self._past.entries[-1].at:
            self._keep_moment()
        entry = self._past.before(line - seconds * CPU_HZ)
        if entry is not None and entry.at != line:
            self._travel(entry)
        return self.ahead

    def _travel(self, entry: Entry) -> None:
        self._go_to(entry.state(), entry.extra)
        self._shift = self.now - entry.at
        self._mark = self.now + CPU_HZ
        self._stale = False
        self.touched = self.now

    @property
    def _line(self) -> int:
        """Where the history's own line stands."""
        return self.now - self._shift

    def _go_to(self, state: bytes | Snapshot, around: Around) -> None:
        with self._change():
            self.session.restore(state, around.card)
        self._attend()
        if self.session.unsaved:
            self.save_files()
        self._lay_hands(around.notes)
        self._lay_cable(around.cable)
        if around.image != self.session.image_path:
            self.session.keep_in(around.image)

    def _keep_moment(self) -> None:
        """Remember this moment."""
        self._stale = False
        self._mark = self.now + CPU_HZ
        if self._minutes and not self.session.recording:
            session = self.session
            around = Around(session.image_path, session.card_path, self.notes, self._cable_holds.less(Held()))
            state = self.session.take(LATEST)
            state.blocks["midi_out"]["data"] = state.blocks["midi_out"]["data"][-LATEST:]
            self._past.add(self._line, state, around)

    def _did(self) -> None:
        """Something is done: what lay ahead will never be."""
        super()._did()
        self._past.drop(self._line)
        self._stale = True

    def _goals(self) -> list[int]:
        return [*super()._goals(), self._mark] if self.session.powered else super()._goals()

    def _due(self) -> None:
        super()._due()
        if self.now < self._mark:
            return
        entries = self._past.entries
        beyond = not entries or self._line > entries[-1].at
        if beyond and (self.session.powered or self._stale):
            self._keep_moment()
        else:
            self._mark = self.now + CPU_HZ


