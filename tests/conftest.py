"""What tests share: where the outside data are, and the folder of tools."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from korgm1.board.lcd_hd44780 import Hd44780
from korgm1.session import Session

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tests" / "models")]

# The suite tries the same examples in every run, however slow the host. `--hypothesis-profile search` looks for others.
settings.register_profile("suite", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("search", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("suite")

# What is started in the background of a shell, or by nohup, has signals ignored, and so would all programs it starts.
signal.signal(signal.SIGINT, signal.default_int_handler)
if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)


def data_file(name: str) -> Path:
    """A file of the outside data: `$KORGM1_DATA`, else ../shared/data; the test is skipped where it is absent."""
    folder = Path(os.environ.get("KORGM1_DATA") or ROOT.parent / "shared" / "data")
    path = folder / name
    if not path.exists():
        pytest.skip(f"{name} is not there: neither in $KORGM1_DATA nor in ../shared/data")
    return path


@pytest.fixture
def data_path() -> Callable[[str], Path]:
    """See `data_file`."""
    return data_file


@pytest.fixture
def preload() -> bytes:
    """Korg's factory preload as one ALL DATA dump, 49,791 bytes."""
    return data_file("M1preld.syx").read_bytes()


@pytest.fixture
def ctrl_c_at_lcd_write(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Have Ctrl-C pressed in the midst of a write to the LCD, of that number, which the CPU's engine calls for."""
    def begin(number: int) -> None:
        write, seen = Hd44780.write, 0

        def counted(self: Hd44780, offset: int, value: int) -> None:
            nonlocal seen
            seen += 1
            if seen == number:
                signal.raise_signal(signal.SIGINT)
            write(self, offset, value)

        monkeypatch.setattr(Hd44780, "write", counted)

    return begin


@pytest.fixture(scope="session")
def booted() -> bytes:
    """Snapshot of OpenM1 on its play page, with a fresh cell and RAM just initialised."""
    session = Session()
    session.boot()
    return session.snapshot()


@pytest.fixture
def m1(booted: bytes) -> Session:
    """An instrument of one's own, standing where `booted` was saved."""
    session = Session()
    session.restore(booted)
    return session
