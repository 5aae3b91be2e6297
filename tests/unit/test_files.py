"""Atomic writes, backups, and what is said when a file cannot be used."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from korgm1.errors import UserError
from korgm1.files import PartFile, read_file, write_atomic


def names(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir())


def test_backups_rotate_and_an_unchanged_file_makes_none(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "x.sram"
    for content in (b"1", b"2", b"2", b"3", b"4", b"5"):
        write_atomic(path, content, backups=3)
    assert names(path.parent) == ["x.sram", "x.sram.1", "x.sram.2", "x.sram.3"]
    assert [(path.parent / n).read_bytes() for n in names(path.parent)] == [b"5", b"4", b"3", b"2"]


def test_a_failed_write_leaves_the_old_content_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x"
    write_atomic(path, b"old")

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", broken)
    with pytest.raises(UserError, match="No space left on device; expected room on the disk"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["x"]


def test_reading_says_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        read_file(tmp_path / "none", "an SRAM image")
    with pytest.raises(UserError, match="is a folder"):
        read_file(tmp_path, "an SRAM image")
    (tmp_path / "big").write_bytes(bytes(100))
    with pytest.raises(UserError, match=r"more than 99 bytes; expected an SRAM image$"):
        read_file(tmp_path / "big", "an SRAM image", limit=99)
    assert read_file(tmp_path / "big", "x") == bytes(100)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
@pytest.mark.parametrize("name", ["x", "x.part"])
def test_a_long_file_does_not_take_the_place_of_a_device(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    reader = os.open(tmp_path / name, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with pytest.raises(UserError, match=f"{name} cannot be written: it is a device or a pipe"):
            PartFile(tmp_path / "x").abandon()
    finally:
        os.close(reader)
    assert [(path.name, path.is_fifo()) for path in tmp_path.iterdir()] == [(name, True)]


@pytest.mark.skipif(not Path("/dev/null").is_char_device(), reason="this system has no /dev/null")
def test_a_long_file_does_not_take_the_place_of_a_device_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("/dev/null")
    with pytest.raises(UserError, match="it is a device or a pipe"):
        PartFile(tmp_path / "x").abandon()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_part_file_follows_a_link_and_refuses_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").symlink_to("real")
    part = PartFile(tmp_path / "link")
    part.write(b"x")
    part.close()
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real").read_bytes() == b"x"
    monkeypatch.chdir(tmp_path)
    for folder in (".", "..", "/"):
        with pytest.raises(UserError, match="it is a folder"):
            PartFile(Path(folder))
