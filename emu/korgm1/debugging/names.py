"""What ports and places are called: of this board as it is now, and of its firmware by analysis."""

from __future__ import annotations

from collections.abc import Mapping

from korgm1.analysis import analyse
from korgm1.analysis import names as wired
from korgm1.analysis.told import told_by
from korgm1.session import Session
from korgm1.symbols import Symbol, Symbols


def port_names(session: Session) -> Mapping[int, str]:
    """Name of every port that has one, the V50's units where the firmware has placed them by now."""
    peek = session.machine.ports.peek
    return wired.port_names((port, peek(port)) for port in range(0xFFF0, 0x10000))


def analysed(session: Session, own: Symbols | None = None) -> list[Symbol]:
    """Names that a static analysis gives to places of the firmware, functions as such; it is told of `own`."""
    program = analyse(session.firmware.image, told=told_by(own))
    return [Symbol(at, name, "function" if at in program.functions else "") for at, name in program.labels.items()]
