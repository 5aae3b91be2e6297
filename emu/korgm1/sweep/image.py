"""The RAM that a sweep starts from where nobody names one: sounds with names to be recognised.

The instrument itself makes it, by its published MIDI implementation: it is asked for all its data, each combination
and program of that dump gets a name with its number, and the dump is sent back. So any firmware that speaks it will do.
Sources: facts m1-hardware 6.2 (message codes, sizes, packing).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from korgm1.errors import Stopped, UserError
from korgm1.romset.load import RomSet
from korgm1.session import Session
from korgm1.sysex import COMBI_SIZE, GLOBAL_SIZE, HEAD, NAME_SIZE, PROGRAM_SIZE, pack, unpack

ALL_REQUEST, ALL_DATA, LOADED = 0x0F, 0x50, 0x23
PATIENCE = 30.0
"""Emulated seconds an answer may take: a whole bank goes over the wire in 16."""


def recognisable(
    firmware: RomSet,
    model: str = "m1",
    engine: str = "v30",
    hypotheses: Mapping[str, Any] | None = None,
    asked: Callable[[], object] = lambda: False,
) -> bytes:
    """65,536 bytes of RAM of an instrument that was initialised and then filled.

    Raises:
        UserError: the firmware does not answer as the MIDI implementation says; an image is needed then.
        Stopped: `asked`, which is looked at every quarter of an emulated second, was true.
    """
    session = Session(model=model, roms=firmware, engine=engine, hypotheses=hypotheses)
    session.boot(asked_to_stop=asked)
    dump = _ask(session, HEAD + bytes([ALL_REQUEST, 0, 0xF7]), ALL_DATA, asked)
    sounds = named(unpack(dump[8:-1]), 50 if dump[5] else 100)
    _ask(session, dump[:8] + pack(sounds) + b"\xf7", LOADED, asked)
    session.power_off()
    return session.sram


def named(data: bytes, sounds: int) -> bytes:
    """The data of an ALL DATA dump with the names of its combinations and programs replaced.

    >>> filled = named(bytes(861 + 267 * 100), 100)
    >>> filled[861:871], filled[861 + 12400 + 143:][:10]
    (b'Combi   00', b'Program 01')
    """
    filled = bytearray(data)
    for number in range(sounds):
        for start, size, word in (
            (GLOBAL_SIZE, COMBI_SIZE, "Combi  "), (GLOBAL_SIZE + sounds * COMBI_SIZE, PROGRAM_SIZE, "Program")
        ):
            at = start + number * size
            filled[at : at + NAME_SIZE] = f"{word} {number:02}".encode("ascii")
    return bytes(filled)


def _ask(session: Session, message: bytes, function: int, asked: Callable[[], object]) -> bytes:
    """Send a message; the answer, which must have that function code."""
    before = len(session.midi_out)
    session.midi_in(message)
    end = session.clock + round((PATIENCE + len(message) / 3125) * 8_000_000)
    while session.clock < end and not session.stopped:
        if asked():
            raise Stopped("stopped while the RAM was filled")
        session.run(0.25)
        said = bytes(byte for byte in session.midi_out[before:] if byte < 0xF8)
        answer = said[said.find(HEAD) :] if HEAD in said else b""
        if answer.endswith(b"\xf7"):
            if answer[4] == function:
                return answer
            break
    raise UserError(
        f"{session.firmware.name} cannot be filled over MIDI: it gives no answer {function:02X}h to "
        f"{message[4]:02X}h within {PATIENCE:g} s", "the image of a RAM with sounds in it", "--sram FILE",
    )
