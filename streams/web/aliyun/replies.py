"""Replies and errors in the vendor's form."""

from __future__ import annotations

import uuid
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from schemas.errors import TooLargeError
from streams.domain.library_errors import LibraryError
from streams.web.aliyun.errors import (
    SIGNATURE_REFUSED,
    VendorError,
    internal_error,
    invalid,
    refused_library,
    unavailable,
)

__all__ = [
    "on_http_error",
    "on_library_error",
    "on_no_answer",
    "on_other_error",
    "on_too_large",
    "on_vendor_error",
    "reply",
]

log = structlog.get_logger(__name__)

#: Where the vendor explains its codes.
TROUBLESHOOTING = "https://api.aliyun.com/troubleshoot"


def reply(fields: dict[str, Any], *, status: int = 200) -> Response[dict[str, Any]]:
    """Return a reply with an id of its own, which stands in its log line too."""
    request_id = str(uuid.uuid4()).upper()
    headers = {"x-acs-request-id": request_id, "Cache-Control": "no-store"}
    return Response({"RequestId": request_id, **fields}, status_code=status, headers=headers)


def on_vendor_error(request: Request[Any, Any, Any], error: VendorError) -> Response[dict[str, Any]]:
    """Answer with what the error says."""
    response = reply(
        {
            "HostId": request.headers.get("host", ""),
            "Code": error.code,
            "Message": error.message,
            "Recommend": f"{TROUBLESHOOTING}?q={error.code}",
        },
        status=error.status,
    )
    log.info("call_refused", code=error.code, message=_logged(error), request_id=response.content["RequestId"])
    return response


def _logged(error: VendorError) -> str:
    """What is logged of an error: what ought to have been signed is the whole call, encoded, with all that is in it."""
    return "the signature is not the right one" if error.code == SIGNATURE_REFUSED else error.message


def on_library_error(request: Request[Any, Any, Any], error: LibraryError) -> Response[dict[str, Any]]:
    """Answer that something cannot be done with a library."""
    return on_vendor_error(request, refused_library(error))


def on_too_large(request: Request[Any, Any, Any], error: TooLargeError) -> Response[dict[str, Any]]:
    """Answer that a call asks for more than can be kept, and of what."""
    return on_vendor_error(request, invalid("of the request", str(error)))


def on_no_answer(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer that a worker, or the broker, does not answer now, and log it."""
    log.error("call_unanswered", exc_info=error)
    return on_vendor_error(request, unavailable())


def on_http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    """Answer with what the framework found wrong: a body that is too large, a connection that broke off."""
    code = "InternalError" if error.status_code >= 500 else "InvalidParameter"  # noqa: PLR2004 (HTTP's own line)
    return on_vendor_error(request, VendorError(code, error.status_code, error.detail))


def on_other_error(request: Request[Any, Any, Any], error: Exception) -> Response[dict[str, Any]]:
    """Answer that the fault is ours, and log it."""
    log.error("call_failed", exc_info=error)
    return on_vendor_error(request, internal_error())
