"""The job agent and its outbox: where jobs and tasks go."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec
import pytest
from support.examples import MATCH, TIME, cancel, job, request, submit

from schemas.boilerplate import BoilerplateRuling
from schemas.cases import Decision
from schemas.commands import DeleteMedia, SubmitJob
from schemas.earlier import decode_task
from schemas.errors import ErrorCode, TooLargeError
from schemas.events import AIMediaDNAComplete, Rendition
from schemas.jobs import Job, JobRequest, JobSource, JobStatus, LiveMatch, Metrics
from schemas.libraries import Library, LibraryItem, LibraryStatus
from schemas.limits import LARGEST_INPUT, LARGEST_VALUE, LONGEST_EXTEND, MOST_CHUNKS, MOST_RENDITIONS
from schemas.policies import Outcome
from schemas.result import complete_event
from schemas.tasks import ChunkResult, EmptyLibrary, Task, TaskKind, TaskOutcome
from streams.adapters.kafka.topics import Topics
from streams.domain.policies import Rules
from streams.domain.precedence import Ages
from streams.pipeline.agents.jobs import JobAgent
from streams.pipeline.events import EventEmitter
from streams.pipeline.freshness import Freshness, StoodStillError
from streams.ports.events import Headers

TOPICS = Topics.of("mediadna")


@dataclass
class Broker:
    """Keeps what is published; what was there before is told to it."""

    sent: list[tuple[str, bytes | None]] = field(default_factory=list)
    complete: dict[str, str] = field(default_factory=dict)
    jobs: list[Job] = field(default_factory=list)
    items: list[LibraryItem] = field(default_factory=list)
    completion: AIMediaDNAComplete | None = None
    libraries: dict[str, Library] = field(default_factory=dict)
    outcome: Outcome | None = None
    live: list[LiveMatch] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    rules: Rules = field(default_factory=Rules)

    async def brought_up(self) -> None: ...

    async def rules_for(self, _: str, __: object) -> Rules:
        return self.rules

    async def said_of_boilerplate(self, _: object) -> list[BoilerplateRuling]:
        return []

    async def ages_of(self, _: object) -> dict[str, Ages]:
        return {}

    async def outcome_of(self, _: str) -> Outcome | None:
        return self.outcome

    async def live_matches_of(self, _: str) -> Sequence[LiveMatch]:
        return self.live

    async def decisions_on(self, _: str) -> Sequence[Decision]:
        return self.decisions

    async def result_of(self, _: str) -> Job | None:
        return next((job for job in self.jobs if job.status is JobStatus.SUCCESS), None)

    async def publish(self, topic: str, _: bytes | None, value: bytes | None, __: Headers) -> None:
        self.sent.append((topic, value))

    async def completed_as(self, job_id: str) -> str | None:
        return self.complete.get(job_id)

    async def jobs_of(self, _: str) -> Sequence[Job]:
        return self.jobs

    async def items_of(self, _: str) -> Sequence[LibraryItem]:
        return self.items

    async def library_named(self, name: str) -> Library | None:
        return self.libraries.get(name)

    async def completion_of(self, job_id: str) -> AIMediaDNAComplete | None:
        return self.completion if job_id in self.complete else None

    def of(self, topic: str) -> list[bytes]:
        return [value for name, value in self.sent if name == topic and value is not None]


async def handled(asked: JobRequest, callback_url: str = "") -> Broker:
    broker = Broker()
    agent = JobAgent({}, broker, EventEmitter(broker, TOPICS, broker), tries=3, callback_url=callback_url)
    await agent.on_request(SubmitJob.of(asked), now=TIME)
    return broker


async def test_what_would_end_a_job_otherwise_than_its_complete_event_tells_comes_too_late() -> None:
    broker, table = Broker(), dict[bytes, bytes]()
    agent = JobAgent(table, broker, EventEmitter(broker, TOPICS, broker), tries=3)
    await agent.on_request(submit(), now=TIME)
    kept = dict(table)
    broker.complete, broker.sent = {"j1": ErrorCode.OK}, []  # it succeeded, and its worker died before it kept that
    await agent.on_request(cancel(), now=TIME)
    assert (broker.sent, table) == ([], kept)


async def test_a_worker_that_stood_still_neither_ends_a_job_nor_keeps_what_it_had_decided() -> None:
    now = 0.0
    broker, table = Broker(), dict[bytes, bytes]()
    agent = JobAgent(table, broker, EventEmitter(broker, TOPICS, broker), tries=3)
    await agent.on_request(submit(), now=TIME)
    kept, broker.sent = dict(table), []
    fresh = Freshness(lambda: now)
    now = 40.0
    with pytest.raises(StoodStillError):
        await agent.on_request(cancel(), now=TIME, fresh=fresh.check)
    assert (broker.of(TOPICS.job_complete), table) == ([], kept)
    await agent.on_request(cancel(), now=TIME, fresh=Freshness(lambda: now).check)
    assert len(broker.of(TOPICS.job_complete)) == 1


@pytest.mark.parametrize(
    ("own", "configured", "expected"),
    [
        (None, "", None),
        (None, "https://all.example", "https://all.example"),
        ("https://own.example", "https://all.example", "https://own.example"),
    ],
)
async def test_a_job_is_called_back_at_its_own_place_or_else_at_the_configured_one(
    own: str | None, configured: str, expected: str | None
) -> None:
    broker = await handled(request(callback_url=own), configured)
    (job,) = [msgspec.json.decode(value, type=Job) for value in broker.of(TOPICS.jobs)]
    assert job.request.callback_url == expected


@pytest.mark.parametrize(
    ("source", "lane", "other"),
    [(JobSource.API, TOPICS.chunks, TOPICS.import_chunks), (JobSource.IMPORT, TOPICS.import_chunks, TOPICS.chunks)],
)
async def test_tasks_of_imports_have_a_lane_of_their_own(source: JobSource, lane: str, other: str) -> None:
    broker = await handled(request(source=source))
    assert [msgspec.json.decode(value, type=Task).kind for value in broker.of(lane)] == ["plan"]
    assert broker.of(other) == []


def agent_over(broker: Broker, table: dict[bytes, bytes] | None = None) -> JobAgent:
    return JobAgent({} if table is None else table, broker, EventEmitter(broker, TOPICS, broker), tries=3)


def jobs(broker: Broker) -> dict[str, Job]:
    """The newest state of each job."""
    return {job.job_id: job for job in (msgspec.json.decode(value, type=Job) for value in broker.of(TOPICS.jobs))}


def completed(broker: Broker) -> list[AIMediaDNAComplete]:
    return [msgspec.json.decode(value, type=AIMediaDNAComplete) for value in broker.of(TOPICS.job_complete)]


def all_writable(broker: Broker, table: dict[bytes, bytes]) -> bool:
    return all(len(value or b"") <= LARGEST_VALUE for value in (*table.values(), *(value for _, value in broker.sent)))


def large(job_id: str, **fields: object) -> SubmitJob:
    return submit(job_id, extend="\x01" * LONGEST_EXTEND, user_data="u" * 500_000, **fields)


async def test_a_job_for_which_there_is_no_room_ends_at_once_and_says_so() -> None:
    broker, table = Broker(), {}
    agent = agent_over(broker, table)
    for number in range(30):
        await agent.on_request(large(f"j{number}"), now=TIME)
    assert all_writable(broker, table)
    found = jobs(broker)
    refused = [job for job in found.values() if job.status is JobStatus.FAIL]
    assert len(found) == 30
    assert 10 < len(refused) < 25
    assert {event.code for event in completed(broker)} == {ErrorCode.RESOURCE_TOO_LARGE}
    assert sorted(event.job_id for event in completed(broker)) == sorted(job.job_id for job in refused)
    assert "ask again when some of them have ended" in refused[0].message


async def test_when_a_job_has_ended_there_is_room_for_another() -> None:
    broker = Broker()
    agent = agent_over(broker)
    for number in range(30):
        await agent.on_request(large(f"j{number}"), now=TIME)
    await agent.on_request(cancel("j0"), now=TIME)
    await agent.on_request(large("one more"), now=TIME)
    assert jobs(broker)["j0"].status is JobStatus.CANCELLED
    assert jobs(broker)["one more"].status is JobStatus.INIT


async def test_a_job_that_was_refused_is_not_made_when_its_request_comes_again() -> None:
    broker = Broker()
    agent = agent_over(broker)
    for number in range(30):
        await agent.on_request(large(f"j{number}"), now=TIME)
    before = len(broker.sent)
    await agent.on_request(large("j29"), now=TIME)
    assert len(broker.sent) == before


async def test_what_is_removed_is_removed_also_where_there_is_no_room() -> None:
    broker, table = Broker(), {}
    agent = agent_over(broker, table)
    for number in range(30):
        await agent.on_request(large(f"j{number}"), now=TIME)
    await agent.on_request(DeleteMedia(job_id="all", media_id="video"), now=TIME)
    assert {job.status for job in jobs(broker).values()} == {JobStatus.CANCELLED, JobStatus.FAIL}
    tasks = [msgspec.json.decode(value, type=Task) for value in broker.of(TOPICS.chunks)]
    assert tasks[-1].kind is TaskKind.REMOVE


async def test_a_request_that_nobody_let_in_is_put_aside() -> None:
    with pytest.raises(TooLargeError, match=str(LARGEST_INPUT)):
        await handled(request(extend="e" * 9_000_000))


async def test_of_a_request_with_thousands_of_renditions_the_first_are_noted() -> None:
    renditions = tuple(Rendition(status="success", file_url=f"http://vod/{number}.mp4") for number in range(9_000))
    broker, table = Broker(), {}
    agent = agent_over(broker, table)
    for _ in range(2):
        await agent.on_request(submit(source=JobSource.EVENT, renditions=renditions), now=TIME)
    (job,) = jobs(broker).values()
    assert job.renditions == job.request.renditions == renditions[:MOST_RENDITIONS]
    assert len(broker.of(TOPICS.chunks)) == 1
    assert all_writable(broker, table)


async def test_a_plan_for_which_there_is_no_room_ends_its_job() -> None:
    broker, table = Broker(), {}
    agent = agent_over(broker, table)
    spans = tuple((30.123456789012 * n, 30.123456789012 * (n + 1)) for n in range(MOST_CHUNKS // 2))
    names = [f"j{number}" for number in range(8)]
    for name in names:
        await agent.on_request(submit(name), now=TIME)
    plans = [msgspec.json.decode(value, type=Task) for value in broker.of(TOPICS.chunks)]
    for plan in plans:
        await agent.on_result(ChunkResult(task=plan, outcome=TaskOutcome.DONE, spans=spans), now=TIME)
    assert all_writable(broker, table)
    found = jobs(broker)
    ended = [name for name in names if found[name].status is JobStatus.FAIL]
    assert 0 < len(ended) < 8
    assert {found[name].status for name in names if name not in ended} == {JobStatus.PROCESSING}
    assert [event.job_id for event in completed(broker)] == ended
    assert {event.code for event in completed(broker)} == {ErrorCode.RESOURCE_TOO_LARGE}


def again(one: Job) -> SubmitJob:
    return SubmitJob.of(msgspec.structs.replace(one.request, source=JobSource.RECOVERY))


async def worked_off(agent: JobAgent, broker: Broker) -> None:
    """Do all tasks that were handed out, over media of one chunk, and clean up."""
    handled = 0
    while handled < len(tasks := broker.of(TOPICS.chunks)):
        task = msgspec.json.decode(tasks[handled], type=Task)
        handled += 1
        spans = ((0.0, 10.0),) if task.kind is TaskKind.PLAN else ()
        await agent.on_result(ChunkResult(task=task, outcome=TaskOutcome.DONE, spans=spans), now=TIME)


def states(broker: Broker) -> list[Job]:
    return [msgspec.json.decode(value, type=Job) for value in broker.of(TOPICS.jobs)]


@pytest.mark.parametrize("others", [(), ("j0",)], ids=["nothing", "another job"])
async def test_a_job_that_the_table_has_lost_is_taken_up_as_the_job_that_it_was(others: tuple[str, ...]) -> None:
    """Made anew it would get another version, and what it had stored would stay for good."""
    lost = job(status=JobStatus.PROCESSING, version=7, source=JobSource.EVENT, chunks_done=1, chunks_total=2)
    table: dict[bytes, bytes] = {}
    broker = Broker()
    agent = agent_over(broker, table)
    for job_id in others:
        await agent.on_request(submit(job_id, requested_time="1970-01-01T00:00:00.009Z"), now=TIME)
    broker.sent.clear()
    broker.jobs = [lost]
    await agent.on_request(again(lost), now=TIME)
    await worked_off(agent, broker)
    seen = states(broker)
    assert {(one.job_id, one.version, one.request.source) for one in seen} == {("j1", 7, "event")}
    assert [one.status.ended for one in seen] == [False] * 3 + [True]
    assert len(broker.of(TOPICS.job_complete)) == 1


async def test_a_job_whose_tasks_were_lost_ends_with_one_complete_event() -> None:
    broker, table = Broker(), dict[bytes, bytes]()
    agent = agent_over(broker, table)
    await agent.on_request(submit(), now=TIME)
    broker.jobs = states(broker)
    broker.sent.clear()
    await agent.on_request(again(broker.jobs[0]), now=TIME)
    await worked_off(agent, broker)
    await agent.on_request(again(broker.jobs[0]), now=TIME)  # asked again too often
    broker.jobs = states(broker)[-1:]
    await agent.on_request(again(broker.jobs[0]), now=TIME)
    assert len(broker.of(TOPICS.job_complete)) == 1


async def test_a_job_that_has_ended_as_the_topics_tell_is_not_taken_up_again() -> None:
    ended = job(status=JobStatus.SUCCESS)
    broker = Broker(jobs=[ended])
    await agent_over(broker).on_request(again(ended), now=TIME)
    assert broker.sent == []


async def test_a_job_that_was_deleted_meanwhile_is_not_brought_back() -> None:
    broker = Broker()
    await agent_over(broker).on_request(again(job(status=JobStatus.PROCESSING)), now=TIME)
    assert broker.sent == []


@pytest.mark.parametrize(
    "end",
    [
        job(
            matches=(MATCH,),
            digest="d1",
            algorithm="a1",
            version=7,
            metrics=Metrics(duration=12.5),
            stored=True,
            message="OK",
        ),
        job(status=JobStatus.FAIL, code=ErrorCode.TIMEOUT, message="too long", version=7),
        job(status=JobStatus.CANCELLED, code=ErrorCode.CANCELLED, message="cancelled by request", version=7),
    ],
    ids=["success", "fail", "cancelled"],
)
async def test_a_job_whose_complete_event_is_out_ends_as_that_says_and_is_not_done_again(end: Job) -> None:
    item = LibraryItem(
        library="default", media_id="video", version=7, job_id="j1", creation_time=TIME, update_time=TIME
    )
    under_way = job(status=JobStatus.PROCESSING, version=7)
    items = [item] if end.stored else []
    broker = Broker(jobs=[under_way], items=items, complete={"j1": end.code}, completion=complete_event(end))
    await agent_over(broker).on_request(again(under_way), now=TIME)
    assert states(broker) == [end]
    assert broker.of(TOPICS.job_complete) == []
    assert [msgspec.json.decode(value, type=Task).kind for value in broker.of(TOPICS.chunks)] == ["clean"]


EMPTY = EmptyLibrary(job_id="e", library="films", version=7)


async def emptied(known: Library | None, result: ChunkResult) -> tuple[list[Library], list[Task]]:
    """Return what is said of libraries, and handed out, when this comes of emptying one."""
    broker, table = Broker(libraries={known.name: known} if known else {}), dict[bytes, bytes]()
    await agent_over(broker, table).on_result(result, now=TIME)
    assert table == {}  # it is about no media item, whatever the library is called
    tasks = [decode_task(value) for value in broker.of(TOPICS.chunks)]
    return [msgspec.json.decode(value, type=Library) for value in broker.of(TOPICS.libraries)], tasks


async def test_that_a_library_is_empty_is_told_with_all_else_that_is_known_of_it() -> None:
    known = Library(name="films", description="ours", status=LibraryStatus.DELETING)
    done = ChunkResult(task=EMPTY, outcome=TaskOutcome.DONE)
    assert await emptied(known, done) == ([msgspec.structs.replace(known, emptied_version=7)], [])


@pytest.mark.parametrize("known", [None, Library(name="films", emptied_version=7)])
async def test_that_a_library_is_empty_is_told_once_and_of_none_that_is_gone(known: Library | None) -> None:
    assert await emptied(known, ChunkResult(task=EMPTY, outcome=TaskOutcome.DONE)) == ([], [])


async def test_a_library_that_could_not_be_emptied_is_tried_again_and_not_told_to_be_empty() -> None:
    failed = ChunkResult(task=EMPTY, outcome=TaskOutcome.RETRY)
    again = msgspec.structs.replace(EMPTY, attempt=1)
    assert await emptied(Library(name="films"), failed) == ([], [again])
