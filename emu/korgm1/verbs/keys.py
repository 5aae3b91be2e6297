"""korgm1 keys: which key of the computer does what."""

from __future__ import annotations

import argparse
import json
import sys
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import Any

from korgm1.keymap import KINDS, TERMINAL, WINDOW, Keymap, load, table, to_toml
from korgm1.keymap.chords import TERMINAL_KEYS, WINDOW_KEYS
from korgm1.machine.models import MODELS
from korgm1.verbs.places import keymap_file

EPILOG = """\
examples:
  korgm1 keys                        the map that korgm1 run uses
  korgm1 keys --toml > my.toml       the map as a file, to be changed with any editor
  korgm1 keys --check my.toml        is it all right?
  korgm1 run --keys my.toml          play with it
"""
_WHAT, _KEYS = 26, 36
"""Columns of what is done, and of the window's keys; the terminal's follow."""
_WIDE = 100


def add_parser(subparsers: Any) -> None:
    """Put this verb on the command line."""
    parser = subparsers.add_parser(
        "keys",
        help="which key of the computer does what, and how to change it",
        description="Print the key map of korgm1 run, as people or as programs read it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--keys", metavar="FILE", help="of this key map; default: your own, or the built-in one")
    parser.add_argument("--model", default="m1", choices=tuple(MODELS), help="the rack has no joystick; default: m1")
    side = parser.add_mutually_exclusive_group()
    side.add_argument("--window", action="store_true", help="the window's keys only")
    side.add_argument("--terminal", action="store_true", help="the terminal's keys only")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--toml", action="store_true", help="print the file that gives this map")
    form.add_argument("--json", action="store_true", help="print one JSON object")
    form.add_argument("--names", action="store_true", help="print what keys are called and what they can do")
    form.add_argument("--check", metavar="FILE", help="look for mistakes in a key map; exit code 1 if it has some")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the map.

    Raises:
        UserError: the file cannot be used; all its mistakes are named.
    """
    tables = tuple(name for name in (WINDOW, TERMINAL) if getattr(args, name)) or (WINDOW, TERMINAL)
    if args.check:
        checked = open_keymap(args.check)
        count = f"{len(checked.window)} keys in the window, {len(checked.terminal)} in the terminal"
        print(f"{args.check}: {'usable' if checked.warnings else 'all right'}, {count}")
        return 0
    if args.names:
        print(names(), end="")
        return 0
    keymap = open_keymap(args.keys)
    if args.toml:
        print(to_toml(keymap, tables), end="")
    elif args.json:
        found: dict[str, Any] = {"piano": keymap.piano, **{name: dict(getattr(keymap, name)) for name in tables}}
        found["groups"] = [asdict(group) for group in table(keymap, MODELS[args.model].rack)]
        print(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        print("\n".join(lines(keymap, MODELS[args.model].rack, tables)))
        own = keymap_file()
        state = "in use" if own.exists() and not args.keys else "there" if own.exists() else "not there"
        print(f"\nYour own map: {own} ({state}). To make one:\n  korgm1 keys --toml > FILE")
        print("then change it; a line is enough, what is not in it stays as it is. More: korgm1 keys --help, --names")
    return 0


def open_keymap(name: str | None) -> Keymap:
    """The map of a file, or the user's own, or the built-in one; what is doubtful about it goes to stderr.

    Raises:
        UserError: it cannot be used.
    """
    own = keymap_file()
    path = Path(name) if name else own if own.exists() else None
    keymap = load(path, _command)
    for warning in keymap.warnings:
        print(f"korgm1: {warning}", file=sys.stderr)
    return keymap


def lines(keymap: Keymap, rack: bool = False, tables: tuple[str, ...] = (WINDOW, TERMINAL)) -> list[str]:
    """The map in lines of at most 100 characters.

    >>> from korgm1.keymap import default
    >>> [line.split() for line in lines(default())[:3]]
    [['window', 'terminal'], ['MODES'], ['INT', 'F2', 'I,', 'F2']]
    """
    both = len(tables) > 1
    head = " " * (_WHAT + 2) + f"{tables[0]:<{_KEYS}}  " + (tables[1] if both else "")
    found = [head.rstrip()]
    for group in table(keymap, rack):
        rows = []
        for row in group.rows:
            texts = [getattr(row, name) for name in tables]
            if not any(texts) and not row.button:
                continue
            if not any(texts):
                texts[0] = "(no key)"
            widths = [_KEYS, _WIDE - _WHAT - _KEYS - 4] if both else [_WIDE - _WHAT - 2]
            cells = [textwrap.wrap(row.what, _WHAT - 2) or [""]]
            cells += [textwrap.wrap(text, width) or [""] for text, width in zip(texts, widths, strict=True)]
            for number in range(max(map(len, cells))):
                parts = [cell[number] if number < len(cell) else "" for cell in cells]
                line = f"  {parts[0]:<{_WHAT}}{parts[1]:<{_KEYS}}  " + (parts[2] if both else "")
                rows.append(line.rstrip())
        before = f" (in the terminal after {group.before})" if group.before and TERMINAL in tables else ""
        found += [group.title.upper() + before, *rows] if rows else []
    return found


def names() -> str:
    """The names of keys and actions."""
    text = ["Keys of the window, by their place on a US keyboard; before one: ctrl+, alt+, shift+"]
    text += _list(WINDOW_KEYS)
    text += ['Keys of the terminal: any character, as "A"; before a letter: ctrl+, alt+; and with ctrl+, alt+, shift+:']
    text += _list(TERMINAL_KEYS)
    text += ["Actions"]
    for kind, (argument, says, where) in KINDS.items():
        only = "" if len(where) > 1 else f" ({where[0]} only)"
        text.append(f"  {f'{kind} {argument}'.strip():<32}{says}{only}")
    return "\n".join(text) + "\n"


def _list(keys: frozenset[str]) -> list[str]:
    shown = " ".join(f'"{key}"'.replace(" ", "\0") if " " in key else key for key in sorted(keys, key=_order))
    rows = textwrap.wrap(shown, 98, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
    return [row.replace("\0", " ") for row in rows]


def _order(key: str) -> tuple[bool, str, int]:
    """Characters first, then words, f2 before f10."""
    word = key.rstrip("0123456789") if len(key) > 1 else key
    return len(key) > 1, word, int(key[len(word) :] or 0)


def _command(line: str) -> None:
    """Raise what is wrong with the line of a command, if something is."""
    from korgm1.desk.commands import check

    check(line)
