"""The service without a broker: what is sent takes effect at once, and tasks are done by whom a test says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from schemas.clock import utc_now
from schemas.deadletter import DeadLetterReplay
from schemas.jobs import ChunkResult, ChunkTask, Job, JobRequest, TaskKind, TaskOutcome
from schemas.libraries import Library, LibraryItem
from streams.agents.jobs import JobAgent
from streams.broker.topics import Topics
from streams.libraries.registry import Libraries
from streams.readmodel.libraries import GoneItem, GoneLibrary
from streams.readmodel.model import GoneJob, ReadModel
from streams.service.letters import Letters
from streams.tasks.report import TaskReport
from streams.tasks.scope import Scope

TOPICS = Topics.of("mediadna")
#: Tasks that are done at once; those that need media wait for the test.
REMOVING = {TaskKind.CLEAN, TaskKind.REMOVE, TaskKind.EMPTY, TaskKind.DROP}


def done(task: ChunkTask, **fields: object) -> ChunkResult:
    return ChunkResult(task=task, outcome=TaskOutcome.DONE, **fields)


@dataclass
class InlineService:
    """An outbox whose events take effect at once, a feed that is always caught up, and a runner of tasks."""

    model: ReadModel
    run_task: Callable[[ChunkTask], ChunkResult] = done
    table: dict[bytes, bytes] = field(default_factory=dict)
    waiting: list[ChunkTask] = field(default_factory=list)
    ended: list[ChunkResult] = field(default_factory=list)
    removals: list[ChunkTask] = field(default_factory=list)
    replays: list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.agent = JobAgent(self.table, self, self, tries=3)
        self.libraries = Libraries(self, self.model, self, TOPICS, self)
        self.letters = Letters(self, self.model, self, TOPICS)

    async def store(self, media_id: str, library: str = "default", **fields: object) -> Job:
        """Have a job store a media item; return the job as it ended."""
        request = JobRequest(
            job_id=f"{media_id}-{library}-{len(self.table)}-{len(self.model.jobs().jobs)}",
            media_id=media_id,
            file_url="file:///a.mp4",
            library=library,
            requested_time=utc_now(),
            **fields,
        )
        await self.request(request)
        while self.waiting:
            task = self.waiting.pop(0)
            spans = ((0.0, 10.0),) if task.kind is TaskKind.PLAN else ()
            result = done(task, spans=spans, stored=task.kind is TaskKind.FINISH)
            await self.agent.on_result(result, now=utc_now())
        self.ended.clear()
        job = self.model.job(request.job_id)
        assert job is not None
        return job

    async def caught_up(self, topic: str) -> None: ...

    async def jobs_of(self, media_id: str) -> Sequence[Job]:
        return self.model.jobs_of(media_id)

    async def items_of(self, media_id: str) -> Sequence[LibraryItem]:
        return self.model.libraries.items_of(media_id)

    async def run(self, task: ChunkTask, scope: Scope) -> TaskReport:
        assert isinstance(scope, Scope)
        task = msgspec.json.decode(msgspec.json.encode(task), type=ChunkTask)  # as on its way to a worker process
        self.removals.append(task)
        return TaskReport(result=self.run_task(task))

    async def request(self, request: JobRequest) -> None:
        await self.agent.on_request(request, now=utc_now())
        while self.ended:
            await self.agent.on_result(self.ended.pop(0), now=utc_now())

    async def task(self, task: ChunkTask) -> None:
        if task.kind in REMOVING:
            self.removals.append(task)
            self.ended.append(self.run_task(task))
        else:
            self.waiting.append(task)

    async def job(self, job: Job) -> None:
        self.model.apply(jobs=[job])

    async def job_gone(self, job_id: str) -> None:
        self.model.apply(jobs=[GoneJob(job_id)])

    async def library(self, library: Library) -> None:
        self.model.apply(libraries=[library])

    async def library_gone(self, name: str) -> None:
        self.model.apply(libraries=[GoneLibrary(name)])

    async def item(self, item: LibraryItem) -> None:
        self.model.apply(items=[item])

    async def item_gone(self, library: str, media_id: str) -> None:
        self.model.apply(items=[GoneItem(library, media_id)])

    async def replay(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        self.replays.append((topic, key, value, headers))

    async def replayed(self, replay: DeadLetterReplay) -> None:
        self.model.apply(replays=[replay])
