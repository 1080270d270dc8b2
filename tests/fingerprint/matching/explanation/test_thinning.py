"""Points of a plot: bounded, evenly chosen, and honest about how many there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.explanation import thinning
from fingerprint.matching.explanation.thinning import Points, evenly, thinned


def points(count: int, *, total: int | None = None, seed: int = 0) -> Points:
    rng = np.random.default_rng(seed)
    return Points.of(rng.uniform(0, 100, count), rng.uniform(0, 50, count), rng.uniform(0, 4, count), total)


@given(st.integers(0, 5000), st.integers(2, 500))
def test_what_is_chosen_is_bounded_in_order_and_has_both_ends(count: int, most: int) -> None:
    chosen = evenly(count, most)
    assert len(chosen) == min(count, most)
    assert (np.diff(chosen) > 0).all()
    if count:
        assert (chosen[0], chosen[-1]) == (0, count - 1)


@given(st.integers(1, 5000), st.integers(2, 500))
def test_what_is_chosen_lies_evenly(count: int, most: int) -> None:
    steps = np.diff(evenly(count, most))
    assert not len(steps) or steps.max() - steps.min() <= 1


@given(st.integers(0, 6000), st.integers(0, 6000))
def test_no_track_has_more_points_than_a_plot_can_show_and_none_is_left_out_without_need(
    inside: int, outside: int
) -> None:
    shown = thinned(points(inside), points(outside, seed=1))
    count = len(shown.inside.input), len(shown.outside.input)
    assert sum(count) == min(inside + outside, thinning.PARAMETERS.max_points)
    assert count[0] >= min(inside, thinning.PARAMETERS.max_inside_points)
    assert (shown.inside.total, shown.outside.total) == (inside, outside)
    for kind in (shown.inside, shown.outside):
        assert len(kind.input) == len(kind.reference) == len(kind.weight)
        assert bool(kind.thinned) == (kind.total > len(kind.input))


def test_it_says_how_many_there_are_where_these_are_some_already() -> None:
    shown = thinned(points(3), points(5, total=1_000_000)).outside
    assert (len(shown.input), shown.total) == (5, 1_000_000)
    assert shown.thinned.startswith("5 of 1,000,000")


def test_points_come_in_order_of_the_input() -> None:
    shown = thinned(points(50), points(0)).inside
    assert list(shown.input) == sorted(shown.input)


def test_pieces_join_to_all_of_them() -> None:
    joined = Points.joined([points(3), points(4, total=10, seed=1)])
    assert (len(joined.moments), joined.total) == (7, 13)
    assert len(Points.joined([]).moments) == 0
    assert joined.moments.tolist() == pytest.approx(sorted(joined.moments))
