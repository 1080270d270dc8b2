"""What a match leads to: pure evaluation of policies, for live matches, for jobs that end, and for previews."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fingerprint.intervals import covered_s
from schemas.libraries import Purpose
from schemas.matches import Match, Track
from schemas.policies import Action, PolicyMode, Ruling, TrackCondition

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from schemas.libraries import Library
    from schemas.policies import Conditions, Policy

__all__ = ["Rules", "combined", "holds", "matched_s", "order_of", "usual_action"]

#: Matches give their coverages in ten thousandths.
SHARE_STEPS = 10_000
#: Of a step: what a share may lack that a computer's fractions have lost.
ROUNDING = 1e-6
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

    _ordered: _Ordered | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Sort policies once, also for the same ones about the next media item, which `dataclasses.replace` makes."""
        known = self._ordered
        if known is None or known.policies is not self.policies or known.libraries is not self.libraries:
            object.__setattr__(self, "_ordered", _Ordered(self.policies, self.libraries))

    def rule(self, match: Match, *, retroactive: bool = False) -> Ruling:
        """Return what a match leads to: by the first policy of its library that holds, else by the library's purpose.

        A reference that is set aside leads to no more than a review. What people have said of the pair stands beside. A
        policy in shadow is recorded where it would have led to something else.
        """
        pair = (match.library, match.media_id)
        active, shadow = self._deciding(match)
        action = self._limited(pair, self._usual(match) if active is None else active.action)
        tried = action if shadow is None else self._limited(pair, shadow.action)
        differs = shadow is not None and tried is not action
        return Ruling(
            library=match.library,
            reference=match.media_id,
            action=action,
            policy="" if active is None else active.name,
            shadow_action=tried if differs else None,
            shadow_policy=shadow.name if shadow is not None and differs else "",
            dismissed=match.media_id in self.dismissed,
            permitted=pair in self.allowed,
            retroactive=retroactive,
        )

    def of_library(self, name: str) -> list[Policy]:
        """Return the policies that decide on a library's matches, in their order."""
        return list(self._of(name))

    def _of(self, library: str) -> Sequence[Policy]:
        return () if self._ordered is None else self._ordered.of(library)

    def _deciding(self, match: Match) -> tuple[Policy | None, Policy | None]:
        """Return the first active policy that holds, and the first one in shadow that holds before it."""
        matched = matched_s(match)  # once: there may be as many policies as there are matches
        shadow = None
        for policy in self._of(match.library):
            if policy.mode is PolicyMode.OFF or (policy.mode is PolicyMode.SHADOW and shadow is not None):
                continue
            if not _holds(policy.when, match, matched):
                continue
            if policy.mode is PolicyMode.ACTIVE:
                return policy, shadow
            shadow = policy
        return None, shadow

    def _usual(self, match: Match) -> Action:
        """Return what a match leads to that no policy holds of."""
        return usual_action(self.libraries.get(match.library))

    def _limited(self, pair: tuple[str, str], action: Action) -> Action:
        """Return what becomes of an action where the reference may be set aside."""
        return Action.REVIEW if pair in self.quarantined and action.strength > Action.REVIEW.strength else action


class _Ordered:
    """The policies of each library in their order, sorted when the library's first match comes, and then no more."""

    def __init__(self, policies: Sequence[Policy], libraries: Mapping[str, Library]) -> None:
        self.policies = policies
        self.libraries = libraries
        self._of: dict[str, tuple[Policy, ...]] = {}

    def of(self, name: str) -> tuple[Policy, ...]:
        """Return those that decide on a library's matches: its own, and those of its purpose."""
        if name not in self._of:
            self._of[name] = tuple(sorted(self._found(name), key=order_of))
        return self._of[name]

    def _found(self, name: str) -> Iterator[Policy]:
        library = self.libraries.get(name)
        for one in self.policies:
            of_purpose = library is not None and one.library is None and one.purpose is library.purpose
            if one.library == name or of_purpose:
                yield one


def usual_action(library: Library | None) -> Action:
    """Return what a library's matches lead to of which no policy holds."""
    return Action.REVIEW if library is not None and library.purpose is Purpose.BLOCKLIST else Action.TRACK


def order_of(policy: Policy) -> tuple[int, str]:
    """Return what policies are sorted by."""
    return policy.position, policy.name


def holds(conditions: Conditions, match: Match) -> bool:
    """Whether all that a policy asks for holds of a match."""
    return _holds(conditions, match, matched_s(match))


def _holds(conditions: Conditions, match: Match, matched: float) -> bool:
    return (
        match.similarity >= conditions.similarity
        and matched >= conditions.matched_seconds
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
    longest = min(map(_longest_reference_s, seen))
    return Match(
        media_id=seen[0].media_id,
        library=seen[0].library,
        similarity=max(match.similarity for match in seen),
        track=_certain_track(match.track for match in seen),
        input_coverage=_share(input_s, duration),
        reference_coverage=max(_share(reference_s, longest), *(match.reference_coverage for match in seen)),
        intervals=intervals,
    )


def _certain_track(tracks: Iterable[Track]) -> Track:
    """Picture in one part and sound in another one are no agreement of the two: the picture is what is certain."""
    found = set(tracks)
    if Track.BOTH in found:
        return Track.BOTH
    return Track.PICTURE if Track.PICTURE in found else Track.SOUND


def _longest_reference_s(match: Match) -> float:
    """Return how long a reference is at the most, of which a match covers a rounded share: seconds."""
    covered = covered_s((one.reference_start, one.reference_end) for one in match.intervals)
    least_share = match.reference_coverage - 0.5 / SHARE_STEPS
    return covered / least_share if least_share > 0 else math.inf


def _share(part: float, whole: float) -> float:
    """Return a share in the steps in which matches give theirs, rounded down: what comes later is never below it."""
    return min(1.0, math.floor(part / whole * SHARE_STEPS + ROUNDING) / SHARE_STEPS) if whole > 0 else 0.0
