"""The lines of the remote control (docs/remote-control.md): bytes to requests, answers and events to bytes.

Pure: no clock, no instrument, no sockets. A line that cannot be a request is `Refused` with the error to answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from korgm1.errors import M1Error, UsageError

PROTOCOL = 1
"""Version of the protocol: a change that breaks clients raises it."""
LONGEST_LINE = 1 << 20
"""Bytes a line may have, its end not counted."""
_HINT = '{"id": 1, "do": "lcd"}'


@dataclass(frozen=True)
class Request:
    """What a client wants done; `id` is the client's own and comes back with the answer."""

    id: str | int | float | None
    do: str
    arguments: Mapping[str, Any]


class Refused(Exception):
    """A line that is no request: the error to answer and the id, where it could be read."""

    def __init__(self, error: UsageError, id: str | int | float | None = None) -> None:
        self.error = error
        self.id = id
        super().__init__(str(error))


class Lines:
    """Bytes as they come, cut into lines.

    >>> lines = Lines()
    >>> list(lines.take(b'{"do"')), list(lines.take(b': "lcd"}\\r\\n\\nx'))
    ([], [b'{"do": "lcd"}'])
    >>> list(lines.end())
    [b'x']
    """

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._begun = bytearray()
        self._passing = False

    def take(self, data: bytes) -> Iterator[bytes | None]:
        """The lines that are whole now, empty ones left out; None stands for one that was too long to be kept."""
        *ends, rest = data.split(b"\n")
        for end in ends:
            self._add(end)
            yield from self.end()
        self._add(rest)

    def end(self) -> Iterator[bytes | None]:
        """The line that was begun, when nothing follows."""
        line = None if self._passing else bytes(self._begun).strip()
        self._begun.clear()
        self._passing = False
        if line != b"":
            yield line

    def _add(self, data: bytes) -> None:
        self._passing = self._passing or len(self._begun) + len(data) > self._longest
        if self._passing:
            self._begun.clear()
        else:
            self._begun += data


def parse(line: bytes | None) -> Request:
    """A line as a request. Its arguments stand beside id and do, or, where one is called id itself, in `with`.

    Args:
        line: without its end; None for one that was too long.

    Raises:
        Refused: it is none.

    >>> parse(b'{"id": 7, "do": "press", "key": "INT"}')
    Request(id=7, do='press', arguments={'key': 'INT'})
    >>> parse(b'press INT')
    Traceback (most recent call last):
    korgm1.verbs.serving.Refused: the line is no JSON; expected one JSON object a line
      try: {"id": 1, "do": "lcd"}
    """
    if line is None:
        raise _refused(f"the line is longer than {LONGEST_LINE:,} bytes", "one request a line")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(f"the line is no UTF-8 from byte {error.start} on", "UTF-8 text") from None
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_number)
    except Refused:
        raise
    except (ValueError, RecursionError):
        raise _refused("the line is no JSON", "one JSON object a line") from None
    if not isinstance(found, dict):
        raise _refused(f"the line is no object: {line[:40].decode('utf-8', 'replace')}", "an object with do")
    id = found.pop("id", None)
    if isinstance(id, bool | list | dict):
        raise _refused("id is neither text nor a number", "an id that comes back with the answer")
    do = found.pop("do", None)
    if not isinstance(do, str):
        raise _refused("the request has no do", "the name of a command", id)
    if "with" in found:
        if len(found) > 1 or not isinstance(found["with"], dict):
            raise _refused("with is no object, or something stands beside it", "with, or the arguments themselves", id)
        found = found["with"]
    for text in [id, do, *found, *(item for value in found.values() for item in _items(value, id))]:
        if isinstance(text, str) and any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
            raise _refused("the text holds a NUL or half a surrogate pair", "whole characters")
    return Request(id, do, found)


def answer(id: object, result: object) -> bytes:
    """What was done, as a line.

    >>> answer(1, {"lcd": ["Prog I00"]})
    b'{"id": 1, "ok": {"lcd": ["Prog I00"]}}\\n'
    """
    return encode({"id": id, "ok": result})


def refusal(id: object, error: M1Error) -> bytes:
    """What could not be done, as a line.

    >>> refusal(1, UsageError("there is no key X"))
    b'{"id": 1, "error": {"found": "there is no key X", "expected": "", "hint": ""}}\\n'
    """
    return encode({"id": id, "error": {"found": error.found, "expected": error.expected, "hint": error.hint}})


def event(kind: str, at: int, fields: Mapping[str, Any]) -> bytes:
    """Something that happened at this desk time (clocks of 8 MHz), as a line."""
    return encode({"event": kind, "at": at, **fields})


def encode(value: Mapping[str, Any]) -> bytes:
    """One line of UTF-8. What no UTF-8 can hold (half a character of a file's name) stays an escape of JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "backslashreplace") + b"\n"


def _refused(found: str, expected: str, id: str | int | float | None = None) -> Refused:
    return Refused(UsageError(found, expected, _HINT), id)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _refused("the line has a name twice", "each name once in an object")
    return found


def _number(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        _no_number(text)
    return value


def _no_number(text: str) -> NoReturn:
    raise _refused(f"{text[:40]} is no number of JSON", "finite numbers")


def _items(value: Any, id: str | int | float | None) -> list[Any]:
    """What an argument consists of: itself, or the items of a list."""
    items = value if isinstance(value, list) else [value]
    if any(isinstance(item, list | dict) for item in items):
        raise _refused("an argument is an object or a list of lists", "text, a number, true, false, null or a list", id)
    return items
