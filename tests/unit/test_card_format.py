"""The format of OpenM1's cards, foreign cards, banks between cards, images and dumps, and dumps of PCM cards."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.board.card import SIZE
from korgm1.cardfile import foreign, pcm_dump
from korgm1.cardfile.bank import Bank, of_card, of_sram
from korgm1.cardfile.card_format import FORMATS, SONGS_SIZE, Format, build, card_sum, format_named, identify, name_of
from korgm1.errors import UsageError, UserError
from korgm1.scenario.bank import dump, named
from korgm1.sysex import unpack

OFFSETS = 2 * 181


def bank(steps: int = 0) -> Bank:
    """Every record another, so that none can be taken for another."""
    rows = [bytes([number, kind]) * 72 for kind in (1, 2) for number in range(100)]
    songs = bytearray(n & 0x7F for n in range(SONGS_SIZE))
    songs[-OFFSETS:] = struct.pack("<181H", *[0] * 80, *[4 * steps] * 101)
    return Bank(
        bytes(n * 3 & 0xFF for n in range(861)), tuple(row[:124] for row in rows[:100]),
        tuple(row[:143] for row in rows[100:]), bytes(songs), bytes(n * 5 & 0xFF for n in range(4 * steps)),
    )


def test_the_formats_fill_a_card_as_an_m1_s_do() -> None:
    assert [(row.size, row.sounds, row.steps) for row in FORMATS] == [
        (27_561, 100, 0), (32_533, 50, 4200), (32_322, 0, 7700),
    ]
    assert all(0x20 + row.size <= SIZE for row in FORMATS)
    assert [format_named(row.word) for row in FORMATS] == list(FORMATS)
    with pytest.raises(UsageError, match="100, 50, seq"):
        format_named("99")


def test_the_bytes_of_a_card_one_by_one() -> None:
    """By hand, not with the module's own constants."""
    image = bank(3).card(FORMATS[1])
    assert image[:16] == b"OpenM1 ProgCard " and image[0x10:0x14] == bytes([1, 0, 3, 0])
    assert image[0x16:0x20] == bytes(10) and len(image) == SIZE
    assert image[0x20 : 0x20 + 861] == bank().globals
    combis, programs = 0x20 + 861, 0x20 + 861 + 50 * 124
    assert image[combis + 124 : combis + 248] == bank().combinations[1]
    assert image[programs + 143 * 49 : programs + 143 * 50] == bank().programs[49]
    songs = programs + 143 * 50
    assert image[songs : songs + 1522] == bank(3).songs and image[songs + 1522 : songs + 1534] == bank(3).steps
    total = sum(image[0x10:0x14]) + sum(image[0x20 : 0x20 + 32_533])
    assert int.from_bytes(image[0x14:0x16], "little") == total & 0xFFFF


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("steps", [0, 1, 4200])
def test_what_is_built_is_what_is_read(form: Format, steps: int) -> None:
    steps = min(steps, form.steps)
    content = identify(bank(steps).card(form))
    assert content is not None and content.format is form and content.steps == steps and content.problems == ()
    back = of_card(content)
    assert back.programs == bank().programs[: form.sounds] and back.combinations == bank().combinations[: form.sounds]
    assert back.globals == (bank().globals if form.sounds else b"")
    assert (back.songs, back.steps) == ((bank(steps).songs, bank(steps).steps) if form.steps else (b"", b""))


@given(at=st.integers(0, SIZE - 1), bit=st.integers(0, 7), form=st.sampled_from(FORMATS))
def test_a_turned_bit_is_found_wherever_it_counts(at: int, bit: int, form: Format) -> None:
    image = bytearray(bank().card(form))
    image[at] ^= 1 << bit
    content = identify(bytes(image))
    if at < 0x10 or content is None:
        assert content is None and at <= 0x10
    else:
        counted = 0x10 <= at < 0x16 or 0x20 <= at < 0x20 + content.format.size
        assert bool(content.problems) == counted


@given(st.binary(min_size=64, max_size=64))
def test_any_bytes_behind_the_mark_can_be_read(noise: bytes) -> None:
    image = b"OpenM1 ProgCard " + noise + bytes(SIZE - 80)
    content = identify(image)
    assert (content is None) == (noise[0] > 2)
    if content is not None:
        assert len(content.programs) == content.format.sounds and len(of_card(content).sysex()) > 0


def test_what_does_not_fit_is_said() -> None:
    with pytest.raises(UserError, match="4,201 steps"):
        bank(4201).card(FORMATS[1])
    assert identify(bank(4201).card(FORMATS[2])) is not None
    with pytest.raises(UserError, match="50 of each"):
        Bank(bytes(861), (bytes(124),) * 49, (bytes(143),) * 50).card(FORMATS[1])
    with pytest.raises(UsageError, match="at most 27,561 bytes"):
        build(FORMATS[0], bytes(27_562))
    with pytest.raises(UserError, match="32,768"):
        identify(bytes(100))


def test_more_steps_than_fit_and_songs_out_of_order() -> None:
    image = bytearray(bank(9).card(FORMATS[2]))
    image[0x12:0x14] = struct.pack("<H", 7701)
    image[0x14:0x16] = struct.pack("<H", card_sum(bytes(image), FORMATS[2]))
    content = identify(bytes(image))
    assert content is not None and content.problems == ("7,701 steps are said to be in use, 7,700 fit",)
    image[0x12:0x14] = struct.pack("<H", 8)
    image[0x14:0x16] = struct.pack("<H", card_sum(bytes(image), FORMATS[2]))
    content = identify(bytes(image))
    assert content is not None and content.problems == ("its songs end at step 9, 8 are said to be in use",)


def test_names_as_people_read_them() -> None:
    assert [name_of(row) for row in (b"A\0B       x", bytes(10), b"\xff\x7fOdd Name ")] == ["A B", "", "..Odd Name"]


def test_a_bank_as_dumps() -> None:
    everything = bank(5).sysex()
    assert everything[:8] == bytes.fromhex("F0 42 30 19 50 00 05 00") and everything.count(0xF7) == 1
    data = unpack(everything[8:-1])
    assert data == b"".join([bank().globals, *bank().combinations, *bank().programs, bank(5).songs, bank(5).steps])
    large = Bank(songs=bank(4401).songs, steps=bank(4401).steps).sysex()
    assert large[:8] == bytes.fromhex("F0 42 30 19 48 01") + bytes([4401 & 0x7F, 4401 >> 7])


def test_the_bank_of_a_ram_image_is_what_it_would_dump() -> None:
    """OpenM1's own ALL DATA dump of the same memory is the witness."""
    assert of_sram(named()).sysex() == dump()
    with pytest.raises(UserError, match="no programs are found"):
        of_sram(bytes(65536))


@pytest.mark.parametrize("header", [0, 0x40, 0x1234])
def test_records_of_a_foreign_card_are_found(header: int) -> None:
    mine = of_sram(named())
    body = b"".join([*mine.combinations, *mine.programs])
    image = (b"\x5a\x01" * SIZE)[:header] + body
    image += bytes(SIZE - len(image))
    found = foreign.look(image)
    assert identify(image) is None and found.looks == "data"
    assert (found.programs, found.combinations) == (mine.programs, mine.combinations)
    assert found.names("program")[:2] == ["Warm Piano", "Warm Pad"]


def test_a_card_without_records() -> None:
    assert foreign.look(b"\xff" * SIZE).looks == "blank (every byte is FF)"
    noise = np.random.default_rng(1).integers(0, 256, SIZE, np.uint8).tobytes()
    seen = foreign.look(noise)
    assert seen.looks.startswith("noise") and not seen.programs and not seen.combinations


def test_a_dump_of_a_pcm_card() -> None:
    wave = (16384 * np.sin(np.arange(20_000) / 40)).astype("<i2")
    data = b"MultiSound Name1" + wave.tobytes() + bytes(40_000)
    seen = pcm_dump.look(data)
    assert seen.words == 40_008 and seen.full == 20_008 and 0.49 < seen.silence < 0.51 and not seen.swapped
    assert seen.names[0] == (0, "MultiSound Name1") and abs(seen.rms / 16384 - 0.5) < 0.01
    assert pcm_dump.look(wave.byteswap().tobytes()).swapped
    assert pcm_dump.look(bytes(2)).full == 0


@pytest.mark.parametrize("seed", range(5))
def test_noise_has_no_names(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, 1 << 19, np.uint8).tobytes()
    assert len(pcm_dump.look(noise).names) <= 2
