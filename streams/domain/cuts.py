"""Where a copy does not show its reference in one piece and in order: it goes back, or leaves a part out."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fingerprint.intervals import overlap_s, union
from schemas.matches import Track

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.matches import Interval

__all__ = ["Cut", "cuts_in"]

#: A jump in the reference of less than this is none, seconds: bounds are right within half a second, and where two
#: intervals meet there are four of them.
LEAST_JUMP_S = 2.0
#: What is added to it for each second of the input between the two: speeds are known to about a hundredth.
SPEED_ERROR = 0.01
#: Intervals that share no more of the input than this follow each other, seconds: each has a bound there.
OVERLAP_S = 1.0
#: Intervals before one that it may go on from: at most a few are of about the same place, and a match has thousands.
LOOK_BACK = 8
#: Digits behind the point: milliseconds, as in events.
TIME_DIGITS = 3


class Cut(NamedTuple):
    """A place of the input where what follows in the reference is not what follows in the input.

    Attributes:
        goes_back: Whether the input shows something that comes earlier in the reference; else a part is left out.
        input_at: Where, in the input, seconds.
        reference_from: Where in the reference the span before ends, seconds.
        reference_to: Where in the reference the span behind begins, seconds.
    """

    goes_back: bool
    input_at: float
    reference_from: float
    reference_to: float


def cuts_in(intervals: Sequence[Interval]) -> tuple[Cut, ...]:
    """Return the cuts between the intervals of one match.

    The picture says what was cut; the sound does where there is none. An interval that goes on where an earlier one
    would be by then makes no cut: matches come in pieces where something could not be recognised. What the input
    inserts makes none either, nor do intervals of one span of the input: they are not one behind the other.

    Args:
        intervals: By their place in the input.
    """
    return tuple(_cuts(_leading(intervals)))


def _leading(intervals: Sequence[Interval]) -> list[Interval]:
    """Return the intervals whose order counts: with a picture, or where there is none."""
    pictures = union((one.input_start, one.input_end) for one in intervals if one.track is not Track.SOUND)
    return [
        one
        for one in intervals
        if one.track is not Track.SOUND or overlap_s((one.input_start, one.input_end), pictures) <= OVERLAP_S
    ]


def _cuts(intervals: Sequence[Interval]) -> Iterator[Cut]:
    for number, one in enumerate(intervals):
        earlier = intervals[max(0, number - LOOK_BACK) : number]
        if not earlier or any(_goes_on(other, one) for other in earlier):
            continue
        last = max(earlier, key=lambda other: (other.input_end, other.input_start))
        if last.input_end <= one.input_start + OVERLAP_S and (cut := _cut(last, one)) is not None:
            yield cut


def _goes_on(earlier: Interval, later: Interval) -> bool:
    """Whether the later interval lies where the earlier one leads to."""
    distance = later.input_start - earlier.input_end
    expected = earlier.reference_end + distance * earlier.speed
    return abs(later.reference_start - expected) <= _tolerance(distance)


def _cut(last: Interval, one: Interval) -> Cut | None:
    distance = max(0.0, one.input_start - last.input_end)
    moved = one.reference_start - last.reference_end
    goes_back = moved < -LEAST_JUMP_S
    if not goes_back and moved <= distance * last.speed + _tolerance(distance):
        return None
    return Cut(
        goes_back,
        round(one.input_start, TIME_DIGITS),
        round(last.reference_end, TIME_DIGITS),
        round(one.reference_start, TIME_DIGITS),
    )


def _tolerance(distance: float) -> float:
    return LEAST_JUMP_S + SPEED_ERROR * abs(distance)
