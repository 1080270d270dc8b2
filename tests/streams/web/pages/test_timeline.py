"""Timelines: intervals lie where they are in time, inside the drawing, and can be seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.matches import Interval, Match, Track
from streams.web.pages.timeline import LEAST_WIDTH, WIDTH, Timeline

SECONDS = st.floats(0, 7200, allow_nan=False)
SPANS = st.tuples(SECONDS, st.floats(0.5, 600))


def interval(span: tuple[float, float], original: tuple[float, float]) -> Interval:
    (start, length), (reference_start, reference_length) = span, original
    return Interval(
        input_start=start,
        input_end=start + length,
        reference_start=reference_start,
        reference_end=reference_start + reference_length,
        similarity=0.9,
        track=Track.BOTH,
    )


def match(*intervals: Interval) -> Match:
    return Match(
        media_id="original",
        similarity=0.9,
        track=Track.BOTH,
        input_coverage=0.5,
        reference_coverage=0.5,
        intervals=intervals,
    )


def test_an_interval_lies_where_it_is_in_time() -> None:
    timeline = Timeline.of(match(interval((10, 20), (50, 25))), input_duration=100, reference_duration=200)
    (band,) = timeline.bands
    assert (band.input_x, band.input_width) == pytest.approx((100, 200))
    assert (band.reference_x, band.reference_width) == pytest.approx((250, 125))
    assert band.polygon == "100.0,26 300.0,26 375.0,84 250.0,84"


def test_a_second_of_a_whole_film_can_still_be_seen() -> None:
    timeline = Timeline.of(match(interval((0, 1), (5000, 1))), input_duration=1, reference_duration=7200)
    assert timeline.bands[0].reference_width == LEAST_WIDTH


def test_bands_are_numbered_as_the_table_below_them_is() -> None:
    timeline = Timeline.of(match(*[interval((n, 1), (n, 1)) for n in range(3)]), 10, 10)
    assert [band.number for band in timeline.bands] == [1, 2, 3]


@given(st.lists(st.tuples(SPANS, SPANS), min_size=1, max_size=6), SECONDS, SECONDS)
def test_every_band_begins_inside_the_drawing_whatever_durations_are_known(
    spans: list[tuple[tuple[float, float], tuple[float, float]]], input_duration: float, reference_duration: float
) -> None:
    timeline = Timeline.of(match(*[interval(*pair) for pair in spans]), input_duration, reference_duration)
    for band in timeline.bands:
        assert 0 <= band.input_x <= WIDTH
        assert 0 <= band.reference_x <= WIDTH
        assert band.input_x + band.input_width <= WIDTH + LEAST_WIDTH
        assert band.reference_x + band.reference_width <= WIDTH + LEAST_WIDTH
