"""Make the open wave ROM (emu/korgm1/waves/openwaves.kwv) unless it is there, made from these recipes.

    python3 tools/build_waves.py            what setup.py does at installation
    python3 tools/build_waves.py --force    make it again
    python3 tools/build_waves.py --check    make it, and compare it with the one that is there (exit code 1: different)

Needs numpy. It takes some seconds.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "emu"


def build_waves(source: Path = SOURCE, force: bool = False, check: bool = False) -> int:
    """Make the file below `source` (the folder that holds korgm1); returns the exit code."""
    sys.path.insert(0, str(source))
    try:
        from korgm1.files import write_atomic
        from korgm1.waves.bank import FILE, made_from, pack, recipes_sha1
        from korgm1.waves.build import build
    finally:
        sys.path.remove(str(source))
    path = source / "korgm1" / "waves" / FILE
    recipes = recipes_sha1(source / "korgm1" / "waves")
    there = path.read_bytes() if path.exists() else b""
    if not force and not check and made_from(there) == recipes:
        return 0
    begun = time.perf_counter()
    data = pack(build(), recipes)
    took = time.perf_counter() - begun
    if check:
        print(f"{FILE}: {'the same' if data == there else 'different'} ({took:.1f} s)")
        return 0 if data == there else 1
    write_atomic(path, data)
    print(f"{FILE}: {len(data):,} bytes in {took:.1f} s")
    return 0


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Make the open wave ROM.")
    parser.add_argument("--force", action="store_true", help="also where it is up to date")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    args = parser.parse_args()
    return build_waves(force=args.force, check=args.check)


if __name__ == "__main__":
    sys.exit(main())
