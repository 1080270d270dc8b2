"""The page of usage: how much media was processed, by period and library."""

from __future__ import annotations

import asyncio
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery, QueryParameter
from litestar.response import Template

from streams.domain.billing_periods import Interval
from streams.web.api.usage import summed
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import render
from streams.web.services import Services

__all__ = ["usage_page"]

#: Rows of periods that the page shows, newest first; a shorter span shows the rest.
MOST_PERIODS = 500


@get("/usage", include_in_schema=False, opt=needs(Role.READER))
async def usage_page(
    services: NamedDependency[Services],
    *,
    since: Annotated[str | None, QueryParameter(name="from")] = None,
    until: Annotated[str | None, QueryParameter(name="to")] = None,
    interval: FromQuery[str | None] = None,
    library: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show how much media was processed; what is wrong with the span is said on the page."""
    by = Interval(interval) if interval in set(Interval) else Interval.DAY
    usage, fault = None, ""
    try:
        usage = await summed(services, since or None, until or None, by, library or None)
    except ClientException as error:
        fault = error.detail
    periods = [] if usage is None else usage.periods[::-1]
    context = {
        "usage": usage,
        "fault": fault,
        "periods": periods[:MOST_PERIODS],
        "is_cut": len(periods) > MOST_PERIODS,
        "most": max((one.seconds for one in periods), default=0.0),
        "filters": {"from": since or "", "to": until or "", "interval": by, "library": library or ""},
        "intervals": list(Interval),
        "libraries": await asyncio.to_thread(services.model.libraries.all),
    }
    return render("operate/usage.html", context, rows=rows is not None)
