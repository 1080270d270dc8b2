"""How a worker's agents are wired: which topic leads to whom, and by which door what comes of it goes out."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from support.fake_faust import FakeApp
from support.feed import LookingFeed
from support.inline import done
from support.read_model import ReadModel

from schemas.channels import CHANNELS, Use
from schemas.earlier import decode_result
from schemas.errors import ErrorCode
from schemas.events import AIMediaDNAComplete
from schemas.jobs import JobRequest, Lane
from schemas.libraries import Library
from schemas.tasks import Task, TaskKind
from streams.adapters.kafka.assignment import Assignment
from streams.adapters.kafka.topics import Topics
from streams.domain.search_scope import Scope
from streams.pipeline.agents import error_policy
from streams.pipeline.agents.dead_letter_limit import DeadLetterLimit
from streams.pipeline.agents.error_policy import ErrorPolicy
from streams.pipeline.agents.topology import register
from streams.pipeline.events import EventEmitter
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.task_report import TaskReport
from streams.readmodel.current import CurrentState
from streams.services.library_scope import LibraryScopes
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours
from streams.worker import composition

TOPICS = Topics.of("mediadna")
SLOTS, IMPORT_SLOTS = 3, 2
EVENT = msgspec.json.encode(
    {
        "EventType": "StreamTranscodeComplete",
        "EventTime": "2026-11-23T08:00:00Z",
        "VideoId": "video",
        "Status": "success",
        "FileUrl": "http://vod/ld.mp4",
        "Definition": "LD",
        "Format": "mp4",
    }
)


@dataclass
class Runner:
    """A pool that does every task at once, or when it is let."""

    app: FakeApp
    ran: list[Task] = field(default_factory=list)
    running: list[Task] = field(default_factory=list)
    held_back: set[str] = field(default_factory=set)
    let: asyncio.Event = field(default_factory=asyncio.Event)
    error: Exception | None = None

    async def run(self, task: Task, scope: Scope) -> TaskReport:
        assert isinstance(scope, Scope)
        if self.error is not None:
            raise self.error
        self.running.append(task)
        self.app.moved.set()
        if task.job_id in self.held_back:
            await self.let.wait()
        self.running.remove(task)
        self.ran.append(task)
        return TaskReport(result=done(task))


class Worker:
    """The agents of a worker as it makes them, on topics in memory."""

    def __init__(self, folder: Path) -> None:
        self.settings = Settings(state=folder, slots=SLOTS, import_slots=IMPORT_SLOTS)
        self.app = FakeApp()
        self.model = ReadModel(folder / "jobs.sqlite")
        self.model.apply(libraries=[Library(name="default")])
        self.stopped: list[BaseException] = []
        self.neighbours = Neighbours()
        self.pool, self.import_pool = Runner(self.app), Runner(self.app)
        feed = LookingFeed()
        current = CurrentState(self.model, feed, TOPICS)
        self.emitter = EventEmitter(self.app, TOPICS, current)
        assignment = Assignment(self.stopped.append)
        assignment.follow(self.app.held)
        limit = DeadLetterLimit(100, dead_letters=TOPICS.dead_letter)
        self.agents = composition._make_agents(
            self.settings,
            TOPICS,
            current,
            self.emitter,
            scopes=LibraryScopes(self.model, feed, TOPICS),
            pools=(self.pool, self.import_pool),  # type: ignore[arg-type] # what runs tasks
            policy=ErrorPolicy(self.emitter, assignment, self.neighbours, limit, self._stop),
            assignment=assignment,
        )
        register(self.app, TOPICS, self.agents)  # type: ignore[arg-type] # an app as far as agents need one

    def _stop(self, error: BaseException) -> None:
        self.stopped.append(error)
        self.app.moved.set()

    def completed(self) -> list[AIMediaDNAComplete]:
        """Return the complete events that went out."""
        sent = self.app.published[TOPICS.job_complete]
        return [msgspec.json.decode(one.value or b"", type=AIMediaDNAComplete) for one in sent]

    def dead_letters(self) -> list[dict[str, bytes]]:
        """Return the headers of what was put aside."""
        return [dict(one.headers) for one in self.app.published[TOPICS.dead_letter]]

    def has_handled_everything(self) -> bool:
        """Whether every message of the agents' topics is acknowledged."""
        return all(len(self.app.acknowledged[name]) == len(self.app.published[name]) for name in TOPICS.inputs)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(error_policy, "LONGEST_PAUSE_S", 0.01)


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[Worker]:
    worker = Worker(tmp_path)
    yield worker
    worker.model.close()


def request(job_id: str, *, lane: Lane = Lane.LIVE) -> JobRequest:
    return JobRequest(job_id=job_id, media_id=f"of-{job_id}", file_url="http://vod/a.mp4", lane=lane)


async def test_every_input_has_one_agent_and_no_other_topic_has_any(worker: Worker) -> None:
    assert set(worker.app.agents_on(TOPICS.inputs).values()) == {1}
    assert {topic for agent in worker.app.agents.values() for topic in agent.topics} == set(TOPICS.inputs)


async def test_what_others_write_is_read(worker: Worker) -> None:
    written = {TOPICS.of_channel(channel.name) for channel in CHANNELS if channel.use is Use.INPUT}
    assert written <= set(TOPICS.inputs)
    assert set(worker.app.agents_on(written).values()) == {1}


async def test_requests_and_results_have_one_agent_since_a_table_has_one_writer(worker: Worker) -> None:
    assert {agent.topics for agent in worker.app.agents.values()} == {
        (TOPICS.transcode_complete,),
        (TOPICS.job_requests, TOPICS.chunk_results),
        (TOPICS.chunks,),
        (TOPICS.import_chunks,),
    }
    assert list(worker.app.tables) == ["media"]


async def test_an_event_that_comes_in_goes_out_as_one_complete_event(worker: Worker) -> None:
    async with worker.app.running():
        await worker.app.publish(TOPICS.transcode_complete, b"video", EVENT, [])
        await worker.app.until(lambda: bool(worker.completed()) and worker.has_handled_everything())
    (event,) = worker.completed()
    assert (event.media_id, event.code) == ("video", ErrorCode.OK)
    kinds = [TaskKind.PLAN, TaskKind.FINGERPRINT, TaskKind.FINISH, TaskKind.CLEAN]
    assert [task.kind for task in worker.pool.ran] == kinds
    assert worker.import_pool.ran == []
    assert (worker.dead_letters(), worker.stopped) == ([], [])


async def test_what_a_job_is_comes_out_on_every_topic_that_tells_of_it(worker: Worker) -> None:
    async with worker.app.running():
        await worker.app.publish(TOPICS.transcode_complete, b"video", EVENT, [])
        await worker.app.until(lambda: bool(worker.completed()) and worker.has_handled_everything())
    told = {topic for topic, messages in worker.app.published.items() if messages}
    tells = {TOPICS.job_complete, TOPICS.jobs, TOPICS.items, TOPICS.outcomes}
    assert told == {*TOPICS.inputs, *tells} - {TOPICS.import_chunks}
    assert {one.key for one in worker.app.published[TOPICS.chunk_results]} == {b"video"}  # where the job's record is


@pytest.mark.parametrize("lane", list(Lane))
async def test_tasks_are_done_by_the_processes_of_their_lane_and_by_no_others(worker: Worker, lane: Lane) -> None:
    pools = {Lane.LIVE: worker.pool, Lane.IMPORT: worker.import_pool}
    async with worker.app.running():
        await worker.emitter.request(request("one", lane=lane))
        await worker.app.until(lambda: bool(worker.completed()) and worker.has_handled_everything())
    assert {name: len(pool.ran) > 0 for name, pool in pools.items()} == {one: one is lane for one in Lane}


@pytest.mark.parametrize(("lane", "slots"), [(Lane.LIVE, SLOTS), (Lane.IMPORT, IMPORT_SLOTS)])
async def test_as_many_tasks_run_side_by_side_as_the_lane_has_processes(worker: Worker, lane: Lane, slots: int) -> None:
    pool = worker.pool if lane is Lane.LIVE else worker.import_pool
    jobs = [f"job-{number}" for number in range(slots + 2)]
    pool.held_back = set(jobs)
    async with worker.app.running():
        for job in jobs:
            await worker.emitter.request(request(job, lane=lane))
        await worker.app.until(lambda: len(worker.app.published[TOPICS.lane(lane)]) == len(jobs))
        await worker.app.until(lambda: len(pool.running) == slots)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(pool.running) == slots
        pool.let.set()
        await worker.app.until(lambda: len(worker.completed()) == len(jobs) and worker.has_handled_everything())


async def test_a_task_is_acknowledged_after_all_before_it_however_soon_it_is_done(worker: Worker) -> None:
    worker.pool.held_back = {"slow"}
    async with worker.app.running():
        await worker.emitter.request(request("slow"))
        await worker.app.until(lambda: len(worker.pool.running) == 1)
        await worker.emitter.request(request("quick"))
        await worker.app.until(lambda: len(worker.completed()) == 1)
        assert worker.completed()[0].job_id == "quick"
        assert worker.app.acknowledged[TOPICS.chunks] == []
        worker.pool.let.set()
        await worker.app.until(lambda: len(worker.completed()) == 2 and worker.has_handled_everything())
    count = len(worker.app.published[TOPICS.chunks])
    assert worker.app.acknowledged[TOPICS.chunks] == list(range(count))


async def test_each_message_is_acknowledged_once_what_follows_from_it_is_sent(worker: Worker) -> None:
    async with worker.app.running():
        await worker.app.publish(TOPICS.transcode_complete, b"video", EVENT, [])
        await worker.app.until(lambda: bool(worker.completed()) and worker.has_handled_everything())
    when = {step: number for number, step in reversed(list(enumerate(worker.app.order)))}
    for message, follows in (
        (TOPICS.transcode_complete, TOPICS.job_requests),
        (TOPICS.job_requests, TOPICS.jobs),
        (TOPICS.job_requests, TOPICS.chunks),
        (TOPICS.chunks, TOPICS.chunk_results),
    ):
        assert when["published", follows] < when["acknowledged", message]


@pytest.mark.parametrize("topic", TOPICS.inputs)
async def test_what_cannot_be_read_is_put_aside_and_acknowledged_and_the_next_one_is_handled(
    worker: Worker, topic: str
) -> None:
    async with worker.app.running():
        await worker.app.publish(topic, b"video", b"{", [("traceparent", b"trace")])
        await worker.app.publish(topic, b"video", b"[]", [])
        await worker.app.until(worker.has_handled_everything)
    letters = worker.dead_letters()
    assert [(one["x-original-topic"], one["x-original-offset"]) for one in letters] == [
        (topic.encode(), b"0"),
        (topic.encode(), b"1"),
    ]
    assert {one["x-error-code"] for one in letters} == {b"InvalidEvent"}
    assert letters[0]["traceparent"] == b"trace"
    assert worker.stopped == []


async def test_while_a_neighbour_is_away_a_task_waits_unacknowledged_and_goes_on_by_itself(worker: Worker) -> None:
    worker.pool.error = NeighbourAwayError(Neighbour.MILVUS, "it does not answer")
    async with worker.app.running():
        await worker.emitter.request(request("one"))
        await worker.app.until(lambda: bool(worker.app.published[TOPICS.chunks]))
        while not worker.neighbours.away():
            await asyncio.sleep(0.001)
        assert worker.app.acknowledged[TOPICS.chunks] == []
        worker.pool.error = None
        await worker.app.until(lambda: bool(worker.completed()) and worker.has_handled_everything())
    assert (worker.neighbours.away(), worker.dead_letters(), worker.stopped) == ([], [], [])


async def test_a_fault_of_ours_that_does_not_go_away_ends_the_worker_with_the_task_unacknowledged(
    worker: Worker,
) -> None:
    worker.pool.error = ValueError("a mistake")
    async with worker.app.running():
        await worker.emitter.request(request("one"))
        await worker.app.until(lambda: bool(worker.stopped))
        assert worker.app.acknowledged[TOPICS.chunks] == []
    assert worker.stopped == [worker.pool.error]
    assert worker.dead_letters() == []


async def test_a_task_of_a_library_that_is_not_there_fails_its_job_and_runs_nowhere(worker: Worker) -> None:
    async with worker.app.running():
        await worker.emitter.request(msgspec.structs.replace(request("one"), library="gone"))
        await worker.app.until(lambda: bool(worker.completed()))
    (event,) = worker.completed()
    assert event.code == ErrorCode.INVALID_PARAMETER
    assert "gone" in event.message
    assert not [task for task in worker.pool.ran if task.kind is TaskKind.PLAN]


async def test_each_result_names_the_worker_that_has_done_its_task(worker: Worker) -> None:
    async with worker.app.running():
        await worker.emitter.request(request("one"))
        await worker.app.until(lambda: bool(worker.completed()) and worker.has_handled_everything())
    results = [decode_result(one.value) for one in worker.app.published[TOPICS.chunk_results]]
    assert {result.worker for result in results} == {f"{socket.gethostname()}:{os.getpid()}"}
