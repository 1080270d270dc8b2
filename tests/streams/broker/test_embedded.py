"""The embedded broker: real clients of two kinds, and an address that outlives a restart."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.broker.connection import KafkaConnection
from streams.broker.embedded import EmbeddedBroker, PortTaken
from streams.broker.publisher import EventPublisher

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration


async def consume(bootstrap: str, topic: str, count: int) -> list[tuple[bytes | None, bytes | None]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id="g", auto_offset_reset="earliest")
    await consumer.start()
    try:
        messages = [await asyncio.wait_for(consumer.getone(), 20) for _ in range(count)]
    finally:
        await consumer.stop()
    return [(message.key, message.value) for message in messages]


async def test_what_a_client_sends_through_the_fixed_address_a_consumer_group_receives(broker: EmbeddedBroker) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    await producer.send_and_wait("events", b"value", b"key")
    await producer.stop()
    assert await consume(broker.bootstrap, "events", 1) == [(b"key", b"value")]


async def test_the_address_stays_the_same_over_a_restart(tmp_path: Path) -> None:
    addresses = []
    for _ in range(2):
        broker = EmbeddedBroker(tmp_path)
        await broker.start()
        addresses.append(broker.bootstrap)
        await broker.stop()
    assert addresses[0] == addresses[1]


async def test_a_publisher_finds_its_way_after_the_broker_was_restarted(tmp_path: Path) -> None:
    broker = EmbeddedBroker(tmp_path)
    await broker.start()
    publisher = EventPublisher(KafkaConnection.plaintext(broker.bootstrap))
    await publisher.publish("events", b"k", b"before", [])
    await broker.stop()
    broker = EmbeddedBroker(tmp_path)
    await broker.start()
    await publisher.publish("events", b"k", b"after", [("name", b"header")])
    assert await consume(broker.bootstrap, "events", 1) == [(b"k", b"after")]
    await publisher.stop()
    await broker.stop()


async def test_a_port_that_somebody_else_took_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        (tmp_path / "kafka-port").write_text(str(other.getsockname()[1]))
        with pytest.raises(PortTaken, match="kafka-port"):
            await EmbeddedBroker(tmp_path).start()
