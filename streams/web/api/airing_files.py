"""Airings as a file: all that a filter lets through, in the order of the list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streams.readmodel.airing_lists import SumBy
from streams.web.api.airing_views import AiringSummary, AiringSumView, AiringView
from streams.web.files import BATCH, FileForm, as_file, csv_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar.response import Stream

    from streams.readmodel.airing_lists import AiringFilter
    from streams.web.services import Services

__all__ = ["airings_file", "summary_file"]


async def airings_file(services: Services, wanted: AiringFilter, *, cursor: str | None = None) -> Stream:
    """Answer with all airings that a filter lets through, as CSV.

    Raises:
        BadCursor: The cursor is none of this list's; said before the file begins.
    """
    await asyncio.to_thread(services.model.airings.page, wanted, cursor=cursor, limit=1)
    return as_file(_parts(services, wanted, cursor), FileForm.CSV, "airings")


def summary_file(summary: AiringSummary) -> Stream:
    """Answer with the groups of a summary as CSV; the total is the sum of them where none are left out."""
    return as_file(_summed(summary), FileForm.CSV, "airings-summary")


async def _summed(summary: AiringSummary) -> AsyncIterator[bytes]:
    named = {"ad", "library", "medium", "hour", "day"}
    here = {summary.by.value, *(["library"] if summary.by is SumBy.AD else [])}
    names = [name for name in AiringSumView.__struct_fields__ if name not in named or name in here]
    yield csv_lines([names])
    yield csv_lines([getattr(one, name) for name in names] for one in summary.groups)


async def _parts(services: Services, wanted: AiringFilter, cursor: str | None) -> AsyncIterator[bytes]:
    names = AiringView.__struct_fields__
    yield csv_lines([names])
    while True:
        page = await asyncio.to_thread(services.model.airings.page, wanted, cursor=cursor, limit=BATCH)
        views = map(AiringView.of, page.airings)
        yield csv_lines([_cell(getattr(view, name)) for name in names] for view in views)
        cursor = page.next
        if cursor is None:
            return


def _cell(value: object) -> object:
    """Return a value as spreadsheets read it: truth as JSON writes it."""
    return str(value).lower() if isinstance(value, bool) else value
