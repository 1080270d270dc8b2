"""Holds what jobs find against the rules, and tells what follows: on live matches, at a job's end, when people decide.

All of it is called by the job agent, one message of a MediaId after the other, so each media item's outcome has one
writer. What was told before is asked of the read model, brought up to what the topics hold; so a message that comes
again after a crash leads to the same events, with the same ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from schemas.commands import ReviseOutcome
from schemas.ids import case_id, revision_id
from schemas.jobs import JobStatus, LiveMatch
from schemas.policies import RuledBy
from schemas.result import MediaDNAResult, boilerplate_of, rulings_of, verdict_of
from streams.domain.boilerplate import DEFAULT_REFERENCES
from streams.domain.cases import decide
from streams.domain.jobs.size import is_writable
from streams.domain.policies import combined
from streams.domain.precedence import Ages, with_job
from streams.domain.rulings import aged, as_decided, outcome_of, ruled, with_match
from streams.domain.verdicts import as_overruled, judged, with_boilerplate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from schemas.boilerplate import BoilerplateRuling
    from schemas.cases import Decision
    from schemas.commands import AddMatch, DecideCase
    from schemas.events import AIMediaDNAComplete
    from schemas.jobs import Job
    from schemas.matches import Match
    from schemas.policies import Outcome, Ruling
    from streams.domain.jobs.seen import Seen
    from streams.domain.policies import Rules
    from streams.pipeline.events import EventEmitter

__all__ = ["RuleBook", "Rulings"]

log = structlog.get_logger(__name__)

#: Stands for the number of a chunk where a match was found later: no chunk has shown it.
NO_CHUNK = 0


class RuleBook(Protocol):
    """Knows the rules, and what was told and decided before."""

    async def brought_up(self) -> None:
        """Return when all that is on the topics now is known: what was published before is answered from then on."""
        ...

    async def rules_for(self, media_id: str, references: Iterable[tuple[str, str]]) -> Rules:
        """Return the rules that matches of a media item with these references are held against."""
        ...

    async def ages_of(self, media_ids: Iterable[str]) -> Mapping[str, Ages]:
        """Return what is known of the times of media items."""
        ...

    async def outcome_of(self, media_id: str) -> Outcome | None:
        """Return the outcome of a media item that was told last."""
        ...

    async def live_matches_of(self, job_id: str) -> Sequence[LiveMatch]:
        """Return the matches that were told while a job is under way."""
        ...

    async def decisions_on(self, case_id: str) -> Sequence[Decision]:
        """Return what was decided on a case, in order."""
        ...

    async def said_of_boilerplate(self, media_ids: Iterable[str]) -> Sequence[BoilerplateRuling]:
        """Return what people say of media items, whatever the number of references that share a span."""
        ...

    async def result_of(self, media_id: str) -> Job | None:
        """Return the newest job of a media item that succeeded."""
        ...

    async def completion_of(self, job_id: str) -> AIMediaDNAComplete | None:
        """Return a job's complete event, if it is on its topic."""
        ...


class Rulings:
    """Tells what matches lead to.

    Args:
        book: What the rules, and what is known of media, are looked up in.
        emitter: Where it is told.
        shared_by: How many references of a library make a span that all of them hold boilerplate.
    """

    def __init__(self, book: RuleBook, emitter: EventEmitter, *, shared_by: int = DEFAULT_REFERENCES) -> None:
        self._book = book
        self._emitter = emitter
        self._shared_by = shared_by

    async def of_ended(self, job: Job) -> Job:
        """Return a job that has ended, with what its matches lead to, and the verdict on its media item.

        Where its complete event is out already, it is what that says: rules and times may have changed since.
        """
        if job.status is not JobStatus.SUCCESS or not job.matches:
            return judged(job)
        await self._book.brought_up()
        found = ruled(job, await self._book.rules_for(job.media_id, _pairs(job.matches)))
        found = with_boilerplate(
            msgspec.structs.replace(found, rulings=await self._aged(job, found.rulings)),
            references=self._shared_by,
            rulings=await self._said_of(job),
        )
        event = await self._book.completion_of(job.job_id)
        if event is None:
            return judged(found)
        result = MediaDNAResult.from_json(event.data)
        if result.action is None:  # it is older than the rules
            return job
        told = {(one.library, one.reference): one for one in rulings_of(result)}
        kept = [_as_told(one, told.get((one.library, one.reference))) for one in found.rulings]
        by_number = found.boilerplate if found.counted_boilerplate is None else found.counted_boilerplate
        told_spans = boilerplate_of(result)
        found = msgspec.structs.replace(
            found,
            rulings=tuple(kept),
            boilerplate=told_spans,
            counted_boilerplate=None if told_spans == by_number else by_number,
        )
        return msgspec.structs.replace(found, verdict=verdict_of(result, judged(found).verdict))

    async def _aged(self, job: Job, rulings: Sequence[Ruling]) -> tuple[Ruling, ...]:
        """Return what a job's matches lead to, with which of the references are younger than its media item."""
        ages = dict(await self._book.ages_of([job.media_id, *(one.reference for one in rulings)]))
        item = with_job(ages.pop(job.media_id, Ages(job.media_id)), job)
        return aged(rulings, ages, item)

    async def _said_of(self, job: Job) -> Sequence[BoilerplateRuling]:
        """Return what people say of a job's media item, and of the references that it matches."""
        return await self._book.said_of_boilerplate([job.media_id, *(match.media_id for match in job.matches)])

    async def tell_ended(self, job: Job, *, now: str) -> None:
        """Publish the final outcome of a job that has ended.

        One that failed, or was ended, after matches were seen keeps the outcome that these led to.
        """
        if job.status is JobStatus.SUCCESS:
            if job.request.save_type.searches:
                outcome = outcome_of(job.media_id, job.job_id, job.rulings, final=True, now=now)
                await self._tell(outcome)
            return
        await self._book.brought_up()
        before = await self._book.outcome_of(job.media_id)
        if before is not None and before.job_id == job.job_id and not before.final:
            await self._tell(msgspec.structs.replace(before, final=True, event_time=now))

    async def tell_live(self, part: Seen, matches: Sequence[Match], *, now: str) -> None:
        """Publish the matches that one chunk of a job has shown, and what all that were seen so far lead to."""
        if not matches:
            return
        job = part.job
        await self._book.brought_up()
        rules = await self._book.rules_for(job.media_id, _pairs(matches))
        earlier = [one for one in await self._book.live_matches_of(job.job_id) if one.chunk != part.chunk]
        telling: list[Ruling] = []
        for match in matches:
            before = [one for one in earlier if _pair(one.match) == _pair(match)]
            ruling = rules.rule(combined([*(one.match for one in before), match], part.duration))
            if ruling.dismissed:
                continue
            telling.append(ruling)
            live = LiveMatch(
                event_time=now,
                job_id=job.job_id,
                media_id=job.media_id,
                chunk=part.chunk,
                match=match,
                seen=part.share,
                outcome=_news(ruling, before),
            )
            await self._emitter.live_match(live, traceparent=job.request.traceparent)
        await self._tell_stronger(part, [one for one in telling if _is_told_at_once(one)], now=now)

    async def on_decision(self, command: DecideCase, *, now: str) -> None:
        """Publish a decision unless another one has come first, and what it makes of the outcomes of both media."""
        await self._book.brought_up()
        case = case_id(command.media_id, command.library, command.reference)
        decisions = await self._book.decisions_on(case)
        decision = decide(command, decisions)
        if decision is not None:
            await self._emitter.decision(decision)
            log.info("case_decided", case_id=case, decision=decision.decision, state=decision.after, who=decision.who)
        elif all(one.decision_id != command.job_id for one in decisions):
            log.info("decision_came_second", case_id=case, decision=command.decision, who=command.who)
            return
        await self.revise(command.media_id, now=now)
        await self._emitter.command(
            ReviseOutcome(job_id=revision_id(command.job_id, command.reference), media_id=command.reference)
        )

    async def on_found_later(self, command: AddMatch, *, now: str) -> None:
        """Add a match that was found when its reference was held against what was stored before it."""
        await self._book.brought_up()
        job = await self._book.result_of(command.media_id)
        if job is None:
            log.warning("match_found_later_has_no_job", media_id=command.media_id, reference=command.match.media_id)
            return
        rules = await self._book.rules_for(command.media_id, [_pair(command.match)])
        if job.verdict is None and job.matches:  # it is of before there were verdicts
            job = msgspec.structs.replace(job, rulings=await self._aged(job, job.rulings))
        (ruling,) = await self._aged(job, [rules.rule(command.match, retroactive=True)])
        newer = with_match(job, command.match, ruling, now=now)
        if newer is None:  # known; a worker may have died before it told what that leads to
            await self.revise(command.media_id, now=now)
            return
        newer = as_overruled(newer, await self._said_of(newer))
        if not is_writable(newer):
            log.warning("match_found_later_has_no_room", media_id=command.media_id, reference=command.match.media_id)
            return
        if not ruling.dismissed:
            await self._emitter.live_match(
                LiveMatch(
                    event_time=now,
                    job_id=job.job_id,
                    media_id=job.media_id,
                    chunk=NO_CHUNK,
                    match=command.match,
                    outcome=RuledBy(action=ruling.effective, policy=ruling.policy),
                    retroactive=True,
                )
            )
        await self._emitter.job_state(newer)
        await self.revise(command.media_id, now=now)

    async def revise(self, media_id: str, *, now: str) -> None:
        """Publish what a media item's pairs lead to now, where that is not what was told last."""
        await self._book.brought_up()
        job = await self._book.result_of(media_id)
        before = await self._book.outcome_of(media_id)
        if job is None or (before is not None and before.job_id != job.job_id and not before.final):
            return  # what is under way is told as it is seen, and at its end
        rules = await self._book.rules_for(media_id, ())
        decided = as_decided(job, dismissed=rules.dismissed, allowed=rules.allowed)
        if not decided.rulings and before is None:
            return
        outcome = outcome_of(media_id, job.job_id, decided.rulings, final=True, now=now)
        if before is None or msgspec.structs.replace(before, event_time=now) != outcome:
            await self._tell(outcome)

    async def forget(self, media_id: str) -> None:
        """Tell that a media item has no outcome any more: it was deleted, with its jobs."""
        await self._emitter.outcome_gone(media_id)

    async def _tell_stronger(self, part: Seen, rulings: list[Ruling], *, now: str) -> None:
        """Publish the outcome of a job under way where it is the first one, or a stronger one, or has more cases."""
        if not rulings:
            return
        job = part.job
        before = await self._book.outcome_of(job.media_id)
        outcome = outcome_of(job.media_id, job.job_id, rulings, final=False, now=now)
        outcome = msgspec.structs.replace(outcome, seen=part.share)
        if before is not None and before.job_id == job.job_id:
            cases = tuple(dict.fromkeys((*before.cases, *outcome.cases)))
            if before.final or (outcome.action.strength <= before.action.strength and cases == before.cases):
                return
            if outcome.action.strength <= before.action.strength:
                outcome = msgspec.structs.replace(outcome, action=before.action, policy=before.policy)
            outcome = msgspec.structs.replace(outcome, cases=cases)
        await self._tell(outcome)

    async def _tell(self, outcome: Outcome) -> None:
        await self._emitter.outcome(outcome)
        log.info(
            "outcome",
            media_id=outcome.media_id,
            job_id=outcome.job_id,
            action=outcome.action,
            policy=outcome.policy,
            final=outcome.final,
        )


def _pair(match: Match) -> tuple[str, str]:
    return match.library, match.media_id


def _pairs(matches: Iterable[Match]) -> list[tuple[str, str]]:
    return [_pair(match) for match in matches]


def _as_told(ruling: Ruling, told: Ruling | None) -> Ruling:
    """Return a ruling as a complete event has told of it; what it left out had been dismissed."""
    if told is None:
        return msgspec.structs.replace(ruling, dismissed=True)
    return msgspec.structs.replace(
        ruling, action=told.action, policy=told.policy, dismissed=False, younger=told.younger
    )


def _is_told_at_once(ruling: Ruling) -> bool:
    """Whether a rule holds, or people are to look: that nothing is known against it is told at the job's end."""
    return bool(ruling.policy) or ruling.effective.goes_to_people


def _news(ruling: Ruling, before: Sequence[LiveMatch]) -> RuledBy | None:
    """Return what a live match is to say of its pair: nothing where an earlier one has said as much."""
    told = max((one.outcome.action.strength for one in before if one.outcome is not None), default=0)
    if not _is_told_at_once(ruling) or ruling.effective.strength <= told:
        return None
    return RuledBy(action=ruling.effective, policy=ruling.policy)
