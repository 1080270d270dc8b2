"""What a number of the engine is: its unit, what it may be, and where its value came from.

Each stage has one frozen dataclass whose fields are made with `parameter`, and one module attribute `PARAMETERS` that
holds the set in use. Code reads it when it runs (never into a module constant), so that `benchmarks.tune` can put
another set in its place for one measurement.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["Parameter", "describe", "meanings", "parameter"]

Value = TypeVar("Value", bound="float | tuple[float, ...]")

#: Where a field's metadata holds its `Parameter`.
KEY = "parameter"

#: A `#:` comment of one or more lines, and the member that it stands above.
_NOTE = re.compile(r"((?:^ *#: .*\n)+)^ *(\w+)\b", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What is known of one number, or of each number of a tuple.

    Attributes:
        unit: Such as `s`, `Hz`, `pixels`, `log-odds`, `bits`; `share` is 0 to 1, `count` has no unit.
        low: The least value that makes sense.
        high: The largest.
        source: Where the value came from: a measurement that can be repeated, a paper, a standard, or a bound on cost.
    """

    unit: str
    low: float
    high: float
    source: str


def parameter(value: Value, *, unit: str, low: float, high: float, source: str) -> Value:
    """One field of a parameter set.

    Raises:
        ValueError: The value lies outside of its own range, or has no unit or source.
    """
    if not unit or not source:
        raise ValueError("a parameter says its unit and where its value came from")
    values = value if isinstance(value, tuple) else (value,)
    if not all(low <= one <= high for one in values):
        raise ValueError(f"{value} is outside of its range, {low} to {high} {unit}")
    return field(default=value, metadata={KEY: Parameter(unit, low, high, source)})


def describe(parameters: DataclassInstance) -> dict[str, Parameter]:
    """What is known of each field of a parameter set, by name, in the order of the fields."""
    return {one.name: one.metadata[KEY] for one in fields(parameters)}


def meanings(kind: type) -> dict[str, str]:
    """What the `#:` comments of a parameter set, or of an enumeration, say of its members, by their names."""
    return {
        name: " ".join(" ".join(line.strip().removeprefix("#:") for line in comment.splitlines()).split())
        for comment, name in _NOTE.findall(inspect.getsource(kind))
    }
