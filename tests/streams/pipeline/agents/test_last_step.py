"""A job's last step, over a broker that stands still or a worker that dies at every point of it: one complete event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from support.client import read_all
from support.examples import TIME, request
from support.examples import task as task_of
from support.read_model import ReadModel

from schemas.channels import PARTITIONS
from schemas.commands import SubmitJob
from schemas.tasks import ChunkResult, FinishJob, Probe, TaskOutcome
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.publisher import EventPublisher
from streams.adapters.kafka.topics import Topics, ensure_topics
from streams.pipeline.agents.jobs import JobAgent
from streams.pipeline.events import EventEmitter
from streams.ports.events import Headers
from streams.readmodel.current import CurrentState
from streams.readmodel.projector import Projector

if TYPE_CHECKING:
    from pathlib import Path

    from support.nodes import KafkaNode

pytestmark = [pytest.mark.integration, pytest.mark.unmeasured_processes]

#: What the last step sends: the library's item, the complete event, the job's state, the outcome, the clean-up.
SENT = 5
#: Seconds for which the broker stands still: longer than the producer of old waited for one answer.
FROZEN_S = 12.0


class Died(Exception):  # noqa: N818 (says what happened)
    """The worker died here."""


class Worker:
    """What a worker needs for the last step of a job, with something that happens before its n-th event."""

    def __init__(
        self, publisher: EventPublisher, current: CurrentState, topics: Topics, table: dict[bytes, bytes]
    ) -> None:
        self.before: dict[int, Callable[[], None]] = {}
        self.sent = 0
        self._publisher = publisher
        self.agent = JobAgent(table, current, EventEmitter(self, topics, current), tries=3)

    async def publish(self, topic: str, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        if happening := self.before.get(self.sent):
            happening()
        self.sent += 1
        await self._publisher.publish(topic, key, value, headers)
        if happening := self.before.get(-self.sent):
            happening()


@asynccontextmanager
async def worker(kafka: str, topics: Topics, folder: Path, table: dict[bytes, bytes]) -> AsyncIterator[Worker]:
    model = ReadModel(folder / "jobs.sqlite")
    projector = Projector(KafkaConnection.plaintext(kafka), topics, model, partitions=PARTITIONS)
    await projector.start()
    publisher = EventPublisher(KafkaConnection.plaintext(kafka))
    yield Worker(publisher, CurrentState(model, projector, topics), topics, table)
    await publisher.stop()
    await projector.stop()
    model.close()


async def before_the_last_step(one: Worker, job_id: str) -> ChunkResult:
    """Bring a job so far that only its last result is missing; return that."""
    asked = request(job_id, media_id=job_id, requested_time=TIME)
    await one.agent.on_request(SubmitJob.of(asked), now=TIME)
    task = task_of(Probe, asked)
    await one.agent.on_result(ChunkResult(task=task, outcome=TaskOutcome.DONE), now=TIME)
    one.sent = 0
    finish = task_of(FinishJob, asked)
    return ChunkResult(task=finish, outcome=TaskOutcome.DONE, stored=True)


async def complete_events(kafka: str, topics: Topics) -> list[str]:
    return sorted((message.key or b"").decode() for message in await read_all(kafka, topics.job_complete))


async def test_a_broker_that_stands_still_at_any_point_of_it(
    start_kafka: Callable[[Path], KafkaNode], tmp_path: Path
) -> None:
    node = start_kafka(tmp_path / "kafka")
    topics = Topics.of("frozen")
    await ensure_topics(KafkaConnection.plaintext(node.bootstrap), topics, partitions=PARTITIONS)
    points = [*range(SENT), *(-number for number in range(1, SENT + 1))]
    async with worker(node.bootstrap, topics, tmp_path, {}) as one:
        for number, point in enumerate(points):
            last = await before_the_last_step(one, f"job-{number}")

            def freeze() -> None:
                node.freeze()
                asyncio.get_running_loop().call_later(FROZEN_S, node.thaw)

            one.before = {point: freeze}
            await one.agent.on_result(last, now=TIME)
            one.before = {}
            await one.agent.on_result(last, now=TIME)  # and Kafka delivers the result once more
    assert await complete_events(node.bootstrap, topics) == sorted(f"job-{number}" for number in range(len(points)))


async def test_a_worker_that_dies_at_any_point_of_it_and_another_that_goes_on(kafka: str, tmp_path: Path) -> None:
    topics = Topics.of("dying")
    await ensure_topics(KafkaConnection.plaintext(kafka), topics, partitions=PARTITIONS)
    table: dict[bytes, bytes] = {}

    def die() -> None:
        raise Died

    for number in range(SENT + 1):
        point = number if number < SENT else -SENT
        async with worker(kafka, topics, tmp_path, table) as first:
            last = await before_the_last_step(first, f"job-{number}")
            first.before = {point: die}
            with pytest.raises(Died):
                await first.agent.on_result(last, now=TIME)
        async with worker(kafka, topics, tmp_path, table) as second:
            for _ in range(2):
                await second.agent.on_result(last, now=TIME)
    assert await complete_events(kafka, topics) == [f"job-{number}" for number in range(SENT + 1)]
