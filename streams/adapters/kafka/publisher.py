"""The producer: one event at a time, acknowledged by all replicas, and on its topic once."""

from __future__ import annotations

import asyncio
import threading
from enum import Enum
from typing import TYPE_CHECKING

import structlog
from confluent_kafka import KafkaError, KafkaException

from schemas.limits import LARGEST_EVENT
from streams.ports.errors import EventTooLargeError, Neighbour, PublishError

if TYPE_CHECKING:
    from confluent_kafka import Message, Producer

    from streams.adapters.kafka.connection import KafkaConnection
    from streams.ports.events import Headers
    from streams.telemetry.neighbours import Neighbours

__all__ = ["EventPublisher"]

log = structlog.get_logger(__name__)

#: Seconds after which a broker that has not confirmed an event counts as away: longer than a change of leaders takes.
AWAY_S = 10.0
#: Seconds that events which nobody waits for any more get at the end.
FLUSH_S = 2.0
#: Seconds between looks at whether the producer is to stop; what the broker answers is heard at once.
POLL_S = 0.1

#: What is said of an event that will never do: by the producer itself, or by the broker.
_TOO_LARGE = frozenset({KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE})


class _Lost(Enum):
    """What becomes of an event whose broker is gone."""

    LOST = 0


class EventPublisher:
    """Publishes events through one producer for the life of the process.

    An idempotent producer numbers its events, and a broker drops a number that it has seen. So an event that was not
    confirmed in time may be sent again by the *same* producer for as long as it takes, and is on its topic once; sent
    by a new producer it would be there twice. Therefore nothing here ever gives an event up to send it anew: librdkafka
    asks again by itself, without a limit (`message.timeout.ms` of 0), wherever the broker has moved to. An embedded
    broker that has ended is another matter: the one after it is empty, and knows no producer. What is not confirmed by
    then is sent to that one, by a new producer (`let_go`, `take_up`).

    Args:
        kafka: Where events go.
        neighbours: Is told when the broker is away and when it is back.
    """

    def __init__(self, kafka: KafkaConnection, neighbours: Neighbours | None = None) -> None:
        self._kafka = kafka
        self._neighbours = neighbours
        self._producer: Producer | None = None
        self._stopping = threading.Event()
        self._poller: threading.Thread | None = None
        self._fault = ""
        self._unconfirmed: set[asyncio.Future[KafkaError | _Lost | None]] = set()
        self._has_broker = asyncio.Event()
        self._has_broker.set()

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        """Send one event; returns when all in-sync replicas have it, however long the broker is away.

        Raises:
            EventTooLargeError: The event is larger than the topic takes.
            OSError: The first event cannot go out, since what the broker is to be told of this worker cannot be had.
            PublishError: The broker refuses it.
        """
        outcome: KafkaError | _Lost | None = _Lost.LOST
        while isinstance(outcome, _Lost):
            await self._has_broker.wait()
            outcome = await self._sent(topic, key, value, headers)
        _check(outcome, topic, len(key or b"") + len(value or b""))

    async def let_go(self) -> None:
        """Leave a broker that is gone with all its events; what it has not confirmed waits for the next one."""
        self._has_broker.clear()
        await self._end(flush_s=0)
        for confirmed in self._unconfirmed:
            if not confirmed.done():
                confirmed.set_result(_Lost.LOST)

    def take_up(self, kafka: KafkaConnection) -> None:
        """Go on with the broker that has taken the place of the one before.

        Args:
            kafka: Where that one is.
        """
        self._kafka = kafka
        self._has_broker.set()

    async def stop(self) -> None:
        """Let go of the broker. What is not confirmed by now may or may not be on its topic."""
        await self._end(flush_s=FLUSH_S)

    async def _end(self, *, flush_s: float) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            if flush_s:
                await asyncio.to_thread(producer.flush, flush_s)
            self._stopping.set()
            if self._poller is not None:
                await asyncio.to_thread(self._poller.join)
            producer.purge()
            self._stopping.clear()

    async def _sent(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Headers
    ) -> KafkaError | _Lost | None:
        """Send an event; return what the broker, or the producer itself, says to it."""
        if self._producer is None:
            await self._kafka.prepare()
        loop = asyncio.get_running_loop()
        confirmed: asyncio.Future[KafkaError | _Lost | None] = loop.create_future()

        def settle(error: KafkaError | None) -> None:
            if not confirmed.done():
                confirmed.set_result(error)

        def on_delivery(error: KafkaError | None, _: Message) -> None:
            if not loop.is_closed():  # called in the poller's thread, which may outlive the loop by a moment
                loop.call_soon_threadsafe(settle, error)

        self._unconfirmed.add(confirmed)
        try:
            self._started().produce(topic, value, key, headers=list(headers), on_delivery=on_delivery)
        except KafkaException as error:
            settle(error.args[0])
        try:
            return await self._until(confirmed, topic)
        finally:
            self._unconfirmed.discard(confirmed)

    async def _until(
        self, confirmed: asyncio.Future[KafkaError | _Lost | None], topic: str
    ) -> KafkaError | _Lost | None:
        """Wait for the broker's answer, and tell of a broker that is away meanwhile."""
        while not (await asyncio.wait({confirmed}, timeout=AWAY_S))[0]:
            if self._neighbours is not None:
                reason = f"{topic} has not confirmed an event for {AWAY_S:g} s or more"
                self._neighbours.left(Neighbour.KAFKA, f"{reason}: {self._fault}" if self._fault else reason)
        outcome = confirmed.result()
        self._fault = ""
        if outcome is None and self._neighbours is not None:
            self._neighbours.came_back(Neighbour.KAFKA)
        return outcome

    def _started(self) -> Producer:
        if self._producer is None:
            producer = self._kafka.librdkafka_producer(
                {
                    "acks": "all",
                    "enable.idempotence": True,
                    "message.timeout.ms": 0,
                    "compression.type": "gzip",
                    # Each event is waited for. And one that is still here when the process is stopped goes out late.
                    "linger.ms": 0,
                    "message.max.bytes": LARGEST_EVENT,
                    # Keys must lead where they lead for Java's producers, Faust's and aiokafka's.
                    "partitioner": "murmur2_random",
                    # Its own lines would go to standard error past our log; what matters comes with the events.
                    "log_level": 0,
                    "error_cb": self._note,
                }
            )
            self._producer = producer
            self._poller = threading.Thread(target=self._poll, args=[producer], name="kafka-producer", daemon=True)
            self._poller.start()
        return self._producer

    def _note(self, error: KafkaError) -> None:
        """Remember why the broker cannot be reached: librdkafka tries again whatever it is, a wrong password too."""
        if error.code() == KafkaError._ALL_BROKERS_DOWN:  # noqa: SLF001 (the library's name) # it says no reason
            return
        if error.str() != self._fault:
            log.warning("kafka_producer_waits", reason=error.str())
        self._fault = error.str()

    def _poll(self, producer: Producer) -> None:
        while not self._stopping.is_set():
            producer.poll(POLL_S)


def _check(error: KafkaError | None, topic: str, size: int) -> None:
    """Raise what the answer of the broker, or of the producer itself, means."""
    if error is None:
        return
    if error.code() in _TOO_LARGE:
        raise EventTooLargeError(f"an event of {size:,} bytes is too large for {topic}: {error.str()}")
    log.error("event_refused", topic=topic, error=error.str())
    raise PublishError(f"{topic} does not take an event: {error.str()}")
