"""Media items over REST: what each copies, its fingerprint, its end."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery

from fingerprint.types import ReferenceKey
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.api.suppressed import Suppressed, YesNo
from streams.web.api.views import OutcomeView, ResultView
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_MEDIA
from streams.web.services import Services

__all__ = ["MEDIA_ROUTES"]

#: Of a fingerprint file.
BINARY = "application/octet-stream"


@get(
    "/media/{media_id:str}/result",
    summary="Show a media item's newest result",
    responses=UNCHANGED,
    opt=needs(Role.READER),
)
async def show_result(
    media_id: FromPath[str],
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    suppressed: Suppressed = YesNo.NO,
) -> Response[ResultView | None]:
    """Show what a media item copies, by its newest job that succeeded."""
    job = await asyncio.to_thread(services.model.jobs.result, media_id)
    if job is None:
        raise ProblemError(UNKNOWN_MEDIA, f"no job of media item {media_id!r} has succeeded: list its jobs to see why")
    return with_etag(
        request, ResultView.of(await asyncio.to_thread(services.results.told, job, suppressed=suppressed is YesNo.YES))
    )


@get(
    "/media/{media_id:str}/fingerprint",
    summary="Fetch a media item's fingerprint",
    media_type=BINARY,
    opt=needs(Role.READER),
)
async def fetch_fingerprint(
    media_id: FromPath[str], services: NamedDependency[Services], library: FromQuery[str | None] = None
) -> Response[bytes]:
    """Fetch the fingerprint file that a library holds: it can be submitted in place of the media."""
    items = await asyncio.to_thread(services.model.libraries.items_of, media_id)
    for item in items:
        if library in {None, item.library}:
            key = ReferenceKey(item.library, media_id, item.version)
            data = await asyncio.to_thread(services.store.get, key)
            if data is not None:
                return Response(data, media_type=BINARY, headers={"Content-Disposition": "attachment"})
    raise ProblemError(
        UNKNOWN_MEDIA, f"no library holds a fingerprint of media item {media_id!r}: store it by a job first"
    )


@get(
    "/media/{media_id:str}/outcome",
    summary="Show what a media item's matches lead to",
    responses=UNCHANGED,
    opt=needs(Role.READER),
)
async def show_outcome(
    media_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[OutcomeView | None]:
    """Show the newest outcome of a media item, as the topic `outcomes` tells it."""
    outcome = await asyncio.to_thread(services.model.outcomes.get, media_id)
    if outcome is None:
        raise ProblemError(
            UNKNOWN_MEDIA, f"nothing is known yet of what media item {media_id!r} leads to: look at its jobs"
        )
    return with_etag(request, OutcomeView.of(outcome))


@delete("/media/{media_id:str}", summary="Delete a media item", opt=needs(Role.ADMIN))
async def delete_media(media_id: FromPath[str], services: NamedDependency[Services]) -> None:
    """Take a media item out of all libraries, and forget its jobs; those under way are ended."""
    try:
        await services.libraries.delete_media(media_id)
    except LookupError as error:
        raise ProblemError(UNKNOWN_MEDIA, str(error.args[0])) from error


MEDIA_ROUTES = (show_result, show_outcome, fetch_fingerprint, delete_media)
