"""Every field of every device goes into its block and comes back out of it.

Each block of `FILLED` differs in every value from that of a fresh device. So a field that `snapshot` or `restore`
forgets shows: the block of a fresh device that took it back is another. A field that both forget shows as an attribute
that `restore` leaves alone and that is none of `CONSTANT`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.line import Line
from korgm1.machine.build import build
from korgm1.machine.models import model_named
from korgm1.machine.open_waves import open_wave_rom
from korgm1.physics.bench_supply import BenchSupply
from korgm1.snapshot import Block, Snapshot, decode, encode
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.native import ffi
from korgm1.sound.tg_mb87402 import Mb87402
from korgm1.sound.vdf_mb87404 import Mb87404


@pytest.mark.parametrize(("struct", "chip", "version", "size"), [
    ("tg_mb87402", Mb87402(), 1, 1416), ("vdf_mb87404", Mb87404(), 1, 968), ("mde", Mde(), 2, 263_400),
])
def test_a_struct_of_another_size_has_another_version(struct: str, chip: Any, version: int, size: int) -> None:
    """Blocks of these chips are the bytes of their C structs: files older than a change of one must be told apart."""
    assert (chip.snapshot()["version"], ffi.sizeof(struct)) == (version, size)


def pattern(size: int) -> bytes:
    return bytes(n * 7 + 1 & 0xFF for n in range(size))


def timer(number: int) -> Block:
    return {
        "counter": {
            "mode": 3, "bcd": True, "count": 1000 + number, "ce": 17, "loaded": 900, "out": 1, "gate": 0, "armed": True,
            "pending": True, "counting": True, "expired": True, "held": True, "null": False,
        },
        "at": 123, "shift": None, "control": 0x36, "read_high": True, "write_low": 0x12, "latch": 0x3456,
        "status": 0x80, "listened": number == 1, "level": 1,
    }


def sound_chips() -> dict[str, Block]:
    """The sound chips after some writes and some frames."""
    tg, vdf, mde = Mb87402(), Mb87404(), Mde()
    for offset, value in enumerate(pattern(0x200)):
        tg.write(offset, value)
    for voice in range(0, 0x100, 0x20):
        for offset, value in ((0, 1), (2, 5), (3, 60), (4, 9), (6, 1), (7, 2), (8, 3), (9, 4)):
            vdf.write(voice + offset, value)
    mde.select(1, 12)
    mde.select(2, 1)
    mde.frames(vdf.samples(np.full((8, 100), 9000, np.int32))[:4].T)
    return {
        "sound_board": {
            "layout": 1, "frame": 1000, "hash": "0123456789abcdef", "held": False, "index": 7, "shadow": pattern(25),
        },
        "tg": tg.snapshot(), "vdf1": vdf.snapshot(), "vdf2": vdf.snapshot(), "mde": mde.snapshot(),
        "wave_rom": open_wave_rom().snapshot(),
    }


FILLED: dict[str, Block] = {
    "sram": {"data": pattern(0x10000)},
    "card": {
        "card": {
            "data": pattern(0x8000), "protected": True, "seed": 4, "power_ups": 2, "lost": 9, "supply": {
                "cell": {
                    "kind": "CR2016", "seed": 4, "drawn_mah": 1.5, "self_mah": 2.5, "age_seconds": 3.5, "dry": 0.25,
                    "polarised_volts": 0.125, "offset_volts": 0.01,
                },
                "celsius": 31.0, "history": {"levels": [3, 100], "seconds": [5.0, 6.5], "lowest": 0.03}, "on": True,
                "told": True, "node": 1.25, "held_seconds": 77.0, "contact_ohms": 0.0,
            },
        },
        "since": 5000,
    },
    "icu": {
        "inputs": 0x55, "latch": 0x44, "edge_only": 0x05, "edge": 0x21, "imk": 0xA5, "iis": 0x40, "vector": 0x20,
        "slaves": 0x80, "level_mode": True, "extended": True, "self_finish": True, "self_rotate": True, "special": True,
        "lowest": 3, "read_iis": True, "poll": True, "awaited": [3, 4], "ready": True,
    },
    "scu": {
        "pins": True, "smd": 0x4E, "scm": 0x0D, "simk": 2, "te_seen": True, "rtclk": [16, 5, 4008],
        "tx": {
            "stb": 0x41, "full": True, "goes": True, "first": 32, "end": 192, "low_from": 5000,
            "frame": [3000, 256, 10, 0x282],
        },
        "rx": {
            "enabled": True, "srb": 0x90, "ready": True, "parity_error": True, "overrun": True, "framing_error": True,
            "low_from": 5500, "low_until": 6000, "looked": 3992, "seen": 0, "fresh": True, "first": 7, "probing": True,
            "taken": 2, "bits": 2, "shape": [8, 1, 1, 16],
            "frames": [[4000, 256, 10, 0x320], [6560, 256, 10, 0x2AA]],
        },
    },
    "tcu": {"channels": [timer(number) for number in range(3)], "period": 16},
    "dmau": {
        "channels": [
            {"address": 0x10001 + n, "base_address": 0x20002 + n, "base_count": 33 + n, "count": 3 + n, "mode": 0x44}
            for n in range(4)
        ],
        "requests": 5, "serial_pins": True, "selected": 2, "base": True, "control": 0x110, "tc": 8, "mask": 6,
        "lowest": 1, "serving": 0, "ending": True, "released": True, "cascading": True, "taken": 28,
    },
    "sysregs": {
        "0": 0x0A, "2": 0x88, "4": 0x11, "5": 0x12, "6": 0x03, "8": 0x28, "9": 0x11, "A": 0x04, "B": 0x40, "C": 0x7F,
        "D": 0x0F, "E": 0x06,
    },
    "midi_in": {"queue": [[500, b"\x90\x3c"], [900, b"\xfe"]], "position": 1, "free": 3060},
    "midi_out": {"data": b"\xf0\x42", "total": 3, "framing_errors": 1},
    "midi_thru": {"data": b"", "total": 4, "framing_errors": 2},
    "lcd": {
        "_ddram": pattern(80), "_cgram": pattern(64), "_ac": 0x45, "_ac_old": 0x44, "_ac_moves": 7000, "_dr": 0x41,
        "_in_cgram": True, "_shift": 3, "_id": False, "_s": True, "_d": True, "_c": True, "_b": True, "_n": True,
        "_f": True, "_dl": False, "_locked": True, "_low": True, "_half": 0x30, "_rs": 1, "_rw": 1, "_e": 1,
        "_db": 0x5A, "_powered": True, "_origin": 100, "busy_until": 6900, "ignored": 2,
    },
    "panel": {
        "column": 5, "lit": 0x11, "held": ["9", "INT"],
        "controls": {"joystick_x": 1, "joystick_y": 2, "value": 3, "aftertouch": 4, "pedal1": 5, "pedal2": 6},
    },
    "keyscan": {"fifo": b"\xbc\x64", "lost": 1},
    "adc": {"channel": 6, "start": 1, "result": 0xA4, "next": 0x33, "due": 7500},
    **sound_chips(),
    "pio": {"latch": [0x5A, 1, 2, 3, 4], "out_mask": [0xFF, 0x0F, 0xF0, 0xFF, 0x07]},
    "power": {"rail": 1, "reset_n": 1, "frozen": "the supply fell"},
    "battery": {
        "cell": {
            "kind": "CR2032", "seed": 3, "drawn_mah": 1.5, "self_mah": 2.5, "age_seconds": 3.5, "dry": 0.25,
            "polarised_volts": 0.125, "offset_volts": 0.01,
        },
        "celsius": 31.0, "history": {"levels": [3, 100], "seconds": [5.0, 6.5], "lowest": 0.03}, "on": True,
        "told": True, "node": 1.25, "held_seconds": 77.0, "contact_ohms": 47.5,
    },
}
WHOLE = {("cell",), ("history",), ("card",)}
NOT_KEPT = {
    ("midi_thru", "data"): "THRU remembers no bytes",
    ("sound_board", "layout"): "the form of the block",
    **{(chip, "version"): "the form of the block" for chip in ("tg", "vdf1", "vdf2", "mde")},
    **{("wave_rom", field): "which words, not what is in them" for field in ("layout", "sha1", "size", "card")},
}
CONSTANT = {
    "Sram": {"_by_cells", "_zeros", "_decay", "_imprint", "_fram", "_stuck"},
    "ProgramCard": {"_open_bus", "_touches"},
    "Icu": {"_bus_vector"},
    "Scu": {"_tbrdy_after_te", "_srdy", "_receiver._break_blocks"},
    "Tcu": set(),
    "Dmau": set(),
    "Sysregs": {
        "_address_reset", "_always", "_intp1", "_intp2", "_sint", "_tout0", "_tout1", "_icu_int", "_int_cpu",
    },
    "MidiIn": set(),
    "MidiOut": {"_keep", "listener"},
    "Hd44780": {"_has_bar", "_obey", "_short", "_long", "_add", "_power_on", "_blink_half", "_listeners"},
    "Panel": {"_places", "_led_names", "_absent", "_rail", "_listeners", "_stuck"},
    "KeyScan": {"_open_bus", "fitted"},
    "M58990": {"reference"},
    "SoundBoard": {"_open_bus"},
    "Mb87402": {"_open_bus"},
    "Mb87404": {"_poles", "_law", "_open_bus"},
    "Mde": {"_wiring"},
    "WaveRom": {"card_at", "card_sha1", "size", "sha1"},
    "Cxd1095": {"_open_bus"},
    "Power": {"_delay", "_stuck"},
    "Battery": {"_law"},
}
"""Attributes that are set once by the constructor, are views, or follow other devices' lines, by class."""


def board() -> Any:
    """One without power."""
    return build(model_named("m1"), bytes(0x20000), "v30", Hypotheses(), Battery(BenchSupply(3.2)))


def fresh(name: str) -> Any:
    """The device of a board without power."""
    return board().devices[name]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value of a block with its path; lists of numbers, what is empty and another part's block are values."""
    if isinstance(value, dict) and path not in WHOLE:
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for place, inner in enumerate(value):
            yield from leaves(inner, (*path, place))
    else:
        yield path, value


def at(block: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        block = block[key]
    return block


def with_value(block: Any, path: tuple[Any, ...], value: Any) -> Any:
    """A copy with another value at one path."""
    if not path:
        return value
    copy = dict(block) if isinstance(block, dict) else list(block)
    copy[path[0]] = with_value(block[path[0]], path[1:], value)
    return copy


def is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(is_plain, value.values()))
    if isinstance(value, list | tuple | deque):
        return all(map(is_plain, value))
    return value is None or isinstance(value, int | float | str | bytes | bytearray)


def attributes(part: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Attributes that hold plain values and the levels of lines, those of a chip's own channels too, as text."""
    names = part.__slots__ if hasattr(part, "__slots__") else vars(part)
    for name in names:
        value = getattr(part, name)
        if is_plain(value):
            yield prefix + name, repr(value)
        elif isinstance(value, Line):
            yield prefix + name, repr(value.level)
        elif type(value).__module__.startswith(("korgm1.onchip.tcu_counter", "korgm1.onchip.scu_")):
            yield from attributes(value, f"{prefix}{name}.")
        elif name == "_channels" and isinstance(value, tuple):
            for place, channel in enumerate(value):
                yield from attributes(channel, f"{prefix}{name}[{place}].")


def test_every_device_is_here() -> None:
    assert list(FILLED) == list(board().devices)


@pytest.mark.parametrize("name", FILLED)
def test_a_filled_block_differs_everywhere_from_a_fresh_one(name: str) -> None:
    plain = fresh(name).snapshot()
    for path, value in leaves(FILLED[name]):
        assert at(plain, path) != value or (name, *path) in NOT_KEPT, f"{name} {path} is as in a fresh device"


@pytest.mark.parametrize("name", FILLED)
def test_what_is_restored_is_what_is_saved_again(name: str) -> None:
    device = fresh(name)
    block = decode(encode(Snapshot(blocks={name: FILLED[name]}))).blocks[name]
    device.restore(block)
    assert device.snapshot() == FILLED[name]
    twin = fresh(name)
    twin.restore(device.snapshot())
    assert dict(attributes(twin)) == dict(attributes(device))
    plain = fresh(name).snapshot()
    device.restore(plain)
    assert device.snapshot() == plain, "something of the older state stayed"


@pytest.mark.parametrize("name", FILLED)
def test_each_field_left_out_would_show(name: str) -> None:
    """A `restore` that forgets a field leaves it as it is in a fresh device: the comparison above must notice."""
    plain = fresh(name).snapshot()
    for path, _ in leaves(FILLED[name]):
        if (name, *path) in NOT_KEPT:
            continue
        device = fresh(name)
        try:
            device.restore(with_value(FILLED[name], path, at(plain, path)))
        except LookupError:
            continue                                        # no message under way, at a place in it
        assert device.snapshot() != FILLED[name], f"{name} {path}"


@pytest.mark.parametrize("name", FILLED)
def test_no_attribute_is_outside_the_block(name: str) -> None:
    device = fresh(name)
    before = dict(attributes(device))
    device.restore(FILLED[name])
    after = dict(attributes(device))
    untouched = {key for key in before if before[key] == after.get(key)}
    kept_out = {"_heard"} if name == "midi_thru" else set()
    assert untouched == CONSTANT[type(device).__name__] | kept_out
