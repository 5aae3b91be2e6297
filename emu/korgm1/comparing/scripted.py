"""Findings of a script that both firmwares played."""

from __future__ import annotations

from collections.abc import Iterator

from korgm1.comparing.finding import Finding
from korgm1.comparing.pictures import align
from korgm1.comparing.side import Side


def script_findings(a: Side, b: Side) -> Iterator[Finding]:
    """What the phases showed differently, and what they left in the RAM."""
    if a.script is None or b.script is None:
        return
    for one, other in zip(a.script.phases, b.script.phases, strict=False):
        for row in align(one.pictures, other.pictures):
            if not row.same:
                texts = (
                    "" if side is None else " | ".join(line.strip() for line in side.lcd) for side in (row.a, row.b)
                )
                yield Finding.of("script", f"LCD in {one.title!r}", texts)
        if one.midi != other.midi:
            yield Finding("script", f"MIDI OUT in {one.title!r}", one.midi[:64].hex(" "), other.midi[:64].hex(" "))
    if a.script.fault != b.script.fault:
        yield Finding("script", "how the script ended", a.script.fault or "whole", b.script.fault or "whole")
