"""How agents take events: in turn, or side by side; and acknowledge them strictly in order.

Faust commits past an unfinished event when a later one is acknowledged first, so an event is acknowledged only when
all before it are. That does not mean that work is done in order: finished work is remembered (`progress.py`), and a
slow event holds up nobody.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from streams.pipeline.agents.fair_queue import FairQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from faust.types import TP, EventT

    from streams.adapters.kafka.assignment import Assignment
    from streams.pipeline.agents.fair_queue import Share

    Event = EventT[Any]
    #: Handles an event; false when it was given up since its partition is no longer ours.
    Handle = Callable[[Event], Awaitable[bool]]
    Acknowledge = Callable[[Event], Awaitable[object]]

__all__ = ["Lane", "serve_in_turn"]

#: Events of one lane that are held at a time. So far work can run ahead of the oldest unfinished event, and so far
#: callers' turns are looked out for. What is done of so many fits in the metadata beside an offset.
MOST_HELD = 8192
#: Bytes of all of them: most tasks are small, and one that names a hundred libraries is not.
MOST_BYTES = 64 * 2**20


async def serve_in_turn(
    events: AsyncIterator[Event], handle: Handle, acknowledge: Acknowledge, assignment: Assignment
) -> None:
    """Handle one event after the other: for decisions, which depend on those before them.

    Args:
        events: Where the events come from.
        handle: Handles one; an event that it gives up is delivered again, to whoever has its partition then.
        acknowledge: Says that an event is done with.
        assignment: Whose partitions these are.
    """
    async for event in events:
        tp = event.message.tp
        if not assignment.is_ours(tp):  # it was on its way when its partition went: its new owner gets it
            continue
        work = assignment.begin(settling=True)
        try:
            if await handle(event):
                await acknowledge(event)
        finally:
            assignment.end(work, tp)


class Lane:
    """Handles events side by side, in fair shares.

    Args:
        handle: Handles an event.
        acknowledge: Says that an event is done with.
        share_of: Says whose work an event is.
        slots: How many are handled at a time.
        assignment: Whose partitions these are.
    """

    def __init__(
        self,
        handle: Handle,
        acknowledge: Acknowledge,
        share_of: Callable[[Event], Share],
        *,
        slots: int,
        assignment: Assignment,
    ) -> None:
        self._handle = handle
        self._acknowledge = acknowledge
        self._share_of = share_of
        self._slots = slots
        self._assignment = assignment
        self._waiting: FairQueue[tuple[TP, int]] = FairQueue()
        self._sizes: dict[tuple[TP, int], int] = {}
        self._bytes = 0
        self._room = asyncio.Event()
        assignment.join(self)

    async def serve(self, events: AsyncIterator[Event]) -> None:
        """Handle events until there are no more.

        Raises:
            ExceptionGroup: Handling or acknowledging raised; the event has not been acknowledged.
        """
        async with asyncio.TaskGroup() as group:
            workers = [group.create_task(self._work()) for _ in range(self._slots)]
            async for event in events:
                await self._admit(event)
            while self._sizes:
                await self._acknowledged()
            for worker in workers:
                worker.cancel()

    def release(self) -> None:
        """See `HeldBack`."""
        self._waiting.clear()
        self._sizes.clear()
        self._bytes = 0
        self._room.set()

    async def _admit(self, event: Event) -> None:
        tp, offset = event.message.tp, event.message.offset
        size = len(event.message.value or b"")
        while self._assignment.is_ours(tp) and self._is_full(size):
            await self._acknowledged()
        if not self._assignment.is_ours(tp):  # it was on its way when its partition went: its new owner gets it
            return
        self._sizes[tp, offset] = size
        self._bytes += size
        if self._assignment.of(tp).admit(offset, event):
            self._waiting.put((tp, offset), self._share_of(event))
        else:
            await self._acknowledge_done(tp)

    def _is_full(self, size: int) -> bool:
        return len(self._sizes) >= MOST_HELD or (bool(self._sizes) and self._bytes + size > MOST_BYTES)

    async def _acknowledged(self) -> None:
        """Wait until something was acknowledged, or let go of."""
        self._room.clear()
        await self._room.wait()

    async def _work(self) -> None:
        while True:
            tp, offset = await self._waiting.get()
            event = self._assignment.of(tp).start(offset)
            if event is not None:
                await self._do(event, tp, offset)

    async def _do(self, event: Event, tp: TP, offset: int) -> None:
        work = self._assignment.begin(settling=False)
        progress = self._assignment.of(tp)
        try:
            if await self._handle(event):
                progress.finish(offset)
            elif (again := progress.hand_back(offset)) is not None:
                self._waiting.put((tp, offset), self._share_of(again))
            await self._acknowledge_done(tp)
        finally:
            self._assignment.end(work, tp)

    async def _acknowledge_done(self, tp: TP) -> None:
        for event in self._assignment.of(tp).acknowledgeable():
            await self._acknowledge(event)
            self._bytes -= self._sizes.pop((tp, event.message.offset), 0)
            self._room.set()
