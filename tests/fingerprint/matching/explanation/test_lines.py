"""An interval's line goes through both of its ends, and finds the segment that says the same."""

from __future__ import annotations

import msgspec
import pytest

from fingerprint.matching.explanation.lines import Line, segment_on
from fingerprint.matching.time_map import Segment, TimeMap
from schemas.matches import Interval, Track

INTERVAL = Interval(
    input_start=10.0, input_end=20.0, reference_start=105.0, reference_end=117.5, similarity=0.9, track=Track.BOTH
)


def segment(start: float, end: float, line: TimeMap, log_odds: float = 20.0) -> Segment:
    return Segment(start, end, line, log_odds, similarity=0.9, sound=True)


def test_a_line_goes_through_both_ends_whatever_the_rounded_speed_says() -> None:
    line = Line.of(msgspec.structs.replace(INTERVAL, speed=1.2))
    assert (line.map.at(10.0), line.map.at(20.0)) == pytest.approx((105.0, 117.5))
    assert line.map.speed == pytest.approx(1.25)
    assert line.middle == 15.0


@pytest.mark.parametrize(("end", "reference_end"), [(10.0, 105.0), (20.0, 105.0), (20.0, 90.0)])
def test_an_interval_that_is_none_has_a_line_all_the_same(end: float, reference_end: float) -> None:
    line = Line.of(msgspec.structs.replace(INTERVAL, input_end=end, reference_end=reference_end))
    assert line.map.at(10.0) == pytest.approx(105.0)
    assert line.map.speed > 0


def test_of_the_segments_on_a_line_it_is_the_one_that_shares_most() -> None:
    line = Line.of(INTERVAL)
    short, long = segment(10.0, 12.0, line.map), segment(11.0, 20.0, line.map)
    elsewhere = segment(10.0, 20.0, TimeMap(1.25, line.map.offset + 5.0), log_odds=100.0)
    later = segment(30.0, 40.0, line.map)
    assert segment_on(line, [short, elsewhere, long, later]) is long
    assert segment_on(line, [elsewhere, later]) is None
    assert segment_on(line, []) is None
