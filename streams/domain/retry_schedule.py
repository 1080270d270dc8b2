"""When a delivery is tried again, and when it is given up: pure decisions."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from schemas.clock import format_time, parse_time
from schemas.deliveries import Attempt, Delivery, DeliveryStatus
from schemas.limits import cut

__all__ = ["after_attempt", "refused", "replayed"]

#: Before the second attempt; doubled before each further one.
FIRST_PAUSE = timedelta(seconds=5)
#: The longest pause: a receiver that is back need not wait longer.
LONGEST_PAUSE = timedelta(hours=1)
#: How long a receiver may be away. The last attempt is made when it is over.
PATIENCE = timedelta(days=1)
#: Doublings after which the pause is the longest one in any case.
MOST_DOUBLINGS = 16
#: Attempts that are kept: more than a day of them.
KEPT_ATTEMPTS = 50


def after_attempt(delivery: Delivery, attempt: Attempt, *, now: str, jitter: float) -> Delivery:
    """Return what an attempt leads to.

    Args:
        delivery: The state before.
        attempt: The attempt; it has gone well when it has no error.
        now: The time after it.
        jitter: 0 to 1, drawn anew each time: spreads out what failed together. The pause is shortened by up to half.
    """
    tried = _changed(delivery, now, tries=delivery.tries + 1, attempts=(*delivery.attempts, attempt)[-KEPT_ATTEMPTS:])
    if not attempt.error:
        return msgspec.structs.replace(tried, status=DeliveryStatus.DELIVERED, next_time="")
    time, deadline = parse_time(now), parse_time(delivery.since) + PATIENCE
    if time >= deadline:
        return msgspec.structs.replace(tried, status=DeliveryStatus.FAILED, next_time="")
    pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(delivery.tries, MOST_DOUBLINGS)) * (1.0 - jitter / 2)
    return msgspec.structs.replace(tried, next_time=format_time(min(time + pause, deadline)))


def refused(delivery: Delivery, reason: str, *, now: str) -> Delivery:
    """Return what becomes of a delivery to a place that is not allowed: trying again would not help."""
    attempts = (*delivery.attempts, Attempt(time=now, error=cut(reason)))[-KEPT_ATTEMPTS:]
    return _changed(delivery, now, status=DeliveryStatus.FAILED, next_time="", attempts=attempts)


def replayed(delivery: Delivery, *, now: str) -> Delivery:
    """Return a delivery that is made once more, with a day of patience of its own."""
    return _changed(delivery, now, status=DeliveryStatus.PENDING, since=now, tries=0, next_time=now)


def _changed(delivery: Delivery, now: str, **changes: object) -> Delivery:
    return msgspec.structs.replace(delivery, revision=delivery.revision + 1, update_time=now, **changes)
