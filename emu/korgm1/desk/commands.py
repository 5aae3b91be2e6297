"""Everything at the desk as words: one vocabulary for buttons, keys, the terminal's `:` line and other programs.

>>> from korgm1.desk import Desk
>>> from korgm1.session import Session
>>> desk = Desk(Session())
>>> typed(desk, "power on"); _ = typed(desk, "run 2"); perform(desk, "lcd")["lines"][0][:8]
'Prog I00'
"""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from korgm1.board.panel import Panel
from korgm1.desk import Desk, deeds
from korgm1.desk.arguments import Argument
from korgm1.errors import M1Error, UsageError
from korgm1.machine.engines import NAMES


@dataclass(frozen=True)
class Command:
    """A command: its arguments in the order in which they are typed, what it does, and what does it."""

    name: str
    arguments: tuple[Argument, ...]
    help: str
    deed: Callable[..., Any]

    @property
    def usage(self) -> str:
        """As it is typed: "press KEY [SECONDS]"."""
        words = [self.name]
        for one in self.arguments:
            word = "|".join(one.choices) if one.choices else one.name.upper()
            words.append(word if one.required else f"[{word}]")
        return " ".join(words)


def perform(desk: Desk, name: str, arguments: Mapping[str, Any] | None = None) -> Any:
    """Carry out a command.

    Args:
        desk: where.
        name: of `COMMANDS`.
        arguments: by name; texts are read as if typed.

    Returns:
        None, or what it tells: plain data that JSON can hold.

    Raises:
        UsageError: no such command or argument, or one that is missing or cannot be used.
        M1Error: it cannot be done.
    """
    command = _named(name)
    return command.deed(desk, **_values(command, arguments or {}))


def typed(desk: Desk, line: str) -> Any:
    """Carry out a command as it is typed: its name, then its arguments in their order.

    Quotes keep blanks together; the last argument takes the rest of the line. Key names need no quotes.

    Raises:
        M1Error: as `perform`.
    """
    name, given = _read(line)
    return perform(desk, name, given)


def attempt(desk: Desk, line: str) -> bool:
    """`typed`, with an error told as a message: for keys and buttons that have nobody to hand it to.

    Returns:
        Whether it was carried out.
    """
    try:
        typed(desk, line)
    except M1Error as error:
        desk.say(str(error), "error")
        return False
    return True


def check(line: str) -> None:
    """Nothing, if a line can be a command: its name is known, and its arguments are of their kinds.

    Raises:
        UsageError: it cannot be.

    >>> check("press EDIT PROG"); check("rewind x")
    Traceback (most recent call last):
    korgm1.errors.UsageError: seconds 'x' cannot be used; expected a whole number
    """
    name, given = _read(line)
    _values(_named(name), given)


def described() -> list[dict[str, Any]]:
    """All commands as plain data.

    >>> next(row for row in described() if row["name"] == "value")["arguments"][0]["type"]
    'whole'
    """
    return [
        {
            "name": one.name, "usage": one.usage, "help": one.help,
            "arguments": [
                {
                    "name": argument.name, "type": argument.kind, "help": argument.help,
                    "required": argument.required,
                    **({} if argument.required else {"default": argument.default}),
                    **({"choices": list(argument.choices)} if argument.choices else {}),
                } for argument in one.arguments
            ],
        } for one in COMMANDS.values()
    ]


def _named(name: str) -> Command:
    command = COMMANDS.get(str(name))
    if command is None:
        near = difflib.get_close_matches(str(name), COMMANDS, 3, 0.6)
        raise UsageError(f"there is no command {name!r}", "one of " + ", ".join(near or COMMANDS))
    return command


def _split(line: str) -> tuple[str, list[str]]:
    try:
        words = shlex.split(line)
    except ValueError as error:
        raise UsageError(f"{line!r} cannot be read: {error}", "a command, with quotes in pairs") from None
    if not words:
        raise UsageError("nothing is typed", "a command, as press INT")
    return words[0], words[1:]


def _read(line: str) -> tuple[str, dict[str, str]]:
    """The name and the arguments of a typed line."""
    name, words = _split(line)
    command = _named(name)
    given: dict[str, str] = {}
    for place, one in enumerate(command.arguments):
        if not words:
            break
        count = 1
        if one.kind == "key":
            count = 2 if " ".join(words[:2]).replace("_", " ").upper() in _KEY_NAMES else 1
        elif place == len(command.arguments) - 1 and one.kind in ("path", "text", "words", "keys", "hex"):
            count = len(words)
        given[one.name], words = " ".join(words[:count]), words[count:]
    if words:
        raise UsageError(f"{' '.join(words)!r} is more than {name} takes", command.usage)
    return name, given


def _values(command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments checked, and those that are not given at their defaults."""
    given, values = dict(arguments), {}
    for one in command.arguments:
        if given.get(one.name) is not None:
            values[one.name] = one.value(given.pop(one.name))
        elif one.required:
            raise UsageError(f"{command.name} has no {one.name}", f"{command.usage} ({one.help})")
        else:
            given.pop(one.name, None)
            values[one.name] = one.default
    if given:
        raise UsageError(
            f"{command.name} has no argument {next(iter(given))!r}",
            "one of " + ", ".join(one.name for one in command.arguments) if command.arguments else "none",
        )
    return values


def _command(
    name: str, help: str, deed: Callable[..., Any], *arguments: Argument
) -> tuple[str, Command]:
    return name, Command(name, arguments, help, deed)


_KEY_NAMES = frozenset(Panel().keys())
_KEY = Argument("key", "key", "a panel key, as INT or EDIT_PROG")
_NOTE = Argument("key", "whole", "0 to 60, the low C is 0")
_VELOCITY = Argument("velocity", "whole", "1 to 127", 100)
_PATH = Argument("path", "path", "a file")

COMMANDS: Mapping[str, Command] = MappingProxyType(dict([
    _command("press", "press a panel key", deeds.press, _KEY, Argument("seconds", "seconds", "how long", 0.1)),
    _command("down", "put a panel key down", deeds.down, _KEY),
    _command("up", "let a panel key go", deeds.up, _KEY),
    _command("value", "move VALUE", deeds.value, Argument("position", "whole", "0 to 127")),
    _command("turn", "move VALUE by steps", deeds.turn, Argument("steps", "whole", "up or, negative, down")),
    _command(
        "move", "move another control", deeds.move, Argument("control", "text", "as joystick_x, pedal1"),
        Argument("position", "whole", "0 to 255"),
    ),
    _command(
        "note", "play a key of the keyboard", deeds.note, _NOTE, _VELOCITY,
        Argument("seconds", "seconds", "how long", 0.3),
    ),
    _command("note-on", "put a key of the keyboard down", deeds.note_on, _NOTE, _VELOCITY),
    _command("note-off", "let a key of the keyboard go", deeds.note_off, _NOTE),
    _command("let-go", "let all keys and notes go", deeds.let_go),
    _command(
        "power", "the mains switch", deeds.power, Argument("to", "choice", "which", choices=("on", "off", "toggle")),
        Argument("hold", "keys", "panel keys held for two seconds, as INT,CARD", ()),
    ),
    _command("reset", "pull /RESET low for a moment", deeds.reset),
    _command("dip", "have the mains fail", deeds.dip, Argument("seconds", "seconds", "how long, as 40ms")),
    _command(
        "cell", "put another cell in", deeds.cell,
        Argument("cell", "text", "fresh, low, dead, absent, volts, CR2032 or CR2032@VOLTS"),
    ),
    _command("leave", "leave it off", deeds.leave, Argument("time", "seconds", "how long, as 8y")),
    _command("temperature", "how warm the room is", deeds.temperature, Argument("celsius", "number", "-40 to 85")),
    _command(
        "faults", "have exactly these parts broken", deeds.faults,
        Argument("words", "words", "as adc-dead r29-open (korgm1 faults)", ()),
    ),
    _command(
        "hypothesis", "have another guess", deeds.hypothesis, Argument("id", "text", "as H-VREF"),
        Argument("value", "text", "none: the default", None),
    ),
    _command("engine", "another CPU engine", deeds.engine, Argument("name", "choice", "which", choices=NAMES)),
    _command(
        "card", "the program card", deeds.card,
        Argument("what", "choice", "what to do", choices=("insert", "eject", "protect")),
        Argument("value", "path", "insert: the file; protect: on or off", None),
    ),
    _command(
        "pcm-card", "the PCM card", deeds.pcm_card,
        Argument("what", "choice", "what to do", choices=("insert", "eject")),
        Argument("value", "path", "insert: the file", None),
    ),
    _command("midi", "bytes into MIDI IN", deeds.midi, Argument("data", "hex", "hexadecimal, as 90 3C 64")),
    _command(
        "midi-file", "a file into MIDI IN", deeds.midi_file,
        Argument("path", "path", ".mid, .syx or raw bytes; stop ends one that is played"),
    ),
    _command("save", "save the state of everything", deeds.save, _PATH),
    _command("load", "go on from a saved state", deeds.load, _PATH),
    _command("rewind", "go back in time", deeds.rewind, Argument("seconds", "whole", "negative: forward again", 1)),
    _command(
        "scenario", "play a scenario on an instrument of its own", deeds.scenario,
        Argument("name", "text", "of korgm1 scenario list; stop: back to your own instrument"),
    ),
    _command("volume", "the VOLUME pot", deeds.volume, Argument("position", "whole", "0 to 100")),
    _command("contrast", "the display's pot", deeds.contrast, Argument("position", "whole", "0 to 100; 50 is right")),
    _command("backlight", "the age of the display's light", deeds.backlight, Argument("hours", "number", "lit so far")),
    _command("lcd", "what the display shows", deeds.lcd),
    _command("leds", "which lights are lit", deeds.leds),
    _command("state", "how everything is", deeds.state),
    _command(
        "screenshot", "a picture as a PNG", deeds.screenshot, _PATH,
        Argument("of", "choice", "of what", "lcd", choices=("lcd", "window")),
    ),
    _command(
        "run", "let time pass at once, unheard", deeds.run, Argument("seconds", "seconds", "emulated, up to 600"),
    ),
]))  # fmt: skip
"""All commands by name."""
