"""What a terminal sends for a key, as the names `korgm1.keymap` has for chords.

Sources: the xterm control sequences (CSI 1 ; modifier letter, CSI number ; modifier ~, SS3 letter), the Linux console
(CSI [ letter for F1-F5), rxvt (F1-F4 as CSI 11 ~ and on).
"""

from __future__ import annotations

import codecs
import re

_LETTERS = {
    "A": "up", "B": "down", "C": "right", "D": "left", "F": "end", "H": "home", "M": "enter",
    "P": "f1", "Q": "f2", "R": "f3", "S": "f4", "Z": "shift+tab",
}  # fmt: skip
_CONSOLE = {"A": "f1", "B": "f2", "C": "f3", "D": "f4", "E": "f5"}
_NUMBERS = {
    1: "home", 2: "insert", 3: "delete", 4: "end", 5: "page up", 6: "page down", 7: "home", 8: "end",
    11: "f1", 12: "f2", 13: "f3", 14: "f4", 15: "f5", 17: "f6", 18: "f7", 19: "f8", 20: "f9", 21: "f10", 23: "f11",
    24: "f12",
}  # fmt: skip
_CONTROL = {9: "tab", 10: "enter", 13: "enter", 27: "escape", 8: "backspace", 127: "backspace", 32: "space"}
_SEQUENCE = re.compile(r"\x1b(?:\[\[[A-E]|\[[0-9;<=>?]*[ -/]*[@-~]|O[0-9;]*[ -~])")
_UNFINISHED = re.compile(r"\x1b(?:\[\[?[0-9;<=>?]*[ -/]*|O[0-9;]*)?\Z")


class Typed:
    """Bytes of a terminal to keys; a character or sequence cut by the end of a read is gone on with in the next.

    >>> Typed().keys(b"4\\x1b[A\\x1bOP\\x1b[1;3Dq\\x10 ")
    ['4', 'up', 'f1', 'alt+left', 'q', 'ctrl+p', 'space']
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._rest = ""

    @property
    def waiting(self) -> bool:
        """Is there the beginning of a sequence? After a moment without more it was the Escape key: `flush`."""
        return bool(self._rest)

    def keys(self, data: bytes) -> list[str]:
        """The keys these bytes end."""
        text = self._rest + self._decoder.decode(data)
        self._rest = ""
        found: list[str] = []
        while text:
            if _UNFINISHED.match(text):
                self._rest = text
                break
            sequence = _SEQUENCE.match(text)
            length = sequence.end() if sequence else 2 if text[0] == "\x1b" else 1
            found += _named(text[:length])
            text = text[length:]
        return found

    def flush(self) -> list[str]:
        """Nothing came after it: what was the beginning of a sequence is keys of its own.

        >>> typed = Typed(); typed.keys(b"\\x1b["), typed.flush()
        ([], ['alt+['])
        """
        rest, self._rest = self._rest, ""
        if not rest:
            return []
        return ["escape"] if rest == "\x1b" else _named(rest[:2]) + [key for char in rest[2:] for key in _named(char)]


def _named(text: str) -> list[str]:
    """The key of one character or sequence; none for what no key sends."""
    if len(text) == 1:
        return _character(text)
    if text[:2] not in ("\x1b[", "\x1bO") or len(text) == 2:
        return [f"alt+{key}".replace("alt+ctrl+", "ctrl+alt+") for key in _character(text[1])]
    if text.startswith("\x1b[["):
        return [_CONSOLE[text[3]]]
    numbers = [int(number) for number in re.findall(r"\d+", text)]
    held = numbers[1] - 1 if len(numbers) > 1 else 0
    name = _NUMBERS.get(numbers[0] if numbers else 0, "") if text[-1] == "~" else _LETTERS.get(text[-1], "")
    if not name or not 0 <= held < 8:
        return []
    front = "ctrl+" * (held >> 2 & 1) + "alt+" * (held >> 1 & 1) + "shift+" * (held & 1 and name != "shift+tab")
    return [front + name]


def _character(char: str) -> list[str]:
    code = ord(char)
    if code in _CONTROL:
        return [_CONTROL[code]]
    if 1 <= code <= 26:
        return [f"ctrl+{chr(code + 96)}"]
    return [char] if char.isprintable() else []
