"""The web view: pages for people, made on the server; a small script keeps them live."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from litestar import Router, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template.config import TemplateConfig

from schemas.coverage import shortfalls
from schemas.jobs import JobStatus
from schemas.matches import best_first
from streams.readmodel.jobs import JobFilter, JobPage
from streams.readmodel.pagination import BadCursor
from streams.redaction import redacted, without_secrets
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.timeline import Timeline
from streams.web.paths import in_path
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_JOB
from streams.web.services import Services

__all__ = ["page_router", "render", "template_config"]

#: Jobs on one page of the list.
PAGE = 50
#: The least share that is written as a number.
LEAST_SHARE = 0.01
#: From which similarity on a match is shown how: a person looks at the red ones first. 0.8 is also the usual threshold
#: of a duplicate that is not stored again.
STRENGTHS = (("strong", 0.8), ("likely", 0.65), ("weak", 0.0))
#: What people call each status.
WORDING = {
    JobStatus.INIT: "waiting",
    JobStatus.PROCESSING: "processing",
    JobStatus.SUCCESS: "done",
    JobStatus.FAIL: "failed",
    JobStatus.CANCELLED: "cancelled",
}


@get("/", include_in_schema=False, opt=needs(Role.READER))
async def jobs_page(
    services: NamedDependency[Services],
    *,
    status: FromQuery[str | None] = None,
    library: FromQuery[str | None] = None,
    media_id: FromQuery[str | None] = None,
    copies: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
) -> Template:
    """Show jobs as they come, newest first."""
    chosen = JobStatus(status) if status in set(JobStatus) else None
    wanted = JobFilter(status=chosen, library=library or None, media_id=media_id or None, copies=bool(copies))
    try:
        page = await asyncio.to_thread(services.model.jobs.page, wanted, cursor=cursor, limit=PAGE)
    except BadCursor:
        page = await asyncio.to_thread(services.model.jobs.page, wanted, limit=PAGE)
    told = await asyncio.to_thread(lambda: [services.results.told(job) for job in page.jobs])
    context = {
        "page": JobPage(told, page.next),
        "counts": await asyncio.to_thread(services.model.jobs.counts),
        "statuses": list(JobStatus),
        "status": chosen or "",
        "library": library or "",
        "media_id": media_id or "",
        "copies": copies or "",
        "media_places": services.settings.media_places,
    }
    return render("jobs.html", context)


@get("/jobs/{job_id:str}", include_in_schema=False, opt=needs(Role.READER))
async def job_page(job_id: FromPath[str], services: NamedDependency[Services]) -> Template:
    """Show one job with what it found."""
    job = await asyncio.to_thread(services.model.jobs.get, job_id)
    if job is None:
        raise ProblemError(UNKNOWN_JOB, f"there is no job {job_id!r}")
    job = await asyncio.to_thread(services.results.told, job)
    live = [] if job.status.ended else await asyncio.to_thread(services.model.matches.live, job_id)
    matches = best_first(job.matches or [seen.match for seen in live])
    durations = await asyncio.to_thread(_durations, services, [match.media_id for match in matches])
    timelines = [Timeline.of(match, job.metrics.duration, durations.get(match.media_id, 0.0)) for match in matches]
    context = {"job": job, "timelines": timelines, "shortfalls": shortfalls(job.coverage, job.unsearched)}
    return render("job.html", context)


def page_router() -> Router:
    """Return the routes of the pages."""
    return Router("/", route_handlers=[jobs_page, job_page], include_in_schema=False)


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Return where templates are and how they write numbers."""
    config = TemplateConfig(directory=Path(__file__).parent.parent / "templates", engine=JinjaTemplateEngine)
    filters = config.engine_instance.engine.filters
    for one in (address, best_first, clock, in_path, percent, share, redacted, strength, without_secrets, wording):
        filters[one.__name__] = one
    return config


def clock(seconds: float) -> str:
    """Write a time on a media's clock, such as `1:02:03.4`."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes}:{rest / 10:04.1f}"
    return f"{hours}:{minutes:02d}:{rest / 10:04.1f}" if hours else text


def percent(part: float) -> str:
    """Write a share as a percentage, never rounding up to all of it."""
    return f"{int(part * 1000) / 10:.0f} %" if part >= 1.0 else f"{int(part * 100)} %"


def share(covered: float) -> str:
    """Write a covered share in words: a minute of a whole film is little, and not nothing."""
    return "under 1 %" if 0 < covered < LEAST_SHARE else percent(covered)


def strength(similarity: float) -> str:
    """Name the class by which the page colours a similarity."""
    return next(name for name, least in STRENGTHS if similarity >= least)


def wording(status: JobStatus) -> str:
    """Write a job's status as people say it."""
    return WORDING[status]


def address(parameters: Mapping[str, str]) -> str:
    """Write a query string of those parameters that say something."""
    return urlencode({name: value for name, value in parameters.items() if value})


def _durations(services: Services, media_ids: list[str]) -> dict[str, float]:
    results = {media_id: services.model.jobs.result(media_id) for media_id in set(media_ids)}
    return {media_id: job.metrics.duration for media_id, job in results.items() if job is not None}


def render(name: str, context: dict[str, Any]) -> Template:
    """Return a page that is made of a template."""
    return Template(name, context=context)
