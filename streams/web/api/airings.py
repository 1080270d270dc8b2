"""Airings over REST: when which ad ran."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter

from streams.readmodel.airing_lists import AiringFilter, SumBy
from streams.web.api.airing_files import airings_file, summary_file
from streams.web.api.airing_views import AiringList, AiringSummary, AiringView
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.suppressed import YesNo
from streams.web.api.times import TIME_FORM, time_as_stored
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.files import FileForm, asked_for
from streams.web.services import Services

__all__ = ["AIRING_ROUTES"]


class AiringForm(StrEnum):
    """The form of a list, for who cannot say it by `Accept`."""

    JSON = "json"
    CSV = "csv"


#: What the list says of itself, which is a file on demand.
AS_FILE = {
    200: ResponseSpec(
        AiringList,
        description="A page of airings; all of them, as a file, with `Accept: text/csv` or `format=csv`.",
    )
}

SUMMARY_AS_FILE = {
    200: ResponseSpec(AiringSummary, description="Airings counted; the groups, as a file, with `Accept: text/csv`.")
}

Medium = Annotated[str | None, QueryParameter(description="only airings in this media item")]
Ad = Annotated[str | None, QueryParameter(description="only airings of this ad")]
OfLibrary = Annotated[str | None, QueryParameter(description="only airings of ads in this library")]
Since = Annotated[
    str | None,
    QueryParameter(
        description="only airings that began at this time or later, by the clock; those without one count as of when "
        f"their medium was asked for: {TIME_FORM}"
    ),
]
Until = Annotated[str | None, QueryParameter(description=f"only airings that began before this time: {TIME_FORM}")]
Complete = Annotated[
    YesNo | None, QueryParameter(description="`yes`: only those of which all ran; `no`: only those that were cut")
]
Form = Annotated[AiringForm | None, QueryParameter(description="`csv`: all of it in one file, whatever `Accept` says")]
By = Annotated[SumBy, QueryParameter(description="what to sum by: `hour` and `day` are of the time as in `since`, UTC")]
Groups = Annotated[int, QueryParameter(ge=1, le=1000, description="how many groups at the most")]


def _filter(
    *,
    medium: str | None,
    ad: str | None,
    library: str | None,
    since: str | None,
    until: str | None,
    complete: YesNo | None,
) -> AiringFilter:
    """Return what an address asks for.

    Raises:
        ClientException: A time is none.
    """
    return AiringFilter(
        media_id=medium,
        ad=ad,
        library=library,
        since=time_as_stored(since, "since"),
        until=time_as_stored(until, "until"),
        complete=None if complete is None else complete is YesNo.YES,
    )


@get("/airings", summary="List when ads ran, newest first", responses=AS_FILE, opt=needs(Role.READER))
async def list_airings(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    medium: Medium = None,
    ad: Ad = None,
    library: OfLibrary = None,
    since: Since = None,
    until: Until = None,
    complete: Complete = None,
    format: Form = None,  # noqa: A002 (its name in the address)
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response[Any]:
    """List airings page by page; with `Accept: text/csv` or `format=csv` all that pass the filters, in one file."""
    wanted = _filter(medium=medium, ad=ad, library=library, since=since, until=until, complete=complete)
    if format is AiringForm.CSV or (format is None and asked_for(request, FileForm.CSV)):
        return await airings_file(services, wanted, cursor=cursor)
    page = await asyncio.to_thread(services.model.airings.page, wanted, cursor=cursor, limit=limit)
    return Response(AiringList(airings=[AiringView.of(one) for one in page.airings], next=page.next))


@get(
    "/airings/summary",
    summary="Count airings by ad, medium, hour or day",
    responses=SUMMARY_AS_FILE,
    opt=needs(Role.READER),
)
async def sum_airings(
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    by: By = SumBy.AD,
    medium: Medium = None,
    ad: Ad = None,
    library: OfLibrary = None,
    since: Since = None,
    until: Until = None,
    complete: Complete = None,
    limit: Groups = 100,
) -> Response[Any]:
    """Count the airings that pass the filters, and their seconds: all of them, and by ad, medium, hour or day."""
    wanted = _filter(medium=medium, ad=ad, library=library, since=since, until=until, complete=complete)
    sums = await asyncio.to_thread(services.model.airings.sums, by, wanted, limit=limit)
    summary = AiringSummary.of(by, sums)
    return summary_file(summary) if asked_for(request, FileForm.CSV) else Response(summary)


AIRING_ROUTES = (list_airings, sum_airings)
