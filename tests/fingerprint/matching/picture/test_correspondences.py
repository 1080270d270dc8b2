from __future__ import annotations

import numpy as np
import pytest

from fingerprint.matching.picture.correspondences import (
    PARAMETERS,
    Correspondences,
    log_odds_along,
    speed_prior,
)
from fingerprint.matching.time_map import TimeMap

LINE = TimeMap(1.0, 10.0)


def of(
    *found: tuple[int, float, float, bool], gaps: float = 0.5, has_motion: tuple[int, ...] = (), count: int = 4
) -> Correspondences:
    """Return some of `count` moments: index of the moment, how far off the line, log-odds, whether of motion."""
    samples = gaps * np.arange(count)
    rows = np.array([row for row, *_ in found], np.int64)
    return Correspondences(
        samples=samples,
        gaps=np.full(count, gaps),
        has_motion=np.isin(np.arange(count), has_motion),
        rows=rows,
        places=samples[rows] + LINE.offset + [off for _, off, _, _ in found],
        weights=np.array([weight for _, _, weight, _ in found], np.float64),
        motion=np.array([motion for *_, motion in found], bool),
    )


def test_a_part_has_the_similarities_of_its_moments_and_all_moments() -> None:
    whole = of((0, 0, 1, False), (1, 0, 2, False), (1, 5, 3, True), (2, 0, 4, False), (3, 0, 5, False))
    part = whole.part(1, 2)
    np.testing.assert_array_equal(part.weights, [2, 3, 4])
    np.testing.assert_array_equal(part.rows, [1, 1, 2])
    np.testing.assert_array_equal(part.motion, [False, True, False])
    np.testing.assert_array_equal(part.samples, whole.samples)


def test_a_similarity_of_motion_must_lie_nearer_to_a_line_than_one_of_looks() -> None:
    between = (PARAMETERS.motion_tolerance_s + PARAMETERS.picture_tolerance_s) / 2
    some = of((0, between, 1, False), (1, between, 1, True), (2, -0.1, 1, True), (3, -1.0, 1, False))
    np.testing.assert_allclose(some.off(LINE), [between, between, 0.1, 1.0])
    np.testing.assert_array_equal(some.near(LINE), [True, False, True, False])


def test_another_speed_needs_more() -> None:
    assert speed_prior(1.0) == 0.0
    assert speed_prior(0.95) == speed_prior(2.0) > 0


def test_of_what_looks_alike_in_a_moment_the_strongest_counts_once() -> None:
    still = of((1, 0, 2, False), (1, 0.2, 3, False), (1, -0.2, 1, False))
    assert log_odds_along(still, LINE)[1] == pytest.approx(3 * 0.5)


def test_what_moves_alike_adds_to_what_looks_alike_and_less_so_beside_the_line() -> None:
    exact = log_odds_along(of((1, 0, 2, False), (1, 0, 3, True)), LINE)[1]
    beside = log_odds_along(of((1, 0, 2, False), (1, 0.99 * PARAMETERS.motion_tolerance_s, 3, True)), LINE)[1]
    assert exact == pytest.approx((2 + 3) * 0.5)
    assert beside == pytest.approx((2 + 3 * (1 - PARAMETERS.motion_loss_share)) * 0.5, abs=0.1)


def test_what_looks_alike_but_moves_unlike_it_counts_for_less_or_against_a_run() -> None:
    gains = log_odds_along(of((1, 0, 1.5, False), (2, 0, 1.5, False), has_motion=(2,)), LINE)
    assert gains[1] == pytest.approx(1.5 * 0.5)
    assert gains[2] == pytest.approx((1.5 - PARAMETERS.unmoved_log_odds_per_s) * 0.5)


@pytest.mark.parametrize(("gaps", "counted"), [(0.5, 0.5), (1.5, 1.5), (10.0, 2.0)])
def test_a_moment_without_similarity_counts_against_a_run_for_two_seconds_at_most(gaps: float, counted: float) -> None:
    far_off = of((1, 5, 3, False), gaps=gaps)
    np.testing.assert_allclose(log_odds_along(far_off, LINE), -PARAMETERS.miss_log_odds_per_s * counted)


@pytest.mark.parametrize(("gaps", "counted"), [(0.5, 0.5), (10.0, 1.0)])
def test_a_moment_counts_for_a_run_for_a_second_at_most(gaps: float, counted: float) -> None:
    assert log_odds_along(of((1, 0, 3, False), gaps=gaps), LINE)[1] == pytest.approx(3 * counted)
