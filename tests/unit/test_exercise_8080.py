"""The 8080 exerciser: a part of each group on both engines, its coverage, and CP/M programs."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

import exercise_8080
from exercise_8080 import GROUPS, PARTS, Core, State, exercise, part_of, run_com
from korgm1.cpu.disassembler import decode
from korgm1.cpu.instruction_table import EMULATED


@pytest.mark.parametrize("flags", ["8080", "v30"])
@pytest.mark.parametrize("engine", exercise_8080.ENGINES)
def test_a_part_of_each_group(engine: str, flags: str) -> None:
    core = Core(engine, flags)
    compared = 0
    for name, group in GROUPS.items():
        part = PARTS.get(name, 1)
        count, difference = exercise(group, core, flags, part)
        assert count == sum(len(codes) for _, codes in part_of(group, part))
        compared += count
        assert difference == "", name
    assert compared > 100_000


def test_the_groups_have_every_opcode_but_those_without_an_effect_on_registers() -> None:
    seen: set[str] = set()
    last: list[bytes] = []
    for group in GROUPS.values():
        for _, codes in islice(group(), 0, None, 7):
            fresh, last = [] if codes is last else codes, codes
            for code in fresh:
                at = 0
                while at < len(code):
                    instruction = decode(code, at, emulated=True)
                    assert instruction.form is not None
                    seen.add(instruction.form.name)
                    at += len(instruction.code)
    nops = {f"8080.{code:02X}" for code in range(0, 0x40, 8)}
    rest = {"8080.76", "8080.D3", "8080.DB", "8080.F3", "8080.FB"}   # HLT OUT IN DI EI: test_v30_8080
    assert {name for name in EMULATED if len(name) == 7} - seen == nops | rest


@pytest.mark.parametrize("name", ["alu imm", "alu reg", "accumulator", "inr dcr"])
def test_a_difference_is_found_and_told(name: str) -> None:
    """An 8080's AC against a V30's."""
    _, difference = exercise(GROUPS[name], Core("v30", "8080"), "v30")
    assert " from State(a=" in difference and ", expected A=" in difference


def test_a_group_is_taken_in_parts_that_make_up_the_whole() -> None:
    core = Core("v30", "8080")
    whole, _ = exercise(GROUPS["conditions"], core, "8080")
    parts = [exercise(GROUPS["conditions"], core, "8080", 4, seed)[0] for seed in range(12)]
    assert whole == 32 * (8 * 4 + 8) and {whole // 4} == set(parts)


def test_a_program_that_does_not_fit_or_halt_is_an_error() -> None:
    core = Core("v30", "8080")
    with pytest.raises(ValueError, match="for 2048 cases"):
        core.run(State(), [b"\x3e\x00" * 2] * 2048)
    with pytest.raises(RuntimeError, match="did not halt"):
        core.run(State(), [b"\xc3\x07\x01"])


HELLO = """
    21 00 00  39  31 00 f0  e5
    11 20 01  0e 09  cd 05 00
    1e 21     0e 02  cd 05 00
    e1 f9 c3 00 00
"""
"""Prints HELLO by function 9 and ! by function 2, then goes to 0."""


@pytest.mark.parametrize("engine", exercise_8080.ENGINES)
def test_a_cpm_program_prints(engine: str, tmp_path: Path) -> None:
    path, printed = tmp_path / "hello.com", bytearray()
    path.write_bytes(bytes.fromhex(HELLO).ljust(0x20, b"\x00") + b"HELLO$")
    assert run_com(path, engine, "8080", 1_000_000, printed.extend)
    assert printed == b"HELLO!"
    path.write_bytes(b"\xc3\x00\x01")
    assert not run_com(path, engine, "8080", 10_000, printed.extend)


def test_a_part_that_covers_nothing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert exercise_8080.main(["sp", "conditions", "--part", "500"]) == 0
    sp, conditions = capsys.readouterr().out.splitlines()
    assert "0 nothing compared: it has fewer than 500 programs" in sp
    assert " ok " in conditions
    assert exercise_8080.main(["sp", "--part", "500"]) == 1


def test_ctrl_c_ends_it_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object) -> tuple[int, str]:
        raise KeyboardInterrupt

    monkeypatch.setattr(exercise_8080, "exercise", stopped)
    assert exercise_8080.main(["sp"]) == 130
    assert capsys.readouterr().err == "stopped\n"
