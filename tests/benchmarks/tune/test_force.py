from __future__ import annotations

import pytest

from benchmarks.tune.force import in_force
from fingerprint.matching.picture.correspondences import speed_prior
from fingerprint.stages import stages

CORRESPONDENCES = stages()["matching.picture.correspondences"]
PRIOR = "speed_prior_log_odds"


def test_a_moved_number_is_in_force_meanwhile_and_gone_afterwards() -> None:
    before = CORRESPONDENCES.parameters
    usual = speed_prior(1.1)
    with in_force(CORRESPONDENCES, PRIOR, usual + 1):
        assert speed_prior(1.1) == usual + 1
    assert speed_prior(1.1) == usual
    assert CORRESPONDENCES.parameters is before


def test_a_moved_number_is_gone_after_an_error_as_well() -> None:
    before = CORRESPONDENCES.parameters
    with pytest.raises(RuntimeError), in_force(CORRESPONDENCES, PRIOR, 1.0):
        raise RuntimeError
    assert CORRESPONDENCES.parameters is before
