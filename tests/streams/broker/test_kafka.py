"""Apache Kafka as `make kafka` runs it: topics, groups, and data that outlives a kill."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from streams.broker.publisher import EventPublisher
from streams.broker.topics import Topics, ensure_topics

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.integration


async def receive(bootstrap: str, topic: str, group: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [(await asyncio.wait_for(consumer.getone(), 30)).value for _ in range(count)]
    finally:
        await consumer.stop()


async def describe(bootstrap: str, topics: Topics) -> tuple[dict[str, int], dict[str, str]]:
    """Return the number of partitions of each topic, and the settings of the topic of jobs."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.describe_topics(list(topics.all()))
        configs: Any = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topics.jobs)])
    finally:
        await admin.close()
    settings = {entry[0]: entry[1] for entry in configs[0].resources[0][4]}
    return {topic["topic"]: len(topic["partitions"]) for topic in found}, settings


async def test_missing_topics_are_made_once_and_the_topic_of_jobs_is_compacted(kafka: str) -> None:
    topics = Topics.of(uuid.uuid4().hex)
    await asyncio.gather(*(ensure_topics(kafka, topics, partitions=3) for _ in range(3)))
    await ensure_topics(kafka, topics, partitions=5)
    partitions, settings = await describe(kafka, topics)
    assert partitions == dict.fromkeys(topics.all(), 3)
    assert settings["cleanup.policy"] == "compact"


async def test_a_large_event_passes(kafka: str) -> None:
    topics = Topics.of(uuid.uuid4().hex)
    await ensure_topics(kafka, topics, partitions=1)
    publisher = EventPublisher(kafka)
    value = uuid.uuid4().bytes * 200_000
    await publisher.publish(topics.jobs, b"job", value, [])
    await publisher.stop()
    assert await receive(kafka, topics.jobs, "g", 1) == [value]


async def test_events_and_the_place_of_a_group_outlive_a_kill(
    start_kafka: Callable[[Path], Any], tmp_path: Path
) -> None:
    node = start_kafka(tmp_path)
    publisher = EventPublisher(node.bootstrap)
    for value in (b"1", b"2"):
        await publisher.publish("events", b"key", value, [])
    assert await receive(node.bootstrap, "events", "group", 1) == [b"1"]
    node.kill()
    node.start()
    await publisher.publish("events", b"key", b"3", [])
    await publisher.stop()
    assert await receive(node.bootstrap, "events", "group", 2) == [b"2", b"3"]
