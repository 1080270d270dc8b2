"""The producer: one event at a time, acknowledged by all replicas."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from streams.broker.topics import LARGEST_BATCH

if TYPE_CHECKING:
    from streams.agents.outbox import Headers

__all__ = ["EventPublisher", "PublishError"]

log = structlog.get_logger(__name__)

#: Tries of one event before the worker gives up; the producer itself retries within each.
TRIES = 3
#: Seconds for one try. A producer whose broker has moved asks the dead port for ever; a new one finds the new port.
SEND_S = 10.0
#: Seconds for closing a connection whose broker may be gone.
CLOSE_S = 2.0
#: Bytes of one event before compression, a little below what our topics take.
LARGEST_EVENT = LARGEST_BATCH - 64 * 1024


class PublishError(OSError):
    """The broker does not take an event. The worker cannot go on: what it was at is delivered again."""


class EventPublisher:
    """Publishes events, and comes back when the broker has moved (the embedded one does at each start)."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Send one event; returns when all in-sync replicas have it.

        Raises:
            PublishError: The broker does not take it, also when asked again.
        """
        for attempt in range(1, TRIES + 1):
            try:
                async with asyncio.timeout(SEND_S):
                    producer = await self._started()
                    await producer.send_and_wait(topic, value, key, headers=headers)
            except (KafkaError, OSError, TimeoutError) as error:
                log.warning("publish_failed", topic=topic, attempt=attempt, error=repr(error))
                await self.stop()
                if attempt == TRIES:
                    raise PublishError(f"{topic} does not take events: {error!r}") from error
                await asyncio.sleep(0.5 * 2**attempt)
            else:
                return

    async def stop(self) -> None:
        """Close the connection; the next event opens a new one."""
        producer, self._producer = self._producer, None
        if producer is not None:
            with contextlib.suppress(KafkaError, TimeoutError):
                await asyncio.wait_for(producer.stop(), CLOSE_S)

    async def _started(self) -> AIOKafkaProducer:
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    acks="all",
                    enable_idempotence=True,
                    compression_type="gzip",
                    max_request_size=LARGEST_EVENT,
                    request_timeout_ms=8_000,
                )
                try:
                    await producer.start()
                except BaseException:
                    await producer.stop()
                    raise
                self._producer = producer
            return self._producer
