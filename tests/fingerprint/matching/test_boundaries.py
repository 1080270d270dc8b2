from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scenes import miniature_track

from fingerprint.matching.boundaries import clipped, find_cuts, snapped
from fingerprint.matching.time_map import Segment, TimeMap
from fingerprint.picture.track import PictureTrack


def film(*scenes: int, seconds: float = 5.0, fade: bool = False) -> PictureTrack:
    """Return a picture track of scenes of one gray level each, a little noisy, hard cut or faded over."""
    levels = np.repeat(np.array(scenes, float), round(seconds * 4))
    if fade:
        levels = np.interp(np.arange(len(levels)), [0, len(levels) - 1], [scenes[0], scenes[-1]])
    thumbnails = np.clip(levels[:, None] + np.random.default_rng(0).integers(0, 3, (len(levels), 64)), 0, 255)
    return miniature_track(thumbnails)


def span(start: float, end: float) -> Segment:
    return Segment(start, end, TimeMap(1.0, 7.0), 20.0, 0.8, picture=True)


def test_cuts_are_found_to_a_sample() -> None:
    assert find_cuts(film(40, 200, 90)) == pytest.approx([5.0, 10.0], abs=0.25)


def test_a_slow_fade_and_a_still_scene_are_no_cuts() -> None:
    assert not len(find_cuts(film(20, 220, seconds=10.0, fade=True)))
    assert not len(find_cuts(film(80)))
    assert not len(find_cuts(None))


def test_a_span_ends_at_the_cuts_that_are_near() -> None:
    found, starts, ends = snapped(span(5.6, 9.5), np.array([5.0, 10.0]), 30.0)
    assert (found.start, found.end, starts, ends) == (5.0, 10.0, True, True)
    assert found.map == TimeMap(1.0, 7.0)


def test_a_span_far_from_any_cut_stays_as_it_is() -> None:
    found, starts, ends = snapped(span(12.0, 18.0), np.array([5.0, 25.0]), 30.0)
    assert (found, starts, ends) == (span(12.0, 18.0), False, False)


def test_a_span_near_the_ends_of_the_query_goes_up_to_them() -> None:
    found, starts, ends = snapped(span(0.5, 29.5), np.zeros(0), 30.0)
    assert (found.start, found.end, starts, ends) == (0.0, 30.0, True, True)


@given(st.floats(0, 100), st.floats(0.1, 100), st.floats(0.5, 2), st.floats(-100, 100), st.floats(0, 200))
def test_what_lies_outside_of_the_reference_is_cut_off(
    start: float, length: float, speed: float, offset: float, duration: float
) -> None:
    line = TimeMap(speed, offset)
    first, last = clipped(start, start + length, line, duration)
    assert first >= start
    assert last <= start + length
    if last > first:
        assert line.at(first) >= -1e-6
        assert line.at(last) <= duration + 1e-6
