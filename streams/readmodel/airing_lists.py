"""Lists and sums of airings, each read from one index that holds all that it is filtered by."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

from schemas.clock import format_time
from schemas.matches import Track
from streams.readmodel.pagination import page_of, read_cursor

if TYPE_CHECKING:
    import sqlite3

    from streams.readmodel.database import Database

__all__ = ["AiringFilter", "AiringPage", "AiringRow", "AiringRows", "AiringSum", "AiringSums", "SumBy"]

#: The list's name, for its cursors.
NAME = "airings"
#: Columns that a filter names, those with the fewest airings for one value first, and what their indexes are called by.
_BY = {"media_id": "media", "ad": "ad", "library": "library"}
#: What is summed of the airings of a group.
_SUMMED = "count(*) AS airings, total(seconds) AS seconds, total(complete) AS complete"


class SumBy(StrEnum):
    """What airings are summed by."""

    AD = "ad"
    MEDIUM = "medium"
    #: Of their time, UTC.
    HOUR = "hour"
    #: Of their time, UTC.
    DAY = "day"

    @property
    def columns(self) -> tuple[str, ...]:
        """What tells the groups apart."""
        return {
            SumBy.AD: ("library", "ad"),
            SumBy.MEDIUM: ("media_id",),
            SumBy.HOUR: ("substr(time, 1, 13)",),
            SumBy.DAY: ("substr(time, 1, 10)",),
        }[self]

    @property
    def order(self) -> str:
        """Which group comes first: the newest of periods, and else the one with the most airings."""
        if self in {SumBy.HOUR, SumBy.DAY}:
            return "1 DESC"
        names = ", ".join(self.columns)
        return f"airings DESC, seconds DESC, {names}"


class AiringFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which airings to list, or to sum; what is None does not matter.

    Attributes:
        media_id: The medium.
        ad: The ad.
        library: Where the ad is.
        since: When at the earliest they began: by the clock, where the medium has one, and else when it was asked for.
        until: The first time that is too late.
        complete: Whether the whole ad ran.
    """

    media_id: str | None = None
    ad: str | None = None
    library: str | None = None
    since: str | None = None
    until: str | None = None
    complete: bool | None = None


class AiringRow(msgspec.Struct, frozen=True, kw_only=True):
    """An airing: one run of an ad in a medium. Times in the medium are seconds."""

    media_id: str
    library: str
    ad: str
    start: float
    end: float
    #: When it began by the clock, UTC; empty: nobody knows.
    clock_start: str
    share: float
    complete: bool
    track: Track
    speed: float
    job_id: str

    @property
    def clock_end(self) -> str:
        """When it ended by the clock, UTC; empty: nobody knows."""
        if not self.clock_start:
            return ""
        try:
            return format_time(datetime.fromisoformat(self.clock_start) + timedelta(seconds=self.end - self.start))
        except OverflowError:  # behind the last year that there is
            return ""


class AiringPage(msgspec.Struct, frozen=True):
    """A page of airings, newest first, and the cursor of the next one."""

    airings: list[AiringRow]
    next: str | None = None


class AiringSum(msgspec.Struct, frozen=True, kw_only=True):
    """How many airings there were, and how long.

    Attributes:
        name: The ad, the medium, or the hour or day (UTC), as the beginning of a time; empty: all.
        library: Where the ad is; empty where it is not summed by ads.
    """

    name: str = ""
    library: str = ""
    airings: int
    seconds: float
    complete: int

    @property
    def cut(self) -> int:
        """How many did not run as a whole."""
        return self.airings - self.complete


class AiringSums(msgspec.Struct, frozen=True):
    """The sum of all airings, those of each group, and whether there are more groups."""

    total: AiringSum
    sums: list[AiringSum]
    is_cut: bool = False


class AiringRows:
    """Answers about airings. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(
        self,
        wanted: AiringFilter = AiringFilter(),  # noqa: B008 (frozen)
        *,
        cursor: str | None = None,
        limit: int = 100,
    ) -> AiringPage:
        """Return a page of airings, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        source, where, values = _source(wanted)
        if cursor is not None:
            where += " AND (time, place) < (?, ?)"
            values += read_cursor(NAME, cursor)
        rows = self._database.all(
            f"SELECT time, place FROM {source} WHERE {where} ORDER BY time DESC, place DESC LIMIT ?",  # noqa: S608 (no user's text)
            *values,
            limit + 1,
        )
        rows, following = page_of(NAME, rows, limit)
        return AiringPage(self._airings([row["place"] for row in rows]), following)

    def sums(self, by: SumBy, wanted: AiringFilter = AiringFilter(), *, limit: int = 100) -> AiringSums:  # noqa: B008 (frozen)
        """Return the sums of the airings that pass a filter, at the most so many groups of them."""
        source, where, values = _source(wanted)
        names = ", ".join(f"{column} AS name{number}" for number, column in enumerate(by.columns))
        groups = ", ".join(by.columns)
        rows = self._database.all(
            f"SELECT {names}, {_SUMMED} FROM {source} WHERE {where} GROUP BY {groups} ORDER BY {by.order} LIMIT ?",  # noqa: S608 (no user's text)
            *values,
            limit + 1,
        )
        (total,) = self._database.all(f"SELECT {_SUMMED} FROM {source} WHERE {where}", *values)  # noqa: S608 (no user's text)
        sums = [_sum(row, *tuple(row)[: len(by.columns)]) for row in rows[:limit]]
        return AiringSums(_sum(total), sums, is_cut=len(rows) > limit)

    def _airings(self, places: list[str]) -> list[AiringRow]:
        """Return airings in a given order, without those that have gone meanwhile."""
        rows = self._database.all(
            "SELECT * FROM airings WHERE place IN (SELECT value FROM json_each(?))",
            msgspec.json.encode(places).decode(),
        )
        found = {row["place"]: row for row in rows}
        return [_airing(found[place]) for place in places if place in found]


def _source(wanted: AiringFilter) -> tuple[str, str, list[object]]:
    """Return the table with the index that leads, what its rows have to be, and the values of that."""
    conditions: dict[str, object] = {
        "media_id = ?": wanted.media_id,
        "ad = ?": wanted.ad,
        "library = ?": wanted.library,
        "time >= ?": wanted.since,
        "time < ?": wanted.until,
        "complete = ?": wanted.complete,
    }
    used = {condition: value for condition, value in conditions.items() if value is not None}
    leading = next((short for name, short in _BY.items() if getattr(wanted, name) is not None), "time")
    return f"airings INDEXED BY airings_by_{leading}", " AND ".join(used) or "true", list(used.values())


def _sum(row: sqlite3.Row, *names: str) -> AiringSum:
    library, name = names if len(names) > 1 else ("", *names) if names else ("", "")
    return AiringSum(
        name=name, library=library, airings=row["airings"], seconds=row["seconds"], complete=int(row["complete"])
    )


def _airing(row: sqlite3.Row) -> AiringRow:
    return AiringRow(
        media_id=row["media_id"],
        library=row["library"],
        ad=row["ad"],
        start=row["start_s"],
        end=row["end_s"],
        clock_start=row["clock_start"],
        share=row["share"],
        complete=bool(row["complete"]),
        track=Track(row["track"]),
        speed=row["speed"],
        job_id=row["job_id"],
    )
