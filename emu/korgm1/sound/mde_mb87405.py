"""MB87405, "Multi Digital Effects": two effects, their routing, 65,536 words of 20 bits of delay memory (cext/mde_*.c).

what            here
buses A-D in    20 bits, from the TG's panpots
1/L 2/R 3 4     20 bits, to the DAC
RAM             five D41464V-10, 64K x 4: 65,536 words of 20 bits, a half for each effect
a frame         256 CPU clocks, 1/31,250 s; at most 168 accesses of the RAM
parameters      the 25 bytes of the effect block of a program, combination or song; ports: see sound_board (H-MDEP)

serial          A B -> effect 1 -> (+ C D through the output 3/4 pans) -> effect 2 -> 1/L 2/R; C D -> 3 4 (H-MDE-OUT34)
parallel        A B -> effect 1 -> 1/L 2/R; C D -> effect 2 -> 3 4, and through the pans to 1/L 2/R
effect off      that channel passes as it is, bit for bit; so does a balance of 0 and Through
dual (26-33)    left through a delay, right through the second effect, a balance each (H-MDE-DUAL)

Confirmed (photograph, service manual, owner's manual at second hand): chips, RAM, the two connections, the pans' codes,
the 33 effects with their parameters, ranges and LFO rates, and that 24 and 25 exclude modulation effects. Byte 8
bits 5-7: unknown, ignored.
MEASURED in the factory data: both balances of an effect are equal in 391 of 391 uses of 1-25 and differ in 8 of 9 of
26-33; no pair breaks the rule. Guessed: what every algorithm does inside (H-FXALG), beginning with the balance as a
crossfade and straight pans; nothing public tells. Each cext/mde_*.c says what its family does.

No algorithm goes on by itself when the sound has died away (each file says why), so silence ends in zeros. Values that
move take steps of 32 frames and go straight between them; a delay's new time is taken while its tap is closed (16 ms).
A new type clears its slot and its half of the RAM.
Sources: facts m1-sound 4, m1-hardware 6.6, 7.3.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from korgm1.errors import SnapshotError, UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.snapshot import Block
from korgm1.sound import mde_parameters as parameters
from korgm1.sound.native import ffi, lib

VERSION = 2
"""Layout of the snapshot; goes up with every change of `struct mde`."""
_SIZE = 4 * int(lib.MDE_WORDS)
_MEMORY = slice(ffi.offsetof("mde", "memory"), ffi.offsetof("mde", "memory") + _SIZE)
_MOST = slice(ffi.offsetof("mde", "most") - _SIZE, ffi.offsetof("mde", "most") - _SIZE + 4)
LONE = (24, 25)
"""Exclude a modulation effect in the other slot."""
WIRED = {
    "H-MDE-DUAL": {"sides": 0, "series": lib.MDE_SERIES},
    "H-MDE-OUT34": {"buses": 0, "silent": lib.MDE_NO_34},
}
"""What the guesses can be, as bits of the C side."""


class Mde:
    """The chip; both slots are Through at first.

    Args:
        dual: "sides" or "series" (H-MDE-DUAL).
        out34: "buses" or "silent" (H-MDE-OUT34).

    >>> mde = Mde()
    >>> mde.select(1, 10); mde.put(1, "delay left", 1); mde.put(1, "feedback", 0); mde.byte(8, 0b10001)
    >>> quiet = mde.frames(np.zeros((4000, 4), np.int32))
    >>> out = mde.frames(np.array([[1000, 0, 0, 0]] + [[0] * 4] * 40, np.int32))
    >>> [(frame, value) for frame, value in enumerate(out[:, 0].tolist()) if value]
    [(0, 500), (31, 500)]
    """

    def __init__(self, dual: str = "sides", out34: str = "buses") -> None:
        try:
            self._wiring = WIRED["H-MDE-DUAL"][dual] | WIRED["H-MDE-OUT34"][out34]
        except KeyError as wrong:
            known = ", ".join(word for words in WIRED.values() for word in words)
            raise UsageError(f"{wrong.args[0]!r} is no way to wire the effects", f"of {known}") from None
        self._chip = ffi.new("mde *")
        self.reset("power")

    @classmethod
    def of(cls, hypotheses: Hypotheses) -> Mde:
        """The chip as the hypotheses have it.

        >>> Mde.of(Hypotheses({"H-MDE-DUAL": "series"})).snapshot() == Mde(dual="series").snapshot()
        True
        """
        return cls(hypotheses["H-MDE-DUAL"], hypotheses["H-MDE-OUT34"])

    @property
    def pointer(self) -> Any:
        """The C struct, for who wires chips; the same as long as this object lives."""
        return self._chip

    def reset(self, kind: str) -> None:
        """Both slots Through, memory 0; power-on and the reset line do the same (ASSUMED)."""
        lib.mde_init(self._chip, self._wiring)

    @property
    def block(self) -> bytes:
        """The 25 bytes as they were written."""
        return bytes(self._chip.block)

    @property
    def memory(self) -> NDArray[np.int32]:
        """A copy of the 65,536 words."""
        return np.frombuffer(ffi.buffer(self._chip.memory), np.int32).copy()

    @property
    def most_accesses(self) -> int:
        """Accesses of the delay memory in the busiest frame since the reset; 168 fit."""
        return int(self._chip.most)

    def load(self, block: bytes) -> None:
        """Take a whole effect block.

        Args:
            block: 25 bytes. Parameters beyond their range count as the nearest in it.

        Raises:
            UsageError: another length, a type that does not exist, or two types that cannot be together; nothing
                changes then.
        """
        if len(block) != lib.MDE_BLOCK:
            raise UsageError(f"an effect block of {len(block)} bytes", "25 bytes")
        self._check(lib.mde_load(self._chip, bytes(block)), block)

    def byte(self, place: int, value: int) -> None:
        """Write one byte (0-24) of the block.

        Raises:
            UsageError: as `load`, or no such byte or value.
        """
        if not (0 <= place < lib.MDE_BLOCK and 0 <= value < 256):
            raise UsageError(f"byte {place} = {value}", "a place of 0 to 24, a value of 0 to 255")
        block = bytearray(self.block)
        block[place] = value
        self._check(lib.mde_set(self._chip, place, value), bytes(block))

    def select(self, slot: int, number: int) -> None:
        """What choosing a type on the panel does: effect `number` (1-33, 34 = Through) in slot 1 or 2, with the
        parameters it starts with and half effect, half dry.

        Raises:
            UsageError: as `load`, or no such slot.
        """
        at = self._slot(slot)
        block = bytearray(self.block)
        block[at] = (number - 1) & 0xFF
        if 1 <= number <= parameters.THROUGH:
            block[9 + 8 * at : 17 + 8 * at] = parameters.start(number)
            block[2 + 2 * at : 4 + 2 * at] = bytes([50, 50])
        self.load(bytes(block))

    def put(self, slot: int, name: str, value: int) -> None:
        """Set a parameter of the effect in slot 1 or 2 by its name (`mde_parameters.parameters`).

        Raises:
            UsageError: the effect has no such parameter, or the panel cannot set the value.
        """
        at = self._slot(slot)
        rows = parameters.parameters(self.block[at] + 1)
        if name not in rows:
            raise UsageError(f"{parameters.names()[self.block[at]]} has no {name!r}", "one of " + ", ".join(rows))
        block, first = self.block, 9 + 8 * at
        self.load(block[:first] + rows[name].put(block[first : first + 8], value) + block[first + 8 :])

    def frames(self, buses: NDArray[np.int32]) -> NDArray[np.int32]:
        """Run the chip.

        Args:
            buses: n x 4 words, A B C D of each frame; beyond 20 bits they are saturated.

        Returns:
            n x 4 words of 20 bits: 1/L 2/R 3 4 of each frame. The same whatever n the time is cut into.

        Raises:
            UsageError: another shape.
        """
        given = np.ascontiguousarray(buses, np.int32)
        if given.ndim != 2 or given.shape[1] != 4:
            raise UsageError(f"buses of shape {given.shape}", "n frames of four words")
        out = np.empty_like(given)
        if len(given):
            lib.mde_frames(
                self._chip, ffi.from_buffer("int32_t[]", given), ffi.from_buffer("int32_t[]", out), len(given)
            )
        return out

    def snapshot(self) -> Block:
        """The chip as it is: layout version, the bytes of the C struct without `memory` and `most`, in the host's byte
        order, and those of the memory; none where all words are 0."""
        chip = bytearray(ffi.buffer(self._chip))
        memory = bytes(chip[_MEMORY])
        del chip[_MEMORY]
        chip[_MOST] = bytes(4)
        return {"version": VERSION, "chip": bytes(chip), "memory": memory if memory.strip(b"\0") else b""}

    def restore(self, block: Block) -> None:
        """Take a snapshot back; what follows is bit for bit what would have followed.

        Raises:
            SnapshotError: another layout, or values no chip can have; nothing changes then.
        """
        rest: Any = block.get("chip")
        memory: Any = block.get("memory")
        whole = isinstance(rest, bytes) and isinstance(memory, bytes) and len(memory) in (0, _SIZE)
        if block.get("version") != VERSION or not whole or len(rest) + _SIZE != ffi.sizeof("mde"):
            raise SnapshotError("the effects of another layout", f"version {VERSION}")
        chip = ffi.new("mde *")
        ffi.buffer(chip)[:] = rest[: _MEMORY.start] + (memory or bytes(_SIZE)) + rest[_MEMORY.start :]
        if not lib.mde_valid(chip) or chip.wiring != self._wiring:
            raise SnapshotError("values in the effects that no chip with these guesses can have")
        ffi.buffer(self._chip)[:] = ffi.buffer(chip)[:]

    def _slot(self, slot: int) -> int:
        if slot not in (1, 2):
            raise UsageError(f"effect slot {slot}", "1 or 2")
        return slot - 1

    def _check(self, code: int, block: bytes) -> None:
        if code == lib.MDE_OK:
            return
        names = parameters.names()
        for kind in block[:2]:
            if kind >= len(names):
                raise UsageError(f"there is no effect {kind + 1}", "1 to 33, 34 = Through")
        one, two = (f"{kind + 1} {names[kind]}" for kind in block[:2])
        raise UsageError(f"effects {one} and {two} together", f"no modulation effect beside {LONE[0]} or {LONE[1]}")
