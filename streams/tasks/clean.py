"""The task after a job's end: remove what only the job needed, and all of it if the job did not end well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fingerprint.ports import ReferenceKey
from schemas.jobs import ChunkResult, TaskOutcome
from streams.tasks.report import TaskReport

if TYPE_CHECKING:
    from schemas.jobs import ChunkTask
    from streams.tasks.workbench import Workbench

__all__ = ["clean"]


def clean(task: ChunkTask, bench: Workbench) -> TaskReport:
    """Remove the job's parts; with them its windows and fingerprint unless they are to be kept.

    A task that ran on while its library was deleted may have brought the library's place back: it goes as well.
    """
    bench.store.delete_parts(task.job_id)
    if not bench.scope.library_exists:
        bench.vectors.delete_library(task.request.library)
        bench.store.delete_library(task.request.library)
    elif not task.keep_windows:
        key = ReferenceKey(task.request.library, task.media_id, task.version)
        bench.vectors.delete_version(key)
        bench.store.delete(key)
    return TaskReport(result=ChunkResult(task=task, outcome=TaskOutcome.DONE))
