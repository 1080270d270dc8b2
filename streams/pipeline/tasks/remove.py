"""Tasks that remove what is stored: of a media item, of a library, or a library itself. Each may be done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.types import ReferenceKey
from schemas.tasks import ChunkResult, TaskOutcome
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from schemas.tasks import DropLibrary, EmptyLibrary, RemoveMedia, Task
    from streams.pipeline.tasks.context import TaskContext

__all__ = ["drop", "empty", "remove"]


def remove(task: RemoveMedia, context: TaskContext) -> TaskReport:
    """Remove a media item up to the task's version: from one library, or from all that hold anything."""
    for library in _libraries(task, context):
        limit = ReferenceKey(library, task.media_id, task.version + 1)
        context.vectors.delete_older(limit)
        for key in context.store.versions(library, task.media_id):
            if key.version < limit.version:
                context.store.delete(key)
    return _done(task)


def empty(task: EmptyLibrary | DropLibrary, context: TaskContext) -> TaskReport:
    """Remove everything in the library up to the task's version."""
    context.vectors.empty(task.library, before=task.version + 1)
    for key in context.store.keys(task.library):
        if key.version <= task.version:
            context.store.delete(key)
    return _done(task)


def drop(task: DropLibrary, context: TaskContext) -> TaskReport:
    """Remove the library with everything in it.

    One that is not being deleted any more is gone, or was made anew under its name meanwhile: the task has come late,
    or once more, and only what is older than it goes.
    """
    if not context.scope.droppable:
        return empty(task, context)
    context.vectors.delete_library(task.library)
    context.store.delete_library(task.library)
    return _done(task)


def _libraries(task: RemoveMedia, context: TaskContext) -> list[str]:
    if task.library is not None:
        return [task.library]
    return sorted({*context.vectors.libraries(), *context.store.libraries()})


def _done(task: Task) -> TaskReport:
    return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))
