"""A number of the engine says its unit, its range and where its value came from."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, replace

import pytest

from fingerprint.parameters import Parameter, describe, parameter


@dataclass(frozen=True)
class Stage:
    bin_s: float = parameter(0.5, unit="s", low=0.1, high=2.0, source="measured on the tune split")
    speeds: tuple[float, ...] = parameter((1.0, 2.0), unit="ratio", low=0.5, high=2.0, source="a grid")


def test_a_set_holds_the_values_and_what_is_known_of_them() -> None:
    assert Stage().bin_s == 0.5
    assert describe(Stage())["bin_s"] == Parameter("s", 0.1, 2.0, "measured on the tune split")
    assert list(describe(Stage())) == ["bin_s", "speeds"]


def test_a_set_is_replaced_and_never_changed() -> None:
    assert replace(Stage(), bin_s=0.7).bin_s == 0.7
    with pytest.raises(FrozenInstanceError):
        Stage().bin_s = 0.7  # type: ignore[misc] # that it is frozen is what is tried


@pytest.mark.parametrize("value", [0.0, 3.0, (1.0, 3.0)])
def test_a_value_outside_of_its_own_range_is_refused(value: float | tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="outside of its range"):
        parameter(value, unit="s", low=0.1, high=2.0, source="measured")


@pytest.mark.parametrize(("unit", "source"), [("", "measured"), ("s", "")])
def test_a_value_without_unit_or_source_is_refused(unit: str, source: str) -> None:
    with pytest.raises(ValueError, match="unit"):
        parameter(1.0, unit=unit, low=0.0, high=2.0, source=source)
