"""The service without a broker: what is sent takes effect at once, and tasks are done by whom a test says."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from schemas.backward import BackwardSearch
from schemas.boilerplate import BoilerplateRuling
from schemas.cases import Decision
from schemas.clock import utc_now
from schemas.commands import Command, SubmitJob
from schemas.deadletter import DeadLetterReplay
from schemas.deliveries import Delivery
from schemas.jobs import Job, JobRequest, LiveMatch
from schemas.keys import KeyClaim
from schemas.libraries import Library, LibraryItem
from schemas.policies import Outcome
from schemas.quarantines import Quarantine
from schemas.tasks import ChunkResult, DropLibrary, EmptyLibrary, Task, TaskKind, TaskOutcome
from streams.adapters.kafka.topics import Topics
from streams.adapters.storage.fsspec_store import open_store
from streams.domain.search_scope import Assignment, Scope
from streams.pipeline.agents.jobs import JobAgent
from streams.pipeline.freshness import always
from streams.ports.task_report import TaskReport
from streams.readmodel.changes import Change
from streams.readmodel.current import CurrentState
from streams.readmodel.projection import Record
from streams.services.backward import Searches
from streams.services.boilerplate import Boilerplate
from streams.services.cases import Cases
from streams.services.dead_letters import DeadLetters
from streams.services.evidence.explanations import Carrier, Explanations
from streams.services.idempotency_keys import RequestKeys
from streams.services.jobs import Commands
from streams.services.libraries import Libraries
from streams.services.policies import Policies
from streams.services.previews import Previews
from streams.services.reconciliation.doctor import Doctor
from streams.services.reconciliation.inspector import Means
from streams.services.recurring import RecurringContent
from streams.services.results import Results
from streams.services.traces import Traces
from streams.settings import Settings
from streams.telemetry.neighbours import Neighbours
from streams.web.auth.authenticator import Authenticator
from streams.web.live import LiveChanges
from streams.web.services import JobCommands, Services
from streams.worker.previewing import make_previews
from support.feed import LookingFeed
from support.read_model import GoneItem, GoneLibrary, GoneOutcome, GoneSearch, JobTombstone, ReadModel

TOPICS = Topics.of("mediadna")
#: Tasks that are done at once; those that need media wait for the test.
REMOVING = {TaskKind.CLEAN, TaskKind.REMOVE, TaskKind.EMPTY, TaskKind.DROP}
#: Tasks that look at what is stored, where a test has given something to look at.
COMPARING = {TaskKind.SURVEY, TaskKind.INVENTORY, TaskKind.REPAIR}


def done(task: Task) -> ChunkResult:
    """Do a task: media is one chunk of ten seconds, and what is finished is stored."""
    spans = ((0.0, 10.0),) if task.kind is TaskKind.PLAN else ()
    return ChunkResult(task=task, outcome=TaskOutcome.DONE, spans=spans, stored=task.kind is TaskKind.FINISH)


class InThread:
    """Works out evidence in this process."""

    async def run(self, order: bytes) -> bytes:
        from streams.services.evidence.work import carry_out  # noqa: PLC0415 (loads the engine, which few tests need)

        return await asyncio.to_thread(carry_out, order)


@dataclass
class InlineService(LookingFeed):
    """An outbox whose events take effect at once, a feed that is always caught up, and a runner of tasks."""

    model: ReadModel
    run_task: Callable[[Task], ChunkResult] = done
    table: dict[bytes, bytes] = field(default_factory=dict)
    waiting: list[Task] = field(default_factory=list)
    ended: list[ChunkResult] = field(default_factory=list)
    removals: list[Task] = field(default_factory=list)
    quarantines: list[Quarantine] = field(default_factory=list)
    replays: list[tuple[str, bytes | None, bytes | None, list[tuple[str, bytes]]]] = field(default_factory=list)
    listeners: list[Callable[[list[Change]], None]] = field(default_factory=list)
    do: Callable[[Assignment], TaskReport] | None = None
    carrier: Carrier = field(default_factory=InThread)

    def __post_init__(self) -> None:
        events: Any = self  # has of an outbox what is asked of it here
        self.agent = JobAgent(self.table, CurrentState(self.model, self, TOPICS), events, tries=3)
        self.libraries = Libraries(events, self.model, self, TOPICS)
        self.policies = Policies(events, self.model, self, TOPICS)
        self.dead_letters = DeadLetters(events, self.model, self, TOPICS)
        self.cases = Cases(events, self.model, self, TOPICS)
        self.commands = Commands(events, self.model, self)
        self.doctor = Doctor(Means(self.model, self, TOPICS, self, self, pause_s=0.0))

    def services(self, settings: Settings, commands: JobCommands | None = None) -> Services:
        """Return what the web needs of this service."""
        events: Any = self
        return Services(
            settings=settings,
            model=self.model,
            commands=commands or self.commands,
            libraries=self.libraries,
            policies=self.policies,
            previews=self.previews(settings),
            dead_letters=self.dead_letters,
            cases=self.cases,
            boilerplate=Boilerplate(events, self.model, self, TOPICS),
            evidence=Explanations(self.model, open_store(settings.store_url), short=self.carrier, long=self.carrier),
            searches=Searches(events, self.model, self, TOPICS),
            keys=RequestKeys(events, self.model, self, TOPICS),
            results=Results(self.model),
            traces=Traces(self.model, Results(self.model), open_store(settings.store_url)),
            recurring=RecurringContent(
                events,
                self.model,
                self,
                TOPICS,
                commands=self.commands,
                libraries=self.libraries,
                store=open_store(settings.store_url),
            ),
            doctor=self.doctor,
            store=open_store(settings.store_url),
            live=LiveChanges(self.model),
            authenticator=Authenticator(settings),
            neighbours=Neighbours(),
            ready=lambda: True,
            held=list,
        )

    def previews(self, settings: Settings) -> Previews:
        """Return what makes previews of media below the state folder; its processes start when they are needed."""
        previews = make_previews(settings, self.model, open_store(settings.store_url), settings.state / "previews")
        self.subscribe(previews.follow)
        return previews

    def subscribe(self, listener: Callable[[list[Change]], None]) -> None:
        self.listeners.append(listener)

    def apply(self, **events: Any) -> None:
        """Apply events to the read model and tell who follows, as the projector does."""
        changes = self.model.apply(**events)
        for listener in self.listeners:
            listener(changes)

    async def state(self, topic: str, key: str, newest: msgspec.Struct | None) -> None:
        """Apply the newest state on a compacted topic, as the outbox publishes it."""
        channel = next(name for name in self.model.channels if TOPICS.of_channel(name) == topic)
        value = None if newest is None else msgspec.json.encode(newest)
        changes = self.model.project([Record(channel, key=key.encode(), value=value)], {})
        for listener in self.listeners:
            listener(changes)

    async def store(self, media_id: str, library: str = "default", **fields: Any) -> Job:
        """Have a job store a media item; return the job as it ended."""
        request = JobRequest(
            job_id=f"{media_id}-{library}-{len(self.table)}-{len(self.model.jobs.page().jobs)}",
            media_id=media_id,
            file_url="file:///a.mp4",
            library=library,
            requested_time=utc_now(),
            **fields,
        )
        await self.request(request)
        await self.work()
        job = self.model.jobs.get(request.job_id)
        assert job is not None
        return job

    async def work(self) -> None:
        """Do all tasks that wait."""
        while self.waiting:
            await self.agent.on_result(self.run_task(self.waiting.pop(0)), now=utc_now())
        self.ended.clear()

    async def run(self, task: Task, scope: Scope) -> TaskReport:
        assert task.kind in COMPARING, "all other tasks go over the topics"
        if self.do is None:
            return TaskReport(result=self.run_task(task))
        data = msgspec.json.encode(Assignment(task=task, scope=scope))  # as on its way to a worker process
        return self.do(msgspec.json.decode(data, type=Assignment))

    async def request(self, request: JobRequest) -> None:
        await self.command(SubmitJob.of(request))

    async def command(self, command: Command) -> None:
        await self.agent.on_request(command, now=utc_now())
        await self._settle()

    async def _settle(self) -> None:
        while self.ended:
            await self.agent.on_result(self.ended.pop(0), now=utc_now())

    async def key_claim(self, claim: KeyClaim) -> None:
        self.apply(claims=[claim])

    async def task(self, task: Task) -> None:
        if task.kind in REMOVING:
            self.removals.append(task)
            self.ended.append(self.run_task(task))
            if isinstance(task, EmptyLibrary | DropLibrary):  # no request leads to it
                await self._settle()
        else:
            self.waiting.append(task)

    async def job(self, job: Job, *, fresh: Callable[[], None] = always) -> None:
        fresh()
        self.apply(jobs=[job])

    async def job_state(self, job: Job) -> None:
        self.apply(jobs=[job])

    async def live_match(self, live: LiveMatch, *, traceparent: str | None = None) -> None:  # noqa: ARG002 (told nobody)
        self.apply(live=[live])

    async def outcome(self, outcome: Outcome) -> None:
        self.apply(outcomes=[outcome])

    async def outcome_gone(self, media_id: str) -> None:
        self.apply(outcomes=[GoneOutcome(media_id)])

    async def decision(self, decision: Decision) -> None:
        self.apply(decisions=[decision])

    async def has_ended_otherwise(self, job: Job) -> bool:  # noqa: ARG002 (no worker dies here)
        return False

    async def job_gone(self, job_id: str) -> None:
        self.apply(jobs=[JobTombstone(job_id)])

    async def delivery(self, delivery: Delivery) -> None:
        self.apply(deliveries=[delivery])

    async def library(self, library: Library) -> None:
        self.apply(libraries=[library])

    async def library_gone(self, name: str) -> None:
        self.apply(libraries=[GoneLibrary(name)])

    async def item(self, item: LibraryItem) -> None:
        self.apply(items=[item])

    async def item_gone(self, library: str, media_id: str) -> None:
        self.apply(items=[GoneItem(library, media_id)])

    async def quarantine(self, quarantine: Quarantine) -> None:
        self.quarantines.append(quarantine)

    async def boilerplate_ruling(self, ruling: BoilerplateRuling) -> None:
        self.apply(boilerplate=[ruling])

    async def backward_search(self, search: BackwardSearch) -> None:
        self.apply(searches=[search])

    async def backward_search_gone(self, search_id: str) -> None:
        self.apply(searches=[GoneSearch(search_id)])

    async def replay(
        self, topic: str, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        self.replays.append((topic, key, value, headers))

    async def replayed(self, replay: DeadLetterReplay) -> None:
        self.apply(replays=[replay])
