"""How alike two media look as they are: each edit takes a copy further away from what it was made from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import tracks

from fingerprint.matching.likeness import PARAMETERS, _moments, likeness
from fingerprint.picture.embedding import dequantise, quantise, unit
from fingerprint.picture.track import PictureTrack
from schemas.matches import Interval, Track


def interval(start: float = 0.0, end: float = tracks.SECONDS, at: float = 0.0, speed: float = 1.0) -> Interval:
    return Interval(
        input_start=start, input_end=end, reference_start=at, reference_end=at + (end - start) * speed,
        similarity=0.9, track=Track.PICTURE, speed=speed,
    )  # fmt: skip


def edited(track: PictureTrack, seed: int, strength: float = 0.2) -> PictureTrack:
    """A copy whose pictures are a little other ones."""
    rng = np.random.default_rng(seed)
    vectors = dequantise(track.codes)
    changed = unit((vectors + strength * np.std(vectors) * rng.normal(size=vectors.shape)).astype(np.float32))
    noise = strength * 64 * rng.normal(size=track.thumbnails.shape)
    return replace(
        track, codes=quantise(changed), thumbnails=np.clip(track.thumbnails + noise, 0, 255).astype(np.uint8)
    )


def mirrored(track: PictureTrack) -> PictureTrack:
    side = track.thumbnails.reshape(len(track.thumbnails), 8, 8)[:, :, ::-1]
    return replace(track, thumbnails=side.reshape(len(side), 64))


def test_the_same_pictures_are_as_alike_as_can_be() -> None:
    assert likeness(tracks.picture(), tracks.picture(), [interval()]) == pytest.approx(1.0, abs=0.01)


def test_other_pictures_have_nothing_in_common() -> None:
    assert abs(likeness(tracks.picture(1), tracks.picture(2), [interval()])) < 0.2


def test_a_mirrored_copy_looks_otherwise_although_it_is_as_sure_a_copy() -> None:
    assert likeness(mirrored(tracks.picture()), tracks.picture(), [interval()]) < 0.7


@given(st.integers(0, 2**31), st.floats(0.1, 0.6))
def test_a_copy_of_a_copy_is_more_like_the_copy_whichever_of_two_is_asked_for(seed: int, strength: float) -> None:
    first = tracks.picture(seed)
    second = edited(first, seed + 1, strength)
    third = edited(second, seed + 2, strength)
    assert likeness(third, second, [interval()]) > likeness(third, first, [interval()])
    assert likeness(third, first, [interval()]) == pytest.approx(likeness(first, third, [interval()]))


def test_pictures_are_compared_where_the_interval_puts_them() -> None:
    source = tracks.picture()
    copy = replace(source, grid_ms=source.grid_ms + 3000, times_ms=source.times_ms + 3000)
    placed = likeness(copy, source, [interval(3.0, 8.0)])
    assert placed == pytest.approx(1.0, abs=0.01)
    assert likeness(copy, source, [interval(3.0, 6.0, at=2.0)]) < 0.5


def test_pictures_of_one_gray_count_as_unlike_and_nothing_is_divided_by_their_length() -> None:
    source = tracks.picture()
    gray = replace(source, thumbnails=np.full_like(source.thumbnails, 128))
    assert likeness(gray, source, [interval()]) == pytest.approx(0.5, abs=0.01)


def test_of_hours_a_bounded_number_of_moments_is_looked_at() -> None:
    ten_hours = [interval(0.0, 36_000.0)] * 3
    at_copy, at_source = _moments(ten_hours)
    assert len(at_copy) == len(at_source)
    assert PARAMETERS.most_moments / 2 < len(at_copy) <= PARAMETERS.most_moments
