"""From evidence to a similarity: 0.5 is the line between a copy and a chance similarity, 1 the same material."""

from __future__ import annotations

from math import exp, log
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fingerprint.matching.time_map import Segment

__all__ = ["EVEN_LOG_ODDS", "confidence", "interval_similarity", "joint_evidence"]

#: Evidence (log-odds, before what is known of the library) at which a copy is as likely as chance.
EVEN_LOG_ODDS = 9.0

#: Log-odds over which confidence goes from even to near certain.
SPREAD_LOG_ODDS = 9.0


#: Seconds of query times seconds of reference that evidence was measured on: two items of a minute.
USUAL_AREA_S2 = 60.0 * 60.0


def joint_evidence(log_odds: Iterable[float], duration: float, reference_duration: float) -> float:
    """Return the evidence that a match's segments give together.

    The longer two items are, the more places there are where chance may make them a little alike: each segment counts
    as far as it is better than that, the logarithm of the places. A film and another one have many such moments, but
    few that are better, so the best segment loses half: of 725 pairs of unrelated items, one of them an hour long, the
    best had 9.1.

    Args:
        log_odds: Log-odds of each segment.
        duration: Of the query, seconds.
        reference_duration: Of the reference, seconds.
    """
    ranked = sorted(log_odds, reverse=True)
    places = log(max(1.0, duration * reference_duration / USUAL_AREA_S2))
    return sum(ranked[:1]) - places / 2 + sum(max(0.0, one - places) for one in ranked[1:])


def confidence(log_odds: float) -> float:
    """Return how sure a match is, 0..1, rising with its evidence."""
    over = (log_odds - EVEN_LOG_ODDS) / SPREAD_LOG_ODDS
    return 0.5 * exp(2 * over) if over < 0 else 1.0 - 0.5 * exp(-over)


def interval_similarity(segment: Segment) -> float:
    """Return how alike the two spans are, 0..1: how alike their moments are, as far as evidence carries it."""
    sure = confidence(segment.log_odds)
    return min(1.0, sure * (0.4 + 0.6 * segment.similarity)) if sure < 0.5 else max(0.5, segment.similarity * sure)
