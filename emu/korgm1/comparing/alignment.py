"""Two functions' instructions side by side: what is the same, what stands in the place of something else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from korgm1.comparing.matching import LENGTHS, Pair
from korgm1.comparing.shapes import Word

_CLEARS = {f"{code}/{0xC0 | n * 9:02X}": n for code in ("31", "33", "29", "2B") for n in range(8)}
"""Form of an instruction that clears a word register -> the register."""


def rows(pair: Pair, partners: Mapping[int, int]) -> Iterator[tuple[Word | None, Word | None]]:
    """The words of both, aligned: first what is the same and calls the same, then what is alike between that;
    what stands in the place of something else beside it as far as both go.

    Args:
        pair: the two functions.
        partners: entry of a function of A -> that of its partner.
    """
    a, b = pair.a.words, pair.b.words
    if pair.a.firm == pair.b.firm:
        yield from zip(a, b, strict=True)
        return
    cut = LENGTHS * 4
    itself = {entry: entry for entry in partners.values()}
    firm = [_key(word, partners) for word in a[:cut]], [_key(word, itself) for word in b[:cut]]
    for same, a0, a1, b0, b1 in SequenceMatcher(None, *firm, autojunk=False).get_opcodes():
        if same == "equal":
            yield from zip(a[a0:a1], b[b0:b1], strict=True)
        else:
            yield from _between(a[a0:a1], b[b0:b1])
    yield from ((word, None) for word in a[cut:])
    yield from ((None, word) for word in b[cut:])


def _key(word: Word, partners: Mapping[int, int]) -> str:
    """What a word says without numbers and places: texts as they are, functions by their partner in B."""
    rows = (
        f"function:{partners.get(o.number, -o.number):X}" if o.kind == "function"
        else f"text:{o.value}" if o.kind == "text" else o.kind
        for o in word.operands
    )
    return " ".join([word.form, *rows])


def _between(a: Sequence[Word], b: Sequence[Word]) -> Iterator[tuple[Word | None, Word | None]]:
    match = SequenceMatcher(None, [word.loose for word in a], [word.loose for word in b], autojunk=False)
    for kind, a0, a1, b0, b1 in match.get_opcodes():
        alike = kind == "equal" or (kind == "replace" and a1 - a0 == b1 - b0 and all(
            x.form == y.form or loaded(x, y) is not None for x, y in zip(a[a0:a1], b[b0:b1], strict=True)
        ))
        if alike:
            yield from zip(a[a0:a1], b[b0:b1], strict=True)
        else:
            yield from ((word, None) for word in a[a0:a1])
            yield from ((None, word) for word in b[b0:b1])


def loaded(one: Word | None, other: Word | None) -> tuple[int, int] | None:
    """Two ways of loading a constant into one register, of which one clears it; None for anything else."""
    if one is None or other is None or one.form == other.form:
        return None
    rows = [_load(word) for word in (one, other)]
    if rows[0] is None or rows[1] is None or rows[0][0] != rows[1][0]:
        return None
    return rows[0][1], rows[1][1]


def _load(word: Word) -> tuple[int, int] | None:
    """Register and constant of `mov reg,imm`, and of `xor reg,reg` and `sub reg,reg`."""
    if word.form in _CLEARS:
        return _CLEARS[word.form], 0
    if len(word.form) == 2 and word.form[0] == "B" and word.form[1] in "89ABCDEF" and len(word.operands) == 1:
        return int(word.form[1], 16) - 8, word.operands[0].number
    return None
