"""GDB with the disassembly as its source: breakpoints, steps and frames by lines, in batch, by its machine interface
and on its screen."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import pytest
from gdb_driver import FRESH, GDB, Server, needs_gdb
from patience import LIMIT
from screen_driver import without_display

from korgm1.cli import main

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gdb.md").read_text("utf-8")
FRAMED = 0xF0100


def framed_firmware() -> bytes:
    """Calls a function for ever that begins with PUSH BP; MOV BP,SP; DEC SP twice, as compilers do, and has a TEST1."""
    rom = bytearray(b"\xff" * 0x20000)
    begin = bytes.fromhex("31C08ED88ED0BC0040")
    call = b"\xe8" + (FRAMED - 0xF0000 - len(begin) - 3).to_bytes(2, "little")
    framed = bytes.fromhex("558BEC4C4C C746FE3412 0F18C003 FE060005 89EC5DC3")
    rom[0x10000 : 0x10000 + len(begin) + 5] = begin + call + b"\xeb\xfb"
    rom[0x10100 : 0x10100 + len(framed)] = framed
    rom[0x1FFF0:0x1FFF5] = bytes.fromhex("EA000000F0")
    return bytes(rom)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gdb_lines")
    (folder / "framed.bin").write_bytes(framed_firmware())
    one = Server(folder, "--roms", "framed.bin", "--elf", "x.elf", "--listing", "x.asm")
    yield one
    assert one.end() == 0


def line_of(server: Server, address: int) -> int:
    """The line of the listing on which an instruction stands."""
    lines = (server.folder / "x.asm").read_text().splitlines()
    (number,) = [n for n, line in enumerate(lines, 1) if re.search(rf"; {address:05X}\b", line)]
    return number


@needs_gdb
def test_a_breakpoint_stands_at_its_line_not_behind_a_prologue(server: Server) -> None:
    first, name = line_of(server, FRAMED), f"sub_{FRAMED:05X}"
    head = (server.folder / "x.asm").read_text().splitlines().index(f"{name}:") + 1
    assert head == first - 1
    said = server.from_power_on(
        f"break {name}", f"break x.asm:{first}", f"break x.asm:{head}", "continue", "p/x $pc", "step", "step", "step",
        "p $sp & 1", "up", "p/x $pc", "down", "step", "step", "info line", "step", "delete", "finish", "p/x $pc",
        "reverse-step", "p/x $pc", "p ram_00500 + 1 < 257",
    )  # fmt: skip
    assert re.findall(r"^Breakpoint \d at (0x\w+): file x.asm, line (\d+)\.$", said, re.M) == [
        (f"{FRAMED:#x}", str(first))
    ] * 3
    assert f"$1 = {FRAMED:#x}\n" in said and re.search(rf"^{first + 1}\t.*\bmov\.s bp,sp\b", said, re.M)
    assert "$2 = 1\n" in said and "$3 = 0xf000c\n" in said, "a caller while SP is odd"
    assert re.search(r"^\d+\t.*\btest1\b.*\bal, ?(0x)?3\b", said, re.M | re.I), "NEC's instruction by its name"
    assert f'Line {line_of(server, FRAMED + 0xA)} of "x.asm" starts at address {FRAMED + 0xA:#x}' in said
    assert "$4 = 0xf000c\n" in said and "$5 = 0xf0115\n" in said, "finished, and back at the last instruction"
    assert "$6 = 1\n" in said


@needs_gdb
def test_the_source_is_known_by_its_folder(server: Server) -> None:
    said = server.gdb("info source", f"list *{FRAMED:#x}", f"disassemble /s {FRAMED:#x},+1", "cd /", "list x.asm:1,2")
    assert f"Located in {server.folder / 'x.asm'}" in said and "Source language is asm." in said
    assert said.count("push bp") == 2, "listed, and disassembled with its source"
    assert re.search(r"^2\t; \d+ functions, \d+ instructions", said, re.M)


@needs_gdb
def test_the_page_s_session(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^ {4}.*\n)+", PAGE, re.M)
    lines = [line[4:] for line in next(block for block in blocks if "(gdb) break int_20" in block).splitlines()]
    server = Server(tmp_path, "--booted", "--listing", "m1.asm", "--once")
    try:
        said = server.gdb(*(line.removeprefix("(gdb) ") for line in lines if line.startswith("(gdb) ")))
    finally:
        server.end()
    place = 0
    for line in (line for line in lines if not line.startswith("(gdb) ")):
        pattern = re.sub(r"(asm:|line |= )\d+|^\d+(?=\t)", lambda found: (found[1] or "") + "DIGITS", line)
        found = re.compile(re.escape(pattern).replace("DIGITS", r"\d+")).search(said, place)
        assert found is not None, f"{line!r} is not in\n{said[place:]}"
        place = found.start()


@needs_gdb
def test_the_machine_interface_of_front_ends(server: Server) -> None:
    assert GDB is not None
    line = line_of(server, FRAMED + 0xA)
    commands = (
        "-file-exec-and-symbols x.elf", f"-target-select remote 127.0.0.1:{server.port}",
        '-interpreter-exec console "monitor power cycle"', f'-interpreter-exec console "{FRESH}"',
        f"-break-insert x.asm:{line}", "-exec-continue", "-stack-list-frames", "-exec-next", "-exec-step",
        "-break-delete 1", "-var-create tick * ram_00500", "-break-watch ram_00500", "-exec-continue",
        "-exec-next --reverse",
        "-symbol-list-lines x.asm", "-data-list-register-values x 8", "-gdb-exit",
    )  # fmt: skip
    done = subprocess.run(
        [GDB, "-nx", "-q", "-i=mi"], input="\n".join(commands) + "\n", cwd=server.folder, capture_output=True,
        text=True, timeout=LIMIT, env=without_display(server.folder),
    )  # fmt: skip
    said = done.stdout
    assert "^error" not in said and done.returncode == 0, said
    full = str(server.folder / "x.asm")
    assert re.search(rf'\^done,bkpt=.*fullname="{full}",line="{line}"', said)
    stops = re.findall(r'^\*stopped,reason="([^"]*)".*?fullname="([^"]*)",line="(\d+)"', said, re.M)
    rows = {at: str(line_of(server, FRAMED + at)) for at in (0x0A, 0x0E, 0x12)}
    assert stops[:2] == [("breakpoint-hit", full, rows[0x0A]), ("end-stepping-range", full, rows[0x0E])]
    assert stops[2][2] == rows[0x12] and [reason for reason, _, _ in stops[3:4]] == ["watchpoint-trigger"]
    frames = rf'^\^done,stack=\[frame={{level="0".*line="{rows[0x0A]}".*}},frame={{level="1".*func="start"'
    assert re.search(frames, said, re.M)
    assert re.search(r'name="tick",numchild="0",value="\d+.*type="byte"', said)
    assert f'{{pc="{FRAMED:#010x}",line="{line_of(server, FRAMED)}"}}' in said


@needs_gdb
def test_the_screen_shows_the_source(server: Server) -> None:
    assert GDB is not None
    pid, screen = pty.fork()
    if pid == 0:
        os.chdir(server.folder)
        os.environ["TERM"] = "xterm"
        os.execv(GDB, [GDB, "-nx", "-q", "-ex", "set pagination off", "-ex", f"target remote 127.0.0.1:{server.port}"])
    try:
        ioctl(screen, termios.TIOCSWINSZ, struct.pack("4H", 40, 120, 0, 0))
        until(screen, b"(gdb) ")
        os.write(screen, b"layout src\n")
        os.write(screen, b"tbreak *%d\ncontinue\n" % FRAMED)
        until(screen, b"push bp")
        os.write(screen, b"detach\nquit\n")
    finally:
        deadline = time.monotonic() + LIMIT
        while time.monotonic() < deadline and os.waitpid(pid, os.WNOHANG) == (0, 0):
            shown(screen, 0.1)
        os.close(screen)


def until(screen: int, text: bytes) -> None:
    """Wait for a text, written without what moves and colours it."""
    deadline, seen = time.monotonic() + LIMIT, b""
    while text not in re.sub(rb"\x1b(\[[0-9;?]*[a-zA-Z]|\(B)", b"", seen):
        assert time.monotonic() < deadline, seen
        seen += shown(screen, 0.5)


def shown(screen: int, seconds: float) -> bytes:
    """What GDB writes to its terminal meanwhile; nothing once it has ended."""
    if not select.select([screen], [], [], seconds)[0]:
        return b""
    try:
        return os.read(screen, 65536)
    except OSError:
        time.sleep(seconds)
        return b""


@needs_gdb
def test_names_of_a_researcher_s_own(tmp_path: Path) -> None:
    (tmp_path / "framed.bin").write_bytes(framed_firmware())
    rows = (
        "address,name,kind,size,comment", f"{FRAMED:05X},draw,function,,the beginning", "00500,counter,ram,,",
        "F0200,steps,words,6,", "0A00,lamps,port,,",
    )
    (tmp_path / "my.csv").write_text("\n".join(rows) + "\n")
    server = Server(tmp_path, "--roms", "framed.bin", "--names", "my.csv", "--listing", "x.asm", "--once")
    try:
        said = server.gdb(
            "break draw", "continue", "bt 1", "whatis counter", "whatis steps", "whatis lamps", "monitor dis draw 1"
        )
    finally:
        server.end()
    assert f"Breakpoint 1 at {FRAMED:#x}: file x.asm" in said and "#0  draw () at x.asm:" in said
    assert re.findall(r"^type = (.*)$", said, re.M) == ["byte", "word [3]", "byte"] and "draw:\n" in said
    assert "the beginning" in (tmp_path / "x.asm").read_text()
    words = ["--names", str(tmp_path / "none.csv"), "--listing", str(tmp_path / "y.asm")]
    assert main(["gdb", "--port", "0", *words]) == 1 and not (tmp_path / "y.asm").exists()


def test_launch_json_of_the_page() -> None:
    found = re.search(r"^```json\n(.*?)^```", PAGE, re.M | re.S)
    assert found is not None
    (one,) = json.loads(found[1])["configurations"]
    assert one["miDebuggerServerAddress"] == "127.0.0.1:2159" and one["program"].endswith("/m1.elf")


def test_the_two_files_are_two_and_no_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "x.sram"
    image.write_bytes(bytes(65536))
    assert main(["gdb", "--port", "0", "--sram", str(image), "--listing", str(image)]) == 2
    assert image.read_bytes() == bytes(65536) and "--listing and --sram" in capsys.readouterr().err
    both = str(tmp_path / "x.elf")
    assert main(["gdb", "--port", "0", "--elf", both, "--listing", both]) == 2
    assert "--listing and --elf" in capsys.readouterr().err and not Path(both).exists()
