"""Program cards for OpenM1, made of an instrument's own initial sounds, and what a test says to it and sees."""

from __future__ import annotations

from openm1_sound import COMBI_SIZE, COMBIS, timbre
from openm1_sound import program as sounding

from korgm1.cardfile.card_format import FORMATS, SONGS_SIZE, build
from korgm1.session import Session
from korgm1.sysex import HEAD

HUNDRED, FIFTY, SEQUENCES = range(3)
LOADED = "Load Completed"
WRITTEN = "Write Completed"
SURE = "Are You Sure? UP = yes, DOWN = no"
LOAD, SAVE, FORMAT = ("6",), ("7",), ("7", "PAGE+")
"""Keys of the pages."""


def made(m1: Session, kind: int, steps: int = 0, word: str = "Card") -> bytes:
    """A card whose sounds have names: "Card P07", "Card C07"; combination n plays programs n and n + 1 of it."""
    form = FORMATS[kind]
    data = b""
    if form.sounds:
        combi = m1.sram[COMBIS : COMBIS + COMBI_SIZE]
        data = bytes(n & 0x3F for n in range(861))
        for n in range(form.sounds):
            rows = timbre(100 + n), timbre(100 + (n + 1) % form.sounds), *[timbre(off=True)] * 6
            data += f"{word} C{n:02}".encode().ljust(10) + b"\x01" + combi[11:36] + b"".join(rows)
        plain = sounding(m1)
        data += b"".join(f"{word} P{n:02}".encode().ljust(10) + plain[10:] for n in range(form.sounds))
    if form.steps:
        data += bytes(n * 5 & 0xFF for n in range(SONGS_SIZE + 4 * steps))
    return build(form, data, steps)


def inserted(m1: Session, kind: int = HUNDRED, **options: bool) -> bytes:
    """A card in the slot, recognised and summed; its image."""
    image = made(m1, kind)
    m1.insert_card(image, **options)
    m1.run(2)
    return image


def image(m1: Session) -> bytes:
    """What is on the card now."""
    assert m1.card is not None
    return bytes(m1.card.data)


def press(m1: Session, *keys: str) -> str:
    """Line 1 after the keys."""
    for key in keys:
        m1.press(key)
    return m1.lcd[0].rstrip()


def said(m1: Session) -> str:
    """Line 2."""
    return m1.lcd[1].rstrip()


def lit(m1: Session) -> list[str]:
    return [led for led, on in m1.leds.items() if on]


def ask(m1: Session, body: str, seconds: float = 0.3) -> bytes:
    """The answer to an exclusive message, without active sensing."""
    before = len(m1.midi_out)
    m1.midi_in(HEAD + bytes.fromhex(body) + b"\xf7")
    m1.run(seconds)
    return bytes(byte for byte in m1.midi_out[before:] if byte != 0xFE)


def act(m1: Session, *keys: str, seconds: float = 3) -> list[str]:
    """A page of GLOBAL's card functions by its keys, UP, the question answered by UP; the messages since."""
    press(m1, "GLOBAL", *keys, "UP")
    assert said(m1) == SURE
    since = len(m1.timeline)
    m1.press("UP")
    m1.run(seconds)
    texts = [row.lcd[1].rstrip() for row in m1.timeline[since:]]
    return [text for text in texts if ">" not in text]
