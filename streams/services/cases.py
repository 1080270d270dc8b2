"""Decisions on cases: asks for them, and tells whether they stand or somebody else was first.

The worker that has the input decides on them one after the other, so two people never both get their way. What is
published is answered for when the read model shows it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from schemas.cases import MOST_AT_ONCE, Assignment, CaseState
from schemas.clock import utc_now
from schemas.commands import DecideCase
from schemas.ids import new_job_id
from streams.domain.case_errors import (
    BadDecisionError,
    CaseClosedError,
    CaseError,
    DecidedMeanwhileError,
    IllegalDecisionError,
    UnknownCaseError,
    check_assignee,
    check_note,
    decision_named,
    decisions_made,
)
from streams.domain.cases import DecisionError, next_state
from streams.ports.waiting import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.cases import Decision, DecisionKind
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.cases import Case
    from streams.readmodel.model import ReadModel

__all__ = ["Cases", "DecisionRequest"]

log = structlog.get_logger(__name__)

#: Seconds until a decision shows: a worker may be at a long task of the same media item.
SHOWN_S = 20.0
#: Decisions of one call that are under way at a time.
SIDE_BY_SIDE = 32
#: What is said of a decision of which nothing is heard.
LATE = "no worker has taken up the decision yet, but one may: look at the case in a moment"


@dataclass(frozen=True, kw_only=True)
class DecisionRequest:
    """What somebody wants to decide on a case.

    Attributes:
        case_id: The case.
        decision: A word that names the decision.
        note: What is written beside it.
        if_match: The ETag of the case when this decision was made up, or the number of its decisions; None: whatever
            there is now.
    """

    case_id: str
    decision: str
    note: str = ""
    if_match: str | None = None


class Cases:
    """What people do with cases. Reads come from the read model: `ReadModel.cases`."""

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics

    async def get(self, case_id: str) -> Case:
        """Return a case.

        Raises:
            UnknownCaseError: There is none of this id.
        """
        case = await asyncio.to_thread(self._model.cases.get, case_id)
        if case is None:
            raise UnknownCaseError(case_id)
        return case

    async def decide(self, wanted: DecisionRequest, *, who: str) -> Case:
        """Decide on a case; return it as it stands then.

        Args:
            wanted: What is to be decided.
            who: The name that is kept.

        Raises:
            BadDecisionError: There is no such decision, its note is too long, or what it names is no ETag.
            UnknownCaseError: There is no such case.
            CaseClosedError: There is nothing to decide on.
            IllegalDecisionError: The case is in a state in which this cannot be decided.
            DecidedMeanwhileError: Somebody else has decided first; the message says who, and what.
            TimeoutError: No worker has taken it up yet.
        """
        await self._feed.caught_up(self._topics.decisions)
        return await self._decide(wanted, who)

    async def decide_all(self, wanted: Sequence[DecisionRequest], *, who: str) -> list[Case | CaseError | OSError]:
        """Decide on many cases; return what became of each, in the order given. One refused stops no other.

        Decisions on one case are made in the order in which they are given.

        Raises:
            BadDecisionError: They are more than can be asked for at once, so none is made.
        """
        if len(wanted) > MOST_AT_ONCE:
            raise BadDecisionError(
                f"{len(wanted)} decisions are too many for one call: send {MOST_AT_ONCE} at the most, and the others "
                "after them; none of these has been made"
            )
        await self._feed.caught_up(self._topics.decisions)
        free = asyncio.Semaphore(SIDE_BY_SIDE)
        by_case: dict[str, list[int]] = {}
        for place, one in enumerate(wanted):
            by_case.setdefault(one.case_id, []).append(place)
        outcomes: dict[int, Case | CaseError | OSError] = {}

        async def decide_in_order(places: list[int]) -> None:
            async with free:
                for place in places:
                    try:
                        outcomes[place] = await self._decide(wanted[place], who)
                    except (CaseError, OSError) as error:
                        outcomes[place] = error

        async with asyncio.TaskGroup() as group:
            for places in by_case.values():
                group.create_task(decide_in_order(places))
        return [outcomes[place] for place in range(len(wanted))]

    async def assign(self, case_id: str, assignee: str, *, who: str) -> Case:
        """Give a case to somebody, or with an empty name to nobody; return it as it stands then.

        Raises:
            BadDecisionError: The name is none that can be shown.
            UnknownCaseError: There is no such case.
        """
        check_assignee(assignee)
        case = await self.get(case_id)
        assignment = Assignment(case_id=case.case_id, assignee=assignee, who=who, when=utc_now())
        await self._emitter.state(self._topics.assignments, case.case_id, assignment)
        await self._feed.caught_up(self._topics.assignments)
        log.info("case_assigned", case_id=case.case_id, assignee=assignee, who=who)
        return await self.get(case_id)

    async def _decide(self, wanted: DecisionRequest, who: str) -> Case:
        kind = decision_named(wanted.decision)
        check_note(wanted.note)
        made_on = decisions_made(wanted.if_match)
        case = await self.get(wanted.case_id)
        _check(case, kind, made_on)
        command = DecideCase(
            job_id=new_job_id(),
            media_id=case.media_id,
            library=case.library,
            reference=case.reference,
            decision=kind,
            note=wanted.note,
            who=who,
            number=len(case.decisions) + 1,
            requested_time=utc_now(),
        )
        made = await self._made(command, case.case_id)
        if made.decision_id != command.job_id:
            raise DecidedMeanwhileError(made, command.number)
        log.info("case_decided", case_id=case.case_id, decision=kind, who=who, number=made.number, state=made.after)
        return await self.get(case.case_id)

    async def _made(self, command: DecideCase, case_id: str) -> Decision:
        """Send a decision; return the one that has its number."""

        def shown() -> Decision | None:
            return next((one for one in self._model.decisions.of_case(case_id) if one.number == command.number), None)

        async with within(SHOWN_S, LATE):
            await self._emitter.command(command)
            return await self._feed.until(shown, timeout_s=SHOWN_S, otherwise=LATE)


def _check(case: Case, kind: DecisionKind, made_on: int | None) -> None:
    """Let a decision pass that can be made on a case as it stands.

    Raises:
        CaseError: It cannot.
    """
    made = len(case.decisions)
    if made_on is not None and made_on != made:
        raise DecidedMeanwhileError(case.decisions[made_on] if made_on < made else None, made)
    if case.state is CaseState.CLOSED:
        raise CaseClosedError(case.closed_because)
    try:
        next_state(case.decisions, kind)
    except DecisionError as error:
        raise IllegalDecisionError(str(error)) from error
