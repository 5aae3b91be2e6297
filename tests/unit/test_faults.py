"""The catalogue of faults and its words. What each does to a machine is in tests/integration/test_faults.py."""

from __future__ import annotations

import json
from math import inf

import pytest

from korgm1.cli import main
from korgm1.errors import UsageError
from korgm1.machine.damage import with_bits
from korgm1.machine.faults import FAULTS, FaultKind, Faults, parse_fault


@pytest.mark.parametrize("row", FAULTS.values(), ids=FAULTS.keys())
def test_every_row_is_whole_and_its_example_works(row: FaultKind) -> None:
    assert row.does and row.reported and row.source.startswith("facts ")
    assert bool(row.argument) == bool(row.example)
    text = f"{row.name}={row.example}" if row.example else row.name
    fault = parse_fault(text)
    assert (fault.kind, fault.text) == (row, text)
    assert parse_fault(fault.text) == fault
    if row.argument and not row.argument.startswith("["):
        with pytest.raises(UsageError, match=f"{row.name}={row.argument[:4]}"):
            parse_fault(row.name)
    if not row.argument:
        with pytest.raises(UsageError, match="cannot be used"):
            parse_fault(f"{row.name}=1")


@pytest.mark.parametrize(("text", "value"), [
    ("cell-contact=open", inf), ("cell-contact=50000", 50000.0), (" Cell-Contact = 4.7k ", 4700.0),
    ("node-pull-up=1M", 1e6), ("ic29-an6-leak=0.5uA", 0.5), ("key-stuck=edit prog", "EDIT PROG"),
    ("key-stuck=REC/WRITE", "REC/WRITE"),
    ("sram-bit 0x1234.5=1", (0x1234, 5, 1)), ("sram-bit=ffff.7=0", (0xFFFF, 7, 0)),
    ("rom-bit=0xE0000.0", (0xE0000, 0, None)), ("rom-bit 0xFFFFF.7=0", (0xFFFFF, 7, 0)), ("timer0-dead", 0.0),
    ("timer0-dead=0.5", 0.5), ("fram", True),
])  # fmt: skip
def test_arguments(text: str, value: object) -> None:
    assert parse_fault(text).value == value


@pytest.mark.parametrize("text", [
    "cell-contact=", "cell-contact=-1", "cell-contact=0", "cell-contact=nan", "node-pull-up=open", "node-pull-up=1e99",
    "ic29-an6-leak=-1", "ic29-an6-leak=x", "sram-bit=0x10000.0=1", "sram-bit=0x10.8=1", "sram-bit=0x10.0",
    "sram-bit=0x10.0=2", "rom-bit=0xDFFFF.0", "rom-bit=0xF0000", "timer0-dead=-1", "key-stuck=",
])  # fmt: skip
def test_bad_arguments(text: str) -> None:
    with pytest.raises(UsageError, match=r"cannot be used; expected .*=[\s\S]*korgm1 faults"):
        parse_fault(text)


@pytest.mark.parametrize("text", ["", "r30-open", "=1", "r29 open wide"])
def test_an_unknown_fault_names_all(text: str) -> None:
    with pytest.raises(UsageError) as told:
        parse_fault(text)
    if text != "r29 open wide":
        assert all(name in str(told.value) for name in FAULTS)


def test_a_set_of_faults() -> None:
    faults = Faults(["fram", "key-stuck=INT", "fram", "key-stuck=A", "cell-contact=5k"])
    assert faults.texts == ("fram", "key-stuck=INT", "key-stuck=A", "cell-contact=5k")
    assert "fram" in faults and "r29-open" not in faults
    assert faults.values("key-stuck") == ["INT", "A"] and faults.value("r29-open") is None
    assert Faults(faults.texts).texts == faults.texts
    assert Faults(["sram-bit=0x10.0=1", "sram-bit 10.0=1"]).values("sram-bit") == [(0x10, 0, 1)]


@pytest.mark.parametrize("words", [
    ("cell-contact=5k", "cell-contact=6k"), ("cell-diode-open", "cell-diode-short"),
    ("sram-bit=0x10.0=1", "sram-bit=0x10.0=0"), ("rom-bit=0xF0000.1", "rom-bit=0xF0000.1=1"),
])  # fmt: skip
def test_a_part_is_broken_in_one_way(words: tuple[str, str]) -> None:
    for pair in (words, words[::-1]):
        with pytest.raises(UsageError, match=f"{pair[0]} and {pair[1]} exclude each other"):
            Faults([*pair, "fram"])


def test_what_they_change_about_the_network() -> None:
    everything = [
        "cell-contact=50", "cell-diode-short", "isolation-diode-short", "r29-open", "ic29-an6-leak=2",
        "node-pull-up=10k",
    ]
    assert Faults(everything).network() == {
        "contact_ohms": 50.0, "cell_diode": "short", "isolation_diode": "short", "sense_open": True,
        "adc_leakage_amps": 2e-6, "pull_up_ohms": 10_000.0,
    }
    assert Faults(["cell-diode-open"]).network() == {"cell_diode": "open"}
    assert Faults(["fram", "reset-stuck"]).network() == {}


def test_bits_of_the_rom() -> None:
    rom = bytes([0x0F]) * 131072
    changed = with_bits(rom, [(0xE0000, 0, None), (0xE0001, 7, None), (0xFFFFF, 0, 0), (0xFFFFE, 0, 1)])
    assert (changed[0], changed[1], changed[-1], changed[-2]) == (0x0E, 0x8F, 0x0E, 0x0F)
    assert changed[2:-2] == rom[2:-2] and rom == bytes([0x0F]) * 131072


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults"]) == 0
    text = capsys.readouterr().out
    assert all(f"\n{kind.written}\n" in f"\n{text}" for kind in FAULTS.values())
    assert main(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert list(rows) == list(FAULTS) and rows["sram-bit"]["repeatable"] is True
    with pytest.raises(SystemExit, match="0"):
        main(["faults", "--help"])
    assert "korgm1 boot --fault" in capsys.readouterr().out
    assert main(["boot", "--fault", "r30-open"]) == 2
    assert "one of r29-open" in capsys.readouterr().err
