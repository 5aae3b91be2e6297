"""korgm1 dis: listings, addresses, clocks, JSON and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from korgm1.cli import main

CODE = bytes.fromhex("ea000000f0 268b4702 f3a5 75fe 0f33c1 edff".replace(" ", ""))


@pytest.fixture
def rom(tmp_path: Path) -> str:
    path = tmp_path / "rom.bin"
    path.write_bytes(CODE)
    return str(path)


def lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return capsys.readouterr().out.splitlines()


def test_a_listing(rom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dis", rom, "--org", "1FFF0", "--at", "1000:FFF0"]) == 0
    assert lines(capsys) == [
        "1000:FFF0  EA000000F0        jmp 0xf000:0x0",
        "1000:FFF5  268B4702          mov ax,[es:bx+0x2]",
        "1000:FFF9  F3A5              rep movsw",
        "1000:FFFB  75FE              jnz 0xfffb",
        "1000:FFFD  0F33C1            ext cl,al",
        "2000:0000  ED                in ax,dx",
        "2000:0001  FF                db 0xff",
    ]


def test_necs_syntax_and_a_part(rom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dis", rom, "--syntax", "nec", "--at", "0000:0005", "--count", "2"]) == 0
    assert lines(capsys) == [
        "0000:0005  268B4702          MOV AW,DS1:[BW+02H]",
        "0000:0009  F3A5              REP MOVBKW",
    ]


def test_8080_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.com").write_bytes(bytes.fromhex("0e02cd0500edfdc2"))
    assert main(["dis", str(tmp_path / "a.com"), "--8080", "--org", "100", "--clocks"]) == 0
    assert lines(capsys) == [
        "0010:0000  0E02                     4  MVI C,02H",
        "0010:0002  CD0500                  16  CALL 0005H",
        "0010:0005  EDFD                    27  RETEM",
        "0010:0007  C2                       -  db 0xc2",
    ]


def test_clocks_beside_the_code(rom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dis", rom, "--clocks", "--at", "0:9", "--count", "3"]) == 0
    assert lines(capsys) == [
        "0000:0009  F3A5                 14-35  rep movsw",
        "0000:000B  75FE                  4-13  jnz 0xb",
        "0000:000D  0F33C1               35-59  ext cl,al",
    ]


def test_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dis", "--clocks", "8b", "INT"]) == 0
    header, register, memory, interrupt = lines(capsys)
    assert header.split() == ["form", "instruction", "case", "even", "odd", "+mem", "+io", "micro-steps", "source"]
    assert register.split()[:6] == ["8B", "mov", "dx,cx", "register", "3", "3"]
    assert memory.split() == "8B mov dx,[bx] memory 13 17 +4 q.q..rf..E V20 microcode listing, recorded: 8B".split()
    assert interrupt.split()[:3] == ["INT", "55", "67"]
    assert main(["dis", "--clocks"]) == 0
    everything = lines(capsys)
    assert len(everything) > 1000 and any(line[:6] == "0FFF  " for line in everything)


def test_a_v50_overlaps_its_writes(capsys: pytest.CaptureFixture[str]) -> None:
    def rows(cpu: str) -> list[tuple[int, str]]:
        assert main(["dis", "--clocks", "--json", "--cpu", cpu, "89", "8B"]) == 0
        return [(row["even"][0], row["source"]) for row in json.loads(capsys.readouterr().out)["rows"]]

    plain, overlapped = rows("v30"), rows("v50")
    assert [before[0] - after[0] for before, after in zip(plain, overlapped, strict=True)] == [0, 2, 0, 0]
    assert [after[1] for after in overlapped] == [
        before[1] + ("; H-WRITE-OVERLAP" if n == 1 else "") for n, before in enumerate(plain)
    ]


def test_the_table_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dis", "--clocks", "--json", "0F24", "C4"]) == 0
    rows = json.loads(capsys.readouterr().out)["rows"]
    assert rows[0] == {
        "form": "0F24", "code": "0f24", "intel": "db 0xf,0x24", "nec": "DB 0FH,24H", "case": "", "even": None,
        "odd": None, "memory_wait": 0, "io_wait": 0, "steps": [], "source": "H-UNDEFINED",
    }  # fmt: skip
    assert [row["nec"] for row in rows[1:]] == ["DB 0C4H,0D1H", "MOV DS1,DW,[BW]"]


def test_a_listing_as_json(rom: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dis", rom, "--json", "--at", "0:B", "--count", "1"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        {"at": "0000:000B", "code": "75fe", "form": "75", "text": "jnz 0xb", "target": 11}
    ]
    assert main(["dis", rom, "--json", "--clocks", "--at", "0:B", "--count", "1"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["clocks"] == [4, 13]


def test_a_pair_is_even_and_odd_bytes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "even").write_bytes(CODE[::2])
    (tmp_path / "odd").write_bytes(CODE[1::2])
    assert main(["dis", str(tmp_path / "even"), str(tmp_path / "odd"), "--count", "2"]) == 0
    assert [line.split("  ")[-1] for line in lines(capsys)] == ["jmp 0xf000:0x0", "mov ax,[es:bx+0x2]"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ([], 2, "no file is named; expected one binary or two, or --clocks"),
        (["a", "b", "c"], 2, "3 files are named"),
        (["ROM", "SHORT"], 1, "a pair of the same size, even bytes first"),
        (["nowhere.bin"], 1, "nowhere.bin cannot be read: No such file"),
        (["--clocks", "XX"], 1, "expected a binary, or a form as 8B"),
        (["ROM", "--at", "F000:0000"], 1, "F000:0000 is not in the binary: it lies at 00000-00011"),
        (["ROM", "--org", "FFFF8"], 1, "has 18 bytes: from FFFF8 on it ends behind FFFFF"),
        (["EMPTY"], 1, "is empty; expected a binary"),
    ],
)
def test_what_cannot_be(
    words: list[str], code: int, says: str, rom: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "short").write_bytes(b"1")
    files = {"ROM": rom, "EMPTY": str(tmp_path / "empty"), "SHORT": str(tmp_path / "short")}
    assert main(["dis", *(files.get(word, word) for word in words)]) == code
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--at", "xyz"], ["--org", "123456"], ["--count", "0"], ["--syntax", "att"]])
def test_options_that_make_no_sense(words: list[str], rom: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["dis", rom, *words])
    assert stop.value.code == 2
