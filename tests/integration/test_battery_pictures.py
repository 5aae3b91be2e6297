"""The pictures of the README and docs/battery.md are what their commands give, and the commands stand beside them."""

from __future__ import annotations

import re
import shlex
import struct
import zlib
from pathlib import Path

import pytest

import battery_pictures
from korgm1.cli import build_parser
from korgm1.lifetime import parse_events

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PAGE = (ROOT / "docs" / "battery.md").read_text("utf-8")
DISPLAYS = ("battery-good.png", "battery-weak.png", "battery-dead.png")


def pixels(data: bytes) -> tuple[bytes, bytes]:
    """Header and lines of a PNG, however well it was packed."""
    at, header, lines = 8, b"", b""
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        header, lines = (body, lines) if kind == b"IHDR" else (header, lines + body if kind == b"IDAT" else lines)
        at += 12 + length
    return header, zlib.decompress(lines)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "my.sram").write_bytes(battery_pictures.my_sram())
    battery_pictures.draw(folder, [*DISPLAYS, "battery-map.png"])
    return folder


def test_the_memory_has_programs_with_names(folder: Path) -> None:
    image = (folder / "my.sram").read_bytes()
    assert image[0x440D : 0x440D + 10] == b"My Piano  " and image[0x440D + 143 * 43 :][:10] == b"Night Bus "


@pytest.mark.parametrize("name", [*DISPLAYS, "battery-map.png"])
def test_a_committed_picture_is_what_its_command_gives(folder: Path, name: str) -> None:
    assert pixels((ROOT / "docs" / name).read_bytes()) == pixels((folder / name).read_bytes()), (
        f"docs/{name} is not what {battery_pictures.COMMANDS[name]!r} draws: run tools/battery_pictures.py"
    )


def test_good_weak_and_dead_are_three_pictures(folder: Path) -> None:
    assert len({pixels((folder / name).read_bytes()) for name in DISPLAYS}) == 3


@pytest.mark.parametrize("name", battery_pictures.COMMANDS)
def test_each_picture_is_shown_beside_its_command(name: str) -> None:
    pages = [text for text in (README, PAGE) if f"{name})" in text]
    assert pages, f"{name} is shown nowhere"
    for text in pages:
        assert battery_pictures.COMMANDS[name] in text
    assert (ROOT / "docs" / name).read_bytes().startswith(b"\x89PNG")


def test_every_command_of_the_page_parses() -> None:
    commands = re.findall(r"^    (korgm1 .*)$", PAGE, re.M)
    assert len(commands) >= 4
    for command in commands:
        assert build_parser().parse_args(shlex.split(command)[1:]).verb == command.split()[1]


def test_the_tables_of_events_are_the_language() -> None:
    rows = re.findall(r"^\| (?:`[^|]*`|[^|]*) \| `([a-z-]+(?:=[^`]*)?)` \|", PAGE, re.M)
    assert len(rows) >= 10
    for word in rows:
        powered = word.startswith(("dip", "off-switch"))
        assert parse_events(word, powered)[0].word == word
