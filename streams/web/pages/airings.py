"""The page of airings: when which ad ran, as a list and as a day's strip."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from typing import Any, NamedTuple

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import FromQuery
from litestar.response import Template

from schemas.libraries import Purpose
from streams.readmodel.airing_lists import AiringFilter, AiringPage, AiringSums, SumBy
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.day_strip import DayStrip
from streams.web.pages.rendering import PAGE, render
from streams.web.services import Services

__all__ = ["airings_page"]

#: Airings of a day that are drawn: a channel that runs nothing but ads has so many in half a day.
MOST_DRAWN = 1500
#: What `complete` can ask for, and what it is called.
COMPLETE = {"yes": "ran to the end", "no": "were cut"}


class _Day(NamedTuple):
    """A day (UTC), the next one, and the one before."""

    day: str
    following: str
    previous: str

    @classmethod
    def named(cls, text: str) -> _Day:
        """Read a day.

        Raises:
            ClientException: It is none.
        """
        try:
            day, one = date.fromisoformat(text), timedelta(days=1)
            return cls(str(day), str(day + one), str(day - one))
        except (ValueError, OverflowError):
            raise ClientException(f"day={text[:40]!r} is no day: write it as 2026-11-23") from None


@get("/airings", include_in_schema=False, opt=needs(Role.READER))
async def airings_page(
    services: NamedDependency[Services],
    *,
    medium: FromQuery[str | None] = None,
    ad: FromQuery[str | None] = None,
    library: FromQuery[str | None] = None,
    complete: FromQuery[str | None] = None,
    day: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show airings, newest first; what is wrong with a day is said on the page."""
    asked = {"medium": medium or "", "ad": ad or "", "library": library or "", "day": day or ""}
    asked["complete"] = complete if complete in COMPLETE else ""
    context: dict[str, Any] = {"fault": "", "page": AiringPage([]), "strip": None}
    try:
        context |= await asyncio.to_thread(_shown, services, asked, cursor)
    except ClientException as error:
        context["fault"] = error.detail
    context |= {
        "filters": asked,
        "choices": COMPLETE,
        "libraries": [
            one.name for one in await asyncio.to_thread(services.model.libraries.all) if one.purpose is Purpose.ADS
        ],
    }
    return render("airings/airings.html", context, rows=rows is not None)


def _shown(services: Services, asked: dict[str, str], cursor: str | None) -> dict[str, Any]:
    """Return what the page shows of what it is asked for.

    Raises:
        ClientException: The day is none.
    """
    model = services.model.airings
    wanted = AiringFilter(
        media_id=asked["medium"] or None,
        ad=asked["ad"] or None,
        library=asked["library"] or None,
        complete=asked["complete"] == "yes" if asked["complete"] else None,
    )
    day = _Day.named(asked["day"]) if asked["day"] else None
    of_list = wanted if day is None else _on(wanted, day)
    page = model.page(of_list, cursor=cursor, limit=PAGE)
    if day is None:
        newest = next((one.clock_start for one in page.airings if one.clock_start), "")
        day = _Day.named(newest[:10]) if newest else None
    sums: AiringSums = model.sums(SumBy.AD, of_list, limit=1)
    drawn = AiringPage([]) if day is None else model.page(_on(wanted, day), limit=MOST_DRAWN)
    strip = None if day is None else DayStrip.of(day.day, drawn.airings)
    spans = {} if not asked["day"] else {"since": of_list.since or "", "until": of_list.until or ""}
    return {
        "page": page,
        "total": sums.total,
        "strip": strip if strip is not None and strip.hours else None,
        "is_cut": drawn.next is not None,
        "day": day,
        "in_rest": {**{name: asked[name] for name in ("medium", "ad", "library", "complete")}, **spans},
    }


def _on(wanted: AiringFilter, day: _Day) -> AiringFilter:
    """Return a filter for one day of what a filter lets through."""
    midnight = "T00:00:00.000Z"
    return AiringFilter(
        media_id=wanted.media_id,
        ad=wanted.ad,
        library=wanted.library,
        complete=wanted.complete,
        since=day.day + midnight,
        until=day.following + midnight,
    )
