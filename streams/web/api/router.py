"""The REST API under `/api/v1`."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, Router, get
from litestar.di import NamedDependency
from litestar.exceptions import ClientException
from litestar.params import HeaderParameter, QueryParameter
from litestar.response import Stream

from streams.readmodel.matches import MatchPage
from streams.settings import Setting, Settings, listed
from streams.web.api.airings import AIRING_ROUTES
from streams.web.api.backward import BACKWARD_ROUTES
from streams.web.api.boilerplate import BOILERPLATE_ROUTES
from streams.web.api.cases import CASE_ROUTES
from streams.web.api.clusters import CLUSTER_ROUTES
from streams.web.api.dead_letters import LETTER_ROUTES
from streams.web.api.deliveries import DELIVERY_ROUTES
from streams.web.api.dna_results import show_dna_result
from streams.web.api.doctor import DOCTOR_ROUTES
from streams.web.api.evidence import EVIDENCE_ROUTES
from streams.web.api.jobs import JOB_ROUTES, upload_route
from streams.web.api.libraries import LIBRARY_ROUTES
from streams.web.api.media import MEDIA_ROUTES
from streams.web.api.overview import show_overview
from streams.web.api.pagination import Cursor, Limit
from streams.web.api.policies import POLICY_ROUTES
from streams.web.api.previews import PREVIEW_ROUTES
from streams.web.api.problems import RETRY_S
from streams.web.api.query import STRICT
from streams.web.api.recurring import RECURRING_ROUTES
from streams.web.api.suppressed import Suppressed, YesNo
from streams.web.api.traces import show_trace
from streams.web.api.usage import show_usage
from streams.web.auth.authenticator import needs
from streams.web.auth.callers import Caller
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_requests import TOO_MANY_READERS
from streams.web.services import Services

__all__ = ["api_router"]

Reference = Annotated[str | None, QueryParameter(description="who copies this media item")]
LastEventId = Annotated[
    str | None,
    HeaderParameter(
        name="Last-Event-ID",
        description="id of the last event that was seen: what came since follows at once. A `reset` event says that "
        "some of it is no longer kept, or that the id is not of this worker's log: read anew what you show",
    ),
]
Input = Annotated[str | None, QueryParameter(description="what this media item copies")]


@get("/matches", summary="List who copies whom, newest first", opt=needs(Role.READER))
async def list_matches(
    services: NamedDependency[Services],
    *,
    reference: Reference = None,
    media_id: Input = None,
    suppressed: Suppressed = YesNo.NO,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> MatchPage:
    """List matches of an input, or of a reference: name at least one of them. Dismissed pairs are left out."""
    if reference is None and media_id is None:
        raise ClientException("name a reference, to see who copies it, or a media_id, to see what it copies")
    return await asyncio.to_thread(
        services.model.matches.page,
        reference=reference,
        media_id=media_id,
        suppressed=suppressed is YesNo.YES,
        cursor=cursor,
        limit=limit,
    )


@get("/settings", summary="List the settings", opt=needs(Role.READER))
async def list_settings(services: NamedDependency[Services]) -> list[Setting]:
    """List every setting, its value and where it comes from; secrets are masked."""
    return listed(services.settings)


@get("/events", summary="Follow changes as server-sent events", media_type="text/event-stream", opt=needs(Role.READER))
async def follow_changes(
    services: NamedDependency[Services],
    caller: NamedDependency[Caller],
    request: Request[Any, Any, Any],
    last_event_id: LastEventId = None,
) -> Stream:
    """Follow changes; a reader that was away sends the last id it saw, and gets all that it missed or a `reset`."""
    if not services.live.has_room(caller.name):
        raise ProblemError(
            TOO_MANY_READERS,
            "too many readers follow changes: end some, or come back later",
            headers={"Retry-After": str(RETRY_S)},
        )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    changes = services.live.follow(
        last_event_id, caller.name, may_read=lambda: services.authenticator.is_let_in(request)
    )
    return Stream(changes, media_type="text/event-stream", headers=headers)


def api_router(settings: Settings) -> Router:
    """Return the routes of the API."""
    return Router(
        "/api/v1",
        route_handlers=[
            *JOB_ROUTES,
            upload_route(settings.max_upload_bytes),
            show_dna_result,
            *PREVIEW_ROUTES,
            *MEDIA_ROUTES,
            show_trace,
            *LIBRARY_ROUTES,
            *POLICY_ROUTES,
            *CASE_ROUTES,
            *EVIDENCE_ROUTES,
            *AIRING_ROUTES,
            *RECURRING_ROUTES,
            *CLUSTER_ROUTES,
            *LETTER_ROUTES,
            *DELIVERY_ROUTES,
            *DOCTOR_ROUTES,
            *BACKWARD_ROUTES,
            *BOILERPLATE_ROUTES,
            show_overview,
            list_matches,
            show_usage,
            list_settings,
            follow_changes,
        ],
        opt=STRICT,
    )
