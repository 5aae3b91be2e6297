"""The builds of OpenM1 are asked for by name, known by their bytes, and told apart by halves."""

from __future__ import annotations

import hashlib
from argparse import Namespace
from itertools import permutations
from pathlib import Path

import pytest

from korgm1.errors import RomError
from korgm1.machine.models import MODELS
from korgm1.romset.database import known_roms
from korgm1.romset.identify import identify
from korgm1.romset.load import load_os, load_same
from korgm1.romset.openm1 import OPENM1, OPENM1_BUILDS, Build, build_of
from korgm1.romset.pairs import Dump, find_sets
from korgm1.verbs.doctor import examine
from korgm1.verbs.run import own_file

BUILDS = pytest.mark.parametrize("build", OPENM1_BUILDS.values(), ids=lambda build: build.version)


@BUILDS
def test_a_build_is_loaded_by_its_name_for_its_models(build: Build) -> None:
    for model in build.models:
        found = load_os(build.word, model)
        assert (found.name, found.version, found.source, found.warnings) == ("OpenM1", build.version, "embedded", ())
        assert found.image == build.image() and found.models == build.models
        assert found.sha1 == hashlib.sha1(found.image).hexdigest()
    for model in set(MODELS) - set(build.models):
        with pytest.raises(RomError) as caught:
            load_os(build.word, model)
        assert caught.value.hint == f"--model {build.models[0]}"
        expected, _, words = caught.value.expected.partition(": ")
        fitting = {one.word for one in OPENM1_BUILDS.values() if model in one.models}
        assert expected == f"an OS for --model {model}" and set(words.split(", ")) == fitting


def test_versions_numbers_and_bytes_differ() -> None:
    versions = [build.version for build in OPENM1_BUILDS.values()]
    assert versions == ["#19", "#24", "#29", "#06", "#12"]
    halves = [hashlib.sha1(half).hexdigest() for build in OPENM1_BUILDS.values() for half in build.pair()]
    assert len(set(halves)) == 10


@pytest.mark.parametrize("word", ["openm1:", "openm1:6", "openm1:25", "openm1:../24", "openm1:24 ", "OPENM1:x"])
def test_what_is_no_build_is_told_with_those_there_are(word: str) -> None:
    with pytest.raises(RomError) as caught:
        load_os(word, "m1")
    assert all(build.word in caught.value.expected for build in OPENM1_BUILDS.values())


@BUILDS
def test_a_pair_on_disk_is_known_whatever_it_is_called(build: Build, tmp_path: Path) -> None:
    for name, half in zip(("b.bin", "a.bin"), build.pair(), strict=True):
        (tmp_path / name).write_bytes(half)
    found = load_os(tmp_path, build.models[0])
    assert (found.name, found.version, found.warnings) == ("OpenM1", build.version, ())
    assert found.image == build.image()


@BUILDS
def test_a_half_says_whose_it_is(build: Build) -> None:
    for lane, half in zip(("even", "odd"), build.pair(), strict=True):
        assert identify(half, known_roms()).what.endswith(f", OpenM1 {build.version}, {lane} bytes")


@pytest.mark.parametrize("first, second", list(permutations(OPENM1_BUILDS, 2)))
def test_halves_of_two_builds_are_told(first: str, second: str) -> None:
    even, odd = OPENM1_BUILDS[first].pair()[0], OPENM1_BUILDS[second].pair()[1]
    found = [Dump(name, identify(half, known_roms())) for name, half in (("x", even), ("y", odd))]
    (one,) = find_sets(found, known_roms())
    assert (one.status, one.faults[0].code) == ("broken", "mixed-versions")
    assert f"IC23 is OpenM1 #{second} but IC32 is OpenM1 #{first}" in one.faults[0].text


def test_all_builds_in_one_folder_make_five_sets_and_24_is_taken(tmp_path: Path) -> None:
    for build in OPENM1_BUILDS.values():
        for name, half in zip(build.files, build.pair(), strict=True):
            (tmp_path / name).write_bytes(half)
    for model, others in (("m1", {"#19", "#29"}), ("m1r", {"#06", "#12"})):
        found = load_os(tmp_path, model)
        assert found.version == "#24"
        assert all(f"OpenM1 {version}" in found.warnings[0] for version in others)


@BUILDS
def test_a_build_is_found_again_by_its_sha1(build: Build, tmp_path: Path) -> None:
    sha1 = load_os(build.word, build.models[0]).sha1
    assert build_of(sha1) is build
    assert load_same(None, build.models[0], sha1).version == build.version
    assert load_same("openm1:24", build.models[0], sha1).version == "#24"
    assert load_same(None, build.models[0], "0" * 40).version == "#24"


def test_the_default_build_has_one_ram_image_however_it_is_asked_for() -> None:
    def name(roms: str | None) -> str:
        return own_file(Namespace(roms=roms, model="m1")).name

    assert name(None) == name("openm1:24") == "m1-openm1.sram"
    assert name("openm1:19") == "m1-openm1-19.sram"


def test_the_default_set_keeps_its_id() -> None:
    assert [build.id for build in OPENM1_BUILDS.values() if build.key == "24"] == [OPENM1]
    assert {build.id for build in OPENM1_BUILDS.values()} <= set(known_roms().sets)


def test_doctor_tells_every_build() -> None:
    rows = examine({})["roms"]
    for build in OPENM1_BUILDS.values():
        assert rows[build.word] == f"OpenM1 {build.version}, sha1 {load_os(build.word, build.models[0]).sha1}"
    assert rows["embedded"] == rows["openm1:24"]
