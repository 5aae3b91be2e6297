"""The names of computer keys, and chords: a key with Ctrl, Alt or Shift.

A window tells the place of a key, so its names are those printed there on a US keyboard, whatever the letters on the
user's. A terminal tells the character that was typed, so there a letter is a character: "A" is not "a".
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

WINDOW, TERMINAL = "window", "terminal"
MODIFIERS = ("ctrl", "alt", "shift")
"""In the order a chord has them."""

_NAMED = (
    "up", "down", "left", "right", "insert", "delete", "home", "end", "page up", "page down", "backspace", "tab",
    "enter", "escape", *(f"f{number}" for number in range(1, 13)),
)  # fmt: skip
WINDOW_KEYS = frozenset((
    *"abcdefghijklmnopqrstuvwxyz0123456789,./;'[]-=\\`<", "space", *_NAMED,
    *(f"kp {name}" for name in (*"0123456789.+-*/", "enter")),
))  # fmt: skip
"""By place; "<" is the key between the left Shift and Z that US keyboards lack, "kp" the number pad."""
TERMINAL_KEYS = frozenset(("space", *_NAMED))
"""Those with a name; any other printable character is its own."""

_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+j": "enter", "ctrl+[": "escape", "ctrl+h": "backspace"}
_KEPT = {"ctrl+c": "stops the program", "ctrl+z": "puts the program aside"}
_SPOKEN = {"kp": "pad", "ctrl": "Ctrl", "alt": "Alt", "shift": "Shift"}


class Mistake(ValueError):
    """What is wrong with a chord or an action: `args[0]` what was found, `args[1]` what is allowed."""


def chord(text: str, where: str) -> str:
    """A chord as written by somebody, in its one spelling.

    Args:
        text: as "Shift+4" or "ctrl + alt + z".
        where: `WINDOW` or `TERMINAL`.

    Raises:
        Mistake: there is no such key, or this kind of frontend cannot tell it.

    >>> chord("Shift+Ctrl+Z", WINDOW), chord("Page  Up", TERMINAL), chord("Ctrl+KP +", WINDOW), chord("A", TERMINAL)
    ('ctrl+shift+z', 'page up', 'ctrl+kp +', 'A')
    """
    rest = text if text.strip() == "" else text.strip()
    held = set()
    while True:
        word, plus, after = rest.partition("+")
        name = word.strip().lower()
        if not plus or name not in MODIFIERS or not after.strip():
            break
        if name in held:
            raise Mistake(f"{text!r} has {name} twice", "a chord as 'ctrl+shift+z'")
        held.add(name)
        rest = after.strip()
    key = "space" if rest == " " else " ".join(rest.split())
    key = key.lower() if where == WINDOW or len(key) > 1 else key
    front = "".join(f"{name}+" for name in MODIFIERS if name in held)
    if where == WINDOW:
        if key not in WINDOW_KEYS:
            raise Mistake(f"there is no key {key!r}", nearest(key, WINDOW_KEYS) or "korgm1 keys --names lists the keys")
    else:
        _check_typed(front, key)
    return front + key


def _check_typed(front: str, key: str) -> None:
    """Raise what is wrong with a chord of the terminal, if something is."""
    if key not in TERMINAL_KEYS and not (len(key) == 1 and key.isprintable()):
        known = nearest(key, TERMINAL_KEYS) or "a character, or one of " + ", ".join(sorted(TERMINAL_KEYS))
        raise Mistake(f"there is no key {key!r} in a terminal", known)
    if len(key) == 1 and "shift+" in front:
        raise Mistake(f"a terminal tells no Shift beside {key!r}", "the character it types, as 'A'")
    whole = front + key.lower() if front else key
    if whole in _KEPT:
        raise Mistake(f"{whole!r} always {_KEPT[whole]} in a terminal", "another chord")
    if whole in _SAME:
        raise Mistake(f"{whole!r} and {_SAME[whole]!r} are the same in a terminal", repr(_SAME[whole]))
    if "ctrl+" in front and len(key) == 1 and not ("a" <= key <= "z"):
        raise Mistake(f"a terminal does not tell {whole!r}", "Ctrl with a letter a-z or a key with a name")


def window_chord(key: str, shift: bool = False, ctrl: bool = False, alt: bool = False) -> str:
    """The spelling of a key with what was held beside it.

    >>> window_chord("z", shift=True, ctrl=True)
    'ctrl+shift+z'
    """
    return "ctrl+" * ctrl + "alt+" * alt + "shift+" * shift + key


def readable(text: str, where: str = WINDOW) -> str:
    """A chord as people read it: in a window letters are places, so they are capitals.

    >>> [readable(text) for text in ("ctrl+shift+z", "kp enter", "page up", "alt+left", "f2", ":", "a")]
    ['Ctrl+Shift+Z', 'pad Enter', 'Page Up', 'Alt+Left', 'F2', ':', 'A']
    >>> readable("a", TERMINAL), readable("alt+a", TERMINAL), readable("ctrl+a", TERMINAL)
    ('a', 'Alt+a', 'Ctrl+A')
    """
    parts = []
    rest = text
    while (word := rest.partition("+"))[1] and word[0] in MODIFIERS and word[2]:
        parts.append(_SPOKEN[word[0]])
        rest = word[2]
    words = rest.split(" ") if len(rest) > 1 else [rest]
    typed = where == TERMINAL and "Ctrl" not in parts
    names = [_SPOKEN.get(word, word if len(word) == 1 and typed else word.capitalize()) for word in words]
    return "+".join([*parts, " ".join(names)])


def nearest(word: str, known: Iterable[str]) -> str:
    """A sentence with the names like this one, or "".

    >>> nearest("page dwn", WINDOW_KEYS)
    "did you mean 'page down'?"
    """
    names = {name.lower(): name for name in sorted(known)}
    close = difflib.get_close_matches(word.lower(), names, n=1, cutoff=0.6)
    return f"did you mean {names[close[0]]!r}?" if close else ""
