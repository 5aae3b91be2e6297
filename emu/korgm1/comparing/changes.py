"""What changed inside matched functions, and in the data that they read: addresses that only moved are no change."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from korgm1.comparing.alignment import loaded, rows
from korgm1.comparing.matching import Matching, Pair
from korgm1.comparing.remains import Shifts
from korgm1.comparing.shapes import Operand, Shapes, Word

STRETCH = 8192
"""Bytes of a stretch of data that are compared."""
OFTEN = 3
"""Instructions that must agree on how far the RAM's addresses moved before data are read so."""
NEAR_RAM, FAR_RAM = 0x800, 0x8000
"""A number that moved as far as the RAM's addresses is one of them if it is this near to those, or this high."""
LONGEST = 64
"""Instructions by which a piece of a function is known."""
ALIKE = 16
"""Bytes looked at where a number may be an offset; half of them must be the same, since some are addresses."""


@dataclass(eq=False)
class Change:
    """What is different between the two functions of a pair.

    Attributes:
        pair: the two.
        rows: their instructions side by side, None where a side has none.
        numbers: (A's instruction, B's, A's number, B's) of constants.
        ram: (A's address, B's) in the RAM.
        texts: (A's text, B's) that they use.
        data: (A's address, B's) of stretches of data whose content differs.
        calls: (A's target, B's) that are not matched with each other.
        code: instructions only one of them has.
        differs: numbers of the rows that are different.
        strange: how many of `ram` are not where everybody else has them.
        shared: all of these belong to another function, too, whose entry is nearer.
    """

    pair: Pair
    rows: tuple[tuple[Word | None, Word | None], ...]
    numbers: list[tuple[int, int, int, int]] = field(default_factory=list)
    ram: list[tuple[int, int]] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    data: list[tuple[int, int]] = field(default_factory=list)
    calls: list[tuple[int, int]] = field(default_factory=list)
    code: int = 0
    differs: set[int] = field(default_factory=set)
    shared: bool = False
    strange: int = 0

    @property
    def kind(self) -> str:
        """"same", "moved" or "changed"; other data in the same place of the program is no change of the function."""
        if self.shared:
            return "same" if self.pair.a.entry == self.pair.b.entry else "moved"
        if self.numbers or self.strange or self.texts or self.calls or self.code:
            return "changed"
        return "same" if self.pair.a.entry == self.pair.b.entry else "moved"


class Changes:
    """All pairs of a matching, looked at.

    Args:
        a, b: the shapes.
        matching: of them.

    Attributes:
        of: one `Change` a pair, by the address in A.
        gone, new: the functions without a partner, without pieces of functions that have one.
        settled: ("A" or "B", address) of data that is the same on both sides, addresses in it apart.
        data: (A's address, B's, length in A, length in B) of stretches whose content differs, by address.
    """

    def __init__(self, a: Shapes, b: Shapes, matching: Matching) -> None:
        self._a, self._b, self._shapes = a.program, b.program, (a, b)
        partners = {pair.a.entry: pair.b.entry for pair in matching.pairs}
        self.of = tuple(Change(pair, tuple(rows(pair, partners))) for pair in matching.pairs)
        self._moved: dict[int, int] = {}
        for change in self.of:
            self._moved[change.pair.a.entry] = change.pair.b.entry
            for one, other in change.rows:
                if one is not None and other is not None:
                    self._moved.setdefault(one.at, other.at)
        texts = [Counter(text.text for text in program.texts) for program in (self._a, self._b)]
        goals = {text.text: text.address for text in self._b.texts}
        for text in self._a.texts:
            if texts[0][text.text] == texts[1][text.text] == 1:
                self._moved.setdefault(text.address, goals[text.text])
        self._shifts = Shifts(self._moved.items())
        self._edges = _edges(a, self._a.base), _edges(b, self._b.base)
        self._ram_shifts = {shift for shift, count in self._seen_ram().items() if shift and count >= OFTEN}
        self._known: dict[tuple[int, int], bool] = {}
        self.settled: set[tuple[str, int]] = set()
        for change in self.of:
            self._look(change)
        self.ram = self._moved_ram()
        pairs = dict.fromkeys(row for change in self.of for row in change.data)
        self.data = tuple(sorted((x, y, self._length(0, x), self._length(1, y)) for x, y in pairs))
        self.gone, self.new = matching.gone, matching.new
        self._fresh = tuple({shape.entry for shape in rows} for rows in (self.gone, self.new))

    def absorb(self) -> None:
        """Take out what is no difference of functions but of the analysis: entries into the midst of a function, and
        code of a function, that only one side knows although both have it; and code that several entries share, which
        counts for the nearest entry before it alone."""
        shapes = {0: {}, 1: {}}  # type: dict[int, dict[int, Word]]
        for side, all_shapes in enumerate(self._shapes):
            for shape in all_shapes.by_entry.values():
                shapes[side].update({word.at: word for word in shape.words})
        pairs = [(x.at, y.at) for change in self.of for x, y in change.rows if x and y and x.form == y.form]
        there = Shifts(pairs), Shifts([(y, x) for x, y in pairs])
        self.gone, self.new = (
            tuple(
                one for one in rows if not self._known_there(one.words[:LONGEST], there[side], shapes[1 - side])
                and not self._stored_there(one.words, there[side], side)
            )
            for side, rows in enumerate((self.gone, self.new))
        )
        owners: dict[int, int] = {}
        for change in self.of:
            for row in sorted(change.differs):
                one, other = change.rows[row]
                word = one or other
                if (one is None) != (other is None) and word is not None:
                    side = 0 if other is None else 1
                    if self._known_there((word,), there[side], shapes[1 - side]):
                        change.differs.discard(row)
                        change.code -= 1
            for word in change.pair.a.words:
                if change.pair.a.entry <= word.at:
                    owners[word.at] = max(owners.get(word.at, 0), change.pair.a.entry)
        for change in self.of:
            change.shared = bool(change.differs) and all(
                (word := change.rows[row][0]) is not None and owners.get(word.at, 0) != change.pair.a.entry
                for row in change.differs
            )

    @staticmethod
    def _known_there(words: Sequence[Word], there: Shifts, known: Mapping[int, Word]) -> bool:
        """Whether the other side has these very instructions where its neighbours say that they are."""
        for shift in there.near(words[0].at) if words else ():
            partners = [known.get(word.at + shift) for word in words]
            if all(p is not None and p.loose == word.loose for p, word in zip(partners, words, strict=True)):
                return True
        return False

    def _stored_there(self, words: Sequence[Word], there: Shifts, side: int) -> bool:
        """Whether the other side has the same bytes there, whether or not it takes them for code."""
        mine, other = (self._a, self._b)[:: 1 if side == 0 else -1]
        for shift in there.near(words[0].at) if words else ():
            same = all(
                other.image[word.at + shift - other.base :][:len(code)] == code
                for word in words[:LONGEST] for code in (mine.instructions[word.at].instruction.code,)
            )
            if same:
                return True
        return False

    def _look(self, change: Change) -> None:
        places = [{word.at: n for n, word in enumerate(shape.words)} for shape in (change.pair.a, change.pair.b)]
        same = {places[0][x.at]: places[1][y.at] for x, y in change.rows if x is not None and y is not None}
        for row, (one, other) in enumerate(change.rows):
            constants = loaded(one, other)
            if constants is not None and one is not None and other is not None:
                change.numbers.append((one.at, other.at, *constants))
                change.differs.add(row)
                continue
            if one is None or other is None or one.form != other.form or len(one.operands) != len(other.operands):
                change.code += 1
                change.differs.add(row)
                self._loose_texts(change, one, other)
                continue
            for x, y in zip(one.operands, other.operands, strict=True):
                if not self._operand(change, one, other, x, y, same):
                    change.differs.add(row)

    def _loose_texts(self, change: Change, one: Word | None, other: Word | None) -> None:
        texts = [[str(o.value) for o in w.operands if o.kind == "text"] if w else [] for w in (one, other)]
        if texts[0] and texts[1] and texts[0] != texts[1]:
            change.texts += list(zip(*texts, strict=False))

    def _operand(self, change: Change, one: Word, other: Word, x: Operand, y: Operand, same: dict[int, int]) -> bool:
        """Whether two operands mean the same; what they do not is noted."""
        kinds = {x.kind, y.kind}
        if kinds == {"inside"}:
            if same.get(x.number, y.number) != y.number:
                change.code += 1
                return False
            return True
        if "inside" in kinds:
            change.code += 1
            return False
        if kinds == {"text"}:
            if x.value != y.value and self._pointers(x, y):
                return True
            if x.value != y.value:
                change.texts.append((str(x.value), str(y.value)))
            return x.value == y.value
        a, b = x.number, y.number
        if kinds == {"data"}:
            return self._data(change, a, b)
        if a == b or (kinds != {"ram"} and kinds != {"function"} and (a ^ b) & 0xFFFF == 0):
            return True
        if kinds == {"ram"}:
            change.ram.append((a, b))
        elif kinds == {"number"}:
            if self._went(a, b):
                return True
            change.numbers.append((one.at, other.at, a, b))
        elif self._moved.get(a) == b or self._went(a & 0xFFFF, b & 0xFFFF):
            return True
        elif kinds == {"function"}:
            change.calls.append((a, b))
        elif "ram" in kinds or "number" in kinds:
            change.numbers.append((one.at, other.at, a & 0xFFFF, b & 0xFFFF))
        else:
            return self._data(change, a, b)
        return False

    def _data(self, change: Change, a: int, b: int) -> bool:
        """Whether two stretches of data are the same, wherever they lie."""
        if self.same_data(a, b):
            self.settled |= {("A", a), ("B", b)}
            return True
        change.data.append((a, b))
        return self._moved.get(a, a) == b or self._went(a & 0xFFFF, b & 0xFFFF)

    def _pointers(self, x: Operand, y: Operand) -> bool:
        """Two tables of pointers that happen to be readable: all their words are offsets of the same places."""
        words = [str(o.value).encode("latin-1", "replace") for o in (x, y)]
        size = min(map(len, words)) & ~1
        pairs = [
            [int.from_bytes(word[at : at + 2], "little") for word in words] for at in range(0, min(size, 8), 2)
        ]
        if not pairs or not all(a != b and self._went(a, b) for a, b in pairs):
            return False
        self.settled |= {("A", x.address), ("B", y.address)}
        return True

    def _went(self, a: int, b: int) -> bool:
        """Whether two numbers are offsets of one place of the ROM: what lies there is alike, and it moved as far as
        what lies before or behind it."""
        for segment in (0xF0000, 0xE0000):
            x, y = segment + a, segment + b
            if self._moved.get(x) == y:
                return True
            if y - x in self._shifts.near(x) and (self._alike(x, y) or self.same_data(x, y)):
                self.settled |= {("A", x), ("B", y)}
                return True
        return False

    def _moved_ram(self) -> dict[int, int]:
        """The addresses of the RAM that are elsewhere in B; numbers that moved as far are such, too."""
        goals: dict[int, Counter[int]] = {}
        for change in self.of:
            for a, b in change.ram:
                goals.setdefault(a, Counter())[b] += 1
        moved = {a: rows.most_common(1)[0][0] for a, rows in goals.items()}
        far = Counter(b - a for a, b in moved.items() if b != a)
        moved = {a: b for a, b in moved.items() if far[b - a] >= OFTEN}
        shifts = {b - a for a, b in moved.items()}
        first, last = min(moved, default=0), max(moved, default=0)
        for change in self.of:
            numbers = [row for row in change.numbers if row[3] - row[2] in shifts and (
                first - NEAR_RAM <= row[2] <= last + NEAR_RAM or row[2] > FAR_RAM)]
            taken = [row for row in change.numbers if row[2] - row[3] in shifts and (
                first - NEAR_RAM <= 0x10000 - row[2] <= last + NEAR_RAM)]       # an address, subtracted
            change.ram += [(a, b) for _, _, a, b in numbers] + [(0x10000 - a, 0x10000 - b) for _, _, a, b in taken]
            numbers += taken
            change.numbers = [row for row in change.numbers if row not in numbers]
            change.strange = sum(moved[a] != b if a in moved else b - a not in shifts for a, b in change.ram)
        return moved

    def _seen_ram(self) -> Counter[int]:
        """How far addresses of the RAM are moved in aligned instructions, and how often."""
        return Counter(
            y.number - x.number for change in self.of for one, other in change.rows if one and other
            for x, y in zip(one.operands, other.operands, strict=False) if x.kind == y.kind == "ram"
        )

    def _alike(self, x: int, y: int) -> bool:
        one, other = (
            program.image[at - program.base :][:ALIKE] if program.holds(at) else b""
            for program, at in ((self._a, x), (self._b, y))
        )
        return len(one) == len(other) == ALIKE and sum(p == q for p, q in zip(one, other, strict=True)) >= ALIKE // 2

    def same_data(self, a: int, b: int) -> bool:
        """Whether what lies at A's address and at B's is the same, addresses that moved with their goal apart."""
        key = a, b
        if key not in self._known:
            self._known[key] = True
            one, other = self._content(0, a), self._content(1, b)
            size = min(len(one), len(other))
            self._known[key] = size > 0 and self._equal(one[:size], other[:size]) and self._rest_free(one, other)
        return self._known[key]

    def agreed(self) -> Iterator[tuple[int, int, int]]:
        """Stretches that were compared and are the same: A's address, B's, bytes."""
        for (a, b), same in self._known.items():
            if same:
                yield a, b, min(self._length(0, a), self._length(1, b))

    def partners(self) -> Iterator[tuple[int, int]]:
        """Where what is matched begins, and where it ends, in A and in B: instructions, texts, data."""
        yield from self._moved.items()
        for change in self.of:
            for one, other in change.rows:
                if one is not None and other is not None:
                    yield one.at + self._size(0, one), other.at + self._size(1, other)
        for a, b, size in self.agreed():
            yield a, b
            yield a + size, b + size

    def _size(self, side: int, word: Word) -> int:
        return len((self._a, self._b)[side].instructions[word.at].instruction.code)

    def _rest_free(self, one: bytes, other: bytes) -> bool:
        """Stretches end where something else is referred to; one side may know such a place that the other does not.
        What is longer is a difference only if it is not filling."""
        rest = max(one, other, key=len)[min(len(one), len(other)) :]
        return True if len(one) == len(other) else not rest.strip(b"\xff\x00\xcc") or len(one) > 64 < len(other)

    def _equal(self, one: bytes, other: bytes) -> bool:
        at = 0
        while at < len(one):
            if one[at] == other[at]:
                at += 1
                continue
            if not any(self._pointer(one, other, at - back) for back in (0, 1) if at - back >= 0):
                return False
            at += 1 if not self._pointer(one, other, at) else 2
        return True

    def corresponds(self, x: int, y: int) -> bool:
        """Whether two addresses are as far apart as what lies around them."""
        return self._moved.get(x) == y or y - x in self._shifts.near(x)

    def unlike(self, x: int, y: int, size: int) -> Iterator[int]:
        """Where bytes of two stretches differ, counted from their begin; not in words that lead to what moved."""
        one, other = (program.image[at - program.base :][:size] for program, at in ((self._a, x), (self._b, y)))
        at = 0
        while at < min(len(one), len(other)):
            if one[at] == other[at]:
                at += 1
            elif (step := self._leads(one, other, at)) > 0:
                at += step
            else:
                yield at
                at += 1

    def _leads(self, one: bytes, other: bytes, at: int) -> int:
        """The bytes from here on of a word that leads to what moved, 0 if it does not."""
        for begin in (at, at - 1):
            if not 0 <= begin <= len(one) - 2:
                continue
            words = [int.from_bytes(code[begin : begin + 2], "little") for code in (one, other)]
            if words[1] - words[0] in self._ram_shifts:
                return begin + 2 - at
            for segment in (0xF0000, 0xE0000):
                x, y = segment + words[0], segment + words[1]
                fresh = x in self._fresh[0] or y in self._fresh[1]
                known = x in self._edges[0] or y in self._edges[1] or self._alike(x, y)
                if fresh or (known and self.corresponds(x, y)):
                    return begin + 2 - at
        return 0

    def _pointer(self, one: bytes, other: bytes, at: int) -> bool:
        if at + 2 > len(one):
            return False
        words = [int.from_bytes(code[at : at + 2], "little") for code in (one, other)]
        if words[1] - words[0] in self._ram_shifts:
            return True
        for x, y in ((segment + words[0], segment + words[1]) for segment in (0xF0000, 0xE0000)):
            if self._moved.get(x) == y or (x in self._edges[0] and y in self._edges[1] and self.same_data(x, y)):
                return True
        return False

    def _content(self, side: int, at: int) -> bytes:
        program = (self._a, self._b)[side]
        return program.image[at - program.base :][: self._length(side, at)]

    def _length(self, side: int, at: int) -> int:
        edges = self._edges[side].order
        place = bisect_right(edges, at)
        end = edges[place] if place < len(edges) else 0x100000
        return max(0, min(end - at, STRETCH))


class _Edges:
    """Addresses of a ROM at which something begins, or code goes on."""

    def __init__(self, found: Iterable[int]) -> None:
        self._all = set(found)
        self.order = sorted(self._all)

    def __contains__(self, at: int) -> bool:
        return at in self._all


def _edges(shapes: Shapes, base: int) -> _Edges:
    program = shapes.program
    found = {at for at in program.xrefs if at >= base} | set(program.instructions)
    found |= {text.address for text in program.texts} | {table.address for table in program.tables}
    return _Edges(found)
