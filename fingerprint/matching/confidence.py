"""From evidence to a similarity: 0.5 is the line between a copy and a chance similarity, 1 the same material."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log
from typing import TYPE_CHECKING

from fingerprint.parameters import parameter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fingerprint.matching.time_map import Segment

__all__ = ["PARAMETERS", "ConfidenceParameters", "confidence", "interval_similarity", "joint_evidence"]

#: Confidence at which a match is as likely a copy as chance.
EVEN_CONFIDENCE = 0.5


@dataclass(frozen=True, slots=True)
class ConfidenceParameters:
    """What evidence is worth."""

    #: Evidence (log-odds, before what is known of the library) at which a copy is as likely as chance.
    even_log_odds: float = parameter(
        9.0, unit="log-odds", low=2.0, high=30.0, source="unrelated pairs stay below: of 725 the best had 9.1"
    )

    #: Log-odds over which confidence goes from even to near certain.
    spread_log_odds: float = parameter(9.0, unit="log-odds", low=2.0, high=30.0, source="chosen, not measured")

    #: How much faster confidence falls below even than it rises above.
    fall_rate: float = parameter(2.0, unit="ratio", low=1.0, high=10.0, source="chosen, not measured")

    #: Seconds of query times seconds of reference that evidence was measured on: two items of a minute.
    usual_area_s2: float = parameter(
        60.0 * 60.0, unit="s²", low=100.0, high=1e6, source="the length of the tuning videos: two items of a minute"
    )

    #: Share of what chance gives in items of such a length that the best segment loses: a film and another one have
    #: many moments that are a little alike, but few that are better.
    best_chance_share: float = parameter(
        0.5,
        unit="share",
        low=0.0,
        high=1.0,
        source="of 725 pairs of unrelated items, one of them an hour long, the best had 9.1 log-odds then",
    )

    #: Share of an interval's similarity that evidence below even carries by itself.
    unsure_base_share: float = parameter(0.4, unit="share", low=0.0, high=1.0, source="chosen, not measured")


PARAMETERS = ConfidenceParameters()


def joint_evidence(log_odds: Iterable[float], duration: float, reference_duration: float) -> float:
    """Return the evidence that a match's segments give together.

    The longer two items are, the more places there are where chance may make them a little alike: each segment counts
    as far as it is better than that, the logarithm of the places; the best one loses less.

    Args:
        log_odds: Log-odds of each segment.
        duration: Of the query, seconds.
        reference_duration: Of the reference, seconds.
    """
    ranked = sorted(log_odds, reverse=True)
    places = log(max(1.0, duration * reference_duration / PARAMETERS.usual_area_s2))
    return sum(ranked[:1]) - PARAMETERS.best_chance_share * places + sum(max(0.0, one - places) for one in ranked[1:])


def confidence(log_odds: float) -> float:
    """Return how sure a match is, 0..1, rising with its evidence."""
    over = (log_odds - PARAMETERS.even_log_odds) / PARAMETERS.spread_log_odds
    return EVEN_CONFIDENCE * exp(PARAMETERS.fall_rate * over) if over < 0 else 1.0 - EVEN_CONFIDENCE * exp(-over)


def interval_similarity(segment: Segment) -> float:
    """Return how alike the two spans are, 0..1: how alike their moments are, as far as evidence carries it."""
    sure = confidence(segment.log_odds)
    if sure >= EVEN_CONFIDENCE:
        return max(EVEN_CONFIDENCE, segment.similarity * sure)
    base = PARAMETERS.unsure_base_share
    return min(1.0, sure * (base + (1 - base) * segment.similarity))
