from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from support.scenes import collected

from fingerprint.matching.picture import similarity
from fingerprint.matching.picture.motion import MotionHits, window_s
from fingerprint.matching.picture.query import PictureQuery
from fingerprint.matching.picture.query_frames import QueryFrames
from fingerprint.matching.picture.similarity import (
    correspondences_of,
    find_similarities,
    look_log_odds,
)
from fingerprint.matching.picture.views import ViewDescriber, Views, view_names
from fingerprint.model import Fingerprint
from fingerprint.picture.keyframes import Keyframes
from fingerprint.query import Piece

Vectors = np.ndarray[Any, np.dtype[np.float32]]

#: Unit vectors that have nothing in common.
PICTURES: Vectors = np.eye(64, dtype=np.float32)


def query(vectors: Vectors, background_score: float = 0.0) -> PictureQuery:
    """Return a query of plainly described pictures, one a second, each of which speaks for two moments."""
    count = len(vectors)
    nothing = Piece(Fingerprint(float(count)), Keyframes.of([]))
    samples = 0.5 * np.arange(2 * count)
    return PictureQuery(
        views=Views(np.arange(count, dtype=np.float64), np.zeros(count, np.int8), vectors, np.zeros(len(view_names()))),
        background_score=np.full(count, background_score, np.float32),
        samples=samples,
        gaps=np.full(len(samples), 0.5),
        spoken=np.stack([np.repeat(np.arange(count), 2), np.arange(2 * count)], 1),
        query_frames=QueryFrames(nothing),
        describer=ViewDescriber(collected({}).track(), nothing.keyframes),
    )


def moved(*starts: float, offset: float = 20.0) -> MotionHits:
    """Return windows of the query that move as the reference does so much later, all there are."""
    times = np.array(starts, np.float64)
    return MotionHits(times, times + offset, np.ones(len(times)), np.full(len(times), 0.9), times)


def test_a_similarity_is_worth_nothing_at_the_floor_and_no_more_than_the_most_far_over_it() -> None:
    floor = similarity.PARAMETERS.similarity_floor
    odds = look_log_odds(np.array([floor, floor + 0.1, 1.0], np.float32))
    assert odds[0] == pytest.approx(0.0, abs=1e-6)
    assert 0 < odds[1] < odds[2] == similarity.PARAMETERS.max_look_log_odds


def test_each_moment_that_a_picture_speaks_for_is_placed_in_the_reference() -> None:
    found = find_similarities(query(PICTURES[[3, 5]]), PICTURES, 2.0 * np.arange(64))
    np.testing.assert_array_equal(found.moments, [0, 1, 2, 3])
    np.testing.assert_array_equal(found.columns, [3, 3, 5, 5])
    np.testing.assert_allclose(found.places, [6.0, 6.5, 10.0, 10.5])
    np.testing.assert_allclose(found.values, 1.0)
    np.testing.assert_allclose(found.typical, 1 / 64)


def test_similarity_counts_over_what_a_picture_scores_by_chance() -> None:
    times = np.arange(64, dtype=np.float64)
    by_chance = find_similarities(query(PICTURES[:1], background_score=0.3), PICTURES, times)
    np.testing.assert_allclose(by_chance.values, 0.7)
    assert not len(find_similarities(query(PICTURES[:1], background_score=0.95), PICTURES, times).values)


def test_a_still_scene_is_held_against_its_nearest_pictures_alone() -> None:
    alike = np.repeat(PICTURES[:1], 2 * similarity.PARAMETERS.max_nearest_pictures, 0)
    found = find_similarities(query(PICTURES[:1]), alike, np.arange(len(alike), dtype=np.float64))
    assert np.bincount(found.moments).tolist() == [similarity.PARAMETERS.max_nearest_pictures] * 2


def test_correspondences_are_in_order_of_the_moments_and_count_by_looks() -> None:
    one = query(PICTURES[[3, 5]])
    made = correspondences_of(one, find_similarities(one, PICTURES, np.arange(64, dtype=np.float64)), None)
    np.testing.assert_array_equal(made.rows, [0, 1, 2, 3])
    np.testing.assert_allclose(made.weights, similarity.PARAMETERS.max_look_log_odds)
    assert not made.motion.any()
    assert not made.has_motion.any()


def test_a_window_that_moves_alike_speaks_for_every_moment_in_it() -> None:
    one = query(PICTURES[:10])
    similarities = find_similarities(one, PICTURES[10:], np.arange(54, dtype=np.float64))
    made = correspondences_of(one, similarities, moved(3.0))
    expected = np.nonzero((one.samples >= 3.0) & (one.samples <= 3.0 + window_s()))[0]
    np.testing.assert_array_equal(made.rows, expected)
    np.testing.assert_allclose(made.places, one.samples[expected] + 20.0)
    assert made.motion.all()
    np.testing.assert_array_equal(np.nonzero(made.has_motion)[0], expected)


def test_where_motion_tells_the_place_looks_that_are_as_good_everywhere_step_back() -> None:
    one = query(PICTURES[:1])
    wall = np.repeat(PICTURES[:1], 8, 0)
    made = correspondences_of(one, find_similarities(one, wall, np.arange(8, dtype=np.float64)), moved(0.0))
    expected = similarity.PARAMETERS.everywhere_share * similarity.PARAMETERS.max_look_log_odds
    np.testing.assert_allclose(made.weights[~made.motion], expected, rtol=1e-6)


def test_where_nothing_moves_looks_count_in_full() -> None:
    one = query(PICTURES[:1])
    wall = np.repeat(PICTURES[:1], 8, 0)
    made = correspondences_of(one, find_similarities(one, wall, np.arange(8, dtype=np.float64)), moved())
    np.testing.assert_allclose(made.weights, similarity.PARAMETERS.max_look_log_odds)
