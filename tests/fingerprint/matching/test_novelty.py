"""What shows nothing new is left out, and whatever is left out has something alike near it."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fingerprint.matching.novelty import distinct

SAME, WITHIN_S = 0.8, 5.0


def kept_of(vectors: NDArray[np.float32], times: list[float]) -> list[int]:
    return distinct(vectors, np.array(times, np.float64), same=SAME, within_s=WITHIN_S).tolist()


def unit_vectors(*angles: float) -> NDArray[np.float32]:
    """Return unit vectors in a plane by their angles, degrees."""
    return np.stack([np.cos(np.radians(angles)), np.sin(np.radians(angles))], 1).astype(np.float32)


def test_what_is_alike_and_near_in_time_is_kept_once() -> None:
    assert kept_of(unit_vectors(0, 10, 90, 85, 5), [0.0, 1.0, 1.5, 2.0, 3.0]) == [0, 2]


def test_what_is_alike_and_far_in_time_is_kept_again() -> None:
    assert kept_of(unit_vectors(0, 0, 0), [0.0, 4.0, 8.0]) == [0, 2]


def test_of_views_of_one_time_those_that_look_alike_are_kept_once() -> None:
    assert kept_of(unit_vectors(0, 8, 120, 240), [3.0, 3.0, 3.0, 3.0]) == [0, 2, 3]


def test_of_nothing_nothing_is_kept() -> None:
    assert kept_of(np.zeros((0, 4), np.float32), []) == []


@given(st.lists(st.tuples(st.integers(0, 359), st.integers(0, 30)), min_size=1, max_size=30))
def test_for_whatever_is_left_out_something_alike_and_near_is_kept(found: list[tuple[int, int]]) -> None:
    vectors, times = unit_vectors(*(angle for angle, _ in found)), np.array([time for _, time in found], np.float64)
    kept = distinct(vectors, times, same=SAME, within_s=WITHIN_S)
    for vector, time in zip(vectors, times, strict=True):
        near = kept[np.abs(times[kept] - time) <= WITHIN_S]
        assert (vectors[near] @ vector).max() >= SAME - 1e-5
