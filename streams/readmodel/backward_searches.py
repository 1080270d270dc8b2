"""What the read model knows of backward searches, and in which order they go through what is stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.backward import BackwardSearch
from schemas.jobs import JobStatus
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from schemas.backward import Cursor
    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["BackwardSearchPage", "BackwardSearchProjection", "BackwardSearchRows", "SearchFilter", "StoredItem"]


class StoredItem(NamedTuple):
    """What a library holds now of a media item."""

    library: str
    media_id: str
    version: int


class SearchFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which searches to list; what is None does not matter."""

    media_id: str | None = None
    library: str | None = None
    status: JobStatus | None = None


class BackwardSearchPage(msgspec.Struct, frozen=True):
    """A page of searches, newest first, and the cursor of the next one."""

    searches: list[BackwardSearch]
    next: str | None = None


class BackwardSearchRows:
    """Answers about backward searches. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, search_id: str) -> BackwardSearch | None:
        """Return a search."""
        row = self._database.one("SELECT doc FROM backward_searches WHERE search_id = ?", search_id)
        return None if row is None else _search(row)

    def of_media(self, media_id: str) -> list[BackwardSearch]:
        """Return the searches of a reference, newest first."""
        rows = self._database.all(
            "SELECT doc FROM backward_searches WHERE media_id = ? ORDER BY created DESC, search_id DESC", media_id
        )
        return [_search(row) for row in rows]

    def unfinished(self) -> list[BackwardSearch]:
        """Return the searches that have not ended, oldest first."""
        rows = self._database.all(
            "SELECT doc FROM backward_searches WHERE status IN ('init', 'processing') ORDER BY created, search_id"
        )
        return [_search(row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Return how many searches there are in each status."""
        rows = self._database.all("SELECT status, count(*) AS searches FROM backward_searches GROUP BY status")
        found = {row["status"]: row["searches"] for row in rows}
        return {status.value: found.get(status.value, 0) for status in JobStatus}

    def page(
        self,
        wanted: SearchFilter = SearchFilter(),  # noqa: B008 (frozen)
        *,
        cursor: str | None = None,
        limit: int = 50,
    ) -> BackwardSearchPage:
        """Return a page of searches, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        conditions = {
            "media_id = ?": [wanted.media_id] if wanted.media_id else [],
            "library = ?": [wanted.library] if wanted.library else [],
            "status = ?": [wanted.status.value] if wanted.status else [],
            "(created, search_id) < (?, ?)": list(read_cursor("backward searches", cursor)) if cursor else [],
        }
        used = [condition for condition, values in conditions.items() if values]
        rows = self._database.all(
            "SELECT created, search_id, doc FROM backward_searches "  # noqa: S608 (no user's text)
            f"WHERE {' AND '.join(used) or 'true'} ORDER BY created DESC, search_id DESC LIMIT ?",
            *(value for values in conditions.values() for value in values),
            limit + 1,
        )
        rows, following = page_of("backward searches", rows, limit)
        return BackwardSearchPage([_search(row) for row in rows], following)

    def count_items(self, media_id: str) -> int:
        """Return how many items a reference is held against: all that are not disabled, and none of its own."""
        row = self._database.one("SELECT count(*) AS items FROM items WHERE NOT disabled AND media_id != ?", media_id)
        return 0 if row is None else int(row["items"])

    def items_after(self, cursor: Cursor, *, media_id: str, limit: int) -> tuple[list[StoredItem], bool]:
        """Return the items that follow one, as libraries hold them now, and whether more follow these.

        Items of one media item are never parted, unless more libraries hold it than the limit: whoever finds a copy in
        two libraries tells it once.

        Args:
            cursor: The item behind which to begin; None: at the first one.
            media_id: The reference, whose own items are left out.
            limit: The most to return.
        """
        library, after = cursor or ("", "")
        rows = self._database.all(
            "SELECT library, media_id, version FROM items "
            "WHERE NOT disabled AND media_id != ? AND (media_id, library) > (?, ?) ORDER BY media_id, library LIMIT ?",
            media_id,
            after,
            library,
            limit + 1,
        )
        found = [StoredItem(*row) for row in rows]
        if len(found) <= limit:
            return found, False
        parted = found.pop().media_id
        whole = [item for item in found if item.media_id != parted]
        return whole or found, True


class BackwardSearchProjection(Projection):
    """Keeps the newest state of each search."""

    name = "backward_searches"
    topics = ("backward-searches",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a state unless a newer one, or this very one, is there; a search that has ended stays so."""
        if record.is_tombstone:
            gone = writer.execute("DELETE FROM backward_searches WHERE search_id = ?", (record.name,)).rowcount
            return [News("search", record.name)] if gone else []
        search = record.decoded(BackwardSearch)
        return [News("search", search.search_id)] if search is not None and _take_over(writer, search) else []


def _take_over(writer: sqlite3.Connection, search: BackwardSearch) -> bool:
    row = writer.execute(
        "SELECT status, updated, doc FROM backward_searches WHERE search_id = ?", (search.search_id,)
    ).fetchone()
    doc = msgspec.json.encode(search)
    if row is not None and (_is_newer(row, search) or bytes(row["doc"]) == doc):
        return False
    writer.execute(
        "INSERT OR REPLACE INTO backward_searches VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            search.search_id,
            search.media_id,
            search.library,
            search.status.value,
            search.creation_time,
            search.update_time,
            doc,
        ),
    )
    return True


def _is_newer(row: sqlite3.Row, search: BackwardSearch) -> bool:
    ended = JobStatus(row["status"]).ended
    if ended != search.status.ended:
        return ended
    return bool(row["updated"] > search.update_time)


def _search(row: sqlite3.Row) -> BackwardSearch:
    return msgspec.json.decode(row["doc"], type=BackwardSearch)
