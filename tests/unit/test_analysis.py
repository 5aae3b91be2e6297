"""Static analysis of small programs, written by hand for one question each."""

from __future__ import annotations

from itertools import pairwise

import pytest

from korgm1.analysis import UNKNOWN_PORT, Executed, Program, Xref, analyse
from korgm1.analysis.names import BOARD, SYSTEM, UNIT_REGISTERS, port_names
from korgm1.board.battery import Battery
from korgm1.hypotheses import Hypotheses
from korgm1.machine.m1 import M1
from korgm1.physics.bench_supply import BenchSupply

START = 0x100
"""Offset in F000 where the programs begin."""
SEGMENT = 0xF0000


def program(code: str, executed: Executed | None = None, **data: bytes) -> Program:
    """`code` in hex at F000:0100, `data` at F000:NNNN by keyword at_NNNN, and the jump at FFFF0."""
    image = bytearray(b"\xcc" * 0x10000)
    code = "".join(code.split())
    image[START : START + len(code) // 2] = bytes.fromhex(code)
    for name, some in data.items():
        at = int(name.removeprefix("at_"), 16)
        image[at : at + len(some)] = some
    image[0xFFF0:0xFFF5] = bytes.fromhex("ea000100f0")
    return analyse(bytes(image), executed, base=SEGMENT)


def found(result: Program) -> set[int]:
    """Offsets of the instructions below FFF0."""
    return {address - SEGMENT for address in result.instructions if address < 0xFFFF0}


def test_branches_calls_and_what_stands_behind_them() -> None:
    result = program("74 03  E8 03 00  EB FE  90  C3")     # jz 0105; call 0108; jmp $; nothing leads here; ret
    assert found(result) == {0x100, 0x102, 0x105, 0x108}


@pytest.mark.parametrize("value", [0x00, 0xFF])
def test_code_that_runs_into_blank_bytes_ends_there_unless_it_was_executed(value: int) -> None:
    assert not analyse(bytes([value]) * 0x20000).instructions
    blank = bytes([value]) * 16
    result = program("40 74 03", at_0103=blank)
    assert found(result) == {0x100, 0x101}
    assert any("blank" in note and "F0103" in note for note in result.notes)
    assert 0x103 in found(program("40 74 03", Executed(frozenset({(0xF000, 0x103)})), at_0103=blank))


def test_overlapping_code_is_noted_and_the_first_stands() -> None:
    result = program("74 01  B8 90 90  EB FE")      # jz into the MOV
    starts = sorted(result.instructions)
    for first, second in pairwise(starts):
        assert first + len(result.instructions[first].instruction.code) <= second
    assert any("overlaps" in note for note in result.notes)


def test_functions_have_blocks_calls_and_callers() -> None:
    result = program("E8 05 00  E8 04 00  EB FE  90 C3  E9 FC FF")   # call 0108, call 010A; 010A: jmp 0109
    first, second = result.functions[0xF0108], result.functions[0xF010A]
    assert set(first.callers) == set(second.callers) == {0xF0100}
    assert first.starts == (0xF0108, 0xF0109) and first.ends == (0xF0109, 0xF010A) and first.size == 2
    assert 0xF0109 in second.starts, "a tail that two routines share belongs to both"


def test_a_jump_table_ends_where_its_words_lead_to_nothing() -> None:
    table = b"".join(offset.to_bytes(2, "little") for offset in (0x200, 0x203, 0x206)) + b"\xcc\xcc"
    result = program("2E FF A7 10 01", at_0110=table, at_0200=bytes.fromhex("40 EBFE 41 EBFE 42 EBFE"))
    tables = [each for each in result.tables if each.kind == "code"]
    assert [(each.address, each.stride, each.count) for each in tables] == [(0xF0110, 2, 3)]
    assert {0x200, 0x203, 0x206} <= found(result)
    assert not any(0x110 <= offset < 0x118 for offset in found(result))


def test_rows_of_three_bytes_are_told_from_words() -> None:
    rows = b"".join(bytes([number]) + offset.to_bytes(2, "little") for number, offset in
                    ((7, 0x200), (1, 0x203), (64, 0x206), (9, 0x209)))  # fmt: skip
    code = bytes.fromhex("40 EBFE 41 EBFE 42 EBFE 43 EBFE")
    result = program("2E FF A4 11 01", at_0110=rows, at_0200=code)
    assert [(each.address, each.stride, each.count) for each in result.tables] == [(0xF0111, 3, 4)]


@pytest.mark.parametrize("code", [
    "B800F0 8ED8  FF A7 20 01",                 # mov ax,F000; mov ds,ax; jmp [bx+0120]
    "2E 8B 87 20 01  40  FF E0",                # mov ax,[cs:bx+0120]; inc ax; jmp ax
    "B800F0 8ED8  8B 97 20 01  FF D2  EB FE",   # the same by DS, a call of DX
])  # fmt: skip
def test_tables_by_ds_and_by_a_register(code: str) -> None:
    table = b"".join(offset.to_bytes(2, "little") for offset in (0x200, 0x203, 0x206)) + b"\xcc\xcc"
    result = program(code, at_0120=table, at_0200=bytes.fromhex("40 EBFE 41 EBFE 42 EBFE"))
    assert [(each.address, each.stride, each.count) for each in result.tables] == [(0xF0120, 2, 3)]
    assert {0x200, 0x203, 0x206} <= found(result)


def test_a_table_of_far_pointers() -> None:
    table = b"".join(offset.to_bytes(2, "little") + b"\x10\xf0" for offset in (0x100, 0x103, 0x106))
    result = program("2E FF 9F 20 01 EB FE", at_0120=table, at_0200=bytes.fromhex("40 EBFE 41 EBFE 42 CB 90"))
    assert [(each.stride, each.entries) for each in result.tables] == [(4, (0xF0200, 0xF0203, 0xF0206))]
    assert result.functions[0xF0206].segment == 0xF010


def test_a_routine_whose_address_is_stored_is_code() -> None:
    result = program("31C0 8ED8  C7 06 00 20 0C 01  EB FE  40 C3")      # mov word [2000h],010C
    assert 0x10C in found(result)
    assert 0xF010C in result.functions


def test_a_number_that_looks_like_an_address_makes_no_code_of_data() -> None:
    result = program("BE 0A 01  EB FE", at_010a=bytes.fromhex("40C3"))   # nothing ends just before 010A
    assert 0x10A not in found(result)


def test_vectors_that_a_loop_installs() -> None:
    code = """31C0 8EC0 8ED8  31FF  B9 00 01  BE 00 03
              89F0 AB 8CC8 AB 83C6 02 E2 F5  EB FE"""
    result = program(code, at_0300=bytes.fromhex("EBFE") * 256)
    assert len(result.vectors) == 256 and result.vectors[255] == (0xF000, 0x300 + 510)
    assert 0x300 + 510 in found(result)
    assert result.functions[0xF0300].name == "int_00"


def test_a_vector_of_which_only_the_offset_is_stored_has_the_code_segment() -> None:
    result = program("31C0 8ED8 E4 10 A8 01 74 FA C7 06 84 00 40 01 EB FE", at_0140=bytes.fromhex("50 58 CF"))
    assert result.vectors[0x21] == (0xF000, 0x140)
    assert {0x140, 0x142} <= found(result)


def test_brk_and_8080_mode_follow_the_vectors() -> None:
    executed = Executed(vectors={0x40: (0xF000, 0x200), 0x41: (0xF000, 0x220), 0x42: (0xF000, 0x240)})
    emulated = bytes.fromhex("3E05 CD0A02 EDED42 EDFD C9".replace(" ", ""))
    result = program("0FFF40 CD41 EBFE", executed, at_0200=emulated, at_0220=b"\xcf", at_0240=b"\xcf")
    modes = {address - SEGMENT: each.emulated for address, each in result.instructions.items()}
    assert [modes[at] for at in (0x100, 0x200, 0x202, 0x205, 0x208, 0x20A)] == [False, True, True, True, True, True]
    assert {0x220, 0x240} <= found(result), "INT and CALLN lead to native code"
    assert set(result.nec) == {"0FFF", "8080.3E", "8080.CD", "8080.EDED", "8080.EDFD", "8080.C9"}


def test_what_an_executed_brkem_leads_to_is_8080_code_though_it_was_executed() -> None:
    """A run tells where instructions begin, not in which mode: 06 30 is MVI B,30H, not PUSH ES."""
    places = frozenset((0xF000, at) for at in (0x200, 0x202, 0x204))
    executed = Executed(places | {(0xF000, 0x100), (0xF000, 0x103)}, {0x40: (0xF000, 0x200)})
    result = program("0FFF40 EBFE", executed, at_0200=bytes.fromhex("0630 3E05 EDFD"))
    modes = {address - SEGMENT: each.emulated for address, each in result.instructions.items()}
    assert [modes.get(at) for at in (0x100, 0x103, 0x200, 0x202, 0x204)] == [False, False, True, True, True]


def test_vectors_that_are_only_found_in_the_code() -> None:
    """The program waits for a port before it installs them, so a dry run does not come there."""
    code = "31C0 8ED8 E4 10 A8 01 75 FA  C7 06 00 01 40 01  C7 06 04 01 50 01  0FFF40  CD41  EBFE"
    result = program(code, at_0140=bytes.fromhex("3E05 76"), at_0150=bytes.fromhex("50 58 CF"))
    assert result.vectors == {0x40: (0xF000, 0x140), 0x41: (0xF000, 0x150)}
    assert result.instructions[0xF0140].emulated and 0x142 in found(result)
    assert not result.instructions[0xF0150].emulated
    brkem, brk = (0xF0100 + code.replace(" ", "").index(word) // 2 for word in ("0FFF40", "CD41"))
    assert Xref(brkem, "call") in result.xrefs[0xF0140] and Xref(brk, "call") in result.xrefs[0xF0150]
    assert result.functions[0xF0100].calls == (0xF0140, 0xF0150)


def test_what_was_executed_wins_against_what_was_concluded() -> None:
    code = "E4 00 A8 01 74 02 B8 90 90 90 90 EB FE"
    concluded = program(code)
    assert 0x106 in found(concluded)
    places = frozenset((0xF000, offset) for offset in (0x100, 0x102, 0x107, 0x108))
    result = program(code, Executed(places))
    assert 0x107 in found(result) and 0x106 not in found(result)


def test_text_behind_a_call_is_no_code() -> None:
    result = program("E8 0E 00", at_0103=b"RAM Error\0", at_010d=bytes.fromhex("EBFE 90 90 5E C3"))
    assert 0x10D in found(result) and not any(0x103 <= offset < 0x10D for offset in found(result))
    assert [text.text for text in result.texts] == ["RAM Error"]


def test_ports_by_constant_and_by_dx_across_blocks() -> None:
    code = "BA 04 0A EE 83C2 02 EE B2 08 EE E6 10 A8 01 75 00 EC 86C4 8BD0 EE EB FE"
    result = program(code)
    uses = {port: [(use.address - SEGMENT, use.way) for use in uses] for port, uses in result.ports.items()}
    assert uses[0xA04] == [(0x103, "out")] and uses[0xA06] == [(0x107, "out")]
    assert uses[0xA08] == [(0x10A, "out"), (0x111, "in")], "DX lives on behind a branch"
    assert uses[0x10] == [(0x10B, "out")] and uses[UNKNOWN_PORT] == [(0x116, "out")]
    assert result.port_names[0xA06] == "PIO_PD_LCD"


def test_units_of_the_v50_have_names_where_they_are_placed() -> None:
    writes = "".join(f"BA{port & 0xFF:02X}FF B0{value:02X} EE" for port, value in
                     ((0xFFFC, 0x12), (0xFFFA, 0x40), (0xFFF8, 0x81), (0xFFFD, 0x0A)))  # fmt: skip
    names = program(writes + "EBFE").port_names
    assert names[0x1240] == "ICU_0" and names[0x1242] == "ICU_1"
    assert names[0x1281] == "SCU_SRB_STB" and names[0x1287] == "SCU_SIMK"


def test_texts_need_words_or_somebody_who_points_at_them() -> None:
    texts = program("BE 00 02 BF 10 02 EB FE", at_01ff=b"\0UP\0", at_0208=b"\0~}~{|~}\0",
                    at_0220=b"\0Battery Low\0\xff", at_0240=b"\x01'$9\0").texts  # fmt: skip
    assert [(text.address - SEGMENT, text.text) for text in texts] == [(0x200, "UP"), (0x221, "Battery Low")]
    assert texts[0].refs == (0xF0100,) and texts[1].refs == ()


def test_a_reference_cuts_the_characters_before_a_text_off() -> None:
    result = program("BE 03 02 EB FE", at_0200=b"9B2Master Tune\0")
    assert [text.text for text in result.texts if text.refs] == ["Master Tune"]


def test_names_of_one_width_and_pointers_to_texts_are_tables() -> None:
    names = b"".join(name.ljust(10) for name in (b"Piano", b"E.Piano 1", b"Clav", b"Organ 16", b"Pipe"))
    texts = b"Delay\0Chorus\0Reverb\0"
    words = b"".join(at.to_bytes(2, "little") for at in (0x300, 0x306, 0x30D))
    result = program("EB FE", at_0200=names, at_0300=texts, at_0320=words)
    tables = {table.address - SEGMENT: table for table in result.tables}
    assert tables[0x200].entries == ("Piano", "E.Piano 1", "Clav", "Organ 16", "Pipe")
    assert tables[0x200].stride == 10
    assert tables[0x320].kind == "texts" and tables[0x320].entries == (0xF0300, 0xF0306, 0xF030D)


def test_ram_by_what_ds_holds() -> None:
    result = program("B8 00 10 8ED8 A1 34 12 E8 02 00 EB FE  A2 35 12 1E 31C0 8ED8 A0 36 12 1F A0 37 12 C3")
    kinds = {address: {(ref.origin - SEGMENT, ref.kind) for ref in refs}
             for address, refs in result.xrefs.items() if address < 0x20000}  # fmt: skip
    assert kinds == {0x11234: {(0x105, "read")}, 0x11235: {(0x10D, "write")}, 0x01236: {(0x115, "read")},
                     0x11237: {(0x119, "read")}}  # fmt: skip


def test_gaps_say_what_they_look_like() -> None:
    looks = {gap.start - SEGMENT: gap.looks for gap in program("EB FE", at_0200=b"\x12\x34\x56").unreached}
    assert looks[0] == "one value CC" and looks[0x200] == "data"


@pytest.mark.parametrize("image", [b"", b"\xea", bytes(131072), b"\xff" * 131072, b"\xeb\xfe" * 65536,
                                   b"\xe8\x00\x00" * 43690, b"\x2e\xff\xa7\x00\x10\xc3" * 21845,
                                   b"Abcdefg\0" * 16384, bytes(range(256)) * 512], ids=range(9))  # fmt: skip
def test_any_image_gives_a_program_no_larger_than_it(image: bytes) -> None:
    result = analyse(image)
    assert len(result.instructions) <= len(image)
    assert sum(gap.end - gap.start for gap in result.unreached) <= len(image)
    assert len(result.notes) <= 20


def test_every_port_the_netlist_decodes_has_a_name_and_no_other() -> None:
    machine = M1(bytes(0x20000), "v30", Hypotheses(), Battery(BenchSupply(3.2)))
    assert set(machine.ports._board) == set(BOARD)


def test_the_units_and_system_registers_have_names_as_the_chip_maps_them() -> None:
    machine = M1(bytes(0x20000), "v30", Hypotheses(), Battery(BenchSupply(3.2)))
    before = set(machine.ports._chip)
    assert set(SYSTEM) <= before
    writes = [(0xFFFC, 0x77), (0xFFFA, 0x00), (0xFFF9, 0x10), (0xFFFB, 0x20), (0xFFF8, 0x40), (0xFFFD, 0x0F)]
    for port, value in writes:
        machine.ports.write(port, value)
    placed = set(machine.ports._chip) - before
    named = {port for port, name in port_names(writes).items() if name in sum(UNIT_REGISTERS.values(), ())}
    assert named == placed


def test_parameters_that_reach_the_end_of_a_segment_wrap() -> None:
    image = bytearray(b"\xff" * 0x20000)
    image[0x100:0x105] = bytes.fromhex("5e 2eac ffe6")
    for at, size in ((0x200, 2), (0x210, 3), (0xFFF0, 0x20)):
        image[at : at + 4] = b"\xe8" + (0x100 - at - 3 & 0xFFFF).to_bytes(2, "little") + bytes([size])
    image[0x206] = image[0x217] = 0xF4
    image[0x1FFF0:0x1FFF5] = bytes.fromhex("ea f0ff00e0")
    places = [(0xE000, at) for at in (0x100, 0x101, 0x103, 0x200, 0x206, 0x210, 0x217, 0xFFF0)]
    program = analyse(bytes(image), Executed(frozenset(places)))
    assert {0xE0200, 0xE0206, 0xE0217, 0xEFFF0} <= program.instructions.keys()
