"""Korg M1, main board KLM-1266: the netlist. One line a wire, the comment names IC and pin.

Known and guessed wires are told apart in hypotheses.toml; sources: facts m1-hardware 1-2 (MAME's korgm1 driver, the
service manual second hand, repair reports).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from korgm1.board.adc_m58990 import M58990, code
from korgm1.board.battery import Battery
from korgm1.board.card import Card, ProgramCard
from korgm1.board.keyscan import KeyScan
from korgm1.board.lcd_hd44780 import Hd44780
from korgm1.board.midi import MidiIn, MidiOut
from korgm1.board.panel import REST, Panel
from korgm1.board.pio_cxd1095 import Cxd1095
from korgm1.board.power import Power
from korgm1.board.sram import CELLS, Sram, Wake
from korgm1.bus.memory import PAGE, PAGE_DEVICE, MemoryMap
from korgm1.bus.ports import PortMap
from korgm1.bus.unmapped import UnmappedLog
from korgm1.clock import CPU_HZ, Scheduler
from korgm1.cpu.engine import CpuOptions
from korgm1.errors import SnapshotError, UsageError
from korgm1.hypotheses import Hypotheses
from korgm1.line import Line
from korgm1.machine.damage import Cut, Part, with_bits
from korgm1.machine.engines import make_engine
from korgm1.machine.fault_catalogue import ROM
from korgm1.machine.faults import Faults
from korgm1.machine.machine import Machine
from korgm1.machine.open_waves import open_wave_rom
from korgm1.onchip.dmau import Dmau
from korgm1.onchip.icu import Icu
from korgm1.onchip.scu import Scu
from korgm1.onchip.sysregs import Sysregs
from korgm1.onchip.tcu import Tcu
from korgm1.snapshot import Block
from korgm1.sound.mde_mb87405 import Mde
from korgm1.sound.sound_board import SoundBoard
from korgm1.sound.tg_mb87402 import Mb87402
from korgm1.sound.vdf_mb87404 import Mb87404
from korgm1.sound.waverom import WaveRom

CARD_WINDOW = (0x50000, 0x10000)
"""Where the program card answers, on the low byte lane only: first address and size."""
OPENM1 = b"OpenM1"
"""Stands in every image of our own firmware, which alone speaks the sound chips' stand-in protocol (H-TGW)."""
PORT_LOGS = ("VDF1", "VDF2", "MDE", "TG")
"""Blocks of snapshots from before there were sound chips: registers as they were written."""


class M1(Machine):
    """The board, wired and without power.

    Args:
        rom: 131,072 bytes, IC32 (even) and IC23 (odd) interleaved.
        engine: "unicorn", "v30" or "lockstep".
        guess: the hypotheses this machine is built with.
        battery: the cell in the holder.
        card: a program card in the slot (bytes: one with a new cell), or None.
        faults: what is broken.
        wave_rom: what the TG plays; None for the open wave ROM.
    """

    rack = False

    def __init__(
        self, rom: bytes, engine: str, guess: Hypotheses, battery: Battery,
        card: Card | bytes | None = None,
        faults: Faults | None = None, wave_rom: WaveRom | None = None,
    ) -> None:
        self.faults = faults = faults or Faults()
        self.scheduler = clock = Scheduler()
        open_bus: int = guess["H-OPENBUS"]
        self.unmapped = UnmappedLog(lambda: clock.now, open_bus)
        self.memory = memory = MemoryMap(self.unmapped)
        self.ports = ports = PortMap(self.unmapped)
        self.battery = battery

        # wires
        icu_int, int_cpu = Line("ICU INT"), Line("INT")  # ICU -> OPSEL -> CPU, inside the V50
        tout0, tout1, tout2 = Line("TOUT0"), Line("TOUT1"), Line("TOUT2")
        int0, cuts = tout0, {}
        if "timer0-dead" in faults:
            cuts["int0"] = Cut(tout0, lambda: clock.now, round(faults.value("timer0-dead") * CPU_HZ))
            int0 = cuts["int0"].far
        sint = Line("SINT")                             # SCU -> INT1 by OPCN
        intp1 = Line("INTP1", 1)                        # pin, pulled up
        serial_pins = Line("PF1")                       # OPCN: RxD and TxD are pins

        # memory
        self.sram = Sram(
            memoryview(memory.image)[:0x10000], guess["H-SRAM-CELLS"], guess["H-SRAM-WAKE"],
            guess["H-SRAM-DECAY"], guess["H-SRAM-IMPRINT"], fram="fram" in faults, stuck=faults.values("sram-bit"),
        )
        self.card = ProgramCard(open_bus, guess, "card-cell-dead" not in faults)
        memory.map_ram(0x00000, 0x10000)                # 2 x uPD43256C-15L, battery backed, /CS = RESET
        for page in self.sram.stuck_pages:
            memory.map_device(page * PAGE, PAGE, Part(self.sram, page * PAGE))
        memory.map_rom(ROM, with_bits(rom, faults.values("rom-bit")))      # IC32 D0-7, IC23 D8-15 (27C512)

        # inside the V50 (uPD70216): units without an address until the firmware gives them one
        self.icu = icu = Icu(icu_int, open_bus)
        self.midi_out = MidiOut()
        self.midi_thru = MidiOut(keep=0)                # nobody asks what it said
        self.scu = scu = Scu(clock, sint, self.midi_out.receive, guess["H-TBRDY"], guess["H-BREAK"])  # TxD -> MIDI OUT
        self.tcu = tcu = Tcu(clock, tout0, tout1, tout2, scu.set_rtclk)                 # TOUT1 -> RTCLK
        self.dmau = dmau = Dmau(                                                        # no DMARQ is wired
            clock, memory.read, memory.write, lambda channel, word: open_bus * 0x101, lambda channel, word, value: None,
            waits=lambda: self.sysregs.dma_waits if guess["H-WAITS"] else 0,
        )
        self.bus_held = dmau.hold if guess["H-DMA-CPU"] else lambda room: 0
        self.sysregs = Sysregs(
            ports, {"scu": scu, "tcu": tcu, "icu": icu, "dmau": dmau},
            intp1=intp1, intp2=tout2, sint=sint, tout0=int0, tout1=tout1,           # TOUT0 -> INT0, inside
            icu_int=icu_int, int_cpu=int_cpu, set_input=icu.set_input,
            set_edge_only=icu.set_edge_only, listen=tcu.listen, set_tcks=tcu.set_tcks,
            serial_pins=serial_pins, address_reset=guess["H-ULA"], disabled=guess["H-OPSEL"],
            set_waits=lambda waits: self.engine.set_waits(*waits) if guess["H-WAITS"] else None,
            set_refresh=lambda refresh: self.engine.set_refresh(
                refresh.interval, refresh.waits if guess["H-WAITS"] else 0
            ) if guess["H-REFRESH"] else None,
        )                                                       # TOUT2 -> INTP2 (MAME)
        serial_pins.connect(lambda level: scu.set_pins(bool(level)))
        serial_pins.connect(dmau.set_serial_pins)
        tcu.set_gate(1)                                         # TCTL2 high

        # MIDI
        self.midi_in = MidiIn(clock, scu.receive_frame, self.midi_thru.receive)         # IN -> RxD, IN -> THRU

        # display, panel, converter behind the PIO
        self.lcd = lcd = Hd44780(                               # 40 x 2
            clock, fosc_khz=guess["H-LCD-FOSC"], busy_writes=guess["H-LCD-BUSY"], bar=guess["H-LCD-BAR"]
        )
        self.panel = panel = Panel(
            rack=self.rack, sw16=guess["H-SW16"], leds=guess["H-LED"], stuck=faults.values("key-stuck")
        )
        self.keyscan = KeyScan(not self.rack and guess["H-SCAN"] == "fifo", open_bus)
        channels = [self._analogue(name) for name in guess["H-ADC-CH"].split(",")]
        if len(channels) != 8:
            raise UsageError(f"H-ADC-CH names {len(channels)} channels", "eight, for IN0 to IN7")
        self.adc = adc = M58990(clock, channels, round(guess["H-VREF"] * 1_000_000))    # IC29, VREF+

        # sound
        self.wave_rom = waves = wave_rom or open_wave_rom()     # IC36-IC43, PCM card; `set_wave_rom` changes it
        self.tg = tg = Mb87402.of(guess)                        # MB87402, MB87403A
        self.vdf1, self.vdf2 = vdf1, vdf2 = Mb87404.of(guess), Mb87404.of(guess)    # 2 x MB87404
        self.mde = mde = Mde.of(guess)                          # MB87405 with 5 x D41464V-10
        self.sound_board = board = SoundBoard(                  # TG -> VDF I, II -> TG -> buses A-D -> MDE -> DAC
            lambda: clock.now, guess["H-FS"], tg.pointer, vdf1.pointer, vdf2.pointer, mde.pointer, waves,
            interleaved=guess["H-VDF8"] == "interleaved", deaf=guess["H-TGW"] == "openm1" and OPENM1 not in rom,
            open_bus=open_bus,
        )

        def port_a(value: int, driven: int) -> None:
            panel.select(value & 7)                             # PA0-2 matrix column
            adc.pins(value >> 3 & 7, value >> 6 & 1)            # PA3-5 channel, PA6 START and ALE
            board.hold(value >> 7)                              # PA7 /RESET of TG I, TG II, VDF I, VDF II, MDE

        def lcd_port(value: int, driven: int) -> None:
            data, outputs = pio.driven("D")                     # PD0-7 DB0-7, pulled up
            control, _ = pio.driven("E")                        # PE0 RS, PE1 R/W, PE2 E
            e = 0 if "lcd-no-init" in faults else control >> 2 & 1
            lcd.pins(control & 1, control >> 1 & 1, e, data | ~outputs & 0xFF)

        db7 = 0x80 if "lcd-busy-stuck" in faults else 0
        pin32_open = int("card-contact" in faults)

        self.pio = pio = Cxd1095(
            outputs={"A": port_a, "C": panel.leds_port, "D": lcd_port, "E": lcd_port},      # PC0-7 LEDs
            inputs={
                "B": lambda: panel.rows() | (self.card.status | pin32_open) << 6 | 0x80,   # PB0-5 rows, PB6 pin 32, 1
                "D": lambda: lcd.db | db7,
                "E": lambda: 0x07 | self.wave_rom.card_status << 3,     # PE3 PCM card: 1 = none
            },
            open_bus=open_bus,
        )

        # I/O map
        ports.map(0x0100, 0x100, board.window(0x0100))          # VDF I
        ports.map(0x0200, 0x100, board.window(0x0200))          # VDF II
        ports.map(0x0500, 0x004, board.window(0x0500))          # MDE
        ports.map(0x0800, 1, self.keyscan)                      # SCAN
        if "adc-dead" not in faults:
            ports.map(0x0900, 1, adc)                           # IC29
        ports.map(0x0A00, 0x010, pio, step=2)                   # even addresses
        ports.map(0x1000, 0x200, board.window(0x1000))          # TG

        # CPU
        options = CpuOptions(
            guess["H-UNDEFINED"], guess["H-POPSEG"], guess["H-8080-FLAGS"], guess["H-8080-CLOCKS"], guess["H-CALLN"],
            guess["H-STALE"], guess["H-WRITE-OVERLAP"],
        )
        self.engine = cpu = make_engine(engine, memory, ports, icu.acknowledge, guess["H-POLL"], options)   # POLL# low
        int_cpu.connect(lambda level: cpu.set_int(level, clock.now))
        clock.time_source = lambda: cpu.clock
        clock.on_earlier = cpu.lower_horizon
        memory.on_change = cpu.pages_changed
        memory.on_host_write = cpu.host_wrote
        ports.on_sink = cpu.sink_changed

        self.power = Power(clock, self.reset, guess["H-RESET-DELAY"] * CPU_HZ // 1000, "reset-stuck" in faults)
        self.reset_n = self.power.reset_n                       # /RESET -> CPU, /CS of the RAMs
        if card is not None:
            self.insert_card(card)
        self.devices = {
            "sram": self.sram, "card": self.card, "icu": icu, "scu": scu, "tcu": tcu, "dmau": dmau,
            "sysregs": self.sysregs, "midi_in": self.midi_in, "midi_out": self.midi_out, "midi_thru": self.midi_thru,
            "lcd": lcd, "panel": panel, "keyscan": self.keyscan, "adc": adc,
            "sound_board": board,                               # in front of its chips: it makes the frames up to now
            "tg": tg, "vdf1": vdf1, "vdf2": vdf2, "mde": mde, "wave_rom": waves, "pio": pio,
            "power": self.power, "battery": battery, **cuts,
        }

    def power_up(self, kept: bytes | None, seed: int, power_ups: int) -> Wake:
        """+5 V comes: RAM wakes with what the cell kept, every part is reset, the CPU starts when /RESET rises.

        Args:
            kept: RAM at power-off, or None for chips that were never powered.
            seed: which RAM chips.
            power_ups: how often they were powered before.

        Returns:
            What they kept.
        """
        battery = self.battery
        battery.end_of_off()
        wake = self.sram.power_up(kept, battery.history, seed, power_ups, battery.held_years)
        battery.power(True, lost=wake.lost > CELLS // 2)
        self.engine.host_wrote(0, 0x10000)
        self.card.power(True)
        self.power.on()
        return wake

    def power_down(self) -> None:
        """+5 V goes: the CPU is held in reset, the LCD goes dark, the RAM lives from the cell."""
        self.power.off()
        self.lcd.power_off()
        self.battery.power(False, seconds=self.clock / CPU_HZ)
        self.card.power(False, seconds=(self.clock - self.card.since) / CPU_HZ)

    @property
    def frozen(self) -> str | None:
        """See `Machine`: a dip without a reset IC, or /RESET that never rises."""
        if "reset-stuck" in self.faults and self.power.is_on:
            return "/RESET is stuck low; the CPU never starts"
        return self.power.frozen

    def insert_card(self, card: Card | bytes, protected: bool = False) -> None:
        """Put a program card into the slot; the arguments are those of `ProgramCard.insert`."""
        self.card.insert(card, protected)
        self.memory.map_device(*CARD_WINDOW, self.card)
        if self.power.is_on:
            self.card.power(True, self.clock)

    def eject_card(self) -> Card | None:
        """Take it out, if there is one: nothing drives its window."""
        card = self.card.card
        if self.power.is_on:
            self.card.power(False, seconds=(self.clock - self.card.since) / CPU_HZ)
        self.card.eject()
        self.memory.unmap(*CARD_WINDOW)
        return card

    def set_wave_rom(self, wave_rom: WaveRom) -> None:
        """The TG plays these words from the next frame on: a PCM card was put in or taken out."""
        self.sound_board.set_words(wave_rom)
        self.wave_rom = self.devices["wave_rom"] = wave_rom

    def restore(self, blocks: Mapping[str, Block], versions: Mapping[str, int] | None = None) -> None:
        """See `Machine`; the window of the slot follows the card, the cell's network the switch.

        Of a snapshot from before there were sound chips the chips are silent.
        """
        if "sound_board" not in blocks and "TG" in blocks:
            blocks = {**blocks, **self._silence(blocks)}
        super().restore(blocks, versions)
        if not self.sound_board.in_time:
            raise SnapshotError("the frames of sound in the snapshot are not those of its clock", "an undamaged one")
        if not 0 <= self.card.since <= self.clock:
            raise SnapshotError("the card in the snapshot got +5 V at a time that was not yet", "an undamaged one")
        self.battery.on = self.power.is_on
        mapped = self.memory.pages[CARD_WINDOW[0] // PAGE] == PAGE_DEVICE
        if mapped and self.card.status:
            self.memory.unmap(*CARD_WINDOW)
        elif not mapped and not self.card.status:
            self.memory.map_device(*CARD_WINDOW, self.card)

    def _silence(self, blocks: Mapping[str, Block]) -> dict[str, Block]:
        """The sound chips' blocks as if nothing had been played up to the clock of `blocks`."""
        for chip in (self.tg, self.vdf1, self.vdf2, self.mde):
            chip.reset("power")
        silent = self.sound_board.silent_until(int(blocks["scheduler"]["clock"]), bool(blocks["TG"]["held"]))
        return {
            "sound_board": silent, "tg": self.tg.snapshot(), "vdf1": self.vdf1.snapshot(),
            "vdf2": self.vdf2.snapshot(), "mde": self.mde.snapshot(), "wave_rom": self.wave_rom.snapshot(),
        }

    def battery_code(self) -> int:
        """The code that is read for the cell as it is now."""
        if "adc-dead" in self.faults:
            return self.unmapped.open_bus
        return code(self._analogue("battery")(), self.adc.reference)

    def _analogue(self, name: str) -> Callable[[], int]:
        """What feeds an ADC channel, as microvolts."""
        if name == "battery" and "ic29-an6-dead" not in self.faults:
            return self.battery.sense_microvolts                # cell + -> R29 3 Mohm -> IC29 pin 4
        if name == "card":
            return self.card.sense_microvolts                   # card cell + -> IC29 (H-CARD-CELL)
        if name in ("battery", "none"):
            return lambda: 0
        if name not in REST:
            raise UsageError(f"H-ADC-CH: nothing is called {name!r}", "battery, card, none, " + ", ".join(REST))
        return lambda: self.panel.microvolts(name)
