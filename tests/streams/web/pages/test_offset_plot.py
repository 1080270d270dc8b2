"""Offset plots: everything lies where it is in time, inside the drawing, whatever is known."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.evidence import Evidence, IntervalEvidence, PointSet, TrackPoints
from schemas.matches import Interval, Track
from streams.web.pages.offset_plot import HEIGHT, MOST_TICKS, WIDTH, Axis, OffsetPlot

SECONDS = st.floats(0, 100_000, allow_nan=False)


def interval(start: float, end: float, first: float, last: float, number: int = 1) -> IntervalEvidence:
    return IntervalEvidence(
        number=number,
        interval=Interval(
            input_start=start,
            input_end=end,
            reference_start=first,
            reference_end=last,
            similarity=0.9,
            track=Track.BOTH,
        ),
    )


def evidence(
    *intervals: IntervalEvidence,
    durations: tuple[float, float] = (100.0, 200.0),
    inside: tuple[tuple[float, float], ...] = (),
) -> Evidence:
    points = PointSet(
        input=tuple(a for a, _ in inside),
        reference=tuple(b for _, b in inside),
        weight=(1.0,) * len(inside),
        total=len(inside),
    )
    return Evidence(
        job_id="j1",
        media_id="video",
        library="films",
        reference="film",
        similarity=0.9,
        track=Track.BOTH,
        input_coverage=0.5,
        reference_coverage=0.5,
        looked_again=True,
        input_duration=durations[0],
        reference_duration=durations[1],
        intervals=list(intervals),
        sound=TrackPoints(inside=points),
    )


def test_an_interval_is_a_line_from_its_beginnings_to_its_ends() -> None:
    plot = OffsetPlot.of(evidence(interval(0.0, 100.0, 0.0, 200.0)))
    (line,) = plot.lines
    assert (line.x1, line.x2) == (plot.across.begin, plot.across.end)
    assert (line.y1, line.y2) == (plot.up.begin, plot.up.end)
    assert line.y1 > line.y2  # the reference's time runs up


def test_the_slope_of_a_line_is_the_speed() -> None:
    slow, fast = (
        OffsetPlot.of(evidence(interval(0.0, 50.0, 0.0, 50.0 * speed), durations=(100.0, 100.0))).lines[0]
        for speed in (1.0, 2.0)
    )
    assert slow.y1 - fast.y2 == pytest.approx(2 * (slow.y1 - slow.y2), abs=0.2)


def test_a_point_lies_where_it_is_in_time() -> None:
    plot = OffsetPlot.of(evidence(interval(0.0, 10.0, 0.0, 10.0), inside=((50.0, 100.0),)))
    (dots,) = plot.dots
    middle = (plot.across.begin + plot.across.end) / 2, (plot.up.begin + plot.up.end) / 2
    assert dots.path == f"M{middle[0]:g} {middle[1]:g}h0"


def test_a_short_copy_in_long_items_has_a_close_up_and_one_of_all_has_none() -> None:
    short = evidence(interval(10.0, 12.0, 60.0, 62.0), durations=(3600.0, 7200.0), inside=((11.0, 61.0), (900.0, 9.0)))
    close = OffsetPlot.close_up(short)
    assert close is not None
    assert close.is_close_up
    assert (close.across.first, close.across.last) == (7.0, 15.0)
    assert [dots.shown for dots in close.dots] == [1]
    assert [dots.shown for dots in OffsetPlot.of(short).dots] == [2]
    assert OffsetPlot.close_up(evidence(interval(0.0, 90.0, 0.0, 150.0))) is None
    assert OffsetPlot.close_up(evidence()) is None


@given(st.lists(st.tuples(SECONDS, SECONDS, SECONDS, SECONDS), max_size=60), SECONDS, SECONDS, st.data())
def test_all_of_it_lies_inside_of_the_drawing(
    spans: list[tuple[float, float, float, float]],
    input_duration: float,
    reference_duration: float,
    data: st.DataObject,
) -> None:
    points = data.draw(st.lists(st.tuples(SECONDS, SECONDS), max_size=20))
    told = evidence(
        *[interval(*span, number=number) for number, span in enumerate(spans, 1)],
        durations=(input_duration, reference_duration),
        inside=tuple(points),
    )
    for plot in (OffsetPlot.of(told), OffsetPlot.close_up(told)):
        if plot is None:
            continue
        for line in plot.lines:
            assert 0 <= line.x1 <= WIDTH
            assert 0 <= line.x2 <= WIDTH
            assert 0 <= line.y1 <= HEIGHT
            assert 0 <= line.y2 <= HEIGHT
        for dots in plot.dots:
            numbers = [float(number) for number in re.findall(r"[M ]([0-9.e+]+)", dots.path)]
            assert all(0 <= number <= WIDTH for number in numbers)
        for axis in (plot.across, plot.up):
            assert 1 <= len(axis.ticks) <= 2 * MOST_TICKS


@given(SECONDS, st.floats(1.0, 1_000_000))
def test_the_times_on_an_axis_are_round_and_not_too_many(first: float, length: float) -> None:
    axis = Axis(first, first + length, 0.0, 500.0)
    times = [tick.seconds for tick in axis.ticks]
    assert len(times) <= 2 * MOST_TICKS
    assert all(time == int(time) for time in times)
    assert all(axis.shows(time) for time in times)


def test_times_on_an_axis_are_written_without_fractions() -> None:
    assert [tick.text for tick in Axis(0.0, 10_800.0, 0.0, 500.0).ticks] == ["0:00", "30:00", "1:00:00", "1:30:00", "2:00:00", "2:30:00", "3:00:00"]  # fmt: skip  # noqa: E501
