"""The state machine of jobs: from (what is remembered of a MediaId, a message) to (what to remember, what to send).

Every function here is pure: records are frozen, and what a message leads to is a new one. So a message that Kafka
delivers twice, or out of step with a crash, leads to the same answer, a decision that cannot be written can be made
anew from the same record, and all of it can be tested without a broker.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.commands import (
    AddMatch,
    CancelBackwardSearch,
    CancelJob,
    Command,
    DecideCase,
    DeleteMedia,
    ForgetItem,
    MarkItem,
    RemoveItem,
    ReviseOutcome,
    StartBackwardSearch,
    SubmitJob,
)
from schemas.errors import ErrorCode
from schemas.jobs import Job, JobRequest, JobSource, JobStatus, Metrics
from schemas.libraries import LibraryItem
from schemas.result import MediaDNAResult, coverage_of, matches_of, unsearched_of
from schemas.rights import Right
from schemas.tasks import (
    ChunkResult,
    CleanUp,
    DropLibrary,
    EmptyLibrary,
    FingerprintChunk,
    FinishJob,
    ListLibrary,
    Probe,
    RemoveMedia,
    RepairLibrary,
    SearchBackwards,
    SurveyStores,
    Task,
    TaskOutcome,
)
from streams.domain.jobs.marks import on_mark
from streams.domain.jobs.record import ActiveJob, MediaRecord
from streams.domain.jobs.renditions import best_first, is_known, is_new_content, noted
from streams.domain.jobs.step import Emptied, Step
from streams.domain.jobs.tasks import chunk_tasks, clean_up_after, clean_up_task, finish_task, probe_task
from streams.domain.jobs.versions import next_version
from streams.domain.library_errors import HELD_ALREADY, not_replacer

if TYPE_CHECKING:
    from schemas.events import AIMediaDNAComplete

__all__ = ["Step", "on_complete_event", "on_request", "on_result", "refuse"]

#: Why a rendition may be given up for another one of the same video.
RENDITION_FAULTS = frozenset(
    {ErrorCode.RESOURCE_NOT_FOUND, ErrorCode.RESOURCE_CONTENT_BAD, ErrorCode.RESOURCE_NOT_SUPPORTED}
)
#: Tasks that take away what is not to be kept. No job waits for them, and what they leave would be matched for ever.
CleaningTask = CleanUp | RemoveMedia | EmptyLibrary | DropLibrary
#: How often such a task is handed out at the most. It is repeated when a process was killed or hung, not while a
#: neighbour is away; beyond that, the comparison of stores and libraries finds what is left.
CLEANING_TRIES = 10


def on_request(record: MediaRecord, command: Command, *, now: str) -> Step:
    """Decide on a command: about a job, or about what libraries hold of the media item."""
    match command:
        case SubmitJob():
            return _on_submit(record, command.request, now=now)
        case CancelJob():
            return _cancel(record, command.job_id, "cancelled by request", now=now)
        case MarkItem():
            return on_mark(record, command, now=now)
        case RemoveItem():
            return _on_removal(record, command, command.library, now=now)
        case DeleteMedia():
            return _on_removal(record, command, None, now=now)
        case ForgetItem():
            return _removed(record, command.library, next_version(0, asked=command.requested_time, now=now))
        case DecideCase() | AddMatch() | ReviseOutcome():  # about what was found, not about what is remembered
            return Step(record)
        case StartBackwardSearch() | CancelBackwardSearch():  # remembered elsewhere: see `pipeline.agents.backward`
            return Step(record)


def _on_submit(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    """Decide on a job that is asked for: a new one, one more rendition, one to take up again, or nothing at all."""
    if request.source is JobSource.RECOVERY:
        return _resume(record, request.job_id, now=now)
    if record.knows(request.job_id):
        return Step(record)
    if request.source is JobSource.EVENT:
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
    match task:
        case CleanUp() | RemoveMedia() | EmptyLibrary() | DropLibrary():
            return _on_cleaned(record, task, result)
        case SurveyStores() | ListLibrary() | RepairLibrary() | SearchBackwards():  # decided on by those who ask
            return Step(record)
        case Probe() | FingerprintChunk() | FinishJob():
            active = record.active.get(task.job_id)
    if active is None:
        return _straggler(record, task)
    if result.outcome is TaskOutcome.RETRY and task.attempt + 1 < tries:
        return _again(record, active, task, now=now)
    if result.outcome is not TaskOutcome.DONE:
        return _on_failure(record, active, result, now=now)
    match task:
        case Probe():
            return _on_planned(record, active, result, now=now)
        case FingerprintChunk():
            return _on_chunk(record, active, task.chunk, result, now=now)
        case FinishJob():
            return _on_finished(record, active, result, now=now)


def _on_cleaned(record: MediaRecord, task: CleaningTask, result: ChunkResult) -> Step:
    """Decide on the result of a task that takes something away: it is repeated until it is done."""
    if result.outcome is TaskOutcome.RETRY and task.attempt + 1 < CLEANING_TRIES:
        return Step(record, tasks=(msgspec.structs.replace(task, attempt=task.attempt + 1),))
    if result.outcome is not TaskOutcome.DONE:
        return Step(record)
    match task:
        case RemoveMedia():
            return _removed(record, task.library, task.version)
        case EmptyLibrary() | DropLibrary():
            return Step(record, emptied=Emptied(task.library, task.version))
        case CleanUp():
            return Step(record)


def refuse(record: MediaRecord, step: Step, command: Command, *, now: str) -> Step:
    """Return what a command leads to for which there is no room beside what is remembered of its media item.

    A new job ends at once; a rendition is not noted, a mark is not made; what takes something away is done all the
    same.

    Args:
        record: What was remembered before.
        step: What the command would lead to.
        command: The command.
        now: The time.
    """
    match command:
        case MarkItem():
            return Step(record)
        case SubmitJob(job_id=job_id) if not record.knows(job_id):
            return _refuse_job(record, step, job_id, now=now)
        case _:
            return step


def _refuse_job(record: MediaRecord, step: Step, job_id: str, *, now: str) -> Step:
    active = step.record.active.get(job_id)
    if active is None:
        return step if step.record.knows(job_id) else Step(record)
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
        (*(job for job in step.jobs if job.job_id != job_id), *refused.jobs),
        (*(task for task in step.tasks if task.job_id != job_id), *refused.tasks),
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
        job = msgspec.structs.replace(
            job,
            digest=result.fingerprint.digest,
            algorithm=result.fingerprint.algorithm,
            metrics=msgspec.structs.replace(job.metrics, duration=float(result.fingerprint.duration)),
        )
    record = record.with_ended(job.job_id)
    if job.job_id == record.event_job:
        record = msgspec.structs.replace(record, event_job_failed=job.status is JobStatus.FAIL)
    return Step(record, (job,), (clean_up_task(job),))


def _on_removal(record: MediaRecord, command: RemoveItem | DeleteMedia, library: str | None, *, now: str) -> Step:
    """End the jobs that would store what is to be removed, from one library or from all, and hand the removal out."""
    # A job that comes after the removal gets a version above it, so that its windows stay.
    record = _with_next_version(record, command.requested_time, now=now)
    jobs: list[Job] = []
    tasks: list[Task] = []
    for job_id, active in record.active.items():
        if library is None or active.job.request.library == library:
            step = _cancel(record, job_id, "its media item was removed from the library", now=now)
            record = step.record
            jobs += step.jobs
            tasks += step.tasks
    removal = RemoveMedia(
        job_id=command.job_id,
        media_id=command.media_id,
        library=library,
        version=record.version,
        started=now,
    )
    return Step(record, tuple(jobs), (*tasks, removal))


def _removed(record: MediaRecord, library: str | None, version: int) -> Step:
    """Forget what has been removed, from one library or from all; what was asked for after the removal stays."""
    everywhere = library is None
    gone = tuple(
        name for name, item in record.items.items() if item.version <= version and (everywhere or name == library)
    )
    record = record.forgotten(version) if everywhere else record.without_items(gone)
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
    record = msgspec.structs.replace(record, renditions=known)
    active = record.active.get(record.event_job)
    if active is None:
        return Step(record)
    active = _moved(active, renditions=known, update_time=now)
    return Step(record.with_active(active), (active.job,))


def _with_next_version(record: MediaRecord, asked: str, *, now: str) -> MediaRecord:
    version = next_version(record.version, asked=asked, now=now)
    return msgspec.structs.replace(record, version=version)


def _create(record: MediaRecord, request: JobRequest, *, now: str) -> Step:
    record = _with_next_version(record, request.requested_time, now=now)
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
    record = record.with_active(ActiveJob(job=job))
    if request.source is JobSource.EVENT:
        record = msgspec.structs.replace(
            record, event_job=job.job_id, event_job_failed=False, renditions=request.renditions
        )
        if not best_first(request.renditions):
            return _fail(
                record,
                record.active[job.job_id],
                ErrorCode.RESOURCE_NOT_SUPPORTED,
                "no rendition can be used: all are encrypted or playlists; transcode the video to an open MP4 as well",
                now=now,
            )
    return Step(record, (job,), (probe_task(job),))


def _resume(record: MediaRecord, job_id: str, *, now: str) -> Step:
    """Start a job's work again from the top; what its chunks had stored is found and used.

    A job that is not under way is none to take up: it has ended meanwhile, or was deleted.
    """
    active = record.active.get(job_id)
    if active is None:
        return Step(record)
    return _from_the_top(record, active, now=now)


def _again(record: MediaRecord, active: ActiveJob, task: Probe | FingerprintChunk | FinishJob, *, now: str) -> Step:
    """Hand a task out once more."""
    if isinstance(task, FinishJob):
        return _restart(record, active, task, now=now)
    return Step(record, tasks=(msgspec.structs.replace(task, attempt=task.attempt + 1),))


def _restart(record: MediaRecord, active: ActiveJob, finish: FinishJob, *, now: str) -> Step:
    """Begin a job anew whose last task failed: it may be the parts of its chunks that are lost. Those left are used."""
    if finish.attempt < active.restarts:
        return Step(record)  # this try's failure is known already
    return _from_the_top(record, msgspec.structs.replace(active, restarts=finish.attempt + 1), now=now)


def _from_the_top(record: MediaRecord, active: ActiveJob, *, now: str) -> Step:
    active = _moved(active, chunks_done=0, update_time=now)
    active = msgspec.structs.replace(active, spans=(), planned=False, done=frozenset())
    return Step(record.with_active(active), (active.job,), (probe_task(active.job),))


def _moved(active: ActiveJob, **changes: object) -> ActiveJob:
    """Return a job under way with changes to its published state."""
    return msgspec.structs.replace(active, job=msgspec.structs.replace(active.job, **changes))


def _cancel(record: MediaRecord, job_id: str, reason: str, *, now: str) -> Step:
    active = record.active.get(job_id)
    if active is None:
        return Step(record)
    job = _ended(active.job, JobStatus.CANCELLED, now, code=ErrorCode.CANCELLED, message=reason)
    return Step(record.with_ended(job_id), (job,), (clean_up_task(job),))


def _straggler(record: MediaRecord, task: Probe | FingerprintChunk | FinishJob) -> Step:
    """Clean up after a task that ran on although its job had ended: it may have stored windows since.

    So it is as well when the job ended in order and the result came once more. The clean-up itself finds out what the
    library holds by now, and leaves that alone.
    """
    return Step(record) if isinstance(task, Probe) else Step(record, tasks=(clean_up_after(task),))


def _on_failure(record: MediaRecord, active: ActiveJob, result: ChunkResult, *, now: str) -> Step:
    """Fail the job, unless it can go on with another rendition of the same video."""
    if result.code in RENDITION_FAULTS and active.job.request.source is JobSource.EVENT and not active.done:
        current = active.job.request.file_url
        untried = _after(current, [r.file_url for r in best_first(record.renditions)])
        if untried:
            request = msgspec.structs.replace(active.job.request, file_url=untried)
            active = _moved(active, request=request, update_time=now)
            active = msgspec.structs.replace(active, spans=(), planned=False)
            return Step(record.with_active(active), (active.job,), (probe_task(active.job),))
    return _fail(record, active, result.code, result.message, now=now)


def _after(current: str, urls: list[str | None]) -> str | None:
    """The address that follows the current one: each is tried once, in one order."""
    following = urls[urls.index(current) + 1 :] if current in urls else urls
    return next(iter(following), None)


def _fail(record: MediaRecord, active: ActiveJob, code: str, message: str, *, now: str) -> Step:
    job = _ended(active.job, JobStatus.FAIL, now, code=code, message=message)
    record = record.with_ended(job.job_id)
    if job.job_id == record.event_job:
        record = msgspec.structs.replace(record, event_job_failed=True)
    return Step(record, (job,), (clean_up_task(job),))


def _on_planned(record: MediaRecord, active: ActiveJob, result: ChunkResult, *, now: str) -> Step:
    if active.planned:
        return Step(record)
    active = msgspec.structs.replace(active, spans=result.spans, planned=True, several_clocks=result.several_clocks)
    active = _moved(
        active,
        status=JobStatus.PROCESSING,
        update_time=now,
        chunks_done=0,
        chunks_total=len(result.spans),
        metrics=result.metrics,
    )
    # A fingerprint file in place of the media leaves nothing to decode.
    tasks = chunk_tasks(active) if result.spans else (finish_task(active),)
    return Step(record.with_active(active), (active.job,), tasks)


def _on_chunk(record: MediaRecord, active: ActiveJob, chunk: int, result: ChunkResult, *, now: str) -> Step:
    if not active.planned or chunk in active.done:
        return Step(record)
    metrics = _with_work(active.job.metrics, active.job.metrics, result.metrics)
    active = msgspec.structs.replace(active, done=active.done | {chunk})
    active = _moved(active, chunks_done=len(active.done), update_time=now, metrics=metrics)
    complete = len(active.done) == len(active.spans)
    return Step(record.with_active(active), (active.job,), (finish_task(active),) if complete else ())


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
        repeats=result.repeats,
        metrics=_with_work(result.metrics, active.job.metrics, result.metrics),
    )
    record = record.with_ended(job.job_id)
    item = _stored(record, job, now=now) if result.stored else None
    if item is None:
        return Step(record, (job,), (clean_up_task(job),))
    return Step(record.with_item(item), (job,), (clean_up_task(job),), (item,))


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


def _stored(record: MediaRecord, job: Job, *, now: str) -> LibraryItem | None:
    """Make the library's item of what a job has stored, unless a newer version is there; what people said stays."""
    request = job.request
    known = record.items.get(request.library)
    if known is not None and known.version > job.version:
        return None
    return LibraryItem(
        library=request.library,
        media_id=job.media_id,
        version=job.version,
        job_id=job.job_id,
        duration=job.metrics.duration,
        digest=job.digest,
        file_url=request.file_url,
        disabled=known.disabled if known else False,
        quarantined=known.quarantined if known else "",
        released_time=known.released_time if known else "",
        metadata=request.metadata or (known.metadata if known else {}),
        publish_time=request.publish_time or (known.publish_time if known else ""),
        creation_time=known.creation_time if known else now,
        update_time=now,
    )


def _ended(job: Job, status: JobStatus, now: str, *, code: str = ErrorCode.OK, message: str = "OK") -> Job:
    return msgspec.structs.replace(job, status=status, code=code, message=message, update_time=now, complete_time=now)


def _with_work(metrics: Metrics, *parts: Metrics) -> Metrics:
    """The metrics, with the sum of the parts' work."""
    return msgspec.structs.replace(
        metrics,
        processing_seconds=round(sum(part.processing_seconds for part in parts), 3),
        cpu_seconds=round(sum(part.cpu_seconds for part in parts), 3),
    )
