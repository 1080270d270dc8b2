"""Where a media item came from, over REST."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from schemas.traces import Trace
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.api.graphml import GRAPHML, as_graphml
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_MEDIA
from streams.web.services import Services

__all__ = ["show_trace"]

#: What the route says of itself, which is a file on demand.
AS_FILE = {200: ResponseSpec(Trace, description="The tree; as GraphML with `Accept: application/graphml+xml`.")}


@get(
    "/media/{media_id:str}/trace",
    summary="Show who copied from whom",
    responses=UNCHANGED | AS_FILE,
    opt=needs(Role.READER),
)
async def show_trace(
    media_id: FromPath[str], services: NamedDependency[Services], request: Request[Any, Any, Any]
) -> Response[Any]:
    """Show the tree of who copied from whom, for all that is linked to a media item by matches; worked out on demand.

    Of a very large cluster it is the part that is nearest to the media item: `complete` is false then.
    """
    trace = await asyncio.to_thread(services.traces.of, media_id)
    if trace is None:
        raise ProblemError(UNKNOWN_MEDIA, f"nothing is known of media item {media_id!r}: submit it first")
    if request.accept.best_match(["application/json", GRAPHML]) != GRAPHML:
        return with_etag(request, trace)
    known = with_etag(request, trace, version="graphml")  # another tag than the same tree has as JSON
    if known.status_code == HTTPStatus.NOT_MODIFIED:
        return known
    # The type of the route would win over one that the answer itself is given.
    named = {"Content-Type": GRAPHML, "Content-Disposition": 'attachment; filename="trace.graphml"'}
    return Response(await asyncio.to_thread(as_graphml, trace), headers={**known.headers, **named})
