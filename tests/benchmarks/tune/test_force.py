from __future__ import annotations

import numpy as np
import pytest

from benchmarks.tune.force import in_force
from fingerprint.matching.candidates import distinct
from fingerprint.stages import stages

CANDIDATES = stages()["matching.candidates"]


def kept() -> int:
    """Return how many of two vectors with a similarity of 0.9 are searched."""
    vectors = np.array([[1.0, 0.0], [0.9, np.sqrt(1 - 0.81)]], np.float32)
    return len(distinct(vectors, np.zeros(2)))


def test_a_moved_number_is_in_force_meanwhile_and_gone_afterwards() -> None:
    before = CANDIDATES.parameters
    assert kept() == 1
    with in_force(CANDIDATES, "same_similarity", 0.95):
        assert kept() == 2
    assert kept() == 1
    assert CANDIDATES.parameters is before


def test_a_moved_number_is_gone_after_an_error_as_well() -> None:
    before = CANDIDATES.parameters
    with pytest.raises(RuntimeError), in_force(CANDIDATES, "same_similarity", 0.95):
        raise RuntimeError
    assert CANDIDATES.parameters is before
