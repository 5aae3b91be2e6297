"""Desks and their windows, drawn to nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from window_events import opened

from korgm1.clock import CPU_HZ
from korgm1.desk import Desk
from korgm1.session import Session


@pytest.fixture
def desk() -> Desk:
    desk = Desk(Session(battery="low"))
    desk.power(True)
    desk.run(2 * CPU_HZ)
    return desk


@pytest.fixture
def cold() -> Desk:
    """With the power off: hands can be laid on all the same."""
    return Desk(Session())


@pytest.fixture
def window(cold: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    view = opened(cold, monkeypatch)
    view.draw()
    yield view
    view.close()


@pytest.fixture
def live(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    view = opened(desk, monkeypatch)
    view.draw()
    yield view
    view.close()
