"""What a worker process hands back for a task."""

from __future__ import annotations

import msgspec

from schemas.jobs import ChunkResult, ChunkTask, TaskOutcome
from schemas.matches import Match

__all__ = ["TaskReport", "failed"]


class TaskReport(msgspec.Struct, kw_only=True):
    """The result of a task, and the matches to show while the job goes on."""

    result: ChunkResult
    live: tuple[Match, ...] = ()


def failed(task: ChunkTask, outcome: TaskOutcome, code: str, message: str) -> TaskReport:
    """Report that a task did not get done, and why."""
    return TaskReport(result=ChunkResult(task=task, outcome=outcome, code=code, message=message))
