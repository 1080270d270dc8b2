"""The job agent: keeps what is remembered of each MediaId, and does what the state machine says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec
import structlog

from schemas.commands import (
    AddMatch,
    CancelBackwardSearch,
    DecideCase,
    ReviseOutcome,
    StartBackwardSearch,
    SubmitJob,
)
from schemas.jobs import JobSource
from schemas.tasks import LibraryTask, SearchBackwards
from streams.domain.boilerplate import DEFAULT_REFERENCES
from streams.domain.jobs.record import MediaRecord, adopt, rebuild
from streams.domain.jobs.renditions import noted
from streams.domain.jobs.seen import seen_by
from streams.domain.jobs.size import check_command, fits, has_room, without_room
from streams.domain.jobs.state_machine import on_complete_event, on_request, on_result, refuse
from streams.domain.jobs.step import Step
from streams.pipeline.agents.backward import BackwardSearches, SearchHistory
from streams.pipeline.agents.flood import FloodGuard, MatchHistory
from streams.pipeline.freshness import always
from streams.pipeline.rulings import RuleBook, Rulings

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping, Sequence

    from schemas.commands import Command
    from schemas.events import AIMediaDNAComplete
    from schemas.jobs import Job
    from schemas.libraries import Library, LibraryItem
    from schemas.tasks import ChunkResult
    from streams.domain.jobs.step import Emptied
    from streams.pipeline.events import EventEmitter

__all__ = ["JobAgent", "JobHistory"]

log = structlog.get_logger(__name__)


class JobHistory(RuleBook, SearchHistory, MatchHistory, Protocol):
    """Knows what became of a MediaId before the table was made, and what its matches are held against."""

    async def jobs_of(self, media_id: str) -> Sequence[Job]:
        """Return its jobs, in any order."""
        ...

    async def items_of(self, media_id: str) -> Sequence[LibraryItem]:
        """Return what libraries hold of it."""
        ...

    async def library_named(self, name: str) -> Library | None:
        """Return a library as it stands now."""
        ...

    async def completion_of(self, job_id: str) -> AIMediaDNAComplete | None:
        """Return a job's complete event, if it is on its topic."""
        ...


class JobAgent:
    """Decides on requests and on results of tasks.

    What follows from a message is sent *before* the record is kept: after a crash in between the message comes again,
    leads to the same step, and everything that is sent twice carries the same ids.

    Args:
        table: What is remembered of each MediaId.
        history: Knows what the table does not.
        emitter: Sends what follows.
        tries: How often a task is tried before its job fails.
        callback_url: Where complete events of jobs go that name no place of their own. It becomes part of the job: a
            later change of the setting calls nobody back about old jobs.
        flood_limit: Media items that a reference may match within an hour, however unusual that is; 0: any number.
        shared_by: How many references of a library make a span that all of them hold boilerplate.
    """

    def __init__(
        self,
        table: MutableMapping[bytes, bytes],
        history: JobHistory,
        emitter: EventEmitter,
        *,
        tries: int,
        callback_url: str = "",
        flood_limit: int = 0,
        shared_by: int = DEFAULT_REFERENCES,
    ) -> None:
        self._table = table
        self._history = history
        self._emitter = emitter
        self._rulings = Rulings(history, emitter, shared_by=shared_by)
        self._tries = tries
        self._callback_url = callback_url or None
        self._searches = BackwardSearches(history, emitter, tries=tries)
        self._flood = FloodGuard(history, emitter, limit=flood_limit)

    async def on_request(self, command: Command, *, now: str, fresh: Callable[[], None] = always) -> None:
        """Handle a command.

        Args:
            command: The command.
            now: The time.
            fresh: Raises when too much time has passed for the decision to be acted on.

        Raises:
            TooLargeError: The command is none that the doors let in: it belongs on the dead-letter topic.
            StoodStillError: The decision has to be made anew.
        """
        if isinstance(command, SubmitJob):
            command = msgspec.structs.replace(
                command, callback_url=command.callback_url or self._callback_url, renditions=noted(command.renditions)
            )
        check_command(command)
        match command:
            case DecideCase():
                return await self._rulings.on_decision(command, now=now)
            case AddMatch():
                return await self._rulings.on_found_later(command, now=now)
            case ReviseOutcome():
                return await self._rulings.revise(command.media_id, now=now)
            case StartBackwardSearch() | CancelBackwardSearch():
                items = (await self._load(command.media_id)).items
                return await self._searches.on_command(command, items, now=now, fresh=fresh)
            case _:
                return await self._on_command(command, now=now, fresh=fresh)

    async def _on_command(self, command: Command, *, now: str, fresh: Callable[[], None]) -> None:
        """Handle a command that changes what is remembered of its media item."""
        step = await self._requested(command, now=now)
        if not has_room(step):
            action = type(command).__name__
            log.warning("no_room", media_id=command.media_id, job_id=command.job_id, action=action)
            step = refuse(await self._load(command.media_id), step, command, now=now)
        await self._apply(command.media_id, step, now=now, fresh=fresh)

    async def on_result(self, result: ChunkResult, *, now: str, fresh: Callable[[], None] = always) -> None:
        """Handle the result of a task. Arguments and errors as for `on_request`."""
        media_id = result.task.subject
        record = await self._load(media_id)
        if isinstance(result.task, SearchBackwards):
            await self._searches.on_result(result, record.items, now=now, fresh=fresh)
            return
        step = on_result(record, result, now=now, tries=self._tries)
        if not fits(step):
            step = on_result(record, without_room(result), now=now, tries=self._tries)
        if (seen := seen_by(record, result)) is not None:
            await self._rulings.tell_live(seen, result.matches, now=now)
        if isinstance(result.task, LibraryTask) and step == Step(step.record):
            log.warning("library_not_emptied", library=media_id, code=result.code, reason=result.message)
        await self._apply(media_id, step, now=now, fresh=fresh)

    async def _load(self, media_id: str) -> MediaRecord:
        stored = self._table.get(media_id.encode())
        if stored is not None:
            return msgspec.json.decode(stored, type=MediaRecord)
        return rebuild(await self._history.jobs_of(media_id), await self._history.items_of(media_id))

    async def _requested(self, command: Command, *, now: str) -> Step:
        record = await self._load(command.media_id)
        if isinstance(command, SubmitJob) and command.source is JobSource.RECOVERY:
            return await self._recovered(record, command, now=now)
        return on_request(record, command, now=now)

    async def _recovered(self, record: MediaRecord, command: SubmitJob, *, now: str) -> Step:
        """Decide on a job that is asked for again: the topics say how far it has come, whatever the table has lost."""
        media_id = command.media_id
        event = await self._history.completion_of(command.job_id)
        jobs, items = await self._history.jobs_of(media_id), await self._history.items_of(media_id)
        record = adopt(record, command.job_id, jobs, items)
        if event is not None:
            return on_complete_event(record, event, now=now)
        return on_request(record, command, now=now)

    async def _apply(self, media_id: str, step: Step, *, now: str, fresh: Callable[[], None]) -> None:
        for job in step.jobs:
            if job.status.ended and await self._emitter.has_ended_otherwise(job):
                log.warning("job_has_ended_otherwise", job_id=job.job_id, media_id=media_id, code=job.code)
                return
        await self._tell_items(step, fresh)  # before their jobs: who sees that a job has ended finds what it stored
        for job in step.jobs:
            if job.status.ended:
                await self._end(job, now=now, fresh=fresh)
            else:
                await self._emitter.job(job, fresh=fresh)
        for task in step.tasks:
            await self._emitter.task(task)
        for library in step.gone:
            await self._emitter.item_gone(library, media_id)
        if step.forget_before:
            await self._forget_jobs(media_id, step.forget_before)
        if step.emptied is not None:
            await self._tell_emptied(step.emptied)
        fresh()
        self._keep(media_id, step.record)

    async def _tell_items(self, step: Step, fresh: Callable[[], None]) -> None:
        for item in step.items:
            await self._emitter.item(item)
        for quarantine in step.quarantines:
            await self._emitter.quarantine(quarantine)
        await self._searches.begin(step, fresh)

    async def _end(self, job: Job, *, now: str, fresh: Callable[[], None]) -> None:
        """Publish what a job that has ended found, with what that leads to."""
        job = await self._rulings.of_ended(job)
        await self._emitter.job(job, fresh=fresh)
        await self._rulings.tell_ended(job, now=now)
        _log_outcome(job)
        await self._flood.watch(job, now=now)

    async def _forget_jobs(self, media_id: str, version: int) -> None:
        for job in await self._history.jobs_of(media_id):
            if job.status.ended and job.version <= version:
                await self._emitter.job_gone(job.job_id)
        await self._rulings.forget(media_id)
        await self._searches.forget(media_id, version)
        log.info("media_deleted", media_id=media_id)

    async def _tell_emptied(self, emptied: Emptied) -> None:
        """Publish that a library is empty up to a version: who asked for that goes on from there."""
        library = await self._history.library_named(emptied.library)
        if library is not None and library.emptied_version < emptied.version:
            await self._emitter.library(msgspec.structs.replace(library, emptied_version=emptied.version))
            log.info("library_emptied", library=library.name, version=emptied.version)

    def _keep(self, media_id: str, record: MediaRecord) -> None:
        key = media_id.encode()
        if not record.empty:
            self._table[key] = msgspec.json.encode(record)
        elif key in self._table:
            del self._table[key]


def _log_outcome(job: Job) -> None:
    log.info(
        "job_ended",
        job_id=job.job_id,
        media_id=job.media_id,
        status=job.status,
        code=job.code,
        message=job.message,
        version=job.version,
        chunks=job.chunks_total,
        duration_s=job.metrics.duration,
        matches=len(job.matches),
        source=job.request.source,
    )
