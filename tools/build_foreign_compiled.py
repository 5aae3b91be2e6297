"""Builds the firmware of tests/foreign/compiled with bcc, as86 and ld86: two versions, and the maps of what is where.

    python tools/build_foreign_compiled.py            write tests/foreign/compiled/system24.zip, system24.csv ...
    python tools/build_foreign_compiled.py --check    compare a fresh build with them byte for byte
    python tools/build_foreign_compiled.py --raw DIR  write the plain images there: DIR/system24.bin ...

The compiler knows one code segment. Functions called `far_...` are made far here: RETF, arguments two bytes higher,
CALL FAR to the segment that has them. Each segment is linked by itself; what it needs of the others comes as numbers,
which a second pass fills in.
Needed here and by its tests only: Debian's bcc and bin86.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import needs_korgm1  # noqa: F401
from korgm1.files import write_atomic

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "tests" / "foreign" / "compiled"
VERSIONS = (24, 31)
TOOLS = ("bcc", "as86", "ld86")
IMAGE_SIZE = 0x20000
BASE = 0xE0000
DATA_SEGMENT = 0x80
STACK_TOP = 0x4000
TICKS = {24: 4000, 31: 8000}
UNUSED = 0xFF
PLACEHOLDER = 0x1234
EMPTY = "none"
NO_CODE = ("begin", "setup")
"""Names of data among the code."""


@dataclass(frozen=True)
class Part:
    """A segment of the image.

    Attributes:
        name: as the map calls it.
        segment: where it runs.
        sources: its files, linked in this order.
        data: what is wanted of the linker's output is data, not code.
    """

    name: str
    segment: int
    sources: tuple[str, ...]
    data: bool = False


PARTS = (
    Part("strings", 0xE800, ("strings.s",), True),
    Part("names", 0xEC00, ("names.s",), True),
    Part("main", 0xF000, ("start.s", "main.c", "lcd.c", "ui.c", "hard.c", "vars.c")),
    Part("second", 0xE000, ("second.s", "midi.c", "store.c")),
)


@dataclass(frozen=True)
class Symbol:
    """A name of the linker's map: its part, section ("text", "data") and offset in the segment it is used with."""

    name: str
    part: str
    section: str
    offset: int


def missing() -> str:
    """The first tool that is not there; "" if all are."""
    return next((tool for tool in TOOLS if shutil.which(tool) is None), "")


def _run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def _made_far(text: str, segments: dict[str, int]) -> str:
    """The compiler's assembly with far functions: `segments` says where each far function is."""
    lines = []
    far = False
    for line in text.splitlines():
        if match := re.match(r"export\s+_(\w+)", line):
            far = match[1].startswith("far_")
        if match := re.match(r"call\s+_(far_\w+)$", line):
            line = f"callf\t#_{match[1]},#${segments[match[1]]:04X}"
        elif far and line == "ret":
            line = "retf"
        elif far and (match := re.search(r"(?<![\w+$.-])(\$?[0-9A-F]+)\[bp\]", line)):
            number = int(match[1][1:], 16) if match[1].startswith("$") else int(match[1])
            line = line.replace(match[0], f"{number + 2}[bp]")
        lines.append(line)
    return "\n".join(lines) + "\n"


def _sources(part: Part, version: int, segments: dict[str, int], folder: Path) -> dict[str, str]:
    """Assembly by the name of its source."""
    texts = {}
    for source in part.sources:
        texts[source] = (SOURCE / source).read_text()
        if source.endswith(".c"):
            command = ("bcc", "-0", "-O", "-S", f"-DVERSION={version}", "-o", f"{source}.s", str(SOURCE / source))
            _run(*command, folder=folder)
            texts[source] = _made_far((folder / f"{source}.s").read_text(), segments)
    return texts


def _link(part: Part, texts: dict[str, str], known: dict[str, int], folder: Path) -> tuple[bytes, bytes, list[Symbol]]:
    """Code, initialised data and names of one part; `known` has what lies elsewhere, 1234 is for what is not yet."""
    own = {name for text in texts.values() for name in re.findall(r"^(?:export|\.comm)\s+(\w+)", text, re.MULTILINE)}
    for source, text in texts.items():
        far = dict.fromkeys(re.findall(r"callf\s+#(\w+)", text), PLACEHOLDER)
        used = set(re.findall(r"\b_\w+|\b[A-Z_]{4,}\b", text)) - own
        head = "".join(f"{name} = ${value:04X}\n" for name, value in sorted((far | known).items()) if name in used)
        (folder / f"{source}.in").write_text(head + text)
        module = source.partition(".")[0]
        _run("as86", "-0", "-u", "-w", "-O", "-n", module, "-o", f"{source}.o", f"{source}.in", folder=folder)
    objects = [f"{source}.o" for source in texts]
    told = _run("ld86", "-0", "-i", "-M", "-T", "0", "-D", "0", "-o", "a.out", *objects, folder=folder)
    output = (folder / "a.out").read_bytes()
    header, (code, data) = output[4], struct.unpack_from("<2I", output, 8)
    rows = re.findall(r"^ +\w+ +(\w+) +([0-9a-f]) +([0-9a-f]{8}) +R", told, re.MULTILINE)
    symbols = [Symbol(name, part.name, "data" if int(number) else "text", int(at, 16)) for name, number, at in rows]
    return output[header : header + code], output[header + code :][:data], sorted(symbols, key=lambda row: row.offset)


def build(version: int) -> tuple[bytes, list[Symbol]]:
    """The image E0000-FFFFF of one version, and its names; SystemExit with the tool's words if one fails."""
    low, high = TICKS[version] & 0xFF, TICKS[version] >> 8
    known = {
        "VERSION": version, "TICK_LOW": low, "TICK_HIGH": high, "DATA_SEGMENT": DATA_SEGMENT,
        "STACK_TOP": STACK_TOP, "DATA_SIZE": PLACEHOLDER, "DATA_ROM": PLACEHOLDER,
    }
    far_to = {}
    for part in PARTS:
        for source in part.sources:
            for name in re.findall(r"^(?:\w+ )?(far_\w+)\(\w*\)$", (SOURCE / source).read_text(), re.MULTILINE):
                far_to[name] = part.segment
    image = bytearray([UNUSED]) * IMAGE_SIZE
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = {part.name: _sources(part, version, far_to, folder) for part in PARTS}
        for _ in range(2):
            symbols = []
            for part in PARTS:
                code, data, found = _link(part, texts[part.name], known, folder)
                symbols += found
                known |= {row.name: row.offset for row in found if re.match("_[A-Za-z]", row.name)}
                at = (part.segment << 4) - BASE
                if part.data:
                    image[at : at + len(data)] = data
                    continue
                image[at : at + len(code)] = code
                if part.name == "main":
                    paragraph = (len(code) + 15) // 16
                    image[at + 16 * paragraph : at + 16 * paragraph + len(data)] = data
                    known |= {"DATA_SIZE": len(data), "DATA_ROM": part.segment + paragraph}
    start = next(row for row in symbols if row.name == "start")
    image[0x1FFF0:0x1FFF5] = b"\xea" + struct.pack("<2H", start.offset, 0xF000)
    return bytes(image), symbols


def table(symbols: list[Symbol]) -> str:
    """The map as CSV: address in the memory, name, kind (function, data, ram), as `korgm1 trace --symbols` reads it."""
    rows = set()
    for row in symbols:
        part = next(part for part in PARTS if part.name == row.part)
        if row.section == "text":
            kind, segment = ("data" if row.name in NO_CODE else "function"), part.segment
        else:
            kind, segment = ("data", part.segment) if part.data else ("ram", DATA_SEGMENT)
        twice = any(other.name == row.name and other.part != row.part for other in symbols)
        name = f"{row.name}_{row.part}" if twice else row.name
        if row.name != EMPTY:
            rows.add(f"{(segment << 4) + row.offset:05X},{name},{kind}")
    return "\n".join(["address,name,kind", *sorted(rows)]) + "\n"


def packed(name: str, image: bytes) -> bytes:
    """A zip of one file, without a date."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(name), image, zipfile.ZIP_DEFLATED)
    return out.getvalue()


def main(arguments: list[str] | None = None) -> int:
    """0, or 1 if --check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed files instead of writing them")
    parser.add_argument("--raw", type=Path, metavar="DIR", help="write the plain images there, no more")
    options = parser.parse_args(arguments)
    if tool := missing():
        raise SystemExit(f"{tool} not found: install bcc and bin86 (Debian: apt-get install bcc bin86)")
    different = 0
    for version in VERSIONS:
        image, symbols = build(version)
        name = f"system{version}"
        if options.raw:
            write_atomic(options.raw / f"{name}.bin", image)
        elif options.check:
            with zipfile.ZipFile(SOURCE / f"{name}.zip") as archive:
                same = archive.read(f"{name}.bin") == image
            if not same or (SOURCE / f"{name}.csv").read_text() != table(symbols):
                print(f"tests/foreign/compiled/{name} is not what its source makes", file=sys.stderr)
                different = 1
        else:
            write_atomic(SOURCE / f"{name}.zip", packed(f"{name}.bin", image))
            write_atomic(SOURCE / f"{name}.csv", table(symbols).encode())
    return different


if __name__ == "__main__":
    raise SystemExit(main())
