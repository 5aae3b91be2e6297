"""Scanning and loading: files, folders and zips with synthetic dumps; only M1Error may escape."""

from __future__ import annotations

import io
import os
import random
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from korgm1.errors import M1Error, RomError, UserError
from korgm1.romset import scan as scanning
from korgm1.romset.database import Database, RomSetInfo, known_roms, openm1_pair, os_part
from korgm1.romset.identify import Verdict
from korgm1.romset.image import HALF, IMAGE, interleave, reset_jump, split
from korgm1.romset.load import load_os, rom_folder
from korgm1.romset.scan import printable, scan


def fake_os(seed: int) -> bytes:
    image = bytearray(random.Random(seed).randbytes(IMAGE))
    image[0x4000:0x4100] = b"Init Prog  Combi Song Memory Card ".ljust(256)
    image[-16:-11] = bytes([0xEA, 0x00, 0x01, 0x00, 0xE0])
    return bytes(image)


M1, EX, STRANGE = fake_os(1), fake_os(2), fake_os(3)
EVEN, ODD = split(M1)


def database() -> Database:
    rows, parts = [], []
    for set_id, model, image in (("korgm1", "m1", M1), ("korgm1ex", "m1ex", EX)):
        rows.append(RomSetInfo(set_id, f"Fake {model}", "#19", (model,)))
        parts += [os_part(set_id, lane, half, lane) for lane, half in zip(("even", "odd"), split(image), strict=True)]
    return Database({}, ()).extended(rows, parts)


KNOWN = database()


def write(folder: Path, **files: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / f"{name}.bin").write_bytes(data)
    return folder


def write_zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_folder_with_both_halves(tmp_path: Path) -> None:
    found = load_os(write(tmp_path, x=ODD, y=EVEN), "m1", KNOWN)
    assert (found.name, found.version, found.image, found.warnings) == ("Fake m1", "#19", M1, ())
    assert found.source == f"{tmp_path / 'y.bin'} + {tmp_path / 'x.bin'}"


def test_halves_in_different_folders_and_a_zip(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b", x=ODD)
    write_zip(tmp_path / "z.zip", {"deep/y": EVEN})
    assert load_os(tmp_path, "m1", KNOWN).image == M1


def test_an_image_file_and_one_half_whose_partner_lies_beside_it(tmp_path: Path) -> None:
    write(tmp_path, whole=M1)
    assert load_os(tmp_path / "whole.bin", "m1", KNOWN).image == M1
    write(tmp_path / "pair", x=ODD, y=EVEN)
    write(tmp_path / "pair", other=STRANGE)
    assert load_os(tmp_path / "pair" / "x.bin", "m1", KNOWN).image == M1


def test_the_model_chooses_among_several(tmp_path: Path) -> None:
    write(tmp_path, a=ODD, b=EVEN, c=EX, d=STRANGE)
    assert load_os(tmp_path, "m1ex", KNOWN).image == EX
    found = load_os(tmp_path, "m1", KNOWN)
    assert found.image == M1
    assert "unknown OS" in found.warnings[-1]


def test_an_os_of_another_model_is_named_with_its_model(tmp_path: Path) -> None:
    with pytest.raises(RomError) as caught:
        load_os(write(tmp_path, a=EX), "m1r", KNOWN)
    assert "Fake m1ex" in caught.value.found
    assert caught.value.hint == "--model m1ex"


def test_an_unknown_pair_runs_with_a_warning(tmp_path: Path) -> None:
    even, odd = split(STRANGE)
    found = load_os(write(tmp_path, ic32=even, ic23=odd), "m1r", KNOWN)
    assert (found.image, found.version) == (STRANGE, found.sha1[:8])
    assert "no list knows" in found.warnings[0]


@pytest.mark.parametrize(
    ("files", "word"),
    [
        ({}, "no M1 ROM"),
        ({"a": EVEN}, "holds one half of Fake m1 #19 (IC32, even bytes); the other is missing"),
        ({"ic32": STRANGE[0::2]}, "holds one half (IC32, even bytes); the other is missing"),
        ({"x": STRANGE[0::2]}, "holds one half of an OS, perhaps; the other is missing"),
        ({"a": EVEN[:32768]}, "32 KB"),
        ({"a": EVEN, "b": split(EX)[1]}, "but IC32 is"),
        ({"a": b"\xff" * HALF}, "every byte is FF"),
        ({"ic32": STRANGE[:HALF], "ic23": STRANGE[HALF - 3 : -3]}, "FFFF0"),
    ],
)
def test_what_cannot_run_says_why_and_what_next(tmp_path: Path, files: dict[str, bytes], word: str) -> None:
    with pytest.raises(RomError) as caught:
        load_os(write(tmp_path, **files), "m1", KNOWN)
    assert word in caught.value.found
    assert caught.value.hint.startswith("korgm1 rom identify")
    assert caught.value.exit_code == 3


def test_no_path_is_openm1() -> None:
    pair = openm1_pair()
    if pair is None:
        pytest.skip("OpenM1 has not been built")
    found = load_os(None, "m1")
    assert (found.name, found.version, found.source) == ("OpenM1", "#24", "embedded")
    assert found.image == interleave(*pair)


def test_the_default_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("KORGM1_ROMS", raising=False)
    assert rom_folder() is None
    with pytest.raises(RomError):
        load_os("", "m1", KNOWN)
    write(tmp_path / "roms", a=M1)
    assert load_os("", "m1", KNOWN).image == M1
    monkeypatch.setenv("KORGM1_ROMS", str(write(tmp_path / "elsewhere", a=EX)))
    assert load_os("", "m1ex", KNOWN).image == EX


def test_a_missing_path_and_a_pipe(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        scan([tmp_path / "nothing"], KNOWN)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="pipe"):
        scan([tmp_path / "pipe"], KNOWN)
    assert scan([tmp_path], KNOWN).dumps == []


def test_a_zip_is_never_unpacked_to_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    monkeypatch.chdir(inner)
    names = {"../../evil.bin": EVEN, "/abs/evil2.bin": ODD, "..\\evil3.bin": STRANGE}
    path = write_zip(inner / "z.zip", names)
    found = scan([path], KNOWN)
    assert [one.status for one in found.sets] == ["known", "unknown"]
    assert sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*")) == ["in", "in/z.zip"]
    assert not Path("/abs").exists()


def test_a_zip_bomb_is_read_only_up_to_the_limit(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "bomb.zip", {"bomb.bin": bytes(64 << 20), "ic32.bin": EVEN})
    found = scan([path], KNOWN)
    assert found.passed == 1
    assert [dump.name.rpartition(":")[2] for dump in found.dumps] == ["ic32.bin"]


def test_a_zip_whose_header_lies_about_a_size(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "liar.zip", {"a.bin": bytes(range(256)) * (1 << 16)})
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = HALF.to_bytes(4, "little")
    path.write_bytes(data)
    found = scan([path], KNOWN)
    assert all(dump.identity.size <= scanning.MAX_FILE + 1 for dump in found.dumps)


def test_encrypted_and_damaged_zips_are_notes(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "locked.zip", {"a.bin": EVEN})
    data = bytearray(path.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(data)
    (tmp_path / "cut.zip").write_bytes(bytes(data[:1000]))
    notes = scan([tmp_path], KNOWN).notes
    assert any("encrypted" in note for note in notes)
    assert any("damaged" in note for note in notes)


def test_limits_of_number_and_depth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_FILES", 3)
    write(tmp_path, a=EVEN, b=ODD, c=STRANGE[:HALF], d=STRANGE[HALF:], e=EX)
    found = scan([tmp_path], KNOWN)
    assert (len(found.dumps), len(found.notes)) == (3, 1)
    assert found.notes[0].startswith("3 files or folders were looked at; left out is what comes after")
    assert f"{tmp_path}/c.bin" in found.notes[0]
    deep = tmp_path / "x" / "/".join("abcdefgh")
    monkeypatch.setattr(scanning, "MAX_FILES", 100)
    write(deep, a=M1)
    found = scan([tmp_path / "x"], KNOWN)
    assert all("/h/" not in dump.name for dump in found.dumps)
    assert "more than 6 deep" in found.notes[0]


def test_folders_count_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "MAX_FILES", 4)
    for number in range(10):
        write(tmp_path / f"{number}")
    assert "were looked at" in scan([tmp_path], KNOWN).notes[0]


def test_folders_of_the_system_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "SYSTEM", (str(tmp_path / "proc"),))
    write(tmp_path / "proc", a=EVEN)
    write(tmp_path / "home", a=ODD)
    found = scan([tmp_path], KNOWN)
    assert [dump.name for dump in found.dumps] == [f"{tmp_path}/home/a.bin"]
    assert found.notes == [f"{tmp_path}/proc was not looked at: it holds no real files"]
    assert len(scan([tmp_path / "proc"], KNOWN).dumps) == 1, "named, it is looked at"


def test_the_partner_of_a_file_is_looked_for_beside_it_only(tmp_path: Path) -> None:
    write(tmp_path, x=EVEN)
    write(tmp_path / "below", y=ODD)
    write(tmp_path / "other", a=split(EX)[0], b=b"\xff" * HALF)
    with pytest.raises(RomError) as caught:
        load_os(tmp_path / "x.bin", "m1", KNOWN)
    half = "one half of Fake m1 #19 (IC32, even bytes)"
    assert caught.value.found == f"{tmp_path}/x.bin holds {half}; the other is missing"
    write(tmp_path, copy=EVEN, y=ODD)
    assert load_os(tmp_path / "x.bin", "m1", KNOWN).image == M1
    assert load_os(tmp_path / "copy.bin", "m1", KNOWN).source.startswith(f"{tmp_path}/copy.bin")


def test_one_half_in_a_zip(tmp_path: Path) -> None:
    write(tmp_path, ic23=ODD, other=STRANGE[1::2])
    path = write_zip(tmp_path / "z2.zip", {"ic32.bin": EVEN})
    with pytest.raises(RomError) as caught:
        load_os(path, "m1", KNOWN)
    assert caught.value.found == f"{path} holds one half of Fake m1 #19 (IC32, even bytes); the other is missing"
    assert "same zip" in caught.value.expected


def test_a_damaged_partner_is_said_to_be_there(tmp_path: Path) -> None:
    write(tmp_path, ic32=EVEN, ic23=b"\xff" * HALF)
    with pytest.raises(RomError, match=r"IC23 is there but damaged: ic23\.bin: every byte is FF"):
        load_os(tmp_path / "ic32.bin", "m1", KNOWN)


def test_an_sram_image_is_no_rom(tmp_path: Path) -> None:
    text = b"Init Prog " * 100
    (tmp_path / "my.sram").write_bytes(text + random.Random(5).randbytes(HALF - len(text)))
    with pytest.raises(RomError) as caught:
        load_os(tmp_path / "my.sram", "m1", KNOWN)
    assert caught.value.found.startswith(f"{tmp_path}/my.sram is no ROM: words can be read in it")
    assert "--sram" in caught.value.hint


def test_many_faults_are_one_short_line(tmp_path: Path) -> None:
    for number in range(9):
        write(tmp_path / f"{number}", a=b"\xff" * HALF)
    with pytest.raises(RomError) as caught:
        load_os(tmp_path, "m1", KNOWN)
    assert caught.value.found.endswith("(8 more)")
    assert caught.value.found.count("every byte") == 1


def test_the_variable_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KORGM1_ROMS", "/nonexistent")
    with pytest.raises(UserError, match=r"\$KORGM1_ROMS: /nonexistent does not exist"):
        load_os("", "m1", KNOWN)


def test_unknown_halves_in_sibling_folders_and_folders_of_a_zip(tmp_path: Path) -> None:
    even, odd = split(STRANGE)
    write(tmp_path / "sub" / "e", x=even)
    write(tmp_path / "sub" / "o", x=odd)
    assert load_os(tmp_path, "m1", KNOWN).image == STRANGE
    assert load_os(write_zip(tmp_path / "z.zip", {"e/x": even, "o/x": odd}), "m1", KNOWN).image == STRANGE
    assert [one.status for one in scan([tmp_path / "sub"], KNOWN).sets] == ["unknown"]
    write(tmp_path / "sub" / "p", x=fake_os(7)[1::2])
    found = scan([tmp_path / "sub"], KNOWN)
    assert all(one.image is None for one in found.sets), "the even half fits two others: not guessed"


def test_the_halves_of_two_zips(tmp_path: Path) -> None:
    even, odd = split(STRANGE)
    write_zip(tmp_path / "a.zip", {"x.bin": even})
    write_zip(tmp_path / "b.zip", {"x.bin": odd})
    assert load_os(tmp_path, "m1", KNOWN).image == STRANGE


def test_a_zip_inside_a_zip_is_read(tmp_path: Path) -> None:
    inner = write_zip(tmp_path / "inner.zip", {"ic32.bin": EVEN, "ic23.bin": ODD}).read_bytes()
    outer = write_zip(tmp_path / "outer.zip", {"in/inner.ZIP": inner})
    assert [dump.name for dump in scan([outer], KNOWN).dumps] == [
        f"{outer}:in/inner.ZIP:{name}" for name in ("ic32.bin", "ic23.bin")
    ]


def test_zips_too_deep_in_each_other_are_said(tmp_path: Path) -> None:
    data = write_zip(tmp_path / "x.zip", {"ic32.bin": EVEN}).read_bytes()
    for _ in range(5):
        data = write_zip(tmp_path / "x.zip", {"x.zip": data}).read_bytes()
    found = scan([tmp_path / "x.zip"], KNOWN)
    assert found.dumps == [] and "too deep or too large: unpack the outer one" in found.notes[0]


def test_files_that_are_no_roms_are_counted_not_listed(tmp_path: Path) -> None:
    write(tmp_path, rom=EVEN)
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "photo.jpg").write_bytes(random.Random(1).randbytes(300_001))
    found = scan([tmp_path], KNOWN)
    assert (len(found.dumps), found.passed) == (1, 2)


def test_a_named_file_is_always_explained(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "huge.iso").write_bytes(b"")
    os.truncate(tmp_path / "huge.iso", 100 << 20)
    found = scan([tmp_path / "notes.txt", tmp_path / "huge.iso"], KNOWN)
    assert [dump.identity.verdict for dump in found.dumps] == [Verdict.OTHER, Verdict.OTHER]
    assert "100 MB" not in found.dumps[1].identity.what
    assert "104,857,600" in found.dumps[1].identity.what


def test_names_are_shown_harmlessly() -> None:
    assert printable("a\x1b[2J\n\udcff\u202eb") == "a\\x1b[2J\\n\\udcff\\u202eb"


NAMES = st.text(min_size=1, max_size=20)
CONTENT = st.one_of(
    st.binary(max_size=300),
    st.sampled_from([EVEN, ODD, M1, EX, STRANGE, STRANGE[:HALF], STRANGE[HALF:], b"\xff" * HALF, EVEN[:32768]]),
)


def packed(files: list[tuple[str, bytes]], cut: int, flips: list[tuple[int, int]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files:
            archive.writestr(zipfile.ZipInfo(name.replace("\x00", "") or "x"), data)
    data = bytearray(out.getvalue())
    for at, value in flips:
        data[-1 - at % min(len(data), 400)] ^= value
    return bytes(data[: len(data) - cut % len(data)] if cut else data)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(st.tuples(NAMES, CONTENT), max_size=4),
    st.integers(0, 500),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 255)), max_size=6),
    st.sampled_from(["m1", "m1ex", "m1r", "m1rex"]),
)
def test_any_zip_gives_a_set_or_an_m1error(
    tmp_path_factory: pytest.TempPathFactory,
    files: list[tuple[str, bytes]],
    cut: int,
    flips: list[tuple[int, int]],
    model: str,
) -> None:
    path = tmp_path_factory.mktemp("zips") / "a.zip"
    path.write_bytes(packed(files, cut, flips))
    try:
        found = load_os(path, model, KNOWN)
    except M1Error as error:
        assert error.exit_code in (1, 3)
        assert error.found
    else:
        assert len(found.image) == IMAGE
        assert reset_jump(found.image) is not None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.dictionaries(st.from_regex(r"[A-Za-z0-9_ .-]{1,12}", fullmatch=True), CONTENT, max_size=5))
def test_any_folder_gives_a_set_or_an_m1error(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    folder = tmp_path_factory.mktemp("dumps")
    for name, data in files.items():
        if name.strip(". "):
            (folder / name).write_bytes(data)
    try:
        found = load_os(folder, "m1", KNOWN)
    except RomError:
        pass
    else:
        assert found.image in (M1, EX, STRANGE) or found.warnings


@given(st.text(max_size=30))
def test_any_missing_path_is_an_m1error(path: str) -> None:
    with pytest.raises(M1Error) as caught:
        load_os(f"no/such/{path}", "m1", known_roms())
    assert caught.value.found.isprintable()
