"""Which key of the computer does what: the map, its file, its words. No graphics, no terminal, no host.

>>> from korgm1.keymap import default
>>> default().for_window("f4")
'key PROG'
"""

from korgm1.keymap.actions import KINDS, PANEL_KEYS, parts
from korgm1.keymap.chords import TERMINAL, WINDOW, readable
from korgm1.keymap.keymap import Keymap, default
from korgm1.keymap.reading import load, loads
from korgm1.keymap.showing import table
from korgm1.keymap.writing import to_toml

__all__ = [
    "KINDS", "PANEL_KEYS", "TERMINAL", "WINDOW", "Keymap",
    "default", "load", "loads", "parts", "readable", "table", "to_toml",
]
