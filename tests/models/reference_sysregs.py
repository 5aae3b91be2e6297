"""The V50's system I/O area from NEC's sheet of the uPD70216: the whole 64 KB of I/O and the request lines, asked anew.

Nothing is kept but what was written: who answers a port, and what the ICU and the CPU see, is worked out at each
question.
"""

from __future__ import annotations

USED = {
    "OPCN": "----xxxx", "OPSEL": "----xxxx", "OPHA": "xxxxxxxx", "DULA": "xxxx----", "IULA": "xxxxxx-x",
    "TULA": "xxxxx--x", "SULA": "xxxxx--x", "WCY2": "----xxxx", "WCY1": "xxxxxxxx", "WMB": "-xxx-xxx",
    "RFC": "x--xxxxx", "TCKS": "---xxxxx",
}
"""Bits of each register, 7 first; - is unused and reads 0."""
PORTS = {
    0xFFFE: "OPCN", 0xFFFD: "OPSEL", 0xFFFC: "OPHA", 0xFFFB: "DULA", 0xFFFA: "IULA", 0xFFF9: "TULA", 0xFFF8: "SULA",
    0xFFF6: "WCY2", 0xFFF5: "WCY1", 0xFFF4: "WMB", 0xFFF2: "RFC", 0xFFF0: "TCKS",
}
RESET = {"OPCN": 0, "OPSEL": 0, "WCY1": 0xFF, "WCY2": 0x0F, "WMB": 0x77, "TCKS": 0}
UNITS = ("dmau", "icu", "tcu", "scu")
"""Also who wins where two are put in the same place."""
SWITCH = {"dmau": 1, "icu": 2, "tcu": 4, "scu": 8}


class Reference:
    """The registers and the lines that go into the switches.

    Args:
        address_reset: what the address registers wake with.
        silent: whether a disabled unit is silent as well as out of the map.
    """

    def __init__(self, address_reset: int = 0, silent: bool = True) -> None:
        self.address_reset = address_reset
        self.silent = silent
        self.register = dict.fromkeys(USED, 0)
        self.line = {"INTP1": 1, "INTP2": 1, "SINT": 0, "TOUT0": 0, "TOUT1": 0, "ICU": 0}
        self.reset("power")

    def reset(self, kind: str) -> None:
        self.register.update(RESET)
        if kind == "power":
            self.register["RFC"] = 0
            for name in ("OPHA", "DULA", "IULA", "TULA", "SULA"):
                self.store(name, self.address_reset)
        self.register["RFC"] = self.register["RFC"] // 128 * 128 + 8

    def store(self, name: str, value: int) -> None:
        kept = [bit for bit, used in zip(f"{value:08b}", USED[name], strict=True) if used == "x"]
        self.register[name] = int("".join(kept.pop(0) if used == "x" else "0" for used in USED[name]), 2)

    def on(self, unit: str) -> bool:
        return bool(self.register["OPSEL"] & SWITCH[unit])

    def answer(self, port: int) -> tuple[str, int] | None:
        """Who answers this port and as which of its registers; None: it goes out to the board."""
        if port >= 0xFFF0:
            return ("system", port)
        page, low = port // 256, port % 256
        if page != self.register["OPHA"] or page == 0xFF:
            return None
        for unit in UNITS:
            if self.on(unit) and (number := self.number(unit, low)) is not None:
                return unit, number
        return None

    def number(self, unit: str, low: int) -> int | None:
        if unit == "dmau":
            base = self.register["DULA"]
            return low - base if base <= low < base + 16 else None
        base = self.register[{"icu": "IULA", "tcu": "TULA", "scu": "SULA"}[unit]]
        odd, base = base % 2, base - base % 2
        registers = 2 if unit == "icu" else 4
        return next((n for n in range(registers) if low == base + 2 * n + odd), None)

    def heard(self, unit: str, line: str) -> int:
        return self.line[line] if self.on(unit) or not self.silent else 0

    def icu_inputs(self) -> dict[int, int]:
        irsw = self.register["OPCN"] // 4
        return {
            0: self.heard("tcu", "TOUT0"),
            1: self.heard("scu", "SINT") if irsw in (1, 3) else self.line["INTP1"],
            2: self.heard("tcu", "TOUT1") if irsw in (2, 3) else self.line["INTP2"],
        }

    def edge_only(self) -> bool:
        """Level 2 comes from the TCU."""
        return self.register["OPCN"] // 4 in (2, 3)

    def cpu_int(self) -> int:
        return self.heard("icu", "ICU")

    def serial_pins(self) -> int:
        return 1 if self.register["OPCN"] % 4 in (2, 3) else 0
