"""Which findings only follow from others: a changed function from the text it shows, LCD writes from a text."""

from __future__ import annotations

from collections.abc import Sequence

from korgm1.comparing.finding import Finding
from korgm1.comparing.side import Side
from korgm1.comparing.static import Static


def explain(findings: Sequence[Finding], static: Static, sides: tuple[Side, Side]) -> list[Finding]:
    """The findings, with `because` where one follows from another."""
    return list(findings)
