"""The house's layers: an import may only point downwards, and third-party modules have one importer a layer."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import korgm1

PACKAGE = Path(korgm1.__file__).parent
LAYERS = (
    {"errors", "clock", "line", "snapshot", "hypotheses", "files", "serial_frame", "firmware", "quantities", "sysex",
     "midi_stream", "symbols", "_native", "__init__"},
    {"physics"},
    {"waves"},
    {"bus"},
    {"onchip"},
    {"board"},
    {"sound"},
    {"cpu"},
    {"machine"},
    {"romset"},
    {"analysis"},
    {"recording", "result", "tracing", "trace_blocks", "trace_reading", "profiling", "sram_layout", "cardfile", "syx"},
    {"session"},
    {"replay", "lifetime", "performance", "observing"},
    {"scenario", "sweep", "workers"},
    {"tapping", "experiments", "faultmap"},
    {"comparing"},
    {"debugging", "desk", "keymap"},
    {"verbs"},
    {"frontends"},
    {"cli", "start", "__main__"},
)
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
DEVICES = {"onchip", "board", "sound"}
STDLIB_ONLY = {name for name in RANK if RANK[name] <= RANK["onchip"]} - {"_native", "physics", "waves"}
OWNERS = {
    "unicorn": {"cpu"},
    "pygame": {"frontends"},
    "sounddevice": {"frontends"},
    "rtmidi": {"frontends"},
    "mido": {"verbs", "frontends"},
    "matplotlib": {"verbs"},
    "platformdirs": {"verbs", "frontends"},
    "distributed": {"sweep"},
    "pyarrow": {"sweep", "tapping"},
    "scipy": {"sound"},
    "korgm1._native": {"cpu", "sound"},
}
"""Imported in one file of each of these layers. cffi belongs to the build: no module imports it."""
SHARED = {"numpy": {"physics", "waves"} | {name for name in RANK if RANK[name] >= RANK["board"]}}
"""Imported by any file of these layers."""
MODULES = sorted(PACKAGE.rglob("*.py"))

def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")

def imports(path: Path) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found

@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    mine = layer(path)
    assert mine in RANK, f"{mine} has no place in the layers"
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "korgm1" or len(parts) < 2 or parts[1] == "__version__":
            continue
        theirs = parts[1]
        assert RANK[theirs] <= RANK[mine], f"{path.name} ({mine}) imports {name} ({theirs}), which lies above it"

@pytest.mark.parametrize("path", [p for p in MODULES if layer(p) in DEVICES],
                         ids=lambda p: str(p.relative_to(PACKAGE)))
def test_devices_do_not_import_each_other(path: Path) -> None:
    """Data and views of one part may be split over modules whose names begin alike (lcd_hd44780, lcd_font). `native`
    is no device: it is where the sound layer imports the extension."""
    family = {path.stem.split("_")[0], "native"}
    for name in imports(path):
        parts = name.split(".")
        if parts[0] == "korgm1" and len(parts) > 2 and parts[1] in DEVICES:
            same = parts[1] == layer(path) and parts[2].split("_")[0] in family
            assert same, f"{path.name} imports the device {name}"

@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_third_party_modules_are_imported_by_their_owners_only(path: Path) -> None:
    for name in imports(path):
        top = name.split(".")[0]
        owned = "korgm1._native" if name.startswith("korgm1._native") else top
        if owned in sys.stdlib_module_names or owned == "korgm1":
            continue
        assert owned in OWNERS or owned in SHARED, f"{path.name} imports {owned}, which nobody may"
        owners = OWNERS.get(owned) or SHARED[owned]
        assert layer(path) in owners, f"{path.name} imports {owned}, which belongs to {sorted(owners)}"

@pytest.mark.parametrize("path", [p for p in MODULES if layer(p) in STDLIB_ONLY],
                         ids=lambda p: str(p.relative_to(PACKAGE)))
def test_the_lowest_layers_know_the_standard_library_only(path: Path) -> None:
    for name in imports(path):
        assert name.split(".")[0] in {*sys.stdlib_module_names, "korgm1"}, f"{path.name} imports {name}"
        assert not name.startswith("korgm1._native"), f"{path.name} imports {name}"

def test_each_third_party_module_is_imported_in_one_file_a_layer() -> None:
    for owned in OWNERS:
        by_layer: dict[str, set[Path]] = {}
        for path in MODULES:
            if any(name == owned or name.startswith(owned + ".") for name in imports(path)):
                by_layer.setdefault(layer(path), set()).add(path)
        for name, paths in by_layer.items():
            assert len(paths) == 1, f"{owned} is imported by {sorted(p.name for p in paths)} in {name}"
