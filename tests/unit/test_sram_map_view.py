"""The RAM as a live picture: what is written glows, what was lost is red, a click tells what is there."""

from __future__ import annotations

from recording_canvas import RecordingCanvas

from korgm1.board.sram import Wake
from korgm1.clock import CPU_HZ
from korgm1.frontends.canvas import KeyDown
from korgm1.frontends.sram_map_view import GLOW, HOT_BYTE, LOST_BYTE, SramMap, SramView
from korgm1.frontends.widget_ground import (
    Brush,
    Ruler,
    Touch,
)
from korgm1.session import Session
from korgm1.sram_layout import SIZE


def with_byte(image: bytes, address: int, value: int) -> bytes:
    return image[:address] + bytes([value]) + image[address + 1 :]


def colour(watched: SramMap, address: int, now: int) -> tuple[int, ...]:
    return tuple(watched.picture(now)[address // 256, address % 256].tolist())


def test_a_written_byte_glows_for_two_seconds() -> None:
    watched, image = SramMap(), bytes(SIZE)
    watched.follow(image, None, 0)
    rest = colour(watched, 0x2345, 0)
    watched.follow(with_byte(image, 0x2345, 1), None, 100)
    versions = [watched.version]
    assert colour(watched, 0x2345, 100) == HOT_BYTE
    half = colour(watched, 0x2345, 100 + GLOW // 2)
    assert rest[0] < half[0] < HOT_BYTE[0]
    for now in (100 + GLOW // 2, 100 + GLOW, 101 + GLOW, 102 + GLOW):
        watched.follow(watched.image, None, now)
        versions.append(watched.version)
    assert versions[1] > versions[0] and versions[2] > versions[1] and versions[2] == versions[3] == versions[4]
    assert colour(watched, 0x2345, 100 + GLOW)[0] < half[0]
    assert colour(watched, 0x2346, 100) == rest


def test_what_was_lost_is_red_until_it_is_written() -> None:
    mask = with_byte(with_byte(bytes(SIZE), 7, 0x10), 0xFFFF, 1)
    wake, image = Wake(2, 1, mask, 1.2), bytes(SIZE)
    watched = SramMap()
    watched.follow(image, wake, 0)
    assert colour(watched, 7, 0) == colour(watched, 0xFFFF, 0) == LOST_BYTE != colour(watched, 8, 0)
    assert watched.about(7).endswith("lost at the last power-on")
    watched.follow(with_byte(image, 7, 9), wake, 50)
    assert colour(watched, 7, 50 + GLOW) != LOST_BYTE == colour(watched, 0xFFFF, 50 + GLOW)
    watched.follow(watched.image, Wake(0, 0, None, 3.0), 60)
    assert colour(watched, 0xFFFF, 60) != LOST_BYTE


def test_a_memory_that_is_valid_again_is_not_red() -> None:
    with Session(battery="dead") as m1:
        m1.boot()
        assert m1.wake is not None and m1.wake.mask is not None
        watched = SramMap()
        watched.follow(m1.sram, m1.wake, m1.clock)
        assert colour(watched, 0x5000, m1.clock) != LOST_BYTE
        assert watched.about(0x1234).startswith("1234: ") and "drum kits, Drum kit 3, byte 59" in watched.about(0x1234)
        assert watched.about(0x440D) == "440D: 49 (01001001 b), programs, I00 Init Prog, byte 0"


def test_control_points_and_steps_and_paints_every_byte() -> None:
    image = [bytes(SIZE)]
    view = SramView(lambda: image[0], lambda: None, lambda: 0)
    canvas = RecordingCanvas()
    ruler = Ruler(canvas, 2.0)
    assert view.height(280, ruler) == 280 and view.height(500, ruler) == 320
    view.place((10, 0, 500, 320), ruler)
    view.look()
    view.paint(Brush(canvas, ruler, 0, 0, 2.0), Touch())
    assert ("image", ((640, 640, 3), 200, 0)) in canvas.calls
    view.down(90, 0)
    assert view.address == 0
    view.drag(90 + 319.9, 319.9)
    assert view.address == 0xFFFF
    assert not view.key(KeyDown("right")) and not view.key(KeyDown("down")) and not view.key(KeyDown("up"))
    assert view.key(KeyDown("left")) and view.key(KeyDown("up", shift=True)) and view.address == 0xFEFE
    view.down(-5000, 9000)
    assert view.address == 0xFF00
    before = view.look()
    image[0] = with_byte(image[0], 3, 3)
    assert view.look() != before


def test_red_goes_when_the_firmware_has_made_a_valid_memory() -> None:
    with Session() as m1:
        m1.boot()
        image = m1.sram
    ruin, watched = with_byte(image, 0x1000, image[0x1000] ^ 0xFF), SramMap()
    watched.follow(ruin, Wake(SIZE * 8, 9, b"\x01" * SIZE, 0.1), 0)
    assert colour(watched, 0x5000, 0) == colour(watched, 0xE000, 0) == LOST_BYTE
    watched.follow(image, watched._wake, CPU_HZ)
    assert LOST_BYTE not in (colour(watched, 0x5000, 9 * CPU_HZ), colour(watched, 0xE000, 9 * CPU_HZ))
    watched.follow(image, Wake(9, 9, with_byte(bytes(SIZE), 0x5000, 3), 1.1), 2 * CPU_HZ)
    assert colour(watched, 0x5000, 2 * CPU_HZ) == LOST_BYTE, "a few wrong bytes are kept as they are"
