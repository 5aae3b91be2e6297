"""The battery-backed RAM: power-ups, images, and the one host buffer it shares with the CPU."""

import mmap

import numpy as np
import pytest

from korgm1.board.sram import Sram, check_image
from korgm1.errors import UserError

IMAGE = np.random.default_rng(1).integers(0, 256, 65536, np.uint8).tobytes()


def sram(**options: str) -> Sram:
    return Sram(memoryview(bytearray(65536)), **options)


def differing_bits(a: bytes, b: bytes) -> int:
    return (int.from_bytes(a, "big") ^ int.from_bytes(b, "big")).bit_count()


def test_a_part_never_powered_is_neither_zeros_nor_the_same_as_another() -> None:
    first, second, again = sram(), sram(), sram()
    assert first.power_up(None, 3.0, seed=1) == second.power_up(None, 0.0, seed=2) == 524288
    assert 0.36 < differing_bits(first.image(), second.image()) / 524288 < 0.41
    again.power_up(None, 0.0, seed=1)
    assert again.image() == first.image()
    again.power_up(None, 0.0, seed=1, power_ups=1)
    assert 0.03 < differing_bits(first.image(), again.image()) / 524288 < 0.04
    zeros = sram(waking="zeros")
    zeros.power_up(None, 0.0)
    assert zeros.image() == bytes(65536)


def test_kept_at_2_volts_and_lost_at_none() -> None:
    ram = sram()
    assert ram.power_up(IMAGE, 2.0) == 0 and ram.image() == IMAGE
    assert ram.power_up(IMAGE, 0.0) == 524288
    assert 0.49 < differing_bits(ram.image(), IMAGE) / 524288 < 0.51


def test_a_lost_cell_wakes_in_its_preferred_state() -> None:
    blank, ram = sram(), sram()
    blank.power_up(None, 3.0, seed=4, power_ups=2)
    ram.power_up(IMAGE, 0.0, seed=4, power_ups=2)
    assert ram.image() == blank.image()


def test_a_few_cells_are_lost_at_1_volt() -> None:
    ram = sram()
    lost = ram.power_up(IMAGE, 1.0)
    assert 20 < lost < 80
    assert 0 < differing_bits(ram.image(), IMAGE) <= lost
    assert sram(cells="datasheet").power_up(IMAGE, 1.99) == 524288
    assert sram(cells="datasheet").power_up(IMAGE, 2.0) == 0
    assert ram.power_up(IMAGE, 0.5, off_seconds=0.05) == 0


def test_it_is_the_cpus_memory_and_reset_leaves_it_alone() -> None:
    page = mmap.mmap(-1, 0x100000)
    ram = Sram(memoryview(page)[:0x10000])
    ram.power_up(IMAGE, 3.0)
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
            sram().power_up(bytes(size), 3.0)
    for memory in (memoryview(bytes(65536)), memoryview(bytearray(65535))):
        with pytest.raises(ValueError, match="writable"):
            Sram(memory)


def test_snapshot() -> None:
    ram, other = sram(), sram()
    ram.power_up(IMAGE, 2.5)
    other.restore(ram.snapshot())
    assert other.image() == IMAGE and other.snapshot() == ram.snapshot()
