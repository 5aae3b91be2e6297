"""What `korgm1 tap` prints: how it reads the ports, the summary of a tap, the findings of a sweep."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from korgm1.clock import CPU_HZ

if TYPE_CHECKING:
    from korgm1.romset.load import RomSet
    from korgm1.sram_layout.parameter import Parameter
    from korgm1.tapping.following import Finding
    from korgm1.tapping.places import Place
    from korgm1.tapping.rows import Summary
    from korgm1.tapping.series import Register
    from korgm1.tapping.sweeping import Swept

WIDTH = 120


def how(firmware: RomSet, decoded: bool) -> str:
    """How the ports are read."""
    name = f"{firmware.name} {firmware.version}"
    if decoded:
        return f"{name}; register names and meanings: this project's stand-in protocol, not Korg's"
    return f"{name}; what its registers mean is not known: offsets in 32 ports a voice, voices guessed from addresses"


def summary(found: Summary, clocks: int) -> Iterator[str]:
    """The lines of a tap's summary."""
    span = clocks / CPU_HZ
    yield f"{found.count:,} bytes written in {span:.3f} s, {found.count / span if span else 0:,.1f} a second"
    if not found.count:
        return
    yield f"{'chip':4} {'register':12} {'bytes':>9} {'a second':>9} {'first s':>11} {'last s':>11} voices"
    for (chip, register), row in sorted(found.tallies.items()):
        yield (
            f"{chip:4} {register:12} {row.count:9,} {row.count / span:9,.1f} {row.first / CPU_HZ:11.6f} "
            f"{row.last / CPU_HZ:11.6f} {_ranges(sorted(row.voices))}"
        ).rstrip()


def listed(parameters: list[Parameter], program: bytes) -> Iterator[str]:
    """The parameters a sweep can change, with their bytes, ranges, and values in the program."""
    from korgm1.tapping.program import limits

    yield f"{'byte':>4} {'parameter':44} {'from':>6} {'to':>6}  now"
    for row in parameters:
        low, high = limits(row)
        yield f"{row.byte:4} {row.name:44} {low:6} {high:6}  {row.in_words(row.value(program))}"


def sweep(swept: Swept, places: Mapping[int, Place], decoded: bool) -> Iterator[str]:
    """What one parameter did."""
    from korgm1.tapping.following import LAST, followers

    values = " ".join(map(str, swept.values))
    yield from textwrap.wrap(f"{swept.parameter.name}, byte {swept.parameter.byte}: {values}", WIDTH)
    rows = followers(swept.found)
    if rows:
        yield (
            f"{'phase':7} {'port':5} {'chip':4} voice {'register':12} {'follows':11} {'law':38} {'write':>9} first "
            "difference"
        )
    for row in rows:
        place = places[row.register.port]
        write = "last" if row.write == LAST else f"{row.write}/{row.writes}" if row.write else f"{row.writes}+"
        yield (
            f"{row.phase:7} {row.register!s:5} {place.chip:4} {_voice(place, decoded):5} "
            f"{part(row.register, place):12} "
            f"{row.kind:11} {law(row):38} {write:>9} write {row.first} after {1000 * row.clocks / CPU_HZ:.3f} ms"
        )
    constant = len({row.register for row in swept.found}) - len({row.register for row in rows})
    if not any(row.phase == "note" for row in swept.found):
        yield "nothing was written while the note was held: this program does not sound with that key"
    if swept.found:
        yield f"{constant} other registers were written, always the same" if rows else (
            f"no register follows: {constant} were written, always the same"
        )


def law(row: Finding) -> str:
    """A finding's law in words."""
    if row.law is None:
        return ""
    sign = ", signed" if row.law.signed else ""
    if row.kind in ("linear", "exponential"):
        miss = f", within {row.law.residual:.3g}" if row.law.residual >= 0.0005 else ""
        line = f"{row.law.slope:g} x {'-' if row.law.intercept < 0 else '+'} {abs(row.law.intercept):g}"
        return f"2^({line}){miss}" if row.kind == "exponential" else f"{line}{miss}{sign}"
    values = [value for value in row.values if value is not None]
    if row.law.signed:
        half = 1 << 8 * row.register.width - 1
        values = [value - 2 * half if value >= half else value for value in values]
        return f"{min(values):+d} to {max(values):+d}{sign}"
    if row.kind in ("count", "timing"):
        return f"{min(values):,} to {max(values):,} {'writes' if row.kind == 'count' else 'clocks'}"
    return f"{min(values):X} to {max(values):X}"


def matrix_line(swept: Swept, places: Mapping[int, Place], decoded: bool) -> str:
    """What one parameter of many did, in short."""
    from korgm1.tapping.following import best

    kinds: dict[str, list[str]] = {}
    owner: dict[str, str] = {}
    for register, row in sorted(best(swept.found).items()):
        kind = row.kind + (f" at write {row.write}" if row.write > 1 else "")
        place = places[register.port]
        new = "" if owner.get(kind) == _owner(place, decoded) else f"{_owner(place, decoded)} "
        owner[kind] = _owner(place, decoded)
        kinds.setdefault(kind, []).append(f"{new}{register}={part(register, place)}")
    text = "; ".join(f"{kind}: {', '.join(words)}" for kind, words in kinds.items()) or "-"
    return textwrap.fill(
        text, WIDTH, initial_indent=f"{swept.parameter.byte:3} {swept.parameter.name:42} ",
        subsequent_indent=" " * 47, break_on_hyphens=False,
    )


def name(register: Register, places: Mapping[int, Place], decoded: bool) -> str:
    """A register in short: port, chip, voice, name."""
    place = places[register.port]
    return f"{register}={_owner(place, decoded)} {part(register, place)}"


def part(register: Register, place: Place) -> str:
    """What a register is called; which byte of it, if it is not the whole."""
    return place.register if register.width == place.width or place.width == 1 else f"{place.register}.{place.part}"


def _owner(place: Place, decoded: bool) -> str:
    return place.chip if place.voice is None else f"{place.chip} {_voice(place, decoded)}"


def _voice(place: Place, decoded: bool) -> str:
    return "-" if place.voice is None else f"{place.voice}{'' if decoded else '?'}"


def _ranges(numbers: list[int]) -> str:
    """Numbers that ascend, runs of them as a range.

    >>> _ranges([0, 1, 2, 5, 7, 8])
    '0-2 5 7-8'
    """
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)
