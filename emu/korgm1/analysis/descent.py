"""Recursive descent: from where the CPU is known to come, along every branch, to all code that can be reached.

Each byte is the beginning of one instruction at most, and no two instructions overlap: what a run executed wins against
what was only concluded, then who came first. That bounds time and memory by the size of the image.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from korgm1.analysis.inline import Inline
from korgm1.analysis.program import Executed, Placed, Xref, physical
from korgm1.cpu.disassembler import Instruction, decode

FREE, START, INSIDE, BARRED = 0, 1, 2, 3
BLANK = (b"\xff" * 8, bytes(8))
"""What an erased EPROM and an empty buffer hold: both could be executed, but nobody meant it."""
_LONGEST = 24
_BRKEM = b"\x0f\xff"
_INLINE_TEXT = 5
_READABLE = frozenset(range(0x20, 0x7F))
_UNLIKELY = frozenset(
    "int int3 into bound enter leave aaa aas das brkem esc fpo2 lockf1 hlt iret wait insb insw outsb outsw".split()
)


class Descent:
    """The code found so far.

    Args:
        image: the bytes.
        base: address of the first.
        vectors: number -> segment and offset, for BRK, BRKEM and CALLN.
    """

    def __init__(self, image: bytes, base: int, vectors: Mapping[int, tuple[int, int]]) -> None:
        self.image = image
        self.base = base
        self.end = base + len(image)
        self.vectors = vectors
        self.placed: dict[int, Placed] = {}
        self.cover = bytearray(len(image))
        """FREE, START, INSIDE or, where somebody has said that it is no code, BARRED for each byte."""
        self.refs: dict[int, set[Xref]] = defaultdict(set)
        self.calls: set[int] = set()
        """Addresses entered by a call, a vector or reset."""
        self.indirect: dict[int, Placed] = {}
        """Jumps and calls by memory or a register."""
        self.inline: list[tuple[int, int]] = []
        """Text behind a call, which the called routine steps over: first address and the one behind."""
        self.resumes: dict[int, int] = {}
        """Return address of such a call -> where the program goes on; other parameters than text, too."""
        self.traps: dict[int, list[int]] = defaultdict(list)
        """Vector -> instructions that call by it: BRK, BRKEM, CALLN."""
        self.brkem: set[int] = set()
        """Vectors that lead to 8080 mode."""
        self.notes: list[str] = []
        self._handed: dict[int, int] = {}
        self._work: list[tuple[int, int, bool]] = []
        self._executed: set[int] = set()
        self._parameters = Inline(image, base, ())
        self._overlaps = 0
        self._stops = 0

    def __contains__(self, address: int) -> bool:
        return self.base <= address < self.end

    def enter(self, segment: int, offset: int, origin: int, kind: str, emulated: bool = False) -> bool:
        """Somebody at `origin` leads to segment:offset; False where that is not in the image."""
        address = physical(segment, offset)
        if not self.base <= address < self.end:
            return False
        self.refs[address].add(Xref(origin, kind))
        if kind in ("call", "vector", "reset"):
            self.calls.add(address)
        self._work.append((segment, offset & 0xFFFF, emulated))
        return True

    def begin(self, segment: int, offset: int) -> None:
        """Take what stands at segment:offset for a routine, though nobody is seen to refer to it, and follow it."""
        self.calls.add(physical(segment, offset))
        self._work.append((segment, offset & 0xFFFF, False))
        self.follow()

    def bar(self, start: int, end: int, whole: bool = False) -> None:
        """Say that bytes from `start` to before `end` are no code, before anything is followed.

        If they are all there is, and a call stands in front of them, its routine steps over them.
        """
        if whole:
            self._handed[start] = end
        for at in range(max(start - self.base, 0), min(end - self.base, len(self.image))):
            self.cover[at] = BARRED

    def lead(self, address: int, routine: bool) -> None:
        """Somebody has said that code begins here, in the segment of the code before it, else in that of its 64 KB."""
        at = address - self.base
        if not 0 <= at < len(self.image):
            return
        near = self.cover.rfind(START, 0, at + 1) + self.base
        segment = self.placed[near].segment if near in self.placed else address >> 4 & 0xF000
        if not 0 <= address - (segment << 4) < 0x10000:
            segment = address >> 4 & 0xF000
        self.refs[address] |= set()
        if routine:
            self.calls.add(address)
        self.executed(Executed(frozenset([(segment, address - (segment << 4))])))

    def prepare(self, executed: Executed) -> None:
        """Before anything is followed: learn from a run where calls go on, and which vectors lead to 8080 mode."""
        self._parameters = Inline(self.image, self.base, executed.places)
        for segment, offset in executed.places:
            at = physical(segment, offset) - self.base
            if self.image[at : at + 2] == _BRKEM and 0 <= at < len(self.image) - 2:
                self.brkem.add(self.image[at + 2])

    def executed(self, executed: Executed) -> None:
        """Take what a run executed for code, and follow it; what contradicts is given up."""
        fresh = []
        for segment, offset in sorted(executed.places):
            address = physical(segment, offset)
            if not self.base <= address < self.end:
                continue
            self._executed.add(address)
            at = address - self.base
            if self.cover[at] == INSIDE:
                while self.cover[at] == INSIDE:
                    at -= 1
                if at + self.base in self._executed:
                    continue
                self._give_up(at + self.base)
            if address not in self.placed:
                fresh.append((segment, offset))
        for segment, offset in fresh:
            if physical(segment, offset) not in self.placed:
                self._work.append((segment, offset, False))
                self.follow()
        self.calls |= {physical(segment, offset) for segment, offset in executed.called} & self.placed.keys()

    def ran(self, address: int) -> bool:
        """Whether a run executed what stands there."""
        return address in self._executed

    def _give_up(self, address: int) -> None:
        placed = self.placed.pop(address)
        at = address - self.base
        self.cover[at : at + len(placed.instruction.code)] = bytes(len(placed.instruction.code))
        self.indirect.pop(address, None)

    def follow(self) -> None:
        """Go along everything that was entered."""
        while self._work:
            segment, offset, emulated = self._work.pop()
            self._linear(segment, offset, emulated)

    def _linear(self, segment: int, offset: int, emulated: bool) -> None:
        while True:
            address = physical(segment, offset)
            at = address - self.base
            if not 0 <= at < len(self.image):
                self._stop(f"code runs out of the image before {segment:04X}:{offset:04X}")
                return
            if self.cover[at] == START:
                return
            if self.cover[at] == BARRED:
                self._stop(f"{address:05X} was said to be no code")
                return
            if self.cover[at] == INSIDE:
                self._overlap(address)
                return
            if self.image[at : at + len(BLANK[0])] in BLANK and address not in self._executed:
                self._stop(f"code runs into blank bytes at {address:05X}")
                return
            instruction = decode(self.image[at : at + _LONGEST], 0, offset, emulated)
            size = len(instruction.code)
            if instruction.undefined:
                self._stop(f"{address:05X}: {instruction.code.hex(' ').upper()} is no documented instruction")
                return
            if any(self.cover[at + 1 : at + size]):
                self._overlap(address)
                return
            placed = Placed(segment, instruction, emulated)
            self.placed[address] = placed
            self.cover[at] = START
            self.cover[at + 1 : at + size] = bytes([INSIDE]) * (size - 1)
            if not self._successors(address, placed):
                return
            following = self._behind(address, placed)
            if following is None:
                return
            offset = following

    def _behind(self, address: int, placed: Placed) -> int | None:
        """Where the program goes on behind an instruction; None: behind a call, by an unknown number of parameters."""
        instruction = placed.instruction
        start = physical(placed.segment, instruction.next)
        if start in self._handed and _is_call(instruction):
            self.resumes[start] = self._handed[start]
            return instruction.next + self._handed[start] - start & 0xFFFF
        found = instruction.next if placed.emulated else self._parameters.resume(
            placed.segment, address - (placed.segment << 4) & 0xFFFF, instruction)
        if found is None:
            self._stop(f"the routine called at {address:05X} takes what stands behind the call, how much is not known")
            return None
        if found == instruction.next:
            return self._behind_text(address, placed) if _is_call(instruction) else found
        after = physical(placed.segment, found)
        self.resumes[start] = after
        letters = bytes(byte & 0x7F for byte in self.image[start - self.base : after - self.base])
        body = letters[:-1] if letters[-1:] == b"\0" else letters
        if len(body) > 1 and after <= self.end and _READABLE.issuperset(body):
            self.inline.append((start, after - 1))
        return found

    def _behind_text(self, address: int, placed: Placed) -> int:
        """Where a routine returns to that takes the text behind its call; else just behind the call."""
        at = address - self.base + len(placed.instruction.code)
        end = at
        while end < len(self.image) and end - at < 80 and self.image[end] in _READABLE and not self.cover[end]:
            end += 1
        if end - at < _INLINE_TEXT or end >= len(self.image) or self.image[end] or end + self.base in self._executed:
            return placed.instruction.next
        if any(where in self._executed for where in range(at + self.base, end + 1 + self.base)):
            return placed.instruction.next
        self.inline.append((at + self.base, end + self.base))
        self.resumes[at + self.base] = end + 1 + self.base
        return placed.instruction.next + end + 1 - at & 0xFFFF

    def _successors(self, address: int, placed: Placed) -> bool:
        """Enter where it leads; True if what stands behind it is reached."""
        instruction, segment, emulated = placed.instruction, placed.segment, placed.emulated
        form = instruction.form
        assert form is not None
        mnemonic = form.mnemonic[0]
        if instruction.target is not None:
            kind = "call" if _is_call(instruction) else "jump" if instruction.ends else "branch"
            self.enter(segment, instruction.target, address, kind, emulated)
        elif form.operands[0] == ("Ap",):
            far = instruction.values[0]
            self.enter(far >> 16, far & 0xFFFF, address, "call" if mnemonic == "call" else "jump")
        elif form.name in ("FF.2", "FF.3", "FF.4", "FF.5"):
            self.indirect[address] = placed
        elif mnemonic in ("int", "int3", "brkem", "CALLN"):
            number = 3 if mnemonic == "int3" else instruction.values[0]
            if mnemonic == "brkem":
                self.brkem.add(number)
            self.traps[number].append(address)
            if number in self.vectors:
                self.enter(*self.vectors[number], address, "call", mnemonic == "brkem")
        elif mnemonic == "RST":
            self.enter(segment, int(form.operands[0][0]) * 8, address, "call", True)
        return not instruction.ends

    def _overlap(self, address: int) -> None:
        note = f"code overlaps at {address:05X}: the instruction that was found first stands"
        if note not in self.notes:
            self._overlaps += 1
            if self._overlaps <= 8:
                self.notes.append(note)

    def _stop(self, why: str) -> None:
        self._stops += 1
        if self._stops <= 8:
            self.notes.append(f"a path ends: {why}")

    def plausible(self, segment: int, offset: int, depth: int = 4, seen: set[int] | None = None) -> bool:
        """Code that compilers and people write could begin here: it ends, or comes to known code, without oddities.

        Nothing is entered.
        """
        seen = set() if seen is None else seen
        for n in range(200):
            address = physical(segment, offset)
            at = address - self.base
            if not 0 <= at < len(self.image):
                return False
            if self.cover[at] == START or address in seen:
                return n > 0 or address in self.placed
            if self.cover[at] != FREE:
                return False
            instruction = decode(self.image[at : at + _LONGEST], 0, offset)
            if unlikely(instruction) or any(self.cover[at + 1 : at + len(instruction.code)]):
                return False
            seen.add(address)
            if instruction.target is not None and len(seen) < 400:
                far = physical(segment, instruction.target)
                if far not in seen and depth and not self.plausible(segment, instruction.target, depth - 1, seen):
                    return False
            if instruction.ends:
                return True
            offset = instruction.next
        return False

    def ends_before(self, address: int) -> bool:
        """What stands before an address is code that does not run on into it."""
        at = address - self.base - 1
        if not -1 < at < len(self.image):
            return False
        while at >= 0 and self.cover[at] == INSIDE:
            at -= 1
        if at < 0 or self.cover[at] != START:
            return False
        return self.placed[at + self.base].instruction.ends


def unlikely(instruction: Instruction) -> bool:
    """Undefined, an alias, more than one prefix, or seldom in firmware: rather data."""
    form = instruction.form
    if form is None or instruction.undefined or form.kind == "alias" or len(instruction.prefixes) > 2:
        return True
    return form.mnemonic[0] in _UNLIKELY or instruction.code[:2] in (b"\x00\x00", b"\xff\xff")


def _is_call(instruction: Instruction) -> bool:
    form = instruction.form
    if form is None:
        return False
    if form.name.startswith("8080."):
        return form.mnemonic[0][0] == "C" and form.operands[0] == ("Iw",)
    return form.mnemonic[0] == "call"
