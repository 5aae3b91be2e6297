"""Two firmwares, compared: both are looked into at once, each in a process of its own, then laid side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from korgm1.analysis import analyse
from korgm1.comparing.causes import explain
from korgm1.comparing.dynamic import BootPair, boot_findings, pair_boots
from korgm1.comparing.experimental import experiment_findings, known
from korgm1.comparing.finding import KINDS, Finding, small
from korgm1.comparing.gathering import gather_both
from korgm1.comparing.remains import Remains
from korgm1.comparing.script import Script
from korgm1.comparing.scripted import script_findings
from korgm1.comparing.side import Side
from korgm1.comparing.static import Static, compare_programs
from korgm1.romset.image import BASE
from korgm1.romset.load import RomSet
from korgm1.workers import Asked

KINSHIP = 0.05
"""Share of what stands once in a ROM that stands in the other, too, from which they are versions of one program without
a further look."""
ENOUGH = 256
"""Pieces that stand once from which their share says anything."""
UNRELATED = "their boots and experiments were not compared: korgm1 probe tells of each alone"

Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Comparison:
    """What came of it.

    Attributes:
        firmware: the two that were compared, A and B.
        sides: what was gathered of them; None when they are one and the same image, or no versions of one program.
        static: functions, texts, tables; None when they are one image.
        boots: the boots side by side.
        findings: everything that differs, differences of their own first, in the order of `KINDS`.
        letters: what notes call the two.
    """

    firmware: tuple[RomSet, RomSet]
    sides: tuple[Side, Side] | None
    static: Static | None
    boots: tuple[BootPair, ...]
    findings: tuple[Finding, ...]
    letters: tuple[str, str] = ("A", "B")

    @property
    def identical(self) -> bool:
        """The images are the same, byte for byte."""
        return self.static is None

    @property
    def related(self) -> bool:
        """Whether they are versions of one program, as far as their functions tell."""
        return self.static is None or self.static.related

    @property
    def differences(self) -> tuple[Finding, ...]:
        """The findings that follow from no other."""
        return tuple(row for row in self.findings if not row.because)

    @property
    def consequences(self) -> tuple[Finding, ...]:
        """The findings that only follow from another."""
        return tuple(row for row in self.findings if row.because)

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be found out, of either side."""
        if self.sides is None:
            return () if self.identical else (UNRELATED,)
        notes = [f"{name}: {note}" for name, side in zip(self.letters, self.sides, strict=True) for note in side.notes]
        models = [side.model for side in self.sides]
        if models[0] != models[1]:
            a, b = self.letters
            notes.append(f"{a} ran as {models[0]}, {b} as {models[1]}: each in an instrument that it is made for")
        return tuple(notes)

    @property
    def verdict(self) -> str:
        """A sentence.

        >>> from korgm1.romset.load import load_os
        >>> one = load_os(None, "m1"); compare(one, one).verdict
        'identical: the same 131,072 bytes'
        """
        if self.static is None:
            return "identical: the same 131,072 bytes"
        if not self.related:
            shared = len(self.static.matching.pairs)
            least = min(len(self.static.a.functions), len(self.static.b.functions))
            return f"not versions of one program: {shared} of {least} functions have a counterpart"
        counts = Counter(row.kind for row in self.differences)
        kinds = ", ".join(f"{small(heading)} {counts[kind]}" for kind, heading in KINDS.items() if counts[kind])
        classes = ", ".join(f"{count} {name}" for name, count in self.static.counts.items() if count)
        number = len(self.differences)
        if not number and self.firmware[0].image != self.firmware[1].image:
            return f"no difference found in what they are and do, but {self._unlike()}; functions: {classes}"
        told = f"{number} difference{'' if number == 1 else 's'}{' (' + kinds + ')' if kinds else ''}"
        if not number:
            count = sum(x != y for x, y in zip(self.static.a.image, self.static.b.image, strict=True))
            told = f"{count:,} bytes differ, but nothing was found that they change"
        return f"{told}; functions: {classes}"

    def _unlike(self) -> str:
        a, b = (rom.image for rom in self.firmware)
        places = [at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y]
        some = f"{len(places):,} bytes" if len(places) != 1 else "1 byte"
        return f"{some} of the images differ{'' if len(places) != 1 else 's'}, the first at {0xE0000 + places[0]:05X}"

    def to_dict(self) -> dict[str, Any]:
        """The object `korgm1 compare --json` prints."""
        return {
            **{
                name: {"name": f.name, "version": f.version, "sha1": f.sha1, "source": f.source}
                for name, f in zip("ab", self.firmware, strict=True)
            },
            "identical": self.identical, "related": self.related, "verdict": self.verdict,
            "models": None if self.sides is None else [side.model for side in self.sides],
            "functions": None if self.static is None else self.static.counts,
            "differences": [row.to_dict() for row in self.differences],
            "consequences": [row.to_dict() for row in self.consequences],
            "notes": list(self.notes),
        }


def compare(
    a: RomSet, b: RomSet, models: tuple[str, str] = ("m1", "m1"), script: Script | None = None, workers: int = 1,
    tell: Tell = lambda text: None, asked: Asked = lambda: 0,
) -> Comparison:
    """Compare two firmwares.

    Args:
        a, b: any 131,072 bytes each.
        models: the instruments A and B run in.
        script: inputs of one's own, played on both.
        workers: with 2, each side has its own process; a program that asks for it needs the usual
            `if __name__ == "__main__"`.
        tell: told what is being done, now and then.
        asked: see `korgm1.workers`.

    Raises:
        UserError: a process died.
        Stopped: `asked` said so.
    """
    if a.image == b.image and models[0] == models[1]:
        return Comparison((a, b), None, None, (), ())
    if not akin(a.image, b.image):
        tell("analysis")
        static = compare_programs(analyse(a.image), analyse(b.image))
        if not static.related:
            return Comparison((a, b), None, static, (), ())
    sides = gather_both((a, b), models, script, workers, tell, asked)
    tell("comparing")
    return compare_sides(sides)


def akin(a: bytes, b: bytes) -> bool:
    """Whether two images have so much in common that they are versions of one program, wherever it lies.

    >>> akin(bytes(131072), bytes(range(256)) * 512)
    False
    """
    grams = [Remains(image, BASE, ()).grams() for image in (a, b)]
    least = min(map(len, grams))
    return least >= ENOUGH and len(grams[0].keys() & grams[1].keys()) >= KINSHIP * least


def compare_sides(sides: tuple[Side, Side]) -> Comparison:
    """Lay side by side what was gathered of two firmwares; no findings if they are no versions of one program."""
    a, b = (side.firmware for side in sides)
    static = compare_programs(sides[0].program, sides[1].program)
    if not static.related and not akin(a.image, b.image):
        return Comparison((a, b), None, static, (), ())
    boots = pair_boots(*sides)
    findings = [*static.findings, *boot_findings(*sides, boots), *experiment_findings(*sides), *script_findings(*sides)]
    if a.version != b.version and not any(rom.sha1.startswith(rom.version) for rom in (a, b)):
        findings.append(Finding("version", "version", a.version, b.version, ("as read from the ROM, or its list",)))
    order = {kind: place for place, kind in enumerate(KINDS)}
    explained = explain(findings, static, known(*sides))
    ranked = sorted(explained, key=lambda row: (bool(row.because), order.get(row.kind, len(order))))
    return Comparison((a, b), sides, static, boots, tuple(ranked))
