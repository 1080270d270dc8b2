"""Follows the topics that the projections name, and keeps the read model up to date.

It reads without a consumer group: every worker reads every partition, from where its own read model stands.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.adapters.kafka.connection import FETCH_WAIT_MS
from streams.background_task import BackgroundTask
from streams.ports.errors import Neighbour, NeighbourAwayError, is_disk_full
from streams.ports.waiting import Pulse, within
from streams.readmodel.projection import Record

if TYPE_CHECKING:
    from collections.abc import Callable

    from aiokafka import AIOKafkaConsumer
    from aiokafka.structs import ConsumerRecord

    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.topics import Topics
    from streams.readmodel.changes import Change
    from streams.readmodel.model import ReadModel

__all__ = ["Projector"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Milliseconds that a fetch waits for events: how often the loop looks at whether it is to stop.
POLL_MS = 500
#: Seconds between tries to reach the broker.
RECONNECT_PAUSE_S = 1.0
#: Seconds until a broker is asked again that could not say where a topic ends: it changes leaders.
ASK_AGAIN_S = 0.1
#: Seconds that catching up may take before the caller hears that it did not.
CATCH_UP_S = 30.0


class Projector:
    """Applies the messages of all topics that a projection names. It knows no feature."""

    def __init__(self, kafka: KafkaConnection, topics: Topics, model: ReadModel, *, partitions: int) -> None:
        self._kafka = kafka
        self._model = model
        self._channels = {topics.of_channel(channel): channel for channel in model.channels}
        self._partitions = [TopicPartition(topic, number) for topic in self._channels for number in range(partitions)]
        self._asker: AIOKafkaConsumer | None = None
        self._task = BackgroundTask("projector")
        #: Beats when a batch has been applied, and when the broker is reached or lost.
        self._pulse = Pulse()
        #: How many brokers were lost: what one held will never come from the next.
        self._lost_brokers = 0
        self._listeners: list[Callable[[list[Change]], None]] = []

    def subscribe(self, listener: Callable[[list[Change]], None]) -> None:
        """Have a function called, in the event loop, with every batch of changes."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start following; returns when everything that was there has been applied."""
        self._task.start(self._run())
        for topic in self._channels:
            await self.caught_up(topic)

    async def stop(self) -> None:
        """Stop following."""
        await self._task.stop()

    async def take_up(self, kafka: KafkaConnection) -> None:
        """Follow the broker that has taken the place of the one before; returns when all that it holds is applied.

        Args:
            kafka: Where that one is.
        """
        self._kafka = kafka
        await self.start()

    async def let_go(self) -> None:
        """Stop following a broker that is gone with all its events; who waits for one of them hears so."""
        await self.stop()
        self._lost_brokers += 1
        self._pulse.beat()

    async def caught_up(self, topic: str) -> None:
        """Wait until everything that is on the topic now has been applied.

        Raises:
            TimeoutError: It takes too long: is the broker there?
            NeighbourAwayError: An embedded broker has ended meanwhile, and taken along what was on the topic.
        """
        lost = self._lost_brokers
        async with within(CATCH_UP_S, f"what is on {topic} could not be read within {CATCH_UP_S:g} s"):
            ends = await self._ends(topic)

            async def reached() -> bool:
                return self._lost_brokers != lost or self._has_reached(ends)

            await self._pulse.until(reached)
        if self._lost_brokers != lost:
            raise NeighbourAwayError(Neighbour.KAFKA, f"the broker has ended while {topic} was read: try again")

    async def until(self, shown: Callable[[], T | None], *, timeout_s: float, otherwise: str) -> T:
        """Wait until the read model shows something; it is asked again whenever a batch has been applied.

        Args:
            shown: Asks it, in a thread: returns what it shows, and nothing as long as that is not the thing.
            timeout_s: Seconds to wait at the most.
            otherwise: What to say then.

        Raises:
            TimeoutError: It does not come.
        """
        async with within(timeout_s, otherwise):
            return await self._pulse.until(lambda: asyncio.to_thread(shown))

    async def _ends(self, topic: str) -> dict[TopicPartition, int]:
        partitions = [p for p in self._partitions if p.topic == topic]
        while True:
            asker = await self._pulse.until(self._connected)
            try:
                ends: dict[TopicPartition, int] = await asker.end_offsets(partitions)
            except KafkaError as error:
                log.warning("end_offsets_failed", topic=topic, error=repr(error))
                await asyncio.sleep(ASK_AGAIN_S)
            else:
                return ends

    async def _connected(self) -> AIOKafkaConsumer | None:
        return self._asker

    def _has_reached(self, ends: dict[TopicPartition, int]) -> bool:
        return all((self._model.offset(p.topic, p.partition) or 0) >= end for p, end in ends.items())

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:
                log.warning("projector_lost_the_broker", error=repr(error))
            except Exception as error:  # whatever it is, a read model that stands still unnoticed would be worse
                if is_disk_full(error):
                    log.warning("projection_waits", reason=str(error))
                else:
                    log.exception("projection_failed")
            await asyncio.sleep(RECONNECT_PAUSE_S)

    async def _follow(self) -> None:
        consumer = self._kafka.consumer(
            enable_auto_commit=False, auto_offset_reset="earliest", fetch_max_wait_ms=FETCH_WAIT_MS
        )
        # Kafka answers one request of a connection after the other, and a fetch waits for events: what the ends are is
        # asked on a connection of its own, or each question would wait for a fetch.
        asker = self._kafka.consumer(enable_auto_commit=False)
        try:
            await consumer.start()
            await asker.start()
            consumer.assign(self._partitions)
            await self._seek(consumer)
            self._asker = asker
            self._pulse.beat()
            while True:
                found = await consumer.getmany(timeout_ms=POLL_MS)
                if found:
                    await self._apply(found)
        finally:
            self._asker = None
            await asker.stop()
            await consumer.stop()

    async def _seek(self, consumer: AIOKafkaConsumer) -> None:
        """Go where the read model stands; to the beginning where the log is shorter than that, so a new one."""
        ends = await consumer.end_offsets(self._partitions)
        begins = await consumer.beginning_offsets(self._partitions)
        reached: dict[tuple[str, int], int] = {}
        for partition in self._partitions:
            stored = self._model.offset(partition.topic, partition.partition)
            known = stored is not None and begins[partition] <= stored <= ends[partition]
            position = stored if known and stored is not None else begins[partition]
            consumer.seek(partition, position)
            reached[partition.topic, partition.partition] = position
        await asyncio.to_thread(self._model.project, [], reached)

    async def _apply(self, found: dict[TopicPartition, list[ConsumerRecord]]) -> None:
        records = [_record(self._channels[one.topic], one) for messages in found.values() for one in messages]
        reached = {(p.topic, p.partition): messages[-1].offset + 1 for p, messages in found.items()}
        changes = await asyncio.to_thread(self._model.project, records, reached)
        self._pulse.beat()
        if changes:
            for listener in self._listeners:
                listener(changes)


def _record(channel: str, message: ConsumerRecord) -> Record:
    headers = tuple((str(name), bytes(value or b"")) for name, value in message.headers or ())
    return Record(channel, key=message.key, value=message.value, headers=headers, offset=message.offset)
