"""Which key does what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from korgm1.keymap import presets
from korgm1.keymap.actions import PANEL_KEYS, parts
from korgm1.keymap.chords import window_chord

PLAYING = ("note", "octave", "velocity")
"""What the terminal's piano mode takes from the window's keys."""


@dataclass(frozen=True)
class Keymap:
    """Which key does what.

    Attributes:
        window: chord -> action in the window; keys by place, as "ctrl+z".
        terminal: chord -> action in the terminal; characters as typed, as "P".
        piano: "two rows", "one row" or "off": what the window's letters were before they were changed.
        warnings: what is doubtful about it, a sentence each.

    >>> keys = default()
    >>> keys.for_window("f4"), keys.for_window("1", shift=True), keys.for_window("q", ctrl=True)
    ('key PROG', 'key A', 'quit')
    """

    window: Mapping[str, str]
    terminal: Mapping[str, str]
    piano: str = presets.PIANOS[0]
    warnings: tuple[str, ...] = field(default=(), compare=False)

    def for_window(self, key: str, shift: bool = False, ctrl: bool = False, alt: bool = False) -> str | None:
        """The action of a key in the window, or None.

        Shift beside a chord that nobody bound is not looked at, so that a note sounds with Shift held, too.

        Args:
            key: its name, see `korgm1.keymap.chords`.
            shift, ctrl, alt: what is held beside it.
        """
        action = self.window.get(window_chord(key, shift, ctrl, alt))
        if action is None and shift:
            action = self.window.get(window_chord(key, False, ctrl, alt))
        return None if action == "none" else action

    def for_terminal(self, key: str, piano: bool = False) -> str | None:
        """The action of what was typed in the terminal, or None.

        Args:
            key: a character, or a name or chord as `korgm1.keymap.chords.chord` spells it.
            piano: in piano mode the characters on which the window plays notes do so here.

        >>> default().for_terminal("z", piano=True), default().for_terminal("P", piano=True)
        ('note 0', 'key PROG')
        """
        if piano:
            played = self.window.get(key)
            if played is not None and parts(played)[0] in PLAYING:
                return played
        action = self.terminal.get(key)
        return None if action == "none" else action

    def unreachable(self) -> dict[str, list[str]]:
        """The buttons no key works, by frontend; one with none is left out.

        >>> default().unreachable()
        {}
        """
        lost = {}
        for where, chords in (("window", self.window), ("terminal", self.terminal)):
            worked = {parts(action)[1] for action in chords.values() if parts(action)[0] == "key"}
            lost[where] = [name for name in PANEL_KEYS if name not in worked]
        return {where: names for where, names in lost.items() if names}


def default() -> Keymap:
    """The map where nobody says otherwise.

    >>> default().for_window("z")
    'note 0'
    """
    return Keymap(presets.window(presets.PIANOS[0]), presets.terminal())
