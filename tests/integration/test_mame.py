"""The same firmware on MAME's driver of the same board: another emulator, the same text."""

from __future__ import annotations

import pytest

import mame
from korgm1.session import Session


@pytest.mark.skipif(mame.find_mame() is None, reason="mame is not installed")
def test_openm1_shows_the_same_lcd_text_on_mame() -> None:
    # MAME 0.251 leaves the battery's channel open: the firmware reads it above CCh there, as with five volts here
    ours = Session(battery=5.0)
    ours.boot(seconds=8)
    theirs = mame.run_mame(8)
    assert theirs.lines == ours.lcd
    assert theirs.lines[0].startswith("Prog I00 Init Prog")
