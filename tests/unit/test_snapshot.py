"""The snapshot file: exact both ways, and only SnapshotError for anything else."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from korgm1.errors import SnapshotError
from korgm1.snapshot import decode, encode

leaves = st.none() | st.booleans() | st.integers() | st.text() | st.binary()
blocks = st.dictionaries(
    st.text(min_size=1).filter(lambda k: k != "$bytes"),
    st.recursive(leaves, lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from("abc"), inner), max_leaves=8),
)


@given(blocks)
def test_what_goes_in_comes_out(block: dict[str, object]) -> None:
    assert decode(encode(block)) == block
    assert encode(block) == encode(block)


@given(st.binary(max_size=200))
def test_rubbish_is_refused(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        decode(data)
    with pytest.raises(SnapshotError):
        decode(gzip.compress(data))


@given(st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_never_comes_through_changed(place: int, bit: int) -> None:
    block = {"sram": {"data": bytes(range(100))}}
    data = bytearray(encode(block))
    data[place % len(data)] ^= 1 << bit
    try:
        assert decode(bytes(data)) == block
    except SnapshotError:
        pass
