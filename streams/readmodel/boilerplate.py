"""What the read model knows of what people say of boilerplate: all that was said, and what of it holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.boilerplate import BoilerplateRuling
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = [
    "BoilerplateFilter",
    "BoilerplateLogFilter",
    "BoilerplatePage",
    "BoilerplateProjection",
    "BoilerplateRows",
    "rulings_about",
]

_ABOUT = "SELECT doc FROM boilerplate_rulings WHERE media_id IN (SELECT value FROM json_each(?))"


class BoilerplateFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which rulings that hold to list; what is None does not matter.

    Attributes:
        library: Of references in which library.
        media_id: Of which reference.
    """

    library: str | None = None
    media_id: str | None = None


class BoilerplateLogFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which entries of the log to list; what is None does not matter.

    Attributes:
        who: Who has said it.
        media_id: Of which reference.
        since: When at the earliest.
        until: The first time that is too late.
    """

    who: str | None = None
    media_id: str | None = None
    since: str | None = None
    until: str | None = None


class BoilerplatePage(msgspec.Struct, frozen=True):
    """A page of rulings, newest first, and the cursor of the next one."""

    rulings: list[BoilerplateRuling]
    next: str | None = None


class BoilerplateRows:
    """Answers about what people say of boilerplate. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, ruling_id: str) -> BoilerplateRuling | None:
        """Return a ruling that holds."""
        row = self._database.one("SELECT doc FROM boilerplate_rulings WHERE ruling_id = ?", ruling_id)
        return None if row is None else _ruling(row)

    def about(self, media_ids: Iterable[str]) -> list[BoilerplateRuling]:
        """Return what holds of media items, in whichever library, newest first."""
        rows = self._database.all(_ABOUT, _names(media_ids))
        return sorted(map(_ruling, rows), key=lambda one: (one.when, one.ruling_id), reverse=True)

    def page(
        self,
        wanted: BoilerplateFilter = BoilerplateFilter(),  # noqa: B008 (frozen)
        *,
        cursor: str | None = None,
        limit: int = 100,
    ) -> BoilerplatePage:
        """Return a page of rulings that hold, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        leading = "media" if wanted.media_id is not None else "time" if wanted.library is None else "library"
        return self._page(
            "boilerplate_rulings",
            "ruling_id",
            leading,
            {"library = ?": wanted.library, "media_id = ?": wanted.media_id},
            cursor=cursor,
            limit=limit,
        )

    def log(
        self,
        wanted: BoilerplateLogFilter = BoilerplateLogFilter(),  # noqa: B008 (frozen)
        *,
        cursor: str | None = None,
        limit: int = 100,
    ) -> BoilerplatePage:
        """Return a page of all that was ever said, newest first; what was taken back says so.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        leading = "media" if wanted.media_id is not None else "time" if wanted.who is None else "who"
        conditions = {
            "media_id = ?": wanted.media_id,
            "who = ?": wanted.who,
            "time >= ?": wanted.since,
            "time < ?": wanted.until,
        }
        return self._page("boilerplate_log", "entry_id", leading, conditions, cursor=cursor, limit=limit)

    def _page(
        self,
        table: str,
        key: str,
        leading: str,
        conditions: Mapping[str, str | None],
        *,
        cursor: str | None,
        limit: int,
    ) -> BoilerplatePage:
        used: dict[str, list[str]] = {text: [value] for text, value in conditions.items() if value is not None}
        if cursor is not None:
            used[f"(time, {key}) < (?, ?)"] = list(read_cursor(table, cursor))
        rows = self._database.all(
            f"SELECT time, {key}, doc FROM {table} INDEXED BY {table}_by_{leading} "  # noqa: S608 (no user's text)
            f"WHERE {' AND '.join(used) or 'true'} ORDER BY time DESC, {key} DESC LIMIT ?",
            *(value for values in used.values() for value in values),
            limit + 1,
        )
        rows, following = page_of(table, rows, limit)
        return BoilerplatePage([_ruling(row) for row in rows], following)


class BoilerplateProjection(Projection):
    """Keeps everything that was said, and the last word on each span."""

    name = "boilerplate"
    topics = ("boilerplate-rulings",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over what somebody says, unless it is known."""
        ruling = record.decoded(BoilerplateRuling)
        if ruling is None:
            return []
        added = writer.execute(
            "INSERT OR IGNORE INTO boilerplate_log VALUES (?, ?, ?, ?, ?)",
            (ruling.entry_id, ruling.when, ruling.who, ruling.media_id, record.value),
        ).rowcount
        if not added:
            return []
        writer.execute("DELETE FROM boilerplate_rulings WHERE ruling_id = ?", (ruling.ruling_id,))
        if not ruling.withdrawn:
            writer.execute(
                "INSERT INTO boilerplate_rulings VALUES (?, ?, ?, ?, ?)",
                (ruling.ruling_id, ruling.when, ruling.library, ruling.media_id, record.value),
            )
        return [News("boilerplate", ruling.ruling_id, ruling.library)]


def rulings_about(writer: sqlite3.Connection, media_ids: Iterable[str]) -> list[BoilerplateRuling]:
    """Return what holds of media items, in any order, for projections that build on it."""
    return [_ruling(row) for row in writer.execute(_ABOUT, (_names(media_ids),)).fetchall()]


def _names(media_ids: Iterable[str]) -> str:
    return msgspec.json.encode(sorted(set(media_ids))).decode()


def _ruling(row: sqlite3.Row) -> BoilerplateRuling:
    return msgspec.json.decode(row["doc"], type=BoilerplateRuling)
