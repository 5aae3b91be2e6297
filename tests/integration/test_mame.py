"""The same firmware on MAME's driver of the same board: another emulator, the same text and the same port writes.

Both instruments boot OpenM1, get panel keys and a SysEx restore; every byte written to a port is logged on both sides
(MAME: Lua taps on its `io` and `internal_io` spaces; here: `PortMap.watch`). Named differences of MAME 0.251's korgm1
driver, and how they are met:

1. The battery's ADC channel is not connected: the firmware reads it above CCh. Our cell is given 5 V.
2. The SCU never asks for an interrupt: nothing is ever written to its data port 0020, and its interrupt mask 0026 stays
   with "transmit". Both ports are left out after the set-up; what would have been sent is read from the firmware's
   transmit ring in RAM and compared with our MIDI OUT.
3. There is no MIDI jack: the dump is put into the firmware's receive ring in RAM at the wire's speed; ours comes in by
   the jack.

Normalised on both sides, because clocks of single instructions differ (MAME has no bus model) and with them how often a
busy display is asked, and where between two instructions a tick falls:

a. Display: only the bytes the HD44780 takes (E falls, R/W low) with their RS; the strobes of busy polls are dropped.
b. Each device's writes are a sequence of their own; between devices the order is compared up to the first interrupt.
c. Port A carries the panel scan, one column a tick, and the start of a conversion every eighth tick. Where tick and
   main program meet in another order the scan is at another column: compared are the ADC channel and the sound reset
   bit each time they change, and separately that every tick scans the next column and conversions start in time.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from pathlib import Path

import pytest

import mame
from korgm1.session import Session

pytestmark = [
    pytest.mark.mame,
    pytest.mark.skipif(mame.find_mame() is None, reason="mame is not installed"),
]

INCLUDES = Path(__file__).resolve().parents[2] / "roms" / "openm1"
PIO_A, PIO_C, PIO_D, PIO_E, PIO_CONTROL_1 = 0x0A00, 0x0A04, 0x0A06, 0x0A08, 0x0A0C
SCU_DATA, SCU_MASK = 0x0020, 0x0026
RX_RING, RX_SIZE, TX_RING, TX_SIZE = 0xD000, 0x1000, 0xC800, 0x0400
STORED = slice(0x1000, 0xC69C)
ACTIVE_SENSING = 0xFE

KEYS = (("4", 3.0), ("2", 3.4), ("UP", 3.8), ("COMBI", 4.2), ("1", 4.6), ("7", 5.0), ("PROG", 5.4), ("DOWN", 5.8))
"""Key and the emulated second at which it goes down, for a tenth of a second."""
PLACES = {
    "COMBI": (0, 4), "PROG": (1, 2), "UP": (2, 0), "DOWN": (2, 1), "1": (4, 1), "2": (4, 2), "4": (4, 4), "7": (5, 2),
}  # fmt: skip
"""Column and row in the matrix, which are port and bit of the driver's fields."""
DUMP_AT = 6.5
END = 21

Write = tuple[int, int]

LUA = """
local cpu = manager.machine.devices[":maincpu"]
local program = cpu.spaces["program"]
local log = io.open("log.txt", "w")
local selected = false
taps = {}
local function logger(tell)
  return function(offset, data, mask)
    if mask & 0x00ff ~= 0 then log:write(string.format("%04X %02X\\n", offset, data & 0xff)) end
    if mask & 0xff00 ~= 0 then log:write(string.format("%04X %02X\\n", offset + 1, data >> 8 & 0xff)) end
    if tell and offset == 0xfffc and mask == 0xff00 then selected = true end
  end
end
taps[1] = cpu.spaces["io"]:install_write_tap(0, 0xffff, "board", logger(true))
-- the units are installed when OPSEL is written, over any tap that was there: the next read of the ROM is early enough
taps[2] = program:install_read_tap(0xe0000, 0xfffff, "rom", function()
  if selected and not taps[3] then
    taps[3] = cpu.spaces["internal_io"]:install_write_tap(0, 0xff, "chip", logger(false))
  end
end)
local fed, dump = 0, "{dump}"
emu.register_periodic(function()
  local now = manager.machine.time:as_double()
  for _, key in ipairs{ {keys} } do
    for _, field in pairs(manager.machine.ioport.ports[key[1]].fields) do
      if field.mask == key[2] then field:set_value((now >= key[3] and now < key[3] + 0.1) and 1 or 0) end
    end
  end
  local due = math.min(math.floor((now - {dump_at}) * 3125), #dump // 2)
  while fed < due do
    local head = program:read_u16({rx_head})
    if (head + 1) & 0xfff == program:read_u16({rx_tail}) then break end
    program:write_u8(0xd000 + head, tonumber(dump:sub(2 * fed + 1, 2 * fed + 2), 16))
    program:write_u16({rx_head}, (head + 1) & 0xfff)
    fed = fed + 1
  end
  log:flush()
end)
"""


@dataclass(frozen=True)
class Account:
    """What one instrument did: port writes in order, LCD text at the end, RAM, bytes meant for MIDI OUT."""

    writes: tuple[Write, ...]
    lcd: tuple[str, str]
    ram: bytes
    sent: bytes


def restore_message() -> bytes:
    """An ALL DATA dump (function 50) of 100 sounds each and no sequence steps, with names to be recognised."""
    combis = b"".join(b"Combi  %03d" % n + bytes((n + i) & 0xFF for i in range(114)) for n in range(100))
    programs = b"".join(b"Program%03d" % n + bytes((3 * n + i) & 0xFF for i in range(133)) for n in range(100))
    data = bytes(861) + combis + programs + bytes(7 * i & 0xFF for i in range(1522))
    groups = (data[at : at + 7] for at in range(0, len(data), 7))
    packed = b"".join(
        bytes([sum((byte >> 7) << n for n, byte in enumerate(g))]) + bytes(b & 0x7F for b in g) for g in groups
    )
    return bytes.fromhex("F0 42 30 19 50 00 00 00") + packed + b"\xf7"


def variables(folder: Path) -> dict[str, int]:
    """Where the firmware has the pointers of its rings, asked of the assembler."""
    names = ("rx_head", "rx_tail", "tx_head")
    nasm = shutil.which("nasm")
    if nasm is None:
        pytest.skip("nasm is not installed: the firmware's variables cannot be found")
    source, target = folder / "where.asm", folder / "where.bin"
    source.write_text('%include "version.inc"\n%include "ram.inc"\nsection .text\ndw ' + ", ".join(names) + "\n")
    subprocess.run([nasm, "-f", "bin", f"-I{INCLUDES}/", "-o", str(target), str(source)], check=True)
    code = target.read_bytes()
    return {name: int.from_bytes(code[2 * n : 2 * n + 2], "little") for n, name in enumerate(names)}


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Account:
    at = variables(tmp_path_factory.mktemp("where"))
    keys = ", ".join(f'{{ ":Y{PLACES[key][0]}", {1 << PLACES[key][1]}, {when} }}' for key, when in KEYS)
    script = LUA.replace("{keys}", keys).replace("{dump}", restore_message().hex()).replace("{dump_at}", str(DUMP_AT))
    for name in ("rx_head", "rx_tail"):
        script = script.replace("{" + name + "}", str(at[name]))
    run = mame.run_mame(END, script=script)
    writes = tuple((int(port, 16), int(value, 16)) for port, value in map(str.split, run.log.splitlines()))
    queued = int.from_bytes(run.nvram[at["tx_head"] : at["tx_head"] + 2], "little")
    return Account(writes, run.lines, run.nvram, run.nvram[TX_RING : TX_RING + queued])


@pytest.fixture(scope="module")
def ours() -> Account:
    session = Session(battery=5.0)
    writes: list[Write] = []

    def watch(kind: str, port: int, value: int) -> None:
        if kind == "out":
            writes.append((port, value))

    session.machine.ports.watch = watch
    session.power_on()
    for key, at in KEYS:
        session.press_at(key, at)
    session.midi_in(restore_message(), at=DUMP_AT)
    session.run(END)
    return Account(tuple(writes), session.lcd, session.sram, session.midi_out)


def until_interrupts(writes: Sequence[Write]) -> list[Write]:
    """Everything up to the first write to port E, the last of the set-up, before interrupts are enabled."""
    return list(writes[: next(n for n, (port, _) in enumerate(writes) if port == PIO_E) + 1])


def display_bytes(writes: Sequence[Write]) -> list[tuple[int, int]]:
    """(RS, byte) of everything the display took (a)."""
    taken = []
    data = control = 0
    for port, value in writes:
        if port == PIO_D:
            data = value
        elif port == PIO_E:
            if control & 4 and not value & 4 and not control & 2:
                taken.append((control & 1, data))
            control = value
    return taken


def values(writes: Sequence[Write], port: int) -> list[int]:
    """What one port was given."""
    return [value for at, value in writes if at == port]


def set_up(writes: Sequence[Write]) -> list[Write]:
    """The writes to the V50's own units and to the directions of the PIO, but 2 and the directions of busy polls."""
    left_out = {SCU_DATA, SCU_MASK, PIO_A, PIO_C, PIO_D, PIO_E, PIO_CONTROL_1}
    return [write for write in writes if write[0] not in left_out]


def test_openm1_shows_the_same_lcd_text(ours: Account, theirs: Account) -> None:
    assert theirs.lcd == ours.lcd
    assert theirs.lcd[0].startswith("Prog")


def test_the_set_up_is_the_same_write_by_write(ours: Account, theirs: Account) -> None:
    assert until_interrupts(theirs.writes) == until_interrupts(ours.writes)
    assert len(until_interrupts(ours.writes)) > 30
    assert set_up(theirs.writes) == set_up(ours.writes)


def test_the_display_is_given_the_same_bytes(ours: Account, theirs: Account) -> None:
    assert display_bytes(theirs.writes) == display_bytes(ours.writes)
    text = bytes(value for data, value in display_bytes(ours.writes) if data)
    assert b"Workstation" in text and b"Receiving MIDI" in text    # spaces that are there already are not sent


def test_the_leds_are_given_the_same_values(ours: Account, theirs: Account) -> None:
    assert values(theirs.writes, PIO_C) == values(ours.writes, PIO_C)
    assert len(set(values(ours.writes, PIO_C))) >= 3


def test_port_a_selects_the_same_channels_and_scans_the_same_way(ours: Account, theirs: Account) -> None:
    def changes(account: Account, shift: int, mask: int) -> list[int]:
        return [value for value, _ in groupby(v >> shift & mask for v in values(account.writes, PIO_A))]

    def scan(account: Account) -> list[int]:
        return [value & 7 for value in values(account.writes, PIO_A) if not value & 0x40]

    assert changes(theirs, 7, 1) == changes(ours, 7, 1) == [0, 1], "the sound chips' reset"
    for account in (ours, theirs):
        battery, *controls = changes(account, 3, 7)
        assert battery == 6 and controls[0] == 0
        assert all(after == (before + 1) % 6 for before, after in pairwise(controls)), "a control was skipped"
        columns = scan(account)
        assert all(after == (before + 1) % 7 for before, after in pairwise(columns[1:])), "a column was skipped"
        starts = [n for n, value in enumerate(values(account.writes, PIO_A)) if value & 0x40]
        assert {after - before for before, after in pairwise(starts)} <= set(range(2, 11))
    assert abs(len(scan(ours)) - len(scan(theirs))) <= 9, "ticks; MAME ends with a whole frame of 16.7 ms"


def test_a_sysex_restore_leaves_the_same_memory_and_the_same_answers(ours: Account, theirs: Account) -> None:
    assert theirs.ram[STORED] == ours.ram[STORED]
    assert b"Program042" in ours.ram
    answers = [bytes(byte for byte in account.sent if byte != ACTIVE_SENSING) for account in (theirs, ours)]
    assert answers[0] == answers[1]
    assert bytes.fromhex("C0 2A") in ours.sent and ours.sent.find(bytes.fromhex("F0 42 30 19 23 F7")) > 0
