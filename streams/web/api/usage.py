"""Usage over REST."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery, QueryParameter

from streams.domain.billing_periods import Interval, checked_span
from streams.web.api.times import TIME_FORM, named_time
from streams.web.api.usage_views import PeriodView, SumView, UsageView
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.services import Services

__all__ = ["show_usage", "summed"]

#: What is summed when nothing else is asked for.
USUAL_SPAN = timedelta(days=30)

From = Annotated[
    str | None, QueryParameter(name="from", description=f"first time: {TIME_FORM}; 30 days before `to` by default")
]
To = Annotated[
    str | None,
    QueryParameter(name="to", description="first time that no longer counts, written so too; now by default"),
]


@get("/usage", summary="Sum the media that was processed", opt=needs(Role.READER))
async def show_usage(
    services: NamedDependency[Services],
    *,
    since: From = None,
    until: To = None,
    interval: FromQuery[Interval] = Interval.DAY,
    library: FromQuery[str | None] = None,
) -> UsageView:
    """Sum the seconds of media whose jobs succeeded, by hour or by day (UTC), for each library."""
    return await summed(services, since, until, interval, library)


async def summed(
    services: Services, since: str | None, until: str | None, interval: Interval, library: str | None
) -> UsageView:
    """Return what was processed in a span of time, as it is asked for in an address.

    Args:
        services: The service.
        since: First time; None: 30 days before the end.
        until: First time that no longer counts; None: now.
        interval: How long each period is.
        library: Only this one; None: all.

    Raises:
        ClientException: A time is none, or the span is empty or too long.
    """
    end = named_time(until, "to") if until else datetime.now(UTC)
    try:
        start = named_time(since, "from") if since else end - USUAL_SPAN
        span = checked_span(start, end, interval)
    except (ValueError, OverflowError) as error:
        raise ClientException(str(error)) from error
    log = services.model.usage
    periods = await asyncio.to_thread(log.by_period, *span, interval, library)
    libraries = await asyncio.to_thread(log.by_library, *span, library)
    return UsageView(
        since=span[0],
        until=span[1],
        interval=interval,
        total=SumView.of(libraries),
        libraries=[SumView.of([one], one.library) for one in libraries],
        periods=[PeriodView.of(one) for one in periods],
    )
