from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sounds import changed, joined, piece, sound, worn

from fingerprint.matching.sound.offset_histogram import PARAMETERS, Stretch, stretches
from fingerprint.matching.sound.peak_index import Hypothesis, QueryPeaks, ReferencePeaks
from fingerprint.matching.sound.span_extension import Span, follow, rounded
from fingerprint.matching.time_map import TimeMap
from fingerprint.sound.track import SoundTrack, frame_s

ORIGINAL = sound(120, 1)
STORED = ReferencePeaks(ORIGINAL)
UNCHANGED = Hypothesis()
FRAME_S = frame_s()


def between_others(copy: SoundTrack, seconds: float) -> QueryPeaks:
    """Return a query that has a copy from the 20th second on, and other sound before and after."""
    return QueryPeaks.of(joined((sound(20, 5), 20.0), (copy, seconds), (sound(20, 6), 20.0)))


def followed(query: QueryPeaks, hypothesis: Hypothesis = UNCHANGED) -> Span:
    """Return the span of the best stretch."""
    span = follow(query, STORED, hypothesis, stretches(query, STORED, hypothesis)[0])
    assert span is not None
    return span


@pytest.mark.parametrize("length", [3.0, 10.0, 70.0])
def test_a_span_reaches_as_far_as_the_copy_does(length: float) -> None:
    query = between_others(piece(ORIGINAL, 30, 30 + length), length)
    span = followed(query)
    bounds = query.frames[[span.first, span.last]] * FRAME_S
    assert bounds == pytest.approx([20, 20 + length], abs=1.0)
    assert span.line.at(20 / FRAME_S) * FRAME_S == pytest.approx(30, abs=2 * FRAME_S)
    assert (np.diff(span.heard) >= 0).all()
    assert (span.heard[0], span.heard[-1]) == tuple(query.frames[[span.first, span.last]])


@settings(deadline=None, max_examples=20, derandomize=True)
@given(st.floats(0.98, 1.02))
def test_the_line_has_the_speed_of_the_copy_not_that_of_the_hypothesis(speed: float) -> None:
    query = between_others(changed(piece(ORIGINAL, 30, 60), speed), 30 / speed)
    span = followed(query)
    assert span.line.speed == pytest.approx(speed, abs=0.002)
    assert query.frames[[span.first, span.last]] * FRAME_S == pytest.approx([20, 20 + 30 / speed], abs=1.5)


def test_a_span_goes_on_over_a_pause_and_ends_at_other_sound() -> None:
    for between, longest in ((sound(10, 7, density=0.2), 60.0), (sound(10, 7), 25.0)):
        query = QueryPeaks.of(joined((piece(ORIGINAL, 10, 35), 25.0), (between, 10.0), (piece(ORIGINAL, 45, 70), 25.0)))
        span = followed(query)
        length = (query.frames[span.last] - query.frames[span.first]) * FRAME_S
        assert length == pytest.approx(longest, abs=1.0)


def test_a_stretch_in_which_nothing_coincides_has_no_span() -> None:
    query = QueryPeaks.of(sound(20, 5))
    nowhere = Stretch(start=0, end=2 * PARAMETERS.cell_frames, offset=10 * STORED.length, count=10, other=6.0, peaks=40)
    assert follow(query, STORED, UNCHANGED, nowhere) is None


def test_a_speed_next_to_one_is_one_and_another_is_kept() -> None:
    query = between_others(worn(piece(ORIGINAL, 30, 60), 0.8, 3), 30.0)
    span = followed(query)
    near = Span(TimeMap(1.003, span.line.at(span.heard[0]) - 1.003 * span.heard[0]), span.first, span.last, span.heard)
    line = rounded(near, query, STORED, 0)
    assert line.speed == 1.0
    assert line.offset * FRAME_S == pytest.approx(10.0, abs=2 * FRAME_S)
    faster = Span(TimeMap(1.02, 0.0), span.first, span.last, span.heard)
    assert rounded(faster, query, STORED, 0) == faster.line
