"""A key map from a TOML file (docs/keys.md); all its mistakes are told at once, each with its line.

Each line is read by itself, so a setting stands in one line; what a line of TOML may be, tomllib decides.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from korgm1.errors import UserError
from korgm1.files import read_file
from korgm1.keymap import presets
from korgm1.keymap.actions import check
from korgm1.keymap.chords import TERMINAL, WINDOW, Mistake, chord, nearest
from korgm1.keymap.keymap import Keymap, default

TABLES = (WINDOW, TERMINAL)
LARGEST = 1 << 20
"""Bytes; a file beyond that is no key map."""
TOLD = 20
"""Mistakes of a file that are told; of more, the number."""
HINT = "mend it or move it away; korgm1 keys --check FILE looks again, korgm1 keys --names lists what there is"


def load(path: Path | None, command: Callable[[str], object] | None = None) -> Keymap:
    """The key map of a file.

    Args:
        path: the file; None gives `default()`.
        command: checks the line of a "command" action, see `korgm1.keymap.actions.check`.

    Raises:
        UserError: it cannot be read, or has mistakes; all are named with their lines.

    >>> load(None) == default()
    True
    """
    if path is None:
        return default()
    return loads(read_file(path, "a key map (TOML)"), str(path), command)


def loads(data: bytes, name: str = "the key map", command: Callable[[str], object] | None = None) -> Keymap:
    """The key map of a file's bytes.

    Args:
        data: TOML in UTF-8.
        name: what the file is called in messages.
        command: see `load`.

    Raises:
        UserError: it has mistakes.

    >>> loads(b'piano = "one row"\\n[window]\\n"x" = "key REST/TIE"\\n').for_window("x")
    'key REST/TIE'
    >>> loads(b'[window]\\nx = "kex INT"\\n', "my.toml")
    Traceback (most recent call last):
    korgm1.errors.UserError: my.toml cannot be used:
      line 2: x: there is no action 'kex INT'; did you mean 'key'?
      try: mend it or move it away; korgm1 keys --check FILE looks again, korgm1 keys --names lists what there is
    """
    reader = _Reader(command)
    if len(data) > LARGEST:
        reader.mistakes.append((1, f"it has {len(data):,} bytes; a key map has at most {LARGEST:,}"))
    else:
        reader.read(data)
    if reader.mistakes:
        rows = [f"\n  line {number}: {text}" for number, text in sorted(reader.mistakes)]
        if len(rows) > TOLD:
            rows[TOLD:] = [f"\n  and {len(rows) - TOLD} more"]
        raise UserError(f"{name} cannot be used:" + "".join(rows), hint=HINT)
    window = presets.window(reader.piano) | reader.tables[WINDOW]
    terminal = presets.terminal() | reader.tables[TERMINAL]
    found = Keymap(_bound(window), _bound(terminal), reader.piano)
    lost = tuple(
        f"{name}: no key of the {where} works {', '.join(keys)}" for where, keys in found.unreachable().items()
    )
    return Keymap(found.window, found.terminal, found.piano, lost)


def _bound(chords: dict[str, str]) -> dict[str, str]:
    return {key: action for key, action in chords.items() if action != "none"}


class _Reader:
    """The tables of a file, and its mistakes as (line, text)."""

    def __init__(self, command: Callable[[str], object] | None) -> None:
        self.piano = presets.PIANOS[0]
        self.tables: dict[str, dict[str, str]] = {WINDOW: {}, TERMINAL: {}}
        self.mistakes: list[tuple[int, str]] = []
        self._command = command
        self._lines: dict[tuple[str, ...], int] = {}
        self._headers: dict[tuple[str, ...], int] = {}

    def read(self, data: bytes) -> None:
        try:
            text = data.decode("utf-8-sig").replace("\r\n", "\n")
        except UnicodeDecodeError as error:
            at = data.count(b"\n", 0, error.start) + 1
            self.mistakes.append((at, f"the byte {data[error.start]:02X} is not UTF-8"))
            return
        table: tuple[str, ...] = ()
        for number, line in enumerate(text.split("\n"), 1):
            try:
                rows = tomllib.loads(line)
            except (ValueError, RecursionError) as error:
                self._bad_toml(number, line, error)
                continue
            if line.lstrip().startswith("["):
                table = self._header(number, line, rows)
                continue
            for path, value in _leaves(rows):
                self._setting(number, (*table, *path), value)
        if not self.mistakes:
            self._whole(text)

    def _whole(self, text: str) -> None:
        """What only the whole file can show; nothing is known to, but it must be TOML for other programs, too."""
        try:
            tomllib.loads(text)
        except (ValueError, RecursionError) as error:
            at = re.search(r"line (\d+)", str(error))
            self.mistakes.append((int(at[1]) if at else 1, str(error)))

    def _bad_toml(self, number: int, line: str, error: Exception) -> None:
        if '"""' in line or "'''" in line:
            self.mistakes.append((number, "a text must end on its line"))
            return
        place = re.search(r"column (\d+)", str(error))
        said = re.sub(r" \(at .*\)$", "", str(error)) if not isinstance(error, RecursionError) else "too many brackets"
        column = f" at column {place[1]}" if place else ""
        self.mistakes.append((number, f"this is not TOML: {_shown(line)}; {said}{column}"))

    def _header(self, number: int, line: str, rows: dict[str, Any]) -> tuple[str, ...]:
        path: list[str] = []
        inner: Any = rows
        while isinstance(inner, dict) and inner:
            name, inner = next(iter(inner.items()))
            path.append(name)
        table = tuple(path)
        if table not in ((WINDOW,), (TERMINAL,)) or isinstance(inner, list):
            known = nearest(table[0], TABLES) or "one of [window], [terminal]"
            self.mistakes.append((number, f"there is no table {_shown(line)}; {known}"))
            return ("", *table)
        if table in self._headers:
            self.mistakes.append((number, f"[{table[0]}] is in line {self._headers[table]} already"))
        self._headers.setdefault(table, number)
        return table

    def _setting(self, number: int, path: tuple[str, ...], value: Any) -> None:
        if path[0] == "":
            return
        if len(path) == 2 and path[0] in TABLES:
            self._binding(number, path[0], path[1], value)
        elif path == ("piano",):
            self._once(number, path, "piano")
            if value in presets.PIANOS:
                self.piano = value
            else:
                known = nearest(str(value), presets.PIANOS) or "one of " + ", ".join(map(repr, presets.PIANOS))
                self.mistakes.append((number, f"piano cannot be {_shown(value)}; {known}"))
        elif path[0] in TABLES and len(path) == 1:
            text = f"{path[0]} is a table, not {_shown(value)}; [{path[0]}] in a line of its own, and chords below it"
            self.mistakes.append((number, text))
        else:
            name = ".".join(path)
            known = nearest(name, ("piano", *TABLES)) or "'piano', or a chord below [window] or [terminal]"
            self.mistakes.append((number, f"there is no setting {_shown(name)}; {known}"))

    def _binding(self, number: int, where: str, key: str, value: Any) -> None:
        try:
            name = chord(key, where)
            self._once(number, (where, name), name)
            if not isinstance(value, str):
                raise Mistake(f"an action is a text, not {_shown(value)}", "'key INT' in quotes, for example")
            self.tables[where][name] = check(value, where, self._command)
        except Mistake as mistake:
            found, allowed = mistake.args
            self.mistakes.append((number, f"{_shown(key)}: {found}" + (f"; {allowed}" if allowed else "")))

    def _once(self, number: int, place: tuple[str, ...], name: str) -> None:
        if place in self._lines:
            self.mistakes.append((number, f"{name} is in line {self._lines[place]} already"))
        self._lines.setdefault(place, number)


def _leaves(rows: dict[str, Any], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, value in rows.items():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, name))
        else:
            yield (*path, name), value


def _shown(value: object) -> str:
    """A piece of the file, short and printable."""
    text = value.strip() if isinstance(value, str) else repr(value)
    text = "".join(char if char.isprintable() else "?" for char in text)
    return text if len(text) <= 60 else text[:57] + "..."
