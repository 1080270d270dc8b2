"""By how much a number is moved: a quarter down or up, as far as that makes sense."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from fingerprint.parameters import describe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import DataclassInstance

    from fingerprint.parameters import Parameter

__all__ = ["DOWN", "UP", "Move", "Number", "Value", "moves"]

Number = int | float
Value = Number | tuple[Number, ...]

#: The share of a number that it is moved by, and where to.
DOWN, UP = -0.25, 0.25

#: The unit of numbers around 1 that stand for how fast a copy plays: as much is moved of what they differ from 1.
SPEED = "speed"


@dataclass(frozen=True, slots=True)
class Move:
    """Another value of one parameter.

    Attributes:
        parameter: Its name.
        value: What it has been.
        moved: What it is moved to; None where it cannot be moved.
        refusal: Why it cannot.
    """

    parameter: str
    value: Value
    moved: Value | None
    refusal: str = ""


def moves(parameters: DataclassInstance, name: str) -> Iterator[Move]:
    """Yield a parameter moved down, and moved up.

    A number is moved by a quarter of its size, and one of zero by a quarter of the way to that end of its range; an
    integer by one at least. The numbers of a tuple are moved together. Nothing is moved out of its range, nor to what
    the set itself refuses.
    """
    known, value = describe(parameters)[name], getattr(parameters, name)
    for share in (DOWN, UP):
        moved = _moved(value, known, share)
        if moved == value:
            yield Move(name, value, None, "its range ends here")
            continue
        try:
            replace(parameters, **{name: moved})
        except ValueError as error:
            yield Move(name, value, None, str(error))
        else:
            yield Move(name, value, moved)


def _moved(value: Value, known: Parameter, share: float) -> Value:
    if isinstance(value, tuple):
        return tuple(_moved_number(one, known, _outwards(one, share, known)) for one in value)
    return _moved_number(value, known, share)


def _outwards(value: Number, share: float, known: Parameter) -> float:
    """Return the share for one of several numbers: all grow together, or all shrink."""
    return -share if value < (1 if known.unit == SPEED else 0) else share


def _moved_number(value: Number, known: Parameter, share: float) -> Number:
    size = abs(value - 1 if known.unit == SPEED else value)
    if not size:
        size = abs((known.high if share > 0 else known.low) - value)
    step = share * size
    if isinstance(value, int):
        step = max(1, round(abs(step))) * (1 if step > 0 else -1)
        return max(round(known.low), min(round(known.high), value + step))
    return max(known.low, min(known.high, value + step))
