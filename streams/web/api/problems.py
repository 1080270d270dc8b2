"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from litestar import Response
from litestar.exceptions import HTTPException, NotFoundException
from litestar.response import Redirect, Template

from schemas.errors import TooLargeError
from schemas.publication import BadPublishTimeError
from streams.domain.backward import NotSearchableError, SeveralLibrariesError, UnknownMediaError
from streams.domain.boilerplate_errors import TooManyRulingsError, UnknownRulingError, UnusableSpanError
from streams.domain.case_errors import (
    BadDecisionError,
    CaseClosedError,
    CaseError,
    DecidedMeanwhileError,
    UnknownCaseError,
)
from streams.domain.evidence_errors import BusyError, EvidenceError
from streams.domain.library_errors import (
    ForbiddenError,
    LibraryBusy,
    LibraryError,
    LibraryExists,
    LibraryPaused,
    LibraryProtected,
    MediaIdTaken,
    UnknownItem,
    UnknownLibrary,
    UnusableName,
)
from streams.domain.policy_errors import (
    PolicyChangedError,
    PolicyError,
    PolicyExistsError,
    TooManyPoliciesError,
    UnknownPolicyError,
    UnusablePolicyError,
)
from streams.domain.preview_errors import (
    BusyPreviewsError,
    MediaAwayError,
    MediaGoneError,
    MediaRefusedError,
    NothingToSeeError,
    NotShowableError,
)
from streams.domain.recurring_errors import RecurringError, UnknownRecurringError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.readmodel.pagination import BadCursor
from streams.services.idempotency_keys import KeyUsedError
from streams.web import problems_of_requests as requests
from streams.web import problems_of_state as state
from streams.web.api.document import PROBLEM_CONTENT
from streams.web.api.fields import said_of_fields
from streams.web.auth.onward import login_address
from streams.web.problem_table import general_type
from streams.web.problem_types import ProblemError, ProblemType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from litestar import Request

__all__ = [
    "CONTENT_TYPE",
    "on_http_error",
    "on_no_file",
    "on_other_error",
    "on_service_error",
    "on_unavailable",
    "on_unreadable",
    "problem_of",
]

log = structlog.get_logger(__name__)

CONTENT_TYPE = PROBLEM_CONTENT
#: Seconds after which it is worth asking again.
RETRY_S = 5
#: What to tell a caller of a neighbour that is away; where and why is for the operator, in the log and in `/readyz`.
UNAVAILABLE: dict[Neighbour | None, tuple[ProblemType, str]] = {
    Neighbour.DISK: (requests.DISK_FULL, "the service's disk is full: an operator has to free some space"),
    Neighbour.STORE: (
        requests.STORE_AWAY,
        "the service does not get through to its store of fingerprints: try again later",
    ),
    Neighbour.MILVUS: (requests.INDEX_AWAY, "the service does not get through to its window index: try again later"),
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
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE.phrase: (
        "what was sent is more than is taken here",
        "the request's body has more bytes than this route takes: send less, or name an address to read media from",
    ),
}
#: What each error of the service is answered with; one that is not here as its class is.
BY_ERROR: dict[type[Exception], ProblemType] = {
    LibraryError: state.LIBRARY_CONFLICT,
    UnknownLibrary: state.UNKNOWN_LIBRARY,
    UnknownItem: state.UNKNOWN_ITEM,
    UnknownMediaError: state.UNKNOWN_MEDIA,
    ForbiddenError: requests.RIGHT_NEEDED,
    MediaIdTaken: state.MEDIA_ID_TAKEN,
    UnusableName: requests.UNUSABLE_NAME,
    LibraryExists: state.LIBRARY_EXISTS,
    LibraryBusy: state.LIBRARY_BUSY,
    LibraryPaused: state.LIBRARY_PAUSED,
    LibraryProtected: state.LIBRARY_PROTECTED,
    NotSearchableError: state.NOT_SEARCHABLE,
    SeveralLibrariesError: state.SEVERAL_LIBRARIES,
    PolicyError: state.CONFLICT,
    UnknownPolicyError: state.UNKNOWN_POLICY,
    UnusablePolicyError: requests.UNUSABLE_POLICY,
    PolicyChangedError: state.POLICY_CHANGED,
    PolicyExistsError: state.POLICY_EXISTS,
    TooManyPoliciesError: state.TOO_MANY_POLICIES,
    UnusableSpanError: requests.UNUSABLE_SPAN,
    UnknownRulingError: state.UNKNOWN_BOILERPLATE,
    TooManyRulingsError: state.TOO_MANY_RULINGS,
    CaseError: state.DECISION_NOT_POSSIBLE,
    UnknownCaseError: state.UNKNOWN_CASE,
    RecurringError: state.NOT_PROMOTABLE,
    UnknownRecurringError: state.UNKNOWN_RECURRING,
    BadDecisionError: requests.UNUSABLE_DECISION,
    CaseClosedError: state.CASE_CLOSED,
    DecidedMeanwhileError: state.DECIDED_MEANWHILE,
    BadCursor: requests.INVALID_CURSOR,
    TooLargeError: requests.TOO_LARGE,
    BadPublishTimeError: requests.INVALID_REQUEST,
    KeyUsedError: requests.KEY_USED,
    EvidenceError: state.NOTHING_TO_EXPLAIN,
    BusyError: state.BUSY,
    NothingToSeeError: state.NOTHING_TO_SEE,
    MediaGoneError: state.MEDIA_GONE,
    MediaRefusedError: state.MEDIA_REFUSED,
    NotShowableError: state.NOT_SHOWABLE,
    MediaAwayError: state.MEDIA_AWAY,
    BusyPreviewsError: state.BUSY,
    OSError: requests.BROKER_AWAY,
}


def problem_of(error: Exception) -> ProblemType:
    """Return what an error of the service is answered with."""
    return next(BY_ERROR[kind] for kind in type(error).__mro__ if kind in BY_ERROR)


def on_service_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer that what is asked for cannot be done, as the error says."""
    kind = problem_of(error)
    headers = {"Retry-After": str(RETRY_S)} if kind.status == HTTPStatus.SERVICE_UNAVAILABLE else None
    return on_http_error(request, ProblemError(kind, str(error), headers=headers))


def on_unreadable(request: Request[Any, Any, Any], error: UnicodeDecodeError | RecursionError) -> Response[Any]:
    """Answer that a body cannot be read at all: the framework takes these for faults of ours."""
    reason = "is no UTF-8" if isinstance(error, UnicodeDecodeError) else "is nested too deep"
    return on_http_error(request, ProblemError(requests.UNREADABLE_BODY, f"the request's body {reason}"))


def on_unavailable(request: Request[Any, Any, Any], error: OSError) -> Response[Any]:
    """Answer that broker, workers or storage do not answer, and log it: asking again later can go well."""
    log.error("request_not_served", path=request.url.path, error=repr(error))
    neighbour = error.neighbour if isinstance(error, NeighbourAwayError) else None
    kind, detail = UNAVAILABLE.get(
        neighbour,
        (requests.BROKER_AWAY, "the service does not get through to its broker or its workers: try again later"),
    )
    return on_http_error(request, ProblemError(kind, detail, headers={"Retry-After": str(RETRY_S)}))


def on_no_file(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer that there is no file of the name that a request gives: the file system cannot even be asked for it."""
    _ = error
    return on_http_error(request, NotFoundException())


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer with what the error says; send a person who has to log in first there."""
    if error.status_code == HTTPStatus.UNAUTHORIZED and _is_page(request):
        return Redirect(login_address(request), status_code=303)
    if isinstance(error, ProblemError):
        return _problem(request, error.kind, error.detail, headers=error.headers)
    status = HTTPStatus(error.status_code)
    if error.extra:
        code, detail = said_of_fields(request, error.extra)
        kind = requests.UNKNOWN_FIELD if code else requests.INVALID_REQUEST
        return _problem(request, kind, detail, headers=error.headers, errors=error.extra)
    return _problem(request, general_type(status), error.detail, status=status, headers=error.headers)


def on_other_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer that the fault is ours, and log it."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    return _problem(request, requests.INTERNAL_ERROR, "see the worker's log")


def _problem(
    request: Request[Any, Any, Any],
    kind: ProblemType,
    detail: str,
    *,
    status: HTTPStatus | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response[Any]:
    """Return what went wrong: as a page where a person looks, as a problem document for programs."""
    status = status or kind.status
    on_page, in_document = IN_WORDS.get(detail, (detail, detail))
    if _is_page(request):
        context = {"title": status.phrase, "detail": on_page}
        return Template("problem.html", context=context, status_code=status, headers=dict(headers or {}))
    problem = {
        "type": kind.address,
        "title": kind.title,
        "status": status,
        "detail": in_document,
        "code": kind.code,
        **more,
    }
    return Response(problem, status_code=status, media_type=CONTENT_TYPE, headers=headers)


def _is_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person looks at the answer: browsers say that they take pages, programs do not."""
    is_api = f"{request.url.path}/".startswith("/api/v1/")
    return not is_api and "text/html" in request.headers.get("accept", "")
