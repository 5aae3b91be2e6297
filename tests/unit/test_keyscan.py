"""The keyboard FIFO of hypothesis H-SCAN."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.board.keyscan import CAPACITY, KeyScan
from korgm1.errors import UsageError


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 127)), max_size=CAPACITY))
def test_events_come_out_in_order_and_then_it_is_empty(events: list[tuple[int, int]]) -> None:
    scan = KeyScan()
    for key, velocity in events:
        if velocity:
            scan.press(key, velocity)
        else:
            scan.release(key)
    read = [scan.read(0) for _ in range(2 * len(events))]
    assert [(a & 0x7F, b) for a, b in zip(read[::2], read[1::2], strict=True)] == events
    assert all(a & 0x80 for a in read[::2])
    assert scan.read(0) == 0 and scan.lost == 0


def test_peek_takes_nothing_and_offset_1_is_open() -> None:
    scan = KeyScan()
    scan.press(5, 9)
    assert (scan.peek(0), scan.peek(0), scan.read(1), scan.peek(1)) == (0x85, 0x85, 0xFF, 0xFF)
    scan.write(0, 1)
    assert (scan.read(0), scan.read(0), scan.read(0)) == (0x85, 9, 0)


def test_a_full_fifo_loses_whole_events() -> None:
    scan = KeyScan()
    for n in range(CAPACITY + 3):
        scan.press(n % 61, 1)
    assert scan.lost == 3
    scan.read(0)
    scan.press(0, 1)
    assert scan.lost == 4, "half an event of room is not enough"
    scan.read(0)
    scan.press(60, 2)
    assert scan.lost == 4
    rest = [scan.read(0) for _ in range(2 * CAPACITY)]
    assert rest[-2:] == [0xBC, 2] and scan.read(0) == 0


@pytest.mark.parametrize("kind", ["power", "button"])
def test_reset_empties(kind: str) -> None:
    scan = KeyScan()
    scan.press(1, 1)
    scan.reset(kind)
    assert scan.read(0) == 0


def test_no_keyboard_reads_ff_and_refuses_keys() -> None:
    scan = KeyScan(fitted=False)
    assert scan.read(0) == scan.peek(0) == 0xFF
    assert KeyScan(fitted=False, open_bus=0x5A).read(0) == KeyScan(open_bus=0x5A).read(1) == 0x5A
    with pytest.raises(UsageError, match="no keyboard"):
        scan.press(1, 1)


@pytest.mark.parametrize(("key", "velocity"), [(-1, 1), (61, 1), (0, 0), (0, 128)])
def test_bad_keys(key: int, velocity: int) -> None:
    with pytest.raises(UsageError):
        KeyScan().press(key, velocity)


def test_snapshot_between_the_two_bytes() -> None:
    scan, other = KeyScan(), KeyScan()
    scan.press(7, 70)
    scan.read(0)
    other.restore(scan.snapshot())
    assert (other.read(0), other.read(0)) == (70, 0)
