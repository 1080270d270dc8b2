"""The page of one media item: its versions, where it is stored, what it copies, and what copies it."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.clock import utc_now
from schemas.ids import case_id
from streams.readmodel.airing_lists import AiringFilter
from streams.readmodel.case_lists import CaseFilter
from streams.readmodel.jobs import JobFilter
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_MEDIA
from streams.web.services import Services

__all__ = ["MEDIA_PAGES"]

#: Versions and cases that are listed; the lists of all of them are linked to.
SHOWN = 10


@get("/media/{media_id:str}", include_in_schema=False, opt=needs(Role.READER))
async def media_page(
    media_id: FromPath[str],
    services: NamedDependency[Services],
    *,
    copies: FromQuery[str | None] = None,
    copied: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show a media item; `copies` and `copied` are cursors of its two lists of matches."""
    context = await asyncio.to_thread(_shown, services, media_id, copies, copied)
    if not any(context[name] for name in ("versions", "items", "copied_by", "outcome")):
        raise ProblemError(UNKNOWN_MEDIA, f"nothing is known of media {media_id!r}")
    return render("media/media.html", context, rows=rows is not None)


MEDIA_PAGES = (media_page,)


def _shown(services: Services, media_id: str, copies: str | None, copied: str | None) -> dict[str, Any]:
    model = services.model
    found = model.matches.page(media_id=media_id, cursor=copies, limit=PAGE)
    found_by = model.matches.page(reference=media_id, cursor=copied, limit=PAGE)
    newest = model.jobs.result(media_id)
    return {
        "media_id": media_id,
        "versions": model.jobs.page(JobFilter(media_id=media_id), limit=SHOWN).jobs,
        "newest": None if newest is None else services.results.told(newest),
        "items": model.libraries.items_of(media_id),
        "outcome": model.outcomes.get(media_id),
        "cases": model.cases.page(CaseFilter(media_id=media_id), limit=SHOWN).cases,
        "copies": found.matches,
        "copied_by": found_by.matches,
        "older_copies": {"copies": found.next or "", "copied": copied or ""} if found.next else None,
        "older_copied": {"copies": copies or "", "copied": found_by.next or ""} if found_by.next else None,
        "case_id": case_id,
        "said_of_boilerplate": model.boilerplate.about([media_id]),
        "cluster": model.clusters.of(media_id, now=utc_now()),
        "airings_in": bool(model.airings.page(AiringFilter(media_id=media_id), limit=1).airings),
        "airings_of": bool(model.airings.page(AiringFilter(ad=media_id), limit=1).airings),
    }
