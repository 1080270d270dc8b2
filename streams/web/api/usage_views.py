"""What the REST API shows of usage."""

from __future__ import annotations

from typing import Self

import msgspec

from streams.domain.billing_periods import Interval, billed_minutes
from streams.readmodel.usage import Usage

__all__ = ["PeriodView", "SumView", "UsageView"]


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
