"""What the read model knows for comparing it with what is stored: versions, without what items and jobs hold else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from streams.domain.reconciliation import Held

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence

    from streams.domain.reconciliation import VersionKey
    from streams.readmodel.database import Database

__all__ = ["ReconciliationRows", "UnfinishedJob"]

#: Values that one statement names.
NAMED = 500


class UnfinishedJob(NamedTuple):
    """A job that has not ended.

    Attributes:
        job_id: Its id.
        library: Where it stores.
        media_id: Its input.
        version: Of the input's content.
        updated: When it made progress last, UTC.
    """

    job_id: str
    library: str
    media_id: str
    version: int
    updated: str


class ReconciliationRows:
    """Answers about versions. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def versions(self, library: str) -> dict[str, int]:
        """Return which version a library holds of each media item."""
        rows = self._database.all("SELECT media_id, version FROM items WHERE library = ?", library)
        return {row["media_id"]: row["version"] for row in rows}

    def held(self, library: str) -> dict[str, Held]:
        """Return what a library holds, with what the jobs that stored it say of the fingerprints."""
        # A job says nothing of windows when it has stored none.
        rows = self._database.all(
            "SELECT items.media_id, items.version, jobs.job_id IS NOT NULL AS known, "
            "json_extract(CAST(jobs.doc AS TEXT), '$.Metrics.Windows') AS windows, "
            "json_extract(CAST(jobs.doc AS TEXT), '$.Algorithm') AS algorithm "
            "FROM items LEFT JOIN jobs ON jobs.job_id = json_extract(CAST(items.doc AS TEXT), '$.JobId') "
            "WHERE items.library = ?",
            library,
        )
        return {
            row["media_id"]: Held(
                row["version"], (row["windows"] or 0) if row["known"] else None, row["algorithm"] or ""
            )
            for row in rows
        }

    def held_of(self, library: str, media_ids: Collection[str]) -> dict[str, int]:
        """Return which versions a library holds of these media items."""
        rows = self._named("SELECT media_id, version FROM items WHERE library = ? AND media_id", media_ids, library)
        return {row["media_id"]: row["version"] for row in rows}

    def unfinished(self) -> list[UnfinishedJob]:
        """Return the jobs that have not ended."""
        rows = self._database.all(
            "SELECT job_id, library, media_id, version, updated FROM jobs WHERE status IN ('init', 'processing')"
        )
        return [UnfinishedJob(*row) for row in rows]

    def under_way_of(self, media_ids: Collection[str]) -> set[VersionKey]:
        """Return the versions of these media items that unfinished jobs work on."""
        rows = self._named(
            "SELECT media_id, version FROM jobs WHERE status IN ('init', 'processing') AND media_id", media_ids
        )
        return {(row["media_id"], row["version"]) for row in rows}

    def given_up(self, media_ids: Collection[str]) -> set[VersionKey]:
        """Return the versions of these media items whose job is known to have ended."""
        rows = self._named(
            "SELECT media_id, version FROM jobs WHERE status NOT IN ('init', 'processing') AND media_id", media_ids
        )
        return {(row["media_id"], row["version"]) for row in rows}

    def ended(self, job_ids: Collection[str]) -> set[str]:
        """Return those of the jobs that have ended."""
        rows = self._named("SELECT job_id FROM jobs WHERE status NOT IN ('init', 'processing') AND job_id", job_ids)
        return {row["job_id"] for row in rows}

    def _named(self, query: str, names: Collection[str], *values: object) -> Iterator[sqlite3.Row]:
        """Return the rows whose last condition is that a column is one of the names, which may be many."""
        for part in _parts(sorted(names), NAMED):
            marks = ", ".join("?" * len(part))
            yield from self._database.all(f"{query} IN ({marks})", *values, *part)


def _parts(names: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), size):
        yield names[start : start + size]
