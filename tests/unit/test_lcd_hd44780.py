"""HD44780: the data sheet's behaviour, both bus widths, busy times, and a state machine against a small model."""

from collections import deque
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from korgm1.board.lcd_font import to_text
from korgm1.board.lcd_hd44780 import Hd44780
from korgm1.clock import Scheduler
from korgm1.snapshot import Snapshot, decode, encode

US = 8
BLANK = " " * 40
BAR = "█" * 40


class Bench:
    """An LCD and the clock; `put` waits for the busy flag, `raw` does not."""

    def __init__(self, **options: Any) -> None:
        self.scheduler = Scheduler()
        self.lcd = Hd44780(self.scheduler, **options)
        self.lcd.reset("power")

    def wait(self, clocks: int) -> None:
        self.scheduler.run_due(self.scheduler.now + clocks)

    def ready(self) -> None:
        self.scheduler.run_due(max(self.scheduler.now, self.lcd.busy_until + 4 * US))

    def put(self, rs: int, *values: int) -> None:
        for value in values:
            self.ready()
            self.lcd.write(rs, value)

    def get(self, rs: int) -> int:
        self.ready()
        return self.lcd.read(rs)

    def say(self, text: str) -> None:
        self.put(1, *text.encode("latin-1"))

    @property
    def lines(self) -> tuple[str, str]:
        return self.lcd.text()


def two_lines(**options: Any) -> Bench:
    bench = Bench(**options)
    bench.put(0, 0x38, 0x0C, 0x01, 0x06)
    return bench


def test_power_up_shows_a_bar_until_initialised() -> None:
    bench = Bench()
    assert bench.lines == (BAR, BLANK)
    dots = bench.lcd.dots()
    assert dots.shape == (2, 40, 8, 5)
    assert dots[0].all() and not dots[1].any()
    bench.put(0, 0x38)
    assert bench.lines == (BLANK, BLANK)
    assert not bench.lcd.dots().any()
    assert Bench(bar=False).lines == (BLANK, BLANK)


def test_no_power_no_picture_and_button_does_nothing() -> None:
    bench = two_lines()
    bench.say("Hi")
    bench.lcd.reset("button")
    assert bench.lines[0].rstrip() == "Hi"
    bench.lcd.power_off()
    assert bench.lines == (BLANK, BLANK) and not bench.lcd.dots().any() and bench.lcd.read(0) == 0xFF
    bench.lcd.write(1, 0x41)
    bench.lcd.reset("power")
    assert bench.lines == (BAR, BLANK) and bench.lcd.ddram == b" " * 80


def test_text_fills_both_lines_and_wraps() -> None:
    bench = two_lines()
    bench.say("".join(chr(0x30 + i) for i in range(40)) + "".join(chr(0x41 + i) for i in range(40)))
    assert bench.lines[0] == "".join(chr(0x30 + i) for i in range(40))
    assert bench.lines[1][0] == "A" and bench.lines[1][39] == "h"
    assert bench.get(0) == 0x00
    bench.say("*")
    assert bench.lines[0][:2] == "*1"


@pytest.mark.parametrize(
    ("start", "up", "down"), [(0x27, 0x40, 0x26), (0x67, 0x00, 0x66), (0x40, 0x41, 0x27), (0, 1, 0x67)]
)
def test_address_steps_at_the_ends(start: int, up: int, down: int) -> None:
    bench = two_lines()
    bench.put(0, 0x80 | start, 0x14)
    assert bench.get(0) == up
    bench.put(0, 0x80 | start, 0x10)
    assert bench.get(0) == down
    bench.put(0, 0x80 | start, 0x04)
    bench.say("x")
    assert bench.get(0) == down


def test_one_line_mode_is_one_line_of_80() -> None:
    bench = Bench()
    bench.put(0, 0x30, 0x0C, 0x80 | 0x4F)
    bench.say("za")
    assert bench.lcd.ddram[79:80] == b"z" and bench.lines[0].startswith("a") and bench.lines[1] == BLANK
    bench.put(0, 0x1C)
    assert bench.lines[0][:2] == "za"
    bench.put(0, 0x80, 0x10)
    assert bench.get(0) == 0x4F


def test_unused_addresses_hold_nothing() -> None:
    bench = two_lines()
    bench.put(0, 0x80 | 0x28)
    bench.say("?")
    assert bench.lcd.ddram == b" " * 80 and bench.get(0) == 0x29
    bench.put(0, 0x80 | 0x68)
    assert bench.get(1) == 0x20


def test_display_off_and_shift() -> None:
    bench = two_lines()
    bench.say("abc")
    bench.put(0, 0xC0)
    bench.say("def")
    bench.put(0, 0x18)
    assert bench.lines[0][:2] == "bc" and bench.lines[0][39] == "a" and bench.lines[1][:2] == "ef"
    bench.put(0, 0x1C, 0x1C)
    assert bench.lines[0][:4] == " abc"
    bench.put(0, 0x08)
    assert bench.lines == (BLANK, BLANK)
    bench.put(0, 0x0C, 0x02)
    assert bench.lines[0][:3] == "abc" and bench.get(0) == 0


def test_entry_mode_with_shift_keeps_the_cursor_in_place() -> None:
    bench = two_lines()
    bench.put(0, 0x80 | 0x10, 0x07)
    bench.say("AB")
    assert bench.lines[0][14:16] == "AB" and bench.get(0) == 0x12
    bench.put(0, 0x40, 0x07)
    bench.put(1, 0x1F)
    assert bench.lines[0][14:16] == "AB"


def test_clear_sets_increment_but_home_does_not() -> None:
    bench = two_lines()
    bench.put(0, 0x04, 0x02, 0x85)
    bench.say("x")
    assert bench.get(0) == 4
    bench.put(0, 0x01)
    bench.say("x")
    assert bench.get(0) == 1


def test_times_in_clocks() -> None:
    bench = Bench()
    assert bench.lcd.busy_until == 10_000 * US
    for rs, code, us in [(0, 0x38, 37), (0, 0x01, 1520), (0, 0x02, 1520), (1, 0x41, 37), (0, 0x80, 37)]:
        bench.ready()
        start = bench.scheduler.now
        bench.lcd.write(rs, code)
        bench.wait(us * US - 1)
        assert bench.lcd.read(0) & 0x80
        bench.wait(1)
        assert not bench.lcd.read(0) & 0x80
        assert bench.lcd.busy_until == start + us * US


def test_a_slower_oscillator_scales_the_times() -> None:
    bench = two_lines(fosc_khz=135)
    bench.ready()
    bench.lcd.write(1, 0x41)
    assert bench.lcd.busy_until - bench.scheduler.now == 74 * US


def test_address_counter_moves_4_us_after_busy() -> None:
    bench = two_lines()
    bench.ready()
    bench.lcd.write(1, 0x41)
    bench.wait(37 * US)
    assert bench.lcd.read(0) == 0x00
    bench.wait(4 * US - 1)
    assert bench.lcd.read(0) == 0x00
    bench.wait(1)
    assert bench.lcd.read(0) == 0x01


def test_cycles_while_busy_are_ignored_and_counted() -> None:
    bench = two_lines()
    bench.ready()
    bench.lcd.write(1, 0x41)
    bench.lcd.write(1, 0x42)
    bench.lcd.write(0, 0x01)
    bench.lcd.read(1)
    assert bench.lines[0].rstrip() == "A" and bench.lcd.ignored == 3
    obeying = two_lines(busy_writes="execute")
    obeying.ready()
    obeying.lcd.write(1, 0x41)
    obeying.lcd.write(1, 0x42)
    assert obeying.lines[0].rstrip() == "AB" and obeying.lcd.ignored == 1


def test_data_reads_are_fetched_in_advance() -> None:
    bench = two_lines()
    bench.say("xyz")
    bench.put(0, 0x80)
    assert bytes(bench.get(1) for _ in range(3)) == b"xyz"
    bench.put(0, 0x81)
    bench.say("Q")
    assert bench.get(1) == ord("Q"), "no address was set after the write: DR still holds the byte written"
    bench.put(0, 0x48)
    bench.put(1, 0x15)
    bench.put(0, 0x48)
    assert bench.lcd.peek(1) == bench.get(1) == 0x15
    bench.put(0, 0x40 | 0x3F)
    bench.put(1, 1)
    assert bench.get(0) == 0


def test_lines_and_font_are_locked_by_other_instructions() -> None:
    bench = Bench()
    bench.put(0, 0x30, 0x30, 0x38, 0x0C, 0x30)
    bench.put(0, 0xC0)
    bench.say("x")
    assert bench.lines[1][0] == "x", "N stays 1"
    bench.put(0, 0x20)
    bench.put(0, 0x30, 0x00)
    assert bench.lines[1] == BLANK, "DL changed: N may change"


def nibbles(bench: Bench, rs: int, *values: int) -> None:
    for value in values:
        bench.put(rs, value & 0xF0 | 0x0F)
        bench.put(rs, value << 4 & 0xF0)


def test_four_bit_bus() -> None:
    bench = Bench()
    bench.put(0, 0x30, 0x30, 0x30, 0x20)
    nibbles(bench, 0, 0x28, 0x0C, 0x01, 0x06)
    nibbles(bench, 1, *b"Korg")
    assert bench.lines[0].rstrip() == "Korg"
    assert (bench.get(0), bench.get(0)) == (0x0F, 0x4F)
    nibbles(bench, 0, 0x80)
    assert (bench.get(1), bench.get(1)) == (0x4F, 0xBF)
    assert (bench.get(1), bench.get(1)) == (0x6F, 0xFF)
    nibbles(bench, 0, 0x38)
    bench.put(0, 0xC0)
    bench.say("8")
    assert bench.lines[1][0] == "8"


def test_pins_write_at_the_falling_edge_with_the_levels_before_it() -> None:
    bench = two_lines()
    bench.ready()
    assert bench.lcd.pins(1, 0, 1, 0x41) == 0xFF
    assert bench.lines[0] == BLANK
    bench.lcd.pins(0, 1, 0, 0x00)
    assert bench.lines[0][0] == "A"


def test_pins_read_busy_flag_and_data() -> None:
    bench = two_lines()
    bench.ready()
    bench.lcd.write(1, 0x41)
    assert bench.lcd.pins(0, 1, 1, 0xFF) == 0x80
    bench.wait(41 * US)
    assert bench.lcd.db == 0x01
    assert bench.lcd.pins(0, 1, 0, 0xFF) == 0xFF
    bench.put(0, 0x80)
    bench.ready()
    assert bench.lcd.pins(1, 1, 1, 0xFF) == 0x41
    bench.lcd.pins(1, 1, 0, 0xFF)
    assert bench.get(0) == 1


def test_cgram_characters_show_their_dots() -> None:
    bench = two_lines()
    bench.put(0, 0x40 | 0x10)
    bench.put(1, 0x11, 0xFF, 0, 0, 0, 0, 0, 0x01)
    bench.put(0, 0x80)
    bench.put(1, 0x02, 0x0A)
    dots = bench.lcd.dots()
    assert dots[0, 0, 0].tolist() == [True, False, False, False, True]
    assert dots[0, 0, 1].all() and dots[0, 0, 7].tolist() == [False] * 4 + [True]
    assert np.array_equal(dots[0, 0], dots[0, 1])
    assert bench.lines[0][:2] == "②②"
    assert bench.lcd.cgram[0x10] == 0x11


def test_cursor_and_blink() -> None:
    bench = two_lines()
    bench.put(0, 0x80 | 0x45, 0x0E)
    dots = bench.lcd.dots()
    assert dots[1, 5, 7].all() and dots.sum() == 5
    bench.put(0, 0x18)
    assert bench.lcd.dots()[1, 4, 7].all()
    bench.put(0, 0x0D)
    half = 102_400 * 8_000_000 // 270_000
    seen = []
    for _ in range(4):
        bench.scheduler.run_due((bench.scheduler.now // half + 1) * half)
        seen.append(int(bench.lcd.dots().sum()))
    assert seen == [40, 0, 40, 0]


def test_tall_font_hangs_into_the_second_line() -> None:
    bench = Bench()
    bench.put(0, 0x34, 0x0E)
    bench.put(1, 0xF0)
    dots = bench.lcd.dots()
    assert dots[1, 0, 0].tolist() == [True, False, False, False, False]
    assert dots[1, 1, 2].all() and not dots[0, 1].any()


def test_listener_is_called_on_a_visible_change_only() -> None:
    bench = two_lines()
    seen: list[str] = []
    bench.lcd.on_change(lambda: seen.append(bench.lcd.text()[0].rstrip()))
    bench.say("A")
    bench.put(0, 0x80)
    bench.say("AB")
    bench.put(0, 0x40)
    bench.put(1, 1, 2, 3)
    bench.put(0, 0x0F, 0x01)
    assert seen == ["A", "AB", ""]


def test_snapshot_in_mid_nibble_and_mid_busy() -> None:
    bench = Bench()
    bench.put(0, 0x30, 0x20)
    nibbles(bench, 0, 0x28, 0x0F)
    nibbles(bench, 1, 0x42)
    bench.ready()
    bench.lcd.write(1, 0x4F)
    bench.lcd.pins(1, 0, 1, 0x30)
    block = decode(encode(Snapshot(blocks={"lcd": bench.lcd.snapshot()}))).blocks["lcd"]
    other = Bench()
    other.scheduler.restore(bench.scheduler.snapshot())
    other.lcd.restore(block)
    for each in (bench, other):
        each.lcd.pins(1, 0, 0, 0)
        assert each.lines[0].rstrip() == "BC"
        assert each.lcd.read(0) & 0x80
        each.wait(37 * US)
    assert bench.lcd.snapshot() == other.lcd.snapshot()
    assert np.array_equal(bench.lcd.dots(), other.lcd.dots())


class Model:
    """The same controller told another way: addresses are places in a ring, the lines are rings that turn."""

    def __init__(self, lines: int) -> None:
        self.ring = [*range(0x28), *range(0x40, 0x68)] if lines == 2 else list(range(0x50))
        self.ram = dict.fromkeys(self.ring, 0x20)
        self.cg: dict[int, int] = dict.fromkeys(range(64), 0)
        self.at: tuple[str, int] = ("dd", 0)
        self.forward, self.follow, self.on, self.turned = True, False, True, 0
        self.per_line = len(self.ring) // lines
        self.lines = lines

    def move(self, forward: bool) -> None:
        kind, place = self.at
        ring = self.ring if kind == "dd" else list(range(64))
        self.at = kind, ring[(ring.index(place) + (1 if forward else -1)) % len(ring)]

    def put(self, value: int) -> None:
        kind, place = self.at
        (self.ram if kind == "dd" else self.cg)[place] = value
        if kind == "dd" and self.follow:
            self.turned += 1 if self.forward else -1
        self.move(self.forward)

    def text(self) -> tuple[str, str]:
        shown = []
        for start in range(0, len(self.ring), self.per_line):
            ring = deque(self.ram[a] for a in self.ring[start : start + self.per_line])
            ring.rotate(-self.turned)
            shown.append(to_text(bytes(ring)[:40]) if self.on else BLANK)
        if self.lines == 1 and not self.on:
            shown = [BAR]
        return shown[0], [*shown, BLANK][1]


class LcdAgainstModel(RuleBasedStateMachine):
    @initialize(lines=st.sampled_from([1, 2]), bits=st.sampled_from([4, 8]))
    def begin(self, lines: int, bits: int) -> None:
        self.bench, self.model, self.bits = Bench(), Model(lines), bits
        function = 0x28 if lines == 2 else 0x20
        if bits == 4:
            self.bench.put(0, 0x20)
        else:
            function |= 0x10
        for code in (function, 0x0C):
            self.send(0, code)

    def send(self, rs: int, value: int) -> None:
        if self.bits == 4:
            nibbles(self.bench, rs, value)
        else:
            self.bench.put(rs, value)

    def receive(self, rs: int) -> int:
        if self.bits == 4:
            return self.bench.get(rs) & 0xF0 | self.bench.get(rs) >> 4
        return self.bench.get(rs)

    @rule(data=st.binary(min_size=1, max_size=50))
    def write(self, data: bytes) -> None:
        for value in data:
            self.send(1, value)
            self.model.put(value)

    @rule()
    def clear(self) -> None:
        self.send(0, 0x01)
        self.model.ram = dict.fromkeys(self.model.ring, 0x20)
        self.model.at, self.model.turned, self.model.forward = ("dd", 0), 0, True

    @rule(low=st.integers(0, 1))
    def home(self, low: int) -> None:
        self.send(0, 0x02 | low)
        self.model.at, self.model.turned = ("dd", 0), 0

    @rule(forward=st.booleans(), follow=st.booleans())
    def entry(self, forward: bool, follow: bool) -> None:
        self.send(0, 0x04 | forward << 1 | follow)
        self.model.forward, self.model.follow = forward, follow

    @rule(on=st.booleans(), cursor=st.integers(0, 3))
    def display(self, on: bool, cursor: int) -> None:
        self.send(0, 0x08 | on << 2 | cursor)
        self.model.on = on

    @rule(right=st.booleans(), low=st.integers(0, 3))
    def cursor(self, right: bool, low: int) -> None:
        self.send(0, 0x10 | right << 2 | low)
        self.model.move(right)

    @rule(right=st.booleans())
    def shift(self, right: bool) -> None:
        self.send(0, 0x18 | right << 2)
        self.model.turned += -1 if right else 1

    @rule(place=st.integers(0, 79))
    def ddram_address(self, place: int) -> None:
        address = self.model.ring[place]
        self.send(0, 0x80 | address)
        self.model.at = "dd", address

    @rule(address=st.integers(0, 63))
    def cgram_address(self, address: int) -> None:
        self.send(0, 0x40 | address)
        self.model.at = "cg", address

    @rule(count=st.integers(1, 4))
    def read_back(self, count: int) -> None:
        kind, place = self.model.at
        self.send(0, (0x80 if kind == "dd" else 0x40) | place)
        for _ in range(count):
            kind, place = self.model.at
            assert self.receive(1) == (self.model.ram if kind == "dd" else self.model.cg)[place]
            self.model.move(self.model.forward)

    @invariant()
    def same(self) -> None:
        assert self.bench.lines == self.model.text()
        assert self.receive(0) == self.model.at[1]
        assert self.bench.lcd.cgram == bytes(self.model.cg.values())
        assert self.bench.lcd.ignored == 0


TestLcdAgainstModel = LcdAgainstModel.TestCase
TestLcdAgainstModel.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
