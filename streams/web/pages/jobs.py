"""The pages of jobs: all of them as they come, and one with what it found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from litestar import get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.coverage import shortfalls
from schemas.jobs import JobStatus
from schemas.matches import best_first
from streams.readmodel.jobs import JobFilter, JobPage
from streams.readmodel.pagination import BadCursor
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import PAGE, render, rows_asked
from streams.web.pages.timeline import Timeline
from streams.web.services import Services

if TYPE_CHECKING:
    from schemas.jobs import Job

__all__ = ["JOB_PAGES"]


@get("/jobs", include_in_schema=False, opt=needs(Role.READER))
async def jobs_page(
    services: NamedDependency[Services],
    *,
    status: FromQuery[str | None] = None,
    library: FromQuery[str | None] = None,
    media_id: FromQuery[str | None] = None,
    copies: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show jobs as they come, newest first."""
    chosen = JobStatus(status) if status in set(JobStatus) else None
    wanted = JobFilter(status=chosen, library=library or None, media_id=media_id or None, copies=bool(copies))
    asked = rows_asked(rows)
    page = await asyncio.to_thread(_listed, services, wanted, cursor, asked)
    context = {
        "page": page,
        "counts": await asyncio.to_thread(services.model.jobs.counts),
        "statuses": list(JobStatus),
        "filters": {
            "status": chosen or "",
            "library": library or "",
            "media_id": media_id or "",
            "copies": copies or "",
        },
        "media_places": services.settings.media_places,
        "only_rows": bool(asked),
    }
    return render("jobs/list.html", context, rows=asked is not None)


@get("/jobs/{job_id:str}", include_in_schema=False, opt=needs(Role.READER))
async def job_page(
    job_id: FromPath[str], services: NamedDependency[Services], rows: FromQuery[str | None] = None
) -> Template:
    """Show one job with what it found."""
    job = await asyncio.to_thread(services.model.jobs.get, job_id)
    if job is None:
        raise NotFoundException(f"there is no job {job_id!r}")
    job = await asyncio.to_thread(services.results.told, job)
    live = [] if job.status.ended else await asyncio.to_thread(services.model.matches.live, job_id)
    matches = best_first(job.matches or [seen.match for seen in live])
    durations = await asyncio.to_thread(_durations, services, [match.media_id for match in matches])
    timelines = [Timeline.of(match, job.metrics.duration, durations.get(match.media_id, 0.0)) for match in matches]
    context = {"job": job, "timelines": timelines, "shortfalls": shortfalls(job.coverage, job.unsearched)}
    return render("jobs/job.html", context, rows=rows is not None)


JOB_PAGES = (jobs_page, job_page)


def _listed(services: Services, wanted: JobFilter, cursor: str | None, asked: list[str] | None) -> JobPage:
    """Return the jobs to show: a page of them, or those that an open page asks for, where they belong on it."""
    if asked:
        found = [services.model.jobs.page(_only(wanted, job_id), limit=1).jobs for job_id in asked]
        page = JobPage([job for jobs in found for job in jobs])
    else:
        try:
            page = services.model.jobs.page(wanted, cursor=cursor, limit=PAGE)
        except BadCursor:
            page = services.model.jobs.page(wanted, limit=PAGE)
    jobs: list[Job] = [services.results.told(job) for job in page.jobs]
    jobs.sort(key=lambda job: (job.creation_time, job.job_id), reverse=True)
    return JobPage(jobs, page.next)


def _only(wanted: JobFilter, job_id: str) -> JobFilter:
    return JobFilter(
        job_id=job_id,
        status=wanted.status,
        library=wanted.library,
        media_id=wanted.media_id,
        copies=wanted.copies,
    )


def _durations(services: Services, media_ids: list[str]) -> dict[str, float]:
    results = {media_id: services.model.jobs.result(media_id) for media_id in set(media_ids)}
    return {media_id: job.metrics.duration for media_id, job in results.items() if job is not None}
