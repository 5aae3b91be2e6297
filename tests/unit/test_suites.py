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
from korgm1.cpu.moo_file import REGISTERS
from korgm1.cpu.suites import is_suite, read_suite
from korgm1.errors import M1Error, UserError
from korgm1.verbs.cpu_check import cpu_check

START = dict.fromkeys(REGISTERS, 0) | {"cs": 0x100, "ss": 0x200, "sp": 0x80, "flags": 0xF002, "ax": 0x1234}
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
    mask = sum(1 << bit for bit, name in enumerate(REGISTERS) if name in regs)
    values = [regs[name] for name in REGISTERS if name in regs]
    entries = b"".join(struct.pack("<IB", *entry) for entry in ram)
    return chunk(tag, chunk(b"REGS", struct.pack(f"<{1 + len(values)}H", mask, *values))
                 + chunk(b"RAM ", struct.pack("<I", len(ram)) + entries) + counted(b"QUEU", bytes(state["queue"])))


def moo(
    tests: list[dict[str, Any]], cpu: bytes = b"V20 ", version: int = 1, count: int | None = None, *,
    extra: bytes = b"", in_final: bytes = b"", header: bytes = b"", tail: bytes = b"",
) -> bytes:  # fmt: skip
    """As the V20 suite's json2moo writes them; `extra` in front of the tests, `in_final` in each FINA, and so on."""
    count = len(tests) if count is None else count
    out = chunk(b"MOO ", struct.pack("<HHI4s", version, 0, count, cpu) + header) + extra
    for test in tests:
        cycles = b"".join(struct.pack("<BIBBBBHBBBB", 1, 0x1000, 4, 0, 0, 0, 0, 6, 1, 1, 0) for _ in test["cycles"])
        final = moo_state(b"FINA", test["final"])
        final = chunk(b"FINA", final[8:] + in_final)
        out += chunk(b"TEST", struct.pack("<I", test["idx"]) + counted(b"NAME", test["name"].encode())
                     + counted(b"BYTS", bytes(test["bytes"])) + chunk(b"XTRA", b"of a later version")
                     + moo_state(b"INIT", test["initial"]) + final
                     + chunk(b"CYCL", struct.pack("<I", len(test["cycles"])) + cycles)
                     + chunk(b"HASH", bytes.fromhex(test["hash"])) + tail)
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
    assert out[-3:] == ["invalid opcodes: 1 not run (FE.3)", "forms: 4 of 5 pass whole", "6 of 7"]
    assert len(out) == 4
    assert main(["cpu-check", "--engine", "v30", "--forms", str(tmp_path)]) == 1
    assert capsys.readouterr().out.splitlines()[0] == "08       1/1"


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
    broken("1.json", b"[{", "test 0: it is no JSON, or cut off; expected a test as its suite", tmp_path)
    broken("2.json", b'{"name": 1}', "it holds no list; expected a JSON array", tmp_path)
    broken("3.json", b"[7]", "test 0: it is 7, not an object; expected a test as its suite", tmp_path)
    broken("4.json", as_json([good, without(good, "final")]), "test 1: it has no 'final'", tmp_path)
    broken("5.json", as_json([without(good, "initial", "regs", "sp")]), "begins without the register 'sp'", tmp_path)
    broken("6.json", as_json([{**good, "bytes": []}]), "'bytes' are empty", tmp_path)
    broken("7.json", as_json([{**good, "bytes": [300]}]), "test 0: its 'bytes' are not all 0-255", tmp_path)
    broken("8.json", as_json([made("40", {"ax": 0x10000})]), "ax = 65536", tmp_path)
    broken("9.json", as_json([made("40", {"eax": 1})]), "eax = 1", tmp_path)
    broken("A.json", as_json([made("40", {}, [[0x100000, 1]])]), r"memory has \[1048576, 1\], not", tmp_path)
    broken("B.json", as_json([made("40", {}, [[1]])]), r"memory has \[1\], not", tmp_path)
    broken("C.json.gz", b"not gzip", "cannot be read: it is no gzip file", tmp_path)
    broken("D.json.gz", gzip.compress(as_json(INC))[:-20], "cannot be read: it is cut off", tmp_path)
    broken("E.json", b"\xff\xfe\x80", "it is no text", tmp_path)
    broken("F.json", as_json(INC)[:-1], "test 2: neither another test nor the end of the list", tmp_path)
    broken("10.json", as_json([{**good, "final": 3}]), "'final' is 3, not an object", tmp_path)
    broken("11.json", as_json([{**good, "bytes": None}]), "'bytes' is null, not a list", tmp_path)
    broken("12.json", b'[{"a": ' + b"[" * 100_000, "test 0: it is no JSON", tmp_path)


def test_broken_moo_is_named(tmp_path: Path) -> None:
    good = moo(INC)
    broken("1.MOO", b"MZ" + good[2:], "begins with 'MZO ', not with 'MOO '", tmp_path)
    broken("2.MOO", good[:6], "header has 0 bytes", tmp_path)
    broken("3.MOO", moo(INC, version=2), r"version 2\.0 of the format, not of 1\.x", tmp_path)
    broken("4.MOO", good[:-10], "test 1: chunk 'TEST' of .* is cut off", tmp_path)
    broken("5.MOO", moo(INC, count=3), "ends after 2 tests, and its header says 3", tmp_path)
    broken("6.MOO", moo(INC, b"386E"), "the tests of a 386E; expected those of a 8088", tmp_path)
    broken("7.MOO", good.replace(b"REGS", b"RG32"), "it has the registers of a 386", tmp_path)
    broken("8.MOO", good.replace(b"FINA", b"FIXX"), "it has no 'final'", tmp_path)
    broken("9.MOO", chunk(b"MOO ", b"\x01"), "header has 1 bytes", tmp_path)
    broken("A.MOO", good + b"TES", "test 2: its last chunk is cut off after 3 bytes", tmp_path)
    short = good.replace(chunk(b"REGS", struct.pack("<4H", 1 << 0 | 1 << 12 | 1 << 13, 0x1235, 1, 0xF006)),
                         chunk(b"REGS", struct.pack("<4H", 0xFFFF, 0x1235, 1, 0xF006)))  # fmt: skip
    broken("B.MOO", short, "test 0: chunk 'REGS' has 8 bytes, not 30", tmp_path)
    many = good.replace(counted(b"QUEU", b"\x90"), chunk(b"QUEU", b"\xff\x00\x00\x00\x90"))
    broken("C.MOO", many, "chunk 'QUEU' announces 255 entries and has 1", tmp_path)
    masked = moo(INC, extra=chunk(b"RMSK", struct.pack("<2H", 1, 0xFF00)))
    broken("D.MOO", masked, "leaves bits of ax undefined, not of the flags only", tmp_path)


PYTHONS_WORDS = ("Error", "object is not", "unpack", "Errno", "<class", "b'", "Expecting", "codec")


@pytest.mark.parametrize("value", [None, -1, 1.5, "x", [], {}, True, [[None, 1]], {"ax": None}])
def test_no_python_reason_comes_out(value: object, tmp_path: Path) -> None:
    """Each value of a test replaced by one of another type, one after the other."""
    path = tmp_path / "40.json"
    for keys in (["bytes"], ["initial"], ["final"], ["initial", "regs"], ["initial", "ram"], ["initial", "queue"],
                 ["final", "ram"], ["final", "regs", "ax"]):  # fmt: skip
        test = json.loads(json.dumps(INC[0]))
        inner = test
        for key in keys[:-1]:
            inner = inner[key]
        inner[keys[-1]] = value
        path.write_bytes(as_json([test]))
        try:
            list(read_suite(path))
        except UserError as error:
            assert not any(word in str(error) for word in PYTHONS_WORDS), error
        else:
            assert (keys[-1], value) in [("ram", []), ("queue", [])] or keys == ["final", "regs"] or value == {}


def test_files_of_version_1_1_and_what_may_still_come(tmp_path: Path) -> None:
    """META and a mask in front, a longer header, EXCP and EA32 inside; the flags' masks of all places are added up."""
    wrong = [made("40", {"ax": 0x1235, "flags": 0xF006 ^ 0x0011})]
    (tmp_path / "40.MOO").write_bytes(moo(wrong))
    assert cpu_check([tmp_path / "40.MOO"], "v30").passed == 0
    extra = chunk(b"META", bytes(30)) + chunk(b"RMSK", struct.pack("<3H", 1 << 12 | 1 << 13, 0xFFFF, 0xFFEF))
    inside = chunk(b"RMSK", struct.pack("<2H", 1 << 13, 0xFFFE)) + chunk(b"EA32", bytes(23))
    data = moo(wrong, version=1 | 1 << 8, extra=extra, in_final=inside, header=b"more", tail=chunk(b"EXCP", bytes(5)))
    (tmp_path / "40.MOO").write_bytes(data)
    result = cpu_check([tmp_path / "40.MOO"], "v30")
    assert (result.passed, result.errors) == (1, [])


def test_prefetched_or_not(tmp_path: Path) -> None:
    """Tests without a queue, with one, and with one whose bytes the list of accesses leaves out."""
    tests = [json.loads(json.dumps(INC[0])) for _ in range(3)]
    tests[0]["initial"]["queue"] = []
    tests[2]["initial"]["ram"] = tests[2]["initial"]["ram"][1:]
    (tmp_path / "40.json").write_bytes(as_json(tests))
    assert cpu_check([tmp_path], "v30").passed == 3


def test_undefined_opcodes_are_run_and_counted_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    metadata = {"cpu": "V20", "opcodes": {"8F": {"reg": {"1": {"status": "undefined"}}}, "40": {"status": "normal"}}}
    (tmp_path / "metadata.json").write_text(json.dumps(metadata))
    (tmp_path / "8F.1.json").write_bytes(as_json([made("8fcb", {"sp": 0x82}), made("8fcb", {"sp": 0x84})]))
    (tmp_path / "40.json").write_bytes(as_json(INC))
    assert main(["cpu-check", "--engine", "v30", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["undefined opcodes: 1 of 2 as recorded (8F.1)", "2 of 2"]
    assert main(["cpu-check", "--engine", "v30", "--json", str(tmp_path)]) == 0
    assert json.loads(capsys.readouterr().out)["undefined"]["8F.1"]["total"] == 2


def test_what_an_8086_has_and_a_v30_has_not_is_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "60.MOO").write_bytes(moo([made("6010", {"ip": 0x12})], b"8086"))
    (tmp_path / "D0.6.MOO").write_bytes(moo([made("d0f0", {"ax": 0x12FF})], b"8088"))
    (tmp_path / "40.MOO").write_bytes(moo(INC, b"8086"))
    assert main(["cpu-check", "--engine", "v30", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines() == ["not of a V30: 2 not run (60 D0.6)", "2 of 2"]


def test_binary_folders_take_the_metadata_of_the_others(tmp_path: Path) -> None:
    for name in ("v1_native", "v1_native_binary"):
        (tmp_path / name).mkdir()
    (tmp_path / "v1_native" / "metadata.json").write_text(json.dumps(METADATA))
    (tmp_path / "v1_native_binary" / "08.MOO").write_bytes(moo([made("08c0", {"flags": 0xF016}, ax=0x0033)]))
    assert cpu_check([tmp_path / "v1_native_binary"], "v30").passed == 1


def test_progress_is_told_by_file(tmp_path: Path) -> None:
    for name in ("41.json", "40.json", "42.MOO"):
        (tmp_path / name).write_bytes(moo(INC) if name.endswith("MOO") else as_json(INC))
    told: list[tuple[str, int, int]] = []
    cpu_check([tmp_path, tmp_path / "40.json"], "v30", lambda file, *numbers: told.append((file.name, *numbers)))
    assert told == [("40.json", 1, 4), ("41.json", 2, 4), ("42.MOO", 3, 4), ("40.json", 4, 4)]


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
        assert not any(word in str(error) for word in PYTHONS_WORDS), error
