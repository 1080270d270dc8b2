"""Jobs of which nothing is left are found and asked for again; jobs that wait are left alone."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from hypothesis import given
from hypothesis import strategies as st
from support.client import Footage, completed, ended_job, read_all
from support.examples import job, request
from support.read_model import ReadModel

from schemas.channels import PARTITIONS
from schemas.jobs import Job, JobSource, JobStatus
from schemas.result import complete_event
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.embedded import EmbeddedBroker
from streams.adapters.kafka.offsets import partition_of
from streams.adapters.kafka.topics import Topics
from streams.demo.service import running_service
from streams.worker.stalled import JobSweep, Standstill, longest_chain

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

ONE, TWO = TopicPartition("chunks", 0), TopicPartition("chunks", 1)
TOPICS = Topics.of("mediadna")


def looks(standstill: Standstill, *places: tuple[dict[str, str], int, int]) -> list[list[str]]:
    """Look several times: jobs with their states, the group's place, and the end of the one partition that there is."""
    return [standstill.observe(jobs, committed={ONE: place}, ends={ONE: end}) for jobs, place, end in places]


def test_a_job_of_which_nothing_is_left_is_lost_after_as_many_rounds_as_its_messages_could_take() -> None:
    stands = {"j": "then"}
    assert looks(Standstill(2), (stands, 5, 5), (stands, 5, 5), (stands, 5, 5)) == [[], [], ["j"]]


def test_a_job_that_waits_in_a_queue_however_long_is_left_alone() -> None:
    stands = {"j": "then"}
    assert looks(Standstill(1), (stands, 5, 9), *[(stands, 8, 20)] * 10, (stands, 9, 20)) == [[]] * 11 + [["j"]]


def test_every_partition_has_to_be_passed() -> None:
    standstill = Standstill(1)
    ends = {ONE: 3, TWO: 3}
    assert standstill.observe({"j": "then"}, committed={ONE: 0, TWO: 0}, ends=ends) == []
    assert standstill.observe({"j": "then"}, committed={ONE: 3, TWO: 2}, ends=ends) == []
    assert standstill.observe({"j": "then"}, committed={ONE: 3, TWO: 3}, ends=ends) == ["j"]


def test_a_job_that_has_moved_or_was_not_seen_for_a_while_is_looked_at_anew() -> None:
    first, second = {"j": "then"}, {"j": "now"}
    standstill = Standstill(2)
    assert looks(standstill, (first, 1, 1), (first, 1, 1), (second, 1, 1), (second, 1, 1)) == [[]] * 4
    assert looks(standstill, ({}, 1, 1), (second, 1, 1), (second, 1, 1), (second, 1, 1)) == [[], [], [], ["j"]]


def test_a_job_that_comes_within_a_round_is_not_judged_by_its_rest() -> None:
    """What is left of it may lie behind the ends that were noted before."""
    later = {"j": "then"}
    assert looks(Standstill(1), ({}, 0, 5), (later, 4, 7), (later, 5, 7), (later, 7, 7)) == [[], [], [], ["j"]]


def test_a_job_that_was_asked_for_again_gets_as_long_as_the_first_time() -> None:
    stands = {"j": "then"}
    assert looks(Standstill(1), *[(stands, 5, 5)] * 5) == [[], ["j"], [], ["j"], []]


def test_a_topic_that_was_made_anew_holds_nobody_up() -> None:
    stands = {"j": "then"}
    assert looks(Standstill(1), (stands, 900, 1000), (stands, 2, 3), (stands, 3, 3)) == [[], [], ["j"]]


@dataclass
class Pipeline:
    """Jobs whose messages wait in two queues: each that is handled leads to the next, and the last to a new state."""

    queues: tuple[deque[tuple[str, int]], ...] = field(default_factory=lambda: (deque(), deque()))
    handled: list[int] = field(default_factory=lambda: [0, 0])
    states: dict[str, str] = field(default_factory=dict)
    names: Iterator[str] = field(default_factory=lambda: ("j" * number for number in itertools.count(1)))

    def start(self, chain: int) -> None:
        job_id = next(self.names)
        self.states[job_id] = "then"
        self.send(job_id, chain)

    def send(self, job_id: str, left: int) -> None:
        self.queues[(len(job_id) + left) % 2].append((job_id, left))

    def handle(self, number: int) -> None:
        if self.queues[number]:
            job_id, left = self.queues[number].popleft()
            if left > 1:
                self.send(job_id, left - 1)
            else:
                self.states.pop(job_id, None)
            self.handled[number] += 1

    def committed(self) -> dict[TopicPartition, int]:
        return dict(zip((ONE, TWO), self.handled, strict=True))

    def ends(self) -> dict[TopicPartition, int]:
        return {
            partition: place + len(queue)
            for (partition, place), queue in zip(self.committed().items(), self.queues, strict=True)
        }


@given(st.data())
def test_whatever_the_load_no_job_is_asked_for_of_which_something_is_queued(data: st.DataObject) -> None:
    chain = data.draw(st.integers(1, 4))
    pipeline, standstill = Pipeline(), Standstill(chain)
    some = st.integers(0, 3)

    def work() -> None:
        """Between any two readings, workers go on and jobs come in."""
        for number in (0, 1):
            for _ in range(data.draw(some)):
                pipeline.handle(number)
        for _ in range(data.draw(st.integers(0, 1))):
            pipeline.start(data.draw(st.integers(1, chain)))

    for _ in range(data.draw(st.integers(1, 30))):
        committed = pipeline.committed()
        work()
        jobs = dict(pipeline.states)
        work()
        assert standstill.observe(jobs, committed=committed, ends=pipeline.ends()) == []
        work()


@given(st.integers(1, 20), st.lists(st.integers(0, 3), min_size=1))
def test_a_lost_job_is_found_however_much_comes_in_as_long_as_work_goes_on(chain: int, arrivals: list[int]) -> None:
    standstill, place, end, found = Standstill(chain), 0, 0, list[str]()
    for look in range(2 * chain + 2):
        end += arrivals[look % len(arrivals)]
        found += standstill.observe({"j": "then"}, committed={ONE: place}, ends={ONE: end})
        place = end
    assert "j" in found


def test_a_chain_has_the_request_and_each_try_of_a_task_with_its_result() -> None:
    assert longest_chain(1) == 3
    assert longest_chain(3) == 7


async def send(kafka: str, topic: str, *messages: tuple[str, bytes]) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=kafka)
    await producer.start()
    for key, value in messages:
        await producer.send_and_wait(topic, value, key.encode())
    await producer.stop()


async def handle_all(kafka: str, topic: str, group: str, count: int) -> None:
    """Be a member of the group that handles what is on a topic."""
    member = AIOKafkaConsumer(topic, bootstrap_servers=kafka, group_id=group, auto_offset_reset="earliest")
    await member.start()
    for _ in range(count):
        await asyncio.wait_for(member.getone(), 300)
    await member.commit()
    await member.stop()


@asynccontextmanager
async def sweeping(
    broker: EmbeddedBroker, model: ReadModel, held: Callable[[], set[int]], **settings: Any
) -> AsyncIterator[list[str]]:
    """Sweep until the block ends; yields the ids of the jobs that were asked for."""
    asked: list[str] = []

    async def ask_again(one: Job) -> None:
        asked.append(one.job_id)

    async def caught_up(_: str) -> None: ...

    options = {"stall_s": 0.1, "tries": 1, **settings}
    sweep = JobSweep(
        KafkaConnection.plaintext(broker.bootstrap),
        "g",
        TOPICS,
        model.jobs,
        ask_again=ask_again,
        caught_up=caught_up,
        held=held,
        **options,
    )
    sweep.start()
    try:
        yield asked
    finally:
        await sweep.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.05)


@pytest.mark.integration
async def test_each_worker_asks_for_the_lost_jobs_of_its_partitions(broker: EmbeddedBroker, model: ReadModel) -> None:
    names = [f"video-{number}" for number in range(12)]
    model.apply(jobs=[job(name, JobStatus.PROCESSING, media_id=name) for name in names])
    model.apply(jobs=[job("ended", JobStatus.FAIL)])
    async with sweeping(broker, model, lambda: {0, 2}) as one, sweeping(broker, model, lambda: {1, 3}) as other:
        await until(lambda: {*one, *other} == set(names))
    assert set(one) == {name for name in names if partition_of(name) in {0, 2}}
    assert set(other) == {name for name in names if partition_of(name) in {1, 3}}


@pytest.mark.integration
async def test_a_job_whose_task_waits_is_asked_for_only_when_that_was_handled_without_an_effect(
    broker: EmbeddedBroker, model: ReadModel
) -> None:
    model.apply(jobs=[job("waits", JobStatus.PROCESSING), job("import", JobStatus.PROCESSING, source=JobSource.IMPORT)])
    await send(broker.bootstrap, TOPICS.chunks, ("waits:fingerprint:0", b"task"))
    async with sweeping(broker, model, lambda: set(range(PARTITIONS))) as asked:
        await until(lambda: asked.count("import") == 3)  # its lane is empty
        assert "waits" not in asked
        await handle_all(broker.bootstrap, TOPICS.chunks, "g", 1)
        await until(lambda: "waits" in asked)


@pytest.mark.integration
async def test_a_worker_without_partitions_and_a_job_that_has_moved_of_late_wait(
    broker: EmbeddedBroker, model: ReadModel
) -> None:
    model.apply(jobs=[job("old", JobStatus.INIT), job("new", JobStatus.INIT, time="2999-01-01T00:00:00.000Z")])
    async with (
        sweeping(broker, model, set) as idle,
        sweeping(broker, model, lambda: set(range(PARTITIONS))) as asked,
    ):
        await until(lambda: asked.count("old") == 2)
    assert set(asked) == {"old"}
    assert idle == []


async def metrics_of(web: str) -> str:
    async with httpx.AsyncClient(base_url=web, trust_env=False, timeout=30) as api:
        return (await api.get("/metrics")).text


@pytest.mark.integration
@pytest.mark.unmeasured_processes
async def test_jobs_of_which_all_was_lost_end_with_one_complete_event_each(tmp_path: Path, footage: Footage) -> None:
    bikes = footage["bikes"]

    def lost(name: str, **fields: object) -> Job:
        asked = request(f"job-{name}", media_id=name, file_url=bikes.as_uri())
        return job(f"job-{name}", JobStatus.PROCESSING, media_id=name, version=7, request=asked, **fields)

    unknown = [lost("unknown"), lost("in-mid-job", chunks_done=1, chunks_total=2)]
    told = job("job-told", JobStatus.FAIL, media_id="told", version=7, code="Timeout", message="too long")
    on_topic = [*unknown, lost("told")]
    environment = {"MEDIADNA_STALL_S": "1"}
    places = ("--web", "127.0.0.1:0", "--media", str(bikes.parent))
    async with running_service(tmp_path, *places, environment=environment) as service:
        event = msgspec.json.encode(complete_event(told))
        await send(service.kafka, TOPICS.job_complete, ("told", event))
        await send(service.kafka, TOPICS.jobs, *[(one.job_id, msgspec.json.encode(one)) for one in on_topic])
        ended = {one.media_id: await ended_job(service.web, one.media_id) for one in on_topic}
        assert {name: (one["status"], one["version"]) for name, one in ended.items()} == {
            "unknown": ("success", 7),
            "in-mid-job": ("success", 7),
            "told": ("fail", 7),
        }
        assert (ended["told"]["code"], ended["told"]["message"]) == ("Timeout", "too long")
        await asyncio.sleep(3)  # in which it would be asked for again
        events = await completed(service.kafka, "unknown", "in-mid-job")
        assert sorted(one["JobId"] for one in events) == sorted(one.job_id for one in on_topic)
        requests = await read_all(service.kafka, TOPICS.job_requests)
        assert sorted(json.loads(one.value)["JobId"] for one in requests) == sorted(one.job_id for one in on_topic)
        shown = await metrics_of(service.web)
        assert "mediadna_jobs_asked_again_total 3.0" in shown
        assert "mediadna_jobs_stalled 0.0" in shown
