"""The union of spans: each moment counts once, whatever order and overlap they come in."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.intervals import Span, covered_s, overlap_s, union

#: Halves of seconds, so that sums are exact and spans often touch.
MOMENTS = st.integers(-20, 20).map(lambda half: half / 2)
SPANS = st.lists(st.tuples(MOMENTS, MOMENTS), max_size=12)


def moments(spans: list[Span]) -> set[int]:
    """Return which halves of a second are covered, by their numbers."""
    return {half for start, end in spans for half in range(int(start * 2), int(end * 2))}


@given(SPANS)
def test_the_union_covers_what_the_spans_cover_and_no_moment_twice(spans: list[Span]) -> None:
    found = union(spans)
    assert moments(found) == moments(spans)
    assert all(start < end for start, end in found)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
    assert covered_s(spans) == sum(end - start for start, end in found) == len(moments(spans)) / 2


@given(SPANS, st.tuples(MOMENTS, MOMENTS))
def test_an_overlap_is_what_both_cover(spans: list[Span], span: Span) -> None:
    assert overlap_s(span, union(spans)) == len(moments(spans) & moments([span])) / 2


@given(SPANS, st.randoms())
def test_order_and_repetition_of_spans_change_nothing(spans: list[Span], random: object) -> None:
    mixed = [*spans, *spans]
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert union(mixed) == union(spans) == union(union(spans))
    assert covered_s(mixed) == covered_s(spans)


@pytest.mark.parametrize("spans", [[], [(1.0, 1.0)], [(2.0, 1.0)]])
def test_nothing_covers_nothing(spans: list[Span]) -> None:
    assert (union(spans), covered_s(spans)) == ([], 0.0)
