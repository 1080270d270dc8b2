"""Where a consumer group stands, as the broker knows it, and where the keys of messages lie."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from aiokafka.partitioner import DefaultPartitioner

from schemas.channels import PARTITIONS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Sequence

    from aiokafka import AIOKafkaConsumer, TopicPartition

    from streams.adapters.kafka.connection import KafkaConnection

__all__ = ["GroupOffsets", "group_offsets", "partition_of"]

_PARTITIONER = DefaultPartitioner()


def partition_of(key: str) -> int:
    """Return the partition of our topics that messages with this key are on: as our producer, and Kafka's own, say."""
    numbers = list(range(PARTITIONS))
    found: int = _PARTITIONER(key.encode(), numbers, numbers)
    return found


class GroupOffsets:
    """Asks for a group's offsets without being a member, so that the group does not notice."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def committed(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset before which everything has been handled; the first one there is where nothing has.

        Raises:
            KafkaError: The broker does not tell.
        """
        begins = await self._consumer.beginning_offsets(list(partitions))
        return {
            partition: max(await self._consumer.committed(partition) or 0, begins[partition])
            for partition in partitions
        }

    async def ends(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        """Return the offset that the next message gets.

        Raises:
            KafkaError: The broker does not tell.
        """
        found: dict[TopicPartition, int] = await self._consumer.end_offsets(list(partitions))
        return found


@asynccontextmanager
async def group_offsets(
    kafka: KafkaConnection, group: str, partitions: Sequence[TopicPartition]
) -> AsyncIterator[GroupOffsets]:
    """Connect to the broker until the block ends.

    Args:
        kafka: The broker.
        group: The group.
        partitions: What may be asked about.

    Raises:
        KafkaError: The broker does not answer.
    """
    # Assigned, not subscribed: it asks for the group's place and is no member of the group.
    consumer = kafka.consumer(group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(partitions)
        consumer.pause(*partitions)
        yield GroupOffsets(consumer)
    finally:
        await consumer.stop()
