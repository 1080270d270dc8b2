"""Callbacks: where a job's complete event is to be posted to, and what has become of that."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from schemas.jobs import Job

__all__ = ["Attempt", "Delivery", "DeliveryStatus", "delivery_of"]


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    #: To be tried, or to be tried again.
    PENDING = "pending"
    #: The receiver has answered that it has the event.
    DELIVERED = "delivered"
    #: Given up: the receiver did not take the event for a day, or its address is not allowed.
    FAILED = "failed"


class Attempt(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """One try to hand an event over."""

    #: When it was made, UTC.
    time: str
    #: HTTP status of the answer; 0 when there was none.
    status: int = 0
    #: Why the event does not count as handed over; empty when it does.
    error: str = ""
    #: How long it took, seconds.
    seconds: float = 0.0


class Delivery(msgspec.Struct, rename="pascal", kw_only=True, omit_defaults=True, frozen=True):
    """The newest state of the delivery of one job's complete event. Its id is the JobId."""

    #: The job whose event is delivered.
    job_id: str
    #: The job's input.
    media_id: str
    #: Where the event is posted to.
    url: str
    #: When the event came to be, UTC.
    creation_time: str
    #: When this state came to be, UTC.
    update_time: str
    #: Where the delivery stands.
    status: DeliveryStatus = DeliveryStatus.PENDING
    #: Rises with each state: of two states the one with the higher number is the newer one.
    revision: int = 0
    #: When the first attempt was due, or the first one after the last replay, UTC.
    since: str = ""
    #: Attempts since then: they say how long to wait for the next one.
    tries: int = 0
    #: When the next attempt is due, UTC; empty when there will be none.
    next_time: str = ""
    #: The newest attempts, oldest first.
    attempts: tuple[Attempt, ...] = ()


def delivery_of(job: Job) -> Delivery | None:
    """Return the delivery that a job leads to at its end; None when nobody wants to be called back."""
    if not job.status.ended or not job.request.callback_url:
        return None
    ended = job.complete_time or job.update_time
    return Delivery(
        job_id=job.job_id,
        media_id=job.media_id,
        url=job.request.callback_url,
        creation_time=ended,
        update_time=ended,
        since=ended,
        next_time=ended,
    )
