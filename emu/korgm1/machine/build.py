"""From a model to its board."""

from __future__ import annotations

from korgm1.board.battery import Battery
from korgm1.board.card import Card
from korgm1.hypotheses import Hypotheses
from korgm1.machine.faults import Faults
from korgm1.machine.m1 import M1
from korgm1.machine.m1r import M1R
from korgm1.machine.models import Model
from korgm1.sound.waverom import WaveRom


def build(
    model: Model, rom: bytes, engine: str, guess: Hypotheses, battery: Battery, card: Card | bytes | None = None,
    faults: Faults | None = None, wave_rom: WaveRom | None = None,
) -> M1:
    """The board of `model`, wired and without power; the arguments are those of `M1`."""
    return (M1R if model.rack else M1)(rom, engine, guess, battery, card, faults, wave_rom)
