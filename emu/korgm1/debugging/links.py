"""Frames of compiled code on the stack: words that BP links, each with a return address above it.

A routine that opens a frame (PUSH BP, MOV BP,SP; or PREPARE) has its return address above its link. So what looks like
a return from it and has no link below it is an old word, a saved register, or data - but where the link is not made
yet, or gone again: at the routine's first two instructions and at its return.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

FRAMES = (b"\x55\x8b\xec", b"\x55\x89\xe5")
"""PUSH BP, MOV BP,SP, both encodings."""
PREPARE = 0xC8
_RETURNS = b"\xc2\xc3\xca\xcb"
_MOST = 256


@dataclass
class Links:
    """What the chain of BP says of words on the stack.

    Args:
        read: bytes from a physical address on.
        ss, sp, bp: the registers.
        place: physical address of the next instruction.
    """

    read: Callable[[int, int], bytes]
    ss: int
    sp: int
    bp: int
    place: int
    chain: frozenset[int] = field(init=False)

    def __post_init__(self) -> None:
        found: set[int] = set()
        at = self.bp
        while self.sp <= at <= 0xFFFE and at not in found and len(found) < _MOST:
            found.add(at)
            following = int.from_bytes(self.read((self.ss << 4) + at & 0xFFFFF, 2), "little")
            if following <= at:
                break
            at = following
        self.chain = frozenset(found)

    def interrupted(self, place: int, sp: int) -> None:
        """Behind here the stack is that of what was interrupted at a place."""
        self.place, self.sp = place, sp

    def allows(self, target: int, sp: int) -> bool:
        """Whether a return address at SP can be one from the routine at a physical address.

        Nothing is refused while BP is no link: then code keeps no frames, or has just begun.
        """
        if not self.chain or sp - 2 & 0xFFFF in self.chain or not self._opens(target):
            return True
        if sp == self.sp:
            return self.place == target or self.read(self.place, 1) in _RETURNS
        return sp == self.sp + 2 and self.place == target + 1

    def _opens(self, target: int) -> bool:
        code = self.read(target & 0xFFFFF, 3)
        return code in FRAMES or code[0] == PREPARE
