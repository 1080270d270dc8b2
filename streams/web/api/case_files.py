"""Cases as files: all that a filter lets through, in the order of the list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streams.readmodel.cases import CaseFilter, CaseOrder
from streams.web.api.case_views import CaseView
from streams.web.files import BATCH, FileForm, as_file, csv_lines, json_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar.response import Stream

    from streams.web.services import Services

__all__ = ["cases_file"]

#: Columns of the CSV that are fields of a case as REST shows it.
FIELDS = (
    "case_id", "state", "closed_because", "action", "policy", "media_id", "library", "reference", "matched_seconds",
    "retroactive", "job_id", "assignee", "opened", "updated", "version",
)  # fmt: skip
#: Columns about its match, and about the last decision on it; empty where there is none.
OF_MATCH = ("similarity", "track", "input_coverage", "reference_coverage", "edits")
OF_DECISION = ("decision", "who", "when", "note")


async def cases_file(
    services: Services, form: FileForm, wanted: CaseFilter, *, order: CaseOrder, cursor: str | None = None
) -> Stream:
    """Answer with all cases that a filter lets through, as a file.

    Raises:
        BadCursor: The cursor is none of this list's in this order; said before the file begins.
    """
    await asyncio.to_thread(services.model.cases.page, wanted, order=order, cursor=cursor, limit=1)
    return as_file(_parts(services, form, wanted, order, cursor), form, "cases")


async def _parts(
    services: Services, form: FileForm, wanted: CaseFilter, order: CaseOrder, cursor: str | None
) -> AsyncIterator[bytes]:
    if form is FileForm.CSV:
        yield csv_lines([(*FIELDS, *OF_MATCH, *OF_DECISION)])
    while True:
        page = await asyncio.to_thread(services.model.cases.page, wanted, order=order, cursor=cursor, limit=BATCH)
        views = [CaseView.of(case) for case in page.cases]
        yield csv_lines(map(_row, views)) if form is FileForm.CSV else json_lines(views)
        cursor = page.next
        if cursor is None:
            return


def _row(view: CaseView) -> list[object]:
    match, last = view.match, view.decisions[-1] if view.decisions else None
    of_match: list[object] = [""] * len(OF_MATCH)
    if match is not None:
        edits = dict.fromkeys(edit for interval in match.intervals for edit in interval.transforms)
        of_match = [match.similarity, match.track, match.input_coverage, match.reference_coverage, " ".join(edits)]
    of_decision = [getattr(last, name, "") for name in OF_DECISION]
    return [*(getattr(view, name) for name in FIELDS), *of_match, *of_decision]
