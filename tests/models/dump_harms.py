"""What happens to dumps between chip and file: one function a harm, from a good pair to the files somebody brings.

`HARMS` says of each what `rom verify` must find, of a known pair and of an unknown one that has code, and what
`rom fix` makes of it: "mends" where nothing is lost, "refuses" where something is, "half" where one chip remains.
"""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

HALF = 0x10000
Files = dict[str, bytes]
STRETCH = (0x8200, 0x9A00)
"""Where in the chip the damage of a part is: OpenM1's code stands there, and the code of the other images."""


def both(even: bytes, odd: bytes) -> bytes:
    return bytes(value for pair in zip(even, odd, strict=True) for value in pair)


def pair(even: bytes, odd: bytes) -> Files:
    return {"ic32.bin": even, "ic23.bin": odd}


def moved(data: bytes, place: Callable[[int], int]) -> bytes:
    """The chip as it is read with its address lines changed."""
    return bytes(data[place(at)] for at in range(len(data)))


def valued(data: bytes, change: Callable[[int], int]) -> bytes:
    """The chip as it is read with its data lines changed."""
    return data.translate(bytes(change(value) & 0xFF for value in range(256)))


def within(data: bytes, change: Callable[[bytes], bytes], first: int = STRETCH[0], behind: int = STRETCH[1]) -> bytes:
    return data[:first] + change(data)[first:behind] + data[behind:]


def exchanged(value: int, a: int, b: int) -> int:
    both_bits = 1 << a | 1 << b
    return value ^ both_bits if (value >> a ^ value >> b) & 1 else value


def follows(data: bytes, line: int, leader: int, share: float) -> bytes:
    """Data line `line` takes the value of another in most reads."""
    rng = random.Random(5)
    out = bytearray(data)
    for at, value in enumerate(data):
        if rng.random() < share:
            out[at] = value & ~(1 << line) | (value >> leader & 1) << line
    return bytes(out)


def hex_lines(data: bytes, base: int = 0) -> list[str]:
    """Intel HEX without its end."""
    lines = []
    for at in range(0, len(data), 16):
        if at % HALF == 0:
            lines.append(record(bytes([2, 0, 0, 4]) + (base + at >> 16).to_bytes(2, "big")))
        chunk = data[at : at + 16]
        lines.append(record(bytes([len(chunk)]) + (base + at & 0xFFFF).to_bytes(2, "big") + b"\0" + chunk))
    return lines


def record(content: bytes) -> str:
    return ":" + (content + bytes([-sum(content) & 0xFF])).hex().upper()


def intel(data: bytes, base: int = 0) -> bytes:
    return "\r\n".join([*hex_lines(data, base), ":00000001FF", ""]).encode()


def motorola(data: bytes) -> bytes:
    rows = [s_record("0", b"\0\0chip")]
    rows += [s_record("2", at.to_bytes(3, "big") + data[at : at + 32]) for at in range(0, len(data), 32)]
    return "\n".join([*rows, s_record("8", bytes(3)), ""]).encode()


def s_record(kind: str, content: bytes) -> str:
    whole = bytes([len(content) + 1]) + content
    return "S" + kind + (whole + bytes([~sum(whole) & 0xFF])).hex().upper()


def ti_txt(data: bytes) -> bytes:
    rows = [data[at : at + 16].hex(" ").upper() for at in range(0, len(data), 16)]
    return "\n".join(["@0000", *rows, "q", ""]).encode()


def listing(data: bytes) -> bytes:
    rows = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        shown = "".join(chr(value) if 0x20 <= value < 0x7F else "." for value in row)
        rows.append(f"{at:08x}: {row.hex(' ', 2)}  {shown}")
    return "\n".join([*rows, ""]).encode()


def zipped(files: Files) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


@dataclass(frozen=True)
class Harm:
    """One way a dump comes out wrong.

    Attributes:
        make: the files, from the even and the odd half.
        known, unknown: codes of which one must be among the findings of a known and of an unknown pair; none: nothing
            must be found.
        fix: mends, refuses or half, of a known pair; `fix_unknown` of an unknown one, the same by default; "anything"
            where its bytes cannot tell.
    """

    make: Callable[[bytes, bytes], Files]
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    fix: str = "mends"
    fix_unknown: str = ""


def on_odd(change: Callable[[bytes], bytes]) -> Callable[[bytes, bytes], Files]:
    return lambda even, odd: pair(even, change(odd))


def on_both(change: Callable[[bytes], bytes]) -> Callable[[bytes, bytes], Files]:
    return lambda even, odd: pair(change(even), change(odd))


def on_image(change: Callable[[bytes], bytes]) -> Callable[[bytes, bytes], Files]:
    return lambda even, odd: {"dump.bin": change(both(even, odd))}


def mirrored(value: int) -> int:
    return int(f"{value:08b}"[::-1], 2)


def nibbles(value: int) -> int:
    return value >> 4 | value << 4


MIXED = random.Random(77).randbytes(HALF)
SHUFFLES: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "bits reversed": ("bit-order", lambda data: valued(data, mirrored)),
    "nibbles exchanged": ("nibble-order", lambda data: valued(data, nibbles)),
    "inverted": ("inverted", lambda data: valued(data, lambda value: ~value)),
    "bytes of words exchanged": ("byte-order", lambda data: moved(data, lambda at: at ^ 1)),
    "addresses backwards": ("address-order", lambda data: data[::-1]),
    "begins in the middle": ("half-order", lambda data: data[HALF // 2 :] + data[: HALF // 2]),
    "begins at a quarter": ("offset", lambda data: data[HALF // 4 :] + data[: HALF // 4]),
    "D4 inverted": ("inverted-line", lambda data: valued(data, lambda value: value ^ 16)),
    "A9 inverted": ("inverted-line", lambda data: moved(data, lambda at: at ^ 0x200)),
    "D0 and D7 exchanged": ("exchanged-lines", lambda data: valued(data, lambda value: exchanged(value, 0, 7))),
    "A3 and A12 exchanged": ("exchanged-lines", lambda data: moved(data, lambda at: exchanged(at, 3, 12))),
    "A14 and A15 exchanged": ("exchanged-lines", lambda data: moved(data, lambda at: exchanged(at, 14, 15))),
}
"""Harms of one chip that lose nothing and keep its length, with the code they must be found by."""

QUARTERS = ("offset", "exchanged-lines", "inverted-line")
"""What may have happened where the chip's quarters changed places: with blank quarters, nobody can tell these apart."""

HARMS: dict[str, Harm] = {
    **{
        f"{which} {name}": Harm(on(change), (code,), QUARTERS if code == "offset" else (code,))
        for which, on in (("IC23", on_odd), ("both", on_both)) for name, (code, change) in SHUFFLES.items()
    },
    "IC23 bits reversed and inverted": Harm(
        on_odd(lambda data: valued(data, lambda value: ~mirrored(value))), ("inverted", "bit-order"), (),
        "mends", "anything",
    ),
    "IC23 with two pairs of lines exchanged": Harm(
        on_odd(lambda data: moved(valued(data, lambda v: exchanged(v, 1, 6)), lambda at: exchanged(at, 2, 5))),
        ("half-unknown", "reset-vector"), ("exchanged-lines",), "mends", "anything",
    ),
    "halves swapped": Harm(lambda even, odd: {"dump.bin": both(odd, even)}, ("halves-swapped",), ("halves-swapped",)),
    "halves one behind the other": Harm(lambda even, odd: {"dump.bin": even + odd}, ("joined",), ("joined",)),
    "odd half first": Harm(lambda even, odd: {"dump.bin": odd + even}, ("joined",), ("joined",)),
    "interleaved by words": Harm(
        lambda even, odd: {"dump.bin": b"".join(even[at : at + 2] + odd[at : at + 2] for at in range(0, HALF, 2))},
        ("interleave",), ("interleave",),
    ),
    "interleaved by 32 KB": Harm(
        lambda even, odd: {"d.bin": even[: HALF // 2] + odd[: HALF // 2] + even[HALF // 2 :] + odd[HALF // 2 :]},
        ("interleave",), ("interleave",),
    ),
    "image of words exchanged": Harm(
        on_image(lambda data: moved(data, lambda at: at ^ 2)), ("inverted-line", "byte-order"),
        ("inverted-line", "byte-order"),
    ),
    "image bits reversed": Harm(on_image(lambda data: valued(data, mirrored)), ("bit-order",), ("bit-order",)),
    "one chip twice": Harm(lambda even, odd: {"dump.bin": both(even, even)}, ("same-half",), ("same-half",), "half",
                           "refuses"),
    "names the wrong way round": Harm(
        lambda even, odd: {"ic23.bin": even, "ic32.bin": odd}, ("wrong-half",), ("halves-swapped",),
    ),
    "read as 27C010, twice": Harm(on_both(lambda data: data * 2), ("overdump",), ("overdump",)),
    "read as 27C010, FF behind": Harm(on_both(lambda data: data + b"\xff" * HALF), ("overdump",), ("overdump",)),
    "read as 27C010, FF before": Harm(on_odd(lambda data: b"\xff" * HALF + data), ("overdump",), ("overdump",)),
    "read as 27C040": Harm(on_odd(lambda data: data * 8), ("overdump",), ("overdump",)),
    "read as 16 bits, FF": Harm(
        on_odd(lambda data: both(data, b"\xff" * HALF)), ("wide-reader",), ("wide-reader",)),
    "read as 16 bits, 00 first": Harm(on_odd(lambda data: both(bytes(HALF), data)), ("wide-reader",), ("wide-reader",)),
    "read as 16 bits, twice": Harm(on_odd(lambda data: both(data, data)), ("same-half",), ("same-half",)),
    "read as 27C256": Harm(on_odd(lambda data: data[: HALF // 2]), ("half-size",), ("half-size",), "half", "refuses"),
    "read as 27C256, upper half": Harm(
        on_odd(lambda data: data[HALF // 2 :]), ("half-size",), ("half-size",), "half", "refuses"),
    "A15 low": Harm(on_odd(lambda data: data[: HALF // 2] * 2), ("repeated",), ("repeated",), "half", "refuses"),
    "A15 high": Harm(on_odd(lambda data: data[HALF // 2 :] * 2), ("repeated",), ("repeated",), "half", "refuses"),
    "A14 high": Harm(
        on_odd(lambda data: moved(data, lambda at: at | 0x4000)), ("stuck-line",), ("stuck-line",), "half", "refuses"),
    "A0 low": Harm(
        on_odd(lambda data: moved(data, lambda at: at & ~1)), ("stuck-line",), ("stuck-line",), "half", "refuses"),
    "D3 high": Harm(
        on_odd(lambda data: valued(data, lambda v: v | 8)), ("stuck-line",), ("stuck-line",), "half", "refuses"),
    "D7 low": Harm(
        on_odd(lambda data: valued(data, lambda v: v & 127)), ("stuck-line",), ("stuck-line",), "half", "refuses"),
    "D1 and D5 tied": Harm(
        on_odd(lambda data: valued(data, lambda v: v & ~0x20 | (v & 2) << 4)), ("tied-data-lines",),
        ("tied-data-lines",), "half", "refuses"),
    "A9 and A12 tied": Harm(
        on_odd(lambda data: moved(data, lambda at: at if at & 0x1200 == 0x1200 else at & ~0x1200)),
        ("tied-address-lines",), ("tied-address-lines",), "half", "refuses"),
    "D4 low in a part": Harm(
        on_odd(lambda data: within(data, lambda d: valued(d, lambda v: v & ~16))), ("part-stuck",), ("part-stuck",),
        "half", "refuses"),
    "D2 high in a part": Harm(
        on_odd(lambda data: within(data, lambda d: valued(d, lambda v: v | 4))), ("part-stuck",), ("part-stuck",),
        "half", "refuses"),
    "A2 dead in a part": Harm(
        on_odd(lambda data: within(data, lambda d: moved(d, lambda at: at & ~4))), ("part-address",),
        ("part-address",), "half", "refuses"),
    "D6 follows D5": Harm(
        on_odd(lambda data: follows(data, 6, 5, 0.98)), ("following-lines",), ("following-lines",), "half", "refuses"),
    "came loose for a while": Harm(
        on_odd(lambda data: within(data, lambda d: b"\xff" * HALF)), ("part-blank",), ("part-blank",), "half",
        "refuses"),
    "blank": Harm(on_odd(lambda data: b"\xff" * HALF), ("blank",), ("blank",), "half", "refuses"),
    "one bit wrong": Harm(
        on_odd(lambda data: within(data, lambda d: valued(d, lambda v: v ^ 1), 0x8300, 0x8301)), ("wrong-bits",), (),
        "mends", "anything"),
    "header on IC23": Harm(on_odd(lambda data: b"READER 1.0  27512" + bytes(15) + data), ("overdump",), ("overdump",)),
    "header on both": Harm(on_both(lambda data: bytes(range(64)) + data), ("overdump",), ("overdump",)),
    "trailer on IC23": Harm(on_odd(lambda data: data + b"END " * 32), ("overdump",), ("overdump",)),
    "header and trailer": Harm(on_odd(lambda data: b"HEAD" * 4 + data + b"sum!"), ("overdump",), ("size",), "mends",
                               "refuses"),
    "header on the image": Harm(on_image(lambda data: b"M1" * 64 + data), ("overdump",), ("overdump",)),
    "cut short by 3": Harm(on_odd(lambda data: data[:-3]), ("cut-short",), ("size",), "mends", "refuses"),
    "cut short by 999": Harm(on_odd(lambda data: data[:-999]), ("size",), ("size",), "half", "refuses"),
    "sent in text mode": Harm(
        on_odd(lambda data: data.replace(b"\n", b"\r\n")), ("text-transfer",), ("text-transfer",)),
    "sent as UTF-8": Harm(
        on_odd(lambda data: data.decode("latin-1").encode("utf-8")), ("text-transfer",), ("text-transfer",)),
    "read by a text program": Harm(
        on_odd(lambda data: data.decode("utf-8", "replace").encode("utf-8")), ("text-lost",), ("text-lost",), "half",
        "refuses"),
    "Intel HEX": Harm(lambda even, odd: {"ic32.hex": intel(even), "ic23.hex": intel(odd)}, (), ()),
    "Intel HEX of the image at E0000": Harm(lambda even, odd: {"m1.hex": intel(both(even, odd), 0xE0000)}, (), ()),
    "S-records": Harm(lambda even, odd: {"ic32.s19": motorola(even), "ic23.mot": motorola(odd)}, (), ()),
    "TI-TXT": Harm(lambda even, odd: {"ic32.txt": ti_txt(even), "ic23.txt": ti_txt(odd)}, (), ()),
    "a listing": Harm(lambda even, odd: {"ic32.txt": listing(even), "ic23.txt": listing(odd)}, (), ()),
    "Intel HEX with a damaged line": Harm(
        lambda even, odd: {"ic32.bin": even, "ic23.hex": damaged(intel(odd))}, ("text-damaged",), ("text-damaged",),
        "half", "refuses"),
    "Intel HEX that ends early": Harm(
        lambda even, odd: {"ic32.bin": even, "ic23.hex": intel(odd)[:0x8000]}, ("text-end",), ("text-end",), "half",
        "refuses"),
    "a zip in a zip": Harm(lambda even, odd: {"m1.zip": zipped({"in.zip": zipped(pair(even, odd))})}, (), ()),
    "gzip": Harm(lambda even, odd: {"ic32.bin.gz": gzip.compress(even, mtime=0), "ic23.27C512": odd}, (), ()),
    "four chips in one file": Harm(
        lambda even, odd: {"four.bin": bytes(HALF) + both(even, odd) + MIXED[:HALF]}, (), (), "mends"),
}


def damaged(text: bytes) -> bytes:
    """One digit of line 2100, in the code, is another one."""
    rows = text.split(b"\r\n")
    rows[2100] = rows[2100][:20] + (b"0" if rows[2100][20:21] != b"0" else b"1") + rows[2100][21:]
    return b"\r\n".join(rows)
