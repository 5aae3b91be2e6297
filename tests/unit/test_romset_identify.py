"""ROM identity: synthetic images of real structure, and a database made for them."""

from __future__ import annotations

import hashlib
import random
import re
import zlib
from importlib.resources import files
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from korgm1.machine.models import MODELS
from korgm1.romset.database import Database, RomSetInfo, known_roms, openm1_pair, os_part
from korgm1.romset.identify import Verdict, identify
from korgm1.romset.image import ALTERATIONS, HALF, IMAGE, interleave, mirror_bits, reset_jump, split, stuck_lines
from korgm1.romset.openm1 import OPENM1
from korgm1.romset.pairs import Dump, OsSet, find_sets

WORDS = b"Prog Combi Init Universe Piano Brass Guitar Strings Memory Protected Battery Low Internal Song ".split()


def fake_os(seed: int) -> bytes:
    """128 KB that look like an OS: code, text, a blank tail and a far jump at FFFF0."""
    rng = random.Random(seed)
    image = bytearray(rng.randbytes(IMAGE - 0x1000) + b"\xff" * 0x1000)
    for at in range(0x4000, 0xC000, 64):
        image[at : at + 40] = b" ".join(rng.choices(WORDS, k=12))[:40]
    target = rng.randrange(0, 0x8000)
    image[-16:-8] = bytes([0xFA, 0xEA, *target.to_bytes(2, "little"), 0x00, 0xE0, 0xFF, 0xFF])
    return bytes(image)


OLD, NEW, STRANGE = fake_os(1), fake_os(2), fake_os(3)
EVEN, ODD = split(OLD)
NEW_EVEN, NEW_ODD = split(NEW)
TABLE = random.Random(9).randbytes(HALF)


def fake_database() -> Database:
    rows = [RomSetInfo("old", "Fake M1", "#19", ("m1",)), RomSetInfo("new", "Fake M1EX", "#29", ("m1ex",))]
    parts = []
    for set_id, image in (("old", OLD), ("new", NEW)):
        parts += [
            os_part(set_id, lane, half, f"{set_id} {lane}")
            for lane, half in zip(("even", "odd"), split(image), strict=True)
        ]
    table = os_part("", "even", TABLE, "table")
    parts.append(
        type(table)("", "table", "IC30", "", "table", HALF, zlib.crc32(TABLE), hashlib.sha1(TABLE).hexdigest())
    )
    return Database({}, ()).extended(rows, parts)


DATABASE = fake_database()


def sets_of(**dumps: bytes) -> list[OsSet]:
    return find_sets([Dump(f"{name}.bin", identify(data, DATABASE)) for name, data in dumps.items()], DATABASE)


def codes(*things: object) -> list[str]:
    return [fault.code for thing in things for fault in thing.faults]  # type: ignore[attr-defined]


def test_a_known_half_is_its_part() -> None:
    found = identify(ODD, DATABASE)
    assert (found.verdict, found.halves[0].lane, found.faults) == (Verdict.KNOWN, "odd", ())
    assert (found.size, found.crc32, found.sha1) == (HALF, zlib.crc32(ODD), hashlib.sha1(ODD).hexdigest())


def test_one_changed_bit_is_not_known_any_more() -> None:
    changed = bytearray(ODD)
    changed[1234] ^= 4
    assert identify(bytes(changed), DATABASE).verdict is Verdict.PLAUSIBLE


@pytest.mark.parametrize("code", ALTERATIONS)
def test_an_altered_known_half_is_recognised_and_put_right(code: str) -> None:
    found = identify(ALTERATIONS[code][0](EVEN), DATABASE)
    assert (found.verdict, codes(found)) == (Verdict.ALTERED, [code])
    assert found.data == EVEN


@pytest.mark.parametrize("code", ALTERATIONS)
def test_every_alteration_undoes_itself(code: str) -> None:
    change = ALTERATIONS[code][0]
    assert change(STRANGE) != STRANGE
    assert change(change(STRANGE)) == STRANGE


@pytest.mark.parametrize("value", [0x00, 0xFF, 0x55])
@pytest.mark.parametrize("size", [32768, HALF, IMAGE])
def test_blank(value: int, size: int) -> None:
    found = identify(bytes([value]) * size, DATABASE)
    assert (found.verdict, codes(found)) == (Verdict.BROKEN, ["blank"])
    assert f"{value:02X}" in found.faults[0].text


@pytest.mark.parametrize(
    ("data", "verdict", "code"),
    [
        (EVEN[:32768], Verdict.BROKEN, "half-size"),
        (EVEN[:-1], Verdict.BROKEN, "size"),
        (EVEN + b"\x00", Verdict.BROKEN, "size"),
        (STRANGE[:32768] * 2, Verdict.BROKEN, "repeated"),
        (bytes(value | 0x10 for value in STRANGE[0::2]), Verdict.BROKEN, "stuck-line"),
        (b"".join(STRANGE[at : at + 256] * 2 for at in range(0, HALF, 512)), Verdict.BROKEN, "stuck-line"),
        (STRANGE[:-16] + bytes(16), Verdict.BROKEN, "reset-vector"),
        (mirror_bits(STRANGE), Verdict.BROKEN, "bit-order"),
        (b"", Verdict.OTHER, "empty"),
        (b"\xf0\x42\x30\x19\x50" + bytes(500), Verdict.OTHER, "format"),
        (b":10000000" + b"00" * 16, Verdict.OTHER, "format"),
        (b"hello", Verdict.OTHER, "unknown"),
    ],
)
def test_what_is_wrong_has_a_name(data: bytes, verdict: Verdict, code: str) -> None:
    found = identify(data, DATABASE)
    assert (found.verdict, codes(found)[:1]) == (verdict, [code])


def test_a_stuck_line_is_named() -> None:
    assert stuck_lines(bytes(value | 0x10 for value in STRANGE[0::2])) == ["D4"]
    assert stuck_lines(b"".join(STRANGE[at : at + 256] * 2 for at in range(0, HALF, 512))) == ["A8"]
    assert stuck_lines(EVEN) == []


def test_doubled_dumps() -> None:
    known, unknown = identify(ODD * 2, DATABASE), identify(STRANGE[0::2] * 2, DATABASE)
    assert (known.verdict, known.data, codes(known)) == (Verdict.ALTERED, ODD, ["doubled"])
    assert (unknown.verdict, codes(unknown)) == (Verdict.PLAUSIBLE, ["doubled"])


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (OLD, []),
        (interleave(ODD, EVEN), ["halves-swapped"]),
        (EVEN + ODD, ["joined"]),
        (ODD + EVEN, ["joined"]),
        (mirror_bits(OLD), ["bit-order", "bit-order"]),
    ],
)
def test_a_whole_known_image_in_any_arrangement(data: bytes, expected: list[str]) -> None:
    found = identify(data, DATABASE)
    assert found.verdict is (Verdict.ALTERED if expected else Verdict.KNOWN)
    assert codes(found) == expected
    one = find_sets([Dump("x", found)], DATABASE)[0]
    assert (one.status, one.id, one.image) == ("known", "old", OLD)


@pytest.mark.parametrize("data", [STRANGE, interleave(*reversed(split(STRANGE))), b"".join(split(STRANGE))])
def test_a_whole_unknown_image_in_any_arrangement(data: bytes) -> None:
    one = find_sets([Dump("x", identify(data, DATABASE))], DATABASE)[0]
    assert (one.status, one.image) == ("unknown", STRANGE)
    assert codes(one)[0] == "unknown"


def test_known_halves_find_each_other_whatever_the_names() -> None:
    (one,) = sets_of(a=EVEN, b=ODD, c=TABLE)
    assert (one.status, one.version, one.sources) == ("known", "#19", ("a.bin", "b.bin"))
    assert one.image == OLD
    assert one.sha1 == hashlib.sha1(OLD).hexdigest()


def test_two_versions_in_one_folder_are_two_sets() -> None:
    found = sets_of(a=NEW_ODD, b=ODD, c=NEW_EVEN, d=EVEN)
    assert [(one.id, one.status) for one in found] == [("old", "known"), ("new", "known")]


def test_halves_of_two_versions_do_not_run() -> None:
    (one,) = sets_of(ic23=NEW_ODD, ic32=EVEN)
    assert (one.status, one.image, codes(one)) == ("broken", None, ["mixed-versions"])
    assert one.faults[0].text.startswith("IC23 is Fake M1EX #29 but IC32 is Fake M1 #19: good dumps")


def test_a_missing_half_is_named_with_its_crc() -> None:
    (one,) = sets_of(a=EVEN)
    assert (one.status, codes(one)) == ("broken", ["missing-half"])
    assert "IC23" in one.faults[0].text
    assert f"{zlib.crc32(ODD):08X}" in one.faults[0].text


def test_a_known_half_with_a_damaged_one_runs_with_a_warning() -> None:
    damaged = bytearray(ODD)
    damaged[500] ^= 1
    (one,) = sets_of(a=EVEN, b=bytes(damaged))
    assert (one.status, codes(one), one.models) == ("unknown", ["half-unknown"], ("m1",))
    assert one.image == interleave(EVEN, bytes(damaged))


def test_an_image_of_two_versions_is_broken() -> None:
    found = identify(interleave(EVEN, NEW_ODD), DATABASE)
    assert (found.verdict, codes(found)) == (Verdict.BROKEN, ["mixed-versions"])
    (one,) = find_sets([Dump("x", found)], DATABASE)
    assert (one.status, one.sources, one.faults) == ("broken", ("x",), found.faults)


def test_a_known_half_with_a_stranger() -> None:
    (one,) = sets_of(ic32=EVEN, ic23=STRANGE[0::2])
    assert (one.status, codes(one)) == ("broken", ["half-unknown", "reset-vector"])
    assert "IC32 is Fake M1 #19, but the other half is not its IC23" in one.faults[0].text


@pytest.mark.parametrize(
    ("data", "word"), [(b"\xff" * HALF, "every byte is FF"), (ODD[:32768], "32 KB"), (ODD[:-1], "65,535 bytes")]
)
def test_a_half_that_lies_there_damaged_is_not_missing(data: bytes, word: str) -> None:
    for names in (("ic32", "ic23"), ("a", "b")):
        for half in (EVEN, STRANGE[0::2]):
            (one,) = sets_of(**dict(zip(names, (half, data), strict=True)))
            assert (one.status, codes(one), len(one.sources)) == ("broken", ["half-damaged"], 2)
            assert word in one.faults[0].text and "missing" not in one.faults[0].text


@pytest.mark.parametrize("half", [EVEN, STRANGE[0::2]], ids=["known", "unknown"])
def test_the_same_chip_read_twice(half: bytes) -> None:
    (one,) = sets_of(ic23=half, ic32=half)
    assert codes(one) == ["missing-half"]
    assert "ic23.bin and ic32.bin are equal: the same chip read twice" in one.faults[0].text


def test_a_lone_half_of_a_neutral_name() -> None:
    (one,) = sets_of(x=STRANGE[0::2])
    assert codes(one) == ["missing-half"]
    assert one.faults[0].text.startswith("if this is one half of an OS, the other half is missing")


@pytest.mark.parametrize(
    ("start", "word"),
    [
        ("EA 00 00 00 E0", "goes to E0000, but there every byte is F3"),
        ("EA 10 00 00 E0", "goes to E0010, but there are only prefixes and no instruction"),
        ("EA 34 12 00 00", "goes to 01234, outside the ROM"),
        ("EB FE", "there is no far jump at FFFF0"),
    ],
)
def test_what_is_wrong_with_the_start(start: str, word: str) -> None:
    image = bytearray(STRANGE)
    image[-16:] = bytes.fromhex(start).ljust(16, b"\xff")
    image[:16] = b"\xf3" * 16
    image[16:32] = b"\xf3\x26\x2e\x65" * 4
    found = identify(bytes(image), DATABASE)
    assert codes(found) == ["reset-vector"]
    assert word in found.faults[0].text


def test_text_that_can_be_read_in_one_half_is_no_half() -> None:
    ram = random.Random(6).randbytes(HALF // 2) + (b" ".join(WORDS) * 400)[: HALF // 2]
    found = identify(ram, DATABASE)
    assert (found.verdict, codes(found), found.halves) == (Verdict.OTHER, ["no-half"], ())
    assert "Prog, Combi, Init" in found.faults[0].text


@pytest.mark.parametrize("names", [("ic32", "ic23"), ("x", "y"), ("y", "x"), ("m1_low", "m1_high")])
def test_an_unknown_pair_is_found_by_its_start(names: tuple[str, str]) -> None:
    even, odd = split(STRANGE)
    (one,) = sets_of(**dict(zip(names, (even, odd), strict=True)))
    assert (one.status, one.image, codes(one)) == ("unknown", STRANGE, ["unknown"])


def test_unknown_halves_with_each_others_names() -> None:
    even, odd = split(STRANGE)
    (one,) = sets_of(ic23=even, ic32=odd)
    assert (one.status, one.image) == ("unknown", STRANGE)
    assert codes(one) == ["unknown", "halves-swapped"]


def test_two_unknown_pairs_of_one_folder_are_told_apart_by_their_names() -> None:
    other = fake_os(4)
    dumps = {"a_ic32": STRANGE[0::2], "a_ic23": STRANGE[1::2], "b_ic32": other[0::2], "b_ic23": other[1::2]}
    found = sets_of(**dumps)
    assert {one.image for one in found} == {STRANGE, other}
    assert {one.status for one in found} == {"unknown"}


def test_two_unknown_pairs_without_names_are_told_apart_by_their_text() -> None:
    other = fake_os(4)
    found = sets_of(a=STRANGE[0::2], b=other[1::2], c=other[0::2], d=STRANGE[1::2])
    assert {one.image for one in found} == {STRANGE, other}


@pytest.mark.parametrize("code", ALTERATIONS)
def test_an_altered_unknown_pair_is_not_guessed_but_explained(code: str) -> None:
    change = ALTERATIONS[code][0]
    even, odd = split(STRANGE)
    (one,) = sets_of(ic32=change(even), ic23=change(odd))
    assert (one.status, one.image, codes(one)) == ("broken", None, [code])


def test_no_start_says_what_stands_there() -> None:
    even, odd = split(STRANGE[:-16] + bytes(range(0x60, 0x70)))
    (one,) = sets_of(ic32=even, ic23=odd)
    assert codes(one) == ["reset-vector"]
    assert "60 61 62 63" in one.faults[0].text


@pytest.mark.parametrize(
    ("start", "target"),
    [
        ("EA 34 12 00 E0", 0xE1234),
        ("FA FC 90 EA 34 12 00 E0", 0xE1234),
        ("B0 05 E6 10 EA 34 12 00 E0", 0xE1234),
        ("EA 00 00 00 00", None),
        ("EA F0 FF 00 F0", None),
        ("EB FE", None),
        ("EA 00 00 F8 FF", None),
    ],
)
def test_reset_jump(start: str, target: int | None) -> None:
    image = bytearray(STRANGE)
    image[-16:] = bytes.fromhex(start).ljust(16, b"\xff")
    image[0x1FF80:0x1FF90] = b"\xff" * 16
    assert reset_jump(bytes(image)) == target


def test_a_jump_cut_off_by_the_end_is_none() -> None:
    assert reset_jump(STRANGE[:-2] + b"\xea\x00") is None or STRANGE[-16] != 0x90
    assert reset_jump(STRANGE[:-16] + b"\x90" * 13 + b"\xea\x00\x00") is None


def test_openm1_is_known_by_its_bytes() -> None:
    pair = openm1_pair()
    if pair is None:
        pytest.skip("OpenM1 has not been built")
    found = [Dump(f"{n}", identify(half, known_roms())) for n, half in enumerate(pair)]
    (one,) = find_sets(found, known_roms())
    assert (one.id, one.version, one.status) == (OPENM1, "#24", "known")
    assert reset_jump(interleave(*pair)) is not None


def test_the_database_is_sound() -> None:
    database = known_roms()
    hashes = [part.sha1 for part in database.parts]
    assert len(set(hashes)) == len(hashes)
    for part in database.parts:
        assert re.fullmatch(r"[0-9a-f]{40}", part.sha1), part
        assert part.size & part.size - 1 == 0
        assert part.kind in {"os", "table", "pcm", "card"}
    for set_id in database.sets:
        assert {lane: part.size for lane, part in database.halves(set_id).items()} == {"even": HALF, "odd": HALF}


def test_models_and_sets_agree() -> None:
    owners = {name for row in known_roms().sets.values() if not row.id.startswith(OPENM1) for name in row.models}
    assert owners == set(MODELS)


def test_the_readme_lists_every_hash() -> None:
    readme = Path(__file__).parents[2] / "roms" / "README.md"
    rows = {line for line in readme.read_text("utf-8").splitlines() if line.startswith("|")}
    parts = [part for part in known_roms().parts if not part.set.startswith(OPENM1)]
    for part in parts:
        assert any(part.sha1 in row and f"{part.crc32:08x}" in row and part.what in row for row in rows), part
    assert sum("`" in row and re.search("[0-9a-f]{40}", row) is not None for row in rows) == len(parts)


def test_no_firmware_hash_is_stored() -> None:
    assert "openm1" not in (files("korgm1") / "romset" / "database.toml").read_text("utf-8").replace("OpenM1", "")


SIZES = st.sampled_from([0, 1, 16384, 32768, 65535, HALF, HALF + 2, IMAGE, 2 * IMAGE])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(SIZES, st.integers(0, 6), st.sampled_from([*ALTERATIONS, ""])), max_size=5))
def test_any_dumps_are_identified_and_what_runs_has_a_start(rows: list[tuple[int, int, str]]) -> None:
    dumps = []
    for number, (size, seed, code) in enumerate(rows):
        source = [OLD, NEW, STRANGE, EVEN, ODD, random.Random(seed).randbytes(IMAGE), bytes(IMAGE)][seed]
        data = (source * 4)[:size]
        if code and len(data) % 2 == 0:
            data = ALTERATIONS[code][0](data)
        dumps.append(Dump(f"{number}", identify(data, DATABASE)))
    for one in find_sets(dumps, DATABASE):
        assert (one.status == "broken") == (one.image is None)
        if one.image is not None:
            assert len(one.image) == IMAGE
            assert reset_jump(one.image) is not None
        else:
            assert one.faults
