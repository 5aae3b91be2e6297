"""The places of a computer's keys by the numbers that keyboards send, named as on a US keyboard.

Sources: USB HID Usage Tables, page 07 (Keyboard/Keypad); SDL's scancodes are these numbers.
"""

from __future__ import annotations

_RUNS = (
    (4, (*"abcdefghijklmnopqrstuvwxyz1234567890", "enter", "escape", "backspace", "tab", "space", *"-=[]\\\\;'`,./")),
    (58, tuple(f"f{number}" for number in range(1, 13))),
    (73, ("insert", "home", "page up", "delete", "end", "page down", "right", "left", "down", "up")),
    (84, tuple(f"kp {name}" for name in (*"/*-+", "enter", *"1234567890."))),
    (100, ("<",)),
)
"""First number, and the names from there on. A key right of ' and one on the left of Z differ by country."""

NAMES = {first + number: name for first, names in _RUNS for number, name in enumerate(names)}
"""Number -> name.

>>> NAMES[4], NAMES[39], NAMES[40], NAMES[56], NAMES[69], NAMES[82], NAMES[99]
('a', '0', 'enter', '/', 'f12', 'up', 'kp .')
"""
