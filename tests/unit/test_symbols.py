"""Names of a researcher's own: the CSV file, what an analysis makes of it, and the listing in rounds."""

from __future__ import annotations

import csv
import io
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.analysis import Executed, Program, analyse
from korgm1.analysis.exports import symbols_csv
from korgm1.analysis.listing import source
from korgm1.analysis.told import told_by
from korgm1.errors import UserError
from korgm1.symbols import KINDS, Symbol, Symbols, read_symbols

BASE = 0xF0000
HEAD = "address,name,kind,size,comment\n"


def image() -> bytes:
    """From F0000: DS is 0, MOV AX,[0412] and back, a jump to itself; at F0100 a routine nobody calls; at F0200 a text
    and words that look like nothing; FFFF0 leads to F0000."""
    made = bytearray(b"\xff" * 0x10000)
    made[0x0000:0x000C] = bytes.fromhex("31c0 8ed8 a11204 a31204 ebfe")
    made[0x0100:0x0106] = bytes.fromhex("bb0002 c3 0fc3")
    made[0x0200:0x0210] = b"Hi!\x80\xf0\x00\x01" + bytes.fromhex("3412 7856") + b"BATT\0"
    made[0xFFF0:0xFFF5] = bytes.fromhex("ea000000f0")
    return bytes(made)


def table(text: str, folder: Path) -> Symbols:
    (folder / "my.csv").write_text(text, "utf-8")
    return read_symbols(folder / "my.csv")


def taken(text: str, folder: Path, executed: Executed | None = None) -> Program:
    return analyse(image(), executed, BASE, told_by(table(HEAD + text, folder)))


def assembles(program: Program, folder: Path) -> str:
    """The source; it makes the same bytes where NASM is there."""
    text = source(program)
    if shutil.which("nasm"):
        (folder / "x.asm").write_text(text)
        command = ["nasm", "-f", "bin", "-w+error", "-o", str(folder / "x.bin"), str(folder / "x.asm")]
        run = subprocess.run(command, capture_output=True, text=True)
        assert run.returncode == 0, run.stderr[:2000]
        assert (folder / "x.bin").read_bytes() == program.image
    return text


def test_a_port_with_a_comment_alone_keeps_its_name(tmp_path: Path) -> None:
    symbols = table(HEAD + "0900,,port,,the cell\n0901,LEDS,port,,\n", tmp_path)
    assert symbols.ports == {0x901: "LEDS"} and symbols.names == {}


@pytest.mark.parametrize(("text", "said"), [
    ("F0123,x,routine,,", "row 2: 'routine' is no kind; expected function, code"),
    ("F0123,x,,,\nF0124,x,,,", "row 3: x is the name of F0123 too .row 2."),
    ("100000,x,,,", "row 2, has no address: '100000'"), ("zz,x,,,", "row 2, has no address"),
    ("F0123,,,,", "row 2, has only an address"), ("12345,x,port,,", "no port 12345"), ("F0000,x,data,a,", "no size"),
    ("# a remark\n\n\"two\nlines\",x,,,", "row 5, has no address"),
])  # fmt: skip
def test_bad_rows_are_told_with_their_line(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        table(HEAD + text + "\n", tmp_path)


@pytest.mark.parametrize(("text", "said"), [
    ("F0123,lcd-write,,,", "row 2: 'lcd-write' cannot be a label; expected letters"),
    ("F0123,1st,,,", "cannot be a label"),
    ("F0123,größe,,,", "cannot be a label"), ("F0123,sub_F0124,,,", "sub_F0124 is what an analysis calls F0124"),
])  # fmt: skip
def test_names_that_no_listing_can_have(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        told_by(table(HEAD + text + "\n", tmp_path))


def test_the_first_name_of_an_address_counts_and_all_are_found(tmp_path: Path) -> None:
    symbols = table("F000:0123,first\n0F0123h,second\n\n# F0123,third\n", tmp_path)
    assert symbols.names == {0xF0123: "first"} and symbols.address("Second") == 0xF0123 == symbols.place("first")
    assert symbols.functions == {0xF0123} and symbols.address("third") is None
    kinds = table("address,name,kind\nF0123,f,function\nF0124,d,data\nA06,LCD,port\n", tmp_path)
    assert kinds.functions == {0xF0123} and kinds.ports == {0xA06: "LCD"} and 0xA06 not in kinds.names


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120))
def test_any_file_is_read_or_told(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes((HEAD + text).encode("utf-8", "surrogatepass"))
    try:
        assert all(row.kind in ("", *KINDS) for row in read_symbols(path).rows)
    except UserError as error:
        assert "x.csv" in str(error)


def test_rows_decide_what_is_code_and_what_is_not(tmp_path: Path) -> None:
    bare = analyse(image(), None, BASE)
    assert 0xF0100 not in bare.instructions and 0xF000A in bare.instructions
    rows = "F0100,draw_menu,function,,draws it\nF0200,greeting,text,5,\nF0207,,words,4,two of them\n"
    program = taken(rows, tmp_path)
    assert program.functions[0xF0100].name == "draw_menu" and 0xF0103 in program.instructions
    text = assembles(program, tmp_path)
    assert "draw_menu, 4 bytes\n; draws it\n" in text and "mov bx,greeting" in text
    assert 'db      "Hi!", 0x80, 0xf0' in text and "dw      0x1234,0x5678" in text and "; two of them" in text
    stopped = taken("F0007,my_data,data,,\n", tmp_path)
    assert set(stopped.instructions) == {0xF0000, 0xF0002, 0xF0004, 0xFFFF0}
    assert any("F0007 was said to be no code" in note for note in stopped.notes)
    assembles(stopped, tmp_path)


def test_what_was_executed_is_code_whatever_is_said(tmp_path: Path) -> None:
    program = taken("F0007,my_data,data,,\n", tmp_path, Executed(frozenset([(0xF000, 7)])))
    assert 0xF0007 in program.instructions
    assert any("my.csv, row 2: F0007 is to be data, but F0007 was executed" in note for note in program.notes)


def test_ram_ports_and_words_of_nasm_can_be_names(tmp_path: Path) -> None:
    program = taken("00412,Wait,,,what is waited for\nF0000,mov,,,\nF0007,bx,code,,\nF0100,add4s,code,,\n",
                    tmp_path)  # fmt: skip
    text = assembles(program, tmp_path)
    assert "mov ax,[$Wait]" in text and "; what is waited for" in text
    assert "\nmov:" in text and "$bx:" in text and "$add4s:" in text
    ports = taken("0A06,PANEL,port,,\n", tmp_path)
    assert ports.port_names[0xA06] == "PANEL" and 0xA06 not in ports.labels


WORDS = """
al ax sp bpl cs r8d xmm31 st0 k7 cr15 tr7 a32 o16 use16 byte WORD dword ptr near far short strict wait times
to wrt seg rel abs bits cpu org default global section segment absolute align db dw equ incbin rep repne lock
mov monitor str loop in int verify test1 clr1 ext ins rol4 repc esc fpo2 brkem v30 v30_rm __FILE__ volume
greeting value Volume2
""".split()


def test_any_word_can_be_the_name_of_ram_of_code_and_of_data(tmp_path: Path) -> None:
    for first in range(0, len(WORDS), 3):
        ram, code, data = [*WORDS, "x", "y"][first : first + 3]
        program = taken(f"00412,{ram},,,\nF0100,{code},code,,\nF0200,{data},data,,\n", tmp_path)
        assert program.labels[0x412] == ram and f"{code}:" in assembles(program, tmp_path)


def test_a_name_that_an_analysis_would_give_elsewhere_is_yielded(tmp_path: Path) -> None:
    program = taken("F0100,start,function,,\n", tmp_path)
    assert program.labels[0xF0100] == "start" and program.labels[0xF0000] == "start_"
    assembles(program, tmp_path)


def test_what_is_ignored_is_no_text(tmp_path: Path) -> None:
    found = analyse(image(), None, BASE, told_by(Symbols([Symbol(0xF0100, "show", "code")])))
    assert [text.text for text in found.texts] == ["xVBATT"]
    shown = taken("F0100,show,code,,\nF020B,low,text,,\n", tmp_path)
    assert [text.text for text in shown.texts if text.address == 0xF020B] == ["BATT"]
    assert not taken("F0209,,ignore,,\n", tmp_path).texts


def test_what_a_call_hands_on_is_stepped_over(tmp_path: Path) -> None:
    made = bytearray(image())
    made[0x000A:0x0014] = bytes.fromhex("e8f300 4f4bc1 ebfe ffff")
    bare = analyse(bytes(made), None, BASE)
    assert 0xF000D in bare.instructions and 0xF0010 not in bare.instructions
    program = analyse(bytes(made), None, BASE, told_by(table(HEAD + "F000D,,text,3,\n", tmp_path)))
    assert 0xF000D not in program.instructions and 0xF0010 in program.instructions
    assert 'db      "OK", 0xc1' in assembles(program, tmp_path)
    for row, beyond in (("F000D,,data,3,", True), ("F000D,,data,,", False)):
        one = analyse(bytes(made), None, BASE, told_by(table(HEAD + row, tmp_path)))
        assert (0xF0010 in one.instructions) is beyond and 0xF000D not in one.instructions


def test_a_table_that_was_only_exported_changes_nothing(tmp_path: Path) -> None:
    program = taken("F0100,draw_menu,function,,draws it\nF0200,greeting,text,5,\nF0207,,words,4,two\n00412,level,,,\n",
                    tmp_path)  # fmt: skip
    (tmp_path / "again.csv").write_text(symbols_csv(program))
    again = analyse(image(), None, BASE, told_by(read_symbols(tmp_path / "again.csv")))
    assert source(again) == source(program) and symbols_csv(again) == symbols_csv(program)
    bare = analyse(image(), None, BASE)
    (tmp_path / "bare.csv").write_text(symbols_csv(bare))
    told = told_by(read_symbols(tmp_path / "bare.csv"))
    assert not told.kinds and set(told.names.values()) <= {"reset", "start"}


def test_rounds_an_edited_export_is_a_table(tmp_path: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(symbols_csv(analyse(image(), None, BASE)))))
    for row in rows:
        if row["address"] == "00412":
            row |= {"name": "volume", "comment": "0 to 99"}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    program = analyse(image(), None, BASE, told_by(table(out.getvalue(), tmp_path)))
    assert "mov ax,[volume]" in assembles(program, tmp_path) and "; 0 to 99" in source(program)


def test_a_text_may_be_in_ram(tmp_path: Path) -> None:
    program = taken("00412,shown,text,,what the display has\n00000,,text,,\n", tmp_path)
    assert program.labels[0x412] == "shown"
    assembles(program, tmp_path)


def test_a_comment_may_end_in_a_backslash(tmp_path: Path) -> None:
    rows = "\n".join(f"{at},,,,C:\\DUMPS\\" for at in ("F0000", "F0002", "F0004", "F0200", "00412"))
    assembles(taken(rows, tmp_path), tmp_path)
    source_of = source(taken("", tmp_path), title="dumps\\")
    assert not any(line.endswith("\\") for line in source_of.splitlines())


def test_rows_of_one_address_add_up(tmp_path: Path) -> None:
    program = taken("F0100,,,,nobody calls it\nF0100,forgotten,code,,\nF0100,other,data,,\n", tmp_path)
    assert program.labels[0xF0100] == "forgotten" and program.kinds[0xF0100] == "code"
    assert program.comments[0xF0100] == "nobody calls it" and 0xF0100 in program.instructions
