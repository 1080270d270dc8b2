"""Work that goes on beside all else, from a start to a stop."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import structlog

if TYPE_CHECKING:
    from collections.abc import Coroutine

__all__ = ["BackgroundTask"]

log = structlog.get_logger(__name__)


class BackgroundTask:
    """One task of the event loop that nobody waits for.

    asyncio keeps to itself what such a task raises until somebody asks, so that one which died of a mistake looks like
    one that has nothing to do. Here it is logged at once.

    Args:
        name: What the log, and asyncio's own tools, call it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._task: asyncio.Task[None] | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._task is not None and not self._task.done()

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin the work, in the running event loop.

        Raises:
            RuntimeError: Earlier work is still under way.
        """
        if self.is_running:
            work.close()
            raise RuntimeError(f"{self._name} is under way already: stop it first")
        self._task = asyncio.create_task(work, name=self._name)
        self._task.add_done_callback(self._report)

    async def wait(self) -> None:
        """Wait until the work has ended, in whichever way. Whoever gives up waiting does not end it."""
        if self._task is not None:
            await asyncio.wait([self._task])

    async def stop(self) -> None:
        """Cancel the work, and wait until it has ended; does nothing where there is none."""
        if self._task is not None:
            self._task.cancel()
        await self.wait()

    def _report(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background_task_failed", task=self._name, error=repr(error), exc_info=error)
