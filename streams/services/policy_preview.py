"""What a policy would do to what was found of late, or has recorded in shadow: evaluated as matches are, and shown.

Read page by page and in a thread. It stops at a bound and says so: a million matches are no reason to hold up a worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import msgspec

from schemas.ids import case_id
from schemas.policies import Action, PolicyMode, Ruling, strongest
from streams.domain.policies import Rules, matched_s
from streams.domain.rulings import as_decided

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.jobs import Job
    from schemas.matches import Match
    from schemas.policies import Policy
    from streams.readmodel.model import ReadModel

__all__ = ["MOST_CASES", "MOST_EXAMPLES", "MOST_MATCHES", "Effect", "Example", "previewed", "recorded_in_shadow"]

#: Matches that are looked at, and times that a policy is held against one: seconds of one processor, for each of both.
MOST_MATCHES, MOST_CHECKS = 100_000, 10_000_000
#: Jobs that are read at a time. One of thousands of intervals is a few MB.
PAGE = 100
#: Changed matches that are shown, and cases that are named.
MOST_EXAMPLES, MOST_CASES = 20, 1000


class Example(msgspec.Struct, kw_only=True):
    """A match that would lead to something else."""

    media_id: str
    library: str
    reference: str
    similarity: float
    #: Of the input, that it copies.
    seconds: float
    before: Action
    before_policy: str
    after: Action
    after_policy: str
    case_id: str
    job_id: str


class Effect(msgspec.Struct, kw_only=True):
    """What a policy makes of the matches of some days. Of each media item the newest job counts."""

    policy: str
    days: int
    since: str
    #: Matches that were looked at, without those that people have dismissed.
    examined: int = 0
    #: How many of them lead to each action without the policy, and with it.
    now: dict[Action, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Action, 0))
    then: dict[Action, int] = msgspec.field(default_factory=lambda: dict.fromkeys(Action, 0))
    matches_changed: int = 0
    #: Media items with matches, and those whose outcome is another one.
    media: int = 0
    media_changed: int = 0
    #: Pairs that people see, before or after, and that lead to something else; the first ids of these.
    cases_changed: int = 0
    cases: list[str] = msgspec.field(default_factory=list)
    #: The newest matches that lead to something else.
    examples: list[Example] = msgspec.field(default_factory=list)
    #: Whether it stopped before it had seen all of them, and what to do about it.
    bounded: bool = False
    note: str = ""


def previewed(model: ReadModel, policy: Policy, *, since: str, days: int) -> Effect:
    """Return what a policy would do, in the place of one that has its name, whatever its mode.

    Both sides are what today's policies, decisions and marks come to: what differs is the policy's doing alone.
    """
    effect = _Tally(Effect(policy=policy.name, days=days, since=since))
    libraries = {library.name: library for library in model.libraries.all()}
    policies = model.policies.all()
    with_it = [one for one in policies if one.name != policy.name]
    with_it.append(msgspec.structs.replace(policy, mode=PolicyMode.ACTIVE))
    now, then = Rules(policies, libraries), Rules(with_it, libraries)
    known = _Known(model)
    for job in _jobs(model, since, effect):
        matches = known.matches(job)
        before, after = known.rulings(job, matches, now, then)
        effect.add(job, matches, before, after)
        effect.checks += sum(len(now.of_library(one.library)) + len(then.of_library(one.library)) for one in matches)
    return effect.whole


def recorded_in_shadow(model: ReadModel, name: str, *, since: str, days: int) -> Effect:
    """Return what would have been if a policy in shadow had decided: as it was recorded when the matches were found."""
    effect = _Tally(Effect(policy=name, days=days, since=since))
    known = _Known(model)
    for job in _jobs(model, since, effect):
        decided = as_decided(job, dismissed=known.dismissed(job), allowed=known.allowed(job))
        rulings = {(one.library, one.reference): one for one in decided.rulings}
        matches = [one for one in known.matches(job) if (one.library, one.media_id) in rulings]
        before = [rulings[one.library, one.media_id] for one in matches]
        effect.add(job, matches, before, [_as_tried(one, name) for one in before])
    return effect.whole


def _as_tried(ruling: Ruling, name: str) -> Ruling:
    if ruling.shadow_policy != name or ruling.shadow_action is None:
        return ruling
    return msgspec.structs.replace(ruling, action=ruling.shadow_action, policy=name)


@dataclass
class _Known:
    """What is known of pairs beside their matches. A reference is asked after once, however many copy it."""

    model: ReadModel
    set_aside: dict[tuple[str, str], bool] = field(default_factory=dict)

    def matches(self, job: Job) -> list[Match]:
        """Return the matches of a job with references that are there."""
        there = self.model.matches.references(job.job_id)
        return [one for one in job.matches if (one.library, one.media_id) in there]

    def rulings(self, job: Job, matches: list[Match], *rules: Rules) -> list[list[Ruling]]:
        """Return what a job's matches lead to by each of some rules, and by what people have said of its pairs."""
        pairs = {(one.library, one.media_id) for one in matches}
        quarantined = frozenset(pair for pair in pairs if self._is_set_aside(pair))
        dismissed, allowed = self.dismissed(job), self.allowed(job)
        about = (replace(one, quarantined=quarantined, dismissed=dismissed, allowed=allowed) for one in rules)
        return [[one.rule(match) for match in matches] for one in about]

    def dismissed(self, job: Job) -> frozenset[str]:
        """Return the media items that form no match with a job's."""
        return self.model.decisions.dismissed_with(job.media_id)

    def allowed(self, job: Job) -> frozenset[tuple[str, str]]:
        """Return what a job's media item may copy."""
        return self.model.decisions.allowed(job.media_id)

    def _is_set_aside(self, pair: tuple[str, str]) -> bool:
        if pair not in self.set_aside:
            item = self.model.libraries.item(*pair)
            self.set_aside[pair] = item is not None and bool(item.quarantined)
        return self.set_aside[pair]


@dataclass
class _Tally:
    """Adds up what a policy does."""

    whole: Effect
    checks: int = 0

    @property
    def is_full(self) -> bool:
        """Whether as much was looked at as is to be."""
        return self.whole.examined >= MOST_MATCHES or self.checks >= MOST_CHECKS

    def add(self, job: Job, matches: list[Match], before: list[Ruling], after: list[Ruling]) -> None:
        """Add what a job's matches lead to, before and after."""
        whole = self.whole
        whole.media += 1
        outcomes = [one.effective if (one := strongest(rulings)) else None for rulings in (before, after)]
        whole.media_changed += outcomes[0] is not outcomes[1]
        for match, was, becomes in zip(matches, before, after, strict=True):
            if was.dismissed:
                continue
            whole.examined += 1
            whole.now[was.effective] += 1
            whole.then[becomes.effective] += 1
            if was.effective is not becomes.effective:
                self._changed(job, match, was, becomes)

    def _changed(self, job: Job, match: Match, was: Ruling, becomes: Ruling) -> None:
        whole = self.whole
        whole.matches_changed += 1
        case = case_id(job.media_id, match.library, match.media_id)
        if was.effective.goes_to_people or becomes.effective.goes_to_people:
            whole.cases_changed += 1
            whole.cases += [case] if len(whole.cases) < MOST_CASES else []
        if len(whole.examples) < MOST_EXAMPLES:
            whole.examples.append(
                Example(
                    media_id=job.media_id,
                    library=match.library,
                    reference=match.media_id,
                    similarity=match.similarity,
                    seconds=round(matched_s(match), 3),
                    before=was.effective,
                    before_policy=was.policy,
                    after=becomes.effective,
                    after_policy=becomes.policy,
                    case_id=case,
                    job_id=job.job_id,
                )
            )


def _jobs(model: ReadModel, since: str, effect: _Tally) -> Iterator[Job]:
    """Yield the jobs to look at, newest first, until enough was seen; then say so."""
    before: tuple[str, str] | None = None
    while page := model.jobs.newest_copies(since, before=before, limit=PAGE):
        for job in page:
            if effect.is_full:
                effect.whole.bounded = True
                effect.whole.note = (
                    f"only the newest {effect.whole.examined} matches were looked at, those of jobs since "
                    f"{before[0] if before else since}: ask for fewer days to see all of them"
                )
                return
            before = job.creation_time, job.job_id
            yield job
