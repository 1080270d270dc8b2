"""What a browser can show of a job's media, over REST: a file that plays, and single pictures."""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Any

import structlog
from litestar import Request, Response, route
from litestar.datastructures import ResponseHeader
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from schemas.jobs import Job
from schemas.limits import LONGEST_MEDIA_S
from streams.ports.previews import LONGEST_PREVIEW_S
from streams.services.previews import JPEG, MP4, Shown
from streams.web.api.ranges import file_answer, is_continued, ranged
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import INVALID_REQUEST
from streams.web.problems_of_state import UNKNOWN_JOB
from streams.web.services import Services

__all__ = ["PREVIEW_ROUTES"]

log = structlog.get_logger(__name__)

#: Lines of a thumbnail: from what can just be made out, to what fills a page.
LEAST_HEIGHT, USUAL_HEIGHT, MOST_HEIGHT = 16, 180, 720
#: Headers of ours: the second of the media's own clock that is second 0 of the answer, and how it was made.
START, FORM = "MediaDNA-Start", "MediaDNA-Form"

Start = Annotated[
    float,
    QueryParameter(
        ge=0, le=LONGEST_MEDIA_S, description="second from which on the media is needed, as matches count them"
    ),
]
End = Annotated[
    float | None,
    QueryParameter(
        ge=0,
        le=LONGEST_MEDIA_S,
        description=f"second up to which it is needed, at most {LONGEST_PREVIEW_S:.0f} after `start`; else its end",
    ),
]
At = Annotated[
    float, QueryParameter(ge=0, le=LONGEST_MEDIA_S, description="second whose picture is wanted, as matches count them")
]
Height = Annotated[
    int, QueryParameter(ge=LEAST_HEIGHT, le=MOST_HEIGHT, description="its lines at the most; it is never enlarged")
]

#: What a route says of itself that shows media.
NOT_SHOWN = {
    409: ResponseSpec(None, description="The media may not be read.", generate_examples=False),
    422: ResponseSpec(None, description="The media cannot be shown, or not so much of it.", generate_examples=False),
}
TOLD = [
    ResponseHeader(
        name=START,
        documentation_only=True,
        description="second of the media that is second 0 of the file, such as 12.480000",
    ),
    ResponseHeader(
        name=FORM,
        documentation_only=True,
        description="`original`: the media itself; `copy`: cut from it; `encoded`: made smaller",
    ),
]


@route(
    "/jobs/{job_id:str}/preview",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    status_code=200,
    summary="Fetch a job's media as a file that browsers play",
    media_type=MP4,
    responses=ranged(MP4) | NOT_SHOWN,
    response_headers=TOLD,
    opt=needs(Role.MODERATOR),
)
async def show_preview(
    job_id: FromPath[str],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    *,
    start: Start = 0.0,
    end: End = None,
) -> Response[bytes]:
    """Fetch an MP4 file (H.264, AAC) of the media, or of a span of it; made when it is first asked for.

    The header `MediaDNA-Start` says which second of the media is second 0 of the file. That is `start` or earlier, and
    the file may end later than `end`: what need not be encoded anew is cut where it can be. It answers ranges.
    """
    if end is not None and end <= start:
        raise ProblemError(INVALID_REQUEST, f"'end' ({end}) must come after 'start' ({start})")
    job = await _job(services, job_id)
    began = time.monotonic()
    shown = await services.previews.preview(job, start, end)
    if not (shown.cached and is_continued(request)):
        _log("preview", caller, job, shown, began, start=start, end=end)
    return file_answer(
        request,
        shown.file,
        tag=shown.tag,
        media_type=shown.media_type,
        headers={START: f"{shown.start:.6f}", FORM: shown.form},
    )


@route(
    "/jobs/{job_id:str}/frame",
    http_method=[HttpMethod.GET, HttpMethod.HEAD],
    status_code=200,
    summary="Fetch a picture of a job's media",
    media_type=JPEG,
    responses=ranged(JPEG) | NOT_SHOWN,
    opt=needs(Role.MODERATOR),
)
async def show_frame(
    job_id: FromPath[str],
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    *,
    at: At,
    height: Height = USUAL_HEIGHT,
) -> Response[bytes]:
    """Fetch the picture that is on show at a second, upright, as JPEG."""
    job = await _job(services, job_id)
    began = time.monotonic()
    shown = await services.previews.frame(job, at, height)
    if not shown.cached:
        _log("frame", caller, job, shown, began, at=at)
    return file_answer(request, shown.file, tag=shown.tag, media_type=shown.media_type, headers={})


PREVIEW_ROUTES = (show_preview, show_frame)


def _log(kind: str, caller: Caller, job: Job, shown: Shown, began: float, **asked: float | None) -> None:
    log.info(
        "preview_shown",
        kind=kind,
        caller=caller.name,
        job_id=job.job_id,
        form=shown.form,
        cached=shown.cached,
        took_s=round(time.monotonic() - began, 3),
        **asked,
    )


async def _job(services: Services, job_id: str) -> Job:
    job = await asyncio.to_thread(services.model.jobs.get, job_id)
    if job is None:
        raise ProblemError(UNKNOWN_JOB, f"there is no job {job_id!r}")
    return job
