"""Airings as a file: all that a filter lets through, in the order of the list."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streams.web.api.airing_views import AiringView
from streams.web.files import BATCH, FileForm, as_file, csv_lines

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from litestar.response import Stream

    from streams.readmodel.airing_lists import AiringFilter
    from streams.web.services import Services

__all__ = ["airings_file"]


async def airings_file(services: Services, wanted: AiringFilter, *, cursor: str | None = None) -> Stream:
    """Answer with all airings that a filter lets through, as CSV.

    Raises:
        BadCursor: The cursor is none of this list's; said before the file begins.
    """
    await asyncio.to_thread(services.model.airings.page, wanted, cursor=cursor, limit=1)
    return as_file(_parts(services, wanted, cursor), FileForm.CSV, "airings")


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
