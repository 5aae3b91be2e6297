"""RAM images that scenarios begin with, made by the instrument itself: freshly initialised, and with a bank of names.

The bank is what OpenM1 would dump after an initialisation, with the names of programs and combinations changed and
their records made different, sent in by MIDI: nothing of anybody's factory sounds is in it.

Layout of the data of an ALL DATA dump (facts m1-hardware 6.2, 6.3): global 861 bytes, 100 combinations of 124, 100
programs of 143, sequences; in the RAM from 1040 on (roms/openm1/README.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from korgm1.session import Session
from korgm1.session.base import to_clocks
from korgm1.sram_layout import openm1, openm1_maps
from korgm1.sysex import HEAD, NAME_SIZE, pack

STORED = slice(openm1.POOL, openm1.POOL_END - 1)
"""What an owner stored, in OpenM1's RAM: global, combinations, programs, sequences."""
COUNT = 100
COMBI_SIZE, PROGRAM_SIZE = openm1_maps.COMBI_SIZE, openm1_maps.PROGRAM_SIZE
COMBIS = openm1.COMBIS - openm1.POOL
PROGRAMS = COMBIS + COUNT * COMBI_SIZE
LENGTH = PROGRAMS + COUNT * PROGRAM_SIZE + openm1_maps.SONGS_SIZE
"""Bytes of an ALL DATA dump without steps of sequences."""
BYTE_SECONDS = 10 / 31_250
"""A MIDI byte has ten bits."""
_FIRST = "Warm Soft Dark Big Slow Old Wide Thin Blue Late".split()
_SECOND = "Piano Pad Brass Organ Bass Bell Choir Lead Flute Clav".split()


PIECE = 0.1
"""Emulated seconds of a piece of `making`."""
_made: dict[str, bytes] = {}


def initialised() -> bytes:
    """The 65,536 bytes after a first power-on.

    >>> initialised()[STORED][PROGRAMS:][:NAME_SIZE]
    b'Init Prog '
    """
    return image("init")


def named() -> bytes:
    """The 65,536 bytes after the bank has been received.

    >>> [program_names(named())[number] for number in (0, 1, 99)]
    ['Warm Piano', 'Warm Pad', 'Late Clav']
    """
    return image("bank")


def image(name: str) -> bytes:
    """`initialised` for "init", `named` for "bank"; made once."""
    for _ in making(name):
        pass
    return _made[name]


def making(name: str) -> Iterator[None]:
    """Make an image for `image` in pieces of some ten milliseconds, for a loop that has other things to do between.

    >>> for _ in making("init"): pass
    >>> list(making("init")), len(image("init"))
    ([], 65536)
    """
    if name in _made:
        return
    if name != "init":
        yield from making("init")
    with Session(sram=None if name == "init" else _made["init"]) as m1:
        m1.power_on()
        for clock in m1.booting():
            yield from _run(m1, clock)
        if name == "bank":
            m1.midi_in(dump())
            yield from _run(m1, m1.clock + to_clocks(len(dump()) * BYTE_SECONDS + 1))
    _made[name] = m1.sram


def _run(m1: Session, until: int) -> Iterator[None]:
    while m1.clock < until:
        m1.run_until(min(until, m1.clock + to_clocks(PIECE)))
        yield


@cache
def dump() -> bytes:
    """The bank as one ALL DATA dump without sequences, F0 to F7.

    >>> len(dump()), dump()[:8].hex(" ")
    (33247, 'f0 42 30 19 50 00 00 00')
    """
    data = bytearray(initialised()[STORED][:LENGTH])
    for number in range(COUNT):
        name = f"{_FIRST[number // 10]} {_SECOND[number % 10]}".ljust(NAME_SIZE).encode("ascii")
        for start, size in ((COMBIS, COMBI_SIZE), (PROGRAMS, PROGRAM_SIZE)):
            at = start + number * size
            data[at : at + NAME_SIZE] = name
            data[at + size - 1] = number
    return HEAD + bytes.fromhex("50 00 00 00") + pack(bytes(data)) + b"\xf7"


def program_names(image: bytes) -> list[str]:
    """The names of the 100 programs in a RAM image, as they stand there, blanks at the end cut off.

    >>> set(program_names(initialised()))
    {'Init Prog'}
    """
    return [record[:NAME_SIZE].decode("latin-1").rstrip() for record in programs(image)]


def programs(image: bytes) -> list[bytes]:
    """The 100 program records of a RAM image."""
    data = image[STORED][PROGRAMS:]
    return [data[number * PROGRAM_SIZE :][:PROGRAM_SIZE] for number in range(COUNT)]
