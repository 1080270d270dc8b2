"""Lists of clusters by size and growth, and what is in one."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from streams.domain.clusters import GROWTH_DAYS, days_until
from streams.readmodel.pagination import page_of, read_cursor

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from streams.readmodel.database import Database

__all__ = ["Cluster", "ClusterMember", "ClusterMembers", "ClusterPage", "ClusterRows", "ClusterSort"]

#: Digits of a number that a cursor holds as text, so that it sorts: more media than there will be.
DIGITS = 12
_COLUMNS = "number, cluster_id, size, root, first_seen, last_seen"


class ClusterSort(StrEnum):
    """Which clusters come first."""

    #: Those of most media; of one size those that grew last.
    SIZE = "size"
    #: Those that grew by most media in the days that are asked for; clusters that did not grow are left out.
    GROWTH = "growth"


class Cluster(msgspec.Struct, frozen=True, kw_only=True):
    """Media that are linked to each other by matches, directly or through others."""

    #: MediaId of the member that was first seen first: what the cluster goes by.
    cluster_id: str
    #: How many media it has.
    size: int
    #: MediaId of the oldest member, as verdicts tell age: what publish times say counts before when it came here.
    root: str
    #: When the first member was first seen, UTC; empty: not known.
    first_seen: str
    #: When the newest one was.
    last_seen: str
    #: How many members were first seen on which day (UTC), of the days that are asked for; days without any are none.
    days: dict[str, int]

    @property
    def growth(self) -> int:
        """How many members were first seen on these days."""
        return sum(self.days.values())


class ClusterPage(msgspec.Struct, frozen=True):
    """A page of clusters, and the cursor of the next one."""

    clusters: list[Cluster]
    next: str | None = None


class ClusterMember(msgspec.Struct, frozen=True, kw_only=True):
    """A media item of a cluster, and when it was first seen, UTC; empty: not known."""

    media_id: str
    first_seen: str


class ClusterMembers(msgspec.Struct, frozen=True):
    """A page of a cluster's members, the newest first, and the cursor of the next one."""

    members: list[ClusterMember]
    next: str | None = None


class ClusterRows:
    """Answers about clusters. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        sort: ClusterSort = ClusterSort.SIZE,
        *,
        now: str,
        days: int = GROWTH_DAYS,
        cursor: str | None = None,
        limit: int = 100,
    ) -> ClusterPage:
        """Return a page of clusters, the largest first, or those that grew most.

        Args:
            sort: Which of the two.
            now: The present time: growth is that of the days up to today.
            days: Of how many days.
            cursor: Where the page before has ended.
            limit: How many clusters the page has at the most.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        since = days_until(now, days)[0]
        if sort is ClusterSort.SIZE:
            name, amount, values = "clusters by size", "size", []
            source = "clusters INDEXED BY clusters_by_size"
        else:
            name, amount, values = f"clusters by growth in {days} days", "growth", [since]
            source = (
                "(SELECT number AS grown, sum(members) AS growth FROM cluster_days INDEXED BY cluster_days_by_day "
                "WHERE day >= ? GROUP BY number) CROSS JOIN clusters ON clusters.number = grown"
            )
        where = "true"
        if cursor is not None:
            where = f"({amount}, place) < (CAST(? AS INTEGER), ?)"
            values += read_cursor(name, cursor)
        rows = self._database.all(
            f"SELECT printf('%0{DIGITS}d', {amount}) AS amount, place, {_COLUMNS} FROM {source} WHERE {where} "  # noqa: S608 (no user's text)
            f"ORDER BY {amount} DESC, place DESC LIMIT ?",
            *values,
            limit + 1,
        )
        rows, following = page_of(name, rows, limit)
        return ClusterPage(self._clusters(rows, since), following)

    def of(self, media_id: str, *, now: str, days: int = GROWTH_DAYS) -> Cluster | None:
        """Return the cluster that a media item is in; None where it is linked to nothing.

        Args:
            media_id: Any of its members.
            now: The present time.
            days: Of how many days up to today growth is told.
        """
        rows = self._database.all(
            f"SELECT {_COLUMNS} FROM clusters "  # noqa: S608 (our own words)
            "WHERE number = (SELECT number FROM cluster_members WHERE media_id = ?)",
            media_id,
        )
        return next(iter(self._clusters(rows, days_until(now, days)[0])), None)

    def members(self, media_id: str, *, cursor: str | None = None, limit: int = 100) -> ClusterMembers:
        """Return a page of the members of the cluster that a media item is in, the newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        where, values, name = "", [], "members of a cluster"
        if cursor is not None:
            where, values = "AND (first_seen, media_id) < (?, ?)", [*read_cursor(name, cursor)]
        rows = self._database.all(
            "SELECT first_seen, media_id FROM cluster_members INDEXED BY cluster_members_by_time "  # noqa: S608 (our own words)
            f"WHERE number = (SELECT number FROM cluster_members WHERE media_id = ?) {where} "
            "ORDER BY first_seen DESC, media_id DESC LIMIT ?",
            media_id,
            *values,
            limit + 1,
        )
        rows, following = page_of(name, rows, limit)
        found = [ClusterMember(media_id=row["media_id"], first_seen=row["first_seen"]) for row in rows]
        return ClusterMembers(found, following)

    def _clusters(self, rows: Sequence[sqlite3.Row], since: str) -> list[Cluster]:
        """Return clusters, each with how many members were first seen on which day from a day on."""
        numbers = msgspec.json.encode([row["number"] for row in rows]).decode()
        days: dict[int, dict[str, int]] = {row["number"]: {} for row in rows}
        for row in self._database.all(
            "SELECT number, day, members FROM cluster_days "
            "WHERE number IN (SELECT value FROM json_each(?)) AND day >= ? ORDER BY number, day",
            numbers,
            since,
        ):
            days[row["number"]][row["day"]] = row["members"]
        named = [name for name in Cluster.__struct_fields__ if name != "days"]
        return [Cluster(**{name: row[name] for name in named}, days=days[row["number"]]) for row in rows]
