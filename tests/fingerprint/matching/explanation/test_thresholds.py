"""Thresholds are those that the engine goes by, with what their parameter sets say of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fingerprint.matching.explanation.thresholds import thresholds
from fingerprint.parameters import describe
from fingerprint.stages import stages


def test_each_is_a_parameter_in_use_with_its_meaning_unit_and_source() -> None:
    known = stages()
    found = thresholds()
    assert len({(one.stage, one.name) for one in found}) == len(found) > 10
    for one in found:
        parameters = known[one.stage].parameters
        assert one.value == getattr(parameters, one.name)
        assert (one.unit, one.source) == (
            describe(parameters)[one.name].unit,
            describe(parameters)[one.name].source,
        )
        assert one.meaning.endswith(".")


def test_one_that_is_moved_is_told_as_it_is_now(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stages()["matching.picture.localization"]
    monkeypatch.setattr(stage.module, "PARAMETERS", replace(stage.parameters, min_inliers=9))  # type: ignore[type-var]
    assert next(one.value for one in thresholds() if one.name == "min_inliers") == 9
