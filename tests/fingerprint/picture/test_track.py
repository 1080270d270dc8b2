"""A picture track is stored and put together without loss."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.codec import BadFingerprintError
from fingerprint.picture import local_features
from fingerprint.picture.local_features import LocalFeatures
from fingerprint.picture.track import PictureTrack


def features(count: int, seed: int) -> LocalFeatures:
    rng = np.random.default_rng(seed)
    return LocalFeatures(
        rng.integers(0, 1280, (count, 2)).astype(np.uint16),
        rng.integers(0, 256, count).astype(np.uint8),
        rng.integers(0, 256, count).astype(np.uint8),
        rng.integers(-127, 128, (count, local_features.PARAMETERS.code_length)).astype(np.int8),
    )


def track(counts: list[int], described: int = 6, looked_at: int = 25, start: int = 0) -> PictureTrack:
    """Return a track of which the first pictures have local features, so many each."""
    rng = np.random.default_rng(start)
    return PictureTrack(
        numbers=np.arange(described, dtype=np.int32) * 4 + start,
        times_ms=np.arange(described, dtype=np.int32) * 1000 + 250 * start,
        codes=rng.integers(-90, 90, (described, 384)).astype(np.int8),
        local_rows=np.arange(len(counts), dtype=np.int32),
        local_counts=np.array(counts, np.int32),
        local=LocalFeatures.join([features(count, start + number) for number, count in enumerate(counts)]),
        grid_ms=(np.arange(looked_at, dtype=np.int32) + start) * 250,
        thumbnails=rng.integers(0, 256, (looked_at, 64)).astype(np.uint8),
        size=np.array([320, 180], np.uint16),
    )


def assert_same(one: PictureTrack, other: PictureTrack) -> None:
    for field in fields(PictureTrack):
        if field.name != "local":
            np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))
            assert getattr(one, field.name).dtype == getattr(other, field.name).dtype
    assert_same_features(one.local, other.local)


def assert_same_features(one: LocalFeatures, other: LocalFeatures) -> None:
    for field in fields(LocalFeatures):
        np.testing.assert_array_equal(getattr(one, field.name), getattr(other, field.name))


COUNTS = st.lists(st.integers(0, 9), max_size=6)


@given(COUNTS, st.integers(0, 40), st.integers(0, 10_000))
def test_a_track_survives_storing(counts: list[int], looked_at: int, start: int) -> None:
    made = track(counts, looked_at=looked_at, start=start)
    before = made.thumbnails.copy()
    assert_same(PictureTrack.from_arrays(made.to_arrays()), made)
    np.testing.assert_array_equal(made.thumbnails, before)


def test_what_hardly_changes_is_stored_as_next_to_nothing() -> None:
    still = track([], looked_at=100)
    still = replace(still, thumbnails=np.repeat(still.thumbnails[:1], 100, 0))
    assert (still.to_arrays()["picture.tiny"] == 0).mean() > 0.98


@given(COUNTS)
def test_each_picture_has_its_own_local_features(counts: list[int]) -> None:
    made = track(counts)
    for index, count in enumerate(counts):
        assert_same_features(made.features(index), features(count, index))


@given(st.lists(COUNTS, min_size=1, max_size=4))
def test_chunks_are_joined_and_each_picture_keeps_its_local_features(parts: list[list[int]]) -> None:
    tracks = [track(counts, start=number * 40) for number, counts in enumerate(parts)]
    joined = PictureTrack.join(tracks)
    for name in ("numbers", "times_ms", "codes", "grid_ms", "thumbnails"):
        expected = np.concatenate([getattr(part, name) for part in tracks])
        np.testing.assert_array_equal(getattr(joined, name), expected)
    assert joined.size.tolist() == [320, 180]
    indices = itertools.count()
    for part in tracks:
        for index, row in enumerate(part.local_rows):
            here = next(indices)
            assert joined.times_ms[joined.local_rows[here]] == part.times_ms[row]
            assert_same_features(joined.features(here), part.features(index))
    assert_same(PictureTrack.from_arrays(joined.to_arrays()), joined)


@pytest.mark.parametrize("row", [-1, 6, 1000])
def test_local_features_of_a_picture_that_is_not_described_are_refused(row: int) -> None:
    made = track([2, 3])
    rows = np.array([0, row], np.int32)
    with pytest.raises(BadFingerprintError, match="belong to no picture"):
        PictureTrack.from_arrays(replace(made, local_rows=rows).to_arrays())


def test_fewer_than_no_local_features_are_refused() -> None:
    made = track([2, 3])
    counts = np.array([-1, 6], np.int32)
    with pytest.raises(BadFingerprintError, match="belong to no picture"):
        PictureTrack.from_arrays(replace(made, local_counts=counts).to_arrays())
