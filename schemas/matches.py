"""What was found: which reference an input copies, and which spans of the one are which spans of the other."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Interval", "Match", "Track", "best_first"]


class Track(StrEnum):
    """What carried a match."""

    #: Both picture and sound agree.
    BOTH = "both"
    #: The picture alone.
    PICTURE = "picture"
    #: The sound alone.
    SOUND = "sound"


class Interval(msgspec.Struct, frozen=True, kw_only=True):
    """A span of the input and the span of the reference that it copies.

    Times are seconds on each item's own clock, which starts at its first picture or sound.
    """

    #: In the input.
    input_start: float
    #: In the input.
    input_end: float
    #: In the reference.
    reference_start: float
    #: In the reference.
    reference_end: float
    #: How alike the spans are, 0..1; 0.5 is the line between a copy and a chance likeness.
    similarity: float
    #: What carried the interval.
    track: Track
    #: The copy's speed over the reference's: 2.0 plays twice as fast.
    speed: float = 1.0
    #: Names of the edits that were seen ("mirrored", "rotated:90", "cropped", ...), most certain first.
    transforms: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One reference that the input copies."""

    #: The reference.
    media_id: str
    #: Where the reference is.
    library: str = "default"
    #: Confidence that the input copies this reference, 0..1.
    similarity: float
    #: What carried the match.
    track: Track
    #: Covered share of the input's duration, 0..1.
    input_coverage: float
    #: Covered share of the reference's duration, 0..1.
    reference_coverage: float
    #: The spans, by their place in the input.
    intervals: tuple[Interval, ...]


def best_first(matches: Iterable[Match]) -> list[Match]:
    """Return the matches in the order in which they are shown: the surest first, of equals the one that covers more."""
    return sorted(matches, key=lambda match: (-match.similarity, -match.input_coverage, match.library, match.media_id))
