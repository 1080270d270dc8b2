from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.matching.confidence import PARAMETERS, confidence, interval_similarity, joint_evidence
from fingerprint.matching.time_map import Segment, TimeMap


def similarity_of(log_odds: float, similarity: float) -> float:
    return interval_similarity(Segment(0, 10, TimeMap(1.0, 0.0), log_odds, similarity, picture=True))


def test_even_odds_are_the_line_between_copy_and_chance() -> None:
    assert confidence(PARAMETERS.even_log_odds) == pytest.approx(0.5)
    assert confidence(PARAMETERS.even_log_odds - 3) < 0.5 < confidence(PARAMETERS.even_log_odds + 3)


@given(st.lists(st.floats(-1000, 1000), min_size=2))
def test_confidence_rises_with_evidence_and_stays_between_0_and_1(log_odds: list[float]) -> None:
    sure = [confidence(one) for one in sorted(log_odds)]
    assert all(0 <= one <= 1 for one in sure)
    assert all(a <= b for a, b in pairwise(sure))


@given(st.floats(-50, 500), st.floats(0, 1))
def test_an_interval_is_over_the_line_exactly_when_its_evidence_is(log_odds: float, similarity: float) -> None:
    found = similarity_of(log_odds, similarity)
    assert 0 <= found <= 1
    assert (found >= 0.5) == (confidence(log_odds) >= 0.5)


def test_the_same_material_with_much_evidence_is_1() -> None:
    assert similarity_of(200, 1.0) == pytest.approx(1.0)
    assert similarity_of(200, 0.7) == pytest.approx(0.7)


SOME = st.lists(st.floats(-5, 50), min_size=1, max_size=30)


@given(st.lists(st.floats(0, 50), max_size=30), st.floats(0.1, 60), st.floats(0.1, 60))
def test_of_two_short_items_what_every_span_tells_adds_up(log_odds: list[float], one: float, other: float) -> None:
    assert joint_evidence(log_odds, one, other) == pytest.approx(sum(log_odds))


@given(SOME, st.floats(1, 1e5), st.floats(1, 1e5))
def test_spans_tell_no_more_than_all_of_them_and_one_more_tells_no_less(
    log_odds: list[float], one: float, other: float
) -> None:
    hint = joint_evidence(log_odds, one, other)
    assert hint <= max(log_odds) + sum(max(0.0, part) for part in sorted(log_odds)[:-1]) + 1e-6
    assert joint_evidence([*log_odds, 1.0], one, other) >= hint


@given(SOME, st.floats(1, 1e5), st.floats(1, 1e5), st.floats(1, 100))
def test_the_longer_two_items_are_the_less_many_weak_spans_tell(
    log_odds: list[float], one: float, other: float, times: float
) -> None:
    assert joint_evidence(log_odds, one * times, other) <= joint_evidence(log_odds, one, other) + 1e-6


def test_a_film_with_many_moments_a_little_like_another_film_is_no_copy() -> None:
    weak = [4.0] * 16
    assert confidence(joint_evidence(weak, 30, 60)) > 0.9
    assert confidence(joint_evidence(weak, 600, 3600)) < 0.5
    assert confidence(joint_evidence([30.0], 600, 3600)) > 0.9
