"""The battery-backed RAM: power-ups, images, broken cells, and the one host buffer it shares with the CPU."""

from __future__ import annotations

import mmap
from math import inf
from typing import Any

import numpy as np
import pytest

from korgm1.board.sram import Sram, Wake, check_image
from korgm1.errors import UserError
from korgm1.physics.supply_history import SupplyHistory

IMAGE = np.random.default_rng(1).integers(0, 256, 65536, np.uint8).tobytes()
DAY = 86_400.0


def sram(**options: Any) -> Sram:
    return Sram(memoryview(bytearray(65536)), **options)


def off(volts: float, seconds: float = DAY) -> SupplyHistory:
    """A supply that stood still."""
    history = SupplyHistory()
    history.stay(volts, seconds, 25.0)
    return history


def differing_bits(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def test_a_part_never_powered_is_neither_zeros_nor_the_same_as_another() -> None:
    first, second, again = sram(), sram(), sram()
    blank = Wake(524288, 0, bytes([255]) * 65536, inf, blank=True)
    assert first.power_up(None, None, seed=1) == second.power_up(None, None, seed=2) == blank
    assert 0.36 < differing_bits(first.image(), second.image()) / 524288 < 0.41
    again.power_up(None, seed=1)
    assert again.image() == first.image()
    again.power_up(None, seed=1, power_ups=1)
    assert 0.03 < differing_bits(first.image(), again.image()) / 524288 < 0.04
    zeros = sram(waking="zeros")
    zeros.power_up(None)
    assert zeros.image() == bytes(65536)


def test_kept_at_2_volts_and_lost_at_none() -> None:
    ram = sram()
    assert ram.power_up(IMAGE, off(2.0)) == ram.power_up(IMAGE, None) == Wake(0, 0, None, inf)
    assert ram.image() == IMAGE
    wake = ram.power_up(IMAGE, off(0.0))
    assert (wake.lost, wake.lowest_volts, wake.blank) == (524288, 0.0, False)
    assert 0.49 < wake.flipped / 524288 < 0.51 and wake.flipped == differing_bits(ram.image(), IMAGE)


def test_a_lost_cell_wakes_in_its_preferred_state() -> None:
    blank, ram = sram(), sram()
    blank.power_up(None, seed=4, power_ups=2)
    ram.power_up(IMAGE, off(0.0), seed=4, power_ups=2)
    assert ram.image() == blank.image()


def test_a_few_cells_are_lost_at_1_volt() -> None:
    ram = sram()
    wake = ram.power_up(IMAGE, off(1.0))
    assert 20 < wake.lost < 80 and wake.mask is not None
    assert 0 < wake.flipped == differing_bits(ram.image(), IMAGE) <= wake.lost
    assert int.from_bytes(wake.mask, "big").bit_count() == wake.lost
    changed = bytes(a ^ b for a, b in zip(ram.image(), IMAGE, strict=True))
    assert all(flip & ~mask == 0 for flip, mask in zip(changed, wake.mask, strict=True))
    assert sram(cells="datasheet").power_up(IMAGE, off(1.99)).lost == 524288
    assert sram(cells="datasheet").power_up(IMAGE, off(2.0)).lost == 0
    assert ram.power_up(IMAGE, off(0.5, 0.02)).lost == 0


def test_the_switches_of_decay_and_imprint_act() -> None:
    lost = [sram(decay=factor).power_up(IMAGE, off(0.3, 2.0)).lost for factor in (0.3, 1.0, 3.0)]
    assert lost[0] > lost[1] > lost[2] > 0
    flipped = {
        (imprint, years): sram(imprint=imprint).power_up(IMAGE, off(0.0), held_years=years).flipped
        for imprint in (0.0, 0.5) for years in (0.0, 30.0)
    }
    assert flipped[0.5, 30.0] < flipped[0.0, 30.0] - 20_000
    assert flipped[0.0, 0.0] == flipped[0.0, 30.0] == flipped[0.5, 0.0]


def test_ferroelectric_ram_needs_no_supply() -> None:
    ram = sram(fram=True)
    wake = ram.power_up(IMAGE, off(0.0))
    assert (wake.lost, wake.flipped, wake.lowest_volts) == (0, 0, 0.0) and ram.image() == IMAGE
    assert ram.power_up(None, off(0.0)).lost == 524288


def test_stuck_cells_hold_their_level() -> None:
    ram = sram(stuck=[(0x1234, 5, 1), (0x1234, 0, 0), (0xFFFF, 7, 1)])
    ram.power_up(bytes(65536))
    assert (ram.read(0x1234), ram.read(0xFFFF), ram.read(0x1235)) == (0x20, 0x80, 0)
    for value in (0x00, 0xFF, 0xA5, 0x1DF):
        ram.write(0x1234, value)
        assert ram.peek(0x1234) == (value & 0xFE | 0x20) & 0xFF
    ram.restore({"data": bytes([255]) * 65536})
    assert ram.image()[0x1234] == 0xFE and ram.image().count(255) == 65535


def test_it_is_the_cpus_memory_and_reset_leaves_it_alone() -> None:
    page = mmap.mmap(-1, 0x100000)
    ram = Sram(memoryview(page)[:0x10000])
    ram.power_up(IMAGE)
    ram.write(0x1234, 0x1A5)
    assert page[0x1234] == 0xA5 == ram.read(0x1234) == ram.peek(0x1234)
    assert page[0x10000:] == bytes(0xF0000)
    before = ram.image()
    ram.reset("button")
    ram.reset("power")
    assert ram.image() == before == page[:0x10000]


def test_bad_images_and_bad_memory() -> None:
    for size in (0, 65535, 65537, 131072):
        with pytest.raises(UserError, match=rf"x.sram is {size:,} bytes.*65,536 bytes"):
            check_image(bytes(size), "x.sram")
        with pytest.raises(UserError):
            sram().power_up(bytes(size))
    for memory in (memoryview(bytes(65536)), memoryview(bytearray(65535))):
        with pytest.raises(ValueError, match="writable"):
            Sram(memory)


def test_snapshot() -> None:
    ram, other = sram(), sram()
    ram.power_up(IMAGE)
    other.restore(ram.snapshot())
    assert other.image() == IMAGE and other.snapshot() == ram.snapshot()


def test_a_wake_in_a_snapshot() -> None:
    for history in (off(1.0), off(0.0), off(2.0)):
        wake = sram().power_up(IMAGE, history)
        assert Wake.restored(wake.snapshot()) == wake
    for bad in ({}, {**wake.snapshot(), "mask": b"x"}, {**wake.snapshot(), "lost": "many"}):
        with pytest.raises((LookupError, ValueError, UserError)):
            Wake.restored(bad)
