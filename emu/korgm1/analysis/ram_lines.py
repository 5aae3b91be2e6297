"""RAM as lines of a listing: every address that code names, its width, what a run left there, who uses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from korgm1.analysis.program import Program, Xref, physical

_VECTOR = re.compile("vector_([0-9A-F]{2})_offset")
_WORDS = {"write": "written", "read": "read", "address": "taken"}
_WIDTHS = {1: "byte", 2: "word", 4: "4 bytes"}
_HEAD = """\
; ---- RAM: width, {value}who writes it, reads it, takes its address ----"""
_VALUE = "value after the run (- where the run did not touch it), "
_LOWEST_GAP = 16
"""So many bytes that nobody touched end what is taken for one stack."""


def ram_lines(program: Program, shown: Callable[[list[Xref], str], str]) -> Iterator[str]:
    """The lines: stacks, then a line a name, as `equ` with the low 16 bits of its address.

    Args:
        program: with labels as they are to be written.
        shown: some references behind a word, as text.

    >>> from korgm1.analysis import analyse
    >>> code = bytes.fromhex("31c08ed88ed0bc0010a11204a21304ebfe").ljust(0xFFF0, b"\\xff") + bytes.fromhex("ea000000f0")
    >>> lines = ram_lines(analyse(code, base=0xF0000), lambda refs, word: f"{word} {len(refs)}")
    >>> print(*lines, sep="\\n")
    ; ---- RAM: width, who writes it, reads it, takes its address ----
    ; a stack below 01000, by F0006
    ram_00412               equ 0x0412 ; word; read 1
    ram_00413               equ 0x0413 ; byte, high byte of ram_00412; written 1
    """
    names = [(address, name) for address, name in program.labels.items() if not program.holds(address)]
    if not names and not program.stacks:
        return
    yield _HEAD.format(value=_VALUE if program.memory else "")
    for top in sorted(set(program.stacks.values())):
        yield _stack(program, top)
    for address, name in names:
        refs = program.xrefs.get(address, ())
        words = [_width(program, address), *_meaning(program, address, name)]
        uses: dict[str, list[Xref]] = {}
        for ref in refs:
            uses.setdefault(_WORDS.get(ref.kind, "used"), []).append(ref)
        parts = [
            ", ".join(word for word in words if word),
            ", ".join(shown(uses[word], word) for word in (*_WORDS.values(), "used") if word in uses),
            program.comments.get(address, ""),
        ]
        said = "; ".join(part for part in parts if part)
        label = name if "_" in name else f"{name}:"
        yield f"{label:<24}equ {address & 0xFFFF:#06x}" + (f" ; {said}" if said else "")


def _width(program: Program, address: int) -> str:
    sizes = sorted({ref.size for ref in program.xrefs.get(address, ()) if ref.size})
    width = " and ".join(_WIDTHS.get(size, f"{size} bytes") for size in sizes)
    if not program.memory or address + 4 > len(program.memory):
        return width
    size = max(sizes, default=1)
    if not any(program.touched[address : address + size]):
        return f"{width} -".lstrip()
    value = int.from_bytes(program.memory[address : address + size], "little")
    return f"{width} {value:#0{2 + 2 * size}x}".lstrip()


def _meaning(program: Program, address: int, name: str) -> Iterator[str]:
    """What is certain: the routine of a vector, the other half of a word."""
    if match := _VECTOR.fullmatch(name):
        place = program.vectors.get(int(match[1], 16))
        if place is not None and physical(*place) in program.labels:
            yield program.labels[physical(*place)]
    elif address - 1 in program.labels and _only_words(program, address - 1):
        yield f"high byte of {program.labels[address - 1]}"


def _only_words(program: Program, address: int) -> bool:
    return {ref.size for ref in program.xrefs.get(address, ()) if ref.size} == {2}


def _stack(program: Program, top: int) -> str:
    places = " ".join(f"{at:05X}" for at, each in program.stacks.items() if each == top)
    said = f"; a stack below {top:05X}, by {places}"
    if not program.memory or top > len(program.touched) or not top:
        return said
    at, untouched = top, 0
    while at and untouched < _LOWEST_GAP:
        at -= 1
        untouched = 0 if program.touched[at] else untouched + 1
    lowest = at + untouched
    return said + (f"; the run touched {lowest:05X}-{top - 1:05X} without a gap" if lowest < top else "")
