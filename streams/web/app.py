"""The web application."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Request
from litestar.di import Provide
from litestar.exceptions import HTTPException, InternalServerException
from litestar.static_files import create_static_files_router

from schemas.errors import TooLargeError
from schemas.limits import LARGEST_INPUT
from schemas.publication import BadPublishTimeError
from streams.domain.boilerplate_errors import BoilerplateError
from streams.domain.case_errors import CaseError
from streams.domain.evidence_errors import EvidenceError
from streams.domain.library_errors import LibraryError
from streams.domain.policy_errors import PolicyError
from streams.domain.preview_errors import PreviewError
from streams.domain.recurring_errors import RecurringError
from streams.readmodel.pagination import BadCursor
from streams.services.idempotency_keys import KeyUsedError
from streams.web.api.fields import check_no_body
from streams.web.api.openapi import openapi_config
from streams.web.api.problems import (
    on_http_error,
    on_no_file,
    on_other_error,
    on_service_error,
    on_unavailable,
    on_unreadable,
)
from streams.web.api.query import QueryCheck
from streams.web.api.router import api_router
from streams.web.auth.authenticator import PUBLIC
from streams.web.auth.callers import Caller
from streams.web.headers import add_protective_headers
from streams.web.health import healthz, metrics, readyz
from streams.web.pages.login import log_in, log_out, login_page
from streams.web.pages.rendering import template_config
from streams.web.pages.router import PAGES
from streams.web.paths import PathApplication, decode_names

if TYPE_CHECKING:
    from litestar import Litestar

    from streams.web.services import Services

__all__ = ["create_app"]

#: Bytes of a request body: a job and its metadata. No more than an event may have, which asks for the same.
LARGEST_BODY = LARGEST_INPUT


def create_app(services: Services) -> Litestar:
    """Return the application over the given services."""
    check_query = QueryCheck()

    async def before(request: Request[Any, Any, Any]) -> None:
        await services.authenticator(request)
        check_query(request)
        await check_no_body(request)

    def provide() -> Services:
        return services

    def provide_caller(request: Request[Any, Any, Any]) -> Caller:
        return services.authenticator.caller_of(request)

    return PathApplication(
        route_handlers=[
            api_router(services.settings),
            *PAGES,
            healthz,
            readyz,
            metrics,
            login_page,
            log_in,
            log_out,
            create_static_files_router(
                "/static",
                [Path(__file__).parent / "static"],
                include_in_schema=False,
                opt=PUBLIC,
                # A name that no file can have: with a zero in it, or what the file system refuses, as a longer one than
                # it knows, of which Litestar makes an error of the server.
                exception_handlers={InternalServerException: on_no_file, ValueError: on_no_file},
            ),
        ],
        middleware=[decode_names],
        dependencies={
            "services": Provide(provide, sync_to_thread=False),
            "caller": Provide(provide_caller, sync_to_thread=False),
        },
        before_request=before,
        before_send=[add_protective_headers],
        exception_handlers={
            HTTPException: on_http_error,
            LibraryError: on_service_error,
            PolicyError: on_service_error,
            CaseError: on_service_error,
            RecurringError: on_service_error,
            BoilerplateError: on_service_error,
            EvidenceError: on_service_error,
            PreviewError: on_service_error,
            BadCursor: on_service_error,
            TooLargeError: on_service_error,
            BadPublishTimeError: on_service_error,
            KeyUsedError: on_service_error,
            OSError: on_unavailable,
            UnicodeDecodeError: on_unreadable,
            RecursionError: on_unreadable,
            Exception: on_other_error,
        },
        template_config=template_config(services.authenticator),
        openapi_config=openapi_config(),
        request_max_body_size=LARGEST_BODY,
        signature_namespace={"Services": type(services), "Caller": Caller},
        logging_config=None,
    )
