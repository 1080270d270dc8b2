from __future__ import annotations

import numpy as np
import pytest
from support.scenes import Image, collected, scene

from fingerprint.matching.picture import query as picture_query
from fingerprint.matching.picture.query import PictureQuery
from fingerprint.model import Fingerprint
from fingerprint.picture import extractor
from fingerprint.picture.keyframes import Keyframes
from fingerprint.query import Piece


def prepared(pictures: dict[int, Image]) -> PictureQuery:
    """Return the query of a bare fingerprint of pictures by grid number, a quarter of a second apart."""
    collector = collected(pictures)
    bare = Piece(Fingerprint(len(pictures) / 4, collector.track()), Keyframes.of([]))
    query = PictureQuery.of(bare, thorough=False)
    assert query is not None
    return query


@pytest.fixture(scope="module")
def slides() -> PictureQuery:
    """Return what shows another picture in each second."""
    return prepared({number: scene(number // 4) for number in range(40)})


@pytest.fixture(scope="module")
def still() -> PictureQuery:
    """Return a minute of one picture."""
    return prepared(dict.fromkeys(range(240), scene(1)))


def test_a_query_without_a_picture_is_none() -> None:
    assert PictureQuery.of(Piece(Fingerprint(5.0), Keyframes.of([])), thorough=True) is None
    nothing = Piece(Fingerprint(5.0, collected({}).track()), Keyframes.of([]))
    assert PictureQuery.of(nothing, thorough=True) is None


def test_moments_lie_half_a_second_apart_and_stand_for_the_time_between_them(slides: PictureQuery) -> None:
    np.testing.assert_allclose(np.diff(slides.samples), picture_query.PARAMETERS.sample_step_s)
    np.testing.assert_allclose(slides.gaps, picture_query.PARAMETERS.sample_step_s)


def test_a_moment_before_a_pause_stands_for_no_more_than_some_of_it() -> None:
    paused = prepared({number: scene(number // 4) for number in (*range(8), *range(80, 88))})
    assert paused.gaps.max() == pytest.approx(2.5)


def test_each_moment_is_spoken_for_by_the_picture_nearest_to_it(slides: PictureQuery) -> None:
    times = slides.views.times[slides.spoken[:, 0]]
    moments = slides.samples[slides.spoken[:, 1]]
    nearest = np.abs(slides.views.times[:, None] - slides.samples).min(0)[slides.spoken[:, 1]]
    np.testing.assert_allclose(np.abs(times - moments), nearest)
    np.testing.assert_array_equal(np.unique(slides.spoken[:, 1]), np.arange(len(slides.samples)))
    assert (np.diff(slides.spoken[:, 0]) >= 0).all()


def test_a_picture_of_a_still_scene_speaks_for_what_follows_until_the_next_one(still: PictureQuery) -> None:
    np.testing.assert_array_equal(np.unique(still.spoken[:, 1]), np.arange(len(still.samples)))
    later = still.samples[still.spoken[:, 1]] - still.views.times[still.spoken[:, 0]]
    assert 1.0 < later.max() <= extractor.PARAMETERS.still_scene_s
