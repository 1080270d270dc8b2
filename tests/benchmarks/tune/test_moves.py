from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from benchmarks.tune.moves import Value, moves
from fingerprint.parameters import describe, parameter
from fingerprint.stages import Stage, stages


def moved(value: Value, low: float = -1000.0, high: float = 1000.0, unit: str = "s") -> list[Value | None]:
    """Return what a number is moved to, down and up."""

    @dataclass(frozen=True, slots=True)
    class Made:
        number: Value = parameter(value, unit=unit, low=low, high=high, source="chosen")  # noqa: RUF009 (fields are made with it)

    return [one.moved for one in moves(Made(), "number")]


@pytest.mark.parametrize(
    ("value", "down", "up"),
    [
        (2.0, 1.5, 2.5),
        (-8.0, -10.0, -6.0),
        (100, 75, 125),
        (10, 8, 12),
        (2, 1, 3),
        (0, -250, 250),
        (0.0, -250.0, 250.0),
        ((1.0, 4.0), (0.75, 3.0), (1.25, 5.0)),
        ((-4.0, 4.0), (-3.0, 3.0), (-5.0, 5.0)),
        ((1, 2, 8), (0, 1, 6), (2, 3, 10)),
    ],
)
def test_a_number_is_moved_by_a_quarter_and_an_integer_by_one_at_least(value: Value, down: Value, up: Value) -> None:
    assert moved(value) == [down, up]


def test_nothing_is_moved_out_of_its_range() -> None:
    assert moved(2.0, low=1.8, high=2.1) == [1.8, 2.1]
    assert moved(0.0, low=0.0, high=0.4) == [None, 0.1]
    assert moved(7, low=7, high=7) == [None, None]


def test_of_speeds_that_are_tried_what_they_differ_from_the_plain_one_is_moved() -> None:
    slower, faster = moved((0.8, 1.2), unit="speed")
    assert slower == pytest.approx((0.85, 1.15))
    assert faster == pytest.approx((0.75, 1.25))


def test_what_a_set_refuses_is_left_as_it_is_and_its_reason_is_told() -> None:
    stage = stages()["matching.sound.offset_histogram"]
    for one in moves(stage.parameters, "stretch_cells"):
        assert one.moved is None
        assert "powers of 2" in one.refusal


@pytest.mark.parametrize("stage", stages().values(), ids=list(stages()))
def test_every_number_of_the_engine_can_be_moved_to_what_is_planned(stage: Stage) -> None:
    for name in describe(stage.parameters):
        for one in moves(stage.parameters, name):
            assert (one.moved is None) == bool(one.refusal)
            if one.moved is not None:
                assert getattr(replace(stage.parameters, **{name: one.moved}), name) == one.moved
