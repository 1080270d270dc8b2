from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from support.correspondences import correspondences

from fingerprint.matching.picture import evidence, span_extension
from fingerprint.matching.picture.correspondences import Correspondences, Run
from fingerprint.matching.time_map import TimeMap

LINE = TimeMap(1.0, 20.0)


def moving(duration: float, *, alike: bool) -> tuple[Correspondences, Run]:
    """Return a run of which every moment moves, like the reference or unlike it."""
    spans = correspondences(duration, (0.0, duration, LINE))
    count = len(spans.rows)
    exact = spans.samples[spans.rows] + LINE.offset + (0.0 if alike else 5.0)
    some = replace(spans, places=exact, motion=np.ones(count, bool), has_motion=np.ones(len(spans.samples), bool))
    return some, Run(0, len(some.samples) - 1, LINE, 0.0)


def test_what_was_seen_before_counts_next_to_nothing() -> None:
    one, other, third = np.eye(3, dtype=np.float32)
    alike, half_alike = (
        np.float32(0.9) * one + np.float32(0.436) * third,
        np.float32(0.6) * one + np.float32(0.8) * third,
    )
    weight = evidence._novelty(np.stack([one, one, other, alike, half_alike, one, other, half_alike]))
    np.testing.assert_array_equal(weight[[0, 2]], 1.0)
    np.testing.assert_array_equal(weight[[1, 3, 5, 6, 7]], evidence.PARAMETERS.min_novelty_share)
    assert evidence.PARAMETERS.min_novelty_share < weight[4] < 1.0


@pytest.mark.parametrize(
    ("pause_s", "offset_s", "expected"),
    [
        (0.5, 0.0, True),
        (span_extension.PARAMETERS.max_growth_s - 0.5, 0.2, True),
        (span_extension.PARAMETERS.max_growth_s + 0.5, 0.0, False),
        (0.5, 1.0, False),
    ],
    ids=["next to it", "a pause that it may grow over", "too far apart", "another map"],
)
def test_a_run_goes_on_with_another_that_it_may_come_to_be_one_with(
    pause_s: float, offset_s: float, *, expected: bool
) -> None:
    query = SimpleNamespace(samples=np.array([0.0, 10.0, 10.0 + pause_s, 30.0]))
    later = TimeMap(LINE.speed, LINE.offset + offset_s)
    assert evidence._goes_on(query, Run(0, 1, LINE, 0.0), Run(2, 3, later, 0.0)) is expected  # type: ignore[arg-type] # its times are all that is asked of the query


def test_motion_that_is_alike_speaks_for_a_run_and_unlike_it_against_it() -> None:
    assert 0 < evidence._motion_log_odds(*moving(4, alike=True)) < evidence.PARAMETERS.max_motion_log_odds
    assert -evidence.PARAMETERS.max_unlike_log_odds < evidence._motion_log_odds(*moving(4, alike=False)) < 0


def test_what_motion_says_has_bounds_however_long_a_run_is() -> None:
    assert evidence._motion_log_odds(*moving(600, alike=True)) == evidence.PARAMETERS.max_motion_log_odds
    assert evidence._motion_log_odds(*moving(600, alike=False)) == -evidence.PARAMETERS.max_unlike_log_odds


def test_common_features_tell_the_scene_alone_where_what_moves_is_unlike() -> None:
    for alike, expected in ((True, 1.0), (False, evidence.PARAMETERS.scene_share)):
        some, run = moving(10, alike=alike)
        share = evidence._same_moment_share(some, run, evidence._motion_log_odds(some, run))
        assert share == pytest.approx(expected)


def test_common_features_count_in_full_where_too_little_moves_to_tell_the_moment() -> None:
    some, run = moving(10, alike=False)
    still = replace(some, has_motion=np.arange(len(some.samples)) % 2 == 0)
    assert evidence._same_moment_share(still, run, -8.0) == 1.0


def test_common_features_of_pictures_off_the_line_count_by_half() -> None:
    on, off = 0.9 * evidence.PARAMETERS.feature_tolerance_s, 1.1 * evidence.PARAMETERS.feature_tolerance_s
    assert evidence._feature_log_odds((5.0, 25.0 + on, 8.0), LINE) == 8.0
    assert evidence._feature_log_odds((5.0, 25.0 - off, 8.0), LINE) == 4.0
