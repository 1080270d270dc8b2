"""The chunk agent: runs tasks side by side in the pool, and acknowledges their events strictly in order.

Kafka's offset says "everything before this is done". Faust commits past an unfinished event when a later one is
acknowledged first, so an event is acknowledged only when all before it are: a worker that dies repeats work, and
loses none.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol, TypeVar

from schemas.errors import ErrorCode
from schemas.jobs import TaskOutcome
from streams.libraries.errors import LibraryError
from streams.tasks.report import failed

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from schemas.jobs import ChunkTask
    from streams.agents.outbox import Outbox
    from streams.tasks.report import TaskReport
    from streams.tasks.scope import Scope

__all__ = ["ChunkAgent", "in_order"]

E = TypeVar("E")

#: Events under way or waiting for an older one's acknowledgement, for each slot. With 2, a slot need not stand idle
#: behind one slow chunk, and a rebalance still waits for few.
WINDOW_PER_SLOT = 2


class TaskRunner(Protocol):
    """Runs a task somewhere, and always has an answer."""

    async def run(self, task: ChunkTask, scope: Scope) -> TaskReport:
        """Return what became of the task."""
        ...


class ScopeSource(Protocol):
    """Knows the libraries as they are now."""

    async def scope_of(self, task: ChunkTask) -> Scope:
        """Return what the task may see.

        Raises:
            LibraryError: The job names a library that it cannot use.
        """
        ...


class ChunkAgent:
    """Runs tasks and reports their results."""

    def __init__(self, runner: TaskRunner, scopes: ScopeSource, outbox: Outbox, *, worker: str) -> None:
        self._runner = runner
        self._scopes = scopes
        self._outbox = outbox
        self._worker = worker

    async def handle(self, task: ChunkTask, *, now: Callable[[], str]) -> None:
        """Run one task and send what came of it."""
        try:
            scope = await self._scopes.scope_of(task)
        except LibraryError as error:
            report = failed(task, TaskOutcome.FAILED, ErrorCode.INVALID_PARAMETER, str(error))
        else:
            report = await self._runner.run(task, scope)
        await self._outbox.live_matches(task, report.live, now=now())
        report.result.worker = self._worker
        await self._outbox.result(report.result)


async def in_order(
    events: AsyncIterator[E], handle: Callable[[E], Awaitable[None]], ack: Callable[[E], Awaitable[object]], slots: int
) -> None:
    """Handle events side by side, `slots` at a time, and acknowledge them in the order in which they came.

    Args:
        events: Where the events come from.
        handle: Does the work of one event.
        ack: Says that an event is done with.
        slots: How many events are worked on at a time.

    Raises:
        ExceptionGroup: `handle` or `ack` raised; neither that event nor a later one has been acknowledged.
    """
    free = asyncio.Semaphore(slots)
    waiting: asyncio.Queue[tuple[E, asyncio.Task[None]] | None] = asyncio.Queue(slots * WINDOW_PER_SLOT)

    async def work(event: E) -> None:
        try:
            await handle(event)
        finally:
            free.release()

    async def acknowledge() -> None:
        while (item := await waiting.get()) is not None:
            event, task = item
            await task
            await ack(event)

    async with asyncio.TaskGroup() as group:
        group.create_task(acknowledge())
        async for event in events:
            await free.acquire()
            await waiting.put((event, group.create_task(work(event))))
        await waiting.put(None)
