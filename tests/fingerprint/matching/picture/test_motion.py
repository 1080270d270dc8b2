from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.matching.picture.motion import find_motion
from fingerprint.matching.picture.query_frames import Miniatures

STEP_S = 0.25


def movie(seconds: float, seed: int) -> NDArray[np.float64]:
    """Return what a movie of smooth random movement shows each hundredth of a second, `(n, 8, 8)`."""
    rng = np.random.default_rng(seed)
    keys = rng.uniform(30, 220, (round(seconds * 2) + 2, 8, 8))
    at = np.arange(0, seconds, 0.01) * 2
    left = at.astype(int)
    share = (at - left)[:, None, None]
    return np.asarray(keys[left] * (1 - share) + keys[left + 1] * share)


def reference(shown: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    thumbnails = shown[::25]
    return np.arange(len(thumbnails)) * STEP_S, thumbnails.reshape(len(thumbnails), -1).astype(np.uint8)


def seen(shown: NDArray[np.float64], covered: NDArray[np.bool_] | None = None) -> Miniatures:
    thumbnails = shown[::25].reshape(-1, 64).astype(np.float32)
    mask = np.ones(64, bool) if covered is None else covered
    return Miniatures(np.arange(len(thumbnails)) * STEP_S, thumbnails, mask)


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 2000), st.integers(0, 1000))
def test_a_piece_is_placed_to_a_fraction_of_a_sample(start: int, seed: int) -> None:
    original = movie(32, seed)
    hits = find_motion(seen(original[start : start + 1000]), *reference(original))
    best = hits.cosines > 0.7
    assert best.any()
    assert np.median(np.abs(hits.places[best] - hits.starts[best] - start / 100)) < 0.15


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 1000))
def test_a_piece_of_which_a_part_is_hidden_is_placed(seed: int) -> None:
    original = movie(32, seed)
    covered = np.zeros((8, 8), bool)
    covered[2:, :6] = True
    query = original[700:1700].copy()
    query[:, ~covered] = 0.0
    hits = find_motion(seen(query, covered.reshape(-1)), *reference(original))
    best = hits.cosines > 0.7
    assert best.any()
    assert np.median(np.abs(hits.places[best] - hits.starts[best] - 7.0)) < 0.15


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0])
def test_a_piece_of_another_speed_is_placed(speed: float) -> None:
    original = movie(60, 3)
    moments = (10.0 + np.arange(0, 12, 0.01) * speed) * 100
    hits = find_motion(seen(original[moments.astype(int)]), *reference(original))
    best = np.argsort(-hits.cosines)[: len(hits.cosines) // 4]
    assert np.median(np.abs(hits.places[best] - 10.0 - hits.starts[best] * speed)) < 0.3
    assert np.median(hits.speeds[best]) == pytest.approx(speed, rel=0.15)


def test_another_movie_moves_otherwise() -> None:
    hits = find_motion(seen(movie(20, 1)), *reference(movie(30, 2)))
    assert (hits.cosines < 0.6).all()
    assert len(hits.moving)


def test_a_still_picture_says_nothing() -> None:
    still = np.repeat(movie(0.02, 1)[:1], 1000, 0)
    hits = find_motion(seen(still), *reference(movie(30, 1)))
    assert not len(hits.starts)
    assert not len(hits.moving)


def test_what_is_too_short_to_move_says_nothing() -> None:
    hits = find_motion(seen(movie(1, 1)), *reference(movie(30, 1)))
    assert not len(hits.starts)


@pytest.mark.parametrize(("count", "step"), [(9, 0.2), (16, 0.125), (20, 0.1), (50, 0.04), (12, 0.0)])
def test_many_pictures_in_a_time_that_is_too_short_say_nothing(count: int, step: float) -> None:
    original = movie(30, 1)
    short = Miniatures(
        np.arange(count) * step, original[:count].reshape(count, -1).astype(np.float32), np.ones(64, bool)
    )
    hits = find_motion(short, *reference(original))
    assert not len(hits.starts)


def test_what_is_not_seen_is_not_made_up() -> None:
    original = movie(60, 3)
    times, thumbnails = reference(original)
    hidden = (times > 20) & (times < 40)
    hits = find_motion(seen(original), times[~hidden], thumbnails[~hidden])
    best = hits.cosines > 0.7
    assert best.any()
    ends = hits.places + 2.0 * hits.speeds
    assert not ((ends > 20.6) & (hits.places < 39.4))[best].any()
