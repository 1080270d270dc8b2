"""What the read model knows of libraries and of what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from schemas.libraries import Library, LibraryItem
from streams.readmodel.pagination import page_of, read_cursor

if TYPE_CHECKING:
    import sqlite3

    from streams.readmodel.database import Database

__all__ = ["GoneItem", "GoneLibrary", "ItemPage", "LibraryRows", "apply_item", "apply_library"]


class GoneLibrary(NamedTuple):
    """A library that was deleted."""

    name: str


class GoneItem(NamedTuple):
    """An item that its library no longer holds."""

    library: str
    media_id: str


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

    def count(self, name: str) -> int:
        """Return how many items a library holds."""
        row = self._database.one("SELECT count(*) AS items FROM items WHERE library = ?", name)
        return 0 if row is None else int(row["items"])

    def item(self, library: str, media_id: str) -> LibraryItem | None:
        """Return what a library holds of a media item."""
        row = self._database.one("SELECT doc FROM items WHERE library = ? AND media_id = ?", library, media_id)
        return None if row is None else _item(row)

    def items_of(self, media_id: str) -> list[LibraryItem]:
        """Return what all libraries hold of a media item."""
        rows = self._database.all("SELECT doc FROM items WHERE media_id = ? ORDER BY library", media_id)
        return [_item(row) for row in rows]

    def items(self, library: str, *, cursor: str | None = None, limit: int = 50) -> ItemPage:
        """Return a page of a library's items, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        condition, values = "", []
        if cursor is not None:
            condition, values = "AND (created, media_id) < (?, ?)", list(read_cursor(f"items of {library}", cursor))
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


def apply_library(writer: sqlite3.Connection, news: Library | GoneLibrary) -> bool:
    """Take over a library's newest state, with one that is gone, its items go; tell whether anything changed."""
    if isinstance(news, GoneLibrary):
        gone = 0
        for table, column in (("items", "library"), ("matches", "library"), ("libraries", "name")):
            gone += writer.execute(f"DELETE FROM {table} WHERE {column} = ?", news).rowcount  # noqa: S608 (our own names)
        return bool(gone)
    doc = msgspec.json.encode(news)
    if writer.execute("SELECT 1 FROM libraries WHERE name = ? AND doc = ?", (news.name, doc)).fetchone():
        return False
    writer.execute("INSERT OR REPLACE INTO libraries VALUES (?, ?)", (news.name, doc))
    return True


def apply_item(writer: sqlite3.Connection, news: LibraryItem | GoneItem) -> bool:
    """Take over an item's newest state, with one that is gone goes what was found of it; tell whether it changed."""
    if isinstance(news, GoneItem):
        gone = writer.execute("DELETE FROM items WHERE library = ? AND media_id = ?", news).rowcount
        gone += writer.execute("DELETE FROM matches WHERE library = ? AND reference = ?", news).rowcount
        return bool(gone)
    doc = msgspec.json.encode(news)
    known = "SELECT 1 FROM items WHERE library = ? AND media_id = ? AND doc = ?"
    if writer.execute(known, (news.library, news.media_id, doc)).fetchone():
        return False
    writer.execute(
        "INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?, ?)",
        (news.library, news.media_id, news.version, news.disabled, news.creation_time, doc),
    )
    return True


def _item(row: sqlite3.Row) -> LibraryItem:
    return msgspec.json.decode(row["doc"], type=LibraryItem)
