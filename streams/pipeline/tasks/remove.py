"""Tasks that remove what is stored: of a media item, of a library, or a library itself. Each may be done again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.types import ReferenceKey
from schemas.jobs import ChunkResult, RequestAction, TaskOutcome
from streams.ports.task_report import TaskReport

if TYPE_CHECKING:
    from schemas.jobs import ChunkTask
    from streams.pipeline.tasks.context import Workbench

__all__ = ["drop", "empty", "remove"]


def remove(task: ChunkTask, bench: Workbench) -> TaskReport:
    """Remove a media item up to the task's version: from one library, or from all that hold anything."""
    for library in _libraries(task, bench):
        limit = ReferenceKey(library, task.media_id, task.version + 1)
        bench.vectors.delete_older(limit)
        for key in bench.store.versions(library, task.media_id):
            if key.version < limit.version:
                bench.store.delete(key)
    return _done(task)


def empty(task: ChunkTask, bench: Workbench) -> TaskReport:
    """Remove everything in the library up to the task's version."""
    library = task.request.library
    bench.vectors.empty(library, before=task.version + 1)
    for key in bench.store.keys(library):
        if key.version <= task.version:
            bench.store.delete(key)
    return _done(task)


def drop(task: ChunkTask, bench: Workbench) -> TaskReport:
    """Remove the library with everything in it."""
    bench.vectors.delete_library(task.request.library)
    bench.store.delete_library(task.request.library)
    return _done(task)


def _libraries(task: ChunkTask, bench: Workbench) -> list[str]:
    if task.request.action is RequestAction.REMOVE:
        return [task.request.library]
    return sorted({*bench.vectors.libraries(), *bench.store.libraries()})


def _done(task: ChunkTask) -> TaskReport:
    return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))
