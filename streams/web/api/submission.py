"""Asking for a job, once: what a route takes becomes a request, under the caller's idempotency key if there is one."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any

import msgspec
from litestar import Response
from litestar.params import HeaderParameter, QueryParameter

from schemas.admission import check_request_size
from schemas.ids import keyed_job_id
from schemas.jobs import Job, JobRequest
from streams.services.idempotency_keys import check_same
from streams.web.api.views import JobView
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Grant
from streams.web.services import Services

__all__ = ["AskedUnderKey", "IdempotencyKey", "Replace", "ask", "asked_by", "check_cancel", "given_fields"]

#: Characters of a key: room for a UUID or a name of the caller's own.
LONGEST_KEY = 256
#: Bytes of a request's digest.
DIGEST_BYTES = 16

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        min_length=1,
        max_length=LONGEST_KEY,
        description="stands for this very request of this caller: the same again under it asks for nothing new, and is "
        "answered with the job that there is, whether that has ended or not; anything else under it is refused with "
        "422. Keys of other callers are other keys",
    ),
]
AskedUnderKey = Annotated[
    str | None,
    QueryParameter(max_length=LONGEST_KEY, description="only the job that you asked for under this Idempotency-Key"),
]
Replace = Annotated[
    bool,
    QueryParameter(
        description="false: refused with 412 where the MediaId is that of media from another address, whose place it "
        "would take, or for which it would be taken when libraries are searched"
    ),
]


def given_fields(asked: msgspec.Struct) -> dict[str, Any]:
    """Return what a caller has said of a job: all fields but those that say what is meant without them.

    A field that a later version adds changes nothing about requests that do not use it.
    """
    return {
        field.name: value
        for field in msgspec.structs.fields(asked)
        if (value := getattr(asked, field.name)) != _default(field)
    }


def asked_by(
    caller: Caller, request: JobRequest, *, key: str | None, route: str, details: Mapping[str, object]
) -> JobRequest:
    """Return a request with who asks, and with the id and the digest that the caller's key leads to, if there is one.

    Args:
        caller: Who asks. The request says what they may do, whoever has asked for the same before.
        request: What for.
        key: The caller's idempotency key.
        route: Which route takes the request: the same fields mean something else on another one.
        details: Everything that the caller has said.

    Raises:
        TooLargeError: Not all that follows from the request could be written; its key stays free.
    """
    request = msgspec.structs.replace(request, caller=caller.name, rights=caller.grant.beyond)
    check_request_size(request)
    if not key:
        return request
    content = msgspec.json.encode((route, details), order="sorted")
    digest = hashlib.blake2b(content, digest_size=DIGEST_BYTES).hexdigest()
    job_id = keyed_job_id(key, caller=caller.name)
    return msgspec.structs.replace(request, job_id=job_id, request_digest=digest)


async def ask(
    services: Services,
    request: JobRequest,
    *,
    check: Callable[[], Awaitable[object]],
    prepare: Callable[[JobRequest], Awaitable[object]] | None = None,
) -> Response[JobView]:
    """Ask for a job, unless that has been done under the same key; answer with it and with where to look.

    Args:
        services: The service.
        request: What is asked for, and by whom.
        check: Raises what the caller is to hear when the job cannot be done.
        prepare: Makes ready what the job needs.

    Raises:
        KeyUsedError: The request's key stands for another request.
        OSError: The broker takes no events, no worker takes the job up, or it cannot be made ready.
    """
    keyed = bool(request.request_digest)
    there = await services.keys.known(request) if keyed else None
    if there is None:
        await check()
        there = await services.keys.claim(request) if keyed else None
    if there is None:
        if prepare is not None:
            await prepare(request)
        there = await services.commands.submit(request)
        if keyed:
            check_same(there, request)
    return _accepted(there)


async def check_cancel(services: Services, job: Job, name: str, grant: Grant) -> None:
    """Check that a caller may end a job: their own always, and what others want to store as their rights say.

    Raises:
        ForbiddenError: They may not.
    """
    if job.request.caller != name:
        await services.libraries.check_cancel(msgspec.structs.replace(job.request, rights=grant.beyond))


def _accepted(job: Job) -> Response[JobView]:
    return Response(JobView.of(job), headers={"Location": f"/api/v1/jobs/{job.job_id}"})


def _default(field: msgspec.structs.FieldInfo) -> object:
    return field.default_factory() if callable(field.default_factory) else field.default
