"""One note, played with one program after the other from the same state: what differs is the program's doing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from korgm1.clock import CPU_HZ, clocks
from korgm1.errors import Stopped, UserError
from korgm1.performance import Sound, load, select
from korgm1.romset.load import RomSet
from korgm1.romset.waves import WaveSet
from korgm1.session import Session
from korgm1.tapping import program as programs
from korgm1.tapping.playing import Note
from korgm1.tapping.series import Trial

LOADING = 0.5
"""Seconds from the program's first byte to the note: it goes over the wire in 55 ms."""
RELEASE = 0.5
"""Seconds that are looked at behind the end of the note."""


@dataclass(frozen=True)
class Stage:
    """What every trial begins with. It can be pickled and sent to another process.

    Attributes:
        model, firmware, engine: as for `Session`.
        waves, pcm_card: the user's sample ROMs and PCM card, or None.
        hypotheses: the guesses that were changed; `state` brings them along.
        state: a snapshot to begin at.
        program: the 143 bytes of the program that a sweep changes.
        note, channel: what is played, on which MIDI channel.
    """

    model: str
    firmware: RomSet
    engine: str
    waves: WaveSet | None = field(repr=False)
    pcm_card: bytes | None = field(repr=False)
    hypotheses: Mapping[str, Any]
    state: bytes = field(repr=False)
    program: bytes = field(repr=False)
    note: Note
    channel: int = 1


def stage(
    session: Session, note: Note, sound: Sound | None = None, changes: Iterable[str] = (), channel: int = 1
) -> Stage:
    """Bring an instrument that has booted to PROG mode, ask it for its program, and keep the state.

    Args:
        session: it is left as it was brought there.
        note, channel: what the trials play.
        sound: a program to select first; None: the one that PROG mode shows.
        changes: words for `program.settings`.

    Raises:
        UserError: the firmware does not change its mode, or does not give its program.
        UsageError: a word of `changes` that cannot be used.

    >>> m1 = Session(engine="v30"); _ = m1.boot(); stage(m1, Note(60), changes=["VDF1 cutoff=50"]).program[71]
    50
    """
    if sound is not None:
        select(session, sound)
    else:
        mode = programs.PROG_MODE
        load(session, programs.message(mode[0], mode[1:], channel), "the change to PROG mode")
    session.run(LOADING)
    base = programs.settings(programs.present(session, channel), changes)
    return Stage(
        session.model.name, session.firmware, session.engine_name, session.waves, session.pcm_card,
        session.hypotheses.changed(), session.snapshot(), base, note, channel,
    )


class Bench:
    """Plays the trials of a stage on a session of its own."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._session = Session(
            model=stage.model, roms=stage.firmware, engine=stage.engine, waves=stage.waves, pcm_card=stage.pcm_card
        )

    def trial(self, program: bytes, before: bytes, asked: Callable[[], object] = lambda: False) -> Trial:
        """Load a program, play the note, and write down what the sound chips were told.

        Args:
            program: its 143 bytes.
            before: a program that differs from it and is loaded first, for firmware that only acts on a change.
            asked: looked at before anything is done.

        Raises:
            UserError: the firmware does not take the program, or the CPU stopped.
            Stopped: `asked` was true.
        """
        if asked():
            raise Stopped("stopped between two trials")
        session, stage = self._session, self.stage
        session.restore(stage.state)
        loaded = session.clock + clocks(LOADING)
        on = loaded + clocks(LOADING)
        off = on + clocks(stage.note.seconds)
        self._load(before)
        session.run_until(loaded)
        session.log_sound(True)
        self._load(program)
        session.run_until(on)
        for clock, data in (
            (on, bytes([0x8F + stage.channel, stage.note.key, stage.note.velocity])),
            (off, bytes([0x7F + stage.channel, stage.note.key, 0x40])),
        ):
            session.midi_in(data, clock / CPU_HZ)
        session.run_until(off + clocks(RELEASE))
        if session.stopped:
            raise UserError(f"the CPU stopped while the note was played: {session.stopped}", "a firmware that runs on")
        writes = np.array(session.sound_writes())
        session.log_sound(False)
        return Trial(writes, loaded, on, off)

    def _load(self, program: bytes) -> None:
        channel = self.stage.channel
        programs.ask(self._session, programs.dump(program, channel), programs.LOADED, channel)
