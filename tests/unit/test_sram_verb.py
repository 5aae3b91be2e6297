"""korgm1 sram: what it prints and draws, and what it does with files that are no images."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest

from korgm1.cli import main
from korgm1.physics.sram_wake import wake
from korgm1.session import Session
from korgm1.sram_layout import picture, read

PROGRAM_42 = 0x440D + 42 * 143


@pytest.fixture(scope="module")
def fresh() -> bytes:
    """As OpenM1 initialises it, with a program called Universe at I42."""
    session = Session()
    session.boot()
    image = bytearray(session.sram)
    image[PROGRAM_42 : PROGRAM_42 + 10] = b"Universe  "
    return bytes(image)


@pytest.fixture
def good(fresh: bytes, tmp_path: Path) -> str:
    path = tmp_path / "good.sram"
    path.write_bytes(fresh)
    return str(path)


@pytest.fixture
def hit(fresh: bytes, tmp_path: Path) -> str:
    """The same with one bit of a cutoff and a work byte turned."""
    image = bytearray(fresh)
    image[PROGRAM_42 + 71] ^= 1 << 5
    image[0xF123] ^= 0xFF
    path = tmp_path / "hit.sram"
    path.write_bytes(image)
    return str(path)


@pytest.fixture
def noise(tmp_path: Path) -> str:
    path = tmp_path / "noise.sram"
    path.write_bytes(wake(3, 0).tobytes())
    return str(path)


def out(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def pixels(png: bytes) -> np.ndarray:
    """Of a PNG with one IDAT and unfiltered lines."""
    width, height = int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big")
    at = png.index(b"IDAT")
    body = png[at + 4 : at + 4 + int.from_bytes(png[at - 4 : at], "big")]
    lines = np.frombuffer(zlib.decompress(body), np.uint8).reshape(height, 1 + 3 * width)
    return lines[:, 1:].reshape(height, width, 3)


def test_show_begins_with_what_it_is_and_lists_the_names(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "show", good]) == 0
    text = out(capsys).splitlines()
    assert text[0] == f"{good}: OpenM1, by its signature"
    assert text[1].startswith("valid         no: sum 1 is")
    assert "programs             440D-7BE8  14,300     100" in text
    assert "I40 Init Prog   I41 Init Prog   I42 Universe    I43 Init Prog   I44 Init Prog" in text
    assert "100 combinations" in text and "10 songs" in text


def test_one_list_only(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "show", good, "--songs"]) == 0
    head, *lines = out(capsys).splitlines()
    assert head == "10 songs"
    assert " ".join(lines).split() == [word for n in range(10) for word in (str(n), "New", "Song")]
    assert len(lines) == 2


@pytest.mark.parametrize("number", ("42", "I42"))
def test_a_program_in_full(good: str, number: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "show", good, "--program", number]) == 0
    text = out(capsys).splitlines()
    assert text[0] == "I42 Universe, 5B83-5C11"
    assert [line.split()[0] for line in text if "VDF1 cutoff  " in line] == ["5BCA"]
    assert any(line.split()[1:] == ["OSC1", "octave", "8'"] for line in text)


def test_records_with_impossible_values_are_marked(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    image = bytearray(Path(good).read_bytes())
    image[PROGRAM_42 + 71] = 200
    image[PROGRAM_42 + 3] = 0x9F
    Path(good).write_bytes(image)
    assert main(["sram", "show", good, "--programs"]) == 0
    text = out(capsys)
    assert text.startswith("100 programs, 1 with impossible values (?)") and "I42?Uni erse" in text
    assert main(["sram", "show", good, "--program", "42"]) == 0
    text = out(capsys)
    assert "200  ? 0 to 99 is possible" in text and "? 55 6e 69 9f" in text


@pytest.mark.parametrize("words, kind, count", (
    ([], "programs", 100), (["--combis"], "combinations", 100), (["--songs"], "songs", 10),
))
def test_show_as_json(
    good: str, words: list[str], kind: str, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sram", "show", good, "--json", *words]) == 0
    shown = json.loads(out(capsys))
    assert shown["layout"] == "OpenM1" and shown["valid"] is False and len(shown[kind]) == count


@pytest.mark.parametrize("words, name", (
    (["--program", "42"], "VDF1 cutoff"), (["--combi", "1"], "Timbre 8 level"), (["--song", "9"], "Tempo"),
    (["--kit", "4"], "Entry 30 drum sound"), (["--global"], "Master tune"),
))
def test_a_record_as_json(good: str, words: list[str], name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "show", good, *words, "--json"]) == 0
    shown = json.loads(out(capsys))
    assert name in shown["values"] and shown["words"].keys() == shown["values"].keys()


def test_an_unknown_image_shows_how_it_looks(noise: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "show", noise]) == 0
    text = out(capsys)
    assert "unknown, no map of it is known" in text and "noise, as a RAM wakes" in text and "no names" in text
    assert main(["sram", "show", noise, "--program", "1"]) == 1
    assert main(["sram", "show", noise, "--program", "1", "--layout", "openm1"]) == 0


def test_diff_names_the_program_the_parameter_and_the_bit(
    good: str, hit: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sram", "diff", good, hit]) == 5
    text = out(capsys)
    assert "I42 Universe: VDF1 cutoff 99 -> 67 (bit 5)" in text
    assert "hit: 1 of 100 programs, 0 of 100 combinations, 0 of 10 songs" in text
    assert "2 bytes differ in 9 bits" in text and "... 1 more; --all lists them" in text and "F123" not in text
    assert main(["sram", "diff", good, hit, "--all"]) == 5
    assert "sound F123:" in out(capsys)


def test_after_heavy_damage_the_most_hit_sounds_come_first(
    fresh: bytes, good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    image = bytearray(fresh)
    image[0x1020:0x1030] = bytes(byte ^ 0xFF for byte in image[0x1020:0x1030])
    image[PROGRAM_42 + 71] ^= 1
    for byte in range(20, 120):
        image[PROGRAM_42 + 143 + byte] ^= 0xFF
    path = tmp_path / "heavy.sram"
    path.write_bytes(image)
    assert main(["sram", "diff", good, str(path)]) == 5
    text = out(capsys)
    assert "most hit: I43 Init Prog (800 bits), I42 Universe (1 bit)" in text
    listed = text[text.index("most hit") :].splitlines()[2:]
    assert listed[0].startswith("I43 Init Prog: ") and len(listed) == 61 and "more; --all lists them" in listed[-1]
    assert main(["sram", "diff", good, str(path), "--all"]) == 5
    whole = out(capsys)
    assert whole.index("I42 Universe: ") < whole.index("I43 Init Prog: ")


def test_diff_of_equal_images_ends_with_0(good: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "diff", good, good]) == 0
    assert "no difference" in out(capsys)


def test_diff_as_json(good: str, hit: str, noise: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "diff", good, hit, "--json"]) == 5
    found = json.loads(out(capsys))
    assert [row["parameter"] for row in found["changes"]] == ["VDF1 cutoff", ""]
    assert found["records"] == [
        {"name": "I42 Universe", "address": PROGRAM_42, "bytes": 1, "to_one": 0, "to_zero": 1}
    ]
    assert main(["sram", "diff", good, noise, "--json"]) == 5
    assert json.loads(out(capsys))["bytes"] > 60000


def test_the_map_marks_the_byte_that_turned_and_its_program(
    good: str, hit: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    png = tmp_path / "map.png"
    assert main(["sram", "map", good, "--against", hit, "-o", str(png)]) == 0
    seen = pixels(png.read_bytes())
    assert out(capsys) == f"{png}: {seen.shape[1]} x {seen.shape[0]} pixels\n"
    x = picture.LEFT + (PROGRAM_42 + 71) % 256 * picture.WIDE
    y = picture.TOP + (PROGRAM_42 + 71) // 256 * picture.HIGH
    assert (seen[y : y + picture.HIGH, x : x + picture.WIDE] == picture.TO_ZERO).all()
    tile = picture.LEFT + 256 * picture.WIDE + picture.LABELS + 2 * (picture.TILE[0] + 2)
    tops = picture.TOP + 24 + 4 * (picture.TILE[1] + 2)
    (red, green, _), (_, quiet, _) = seen[tops, tile].tolist(), seen[tops, tile + picture.TILE[0] + 2].tolist()
    assert red - green > 50 and quiet > green
    again = tmp_path / "again.png"
    assert main(["sram", "map", good, "--against", hit, "-o", str(again)]) == 0
    assert again.read_bytes() == png.read_bytes()


def test_a_picture_of_every_sort_of_image(good: str, noise: str) -> None:
    for path in (good, noise):
        layout = read(Path(path).read_bytes())
        image = picture.paint(layout, path)
        assert image.dtype == np.uint8 and image.shape[0] > 1000
    assert main(["sram", "map", noise]) == 0
    assert Path(f"{noise}.png").read_bytes().startswith(b"\x89PNG")


def test_bad_files_are_told_apart_and_nothing_is_written(
    good: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    short, dump = tmp_path / "short.sram", tmp_path / "bank.syx"
    short.write_bytes(bytes(65000))
    dump.write_bytes(b"\xf0\x42\x30\x19" + bytes(100))
    cases = (
        (str(short), "65,000 bytes, cut short"), (str(dump), "SysEx dump"), (str(tmp_path), "folder"),
        (str(tmp_path / "none"), "cannot be read"),
    )
    before = sorted(tmp_path.iterdir())
    for path, words in cases:
        for command in (["show", path], ["diff", good, path], ["map", path], ["map", good, "--against", path]):
            assert main(["sram", *command]) == 1
            said = capsys.readouterr().err
            assert said.startswith("korgm1: ") and words in said and "SRAM image" in said
    assert sorted(tmp_path.iterdir()) == before


def test_the_map_never_replaces_an_image(good: str, hit: str, tmp_path: Path) -> None:
    for target in (good, hit):
        kept = Path(target).read_bytes()
        assert main(["sram", "map", good, "--against", hit, "-o", target]) == 2
        assert Path(target).read_bytes() == kept
    assert main(["sram", "map", good, "-o", str(tmp_path)]) == 1


@pytest.mark.parametrize("words", (
    ["--program", "100"], ["--kit", "0"], ["--kit", "5"], ["--song", "10"],
))
def test_numbers_that_do_not_exist(good: str, words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sram", "show", good, *words]) == 2
    assert "there is no" in capsys.readouterr().err


def test_words_that_are_no_numbers(good: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["sram", "show", good, "--program", "x"])
    assert stopped.value.code == 2
