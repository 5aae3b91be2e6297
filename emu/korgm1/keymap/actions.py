"""What a key can do: an action is a line of text, as "key INT" or "command rewind 1"."""

from __future__ import annotations

import re
from collections.abc import Callable

from korgm1.board.panel import Panel
from korgm1.keymap.chords import TERMINAL, WINDOW, Mistake, nearest

PANEL_KEYS = tuple(Panel().keys())
"""The names of the buttons, in the order of the matrix."""
DIRECTIONS = ("left", "right", "up", "down")
HIGHEST_NOTE = 60
"""The last of the 61 keys, in semitones above the lowest."""

_BOTH = (WINDOW, TERMINAL)
KINDS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "key": ("NAME", "a button of the panel, down as long as the key is", _BOTH),
    "note": ("N", "a note, N semitones above the piano's base C", _BOTH),
    "octave": ("+N or -N", "the piano's base C", _BOTH),
    "velocity": ("+N or -N", "how hard the piano's keys are struck", _BOTH),
    "value": ("+N or -N", "the VALUE slider or dial", _BOTH),
    "volume": ("+N or -N", "the VOLUME slider", _BOTH),
    "joystick": ("left|right|up|down", "the joystick; it springs back", _BOTH),
    "damper": ("", "the damper pedal", _BOTH),
    "command": ("LINE", "a command of the desk, as it is typed after : in the terminal", _BOTH),
    "help": ("", "show the keys", _BOTH),
    "drawer": ("", "open or close the bench drawer", (WINDOW,)),
    "full screen": ("", "the whole screen, or a window again", (WINDOW,)),
    "piano": ("", "letters play notes, or work the panel again", (TERMINAL,)),
    "prompt": ("", "type a command", (TERMINAL,)),
    "quit": ("", "power off and leave", _BOTH),
    "none": ("", "nothing", _BOTH),
}
"""Each kind of action: its argument, what it does, which frontends know it."""


def parts(action: str) -> tuple[str, str]:
    """An action as kind and argument.

    >>> parts("key EDIT PROG"), parts("full screen"), parts("value +1")
    (('key', 'EDIT PROG'), ('full screen', ''), ('value', '+1'))
    """
    if action in KINDS:
        return action, ""
    kind, _, argument = action.partition(" ")
    return kind, argument


def check(text: str, where: str, command: Callable[[str], object] | None = None) -> str:
    """An action as somebody wrote it, in its one spelling.

    Args:
        text: the action.
        where: `WINDOW` or `TERMINAL`.
        command: called with the line of a "command"; raises an exception with the attributes `found` and `expected`
            (as `korgm1.errors.M1Error` has) where there is no such command.

    Raises:
        Mistake: there is no such action, it has no such argument, or this frontend cannot do it.

    >>> check("key edit  prog", "window"), check("value 3", "terminal"), check("Full Screen", "window")
    ('key EDIT PROG', 'value +3', 'full screen')
    """
    words = " ".join(text.split())
    lower = words.lower()
    kind = lower if lower in KINDS else lower.partition(" ")[0]
    argument = words[len(kind) :].strip()
    if kind not in KINDS:
        known = nearest(lower, KINDS) or nearest(lower.partition(" ")[0], KINDS) or "one of " + allowed(where)
        raise Mistake(f"there is no action {words!r}", known)
    if where not in KINDS[kind][2]:
        raise Mistake(f"{kind!r} does nothing in the {where}", "one of " + allowed(where))
    if not KINDS[kind][0]:
        if argument:
            raise Mistake(f"{kind!r} has nothing after it, but there is {argument!r}", repr(kind))
        return kind
    if not argument:
        raise Mistake(f"{kind!r} lacks its argument", f"'{kind} {KINDS[kind][0]}'")
    return f"{kind} {_argument(kind, argument, command)}"


def _argument(kind: str, text: str, command: Callable[[str], object] | None) -> str:
    if kind == "key":
        if text.upper() not in PANEL_KEYS:
            known = nearest(text, PANEL_KEYS) or "one of " + ", ".join(PANEL_KEYS)
            raise Mistake(f"the panel has no key {text!r}", known)
        return text.upper()
    if kind == "joystick":
        if text.lower() not in DIRECTIONS:
            raise Mistake(f"the joystick does not go {text!r}", "one of " + ", ".join(DIRECTIONS))
        return text.lower()
    if kind == "command":
        _check_command(text, command)
        return text
    if kind == "note":
        if not re.fullmatch(r"[0-9]{1,2}", text) or int(text) > HIGHEST_NOTE:
            raise Mistake(f"{text!r} is no note", f"0 to {HIGHEST_NOTE}")
        return str(int(text))
    if not re.fullmatch(r"[+-]?[0-9]{1,3}", text) or not 1 <= abs(int(text)) <= 127:
        raise Mistake(f"{kind!r} cannot go by {text!r}", "+1 to +127 or -1 to -127")
    return f"{int(text):+}"


def _check_command(line: str, command: Callable[[str], object] | None) -> None:
    if command is None:
        return
    try:
        command(line)
    except Exception as error:
        found, expected = getattr(error, "found", None), getattr(error, "expected", "")
        if found is None:
            raise
        raise Mistake(f"command {line!r}: {found}", str(expected)) from None


def allowed(where: str) -> str:
    """The actions of a frontend in a line.

    >>> allowed("window").partition(", ")[0]
    "'key NAME'"
    """
    return ", ".join(repr(f"{kind} {row[0]}".strip()) for kind, row in KINDS.items() if where in row[2])
