from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fingerprint.align.segment import Segment, TimeMap
from fingerprint.align.similarity import EVEN, confidence, interval_similarity


def similarity(evidence: float, likeness: float) -> float:
    return interval_similarity(Segment(0, 10, TimeMap(1.0, 0.0), evidence, likeness, picture=True))


def test_even_odds_are_the_line_between_copy_and_chance() -> None:
    assert confidence(EVEN) == pytest.approx(0.5)
    assert confidence(EVEN - 3) < 0.5 < confidence(EVEN + 3)


@given(st.lists(st.floats(-1000, 1000), min_size=2))
def test_confidence_rises_with_evidence_and_stays_between_0_and_1(evidence: list[float]) -> None:
    sure = [confidence(one) for one in sorted(evidence)]
    assert all(0 <= one <= 1 for one in sure)
    assert all(a <= b for a, b in pairwise(sure))


@given(st.floats(-50, 500), st.floats(0, 1))
def test_an_interval_is_over_the_line_exactly_when_its_evidence_is(evidence: float, likeness: float) -> None:
    found = similarity(evidence, likeness)
    assert 0 <= found <= 1
    assert (found >= 0.5) == (confidence(evidence) >= 0.5)


def test_the_same_material_with_much_evidence_is_1() -> None:
    assert similarity(200, 1.0) == pytest.approx(1.0)
    assert similarity(200, 0.7) == pytest.approx(0.7)
