"""What the keys do where nobody says otherwise.

The two rows are a tracker's, the single row is "musical typing" with MAME's 1-8 as cursor keys (facts: panels 4).
"""

from __future__ import annotations

PIANOS = ("two rows", "one row", "off")
MODES = ("INT", "COMBI", "PROG", "SEQ", "CARD", "EDIT COMBI", "EDIT PROG", "GLOBAL")
_CURSOR = "ABCDEFGH"
_LOWER, _UPPER = "zsxdcvgbhnjm,l.;/", "q2w3er5t6y7ui9o0p"
_SINGLE = "awsedftgyhujkolp;'"

_SHARED = {
    "f1": "help",
    **{f"f{number}": f"key {name}" for number, name in enumerate(MODES, 2)},
    "up": "key UP", "down": "key DOWN", "left": "key PAGE-", "right": "key PAGE+",
    "insert": "key REC/WRITE", "space": "key START/STOP", "home": "key RESET", "end": "key REST/TIE",
    "backspace": "key COMPARE", "enter": "key 10HOLD",
    "-": "value -1", "=": "value +1", "page down": "octave -1", "page up": "octave +1",
    "[": "velocity -10", "]": "velocity +10", "`": "damper",
    "alt+left": "joystick left", "alt+right": "joystick right", "alt+up": "joystick up", "alt+down": "joystick down",
    "ctrl+down": "volume -5", "ctrl+up": "volume +5",
    "ctrl+p": "command power toggle", "ctrl+q": "quit",
}  # fmt: skip
"""A window and a terminal both can tell these."""

_WINDOW = _SHARED | {
    **{f"kp {digit}": f"key {digit}" for digit in "0123456789"},
    **{f"ctrl+{digit}": f"key {digit}" for digit in "0123456789"},
    "kp enter": "key 10HOLD", "kp .": "key 10HOLD", "ctrl+.": "key 10HOLD", "kp -": "value -1", "kp +": "value +1",
    "shift+-": "value -10", "shift+=": "value +10",
    "ctrl+z": "command rewind 1", "ctrl+shift+z": "command rewind -1",
    "tab": "drawer", "f11": "full screen",
}  # fmt: skip

_TERMINAL = _SHARED | {
    **{digit: f"key {digit}" for digit in "0123456789"},
    **{letter.lower(): f"key {letter}" for letter in _CURSOR},
    "I": "key INT", "C": "key COMBI", "P": "key PROG", "S": "key SEQ", "R": "key CARD", "M": "key EDIT COMBI",
    "E": "key EDIT PROG", "G": "key GLOBAL",
    ".": "key 10HOLD", "w": "key REC/WRITE", "r": "key RESET", "t": "key REST/TIE", "o": "key COMPARE",
    "+": "value +1", "_": "value -10", "*": "value +10", "<": "command rewind 1", ">": "command rewind -1",
    "tab": "piano", ":": "prompt", "?": "help", "q": "quit",
}  # fmt: skip


def window(piano: str) -> dict[str, str]:
    """The chords of the window with this piano.

    >>> window("two rows")["q"], window("one row")["a"], window("off")["1"]
    ('note 12', 'note 0', 'key A')
    """
    chords = dict(_WINDOW)
    if piano == "two rows":
        chords |= {key: f"note {number}" for number, key in enumerate(_LOWER)}
        chords |= {key: f"note {number}" for number, key in enumerate(_UPPER, 12)}
        return chords | {f"shift+{number}": f"key {name}" for number, name in enumerate(_CURSOR, 1)}
    chords |= {str(number): f"key {name}" for number, name in enumerate(_CURSOR, 1)}
    if piano == "one row":
        chords |= {key: f"note {number}" for number, key in enumerate(_SINGLE)}
        chords |= {"z": "octave -1", "x": "octave +1", "c": "velocity -10", "v": "velocity +10"}
    return chords


def terminal() -> dict[str, str]:
    """The chords of the terminal.

    >>> terminal()["P"], terminal()[":"]
    ('key PROG', 'prompt')
    """
    return dict(_TERMINAL)
