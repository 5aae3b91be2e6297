"""A file played into the MIDI IN of a live instrument, as the desk's command `midi-file` asks for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from korgm1.clock import clocks
from korgm1.midi_stream import Held

if TYPE_CHECKING:
    from korgm1.desk import Desk

STOP = "stop"
"""In place of a path: end what is played."""


class MidiPlayer:
    """Plays one file at a time, by desk time.

    Args:
        desk: the instrument; its `play_midi_file` becomes `play`.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._events: list[tuple[float, bytes]] = []
        self._next = 0
        self._began = 0
        self._name = ""
        self._held = Held()
        self._song = 0
        desk.play_midi_file = self.play

    @property
    def playing(self) -> str:
        """The name of the file that is played, or ""."""
        return self._name

    def play(self, path: str) -> dict[str, Any]:
        """Play a file from now on, in place of one that is played; or "stop".

        Args:
            path: a .mid, a .syx or raw bytes; "stop" ends what is played and lets its notes go.

        Returns:
            Plain values: the file's name, its messages, its length in seconds, its first tempo in beats a minute.

        Raises:
            UserError: it cannot be used; then what is played goes on.
        """
        from korgm1.verbs.midi_file import load_midi, tempo

        if path == STOP:
            name = self._name
            self._end(f"{name} stopped" if name else "nothing is played")
            return {"file": None, "stopped": name or None}
        events = load_midi(Path(path))
        beats = tempo(Path(path))
        self._end("")
        length = events[-1][0] if events else 0.0
        self._name, self._events, self._next, self._began = Path(path).name, events, 0, self._desk.now
        self._song += 1
        if beats is None:
            size = sum(len(data) for _, data in events)
            self._desk.say(f"{self._name}: {size:,} bytes, {size / 3125:.1f} s of cable")
        else:
            self._desk.say(f"{self._name}: {_length(length)}, {len(events):,} messages, {beats:g} beats a minute")
        self._go_on(self._song)
        return {"file": path, "messages": len(events), "seconds": round(length, 3), "tempo": beats}

    def _go_on(self, song: int) -> None:
        """Send what is due, and come back when the next is."""
        if song != self._song:
            return
        while self._next < len(self._events):
            at, data = self._events[self._next]
            due = self._began + clocks(at)
            if due > self._desk.now:
                self._desk.at(due, lambda: self._go_on(song))
                return
            self._next += 1
            if data[0] != 0xF0:
                self._held.note(data)
            self._desk.midi_in(data, due)
        self._name = ""

    def _end(self, said: str) -> None:
        self._song += 1
        held = self._held.release()
        if held:
            self._desk.midi_in(held)
        self._name = ""
        if said:
            self._desk.say(said)


def _length(seconds: float) -> str:
    """Minutes and seconds.

    >>> _length(83.4)
    '1:23'
    """
    whole = int(seconds)
    return f"{whole // 60}:{whole % 60:02}"
