"""The wave ROM: words from chips, the diagnosis of wrong halves, and how the user's dumps are found."""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import RomError, SnapshotError, UserError
from korgm1.hypotheses import Hypotheses
from korgm1.romset.database import Database, Part, known_roms
from korgm1.romset.waves import load_waves
from korgm1.sound import waverom
from korgm1.sound.waverom import CHIP, INTERNAL, PAIRS, WaveRom, from_chips, join, pair_fault, split, with_extension


def music(seed: int) -> waverom.Words:
    """Half a million words of something like sound: low frequencies, 12 bits loud."""
    steps = np.random.default_rng(seed).integers(-300, 301, CHIP)
    walk = np.cumsum(steps)
    return (12_000 * np.sin(walk / 4000)).astype(np.int16)


@pytest.fixture(scope="module")
def chips() -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for number, (low, high) in enumerate(PAIRS):
        found[low], found[high] = split(music(number))
    return found


@given(st.lists(st.integers(-32768, 32767), min_size=1, max_size=50))
def test_split_and_join_are_each_others_inverse(values: list[int]) -> None:
    words = np.array(values, dtype=np.int16)
    assert join(*split(words)).tolist() == values


def test_the_pairs_are_those_of_the_database() -> None:
    """MAME's list: IC36 + IC40 first, low bytes in IC36-IC39."""
    parts = {part.ic: part for part in known_roms().parts if part.kind == "pcm" and not part.set}
    assert set(parts) == {place for pair in PAIRS for place in pair}
    for number, (low, high) in enumerate(PAIRS):
        assert (parts[low].lane, parts[high].lane) == ("low", "high")
        words = f"{number * CHIP:06X}-{(number + 1) * CHIP - 1:06X}"
        assert words in parts[low].what and words in parts[high].what
        assert parts[low].size == parts[high].size == CHIP


def test_words_lie_in_the_order_of_the_pairs(chips: dict[str, bytes]) -> None:
    rom = WaveRom(from_chips(chips))
    assert rom.size == INTERNAL
    for address in (0, 1, CHIP - 1, CHIP, 3 * CHIP + 7, INTERNAL - 1):
        low, high = PAIRS[address // CHIP]
        word = chips[low][address % CHIP] | chips[high][address % CHIP] << 8
        assert rom.read(address) & 0xFFFF == rom.peek(address) & 0xFFFF == word
    assert rom.read(INTERNAL) == rom.read(-1) == 0


def test_it_cannot_be_written(chips: dict[str, bytes]) -> None:
    rom = WaveRom(music(0))
    before = rom.sha1, rom.read(5)
    rom.write(5, 1)
    rom.reset("power")
    assert (rom.sha1, rom.read(5)) == before
    with pytest.raises(ValueError, match="read-only"):
        rom.words[5] = 1


def test_an_ex_has_twice_as_many_and_a_card_lies_behind() -> None:
    first, second = np.full(INTERNAL, 1, np.int16), np.full(INTERNAL, 2, np.int16)
    card = np.array([7, 8], dtype=np.int16)
    both = with_extension(first, second)
    assert [WaveRom(both).read(at) for at in (INTERNAL - 1, INTERNAL)] == [1, 2]
    assert WaveRom(first, card).read(INTERNAL + 1) == 8
    assert WaveRom(both, card).read(2 * INTERNAL + 1) == 8
    fixed = WaveRom(first, card, Hypotheses({"H-PCM-CARD": "fixed"}))
    assert [fixed.read(at) for at in (INTERNAL, 2 * INTERNAL)] == [0, 7]
    with pytest.raises(RomError, match="words"):
        with_extension(first, card)
    with pytest.raises(RomError, match="words"):
        WaveRom(np.zeros(2 * INTERNAL + 1, np.int16))


def test_a_snapshot_belongs_to_its_words() -> None:
    rom = WaveRom(music(1))
    rom.restore(rom.snapshot())
    with pytest.raises(SnapshotError, match="wave ROM"):
        WaveRom(music(2)).restore(rom.snapshot())


def test_every_missing_chip_is_named(chips: dict[str, bytes]) -> None:
    less = {place: data for place, data in chips.items() if place not in ("IC38", "IC43")}
    with pytest.raises(RomError, match="IC38, IC43 are missing"):
        from_chips(less)
    with pytest.raises(RomError, match="IC36 has 4 bytes"):
        from_chips({**chips, "IC36": b"abcd"})


def test_swapped_and_doubled_and_blank_halves_are_told_from_the_data(chips: dict[str, bytes]) -> None:
    assert pair_fault("IC36", chips["IC36"], "IC40", chips["IC40"]) == ""
    with pytest.raises(RomError, match="IC37 and IC41 are swapped"):
        from_chips({**chips, "IC37": chips["IC41"], "IC41": chips["IC37"]})
    with pytest.raises(RomError, match="the same chip was read twice"):
        from_chips({**chips, "IC40": chips["IC36"]})
    with pytest.raises(RomError, match="IC39 is blank"):
        from_chips({**chips, "IC39": b"\xff" * CHIP})


def known(chips: dict[str, bytes]) -> Database:
    parts = tuple(
        Part("", "pcm", place, "low" if place < "IC40" else "high", f"{place} of the test", CHIP, zlib.crc32(data),
             hashlib.sha1(data).hexdigest())
        for place, data in chips.items()
    )
    return Database({}, parts)


def test_known_dumps_are_found_by_their_bytes_in_a_folder_and_a_zip(chips: dict[str, bytes], tmp_path: Path) -> None:
    for number, place in enumerate(chips):
        (tmp_path / f"{number}.bin").write_bytes(chips[place])
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for number, place in enumerate(reversed(chips)):
            archive.writestr(f"x{number}", chips[place])
    wanted = from_chips(chips)
    for place in (tmp_path, tmp_path / "all.zip"):
        found = load_waves(place, known(chips))
        assert (found.words == wanted).all() and found.warnings == () and len(found.sources) == 8


def test_unknown_dumps_are_taken_by_name_and_swapped_ones_put_right(chips: dict[str, bytes], tmp_path: Path) -> None:
    names = {**{place: place for place in chips}, "IC36": "IC40", "IC40": "IC36"}
    for place, data in chips.items():
        (tmp_path / f"m1_{names[place].lower()}.bin").write_bytes(data)
    found = load_waves(tmp_path, Database({}, ()))
    assert (found.words == from_chips(chips)).all()
    assert any("swapped by their names" in text for text in found.warnings)
    assert any("no list knows" in text for text in found.warnings)


def test_what_is_missing_or_not_there_is_said(chips: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        load_waves(tmp_path / "nothing")
    with pytest.raises(RomError, match="holds no sample ROM"):
        load_waves(tmp_path)
    (tmp_path / "a.bin").write_bytes(chips["IC36"])
    with pytest.raises(RomError, match=r"IC37, .*IC43 are missing") as raised:
        load_waves(tmp_path, known(chips))
    assert "korgm1 rom identify" in raised.value.hint
