"""The page of a media item's trace: who copied from whom, as a tree over time and as a table."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from litestar import get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from schemas.clock import utc_now
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.pages.rendering import render
from streams.web.pages.trace_plot import TracePlot
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_MEDIA
from streams.web.services import Services

if TYPE_CHECKING:
    from schemas.traces import Trace
    from streams.readmodel.matches import MatchRows

__all__ = ["trace_page"]


@get("/media/{media_id:str}/trace", include_in_schema=False, opt=needs(Role.READER))
async def trace_page(media_id: FromPath[str], services: NamedDependency[Services]) -> Template:
    """Show who copied from whom in a media item's cluster, worked out on demand."""
    context = await asyncio.to_thread(_shown, services, media_id)
    if context is None:
        raise ProblemError(UNKNOWN_MEDIA, f"nothing is known of media {media_id!r}")
    return render("media/trace.html", context)


def _shown(services: Services, media_id: str) -> dict[str, Any] | None:
    trace = services.traces.of(media_id)
    if trace is None:
        return None
    return {
        "media_id": media_id,
        "trace": trace,
        "plot": TracePlot.of(trace, media_id),
        "jobs": _jobs(services.model.matches, trace),
        "cluster": services.model.clusters.of(media_id, now=utc_now()),
    }


def _jobs(matches: MatchRows, trace: Trace) -> dict[tuple[str, str], str]:
    """Return the newest job that has found each copy's match with its source, whichever of the two was its input."""
    found: dict[tuple[str, str], str] = {}
    for edge in trace.edges:
        for media_id, reference in ((edge.copy, edge.source), (edge.source, edge.copy)):
            page = matches.page(media_id=media_id, reference=reference, limit=1)
            if page.matches:
                found[edge.copy, edge.source] = page.matches[0].job_id
                break
    return found
