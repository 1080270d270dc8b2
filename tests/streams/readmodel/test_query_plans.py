"""Lists are read from an index in their order: none sorts, or goes through, all that there is to show a page of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import combinations
from typing import Any

import pytest
from support.cases import decided, found, item
from support.examples import job
from support.read_model import ReadModel

from schemas.cases import CaseState, DecisionKind
from schemas.deliveries import DeliveryStatus
from schemas.jobs import JobStatus
from schemas.policies import Action
from streams.domain.billing_periods import Interval
from streams.readmodel import job_lists
from streams.readmodel.airing_lists import AiringFilter, SumBy
from streams.readmodel.backward_searches import SearchFilter
from streams.readmodel.boilerplate import BoilerplateFilter, BoilerplateLogFilter
from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.readmodel.decisions import DecisionFilter
from streams.readmodel.jobs import JobFilter
from streams.readmodel.libraries import ItemMark
from streams.readmodel.overview import Span
from streams.readmodel.pagination import page_of

NOW = "2026-11-23T08:00:00.000Z"
#: A part of a span of time.
AT = datetime(2026, 11, 23, 8, tzinfo=UTC)
SINCE, UNTIL = "2026-11-01T00:30:00.000Z", "2026-11-30T08:30:00.000Z"
JOBS = {
    "status": JobStatus.SUCCESS,
    "library": "films",
    "since": NOW,
    "until": NOW,
    "copies": True,
    "reference": "film",
    "similarity": 0.5,
    "code": "Timeout",
    "name": "vid",
    "media_id": "video",
    "job_id": "j1",
}
CASES = {
    "state": CaseState.OPEN,
    "action": Action.BLOCK,
    "library": "films",
    "reference": "film",
    "media_id": "video",
    "assignee": "anna",
    "since": NOW,
    "similarity": 0.5,
}
AIRINGS = {"media_id": "video", "ad": "spot", "library": "ads", "since": NOW, "until": NOW, "complete": True}
#: What cases are filtered by that has indexes of its own.
BY = ("state", "action", "library", "reference", "media_id", "assignee")


class Recorded:
    """What a read model asks its file."""

    def __init__(self, model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> None:
        self.model = model
        self._asked: list[tuple[str, tuple[object, ...]]] = []
        for name in ("one", "all"):
            monkeypatch.setattr(model._database, name, self._recording(getattr(model._database, name)))

    def steps(self, question: Callable[[], object]) -> list[str]:
        """Return the steps in which the file answers all that a question asks it."""
        self._asked.clear()
        question()
        reader = self.model._database.read()
        return [
            row["detail"]
            for query, values in list(self._asked)
            for row in reader.execute(f"EXPLAIN QUERY PLAN {query}", values)
        ]

    def _recording(self, ask: Callable[..., Any]) -> Callable[..., Any]:
        def recorded(query: str, *values: object) -> Any:
            self._asked.append((query, values))
            return ask(query, *values)

        return recorded


@pytest.fixture
def recorded(model: ReadModel, monkeypatch: pytest.MonkeyPatch) -> Recorded:
    """A read model with one of everything, whose questions are taken down; names of more than one media are many."""
    monkeypatch.setattr(job_lists, "FEW_MEDIA", 1)
    model.apply(
        items=[item("film")],
        jobs=[
            found("j1", {"film": Action.BLOCK}, library="films"),
            job("j2", media_id="video 2", library="films"),
            job("j3", JobStatus.FAIL, media_id="video 3", library="films", code="Timeout"),
        ],
        decisions=decided([DecisionKind.COPY], "film"),
    )
    return Recorded(model, monkeypatch)


def is_sorted_or_read_through(step: str) -> bool:
    """Whether a step sorts rows, or reads a table of many rows through without the order of an index.

    The table of jobs that have found something is in the order of its lists itself.
    """
    read_through = step.startswith("SCAN") and not any(
        part in step for part in ("INDEX", "CONSTANT ROW", "SCAN matched_jobs", "SCAN found", "libraries", "counts")
    )
    return "TEMP B-TREE" in step or read_through


def filters(values: dict[str, object], most: int) -> Iterator[dict[str, object]]:
    """Yield every filter that names so many at the most, and the one that names all."""
    for number in range(most + 1):
        for names in combinations(values, number):
            yield {name: values[name] for name in names}
    yield values


def cursor_of(name: str, *place: str) -> str:
    """Return the cursor of a list."""
    _, following = page_of(name, [place, place], 1)  # type: ignore[list-item]
    assert following
    return following


@pytest.mark.parametrize("cursor", [None, cursor_of("jobs", NOW, "j9")])
def test_no_list_of_jobs_is_sorted_or_read_through(recorded: Recorded, cursor: str | None) -> None:
    for given in filters(JOBS, 3):
        wanted = JobFilter(**given)
        steps = recorded.steps(lambda wanted=wanted: recorded.model.jobs.page(wanted, cursor=cursor))
        assert not list(filter(is_sorted_or_read_through, steps)), given
        leads = set(given) - {"since", "until", "name", "copies", "similarity"}
        if leads:
            assert [step for step in steps if step.startswith("SCAN jobs")] == [], given


def test_no_count_of_jobs_is_sorted_or_read_through(recorded: Recorded) -> None:
    for given in filters(JOBS, 2):
        steps = recorded.steps(lambda given=given: recorded.model.jobs.counted(JobFilter(**given)))
        grouped = "media_id" in given or "job_id" in given  # few, in five groups
        sorts = [step for step in steps if is_sorted_or_read_through(step)]
        assert sorts == [] or (grouped and sorts == ["USE TEMP B-TREE FOR GROUP BY"]) or "counts" in str(steps), given


def test_jobs_of_few_media_that_are_named_alike_are_the_only_ones_that_are_sorted(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_lists, "FEW_MEDIA", 9)
    steps = recorded.steps(lambda: recorded.model.jobs.page(JobFilter(name="video")))
    assert "SEARCH jobs USING COVERING INDEX jobs_by_media (media_id=?)" in steps
    assert [step for step in steps if is_sorted_or_read_through(step)] == ["USE TEMP B-TREE FOR ORDER BY"]


@pytest.mark.parametrize("order", CaseOrder)
def test_no_list_of_cases_is_sorted_or_read_through(recorded: Recorded, order: CaseOrder) -> None:
    (known,) = recorded.model.cases.page().cases
    for given in filters(CASES, 3):
        wanted = CaseFilter(**given)
        for question in (
            lambda wanted=wanted: recorded.model.cases.page(wanted, order=order),
            lambda wanted=wanted: recorded.model.cases.page(
                wanted, order=order, cursor=cursor_of(f"cases by {order}", "a", "b")
            ),
            lambda wanted=wanted: recorded.model.cases.neighbours(known, wanted, order=order),
        ):
            steps = recorded.steps(question)
            assert not list(filter(is_sorted_or_read_through, steps)), given
            listing = [step for step in steps if " cases_by_" in step or " cases_listed_by_" in step]
            assert listing, given
            names = set(given) - ({"since"} if order is CaseOrder.TIME else set())
            if "media_id" in names or (
                names and (len(names) == 1 or names == {"state", "action"}) and names <= set(BY)
            ):
                assert all(step.startswith("SEARCH cases USING") and "=?" in step for step in listing), given
            else:
                assert all(" COVERING INDEX " in step for step in listing), given


def test_no_other_list_is_sorted_or_read_through(recorded: Recorded) -> None:
    model = recorded.model
    questions: list[Callable[[], object]] = [
        lambda: model.matches.page(reference="film"),
        lambda: model.matches.page(reference="film", cursor=cursor_of("matches", NOW, "j9\x1ffilm\x1ffilms")),
        lambda: model.matches.page(reference="film", suppressed=True),
        lambda: model.matches.page(media_id="video", cursor=cursor_of("matches", NOW, "j9\x1ffilm\x1ffilms")),
        lambda: model.matches.page(media_id="video", reference="film"),
        lambda: model.matches.inputs_of("film", limit=10),
        lambda: model.matches.references("j1"),
        lambda: model.jobs.newest_copies("2000", limit=10),
        lambda: model.jobs.result("video"),
        lambda: model.outcomes.newest(Action.BLOCK, cursor=cursor_of("outcomes with block", NOW, "video")),
        lambda: model.dead_letters.page(cursor=cursor_of("letters", NOW, "l")),
        lambda: model.deliveries.page(cursor=cursor_of("deliveries", NOW, "j9")),
        lambda: model.deliveries.page(status=DeliveryStatus.FAILED),
        lambda: model.deliveries.page(media_id="video"),
        lambda: model.deliveries.page(media_id="video", status=DeliveryStatus.FAILED),
        model.deliveries.counts,
        lambda: model.libraries.items("films", cursor=cursor_of("items of films", NOW, "film")),
        *(
            partial(model.libraries.items, "films", marked=mark, cursor=cursor)
            for mark in ItemMark
            for cursor in (None, cursor_of("items of films", NOW, "film"))
        ),
        model.libraries.counted,
        lambda: model.libraries.counts("films"),
        *(
            partial(model.decisions.page, DecisionFilter(**given))
            for given in filters({"who": "anna", "case_id": "c", "since": NOW, "until": NOW}, 2)
        ),
        *(
            partial(model.boilerplate.page, BoilerplateFilter(**given))
            for given in filters({"media_id": "video", "library": "films"}, 2)
        ),
        *(
            partial(model.boilerplate.log, BoilerplateLogFilter(**given))
            for given in filters({"who": "anna", "media_id": "video", "since": NOW, "until": NOW}, 2)
        ),
        lambda: model.boilerplate.about(["video", "film"]),
        *(
            partial(model.backward_searches.page, SearchFilter(**given))
            for given in filters({"media_id": "video", "library": "films", "status": JobStatus.FAIL}, 3)
        ),
        *(
            partial(model.airings.page, AiringFilter(**given), cursor=cursor)
            for given in filters(AIRINGS, 3)
            for cursor in (None, cursor_of("airings", NOW, "video\x1f000001"))
        ),
        lambda: model.clusters.page(now=NOW),
        lambda: model.clusters.page(now=NOW, cursor=cursor_of("clusters by size", "000000000002", NOW)),
        lambda: model.clusters.of("film", now=NOW),
        lambda: model.clusters.members("film", cursor=cursor_of("members of a cluster", NOW, "film")),
    ]
    for question in questions:
        assert not list(filter(is_sorted_or_read_through, recorded.steps(question)))


def test_airings_are_listed_and_summed_from_one_index_that_holds_all_that_is_asked(recorded: Recorded) -> None:
    for given in filters(AIRINGS, 6):
        wanted = AiringFilter(**given)
        listing, *_ = recorded.steps(lambda wanted=wanted: recorded.model.airings.page(wanted))
        summing = recorded.steps(lambda wanted=wanted: [recorded.model.airings.sums(by, wanted) for by in SumBy])
        for step in (listing, *(one for one in summing if "B-TREE" not in one)):
            assert " airings USING COVERING INDEX airings_by_" in step, given
            assert step.startswith("SEARCH") or not {"media_id", "ad", "library", "since", "until"} & set(given), given


def test_sums_are_read_from_the_periods_that_are_asked_for(recorded: Recorded) -> None:
    model = recorded.model
    for interval in Interval:
        steps = recorded.steps(lambda interval=interval: model.usage.by_period(SINCE, UNTIL, interval))
        assert all("SEARCH" in step or "GROUP BY" in step for step in steps)
        assert [step for step in steps if "usage_sums" in step]
    for span in Span:
        steps = recorded.steps(lambda span=span: model.overview.over(span, AT))
        assert any(step.startswith("SEARCH activity USING PRIMARY KEY (digits=? AND start>") for step in steps)
