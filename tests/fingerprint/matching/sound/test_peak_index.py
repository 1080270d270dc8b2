from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.sounds import sound

from fingerprint.matching.sound.peak_index import QueryPeaks, ReferencePeaks
from fingerprint.matching.time_map import TimeMap

SEEDS = st.integers(0, 1000)


def all_pairs(query: QueryPeaks, reference: QueryPeaks, shift: int) -> set[tuple[int, int]]:
    """Return, by looking at each pair, which peaks have the same note: the query's number and the reference's frame."""
    return {
        (number, int(frame))
        for number, note in enumerate(query.notes)
        for frame, other in zip(reference.frames, reference.notes, strict=True)
        if abs(note - shift - other) <= 1
    }


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.integers(-40, 40))
def test_all_pairs_of_the_same_note_coincide(seed: int, shift: int) -> None:
    ours, theirs = sound(5, seed), sound(7, seed + 5000)
    query = QueryPeaks.of(ours)
    stored = ReferencePeaks(theirs)
    found = stored.coincidences(query, 0, len(query), shift)
    pairs = list(zip(found.ours.tolist(), found.theirs.tolist(), strict=True))
    assert set(pairs) == all_pairs(query, QueryPeaks.of(theirs), shift)
    assert (np.diff(found.ours) >= 0).all()
    assert stored.count(query.notes - shift).sum() == len(pairs)


@settings(deadline=None, max_examples=20)
@given(SEEDS, st.floats(0.5, 2.0), st.floats(-300, 300), st.integers(-3, 3), st.floats(0, 20))
def test_along_a_line_are_the_pairs_that_are_near_it(
    seed: int, speed: float, offset: float, shift: int, within: float
) -> None:
    query, theirs = QueryPeaks.of(sound(5, seed)), sound(7, seed + 5000)
    line = TimeMap(speed, offset)
    found = ReferencePeaks(theirs).along(query, line, shift, within, first=3, last=len(query))
    places = speed * query.frames + offset
    expected = {
        (number, frame)
        for number, frame in all_pairs(query, QueryPeaks.of(theirs), shift)
        if number >= 3 and abs(frame - places[number]) <= within
    }
    assert set(zip(found.ours.tolist(), found.theirs.tolist(), strict=True)) == expected
    assert (np.diff(found.ours) >= 0).all()


def test_some_peaks_of_a_query_lie_between_two_frames() -> None:
    query = QueryPeaks.of(sound(10, 1))
    part = query.between(200, 700)
    assert set(part.frames) == {frame for frame in query.frames if 200 <= frame < 700}
    assert len(part.notes) == len(part) > 0


@pytest.mark.parametrize("count", [0, 1])
def test_of_hardly_any_peaks_hardly_any_coincide(count: int) -> None:
    few = sound(10, 1)
    few = type(few)(few.frames[:count], few.bins[:count], few.numbers, few.starts_ms, few.codes)
    query, stored = QueryPeaks.of(few), ReferencePeaks(few)
    assert len(query) == len(stored) == count
    assert len(stored.coincidences(query, 0, count, 0).ours) == count
    assert len(stored.along(query, TimeMap(1.0, 0.0), 0, 2.0, first=0, last=count).ours) == count
