"""A key map as its TOML file."""

from __future__ import annotations

import json
from collections.abc import Mapping

from korgm1.keymap import presets
from korgm1.keymap.chords import TERMINAL, WINDOW
from korgm1.keymap.keymap import Keymap
from korgm1.keymap.showing import table

TITLE = """\
# A key map of korgm1 (docs/keys.md). What is not here stays as it is; "none" frees a key.
# korgm1 keys --check FILE looks for mistakes, korgm1 run --keys FILE uses it.
"""


def to_toml(keymap: Keymap, tables: tuple[str, ...] = (WINDOW, TERMINAL)) -> str:
    """The file that gives this map; read again, it gives the same.

    Args:
        keymap: the map.
        tables: which of its tables, where not both are wanted.

    >>> from korgm1.keymap import default, loads
    >>> loads(to_toml(default()).encode()) == default()
    True
    """
    lines = [TITLE]
    before: dict[str, Mapping[str, str]] = {}
    if WINDOW in tables:
        before[WINDOW] = presets.window(keymap.piano)
        lines += ["# " + " or ".join(f'"{name}"' for name in presets.PIANOS), f'piano = "{keymap.piano}"']
    if TERMINAL in tables:
        before[TERMINAL] = presets.terminal()
    groups = [(group.title, [action for row in group.rows for action in row.actions]) for group in table(keymap)]
    groups.append(("Freed", ["none"]))
    for name, preset in before.items():
        chords = keymap.window if name == WINDOW else keymap.terminal
        rows = {**{key: "none" for key in preset if key not in chords}, **chords}
        lines += ["", f"[{name}]"]
        for title, actions in groups:
            keys = [key for action in actions for key in sorted(rows) if rows[key] == action]
            lines += [f"# {title}"] * bool(keys) + [f"{_quoted(key)} = {_quoted(rows[key])}" for key in keys]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    """A basic string of TOML.

    >>> print(_quoted('a"b' + chr(92)), _quoted(chr(127)))
    "a\\"b\\\\" "\\u007f"
    """
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
