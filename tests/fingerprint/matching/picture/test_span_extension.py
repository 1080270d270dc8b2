from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.scenes import miniature_track

from fingerprint.matching.picture.query_frames import Miniatures
from fingerprint.matching.picture.span_extension import PARAMETERS, extended
from fingerprint.matching.time_map import Segment, TimeMap
from fingerprint.picture.track import PictureTrack

Film = NDArray[np.float64]

STEP_S = 0.25
#: The copy in every query here: which span of the query, and how much later it lies in the reference.
START, END, OFFSET = 12.0, 24.0, 20.0
NEAR_S = 0.6


def film(seconds: float, seed: int) -> Film:
    """Return what a film of smooth random movement shows each hundredth of a second, `(n, 64)`."""
    rng = np.random.default_rng(seed)
    keys = rng.uniform(30, 220, (round(seconds * 2) + 2, 64))
    at = np.arange(0, seconds, 0.01) * 2
    left = at.astype(int)
    share = (at - left)[:, None]
    return np.asarray(keys[left] * (1 - share) + keys[left + 1] * share)


def wall(seconds: float, seed: int = 0) -> Film:
    """Return a film of one picture that never changes."""
    return np.repeat(np.random.default_rng(seed).uniform(30, 220, (1, 64)), round(seconds * 100), 0)


def track(shown: Film) -> PictureTrack:
    return miniature_track(shown[::25])


def seen(shown: Film, covered: NDArray[np.bool_] | None = None) -> Miniatures:
    thumbnails = shown[::25].astype(np.float32)
    return Miniatures(
        np.arange(len(thumbnails)) * np.float64(STEP_S), thumbnails, np.ones(64, bool) if covered is None else covered
    )


def query(original: Film, before: Film, after: Film, speed: float = 1.0) -> Film:
    """Return a film that shows the original from `START` to `END`, and others before and after."""
    times = np.arange(START, END, 0.01)
    copy = original[np.rint((speed * times + OFFSET) * 100).astype(int)]
    return np.concatenate([before[: round(START * 100)], copy, after[:1200]])


def segment(start: float, end: float, speed: float = 1.0, offset: float = OFFSET) -> Segment:
    return Segment(start, end, TimeMap(speed, offset), 20.0, 0.8, picture=True, transforms=("inserted",))


ORIGINAL = film(90, 1)
QUERY = query(ORIGINAL, film(12, 2), film(12, 3))


@settings(max_examples=40)
@given(st.floats(START - PARAMETERS.max_trim_s + 0.3, 15.0), st.floats(21.0, END + PARAMETERS.max_trim_s - 0.3))
def test_a_span_of_rough_ends_grows_or_shrinks_to_what_is_shown(start: float, end: float) -> None:
    found = extended(segment(start, end), seen(QUERY), track(ORIGINAL), after=0.0, before=np.inf)
    assert found.start == pytest.approx(START, abs=NEAR_S)
    assert found.end == pytest.approx(END, abs=NEAR_S)


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.5, 2.0])
@pytest.mark.parametrize(("start", "end"), [(11.0, 25.0), (15.0, 21.0)])
def test_the_ends_are_found_at_another_speed(speed: float, start: float, end: float) -> None:
    shown = query(ORIGINAL, film(12, 2), film(12, 3), speed)
    found = extended(segment(start, end, speed), seen(shown), track(ORIGINAL), after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=NEAR_S)


@given(st.integers(1, 8), st.floats(0.3, 1.5), st.floats(0.0, 2.0))
def test_a_span_with_few_samples_near_it_ends_at_some_of_them(count: int, apart: float, into: float) -> None:
    shown = seen(QUERY)
    few = np.unique(np.searchsorted(shown.times, START + into + apart * np.arange(count)))
    sparse = Miniatures(shown.times[few], shown.thumbnails[few], shown.covered)
    rough = segment(START, float(sparse.times[-1]))
    found = extended(rough, sparse, track(ORIGINAL), after=0.0, before=np.inf)
    assert found.start <= found.end
    assert {found.start, found.end} <= {rough.start, rough.end, *sparse.times}


def test_the_ends_are_found_where_a_part_of_the_picture_is_hidden() -> None:
    covered = np.zeros((8, 8), bool)
    covered[2:, :5] = True
    shown = QUERY.copy()
    shown[:, ~covered.reshape(-1)] = film(36, 11)[:, ~covered.reshape(-1)]
    found = extended(segment(14, 22), seen(shown, covered.reshape(-1)), track(ORIGINAL), after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=NEAR_S)
    assert found.similarity > 0.95


def test_movement_alone_tells_where_hardly_anything_of_the_picture_is_left() -> None:
    covered = np.zeros((8, 8), bool)
    covered[:3, :3] = True
    shown = QUERY.copy()
    shown[:, ~covered.reshape(-1)] = film(36, 11)[:, ~covered.reshape(-1)]
    found = extended(segment(14, 22), seen(shown, covered.reshape(-1)), track(ORIGINAL), after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=2 * NEAR_S)


def test_movement_alone_tells_where_the_light_is_another() -> None:
    shown = 0.25 * QUERY + 0.75 * wall(36, 7)
    found = extended(segment(14, 22), seen(shown), track(ORIGINAL), after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=2 * NEAR_S)
    assert found.similarity > 0.8


def test_the_ends_are_found_in_a_picture_of_little_contrast() -> None:
    found = extended(segment(11, 22), seen(QUERY * 0.3 + 20), track(ORIGINAL), after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=NEAR_S)


def test_a_still_scene_ends_where_another_picture_comes() -> None:
    still = wall(90)
    shown = query(still, wall(12, 5), wall(12, 6))
    found = extended(segment(11, 22), seen(shown), track(still), after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=NEAR_S)


def without(shown: Miniatures, start: float, end: float) -> Miniatures:
    """Return a query of which nothing is kept for a while: it is black there."""
    left = (shown.times < start) | (shown.times >= end)
    return Miniatures(shown.times[left], shown.thumbnails[left], shown.covered)


@pytest.mark.parametrize("behind", [True, False])
def test_a_span_does_not_go_on_over_black_to_what_looks_a_little_alike(*, behind: bool) -> None:
    alike = 0.45 * ORIGINAL[round(OFFSET * 100) :] + 0.55 * film(90, 8)[: -round(OFFSET * 100)]
    before, after = (film(12, 2), alike[round(END * 100) :]) if behind else (alike, film(12, 3))
    black = END if behind else START - 2.5
    shown = without(seen(query(ORIGINAL, before, after)), black, black + 2.5)
    found = extended(segment(14, 22), shown, track(ORIGINAL), after=0.0, before=np.inf)
    assert START - NEAR_S <= found.start <= 14
    assert 22 <= found.end <= END + NEAR_S


def test_a_span_goes_on_where_both_are_black_for_a_while() -> None:
    shown = without(seen(QUERY), 20, 22.5)
    reference = track(ORIGINAL)
    kept = (reference.grid_ms < 1000 * (20 + OFFSET)) | (reference.grid_ms >= 1000 * (22.5 + OFFSET))
    black = replace(reference, grid_ms=reference.grid_ms[kept], thumbnails=reference.thumbnails[kept])
    found = extended(segment(14, 19), shown, black, after=0.0, before=np.inf)
    assert (found.start, found.end) == pytest.approx((START, END), abs=NEAR_S)


OFFSETS = st.floats(OFFSET - 1, OFFSET + 1) | st.floats(0, 50)


@given(st.lists(st.floats(0, 35.75), min_size=4, max_size=4).map(sorted), OFFSETS)
def test_an_end_moves_no_farther_than_is_said_nor_over_its_neighbours(times: list[float], offset: float) -> None:
    after, start, end, before = times
    first = segment(start, end, 1.0, offset)
    found = extended(first, seen(QUERY), track(ORIGINAL), after=after, before=before)
    if found != first:
        assert found.start < found.end
        assert max(after, start - PARAMETERS.max_growth_s) <= found.start <= start + PARAMETERS.max_trim_s + STEP_S
        assert end - PARAMETERS.max_trim_s - STEP_S <= found.end <= min(before, end + PARAMETERS.max_growth_s)
    assert (found.map, found.log_odds, found.transforms) == (first.map, first.log_odds, first.transforms)


@given(st.integers(28, 36), st.integers(40, 48))
def test_a_span_ends_with_the_reference(first: int, last: int) -> None:
    short = track(ORIGINAL[first * 100 : last * 100])
    found = extended(segment(17, 19, 1.0, OFFSET - first), seen(QUERY), short, after=0.0, before=np.inf)
    assert found.start == pytest.approx(max(START, first - OFFSET), abs=NEAR_S)
    assert found.end == pytest.approx(min(END, last - OFFSET), abs=NEAR_S)


def test_a_span_is_followed_for_some_seconds_alone() -> None:
    forward = extended(segment(12.5, 14.0), seen(QUERY), track(ORIGINAL), after=0.0, before=np.inf)
    assert forward.end == 14.0 + PARAMETERS.max_growth_s
    backward = extended(segment(22.0, 23.5), seen(QUERY), track(ORIGINAL), after=0.0, before=np.inf)
    assert backward.start == 22.0 - PARAMETERS.max_growth_s


def test_a_neighbour_is_not_grown_into() -> None:
    found = extended(segment(16, 20), seen(QUERY), track(ORIGINAL), after=14.0, before=22.0)
    assert (found.start, found.end) == (14.0, 22.0)


def test_likeness_tells_how_alike_the_pictures_are() -> None:
    rng = np.random.default_rng(0)
    similarity = []
    for noise in (0, 20, 60):
        shown = np.clip(QUERY + rng.normal(0, noise, QUERY.shape), 0, 255)
        found = extended(segment(14, 22), seen(shown), track(ORIGINAL), after=0.0, before=np.inf)
        similarity.append(found.similarity)
    assert similarity == sorted(similarity, reverse=True)
    assert similarity[0] > 0.99
    assert 0.5 < similarity[2] < 0.9


@pytest.mark.parametrize(
    ("shown", "reference"),
    [
        (np.zeros((3600, 64)), ORIGINAL),
        (wall(36), wall(90)),
        (film(36, 9), ORIGINAL),
        (QUERY, ORIGINAL[:20]),
    ],
    ids=["black", "one still picture throughout", "another film", "a reference of one picture"],
)
def test_what_tells_nothing_about_the_ends_leaves_them(shown: Film, reference: Film) -> None:
    found = extended(segment(14, 22), seen(shown), track(reference), after=0.0, before=np.inf)
    assert found == segment(14, 22)


def test_a_span_of_too_few_pictures_stays_as_it_is() -> None:
    found = extended(segment(14.0, 14.5), seen(QUERY), track(ORIGINAL), after=0.0, before=np.inf)
    assert found == segment(14.0, 14.5)


def test_a_span_of_which_the_query_shows_no_whole_cell_stays_as_it_is() -> None:
    nothing = seen(QUERY, np.zeros(64, bool))
    found = extended(segment(14, 22), nothing, track(ORIGINAL), after=0.0, before=np.inf)
    assert found == segment(14, 22)
