"""Decisions on cases: which of two stands, what is sent, and what is said when nobody answers."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from support.cases import command, found, id_of, item
from support.feed import LookingFeed
from support.inline import TOPICS, InlineService
from support.read_model import ReadModel

from schemas.cases import CaseState, Decision, DecisionKind
from schemas.commands import DecideCase
from schemas.policies import Action
from streams.domain.case_errors import DecidedMeanwhileError
from streams.domain.cases import decide
from streams.services import cases as service
from streams.services.cases import Cases, DecisionRequest

FILM, SERIES = id_of("film"), id_of("series")
COPY = DecisionRequest(case_id=FILM, decision="copy")


@dataclass
class Worker(LookingFeed):
    """A worker that hears of decisions in an order that a test sets; it is an emitter and a feed as well.

    Attributes:
        first: Commands that reach it before any other one does.
        times: How often each command reaches it.
        answers: Whether it does anything.
        meeting: Where a command waits until as many are under way as it takes.
    """

    model: ReadModel
    first: list[DecideCase] = field(default_factory=list)
    times: int = 1
    answers: bool = True
    commands: list[DecideCase] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    meeting: asyncio.Barrier = field(default_factory=lambda: asyncio.Barrier(1))

    async def caught_up(self, topic: str) -> None:
        self.asked.append(topic)

    async def command(self, asked: DecideCase) -> None:
        await self.meeting.wait()
        self.commands.append(asked)
        for one in (*self.first, *(asked,) * self.times) if self.answers else ():
            case_id = id_of(one.reference)
            made = decide(one, self.model.decisions.of_case(case_id))
            self.model.apply(decisions=[] if made is None else [made])


@pytest.fixture
def worker(model: ReadModel) -> Worker:
    """A worker that knows of a film and a series in a video."""
    job = found("j1", {"film": Action.BLOCK, "series": Action.REVIEW})
    model.apply(items=[item("film"), item("series")], jobs=[job])
    return Worker(model)


@pytest.fixture
def cases(worker: Worker) -> Cases:
    anything: Any = worker
    return Cases(anything, worker.model, worker, TOPICS)


async def test_what_is_sent_names_the_next_decision_and_who_makes_it(cases: Cases, worker: Worker) -> None:
    case = await cases.decide(DecisionRequest(case_id=FILM, decision="copy", note="all of it"), who="anna")
    (sent,) = worker.commands
    assert (sent.media_id, sent.library, sent.reference) == ("video", "films", "film")
    assert (sent.number, sent.who, sent.note, sent.decision) == (1, "anna", "all of it", DecisionKind.COPY)
    assert case.state is CaseState.CONFIRMED
    assert worker.asked == [TOPICS.decisions]


async def test_who_reaches_the_worker_second_hears_who_was_first(cases: Cases, worker: Worker) -> None:
    worker.first = [command("film", DecisionKind.NOT_A_MATCH, who="ben")]
    with pytest.raises(DecidedMeanwhileError, match="ben decided 'not_a_match'"):
        await cases.decide(COPY, who="anna")
    assert (await cases.get(FILM)).state is CaseState.DISMISSED


async def test_a_command_that_comes_twice_makes_one_decision(cases: Cases, worker: Worker) -> None:
    worker.times = 2
    case = await cases.decide(COPY, who="anna")
    assert [(one.number, one.who) for one in case.decisions] == [(1, "anna")]


def test_a_command_that_comes_again_later_makes_none() -> None:
    asked = command("film", DecisionKind.COPY)
    made = decide(asked, [])
    assert isinstance(made, Decision)
    assert decide(asked, [made]) is None
    reopened = decide(command("film", DecisionKind.REOPEN, 2), [made])
    assert reopened is not None
    assert decide(asked, [made, reopened]) is None


async def test_where_no_worker_answers_it_is_said_that_one_may_yet(
    cases: Cases, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "SHOWN_S", 0.05)
    worker.answers = False
    with pytest.raises(TimeoutError, match="look at the case in a moment"):
        await cases.decide(COPY, who="anna")
    (late, unknown) = await cases.decide_all([COPY, DecisionRequest(case_id="none", decision="copy")], who="anna")
    assert (isinstance(late, TimeoutError), isinstance(unknown, LookupError)) == (True, False)


async def test_many_are_decided_on_side_by_side_and_those_on_one_case_in_their_order(
    cases: Cases, worker: Worker
) -> None:
    worker.meeting = asyncio.Barrier(2)
    kinds = [DecisionKind.ESCALATE, DecisionKind.COPY, DecisionKind.REOPEN]
    wanted = [DecisionRequest(case_id=one, decision=kind) for kind in kinds for one in (FILM, SERIES)]
    async with asyncio.timeout(300):  # who decides one after the other waits for good
        outcomes = await cases.decide_all(wanted, who="anna")
    states = ["escalated", "escalated", "confirmed", "confirmed", "escalated", "escalated"]
    assert [getattr(one, "state", one) for one in outcomes] == states
    assert worker.asked == [TOPICS.decisions]


async def test_who_has_a_case_is_told_as_the_newest_state_of_it(model: ReadModel) -> None:
    inline = InlineService(model)
    inline.apply(items=[item("film")], jobs=[found("j1", {"film": Action.BLOCK})])
    for name in ("anna", "ben", ""):
        assert (await inline.cases.assign(FILM, name, who="chief")).assignee == name


async def test_media_that_is_deleted_closes_its_cases_and_what_was_decided_stays(model: ReadModel) -> None:
    inline = InlineService(model)
    await inline.libraries.ensure("films")
    inline.apply(
        items=[item("film"), item("series")], jobs=[found("j1", {"film": Action.BLOCK, "series": Action.BLOCK})]
    )
    await inline.cases.decide(COPY, who="anna")
    await inline.libraries.delete_media("video")
    assert {one.state for one in model.cases.page().cases} == {CaseState.CLOSED}
    (made,) = model.decisions.page().decisions
    assert (made.media_id, made.who, made.decision) == ("video", "anna", DecisionKind.COPY)


@pytest.mark.parametrize("how", ["purge", "delete"])
async def test_a_library_that_is_emptied_or_deleted_closes_its_cases(model: ReadModel, how: str) -> None:
    inline = InlineService(model)
    await inline.libraries.ensure("films")
    inline.apply(items=[item("film")], jobs=[found("j1", {"film": Action.BLOCK})])
    await getattr(inline.libraries, how)("films")
    assert (await inline.cases.get(FILM)).closed_because == "the library lacks the reference"
