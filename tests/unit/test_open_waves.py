"""The words of the open wave ROM as a machine has them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from korgm1.errors import UserError
from korgm1.machine import open_waves
from korgm1.machine.open_waves import open_wave_rom
from korgm1.waves.bank import FILE, open_bank, pack


def test_all_machines_have_the_banks_words() -> None:
    rom = open_wave_rom()
    assert np.array_equal(rom.words, open_bank().words) and not rom.words.flags.writeable and open_wave_rom() is rom


def test_a_damaged_file_is_no_wave_rom(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bank = open_bank()
    (tmp_path / "waves").mkdir()
    monkeypatch.setattr(open_waves, "files", lambda package: tmp_path)
    monkeypatch.setattr("korgm1.waves.bank.files", lambda package: tmp_path)
    monkeypatch.setattr(open_waves, "open_bank", open_bank.__wrapped__)
    data = pack(bank, "0" * 40)
    for damaged in (b"", data[:50], data[:-2], b"X" + data[1:]):
        (tmp_path / "waves" / FILE).write_bytes(damaged)
        with pytest.raises(UserError):
            open_wave_rom.__wrapped__()
    (tmp_path / "waves" / FILE).write_bytes(data)
    assert np.array_equal(open_wave_rom.__wrapped__().words, bank.words)
