"""OpenM1 instruments that tests begin with."""

from __future__ import annotations

from functools import cache
from typing import Any

from korgm1.session import Session

YEAR = 31_557_600.0
ENGINES = ("unicorn", "v30", "lockstep")
BAR = "█" * 40
"""Line 1 of an LCD that was never initialised."""


@cache
def initialised() -> bytes:
    """The 65,536 bytes of RAM after a first boot and power-off."""
    session = Session(engine="v30")
    session.boot()
    session.power_off()
    return session.sram


def started(**options: Any) -> Session:
    session = Session(**{"sram": initialised(), "engine": "v30", **options})
    session.boot()
    return session
