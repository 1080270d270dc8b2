"""What doing tasks takes: somebody who runs them, and somebody who knows which libraries they see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from schemas.tasks import Task
    from streams.domain.search_scope import Scope
    from streams.ports.task_report import TaskReport

__all__ = ["WALL_FACTOR", "ScopeSource", "TaskRunner"]

#: Times a task's processor time that it may take by the clock. On a machine that is busy with five times as much as it
#: can do, work still gets its time; a read that hangs ends after this.
WALL_FACTOR = 5.0


class TaskRunner(Protocol):
    """Runs a task somewhere."""

    async def run(self, task: Task, scope: Scope) -> TaskReport:
        """Return what became of the task.

        Raises:
            NeighbourAwayError: It could not be done at all, for now.
        """
        ...


class ScopeSource(Protocol):
    """Knows the libraries as they are now."""

    async def scope_of(self, task: Task) -> Scope:
        """Return what the task may see.

        Raises:
            LibraryError: The job names a library that it cannot use.
        """
        ...
