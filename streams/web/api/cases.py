"""Cases over REST: who copies what, and what people say of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated, Any

from litestar import Request, Response, get, post, put
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from schemas.policies import Action
from streams.domain.case_errors import CaseError
from streams.readmodel.cases import Case, CaseFilter, CaseOrder
from streams.readmodel.decisions import DecisionFilter
from streams.services.cases import DecisionRequest
from streams.web.api.case_files import cases_file
from streams.web.api.case_views import (
    AuditEntry,
    AuditPage,
    CaseList,
    CaseView,
    DecisionResult,
    DecisionResults,
    NewAssignee,
    NewDecision,
    NewDecisions,
)
from streams.web.api.etag import UNCHANGED, tag_of, with_etag
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.problems import problem_of
from streams.web.api.times import TIME_FORM, time_as_stored
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.case_states import StateAsked
from streams.web.files import BATCH, FileForm, as_file, asked_for, csv_lines
from streams.web.services import Services

__all__ = ["CASE_ROUTES"]

#: What routes say of themselves that answer with a file on demand.
AS_FILE = {200: ResponseSpec(AuditPage, description="The log; all of it, as a file, with `Accept: text/csv`.")}
CASES_AS_FILE = {
    200: ResponseSpec(
        CaseList,
        description="A page of cases; all of them, as a file, with `Accept: text/csv`, or one JSON text a line with "
        "`Accept: application/x-ndjson`.",
    )
}

InState = Annotated[
    StateAsked | None,
    QueryParameter(
        name="state",
        description="only cases in this state; `undecided`: open and escalated ones, `decided`: confirmed and "
        "dismissed ones",
    ),
]
WithAction = Annotated[Action | None, QueryParameter(description="only cases that lead to this")]
OfLibrary = Annotated[str | None, QueryParameter(description="only cases of references in this library")]
OfReference = Annotated[str | None, QueryParameter(description="only cases of this reference")]
OfMedia = Annotated[str | None, QueryParameter(description="only cases of this input")]
Assignee = Annotated[str | None, QueryParameter(description="only cases that this person has; empty: nobody")]
Since = Annotated[str | None, QueryParameter(description=f"only cases opened at this time or later: {TIME_FORM}")]
Similarity = Annotated[
    float | None, QueryParameter(ge=0, le=1, description="only cases whose match is at least so sure, 0 to 1")
]
OfCase = Annotated[str | None, QueryParameter(description="only decisions on this case")]
Who = Annotated[str | None, QueryParameter(description="only decisions of this person")]
DecidedSince = Annotated[str | None, QueryParameter(description=f"only decisions at this time or later: {TIME_FORM}")]
DecidedUntil = Annotated[str | None, QueryParameter(description=f"only decisions before this time: {TIME_FORM}")]
IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="the case's ETag: the decision is made only if nobody has decided since. Without it, it is made "
        "on whatever state there is",
    ),
]


@get("/cases", summary="List cases", responses=CASES_AS_FILE, opt=needs(Role.READER))
async def list_cases(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    in_state: InState = None,
    action: WithAction = None,
    library: OfLibrary = None,
    reference: OfReference = None,
    media_id: OfMedia = None,
    assignee: Assignee = None,
    since: Since = None,
    similarity: Similarity = None,
    order: FromQuery[CaseOrder] = CaseOrder.SEVERITY,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response[Any]:
    """List cases page by page: by `severity` the most severe first, by `time` the newest; or all of them, in a file."""
    wanted = CaseFilter(
        states=() if in_state is None else in_state.states,
        action=action,
        library=library,
        reference=reference,
        media_id=media_id,
        assignee=assignee,
        since=time_as_stored(since, "since"),
        similarity=similarity,
    )
    if form := asked_for(request, FileForm.CSV, FileForm.JSON_LINES):
        return await cases_file(services, form, wanted, order=order, cursor=cursor)
    page = await asyncio.to_thread(services.model.cases.page, wanted, order=order, cursor=cursor, limit=limit)
    return Response(CaseList(cases=[CaseView.of(case) for case in page.cases], next=page.next))


@get("/cases/{case_id:str}", summary="Show a case", responses=UNCHANGED, opt=needs(Role.READER))
async def show_case(
    case_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[CaseView | None]:
    """Show a case with its newest match and every decision on it; its ETag names the state that one decides on."""
    view = CaseView.of(await services.cases.get(case_id))
    return with_etag(request, view, version=str(view.version))


@post("/cases/{case_id:str}/decisions", status_code=200, summary="Decide on a case", opt=needs(Role.MODERATOR))
async def decide_case(
    case_id: FromPath[str],
    data: JSONBody[NewDecision],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    if_match: IfMatch = None,
) -> Response[CaseView]:
    """Decide on a case under the caller's name; answers when the decision stands, with the case as it is then."""
    wanted = DecisionRequest(case_id=case_id, decision=data.decision, note=data.note, if_match=if_match)
    return _tagged(await services.cases.decide(wanted, who=caller.name))


@post("/decisions", status_code=200, summary="Decide on many cases", opt=needs(Role.MODERATOR))
async def decide_cases(
    data: JSONBody[NewDecisions], services: NamedDependency[Services], caller: NamedDependency[Caller]
) -> DecisionResults:
    """Decide on many cases, each for itself: the answer says of each what became of it. One refused stops no other."""
    wanted = [
        DecisionRequest(case_id=one.case_id, decision=one.decision, note=one.note, if_match=one.if_match)
        for one in data.decisions
    ]
    outcomes = await services.cases.decide_all(wanted, who=caller.name)
    return DecisionResults(
        results=[_result(one.case_id, outcome) for one, outcome in zip(wanted, outcomes, strict=True)]
    )


@put("/cases/{case_id:str}/assignee", summary="Give a case to somebody", opt=needs(Role.MODERATOR))
async def assign_case(
    case_id: FromPath[str],
    data: JSONBody[NewAssignee],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
) -> Response[CaseView]:
    """Say who has a case; whoever says so last is heeded."""
    return _tagged(await services.cases.assign(case_id, data.assignee or "", who=caller.name))


@get("/decisions", summary="Read the audit log, newest first", responses=AS_FILE, opt=needs(Role.READER))
async def list_decisions(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    who: Who = None,
    case_id: OfCase = None,
    since: DecidedSince = None,
    until: DecidedUntil = None,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response[Any]:
    """List decisions page by page; with `Accept: text/csv` all that pass the filters, in one file."""
    wanted = DecisionFilter(
        who=who, case_id=case_id, since=time_as_stored(since, "since"), until=time_as_stored(until, "until")
    )
    if form := asked_for(request, FileForm.CSV):
        await asyncio.to_thread(
            services.model.decisions.page, wanted, cursor=cursor, limit=1
        )  # a bad cursor shows before it begins
        return as_file(_as_csv(services, wanted, cursor), form, "decisions")
    page = await asyncio.to_thread(services.model.decisions.page, wanted, cursor=cursor, limit=limit)
    return Response(AuditPage(decisions=[AuditEntry.of(one) for one in page.decisions], next=page.next))


CASE_ROUTES = (list_cases, show_case, decide_case, decide_cases, assign_case, list_decisions)


def _tagged(case: Case) -> Response[CaseView]:
    view = CaseView.of(case)
    return Response(view, headers={"ETag": tag_of(view, version=str(view.version))})


def _result(case_id: str, outcome: Case | CaseError | OSError) -> DecisionResult:
    if isinstance(outcome, Case):
        return DecisionResult(case_id=case_id, status=HTTPStatus.OK, case=CaseView.of(outcome))
    kind = problem_of(outcome)
    return DecisionResult(case_id=case_id, status=kind.status, code=kind.code, detail=str(outcome))


async def _as_csv(services: Services, wanted: DecisionFilter, cursor: str | None) -> AsyncIterator[bytes]:
    """Yield the audit log as a file, a part at a time."""
    names = AuditEntry.__struct_fields__
    yield csv_lines([names])
    while True:
        page = await asyncio.to_thread(services.model.decisions.page, wanted, cursor=cursor, limit=BATCH)
        entries = map(AuditEntry.of, page.decisions)
        yield csv_lines([getattr(entry, name) for name in names] for entry in entries)
        cursor = page.next
        if cursor is None:
            return
