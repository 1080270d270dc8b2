"""Delivers callbacks: picks what is due, posts it, and tells what came of it.

All deliveries are divided among the partitions of the requests, and a worker sends those of the partitions that Kafka
has assigned to it, so that one worker at a time does. When a worker dies, its partitions go to others: what it had not
told of is sent again, with the same id. What is due is found in the read model, which outlives everything.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from schemas.clock import utc_now
from schemas.deliveries import DeliveryStatus
from schemas.result import complete_event
from streams.adapters.webhooks.targets import TargetRefused
from streams.background_task import BackgroundTask
from streams.domain.retry_schedule import after_attempt, refused
from streams.readmodel.deliveries import receiver_of
from streams.redaction import redacted

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.deliveries import Attempt, Delivery
    from streams.adapters.kafka.topics import Topics
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["WebhookDispatcher"]

log = structlog.get_logger(__name__)

#: Seconds between looks at what is due when nothing else wakes the deliverer.
POLL_INTERVAL_S = 1.0
#: Posts to one receiver at a time.
SIDE_BY_SIDE = 4
#: Receivers that are served at a time. One that does not answer keeps a place for a minute at most, and holds up
#: nobody as long as there are fewer of its kind.
MOST_RECEIVERS = 64
#: Seconds until an outcome that was told shows in the read model; it is told again then.
OUTCOME_SHOWN_S = 20.0


class Post(Protocol):
    """Hands an event to its receiver."""

    async def send(self, delivery: Delivery, body: bytes) -> Attempt:
        """Post an event, and tell how that went; raises `TargetRefused`."""
        ...


class Records(Protocol):
    """Keeps what became of deliveries, for all workers."""

    async def delivery(self, delivery: Delivery) -> None:
        """Publish the newest state of a delivery."""
        ...

    async def delivery_gone(self, job_id: str) -> None:
        """Publish that a delivery is forgotten."""
        ...


class WebhookDispatcher:
    """Sends what is due of a worker's partitions.

    Args:
        model: Knows what is due.
        post: Hands events over.
        records: Is told of the outcomes.
        feed: Brings the model on; nothing here writes to it.
        topics: Where it reads.
        partitions: Says which partitions this worker holds at present.
    """

    def __init__(
        self,
        model: ReadModel,
        post: Post,
        records: Records,
        *,
        feed: Feed,
        topics: Topics,
        partitions: Callable[[], frozenset[int]],
    ) -> None:
        self._model = model
        self._post = post
        self._records = records
        self._feed = feed
        self._topics = topics
        self._partitions = partitions
        self._held: frozenset[int] = frozenset()
        self._served: dict[str, asyncio.Task[None]] = {}
        self._woken = asyncio.Event()
        self._task = BackgroundTask("deliverer")

    def start(self) -> None:
        """Start delivering."""
        self._task.start(self._run())

    async def stop(self) -> None:
        """Stop at once: what was being posted is posted again by whoever comes next."""
        await self._task.stop()  # first: it would serve further receivers
        served = list(self._served.values())
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)

    def wake(self, _: object = None) -> None:
        """Look at what is due now rather than in a moment."""
        self._woken.set()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            try:
                await self._look()
            except Exception:  # a broker that is away, a full disk: the next look may go well
                log.exception("deliveries_not_looked_at")
            # Not `wait_for`: before Python 3.12 that one swallows being cancelled when what it waits for has just come.
            with suppress(TimeoutError):
                async with asyncio.timeout(POLL_INTERVAL_S):
                    await self._woken.wait()

    async def _look(self) -> None:
        """Start serving each receiver that has something due and is not being served."""
        partitions = self._partitions()
        if partitions - self._held:
            await self._caught_up()
        self._held = partitions
        if not partitions:
            return
        due = await asyncio.to_thread(self._model.deliveries.due, utc_now(), partitions)
        by_receiver: dict[str, list[Delivery]] = {}
        for delivery in due:
            by_receiver.setdefault(receiver_of(delivery.url), []).append(delivery)
        for receiver, deliveries in by_receiver.items():
            if receiver not in self._served and len(self._served) < MOST_RECEIVERS:
                self._served[receiver] = asyncio.create_task(self._serve(receiver, deliveries), name="deliveries")

    async def _serve(self, receiver: str, deliveries: list[Delivery]) -> None:
        free = asyncio.Semaphore(SIDE_BY_SIDE)

        async def one(delivery: Delivery) -> None:
            async with free:
                newer = await self._deliver(delivery)
            if newer is not None:
                await self._tell(newer)  # side by side for all: on its way to the read model it keeps no place

        try:
            outcomes = await asyncio.gather(*map(one, deliveries), return_exceptions=True)
            failures = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
            for failure in failures:
                log.error("delivery_not_made", receiver=receiver, exc_info=failure)
            if failures:
                await asyncio.sleep(POLL_INTERVAL_S)
        finally:
            del self._served[receiver]
            self.wake()

    async def _deliver(self, chosen: Delivery) -> Delivery | None:
        """Post an event; return what has become of its delivery. Nothing where it was not posted."""
        delivery = await asyncio.to_thread(self._model.deliveries.get, chosen.job_id)
        if delivery is None or delivery.revision != chosen.revision:
            return None
        body = await self._body(delivery.job_id)
        if body is None:
            await self._forget(delivery.job_id)
            return None
        try:
            attempt = await self._post.send(delivery, body)
        except TargetRefused as reason:
            newer = refused(delivery, str(reason), now=utc_now())
        else:
            newer = after_attempt(delivery, attempt, now=utc_now(), jitter=random.random())
        _log_outcome(newer)
        return newer

    async def _tell(self, newer: Delivery) -> None:
        """Publish an outcome, again and again until the read model shows it.

        Until then the delivery is due as before: without an outcome, a receiver would get it each second for as long as
        the broker is away. An embedded broker that ends takes along what it was told.
        """

        def is_shown() -> bool:
            known = self._model.deliveries.get(newer.job_id)
            return known is None or known.revision >= newer.revision

        # What is gone went with its job, which was deleted meanwhile: telling of it would bring it back.
        while not await asyncio.to_thread(is_shown):
            try:
                await self._records.delivery(newer)
                await self._feed.until(is_shown, timeout_s=OUTCOME_SHOWN_S, otherwise="the outcome does not show")
            except Exception:  # whatever it is, to post the event again would be worse
                log.exception("outcome_not_published", job_id=newer.job_id)
                await asyncio.sleep(POLL_INTERVAL_S)

    async def _forget(self, job_id: str) -> None:
        """Have all workers forget a delivery whose job is gone: its last state had come after the job's end."""
        await self._records.delivery_gone(job_id)
        await self._feed.until(
            lambda: self._model.deliveries.get(job_id) is None,
            timeout_s=OUTCOME_SHOWN_S,
            otherwise=f"the delivery of job {job_id} is not forgotten yet: it will be tried again",
        )

    async def _caught_up(self) -> None:
        """Wait until the model knows all that a delivery comes from."""
        for topic in (self._topics.jobs, self._topics.job_complete, self._topics.deliveries):
            await self._feed.caught_up(topic)

    async def _body(self, job_id: str) -> bytes | None:
        """Return the complete event as it is on its topic; made anew where an embedded broker took it along.

        None where the job is gone: on its topic, since all workers will forget the delivery then.
        """
        sent = await asyncio.to_thread(self._model.completions.get, job_id)
        if sent is None:
            await self._caught_up()
            sent = await asyncio.to_thread(self._model.completions.get, job_id)
        if sent is not None:
            return sent
        job = await asyncio.to_thread(self._model.jobs.get, job_id)
        return None if job is None else msgspec.json.encode(complete_event(job))


def _log_outcome(delivery: Delivery) -> None:
    last = delivery.attempts[-1]
    tell = log.info if delivery.status is DeliveryStatus.DELIVERED else log.warning
    tell(
        "callback",
        job_id=delivery.job_id,
        url=redacted(delivery.url),
        status=delivery.status,
        answer=last.status,
        error=last.error,
        tries=delivery.tries,
        seconds=last.seconds,
        next_time=delivery.next_time,
    )
