from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.correspondences import correspondences

from fingerprint.matching.picture import hough
from fingerprint.matching.picture.hough import propose_lines
from fingerprint.matching.time_map import TimeMap


@settings(deadline=None, max_examples=20)
@given(st.floats(0, 500), st.integers(0, 60), st.integers(0, 1000))
def test_a_line_at_any_offset_is_proposed_first(offset: float, noise: int, seed: int) -> None:
    first, *_ = propose_lines(correspondences(60, (15, 45, TimeMap(1.0, offset)), noise=noise, seed=seed))
    assert first.at(30) == pytest.approx(30 + offset, abs=0.3)


@settings(deadline=None, max_examples=20)
@given(st.floats(0.5, 2.0), st.integers(0, 1000))
def test_the_fit_makes_a_speed_between_those_that_are_tried_exact(speed: float, seed: int) -> None:
    lines = propose_lines(correspondences(60, (10, 50, TimeMap(speed, 20.0)), seed=seed))
    nearest = min(lines, key=lambda line: max(abs(line.at(time) - speed * time - 20.0) for time in (10, 50)))
    assert nearest.speed == pytest.approx(speed, abs=0.02)
    assert nearest.at(30) == pytest.approx(speed * 30 + 20.0, abs=0.3)


def test_a_speed_that_is_next_to_1_is_1() -> None:
    almost = 1.0 + hough.PARAMETERS.max_plain_speed_error / 2
    first, *_ = propose_lines(correspondences(600, (0, 600, TimeMap(almost, 20.0))))
    assert first.speed == 1.0


def test_each_line_is_proposed_once_and_no_more_than_are_looked_at() -> None:
    spans = [(10.0 * at, 10.0 * at + 10, TimeMap(1.0, float(60 * (at * 7 % 30)))) for at in range(30)]
    lines = propose_lines(correspondences(300, *spans, noise=600))
    assert 30 <= len(lines) <= hough.PARAMETERS.max_lines
    assert len(set(lines)) == len(lines)


def test_nothing_that_is_alike_proposes_nothing() -> None:
    assert propose_lines(correspondences(60)) == []


def test_what_is_counted_with_room_for_all_cells_is_what_is_counted_by_sorting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = correspondences(60, (15, 45, TimeMap(0.9, 100.0)), noise=60)
    counted = propose_lines(some)
    monkeypatch.setattr(hough, "PARAMETERS", replace(hough.PARAMETERS, max_counted_cells=0))
    assert propose_lines(some) == counted


def test_of_each_group_the_largest_is_found_the_first_of_equals() -> None:
    values = np.array([1.0, 3.0, 3.0, 2.0, 5.0, 4.0])
    np.testing.assert_array_equal(hough._largest(values, np.array([0, 3, 5])), [1, 4, 5])
