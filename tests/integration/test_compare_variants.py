"""Variants of OpenM1 that were made without a look at how `korgm1 compare` works, each with what an honest report says.

What is expected was written down before the first run, from the edit of the source alone. Those of code and data are
compared without boots: what a source says differently must not be told of otherwise because it moved something else.
"""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import pytest

from korgm1.analysis import Program, analyse
from korgm1.comparing import Comparison
from korgm1.comparing.causes import explain
from korgm1.comparing.finding import Finding
from korgm1.comparing.static import Static, compare_programs
from korgm1.experiments.bench import QUICK, Bench
from korgm1.romset.firmware_file import read_firmware
from korgm1.romset.load import load_os

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import build_openm1  # noqa: E402

BASE = load_os(None, "m1").image
Edit = tuple[str, str, str]

SAME_BEHAVIOUR: tuple[Edit, ...] = (
    ("main.asm", ".out:\n        mov     dx, PIO_C\n        out     dx, al\n        ret\n\ndraw:",
     ".out:\n        call    leds_out\n        ret\nleds_out:\n        mov     dx, PIO_C\n        out     dx, al\n"
     "        ret\n\ndraw:"),
    ("global.asm", "draw_global:\n        call    page_row\n",
     "draw_global:\n        mov     bl, [global_page]\n        xor     bh, bh\n        shl     bx, 1\n"
     "        mov     si, [cs:global_pages + bx]\n"),
    ("layout.asm", "        mov     bx, ax\n        mov     al, [sound_count]\n        mov     ah, PROG_SIZE\n"
     "        mul     ah\n        add     ax, bx\n",
     "        mov     dx, ax\n        mov     al, [sound_count]\n        mov     ah, PROG_SIZE\n"
     "        mul     ah\n        add     ax, dx\n"),
    ("openm1.asm", '%include "serial.asm"\n%include "lcd.asm"\n', '%include "lcd.asm"\n%include "serial.asm"\n'),
    ("lcd.asm", "lcd_data:\n", "        mov     ax, [ticks]\n        add     ax, 17\n        shl     ax, 3\n"
     "        mov     [lcd_at], ax\n        ret\nlcd_data:\n"),
    ("tables.asm", "text_sure:  ", 'text_hello:             db "Made on a rainy day", 0\ntext_sure:  '),
)
"""A function split in two, one put into its caller, other registers, files in another order, dead code, unused text."""
OTHER_KEYS: tuple[Edit, ...] = (
    ("boot.asm", "        mov     al, [key_state]\n        and     al, KEYS_INITIALISE\n"
     "        cmp     al, KEYS_INITIALISE\n        jne     .keep\n",
     "        mov     al, [key_state + 2]\n        and     al, 3\n        cmp     al, 3\n"
     "        mov     al, [key_state]\n        jne     .keep\n"),
)
"""The keys that initialise lie in another column: everything behind moves, some instructions are other ones."""
LONGER_TABLES: tuple[Edit, ...] = (
    ("control.asm", "        control 38, control_data_low\n",
     "        control 11, control_volume\n        control 38, control_data_low\n"),
    ("tables.asm", "card_counts:            db 100, 50, 0\n",
     "card_counts:            db 100, 50, 0, 25, 25, 25, 25, 25, 25, 25, 25, 25, 25\n"),
    ("tables.asm", "db      4, 120, 0, 20  ", "db      4, 100, 0, 20  "),
)
"""A row more in a table of controllers, ten bytes more in a small table, the tempo of an initial song."""


@pytest.fixture(scope="module")
def base() -> Program:
    return analyse(BASE)


def built(edits: tuple[Edit, ...], folder: Path, patch: pytest.MonkeyPatch) -> tuple[bytes, dict[str, int]]:
    """The image of an edited copy of the source, and where its symbols lie."""
    if shutil.which("nasm") is None:
        pytest.skip("nasm is not installed: no variant of OpenM1 can be built")
    source = folder / "openm1"
    shutil.copytree(build_openm1.SOURCE, source)
    for name, old, new in edits:
        text = (source / name).read_text()
        assert text.count(old) == 1, (name, old)
        (source / name).write_text(text.replace(old, new))
    patch.setattr(build_openm1, "SOURCE", source)
    image = build_openm1.assemble(symbols=folder / "map")
    rows = re.findall(r"^ *([0-9A-F]+) +[0-9A-F]+ +(\S+)$", (folder / "map").read_text(), re.MULTILINE)
    return image, {name: 0xE0000 + int(at, 16) for at, name in rows if 0x10000 <= int(at, 16) < 0x20000}


def of_kind(found: Static, kind: str) -> set[str]:
    """Where in B the findings of a kind begin."""
    return {next((w[2:] for w in row.where if w[0] == "B"), "") for row in found.findings if row.kind == kind}


def at(symbols: dict[str, int], *names: str) -> set[str]:
    return {f"{symbols[name]:05X}" for name in names}


def test_a_source_that_is_only_arranged_otherwise(
    base: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three functions differ, a text and dead code are new; nothing else is told of, though nearly all of it moved."""
    image, symbols = built(SAME_BEHAVIOUR, tmp_path, monkeypatch)
    found = compare_programs(base, analyse(image))
    assert of_kind(found, "function-changed") == at(symbols, "show_leds", "draw_global", "set_layout")
    assert [(row.a, row.b) for row in found.findings if row.kind == "text"] == [("", "Made on a rainy day")]
    assert {row.kind for row in found.findings} == {"function-changed", "text", "unread"}
    dead = [row for row in found.findings if row.kind == "unread"]
    assert [row.what.split(",")[0] for row in dead] == ["code that nobody is known to reach"]
    assert [line.split("  ")[1].split()[0] for line in dead[0].evidence] == ["mov", "add", "shl", "mov", "ret"]
    registers = next(row for row in found.findings if f"B {symbols['set_layout']:05X}" in row.where)
    assert (registers.a, registers.b) == ("mov bx,ax; add ax,bx", "mov dx,ax; add ax,dx")


def test_keys_in_another_column(base: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One function differs. None is gone: a byte table behind a table of pointers leads to no code."""
    image, _ = built(OTHER_KEYS, tmp_path, monkeypatch)
    found = compare_programs(base, analyse(image))
    changed = [row for row in found.findings if row.kind == "function-changed"]
    assert len(changed) == 1 and "constants: 1Ch -> 3h" in changed[0].evidence
    assert {row.kind for row in found.findings} == {"function-changed"}


def test_tables_that_are_longer_and_one_byte_of_data(
    base: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image, symbols = built(LONGER_TABLES, tmp_path, monkeypatch)
    found = compare_programs(base, analyse(image))
    tables = {(row.a, row.b, row.where[1][2:]) for row in found.findings if row.kind == "table"}
    controls = 20
    assert tables == {
        (f"{3 * controls - 1} bytes", f"{3 * controls + 2} bytes", f"{symbols['control_table'] + 1:05X}"),
        ("3 bytes", "13 bytes", f"{symbols['card_counts']:05X}"),
        (f"{120:02X}", f"{100:02X}", f"{symbols['song_defaults'] + 17:05X}"),
    }
    changed = [row for row in found.findings if row.kind == "function-changed"]
    assert [(row.a, row.b) for row in changed] == [("3Ch (60)", "3Fh (63)")]
    assert {row.kind for row in found.findings} == {"function-changed", "table"}


def flipped(place: int, bit: int) -> bytes:
    image = bytearray(BASE)
    image[place] ^= bit
    return bytes(image)


def differences(base: Program, image: bytes) -> list[Finding]:
    """What is told as a difference of its own: that the ROM's sum is wrong now comes with every flipped bit."""
    static = compare_programs(base, analyse(image))
    found = [row for row in explain(static.findings, static) if not row.because]
    assert len([row for row in found if row.kind == "bytes" and row.a.endswith(", right")]) == 1
    return [row for row in found if row.kind != "bytes"]


def test_one_bit_of_a_table_that_code_reads(base: Program) -> None:
    """The LEDs by mode, GLOBAL's: 81 becomes 80. Nothing moved, and no function has another instruction."""
    place = BASE.index(bytes.fromhex("05091121810141")) + 4
    found = differences(base, flipped(place, 1))
    assert [(row.kind, row.a, row.b) for row in found] == [("table", "81", "80")]
    assert found[0].where == (f"A {0xE0000 + place:05X}", f"B {0xE0000 + place:05X}")


def test_one_bit_of_the_reset_routine(base: Program) -> None:
    """XOR AX,AX becomes AND AX,AX: one function is another, all others are known again."""
    place = BASE.index(bytes.fromhex("FAFC31C0")) + 2
    found = differences(base, flipped(place, 0x10))
    assert [(row.kind, row.a, row.b) for row in found] == [("function-changed", "xor ax,ax", "and ax,ax")]


def test_a_byte_that_nothing_reads_is_said_to_differ(base: Program, tmp_path: Path) -> None:
    image = flipped(0x8000, 1)
    (tmp_path / "b.bin").write_bytes(image)
    pair = load_os(None, "m1"), read_firmware([str(tmp_path / "b.bin")])
    found = Comparison(pair, None, compare_programs(base, analyse(image)), (), ())
    assert found.verdict.startswith("no difference found")
    assert "1 byte of the images differs, the first at E8000" in found.verdict


@pytest.mark.parametrize("ticks", [480, 507, 525])
def test_an_experiment_sees_the_last_picture_however_long_the_banner_stands(ticks: int, tmp_path: Path) -> None:
    """A RAM whose sums are wrong has one picture more than a whole one, also where the banner takes other times."""
    loads = re.compile(rb"(\xc7\x06..|\xa1..\x05)\xf4\x01", re.DOTALL)
    image, places = loads.subn(lambda found: found[1] + ticks.to_bytes(2, "little"), BASE)
    assert places == 2  # from reset, and from a text on line 2
    (tmp_path / "b.bin").write_bytes(image)
    bench = Bench(read_firmware([str(tmp_path / "b.bin")]))
    whole = bench.boot(bench.reference.sram, "a whole RAM", still=QUICK)
    damaged = bytearray(bench.reference.sram)
    damaged[0x3000] ^= 0x10
    seen = bench.boot(bytes(damaged), "a damaged RAM", still=QUICK)
    assert seen.texts[-1] == seen.lcd == whole.lcd
    assert len(seen.texts) == len(whole.texts) + 1
