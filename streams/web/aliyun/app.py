"""The application that answers the vendor's calls."""

from __future__ import annotations

from typing import Any

from litestar import Litestar, Request, Response, route
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException

from schemas.errors import TooLargeError
from streams.domain.library_errors import LibraryError
from streams.web.aliyun import replies
from streams.web.aliyun.access import Access
from streams.web.aliyun.call import Request as CallRequest
from streams.web.aliyun.errors import VendorError, used_nonce
from streams.web.aliyun.operations import operation_of
from streams.web.headers import add_protective_headers
from streams.web.services import Services

__all__ = ["create_call_app"]

#: Bytes of a request's body: several times what the longest parameters of an operation have.
LARGEST_BODY = 1 << 18


@route("/", http_method=["GET", "POST"])
async def answer_call(
    request: Request[Any, Any, Any], services: NamedDependency[Services], access: NamedDependency[Access]
) -> Response[dict[str, Any]]:
    """Answer one call."""
    came = CallRequest.read(
        method=request.method,
        headers=_headers(request),
        query=request.scope["query_string"],
        body=await request.body(),
        http_version=request.scope["http_version"],
    )
    call = came.call(str(request.base_url))
    operation = operation_of(call)
    call = access.check(came, call, operation, client=request.client.host if request.client else "")
    if operation.changes and call.nonce_id and not await services.keys.claim_nonce(call.nonce_id):
        raise used_nonce()
    return replies.reply(await operation.answer(call, services))


def create_call_app(services: Services) -> Litestar:
    """Return the application over the given services.

    Raises:
        OSError: The file of access keys cannot be read.
        ValueError: It is not as it should be.
    """
    access = Access(services.settings, services.authenticator.files)
    return Litestar(
        route_handlers=[answer_call],
        dependencies={
            "services": Provide(lambda: services, sync_to_thread=False),
            "access": Provide(lambda: access, sync_to_thread=False),
        },
        before_send=[add_protective_headers],
        exception_handlers={
            VendorError: replies.on_vendor_error,
            LibraryError: replies.on_library_error,
            TooLargeError: replies.on_too_large,
            OSError: replies.on_no_answer,
            HTTPException: replies.on_http_error,
            Exception: replies.on_other_error,
        },
        openapi_config=None,
        request_max_body_size=LARGEST_BODY,
        signature_namespace={"Services": type(services), "Access": Access},
        logging_config=None,
    )


def _headers(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Return the headers; of one that comes several times all values, in the order in which they are signed."""
    headers: dict[str, list[str]] = {}
    for name, value in request.headers.multi_items():
        headers.setdefault(name.lower(), []).append(value.strip())
    return {name: ",".join(sorted(values)) for name, values in headers.items()}
