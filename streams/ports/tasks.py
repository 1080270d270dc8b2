"""What doing tasks takes: somebody who runs them, and somebody who knows which libraries they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from schemas.jobs import ChunkTask
    from streams.domain.search_scope import Scope
    from streams.ports.task_report import TaskReport

__all__ = ["ScopeSource", "TaskRunner"]


class TaskRunner(Protocol):
    """Runs a task somewhere."""

    async def run(self, task: ChunkTask, scope: Scope) -> TaskReport:
        """Return what became of the task.

        Raises:
            NeighbourAwayError: It could not be done at all, for now.
        """
        ...


class ScopeSource(Protocol):
    """Knows the libraries as they are now."""

    async def scope_of(self, task: ChunkTask) -> Scope:
        """Return what the task may see.

        Raises:
            LibraryError: The job names a library that it cannot use.
        """
        ...
