"""What a policy asks of a match beside what the match has: for people who want to know why it decided as it did."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from schemas.policies import Conditions, TrackCondition
from streams.domain.policies import holds, matched_s
from streams.web.pages.rendering import share

if TYPE_CHECKING:
    from schemas.matches import Match

__all__ = ["Check", "checks"]

#: What people read for the tracks that a policy asks for, and for those that carry a match.
ASKED_TRACK = {
    TrackCondition.ANY: "any",
    TrackCondition.PICTURE: "picture, with or without sound",
    TrackCondition.SOUND: "sound, with or without picture",
    TrackCondition.BOTH: "picture and sound",
}


class Check(NamedTuple):
    """One condition, in words: what is asked for, what there is, and whether that is enough."""

    name: str
    asked: str
    here: str
    holds: bool


def checks(asked: Conditions, match: Match) -> list[Check]:
    """Return each condition of a policy with what it finds in a match; the policy holds where all of them do."""
    seconds = matched_s(match)
    return [
        Check(
            "Similarity",
            _least(asked.similarity),
            share(match.similarity),
            holds(Conditions(similarity=asked.similarity), match),
        ),
        Check(
            "Seconds matched",
            f"{asked.matched_seconds:g} s" if asked.matched_seconds else "any",
            f"{seconds:.1f} s",
            holds(Conditions(matched_seconds=asked.matched_seconds), match),
        ),
        Check(
            "Of the input",
            _least(asked.input_coverage),
            share(match.input_coverage),
            holds(Conditions(input_coverage=asked.input_coverage), match),
        ),
        Check(
            "Of the reference",
            _least(asked.reference_coverage),
            share(match.reference_coverage),
            holds(Conditions(reference_coverage=asked.reference_coverage), match),
        ),
        Check("Track", ASKED_TRACK[asked.track], match.track, holds(Conditions(track=asked.track), match)),
    ]


def _least(part: float) -> str:
    return f"{part * 100:g} %" if part else "any"
