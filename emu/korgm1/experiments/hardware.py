"""What the firmware tells the chips around it: V50 units, PIO, ADC, LEDs, DMA; by watching a boot and a few keys."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from korgm1.analysis.names import UNIT_REGISTERS, port_names
from korgm1.clock import CPU_HZ
from korgm1.experiments.bench import Bench, on_bench
from korgm1.experiments.record import Progress, Record, quiet
from korgm1.onchip.sysregs import DULA, OPHA, OPSEL, SULA, SYSTEM_AREA, TULA
from korgm1.profiling import PortWrite
from korgm1.romset.load import RomSet
from korgm1.session import Session

MODES = ("COMBI", "EDIT COMBI", "PROG", "EDIT PROG", "SEQ", "GLOBAL", "INT", "CARD")
PIO = 0x0A00
ADC = 0x0900
WATCHED = 1.0
_REGISTERS = {
    0x0: "TCKS", 0x2: "RFC", 0x4: "WMB", 0x5: "WCY1", 0x6: "WCY2", 0x8: "SULA", 0x9: "TULA", 0xA: "IULA", 0xB: "DULA",
    0xC: "OPHA", 0xD: "OPSEL", 0xE: "OPCN",
}

_ON_CHIP = {name for names in UNIT_REGISTERS.values() for name in names}


@dataclass(frozen=True)
class Timer(Record):
    """A counter of the TCU: its mode word, its count, and clocks from one output to the next (modes 2 and 3)."""

    number: int
    mode: int | None
    count: int | None
    hertz: float | None


@dataclass(frozen=True)
class Unit(Record):
    """Accesses to one window of ports in a boot: reads, writes, and different ports."""

    name: str
    reads: int
    writes: int
    ports: int


@dataclass(frozen=True)
class Hardware(Record):
    """What the firmware tells the chips.

    Attributes:
        registers: the V50's relocation and system registers on the play page, in the order in which they were written.
        timers: the three counters.
        serial: what was written to the SCU's mode, command and mask registers, and the baud rate it comes to.
        dma: whether the DMAU is enabled, and how many writes went to it.
        pio: the directions of ports A to E on the play page: bits that are outputs.
        directions: how often the directions were changed in a boot.
        channels: ADC channel -> conversions started a second on the play page.
        channels_at_boot: ADC channel -> conversions started until the play page came.
        reset_released: seconds until PA7 let the sound chips out of reset; None: never.
        leds: what is lit -> key pressed before: port C as hex.
        units: what of the board is used; ports under which the V50 has units of its own do not count.
        boots: how many it took.
        notes: what else is to be said.
    """

    registers: dict[str, int]
    timers: tuple[Timer, ...]
    serial: dict[str, float]
    dma: tuple[bool, int]
    pio: dict[str, int]
    directions: int
    channels: dict[int, float]
    channels_at_boot: dict[int, int]
    reset_released: float | None
    leds: dict[str, str]
    units: tuple[Unit, ...]
    boots: int
    notes: tuple[str, ...]


WINDOWS = (
    ("VDF I", 0x0100, 0x0200), ("VDF II", 0x0200, 0x0300), ("MDE", 0x0500, 0x0504), ("OPZ 1", 0x0600, 0x0602),
    ("OPZ 2", 0x0700, 0x0702), ("SCAN", 0x0800, 0x0802), ("ADC", 0x0900, 0x0901), ("PIO", 0x0A00, 0x0A10),
    ("LCDC", 0x0B00, 0x0B02), ("TG", 0x1000, 0x1200), ("SCSI", 0x2000, 0x2400), ("FDC", 0x3000, 0x3400),
)
"""Windows of the I/O map (facts m1-hardware 2: from the service manual, by way of MAME)."""


def hardware(
    firmware: RomSet, model: str = "m1", progress: Progress = quiet, bench: Bench | None = None,
) -> Hardware:
    """Watch a boot and a few keys.

    >>> from korgm1.romset.load import load_os
    >>> found = hardware(load_os(None, "m1"))
    >>> found.timers[0].count, found.timers[0].hertz, found.serial["baud"], found.dma
    (8000, 500.0, 31250.0, (False, 0))
    """
    bench = on_bench(firmware, model, bench)
    before = bench.boots
    progress(0, 3, "counting what a boot tells the chips")
    seen = bench.observation
    profile = seen.profile
    assert profile is not None
    session = bench.playing("for its chips")
    read = session.machine.sysregs.peek
    bases = {name: read(OPHA) << 8 | read(which) & mask for name, which, mask in
             (("tcu", TULA, 0xF9), ("scu", SULA, 0xF9), ("dmau", DULA, 0xF0))}
    writes = seen.port_writes
    registers = {
        _REGISTERS[row.port - SYSTEM_AREA]: row.value for row in writes if row.port - SYSTEM_AREA in _REGISTERS
    }
    dma = sum(bases["dmau"] <= row.port < bases["dmau"] + 16 for row in writes) if read(OPSEL) & 1 else 0
    pio = {port: session.machine.pio.driven(port)[1] for port in "ABCDE"}
    notes = [said for said in (bench.problem, bench.remark) if said]
    at_boot = Counter(channel for _, channel in _started(writes))
    released = next((row.clock for row in writes if row.port == PIO and row.value & 0x80), None)
    progress(1, 3, "counting conversions on the play page")
    channels: dict[int, float] = {}
    leds: dict[str, str] = {}
    if not bench.problem:
        state = session.take()
        channels = _channels(session)
        progress(2, 3, "pressing mode keys for their LEDs")
        leds["power-on"] = f"{session.machine.pio.driven('C')[0]:02X}"
        for key in MODES:
            session.restore(state)
            session.press(key)
            session.run(0.3)
            leds[key] = f"{session.machine.pio.driven('C')[0]:02X}"
    names = port_names((row.port, row.value) for row in writes)
    inside = {port for port, name in names.items() if name in _ON_CHIP}
    ports = {place: count for place, count in profile.ports.items() if place[0] not in inside}
    units = tuple(
        Unit(name, _sum(ports, first, end, "in"), _sum(ports, first, end, "out"),
             len({port for port, _ in ports if first <= port < end}))
        for name, first, end in WINDOWS
    )
    timers = _timers(writes, bases["tcu"], read(0))
    return Hardware(
        registers, timers, _serial(writes, bases["scu"], timers), (bool(read(OPSEL) & 1), dma), pio,
        sum(row.port in (PIO + 0x0C, PIO + 0x0E) for row in writes), channels, dict(sorted(at_boot.items())),
        None if released is None else round(released / CPU_HZ, 4), leds, units, bench.boots - before, tuple(notes),
    )


def _sum(ports: dict[tuple[int, str], int], first: int, end: int, way: str) -> int:
    return sum(count for (port, mine), count in ports.items() if first <= port < end and mine == way)


def _started(writes: list[PortWrite]) -> list[tuple[int, int]]:
    """Clock and channel of each conversion: a rising START takes the channel."""
    rows, before = [], 0
    for row in writes:
        if row.port == PIO:
            if row.value & 0x40 and not before & 0x40:
                rows.append((row.clock, row.value >> 3 & 7))
            before = row.value
    return rows


def _channels(session: Session) -> dict[int, float]:
    rows: list[tuple[str, int, int]] = []
    session.machine.ports.watch = lambda way, port, value: rows.append((way, port, value))
    session.run(WATCHED)
    session.machine.ports.watch = None
    found: Counter[int] = Counter()
    before = 0
    for way, port, value in rows:
        if way == "out" and port == PIO:
            if value & 0x40 and not before & 0x40:
                found[value >> 3 & 7] += 1
            before = value
    return {channel: count / WATCHED for channel, count in sorted(found.items())}


def _timers(writes: list[PortWrite], base: int, tcks: int) -> tuple[Timer, ...]:
    """Modes and counts as they were written last: low byte, then high byte, or one of them alone."""
    modes: dict[int, int] = {}
    counts: dict[int, list[int]] = {}
    for row in writes:
        if row.port == base + 6 and row.value >> 6 < 3 and row.value & 0x30:
            modes[row.value >> 6] = row.value
            counts[row.value >> 6] = []
        elif row.port in (base, base + 2, base + 4):
            counts.setdefault((row.port - base) // 2, []).append(row.value)
    timers = []
    for number in range(3):
        mode, data = modes.get(number), counts.get(number, [])
        ways = 0 if mode is None else mode >> 4 & 3
        count = None
        if ways == 3 and len(data) >= 2:
            whole = data[-2:] if len(data) % 2 == 0 else data[-3:-1]
            count = (whole[0] | whole[1] << 8) or 0x10000
        elif ways in (1, 2) and data:
            count = (data[-1] << 8 * (ways - 1)) or 0x10000
        clock = CPU_HZ / (2 << (tcks & 3))
        external = bool(tcks >> (2 + number) & 1)
        repeating = mode is not None and mode >> 1 & 3 in (2, 3)
        hertz = clock / count if count and repeating and not external else None
        timers.append(Timer(number, mode, count, hertz))
    return tuple(timers)


def _serial(writes: list[PortWrite], base: int, timers: tuple[Timer, ...]) -> dict[str, float]:
    found: dict[str, float] = {}
    for row in writes:
        name = {base + 2: "command", base + 4: "mode", base + 6: "mask"}.get(row.port)
        if name:
            found[name] = row.value
    divisor = {2: 16, 3: 64}.get(int(found.get("mode", 0)) & 3)
    if divisor and timers[1].hertz:
        found["baud"] = timers[1].hertz / divisor
    return found
