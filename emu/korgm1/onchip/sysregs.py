"""The V50's system I/O area FFF0-FFFE: where its units lie, what is routed where, timer clocks, waits, refresh.

| Port | Register | RESET |
|---|---|---|
| FFFE | OPCN: 3-2 IRSW, 1-0 PF | 00 |
| FFFD | OPSEL: 3 SCU, 2 TCU, 1 ICU, 0 DMAU, 1 = enabled | 00 |
| FFFC | OPHA: A15-A8 of all units | undefined |
| FFFB-FFF8 | DULA IULA TULA SULA: A7-A4, A7-A2, A7-A3, A7-A3; bit 0 (not DULA): odd addresses | undefined |
| FFF6 FFF5 FFF4 | WCY2 WCY1 WMB: wait states and memory blocks | 0F FF 77 |
| FFF2 | RFC: 7 refresh on, 4-0 interval | 08, bit 7 kept |
| FFF0 | TCKS: clocks of the TCU | 00 |

INT0 = TOUT0. IRSW bit 2: INT1 = SCU, else pin INTP1; bit 3: INT2 = TOUT1, else pin INTP2. PF bit 1: RxD and TxD are
pins, else DMARQ3 and DMAAK3. All twelve read back. Windows: DMAU 16 bytes; ICU 2 registers, TCU and SCU 4, each on
every second address of its lane; the bytes between, and the rest of the page, go out to the board.

DATASHEET: registers, reset values, routing, nothing mapped until enabled, units must not overlap.
MAME: lane of bit 0; a unit page of FF, which is this area, takes no units. H-ULA: OPHA and the xULA after power-on.
H-OPSEL: a disabled unit requests nothing either: no INT from the ICU, no SINT, TOUT0 and TOUT1 low at the ICU. Its
registers stay, and it goes on counting and shifting. PF bit 0 chooses among INTAK, TOUT1 and SRDY for a pin that goes
nowhere here.
ASSUMED: unused bits read 0; the reserved ports FFF1 FFF3 FFF7 FFFF stay inside the chip and read FF, whatever the open
bus of the board reads; RESET keeps the undefined ones; where units overlap DMAU covers ICU covers TCU covers SCU.
Waits of memory blocks and I/O, refresh and its waits go to the CPU (H-WAITS, H-REFRESH); `dma_waits` are for the DMAU.
Sources: facts v50-chip 1 (NEC data book 1991, uPD70216).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from korgm1.bus.ports import PortDevice, PortMap
from korgm1.line import Line

SYSTEM_AREA = 0xFFF0
TCKS, RFC, WMB, WCY1, WCY2, SULA, TULA, IULA, DULA, OPHA, OPSEL, OPCN = 0, 2, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14
_WRITABLE = {
    TCKS: 0x1F, RFC: 0x9F, WMB: 0x77, WCY1: 0xFF, WCY2: 0x0F, SULA: 0xF9, TULA: 0xF9, IULA: 0xFD, DULA: 0xF0,
    OPHA: 0xFF, OPSEL: 0x0F, OPCN: 0x0F,
}
_RESET = {TCKS: 0x00, WMB: 0x77, WCY1: 0xFF, WCY2: 0x0F, OPSEL: 0x00, OPCN: 0x00}
_RESERVED = 0xFF

UNITS = {"scu": (SULA, 8, 0xF8, 2), "tcu": (TULA, 4, 0xF8, 2), "icu": (IULA, 2, 0xFC, 2), "dmau": (DULA, 1, 0xF0, 1)}
"""unit: its address register, its bit in OPSEL, the address bits of the base, the stride of its registers."""


_BLOCKS = tuple(size << 10 for size in (32, 64, 96, 128, 192, 256, 384, 512))


class Waits(NamedTuple):
    """Wait states of the CPU's bus cycles: memory below `lower_end`, from `upper_start` on, between; I/O off chip."""

    lower_end: int
    upper_start: int
    lower: int
    middle: int
    upper: int
    io: int
    onchip_page: int
    """A15-A8 of the ports that may be on the chip, like the whole page FF."""
    onchip: int
    """A bit for each port of that page which a unit answers."""


class Refresh(NamedTuple):
    """Refresh cycles as programmed."""

    interval: int
    """Clocks from one to the next; 0 = none."""
    waits: int


def refresh_interval(rfc: int) -> int:
    """Clocks between two refreshes for a value of RFC: 8 x N, N = 17 to 20 for RTM 0-3, else RTM + 1; 0 = switched off.

    >>> refresh_interval(0x88), refresh_interval(0x80), refresh_interval(0x9F), refresh_interval(0x08)
    (72, 136, 256, 0)
    """
    timer = rfc & 0x1F
    return 8 * (timer + (17 if timer < 4 else 1)) if rfc & 0x80 else 0


def _span(window: tuple[int, int, int]) -> tuple[int, int, int]:
    first, count, step = window
    return first, first + count, step


class Sysregs:
    """The twelve system registers and what they switch.

    Args:
        ports: the port map; the registers place themselves at FFF0, the units where the firmware wants them.
        units: "scu", "tcu", "icu", "dmau" -> the device.
        intp1, intp2: the pins.
        sint: the SCU's interrupt.
        tout0, tout1: the timers' outputs.
        icu_int: the ICU's request.
        int_cpu: driven with what of it reaches the CPU.
        set_input: the ICU's `set_input`, fed with levels 0, 1 and 2.
        set_edge_only: the ICU's `set_edge_only`, told when timer 1 feeds level 2.
        listen: the TCU's `listen`, told whether timer 1's edges are wanted.
        set_tcks: the TCU's `set_tcks`.
        set_waits: told the wait states.
        set_refresh: told the refresh.
        serial_pins: driven with PF bit 1: RxD and TxD are pins, DMA channel 3 is not.
        address_reset: hypothesis H-ULA.
        disabled: hypothesis H-OPSEL: "silent" or "unmapped".
    """

    def __init__(
        self,
        ports: PortMap,
        units: Mapping[str, PortDevice],
        *,
        intp1: Line,
        intp2: Line,
        sint: Line,
        tout0: Line,
        tout1: Line,
        icu_int: Line,
        int_cpu: Line,
        set_input: Callable[[int, int], None],
        set_edge_only: Callable[[int, bool], None],
        listen: Callable[[int, bool], None],
        set_tcks: Callable[[int], None],
        serial_pins: Line,
        address_reset: int = 0x00,
        disabled: str = "silent",
        set_waits: Callable[[Waits], None] = lambda waits: None,
        set_refresh: Callable[[Refresh], None] = lambda refresh: None,
    ) -> None:
        self._ports = ports
        self._units = units
        self._intp1, self._intp2, self._sint, self._tout0, self._tout1 = intp1, intp2, sint, tout0, tout1
        self._icu_int, self._int_cpu = icu_int, int_cpu
        self._always = 0x0F if disabled == "unmapped" else 0
        self._set_input = set_input
        self._set_edge_only = set_edge_only
        self._listen = listen
        self._set_tcks = set_tcks
        self._serial_pins = serial_pins
        self._set_waits = set_waits
        self._set_refresh = set_refresh
        self._address_reset = address_reset
        self._windows: dict[str, tuple[int, int, int]] = {}
        self._registers = dict.fromkeys(_WRITABLE, 0)
        tout0.connect(lambda level: set_input(0, self._int0()))
        for line in (intp1, sint):
            line.connect(lambda level: set_input(1, self._int1()))
        for line in (intp2, tout1):
            line.connect(lambda level: set_input(2, self._int2()))
        icu_int.connect(lambda level: int_cpu.drive(self._int()))
        ports.map(SYSTEM_AREA, 16, self, onchip=True)

    def reset(self, kind: str) -> None:
        """RESET: all units off, routing and clocks to their defaults; refresh enable and addresses stay (button)."""
        registers = self._registers
        if kind == "power":
            registers[RFC] = 0
            for name in (SULA, TULA, IULA, DULA, OPHA):
                registers[name] = self._address_reset & _WRITABLE[name]
        registers.update(_RESET)
        registers[RFC] = registers[RFC] & 0x80 | 0x08
        self._place()
        self._set_tcks(registers[TCKS])
        self._route()
        self._set_waits(self.waits)
        self._set_refresh(self.refresh)

    def read(self, offset: int) -> int:
        """A register; reserved ports read FF."""
        return self._registers.get(offset, _RESERVED)

    def write(self, offset: int, value: int) -> None:
        """A register; what it switches, switches now."""
        if offset not in _WRITABLE:
            return
        value &= _WRITABLE[offset]
        if value == self._registers[offset]:
            return
        self._registers[offset] = value
        if offset == TCKS:
            self._set_tcks(value)
        elif offset == OPCN:
            self._route()
        elif offset >= SULA:
            self._place()
            if offset == OPSEL:
                self._request()
        if offset in (WMB, WCY1) or offset >= SULA:
            self._set_waits(self.waits)
        elif offset in (RFC, WCY2):
            self._set_refresh(self.refresh)

    def peek(self, offset: int) -> int:
        """The same as a read."""
        return self._registers.get(offset, _RESERVED)

    @property
    def waits(self) -> Waits:
        """The CPU's waits as programmed."""
        wmb, wcy1 = self._registers[WMB], self._registers[WCY1]
        return Waits(
            _BLOCKS[wmb >> 4 & 7], 0x100000 - _BLOCKS[wmb & 7], wcy1 & 3, wcy1 >> 2 & 3, wcy1 >> 4 & 3, wcy1 >> 6,
            self._registers[OPHA], self._onchip(),
        )

    @property
    def refresh(self) -> Refresh:
        """The refresh as programmed."""
        return Refresh(refresh_interval(self._registers[RFC]), self._registers[WCY2] & 3)

    @property
    def dma_waits(self) -> int:
        """Wait states of DMA cycles, 0 to 3 (WCY2)."""
        return self._registers[WCY2] >> 2 & 3

    def _onchip(self) -> int:
        windows = self._windows.values()
        return sum(1 << port for port in {port & 0xFF for window in windows for port in range(*_span(window))})

    def snapshot(self) -> dict[str, Any]:
        """The registers by their port's last digit."""
        return {f"{offset:X}": value for offset, value in self._registers.items()}

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back: the windows follow; what else is switched, the units restore themselves."""
        self._registers = {offset: block[f"{offset:X}"] for offset in _WRITABLE}
        self._serial_pins.restore(self._registers[OPCN] >> 1 & 1)
        self._int_cpu.restore(self._int())
        self._place()
        self._set_waits(self.waits)
        self._set_refresh(self.refresh)

    def _requests(self, unit: str) -> bool:
        return bool((self._registers[OPSEL] | self._always) & UNITS[unit][1])

    def _int0(self) -> int:
        return self._tout0.level if self._requests("tcu") else 0

    def _int1(self) -> int:
        if not self._registers[OPCN] & 4:
            return self._intp1.level
        return self._sint.level if self._requests("scu") else 0

    def _int2(self) -> int:
        if not self._registers[OPCN] & 8:
            return self._intp2.level
        return self._tout1.level if self._requests("tcu") else 0

    def _int(self) -> int:
        return self._icu_int.level if self._requests("icu") else 0

    def _request(self) -> None:
        self._set_input(0, self._int0())
        self._set_input(1, self._int1())
        self._set_input(2, self._int2())
        self._int_cpu.drive(self._int())

    def _route(self) -> None:
        opcn = self._registers[OPCN]
        to_timer = bool(opcn & 8)
        self._listen(1, to_timer)
        self._set_edge_only(2, to_timer)
        self._request()
        self._serial_pins.drive(opcn & 2)

    def _place(self) -> None:
        registers = self._registers
        windows = {}
        for name, (register, enable, base, stride) in UNITS.items():
            if registers[OPSEL] & enable and registers[OPHA] != SYSTEM_AREA >> 8:
                lane = registers[register] & 1
                first = registers[OPHA] << 8 | registers[register] & base | lane
                windows[name] = (first, 0x100 - base - lane, stride)
        if windows == self._windows:
            return
        for first, count, _ in self._windows.values():
            self._ports.unmap(first, count, onchip=True)
        self._windows = windows
        for name, (first, count, stride) in windows.items():
            self._ports.map(first, count, self._units[name], step=stride, onchip=True)
