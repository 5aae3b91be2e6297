"""SCU, the V50's serial control unit (asynchronous part of the uPD71051): the M1's MIDI port.

| Offset | Read | Write |
|---|---|---|
| 0 | SRB received character | STB character to send |
| 1 | SST: 7 = 1, 6 BKD, 5 FE, 4 OVE, 3 PE, 2 = 1, 1 RBRDY, 0 TBRDY | SCM: 5 MRDY, 4 ECL, 3 SBRK, 2 RE, 0 TE |
| 2 | nothing (FF, ASSUMED: the access stays inside the chip) | SMD: 7-6 STL, 5-4 PS, 3-2 CL, 1-0 BF |
| 3 | SIMK: 1 TM, 0 RM, 1 = masked | SIMK |

SINT = RE and RBRDY and not RM, or TE and TBRDY and not TM; a level. SRDY, active low: not MRDY and not RBRDY. MIDI:
BF /16 of RTCLK 500 kHz, 8 bits, 1 stop bit: 256 clocks a bit. RxD and TxD are pins only while OPCN bit 1 (PF) is set:
`set_pins`. The halves and what they are sure of: scu_receiver, scu_transmitter, scu_clock.

DATASHEET: registers, reset values, SINT, 7-bit characters, SMD at any time without a reset.
H-TBRDY: TBRDY reads 0 from RESET until TE has been set once. ASSUMED: a character is heard if RxD is a pin when it
begins, and goes out if TxD is one when it ends; SST changes at the event (the uPD71051's up to 28 clocks later).
Sources: facts v50-chip 2.3, 8; NEC data book 1991, uPD70216 and uPD71051.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu_clock import BitClock, format_of
from korgm1.onchip.scu_receiver import Receiver
from korgm1.onchip.scu_transmitter import Transmitter
from korgm1.serial_frame import Frame

_TE, _RE, _SBRK, _ECL, _MRDY = 0x01, 0x04, 0x08, 0x10, 0x20
_UNREADABLE = 0xFF
_SAVED = ("_pins", "_smd", "_scm", "_simk", "_te_seen")


class Scu:
    """One transmitter, one receiver.

    Args:
        scheduler: the timeline.
        sint: driven with the one combined interrupt.
        txd: called with each frame when its last bit is over: a character, or the low of a break.
        tbrdy_after_te: hypothesis H-TBRDY.
        break_blocks: hypothesis H-BREAK.
        srdy: driven with the pin SRDY.

    >>> sent = []
    >>> scheduler = Scheduler()
    >>> scu = Scu(scheduler, Line("SINT"), sent.append)
    >>> scu.set_pins(True); scu.set_rtclk(16, 0)
    >>> scu.write(2, 0x4E); scu.write(1, 0x05); scu.write(0, 0x90)
    >>> scheduler.run_due(2560)
    >>> hex(sent[0].bits >> 1 & 0xFF), sent[0].end
    ('0x90', 2560)
    """

    snapshot_version = 2

    def __init__(
        self, scheduler: Scheduler, sint: Line, txd: Callable[[Frame], None], tbrdy_after_te: bool = True,
        break_blocks: int = 1, srdy: Line | None = None,
    ) -> None:
        self._scheduler = scheduler
        self._sint = sint
        self._srdy = srdy
        self._txd = txd
        self._tbrdy_after_te = tbrdy_after_te
        self._clock = BitClock()
        self._pins = False
        self._transmitter = Transmitter(scheduler, self._clock, self._send, self._update)
        self._receiver = Receiver(scheduler, self._clock, self._update, break_blocks)
        self._clear()

    def reset(self, kind: str) -> None:
        """RESET: both kinds alike; characters under way are lost. RTCLK and the pins are others' business."""
        self._transmitter.reset()
        self._receiver.reset()
        self._clear()
        self._update()

    def read(self, offset: int) -> int:
        """SRB (which frees it), SST or SIMK."""
        if offset == 0:
            self._receiver.ready = False
            self._update()
        return self.peek(offset)

    def write(self, offset: int, value: int) -> None:
        """STB, SCM, SMD or SIMK."""
        if offset == 0:
            self._transmitter.write(value, bool(self._scm & _TE))
        elif offset == 1:
            self._command(value)
        elif offset == 2:
            self._set_mode(value)
        else:
            self._simk = value & 3
        self._update()

    def peek(self, offset: int) -> int:
        """A register without side effects."""
        receiver = self._receiver
        if offset == 0:
            return receiver.srb
        if offset == 1:
            errors = receiver.framing_error << 5 | receiver.overrun << 4 | receiver.parity_error << 3
            return 0x84 | receiver.break_seen << 6 | errors | receiver.ready << 1 | self._tbrdy()
        return self._simk if offset == 3 else _UNREADABLE

    def set_rtclk(self, period: int | None, fall: int) -> None:
        """RTCLK, timer 1's output, now has this period in CPU clocks and falls at the clock `fall`; None: it stands."""
        self._receiver.before_clock_changes()
        self._clock.change(self._scheduler.now, period, fall)
        self._transmitter.clock_changed()
        self._receiver.clock_changed()
        self._update()

    def set_pins(self, on: bool) -> None:
        """Whether RxD and TxD are on pins (OPCN PF bit 1); at first they are not."""
        self._pins = on

    def receive_frame(self, frame: Frame) -> None:
        """A character begins on RxD now (`frame.start`), at the sender's own bit time."""
        if self._pins:
            self._receiver.receive(frame)

    def snapshot(self) -> dict[str, Any]:
        """The whole state; running characters' ends are the scheduler's."""
        clock = self._clock
        return {
            **{name[1:]: getattr(self, name) for name in _SAVED},
            "rtclk": [clock.period, clock.number, clock.at],
            "tx": self._transmitter.snapshot(),
            "rx": self._receiver.snapshot(),
        }

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back; SINT and SRDY follow."""
        for name in _SAVED:
            setattr(self, name, block[name[1:]])
        self._transmitter.format = self._receiver.format = format_of(self._smd)
        self._clock.period, self._clock.number, self._clock.at = block["rtclk"]
        self._transmitter.restore(block["tx"])
        self._receiver.restore(block["rx"])
        self._sint.restore(self._request())
        if self._srdy is not None:
            self._srdy.restore(self._busy())

    def upgrade(self, block: dict[str, Any], version: int) -> dict[str, Any]:
        """A block of layout 1, whose bits began with the write or the fall of RxD, as one of this layout.

        It does not know where RTCLK's edges lay: they are put where the character under way began, the one being sent
        first, until timer 1 is programmed anew. A break is taken up where that character began.
        """
        period, smd, tx = block["rtclk"], block["smd"], block["tx"]
        frame = None if tx is None else Frame(*tx)
        begun = frame.start if frame is not None else block["rx_start"] or 0
        factor = format_of(smd).factor
        at, number = begun, 0
        if period:
            at, number = begun % period, -(begun // period) % factor
        first = end = 0
        low_from = block["break_from"]
        if frame is not None:
            edges = frame.length * (frame.bit // period if period else factor)
            first = number + begun // period if period else number + block["tx_left"] - edges
            end = first + edges
            low_from = None if low_from is None else max(low_from, frame.start)
        start = block["rx_start"]
        return {
            **{name: block[name] for name in ("pins", "smd", "scm", "simk", "te_seen")},
            "rtclk": [period, number, at],
            "tx": {
                "stb": block["stb"], "full": block["stb_full"], "goes": block["stb_goes"], "first": first, "end": end,
                "low_from": low_from, "frame": tx,
            },
            "rx": {
                "enabled": bool(block["scm"] & _RE), "srb": block["srb"], "ready": block["rbrdy"],
                "parity_error": block["pe"], "overrun": block["ove"], "framing_error": block["fe"],
                "low_from": 0, "low_until": block["low_until"], "looked": -1, "seen": 1, "fresh": False,
                "first": None if start is None or not period else number + (start - at) // period,
                "probing": block["rx_probing"], "taken": 0, "bits": 0, "shape": list(format_of(block["rx_smd"])),
                "frames": block["frames"],
            },
        }

    def _clear(self) -> None:
        self._scm, self._simk = 0, 3
        self._te_seen = False
        self._set_mode(0b01001011)

    def _set_mode(self, smd: int) -> None:
        self._smd = smd
        self._transmitter.format = shape = format_of(smd)
        self._receiver.set_format(shape)

    def _tbrdy(self) -> bool:
        return not self._transmitter.full and (self._te_seen or not self._tbrdy_after_te)

    def _request(self) -> int:
        if self._scm & _RE and self._receiver.ready and not self._simk & 1:
            return 1
        return 1 if self._scm & _TE and not self._simk & 2 and self._tbrdy() else 0

    def _busy(self) -> int:
        return 1 if self._scm & _MRDY or self._receiver.ready else 0

    def _update(self) -> None:
        self._sint.drive(self._request())
        if self._srdy is not None:
            self._srdy.drive(self._busy())

    def _command(self, value: int) -> None:
        self._scm = value & ~_ECL
        if value & _ECL:
            self._receiver.clear_errors()
        self._transmitter.set_break(bool(value & _SBRK))
        if value & _TE:
            self._te_seen = True
            self._transmitter.enable()
        self._receiver.enable(bool(value & _RE))

    def _send(self, frame: Frame) -> None:
        if self._pins:
            self._txd(frame)
