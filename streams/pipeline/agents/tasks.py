"""The chunk agent: runs tasks in the pool and tells what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.errors import ErrorCode
from schemas.tasks import TaskOutcome
from streams.domain.library_errors import ForbiddenError, LibraryError
from streams.ports.errors import EventTooLargeError
from streams.ports.task_report import failed

if TYPE_CHECKING:
    from schemas.tasks import Task
    from streams.pipeline.events import EventEmitter
    from streams.ports.task_report import TaskReport
    from streams.ports.tasks import ScopeSource, TaskRunner

__all__ = ["ChunkAgent"]


class ChunkAgent:
    """Runs tasks and reports their results."""

    def __init__(self, runner: TaskRunner, scopes: ScopeSource, emitter: EventEmitter, *, worker: str) -> None:
        self._runner = runner
        self._scopes = scopes
        self._emitter = emitter
        self._worker = worker

    async def handle(self, task: Task) -> None:
        """Run one task and send what came of it.

        Raises:
            NeighbourAwayError: What the task needs is away: it is to be run again.
        """
        try:
            scope = await self._scopes.scope_of(task)
        except ForbiddenError as error:
            report = failed(task, TaskOutcome.FAILED, ErrorCode.RESOURCE_ACCESS, str(error))
        except LibraryError as error:
            report = failed(task, TaskOutcome.FAILED, ErrorCode.INVALID_PARAMETER, str(error))
        else:
            report = await self._runner.run(task, scope)
        try:
            await self._send(report)
        except EventTooLargeError as error:  # a result that cannot be told must not leave its job without an end
            await self._send(failed(task, TaskOutcome.FAILED, ErrorCode.RESOURCE_TOO_LARGE, str(error)))

    async def _send(self, report: TaskReport) -> None:
        await self._emitter.result(msgspec.structs.replace(report.result, worker=self._worker))
