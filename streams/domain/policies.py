"""What a match leads to: pure evaluation of policies, for live matches, for jobs that end, and for previews."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.intervals import covered_s
from schemas.libraries import Purpose
from schemas.matches import Match, Track
from schemas.policies import Action, PolicyMode, Ruling, TrackCondition

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schemas.libraries import Library
    from schemas.policies import Conditions, Policy

__all__ = ["Rules", "combined", "holds", "matched_s", "order_of"]

#: What each track of a match fulfils.
FULFILS: Mapping[Track, frozenset[TrackCondition]] = {
    Track.BOTH: frozenset(TrackCondition),
    Track.PICTURE: frozenset({TrackCondition.ANY, TrackCondition.PICTURE}),
    Track.SOUND: frozenset({TrackCondition.ANY, TrackCondition.SOUND}),
}


@dataclass(frozen=True)
class Rules:
    """The policies and libraries of one moment, and what people have said of one media item's pairs.

    Attributes:
        policies: All of them, in any order.
        libraries: All of them, by name.
        quarantined: Library and MediaId of references whose matches are for people alone.
        dismissed: MediaIds that form no pair with the media item, whichever of the two is the input.
        allowed: Library and MediaId of references that the media item may copy.
    """

    policies: Sequence[Policy] = ()
    libraries: Mapping[str, Library] = field(default_factory=dict)
    quarantined: frozenset[tuple[str, str]] = frozenset()
    dismissed: frozenset[str] = frozenset()
    allowed: frozenset[tuple[str, str]] = frozenset()

    def rule(self, match: Match, *, retroactive: bool = False) -> Ruling:
        """Return what a match leads to: by the first policy of its library that holds, else by the library's purpose.

        A reference that is set aside leads to no more than a review. What people have said of the pair stands beside.
        """
        pair = (match.library, match.media_id)
        action, policy = self._decided(match)
        if pair in self.quarantined and action.strength > Action.REVIEW.strength:
            action = Action.REVIEW
        shadow = self._first(match, PolicyMode.ACTIVE, PolicyMode.SHADOW)
        shadow = shadow if shadow is not None and shadow.mode is PolicyMode.SHADOW else None
        return Ruling(
            library=match.library,
            reference=match.media_id,
            action=action,
            policy=policy,
            shadow_action=None if shadow is None else shadow.action,
            shadow_policy="" if shadow is None else shadow.name,
            dismissed=match.media_id in self.dismissed,
            permitted=pair in self.allowed,
            retroactive=retroactive,
        )

    def of_library(self, name: str) -> list[Policy]:
        """Return the policies that decide on a library's matches, in their order."""
        library = self.libraries.get(name)
        purpose = None if library is None else library.purpose
        own = (one for one in self.policies if one.library == name or (one.library is None and one.purpose is purpose))
        return sorted((one for one in own if one.library or one.purpose), key=order_of)

    def _decided(self, match: Match) -> tuple[Action, str]:
        policy = self._first(match, PolicyMode.ACTIVE)
        if policy is not None:
            return policy.action, policy.name
        library = self.libraries.get(match.library)
        blocks = library is not None and library.purpose is Purpose.BLOCKLIST
        return (Action.REVIEW if blocks else Action.TRACK), ""

    def _first(self, match: Match, *modes: PolicyMode) -> Policy | None:
        policies = self.of_library(match.library)
        return next((one for one in policies if one.mode in modes and holds(one.when, match)), None)


def order_of(policy: Policy) -> tuple[int, str]:
    """Return what policies are sorted by."""
    return policy.position, policy.name


def holds(conditions: Conditions, match: Match) -> bool:
    """Whether all that a policy asks for holds of a match."""
    return (
        match.similarity >= conditions.similarity
        and matched_s(match) >= conditions.matched_seconds
        and match.input_coverage >= conditions.input_coverage
        and match.reference_coverage >= conditions.reference_coverage
        and conditions.track in FULFILS[match.track]
    )


def matched_s(match: Match) -> float:
    """Return how many seconds of the input a match copies; what several intervals cover counts once."""
    return covered_s((one.input_start, one.input_end) for one in match.intervals)


def combined(seen: Sequence[Match], duration: float) -> Match:
    """Return what is certain of a pair after some parts of the input were looked at.

    Coverage is of the whole input, of which the parts that are yet to come count as no copy: it can only grow.

    Args:
        seen: What each part has shown of one reference, at least one; times are the whole item's, coverages the parts'.
        duration: Of the whole input, seconds.
    """
    intervals = tuple(sorted((one for match in seen for one in match.intervals), key=lambda one: one.input_start))
    input_s = covered_s((one.input_start, one.input_end) for one in intervals)
    reference_s = covered_s((one.reference_start, one.reference_end) for one in intervals)
    length = max((_reference_length(match) for match in seen), default=0.0)
    return Match(
        media_id=seen[0].media_id,
        library=seen[0].library,
        similarity=max(match.similarity for match in seen),
        track=_certain_track(match.track for match in seen),
        input_coverage=_share(input_s, duration),
        reference_coverage=_share(reference_s, length),
        intervals=intervals,
    )


def _certain_track(tracks: Iterable[Track]) -> Track:
    """Picture in one part and sound in another one are no agreement of the two: the picture is what is certain."""
    found = set(tracks)
    if Track.BOTH in found:
        return Track.BOTH
    return Track.PICTURE if Track.PICTURE in found else Track.SOUND


def _reference_length(match: Match) -> float:
    covered = covered_s((one.reference_start, one.reference_end) for one in match.intervals)
    return covered / match.reference_coverage if match.reference_coverage else 0.0


def _share(part: float, whole: float) -> float:
    return min(1.0, part / whole) if whole > 0 else 0.0
