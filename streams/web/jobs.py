"""Jobs over REST."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, BinaryIO, cast

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, HTTPException, NotFoundException
from litestar.params import Body, FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from schemas.ids import keyed_job_id, new_job_id
from schemas.jobs import UPLOADED, Job, JobRequest, JobStatus, SaveType
from streams.callbacks.targets import TargetRefused, Targets
from streams.libraries.errors import LibraryError
from streams.readmodel.model import JobFilter
from streams.web.etag import UNCHANGED, with_etag
from streams.web.paging import Cursor, Limit
from streams.web.services import Services
from streams.web.views import JobList, JobView, LibraryName, MediaId, NewJob

__all__ = ["JOB_ROUTES", "upload_route"]

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        max_length=256,
        description="asking again under the same key asks for nothing new, and answers with the job that there is",
    ),
]

MediaFilter = Annotated[str | None, QueryParameter(description="only jobs of this media item")]
LibraryFilter = Annotated[str | None, QueryParameter(description="only jobs that store into this library")]
Since = Annotated[str | None, QueryParameter(description="only jobs asked for at this time or later, UTC")]
Until = Annotated[str | None, QueryParameter(description="only jobs asked for before this time, UTC")]


class Upload(msgspec.Struct, kw_only=True):
    """Media, or a fingerprint file, that is sent along with the job."""

    file: UploadFile
    media_id: MediaId
    library: LibraryName = "default"
    save_type: SaveType = SaveType.FORCESAVE


@post("/jobs", status_code=202, summary="Ask for a job")
async def submit_job(
    data: JSONBody[NewJob], services: NamedDependency[Services], idempotency_key: IdempotencyKey = None
) -> Response[JobView]:
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
            return _accepted(_same(there, request))
    return _accepted(await _submit(services, request))


def upload_route(largest: int) -> Any:
    """Return the route that takes uploads of at most so many bytes."""

    @post("/uploads", status_code=202, summary="Ask for a job, and send its media along", request_max_body_size=largest)
    async def upload_media(
        data: Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)], services: NamedDependency[Services]
    ) -> Response[JobView]:
        """Ask for a job over media, or a fingerprint file, that comes along; it is kept until the job ends."""
        request = JobRequest(
            job_id=new_job_id(),
            media_id=data.media_id,
            file_url=UPLOADED,
            library=data.library,
            save_type=data.save_type,
        )
        await _check(services, request)
        try:
            await asyncio.to_thread(services.store.put_upload, request.job_id, cast("BinaryIO", data.file.file))
            return _accepted(await services.commands.submit(request))
        except OSError:
            await asyncio.to_thread(services.store.delete_parts, request.job_id)
            raise

    return upload_media


@get("/jobs", summary="List jobs, newest first")
async def list_jobs(
    services: NamedDependency[Services],
    *,
    status: FromQuery[JobStatus | None] = None,
    library: LibraryFilter = None,
    media_id: MediaFilter = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobList:
    """List jobs; filters combine."""
    wanted = JobFilter(status=status, library=library, media_id=media_id, since=since, until=until)
    page = await asyncio.to_thread(services.model.jobs, wanted, cursor=cursor, limit=limit)
    return JobList(jobs=[JobView.of(job) for job in page.jobs], next=page.next)


@get("/jobs/{job_id:str}", summary="Show a job", responses=UNCHANGED)
async def show_job(
    job_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[JobView | None]:
    """Show a job; with an `ETag`, so that asking again costs little."""
    return with_etag(request, JobView.of(await _job(services, job_id)))


@post("/jobs/{job_id:str}/cancel", status_code=202, summary="End a job")
async def cancel_job(job_id: FromPath[str], services: NamedDependency[Services]) -> JobView:
    """Ask for the end of a job that has not ended."""
    job = await _job(services, job_id)
    if job.status.ended:
        raise HTTPException(f"there is nothing to end: the job has ended, with status {job.status}", status_code=409)
    await services.commands.cancel(job)
    return JobView.of(job)


@post("/jobs/{job_id:str}/rerun", status_code=202, summary="Do a job again")
async def rerun_job(job_id: FromPath[str], services: NamedDependency[Services]) -> Response[JobView]:
    """Ask for a new job that is to do what an ended one did."""
    job = await _job(services, job_id)
    if not job.status.ended:
        raise HTTPException("the job has not ended: cancel it, or wait for its end", status_code=409)
    if job.request.file_url == UPLOADED:
        raise HTTPException("what was sent along with this job is gone: send it again", status_code=409)
    again = msgspec.structs.replace(
        job.request, job_id=new_job_id(), source="api", requested_time="", renditions=(), traceparent=None
    )
    return _accepted(await _submit(services, again))


JOB_ROUTES = (submit_job, list_jobs, show_job, cancel_job, rerun_job)


async def _submit(services: Services, request: JobRequest) -> Job:
    await _check(services, request)
    return await services.commands.submit(request)


async def _check(services: Services, request: JobRequest) -> None:
    try:
        await services.libraries.check(request)
    except LibraryError as error:
        raise ClientException(str(error)) from error


def _accepted(job: Job) -> Response[JobView]:
    return Response(JobView.of(job), headers={"Location": f"/api/v1/jobs/{job.job_id}"})


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
