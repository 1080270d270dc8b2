"""The projector over a broker that a test plays: everything is applied once, and whoever waits is woken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiokafka import TopicPartition
from aiokafka.errors import KafkaConnectionError
from support.examples import job
from support.read_model import ReadModel

from schemas.jobs import Job
from streams.adapters.kafka.topics import Topics
from streams.ports.errors import NeighbourAwayError
from streams.readmodel import projector as module
from streams.readmodel.changes import Change
from streams.readmodel.projector import Projector

TOPICS = Topics.of("t")
#: Seconds in which what is expected comes, on a loaded machine.
SOON_S = 20.0


@dataclass
class Broker:
    """What is on the topics: each has one partition."""

    logs: dict[str, list[SimpleNamespace]] = field(default_factory=dict)
    holds: bool = False
    failures: int = 0
    fetched: list[int] = field(default_factory=list)

    def say(self, topic: str, key: str, value: bytes | None, *headers: tuple[str, bytes]) -> None:
        log = self.logs.setdefault(topic, [])
        log.append(SimpleNamespace(topic=topic, offset=len(log), key=key.encode(), value=value, headers=headers))

    def job(self, state: Job) -> None:
        self.say(TOPICS.jobs, state.job_id, msgspec.json.encode(state))

    def consumer(self, **_: object) -> Consumer:
        return Consumer(self)


class Consumer:
    """Reads as aiokafka's consumer does."""

    def __init__(self, broker: Broker) -> None:
        self.broker = broker
        self.places: dict[TopicPartition, int] = {}

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    def assign(self, partitions: Collection[TopicPartition]) -> None:
        self.places = dict.fromkeys(partitions, 0)

    def seek(self, partition: TopicPartition, offset: int) -> None:
        self.places[partition] = offset

    async def end_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        if self.broker.failures:
            self.broker.failures -= 1
            raise KafkaConnectionError
        return {one: len(self.broker.logs.get(one.topic, ())) for one in partitions}

    async def beginning_offsets(self, partitions: Collection[TopicPartition]) -> dict[TopicPartition, int]:
        return dict.fromkeys(partitions, 0)

    async def getmany(self, *, timeout_ms: int) -> dict[TopicPartition, list[SimpleNamespace]]:
        assert timeout_ms
        await asyncio.sleep(0.001)
        found = {} if self.broker.holds else {p: self.broker.logs.get(p.topic, [])[n:] for p, n in self.places.items()}
        for partition, messages in found.items():
            self.places[partition] += len(messages)
            self.broker.fetched += [message.offset for message in messages]
        return {partition: messages for partition, messages in found.items() if messages}


@asynccontextmanager
async def following(broker: Broker, model: ReadModel) -> AsyncIterator[Projector]:
    kafka: Any = broker
    projector = Projector(kafka, TOPICS, model, partitions=1)
    async with asyncio.timeout(SOON_S):
        await projector.start()
        yield projector
    await projector.stop()


async def test_when_it_has_started_all_that_was_there_is_applied(model: ReadModel) -> None:
    broker = Broker()
    broker.job(job("j1"))
    broker.say(TOPICS.dead_letter, "video", b"{", ("x-error-time", b"2026-11-23T08:00:00.000Z"))
    async with following(broker, model):
        assert model.jobs.get("j1") == job("j1")
        (letter,) = model.dead_letters.page().dead_letters
        assert (letter.key, letter.time) == (b"video", "2026-11-23T08:00:00.000Z")


async def test_a_message_without_a_value_says_that_its_key_is_gone(model: ReadModel) -> None:
    broker = Broker()
    broker.job(job("j1"))
    broker.say(TOPICS.jobs, "j1", None)
    async with following(broker, model):
        assert model.jobs.get("j1") is None


async def test_what_comes_later_is_told_to_who_listens(model: ReadModel) -> None:
    broker, told = Broker(), list[Change]()
    async with following(broker, model) as projector:
        projector.subscribe(told.extend)
        broker.job(job("j1"))
        await projector.caught_up(TOPICS.jobs)
    assert [(change.kind, change.subject) for change in told] == [("job", "j1")]


async def test_it_goes_on_where_the_read_model_stands(model: ReadModel) -> None:
    broker = Broker()
    broker.job(job("j1"))
    async with following(broker, model):
        pass
    broker.job(job("j2"))
    async with following(broker, model):
        assert model.jobs.get("j2") is not None
    assert broker.fetched == [0, 1]


async def test_a_topic_that_is_shorter_than_what_was_read_is_a_new_one_and_read_from_its_beginning(
    model: ReadModel,
) -> None:
    model.apply(offsets={(TOPICS.jobs, 0): 7})
    broker = Broker()
    broker.job(job("j1"))
    async with following(broker, model):
        assert model.jobs.get("j1") is not None
        assert model.offset(TOPICS.jobs, 0) == 1


async def test_catching_up_waits_until_it_is_applied(model: ReadModel) -> None:
    broker = Broker()
    async with following(broker, model) as projector:
        broker.holds = True
        broker.job(job("j1"))
        waiting = asyncio.create_task(projector.caught_up(TOPICS.jobs))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        broker.holds = False
        await waiting
        assert model.jobs.get("j1") is not None


async def test_a_broker_that_cannot_say_where_a_topic_ends_is_asked_again(model: ReadModel) -> None:
    broker = Broker()
    async with following(broker, model) as projector:
        broker.failures = 2
        await projector.caught_up(TOPICS.jobs)
    assert broker.failures == 0


async def test_who_catches_up_with_a_broker_that_is_lost_hears_so(model: ReadModel) -> None:
    broker = Broker()
    async with following(broker, model) as projector:
        broker.holds = True
        broker.job(job("j1"))
        waiting = asyncio.create_task(projector.caught_up(TOPICS.jobs))
        await asyncio.sleep(0.05)
        await projector.let_go()
        with pytest.raises(NeighbourAwayError, match=TOPICS.jobs):
            await waiting


async def test_a_broker_that_takes_the_place_of_one_that_was_lost_is_followed(model: ReadModel) -> None:
    first, second = Broker(), Broker()
    kafka: Any = second
    async with following(first, model) as projector:
        await projector.let_go()
        model.forget_offsets()
        second.job(job("j1"))
        await projector.take_up(kafka)
        assert model.jobs.get("j1") is not None


def asking(model: ReadModel, job_id: str) -> tuple[Callable[[], Job | None], list[int]]:
    """Return a question for a job, and a list that grows each time that it is asked."""
    asked: list[int] = []

    def ask() -> Job | None:
        asked.append(len(asked))
        return model.jobs.get(job_id)

    return ask, asked


async def test_what_is_waited_for_is_looked_at_again_only_when_something_was_applied(model: ReadModel) -> None:
    broker = Broker()
    async with following(broker, model) as projector:
        ask, asked = asking(model, "j2")
        waiting = asyncio.create_task(projector.until(ask, timeout_s=SOON_S, otherwise="no j2"))
        await asyncio.sleep(0.1)
        assert len(asked) == 1
        broker.job(job("j1"))
        await projector.caught_up(TOPICS.jobs)
        broker.job(job("j2"))
        assert await waiting == job("j2")
        assert len(asked) <= 3


async def test_what_is_there_is_not_waited_for(model: ReadModel) -> None:
    model.apply(jobs=[job("j1")])
    async with following(Broker(), model) as projector:
        assert await projector.until(lambda: model.jobs.get("j1"), timeout_s=SOON_S, otherwise="") == job("j1")


async def test_what_does_not_come_is_named(model: ReadModel) -> None:
    async with following(Broker(), model) as projector:
        with pytest.raises(TimeoutError, match="no job of this kind"):
            await projector.until(lambda: None, timeout_s=0.01, otherwise="no job of this kind")


async def test_a_batch_that_could_not_be_applied_is_read_again(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RECONNECT_PAUSE_S", 0.01)
    broker, project, failures = Broker(), model.project, [OSError("the disk"), RuntimeError("a bug")]

    def fail_at_first(records: Any, reached: Any) -> list[Change]:
        if records and failures:
            raise failures.pop()
        return project(records, reached)

    monkeypatch.setattr(model, "project", fail_at_first)
    broker.job(job("j1"))
    async with following(broker, model):
        assert model.jobs.get("j1") is not None
    assert not failures
