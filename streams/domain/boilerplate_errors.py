"""Why something cannot be said of boilerplate. Every message says what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from schemas.boilerplate import SHORTEST_SPAN_S

if TYPE_CHECKING:
    from fingerprint.intervals import Span

__all__ = [
    "BoilerplateError",
    "TooManyRulingsError",
    "UnknownRulingError",
    "UnusableSpanError",
    "checked_span",
]

#: Spans of one reference of which people may say something: each is looked at whenever a job that matches it is told.
MOST_OF_A_REFERENCE = 100
#: Digits behind the point of seconds that are kept.
TIME_DIGITS = 3
#: Characters of a word that a message repeats.
SHOWN = 40


class BoilerplateError(ValueError):
    """A request says of boilerplate what it cannot say."""


class UnusableSpanError(BoilerplateError):
    """What is named is no span of the reference."""


class UnknownRulingError(BoilerplateError):
    """Nothing holds under this id."""

    def __init__(self, ruling_id: str) -> None:
        super().__init__(f"no ruling on boilerplate has the id {ruling_id[:SHOWN]!r}: list those that hold")


class TooManyRulingsError(BoilerplateError):
    """There are as many rulings on one reference as there may be."""

    def __init__(self, media_id: str) -> None:
        super().__init__(
            f"{MOST_OF_A_REFERENCE} rulings hold for spans of {media_id!r}, and no more can be kept: take some back, "
            "or say it of the whole reference"
        )


def checked_span(start: float | None, end: float | None, *, duration: float) -> Span | None:
    """Return the span of a reference that is meant, to the millisecond; None: all of it.

    Args:
        start: Where it begins, seconds.
        end: Where it ends, seconds.
        duration: Of the reference, seconds; 0: that is not known.

    Raises:
        UnusableSpanError: It is none, or is too short to be told from the bounds of a match.
    """
    if start is None and end is None:
        return None
    if start is None or end is None:
        raise UnusableSpanError("a span has a start and an end: give both, or neither for all of the reference")
    if start < 0 or (duration and start >= duration):
        raise UnusableSpanError(
            f"the reference has nothing at {start} s: it goes from 0 s to {round(duration, TIME_DIGITS)} s"
            if duration
            else f"{start} s is before the reference begins: count from 0"
        )
    if end - start < SHORTEST_SPAN_S:
        raise UnusableSpanError(
            f"from {start} s to {end} s is no span of {SHORTEST_SPAN_S:.0f} s: give a later end, or an earlier start"
        )
    return round(start, TIME_DIGITS), round(end, TIME_DIGITS)
