"""Scripts for Ghidra and IDA, against what their documentation says of the functions they call."""

from __future__ import annotations

import re
import sys
from types import ModuleType
from typing import Any
from unittest.mock import MagicMock

import pytest

from korgm1.analysis import Program, analyse
from korgm1.analysis.exports import ghidra_script, idc_script

IDC = {"add_segm_ex": 7, "create_insn": 1, "add_func": 2, "create_strlit": 2, "set_name": 3, "set_cmt": 3,
       "split_sreg_range": 4}
"""Arguments of IDC's functions (docs.hex-rays.com, alphabetical list of IDC functions)."""


@pytest.fixture(scope="module")
def program() -> Program:
    """Two segments: a far call from F000 into E000, a port, a text that somebody points at."""
    image = bytearray(b"\xff" * 0x20000)
    image[0x10:0x14] = bytes.fromhex("BA000A EC")
    image[0x14:0x15] = b"\xcb"
    image[0x10100:0x1010A] = bytes.fromhex("9A100000E0 BE2001 EBFE")
    image[0x10120:0x10130] = b"\0Battery \"low\"\0\0"
    image[0x1FFF0:0x1FFF5] = bytes.fromhex("EA000100F0")
    return analyse(bytes(image))


class Place(str):
    """An Address, as the script writes it."""

    def add(self, count: int) -> Place:
        """add(long)."""
        segment, offset = self.split(":")
        return Place(f"{segment}:{int(offset, 16) + count:04x}")


class Ghidra:
    """What a script of Ghidra's finds: `FlatProgramAPI`, as far as it is used."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}
        self.functions: dict[str, str] = {}
        self.comments: dict[str, str] = {}
        self.code: set[str] = set()
        self.texts: dict[str, int] = {}

    def run(self, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Run it as the script manager does."""
        for name in ("ghidra", "ghidra.program", "ghidra.program.model", "ghidra.program.model.symbol", "java",
                     "java.math"):  # fmt: skip
            module: Any = ModuleType(name)
            module.SourceType = type("SourceType", (), {"IMPORTED": object()})
            module.BigInteger = type("BigInteger", (), {"ZERO": 0})
            monkeypatch.setitem(sys.modules, name, module)
        exec(compile(script, "x.py", "exec"), {
            "toAddr": Place, "currentProgram": MagicMock(), "getMemoryBlock": lambda at: None,
            "getInstructionContaining": lambda at: None, "clearListing": lambda first, last: None,
            "createAsciiString": self.texts.__setitem__, "disassemble": lambda at: self.code.add(at) or True,
            "createLabel": self.label, "getFunctionAt": self.functions.get, "createFunction": self.function,
            "setEOLComment": self.comments.__setitem__,
        })  # fmt: skip

    def label(self, address: str, name: str, primary: bool, source: object) -> None:
        """createLabel(Address, String, boolean, SourceType)."""
        assert primary and source is not None
        self.labels[address] = name

    def function(self, address: str, name: str | None) -> None:
        """createFunction(Address, String): without a name that of the label; needs code there."""
        assert address in self.code
        self.functions[address] = name or self.labels[address]


def test_ghidra_gets_functions_labels_and_comments(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    ghidra = Ghidra()
    ghidra.run(ghidra_script(program), monkeypatch)
    assert ghidra.functions == {"e000:0010": "sub_E0010", "f000:0100": "start", "f000:fff0": "reset"}
    assert ghidra.labels["f000:0121"] == "text_F0121"
    assert ghidra.texts == {"f000:0121": len('Battery "low"')}
    assert ghidra.comments == {"e000:0013": "in 0A00 PIO_PA"}


def test_idc_calls_what_is_documented(program: Program) -> None:
    script = idc_script(program)
    body = script[script.index("{") + 1 : script.rindex("}")]
    statements = [each.strip() for each in body.split(";") if each.strip()]
    calls = [re.fullmatch(r"(\w+)\((.*)\)", each) for each in statements]
    assert all(calls)
    found = [(call[1], call[2].split(", ")) for call in calls if call]
    assert {(name, len(words)) for name, words in found} == set(IDC.items())
    assert ("set_name", ["0xe0010", '"sub_E0010"', "SN_NOWARN"]) in found
    assert ("create_strlit", ["0xf0121", "0xf012e"]) in found


def test_ida_gets_a_segment_for_each_64_kb_that_loading_does_not_make() -> None:
    for base, size, made in ((0xE0000, 0x20000, ["0xf0000, 0x100000, 0xf000"]), (0xF0000, 0x10000, []),
                             (0xE8000, 0x9000, ["0xf0000, 0xf1000, 0xf000"])):  # fmt: skip
        script = idc_script(analyse(bytes(size), base=base))
        assert re.findall(r"add_segm_ex\((.*), 0, saRelPara, scPub, ADDSEG_NOTRUNC\);", script) == [
            "0x0, 0x10000, 0x0", *made
        ]
