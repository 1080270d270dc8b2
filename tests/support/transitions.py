"""Steps of the state machine, one after the other, as tests of it put them together."""

from __future__ import annotations

from typing import Any

from schemas.commands import DeleteMedia, RemoveItem, SubmitJob
from schemas.events import Rendition
from schemas.jobs import JobSource, SaveType
from schemas.tasks import ChunkResult, FinishJob, Task, TaskOutcome
from streams.domain.jobs.record import MediaRecord
from streams.domain.jobs.state_machine import on_request, on_result
from streams.domain.jobs.step import Step
from support.examples import submit

__all__ = ["NOW", "TRIES", "done", "event_request", "finished", "held", "planned", "removal", "rendition", "stored"]

#: When everything happens, unless a test says otherwise.
NOW = "2026-11-23T08:00:00Z"
#: How often a task is tried.
TRIES = 3


def rendition(name: str = "ld", **fields: Any) -> Rendition:
    """Return a rendition that can be used, unless a field says otherwise."""
    defaults: dict[str, Any] = {
        "status": "success",
        "file_url": f"http://vod/{name}.mp4",
        "format": "mp4",
        "definition": name.upper(),
    }
    return Rendition(**{**defaults, **fields})


def event_request(job_id: str, *renditions: Rendition) -> SubmitJob:
    """Return what an event of these renditions asks for."""
    return submit(job_id, file_url=renditions[0].file_url or "", source=JobSource.EVENT, renditions=renditions)


def done(task: Task, **fields: Any) -> ChunkResult:
    """Return the result of a task that went well."""
    return ChunkResult(task=task, outcome=TaskOutcome.DONE, **fields)


def planned(step: Step, chunks: int) -> Step:
    """Answer the plan that has just been asked for: the media has so many chunks."""
    spans = tuple((30.0 * i, 30.0 * (i + 1)) for i in range(chunks))
    return on_result(step.record, done(step.tasks[0], spans=spans), now=NOW, tries=TRIES)


def finished(step: Step) -> Step:
    """Run a job whose plan has just been asked for to its end, over one chunk."""
    step = planned(step, 1)
    for _ in range(2):
        task = step.tasks[0]
        stored = isinstance(task, FinishJob) and task.request.save_type is not SaveType.NOSAVE
        step = on_result(step.record, done(task, stored=stored), now=NOW, tries=TRIES)
    return step


def removal(step: Step, kind: type[RemoveItem | DeleteMedia], **fields: str) -> Step:
    """Ask for media to be removed."""
    command = kind(job_id="removal", media_id="video", requested_time=NOW, **fields)
    return on_request(step.record, command, now=NOW)


def held(digest: str, *, job_id: str = "first", **fields: Any) -> MediaRecord:
    """Return the record of a media item that the default library holds."""
    return stored(on_request(MediaRecord(), submit(job_id, **fields), now=NOW), digest).record


def stored(step: Step, digest: str) -> Step:
    """Run a job whose plan has just been asked for to its end: it comes to a fingerprint, and has stored it."""
    step = planned(step, 1)
    step = on_result(step.record, done(step.tasks[0]), now=NOW, tries=TRIES)
    return on_result(step.record, done(step.tasks[0], digest=digest, stored=True), now=NOW, tries=TRIES)
