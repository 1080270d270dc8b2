"""What the read model knows of libraries and of what is in them."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.libraries import Library, LibraryItem, item_of_key
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["CountedLibrary", "ItemCounts", "ItemMark", "ItemPage", "LibraryProjection", "LibraryRows"]


class ItemCounts(NamedTuple):
    """How many items a library holds, and of these how many are not matched and how many go to people alone."""

    items: int = 0
    disabled: int = 0
    quarantined: int = 0


class CountedLibrary(NamedTuple):
    """A library, and how many items it holds."""

    library: Library
    counts: ItemCounts


class ItemMark(StrEnum):
    """What an item may be marked with; each is the name of a column."""

    #: It is kept, and not matched.
    DISABLED = "disabled"
    #: It matches far more than is usual: its matches go to people.
    QUARANTINED = "quarantined"


class ItemPage(msgspec.Struct, frozen=True):
    """A page of a library's items, newest first, and the cursor of the next one."""

    items: list[LibraryItem]
    next: str | None = None


class LibraryRows:
    """Answers about libraries. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Library | None:
        """Return a library."""
        row = self._database.one("SELECT doc FROM libraries WHERE name = ?", name)
        return None if row is None else msgspec.json.decode(row["doc"], type=Library)

    def all(self) -> list[Library]:
        """Return all libraries, by name."""
        rows = self._database.all("SELECT doc FROM libraries ORDER BY name")
        return [msgspec.json.decode(row["doc"], type=Library) for row in rows]

    def counted(self) -> list[CountedLibrary]:
        """Return all libraries with how many items each holds, by name."""
        rows = self._database.all(
            "SELECT libraries.doc, counts.items, counts.disabled, counts.quarantined FROM libraries "
            "LEFT JOIN item_counts AS counts ON counts.library = libraries.name ORDER BY libraries.name"
        )
        return [
            CountedLibrary(
                msgspec.json.decode(row["doc"], type=Library),
                ItemCounts(*(row[name] or 0 for name in ItemCounts._fields)),
            )
            for row in rows
        ]

    def counts(self, name: str) -> ItemCounts:
        """Return how many items a library holds."""
        row = self._database.one("SELECT items, disabled, quarantined FROM item_counts WHERE library = ?", name)
        return ItemCounts() if row is None else ItemCounts(*row)

    def count(self, name: str) -> int:
        """Return how many items a library holds."""
        return self.counts(name).items

    def item(self, library: str, media_id: str) -> LibraryItem | None:
        """Return what a library holds of a media item."""
        row = self._database.one("SELECT doc FROM items WHERE library = ? AND media_id = ?", library, media_id)
        return None if row is None else _item(row)

    def items_of(self, media_id: str) -> list[LibraryItem]:
        """Return what all libraries hold of a media item."""
        rows = self._database.all("SELECT doc FROM items WHERE media_id = ? ORDER BY library", media_id)
        return [_item(row) for row in rows]

    def items(
        self, library: str, *, marked: ItemMark | None = None, cursor: str | None = None, limit: int = 50
    ) -> ItemPage:
        """Return a page of a library's items, newest first: of all, or of those that are marked so.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        condition, values = "" if marked is None else f"AND {marked}", []
        if cursor is not None:
            condition += " AND (created, media_id) < (?, ?)"
            values = list(read_cursor(f"items of {library}", cursor))
        rows = self._database.all(
            f"SELECT created, media_id, doc FROM items WHERE library = ? {condition} "  # noqa: S608 (no user's text)
            "ORDER BY created DESC, media_id DESC LIMIT ?",
            library,
            *values,
            limit + 1,
        )
        rows, following = page_of(f"items of {library}", rows, limit)
        return ItemPage([_item(row) for row in rows], following)

    def media_ids(self, library: str, *, up_to: int) -> list[str]:
        """Return the MediaIds of the items whose version is not above the given one."""
        rows = self._database.all("SELECT media_id FROM items WHERE library = ? AND version <= ?", library, up_to)
        return [row["media_id"] for row in rows]

    def disabled(self, library: str) -> list[str]:
        """Return the MediaIds of the items that are not matched."""
        rows = self._database.all("SELECT media_id FROM items WHERE library = ? AND disabled", library)
        return [row["media_id"] for row in rows]


class LibraryProjection(Projection):
    """Keeps the newest state of each library, and of each item until its library holds it no more or is gone."""

    name = "libraries"
    topics = ("libraries", "items")

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a library's state or an item's."""
        if record.channel == "libraries":
            return _apply_library(writer, record)
        return _apply_item(writer, record)


def _apply_library(writer: sqlite3.Connection, record: Record) -> list[News]:
    if record.is_tombstone:
        gone = writer.execute("DELETE FROM items WHERE library = ?", (record.name,)).rowcount
        gone += writer.execute("DELETE FROM libraries WHERE name = ?", (record.name,)).rowcount
        return [News("library", record.name)] if gone else []
    library = record.decoded(Library)
    if library is None:
        return []
    doc = msgspec.json.encode(library)
    if writer.execute("SELECT 1 FROM libraries WHERE name = ? AND doc = ?", (library.name, doc)).fetchone():
        return []
    writer.execute("INSERT OR REPLACE INTO libraries VALUES (?, ?)", (library.name, doc))
    return [News("library", library.name)]


def _apply_item(writer: sqlite3.Connection, record: Record) -> list[News]:
    if record.is_tombstone:
        library, media_id = item_of_key(record.name)
        gone = writer.execute("DELETE FROM items WHERE library = ? AND media_id = ?", (library, media_id)).rowcount
        return [News("item", library)] if gone else []
    item = record.decoded(LibraryItem)
    if item is None:
        return []
    doc = msgspec.json.encode(item)
    known = "SELECT 1 FROM items WHERE library = ? AND media_id = ? AND doc = ?"
    if writer.execute(known, (item.library, item.media_id, doc)).fetchone():
        return []
    writer.execute(
        "INSERT INTO items VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (library, media_id) DO UPDATE SET "
        "version = excluded.version, disabled = excluded.disabled, created = excluded.created, doc = excluded.doc, "
        "quarantined = excluded.quarantined",
        (
            item.library,
            item.media_id,
            item.version,
            item.disabled,
            item.creation_time,
            doc,
            bool(item.quarantined),
        ),
    )
    return [News("item", item.library)]


def _item(row: sqlite3.Row) -> LibraryItem:
    return msgspec.json.decode(row["doc"], type=LibraryItem)
