"""The topics of the service, and how they come into being on a real broker."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from aiokafka.admin import NewTopic
from aiokafka.errors import KafkaConnectionError, TopicAlreadyExistsError, for_code

from schemas.channels import CHANNELS
from schemas.jobs import Lane
from schemas.limits import LARGEST_BATCH
from streams.adapters.kafka.handshake import shake_hands

if TYPE_CHECKING:
    from collections.abc import Collection

    from aiokafka.admin import AIOKafkaAdminClient

    from schemas.channels import Channel
    from streams.adapters.kafka.connection import KafkaConnection

__all__ = ["LARGEST_BATCH", "Topics", "ensure_topics"]

#: Kafka's word for "as many copies as the broker's own setting says".
BROKERS_CHOICE = -1
#: Milliseconds that a compacted topic remembers deletions: a worker that was away for less than that, 30 days, hears
#: of them; the read model of one that was away for longer is to be made anew.
DELETIONS_MS = 30 * 24 * 3600 * 1000
#: Seconds in which a topic that was made shows up.
VISIBLE_S = 30.0
#: Kafka's word for "however old, and however many".
FOR_GOOD = "-1"


@dataclass(frozen=True)
class Topics:
    """Names of all topics: one field for each channel."""

    transcode_complete: str
    job_requests: str
    idempotency_keys: str
    chunks: str
    import_chunks: str
    chunk_results: str
    matches: str
    job_complete: str
    jobs: str
    deliveries: str
    outcomes: str
    decisions: str
    boilerplate_rulings: str
    assignments: str
    policies: str
    quarantines: str
    backward_searches: str
    recurring: str
    libraries: str
    items: str
    replays: str
    deployment: str
    dead_letter: str

    @classmethod
    def of(cls, prefix: str) -> Self:
        """Return the names under a prefix."""
        return cls(**{_field(channel): f"{prefix}.{channel.name}" for channel in CHANNELS})

    @property
    def compacted(self) -> frozenset[str]:
        """The topics of which Kafka keeps the newest value of each key for good."""
        return frozenset(getattr(self, _field(channel)) for channel in CHANNELS if channel.compacted)

    @property
    def kept(self) -> frozenset[str]:
        """The topics of which Kafka keeps every message for good."""
        return frozenset(getattr(self, _field(channel)) for channel in CHANNELS if channel.kept)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The topics that the agents read."""
        return (self.transcode_complete, self.job_requests, self.chunks, self.import_chunks, self.chunk_results)

    def lane(self, lane: Lane) -> str:
        """Return the topic that the tasks of jobs on a lane wait on."""
        match lane:
            case Lane.LIVE:
                return self.chunks
            case Lane.IMPORT:
                return self.import_chunks

    def of_channel(self, name: str) -> str:
        """Return the topic of a channel, which is named as in `schemas.channels`."""
        topic: str = getattr(self, name.replace("-", "_"))
        return topic

    def all(self) -> tuple[str, ...]:
        """Return every name."""
        return tuple(vars(self).values())


async def ensure_topics(
    kafka: KafkaConnection, topics: Topics, *, partitions: int, changelogs: Collection[str] = ()
) -> None:
    """Create the topics that are missing, and wait until they can be used. What is there stays as the operator made it.

    Args:
        kafka: Where they are to be.
        topics: The service's topics.
        partitions: Partitions of those that are made.
        changelogs: Topics that Faust keeps tables on: as compacted, and as large, as ours. Made by Faust itself, one
            may show up only after the worker has begun to need it.

    Raises:
        ConnectionError: No broker answers, or none lets this worker in.
        KafkaError: The broker refuses; its message says why.
        TimeoutError: The broker accepted the topics, and does not show them.
    """
    admin = kafka.admin()
    try:
        await _start(admin, kafka)
        wanted = {*topics.all(), *changelogs}
        missing = wanted - set(await admin.list_topics())
        if missing:
            compacted = topics.compacted.union(changelogs)
            new = [_new(n, partitions, compacted=n in compacted, kept=n in topics.kept) for n in sorted(missing)]
            _check(await admin.create_topics(new))
        try:
            async with asyncio.timeout(VISIBLE_S):
                while pending := await _not_led(admin, wanted):  # noqa: ASYNC110 (the broker's event, not ours)
                    await asyncio.sleep(0.1)
        except TimeoutError as error:
            raise TimeoutError(f"Kafka has made the topics and does not show them: {', '.join(pending)}") from error
    finally:
        await admin.close()


async def _start(admin: AIOKafkaAdminClient, kafka: KafkaConnection) -> None:
    if kafka.security.protocol != "plaintext":
        await _explain(kafka)
    try:
        await admin.start()
    except KafkaConnectionError as error:
        await _explain(kafka)
        raise ConnectionError(f"Kafka at {kafka.servers} did not answer at first, and does now: start again") from error


async def _explain(kafka: KafkaConnection) -> None:
    """Raise why this worker is not let in, if it is not: aiokafka's clients keep it to themselves."""
    try:
        await shake_hands(kafka)
    except ConnectionError as error:
        raise ConnectionError(
            f"no Kafka lets this worker in at {kafka.servers}, which MEDIADNA_KAFKA names: {error}"
        ) from error


async def _not_led(admin: AIOKafkaAdminClient, names: Collection[str]) -> list[str]:
    """Return which of the topics cannot be used yet, since a partition of them has no leader."""
    found = {topic["topic"]: topic["partitions"] for topic in await admin.describe_topics(list(names))}
    return sorted(name for name in names if not found.get(name) or any(part["leader"] < 0 for part in found[name]))


def _field(channel: Channel) -> str:
    return channel.name.replace("-", "_")


def _new(name: str, partitions: int, *, compacted: bool, kept: bool) -> NewTopic:
    configs = {"max.message.bytes": str(LARGEST_BATCH)}
    if compacted:
        configs["cleanup.policy"] = "compact"
        configs["delete.retention.ms"] = str(DELETIONS_MS)
    if kept:
        configs["retention.ms"] = configs["retention.bytes"] = FOR_GOOD
    # The empty assignment says nothing to the broker; without it the client refuses "the broker's choice".
    return NewTopic(name, partitions, BROKERS_CHOICE, replica_assignments={}, topic_configs=configs)


def _check(response: Any) -> None:
    for name, code, *detail in response.topic_errors:
        error = for_code(code)
        if code and error is not TopicAlreadyExistsError:  # another worker may have been faster
            raise error(f"creating topic {name} failed: {detail}")
