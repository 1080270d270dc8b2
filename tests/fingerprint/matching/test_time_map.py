from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.time_map import Segment, TimeMap

TIMES = st.floats(-1000, 1000)
SEGMENT = Segment(10.0, 25.0, TimeMap(1.25, -4.0), 18.0, 0.9, picture=True, sound=True, transforms=("mirrored",))


@given(st.floats(0.25, 4.0), TIMES, TIMES, TIMES)
def test_a_second_of_the_query_is_as_many_of_the_reference_as_the_speed_says(
    speed: float, offset: float, first: float, second: float
) -> None:
    line = TimeMap(speed, offset)
    assert line.at(0.0) == offset
    assert line.at(second) - line.at(first) == pytest.approx(speed * (second - first), abs=1e-6)


def test_a_segment_is_as_long_as_it_is_in_the_query() -> None:
    assert SEGMENT.length == 15.0


@given(TIMES, TIMES)
def test_other_bounds_change_nothing_else(start: float, end: float) -> None:
    moved = SEGMENT.between(start, end)
    assert (moved.start, moved.end) == (start, end)
    assert replace(moved, start=SEGMENT.start, end=SEGMENT.end) == SEGMENT
