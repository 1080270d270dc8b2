"""What a segment's evidence consists of: kept beside the sum, so that a person can be told why two items match."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["PictureFinding", "SoundFinding"]


@dataclass(frozen=True, slots=True)
class PictureFinding:
    """What the picture says for a segment, log-odds; what its speed costs is not in it.

    Attributes:
        by_look: What looks alike, as far as it is new.
        by_motion: What moves alike, less what moves unlike.
        by_features: What local features the pictures have in common.
    """

    by_look: float
    by_motion: float
    by_features: float


@dataclass(frozen=True, slots=True)
class SoundFinding:
    """The stretch of the query's sound that a segment was found from.

    Attributes:
        start: Where it starts in the query, seconds.
        end: Where it ends.
        count: Its peaks that coincide with the reference's at the best offset.
        other: What was taken for chance: how many coincide at another offset, or under another hypothesis.
        peaks: Its peaks, all of them.
        notes: How many notes the query's sound is taken to be raised by.
        log_odds: What the sound says for the segment.
    """

    start: float
    end: float
    count: int
    other: float
    peaks: int
    notes: int
    log_odds: float
