"""Parameters that stand behind a call, which the called routine takes and steps over: where does it go on?

A run shows it: a call whose next byte was never executed went on at the next place that was. What all calls of one
routine that were seen have in common is taken for its rule, and holds for its other calls. A routine that takes its
return address off the stack at once, and reads code through it, is never thought to return behind the call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from korgm1.analysis.program import physical
from korgm1.cpu.disassembler import Instruction, decode

LONGEST = 96
"""Bytes of parameters, at most."""
SERVICE = 4
"""The same behind a software interrupt."""
_LOOKED = 12
_LONG = 24
Key = tuple[str, int]


def _to_high(data: bytes) -> int | None:
    return next((n + 1 for n, byte in enumerate(data) if byte >= 0x80), None)


def _to_zero(data: bytes) -> int | None:
    return data.find(0) + 1 or None


def _counted(data: bytes) -> int | None:
    return 1 + data[0] if data and data[0] else None


_RULES: tuple[Callable[[bytes], int | None], ...] = (_to_high, _to_zero, _counted)


class Inline:
    """What is known of parameters behind calls.

    Args:
        image: the bytes.
        base: address of the first.
        executed: (segment, offset) of every instruction that a run executed.

    >>> code = bytes.fromhex("E80500 48E9 F4 CC CC 5E 2EAC 84C0 79FA FFE6")
    >>> behind = Inline(code, 0, [(0, 0), (0, 5), *((0, at) for at in (8, 9, 11, 13, 15))])
    >>> behind.resume(0, 0, decode(code[:3], 0, 0))
    5
    """

    def __init__(self, image: bytes, base: int, executed: Iterable[tuple[int, int]]) -> None:
        self._image, self._base = image, base
        self._places = {physical(*place): place for place in executed}
        self._seen: dict[Key, list[tuple[int, int]]] = defaultdict(list)
        self._plain: set[Key] = set()
        self._takes: dict[int, bool] = {}
        for address, (segment, offset) in self._places.items():
            if 0 <= address - base < len(image):
                self._look(segment, offset, address)

    def _look(self, segment: int, offset: int, address: int) -> None:
        instruction = decode(self._image[address - self._base :][:_LONG], 0, offset)
        key = self._key(segment, instruction)
        if key is None:
            return
        behind = physical(segment, instruction.next)
        if behind in self._places:
            self._plain.add(key)
            return
        most = SERVICE if key[0] == "int" else LONGEST
        after = next((at for at in range(behind + 1, behind + most + 1) if at in self._places), None)
        if after is not None:
            self._seen[key].append((behind, after))

    def _key(self, segment: int, instruction: Instruction) -> Key | None:
        form = instruction.form
        if form is None:
            return None
        if form.mnemonic[0] == "call" and instruction.target is not None:
            return "call", physical(segment, instruction.target)
        return ("int", instruction.values[0]) if form.mnemonic[0] == "int" else None

    def resume(self, segment: int, offset: int, instruction: Instruction) -> int | None:
        """The offset where the program goes on behind a call at segment:offset; None: that cannot be told."""
        key = self._key(segment, instruction)
        behind = physical(segment, instruction.next)
        if key is None or key in self._plain:
            return instruction.next
        if key[0] == "call" and not self._takes_return(segment, instruction.target or 0):
            return instruction.next
        seen = self._seen.get(key, [])
        if not seen:
            return None if key[0] == "call" else instruction.next
        size = dict(seen).get(behind, 0) - behind
        if size <= 0:
            found = self._by_rule(seen, behind)
            if found is None:
                return None
            size = found
        return instruction.next + size & 0xFFFF

    def _by_rule(self, seen: list[tuple[int, int]], behind: int) -> int | None:
        sizes = {after - at for at, after in seen}
        if len(sizes) == 1 and (len(seen) > 1 or sizes == {1}):
            return sizes.pop()
        for rule in _RULES:
            if all(rule(self._bytes(at)) == after - at for at, after in seen):
                return rule(self._bytes(behind))
        return None

    def _bytes(self, address: int) -> bytes:
        return self._image[address - self._base :][:LONGEST]

    def _takes_return(self, segment: int, offset: int) -> bool:
        """Whether a routine pops its return address first, and then reads from the code."""
        address = physical(segment, offset)
        if address not in self._takes:
            self._takes[address] = self._pops(segment, offset)
        return self._takes[address]

    def _pops(self, segment: int, offset: int) -> bool:
        popped = False
        for _ in range(_LOOKED):
            at = physical(segment, offset) - self._base
            if not 0 <= at < len(self._image):
                return False
            instruction = decode(self._image[at : at + _LONG], 0, offset)
            code = instruction.code
            if instruction.form is None or instruction.undefined:
                return False
            if not popped:
                if 0x58 <= code[0] <= 0x5F:
                    popped = True
                elif instruction.ends or 0x50 <= code[0] <= 0x57 or code[0] in (0x60, 0xC8):
                    return False
            elif code[0] == 0x2E:
                return True
            elif instruction.ends:
                return False
            offset = instruction.next
        return False
