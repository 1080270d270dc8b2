"""What the REST API shows of clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

import msgspec

from streams.readmodel.cluster_lists import Cluster, ClusterMember, ClusterMembers

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ClusterDayView", "ClusterDetailView", "ClusterList", "ClusterMemberView", "ClusterView"]

FirstSeen = Annotated[str | None, msgspec.Meta(description="when it was first seen here, UTC; null: not known")]


class ClusterView(msgspec.Struct, kw_only=True):
    """A cluster: all media that matches link to each other, directly or through others."""

    cluster_id: str
    size: Annotated[int, msgspec.Meta(description="how many media it has")]
    growth: Annotated[int, msgspec.Meta(description="how many of them were first seen in the days that were asked for")]
    root: Annotated[str, msgspec.Meta(description="MediaId of the oldest one, by publish times where they are known")]
    first_seen: Annotated[str | None, msgspec.Meta(description="when the first of them was first seen here, UTC")]
    last_seen: Annotated[str | None, msgspec.Meta(description="when the newest of them was first seen here, UTC")]

    @classmethod
    def of(cls, cluster: Cluster) -> Self:
        """Return what to show of a cluster."""
        return cls(
            cluster_id=cluster.cluster_id,
            size=cluster.size,
            growth=cluster.growth,
            root=cluster.root,
            first_seen=cluster.first_seen or None,
            last_seen=cluster.last_seen or None,
        )


class ClusterList(msgspec.Struct, kw_only=True):
    """A page of clusters; `next` is the cursor of the page that follows."""

    clusters: list[ClusterView]
    next: str | None = None


class ClusterDayView(msgspec.Struct, kw_only=True):
    """How a cluster grew on a day."""

    day: Annotated[str, msgspec.Meta(description="the day, UTC")]
    members: Annotated[int, msgspec.Meta(description="how many of its media were first seen then")]


class ClusterMemberView(msgspec.Struct, kw_only=True):
    """A media item of a cluster."""

    media_id: str
    first_seen: FirstSeen

    @classmethod
    def of(cls, member: ClusterMember) -> Self:
        """Return what to show of a member."""
        return cls(media_id=member.media_id, first_seen=member.first_seen or None)


class ClusterDetailView(ClusterView, kw_only=True):
    """A cluster with its growth and a page of its media; `next` is the cursor of the page that follows."""

    days: Annotated[list[ClusterDayView], msgspec.Meta(description="each day that was asked for, the oldest first")]
    members: Annotated[list[ClusterMemberView], msgspec.Meta(description="its media, the newest first")]
    next: str | None = None

    @classmethod
    def with_members(cls, cluster: Cluster, days: Iterable[str], page: ClusterMembers) -> Self:
        """Return what to show of a cluster and its media.

        Args:
            cluster: The cluster.
            days: The days that growth is told of.
            page: A page of its media.
        """
        return cls(
            **msgspec.structs.asdict(ClusterView.of(cluster)),
            days=[ClusterDayView(day=day, members=cluster.days.get(day, 0)) for day in days],
            members=[ClusterMemberView.of(one) for one in page.members],
            next=page.next,
        )
