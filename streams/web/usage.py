"""Usage over REST."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery, QueryParameter

from schemas.clock import parse_time
from streams.metering.periods import Interval, billed_minutes, checked_span
from streams.metering.usage import Usage
from streams.web.services import Services

__all__ = ["PeriodView", "UsageView", "show_usage"]

#: What is summed when nothing else is asked for.
USUAL_SPAN = timedelta(days=30)

From = Annotated[str | None, QueryParameter(name="from", description="first time; 30 days before `to` by default")]
To = Annotated[str | None, QueryParameter(name="to", description="first time that no longer counts; now by default")]


class PeriodView(msgspec.Struct, kw_only=True):
    """Media processed in one period for one library."""

    start: str
    library: str
    jobs: int
    seconds: float

    @classmethod
    def of(cls, usage: Usage) -> Self:
        """Return what to show of a sum."""
        return cls(start=usage.start, library=usage.library, jobs=usage.jobs, seconds=usage.milliseconds / 1000)


class SumView(msgspec.Struct, kw_only=True):
    """Media processed in the whole span. Billed are whole minutes of it: what is left of one is free."""

    library: str | None = None
    jobs: int
    seconds: float
    billed_minutes: int
    cpu_seconds: float

    @classmethod
    def of(cls, usages: list[Usage], library: str | None = None) -> Self:
        """Return what to show of sums put together."""
        milliseconds = sum(usage.milliseconds for usage in usages)
        return cls(
            library=library,
            jobs=sum(usage.jobs for usage in usages),
            seconds=milliseconds / 1000,
            billed_minutes=billed_minutes(milliseconds),
            cpu_seconds=sum(usage.cpu_milliseconds for usage in usages) / 1000,
        )


class UsageView(msgspec.Struct, kw_only=True, rename={"since": "from", "until": "to"}):
    """How much media was processed, by the time at which each job succeeded."""

    since: str
    until: str
    interval: Interval
    total: SumView
    libraries: list[SumView]
    periods: list[PeriodView]


@get("/usage", summary="Sum the media that was processed")
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
