"""What of the memory a program used: byte by byte, by KB, and as a picture's colours."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from korgm1.profiling import READ, WRITTEN, Profile
from korgm1.symbols import Symbols

NEVER, EXECUTED, READ_ONLY, WRITTEN_ONLY, READ_WRITTEN, CODE_READ, CODE_WRITTEN = range(7)
WORDS = (
    "never used", "executed", "read", "written", "read and written", "executed and read", "executed and written",
)  # fmt: skip
"""What becomes of a byte, by number."""
RAM, ROM = range(0x10000), range(0xE0000, 0x100000)
"""The battery-backed RAM and the OS ROM."""
KB = 1024


class Region(NamedTuple):
    """A KB of memory: its address, and how many of its bytes were executed, read, written, and never used."""

    start: int
    executed: int
    read: int
    written: int
    never: int


def uses(profile: Profile) -> NDArray[np.uint8]:
    """By physical address, of shape (100000h,), what became of the byte: an index of `WORDS`.

    >>> from korgm1.session import Session; profile = Profile(); m1 = Session(); m1.follow(profile); _ = m1.boot()
    >>> WORDS[uses(profile)[0xFFFF0]], WORDS[uses(profile)[0xE0000]]
    ('executed', 'never used')
    """
    code, touched = profile.code, profile.touched
    read, written = (touched & READ) != 0, (touched & WRITTEN) != 0
    found = np.select(
        [code & written, code & read, code, read & written, read, written],
        [CODE_WRITTEN, CODE_READ, EXECUTED, READ_WRITTEN, READ_ONLY, WRITTEN_ONLY], NEVER,
    )  # fmt: skip
    return found.astype(np.uint8)


def regions(profile: Profile) -> list[Region]:
    """The KBs of RAM and ROM, and all others that were used."""
    code, touched = profile.code, profile.touched
    masks = (code, (touched & READ) != 0, (touched & WRITTEN) != 0, ~code & (touched == 0))
    sums = [mask.reshape(-1, KB).sum(axis=1).tolist() for mask in masks]
    rows = [Region(n * KB, *counts) for n, counts in enumerate(zip(*sums, strict=True))]
    return [row for row in rows if row.start in RAM or row.start in ROM or row.never < KB]


def idle(profile: Profile, symbols: Symbols) -> list[tuple[int, str]]:
    """The functions in the ROM that were never executed, by address."""
    counts = profile.counts
    functions = sorted(address for address in symbols.functions or () if address in ROM and not counts[address])
    return [(address, symbols.names[address]) for address in functions]


def text(profile: Profile) -> str:
    """Percentages by KB; KBs that were never used are drawn together."""
    found = uses(profile)
    lines = []
    for name, span in (("ROM", ROM), ("RAM", RAM)):
        part = found[span.start : span.stop]
        shares = [f"{100 * np.count_nonzero(part == n) / len(part):.1f}% {WORDS[n]}" for n in range(len(WORDS))]
        lines.append(f"{name} {span.start:05X}-{span.stop - 1:05X}: {', '.join(s for s in shares if s[:5] != '0.0% ')}")
    lines.append(f"\n{'':13}executed    read written   never")
    idle: list[Region] = []
    for row in [*regions(profile), None]:
        if row is not None and row.never == KB and (not idle or idle[-1].start + KB == row.start):
            idle.append(row)
            continue
        if idle:
            lines.append(f"{idle[0].start:05X}-{idle[-1].start + KB - 1:05X} {'never used':>16}")
        idle = [row] if row is not None and row.never == KB else []
        if row is not None and not idle:
            shares = [f"{100 * n / KB:7.1f}%" for n in row[1:]]
            lines.append(f"{row.start:05X}-{row.start + KB - 1:05X} {' '.join(shares)}")
    return "\n".join(lines)


def as_json(profile: Profile) -> dict[str, Any]:
    """One object: bytes of ROM and RAM by use, and the KBs."""
    found = uses(profile)
    return {
        **{
            name: {word: int(np.count_nonzero(found[span.start : span.stop] == n)) for n, word in enumerate(WORDS)}
            for name, span in (("rom", ROM), ("ram", RAM))
        },
        "regions": [{**row._asdict(), "start": f"{row.start:05X}"} for row in regions(profile)],
    }
