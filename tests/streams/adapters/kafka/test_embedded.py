"""The embedded broker: real clients of two kinds, and an address that outlives a restart."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from typing import TYPE_CHECKING

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from support.nodes import own_port
from support.packets import FEWER_THAN_NO_PROTOCOLS, HALF, HEARTBEAT_OF_NO_GROUP, HUGE, NO_REQUEST

from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.embedded import BrokerFailed, EmbeddedBroker, PortTaken
from streams.adapters.kafka.publisher import EventPublisher

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.integration


async def consume(bootstrap: str, topic: str, count: int) -> list[tuple[bytes | None, bytes | None]]:
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=bootstrap, group_id="g", auto_offset_reset="earliest")
    await consumer.start()
    try:
        messages = [await asyncio.wait_for(consumer.getone(), 300) for _ in range(count)]
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
    own_port(tmp_path)
    addresses = []
    for _ in range(2):
        broker = EmbeddedBroker(tmp_path)
        await broker.start()
        addresses.append(broker.bootstrap)
        await broker.stop()
    assert addresses[0] == addresses[1]


async def test_a_publisher_finds_its_way_after_the_broker_was_restarted(tmp_path: Path) -> None:
    own_port(tmp_path)
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


async def test_what_was_not_confirmed_when_the_broker_ended_goes_to_the_next_one_once(tmp_path: Path) -> None:
    own_port(tmp_path)
    broker = EmbeddedBroker(tmp_path)
    await broker.start()
    publisher = EventPublisher(KafkaConnection.plaintext(broker.worker_bootstrap))
    await publisher.publish("events", b"k", b"lost with its broker", [])
    os.kill(broker.pid, signal.SIGKILL)
    assert await broker.ended() == -signal.SIGKILL
    waiting = asyncio.create_task(publisher.publish("events", b"k", b"first", []))
    await asyncio.sleep(0.5)
    await publisher.let_go()
    later = asyncio.create_task(publisher.publish("events", b"k", b"second", []))
    await asyncio.sleep(0.1)
    await broker.start()
    publisher.take_up(KafkaConnection.plaintext(broker.worker_bootstrap))
    await asyncio.wait_for(asyncio.gather(waiting, later), 60)
    await publisher.publish("events", b"k", b"third", [])
    found = [value for _, value in await consume(broker.bootstrap, "events", 3)]
    assert sorted(value for value in found if value) == [b"first", b"second", b"third"]
    await publisher.stop()
    await broker.stop()


@pytest.mark.parametrize("packet", [HALF, HEARTBEAT_OF_NO_GROUP, HUGE, NO_REQUEST])
async def test_packets_that_are_no_request_do_not_end_it(broker: EmbeddedBroker, packet: bytes) -> None:
    host, port = broker.bootstrap.split(":")
    for _ in range(3):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(packet)
        await writer.drain()
        writer.close()
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap)
    await producer.start()
    await producer.send_and_wait("events", b"value", b"key")
    await producer.stop()


async def test_a_request_that_ends_its_process_ends_no_other_and_it_is_there_again_at_the_same_address(
    broker: EmbeddedBroker,
) -> None:
    host, port = before = broker.bootstrap.split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(FEWER_THAN_NO_PROTOCOLS)
    assert await asyncio.wait_for(broker.ended(), 60) == -signal.SIGABRT
    writer.close()
    await broker.start()
    assert broker.bootstrap.split(":") == before


async def test_a_process_that_does_not_start_is_an_error_that_names_its_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(BrokerFailed, match=r"kafka\.log"):
        await EmbeddedBroker(tmp_path).start()
