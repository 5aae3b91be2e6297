"""What a build of OpenM1 does where versions were made to differ: booted, played with and looked at."""

from __future__ import annotations

import struct
import tomllib
from collections.abc import Callable, Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from korgm1.result import BootResult
from korgm1.romset.load import load_os
from korgm1.romset.openm1 import OPENM1_BUILDS
from korgm1.session import Session
from korgm1.sysex import pack

FOLDER = Path(__file__).resolve().parents[2] / "roms" / "openm1"
GLOBAL, COMBI, PROGRAM = 861, 124, 143
POOL = 0x40
"""From the signature to the global data."""
DULA, TCU_MODE, LEDS, DIRECTIONS = 0xFFFB, 0x0E, 0x0A04, (0x0A0C, 0x0A0E)
MDE_COMMAND = 0x0501
ADD4S, CLR1 = "0F20", "0F1A"
KEYS = (("INT", "CARD", "COMBI"), ("INT", "EDIT COMBI"))
BYTE_TIME = 10 / 31250
HEXADECIMAL = {"threshold", "layout", "validity", "midi", "ports"}


def planted() -> list[dict[str, Any]]:
    """The rows of planted.toml."""
    rows: list[dict[str, Any]] = tomllib.loads((FOLDER / "planted.toml").read_text("utf-8"))["planted"]
    return rows


def shown(kind: str, value: Any) -> str:
    """A value of planted.toml as VERSIONS.md writes it: codes, addresses and bytes in hexadecimal, counts not."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return " ".join(shown(kind, one) for one in value) or "none"
    if isinstance(value, int):
        return f"{value:02X}" if kind in HEXADECIMAL else f"{value:,}"
    return f"`{value}`" if value else "nothing"


def versions_row(row: dict[str, Any]) -> str:
    """The line of VERSIONS.md for a row of planted.toml."""
    values = [shown(row["kind"], row["versions"][key]) for key in OPENM1_BUILDS]
    return "| " + " | ".join([f"`{row['id']}`", row["kind"], row["what"], *values]) + " |"


class Seen:
    """One build, and what was seen of it."""

    def __init__(self, key: str, folder: Path) -> None:
        build = OPENM1_BUILDS[key]
        self.model, self.version = build.models[0], build.version
        self.firmware = load_os(build.word, self.model)
        self.folder = folder
        self.writes: list[tuple[int, int]] = []

    @cached_property
    def session(self) -> Session:
        """On, in PROG, after the first power-on of its life."""
        session = self.new(None)
        session.power_on()
        session.machine.ports.watch = lambda kind, port, value: self.writes.append((port, value))
        session.boot()
        return session

    @cached_property
    def image(self) -> bytes:
        """The RAM after that."""
        return self.session.sram

    @cached_property
    def base(self) -> int:
        """Where the stored data begin."""
        return self.image.index(b"OpenM1 RAM ")

    def new(self, image: bytes | None, battery: str | float = "fresh") -> Session:
        return Session(model=self.model, roms=self.firmware, sram=image, battery=battery)

    def power_on(
        self, hold: Iterable[str] = (), image: bytes | None = None, volts: str | float = "fresh"
    ) -> BootResult:
        """A boot of another instrument with the same RAM, or another image."""
        return self.new(self.image if image is None else image, volts).boot(hold=hold)

    def said(self, result: BootResult) -> str:
        """Everything that stood on the LCD."""
        return "\n".join(line for row in result.timeline for line in row.lcd)

    @cached_property
    def banner(self) -> list[str]:
        result = self.power_on()
        return next(row.lcd[0] for row in result.timeline if row.lcd[0].startswith("OpenM1")).split()

    def talk(self, text: str, data: bytes = b"") -> bytes:
        """The answer to a message of MIDI, active sensing left out."""
        message = bytes.fromhex(text) + data + b"\xf7"
        before = len(self.session.midi_out)
        self.session.midi_in(message)
        self.session.run(len(message) * BYTE_TIME + 0.6)
        return bytes(byte for byte in self.session.midi_out[before:] if byte != 0xFE)

    def press(self, *keys: str) -> tuple[str, str]:
        """The LCD after some keys."""
        for key in keys:
            self.session.press(key)
            self.session.run(0.1)
        return self.session.lcd

    def executed(self, opcode: str, *keys: str) -> bool:
        """Is an instruction executed while some keys are pressed?"""
        path = self.folder / "keys.trace"
        self.session.trace(path, "exec")
        self.press(*keys)
        self.session.trace_end()
        lines = path.read_text("ascii").splitlines()
        return any(opcode == line.split()[-1][:4] for line in lines if " exec " in line)

    @cached_property
    def holds_after_mode_change(self) -> bool:
        """Does 10's HOLD outlive a change of mode? With it one digit is a number."""
        line = self.press("PROG", "10HOLD", "COMBI", "3")[0]
        if line.startswith("Combi I03"):
            self.press("10HOLD")
        else:
            assert line.startswith("Combi I3_")
            self.press("0")
        assert self.press("PROG", "4", "1")[0].startswith("Prog I41")
        return line.startswith("Combi I03")

    def boundary(self, message: str, low: float, high: float) -> int:
        """The first ADC code between two cell voltages at which it is otherwise with a message at power-on."""
        def looked(volts: float) -> tuple[int, bool]:
            result = self.power_on(volts=volts)
            return int(result.battery["adc_code"]), message in self.said(result)

        (below, first), (above, last) = looked(low), looked(high)
        assert first is not last
        while above - below > 1:
            middle = (low + high) / 2
            code, shown = looked(middle)
            if shown is first:
                low, below = middle, code
            else:
                high, above = middle, code
        return above

    def changed(self, offset: int) -> bytes:
        """The RAM with one bit of the stored data flipped."""
        image = bytearray(self.image)
        image[self.base + offset] ^= 0x10
        return bytes(image)

    def complains(self, offset: int) -> bool:
        """Does it find that bit wrong?"""
        return "RAM Error 02" in self.said(self.power_on(image=self.changed(offset)))

    @property
    def program(self) -> bytes:
        """The first initial program."""
        start = self.base + POOL + GLOBAL + 100 * COMBI
        return self.image[start : start + PROGRAM]

    def named_up_to(self, byte: int, numbers: Iterable[int], line: int, column: int) -> int:
        """How many names the EDIT PROG page has of what a program's `byte` counts; 0 without the page."""
        self.press("PROG")
        known = 0
        for number in numbers:
            program = bytearray(self.program)
            program[byte] = number
            assert self.talk("F0 42 30 19 40", pack(bytes(program)))[4:5] == b"\x23"
            text = self.press("EDIT PROG")[line][column:]
            if "FX1" not in self.session.lcd[1]:
                return 0
            known = known if text.startswith("?") else number + 1
        return known

    def slider_step(self) -> int:
        """How far the VALUE slider must go to select another program."""
        self.press("PROG")
        self.session.move("value", 100)
        self.session.run(0.2)
        before = self.session.lcd[0]
        for step in range(1, 20):
            self.session.move("value", 100 + step)
            self.session.run(0.1)
            if self.session.lcd[0] != before:
                return step
        return 0

    def protected(self) -> str:
        """What it says when a program is to be written over MIDI with the protect on (GLOBAL 4-1)."""
        self.press("GLOBAL", "4", "UP")
        assert self.talk("F0 42 30 19 11 00 05")[4:5] == b"\x22"
        text = self.session.lcd[1].strip()
        self.press("DOWN", "4", "DOWN")
        return text

    def hold_text(self) -> str:
        """What 10's HOLD shows."""
        text = self.press("PROG", "10HOLD")[0][31:].strip()
        self.press("10HOLD")
        return text


def _seed(seen: Seen) -> int:
    """What the first sum is more than the words it covers."""
    begin = seen.base + (0x20 if seen.complains(0x3E) else 0x40)
    end = seen.base + 0xB69C
    words = struct.unpack(f"<{(end - begin) // 2}H", seen.image[begin:end])
    return int.from_bytes(seen.image[seen.base + 0x10 :][:2], "little") - sum(words) & 0xFFFF


def _ports(seen: Seen, *ports: int) -> list[tuple[int, int]]:
    """Writes to some ports from power-on to the play page, in order."""
    assert seen.session.lcd
    return [(port, value) for port, value in seen.writes if port in ports]


def _first_held(seen: Seen, message: str, *held: tuple[str, ...]) -> list[str]:
    """The keys that lead to a message at power-on."""
    found = [keys for keys in held if message in seen.said(seen.power_on(keys))]
    assert len(found) < 2
    return list(found[0]) if found else []


def _page_time(seen: Seen) -> int:
    """Milliseconds to the play page, in steps of 50."""
    result = seen.power_on()
    return 50 * round(next(row.seconds for row in result.timeline if row.lcd[0].startswith("Prog")) * 20)


def _release(seen: Seen) -> int:
    assert seen.program[98] == seen.program[138]
    return seen.program[98]


def _names(seen: Seen) -> int:
    """Function of the answer to the request for names, which must be as many as it says."""
    answer = seen.talk("F0 42 30 19 16")
    if answer[4] == 0x45:
        names = answer[6:-1]
        assert len(names) == answer[5] * 12 and names.startswith(b"A.Piano     E.Piano1    ")
    return answer[4]


LOOKS: dict[str, Callable[[Seen], Any]] = {
    "version-text": lambda seen: seen.banner[-1],
    "version-number": lambda seen: seen.talk("F0 7E 7F 06 01")[10],
    "instrument": lambda seen: seen.banner[-2],
    "member-code": lambda seen: seen.talk("F0 7E 7F 06 01")[8],
    "banner-time": _page_time,
    "code-low": lambda seen: seen.boundary("Battery Low (Internal)", 2.2, 2.8),
    "code-high": lambda seen: seen.boundary("Battery High (Internal)", 3.8, 4.3) - 1,
    "keys-initialise": lambda seen: _first_held(seen, "All Memory Initialized", *KEYS),
    "key-rom-check": lambda seen: _first_held(seen, "ROM OK", ("INT",), ("CARD",)),
    "key-build": lambda seen: _first_held(seen, "Test version", ("INT",), ("CARD",)),
    "stored-base": lambda seen: seen.base,
    "signature": lambda seen: seen.image[seen.base : seen.base + 14].decode("ascii"),
    "sums-begin": lambda seen: next(at for at in (0x20, 0x40) if seen.complains(at + 0x1E)),
    "sums-seed": _seed,
    "init-program-name": lambda seen: seen.program[:10].decode("ascii"),
    "init-program-bend": lambda seen: seen.program[32],
    "init-program-release": _release,
    "init-combi-name": lambda seen: seen.image[seen.base + POOL + GLOBAL :][:10].decode("ascii"),
    "text-protected": Seen.protected,
    "text-absent": lambda seen: seen.press("SEQ")[1].rstrip(),
    "text-hold": Seen.hold_text,
    "column-oscillator": lambda seen: seen.press("PROG")[1].index("OSC1"),
    "midi-mode-request": lambda seen: seen.talk("F0 42 30 19 12")[4:5] == b"\x42",
    "midi-names-request": _names,
    "midi-mode-change": lambda seen: seen.talk("F0 42 30 19 4E 02 10")[4],
    "port-e-first": lambda seen: [f"{port:04X}" for port, _ in _ports(seen, *DIRECTIONS)[:2]],
    "timer-2-first": lambda seen: [value for _, value in _ports(seen, TCU_MODE)],
    "leds-at-reset": lambda seen: _ports(seen, LEDS)[0][1],
    "dmau-placed": lambda seen: bool(_ports(seen, DULA)),
    "mde-command": lambda seen: _ports(seen, MDE_COMMAND)[0][1],
    "function-rom-check": lambda seen: "ROM OK" in seen.said(seen.power_on(["INT"])),
    "function-build": lambda seen: "what differs is invented" in seen.said(seen.power_on(["CARD"])),
    "function-names-page": lambda seen: seen.press("EDIT PROG")[1].startswith("FX1"),
    "function-names-request": lambda seen: _names(seen) == 0x45,
    "function-mode-request": lambda seen: bool(seen.talk("F0 42 30 19 12")),
    "function-hold": lambda seen: bool(seen.hold_text()),
    "function-bcd-add": lambda seen: "ADD4S" if seen.executed(ADD4S, "PROG", "UP") else "DAA",
    "function-set-mode": lambda seen: not seen.holds_after_mode_change,
    "function-slider": Seen.slider_step,
    "table-multisounds": lambda seen: seen.named_up_to(12, (0, 99, 100), 0, 11),
    "table-effects": lambda seen: seen.named_up_to(38, (0, 32, 33, 34), 1, 4),
    "nec-add4s": lambda seen: seen.executed(ADD4S, "PROG", "UP"),
    "nec-clr1": lambda seen: seen.executed(CLR1, "COMBI", "PROG"),
}
"""How each row of planted.toml is seen."""
