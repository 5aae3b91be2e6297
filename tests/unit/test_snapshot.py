"""The snapshot file: exact both ways, only SnapshotError for anything else, and every difference found."""

from __future__ import annotations

import gzip
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import SnapshotError
from korgm1.snapshot import ABSENT, FORMAT, Snapshot, decode, diff, encode

leaves = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=8
)
names = st.text(min_size=1).filter(lambda k: k not in ("$bytes", "blocks"))
states = st.dictionaries(names, values)
snapshots = st.builds(
    Snapshot, states, st.dictionaries(names, states, max_size=4),
).flatmap(lambda s: st.dictionaries(st.sampled_from(sorted(s.blocks) or ["x"]), st.integers(2, 9)).map(
    lambda versions: Snapshot(s.manifest, s.blocks, {k: v for k, v in versions.items() if k in s.blocks})
))


def lines_of(data: bytes) -> list[bytes]:
    return zlib.decompress(data, 31).splitlines()


def signed(*body: bytes, version: int = 2) -> bytes:
    """A file with a right checksum around any body."""
    import hashlib

    text = b"".join(line + b"\n" for line in body)
    head = {"format": FORMAT, "version": version, "sha1": hashlib.sha1(text).hexdigest()}
    return gzip.compress(json.dumps(head).encode() + b"\n" + text)


@given(snapshots)
def test_what_goes_in_comes_out(snapshot: Snapshot) -> None:
    again = decode(encode(snapshot))
    assert again == snapshot
    assert encode(snapshot) == encode(again)
    assert diff(snapshot, again) == []


@given(st.binary(max_size=200))
def test_rubbish_is_refused(data: bytes) -> None:
    for form in (data, gzip.compress(data), signed(data), signed(b'{"blocks":[]}', data)):
        if form == signed(b'{"blocks":[]}', data) and not data.strip(b"\r\n"):
            continue
        with pytest.raises(SnapshotError):
            decode(form)


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_never_comes_through_changed(place: int, bit: int) -> None:
    snapshot = Snapshot({"clock": 3}, {"sram": {"data": bytes(range(100))}})
    data = bytearray(encode(snapshot))
    data[place % len(data)] ^= 1 << bit
    try:
        assert decode(bytes(data)) == snapshot
    except SnapshotError:
        pass


@given(st.integers(0, 10_000))
def test_a_file_cut_off_is_refused(size: int) -> None:
    data = encode(Snapshot({}, {"sram": {"data": bytes(range(100))}}))
    with pytest.raises(SnapshotError):
        decode(data[: size % len(data)])


def test_what_follows_a_snapshot_is_refused() -> None:
    with pytest.raises(SnapshotError, match="follows"):
        decode(encode(Snapshot()) + b"x")


def test_the_damaged_block_is_named() -> None:
    head, manifest, *blocks = lines_of(encode(Snapshot({}, {"icu": {"imr": 1}, "tcu": {"mode": 3}})))
    blocks[1] = blocks[1].replace(b"3", b"4")
    with pytest.raises(SnapshotError, match=r"block tcu"):
        decode(gzip.compress(b"\n".join([head, manifest, *blocks, b""])))
    with pytest.raises(SnapshotError, match="the manifest"):
        decode(gzip.compress(b"\n".join([head, manifest.replace(b"icu", b"ICU"), lines_of(encode(Snapshot(
            {}, {"icu": {"imr": 1}, "tcu": {"mode": 3}})))[2], lines_of(encode(Snapshot(
                {}, {"icu": {"imr": 1}, "tcu": {"mode": 3}})))[3], b""])))


@pytest.mark.parametrize("version", [0, 1, 3, None, "2"])
def test_another_format_version_is_named(version: int) -> None:
    with pytest.raises(SnapshotError, match=rf"format {version}; expected format 2"):
        decode(signed(b'{"blocks":[]}', version=version))


@pytest.mark.parametrize("table", [
    b"5", b"{}", b'[{"name":"a"}]', b'[{"name":"a","version":1},{"name":"a","version":1}]', b'[{"version":1}]',
])  # fmt: skip
def test_a_manifest_that_does_not_fit_is_refused(table: bytes) -> None:
    with pytest.raises(SnapshotError, match="damaged"):
        decode(signed(b'{"blocks":' + table + b"}", b"{}", b"{}"))


def test_a_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("korgm1.snapshot.LARGEST", 10_000)
    with pytest.raises(SnapshotError, match="cut off"):
        decode(encode(Snapshot({}, {"sram": {"data": bytes(100_000)}})))


def test_differences_by_block_and_field() -> None:
    one = Snapshot({"clock": 1}, {
        "sram": {"data": b"\1\2\3\4"}, "tcu": {"channels": [{"mode": 2}, {"mode": 3}], "x": None}, "old": {"a": 1},
    })  # fmt: skip
    two = Snapshot({"clock": 2}, {
        "sram": {"data": b"\1\7\3\5"}, "tcu": {"channels": [{"mode": 2}, {"mode": 0}], "x": 0}, "new": {},
    }, {"tcu": 2})  # fmt: skip
    assert [(d.block, d.field, str(d)) for d in diff(one, two)] == [
        ("manifest", "clock", "1 -> 2"),
        ("sram", "data", "2 of 4 bytes, first at 0001: 02 -> 07"),
        ("tcu", "(layout)", "1 -> 2"),
        ("tcu", "channels[1].mode", "3 -> 0"),
        ("tcu", "x", "None -> 0"),
        ("old", "(block)", "1 field -> " + ABSENT),
        ("new", "(block)", ABSENT + " -> 0 fields"),
    ]


@pytest.mark.parametrize(("left", "right", "text"), [
    (b"\1\2", b"\1", "2 bytes -> 1 bytes, 0 of them differ"),
    ([1, 2], [1], "2 items -> 1 items"),
    (True, 1, "True -> 1"),
    ("x" * 100, "", "x" * 48 + "... -> "),
])  # fmt: skip
def test_how_a_difference_reads(left: object, right: object, text: str) -> None:
    (found,) = diff(Snapshot(blocks={"b": {"f": left}}), Snapshot(blocks={"b": {"f": right}}))
    assert str(found) == text
