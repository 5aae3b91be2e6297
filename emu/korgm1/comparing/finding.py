"""What a comparison found: one difference a `Finding`, of one of the kinds people ask for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

KINDS = {
    "version": "Version",
    "threshold": "Battery threshold",
    "validity": "What makes the RAM valid",
    "layout": "Where the RAM holds what",
    "init": "What an initialisation writes",
    "keys": "Keys at power-on",
    "text": "Texts",
    "midi": "MIDI replies",
    "time": "Times of a boot",
    "ports": "Port writes and ports",
    "vector": "Interrupts",
    "table": "Tables",
    "nec": "NEC instructions",
    "function-new": "New functions",
    "function-gone": "Functions that are gone",
    "function-changed": "Changed functions",
    "unread": "What no code is known to refer to",
    "bytes": "Changed bytes",
    "script": "What the script saw",
}
"""Kind of a finding -> heading, in the order of a report."""


@dataclass(frozen=True)
class Finding:
    """One difference between two firmwares.

    Attributes:
        kind: one of `KINDS`.
        what: what differs, a few words: "adc code of Battery Low".
        a, b: what each side has, as text; "" where it has no such thing.
        evidence: how that was seen, a sentence each.
        where: addresses and names it belongs to, as text, those of A before those of B.
        because: what it only follows from, "" for a difference of its own.

    >>> print(Finding("text", "LCD text", "RAM Error", "Memory Error"))
    text: LCD text: 'RAM Error' / 'Memory Error'
    """

    kind: str
    what: str
    a: str
    b: str
    evidence: tuple[str, ...] = ()
    where: tuple[str, ...] = ()
    because: str = ""

    @classmethod
    def of(
        cls, kind: str, what: str, sides: Iterable[str], evidence: tuple[str, ...] = (), where: tuple[str, ...] = ()
    ) -> Finding:
        """A finding of A's and B's text together."""
        a, b = sides
        return cls(kind, what, a, b, evidence, where)

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}: {shown(self.a, self.kind)} / {shown(self.b, self.kind)}"

    def to_dict(self) -> dict[str, Any]:
        """A row of `korgm1 compare --json`."""
        return {
            "kind": self.kind, "what": self.what, "a": self.a, "b": self.b, "evidence": list(self.evidence),
            "where": list(self.where), "because": self.because,
        }


def small(heading: str) -> str:
    """A heading within a sentence.

    >>> small("Battery threshold"), small("MIDI replies")
    ('battery threshold', 'MIDI replies')
    """
    return heading if heading[:2].isupper() else heading[0].lower() + heading[1:]


def shown(value: str, kind: str = "") -> str:
    """A side's value in a line: a dash where there is none; in quotes where it is a text, or has blanks at its ends.

    >>> shown(""), shown("80"), shown("1.01 s"), shown("Init  "), shown("RAM Error", "text"), shown("14", "text")
    ('-', '80', '1.01 s', "'Init  '", "'RAM Error'", '14')
    """
    if not value:
        return "-"
    bare = value == value.strip() and value.isprintable() and (kind != "text" or value.isdigit())
    return value if bare else repr(value)
