"""Builds the foreign firmware of tests/foreign/handmade with NASM: images of 128 KB, and NASM's map of each.

    python tools/build_foreign_handmade.py DIR              handmade_307.bin, handmade_307.map ... of all variants
    python tools/build_foreign_handmade.py DIR 307 star     of these only

The images are written for tests and are not kept anywhere.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

import needs_korgm1  # noqa: F401
from korgm1.files import write_atomic

SOURCE = Path(__file__).resolve().parent.parent / "tests" / "foreign" / "handmade"
IMAGE_SIZE, PART = 0x20000, 0x8000


class Variant(NamedTuple):
    """One image.

    Attributes:
        build: its version, 307 for 3.07.
        defines: what NASM is told besides.
        repeated: the 32 KB stand four times in the image; else what is not used is FF.
    """

    build: int
    defines: tuple[str, ...] = ()
    repeated: bool = False


VARIANTS = {
    "307": Variant(307), "308": Variant(308), "311": Variant(311),
    "star": Variant(307, ("STAR",)), "wait": Variant(307, ("WAIT",)), "repeated": Variant(307, repeated=True),
}


def assemble(key: str) -> tuple[bytes, str]:
    """An image of 131,072 bytes and NASM's map of it; SystemExit with NASM's message if it fails.

    Args:
        key: one of `VARIANTS`.
    """
    nasm = shutil.which("nasm")
    if nasm is None:
        raise SystemExit("nasm not found: install it (Debian: apt-get install nasm)")
    variant = VARIANTS[key]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "map.inc").write_text("[map all map.txt]\n")
        target = Path(folder) / "part.bin"
        command = [
            nasm, "-Ox", "-f", "bin", "-Wall", "-Werror", f"-DBUILD={variant.build}",
            *(f"-D{name}=1" for name in variant.defines), "-P", f"{folder}/map.inc", "-I", f"{SOURCE}/",
            "-o", str(target), str(SOURCE / "handmade.asm"),
        ]
        run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        if run.returncode:
            raise SystemExit(f"nasm failed:\n{run.stderr}")
        part, symbols = target.read_bytes(), (Path(folder) / "map.txt").read_text()
    if len(part) != PART:
        raise SystemExit(f"{len(part)} bytes, expected {PART}")
    image = part * (IMAGE_SIZE // PART) if variant.repeated else part.rjust(IMAGE_SIZE, b"\xff")
    return image, symbols


def main(arguments: list[str] | None = None) -> int:
    """0."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the images go")
    parser.add_argument("keys", nargs="*", metavar="VARIANT", help=f"of {', '.join(VARIANTS)}; all")
    options = parser.parse_args(arguments)
    unknown = set(options.keys) - set(VARIANTS)
    if unknown:
        parser.error(f"no variant {', '.join(sorted(unknown))}; there are {', '.join(VARIANTS)}")
    options.folder.mkdir(parents=True, exist_ok=True)
    for key in options.keys or VARIANTS:
        image, symbols = assemble(key)
        write_atomic(options.folder / f"handmade_{key}.bin", image)
        write_atomic(options.folder / f"handmade_{key}.map", symbols.encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
