"""Tiny register scripts, and the hashes of what the tone generator makes of them (SHA-256 of the buses as 32-bit words,
little endian; its first 16 digits). The hashes are regressions: they say that nothing changed."""

from __future__ import annotations

import numpy as np
from tg_scripts import KEY, LOOP, ONE, Write, cycle, play, put

IMPULSE, RAMP, SINE, PRIME = 0, 64, 128, 192
"""Where in `WORDS` an impulse, a ramp and a sine of 64 words and a loop of 61 words begin."""
WORDS = np.concatenate([
    np.eye(1, 64, 8, dtype=np.int16)[0] * 30000, np.arange(64, dtype=np.int16) * 1000 - 32000, cycle(64),
    cycle(61, 20000, 3),
])
SCRIPTS: dict[str, tuple[dict[str, object], list[list[Write] | int]]] = {
    "impulse": ({"headroom": 12}, [play(end=64, increment=ONE * 3 // 7, pan=4), 200]),
    "ramp none": ({"interpolation": "none", "headroom": 12}, [
        play(start=RAMP, end=SINE, increment=ONE * 5 // 3, pan=12), 100]),
    "sine inclusive": ({"loop": "inclusive", "headroom": 12}, [
        play(start=SINE, loop=SINE, end=PRIME - 1, increment=ONE * 11 // 9, control=KEY | LOOP), 500,
        put(level_ramp=6, level=0x1000, pitch_ramp=7, increment=ONE // 3, pan=9), 500, put(control=KEY), 100]),
    "prime 4-point": ({"interpolation": "4-point", "headroom": 18, "pan": "power"}, [
        play(start=SINE, loop=PRIME, end=PRIME + 61, increment=7 * ONE + 12345, pan=3, control=KEY | LOOP), 1000]),
    "sixteen": ({"headroom": 12}, [
        *[play(v, start=13 * v, loop=PRIME, end=PRIME + 61, increment=ONE // 2 + 77777 * v, pan=v % 14,
               level=0x7000 + 999 * v, control=KEY | v & LOOP) for v in range(16)],
        700, *[put(v, level_ramp=v, level=0xFFFF, control=v & 3) for v in range(16)], 700]),
}
GOLDEN = {
    "impulse": "cde23bbcdae65f47",
    "ramp none": "35a284f03a09b39a",
    "sine inclusive": "fd7ac4a9e5f4bd88",
    "prime 4-point": "684afc5690fc66e8",
    "sixteen": "70d50291459461bf",
}
