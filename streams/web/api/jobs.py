"""Jobs over REST."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Annotated, Any, BinaryIO, cast

import msgspec
from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.params import Body, FromPath, FromQuery, JSONBody, QueryParameter

from schemas.clock import zoned_time
from schemas.ids import keyed_job_id, new_job_id
from schemas.jobs import UPLOADED, Job, JobRequest, JobSource, JobStatus, Lane, SaveType
from schemas.limits import LONGEST_MEDIA_ID
from schemas.publication import told_publish_time
from streams.adapters.webhooks.targets import TargetRefused, Targets
from streams.domain.library_errors import ForbiddenError, LibraryError, MediaIdTaken, UnusableName
from streams.readmodel.jobs import JobFilter
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.submission import AskedUnderKey, IdempotencyKey, Replace, ask, asked_by, check_cancel, given_fields
from streams.web.api.suppressed import Suppressed, YesNo
from streams.web.api.times import TIME_FORM, time_as_stored
from streams.web.api.views import JobList, JobView, LibraryName, MediaId, NewJob, PublishTime, StartTime
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import INVALID_REQUEST, UNUSABLE_CALLBACK, UNUSABLE_LIBRARY
from streams.web.problems_of_state import JOB_ENDED, JOB_NOT_ENDED, UNKNOWN_JOB, UPLOAD_GONE
from streams.web.services import Services

__all__ = ["JOB_ROUTES", "upload_route"]

JobId = Annotated[str | None, QueryParameter(description="only this job")]
Reference = Annotated[
    str | None, QueryParameter(description="only jobs that match this media item, which a library holds")
]
Similarity = Annotated[
    float | None,
    QueryParameter(
        ge=0, le=1, description="only jobs with a match at least as sure; with `reference`: with a match of that one"
    ),
]
Code = Annotated[str | None, QueryParameter(description="only jobs that ended with this code; `0`: with none")]
Name = Annotated[
    str | None,
    QueryParameter(
        max_length=LONGEST_MEDIA_ID,
        description="only jobs whose media has this in its name, in whatever case; one or two characters: at its start",
    ),
]
Copies = Annotated[bool, QueryParameter(description="true: only jobs that found something that is there still")]
MediaFilter = Annotated[str | None, QueryParameter(description="only jobs of this media item")]
LibraryFilter = Annotated[str | None, QueryParameter(description="only jobs that store into this library")]
Since = Annotated[str | None, QueryParameter(description=f"only jobs asked for at this time or later: {TIME_FORM}")]
Until = Annotated[str | None, QueryParameter(description=f"only jobs asked for before this time: {TIME_FORM}")]


#: Bytes that are read of an upload at a time.
COPY_BLOCK_BYTES = 1 << 20


class Upload(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Media, or a fingerprint file, that is sent along with the job."""

    file: UploadFile
    media_id: MediaId
    library: LibraryName = "default"
    save_type: SaveType = SaveType.FORCESAVE
    publish_time: PublishTime = ""
    start_time: StartTime | None = None


@post("/jobs", status_code=202, summary="Ask for a job", opt=needs(Role.SUBMITTER))
async def submit_job(
    data: JSONBody[NewJob],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
    *,
    replace: Replace = True,
) -> Response[JobView]:
    """Ask for a job over a media item that the service can reach."""
    request = asked_by(caller, _request_of(data), key=idempotency_key, route="jobs", details=given_fields(data))

    async def check() -> None:
        if data.callback_url is not None:
            _check_target(services, data.callback_url)
        await _check(services, request, replace=replace)

    return await ask(services, request, check=check)


def upload_route(largest: int) -> Any:
    """Return the route that takes uploads of at most so many bytes."""

    @post(
        "/uploads",
        status_code=202,
        summary="Ask for a job, and send its media along",
        request_max_body_size=largest,
        opt=needs(Role.SUBMITTER),
    )
    async def upload_media(
        data: Annotated[Upload, Body(media_type=RequestEncodingType.MULTI_PART)],
        services: NamedDependency[Services],
        caller: NamedDependency[Caller],
        idempotency_key: IdempotencyKey = None,
    ) -> Response[JobView]:
        """Ask for a job over media, or a fingerprint file, that comes along; it is kept until the job ends."""
        file = cast("BinaryIO", data.file.file)
        request = JobRequest(
            job_id=new_job_id(),
            media_id=data.media_id,
            file_url=UPLOADED,
            library=data.library,
            save_type=data.save_type,
            publish_time=told_publish_time(data.publish_time, {}),
            start_time=_broadcast_start(data.start_time),
        )
        details = given_fields(data)
        details["file"] = await asyncio.to_thread(_digest, file) if idempotency_key else ""
        request = asked_by(caller, request, key=idempotency_key, route="uploads", details=details)

        async def keep(request: JobRequest) -> None:
            try:
                await asyncio.to_thread(services.store.put_upload, request.job_id, file)
            except OSError:
                if not idempotency_key:  # under a key, there may be what an earlier call has sent
                    await asyncio.to_thread(services.store.delete_parts, request.job_id)
                raise

        return await ask(services, request, check=lambda: _check(services, request), prepare=keep)

    return upload_media


@get("/jobs", summary="List jobs, newest first", opt=needs(Role.READER))
async def list_jobs(
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    *,
    status: FromQuery[JobStatus | None] = None,
    library: LibraryFilter = None,
    media_id: MediaFilter = None,
    name: Name = None,
    copies: Copies = False,
    reference: Reference = None,
    similarity: Similarity = None,
    code: Code = None,
    since: Since = None,
    until: Until = None,
    job_id: JobId = None,
    idempotency_key: AskedUnderKey = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobList:
    """List jobs; filters combine."""
    if idempotency_key:
        if job_id:
            raise ProblemError(INVALID_REQUEST, "job_id and idempotency_key name a job each: give one of them")
        job_id = keyed_job_id(idempotency_key, caller=caller.name)
    wanted = JobFilter(
        job_id=job_id,
        status=status,
        library=library,
        media_id=media_id,
        name=name,
        copies=copies,
        reference=reference,
        similarity=similarity,
        code=code,
        since=time_as_stored(since, "since"),
        until=time_as_stored(until, "until"),
    )
    page = await asyncio.to_thread(services.model.jobs.page, wanted, cursor=cursor, limit=limit)
    told = await asyncio.to_thread(lambda: [services.results.told(job) for job in page.jobs])
    return JobList(jobs=[JobView.of(job) for job in told], next=page.next)


@get("/jobs/{job_id:str}", summary="Show a job", responses=UNCHANGED, opt=needs(Role.READER))
async def show_job(
    job_id: FromPath[str],
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    suppressed: Suppressed = YesNo.NO,
) -> Response[JobView | None]:
    """Show a job; with an `ETag`, so that asking again costs little."""
    job = await _job(services, job_id)
    return with_etag(
        request, JobView.of(await asyncio.to_thread(services.results.told, job, suppressed=suppressed is YesNo.YES))
    )


@post("/jobs/{job_id:str}/cancel", status_code=202, summary="End a job", opt=needs(Role.SUBMITTER))
async def cancel_job(
    job_id: FromPath[str], services: NamedDependency[Services], caller: NamedDependency[Caller]
) -> JobView:
    """Ask for the end of a job that has not ended."""
    job = await _job(services, job_id)
    if job.status.ended:
        raise ProblemError(JOB_ENDED, f"there is nothing to end: the job has ended, with status {job.status}")
    await check_cancel(services, job, caller.name, caller.grant)
    await services.commands.cancel(job)
    return JobView.of(job)


@post("/jobs/{job_id:str}/rerun", status_code=202, summary="Do a job again", opt=needs(Role.SUBMITTER))
async def rerun_job(
    job_id: FromPath[str],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    idempotency_key: IdempotencyKey = None,
) -> Response[JobView]:
    """Ask for a new job that is to do what an ended one did."""
    job = await _job(services, job_id)
    if not job.status.ended:
        raise ProblemError(JOB_NOT_ENDED, "the job has not ended: cancel it, or wait for its end")
    if job.request.file_url == UPLOADED:
        raise ProblemError(UPLOAD_GONE, "what was sent along with this job is gone: send it again")
    again = msgspec.structs.replace(
        job.request,
        job_id=new_job_id(),
        source=JobSource.API,
        lane=Lane.LIVE,
        request_digest="",
        requested_time="",
        renditions=(),
        traceparent=None,
    )
    request = asked_by(caller, again, key=idempotency_key, route="rerun", details={"job_id": job_id})
    return await ask(services, request, check=lambda: _check(services, request))


JOB_ROUTES = (submit_job, list_jobs, show_job, cancel_job, rerun_job)


async def _check(services: Services, request: JobRequest, *, replace: bool = True) -> None:
    try:
        await services.libraries.check(request)
        if not replace:
            await services.libraries.check_free(request)
    except (ForbiddenError, MediaIdTaken, UnusableName):
        raise
    except LibraryError as error:
        raise ProblemError(UNUSABLE_LIBRARY, str(error)) from error


def _check_target(services: Services, url: str) -> None:
    try:
        Targets.of(services.settings).check(url)
    except TargetRefused as error:
        raise ProblemError(UNUSABLE_CALLBACK, str(error)) from error


def _digest(file: BinaryIO) -> str:
    """Return the digest of a file's content, and leave the file at its beginning."""
    digest = hashlib.blake2b()
    while block := file.read(COPY_BLOCK_BYTES):
        digest.update(block)
    file.seek(0)
    return digest.hexdigest()


def _request_of(data: NewJob) -> JobRequest:
    return JobRequest(
        job_id=new_job_id(),
        media_id=data.media_id,
        file_url=data.url,
        source=JobSource.IMPORT if data.lane is Lane.IMPORT else JobSource.API,
        lane=data.lane,
        library=data.library,
        search=tuple(data.search),
        save_type=data.save_type,
        similarity_threshold=data.similarity_threshold,
        extend=data.extend,
        callback_url=data.callback_url,
        metadata=data.metadata,
        publish_time=told_publish_time(data.publish_time, data.metadata),
        start_time=_broadcast_start(data.start_time),
    )


def _broadcast_start(text: str | None) -> str:
    try:
        return "" if text is None else zoned_time(text)
    except ValueError as error:
        raise ProblemError(INVALID_REQUEST, f"start_time={error}") from error


async def _job(services: Services, job_id: str) -> Job:
    job = await asyncio.to_thread(services.model.jobs.get, job_id)
    if job is None:
        raise ProblemError(UNKNOWN_JOB, f"there is no job {job_id!r}")
    return job
