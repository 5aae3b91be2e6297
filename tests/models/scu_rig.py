"""An SCU at reset with both directions on, and the bits of its registers."""

from __future__ import annotations

from korgm1.clock import Scheduler
from korgm1.line import Line
from korgm1.onchip.scu import Scu
from korgm1.serial_frame import Frame, encode, sample

MIDI = 0x4E
TE, RE, SBRK, ECL = 0x01, 0x04, 0x08, 0x10
TBRDY, RBRDY, PE, OVE, FE, BKD = 0x01, 0x02, 0x08, 0x10, 0x20, 0x40


class Rig:
    def __init__(self, smd: int = MIDI, scm: int = TE | RE, rtclk: int | None = 16, simk: int = 3) -> None:
        self.scheduler = Scheduler()
        self.sint = Line("SINT")
        self.sent: list[Frame] = []
        self.scu = Scu(self.scheduler, self.sint, self.sent.append)
        self.scu.reset("power")
        self.scu.set_pins(True)
        self.scu.set_rtclk(rtclk, 0)
        self.scu.write(2, smd)
        self.scu.write(1, scm)
        self.scu.write(3, simk)

    def run(self, clock: int) -> None:
        self.scheduler.run_due(clock)

    def hear(self, value: int, at: int, bit: int = 256, **how: int) -> Frame:
        frame = encode(value, at, bit, **how)  # type: ignore[arg-type]
        self.run(at)
        self.scu.receive_frame(frame)
        return frame

    @property
    def sst(self) -> int:
        assert self.scu.peek(1) == self.scu.read(1)
        return self.scu.read(1)

    def bytes_sent(self) -> list[tuple[int, int]]:
        return [(f.start, sample((f,), f.start, f.bit, f.length) >> 1 & 0xFF) for f in self.sent]
