"""The binary trace's records, packed and read as docs/trace-format.md has them: slowly, and not from the C sources.

An event is a tuple: (clock, "exec", place, code, more, registers), (clock, "int", place, vector),
(clock, "wake", place) or (clock, kind, address, word, value); registers is {number: value}.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ACCESSES = ("memr", "memw", "in", "out")
NAMES = "aw cw dw bw sp bp ix iy ds1 ss ds0 psw".split()
Event = tuple[Any, ...]


@dataclass
class Slot:
    place: int | None = None
    code: tuple[bytes, bool] | None = None
    next: int = 0
    delta: int = 0
    form: int = 0
    seen: list[list[int]] = field(default_factory=lambda: [[0, 0] for _ in range(4)])


class Memory:
    """What reader and writer keep in a block."""

    def __init__(self, clock: int) -> None:
        self.slots: dict[int, Slot] = {}
        self.last = Slot()
        self.clock = clock
        self.ps = self.accesses = 0
        self.registers = [0] * 12

    def look_up(self, place: int) -> Slot:
        index = (place >> 12 ^ place) & 4095
        if index not in self.slots or self.slots[index].place != place:
            self.slots[index] = Slot(place)
        self.last, self.ps, self.accesses = self.slots[index], place >> 16, 0
        return self.last

    def show(self, code: bytes, more: bool) -> None:
        place = self.last.place or 0
        self.last.code = code, more
        self.last.next = place & 0xFFFF0000 | (place + len(code)) & 0xFFFF

    def access(self) -> list[int]:
        self.accesses += 1
        return self.last.seen[(self.accesses - 1) % 4]


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def word(value: int) -> bytes:
    return value.to_bytes(2, "little")


def pack(events: list[Event]) -> bytes:
    """The records of one block."""
    memory = Memory(events[0][0])
    other = memory.last
    out = b""
    for event in events:
        clock, kind = event[:2]
        delta, memory.clock = clock - memory.clock, clock
        if kind == "exec":
            out += _pack_instruction(memory, delta, *event[2:])
        elif kind in ("int", "wake"):
            place = event[2]
            out += bytes([0x40 + (kind == "wake")]) + varint(delta) + word(place >> 16) + word(place & 0xFFFF)
            out += bytes(event[3:])
            memory.last, memory.accesses = other, 0
        else:
            address, wide, value = event[2:]
            seen = memory.access()
            flags, off = 0x80 | ACCESSES.index(kind) << 5 | wide << 4, address - seen[0]
            tail = b""
            if delta:
                flags, tail = flags | 8, varint(delta)
            if -128 <= off < 128 and off:
                flags, tail = flags | 2, tail + bytes([off & 0xFF])
            elif off:
                flags, tail = flags | 4, tail + address.to_bytes(3, "little")
            if value != seen[1]:
                flags, tail = flags | 1, tail + (word(value) if wide else bytes([value]))
            seen[:] = address, value
            out += bytes([flags]) + tail
    return out


def _pack_instruction(
    memory: Memory, delta: int, place: int, code: bytes, more: bool, registers: dict[int, int]
) -> bytes:
    last, flags, tail = memory.last, 0, b""
    if delta != last.delta:
        flags, tail, last.delta = 1, varint(delta), delta & 0xFFFFFFFF
    if place != last.next:
        flags |= 2
        if place >> 16 != memory.ps:
            flags, tail = flags | 4, tail + word(place >> 16)
        tail, last.next = tail + word(place & 0xFFFF), place
    slot = memory.look_up(place)
    if slot.code != (code, more):
        flags, tail = flags | 8, tail + bytes([len(code) | more << 7]) + code
        memory.show(code, more)
    if registers:
        form, values = 0, b""
        for number in sorted(registers):
            value = registers[number]
            wide = (value ^ memory.registers[number]) > 0xFF
            form |= 1 << number | wide << number + 12
            values += word(value)[: 1 + wide]
            memory.registers[number] = value
        flags |= 16
        if form != slot.form:
            flags, tail, slot.form = flags | 32, tail + form.to_bytes(3, "little"), form
        tail += values
    return bytes([flags]) + tail


def text(events: list[Event]) -> str:
    """The same as lines."""
    lines = []
    for clock, kind, where, *rest in events:
        place = f"{where >> 16:04X}:{where & 0xFFFF:04X}"
        if kind == "exec":
            code, more, registers = rest
            said = f"{place} {code.hex().upper()}{'..' * more}"
            said += "".join(f" {NAMES[n]}={registers[n]:04X}" for n in sorted(registers))
        elif kind == "int":
            said = f"{rest[0]:02X} at {place}"
        elif kind == "wake":
            said = f"at {place}"
        else:
            wide, value = rest
            said = f"{where:0{5 if kind[0] == 'm' else 4}X} {value:0{4 if wide else 2}X}"
        lines.append(f"{clock:04} {kind} {said}\n")
    return "".join(lines)


class _Source:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int) -> bytes:
        self.at += count
        if self.at > len(self.data):
            raise ValueError("beyond the end")
        return self.data[self.at - count : self.at]

    def number(self, count: int) -> int:
        return int.from_bytes(self.take(count), "little")

    def varint(self) -> int:
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value


def read(records: bytes, clock: int) -> list[Event]:
    """The events of one block."""
    memory, source = Memory(clock), _Source(records)
    other = memory.last
    events: list[Event] = []
    while source.at < len(records):
        flags = source.number(1)
        if flags & 0x80:
            wide = flags >> 4 & 1
            memory.clock += source.varint() if flags & 8 else 0
            seen = memory.access()
            if flags & 4:
                seen[0] = source.number(3)
            if flags & 2:
                seen[0] += (source.number(1) ^ 128) - 128
            if flags & 1:
                seen[1] = source.number(1 + wide)
            events.append((memory.clock, ACCESSES[flags >> 5 & 3], seen[0], wide, seen[1]))
        elif flags & 0x40:
            memory.clock += source.varint()
            place = source.number(2) << 16 | source.number(2)
            events.append((memory.clock, "wake", place) if flags & 1 else
                          (memory.clock, "int", place, source.number(1)))  # fmt: skip
            memory.last, memory.accesses = other, 0
        else:
            events.append(_read_instruction(memory, source, flags))
    return events


def _read_instruction(memory: Memory, source: _Source, flags: int) -> Event:
    last = memory.last
    delta = source.varint() if flags & 1 else last.delta
    last.delta = delta & 0xFFFFFFFF
    memory.clock += delta
    if flags & 2:
        ps = source.number(2) if flags & 4 else memory.ps
        last.next = ps << 16 | source.number(2)
    place = last.next
    slot = memory.look_up(place)
    if flags & 8:
        count = source.number(1)
        memory.show(source.take(count & 31), bool(count >> 7))
    registers = {}
    if flags & 16:
        if flags & 32:
            slot.form = source.number(3)
        for number in range(12):
            if slot.form >> number & 1:
                low = source.number(1)
                high = source.number(1) if slot.form >> number + 12 & 1 else memory.registers[number] >> 8
                registers[number] = memory.registers[number] = high << 8 | low
    code, more = slot.code or (b"", False)
    return memory.clock, "exec", place, code, more, registers
