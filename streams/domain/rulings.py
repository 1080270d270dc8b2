"""What the matches of a job lead to, also once people have decided: pure, for agents and for answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.ids import case_id
from schemas.policies import Action, Outcome, strongest
from streams.domain.precedence import is_younger
from streams.domain.verdicts import judged

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from schemas.jobs import Job
    from schemas.matches import Match
    from schemas.policies import Ruling
    from streams.domain.policies import Rules
    from streams.domain.precedence import Ages

__all__ = ["aged", "as_decided", "outcome_of", "reported", "ruled", "with_match"]


def ruled(job: Job, rules: Rules) -> Job:
    """Return a job that has just found its matches, with what each of them leads to."""
    return msgspec.structs.replace(job, rulings=tuple(rules.rule(match) for match in job.matches))


def aged(rulings: Sequence[Ruling], ages: Mapping[str, Ages], item: Ages) -> tuple[Ruling, ...]:
    """Return what matches lead to, with which of the references are younger than the input.

    Args:
        rulings: Of the matches.
        ages: Of the references, by MediaId.
        item: Of the input.
    """
    return tuple(
        msgspec.structs.replace(one, younger=is_younger(ages[one.reference], item)) if one.reference in ages else one
        for one in rulings
    )


def as_decided(job: Job, *, dismissed: Collection[str], allowed: Collection[tuple[str, str]]) -> Job:
    """Return a job with what people say of its pairs now, whatever they said when it ended.

    Args:
        job: The job.
        dismissed: MediaIds that form no pair with its media item, whichever of the two is the input.
        allowed: Library and MediaId of references that its media item may copy.
    """
    rulings = tuple(
        msgspec.structs.replace(
            one,
            dismissed=one.reference in dismissed,
            permitted=(one.library, one.reference) in allowed,
        )
        for one in job.rulings
    )
    if rulings == job.rulings:
        return job
    decided = msgspec.structs.replace(job, rulings=rulings)
    said = [one.dismissed for one in rulings] != [one.dismissed for one in job.rulings]
    return judged(decided) if said and job.verdict is not None else decided


def reported(job: Job, *, dismissed: Collection[str], allowed: Collection[tuple[str, str]]) -> Job:
    """Return a job as answers tell of it: without the pairs that people dismissed, and with what they permitted."""
    job = as_decided(job, dismissed=dismissed, allowed=allowed)
    kept = tuple(match for match in job.matches if match.media_id not in dismissed)
    rulings = tuple(one for one in job.rulings if one.reference not in dismissed)
    return msgspec.structs.replace(job, matches=kept, rulings=rulings)


def with_match(job: Job, match: Match, ruling: Ruling, *, now: str) -> Job | None:
    """Return a job with a match that was found after it had ended; None where it has one with this reference."""
    if any((one.library, one.media_id) == (match.library, match.media_id) for one in job.matches):
        return None
    return judged(
        msgspec.structs.replace(
            job, matches=(*job.matches, match), rulings=(*job.rulings, ruling), update_time=max(now, job.update_time)
        )
    )


def outcome_of(media_id: str, job_id: str, rulings: Sequence[Ruling], *, final: bool, now: str) -> Outcome:
    """Return what all pairs of a media item lead to together: the strongest, or `allow` where there are none."""
    decisive = strongest(rulings)
    people = [one for one in rulings if one.action.goes_to_people and not one.dismissed]
    return Outcome(
        media_id=media_id,
        action=Action.ALLOW if decisive is None else decisive.effective,
        policy="" if decisive is None else decisive.policy,
        cases=tuple(case_id(media_id, one.library, one.reference) for one in people),
        final=final,
        job_id=job_id,
        event_time=now,
    )
