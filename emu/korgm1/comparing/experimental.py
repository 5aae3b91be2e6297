"""Findings of the experiments on either firmware: battery, validity, initial contents, keys, layout, MIDI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from korgm1.comparing.finding import Finding
from korgm1.comparing.side import Side

KIND = {
    "battery_threshold": "threshold", "validity": "validity", "initial_contents": "init", "power_on_keys": "keys",
    "layout": "layout", "midi_replies": "midi", "interrupt_map": "vector",
}
"""Experiment -> kind of what differs in it."""
COST = {"boots", "seconds", "notes", "tried", "clock", "clocks", "sha1"}
"""Fields that say how something was found out, and nothing of the firmware."""
MOST = 60
"""Findings of one experiment at most."""


def experiment_findings(a: Side, b: Side) -> Iterator[Finding]:
    """Where the experiments came to different results."""
    for name, kind in KIND.items():
        if name not in a.experiments or name not in b.experiments:
            continue
        one, other = (side.experiments[name].to_dict() for side in (a, b))
        rows = list(differences(one, other))
        for path, x, y in rows[:MOST]:
            yield Finding(kind, f"{name.replace('_', ' ')}: {path}", x, y)


def differences(a: Any, b: Any, path: str = "") -> Iterator[tuple[str, str, str]]:
    """Where two plain values differ: path, A's, B's, "" for what is not there.

    >>> list(differences({"code": 3, "x": [1, 2]}, {"code": 4, "x": [1]}))
    [('code', '3', '4'), ('x 1', '2', '')]
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        for key in dict.fromkeys([*a, *b]):
            if key not in COST:
                yield from differences(a.get(key), b.get(key), f"{path} {key}".strip())
    elif isinstance(a, Sequence) and isinstance(b, Sequence) and not isinstance(a, str) and not isinstance(b, str):
        for number in range(max(len(a), len(b))):
            rows = [side[number] if number < len(side) else None for side in (a, b)]
            yield from differences(*rows, f"{path} {number}".strip())
    elif a != b:
        yield path, _text(a), _text(b)


def _text(value: Any) -> str:
    return "" if value is None else str(value)
