from __future__ import annotations

import zlib
from dataclasses import replace

import hypothesis.extra.numpy as arrays_of
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint import codec
from fingerprint.codec import Arrays, BadFingerprintError, digest_of, is_fingerprint, pack, unpack

ARRAYS = st.dictionaries(
    st.text(max_size=8),
    arrays_of.arrays(
        st.sampled_from(["u1", "i1", "<u2", "<i2", "<i4", "<u4", "<i8", "<f4", "<f8"]),
        arrays_of.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=5),
        elements={"allow_nan": False},
    ),
    max_size=4,
)
SAMPLE: Arrays = {"times": np.arange(40, dtype=np.int32), "codes": np.ones((40, 6), np.int8)}


@given(ARRAYS)
def test_what_was_packed_comes_back(arrays: Arrays) -> None:
    found = unpack("fingerprint", pack("fingerprint", arrays))
    assert found.keys() == arrays.keys()
    for name, array in arrays.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@given(ARRAYS)
def test_the_same_content_gives_the_same_bytes_and_digest_in_any_order(arrays: Arrays) -> None:
    backwards = dict(reversed(arrays.items()))
    assert pack("fingerprint", backwards) == pack("fingerprint", arrays)
    assert digest_of(backwards, "version") == digest_of(arrays, "version")


def test_numbers_of_the_other_byte_order_are_stored_alike() -> None:
    big = {name: array.astype(array.dtype.newbyteorder(">")) for name, array in SAMPLE.items()}
    assert pack("fingerprint", big) == pack("fingerprint", SAMPLE)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_fingerprint_or_refused(data: bytes) -> None:
    for candidate in (data, pack("fingerprint", {})[:6] + data, pack("fingerprint", {})[:6] + zlib.compress(data)):
        with pytest.raises(BadFingerprintError):
            unpack("fingerprint", candidate)


@given(st.data())
def test_a_cut_off_file_is_refused(data: st.DataObject) -> None:
    whole = pack("fingerprint", SAMPLE)
    with pytest.raises(BadFingerprintError):
        unpack("fingerprint", whole[: data.draw(st.integers(0, len(whole) - 1))])


@given(st.data())
def test_a_file_with_a_changed_byte_is_refused_or_tells_the_same(data: st.DataObject) -> None:
    damaged = bytearray(pack("fingerprint", SAMPLE))
    damaged[data.draw(st.integers(0, len(damaged) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        found = unpack("fingerprint", bytes(damaged))
    except BadFingerprintError:
        return
    # A few bits of zlib's frame carry nothing.
    assert {name: array.tolist() for name, array in found.items()} == {n: a.tolist() for n, a in SAMPLE.items()}


@given(st.data())
def test_damage_below_the_checksum_is_refused_or_yields_arrays_of_numbers(data: st.DataObject) -> None:
    packed = pack("fingerprint", SAMPLE)
    body = bytearray(zlib.decompress(packed[6:]))
    body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = unpack("fingerprint", packed[:6] + zlib.compress(bytes(body)))
    except BadFingerprintError:
        return
    assert all(array.dtype.kind in "iuf" for array in found.values())


def test_a_file_of_another_version_says_that_it_must_be_made_again() -> None:
    data = bytearray(pack("fingerprint", SAMPLE))
    data[5] += 1
    assert is_fingerprint(bytes(data))
    with pytest.raises(BadFingerprintError, match="another version: make it again"):
        unpack("fingerprint", bytes(data))


def test_a_chunk_is_no_fingerprint() -> None:
    with pytest.raises(BadFingerprintError, match="a chunk, not a fingerprint"):
        unpack("fingerprint", pack("chunk", SAMPLE))


def test_media_are_no_fingerprints() -> None:
    assert not is_fingerprint(b"\x00\x00\x00\x20ftypisom")
    with pytest.raises(BadFingerprintError, match="no fingerprint"):
        unpack("fingerprint", b"\x00\x00\x00\x20ftypisom")


def test_a_small_file_that_grows_beyond_all_measure_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = pack("fingerprint", {"zeros": np.zeros(3_000_000, np.uint8)})
    assert len(bomb) < 5_000
    monkeypatch.setattr(codec, "PARAMETERS", replace(codec.PARAMETERS, max_unpacked_bytes=1_000_000))
    with pytest.raises(BadFingerprintError, match="too large"):
        unpack("fingerprint", bomb)


def test_a_digest_tells_names_values_types_shapes_and_algorithms_apart() -> None:
    ones = np.ones(6, np.uint8)
    different: list[tuple[Arrays, str]] = [
        ({"a": ones}, "version 1"),
        ({"a": ones}, "version 2"),
        ({"b": ones}, "version 1"),
        ({"a": ones.reshape(2, 3)}, "version 1"),
        ({"a": ones.astype(np.int8)}, "version 1"),
        ({"a": ones * 2}, "version 1"),
        ({"a": ones, "b": ones}, "version 1"),
    ]
    assert len({digest_of(arrays, salt) for arrays, salt in different}) == len(different)
