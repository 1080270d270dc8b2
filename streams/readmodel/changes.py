"""The log of changes: what readers that follow along are told, numbered in the order in which it became known."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import News

__all__ = ["Change", "ChangeLog", "log_changes"]

#: Changes that are kept for readers that were away; who was away longer reads the lists anew.
KEPT_CHANGES = 10_000
#: Where Linux says which run of the machine this is: another text after each start of it.
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


class Change(msgspec.Struct, frozen=True):
    """Something that readers may want to show.

    Attributes:
        id: Rises with each change.
        kind: "job", "match", "library", "item", "letter", "policy", "case", "outcome", "search", "boilerplate" or
            "delivery".
        subject: Id of the job or the dead letter, or name of the library.
        library: In which library that is; empty: in none, or it was not said.
        state: What it is now; empty: it was not said.
    """

    id: int
    kind: str
    subject: str
    library: str = ""
    state: str = ""


class ChangeLog:
    """Answers about changes. Every method may be called from any thread.

    Attributes:
        log_id: Names the log that changes are numbered in: each file has its own, so numbers mean nothing elsewhere.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self.log_id = _log_id_of(database)

    def since(self, change_id: int, *, limit: int = 1000) -> list[Change] | None:
        """Return a page of the changes after the given one, oldest first; None when some of them are no longer kept.

        A page that is empty says that there are no more; one that is not may have others behind it.
        """
        # Numbers leave no gap. So a page that does not begin with the next one lacks changes; to ask for the oldest one
        # first would miss those that are dropped between the two questions.
        rows = self._database.all("SELECT * FROM changes WHERE id > ? ORDER BY id LIMIT ?", change_id, limit)
        if rows and rows[0]["id"] != change_id + 1:
            return None
        return [Change(row["id"], row["kind"], row["subject"], row["library"], row["state"]) for row in rows]

    def last(self) -> int:
        """Return the id of the newest change; 0 when there is none."""
        row = self._database.one("SELECT max(id) AS id FROM changes")
        return 0 if row is None or row["id"] is None else row["id"]


def log_changes(writer: sqlite3.Connection, news: Iterable[News]) -> list[Change]:
    """Give news their numbers, and drop the oldest changes; return those that were added."""
    changes = [_log(writer, one) for one in news]
    if changes:
        writer.execute("DELETE FROM changes WHERE id <= ?", (changes[-1].id - KEPT_CHANGES,))
    return changes


def _log(writer: sqlite3.Connection, news: News) -> Change:
    cursor = writer.execute("INSERT INTO changes (kind, subject, library, state) VALUES (?, ?, ?, ?)", news)
    return Change(cursor.lastrowid or 0, *news)


def _log_id_of(database: Database) -> str:
    """Return the id of a file's log of changes: hex digits, random, and the same as long as its numbers hold.

    A power cut may take the file's last transactions, and their numbers are then given a second time, to other changes.
    Who has seen the first ones would take the second ones for seen. So a new run of the machine begins a new log.
    """
    boot = BOOT_ID.read_text(encoding="ascii").strip()
    with database.write() as writer:
        writer.execute("UPDATE change_log SET id = lower(hex(randomblob(8))), boot = ? WHERE boot != ?", (boot, boot))
        found: str = writer.execute("SELECT id FROM change_log").fetchone()["id"]
        return found
