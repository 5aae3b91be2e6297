"""A TOML table that is taken apart key by key, and complains by name of what it does not know."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

from korgm1.errors import UserError

Range = tuple[float, float]


class Table:
    """One table of a file.

    Args:
        where: the file and the table, for messages ("x.toml, phase 2").
        data: what the TOML reader made of it.

    Raises:
        UserError: (every method) a key is missing, is of another kind, or nobody knows it.

    >>> Table("x.toml", {"title": 3}).text("title")
    Traceback (most recent call last):
    korgm1.errors.UserError: x.toml: title = 3 cannot be used; expected a text
    """

    def __init__(self, where: str, data: Any) -> None:
        if not isinstance(data, Mapping):
            raise UserError(f"{where} is {data!r}", "a table")
        self.where = where
        self._data = dict(data)
        self._asked: list[str] = []

    def text(self, key: str, default: str | None = None) -> str:
        """A text that is not empty; `default` where the key is absent."""
        value = self._take(key, default)
        if not isinstance(value, str) or (not value.strip() and value != default):
            self._bad(key, value, "a text")
        return str(value).strip()

    def choice(self, key: str, choices: tuple[str, ...], default: str = "") -> str:
        """One of these words; `default` where the key is absent."""
        value = self._take(key, default)
        if value != default and value not in choices:
            self._bad(key, value, "one of " + ", ".join(choices))
        return str(value)

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts, blanks and line ends in them taken together; empty where the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list) or not all(isinstance(word, str) and word.strip() for word in value):
            self._bad(key, value, "a list of texts")
        return tuple(" ".join(word.split()) for word in value)

    def number(self, key: str, default: float | None = None) -> float:
        """A number; `default` where the key is absent."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
            self._bad(key, value, "a number")
        return float(value)

    def whole(self, key: str, default: int) -> int:
        """A whole number; `default` where the key is absent."""
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self._bad(key, value, "a whole number")
        return int(value)

    def boolean(self, key: str) -> bool | None:
        """True, false, or None where the key is absent."""
        value = self._take(key, None, needed=False)
        if value is not None and not isinstance(value, bool):
            self._bad(key, value, "true or false")
        return None if value is None else bool(value)

    def range(self, key: str) -> Range:
        """Two numbers, the smaller first."""
        value = self._take(key, None)
        numbers = isinstance(value, list) and all(
            isinstance(n, int | float) and not isinstance(n, bool) and isfinite(n) for n in value
        )
        if not numbers or len(value) != 2 or value[0] > value[1]:
            self._bad(key, value, "two numbers, the smaller first, as [1, 20]")
        return float(value[0]), float(value[1])

    def tables(self, key: str) -> list[Table]:
        """A list of tables, empty where the key is absent."""
        value = self._take(key, [])
        if not isinstance(value, list):
            self._bad(key, value, "a list of tables")
        return [Table(f"{self.where}, {key} {number}", row) for number, row in enumerate(value, 1)]

    def table(self, key: str) -> Table:
        """A table, an empty one where the key is absent."""
        return Table(f"{self.where}, {key}", self._take(key, {}))

    def items(self) -> dict[str, Any]:
        """All that is in it, as it is."""
        self._asked += self._data
        return dict(self._data)

    def has(self, key: str) -> bool:
        """Whether the key, which is one of those it may contain, is there."""
        self._asked.append(key)
        return key in self._data

    def line(self, key: str) -> str | None:
        """A text that may be empty, or None where the key is absent."""
        value = self._take(key, None, needed=False)
        if value is not None and not isinstance(value, str):
            self._bad(key, value, "a text")
        return None if value is None else str(value)

    def end(self) -> None:
        """Whoever reads it has asked for everything it may contain."""
        unknown = [key for key in self._data if key not in self._asked]
        if unknown:
            known = ", ".join(dict.fromkeys(self._asked))
            raise UserError(f"{self.where}: nobody knows the key {unknown[0]!r}", f"one of {known}")

    def _take(self, key: str, default: Any, needed: bool = True) -> Any:
        self._asked.append(key)
        if key in self._data:
            return self._data[key]
        if default is None and needed:
            raise UserError(f"{self.where} has no {key}", f"{key} = ...")
        return default

    def _bad(self, key: str, value: Any, expected: str) -> None:
        raise UserError(f"{self.where}: {key} = {value!r} cannot be used", expected)
