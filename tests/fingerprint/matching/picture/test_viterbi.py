from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.correspondences import correspondences

from fingerprint.matching.picture.viterbi import find_runs
from fingerprint.matching.time_map import TimeMap


@settings(deadline=None, max_examples=30)
@given(st.floats(0, 500), st.integers(0, 60), st.integers(0, 1000))
def test_a_line_at_any_offset_comes_back_from_noise(offset: float, noise: int, seed: int) -> None:
    (run,) = find_runs(correspondences(60, (15, 45, TimeMap(1.0, offset)), noise=noise, seed=seed), 8.0)
    assert 0.5 * run.first == pytest.approx(15, abs=1.5)
    assert 0.5 * run.last == pytest.approx(45, abs=1.5)
    assert run.map.at(30) == pytest.approx(30 + offset, abs=0.3)


@settings(deadline=None, max_examples=30)
@given(st.floats(0.5, 2.0), st.floats(0, 100), st.integers(0, 1000))
def test_a_line_of_any_speed_comes_back(speed: float, offset: float, seed: int) -> None:
    runs = find_runs(correspondences(60, (10, 50, TimeMap(speed, offset)), seed=seed), 8.0)
    longest = max(runs, key=lambda run: run.last - run.first)
    for time in (15, 30, 45):
        assert longest.map.at(time) == pytest.approx(speed * time + offset, abs=0.8)


@settings(deadline=None, max_examples=20)
@given(st.permutations(range(4)), st.integers(0, 1000))
def test_spans_in_any_order_come_back_in_order_of_the_query(order: list[int], seed: int) -> None:
    spans = [(10.0 * at, 10.0 * at + 10, TimeMap(1.0, 60.0 * place - 10 * at)) for at, place in enumerate(order)]
    runs = find_runs(correspondences(40, *spans, seed=seed), 4.0)
    assert len(runs) == 4
    for run, (start, end, line) in zip(runs, spans, strict=True):
        assert 0.5 * run.first == pytest.approx(start, abs=1.0)
        assert 0.5 * run.last == pytest.approx(end, abs=1.0)
        assert run.map.at(start + 5) == pytest.approx(line.at(start + 5), abs=0.3)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 1000))
def test_chance_alone_makes_no_line(seed: int) -> None:
    assert find_runs(correspondences(60, noise=60, seed=seed), 8.0) == []


def test_no_likenesses_make_no_line() -> None:
    assert find_runs(correspondences(60), 4.0) == []


def test_in_a_reference_of_days_the_same_line_is_found_as_in_one_of_minutes() -> None:
    near, far = (
        find_runs(correspondences(60, (15, 45, TimeMap(1.0, 100.0)), (0, 10, TimeMap(1.0, offset)), noise=40), 8.0)
        for offset in (500.0, 300_000.0)
    )
    assert [(run.first, run.last) for run in far] == [(run.first, run.last) for run in near]
    assert far[-1].map.at(30) == pytest.approx(near[-1].map.at(30), abs=0.01)


def test_a_line_is_found_in_pictures_that_are_shown_before_the_clock_starts() -> None:
    similarities = correspondences(60, (15, 45, TimeMap(1.0, 100.0)), noise=20)
    (run,) = find_runs(replace(similarities, samples=similarities.samples - 1.0), 8.0)
    assert run.map.at(30) == pytest.approx(131, abs=0.3)
