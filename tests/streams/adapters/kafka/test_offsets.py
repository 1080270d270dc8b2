"""Where a group stands, and where keys lie."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from support.client import read_all

from schemas.channels import PARTITIONS
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.embedded import EmbeddedBroker
from streams.adapters.kafka.offsets import group_offsets, partition_of
from streams.adapters.kafka.publisher import EventPublisher

pytestmark = pytest.mark.integration

ALL = [TopicPartition("events", number) for number in range(PARTITIONS)]


async def send(broker: EmbeddedBroker, *keys: str) -> dict[str, int]:
    """Send an event under each key; return the partitions that they came to."""
    publisher = EventPublisher(KafkaConnection.plaintext(broker.bootstrap))
    for key in keys:
        await publisher.publish("events", key.encode(), b"value", [])
    await publisher.stop()
    return {message.key.decode(): message.partition for message in await read_all(broker.bootstrap, "events")}


async def test_a_key_is_where_the_producer_puts_it(broker: EmbeddedBroker) -> None:
    keys = ["video", "ein Vidéo", *map(str, range(40))]
    found = await send(broker, *keys)
    assert {key: partition_of(key) for key in keys} == found
    assert set(found.values()) == set(range(PARTITIONS))


async def test_a_group_stands_at_what_it_has_committed_and_otherwise_at_the_beginning(broker: EmbeddedBroker) -> None:
    await send(broker, *["video"] * 3)
    events = TopicPartition("events", partition_of("video"))
    async with group_offsets(KafkaConnection.plaintext(broker.bootstrap), "g", ALL) as offsets:
        assert await offsets.committed(ALL) == dict.fromkeys(ALL, 0)
        assert (await offsets.ends(ALL))[events] == 3
        member = AIOKafkaConsumer(
            "events", bootstrap_servers=broker.bootstrap, group_id="g", auto_offset_reset="earliest"
        )
        await member.start()
        await asyncio.wait_for(member.getone(), 300)
        await member.commit()
        await member.stop()
        assert (await offsets.committed([events]))[events] == 1
