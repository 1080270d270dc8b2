"""Errors as RFC 9457 problem documents."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import structlog
from litestar import Response
from litestar.exceptions import HTTPException
from litestar.response import Redirect

if TYPE_CHECKING:
    from litestar import Request

__all__ = ["on_http_error", "on_other_error"]

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """Answer with what the error says; send a person who has to log in first there."""
    if error.status_code == HTTPStatus.UNAUTHORIZED and _is_page(request):
        return Redirect(f"/login?onward={quote(request.url.path)}", status_code=303)
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": error.detail,
    }
    if error.extra:
        problem["errors"] = error.extra
    return Response(problem, status_code=error.status_code, media_type=CONTENT_TYPE, headers=error.headers)


def _is_page(request: Request[Any, Any, Any]) -> bool:
    return not request.url.path.startswith("/api/") and "text/html" in request.headers.get("accept", "")


def on_other_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    """Answer that the fault is ours, and log it."""
    log.error("request_failed", path=request.url.path, exc_info=error)
    problem = {"type": "about:blank", "title": "Internal Server Error", "status": 500, "detail": "see the worker's log"}
    return Response(problem, status_code=500, media_type=CONTENT_TYPE)
