"""The first page: what the service is doing, and what it found lately."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from schemas.jobs import JobStatus
from streams.readmodel.overview import Span
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.charts import BarChart
from streams.web.pages.rendering import render, wording
from streams.web.services import Services

if TYPE_CHECKING:
    from streams.readmodel.overview import Overview

__all__ = ["OVERVIEW_PAGES"]


@get("/", include_in_schema=False, opt=needs(Role.READER))
async def overview_page(
    services: NamedDependency[Services], span: FromQuery[str | None] = None, rows: FromQuery[str | None] = None
) -> Template:
    """Show what the service is doing: of the last hour, or of the last day."""
    chosen = Span.DAY if span == Span.DAY else Span.HOUR
    overview = await asyncio.to_thread(services.model.overview.over, chosen, datetime.now(UTC))
    context = {
        "overview": overview,
        "span": chosen,
        "charts": _charts(overview),
        "counts": overview.jobs,
        "statuses": list(JobStatus),
        "remaining": await asyncio.to_thread(services.model.cases.remaining),
        "oldest": await asyncio.to_thread(services.model.jobs.oldest_unfinished),
        "problems": _problems(services),
        "media_places": services.settings.media_places,
    }
    return render("overview/overview.html", context, rows=rows is not None)


OVERVIEW_PAGES = (overview_page,)


def _charts(overview: Overview) -> list[BarChart]:
    starts = [bucket.start for bucket in overview.buckets]
    return [
        BarChart.of("Minutes of media", starts, [{"minutes": one.media_minutes} for one in overview.buckets]),
        BarChart.of(
            "Jobs that ended",
            starts,
            [{wording(JobStatus(name)): jobs for name, jobs in one.ended.items()} for one in overview.buckets],
        ),
        BarChart.of("Matches", starts, [{"matches": one.matches} for one in overview.buckets]),
        BarChart.of("Outcomes", starts, [dict(one.outcomes) for one in overview.buckets]),
    ]


def _problems(services: Services) -> list[str]:
    """Return in words what keeps this worker from its work."""
    away = [f"{one.neighbour} is away since {one.since}: {one.reason}" for one in services.neighbours.away()]
    files = [problem for problem in services.authenticator.files.problems().values() if problem]
    taking = [] if services.ready() else ["this worker is taking its place in the group"]
    return [*away, *services.held(), *taking, *files]
