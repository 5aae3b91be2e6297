"""The protocol on a real machine, without sockets: packets in, packets out."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.debugging import Debugger, Stop
from korgm1.debugging.gdb_monitor import WORDS
from korgm1.debugging.gdb_packets import Kind, Reader, checksum
from korgm1.debugging.gdb_server import GdbServer
from korgm1.debugging.gdb_target import BY_NAME, REGISTERS
from korgm1.session import Session

PROGRAM = bytes.fromhex(
    "B8 34 12"      # 1000  MOV AW,1234
    "A3 00 20"      # 1003  MOV [2000],AW
    "E7 40"         # 1006  OUT 40,AW      a port where nothing is
    "A1 00 20"      # 1008  MOV AW,[2000]
    "40"            # 100B  INC AW
    "EB FD"         # 100C  BR 100B
)  # fmt: skip
START = 0x1000


class Client:
    """The other end: sends packets and takes the answers apart."""

    def __init__(self, debugger: Debugger) -> None:
        self.debugger = debugger
        self.patience = 1000
        self.during = b""
        self.server = GdbServer(debugger, self._look)
        self.printed = ""

    def _look(self) -> bool:
        self.patience -= 1
        if self.patience < 997 and self.during:
            data, self.during = self.during, b""
            self.server.take(data)
        return self.patience > 0

    def raw(self, data: bytes) -> bytes:
        """What comes back for these very bytes."""
        self.server.take(data)
        out = bytes(self.server.out)
        self.server.out.clear()
        return out

    def ask(self, payload: str | bytes) -> str:
        """The answer to a packet; what the server wants printed is in `printed`."""
        data = payload.encode("latin-1") if isinstance(payload, str) else payload
        body = b"".join(bytes([0x7D, byte ^ 0x20]) if byte in b"#$}" else bytes([byte]) for byte in data)
        out = self.raw(b"$%s#%02x" % (body, checksum(body)))
        self.printed, answers = "", []
        for event in Reader(1 << 20).feed(out):
            if event.kind is Kind.PACKET:
                answers.append(expanded(event.data).decode("latin-1"))
        while answers and re.fullmatch("O([0-9a-f]{2})+", answers[0]):
            self.printed += bytes.fromhex(answers.pop(0)[1:]).decode()
        assert len(answers) <= 1, answers
        return answers[0] if answers else ""

    def monitor(self, line: str) -> str:
        """What `monitor line` prints."""
        assert self.ask("qRcmd," + line.encode().hex()) == "OK"
        return self.printed

    def register(self, name: str) -> int:
        return int.from_bytes(bytes.fromhex(self.ask(f"p{BY_NAME[name]:x}")), "little")


def expanded(data: bytes) -> bytes:
    """Runs of a byte written out; escapes are undone already, and texts here hold no asterisk of their own."""
    return re.sub(rb"(.)\*(.)", lambda found: found[1] * (found[2][0] - 28), data, flags=re.S)


@pytest.fixture(scope="module")
def started() -> bytes:
    """A machine that stands in front of `PROGRAM`, power just on."""
    session = Session(engine="v30")
    session.power_on()
    session.run(0.3)
    for offset, byte in enumerate(PROGRAM):
        session.machine.memory.write(START + offset, byte)
    session.machine.engine.set_registers({"ps": 0, "pc": START, "ds0": 0, "ss": 0, "sp": 0xF000, "psw": 0xF002})
    return session.snapshot()


@pytest.fixture
def client(started: bytes) -> Iterator[Client]:
    session = Session(engine="v30")
    session.restore(started)
    yield Client(Debugger(session))


def at(reply: str) -> int:
    """The eip of a stop reply."""
    found = re.search(f"{BY_NAME['eip']:02x}:([0-9a-f]{{8}});", reply)
    assert found is not None, reply
    return int.from_bytes(bytes.fromhex(found[1]), "little")


def test_what_gdb_asks_first(client: Client) -> None:
    features = client.ask("qSupported:multiprocess+;swbreak+;vContSupported+").split(";")
    assert {"QStartNoAckMode+", "ReverseStep+", "ReverseContinue+", "qXfer:features:read+", "swbreak+"} <= set(features)
    assert client.ask("vMustReplyEmpty") == "" and client.ask("qUnheardOf") == "" and client.ask("~") == ""
    assert client.ask("?").startswith("T05") and client.ask("qAttached") == "1"
    assert (client.ask("qfThreadInfo"), client.ask("qsThreadInfo"), client.ask("qC")) == ("m1", "l", "QC1")
    assert (client.ask("Hg0"), client.ask("Hc-1"), client.ask("T1"), client.ask("T2")) == ("OK", "OK", "OK", "E01")
    assert client.ask("vCont?").startswith("vCont;c;C;s;S")


def test_acknowledgements_until_they_are_not_wanted(client: Client) -> None:
    assert client.raw(b"$qC#b4") == b"+$QC1#c5"
    assert client.raw(b"-") == b"$QC1#c5"
    assert client.raw(b"$qC#00") == b"-"
    assert client.raw(b"$QStartNoAckMode#b0") == b"+$OK#9a"
    assert client.raw(b"$qC#b4") == b"$QC1#c5" and client.raw(b"$qC#00") == b""


def test_a_document_in_pieces(client: Client) -> None:
    text, piece = "", "m"
    while piece[0] == "m":
        piece = client.ask(f"qXfer:features:read:target.xml:{len(text):x},64")
        text += piece[1:]
    assert text.rstrip().endswith("</target>") and text.count("<reg ") == len(REGISTERS)
    assert client.ask("qXfer:features:read:other.xml:0,100") == "E01"
    assert client.ask("qXfer:features:read:target.xml:fffff,10") == "l"
    assert 'type="rom" start="0xe0000" length="0x20000"' in client.ask("qXfer:memory-map:read::0,1000")


def test_registers_one_by_one_and_all(client: Client) -> None:
    assert client.register("eip") == START and client.register("ip") == START
    assert client.ask(f"P{BY_NAME['aw']:x}=cdab") == "OK" and client.register("eax") == 0xABCD
    whole = client.ask("g")
    assert len(whole) == sum(register.bits for register in REGISTERS) // 4 and whole.startswith("cdab")
    assert client.ask("G" + "3412" + whole[4:]) == "OK" and client.register("aw") == 0x1234
    for wrong in ("p999", "p", "pxx", "P0", "P0=12", "P0=zz", "G12", "P999=0000"):
        assert client.ask(wrong) == "E01", wrong


def test_memory_is_read_without_touching_and_written_where_it_can_be(client: Client) -> None:
    assert client.ask(f"m{START:x},{len(PROGRAM):x}") == PROGRAM.hex()
    assert client.ask("M2000,3:a1b2c3") == "OK" and client.ask("m2001,2") == "b2c3"
    assert client.ask(b"X2000,4:#$}*") == "OK" and client.ask("m2000,4") == b"#$}*".hex()
    assert client.ask("X2000,0:") == "OK"
    rom = client.ask("mf0000,4")
    assert client.ask("Mf0000,1:00") == "E01" and client.ask("mf0000,4") == rom
    assert client.ask("m30000,2") == "ffff" and client.ask("M30000,1:00") == "E01"
    assert client.ask("mffffe,10") == client.ask("mffffe,2")
    assert client.ask("m100000,1") == "E01" and client.ask("m2000") == "E01" and client.ask("M2000,2:00") == "E01"
    assert client.ask("m2000,0") == ""


def test_ports_are_memory_behind_it_all(client: Client) -> None:
    session = client.server._debugger.session
    assert client.ask("m1000a00,2") == bytes(session.machine.ports.peek(port) for port in (0xA00, 0xA01)).hex()
    seen: list[tuple[str, int, int]] = []
    session.machine.ports.watch = lambda *what: seen.append(what)
    assert client.ask("m1000a00,10") != "E01" and seen == []
    assert client.ask("M1000040,1:5a") == "OK" and len(seen) == 1 and seen[0][1:] == (0x40, 0x5A)
    assert client.ask("m1010000,1") == "E01" and client.ask("M100ffff,2:0000") == "E01"


def test_steps_breaks_and_the_way_back(client: Client) -> None:
    client.ask("qSupported:swbreak+")
    assert at(client.ask("s")) == START + 3 and client.register("aw") == 0x1234
    assert client.ask(f"Z0,{START + 8:x},1") == "OK"
    reply = client.ask("c")
    assert reply.startswith("T05") and at(reply) == START + 8 and "swbreak:;" in reply
    assert client.ask(f"z0,{START + 8:x},1") == "OK" and client.ask(f"z0,{START + 8:x},1") == "OK"
    assert at(client.ask("bs")) == START + 6
    assert at(client.ask("vCont;s:1;c")) == START + 8
    reply = client.ask("bc")
    assert "replaylog:begin;" in reply and at(reply) == START
    assert at(client.ask(f"s{START + 11:x}")) == START + 12


def test_a_repeated_instruction_is_one_step_both_ways(client: Client) -> None:
    code = START + 0x80
    assert client.ask(f"M{code:x},5:" + "f3aa" + "90" * 3) == "OK"     # REP STMB
    for name, value in (("cw", 300), ("iy", 0x3000), ("ds1", 0)):
        assert client.ask(f"P{BY_NAME[name]:x}=" + value.to_bytes(2, "little").hex()) == "OK"
    client.ask("qSupported:swbreak+")
    assert client.ask(f"Z0,{code:x},1") == "OK"
    assert at(client.ask(f"s{code:x}")) == code + 2 and client.register("cw") == 0
    assert at(client.ask("s")) == code + 3 and at(client.ask("bs")) == code + 2
    assert at(client.ask("bs")) == code and client.register("cw") == 300
    assert client.ask("Z2,3064,1") == "OK"
    assert "watch:3064;" in (reply := client.ask("s")) and at(reply) == code and client.register("cw") == 199
    assert at(client.ask("bs")) == code and client.register("cw") == 300
    assert client.ask("z2,3064,1") == "OK" and at(client.ask("vCont;s:1")) == code + 2
    stop = Stop("memw", 0x312B)
    client.debugger.add(stop)
    assert at(client.ask("bs")) == code and stop.hits == 0 and stop.enabled
    assert at(client.ask("bs")) != code, "not back to the one before"


def test_watchpoints_say_where(client: Client) -> None:
    assert client.ask("Z2,2001,1") == "OK"
    reply = client.ask("c")
    assert "watch:2001;" in reply and at(reply) == START + 6
    assert client.ask("Z2,1000040,2") == "OK"
    reply = client.ask("c")
    assert "watch:1000040;" in reply and at(reply) == START + 8
    assert client.ask("Z3,2000,2") == "OK"
    reply = client.ask("c")
    assert "rwatch:2000;" in reply and at(reply) == START + 11
    assert client.ask("Z4,fffff,2") == "OK" and client.ask("Z9,0,1") == "" and client.ask("Z2,200000,1") == "E01"
    assert client.ask("Z0,1000040,1") == "E01" and client.ask("Z2,zz,1") == "E01"


def test_ctrl_c_ends_a_run_that_would_not_end(client: Client) -> None:
    client.during = b"\x03"
    reply = client.ask("c")
    assert reply.startswith("T02") and at(reply) in (START + 11, START + 12)
    assert client.raw(b"\x03") == b"", "Ctrl-C at a machine that stands is nothing"


def test_ctrl_c_that_comes_together_with_the_packet_it_ends(client: Client) -> None:
    """What a busy host reads in one go; each Ctrl-C ends a run that was asked for before it, and no later one."""
    assert b"$T02" in client.raw(b"$c#63\x03")
    assert b"$T05" in client.raw(b"\x03$s#73"), "one in front of the packet is nothing"
    client.during = b"\x03"
    assert client.raw(b"$c#63\x03$c#63").count(b"$T02") == 2
    assert client.during == b"" and client.patience > 0


def test_a_cpu_that_stops_for_good_is_told() -> None:
    session = Session(engine="v30", hypotheses={"H-UNDEFINED": "stop"})
    session.power_on()
    session.run(0.3)
    client = Client(Debugger(session))
    client.ask(f"M{START:x},2:0f34")
    assert client.ask(f"c{START:x}").startswith("T04") and session.stopped is not None
    assert session.stopped in client.printed


def test_a_halt_that_nothing_ends_is_told(client: Client) -> None:
    client.ask(f"M{START:x},2:faf4")    # DI, HALT
    client.ask("M0,1:00")
    session = client.server._debugger.session
    session.machine.icu.write(1, 0xFF)
    reply = client.ask("c")
    assert reply.startswith("T05") and "in HALT, and nothing wakes it" in client.printed


def test_an_interrupt_is_stopped_at_in_front_of_its_handler() -> None:
    session = Session(engine="v30")
    session.power_on()
    client = Client(Debugger(session))
    assert "int 20" in client.monitor("break int 20")
    where = at(client.ask("c"))
    assert "int 20" in client.printed
    vector = bytes.fromhex(client.ask("m80,4"))
    assert where == int.from_bytes(vector[2:], "little") * 16 + int.from_bytes(vector[:2], "little")
    assert client.register("psw") & 0x200 == 0


def test_what_is_sent_while_it_runs_is_done_afterwards(client: Client) -> None:
    client.during = b"$qC#b4\x03$qAttached#8f"
    out = client.raw(b"$c#63")
    assert out.index(b"T02") < out.index(b"$QC1#c5") < out.index(b"$1#31")


def test_a_client_that_vanishes_leaves_the_machine_and_no_stops(client: Client) -> None:
    debugger = client.server._debugger
    own = debugger.add(Stop("lcd", "Battery"))
    client.ask("Z0,2000,1")
    client.ask("Z2,3000,1")
    client.patience = 2
    client.ask("c")
    client.server.close()
    assert set(debugger.stops) == {own}
    again = Client(debugger)
    assert again.register("clock") == debugger.session.clock > 0


def test_goodbyes(client: Client) -> None:
    assert client.ask("D") == "OK" and client.server.over
    other = Client(client.server._debugger)
    assert other.raw(b"$k#6b") == b"+" and other.server.over and client.server._debugger.session.powered


def test_restart_is_the_power_switch(client: Client) -> None:
    assert client.raw(b"$R00#b2") == b"+"
    assert client.register("eip") == 0xFFFF0 and client.register("clock") == 0


def test_gdb_fetches_the_rules_of_unwinding(client: Client) -> None:
    assert "qXfer:exec-file:read+" in client.ask("qSupported")
    name = client.ask("qXfer:exec-file:read::0,100")[1:]
    assert client.ask(f"vFile:open:{name.encode().hex()},0,0") == "F1"
    head, _, data = client.ask("vFile:pread:1,4,0").partition(";")
    assert head == "F4" and data == "\x7fELF"
    assert client.ask("vFile:open:2f6574632f706173737764,0,0") == "F-1,2" and client.ask("vFile:pread:1") == "E01"


def test_search_and_crc(client: Client) -> None:
    assert client.ask(b"qSearch:memory:0;10000;" + PROGRAM[3:9]) == f"1,{START + 3:x}"
    assert client.ask(b"qSearch:memory:1100;100;" + PROGRAM[3:9]) == "0"
    data = PROGRAM
    bits = zlib.crc32(bytes(int(f"{byte:08b}"[::-1], 2) for byte in data)) ^ 0xFFFFFFFF
    assert client.ask(f"qCRC:{START:x},{len(data):x}") == f"C{int(f'{bits:032b}'[::-1], 2):x}", "zlib's, mirrored"
    assert client.ask("qCRC:fffff,2") == "E01"


def test_a_boot_under_gdb_is_the_boot_without(client: Client) -> None:
    plain, watched = Session(engine="v30"), Session(engine="v30")
    plain.power_on()
    plain.run(2.5)
    watched.power_on()
    other = Client(Debugger(watched))
    other.ask("Z2,1000a08,1")
    other.ask("Z0,f0000,1")
    for word in ("c", "c", "s", "c", "bs", "s", "m0,400", "m1000a00,10", "c", "bc", "c"):
        other.ask(word)
    assert watched.clock > 0
    other.ask("z2,1000a08,1")
    other.monitor(f"run {2.5 - watched.clock / 8_000_000:.9f}")
    assert watched.clock == plain.clock and watched.sram == plain.sram
    assert [(row.clock, row.lcd) for row in watched.timeline] == [(row.clock, row.lcd) for row in plain.timeline]


@pytest.mark.parametrize("line", [
    "save " + "x" * 400, "save /", "load /nowhere/x", "load .", "until Prog inf", "press INT 1e400", "run -1",
    "run nan", "port 10000", "port -1", "dis 0 99999999999", "break lcd", "break int 100", "watch port 0A00-09FF",
    "midi 9", "midi",
    "slide 99999999999999999999", "delete 99", "battery 99999", "'", "help nothing", "watch mem 0 q", "power up",
])  # fmt: skip
def test_the_monitor_says_what_cannot_be_done(client: Client, line: str, tmp_path: Path) -> None:
    before = client.ask("g")
    assert client.monitor(line).strip()
    assert client.ask("g") == before and client.ask("qC") == "QC1"


def test_the_monitor_writes_over_snapshots_only(client: Client, tmp_path: Path) -> None:
    state, other = tmp_path / "x.state", tmp_path / "my.txt"
    other.write_text("precious")
    for _ in range(2):
        assert "the instrument at" in client.monitor(f"save {state}")
    assert "snapshot" in client.monitor(f"save {other}") and other.read_text() == "precious"
    clock = client.register("clock")
    client.ask("s")
    assert client.register("clock") > clock
    client.monitor(f"load {state}")
    assert client.register("clock") == clock and client.register("eip") == START


def test_every_word_of_the_monitor_is_in_the_help_and_the_page(client: Client) -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "gdb.md").read_text("utf-8")
    listed = client.monitor("help")
    for name, word in WORDS.items():
        assert re.search(f"^{re.escape(word.usage)}  ", listed, re.M) and word.help in client.monitor(f"help {name}")
        assert re.search(rf"[`{{ ]{name}[` ]", page), name


PACKETS = st.one_of(
    st.builds("{}{:x}".format, st.sampled_from("csCS"), st.integers(-5, 1 << 40)),
    st.sampled_from(["g", "?", "s", "bs", "c", "bc", "D", "R00", "vCont;c", "vCont;s:1", "qC", "m0,4", "!", "Hg0"]),
    st.builds("{}{:x},{:x}:{}".format, st.sampled_from("mMX"), st.integers(0, 1 << 26), st.integers(0, 1 << 33),
              st.text("0123456789abcdef#$}", max_size=8)),
    st.builds("{}{},{:x},{:x}".format, st.sampled_from("zZ"), st.integers(0, 9), st.integers(0, 1 << 26),
              st.integers(0, 1 << 20)),
    st.builds("P{:x}={}".format, st.integers(0, 60), st.text("0123456789abcdef", max_size=20)),
    st.builds(lambda words: "qRcmd," + " ".join(words).encode().hex(), st.lists(st.sampled_from(
        ["lcd", "port", "press", "INT", "irq", "dis", "fffff", "power", "off", "on", "run", "0.01", "break", "watch",
         "mem", "battery", "2.6", "midi", "90", "undo", "over", "nan", "-1", "1e99", "stops", "delete", "state", "'",
         "release", "slide", "reset", "calls", "finish"]), max_size=4)),
    st.builds("vFile:{}:{}".format, st.sampled_from(["open", "pread", "fstat", "close", "setfs", "unlink", ""]),
              st.text("0123456789abcdef,-:", max_size=16)),
    st.builds("q{}".format, st.text(max_size=12)),
    st.text(max_size=20),
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(packets=st.lists(PACKETS, max_size=12), noise=st.lists(st.binary(max_size=30), max_size=4))
def test_nothing_that_is_sent_ends_the_conversation(
    started: bytes, packets: list[str], noise: list[bytes]
) -> None:
    session = Session(engine="v30")
    session.restore(started)
    client = Client(Debugger(session))
    for number, packet in enumerate(packets):
        client.patience = 3
        if number < len(noise):
            client.raw(noise[number])
        client.raw(b"#00")
        client.ask(packet.encode("utf-8"))
    other = Client(client.server._debugger)
    assert other.ask("qC") == "QC1" and len(other.ask("g")) > 100
