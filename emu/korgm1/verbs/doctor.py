"""korgm1 doctor: what this installation can do."""

from __future__ import annotations

import argparse
import json
import os
import platform
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from korgm1 import __version__
from korgm1.errors import pip_install
from korgm1.machine.engines import NAMES

PACKAGES = ("unicorn", "cffi", "numpy", "scipy", "pygame-ce", "sounddevice", "mido", "python-rtmidi", "platformdirs",
            "matplotlib", "pyarrow", "distributed")
OPTIONAL = {
    "python-rtmidi": "not installed; real MIDI ports need it: " + pip_install("python-rtmidi"),
    "matplotlib": "not installed; pictures (--plot, scope -o, wave plot) need it: " + pip_install("korgm1[plot]"),
    "pyarrow": "not installed; .parquet files need it: " + pip_install("korgm1[sweep]"),
    "distributed": "not installed; sweep --scheduler needs it: " + pip_install("korgm1[cluster]"),
}

EPILOG = """\
examples:
  korgm1 doctor
  korgm1 doctor --json
"""


def add_parser(subparsers: Any, probes: Mapping[str, Callable[[], str]]) -> None:
    """Put this verb on the command line.

    Args:
        subparsers: where to.
        probes: the frontends' own checks, name -> a function that says in a sentence what it found.
    """
    parser = subparsers.add_parser(
        "doctor",
        help="versions, engines, display, audio, MIDI, ROMs found",
        description="Say what this installation has and can do, with a hint where something is missing.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=lambda args: run(args, probes))


def examine(probes: Mapping[str, Callable[[], str]]) -> dict[str, dict[str, str]]:
    """Everything `doctor` prints: section -> item -> sentence."""
    return {
        "korgm1": {"version": __version__, "python": platform.python_version(), "system": platform.platform()},
        "packages": {name: _package(name) for name in PACKAGES},
        "engines": {name: _engine(name) for name in NAMES},
        "host": {name: probe() for name, probe in probes.items()},
        "roms": _roms(),
    }


def run(args: argparse.Namespace, probes: Mapping[str, Callable[[], str]]) -> int:
    """Print the findings; what is missing is not an error."""
    found = examine(probes)
    if args.json:
        print(json.dumps(found, indent=2))
        return 0
    for section, rows in found.items():
        print(section)
        for name, sentence in rows.items():
            print(f"  {name:14} {sentence}")
    return 0


def _package(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return OPTIONAL.get(name, "not installed; " + pip_install(name))


def _engine(name: str) -> str:
    from korgm1.errors import M1Error
    from korgm1.session import Session

    try:
        session = Session(engine=name)
        session.power_on()
        session.run(0.05)
        return f"works ({session.machine.engine.instructions:,} instructions in 0.05 s)"
    except M1Error as error:
        return str(error)


def _roms() -> dict[str, str]:
    from korgm1.errors import M1Error
    from korgm1.romset.load import load_os
    from korgm1.romset.openm1 import OPENM1_BUILDS

    own = load_os(None, "m1")
    rows = {"embedded": f"{own.name} {own.version}, sha1 {own.sha1}"}
    for build in OPENM1_BUILDS.values():
        try:
            rows[build.word] = f"OpenM1 {build.version}, sha1 {load_os(build.word, build.models[0]).sha1}"
        except M1Error as error:
            rows[build.word] = error.found
    places = {"$KORGM1_ROMS": os.environ.get("KORGM1_ROMS", ""), "roms/": "roms" if Path("roms").is_dir() else ""}
    for label, place in places.items():
        if not place:
            rows[label] = "not set" if label.startswith("$") else "no such folder here"
            continue
        try:
            found = load_os(Path(place), "m1")
            rows[label] = f"{found.name} {found.version}, sha1 {found.sha1}"
        except M1Error as error:
            rows[label] = error.found
    return rows
