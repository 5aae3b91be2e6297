"""Builds the firmware OpenM1: NASM, the ROM sums, the two halves of each version's pair.

    python tools/build_openm1.py            write emu/korgm1/firmware/openm1_ic32.bin (#24's), openm1_19_ic32.bin ...
    python tools/build_openm1.py --check    compare a fresh build with them byte for byte
    python tools/build_openm1.py --map DIR  write NASM's map of each version instead: DIR/openm1_19.map ...

Reproducible: the image depends on the source and on the directory of the open wave ROM (tools/openm1_tables.py). After
a change of the recipes in korgm1.waves run tools/build_waves.py, then this. NASM 2.14 or later is needed here, not to
install the package.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import needs_korgm1  # noqa: F401
import openm1_tables
from korgm1.files import write_atomic
from korgm1.romset.openm1 import DEFAULT, OPENM1_BUILDS
from korgm1.waves.bank import open_bank

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "roms" / "openm1"
FIRMWARE = ROOT / "emu" / "korgm1" / "firmware"
IMAGE_SIZE = 0x20000
SUMS_AT = IMAGE_SIZE - 4
"""Last four bytes: sum of the even bytes, sum of the odd bytes before them, 16 bits each, low byte first."""


def assemble(key: str = DEFAULT, symbols: Path | None = None) -> bytes:
    """The 128 KB image E0000-FFFFF of one version, sums filled in; SystemExit with NASM's message if it fails.

    Args:
        key: one of `OPENM1_BUILDS`.
        symbols: a file for NASM's map, or None.
    """
    nasm = shutil.which("nasm")
    if nasm is None:
        raise SystemExit("nasm not found: install it (Debian: apt-get install nasm)")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "openm1.bin"
        bank = open_bank()
        (Path(folder) / "sound_tables.inc").write_text(openm1_tables.include(bank))
        (Path(folder) / "name_tables.inc").write_text(openm1_tables.names(bank))
        (Path(folder) / "map.inc").write_text("[map all map.txt]\n" if symbols else "")
        command = [
            nasm, "-Ox", "-f", "bin", "-Wall", "-Werror", f"-DOPENM1_BUILD={int(key)}", "-P", f"{folder}/map.inc",
            "-I", f"{folder}/", "-I", f"{SOURCE}/", "-o", str(target), str(SOURCE / "openm1.asm"),
        ]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"nasm failed:\n{run.stderr}")
        image = bytearray(target.read_bytes())
        if symbols:
            write_atomic(symbols, (Path(folder) / "map.txt").read_bytes())
    if len(image) != IMAGE_SIZE:
        raise SystemExit(f"image of {len(image)} bytes, expected {IMAGE_SIZE}")
    for half in range(2):
        total = sum(image[half:SUMS_AT:2]) & 0xFFFF
        image[SUMS_AT + 2 * half : SUMS_AT + 2 * half + 2] = total.to_bytes(2, "little")
    return bytes(image)


def split(image: bytes, key: str = DEFAULT) -> dict[str, bytes]:
    """The pair by file name: IC32 has the even bytes (low lane), IC23 the odd ones (high lane)."""
    even, odd = OPENM1_BUILDS[key].files
    return {even: image[0::2], odd: image[1::2]}


def main(arguments: list[str] | None = None) -> int:
    """0, or 1 if --check finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="compare with the committed pairs instead of writing them")
    parser.add_argument("--map", type=Path, metavar="DIR", help="write NASM's map of each version there, no more")
    options = parser.parse_args(arguments)
    different = 0
    if options.map:
        options.map.mkdir(parents=True, exist_ok=True)
        for key in OPENM1_BUILDS:
            assemble(key, options.map / f"openm1_{key}.map")
        return 0
    fresh = {name: data for key in OPENM1_BUILDS for name, data in split(assemble(key), key).items()}
    for name, data in fresh.items():
        path = FIRMWARE / name
        if not options.check:
            write_atomic(path, data)
            print(f"{path.relative_to(ROOT)}: {len(data)} bytes")
        elif not path.is_file() or path.read_bytes() != data:
            print(
                f"{path.relative_to(ROOT)} is not what its source and the waves' directory make; run "
                "tools/build_openm1.py (after a change of the waves as well)",
                file=sys.stderr,
            )
            different = 1
    return different


if __name__ == "__main__":
    raise SystemExit(main())
