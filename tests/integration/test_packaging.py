"""What the wheel and the sdist hold, and that a wheel builds from the sdist alone."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from korgm1.romset.openm1 import OPENM1_BUILDS

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = sorted(f"firmware/{name}" for build in OPENM1_BUILDS.values() for name in build.files)
COMPILED = [f"tests/foreign/compiled/system{version}.zip" for version in (24, 31)]
"""Firmware of our own out of a compiler that not every machine has; a test compares its build with its source."""


def build(kind: str, source: Path, out: Path) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", f"--{kind}", "--outdir", str(out), str(source)]
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONWARNINGS"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (made,) = out.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return made


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files git tracks (as they are in the working tree), and nothing else."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout: what belongs to the source is not known")
    folder = tmp_path_factory.mktemp("checkout")
    for name in filter(None, done.stdout.split("\0")):
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", checkout, tmp_path_factory.mktemp("sdist"))


@pytest.fixture(scope="module")
def wheel(sdist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from the unpacked sdist."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(sdist) as tar:
        tar.extractall(unpacked, filter="data")
    (source,) = unpacked.iterdir()
    return build("wheel", source, tmp_path_factory.mktemp("wheel"))


def test_the_sdist_has_sources_and_no_binaries(sdist: Path, checkout: Path) -> None:
    with tarfile.open(sdist) as tar:
        names = {name.partition("/")[2] for name in tar.getnames()}
    tracked = {str(p.relative_to(checkout)) for p in checkout.rglob("*") if p.is_file()}
    folders = ("cext/", "emu/", "tests/", "roms/openm1/", "docs/", "tools/")
    wanted = {name for name in tracked if name.startswith(folders)}
    assert wanted - names == set()
    assert not [name for name in names if name.endswith((".so", ".pyd", ".o", ".kwv"))]


def test_the_wheel_is_one_abi3_module_with_firmware_and_tables(wheel: Path) -> None:
    assert "-cp311-abi3-" in wheel.name
    with zipfile.ZipFile(wheel) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    packages = {str(p.relative_to(ROOT / "emu")) for p in (ROOT / "emu").rglob("*.py")}
    assert packages - set(sizes) == set()
    assert [sizes[f"korgm1/{name}"] for name in FIRMWARE] == [65536] * len(FIRMWARE)
    assert 3_000_000 < sizes["korgm1/waves/openwaves.kwv"] <= 4 << 20
    for name in ("korgm1/hypotheses.toml", "korgm1/romset/database.toml", "korgm1/py.typed", "korgm1/_native.pyi",
                 "korgm1/scenarios/dead-cell.toml"):
        assert name in sizes
    assert [n for n in sizes if n.startswith("korgm1/_native.") and n.endswith((".so", ".pyd"))]
    outside = [n for n in sizes if not n.startswith(("korgm1/", "korgm1-"))]
    assert outside == []
    binaries = [n for n in sizes if n.endswith((".bin", ".rom", ".syx", ".sram"))]
    assert sorted(binaries) == [f"korgm1/{name}" for name in FIRMWARE]


def test_git_tracks_no_dump_and_no_compiled_file(checkout: Path) -> None:
    bad = [
        str(p.relative_to(checkout)) for p in checkout.rglob("*")
        if p.suffix.lower() in {".so", ".pyd", ".o", ".bin", ".rom", ".syx", ".zip", ".sram", ".kwv"}
    ]
    assert sorted(bad) == [*(f"emu/korgm1/{name}" for name in FIRMWARE), *COMPILED]


def test_the_wheel_boots_on_its_own(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    where = "import korgm1, runpy, sys; print(korgm1.__file__); sys.argv = ['korgm1', 'boot', '--battery', 'dead']; "
    done = subprocess.run(
        [sys.executable, "-c", where + "runpy.run_module('korgm1')"],
        cwd=tmp_path, env=environment, capture_output=True, text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path / "site"))
    assert "Battery Low (Internal)" in done.stdout


def test_the_wheel_has_the_wave_rom_of_its_recipes(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site")}
    done = subprocess.run(
        [sys.executable, "-m", "korgm1", "wave", "list"], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    from korgm1.waves.bank import open_bank

    assert open_bank().sha1 in done.stdout
