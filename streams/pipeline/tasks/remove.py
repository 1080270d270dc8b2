"""Tasks that remove what is stored: of a media item, of a library, or a library itself. Each may be done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.types import ReferenceKey
from schemas.jobs import ChunkResult, RequestAction, TaskOutcome
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from schemas.jobs import ChunkTask
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["drop", "empty", "remove"]


def remove(task: ChunkTask, context: TaskContext) -> TaskReport:
    """Remove a media item up to the task's version: from one library, or from all that hold anything."""
    for library in _libraries(task, context):
        limit = ReferenceKey(library, task.media_id, task.version + 1)
        context.vectors.delete_older(limit)
        for key in context.store.versions(library, task.media_id):
            if key.version < limit.version:
                context.store.delete(key)
    return _done(task)


def empty(task: ChunkTask, context: TaskContext) -> TaskReport:
    """Remove everything in the library up to the task's version."""
    library = task.request.library
    context.vectors.empty(library, before=task.version + 1)
    for key in context.store.keys(library):
        if key.version <= task.version:
            context.store.delete(key)
    return _done(task)


def drop(task: ChunkTask, context: TaskContext) -> TaskReport:
    """Remove the library with everything in it."""
    context.vectors.delete_library(task.request.library)
    context.store.delete_library(task.request.library)
    return _done(task)


def _libraries(task: ChunkTask, context: TaskContext) -> list[str]:
    if task.request.action is RequestAction.REMOVE:
        return [task.request.library]
    return sorted({*context.vectors.libraries(), *context.store.libraries()})


def _done(task: ChunkTask) -> TaskReport:
    return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))
