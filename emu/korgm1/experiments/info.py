"""What a firmware is: its reset path, vectors, texts, tables, ports and instructions, read and run to the play page."""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from korgm1.analysis import Program, analyse
from korgm1.analysis.names import port_names
from korgm1.analysis.told import Told
from korgm1.clock import CPU_HZ
from korgm1.cpu.instruction_table import NATIVE
from korgm1.experiments.bench import BAR, Bench
from korgm1.experiments.interrupts import catch_all, source
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.experiments.texts import lcd_texts
from korgm1.observing import Observation
from korgm1.onchip.sysregs import OPCN, SYSTEM_AREA
from korgm1.romset.load import RomSet

LONGEST = 120
"""Instructions of the reset path at most."""
WHOLE = 8
"""Characters at least of an LCD line that is taken for a part of a longer text."""
_CALLS = frozenset(("E8", "9A", "FF.2", "FF.3", "CC", "CD"))
_JUMPS = frozenset(("E9", "EB"))
_STOPS = frozenset(("C2", "C3", "CA", "CB", "CF", "FF.4", "FF.5", "F4"))
_VERSION = re.compile(r"#\s?\d{1,3}\b|(?i:\bv(?:er(?:\.|sion)?)?\s?)\d+\.\d+")
WORDS = {
    "multisounds": ("piano", "organ", "string", "choir", "flute", "brass", "guitar", "bass", "marimba", "vib", "bell"),
    "effects": ("hall", "room", "chorus", "flanger", "phaser", "delay", "tremolo", "exciter", "over drive", "overdrive",
                "rotary", "equal", "early"),
    "drum sounds": ("kick", "snare", "tom", "conga", "cowbell", "crash", "hihat", "hh", "clap", "tambourine"),
}
"""What the names of a table have in them, by what they are names of (facts m1-hardware 7.1-7.3)."""


@dataclass(frozen=True)
class Step(Record):
    """An instruction of the reset path."""

    address: int
    text: str


@dataclass(frozen=True)
class Setting(Record):
    """A register of the V50 written in a boot: seconds since power-on, its name, the value."""

    seconds: float
    name: str
    value: int


@dataclass(frozen=True)
class Copied(Record):
    """Bytes of the image from `source` on that are copied to RAM at `address`: how many."""

    source: int
    address: int
    size: int


@dataclass(frozen=True)
class Vector(Record):
    """An interrupt vector that is installed.

    Attributes:
        number: 0-255.
        place: SEGMENT:OFFSET.
        function: the label there, or "".
        source: what raises it, if the ICU gives this number, else "".
        per_boot: how often it interrupted in the boot.
    """

    number: int
    place: str
    function: str
    source: str
    per_boot: int


@dataclass(frozen=True)
class Seen(Record):
    """Where a text stood on the LCD: line 1-2, column 1-40, and when."""

    line: int
    column: int
    when: str


@dataclass(frozen=True)
class TextInfo(Record):
    """A text in the ROM: who refers to it, and where it was seen."""

    address: int
    text: str
    refs: tuple[int, ...]
    seen: tuple[Seen, ...]


@dataclass(frozen=True)
class TableInfo(Record):
    """A table: `names_of` says what its names are names of, if they tell."""

    address: int
    stride: int
    count: int
    kind: str
    names_of: str
    first: tuple[str, ...]


@dataclass(frozen=True)
class Port(Record):
    """A port: its name on this board, instructions that use it, and accesses in the boot."""

    port: int
    name: str
    places_in: tuple[int, ...]
    places_out: tuple[int, ...]
    reads: int
    writes: int


@dataclass(frozen=True)
class Nec(Record):
    """An instruction only NEC's processors have: its encoding, mnemonic, and where it is used."""

    form: str
    mnemonic: str
    places: tuple[int, ...]


@dataclass(frozen=True)
class Gap(Record):
    """Bytes nobody was seen to reach."""

    start: int
    end: int
    looks: str


@dataclass(frozen=True)
class Info(Record):
    """What is known of a firmware.

    Attributes:
        name, version, sha1, warnings: of the ROM set.
        banner: the first text the LCD shows, in one line, or "".
        banner_version: what of it looks like a version.
        ended: how the boot ended, or "not run".
        sums: sums and CRCs of both halves.
        reset: the instructions from reset to the first call.
        settings: V50 registers written, in order.
        vectors: those installed that are not one of a row of stubs; `stubs` counts these.
        stub: the only place that they all lead to, or "": each has its own.
        copies: data that it copies from its ROM to RAM when it starts.
        texts, tables, ports, nec, unreached: as their classes say.
        functions, code: how many routines, and bytes of code.
        notes: what was odd.
    """

    name: str
    version: str
    sha1: str
    warnings: tuple[str, ...]
    banner: str
    banner_version: str
    ended: str
    sums: dict[str, str]
    reset: tuple[Step, ...]
    settings: tuple[Setting, ...]
    vectors: tuple[Vector, ...]
    stubs: int
    stub: str
    copies: tuple[Copied, ...]
    texts: tuple[TextInfo, ...]
    tables: tuple[TableInfo, ...]
    ports: tuple[Port, ...]
    nec: tuple[Nec, ...]
    unreached: tuple[Gap, ...]
    functions: int
    code: int
    notes: tuple[str, ...]


def firmware_info(
    firmware: RomSet, model: str = "m1", run: bool = True, progress: Progress = quiet, told: Told | None = None
) -> Info:
    """Read a firmware, and boot it.

    Args:
        firmware: any 128 KB firmware.
        model: the instrument it is booted in.
        run: boot it; False: only what its bytes say.
        progress: told how far it is.
        told: what a researcher says of its places.

    >>> from korgm1.romset.load import load_os
    >>> found = firmware_info(load_os(None, "m1"), run=False)
    >>> found.reset[0].text, found.nec[0].form[:2], found.ended
    ('jmp 0xf000:0x0', '0F', 'not run')
    """
    seen: Observation | None = None
    ended = "not run"
    pictures: list[tuple[tuple[str, str], str]] = []
    notes: list[str] = []
    opcn = icu = None
    if run:
        bench = Bench(firmware, model)
        ended = bench.reference.ended
        progress(0, 4, "booting it")
        seen = bench.observation
        ended = bench.reference.ended
        notes += [said for said in (bench.problem, bench.remark) if said]
        progress(1, 4, "collecting texts")
        shown = lcd_texts(firmware, model, bench=bench)
        pictures = [(row.lcd, row.when) for row in (*shown.order, *shown.texts)]
        session = bench.playing("for its vectors")
        opcn, icu = session.machine.sysregs.peek(OPCN), session.machine.icu.snapshot()
    progress(2, 4, "taking it apart")
    program = analyse(firmware.image, None if seen is None else seen.executed, told=told)
    progress(3, 4, "putting it together")
    vectors, stubs, stub = _vectors(program, seen, opcn, icu)
    words = [row.text for row in program.texts]
    words += [name for row in program.tables if row.kind == "names" for name in row.entries if isinstance(name, str)]
    banner = next((_joined(lcd) for lcd, _ in pictures if BAR not in lcd[0] and _joined(lcd)), "")
    match = _VERSION.search(banner)
    return Info(
        firmware.name, firmware.version, firmware.sha1, firmware.warnings, banner, match.group() if match else "",
        ended, _sums(firmware.image), tuple(_reset(program)),
        tuple(_settings(seen)), vectors, stubs, stub,
        tuple(Copied(row.source, row.address, row.size) for row in program.copies),
        tuple(TextInfo(row.address, row.text, row.refs, _seen(row.text, pictures, words)) for row in program.texts),
        tuple(_table(program, row.address) for row in program.tables), tuple(_ports(program, seen)),
        tuple(Nec(form, _mnemonic(form), places) for form, places in sorted(program.nec.items())),
        tuple(Gap(row.start, row.end, row.looks) for row in program.unreached),
        len(program.functions), sum(len(row.instruction.code) for row in program.instructions.values()),
        (*notes, *program.notes),
    )


def _joined(lcd: tuple[str, str]) -> str:
    return " / ".join(line.strip() for line in lcd if line.strip())


def _sums(image: bytes) -> dict[str, str]:
    halves = {"even (IC32)": image[0::2], "odd (IC23)": image[1::2], "both": image}
    return {
        name: f"sum {sum(half) & 0xFFFF:04X}  CRC-32 {zlib.crc32(half):08x}  SHA-1 {hashlib.sha1(half).hexdigest()}"
        for name, half in halves.items()
    }


def _reset(program: Program) -> list[Step]:
    """From FFFF0, along jumps; a branch is not taken, so a loop is gone through once."""
    rows: list[Step] = []
    at, been = 0xFFFF0, set()
    while len(rows) < LONGEST and at in program.instructions and at not in been:
        been.add(at)
        placed = program.instructions[at]
        one = placed.instruction
        rows.append(Step(at, one.text()))
        name = "" if one.form is None else one.form.name
        if name in _CALLS or name in _STOPS:
            break
        if name == "EA":
            at = ((one.values[0] >> 16) << 4) + (one.values[0] & 0xFFFF) & 0xFFFFF
        elif name in _JUMPS and one.target is not None:
            at = (placed.segment << 4) + one.target & 0xFFFFF
        else:
            at = (placed.segment << 4) + one.next & 0xFFFFF
    return rows


def _settings(seen: Observation | None) -> Iterable[Setting]:
    names = port_names()
    for row in seen.port_writes if seen else ():
        if row.port >= SYSTEM_AREA:
            yield Setting(round(row.clock / CPU_HZ, 6), names.get(row.port, f"{row.port:04X}"), row.value)


def _vectors(
    program: Program, seen: Observation | None, opcn: int | None, icu: dict[str, object] | None,
) -> tuple[tuple[Vector, ...], int, str]:
    known = program.vectors if seen is None else seen.vectors
    places = {number: f"{segment:04X}:{offset:04X}" for number, (segment, offset) in known.items()}
    counts = seen.profile.interrupts if seen is not None and seen.profile is not None else {}
    stubs = catch_all(places) - set(counts)
    base = int(str(icu["vector"])) if icu is not None and icu["ready"] else None
    rows = []
    for number, place in sorted(places.items()):
        if number in stubs:
            continue
        segment, offset = known[number]
        level = number - base if base is not None and base <= number < base + 8 else None
        rows.append(Vector(
            number, place, program.labels.get((segment << 4) + offset & 0xFFFFF, ""),
            "" if level is None or opcn is None else f"ICU level {level}: {source(level, opcn)}", counts.get(number, 0),
        ))
    places_of_stubs = {places[number] for number in stubs}
    return tuple(rows), len(stubs), places_of_stubs.pop() if len(places_of_stubs) == 1 else ""


def _seen(text: str, pictures: list[tuple[tuple[str, str], str]], words: list[str]) -> tuple[Seen, ...]:
    """Where it stood; each place once, with the first occasion. Where it is but a part of another of the firmware's
    texts that stands there, it was not seen."""
    wanted = text.strip()
    if len(wanted) < 2:
        return ()
    longer = [word for word in {word.strip() for word in words} if wanted in word and wanted != word]
    found: dict[tuple[int, int], str] = {}
    for lcd, when in pictures:
        for number, line in enumerate(lcd, 1):
            at = line.find(wanted)
            if at < 0 and len(wanted) > len(line) and len(line.strip()) >= WHOLE and line.strip() in wanted:
                found.setdefault((number, line.find(line.strip()) + 1), when)    # a page of two lines in one
            while at >= 0:
                if not any(_covers(line, word, at, at + len(wanted)) for word in longer):
                    found.setdefault((number, at + 1), when)
                    break
                at = line.find(wanted, at + 1)
    return tuple(Seen(line, column, when) for (line, column), when in found.items())


def _covers(line: str, word: str, start: int, end: int) -> bool:
    """`word` stands on the line around start to end."""
    at = line.find(word, max(0, end - len(word)), start + len(word))
    return at >= 0


def _table(program: Program, address: int) -> TableInfo:
    row = next(one for one in program.tables if one.address == address)
    labels = program.labels
    first = tuple(
        entry if isinstance(entry, str) else labels.get(entry, f"{entry:05X}") for entry in row.entries[:4]
    )
    return TableInfo(row.address, row.stride, row.count, row.kind, names_of(row.entries), first)


def names_of(entries: Iterable[str | int]) -> str:
    """What the names of a table are names of, or "" where they do not tell.

    >>> names_of(["Hall", "Room", "Chorus 1", "Flanger"]), names_of(["ENA", "DIS", "ON"])
    ('effects', '')
    """
    names = [entry.lower() for entry in entries if isinstance(entry, str)]
    hits = {kind: len({word for word in words for name in names if word in name}) for kind, words in WORDS.items()}
    best = max(hits, key=lambda kind: hits[kind])
    return best if hits[best] >= 4 else ""


def _ports(program: Program, seen: Observation | None) -> Iterable[Port]:
    counts = seen.profile.ports if seen is not None and seen.profile is not None else {}
    places: dict[int, dict[str, set[int]]] = {}
    for port, uses in program.ports.items():
        for use in uses:
            places.setdefault(port, {"in": set(), "out": set()})[use.way].add(use.address)
    if seen is not None and seen.profile is not None:
        for (port, way), where in seen.profile.port_places.items():
            at = places.setdefault(port, {"in": set(), "out": set()})
            at[way] |= {(ps << 4) + pc & 0xFFFFF for ps, pc in where}
    names = port_names([(row.port, row.value) for row in seen.port_writes]) if seen else program.port_names
    for port in sorted(places):
        yield Port(
            port, "DX is not known" if port < 0 else names.get(port, ""), tuple(sorted(places[port]["in"])),
            tuple(sorted(places[port]["out"])), counts.get((port, "in"), 0), counts.get((port, "out"), 0),
        )


def _mnemonic(form: str) -> str:
    return NATIVE[form].mnemonic[1] if form in NATIVE else ""
