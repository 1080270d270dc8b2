"""What a worker process hands back for a task."""

from __future__ import annotations

import msgspec

from schemas.limits import cut
from schemas.tasks import ChunkResult, Task, TaskOutcome
from streams.domain.inventory import Inventory, Repairs, Survey
from streams.ports.errors import Neighbour
from streams.redaction import without_secrets

__all__ = ["Away", "TaskReport", "failed"]


class Away(msgspec.Struct, kw_only=True, frozen=True):
    """Why a task could not be done at all, for now."""

    neighbour: Neighbour
    reason: str


class TaskReport(msgspec.Struct, kw_only=True):
    """The result of a task, and what tasks of these kinds have found."""

    result: ChunkResult
    #: Set when a neighbour is away: the result says nothing then, and the task is to be done again later.
    away: Away | None = None
    survey: Survey | None = None
    inventory: Inventory | None = None
    repairs: Repairs | None = None


def failed(task: Task, outcome: TaskOutcome, code: str, message: str) -> TaskReport:
    """Report that a task did not get done, and why, in words that may be shown: libraries repeat addresses whole."""
    return TaskReport(result=ChunkResult(task=task, outcome=outcome, code=code, message=cut(without_secrets(message))))
