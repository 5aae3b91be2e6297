"""CXD1095: latches, directions by nibble, what is driven and when."""

from korgm1.board.pio_cxd1095 import Cxd1095


class Bench:
    def __init__(self) -> None:
        self.seen: list[tuple[str, int, int]] = []
        self.pins = dict.fromkeys("ABCDE", 0xA5)
        self.pio = Cxd1095(
            {port: lambda value, driven, port=port: self.seen.append((port, value, driven)) for port in "ABCDE"},
            {port: lambda port=port: self.pins[port] for port in "ABCDE"},
        )
        self.pio.reset("power")

    def new(self) -> list[tuple[str, int, int]]:
        seen, self.seen = self.seen, []
        return seen


def test_reset_makes_inputs() -> None:
    bench = Bench()
    assert [bench.pio.read(i) for i in range(5)] == [0xA5, 0xA5, 0xA5, 0xA5, 0x05]
    assert bench.new() == []
    bench.pio.write(0, 0x77)
    assert bench.new() == [] and bench.pio.read(0) == 0xA5


def test_a_direction_change_drives_the_latch_at_once() -> None:
    bench = Bench()
    bench.pio.write(0, 0x77)
    bench.pio.write(6, 0xFE)
    assert bench.new() == [("A", 0x07, 0x0F)]
    assert bench.pio.read(0) == 0xA7
    bench.pio.write(6, 0xFC)
    assert bench.new() == [("A", 0x77, 0xFF)]


def test_each_nibble_has_its_direction_bit() -> None:
    for port in range(4):
        for half in range(2):
            bench = Bench()
            bench.pio.write(port, 0xFF)
            bench.pio.write(6, 0xFF ^ 1 << 2 * port + half)
            mask = (0x0F, 0xF0)[half]
            assert bench.new() == [("ABCD"[port], mask, mask)]
    bench = Bench()
    bench.pio.write(4, 0xFF)
    bench.pio.write(7, 0x08)
    assert bench.new() == [("E", 0x07, 0x07)]
    assert bench.pio.read(4) == 0x07
    bench.pins["E"] = 0x08
    assert bench.pio.read(4) == 0x0F


def test_outputs_are_told_of_changes_only() -> None:
    bench = Bench()
    bench.pio.write(6, 0x00)
    bench.new()
    bench.pio.write(2, 0x10)
    bench.pio.write(2, 0x10)
    assert bench.new() == [("C", 0x10, 0xFF)]


def test_button_keeps_latches_and_power_clears_them() -> None:
    bench = Bench()
    bench.pio.write(2, 0x33)
    bench.pio.write(6, 0x00)
    bench.new()
    bench.pio.reset("button")
    assert ("C", 0, 0) in bench.new()
    bench.pio.write(6, 0x00)
    assert ("C", 0x33, 0xFF) in bench.new()
    bench.pio.reset("power")
    bench.pio.write(6, 0x00)
    assert ("C", 0, 0xFF) in bench.new()


def test_unconnected_port_reads_high_and_the_rest_ff() -> None:
    pio = Cxd1095({}, {})
    assert [pio.read(i) for i in range(8)] == [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0xFF, 0xFF, 0xFF]
    pio.write(5, 1)
    pio = Cxd1095({}, {}, open_bus=0x5A)
    assert [pio.read(i) for i in range(8)] == [0xFF, 0xFF, 0xFF, 0xFF, 0x0F, 0x5A, 0x5A, 0x5A]


def test_snapshot_restores_without_driving() -> None:
    bench, other = Bench(), Bench()
    bench.pio.write(6, 0xF0)
    bench.pio.write(0, 0x5A)
    other.pio.restore(bench.pio.snapshot())
    assert other.new() == [] and other.pio.read(0) == 0x5A
    other.pio.write(0, 0x5A)
    assert other.new() == []
    other.pio.write(0, 0x5B)
    assert other.new() == [("A", 0x5B, 0xFF)]
