"""The queue: what people are to decide, and what they have decided."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Stream, Template

from schemas.cases import LONGEST_NOTE, CaseState
from schemas.limits import LONGEST_CALLER
from schemas.policies import Action
from streams.readmodel.cases import RemainingCases
from streams.readmodel.pagination import BadCursor
from streams.web.api.case_files import cases_file
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.case_states import StateAsked
from streams.web.files import FileForm
from streams.web.pages.queue_filter import ME, NOBODY, QueueFilter, written_assignee
from streams.web.pages.queue_rows import DECIDED, QueueRow, queue_rows
from streams.web.pages.rendering import PAGE, percent, render, rows_asked
from streams.web.services import Services

if TYPE_CHECKING:
    from streams.readmodel.counting import Count
    from streams.readmodel.model import ReadModel

__all__ = ["QUEUE_PAGES"]

#: Shares that the form offers as least similarity.
SIMILARITIES = (0.5, 0.65, 0.8, 0.9, 0.95)
#: People with cases that are named above the list; the others are found by the filter.
MOST_NAMED = 8


class ExportForm(StrEnum):
    """What the links to a file are called on the page."""

    CSV = "csv"
    JSON = "json"


class View(msgspec.Struct, frozen=True):
    """A list that everybody looks at: what it is called, its filter, and how many cases are in it."""

    title: str
    filters: QueueFilter
    count: str


class _Listed(msgspec.Struct, frozen=True):
    """What the read model says for one page.

    Attributes:
        rows: The cases.
        next: Cursor of the page behind it.
        remaining: What is left under the filter.
        all_left: What is left in all.
        counts: All cases, by state.
    """

    rows: list[QueueRow]
    next: str | None
    remaining: RemainingCases
    all_left: RemainingCases
    counts: dict[str, int]


@get("/cases", include_in_schema=False, opt=needs(Role.READER))
async def queue_page(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    *,
    cursor: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show cases, the most severe first; those that an open page asks for also when they are in its list no more."""
    filters = QueueFilter.read(request.query_params, me=caller.name)
    asked = rows_asked(rows)
    listed = await asyncio.to_thread(_listed, services.model, filters, asked, cursor or None, until or None)
    people = _people(filters, listed.remaining)
    context = {
        "filters": filters,
        "filtered": any(filters.given.values()),
        "listed": listed,
        "views": _views(caller.name, listed),
        "people": people,
        "people_named": [(sign, name) for name, sign, _ in people if sign not in {ME, NOBODY}],
        "similarities": [(str(one), percent(one)) for one in SIMILARITIES],
        "only_rows": bool(asked),
        "cursor": cursor or "",
        "decided": DECIDED,
        "me": ME,
        "nobody": NOBODY,
        "longest_note": LONGEST_NOTE,
        "longest_name": LONGEST_CALLER,
    }
    return render("cases/queue.html", context, rows=asked is not None)


@get("/cases/export", include_in_schema=False, opt=needs(Role.READER))
async def export_queue(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    form: FromQuery[ExportForm] = ExportForm.CSV,
) -> Stream:
    """Save all cases of a list, as CSV or as one JSON text a line."""
    filters = QueueFilter.read(request.query_params, me=caller.name)
    as_form = {ExportForm.CSV: FileForm.CSV, ExportForm.JSON: FileForm.JSON_LINES}[form]
    return await cases_file(services, as_form, filters.wanted(), order=filters.order)


QUEUE_PAGES = (queue_page, export_queue)


def _listed(
    model: ReadModel, filters: QueueFilter, asked: list[str] | None, cursor: str | None, until: str | None
) -> _Listed:
    wanted = filters.wanted()
    following = None
    if asked:
        rows = _asked_rows(model, filters, asked, cursor, until)
    else:
        try:
            page = model.cases.page(wanted, order=filters.order, cursor=cursor, limit=PAGE)
        except BadCursor:
            page = model.cases.page(wanted, order=filters.order, limit=PAGE)
        rows, following = queue_rows(model, page.cases), page.next
    return _Listed(
        rows, following, model.cases.remaining(filters.left()), model.cases.remaining(), model.cases.counts()
    )


def _asked_rows(
    model: ReadModel, filters: QueueFilter, asked: list[str], cursor: str | None, until: str | None
) -> list[QueueRow]:
    """Return the rows that an open page asks for: those that its part of the list shows come first, in its order.

    A row that the page shows already stays on it, marked, when the list has it no more, or on another page; one that it
    does not show must not come as a new one then.
    """
    wanted = filters.wanted()
    try:
        here = model.cases.among(asked, wanted, order=filters.order, cursor=cursor, until=until)
    except BadCursor:
        here = []
    shown = {case.case_id for case in here}
    others = model.cases.known([case_id for case_id in asked if case_id not in shown])
    fitting = shown | {case.case_id for case in model.cases.among([one.case_id for one in others], wanted)}
    return queue_rows(model, [*here, *others], fitting=fitting, here=shown)


def _views(me: str, listed: _Listed) -> list[View]:
    left, counts = listed.all_left, listed.counts
    mine = left.by_assignee.get(me)

    done = counts[CaseState.CONFIRMED] + counts[CaseState.DISMISSED]
    return [
        View("To do", QueueFilter(), str(left.total)),
        View("Mine", QueueFilter(assignee=ME), str(mine or 0)),
        View("Escalated", QueueFilter(state=StateAsked.ESCALATED), str(left.by_state[CaseState.ESCALATED])),
        View("Blocked", QueueFilter(action=Action.BLOCK), str(left.by_action[Action.BLOCK])),
        View("Decided", QueueFilter(state=StateAsked.DECIDED), f"{done:,}"),
    ]


def _people(filters: QueueFilter, remaining: RemainingCases) -> list[tuple[str, str, Count]]:
    """Return who has how many of the cases that are left: their name, how the address names them, and the number."""
    named = [
        (name, ME if name and name == filters.me else written_assignee(name), count)
        for name, count in remaining.by_assignee.items()
    ]
    return named[:MOST_NAMED]
