"""Usage over REST."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery, QueryParameter

from schemas.clock import parse_time
from streams.access.roles import Role
from streams.metering.periods import Interval, checked_span
from streams.web.gate import needs
from streams.web.services import Services
from streams.web.usage_views import PeriodView, SumView, UsageView

__all__ = ["show_usage"]

#: What is summed when nothing else is asked for.
USUAL_SPAN = timedelta(days=30)

From = Annotated[str | None, QueryParameter(name="from", description="first time; 30 days before `to` by default")]
To = Annotated[str | None, QueryParameter(name="to", description="first time that no longer counts; now by default")]


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
    end = _time(until, "to") if until else datetime.now(UTC)
    try:
        start = _time(since, "from") if since else end - USUAL_SPAN
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


def _time(text: str, name: str) -> datetime:
    try:
        return parse_time(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ClientException(f"{name}={text[:40]!r} is no time: write it as 2026-11-23T08:00:00Z") from None
