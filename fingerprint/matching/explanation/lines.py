"""The intervals of a match as lines from the input into the reference."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fingerprint.matching import fusion
from fingerprint.matching.time_map import TimeMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fingerprint.matching.time_map import Segment
    from schemas.matches import Interval

__all__ = ["Line", "segment_on"]


@dataclass(frozen=True, slots=True)
class Line:
    """Where an interval lies: from one second of the input to another, on a time map."""

    start: float
    end: float
    map: TimeMap

    @classmethod
    def of(cls, interval: Interval) -> Line:
        """Return an interval's line: through both of its ends, since its speed alone is rounded."""
        length = interval.input_end - interval.input_start
        speed = (interval.reference_end - interval.reference_start) / length if length > 0 else 0.0
        if speed <= 0:  # no span of both: what is stored of it is damaged
            speed = interval.speed
        return cls(
            interval.input_start,
            interval.input_end,
            TimeMap(speed, interval.reference_start - speed * interval.input_start),
        )

    @property
    def middle(self) -> float:
        """The moment in its middle, seconds of the input."""
        return (self.start + self.end) / 2


def segment_on(line: Line, segments: Sequence[Segment]) -> Segment | None:
    """Return the segment that says the same as a line: the one that shares the most of it; None where none does."""
    near = fusion.PARAMETERS.max_track_distance_s
    shared = [
        (min(one.end, line.end) - max(one.start, line.start), one)
        for one in segments
        if abs(one.map.at(line.middle) - line.map.at(line.middle)) < near
    ]
    length, best = max(shared, key=lambda pair: pair[0], default=(0.0, None))
    return best if length > 0 else None
