"""The producer: an event is on its topic once, whatever the broker does meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from support.client import read_all

from streams.adapters.kafka import publisher as module
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.publisher import LARGEST_EVENT, EventPublisher
from streams.ports.errors import EventTooLargeError, Neighbour
from streams.telemetry.neighbours import Neighbours

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from confluent_kafka import KafkaError, Producer
    from support.nodes import KafkaNode

    from streams.adapters.kafka.embedded import EmbeddedBroker

pytestmark = pytest.mark.integration

#: Seconds in which librdkafka has noticed that a broker is away.
NOTICED_S = 60.0
#: Milliseconds after which librdkafka is to take a request for lost, in place of its minute.
REQUEST_MS = 3_000


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What librdkafka says is wrong; it takes requests for lost early."""
    make, said = KafkaConnection.librdkafka_producer, list[str]()

    def early(connection: KafkaConnection, options: dict[str, Any]) -> Producer:
        def hear(error: KafkaError) -> None:
            said.append(error.str())
            options["error_cb"](error)

        patience = {"socket.timeout.ms": REQUEST_MS, "request.timeout.ms": REQUEST_MS}
        return make(connection, {**options, **patience, "error_cb": hear})

    monkeypatch.setattr(KafkaConnection, "librdkafka_producer", early)
    return said


async def until_lost(heard: list[str]) -> None:
    """Wait until the producer has no connection to its broker any more."""
    async with asyncio.timeout(NOTICED_S):
        while not heard:
            await asyncio.sleep(0.1)


async def until_away(neighbours: Neighbours) -> None:
    """Wait until a neighbour counts as away."""
    async with asyncio.timeout(NOTICED_S):
        while not neighbours.away():
            await asyncio.sleep(0.1)


async def test_a_broker_that_stands_still_for_longer_than_a_request_takes_each_event_once(
    start_kafka: Callable[[Path], KafkaNode], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: list[str]
) -> None:
    monkeypatch.setattr(module, "AWAY_S", 1.0)
    node = start_kafka(tmp_path)
    neighbours = Neighbours()
    publisher = EventPublisher(KafkaConnection.plaintext(node.bootstrap), neighbours)
    await publisher.publish("events", b"key", b"before", [])
    values = [b"%d" % number for number in range(300)]
    sent = [asyncio.create_task(publisher.publish("events", b"key", value, [])) for value in values]
    await asyncio.sleep(0.01)  # some are confirmed by now, some on their way, some in the broker's hands
    heard.clear()
    node.freeze()
    values.append(b"meanwhile")
    sent.append(asyncio.create_task(publisher.publish("events", b"key", b"meanwhile", [])))
    await until_lost(heard)  # the requests count as lost, and are made again
    await until_away(neighbours)
    assert [one.neighbour for one in neighbours.away()] == [Neighbour.KAFKA]
    node.thaw()
    await asyncio.gather(*sent)
    assert neighbours.away() == []
    await publisher.publish("events", b"key", b"after", [])
    await publisher.stop()
    found = [message.value for message in await read_all(node.bootstrap, "events")]
    assert found == [b"before", *values, b"after"]


async def test_a_broker_that_is_down_for_a_while_takes_what_was_sent_meanwhile_once_and_in_order(
    start_kafka: Callable[[Path], KafkaNode], tmp_path: Path, heard: list[str]
) -> None:
    node = start_kafka(tmp_path)
    publisher = EventPublisher(KafkaConnection.plaintext(node.bootstrap))
    await publisher.publish("events", b"key", b"0", [])
    heard.clear()
    node.kill()
    sent = [asyncio.create_task(publisher.publish("events", b"key", b"%d" % number, [])) for number in (1, 2, 3)]
    await until_lost(heard)
    assert not any(one.done() for one in sent)
    node.start()
    await asyncio.gather(*sent)
    await publisher.stop()
    assert [message.value for message in await read_all(node.bootstrap, "events")] == [b"0", b"1", b"2", b"3"]


async def test_an_event_that_is_too_large_is_refused_at_once_and_the_next_one_passes(broker: EmbeddedBroker) -> None:
    publisher = EventPublisher(KafkaConnection.plaintext(broker.bootstrap))
    with pytest.raises(EventTooLargeError, match="events"):
        await publisher.publish("events", b"key", bytes(LARGEST_EVENT + 1), [])
    await publisher.publish("events", b"key", b"small", [])
    await publisher.stop()
    assert [message.value for message in await read_all(broker.bootstrap, "events")] == [b"small"]
