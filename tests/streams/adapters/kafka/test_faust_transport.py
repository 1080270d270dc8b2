"""What a worker reads once its group has settled, from the embedded broker and from Apache Kafka."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

import faust
import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from faust.types import TP

from streams.adapters.kafka.assignment import Assignment
from streams.adapters.kafka.connection import FETCH_WAIT_MS, KafkaConnection
from streams.adapters.kafka.faust_app import make_app
from streams.pipeline.agents.fair_queue import Share
from streams.pipeline.agents.lane import Lane
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from streams.adapters.kafka.embedded import EmbeddedBroker

pytestmark = pytest.mark.integration

PATIENCE_S = 60.0


class Place(NamedTuple):
    """A topic, and the address of its broker."""

    bootstrap: str
    topic: str


@pytest.fixture
async def in_kafka(kafka: str, tmp_path: Path) -> Place:
    """A topic of a test's own in Apache Kafka."""
    place = Place(kafka, tmp_path.name)
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(place.topic, num_partitions=2, replication_factor=1)])
    await admin.close()
    return place


@pytest.fixture
def embedded(broker: EmbeddedBroker, tmp_path: Path) -> Place:
    """The same in the embedded broker, which makes topics when they are first named."""
    return Place(broker.bootstrap, tmp_path.name)


@pytest.fixture(params=["embedded", "in_kafka"])
def place(request: pytest.FixtureRequest) -> Place:
    """A topic in a broker of each kind."""
    found: Place = request.getfixturevalue(request.param)
    return found


async def send(place: Place, *values: bytes) -> TP:
    """Send values into one partition; return which."""
    async with AIOKafkaProducer(bootstrap_servers=place.bootstrap) as producer:
        sent = [await producer.send_and_wait(place.topic, value, b"key") for value in values]
    return TP(place.topic, sent[0].partition)


def app_of(place: Place, folder: Path, assignment: Assignment) -> faust.App:
    settings = Settings(state=folder, topic_prefix=place.topic)
    return make_app(
        settings, kafka=KafkaConnection.plaintext(place.bootstrap), assignment=assignment, neighbours=Neighbours()
    )


def raw(app: faust.App, place: Place) -> Any:
    """Return the place's topic, whose values are the bytes that they are."""
    schema: Any = faust.Schema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
    return app.topic(place.topic, schema=schema)


@asynccontextmanager
async def started(app: faust.App) -> AsyncIterator[None]:
    """Run an app; yields once it has partitions."""
    await app.start()
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not app.consumer.assignment() or app.rebalancing or app.in_recovery:
                await asyncio.sleep(0.1)
        yield
    finally:
        await app.stop()


@asynccontextmanager
async def reading(place: Place, folder: Path, into: asyncio.Queue[bytes]) -> AsyncIterator[faust.App]:
    """Run an app whose agent puts what it reads into a queue; yields once it has partitions."""
    app = app_of(place, folder, Assignment(lambda error: pytest.fail(repr(error))))

    async def listen(stream: Any) -> None:
        async for value in stream:
            into.put_nowait(value)

    app.agent(raw(app, place))(listen)
    async with started(app):
        yield app


async def pass_over(app: faust.App, place: Place, *values: bytes) -> None:
    """Have events arrive and be dropped, as those that arrive while partitions change hands."""
    app.consumer.pause_partitions(app.consumer.assignment())
    partition = await send(place, *values)
    position = await app.consumer.position(partition)
    await app.consumer.seek(partition, (position or 0) + len(values))


async def settle(app: faust.App) -> None:
    """Do what Faust does at the end of a rebalance."""
    app.consumer.resume_partitions(app.consumer.assignment())
    await app.consumer.perform_seek()
    app.consumer.resume_flow()


async def taken(found: asyncio.Queue[bytes], count: int) -> list[bytes]:
    return [await asyncio.wait_for(found.get(), PATIENCE_S) for _ in range(count)]


async def test_the_first_events_of_a_partition_are_read_when_a_rebalance_dropped_them(
    place: Place, tmp_path: Path
) -> None:
    found = asyncio.Queue[bytes]()
    async with reading(place, tmp_path, found) as app:
        await pass_over(app, place, b"one", b"two")
        await settle(app)
        await send(place, b"three")
        assert await taken(found, 3) == [b"one", b"two", b"three"]


async def test_later_events_of_a_partition_are_read_when_a_rebalance_dropped_them(place: Place, tmp_path: Path) -> None:
    found = asyncio.Queue[bytes]()
    async with reading(place, tmp_path, found) as app:
        await send(place, b"zero")
        assert await taken(found, 1) == [b"zero"]
        await app.consumer.force_commit()
        await pass_over(app, place, b"one", b"two")
        await settle(app)
        assert await taken(found, 2) == [b"one", b"two"]
        assert found.empty()


async def test_no_fetch_is_kept_for_longer_than_an_event_may_wait(embedded: Place, tmp_path: Path) -> None:
    async with reading(embedded, tmp_path, asyncio.Queue[bytes]()) as app:
        consumer: Any = app.consumer
        assert consumer._thread._consumer._fetcher._fetch_max_wait_ms == FETCH_WAIT_MS


@asynccontextmanager
async def working(place: Place, folder: Path, slow: bytes, done: asyncio.Queue[bytes]) -> AsyncIterator[faust.App]:
    """Run an app whose lane does what comes, but for one event, which takes until its partition goes."""
    assignment = Assignment(lambda error: pytest.fail(repr(error)))
    app = app_of(place, folder, assignment)

    async def handle(event: Any) -> bool:
        if event.message.value == slow:
            return await assignment.pause(event.message.tp, PATIENCE_S)
        done.put_nowait(event.message.value)
        return True

    async def work(stream: Any) -> None:
        manual = stream.noack()
        lane = Lane(handle, manual.ack, lambda _: Share("", ""), slots=2, assignment=assignment)
        await lane.serve(manual.events())

    app.agent(raw(app, place))(work)
    async with started(app):
        yield app


async def test_what_was_done_beyond_a_slow_event_is_not_done_again_by_the_next_worker(
    place: Place, tmp_path: Path
) -> None:
    done = asyncio.Queue[bytes]()
    async with working(place, tmp_path, b"slow", done) as app:
        await send(place, b"zero", b"slow", b"one", b"two", b"three")
        assert sorted(await taken(done, 4)) == [b"one", b"three", b"two", b"zero"]
        await app.consumer.commit()
    async with working(place, tmp_path, b"none", done):
        await send(place, b"four")
        assert sorted(await taken(done, 2)) == [b"four", b"slow"]
        assert done.empty()
