"""Clusters of copies over REST: by size, by growth, and what is in one."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter

from schemas.clock import utc_now
from streams.domain.clusters import GROWTH_DAYS, MOST_GROWTH_DAYS, days_until
from streams.readmodel.cluster_lists import Cluster, ClusterMembers, ClusterSort
from streams.web.api.cluster_views import ClusterDetailView, ClusterList, ClusterView
from streams.web.api.etag import UNCHANGED, with_etag
from streams.web.api.pagination import Cursor, Limit
from streams.web.auth.authenticator import needs
from streams.web.auth.roles import Role
from streams.web.problem_types import ProblemError
from streams.web.problems_of_state import UNKNOWN_CLUSTER
from streams.web.services import Services

__all__ = ["CLUSTER_ROUTES"]

Sort = Annotated[
    ClusterSort,
    QueryParameter(
        description="`size`: those of most media first; `growth`: those that grew most, without those that did not grow"
    ),
]
Days = Annotated[
    int,
    QueryParameter(ge=1, le=MOST_GROWTH_DAYS, description="of how many days (UTC) growth is told; the last is today"),
]


@get("/clusters", summary="List clusters of copies, by size or growth", opt=needs(Role.READER))
async def list_clusters(
    services: NamedDependency[Services],
    *,
    sort: Sort = ClusterSort.SIZE,
    days: Days = GROWTH_DAYS,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> ClusterList:
    """List clusters: media that matches link to each other, as in traces, without what boilerplate alone links."""
    clusters = services.model.clusters
    page = await asyncio.to_thread(clusters.page, sort, now=utc_now(), days=days, cursor=cursor, limit=limit)
    return ClusterList(clusters=[ClusterView.of(one) for one in page.clusters], next=page.next)


@get(
    "/clusters/{cluster_id:str}",
    summary="Show a cluster: its media, and how it grew",
    responses=UNCHANGED,
    opt=needs(Role.READER),
)
async def show_cluster(
    cluster_id: FromPath[str],
    services: NamedDependency[Services],
    request: Request[Any, Any, Any],
    *,
    days: Days = GROWTH_DAYS,
    cursor: Cursor = None,
    limit: Limit = 100,
) -> Response[ClusterDetailView | None]:
    """Show the cluster that a media item is in, whichever of its members that is, with its media page by page.

    So the id of a cluster that has become a part of a larger one leads to that.
    """
    clusters = services.model.clusters
    now = utc_now()

    def found() -> tuple[Cluster | None, ClusterMembers]:
        return clusters.of(cluster_id, now=now, days=days), clusters.members(cluster_id, cursor=cursor, limit=limit)

    cluster, members = await asyncio.to_thread(found)
    if cluster is None:
        raise ProblemError(UNKNOWN_CLUSTER, f"media item {cluster_id!r} is in no cluster: no match links it to another")
    return with_etag(request, ClusterDetailView.with_members(cluster, days_until(now, days), members))


CLUSTER_ROUTES = (list_clusters, show_cluster)
