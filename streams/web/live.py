"""Live changes as server-sent events. A reader that does not keep up is let go, and comes back by itself."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from streams.readmodel.model import Change, ReadModel

__all__ = ["LiveChanges"]

#: Changes that wait for one reader; one that is further behind reads on from the read model when it comes back.
QUEUED = 256
#: Seconds between signs of life, below what proxies take for a dead connection.
KEEPALIVE_S = 15.0
#: Milliseconds after which a browser that lost the connection comes back.
RETRY_MS = 2000

#: What an event's subject is called, where it is no job.
SUBJECTS = {"library": "library", "item": "library", "letter": "letter_id"}

_END = None


class LiveChanges:
    """Hands every change of the read model to all readers that follow along."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model
        self._queues: set[asyncio.Queue[Change | None]] = set()

    def publish(self, changes: list[Change]) -> None:
        """Hand changes to the readers; called in the event loop."""
        for queue in list(self._queues):
            try:
                for change in changes:
                    queue.put_nowait(change)
            except asyncio.QueueFull:
                self._let_go(queue)

    def close(self) -> None:
        """Let all readers go."""
        for queue in list(self._queues):
            self._let_go(queue)

    async def follow(self, last_id: int | None) -> AsyncIterator[bytes]:
        """Yield changes in the form of server-sent events.

        Args:
            last_id: The last change that the reader has seen, to go on from there; None to start now.
        """
        queue: asyncio.Queue[Change | None] = asyncio.Queue(QUEUED)
        self._queues.add(queue)
        try:
            newest = self._model.last_change() if last_id is None else last_id
            yield f"retry: {RETRY_MS}\nid: {newest}\n\n".encode()
            if last_id is not None:
                missed = await asyncio.to_thread(self._model.changes_since, last_id)
                if missed is None:
                    yield b"event: reset\ndata: {}\n\n"
                for old in missed or ():
                    newest = max(newest, old.id)
                    yield _event(old)
            while True:
                try:
                    async with asyncio.timeout(KEEPALIVE_S):
                        change = await queue.get()
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                if change is _END:
                    return
                if change.id > newest:
                    yield _event(change)
        finally:
            self._queues.discard(queue)

    def _let_go(self, queue: asyncio.Queue[Change | None]) -> None:
        self._queues.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(_END)


def _event(change: Change) -> bytes:
    data = msgspec.json.encode({"kind": change.kind, SUBJECTS.get(change.kind, "job_id"): change.subject})
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (change.id, change.kind.encode(), data)
