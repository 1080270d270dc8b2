"""The REST API under `/api/v1`."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.exceptions import ClientException, HTTPException, NotFoundException
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter
from litestar.response import Stream

from schemas.ids import keyed_job_id, new_job_id
from schemas.jobs import Job, JobRequest, JobStatus
from streams.callbacks.targets import TargetRefused, Targets
from streams.readmodel.model import BadCursor, JobFilter
from streams.web.deliveries import list_deliveries, replay_deliveries, replay_delivery, show_delivery
from streams.web.services import Services
from streams.web.usage import show_usage
from streams.web.views import JobList, JobView, MatchedByView, NewJob, ResultView

__all__ = ["api_router"]

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=256,
        description="asking again under the same key asks for nothing new, and answers with the job that there is",
    ),
]
LastEventId = Annotated[int | None, HeaderParameter(name="Last-Event-ID")]

Limit = Annotated[int, QueryParameter(ge=1, le=500, description="entries a page")]


@post("/jobs", status_code=202, summary="Ask for a job")
async def submit_job(
    data: JSONBody[NewJob], services: NamedDependency[Services], idempotency_key: IdempotencyKey = None
) -> JobView:
    """Ask for a job over a media item that the service can reach."""
    if data.callback_url is not None:
        try:
            Targets.of(services.settings).check(data.callback_url)
        except TargetRefused as error:
            raise ClientException(str(error)) from error
    request = _request_of(data, idempotency_key)
    if idempotency_key:
        there = await asyncio.to_thread(services.model.job, request.job_id)
        if there is not None:
            return JobView.of(_same(there, request))
    try:
        return JobView.of(await services.commands.submit(request))
    except (TimeoutError, OSError) as error:
        raise HTTPException("no worker takes jobs up at present: try again later", status_code=503) from error


@get("/jobs", summary="List jobs, newest first")
async def list_jobs(
    services: NamedDependency[Services],
    *,
    status: FromQuery[JobStatus | None] = None,
    library: FromQuery[str | None] = None,
    media_id: FromQuery[str | None] = None,
    since: FromQuery[str | None] = None,
    until: FromQuery[str | None] = None,
    cursor: FromQuery[str | None] = None,
    limit: Limit = 50,
) -> JobList:
    """List jobs; filters combine."""
    wanted = JobFilter(status=status, library=library, media_id=media_id, since=since, until=until)
    try:
        page = await asyncio.to_thread(services.model.jobs, wanted, cursor=cursor, limit=limit)
    except BadCursor as error:
        raise ClientException(str(error)) from error
    return JobList(jobs=[JobView.of(job) for job in page.jobs], next=page.next)


@get("/jobs/{job_id:str}", summary="Show a job")
async def show_job(
    job_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[JobView | None]:
    """Show a job; with an `ETag`, so that asking again costs little."""
    job = await _job(services, job_id)
    state = f"{job.job_id}{job.update_time}{job.status}{job.chunks_done}"
    tag = f'"{hashlib.blake2b(state.encode(), digest_size=8).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        return Response(None, status_code=304, headers={"ETag": tag})
    return Response(JobView.of(job), headers={"ETag": tag})


@post("/jobs/{job_id:str}/cancel", status_code=202, summary="End a job")
async def cancel_job(job_id: FromPath[str], services: NamedDependency[Services]) -> JobView:
    """Ask for the end of a job that has not ended."""
    job = await _job(services, job_id)
    if job.status.ended:
        raise HTTPException(f"the job has ended already, with status {job.status}", status_code=409)
    await services.commands.cancel(job)
    return JobView.of(job)


@get("/media/{media_id:str}/result", summary="Show a media item's newest result")
async def show_result(media_id: FromPath[str], services: NamedDependency[Services]) -> ResultView:
    """Show what a media item copies, by its newest job that succeeded."""
    job = await asyncio.to_thread(services.model.result, media_id)
    if job is None:
        raise NotFoundException(f"no job of media item {media_id!r} has succeeded")
    view = JobView.of(job)
    return ResultView(
        media_id=view.media_id,
        job_id=view.job_id,
        completed=view.completed,
        duration=view.duration,
        digest=view.digest,
        algorithm=view.algorithm,
        matches=view.matches,
    )


@get("/matches", summary="List the inputs that copy a reference")
async def list_matches(
    services: NamedDependency[Services], reference: FromQuery[str], limit: Limit = 100
) -> list[MatchedByView]:
    """List who was found to copy a reference, newest first."""
    found = await asyncio.to_thread(services.model.matched_by, reference, limit=limit)
    return [
        MatchedByView(
            library=match.library,
            reference=match.reference,
            job_id=match.job_id,
            media_id=match.media_id,
            created=match.created,
            similarity=match.similarity,
        )
        for match in found
    ]


@get("/events", summary="Follow changes as server-sent events")
async def follow_changes(
    services: NamedDependency[Services],
    last_event_id: Annotated[int | None, HeaderParameter(name="Last-Event-ID")] = None,
) -> Stream:
    """Follow changes; a reader that was away sends the last id it saw and gets what it missed."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return Stream(services.live.follow(last_event_id), media_type="text/event-stream", headers=headers)


def api_router() -> Router:
    """Return the routes of the API."""
    handlers = [submit_job, list_jobs, show_job, cancel_job, show_result, list_matches, follow_changes, show_usage]
    handlers += [list_deliveries, show_delivery, replay_delivery, replay_deliveries]
    return Router("/api/v1", route_handlers=handlers)


def _request_of(data: NewJob, idempotency_key: str | None) -> JobRequest:
    return JobRequest(
        job_id=keyed_job_id(idempotency_key) if idempotency_key else new_job_id(),
        media_id=data.media_id,
        file_url=data.url,
        source="import" if data.lane == "import" else "api",
        library=data.library,
        search=tuple(data.search),
        save_type=data.save_type,
        similarity_threshold=data.similarity_threshold,
        extend=data.extend,
        callback_url=data.callback_url,
        metadata=data.metadata,
    )


def _same(there: Job, request: JobRequest) -> Job:
    """Return the job that an idempotency key names, unless something else is asked for under it."""
    asked = (request.media_id, request.file_url, request.library)
    if asked != (there.media_id, there.request.file_url, there.request.library):
        raise HTTPException("this Idempotency-Key was used for another job: take a new one", status_code=422)
    return there


async def _job(services: Services, job_id: str) -> Job:
    job = await asyncio.to_thread(services.model.job, job_id)
    if job is None:
        raise NotFoundException(f"there is no job {job_id!r}")
    return job
