"""Apache Kafka as `make kafka` runs it: topics, groups, and data that outlives a kill."""

from __future__ import annotations

import asyncio
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from schemas.limits import LARGEST_BATCH
from streams.adapters.kafka.assignment import Assignment
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.faust_app import MEDIA_TABLE, changelog_topic, make_app
from streams.adapters.kafka.publisher import EventPublisher
from streams.adapters.kafka.topics import Topics, ensure_topics
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

pytestmark = pytest.mark.integration


async def receive(bootstrap: str, topic: str, group: str, count: int) -> list[bytes | None]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id=group, auto_offset_reset="earliest")
    await consumer.start()
    try:
        return [(await asyncio.wait_for(consumer.getone(), 300)).value for _ in range(count)]
    finally:
        await consumer.stop()


async def describe(bootstrap: str, names: Collection[str], one: str) -> tuple[dict[str, int], dict[str, str]]:
    """Return the number of partitions that each topic has and that have a leader, and the settings of one topic."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        found = await admin.describe_topics(list(names))
        configs: Any = await admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, one)])
    finally:
        await admin.close()
    settings = {entry[0]: entry[1] for entry in configs[0].resources[0][4]}
    led = {topic["topic"]: sum(part["leader"] >= 0 for part in topic["partitions"]) for topic in found}
    return led, settings


async def test_missing_topics_are_made_once_and_the_topic_of_jobs_is_compacted(kafka: str) -> None:
    topics = Topics.of(uuid.uuid4().hex)
    await asyncio.gather(*(ensure_topics(KafkaConnection.plaintext(kafka), topics, partitions=3) for _ in range(3)))
    await ensure_topics(KafkaConnection.plaintext(kafka), topics, partitions=5)
    partitions, settings = await describe(kafka, topics.all(), topics.jobs)
    assert partitions == dict.fromkeys(topics.all(), 3)
    assert settings["cleanup.policy"] == "compact"


async def test_the_changelog_of_the_table_is_there_with_all_its_leaders_before_anything_starts(kafka: str) -> None:
    settings = Settings(topic_prefix=uuid.uuid4().hex)
    topics, changelog = Topics.of(settings.topic_prefix), changelog_topic(settings)
    await ensure_topics(KafkaConnection.plaintext(kafka), topics, partitions=3, changelogs=[changelog])
    partitions, made = await describe(kafka, [*topics.all(), changelog], changelog)
    assert partitions == dict.fromkeys([*topics.all(), changelog], 3)
    assert (made["cleanup.policy"], made["max.message.bytes"]) == ("compact", str(LARGEST_BATCH))


def test_the_changelog_is_called_as_faust_calls_it() -> None:
    settings, assignment = Settings(), Assignment(lambda _: None)
    app = make_app(
        settings, kafka=KafkaConnection.plaintext("127.0.0.1:1"), assignment=assignment, neighbours=Neighbours()
    )
    table: Any = app.Table(MEDIA_TABLE, key_type=bytes, value_type=bytes)
    assert table.changelog_topic.get_topic_name() == changelog_topic(settings)


async def test_a_large_event_passes(kafka: str) -> None:
    topics = Topics.of(uuid.uuid4().hex)
    await ensure_topics(KafkaConnection.plaintext(kafka), topics, partitions=1)
    publisher = EventPublisher(KafkaConnection.plaintext(kafka))
    value = uuid.uuid4().bytes * 200_000
    await publisher.publish(topics.jobs, b"job", value, [])
    await publisher.stop()
    assert await receive(kafka, topics.jobs, "g", 1) == [value]


async def test_events_and_the_place_of_a_group_outlive_a_kill(
    start_kafka: Callable[[Path], Any], tmp_path: Path
) -> None:
    node = start_kafka(tmp_path)
    publisher = EventPublisher(KafkaConnection.plaintext(node.bootstrap))
    for value in (b"1", b"2"):
        await publisher.publish("events", b"key", value, [])
    assert await receive(node.bootstrap, "events", "group", 1) == [b"1"]
    node.kill()
    node.start()
    await publisher.publish("events", b"key", b"3", [])
    await publisher.stop()
    assert await receive(node.bootstrap, "events", "group", 2) == [b"2", b"3"]
