"""The reader of SingleStepTests suites, on small files of their formats made here, through `korgm1 cpu-check`."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.cli import main
from korgm1.cpu.suites import MOO_REGISTERS, is_suite, read_suite
from korgm1.errors import M1Error, UserError
from korgm1.verbs.cpu_check import cpu_check

START = dict.fromkeys(MOO_REGISTERS, 0) | {"cs": 0x100, "ss": 0x200, "sp": 0x80, "flags": 0xF002, "ax": 0x1234}
INT0 = [[0, 0], [1, 4], [2, 0], [3, 0]]


def made(
    code: str, regs: dict[str, int], ram: list[list[int]] | None = None, idx: int = 0, **start: int
) -> dict[str, Any]:
    """A test of `code` at 0100:0000 that ends with `regs` and `ram`; NOPs behind it, a queue and a cycle."""
    data = list(bytes.fromhex(code))
    initial = {**START, **start}
    final = {"ip": len(data), **regs}
    memory = [[initial["cs"] * 16 + at, byte] for at, byte in enumerate([*data, 0x90, 0x90])]
    return {
        "name": f"made {code}", "bytes": data,
        "initial": {"regs": initial, "ram": memory, "queue": data[:4]},
        "final": {"regs": final, "ram": ram or [], "queue": [0x90]},
        "cycles": [[1, 0x1000, "--", "---", "---", 0, 0, "CODE", "T1", "F", data[0]]],
        "hash": hashlib.sha1(code.encode()).hexdigest(), "idx": idx,
    }  # fmt: skip


def chunk(tag: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", tag, len(data)) + data


def counted(tag: bytes, data: bytes) -> bytes:
    return chunk(tag, struct.pack("<I", len(data)) + data)


def moo_state(tag: bytes, state: dict[str, Any]) -> bytes:
    regs, ram = state["regs"], state["ram"]
    mask = sum(1 << bit for bit, name in enumerate(MOO_REGISTERS) if name in regs)
    values = [regs[name] for name in MOO_REGISTERS if name in regs]
    entries = b"".join(struct.pack("<IB", *entry) for entry in ram)
    return chunk(tag, chunk(b"REGS", struct.pack(f"<{1 + len(values)}H", mask, *values))
                 + chunk(b"RAM ", struct.pack("<I", len(ram)) + entries) + counted(b"QUEU", bytes(state["queue"])))


def moo(tests: list[dict[str, Any]], cpu: bytes = b"V20 ", version: int = 1, count: int | None = None) -> bytes:
    out = chunk(b"MOO ", struct.pack("<B3xI4s", version, len(tests) if count is None else count, cpu))
    for test in tests:
        cycles = b"".join(struct.pack("<BIBBBBHBBBB", 1, 0x1000, 4, 0, 0, 0, 0, 6, 1, 1, 0) for _ in test["cycles"])
        out += chunk(b"TEST", struct.pack("<I", test["idx"]) + counted(b"NAME", test["name"].encode())
                     + counted(b"BYTS", bytes(test["bytes"])) + chunk(b"XTRA", b"of a later version")
                     + moo_state(b"INIT", test["initial"]) + moo_state(b"FINA", test["final"])
                     + chunk(b"CYCL", struct.pack("<I", len(test["cycles"])) + cycles)
                     + chunk(b"HASH", bytes.fromhex(test["hash"])))
    return out


def as_json(tests: list[dict[str, Any]]) -> bytes:
    return json.dumps(tests).encode()


FORMATS: dict[str, Callable[[list[dict[str, Any]]], bytes]] = {
    ".json": as_json,
    ".json.gz": lambda tests: gzip.compress(as_json(tests)),
    ".MOO": moo,
    ".MOO.gz": lambda tests: gzip.compress(moo(tests)),
}
METADATA = {
    "version": "1.0.2", "cpu": "V20",
    "opcodes": {
        "40": {"status": "normal", "arch": "86"},
        "08": {"status": "normal", "flags-mask": 65519},
        "F6": {"reg": {"6": {"status": "normal", "flags-mask": 63274}, "3": {"status": "normal"}}},
        "FE": {"reg": {"3": {"status": "invalid"}}},
        "0F20": {"status": "normal", "flags-mask": 63339},
    },
}  # fmt: skip
INC = [made("40", {"ax": 0x1235, "flags": 0xF006}), made("40", {"ax": 0, "flags": 0xF056}, idx=1, ax=0xFFFF)]


def divide(flags: int, pushed: int) -> dict[str, Any]:
    """DIVU by 0: trap 0 to 0000:0400; the flags, and those pushed, are undefined but for the mask."""
    stack = [[0x207E + at, byte] for at, byte in enumerate((pushed & 0xFF, pushed >> 8))]
    frame = [[0x207A, 2], [0x207B, 0], [0x207C, 0], [0x207D, 1], *stack]
    test = made("f6f1", {"cs": 0, "ip": 0x400, "sp": 0x7A, "flags": flags}, frame)
    test["initial"]["ram"] += INT0
    return test


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("engine", ["v30", "unicorn"])
def test_every_format_runs(tmp_path: Path, suffix: str, engine: str) -> None:
    file = tmp_path / f"40{suffix}"
    file.write_bytes(FORMATS[suffix](INC))
    result = cpu_check([file], engine)
    assert (result.passed, result.total, list(result.forms)) == (2, 2, ["40"])
    file.write_bytes(FORMATS[suffix]([made("40", {"ax": 0x1236, "flags": 0xF006})]))
    result = cpu_check([file], engine)
    assert result.forms["40"].first == "made 40 (40): ax is 1235h, expected 1236h"


@pytest.mark.parametrize("suffix", FORMATS)
def test_a_folder_with_its_metadata(tmp_path: Path, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In order of the names; masks by opcode and by reg field; invalid opcodes apart; other files left alone."""
    (tmp_path / "metadata.json").write_text(json.dumps(METADATA))
    (tmp_path / "README.md").write_text("not a test")
    files = {
        "F6.6": [divide(0xF893, 0xF8D7), divide(0xF013, 0xF017)],
        "40": INC,
        "08": [made("08c0", {"flags": 0xF016}, ax=0x0033)],
        "FE.3": [made("fed8", {})],
        "0F20": [made("0f20", {"flags": 0xF886}, [[0, 0x00]], cx=2)],
        "F6.3": [made("f6d8", {"ax": 0x12CC, "flags": 0xF097})],
    }
    for name, tests in files.items():
        (tmp_path / (name + suffix)).write_bytes(FORMATS[suffix](tests))
    result = cpu_check([tmp_path], "v30")
    assert list(result.forms) == ["08", "0F20", "40", "F6.3", "F6.6"]
    assert {form: tally.first for form, tally in result.forms.items() if tally.first} == {
        "0F20": "made 0f20 (0f20): flags is F046h, expected F886h (mask F76Bh)"
    }
    assert (result.passed, result.total, result.invalid) == (6, 7, {"FE.3": 1})
    assert main(["cpu-check", "--engine", "v30", str(tmp_path)]) == 1
    out = capsys.readouterr().out.splitlines()
    assert out[-2:] == ["invalid opcodes: 1 not run (FE.3)", "6 of 7"]


def test_without_metadata_all_flags_are_compared(tmp_path: Path) -> None:
    (tmp_path / "08.json").write_bytes(as_json([made("08c0", {"flags": 0xF016}, ax=0x0033)]))
    assert cpu_check([tmp_path], "v30").forms["08"].first.endswith("flags is F006h, expected F016h")


def test_pop_to_a_register_writes_it_on_an_8086_only(tmp_path: Path) -> None:
    test = made("8fc3", {"sp": 0x82, "bx": 0x5555})
    test["initial"]["ram"] += [[0x2080, 0x55], [0x2081, 0x55]]
    for cpu, passed in ((b"8086", 1), (b"V20 ", 0)):
        (tmp_path / "8F.MOO").write_bytes(moo([test], cpu))
        assert cpu_check([tmp_path / "8F.MOO"], "v30").passed == passed


def test_in_reads_ff_and_memory_behind_the_code_is_not_executed(tmp_path: Path) -> None:
    (tmp_path / "EC.json").write_bytes(as_json([made("ec", {"ax": 0x12FF}), made("e520", {"ax": 0xFFFF})]))
    assert cpu_check([tmp_path], "unicorn").passed == 2


def test_the_first_of_repeated_addresses_is_what_was_there(tmp_path: Path) -> None:
    """PUSH, and the value read back from where it was written, listed a second time."""
    test = made("fe060001", {"flags": 0xF002}, [[0x100, 0x08]])
    test["initial"]["ram"] += [[0x100, 0x07], [0x100, 0x08]]
    (tmp_path / "FE.0.json").write_bytes(as_json([test]))
    assert cpu_check([tmp_path], "v30").passed == 1


def test_a_repeated_string_runs_to_its_end(tmp_path: Path) -> None:
    test = made("f3aa", {"cx": 0, "di": 3}, [[0x500, 0x34], [0x501, 0x34], [0x502, 0x34]], cx=3, es=0x50)
    (tmp_path / "AA.MOO").write_bytes(moo([test]))
    assert cpu_check([tmp_path], "v30").forms["AA"].first == ""


def test_what_is_a_suite(tmp_path: Path) -> None:
    assert is_suite(tmp_path) and is_suite(Path("0F10.MOO.gz")) and is_suite(Path("x.JSON"))
    assert not is_suite(Path("cases.jsonl")) and not is_suite(Path("cases.gz"))


def broken(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(UserError, match=words):
        list(read_suite(path))


def without(test: dict[str, Any], *keys: str) -> dict[str, Any]:
    copy: dict[str, Any] = json.loads(json.dumps(test))
    inner = copy
    for key in keys[:-1]:
        inner = inner[key]
    del inner[keys[-1]]
    return copy


def test_broken_json_is_named(tmp_path: Path) -> None:
    good = INC[0]
    broken("1.json", b"[{", "1.json is broken", tmp_path)
    broken("2.json", b'{"name": 1}', "holds no list; expected a JSON array", tmp_path)
    broken("3.json", b"[7]", "test 0: .*; expected a test as its suite", tmp_path)
    broken("4.json", as_json([good, without(good, "final")]), "test 1: it has no 'final'", tmp_path)
    broken("5.json", as_json([without(good, "initial", "regs", "sp")]), "begins without the register 'sp'", tmp_path)
    broken("6.json", as_json([{**good, "bytes": []}]), "'bytes' are empty", tmp_path)
    broken("7.json", as_json([{**good, "bytes": [300]}]), "test 0", tmp_path)
    broken("8.json", as_json([made("40", {"ax": 0x10000})]), "ax = 65536", tmp_path)
    broken("9.json", as_json([made("40", {"eax": 1})]), "eax = 1", tmp_path)
    broken("A.json", as_json([made("40", {}, [[0x100000, 1]])]), "memory has", tmp_path)
    broken("B.json", as_json([made("40", {}, [[1]])]), "memory has", tmp_path)
    broken("C.json.gz", b"not gzip", "cannot be read", tmp_path)
    broken("D.json.gz", gzip.compress(as_json(INC))[:-20], "cannot be read", tmp_path)
    broken("E.json", b"\xff\xfe\x80", "is broken", tmp_path)


def test_broken_moo_is_named(tmp_path: Path) -> None:
    good = moo(INC)
    broken("1.MOO", b"MZ" + good[2:], "begins with b'MZO '", tmp_path)
    broken("2.MOO", good[:6], "begins with", tmp_path)
    broken("3.MOO", moo(INC, version=2), "version 2", tmp_path)
    broken("4.MOO", good[:-10], "chunk 'TEST' of .* is cut off", tmp_path)
    broken("5.MOO", moo(INC, count=3), "ends after 2 tests; expected 3", tmp_path)
    broken("6.MOO", moo(INC, b"386 "), "the tests of a 386; expected those of a 8088", tmp_path)
    broken("7.MOO", good.replace(b"REGS", b"RG32"), "begins without the register 'ax'", tmp_path)
    broken("8.MOO", good.replace(b"FINA", b"FIXX"), "it has no 'final'", tmp_path)
    broken("9.MOO", chunk(b"MOO ", b"\x01"), "header has 1 bytes", tmp_path)


def test_missing_and_empty(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cpu-check", str(tmp_path / "40.json")]) == 1
    assert "there is no file" in capsys.readouterr().err
    with pytest.raises(UserError, match="there are no tests in"):
        list(read_suite(tmp_path))


@pytest.mark.parametrize(
    "text",
    ["[]", "{", '{"opcodes": 1}', '{"opcodes": {"40": 7}}', '{"opcodes": {"40": {"flags-mask": 70000}}}',
     '{"opcodes": {"40": {"reg": {"1": {"flags-mask": "x"}}}}}', '{"cpu": "V20"}'],
)  # fmt: skip
def test_broken_metadata_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "metadata.json").write_text(text)
    broken("40.json", as_json(INC), r"metadata\.json", tmp_path)


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), suffix=st.sampled_from(sorted(FORMATS)))
def test_whatever_is_damaged_only_our_errors_come_out(
    tmp_path_factory: pytest.TempPathFactory, seed: int, suffix: str
) -> None:
    rng = random.Random(seed)
    data = bytearray(FORMATS[suffix](INC))
    for _ in range(rng.randrange(1, 6)):
        at = rng.randrange(len(data))
        data[at : at + rng.randrange(3)] = rng.randbytes(rng.randrange(3))
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(data)
    try:
        for case in read_suite(path):
            assert len(case["regs"]) == 14
    except M1Error as error:
        assert "damaged" in str(error)
