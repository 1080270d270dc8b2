"""The state machine of jobs: from (what is remembered of a MediaId, a message) to (what to remember, what to send).

Every function here is pure, so that a message that Kafka delivers twice, or out of step with a crash, leads to the same
answer, and so that all of it can be tested without a broker.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from schemas.errors import ErrorCode
from schemas.jobs import (
    ChunkResult,
    ChunkTask,
    Job,
    JobRequest,
    JobStatus,
    Metrics,
    RequestAction,
    TaskKind,
    TaskOutcome,
)
from schemas.libraries import LibraryItem
from schemas.result import MediaDNAResult, coverage_of, matches_of, unsearched_of
from schemas.rights import Right
from streams.domain.jobs.record import ActiveJob, MediaRecord
from streams.domain.jobs.renditions import best_first, is_known, is_new_content, noted
from streams.domain.jobs.tasks import chunk_tasks, finish_task, task_of
from streams.domain.jobs.versions import next_version
from streams.domain.library_errors import HELD_ALREADY, not_replacer

if TYPE_CHECKING:
    from schemas.events import AIMediaDNAComplete

__all__ = ["RECOVERY", "Step", "on_complete_event", "on_request", "on_result", "refuse"]

#: The source of a request that asks again for a job that has not ended.
RECOVERY = "recovery"

#: Why a rendition may be given up for another one of the same video.
RENDITION_FAULTS = frozenset(
    {ErrorCode.RESOURCE_NOT_FOUND, ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.RESOURCE_NOT_SUPPORTED}
)
#: Tasks that take away what is not to be kept. No job waits for them, and what they leave would be matched for ever.
CLEANING = frozenset({TaskKind.CLEAN, TaskKind.REMOVE})
#: How often such a task is handed out at the most. It is repeated when a process was killed or hung, not while a
#: neighbour is away; beyond that, the comparison of stores and libraries finds what is left.
CLEANING_TRIES = 10


@dataclass(frozen=True, slots=True)
class Step:
    """What one message leads to.

    Attributes:
        record: What to remember of the MediaId from now on.
        jobs: New states of jobs, to be published. One that has ended also gets its complete event.
        tasks: Work to hand out.
        items: New states of what libraries hold.
        gone: Libraries that no longer hold the media item.
        forget_before: All ended jobs of the media item up to this version are to be forgotten; 0: none.
    """

    record: MediaRecord
    jobs: tuple[Job, ...] = ()
    tasks: tuple[ChunkTask, ...] = ()
    items: tuple[LibraryItem, ...] = ()
    gone: tuple[str, ...] = ()
    forget_before: int = 0


def on_request(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    """Decide on a request: about a job, or about what libraries hold of the media item."""
    match request.action:
        case RequestAction.SUBMIT:
            return _on_submit(record, request, now=now)
        case RequestAction.CANCEL:
            return _cancel(record, request.job_id, "cancelled by request", now=now)
        case RequestAction.MARK:
            return _on_mark(record, request, now=now)
        case RequestAction.REMOVE | RequestAction.DELETE:
            return _on_removal(record, request, now=now)
        case RequestAction.FORGET:
            return _removed(record, request, next_version(0, asked=request.requested_time, now=now))


def _on_submit(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    """Decide on a job that is asked for: a new one, one more rendition, one to take up again, or nothing at all."""
    if request.source == RECOVERY:
        return _resume(record, request.job_id, now=now)
    if record.knows(request.job_id):
        return Step(record)
    if request.source == "event":
        return _on_event(record, request, now=now)
    return _create(record, request, now=now)


def on_result(record: MediaRecord, result: ChunkResult, *, now: str, tries: int) -> Step:
    """Decide on the result of a task.

    Args:
        record: What is remembered of the MediaId.
        result: What became of the task.
        now: The time, for the job's update time.
        tries: How often a task is tried before its job fails.
    """
    task = result.task
    allowed = CLEANING_TRIES if task.kind in CLEANING else tries
    wanted = task.kind in CLEANING or task.job_id in record.active
    if wanted and result.outcome is TaskOutcome.RETRY and task.attempt + 1 < allowed:
        return _again(record, task, now=now)
    if task.kind is TaskKind.REMOVE:
        return _removed(record, task.request, task.version) if result.outcome is TaskOutcome.DONE else Step(record)
    active = record.active.get(task.job_id)
    if active is None:
        return _straggler(record, result)
    if result.outcome is not TaskOutcome.DONE:
        return _on_failure(record, active, result, now=now)
    match task.kind:
        case TaskKind.PLAN:
            return _on_planned(record, active, result, now=now)
        case TaskKind.FINGERPRINT:
            return _on_chunk(record, active, result, now=now)
        case TaskKind.FINISH:
            return _on_finished(record, active, result, now=now)
        case (
            TaskKind.CLEAN
            | TaskKind.REMOVE
            | TaskKind.EMPTY
            | TaskKind.DROP
            | TaskKind.SURVEY
            | TaskKind.INVENTORY
            | TaskKind.REPAIR
        ):
            return Step(record)


def refuse(record: MediaRecord, step: Step, request: JobRequest, *, now: str) -> Step:
    """Return what a request leads to for which there is no room beside what is remembered of its media item.

    A new job ends at once; a rendition is not noted, a mark is not made; what takes something away is done all the
    same.

    Args:
        record: What was remembered before.
        step: What the request would lead to.
        request: The request.
        now: The time.
    """
    if request.action not in {RequestAction.SUBMIT, RequestAction.MARK} or record.knows(request.job_id):
        return step
    active = step.record.active.get(request.job_id)
    if active is None:
        return step if step.record.knows(request.job_id) else Step(record)
    under_way = len(step.record.active) - 1
    refused = _fail(
        step.record,
        active,
        ErrorCode.RESOURCE_TOO_LARGE,
        f"there is no room for another job of this media item, of which {under_way} are under way: ask again when "
        "some of them have ended",
        now=now,
    )
    return Step(
        refused.record,
        (*(job for job in step.jobs if job.job_id != request.job_id), *refused.jobs),
        (*(task for task in step.tasks if task.job_id != request.job_id), *refused.tasks),
    )


def on_complete_event(record: MediaRecord, event: AIMediaDNAComplete, *, now: str) -> Step:
    """Bring a job that is thought to be under way to the end that its complete event has told of.

    Its worker died between the two, and the message that would have led there again is lost. Others have acted on the
    event: doing the work again could end otherwise.
    """
    active = record.active.get(event.job_id)
    if active is None:
        return Step(record)
    failed = JobStatus.CANCELLED if event.code == ErrorCode.CANCELLED else JobStatus.FAIL
    item = record.items.get(active.job.request.library)
    result = MediaDNAResult.from_json(event.data)
    job = msgspec.structs.replace(
        active.job,
        status=JobStatus.SUCCESS if event.status == "success" else failed,
        code=event.code,
        message=event.message,
        update_time=now,
        complete_time=event.complete_time,
        matches=matches_of(result),
        coverage=coverage_of(result),
        unsearched=unsearched_of(result),
        stored=item is not None and item.version == active.job.version,
    )
    if result.fingerprint is not None:
        job.digest, job.algorithm = result.fingerprint.digest, result.fingerprint.algorithm
        job.metrics = msgspec.structs.replace(job.metrics, duration=float(result.fingerprint.duration))
    record.end(job.job_id)
    if job.job_id == record.event_job:
        record.event_job_failed = job.status is JobStatus.FAIL
    return Step(record, (job,), (task_of(job, TaskKind.CLEAN),))


def _on_mark(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    """Set what a person says of a library's item."""
    item = record.items.get(request.library)
    if item is None:
        return Step(record)
    said = {"disabled": request.marks.disabled, "metadata": request.marks.metadata}
    changed = {name: value for name, value in said.items() if value is not None}
    item = msgspec.structs.replace(item, **changed, update_time=now)
    record.items[item.library] = item
    return Step(record, items=(item,))


def _on_removal(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    """End the jobs that would store what is to be removed, and hand the removal out."""
    everywhere = request.action is RequestAction.DELETE
    # A job that comes after the removal gets a version above it, so that its windows stay.
    record.version = next_version(record.version, asked=request.requested_time, now=now)
    jobs: list[Job] = []
    tasks: list[ChunkTask] = []
    for job_id, active in list(record.active.items()):
        if everywhere or active.job.request.library == request.library:
            step = _cancel(record, job_id, "its media item was removed from the library", now=now)
            jobs += step.jobs
            tasks += step.tasks
    removal = ChunkTask(
        job_id=request.job_id,
        media_id=request.media_id,
        kind=TaskKind.REMOVE,
        request=request,
        version=record.version,
        started=now,
    )
    return Step(record, tuple(jobs), (*tasks, removal))


def _removed(record: MediaRecord, request: JobRequest, version: int) -> Step:
    """Forget what has been removed; what came in after the removal was asked for stays."""
    everywhere = request.action is RequestAction.DELETE
    gone = tuple(
        library
        for library, item in record.items.items()
        if item.version <= version and (everywhere or library == request.library)
    )
    for library in gone:
        del record.items[library]
    if everywhere:
        record.forget(version)
    return Step(record, gone=gone, forget_before=version if everywhere else 0)


def _on_event(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    """Make one job for the first usable rendition of a content; note the others on it."""
    replaced = bool(record.renditions) and any(is_new_content(r, record.renditions) for r in request.renditions)
    if replaced or not record.event_job:
        superseded = _cancel(record, record.event_job, "superseded by newer content of the same video", now=now)
        created = _create(superseded.record, request, now=now)
        return Step(created.record, superseded.jobs + created.jobs, superseded.tasks + created.tasks)
    news = tuple(r for r in request.renditions if not is_known(r, record.renditions))
    if not news:
        return Step(record)
    if record.event_job_failed and best_first(news):
        return _create(record, request, now=now)
    known = noted((*record.renditions, *news))
    if known == record.renditions:  # there is no room for more: nobody need hear of each further one
        return Step(record)
    record.renditions = known
    active = record.active.get(record.event_job)
    if active is None:
        return Step(record)
    active.job = msgspec.structs.replace(active.job, renditions=record.renditions, update_time=now)
    return Step(record, (active.job,))


def _create(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    record.version = next_version(record.version, asked=request.requested_time, now=now)
    job = Job(
        job_id=request.job_id,
        media_id=request.media_id,
        status=JobStatus.INIT,
        request=request,
        creation_time=request.requested_time or now,
        update_time=now,
        version=record.version,
        renditions=request.renditions,
    )
    record.active[job.job_id] = ActiveJob(job=job)
    if request.source == "event":
        record.event_job, record.event_job_failed = job.job_id, False
        record.renditions = request.renditions
        if not best_first(request.renditions):
            return _fail(
                record,
                record.active[job.job_id],
                ErrorCode.RESOURCE_NOT_SUPPORTED,
                "no rendition can be used: all are encrypted or playlists; transcode the video to an open MP4 as well",
                now=now,
            )
    return Step(record, (job,), (task_of(job, TaskKind.PLAN),))


def _resume(record: MediaRecord, job_id: str, *, now: str) -> Step:
    """Start a job's work again from the top; what its chunks had stored is found and used.

    A job that is not under way is none to take up: it has ended meanwhile, or was deleted.
    """
    active = record.active.get(job_id)
    if active is None:
        return Step(record)
    return _from_the_top(record, active, now=now)


def _again(record: MediaRecord, task: ChunkTask, *, now: str) -> Step:
    """Hand a task out once more."""
    if task.kind is TaskKind.FINISH:
        return _restart(record, record.active[task.job_id], task, now=now)
    return Step(record, tasks=(msgspec.structs.replace(task, attempt=task.attempt + 1),))


def _restart(record: MediaRecord, active: ActiveJob, finish: ChunkTask, *, now: str) -> Step:
    """Begin a job anew whose last task failed: it may be the parts of its chunks that are lost. Those left are used."""
    if finish.attempt < active.restarts:
        return Step(record)  # this try's failure is known already
    active.restarts = finish.attempt + 1
    return _from_the_top(record, active, now=now)


def _from_the_top(record: MediaRecord, active: ActiveJob, *, now: str) -> Step:
    active.spans, active.planned, active.done = (), False, set()
    active.job = msgspec.structs.replace(active.job, chunks_done=0, update_time=now)
    return Step(record, (active.job,), (task_of(active.job, TaskKind.PLAN),))


def _cancel(record: MediaRecord, job_id: str, reason: str, *, now: str) -> Step:
    active = record.active.get(job_id)
    if active is None:
        return Step(record)
    job = _ended(active.job, JobStatus.CANCELLED, now, code=ErrorCode.CANCELLED, message=reason)
    record.end(job_id)
    return Step(record, (job,), (task_of(job, TaskKind.CLEAN),))


def _straggler(record: MediaRecord, result: ChunkResult) -> Step:
    """Clean up after a task that ran on although its job had ended: it may have stored windows since.

    So it is as well when the job ended in order and the result came once more. The clean-up itself finds out what the
    library holds by now, and leaves that alone.
    """
    task = result.task
    if task.kind in {TaskKind.FINGERPRINT, TaskKind.FINISH}:
        return Step(record, tasks=(msgspec.structs.replace(task, kind=TaskKind.CLEAN, attempt=0),))
    return Step(record)


def _on_failure(record: MediaRecord, active: ActiveJob, result: ChunkResult, *, now: str) -> Step:
    """Fail the job, unless it can go on with another rendition of the same video."""
    if result.code in RENDITION_FAULTS and active.job.request.source == "event" and not active.done:
        current = active.job.request.file_url
        untried = _after(current, [r.file_url for r in best_first(record.renditions)])
        if untried:
            request = msgspec.structs.replace(active.job.request, file_url=untried)
            active.job = msgspec.structs.replace(active.job, request=request, update_time=now)
            active.spans, active.planned = (), False
            return Step(record, (active.job,), (task_of(active.job, TaskKind.PLAN),))
    return _fail(record, active, result.code, result.message, now=now)


def _after(current: str, urls: list[str | None]) -> str | None:
    """The address that follows the current one: each is tried once, in one order."""
    following = urls[urls.index(current) + 1 :] if current in urls else urls
    return next(iter(following), None)


def _fail(record: MediaRecord, active: ActiveJob, code: str, message: str, *, now: str) -> Step:
    job = _ended(active.job, JobStatus.FAIL, now, code=code, message=message)
    record.end(job.job_id)
    if job.job_id == record.event_job:
        record.event_job_failed = True
    return Step(record, (job,), (task_of(job, TaskKind.CLEAN),))


def _on_planned(record: MediaRecord, active: ActiveJob, result: ChunkResult, *, now: str) -> Step:
    if active.planned:
        return Step(record)
    active.spans, active.planned, active.several_clocks = result.spans, True, result.several_clocks
    active.job = msgspec.structs.replace(
        active.job,
        status=JobStatus.PROCESSING,
        update_time=now,
        chunks_done=0,
        chunks_total=len(result.spans),
        metrics=result.metrics,
    )
    if not result.spans:  # a fingerprint file came in place of the media: there is nothing to decode
        return Step(record, (active.job,), (finish_task(active),))
    return Step(record, (active.job,), chunk_tasks(active))


def _on_chunk(record: MediaRecord, active: ActiveJob, result: ChunkResult, *, now: str) -> Step:
    chunk = result.task.chunk
    if not active.planned or chunk in active.done:
        return Step(record)
    active.done.add(chunk)
    metrics = _with_work(active.job.metrics, active.job.metrics, result.metrics)
    active.job = msgspec.structs.replace(active.job, chunks_done=len(active.done), update_time=now, metrics=metrics)
    complete = len(active.done) == len(active.spans)
    return Step(record, (active.job,), (finish_task(active),) if complete else ())


def _on_finished(record: MediaRecord, active: ActiveJob, result: ChunkResult, *, now: str) -> Step:
    result = _as_permitted(record, active.job.request, result)
    if result.outcome is not TaskOutcome.DONE:
        return _fail(record, active, result.code, result.message, now=now)
    job = msgspec.structs.replace(
        _ended(active.job, JobStatus.SUCCESS, now, message=result.message or "OK"),
        matches=result.matches,
        digest=result.digest,
        algorithm=result.algorithm,
        stored=result.stored,
        coverage=result.coverage,
        unsearched=result.unsearched,
        metrics=_with_work(result.metrics, active.job.metrics, result.metrics),
    )
    record.end(job.job_id)
    items = _stored(record, job, now=now) if result.stored else ()
    return Step(record, (job,), (task_of(job, TaskKind.CLEAN),), items)


def _as_permitted(record: MediaRecord, request: JobRequest, result: ChunkResult) -> ChunkResult:
    """Return the result as far as its caller may do what it has done.

    Of two jobs that began when their library held nothing, one stores first. Here is the place where they meet: the
    task of the other one may have begun before that. What it has stored beside goes with its clean-up.
    """
    held = record.items.get(request.library)
    if not result.stored or held is None or request.may(Right.REPLACE):
        return result
    if held.digest and held.digest == result.digest:
        return msgspec.structs.replace(result, stored=False, message=result.message or HELD_ALREADY)
    reason = str(not_replacer(request.library, request.media_id))
    return msgspec.structs.replace(
        result, outcome=TaskOutcome.FAILED, code=ErrorCode.RESOURCE_ACCESS, message=reason, stored=False
    )


def _stored(record: MediaRecord, job: Job, *, now: str) -> tuple[LibraryItem, ...]:
    """Make the library's item of what a job has stored; what people said of it before stays said."""
    request = job.request
    known = record.items.get(request.library)
    if known is not None and known.version > job.version:
        return ()
    item = LibraryItem(
        library=request.library,
        media_id=job.media_id,
        version=job.version,
        job_id=job.job_id,
        duration=job.metrics.duration,
        digest=job.digest,
        file_url=request.file_url,
        disabled=known.disabled if known else False,
        metadata=request.metadata or (known.metadata if known else {}),
        creation_time=known.creation_time if known else now,
        update_time=now,
    )
    record.items[item.library] = item
    return (item,)


def _ended(job: Job, status: JobStatus, now: str, *, code: str = ErrorCode.OK, message: str = "OK") -> Job:
    return msgspec.structs.replace(job, status=status, code=code, message=message, update_time=now, complete_time=now)


def _with_work(metrics: Metrics, *parts: Metrics) -> Metrics:
    """The metrics, with the sum of the parts' work."""
    return msgspec.structs.replace(
        metrics,
        processing_seconds=round(sum(part.processing_seconds for part in parts), 3),
        cpu_seconds=round(sum(part.cpu_seconds for part in parts), 3),
    )
