"""The task after a job's end: remove what only the job needed, and what its library does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.types import ReferenceKey
from schemas.tasks import ChunkResult, TaskOutcome
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from schemas.tasks import CleanUp
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["clean"]


def clean(task: CleanUp, context: TaskContext) -> TaskReport:
    """Remove the job's parts, and every version of its media item that the library has no more use for.

    What that is follows from what the library holds *now* (`Scope.held`), and not from how the job was thought to have
    ended when the task was handed out: the task may come twice, late, or after a result that was delivered again.

    - The library holds this job's version: the older ones make way, which until now were what it held.
    - It holds another one, or none: this job's own goes, since the job did not store, was ended, or was overtaken.

    A task that ran on while its library was deleted may have brought the library's place back: it goes as well.
    """
    context.store.delete_parts(task.job_id)
    key = ReferenceKey(task.request.library, task.media_id, task.version)
    if not context.scope.library_exists:
        context.vectors.delete_library(key.library)
        context.store.delete_library(key.library)
    elif context.scope.held == key.version:
        context.vectors.delete_older(key)
        for stored in context.store.versions(key.library, key.media_id):
            if stored.version < key.version:
                context.store.delete(stored)
    else:
        context.vectors.delete_version(key)
        context.store.delete(key)
    return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))
