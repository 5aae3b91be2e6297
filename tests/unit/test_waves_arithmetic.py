"""The wave ROM's bits do not hang on the machine: what its recipes may call, and a build without the vector units."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from patience import LIMIT

from korgm1 import waves
from korgm1.waves.arithmetic import decline, ease, loudest, noise, oscillate, resonate, sharpen, soften

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(next(iter(waves.__path__)))
RECIPES = sorted(path for path in FOLDER.glob("*.py"))
EXACT = {
    "abs", "accumulate", "arange", "argmin", "array", "asarray", "ascontiguousarray", "atleast_1d", "broadcast_to",
    "concatenate", "flatnonzero", "floor", "frexp", "frombuffer", "full", "full_like", "ldexp", "maximum", "minimum",
    "rint", "roll", "sqrt", "where", "zeros", "zeros_like", "add", "multiply",
    "float64", "int16", "int32", "int64", "uint64", "dtype", "ndarray",
}
"""Of numpy: what moves numbers, or rounds once (IEEE 754) in a fixed order: no sum, mean, dot, exp, sin, fft."""
INEXACT = {"sum", "mean", "std", "var", "dot", "cumsum", "cumprod", "prod", "trace", "conj"}


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_recipes_call_exact_operations_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        where = f"{path.name}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "np":
            assert node.attr in EXACT, f"{where}: np.{node.attr}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in INEXACT, f"{where}: {node.attr}"
        if isinstance(node, ast.BinOp):
            assert not isinstance(node.op, (ast.Pow, ast.MatMult)), f"{where}: a power is the C library's"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
            assert not {"math", "random", "cmath", "time"} & set(names), where
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("sum", "pow"), where


@pytest.mark.skipif(sys.platform != "linux", reason="names of vector units as numpy has them on x86")
def test_a_build_without_vector_units_is_the_same() -> None:
    environment = {**os.environ, "NPY_DISABLE_CPU_FEATURES": "X86_V4 X86_V3 AVX512F AVX2 FMA3"}
    environment.pop("PYTHONWARNINGS", None)
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "build_waves.py"), "--check"],
        env=environment, capture_output=True, text=True, timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the same" in done.stdout


def test_noise_is_uniform_and_white() -> None:
    values = noise(5, 20_000)
    assert abs(values.mean()) < 0.02 and values.std() == pytest.approx(1 / np.sqrt(3), rel=0.02)
    assert abs(np.corrcoef(values[1:], values[:-1])[0, 1]) < 0.03
    assert values.min() > -1 and values.max() < 1


def test_decline_falls_by_sixty_decibels_in_its_time() -> None:
    curve = decline(0.5, 1001, 1000)
    assert curve[0] == 1.0 and curve[500] == pytest.approx(1e-3, rel=1e-9) and curve[1000] == pytest.approx(1e-6)


def test_oscillate_has_the_frequency_asked_for() -> None:
    wave = oscillate(np.full(31_250, 440.0), 31_250)
    assert int(np.argmax(np.abs(np.fft.rfft(wave)))) == 440
    assert np.abs(wave - np.sin(2 * np.pi * 440 * np.arange(31_250) / 31_250)).max() < 1.5e-4


@pytest.mark.parametrize(("hz", "width"), [(300.0, 60.0), (2000.0, 500.0), (6000.0, 900.0)])
def test_resonate_is_one_at_its_centre_and_half_the_power_at_its_edges(hz: float, width: float) -> None:
    impulse = np.zeros(16_384)
    impulse[0] = 1.0
    gain = np.abs(np.fft.rfft(resonate(impulse, hz, width, 31_250)))
    at = [gain[round(f * 16_384 / 31_250)] for f in (hz, hz - width / 2, hz + width / 2)]
    assert at[0] == pytest.approx(1.0, abs=0.03)
    assert at[1] == pytest.approx(0.7071, abs=0.06) and at[2] == pytest.approx(0.7071, abs=0.06)


def test_small_tools() -> None:
    assert ease(4)[-1] == 1.0 and ease(0).tolist() == []
    assert soften(np.ones(5), 2).tolist() == [0.5, 1.0, 1.0, 1.0, 1.0]
    assert sharpen(np.ones(3)).tolist() == [0.5, 0.0, 0.0]
    assert loudest(np.array([0.0, 3.0, 4.0, 0.0]), 2) == pytest.approx(np.sqrt(12.5))
    assert loudest(np.array([2.0]), 50) == 2.0
