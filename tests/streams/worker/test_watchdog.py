"""The watchdog: events that wait and are not taken show, and nothing else does."""

from __future__ import annotations

import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.embedded import EmbeddedBroker
from streams.adapters.kafka.publisher import EventPublisher
from streams.ports.errors import Neighbour
from streams.telemetry.neighbours import Neighbours
from streams.worker import watchdog
from streams.worker.watchdog import AgentsStalled, Progress, Watchdog

ONE, TWO = TopicPartition("events", 0), TopicPartition("events", 1)
OTHER = TopicPartition("others", 0)


def test_events_that_wait_untouched_stand_still_from_the_first_look() -> None:
    progress = Progress()
    assert progress.observe({ONE: (3, 5)}, now=100.0) == {"events": 0.0}
    assert progress.observe({ONE: (3, 9)}, now=160.0) == {"events": 60.0}


def test_one_handled_event_is_progress_of_its_topic_and_of_no_other() -> None:
    progress = Progress()
    progress.observe({ONE: (3, 5), TWO: (0, 9), OTHER: (0, 1)}, now=0.0)
    assert progress.observe({ONE: (4, 5), TWO: (0, 9), OTHER: (0, 1)}, now=50.0) == {"events": 0.0, "others": 50.0}


def test_work_beyond_an_event_that_takes_long_is_progress() -> None:
    progress = Progress()
    progress.observe({ONE: (3, 9)}, now=0.0, handled=lambda _: 10)
    assert progress.observe({ONE: (3, 9)}, now=50.0, handled=lambda _: 11) == {"events": 0.0}
    assert progress.observe({ONE: (3, 9)}, now=90.0, handled=lambda _: 11) == {"events": 40.0}


def test_partitions_that_came_with_a_rebalance_are_looked_at_anew() -> None:
    progress = Progress()
    progress.observe({ONE: (3, 5)}, now=0.0)
    assert progress.observe({ONE: (3, 5), TWO: (0, 9)}, now=50.0) == {"events": 0.0}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=20))
def test_time_stands_still_only_over_looks_at_which_something_waited_and_nothing_moved(
    steps: list[tuple[int, int]],
) -> None:
    progress, place, end, still = Progress(), 0, 0, 0.0
    for look, (arrived, handled) in enumerate(steps):
        end += arrived
        moved = min(handled, end - place)
        place += moved
        still = still + 1.0 if look and place < end and not moved else 0.0
        assert progress.observe({ONE: (place, end)}, now=float(look)) == {"events": still}


async def send(broker: EmbeddedBroker) -> None:
    publisher = EventPublisher(KafkaConnection.plaintext(broker.bootstrap))
    await publisher.publish("events", b"key", b"value", [])
    await publisher.stop()


async def stalled(broker: EmbeddedBroker, seconds: float, neighbours: Neighbours | None = None) -> BaseException:
    """Return what the watchdog of group `g` says within the seconds."""
    heard: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
    partitions = [TopicPartition("events", number) for number in range(4)]
    watched = Watchdog(
        KafkaConnection.plaintext(broker.bootstrap),
        "g",
        partitions,
        assignment=list,
        handled=lambda _: 0,
        neighbours=neighbours or Neighbours(),
        patience_s=0.5,
    )
    watched.start(heard.set_result)
    try:
        return await asyncio.wait_for(heard, seconds)
    finally:
        await watched.stop()


@pytest.mark.integration
async def test_events_that_nobody_takes_are_noticed(broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "POLL_INTERVAL_S", 0.2)
    await send(broker)
    error = await stalled(broker, 30)
    assert isinstance(error, AgentsStalled)
    assert "events" in str(error)


@pytest.mark.integration
async def test_agents_that_wait_for_a_neighbour_have_not_stalled(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "POLL_INTERVAL_S", 0.2)
    await send(broker)
    neighbours = Neighbours()
    neighbours.left(Neighbour.MILVUS, "nothing answers")
    with pytest.raises(TimeoutError):
        await stalled(broker, 3, neighbours)


@pytest.mark.integration
async def test_a_group_that_has_handled_everything_is_left_alone(
    broker: EmbeddedBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchdog, "POLL_INTERVAL_S", 0.2)
    await send(broker)
    consumer = AIOKafkaConsumer(
        "events", bootstrap_servers=broker.bootstrap, group_id="g", auto_offset_reset="earliest"
    )
    await consumer.start()
    await asyncio.wait_for(consumer.getone(), 300)
    await consumer.commit()
    await consumer.stop()
    with pytest.raises(TimeoutError):
        await stalled(broker, 3)
