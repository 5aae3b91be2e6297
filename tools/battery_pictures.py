"""Draw the pictures of the README and of docs/battery.md by the commands that stand beside them there.

The commands work on `my.sram`: OpenM1's memory with a bank of programs that have names. What OpenM1 draws is the same
on every host; a plot's bytes also depend on the version of matplotlib.

    .venv/bin/python tools/battery_pictures.py [--sram FILE]

--sram FILE: only write that memory, to try the commands with.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import shlex
import tempfile
from pathlib import Path

import needs_korgm1  # noqa: F401
from korgm1.cli import main
from korgm1.files import write_atomic
from korgm1.session import Session
from korgm1.sysex import HEAD, NAME_SIZE, PROGRAM_SIZE, pack, unpack

DOCS = Path(__file__).resolve().parents[1] / "docs"
COMMANDS = {
    "battery-good.png": "korgm1 age --sram my.sram --years 5 --use 3h/week --on --png battery-good.png",
    "battery-weak.png": "korgm1 age --sram my.sram --cell CR2032@2.45 --off 1mo --on --png battery-weak.png",
    "battery-dead.png": "korgm1 age --sram my.sram --years 20 --use 3h/week --on --png battery-dead.png",
    "battery-life.png": (
        "korgm1 age --sram my.sram --years 13 --temp 28 --use 3h/week --on --off-switch --swap-cell 5s --on "
        "--plot battery-life.png"
    ),
    "battery-out.png": "korgm1 age --sram my.sram --years 9 --cell-out 40s --on --plot battery-out.png",
    "battery-map.png": "korgm1 sram map my.sram --against worn.sram -o battery-map.png",
}
"""Picture -> its command."""
BEFORE = {"battery-map.png": "korgm1 age --sram my.sram --cell CR2032@2.3 --off 22mo -o worn.sram"}
"""Picture -> the command that makes what its own needs."""
NAMES = (
    "My Piano", "Slow Glass", "Bass Line", "Night Bus", "Organ One", "Tin Roof", "Warm Pad", "Bells Afar", "Brass Band",
    "Old Choir",
)
COUNT = 100


def my_sram() -> bytes:
    """OpenM1's RAM with a bank of named programs, received over MIDI."""
    session = Session()
    session.boot()
    session.midi_in(HEAD + b"\x1c\x00\xf7")
    session.run(9)
    answer = bytes(byte for byte in session.midi_out if byte != 0xFE)
    start = answer.index(HEAD + b"\x4c")
    bank = bytearray(unpack(answer[start + 6 : answer.index(b"\xf7", start)]))
    for number in range(COUNT):
        name = NAMES[number % 10] + (f" {number // 10}" if number >= 10 and len(NAMES[number % 10]) < 9 else "")
        bank[number * PROGRAM_SIZE : number * PROGRAM_SIZE + NAME_SIZE] = name.ljust(NAME_SIZE).encode()
    session.midi_in(answer[start : start + 6] + pack(bytes(bank)) + b"\xf7")
    session.run(9)
    session.power_off()
    return session.sram


def draw(folder: Path, wanted: list[str]) -> None:
    """Run the commands of some pictures in a folder that has `my.sram`."""
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        for name in wanted:
            for command in (BEFORE.get(name), COMMANDS[name]):
                if command and main(shlex.split(command)[1:]):
                    raise SystemExit(f"{command} failed")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sram", metavar="FILE", help="only write the memory")
    given = parser.parse_args()
    if given.sram:
        write_atomic(Path(given.sram), my_sram())
        raise SystemExit
    with tempfile.TemporaryDirectory() as scratch:
        Path(scratch, "my.sram").write_bytes(my_sram())
        draw(Path(scratch), list(COMMANDS))
        for picture in COMMANDS:
            write_atomic(DOCS / picture, Path(scratch, picture).read_bytes())
            print(f"docs{os.sep}{picture}")
