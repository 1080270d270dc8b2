"""A span of a query on one time map into a reference."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fingerprint.matching.findings import PictureFinding, SoundFinding

__all__ = ["Segment", "TimeMap"]


@dataclass(frozen=True, slots=True)
class TimeMap:
    """Where a moment of the query lies in the reference: `speed * time + offset`, seconds."""

    speed: float
    offset: float

    def at(self, time: float) -> float:
        """Return the reference's time."""
        return self.speed * time + self.offset


@dataclass(frozen=True, slots=True)
class Segment:
    """A copied span, as one track or both tell it.

    Attributes:
        start: Where it starts in the query, seconds.
        end: Where it ends in the query, seconds.
        map: Where it lies in the reference.
        log_odds: Log-odds that the span is a copy: what its moments add up to.
        similarity: How alike the moments are, 0..1.
        picture: Whether the picture carries it.
        sound: Whether the sound carries it.
        transforms: Edits that were seen.
        findings: What its log-odds consist of, of each track and part that was joined into it.
    """

    start: float
    end: float
    map: TimeMap
    log_odds: float
    similarity: float
    picture: bool = False
    sound: bool = False
    transforms: tuple[str, ...] = ()
    findings: tuple[PictureFinding | SoundFinding, ...] = field(default=(), compare=False)

    @property
    def length(self) -> float:
        """Seconds in the query."""
        return self.end - self.start

    def between(self, start: float, end: float) -> Segment:
        """Return the segment with other bounds."""
        return replace(self, start=start, end=end)
