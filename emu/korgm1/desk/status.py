"""What is said at the desk, and what the live loop tells it."""

from __future__ import annotations

from dataclasses import dataclass

MESSAGES = 100
"""Messages that are kept."""


@dataclass(frozen=True)
class Message:
    """Something that was said: its number since the desk was made, the desk time, "info" or "error", the text."""

    number: int
    at: int
    kind: str
    text: str


@dataclass
class LiveStatus:
    """What the live loop knows and the instrument does not.

    Attributes:
        speed: emulated time by host time, lately; 1.0 is real time.
        sound: where the sound goes, or why it goes nowhere.
        gaps: how often the sound had a gap.
        trouble: what there is to say of the sound, or "".
        midi: which ports are open.
        latency_ms: milliseconds of sound that are made ahead, and what the device says it needs; 0 without sound.
    """

    speed: float = 1.0
    sound: str = "no sound"
    gaps: int = 0
    trouble: str = ""
    midi: str = "no ports"
    latency_ms: float = 0.0
