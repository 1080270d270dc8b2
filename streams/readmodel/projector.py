"""Follows the output topics and keeps the read model up to date.

It reads without a consumer group: every worker reads every partition, from where its own read model stands.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

import msgspec
import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from schemas.deadletter import DeadLetterReplay
from schemas.deliveries import Delivery
from schemas.events import AIMediaDNAComplete
from schemas.jobs import Job, LiveMatch
from schemas.keys import KeyClaim
from schemas.libraries import Library, LibraryItem, item_of_key
from streams.ports.errors import Neighbour, NeighbourAwayError, is_disk_full
from streams.ports.waiting import within
from streams.readmodel.dead_letters import Letter
from streams.readmodel.deliveries import GoneDelivery
from streams.readmodel.libraries import GoneItem, GoneLibrary
from streams.readmodel.model import JobTombstone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from aiokafka import AIOKafkaConsumer
    from aiokafka.structs import ConsumerRecord

    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.topics import Topics
    from streams.readmodel.model import Change, ReadModel

__all__ = ["Projector"]

log = structlog.get_logger(__name__)

T = TypeVar("T")
G = TypeVar("G")

#: Milliseconds that a fetch waits for events: how often the loop looks at whether it is to stop.
POLL_MS = 500
#: Seconds between tries to reach the broker.
PAUSE_S = 1.0
#: Seconds that catching up may take before the caller hears that it did not.
CATCH_UP_S = 30.0


@dataclass
class _Batch:
    jobs: list[Job | JobTombstone] = field(default_factory=list)
    claims: list[KeyClaim] = field(default_factory=list)
    live: list[LiveMatch] = field(default_factory=list)
    completions: list[tuple[str, bytes]] = field(default_factory=list)
    deliveries: list[Delivery | GoneDelivery] = field(default_factory=list)
    libraries: list[Library | GoneLibrary] = field(default_factory=list)
    items: list[LibraryItem | GoneItem] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    replays: list[DeadLetterReplay] = field(default_factory=list)
    offsets: dict[tuple[str, int], int] = field(default_factory=dict)


class Projector:
    """Applies the events of the topics that the read model is made of."""

    def __init__(self, kafka: KafkaConnection, topics: Topics, model: ReadModel, *, partitions: int) -> None:
        self._kafka = kafka
        self._topics = topics
        self._model = model
        names = (
            topics.idempotency_keys,
            topics.job_complete,
            topics.matches,
            topics.jobs,
            topics.deliveries,
            topics.libraries,
            topics.items,
            topics.dead_letter,
            topics.replays,
        )
        self._partitions = [TopicPartition(name, number) for name in names for number in range(partitions)]
        self._asker: AIOKafkaConsumer | None = None
        self._task: asyncio.Task[None] | None = None
        self._applied = asyncio.Condition()
        #: How many brokers were lost: what one held will never come from the next.
        self._lost_brokers = 0
        self._listeners: list[Callable[[list[Change]], None]] = []

    def subscribe(self, listener: Callable[[list[Change]], None]) -> None:
        """Have a function called, in the event loop, with every batch of changes."""
        self._listeners.append(listener)

    async def start(self) -> None:
        """Start following; returns when everything that was there has been applied."""
        self._task = asyncio.create_task(self._run(), name="projector")
        for topic in {partition.topic for partition in self._partitions}:
            await self.caught_up(topic)

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

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
        async with self._applied:
            self._applied.notify_all()

    async def completed_as(self, job_id: str) -> str | None:
        """Read the completion topic to its present end; return the code of the job's event, None when there is none."""
        await self.caught_up(self._topics.job_complete)
        event = await asyncio.to_thread(self._model.completion, job_id)
        return None if event is None else msgspec.json.decode(event, type=AIMediaDNAComplete).code

    async def jobs_of(self, media_id: str) -> list[Job]:
        """Return the jobs of a media item, as far as the topic says now."""
        await self.caught_up(self._topics.jobs)
        return await asyncio.to_thread(self._model.jobs_of, media_id)

    async def items_of(self, media_id: str) -> list[LibraryItem]:
        """Return what libraries hold of a media item, as far as the topic says now."""
        await self.caught_up(self._topics.items)
        return await asyncio.to_thread(self._model.libraries.items_of, media_id)

    async def completion_of(self, job_id: str) -> AIMediaDNAComplete | None:
        """Return a job's complete event, as far as its topic says now."""
        await self.caught_up(self._topics.job_complete)
        event = await asyncio.to_thread(self._model.completion, job_id)
        return None if event is None else msgspec.json.decode(event, type=AIMediaDNAComplete)

    async def caught_up(self, topic: str) -> None:
        """Wait until everything that is on the topic now has been applied.

        Raises:
            TimeoutError: It takes too long: is the broker there?
            NeighbourAwayError: An embedded broker has ended meanwhile, and taken along what was on the topic.
        """
        lost = self._lost_brokers
        async with within(CATCH_UP_S, f"what is on {topic} could not be read within {CATCH_UP_S:g} s"):
            ends = await self._ends(topic)
            async with self._applied:
                await self._applied.wait_for(lambda: self._lost_brokers != lost or self._has_reached(ends))
        if self._lost_brokers != lost:
            raise NeighbourAwayError(Neighbour.KAFKA, f"the broker has ended while {topic} was read: try again")

    async def _ends(self, topic: str) -> dict[TopicPartition, int]:
        while True:
            asker = self._asker
            if asker is not None:
                try:
                    ends: dict[TopicPartition, int] = await asker.end_offsets(
                        [p for p in self._partitions if p.topic == topic]
                    )
                except KafkaError as error:
                    log.warning("end_offsets_failed", topic=topic, error=repr(error))
                else:
                    return ends
            await asyncio.sleep(0.1)

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
            await asyncio.sleep(PAUSE_S)

    async def _follow(self) -> None:
        consumer = self._kafka.consumer(enable_auto_commit=False, auto_offset_reset="earliest")
        # Kafka answers one request of a connection after the other, and a fetch waits for events: what the ends are is
        # asked on a connection of its own, or each question would wait for a fetch.
        asker = self._kafka.consumer(enable_auto_commit=False)
        try:
            await consumer.start()
            await asker.start()
            consumer.assign(self._partitions)
            await self._seek(consumer)
            self._asker = asker
            while True:
                records = await consumer.getmany(timeout_ms=POLL_MS)
                if records:
                    await self._apply(_batch(records, self._topics))
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
        await self._apply(_Batch(offsets=reached))

    async def _apply(self, batch: _Batch) -> None:
        changes = await asyncio.to_thread(
            self._model.apply,
            jobs=batch.jobs,
            claims=batch.claims,
            live=batch.live,
            completions=batch.completions,
            deliveries=batch.deliveries,
            libraries=batch.libraries,
            items=batch.items,
            letters=batch.letters,
            replays=batch.replays,
            offsets=batch.offsets,
        )
        async with self._applied:
            self._applied.notify_all()
        if changes:
            for listener in self._listeners:
                listener(changes)


def _batch(records: dict[TopicPartition, list[ConsumerRecord]], topics: Topics) -> _Batch:
    batch = _Batch()
    by_topic: dict[str, list[ConsumerRecord]] = defaultdict(list)
    for partition, found in records.items():
        by_topic[partition.topic] += found
        batch.offsets[partition.topic, partition.partition] = found[-1].offset + 1
    batch.jobs = _newest(by_topic[topics.jobs], Job, JobTombstone)
    batch.claims = [claim for _, claim in _decoded(by_topic[topics.idempotency_keys], KeyClaim)]
    batch.live = [match for _, match in _decoded(by_topic[topics.matches], LiveMatch)]
    completed = _decoded(by_topic[topics.job_complete], AIMediaDNAComplete)
    batch.completions = [(event.job_id, raw) for raw, event in completed]
    batch.deliveries = _newest(by_topic[topics.deliveries], Delivery, GoneDelivery)
    batch.libraries = _newest(by_topic[topics.libraries], Library, GoneLibrary)
    batch.items = _newest(by_topic[topics.items], LibraryItem, lambda key: GoneItem(*item_of_key(key)))
    batch.letters = [_letter(record) for record in by_topic[topics.dead_letter]]
    batch.replays = [replay for _, replay in _decoded(by_topic[topics.replays], DeadLetterReplay)]
    return batch


def _letter(record: ConsumerRecord) -> Letter:
    headers = tuple((str(name), bytes(value or b"")) for name, value in record.headers or ())
    return Letter(key=record.key, value=record.value, headers=headers)


def _newest(records: Iterable[ConsumerRecord], kind: type[T], gone: Callable[[str], G]) -> list[T | G]:
    """Decode the states on a compacted topic; a message without a value says that what its key names is gone."""
    found: list[T | G] = []
    for record in records:
        if record.value is None and record.key is not None:
            found.append(gone(record.key.decode(errors="replace")))
        else:
            found += [value for _, value in _decoded([record], kind)]
    return found


def _decoded(records: Iterable[ConsumerRecord], kind: type[T]) -> list[tuple[bytes, T]]:
    """Decode our own outputs; what somebody else wrote to the topic is passed over."""
    decoded = []
    for record in records:
        try:
            decoded.append((record.value, msgspec.json.decode(record.value or b"", type=kind)))
        except msgspec.DecodeError as error:
            log.warning("foreign_event", topic=record.topic, offset=record.offset, error=str(error))
    return decoded
