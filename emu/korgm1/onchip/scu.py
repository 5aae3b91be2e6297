"""SCU, the V50's serial control unit (asynchronous part of the uPD71051): the M1's MIDI port.

| Offset | Read | Write |
|---|---|---|
| 0 | SRB received character | STB character to send |
| 1 | SST: 7 = 1, 6 BKD, 5 FE, 4 OVE, 3 PE, 2 = 1, 1 RBRDY, 0 TBRDY | SCM: 5 MRDY, 4 ECL, 3 SBRK, 2 RE, 0 TE |
| 2 | nothing (FF, ASSUMED: the access stays inside the chip) | SMD: 7-6 STL, 5-4 PS, 3-2 CL, 1-0 BF |
| 3 | SIMK: 1 TM, 0 RM, 1 = masked | SIMK |

SINT = RE and RBRDY and not RM, or TE and TBRDY and not TM; a level. MIDI: BF /16 of RTCLK 500 kHz, 8 bits, 1 stop
bit: 256 clocks a bit. RxD and TxD are pins only while OPCN bit 1 (PF) is set: `set_pins`.

DATASHEET: registers, reset values, SINT, BKD, 7-bit characters. RECALL (uPD71051/8251A): a character goes to an idle
shifter at once, else at the end of the stop bit; what was written while TE=1 is still sent after TE=0; RBRDY, PE, FE
and OVE come in the middle of the first stop bit; OVE overwrites; a low start bit is looked at again in its middle.
H-TBRDY: TBRDY reads 0 from RESET until TE has been set once. ASSUMED: the start bit begins at the write, with no wait
for a baud edge; codes called illegal act as their legal neighbour; a character under way keeps the format it began
with, and a change of RTCLK stretches the one being sent and drops the one being received.
A sender at another rate: its levels are sampled at our rate, so 2 % off is read well, far off is garbage or FE.
MRDY only moves the SRDY pin, which goes nowhere here.
Sources: facts v50-chip 2.3, 8 (NEC data book 1991, uPD70216).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.serial_frame import Frame, encode, falling_edge, level, rising_edge, sample

_TE, _RE, _SBRK, _ECL = 0x01, 0x04, 0x08, 0x10
_UNREADABLE = 0xFF
_SAVED = (
    "_rtclk", "_pins", "_smd", "_scm", "_simk", "_te_seen", "_stb", "_stb_full", "_stb_goes", "_tx_left",
    "_break_from", "_srb", "_rbrdy", "_pe", "_ove", "_fe", "_low_until",
    "_rx_start", "_rx_bit", "_rx_smd", "_rx_probing",
)


class Scu:
    """One transmitter, one receiver.

    Args:
        scheduler: the timeline.
        sint: driven with the one combined interrupt.
        txd: called with each character's frame when its last stop bit is over.
        tbrdy_after_te: hypothesis H-TBRDY.

    >>> sent = []
    >>> scheduler = Scheduler()
    >>> scu = Scu(scheduler, Line("SINT"), sent.append)
    >>> scu.set_pins(1); scu.set_rtclk(16)
    >>> scu.write(2, 0x4E); scu.write(1, 0x05); scu.write(0, 0x90)
    >>> scheduler.run_due(2560)
    >>> hex(sent[0].bits >> 1 & 0xFF), sent[0].end
    ('0x90', 2560)
    """

    _scm: int
    _tx: Frame | None

    def __init__(
        self, scheduler: Scheduler, sint: Line, txd: Callable[[Frame], None], tbrdy_after_te: bool = True
    ) -> None:
        self._scheduler = scheduler
        self._sint = sint
        self._txd = txd
        self._tbrdy_after_te = tbrdy_after_te
        self._tx_timer = scheduler.timer("scu.tx", self._tx_done)
        self._rx_timer = scheduler.timer("scu.rx", self._rx_due)
        self._rtclk: int | None = None
        self._pins = False
        self._frames: deque[Frame] = deque()
        self._clear()

    def reset(self, kind: str) -> None:
        """RESET: both kinds alike; characters under way are lost. RTCLK and the pins are others' business."""
        self._tx_timer.cancel()
        self._rx_timer.cancel()
        self._clear()
        self._update()

    def read(self, offset: int) -> int:
        """SRB (which frees it), SST or SIMK."""
        if offset == 0:
            self._rbrdy = False
            self._update()
        return self.peek(offset)

    def write(self, offset: int, value: int) -> None:
        """STB, SCM, SMD or SIMK."""
        if offset == 0:
            self._stb = value
            self._stb_full = True
            self._stb_goes = bool(self._scm & _TE)
            self._tx_next()
        elif offset == 1:
            self._command(value)
        elif offset == 2:
            self._smd = value
        else:
            self._simk = value & 3
        self._update()

    def peek(self, offset: int) -> int:
        """A register without side effects."""
        if offset == 0:
            return self._srb
        if offset == 1:
            low = self._scheduler.now < self._low_until
            errors = low << 6 | self._fe << 5 | self._ove << 4 | self._pe << 3
            return 0x84 | errors | self._rbrdy << 1 | self._tbrdy()
        return self._simk if offset == 3 else _UNREADABLE

    def set_rtclk(self, period: int | None) -> None:
        """RTCLK, timer 1's output, now has this period in CPU clocks; None = it stands still."""
        old, self._rtclk = self._rtclk, period
        if self._rx_start is not None:
            self._rx_abandon()
        if self._tx is None:
            self._tx_next()
            self._update()
        else:
            if old and self._tx_timer.due is not None:
                self._tx_left = -((self._scheduler.now - self._tx_timer.due) // old)
            if period:
                self._tx_timer.start(self._tx_left * period)
            else:
                self._tx_timer.cancel()
        self._hunt(self._scheduler.now)

    def set_pins(self, on: int) -> None:
        """Whether RxD and TxD are on pins (OPCN PF bit 1); at first they are not."""
        self._pins = bool(on)

    def receive_frame(self, frame: Frame) -> None:
        """A character begins on RxD now (`frame.start`), at the sender's own bit time."""
        if not self._pins:
            return
        frames = self._frames
        while frames and self._rx_start is None and frames[0].end <= frame.start:
            frames.popleft()
        frames.append(frame)
        if self._rx_start is None:
            self._hunt(frame.start)

    def snapshot(self) -> dict[str, Any]:
        """The whole state; running characters' ends are the scheduler's."""
        block: dict[str, Any] = {name[1:]: getattr(self, name) for name in _SAVED}
        block["tx"] = None if self._tx is None else list(self._tx)
        block["frames"] = [list(frame) for frame in self._frames]
        return block

    def restore(self, block: dict[str, Any]) -> None:
        """Take a snapshot back; SINT follows."""
        for name in _SAVED:
            setattr(self, name, block[name[1:]])
        self._tx = None if block["tx"] is None else Frame(*block["tx"])
        self._frames = deque(Frame(*frame) for frame in block["frames"])
        self._sint.restore(self._request())

    def _clear(self) -> None:
        self._smd, self._scm, self._simk = 0b01001011, 0, 3
        self._te_seen = self._stb_full = self._stb_goes = False
        self._stb = self._srb = 0
        self._tx = None
        self._tx_left = 0
        self._break_from: int | None = None
        self._rbrdy = self._pe = self._ove = self._fe = False
        self._low_until = 0
        self._rx_start: int | None = None
        self._rx_bit = self._rx_smd = 0
        self._rx_probing = False
        self._frames.clear()

    def _tbrdy(self) -> bool:
        return not self._stb_full and (self._te_seen or not self._tbrdy_after_te)

    def _request(self) -> int:
        if self._scm & _RE and self._rbrdy and not self._simk & 1:
            return 1
        return 1 if self._scm & _TE and not self._simk & 2 and self._tbrdy() else 0

    def _update(self) -> None:
        self._sint.drive(self._request())

    def _command(self, value: int) -> None:
        now = self._scheduler.now
        changed, self._scm = self._scm ^ value, value & ~_ECL
        if value & _ECL:
            self._pe = self._ove = self._fe = False
        if changed & _SBRK:
            if value & _SBRK:
                self._break_from = now
            else:
                self._blank(now)
                self._break_from = None
        if value & _TE:
            self._te_seen = True
            self._stb_goes = self._stb_full
            self._tx_next()
        if changed & _RE:
            if value & _RE:
                self._hunt(now)
            else:
                self._rx_abandon()

    def _bit(self) -> int:
        """Clocks of a bit, 0 without RTCLK."""
        return (self._rtclk or 0) * (64 if self._smd & 1 else 16)

    def _tx_next(self) -> None:
        bit = self._bit()
        if self._tx is not None or not (self._stb_full and self._stb_goes and bit):
            return
        smd = self._smd
        parity = (0 if smd & 0x20 else 1) if smd & 0x10 else None
        self._tx = encode(self._stb, self._scheduler.now, bit, 8 if smd & 4 else 7, parity, 2 if smd & 0x80 else 1)
        self._stb_full = self._stb_goes = False
        self._tx_timer.start(bit * self._tx.length)

    def _tx_done(self) -> None:
        now = self._scheduler.now
        self._blank(now)
        frame, self._tx = self._tx, None
        self._tx_next()
        self._update()
        if frame is not None and self._pins:
            self._txd(frame._replace(bit=(now - frame.start) // frame.length))

    def _blank(self, until: int) -> None:
        """SBRK held TxD low until now: the bits of the running character it covered are low."""
        frame = self._tx
        if frame is None or self._break_from is None:
            return
        bits = frame.bits
        for n in range(frame.length):
            if self._break_from <= frame.start + n * frame.bit + frame.bit // 2 < until:
                bits &= ~(1 << n)
        self._tx = frame._replace(bits=bits)

    def _hunt(self, since: int) -> None:
        """Wait for the next start bit; the levels known so far may already hold it."""
        bit = self._bit()
        if not self._scm & _RE or not bit:
            return
        while (edge := falling_edge(self._frames, since)) is not None:
            middle = edge + bit // 2
            known = middle < self._frames[-1].end
            if known and level(self._frames, middle):
                since = middle
                continue
            self._rx_start, self._rx_bit, self._rx_smd, self._rx_probing = edge, bit, self._smd, not known
            self._rx_timer.start_at(middle + (self._rx_length() - 1) * bit if known else middle)
            return

    def _rx_length(self) -> int:
        """Start, data, parity and one stop bit."""
        return 2 + (8 if self._rx_smd & 4 else 7) + (1 if self._rx_smd & 0x10 else 0)

    def _rx_abandon(self) -> None:
        self._rx_start = None
        self._rx_timer.cancel()

    def _rx_due(self) -> None:
        start = self._rx_start
        if start is None:
            return
        now = self._scheduler.now
        if self._rx_probing and not level(self._frames, now):
            self._rx_probing = False
            self._rx_timer.start(self._rx_bit * (self._rx_length() - 1))
            return
        if not self._rx_probing:
            self._character(sample(self._frames, start, self._rx_bit, self._rx_length()), now)
        self._rx_start = None
        while self._frames and self._frames[0].end <= now:
            self._frames.popleft()
        if self._frames:
            self._hunt(now)

    def _character(self, bits: int, now: int) -> None:
        smd, length = self._rx_smd, self._rx_length()
        data = 8 if smd & 4 else 7
        self._ove = self._ove or self._rbrdy
        self._srb = bits >> 1 & (1 << data) - 1
        if smd & 0x10:
            odd = 0 if smd & 0x20 else 1
            self._pe = self._pe or (bits >> 1 & (1 << data + 1) - 1).bit_count() & 1 != odd
        if not bits >> length - 1:
            self._fe = True
            if not bits:
                self._low_until = rising_edge(self._frames, now)
        self._rbrdy = True
        self._update()
