"""What speaks against a dump: a code, a confidence word, a sentence, and what to do next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from korgm1.romset.identify import Fault


class Confidence(StrEnum):
    """How sure a finding is.

    CERTAIN: the bytes themselves show it, or a SHA-1 proves it. LIKELY: chance or an odd firmware would have to be very
    strange to look like this. POSSIBLE: there are other explanations. NOTE: nothing is wrong; good to know.
    """

    CERTAIN = "certain"
    LIKELY = "likely"
    POSSIBLE = "possible"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One thing about a dump.

    Attributes:
        code: stable, for programs.
        confidence: see `Confidence`.
        text, hint: for people: what it is, and what to do next or "".
        details: the numbers of it, plain values.
    """

    code: str
    confidence: Confidence
    text: str
    hint: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """It as plain values."""
        return {
            "code": self.code, "confidence": self.confidence.value, "text": self.text, "hint": self.hint,
            **({"details": dict(self.details)} if self.details else {}),
        }


SURE = frozenset({
    "blank", "empty", "format", "size", "half-size", "doubled", "repeated", "same-half", "mixed-versions",
    "missing-half", "half-damaged",
})
"""Faults of `identify` and `find_sets` that the bytes themselves show."""
REMARKS = frozenset({"unknown", "ambiguous"})
"""Those that say nothing against a dump."""


def from_fault(fault: Fault, proved: bool) -> Finding:
    """A fault that identifying found, with its confidence word; `proved` by the SHA-1 of what it was put right to.

    >>> from_fault(Fault("bit-order", "reversed"), proved=True).confidence
    <Confidence.CERTAIN: 'certain'>
    """
    word = Confidence.CERTAIN if proved or fault.code in SURE else Confidence.LIKELY
    if fault.code in REMARKS:
        word = Confidence.NOTE
    return Finding(fault.code, word, fault.text, fault.hint)


def notes(findings: Iterable[Finding]) -> list[Finding]:
    """Those that say nothing against a dump."""
    return [one for one in findings if one.confidence is Confidence.NOTE]


def speaking(findings: Iterable[Finding]) -> list[Finding]:
    """Those that speak against the dump: all but notes."""
    return [one for one in findings if one.confidence is not Confidence.NOTE]
