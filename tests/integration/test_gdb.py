"""korgm1 gdb driven by the real GDB, in batch, and by clients that behave badly."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from gdb_driver import FRESH, Server, needs_gdb
from patience import LIMIT

from korgm1.cli import main
from korgm1.debugging import Debugger
from korgm1.romset.load import load_os
from korgm1.session import Session

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "gdb.md").read_text("utf-8")
@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    one = Server(tmp_path_factory.mktemp("gdb"))
    yield one
    assert one.end() == 0


def tick_handler() -> int:
    """Where the timer's interrupt goes once OpenM1 plays: what stands in its vector, 20h."""
    session = Session()
    session.boot(1)
    offset, segment = (int.from_bytes(session.sram[at : at + 2], "little") for at in (0x80, 0x82))
    return segment * 16 + offset


def reset_target() -> int:
    """Where the far jump at FFFF:0000 goes."""
    image = load_os(None, "m1").image
    assert image[0x1FFF0] == 0xEA
    return int.from_bytes(image[0x1FFF3:0x1FFF5], "little") * 16 + int.from_bytes(image[0x1FFF1:0x1FFF3], "little")


@needs_gdb
def test_gdb_takes_the_description_and_steps_from_reset(server: Server) -> None:
    said = server.from_power_on(
        "show architecture", "x/i $pc", "info registers", "stepi", "p/x $pc", "p/x $ps*16+$ip", "p/x $cs", "p/x $ax"
    )
    target = reset_target()
    assert '(currently "i8086")' in said and "0xffff0:\tljmp" in said and "warning: while parsing" not in said.lower()
    for name in "eax esp eip eflags cs ds aw cw dw bw ix iy ds1 ps ds0 psw ip stack clock".split():
        assert re.search(rf"^{name} +0x", said, re.M), name
    assert re.search(r"^eip +0xffff0 ", said, re.M) and re.search(r"^ps +0xffff ", said, re.M)
    assert f"$1 = {target:#x}" in said and f"$2 = {target:#x}" in said and "$3 = 0xf000" in said


@needs_gdb
def test_registers_and_memory_are_set(server: Server) -> None:
    said = server.from_power_on(
        "set $aw = 0x1234", "p/x $al", "p/x $eax", "set {unsigned short}0x2000 = 0xBEEF", "x/2xb 0x2000",
        "set $pc = 0xe0010", "info registers ps ip", "set {char}0xf0000 = 1", "p/x *(unsigned short *)0x30000",
        "p/x *(char *)0x1000900", "x/xb 0x3000000", "set $psw = 0xf241", "p $psw", "p $eflags",
    )  # fmt: skip
    assert "$1 = 0x34" in said and "$2 = 0x1234" in said and "0x2000:\t0xef\t0xbe" in said
    assert re.search(r"^ps +0xe000 ", said, re.M) and re.search(r"^ip +0x10 ", said, re.M)
    assert "Cannot access memory at address 0xf0000" in said and "Cannot access memory at address 0x3000000" in said
    assert "$3 = 0xffff" in said and "[ CY Z IE MD ]" in said and "[ CF ZF IF MD ]" in said


@needs_gdb
def test_breakpoints_watchpoints_and_the_way_back(server: Server) -> None:
    handler = tick_handler()
    said = server.from_power_on(
        f"break *{handler:#x}", "continue", "p/x $pc", "set $t = $clock", "stepi", "stepi", "reverse-stepi",
        "reverse-stepi", "p/x $pc", "p $clock == $t", "delete", "reverse-continue", "p/x $pc",
        "watch *(unsigned short *)0x80", "continue", "continue", "delete",
        "awatch *(unsigned char *)0x1000a08", "continue",
        "p/x $dw",
    )  # fmt: skip
    assert "Breakpoint 1, " in said and f"$1 = {handler:#x}" in said and f"$2 = {handler:#x}" in said
    assert "$3 = 1" in said and "No more reverse-execution history" in said and "$4 = 0xffff0" in said
    assert f"New value = {handler & 0xFFFF}" in said
    assert "access (read/write) watchpoint 3" in said and "$5 = 0xa08" in said


@needs_gdb
def test_calls_of_16_bits_are_unwound_with_no_file_and_no_script(server: Server) -> None:
    handler, call = tick_handler(), call_in_rom()
    said = server.from_power_on(
        f"tbreak *{call:#x}", "continue", "nexti", "p/x $pc",
        f"tbreak *{handler:#x}", "continue", "set $back = *(unsigned short *)$stack", "p/x $sp", "bt 2", "up",
        "p $pc == $cs * 16 + $back", "p/x $sp", "down", "finish", "p $ip == $back", "show architecture", "delete",
        "monitor until 'Prog I00'", "monitor run 1", FRESH, "finish", "stepi",
    )  # fmt: skip
    assert f"$1 = {call + 3:#x}" in said, "a call, whole"
    top = re.search(r"^\$2 = 0x([0-9a-f]+)$", said, re.M)
    assert top is not None and f"$4 = {int(top[1], 16) + 6:#x}" in said, "an interrupt pushes three words"
    assert f"#0  {handler:#010x} in " in said and re.search(r"^#1  0x000f[0-9a-f]{4} in ", said, re.M)
    assert said.count("Cannot access memory at address 0x2\n") == 1, "from the play loop there is no way up"
    assert "$3 = 1" in said and "$5 = 1" in said and '(currently "i8086")' in said


@needs_gdb
def test_the_instrument_s_own_words(server: Server) -> None:
    said = server.from_power_on(
        "monitor run 3", FRESH, "monitor press 4", "monitor run 0.3", "monitor press 2", "monitor run 0.3",
        "monitor lcd", "monitor irq", "monitor port 0A00", "monitor dis", "monitor state", "monitor nonsense",
        "monitor press NOKEY", "monitor battery",
    )  # fmt: skip
    frame = "+" + "-" * 40 + "+"
    assert re.search(rf"^{re.escape(frame)}\n\|Prog I42.{{32}}\|\n\|.{{40}}\|\n{re.escape(frame)}$", said, re.M)
    where = f"F000:{tick_handler() - 0xF0000:04X}"
    assert f"0 TOUT0 vector 20 {where}  edge" in said and "1 SCU   vector 21" in said
    assert re.search(r"^0A00 = [0-9A-F]{2}, ", said, re.M)
    assert re.search(r"^=> [0-9A-F]{4}:[0-9A-F]{4} [0-9A-F]{5}  ", said, re.M) and "OpenM1 #24" in said
    assert "'nonsense' is not known" in said and "NOKEY" in said and "cell 3.20 V" in said


@needs_gdb
def test_a_flat_cell_put_in_by_the_monitor_is_found_at_power_on(server: Server) -> None:
    said = server.from_power_on(
        "monitor battery low", "monitor power cycle", FRESH, "monitor break lcd Battery Low (Internal)", "continue",
        "monitor lcd",
    )  # fmt: skip
    assert "cell 2.40 V" in said and "SIGTRAP" in said and "|Battery Low (Internal) " in said
    assert 'lcd "Battery Low (Internal)", at F000:' in said


@needs_gdb
def test_a_client_comes_again_and_finds_all_as_it_was(server: Server) -> None:
    first = server.from_power_on("break *0xf0000", "monitor run 0.5", FRESH, "info registers eip clock")
    second = server.gdb("info registers eip clock", "monitor stops")
    rows = re.findall(r"^(?:eip|clock) +.*$", first, re.M)
    assert len(rows) == 2 and rows == re.findall(r"^(?:eip|clock) +.*$", second, re.M)
    assert "Breakpoint 1 at 0xf0000" in first and not re.search("^ *[0-9]+  exec ", second, re.M)


@needs_gdb
def test_a_second_client_is_refused_while_the_first_works(server: Server) -> None:
    with server.socket() as one:
        one.sendall(b"$qC#b4")
        assert one.recv(100) == b"+$QC1#c5"
        said = server.gdb("info registers", code=1)
        assert "The program has no registers now" in said
        one.sendall(b"$qAttached#8f")
        assert one.recv(100) == b"+$1#31"
    assert "a second client was refused" in server.said()


def ask(client: socket.socket, data: bytes, end: bytes) -> bytes:
    """What comes back, up to `end`."""
    client.sendall(data)
    out = b""
    while end not in out:
        part = client.recv(1000)
        assert part, out
        out += part
    return out


def test_rubbish_half_packets_and_hanging_up_in_the_midst_of_a_run(server: Server) -> None:
    for data in (b"\x00\xff" * 3000 + b"$g#00", b"$m0,1", b"+$qSupported:x#99$c#63", b"", b"$" + b"z" * 40000):
        with server.socket() as client:
            client.sendall(data)
    with server.socket() as client:
        assert ask(client, b"$qC#b4", b"#c5") == b"+$QC1#c5", server.said()


def test_ctrl_c_and_a_browser(server: Server) -> None:
    with server.socket() as client:
        ask(client, b"$QStartNoAckMode#b0", b"$OK#9a")
        client.sendall(b"$c#63")
        time.sleep(0.3)
        assert ask(client, b"\x03", b"thread:1;#").startswith(b"$T02")
        ask(client, b"$D#44", b"$OK#9a")
    with server.socket() as client:
        client.sendall(b"POST / HTTP/1.1\r\n\r\n$k#6b")
        assert client.recv(100) == b""
    assert "a web browser was sent away" in server.said()


def test_the_end_saves_the_ram_though_a_client_runs_it(tmp_path: Path) -> None:
    server = Server(tmp_path, "--sram", "my.sram", "--seconds", "1.5")
    with server.socket() as client:
        ask(client, b"+$qRcmd," + b"save my.sram".hex().encode() + b"#%02x" % (
            sum(b"qRcmd," + b"save my.sram".hex().encode()) % 256), b"$OK#9a")  # fmt: skip
        client.sendall(b"$c#63")
        time.sleep(0.3)
        assert server.end() == 0
    assert (tmp_path / "my.sram").stat().st_size == 65536
    result = Session(sram=(tmp_path / "my.sram").read_bytes()).boot(1.6)
    assert result.lcd[0].startswith("Prog I00")


@needs_gdb
def test_the_page_s_first_steps(tmp_path: Path) -> None:
    blocks = re.findall(r"(?:^ {4}.*\n)+", PAGE, re.M)
    lines = [line[4:] for line in next(block for block in blocks if "(gdb) x/i $pc" in block).splitlines()]
    server = Server(tmp_path, "--once")
    try:
        said = server.gdb(*(line.removeprefix("(gdb) ") for line in lines if line.startswith("(gdb) ")))
    finally:
        server.end()
    place = 0
    for line in (line for line in lines if not line.startswith("(gdb) ")):
        assert line in said[place:] or line in said, f"{line!r} is not in\n{said}"
        place = max(place, said.find(line))


@needs_gdb
def test_the_page_s_gdbinit(server: Server) -> None:
    found = re.search(r"^```gdb\n(.*?)^```", PAGE, re.M | re.S)
    assert found is not None and found[1].rstrip().endswith("target remote :2159")
    script = server.folder / "m1.gdb"
    script.write_text(found[1].replace("target remote :2159", ""))
    call = call_in_rom()
    said = server.gdb(
        "restart", f"tbreak *{call:#x}", "continue", "over", "p/x $pc", "run-until Prog", "run-for 0.5", "lcd", "words",
        "help over", init=script.name,
    )  # fmt: skip
    assert "warning: A handler for the OS ABI" not in said
    assert f"$1 = {call + 3:#x}" in said, "one call, whole"
    assert "|Prog I00 " in said and re.search(r"^0x[0-9a-f]+:(\t0x[0-9a-f]{4}){8}$", said, re.M)
    assert "One instruction, a call whole." in said and re.search(r"^=> 0xf[0-9a-f]{4}:", said, re.M)


@needs_gdb
def test_names_of_an_analysis(tmp_path: Path) -> None:
    server = Server(tmp_path, "--elf", "m1.elf", "--once")
    try:
        said = server.gdb(
            "file m1.elf", "compare-sections .rom", "x/i $pc", f"x/3i {reset_target():#x}", "break *int_20",
            "continue", "p/x $pc",
            "watch *(unsigned short *)&ram_00400", "continue", "info symbol $pc", "delete",
            "awatch *(char *)&PIO_PE_LCD", "continue", "p/x $dx", "monitor dis reset 1",
        )  # fmt: skip
    finally:
        server.end()
    assert "Section .rom, range 0xe0000 -- 0x100000: matched." in said and "<reset>:\tljmp   $0xf000,$0x" in said
    assert re.search(r"<start\+2>:\s+xor +%ax,%ax", said), "16-bit code, and a name for what is not an entry"
    assert "in int_20 ()" in said and f"$1 = {tick_handler():#x}" in said
    assert "Hardware watchpoint 2" in said and " in section .rom" in said and "$2 = 0xa08" in said
    assert "architecture" not in said and "reset:\n   F000:FFF0 FFFF0  EA" in said


def test_the_elf_file_never_goes_over_an_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = tmp_path / "x.sram"
    image.write_bytes(bytes(65536))
    assert main(["gdb", "--port", "0", "--sram", str(image), "--elf", str(image)]) == 2
    assert image.read_bytes() == bytes(65536) and "--elf and --sram" in capsys.readouterr().err


def call_in_rom() -> int:
    """Where the first near call after power-on stands."""
    session = Session(engine="v30")
    session.power_on()
    debugger = Debugger(session)
    while (line := debugger.disassemble()[0]).instruction.code[0] != 0xE8:
        debugger.step_over()
    return line.address


def test_once_ends_with_the_first_client(tmp_path: Path) -> None:
    server = Server(tmp_path, "--once", "--wait")
    try:
        with server.socket() as client:
            assert ask(client, b"$D#44", b"#9a") == b"+$OK#9a"
        assert server.process.wait(LIMIT) == 0
    finally:
        server.end()
    assert "the instrument stands at FFFF:0000, 0.000000 s" in (tmp_path / "stderr").read_text()


def test_ports_that_cannot_be_had(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["gdb", "--port", str(taken.getsockname()[1])]) == 1
    assert "korgm1 gdb --port 0" in capsys.readouterr().err
    for words in (["--port", "70000"], ["--port", "x"], ["--wait", "--booted"]):
        with pytest.raises(SystemExit) as ended:
            main(["gdb", *words])
        assert ended.value.code == 2
    assert main(["gdb", "--wait", "--seconds", "1"]) == 2
