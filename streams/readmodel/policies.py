"""What the read model knows of policies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.policies import Policy
from streams.domain.policies import order_of
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = ["PolicyProjection", "PolicyRows"]


class PolicyRows:
    """Answers about policies. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> Policy | None:
        """Return a policy."""
        row = self._database.one("SELECT doc FROM policies WHERE name = ?", name)
        return None if row is None else msgspec.json.decode(row["doc"], type=Policy)

    def all(self) -> list[Policy]:
        """Return all policies, in the order in which they are looked at."""
        rows = self._database.all("SELECT doc FROM policies")
        return sorted((msgspec.json.decode(row["doc"], type=Policy) for row in rows), key=order_of)


class PolicyProjection(Projection):
    """Keeps the newest state of each policy."""

    name = "policies"
    topics = ("policies",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a policy's state, or that it is gone."""
        if record.is_tombstone:
            gone = writer.execute("DELETE FROM policies WHERE name = ?", (record.name,)).rowcount
            return [News("policy", record.name)] if gone else []
        policy = record.decoded(Policy)
        if policy is None:
            return []
        doc = msgspec.json.encode(policy)
        known = writer.execute("SELECT 1 FROM policies WHERE name = ? AND doc = ?", (policy.name, doc)).fetchone()
        if known is not None:
            return []
        writer.execute("INSERT OR REPLACE INTO policies VALUES (?, ?)", (policy.name, doc))
        return [News("policy", policy.name)]
