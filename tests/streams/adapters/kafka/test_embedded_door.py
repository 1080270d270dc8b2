"""What the embedded broker's door lets through, and whom it lets go: in front of a cluster of one's own."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from typing import TYPE_CHECKING

import pytest
from aiokafka.client import AIOKafkaClient
from support.packets import HALF, HEARTBEAT_OF_NO_GROUP, HUGE, NO_REQUEST, request

from streams.adapters.kafka import embedded_door
from streams.adapters.kafka.embedded_door import Door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from streams.adapters.kafka.embedded import EmbeddedBroker

METADATA, FETCH = 3, 1


class Cluster:
    """Notes what comes, and answers each request with the same bytes."""

    def __init__(self) -> None:
        self.answer = b""
        self.received = b""
        self.connections = 0
        self.was_reached = False
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self.was_reached = True
        with contextlib.suppress(asyncio.IncompleteReadError):
            while True:
                length = await reader.readexactly(4)
                rest = await reader.readexactly(*struct.unpack(">i", length))
                self.received += length + rest
                answer = rest[4:8] + self.answer
                writer.write(struct.pack(">i", len(answer)) + answer)
        writer.close()
        await writer.wait_closed()
        self.connections -= 1


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    cluster = Cluster()
    async with await asyncio.start_server(cluster.serve, "127.0.0.1", 0) as server:
        cluster.port = server.sockets[0].getsockname()[1]
        yield cluster
        async with asyncio.timeout(300):
            while cluster.connections:
                await asyncio.sleep(0.01)


@pytest.fixture
async def door(cluster: Cluster) -> AsyncIterator[Door]:
    door = Door(cluster.port)
    await door.open(0)
    yield door
    await door.close()


async def answer_to(door: Door, *packets: bytes) -> bytes:
    """Send packets, and return what comes back until the door closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(b"".join(packets))
    answer = await asyncio.wait_for(reader.read(), 300)
    writer.close()
    await writer.wait_closed()
    return answer


async def exchange(door: Door, packet: bytes) -> bytes:
    """Send a request, and return its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(packet)
    answer = await reader.readexactly(*struct.unpack(">i", await reader.readexactly(4)))
    writer.close()
    await writer.wait_closed()
    return answer


async def test_requests_and_answers_pass_as_they_are(door: Door, cluster: Cluster) -> None:
    cluster.answer = bytes(range(256)) * 1000
    packet = request(FETCH, 4, bytes(300_000))
    assert (await exchange(door, packet))[4:] == cluster.answer
    assert cluster.received == packet


async def test_an_answer_that_names_the_cluster_names_the_door(door: Door, cluster: Cluster) -> None:
    cluster.answer = b"..127.0.0.1" + struct.pack(">i", cluster.port) + b".."
    assert (await exchange(door, request(METADATA, 1, b"")))[4:] == b"..127.0.0.1" + struct.pack(
        ">i", door.port
    ) + b".."


async def test_an_event_that_reads_like_an_address_stays_as_it_is(door: Door, cluster: Cluster) -> None:
    cluster.answer = b"127.0.0.1" + struct.pack(">i", cluster.port)
    assert (await exchange(door, request(FETCH, 4, b"")))[4:] == cluster.answer


@pytest.mark.parametrize("packet", [HUGE, NO_REQUEST, HEARTBEAT_OF_NO_GROUP, struct.pack(">i", -1) + bytes(8)])
async def test_what_no_client_sends_does_not_reach_the_cluster(door: Door, cluster: Cluster, packet: bytes) -> None:
    assert await answer_to(door, packet) == b""
    assert not cluster.was_reached
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    writer.write(request(FETCH, 4, b""))
    assert await asyncio.wait_for(reader.readexactly(8), 300)
    writer.write(packet)
    assert await asyncio.wait_for(reader.read(), 300) == b""
    writer.close()
    assert cluster.received == request(FETCH, 4, b"")


async def test_whoever_sends_nothing_or_half_a_request_is_let_go(
    door: Door, cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_door, "REQUEST_S", 0.2)
    assert await answer_to(door) == b""
    assert await answer_to(door, HALF[:3]) == b""
    assert not cluster.was_reached
    assert await answer_to(door, HALF) == b""


async def test_a_client_may_be_silent_between_requests_for_longer_than_within_one(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_door, "REQUEST_S", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
    for _ in range(2):
        writer.write(request(FETCH, 4, b""))
        assert await asyncio.wait_for(reader.readexactly(8), 300)
        await asyncio.sleep(0.5)
    writer.close()


async def test_connections_beyond_the_most_are_refused_until_others_end(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_door, "MOST_CONNECTIONS", 3)
    held = [await asyncio.open_connection("127.0.0.1", door.port) for _ in range(3)]
    assert await answer_to(door) == b""
    for _, writer in held:
        writer.close()
    async with asyncio.timeout(300):
        while True:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                if await exchange(door, request(FETCH, 4, b"")):
                    break


@pytest.mark.integration
async def test_clients_never_learn_another_address_than_the_one_that_stays(broker: EmbeddedBroker) -> None:
    for bootstrap in (broker.bootstrap, broker.worker_bootstrap):
        client = AIOKafkaClient(bootstrap_servers=bootstrap)
        await client.bootstrap()
        await client.coordinator_lookup(0, "group")
        await client.close()
        assert {f"{one.host}:{one.port}" for one in client.cluster.brokers()} == {bootstrap}
