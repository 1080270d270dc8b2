"""The page of clusters: which media are copies of each other, by size and by growth."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from schemas.clock import utc_now
from streams.domain.clusters import GROWTH_DAYS, days_until
from streams.readmodel.cluster_lists import ClusterSort
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.charts import BarChart
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

__all__ = ["clusters_page"]

#: Days that growth can be looked at over: a week, a month, a quarter.
SPANS = (GROWTH_DAYS, 30, 90)


@get("/clusters", include_in_schema=False, opt=needs(Role.READER))
async def clusters_page(
    services: NamedDependency[Services],
    *,
    sort: FromQuery[str | None] = None,
    days: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show clusters, the largest first, or those that grew most; what is no such order, or time, is left out."""
    chosen = ClusterSort.GROWTH if sort == ClusterSort.GROWTH else ClusterSort.SIZE
    span = next((one for one in SPANS if str(one) == days), GROWTH_DAYS)
    context = await asyncio.to_thread(_shown, services, chosen, span, cursor)
    return render("clusters/clusters.html", context, rows=rows is not None)


def _shown(services: Services, sort: ClusterSort, span: int, cursor: str | None) -> dict[str, Any]:
    now = utc_now()
    page = services.model.clusters.page(sort, now=now, days=span, cursor=cursor, limit=PAGE)
    days = days_until(now, span)
    title = f"New media a day, {days[0]} to {days[-1]}"
    charts = [BarChart.of(title, days, [_new(one.days.get(day, 0)) for day in days]) for one in page.clusters]
    return {
        "clusters": list(zip(page.clusters, charts, strict=True)),
        "next": page.next,
        "sort": sort,
        "days": span,
        "spans": SPANS,
        "asked": {"sort": str(sort), "days": str(span)},
    }


def _new(members: int) -> dict[str, float]:
    return {"new": float(members)} if members else {}
