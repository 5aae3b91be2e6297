"""docs/sound.md says what the program does: tables, numbers, guesses, commands, the example."""

from __future__ import annotations

import math
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from korgm1.cli import build_parser
from korgm1.clock import FRAME_RATE
from korgm1.hypotheses import all_hypotheses
from korgm1.session import Session
from korgm1.sound.registers import TABLES
from korgm1.sound.waverom import INTERNAL, PAIRS, split
from korgm1.verbs.concert import stage

FOLDER = Path(__file__).resolve().parents[2] / "docs"
PAGE = (FOLDER / "sound.md").read_text("utf-8")
PROGRAMS = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"^(korgm1 .*?)(?:  .*)?$", PAGE, re.MULTILINE)


def test_the_page_has_the_tables() -> None:
    rows = [line for line in PAGE.splitlines() if re.match(r"\| [0-9A-F]{2}(-[0-9A-F]{2})? \|", line)]
    expected = []
    for chip in ("TG", "VDF1", "MDE"):
        for row in TABLES[chip]:
            places = f"{row.offset:02X}" + (f"-{row.offset + row.width - 1:02X}" if row.width > 1 else "")
            expected.append(f"| {places} | {row.name} | {row.width} | {row.holds} | {row.taken} |")
    assert rows == expected


def test_every_guess_the_page_names_is_one() -> None:
    named = set(re.findall(r"\bH-[A-Z][A-Z0-9-]*[A-Z0-9]\b", PAGE))
    assert len(named) > 15 and named <= set(all_hypotheses())


def test_the_program_of_the_page_runs() -> None:
    program = PROGRAMS[-1]
    names: dict[str, object] = {}
    exec(program, names)
    frames = names["frames"]
    assert isinstance(names["m1"], Session) and isinstance(frames, np.ndarray)
    assert frames.shape[1] == 4 and abs(len(frames) - FRAME_RATE) <= 1


def test_the_program_for_an_ex_runs(tmp_path: Path) -> None:
    wave = (8000 * np.sin(np.arange(INTERNAL // 4) / 50)).astype(np.int16)
    for pair in PAIRS:
        for name, data in zip(pair, split(wave), strict=True):
            (tmp_path / f"{name.lower()}.bin").write_bytes(data)
    names: dict[str, Any] = {}
    first, _ = PROGRAMS
    exec(first, names)
    session = names["m1ex"](tmp_path, np.full(INTERNAL, 7, np.int16))
    rom = session.machine.wave_rom
    assert (session.model.name, rom.size) == ("m1ex", 2 * INTERNAL)
    assert (rom.read(INTERNAL - 1), rom.read(INTERNAL)) == (wave[-1], 7)


def silence(view: str, **guesses: object) -> np.ndarray:
    """A second of a silent view's first output, native rate."""
    sight = stage(Session(hypotheses=guesses), view, None, 2)
    return np.asarray(np.abs(sight.process(np.zeros((FRAME_RATE, 4), np.int32)))[:, 0])


def decibels(level: float) -> float:
    return 20 * math.log10(level)


def test_where_silence_rests() -> None:
    text = " ".join(PAGE.split())
    found = re.search(
        r"silent `zoh` view rests at (-[0-9.]+) dB .* one begins at about (-[0-9]+) dB, .* below (-[0-9]+) dB", text
    )
    assert found is not None
    rest, start, later = map(float, found.groups())
    stairs, smooth = silence("zoh")[1000:], silence("analogue")
    assert not silence("digital").any() and not silence("zoh", **{"H-DAC-ERROR": "ideal"}).any()
    assert decibels(stairs.min()) == pytest.approx(rest, abs=0.05) == decibels(stairs.max())
    assert decibels(smooth.max()) == pytest.approx(start, abs=0.5)
    assert decibels(smooth[FRAME_RATE // 2 :].max()) < later < decibels(smooth[FRAME_RATE // 4 :].max())


def test_there_are_commands_to_check() -> None:
    assert len(COMMANDS) >= 6


@pytest.mark.parametrize("command", COMMANDS)
def test_command_parses(command: str) -> None:
    assert build_parser().parse_args(shlex.split(command)[1:]).verb == command.split()[1]


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", PAGE)
    assert len(links) >= 3 and all((FOLDER / link).is_file() for link in links)
