"""What hands do: keys, notes, VALUE and the joystick."""

from __future__ import annotations

from korgm1.clock import CPU_HZ, clocks
from korgm1.desk.core import Core
from korgm1.errors import UsageError
from korgm1.session import Session

SHORTEST = CPU_HZ // 12
"""A key is down for 83 ms at least, longer than any firmware's debounce, however short the click."""
PAUSE = CPU_HZ // 20
"""Clocks between two taps."""
SPRINGS = {"joystick_x": 128, "joystick_y": 128, "aftertouch": 0}
"""The controls that go back by themselves, and where to."""
LOWEST_NOTE = 36
"""MIDI note of the lowest of the 61 keys."""
KEYS = 61


class Hands(Core):
    """Fingers. With the power off keys and controls move all the same: what is held is held at power-on."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._down: dict[str, int] = {}
        self._notes: dict[int, int] = {}
        self._presses = 0
        self._token: dict[str, int] = {}
        self._free_at = 0

    @property
    def keys(self) -> list[str]:
        """The names of the panel keys."""
        return self.session.machine.panel.keys()

    @property
    def held(self) -> frozenset[str]:
        """The panel keys that are down."""
        return frozenset(self.session.machine.panel.held)

    @property
    def notes(self) -> frozenset[int]:
        """The keys of the keyboard that are down, 0-60."""
        return frozenset(self._notes)

    @property
    def controls(self) -> dict[str, int]:
        """Where the analogue controls of this model stand, 0-255."""
        return self.session.machine.panel.controls()

    @property
    def value(self) -> int:
        """Where VALUE stands, 0-127."""
        return self.controls["value"] >> 1

    def key_down(self, key: str) -> None:
        """Put a panel key down; it stays down until `key_up`, and for 83 ms at least.

        Raises:
            UsageError: no such key; the message lists them.
        """
        name = _name(key)
        self.session.key_down(name)
        self._presses += 1
        self._down[name], self._token[name] = self.now, self._presses
        self._did()

    def key_up(self, key: str) -> None:
        """Let a panel key go, as soon as it was down for 83 ms; one that is up stays so.

        Raises:
            UsageError: no such key.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.power(True)
        >>> desk.key_down("int"); desk.key_up("int"); desk.run(100_000); sorted(desk.held)
        ['INT']
        >>> desk.run(700_000); sorted(desk.held)
        []
        """
        name = _name(key)
        if name not in self._down:
            self.session.machine.panel.check_key(name)
            return
        due, token = self._down[name] + SHORTEST, self._token[name]
        if due <= self.now:
            self._let_up(name, token)
        else:
            self._at(due, lambda: self._let_up(name, token))
        self._did()

    def tap(self, key: str, seconds: float = 0.1) -> None:
        """Press a key for `seconds` as soon as the taps before this one are over: a terminal tells only what was typed.

        Raises:
            UsageError: no such key or time.

        >>> from korgm1.desk import Desk
        >>> desk = Desk(Session()); desk.power(True); desk.run(24_000_000)
        >>> desk.tap("4"); desk.tap("2"); desk.run(32_000_000); desk.lcd[0][:8]
        'Prog I42'
        """
        name = _name(key)
        self.session.machine.panel.check_key(name)
        check_seconds(seconds)
        start = max(self.now, self._free_at)
        end = start + max(clocks(seconds), SHORTEST)
        self._free_at = end + PAUSE
        if start == self.now:
            self.key_down(name)
        else:
            self._at(start, lambda: self.key_down(name))
        self._at(end, lambda: self.key_up(name))
        self._did()

    def slide(self, value: int) -> None:
        """Move VALUE to 0-127.

        Raises:
            UsageError: outside.
        """
        self.session.slide(value)
        self._did()

    def turn(self, steps: int) -> None:
        """Move VALUE by so many steps, to its end at most."""
        self.slide(max(0, min(127, self.value + steps)))

    def move(self, control: str, value: int) -> None:
        """Set an analogue control ("joystick_x" ...) to 0-255.

        Raises:
            UsageError: no such control on this model, or a value outside.
        """
        self.session.move(control, value)
        self._did()

    def note_on(self, key: int, velocity: int = 100) -> None:
        """A key of the keyboard goes down; on a rack a note comes into MIDI IN, on channel 1 (ASSUMED: GLOBAL's).

        Args:
            key: 0-60, the low C is 0 (MIDI note 36).
            velocity: 1-127.

        Raises:
            UsageError: out of range.
        """
        if not 0 <= key < KEYS:
            raise UsageError(f"key {key}", f"0 to {KEYS - 1}")
        if not 1 <= velocity <= 127:
            raise UsageError(f"velocity {velocity}", "1 to 127")
        if key in self._notes:
            self.note_off(key)
        self._notes[key] = velocity
        if self.session.powered:
            if self.session.keyboard:
                self.session.note_on(key, velocity)
            else:
                self.session.midi_in(bytes([0x90, LOWEST_NOTE + key, velocity]))
        self._did()

    def note_off(self, key: int) -> None:
        """A key of the keyboard comes up; one that is up stays so."""
        if self._notes.pop(key, None) is not None:
            self._silence(key)
            self._did()

    def note(self, key: int, velocity: int = 100, seconds: float = 0.3) -> None:
        """Play a key for `seconds`.

        Raises:
            UsageError: out of range.
        """
        check_seconds(seconds)
        self.note_on(key, velocity)
        self._at(self.now + clocks(seconds), lambda: self.note_off(key))

    def let_go(self) -> None:
        """Hands off: all keys and notes come up, joystick and aftertouch spring back."""
        for name in list(self._down):
            self.key_up(name)
        for key in list(self._notes):
            self.note_off(key)
        controls = self.controls
        for control, rest in SPRINGS.items():
            if controls.get(control, rest) != rest:
                self.move(control, rest)

    def _let_up(self, name: str, token: int) -> None:
        """The press with this number is over, if no other one of the same key has begun since."""
        if self._token.get(name) == token:
            del self._token[name]
            self._down.pop(name, None)
            self.session.key_up(name)

    def _silence(self, key: int) -> None:
        if self.session.powered:
            if self.session.keyboard:
                self.session.note_off(key)
            else:
                self.session.midi_in(bytes([0x80, LOWEST_NOTE + key, 64]))

    def _lay_hands(self, sounding: frozenset[int]) -> None:
        """The instrument is another one, or itself at another time: its keys are where the hands are.

        Args:
            sounding: the notes that were held in it.
        """
        held = self.session.machine.panel.held
        for name in held - set(self._down):
            self.session.key_up(name)
        for name in set(self._down) - held:
            self.session.key_down(name)
        for key in sounding - set(self._notes):
            self._silence(key)


def check_seconds(seconds: float, most: float = 600.0) -> None:
    """Nothing, if that is a time somebody may wait for.

    Raises:
        UsageError: negative, no number, or above `most`.
    """
    if not 0 <= seconds <= most:
        raise UsageError(f"{seconds!r} seconds", f"0 to {most:g}")


def _name(key: str) -> str:
    return " ".join(str(key).replace("_", " ").upper().split())
