"""Commands of the desk for somebody who types them: completion, help, and answers in lines of text."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from korgm1.desk import Desk
from korgm1.desk.commands import COMMANDS, typed
from korgm1.errors import M1Error, UsageError
from korgm1.hypotheses import all_hypotheses
from korgm1.keymap import PANEL_KEYS
from korgm1.machine.faults import FAULTS

OWN = {"help": "help [COMMAND]: these commands, or one of them", "quit": "quit: power off and leave"}
"""What is a command here besides the desk's."""
CELLS = ("fresh", "low", "dead", "absent", "CR2032")
_ANSWERS: dict[str, Callable[[Any], Any]] = {
    "turn": "VALUE {}".format,
    "rewind": "{} s before the newest".format,
    "run": lambda _: None,
    "lcd": lambda told: [line.rstrip() for line in told["lines"]],
    "leds": lambda told: "lit: " + (", ".join(name for name, lit in told.items() if lit) or "none"),
    "state": lambda told: {name: value for name, value in told.items() if name not in ("at", "clock")},
}
"""What of a command's answer is told to people, and how; desk time tells them nothing."""
_MOST = 60
"""Offers that are kept; a folder may have thousands of files."""


def complete(desk: Desk, text: str) -> tuple[int, list[str]]:
    """What the last word of a line that is being typed may become.

    Returns:
        Where that word begins, and the words.

    >>> from korgm1.session import Session
    >>> desk = Desk(Session())
    >>> complete(desk, "pr"), complete(desk, "press ed"), complete(desk, "power t")
    ((0, ['press']), (6, ['EDIT_COMBI', 'EDIT_PROG']), (6, ['toggle']))
    """
    begins = max(text.rfind(" "), text.rfind(",")) + 1
    word, before = text[begins:], text[:begins].split()
    if not before:
        return begins, sorted(name for name in (*COMMANDS, *OWN) if name.startswith(word))
    if before[0] == "help":
        return begins, sorted(name for name in COMMANDS if name.startswith(word))
    command = COMMANDS.get(before[0])
    if command is None or not command.arguments:
        return begins, []
    argument = command.arguments[min(len(before) - 1, len(command.arguments) - 1)]
    if argument.kind == "path":
        return _files(text, begins)
    known = argument.choices or _known(desk, command.name, argument.name, argument.kind)
    return begins, [name for name in known if name.lower().startswith(word.lower())]


def carry_out(desk: Desk, line: str) -> list[str]:
    """Carry out a line, and say what came of it in lines of text; an error is an answer, too.

    >>> from korgm1.session import Session
    >>> desk = Desk(Session())
    >>> carry_out(desk, "power on"), carry_out(desk, "turn 3"), carry_out(desk, "prss INT")
    ([], ['VALUE 3'], ["error: there is no command 'prss'; expected one of press"])
    >>> desk.run(16_000_000); carry_out(desk, "lcd"), carry_out(desk, "leds")
    (['Prog I00 Init Prog', 'SINGLE  POLY  OSC1 000'], ['lit: INT, PROG'])
    """
    words = line.split()
    try:
        if words and words[0] == "help":
            return help_lines(words[1] if len(words) > 1 else "")
        result = typed(desk, line)
        return answer(_ANSWERS[words[0]](result) if words[0] in _ANSWERS else result)
    except M1Error as error:
        return told(error)


def told(error: M1Error) -> list[str]:
    """What is said of an error: the word first, for those who hear it.

    >>> told(UsageError("there is no card", "one", "korgm1 card new my.card"))
    ['error: there is no card; expected one', '  try: korgm1 card new my.card']
    """
    return f"error: {error}".splitlines()


def help_lines(name: str = "") -> list[str]:
    """The names of the commands, or one of them with its arguments.

    Raises:
        UsageError: there is no such command.
    """
    if not name:
        return [", ".join((*COMMANDS, *OWN)), "help COMMAND says what one does"]
    if name in OWN:
        return [OWN[name]]
    if name not in COMMANDS:
        raise UsageError(f"there is no command {name!r}", "help alone lists them")
    one = COMMANDS[name]
    return [f"{one.usage}: {one.help}", *(f"  {argument.name}: {argument.help}" for argument in one.arguments)]


def answer(result: Any) -> list[str]:
    """What a command told, as lines of text.

    >>> answer({"a": 1, "b": {"c": [2, "x"]}}), answer(None), answer(True)
    (['a: 1', 'b: c: 2 / x'], [], ['yes'])
    """
    if result is None or result == "":
        return []
    if isinstance(result, dict):
        return [f"{name}: {_flat(value)}" for name, value in result.items()]
    if isinstance(result, list):
        return [_flat(value) for value in result]
    if isinstance(result, str):
        return result.splitlines()
    return _flat(result).splitlines()


def _flat(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_flat(inner)}" for name, inner in value.items())
    if isinstance(value, list):
        return " / ".join(map(_flat, value)) or "none"
    if isinstance(value, float):
        return f"{value:.6g}"
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _known(desk: Desk, command: str, argument: str, kind: str) -> tuple[str, ...]:
    if kind in ("key", "keys"):
        return tuple(name.replace(" ", "_") for name in PANEL_KEYS)
    if command == "move":
        return tuple(desk.controls)
    if command == "cell":
        return CELLS
    if command == "faults":
        return tuple(FAULTS)
    if command == "hypothesis" and argument == "id":
        return tuple(all_hypotheses())
    if command == "scenario":
        from korgm1.scenario.description import all_scenarios

        return (*all_scenarios(), "stop")
    return ()


def _files(text: str, begins: int) -> tuple[int, list[str]]:
    """Files and folders; a name with blanks is offered in quotes."""
    quote = text.rfind('"') if text.count('"') % 2 else -1
    begins = quote if quote >= 0 else begins
    word = text[begins:].lstrip('"')
    folder, slash, name = word.rpartition("/")
    try:
        inside = sorted((Path(folder + slash or ".").expanduser()).iterdir())
    except (OSError, RuntimeError):
        return begins, []
    found = []
    for path in inside:
        if path.name.startswith(name) and (name or not path.name.startswith(".")) and path.name.isprintable():
            whole = f"{folder}{slash}{path.name}" + "/" * path.is_dir()
            found.append(f'"{whole}' + '"' * (not path.is_dir()) if " " in whole or quote >= 0 else whole)
    return begins, found[:_MOST]
