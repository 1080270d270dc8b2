"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Redirect, Template

from streams.domain.backward import UnknownMediaError
from streams.domain.case_errors import (
    BadDecisionError,
    CaseError,
    DecidedMeanwhileError,
    UnknownCaseError,
)
from streams.domain.evidence_errors import BusyError, EvidenceError
from streams.domain.library_errors import (
    ForbiddenError,
    LibraryError,
    MediaIdTaken,
    UnknownItem,
    UnknownLibrary,
    UnusableName,
)
from streams.domain.policy_errors import PolicyChangedError, PolicyError, UnknownPolicyError, UnusablePolicyError
from streams.domain.preview_errors import (
    BusyPreviewsError,
    MediaAwayError,
    MediaGoneError,
    MediaRefusedError,
    NothingToSeeError,
    NotShowableError,
    PreviewError,
)
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.web.auth.onward import login_address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

    from schemas.errors import TooLargeError
    from streams.readmodel.pagination import BadCursor
    from streams.services.idempotency_keys import KeyUsedError

__all__ = [
    "CONTENT_TYPE",
    "case_status",
    "on_bad_cursor",
    "on_case_error",
    "on_evidence_error",
    "on_http_error",
    "on_library_error",
    "on_no_file",
    "on_other_error",
    "on_policy_error",
    "on_preview_error",
    "on_too_large",
    "on_unavailable",
    "on_unreadable",
    "on_used_key",
]

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
#: Seconds after which it is worth asking again.
RETRY_S = 5
#: What to tell a caller of a neighbour that is away; where and why is for the operator, in the log and in `/readyz`.
UNAVAILABLE: dict[Neighbour | None, str] = {
    Neighbour.DISK: "the service's disk is full: an operator has to free some space",
    Neighbour.STORE: "the service does not get through to its store of fingerprints: try again later",
    Neighbour.MILVUS: "the service does not get through to its window index: try again later",
}
#: What is said where the framework has but the name of the status to say: to a person, and to a program.
IN_WORDS = {
    HTTPStatus.NOT_FOUND.phrase: (
        "there is no page at this address",
        "there is nothing at this address: /api/openapi.json lists what there is",
    ),
    HTTPStatus.METHOD_NOT_ALLOWED.phrase: (
        "this address is not there to be used like this",
        "this address takes no such method: the header Allow names those that it takes",
    ),
}
#: What a request runs into that names a library, or an item of one.
LIBRARY_STATUS = {
    UnknownMediaError: HTTPStatus.NOT_FOUND,
    UnknownLibrary: HTTPStatus.NOT_FOUND,
    UnknownItem: HTTPStatus.NOT_FOUND,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    MediaIdTaken: HTTPStatus.PRECONDITION_FAILED,
    UnusableName: HTTPStatus.BAD_REQUEST,
}
#: What a request runs into that names a policy, or holds one.
POLICY_STATUS = {
    UnknownPolicyError: HTTPStatus.NOT_FOUND,
    UnusablePolicyError: HTTPStatus.BAD_REQUEST,
    PolicyChangedError: HTTPStatus.PRECONDITION_FAILED,
}

#: What a decision on a case runs into.
CASE_STATUS = {
    UnknownCaseError: HTTPStatus.NOT_FOUND,
    BadDecisionError: HTTPStatus.BAD_REQUEST,
    DecidedMeanwhileError: HTTPStatus.PRECONDITION_FAILED,
}

#: Why media cannot be shown.
PREVIEW_STATUS: dict[type[PreviewError], HTTPStatus] = {
    NothingToSeeError: HTTPStatus.NOT_FOUND,
    MediaGoneError: HTTPStatus.NOT_FOUND,
    MediaRefusedError: HTTPStatus.CONFLICT,
    NotShowableError: HTTPStatus.UNPROCESSABLE_ENTITY,
    MediaAwayError: HTTPStatus.SERVICE_UNAVAILABLE,
    BusyPreviewsError: HTTPStatus.SERVICE_UNAVAILABLE,
}


def on_case_error(request: Request[Any, Any, Any], error: CaseError) -> Response[Any]:
    """Answer that there is no such case, that its state does not allow this, or that somebody else was first."""
    return on_http_error(request, HTTPException(str(error), status_code=case_status(error)))


def on_evidence_error(request: Request[Any, Any, Any], error: EvidenceError) -> Response[Any]:
    """Answer that there is no such match, or that so much is being worked out that it would wait for too long."""
    if isinstance(error, BusyError):
        headers = {"Retry-After": str(RETRY_S)}
        busy = HTTPException(str(error), status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers)
        return on_http_error(request, busy)
    return on_http_error(request, NotFoundException(str(error)))


def case_status(error: CaseError | OSError) -> HTTPStatus:
    """Return the status of an answer to a decision that was not made."""
    if isinstance(error, OSError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return CASE_STATUS.get(type(error), HTTPStatus.CONFLICT)


def on_library_error(request: Request[Any, Any, Any], error: LibraryError) -> Response[Any]:
    """Answer that there is no such library or item, or that its state, or the caller's rights, do not allow this."""
    status = LIBRARY_STATUS.get(type(error), HTTPStatus.CONFLICT)
    return on_http_error(request, HTTPException(str(error), status_code=status))


def on_policy_error(request: Request[Any, Any, Any], error: PolicyError) -> Response[Any]:
    """Answer that there is no such policy, that it is none that can be kept, or that others do not allow this."""
    status = POLICY_STATUS.get(type(error), HTTPStatus.CONFLICT)
    return on_http_error(request, HTTPException(str(error), status_code=status))


def on_preview_error(request: Request[Any, Any, Any], error: PreviewError) -> Response[Any]:
    """Answer why media cannot be shown."""
    status = PREVIEW_STATUS[type(error)]
    headers = {"Retry-After": str(RETRY_S)} if status is HTTPStatus.SERVICE_UNAVAILABLE else {}
    return on_http_error(request, HTTPException(str(error), status_code=status, headers=headers))


def on_bad_cursor(request: Request[Any, Any, Any], error: BadCursor) -> Response[Any]:
    """Answer that a cursor is none of this list's."""
    return on_http_error(request, HTTPException(str(error), status_code=HTTPStatus.BAD_REQUEST))


def on_too_large(request: Request[Any, Any, Any], error: TooLargeError) -> Response[Any]:
    """Answer that a request holds more than can be kept, and of what."""
    return on_http_error(request, HTTPException(str(error), status_code=HTTPStatus.REQUEST_ENTITY_TOO_LARGE))


def on_unreadable(request: Request[Any, Any, Any], error: UnicodeDecodeError | RecursionError) -> Response[Any]:
    """Answer that a body cannot be read at all: the framework takes these for faults of ours."""
    reason = "is no UTF-8" if isinstance(error, UnicodeDecodeError) else "is nested too deep"
    return on_http_error(request, HTTPException(f"the request's body {reason}", status_code=HTTPStatus.BAD_REQUEST))


def on_used_key(request: Request[Any, Any, Any], error: KeyUsedError) -> Response[Any]:
    """Answer that an idempotency key stands for another request."""
    return on_http_error(request, HTTPException(str(error), status_code=HTTPStatus.UNPROCESSABLE_ENTITY))


def on_unavailable(request: Request[Any, Any, Any], error: OSError) -> Response[Any]:
    """Answer that broker, workers or storage do not answer, and log it: asking again later can go well."""
    log.error("request_not_served", path=request.url.path, error=repr(error))
    neighbour = error.neighbour if isinstance(error, NeighbourAwayError) else None
    detail = UNAVAILABLE.get(
        neighbour, "the service does not get through to its broker or its workers: try again later"
    )
    headers = {"Retry-After": str(RETRY_S)}
    return on_http_error(request, HTTPException(detail, status_code=HTTPStatus.SERVICE_UNAVAILABLE, headers=headers))


def on_no_file(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer that there is no file of the name that a request gives: the file system cannot even be asked for it."""
    _ = error
    return on_http_error(request, NotFoundException())


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer with what the error says; send a person who has to log in first there."""
    if error.status_code == HTTPStatus.UNAUTHORIZED and _is_page(request):
        return Redirect(login_address(request), status_code=303)
    extra = {"errors": error.extra} if error.extra else {}
    return _problem(request, HTTPStatus(error.status_code), error.detail, headers=error.headers, **extra)


def on_other_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer that the fault is ours, and log it."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return _problem(request, HTTPStatus.INTERNAL_SERVER_ERROR, "see the worker's log")


def _problem(
    request: Request[Any, Any, Any],
    status: HTTPStatus,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response[Any]:
    """Return what went wrong: as a page where a person looks, as a problem document for programs."""
    on_page, in_document = IN_WORDS.get(detail, (detail, detail))
    if _is_page(request):
        context = {"title": status.phrase, "detail": on_page, "errors": _sentences(**more)}
        return Template("problem.html", context=context, status_code=status, headers=dict(headers or {}))
    problem = {"type": "about:blank", "title": status.phrase, "status": status, "detail": in_document, **more}
    return Response(problem, status_code=status, media_type=CONTENT_TYPE, headers=headers)


def _sentences(errors: Any = ()) -> list[str]:
    """Return what is said of single parameters, which the framework gives in more than one form."""
    return [": ".join(map(str, one.values())) if isinstance(one, dict) else str(one) for one in errors]


def _is_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person looks at the answer: browsers say that they take pages, programs do not."""
    is_api = f"{request.url.path}/".startswith("/api/v1/")
    return not is_api and "text/html" in request.headers.get("accept", "")
