"""From evidence to a similarity: 0.5 is the line between a copy and a chance likeness, 1 the same material."""

from __future__ import annotations

from math import exp
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fingerprint.align.segment import Segment

__all__ = ["EVEN", "confidence", "interval_similarity"]

#: Evidence (log-odds, before what is known of the library) at which a copy is as likely as chance.
EVEN = 9.0

#: Log-odds over which confidence goes from even to near certain.
SPREAD = 9.0


def confidence(evidence: float) -> float:
    """Return how sure a match is, 0..1, rising with its evidence."""
    over = (evidence - EVEN) / SPREAD
    return 0.5 * exp(2 * over) if over < 0 else 1.0 - 0.5 * exp(-over)


def interval_similarity(segment: Segment) -> float:
    """Return how alike the two spans are, 0..1: how alike their moments are, as far as evidence carries it."""
    sure = confidence(segment.evidence)
    return min(1.0, sure * (0.4 + 0.6 * segment.likeness) / 1.0) if sure < 0.5 else max(0.5, segment.likeness * sure)
