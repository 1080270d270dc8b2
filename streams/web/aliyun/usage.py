"""`DescribeVodAIData` of ApsaraVideo VOD: how much media was processed."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from schemas.clock import format_time, parse_time
from streams.domain.billing_periods import Interval, billed_minutes
from streams.readmodel.usage import Usage
from streams.web.aliyun.call import Call
from streams.web.aliyun.errors import invalid
from streams.web.aliyun.jobs import seconds_only
from streams.web.services import Services

__all__ = ["describe_vod_ai_data"]

#: The vendor's name for fingerprinting and matching on its bills, and its names for what is not done here.
DNA, OTHERS = "AIVideoFPShot", {"AIVideoCensor", "AIVideoTag"}
#: Up to this span numbers are by the hour, up to the other one by the day: the vendor's figures.
BY_HOUR, BY_DAY = timedelta(days=7), timedelta(days=31)


async def describe_vod_ai_data(call: Call, services: Services) -> dict[str, Any]:
    """Show the minutes of media whose jobs succeeded, by the hour or by the day. There are no regions to tell apart."""
    start, end = _time(call, "StartTime"), _time(call, "EndTime")
    if end <= start:
        raise invalid("EndTime", "it is not later than StartTime")
    if end - start > BY_DAY:
        raise invalid("EndTime", f"it is more than {BY_DAY.days} days later than StartTime")
    interval = Interval.HOUR if end - start <= BY_HOUR else Interval.DAY
    usages: list[Usage] = []
    if _wanted(call):
        span = format_time(start), format_time(end)
        usages = await asyncio.to_thread(services.model.usage.by_period, *span, interval)
    return {"DataInterval": interval, "AIData": {"AIDataItem": _items(usages)}}


def _items(usages: list[Usage]) -> list[dict[str, Any]]:
    """Return whole minutes; what is left of one counts in the period that follows, so that they add up to the bill."""
    items = []
    total = 0
    for start, libraries in groupby(usages, key=lambda usage: usage.start):
        before, total = total, total + sum(usage.milliseconds for usage in libraries)
        value = billed_minutes(total) - billed_minutes(before)
        data = {"DataItem": [{"Name": DNA, "Value": str(value)}]}
        items.append({"TimeStamp": seconds_only(start), "Data": data})
    return items


def _wanted(call: Call) -> bool:
    """Whether the kinds of AI that are asked for hold ours; all do when none is named."""
    if call.optional("AIType") is None:
        return True
    kinds = set(call.ids("AIType"))
    if kinds - OTHERS - {DNA}:
        raise invalid("AIType", f"it is none of {', '.join(sorted({DNA, *OTHERS}))}")
    return DNA in kinds


def _time(call: Call, name: str) -> datetime:
    try:
        return parse_time(call.text(name)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise invalid(name, "it is no time such as 2026-11-24T08:00:00Z") from None
