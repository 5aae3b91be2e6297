"""The LCD picture: geometry, colours, and PNG files that say what was painted."""

import struct
import zlib

import numpy as np

from korgm1.board.lcd_picture import BEZEL, GLASS, LIT, Colours, png_bytes, render

PITCH, LINE, COLUMN = 4, 8 * 4 + 5, 5 * 4 + 3
EDGE = GLASS + BEZEL
DARK, REST, GROUND = list(LIT.dark), list(LIT.rest), list(LIT.ground)


def one_dot(line: int, column: int, row: int, dot: int) -> np.ndarray:
    dots = np.zeros((2, 40, 8, 5), bool)
    dots[line, column, row, dot] = True
    return render(dots)


def test_a_dot_is_painted_in_its_place_and_nowhere_else() -> None:
    image = one_dot(1, 39, 7, 4)
    y, x = EDGE + LINE + 7 * PITCH, EDGE + 39 * COLUMN + 4 * PITCH
    assert (image[y : y + 3, x : x + 3] == DARK).all()
    assert (image == DARK).all(axis=2).sum() == 9
    assert (image[y, x - 1] == GROUND).all() and (image[y, x - 2] == REST).all()


def test_dots_side_by_side_are_joined_by_a_fainter_seam() -> None:
    dots = np.zeros((2, 40, 8, 5), bool)
    dots[0, 0, 0, :2] = dots[0, 0, 1, 0] = True
    image = render(dots)
    for y, x in [(0, 3), (3, 0)]:
        seam = image[EDGE + y, EDGE + x].astype(int)
        assert (seam > DARK).all() and (seam < GROUND).all()
    assert (image[EDGE + 3, EDGE + 4] == GROUND).all()


def test_frame_scale_and_colours() -> None:
    dots = np.zeros((2, 40, 8, 5), bool)
    dim = Colours(ground=(52, 56, 55), rest=(49, 53, 52), dark=(28, 29, 30))
    small, big = render(dots), render(dots, 8, dim)
    assert (small[0] == LIT.bezel).all() and (small[BEZEL, EDGE] == GROUND).all()
    assert (small[BEZEL - 1, EDGE] == LIT.edge).all()
    assert (big[2 * EDGE, 2 * EDGE] == dim.rest).all()
    sizes = [render(dots, scale).shape[1] for scale in (2, 3, 5, 8)]
    assert sizes == sorted(set(sizes)) and big.shape[1] == sizes[-1]


def test_png_holds_the_picture() -> None:
    image = one_dot(0, 0, 0, 0)
    data = png_bytes(image)
    assert data == png_bytes(image.copy())
    chunks, at = {}, 8
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        chunks[kind], at = body, at + 12 + size
    height, width, _ = image.shape
    assert struct.unpack(">II", chunks[b"IHDR"][:8]) == (width, height)
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, 1 + 3 * width)
    assert not lines[:, 0].any()
    assert np.array_equal(lines[:, 1:].reshape(image.shape), image)
