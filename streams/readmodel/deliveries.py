"""The delivery log: what the read model knows of callbacks.

A delivery follows from a job that has ended, and is noted in the very transaction that takes over that job's last
state: no crash can come between the two. What becomes of it comes back from the topic of deliveries.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from schemas.channels import PARTITIONS
from schemas.deliveries import Delivery, DeliveryStatus, delivery_of
from schemas.jobs import Job
from streams.readmodel.pagination import page_of, read_cursor
from streams.readmodel.projection import News, Projection

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from streams.readmodel.database import Database
    from streams.readmodel.projection import Record

__all__ = [
    "DeliveryLog",
    "DeliveryPage",
    "DeliveryProjection",
    "delivery_partition",
    "receiver_of",
]

#: Pending deliveries of one receiver that are looked at in one go.
DUE_PER_RECEIVER = 16


class DeliveryPage(msgspec.Struct, frozen=True):
    """A page of deliveries, newest first, and the cursor of the next one."""

    deliveries: list[Delivery]
    next: str | None = None


class DeliveryLog:
    """Answers about deliveries. Every method may be called from any thread."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, job_id: str) -> Delivery | None:
        """Return the delivery of a job's complete event."""
        row = self._database.one("SELECT doc FROM deliveries WHERE job_id = ?", job_id)
        return None if row is None else _delivery(row)

    def page(
        self,
        *,
        status: DeliveryStatus | None = None,
        media_id: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> DeliveryPage:
        """Return a page of deliveries, newest first.

        Raises:
            BadCursor: The cursor is none of this list's.
        """
        after = read_cursor("deliveries", cursor) if cursor is not None else None
        conditions = {
            # The plus sign: of one media item there are fewer than of one status.
            f"{'+' if media_id else ''}status = ?": [status.value] if status else [],
            "media_id = ?": [media_id] if media_id else [],
            "(created, job_id) < (?, ?)": list(after) if after else [],
        }
        used = [condition for condition, values in conditions.items() if values]
        where = f"WHERE {' AND '.join(used)}" if used else ""
        rows = self._database.all(
            f"SELECT created, job_id, doc FROM deliveries {where} ORDER BY created DESC, job_id DESC LIMIT ?",  # noqa: S608 (no user's text)
            *(value for values in conditions.values() for value in values),
            limit + 1,
        )
        rows, following = page_of("deliveries", rows, limit)
        return DeliveryPage([_delivery(row) for row in rows], following)

    def counts(self) -> dict[DeliveryStatus, int]:
        """Return how many deliveries there are in each status."""
        rows = self._database.all("SELECT status, deliveries FROM delivery_counts")
        found = {row["status"]: int(row["deliveries"]) for row in rows}
        return {status: found.get(status.value, 0) for status in DeliveryStatus}

    def due(self, now: str, partitions: Iterable[int]) -> list[Delivery]:
        """Return pending deliveries whose time has come, the longest due first, some of each receiver."""
        chosen = list(partitions)
        marks = ", ".join("?" * len(chosen))
        rows = self._database.all(
            f"""
            SELECT doc FROM (
                SELECT doc, next_time, row_number() OVER (PARTITION BY receiver ORDER BY next_time) AS place
                FROM deliveries WHERE status = 'pending' AND next_time <= ? AND share IN ({marks})
            ) WHERE place <= ? ORDER BY next_time
            """,  # noqa: S608 (no user's text)
            now,
            *chosen,
            DUE_PER_RECEIVER,
        )
        return [_delivery(row) for row in rows]


class DeliveryProjection(Projection):
    """Keeps the delivery that each job leads to at its end, and what becomes of it, until the job is forgotten."""

    name = "deliveries"
    topics = ("deliveries",)
    follows = ("jobs",)

    def apply(self, writer: sqlite3.Connection, record: Record) -> Iterable[News]:
        """Take over a delivery's state, a job that has ended, or that a job or its delivery is gone."""
        if record.is_tombstone:
            gone = writer.execute("DELETE FROM deliveries WHERE job_id = ?", (record.name,)).rowcount
            return [News("job", record.name)] if gone and record.channel == "jobs" else []
        if record.channel == "jobs":
            job = record.decoded(Job)
            if job is not None and job.status.ended:
                _expect(writer, job)
            return []  # that the job has ended is news of its own
        delivery = record.decoded(Delivery)
        return [News("delivery", delivery.job_id)] if delivery is not None and _take_over(writer, delivery) else []


def _take_over(writer: sqlite3.Connection, delivery: Delivery) -> bool:
    """Store a delivery's state unless a newer one, or this very one, is there."""
    doc = msgspec.json.encode(delivery)
    row = writer.execute("SELECT revision, doc FROM deliveries WHERE job_id = ?", (delivery.job_id,)).fetchone()
    if row is not None and (row["revision"] > delivery.revision or bytes(row["doc"]) == doc):
        return False
    writer.execute(
        "INSERT INTO deliveries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (job_id) DO UPDATE SET "
        "media_id = excluded.media_id, status = excluded.status, revision = excluded.revision, "
        "created = excluded.created, next_time = excluded.next_time, receiver = excluded.receiver, doc = excluded.doc",
        (
            delivery.job_id,
            delivery.media_id,
            delivery.status.value,
            delivery.revision,
            delivery.creation_time,
            delivery.next_time,
            receiver_of(delivery.url),
            delivery_partition(delivery.job_id),
            doc,
        ),
    )
    return True


def _expect(writer: sqlite3.Connection, job: Job) -> None:
    """Note the delivery that a job leads to at its end, unless it is there."""
    delivery = delivery_of(job)
    if delivery is None:
        return
    row = writer.execute("SELECT 1 FROM deliveries WHERE job_id = ?", (job.job_id,)).fetchone()
    if row is None:
        _take_over(writer, delivery)


def receiver_of(url: str) -> str:
    """Return what stands for the one who receives at an address: its host, as the address writes it."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2].lower()
    except ValueError:
        return ""


def delivery_partition(job_id: str) -> int:
    """Return which part of all deliveries a job's belongs to: one worker at a time sends those of a part."""
    return zlib.crc32(job_id.encode()) % PARTITIONS


def _delivery(row: sqlite3.Row) -> Delivery:
    return msgspec.json.decode(row["doc"], type=Delivery)
