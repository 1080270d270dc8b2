"""What the read model knows of idempotency keys and of nonces: the first claim of each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from schemas.keys import NONCE, KeyClaim, expired_before
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["KeyClaimProjection", "KeyClaimRows"]


class KeyClaimRows:
    """Answers about claims. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def digest(self, job_id: str) -> str | None:
        """Return the digest of the request that first claimed the key that leads to a job's id."""
        row = self._database.one("SELECT request_digest FROM key_claims WHERE job_id = ?", job_id)
        return None if row is None else row["request_digest"]


class KeyClaimProjection(Projection):
    """Keeps the first claim of each key until its job is forgotten, and of each nonce until its call would be old."""

    name = "key_claims"
    topics = ("idempotency-keys",)
    follows = ("jobs",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a claim, or that its job is gone."""
        if record.channel == "jobs":
            return _forget(writer, record) if record.is_tombstone else []
        claim = record.decoded(KeyClaim)
        if claim is not None:
            values = (claim.job_id, claim.request_digest)
            writer.execute("INSERT OR IGNORE INTO key_claims VALUES (?, ?)", values)
            if claim.job_id.startswith(NONCE):
                expired = "DELETE FROM key_claims WHERE job_id >= ? AND job_id < ?"
                writer.execute(expired, expired_before(time.time()))
        return []


def _forget(writer: sqlite3.Connection, record: Record) -> list[News]:
    gone = writer.execute("DELETE FROM key_claims WHERE job_id = ?", (record.name,)).rowcount
    return [News("job", record.name)] if gone else []
