"""FIRMWARE of the analysing verbs: whatever is 128 KB is read, the rest is told."""

from __future__ import annotations

import os
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from korgm1.errors import RomError, UserError
from korgm1.romset.database import known_roms
from korgm1.romset.firmware_file import read_firmware
from korgm1.romset.identify import identify
from korgm1.romset.image import HALF, IMAGE, interleave
from korgm1.romset.openm1 import OPENM1_BUILDS, Build

OWN = OPENM1_BUILDS["19"]
EVEN, ODD = OWN.pair()
BUILDS = pytest.mark.parametrize("build", OPENM1_BUILDS.values(), ids=lambda build: build.version)


def put(folder: Path, **files: bytes) -> Path:
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


@BUILDS
def test_a_build_by_name_as_image_as_pair_and_in_a_zip(build: Build, tmp_path: Path) -> None:
    even, odd = build.pair()
    put(tmp_path, image=build.image())
    (tmp_path / "pair").mkdir()
    pair = put(tmp_path / "pair", x=odd, y=even)
    with zipfile.ZipFile(tmp_path / "z.zip", "w") as archive:
        archive.writestr("a/one.bin", odd)
        archive.writestr("a/two.bin", even)
    ways = [
        [build.word], [f"{tmp_path}/image"], [str(pair)], [f"{pair}/x"], [f"{pair}/y"], [f"{pair}/x", f"{pair}/y"],
        [f"{pair}/y", f"{pair}/x"], [f"{tmp_path}/z.zip"],
    ]
    for words in ways:
        found = read_firmware(words)
        assert (found.image, found.version, found.warnings) == (build.image(), build.version, ()), words
        assert found.models == build.models


@pytest.mark.parametrize(
    "content",
    [bytes(IMAGE), b"\xff" * IMAGE, random.Random(1).randbytes(IMAGE), b"\xeb\xfe" * HALF, bytes(range(256)) * 512],
    ids=["zeros", "FF", "random", "self-looping", "counting"],
)
def test_any_128_kb_are_read_with_the_reason_why_they_would_not_boot(content: bytes, tmp_path: Path) -> None:
    put(tmp_path, image=content)
    for words in ([f"{tmp_path}/image"], [str(tmp_path)]):
        found = read_firmware(words)
        assert found.image == content
        assert found.warnings and found.warnings[0].startswith("it would not boot: ")
        assert found.models == () and found.name == "unknown firmware"


def test_two_strange_halves_are_joined_by_their_names_or_as_named(tmp_path: Path) -> None:
    first, second = random.Random(2).randbytes(HALF), random.Random(3).randbytes(HALF)
    put(tmp_path, a=first, b=second, ic23=first, ic32=second)
    assert read_firmware([f"{tmp_path}/a", f"{tmp_path}/b"]).image == interleave(first, second)
    assert read_firmware([f"{tmp_path}/b", f"{tmp_path}/a"]).image == interleave(second, first)
    for words in ([f"{tmp_path}/ic23", f"{tmp_path}/ic32"], [f"{tmp_path}/ic32", f"{tmp_path}/ic23"]):
        assert read_firmware(words).image == interleave(second, first)


def test_a_damaged_half_beside_a_good_one_is_read(tmp_path: Path) -> None:
    stuck = bytes(value | 0x10 for value in ODD)
    put(tmp_path, ic32=EVEN, ic23=stuck)
    for words in ([str(tmp_path)], [f"{tmp_path}/ic23", f"{tmp_path}/ic32"], [f"{tmp_path}/ic32"]):
        found = read_firmware(words)
        assert found.image == interleave(EVEN, stuck), words
        assert any("D4" in text for text in found.warnings)


def test_one_chip_read_twice_is_read_and_told(tmp_path: Path) -> None:
    put(tmp_path, a=EVEN, b=EVEN)
    found = read_firmware([f"{tmp_path}/a", f"{tmp_path}/b"])
    assert found.image == interleave(EVEN, EVEN)
    assert any("the same chip read twice" in text for text in found.warnings)


def test_what_the_hash_proves_is_put_right_with_a_remark(tmp_path: Path) -> None:
    put(tmp_path, ic32=EVEN[::-1], ic23=ODD)
    found = read_firmware([str(tmp_path)])
    assert found.image == OWN.image() and "backwards" in found.warnings[0]


def test_halves_of_two_versions_are_read_and_told(tmp_path: Path) -> None:
    put(tmp_path, x=EVEN, y=OPENM1_BUILDS["29"].pair()[1])
    found = read_firmware([f"{tmp_path}/y", f"{tmp_path}/x"])
    assert found.image == interleave(EVEN, OPENM1_BUILDS["29"].pair()[1])
    assert found.warnings == (
        "it would not boot: IC23 is OpenM1 #29 but IC32 is OpenM1 #19: good dumps, but halves of two versions do not "
        "run together",
    )


def test_of_several_versions_the_first_is_taken_and_said(tmp_path: Path) -> None:
    put(tmp_path, a=OPENM1_BUILDS["29"].image(), b=OPENM1_BUILDS["24"].image())
    found = read_firmware([str(tmp_path)])
    assert found.version == "#24" and "OpenM1 #29" in found.warnings[-1]


@pytest.mark.parametrize(
    "files, words, text",
    [
        ({"a": EVEN}, ["a"], "missing"),
        ({"a": b"\1\2" * 500}, ["a"], "neither its size"),
        ({"a": b""}, ["a"], "holds nothing"),
        ({"a": EVEN[:-1]}, ["a"], "65,535 bytes"),
        ({}, ["."], "holds no M1 ROM dump"),
        ({"a": bytes(IMAGE), "b": b"\xff" * IMAGE}, ["."], "several dumps"),
        ({"a": bytes(HALF), "b": bytes(1000)}, ["a", "b"], "every byte is 00"),
    ],
)
def test_what_is_no_firmware_is_told(
    files: dict[str, bytes], words: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, **files)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RomError) as caught:
        read_firmware(words)
    assert text in caught.value.found
    assert caught.value.expected


@pytest.mark.parametrize(
    "words, text",
    [
        (["nowhere"], "does not exist"), (["openm1"], "does not exist"), (["a", "nowhere"], "does not exist"),
        ([""], "without a name"),
        (["a", "a"], "named twice"), (["a", "."], "is a folder"), ([], "0 words"), (["a", "b", "c"], "3 words"),
        (["/dev/zero"], "device"), (["x" * 5000], "cannot be read"), (["a", "x" * 5000], "cannot be read"),
        (["a\0b"], "cannot be read"), (["a", "\0"], "cannot be read"), (["loop"], "cannot be read"), (["pipe"], "pipe"),
        (["a", "pipe"], "pipe"), (["\udcff"], "does not exist"),
    ],
)
def test_words_that_name_nothing_are_the_users_mistake(
    words: list[str], text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, a=EVEN, b=ODD)
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError) as caught:
        read_firmware(words)
    assert text in caught.value.found


def test_a_huge_file_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "huge").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(RomError, match="more than any M1 ROM"):
        read_firmware([f"{tmp_path}/huge"])
    with pytest.raises(RomError, match="more than any M1 ROM"):
        read_firmware([str(put(tmp_path, a=EVEN) / "a"), f"{tmp_path}/huge"])


@pytest.mark.parametrize("words", [["openm1:24", "a"], ["a", "openm1:24"]])
def test_a_build_is_no_half(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(RomError, match="whole firmware"):
        read_firmware(words)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_no_content_breaks_it(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    """Truncated, repeated, patched, doubled: a firmware with 131,072 bytes, or an error of ours."""
    bases = [OWN.image(), bytes(IMAGE), b"\xeb\xfe" * HALF, EVEN, b"PK\x03\x04", b""]
    base = bytearray(data.draw(st.sampled_from(bases)))
    for at, value in data.draw(st.lists(st.tuples(st.integers(0, IMAGE), st.integers(0, 255)), max_size=6)):
        if base:
            base[at % len(base)] = value
    cut = data.draw(st.sampled_from([len(base), 0, 1, len(base) // 2, max(0, len(base) - 1)]))
    content = bytes(base[:cut]) * data.draw(st.sampled_from([1, 1, 2, 3]))
    path = tmp_path_factory.mktemp("fuzz") / "dump"
    path.write_bytes(content)
    identify(content, known_roms())
    try:
        found = read_firmware([str(path)])
    except (RomError, UserError) as error:
        assert error.found
    else:
        assert len(found.image) == IMAGE
