"""The pages of jobs: all of them as they come, and one with what it found."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from schemas.coverage import shortfalls
from schemas.errors import ErrorCode
from schemas.ids import case_id
from schemas.jobs import UPLOADED, JobStatus
from schemas.matches import best_first
from streams.readmodel.counting import summed
from streams.readmodel.jobs import JobFilter, JobPage
from streams.readmodel.pagination import BadCursor
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.boilerplate import overrulable, said_of
from streams.web.pages.rendering import PAGE, render, rows_asked
from streams.web.pages.timeline import Timeline
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_JOB
from streams.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.jobs import Job
    from schemas.matches import Match
    from schemas.policies import Ruling

__all__ = ["JOB_PAGES"]

#: Matches of a job that are drawn at once; a compilation's fifty are folded behind them.
OPEN_MATCHES = 5
#: Codes that a person may ask for: those with which a job can end badly.
CODES = [code.value for code in ErrorCode if code is not ErrorCode.OK]


@get("/jobs", include_in_schema=False, opt=needs(Role.READER))
async def jobs_page(
    services: NamedDependency[Services],
    *,
    status: FromQuery[str] = "",
    name: FromQuery[str] = "",
    library: FromQuery[str] = "",
    reference: FromQuery[str] = "",
    similarity: FromQuery[str] = "",
    since: FromQuery[str] = "",
    until: FromQuery[str] = "",
    code: FromQuery[str] = "",
    job_id: FromQuery[str] = "",
    media_id: FromQuery[str] = "",
    copies: FromQuery[str] = "",
    cursor: FromQuery[str | None] = None,
    rows: FromQuery[str | None] = None,
) -> Template:
    """Show jobs as they come, newest first. What is no value of a filter is left out of it, and said."""
    given = {
        "status": status,
        "name": name,
        "library": library,
        "reference": reference,
        "similarity": similarity,
        "since": since,
        "until": until,
        "code": code,
        "job_id": job_id,
        "media_id": media_id,
        "copies": copies,
    }
    wanted, unusable = _read(given)
    asked = rows_asked(rows)
    page = await asyncio.to_thread(_listed, services, wanted, cursor, asked)
    counts = await asyncio.to_thread(services.model.jobs.counted, wanted)
    context = {
        "page": page,
        "counts": counts,
        "total": summed(counts.values()),
        "statuses": list(JobStatus),
        "codes": CODES,
        "filters": {field: value for field, value in given.items() if field not in unusable},
        "unusable": unusable,
        "media_places": services.settings.media_places,
        "only_rows": bool(asked),
    }
    return render("jobs/list.html", context, rows=asked is not None)


@get("/jobs/{job_id:str}", include_in_schema=False, opt=needs(Role.READER))
async def job_page(
    job_id: FromPath[str], services: NamedDependency[Services], rows: FromQuery[str | None] = None
) -> Template:
    """Show one job with what it found, and what that led to."""
    job = await asyncio.to_thread(services.model.jobs.get, job_id)
    if job is None:
        raise ProblemError(UNKNOWN_JOB, f"there is no job {job_id!r}")
    return render("jobs/job.html", await asyncio.to_thread(_shown, services, job), rows=rows is not None)


JOB_PAGES = (jobs_page, job_page)


def _read(given: Mapping[str, str]) -> tuple[JobFilter, dict[str, str]]:
    """Return the filter that an address asks for, and what of the address is no filter, with the reason."""
    unusable: dict[str, str] = {}
    fields: dict[str, Any] = {name: value or None for name, value in given.items()}
    fields["copies"] = bool(given["copies"])
    if given["status"]:
        fields["status"] = JobStatus(given["status"]) if given["status"] in set(JobStatus) else None
        if fields["status"] is None:
            unusable["status"] = f"{given['status']!r} is no status: it is one of {', '.join(JobStatus)}"
    if given["similarity"]:
        try:
            fields["similarity"] = msgspec.convert(
                given["similarity"], Annotated[float, msgspec.Meta(ge=0, le=1)], strict=False
            )
        except msgspec.ValidationError:
            fields["similarity"] = None
            unusable["similarity"] = f"{given['similarity']!r} is no similarity: it is a number from 0 to 1"
    return JobFilter(**fields), unusable


def _listed(services: Services, wanted: JobFilter, cursor: str | None, asked: list[str] | None) -> JobPage:
    """Return the jobs to show: a page of them, or those that an open page asks for, where they belong on it."""
    if asked:
        again = [job_id for job_id in asked if wanted.job_id in {None, job_id}]
        found = [
            services.model.jobs.page(msgspec.structs.replace(wanted, job_id=job_id), limit=1).jobs for job_id in again
        ]
        page = JobPage([job for jobs in found for job in jobs])
    else:
        try:
            page = services.model.jobs.page(wanted, cursor=cursor, limit=PAGE)
        except BadCursor:
            page = services.model.jobs.page(wanted, limit=PAGE)
    jobs: list[Job] = [services.results.told(job) for job in page.jobs]
    jobs.sort(key=lambda job: (job.creation_time, job.job_id), reverse=True)
    return JobPage(jobs, page.next)


def _shown(services: Services, job: Job) -> dict[str, Any]:
    """Return what a job's page shows."""
    model = services.model
    job = services.results.told(job)
    live = [] if job.status.ended else model.matches.live(job.job_id)
    matches = best_first(job.matches or [seen.match for seen in live])
    durations = _durations(services, {match.media_id for match in matches})
    timelines = [Timeline.of(match, job.metrics.duration, durations.get(match.media_id, 0.0)) for match in matches]
    return {
        "job": job,
        "timelines": timelines,
        "open_matches": OPEN_MATCHES,
        "rulings": {(one.library, one.reference): one for one in job.rulings},
        "cases": _cases(services, job, matches),
        "outcome": model.outcomes.get(job.media_id),
        "overrulable": overrulable(job),
        "said_of_boilerplate": said_of(model, job),
        "shortfalls": shortfalls(job.coverage, job.unsearched),
        "can_be_asked_again": job.status.ended and job.request.file_url != UPLOADED,
        "versions": len(model.jobs.page(JobFilter(media_id=job.media_id), limit=PAGE).jobs),
    }


def _cases(services: Services, job: Job, matches: list[Match]) -> dict[tuple[str, str], str]:
    """Return the ids of those pairs' cases that there are, by library and reference."""
    ids = {
        (match.library, match.media_id): case_id(job.media_id, match.library, match.media_id)
        for match in matches
        if _goes_to_people(job, match)
    }
    return {pair: one for pair, one in ids.items() if services.model.cases.get(one) is not None}


def _goes_to_people(job: Job, match: Match) -> bool:
    """Whether there can be a case: of a match that is not ruled on yet there may be one from before."""
    rulings: dict[tuple[str, str], Ruling] = {(one.library, one.reference): one for one in job.rulings}
    ruling = rulings.get((match.library, match.media_id))
    return ruling is None or ruling.action.goes_to_people or ruling.permitted


def _durations(services: Services, media_ids: set[str]) -> dict[str, float]:
    results = {media_id: services.model.jobs.result(media_id) for media_id in media_ids}
    return {media_id: job.metrics.duration for media_id, job in results.items() if job is not None}
