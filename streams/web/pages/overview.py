"""The first page: what the service is doing."""

from __future__ import annotations

import asyncio

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromQuery
from litestar.response import Template

from schemas.jobs import JobStatus
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import render
from streams.web.services import Services

__all__ = ["OVERVIEW_PAGES"]


@get("/", include_in_schema=False, opt=needs(Role.READER))
async def overview_page(services: NamedDependency[Services], rows: FromQuery[str | None] = None) -> Template:
    """Show what the service is doing."""
    counts = await asyncio.to_thread(services.model.jobs.counts)
    context = {"counts": counts, "statuses": list(JobStatus), "media_places": services.settings.media_places}
    return render("overview/overview.html", context, rows=rows is not None)


OVERVIEW_PAGES = (overview_page,)
