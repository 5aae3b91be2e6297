"""The register file and descriptions that GDB gets."""

from __future__ import annotations

import xml.etree.ElementTree as xml

from hypothesis import given
from hypothesis import strategies as st

from korgm1.cpu.engine import REGISTERS as CPU_REGISTERS
from korgm1.debugging.gdb_target import BY_NAME, REGISTERS, RegisterFile, memory_map_xml, target_xml
from korgm1.debugging.gdb_unwind import SIZE, TABLE

CORE = (
    "eax ecx edx ebx esp ebp esi edi eip eflags cs ss ds es fs gs st0 st1 st2 st3 st4 st5 st6 st7 "
    "fctrl fstat ftag fiseg fioff foseg fooff fop"
).split()
"""Without one of these GDB refuses the feature (gdb/i386-tdep.c); the order of gdb/features/i386/32bit-core.xml."""


class Cpu:
    """Registers and a clock."""

    def __init__(self) -> None:
        self.values = {name: 0x1111 + 0x1010 * number for number, name in enumerate(CPU_REGISTERS)}

    def registers(self) -> dict[str, int]:
        return dict(self.values)

    def set_registers(self, values: dict[str, int]) -> None:
        assert set(values) <= set(CPU_REGISTERS) and all(0 <= value <= 0xFFFF for value in values.values())
        self.values |= values


def file_of(cpu: Cpu) -> RegisterFile:
    return RegisterFile(cpu, lambda: 1 << 40)


def read(cpu: Cpu, name: str) -> int:
    return int.from_bytes(file_of(cpu).get(BY_NAME[name]), "little")


def write(cpu: Cpu, name: str, value: int) -> bool:
    return file_of(cpu).set(BY_NAME[name], value.to_bytes(REGISTERS[BY_NAME[name]].bits // 8, "little"))


def test_the_core_feature_is_whole_and_numbered_as_gdb_wants() -> None:
    root = xml.fromstring(target_xml())
    assert root.findtext("architecture") == "i8086"
    core = next(feature for feature in root.iter("feature") if feature.get("name") == "org.gnu.gdb.i386.core")
    assert [reg.get("name") for reg in core.iter("reg")] == CORE
    rows = list(root.iter("reg"))
    assert [int(reg.get("regnum", "")) for reg in rows] == list(range(len(REGISTERS)))
    sizes = {reg.get("name"): int(reg.get("bitsize", "")) for reg in rows}
    assert len(file_of(Cpu()).all()) * 8 == sum(sizes.values())


def test_every_type_is_gdb_s_or_defined_in_the_same_feature() -> None:
    for feature in xml.fromstring(target_xml()).iter("feature"):
        own = {row.get("id") for row in feature.iter("flags")}
        known = {"int", "uint16", "uint64", "code_ptr", "data_ptr", "i387_ext"}
        assert {reg.get("type") for reg in feature.iter("reg")} <= own | known


def test_each_register_of_the_cpu_is_seen_under_its_names() -> None:
    cpu = Cpu()
    pairs = dict(zip(CORE[:8], "aw cw dw bw sp bp ix iy".split(), strict=True))
    pairs |= {"eflags": "psw", "cs": "ps", "ss": "ss", "ds": "ds0", "es": "ds1", "ip": "pc"}
    pairs |= {name: name for name in ("aw", "cw", "dw", "bw", "ix", "iy", "ds1", "ps", "ds0", "psw")}
    for gdb, nec in pairs.items():
        assert read(cpu, gdb) == cpu.values[nec]
        assert write(cpu, gdb, 0xBEEF) and cpu.values[nec] == 0xBEEF


def test_no_name_is_one_that_gdb_gives_itself() -> None:
    assert not {"pc", "sp", "fp", "ax", "cx", "dx", "bx", "al", "ah"} & set(BY_NAME)
    assert len(BY_NAME) == len(REGISTERS)


def test_eip_and_stack_are_linear_and_wrap() -> None:
    cpu = Cpu()
    cpu.values |= {"ps": 0xFFFF, "pc": 0x0010, "ss": 0x1000, "sp": 0x0800}
    assert (read(cpu, "eip"), read(cpu, "stack")) == (0, 0x10800)
    cpu.values |= {"pc": 0}
    assert read(cpu, "eip") == 0xFFFF0


@given(st.integers(0, 0xFFFFF), st.integers(0, 0xFFFF), st.integers(0, 0xFFFF))
def test_a_place_that_is_set_is_where_it_goes_on(address: int, segment: int, offset: int) -> None:
    cpu = Cpu()
    cpu.values |= {"ps": segment, "pc": offset}
    assert write(cpu, "eip", address)
    assert read(cpu, "eip") == address
    if (address - segment * 16) % 0x100000 <= 0xFFFF:
        assert cpu.values["ps"] == segment
    else:
        assert cpu.values["ps"] & 0xFFF == 0


def test_what_cannot_be_set_is_refused() -> None:
    cpu = Cpu()
    before = dict(cpu.values)
    assert not write(cpu, "clock", 1) and not write(cpu, "stack", 1) and not write(cpu, "eip", 0x100000)
    assert not write(cpu, "psw", 0x10000)
    assert not file_of(cpu).set(BY_NAME["eax"], b"\x00" * 4)
    assert write(cpu, "st0", 1) and write(cpu, "fs", 1) and read(cpu, "fs") == 0
    assert cpu.values == before


def test_all_at_once_changes_what_differs() -> None:
    cpu = Cpu()
    whole = bytearray(file_of(cpu).all())
    whole[0:2] = b"\x34\x12"
    assert file_of(cpu).set_all(bytes(whole)) and cpu.values["aw"] == 0x1234
    assert not file_of(cpu).set_all(bytes(whole[:-1]))


def test_the_memory_map_covers_the_megabyte_once_and_the_ports() -> None:
    text = memory_map_xml([(0xE0000, 0x10000), (0xF0000, 0x10000)])
    found = xml.fromstring(text[text.index("<memory-map>") :])
    rows = [(str(row.get("type")), int(row.get("start", ""), 16), int(row.get("length", ""), 16)) for row in found]
    assert rows[-2:] == [("ram", 0x1000000, 0x10000), ("rom", TABLE, SIZE)]
    place = 0
    for _, start, size in rows[:-2]:
        assert start == place
        place += size
    assert place == 0x100000
    assert [start for kind, start, _ in rows[:-2] if kind == "rom"] == [0xE0000, 0xF0000]
