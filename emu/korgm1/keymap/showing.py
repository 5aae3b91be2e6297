"""The key map as people read it: groups of rows, with the keys of the window and of the terminal beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from korgm1.keymap.actions import DIRECTIONS, KINDS, parts
from korgm1.keymap.chords import MODIFIERS, TERMINAL, WINDOW, readable
from korgm1.keymap.keymap import Keymap
from korgm1.keymap.presets import MODES

COMMANDS = {
    "power toggle": "power on or off", "rewind 1": "a second back", "rewind -1": "a second forward again",
}  # fmt: skip
"""Commands that have keys from the start, in words; others stand as they are typed."""
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


@dataclass(frozen=True)
class Row:
    """What is done, and by which keys; "" where there is none.

    `actions` is what the row stands for.
    """

    what: str
    window: str
    terminal: str
    actions: tuple[str, ...]

    @property
    def button(self) -> bool:
        """Whether it stands for buttons of the panel, which are named even where they have no key."""
        return self.actions[0].startswith("key ")


@dataclass(frozen=True)
class Group:
    """Rows under a title; `before` is what the terminal's keys need first, or ""."""

    title: str
    rows: tuple[Row, ...]
    before: str = ""


def table(keymap: Keymap, rack: bool = False) -> tuple[Group, ...]:
    """The whole map.

    Args:
        keymap: the map.
        rack: of an M1R, which has no joystick.

    >>> from korgm1.keymap import default
    >>> for row in table(default())[1].rows[:2]: print(row.what, row.window, row.terminal, sep="  |  ")
    A to H under the display  |  Shift+1-8  |  a-h
    0 to 9  |  pad 0-9, Ctrl+0-9  |  0-9
    """
    sides = [_chords(keymap.window), _chords(keymap.terminal)]

    def row(what: str, *actions: str) -> Row:
        families = ([side.get(action, []) for action in actions] for side in sides)
        window, terminal = map(_family, families, (WINDOW, TERMINAL))
        return Row(what, window, terminal, actions)

    modes = [row(name, f"key {name}") for name in MODES]
    buttons = [
        row("A to H under the display", *(f"key {name}" for name in "ABCDEFGH")),
        row("0 to 9", *(f"key {digit}" for digit in "0123456789")),
        *(row(says, f"key {name}") for name, says in _BUTTONS),
    ]
    bound = {action for side in sides for action in side}
    controls = [row(f"VALUE {parts(action)[1]}", action) for action in _steps(bound, "value")]
    controls += [row(f"VOLUME {parts(action)[1]}", action) for action in _steps(bound, "volume")]
    if not rack:
        controls += [row(f"joystick {way}", f"joystick {way}") for way in DIRECTIONS if f"joystick {way}" in bound]
    controls += [row("damper pedal", "damper")] if "damper" in bound else []
    lines = [parts(action)[1] for action in sorted(bound) if parts(action)[0] == "command"]
    commands = [row(COMMANDS.get(line, line), f"command {line}") for line in lines]
    rest = [row(_words(kind), kind) for kind in KINDS if not KINDS[kind][0] and kind in bound - {"damper", "none"}]
    mode = next((readable(key, TERMINAL) for key, action in keymap.terminal.items() if action == "piano"), "")
    groups = [
        ("Modes", modes), ("Buttons", buttons), ("Controls", controls), ("Piano", list(_piano(keymap, row, bound))),
        ("Commands", commands), ("Program", rest),
    ]  # fmt: skip
    return tuple(Group(title, tuple(rows), mode * (title == "Piano")) for title, rows in groups if rows)


_BUTTONS = (
    ("10HOLD", "10's HOLD"), ("UP", "UP"), ("DOWN", "DOWN"), ("PAGE-", "PAGE-"), ("PAGE+", "PAGE+"),
    ("COMPARE", "COMPARE"), ("REC/WRITE", "REC/WRITE"), ("START/STOP", "START/STOP"), ("RESET", "RESET"),
    ("REST/TIE", "REST/TIE"),
)  # fmt: skip


def _piano(keymap: Keymap, row: Callable[..., Row], bound: set[str]) -> Iterator[Row]:
    """Notes in rows of an octave, then octave and velocity."""
    notes = sorted(int(parts(action)[1]) for action in bound if parts(action)[0] == "note")
    mode = "piano" in keymap.terminal.values()
    letters = _chords({key: action for key, action in keymap.window.items() if len(key) == 1})
    for octave in range(0, 61, 12):
        inside = [number for number in notes if octave <= number < octave + 12]
        if not inside:
            continue
        first, last = (NOTES[number % 12] for number in (inside[0], inside[-1]))
        found = row(f"octave {octave // 12 + 1}, {first} to {last}", *(f"note {number}" for number in inside))
        typed = _family([letters.get(action, []) for action in found.actions], TERMINAL) if mode else ""
        both = [found.terminal] * bool(found.terminal) + [typed] * bool(typed)
        yield Row(found.what, found.window, " or ".join(both), found.actions)
    for kind, words in (("octave", "base C by {} octave"), ("velocity", "velocity {}")):
        for action in _steps(bound, kind):
            yield row(words.format(parts(action)[1]), action)


def _words(kind: str) -> str:
    return KINDS[kind][1]


def _steps(bound: set[str], kind: str) -> list[str]:
    return sorted((action for action in bound if parts(action)[0] == kind), key=lambda action: int(parts(action)[1]))


def _chords(side: Mapping[str, str]) -> dict[str, list[str]]:
    """Action -> its chords."""
    found: dict[str, list[str]] = {}
    for key, action in sorted(side.items(), key=lambda pair: _plainness(pair[0])):
        found.setdefault(action, []).append(key)
    return found


def _plainness(chord: str) -> tuple[int, bool, bool, str]:
    """The simpler a chord, the earlier it is named."""
    front, key = _split(chord)
    return front.count("+"), front.endswith("kp "), len(key) == 1 and not key.isalnum(), key


def _split(chord: str) -> tuple[str, str]:
    """A chord as what stands before the key, and the key."""
    front, rest = "", chord
    while (word := rest.partition("+"))[1] and word[0] in MODIFIERS and word[2]:
        front, rest = f"{front}{word[0]}+", word[2]
    return (f"{front}kp ", rest[3:]) if rest.startswith("kp ") else (front, rest)


def _family(members: Sequence[Sequence[str]], where: str = WINDOW) -> str:
    """The keys of some actions in a row: "Ctrl+0-9, pad 0-9".

    >>> _family([["ctrl+1", "kp 1"], ["ctrl+2", "kp 2"], ["ctrl+3", "kp 3", "x"]])
    'Ctrl+1-3, pad 1-3, X'
    >>> _family([["q", ","], ["2", "l"], ["w", "."]])
    'Q 2 W or , L .'
    """
    fronts: dict[str, list[list[str]]] = {}
    for chords in members:
        taken: dict[str, int] = {}
        for chord in chords:
            front, key = _split(chord)
            runs = fronts.setdefault(front, [])
            number = taken[front] = taken.get(front, -1) + 1
            runs += [[]] * (number >= len(runs))
            runs[number] = [*runs[number], key]
    several = len(members) > 2
    ordered = sorted(fronts.items(), key=lambda pair: -len(pair[1][0]) if several else 0)
    between = " or " if several else ", "
    return ", ".join(between.join(_run(front, keys, where) for keys in runs) for front, runs in ordered)


def _run(front: str, keys: list[str], where: str) -> str:
    single = all(len(key) == 1 for key in keys)
    if not single or len(keys) < 3:
        return ", ".join(readable(front + key, where) for key in keys)
    spoken = readable(f"{front}1", where)[:-1]
    shown = [readable(key, where) for key in keys]
    if [ord(key) - ord(keys[0]) for key in keys] == list(range(len(keys))):
        return f"{spoken}{shown[0]}-{shown[-1]}"
    return spoken + " ".join(shown)
