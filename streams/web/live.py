"""Live changes as server-sent events: a reader that comes back gets all that it missed, or is told to read anew.

The id of an event names the log of changes that it is from, and its number there. Each worker's read model has a log of
its own, so a number alone, taken to another worker or to a state folder made anew, would stand for some other change.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from schemas.jobs import LOCAL_CALLER

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from streams.readmodel.changes import Change
    from streams.readmodel.model import ReadModel

__all__ = ["LiveChanges", "always"]

#: Batches of changes that wait for one reader; one that is further behind is let go, and reads on from the read model
#: when it comes back. Batches and not changes: one large batch would let go even readers that keep up. All readers
#: share the batches, so this bounds the memory of them all.
QUEUED = 256
#: Changes that are read at a time for a reader that is behind: all of them at once would be held for each such reader.
PAGE = 500
#: Readers at a time, of one caller and in all: each holds a connection for as long as it likes. A page of the web view
#: is one; connections are twice as many at the least, so that others are served beside them.
MOST_OF_CALLER, MOST_READERS = 64, 256
#: Seconds between signs of life, below what proxies take for a dead connection.
KEEPALIVE_S = 15.0
#: Seconds between looks at whether a reader may still read: one whose token is taken back hears no more within these.
CHECK_S = 2.0
#: Milliseconds after which a browser that lost the connection comes back.
RETRY_MS = 2000

#: What an event's subject is called, where it is no job.
SUBJECTS = {
    "library": "library",
    "item": "library",
    "letter": "letter_id",
    "policy": "policy",
    "case": "case_id",
    "outcome": "media_id",
    "search": "search_id",
    "recurring": "id",
    "boilerplate": "ruling_id",
}

#: An event's id: the log's, then the number in it, of at most as many digits as SQLite counts to.
_ID = re.compile(r"(?P<log>[0-9a-f]+)-(?P<number>[0-9]{1,18})", re.ASCII)

#: Tells a reader that changes have passed it by: what it shows is to be read anew.
_RESET = b"event: reset\ndata: {}\n"

_END = None

Queue = asyncio.Queue["list[Change] | None"]


def always() -> bool:
    """Say that a reader may read on."""
    return True


class LiveChanges:
    """Hands every change of the read model to all readers that follow along."""

    def __init__(self, model: ReadModel) -> None:
        self._model = model
        self._queues: set[Queue] = set()
        self._readers: Counter[str] = Counter()
        self._closed = False

    def publish(self, changes: list[Change]) -> None:
        """Hand changes to the readers; called in the event loop."""
        for queue in list(self._queues):
            try:
                queue.put_nowait(changes)
            except asyncio.QueueFull:
                self._let_go(queue)

    def close(self) -> None:
        """Let all readers go."""
        self._closed = True
        for queue in list(self._queues):
            self._let_go(queue)

    def has_room(self, caller: str) -> bool:
        """Whether one more reader of this caller may follow."""
        return self._readers[caller] < MOST_OF_CALLER and self._readers.total() < MOST_READERS

    async def follow(
        self, last_id: str | None, caller: str = LOCAL_CALLER, *, may_read: Callable[[], bool] = always
    ) -> AsyncIterator[bytes]:
        """Yield changes in the form of server-sent events; none where there is no room for the reader.

        They end when the reader may no longer read.

        Args:
            may_read: Whether the reader may still read.
            last_id: Id of the last event that the reader has seen, to go on from there; None to start now. One that is
                none of this log's, or cannot be read, leads to a `reset`, and on from now.
            caller: Who reads.
        """
        if not self.has_room(caller):  # several came at once, and there was room for one of them
            return
        reader = _Reader(self._model)
        queue = self._join()
        self._readers[caller] += 1
        try:
            yield await reader.begin(last_id)
            while reader.behind:
                async for event in reader.missed():
                    if not may_read():
                        return
                    yield event
                reader.behind = queue not in self._queues and not self._closed
                if reader.behind:  # more came meanwhile than waits for one reader; it is in the log as well
                    queue = self._join()
            while True:
                changes = await _next(queue, may_read)
                if changes is _END or not may_read():
                    return
                if not changes:
                    yield b": still here\n\n"
                for event in reader.news(changes):
                    yield event
        finally:
            self._queues.discard(queue)
            self._readers -= Counter([caller])  # without what is left of callers that have gone

    def _join(self) -> Queue:
        """Return a queue that takes every change from now on."""
        queue: Queue = asyncio.Queue(QUEUED)
        self._queues.add(queue)
        if self._closed:
            self._let_go(queue)
        return queue

    def _let_go(self, queue: Queue) -> None:
        self._queues.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(_END)


async def _next(queue: Queue, may_read: Callable[[], bool]) -> list[Change] | None:
    """Return the next changes, none after a while without any, and the end when the reader may no longer read."""
    patience_s = KEEPALIVE_S
    while may_read():
        step_s = min(CHECK_S, patience_s)
        try:
            async with asyncio.timeout(step_s):
                return await queue.get()
        except TimeoutError:
            patience_s -= step_s
            if patience_s <= 0:
                return []
    return _END


class _Reader:
    """Where one reader stands in the log, and what it is told.

    Attributes:
        behind: Whether there may be changes in the log that no queue of the reader's holds.
    """

    def __init__(self, model: ReadModel) -> None:
        self._model = model
        self._newest = 0
        self.behind = False

    async def begin(self, last_id: str | None) -> bytes:
        """Find the reader's place, once a queue takes what comes; return what it is told first, which names the place.

        That is the place of the last event it has seen, so that one whose connection breaks before the next comes back
        to the same place.
        """
        newest = await asyncio.to_thread(self._model.changes.last)
        place = None if last_id is None else self._place(last_id, newest)
        self._newest = newest if place is None else place
        self.behind = self._newest < newest
        news = b"" if last_id is None or place is not None else _RESET
        return b"retry: %d\nid: %s\n%s\n" % (RETRY_MS, self._id(), news)

    async def missed(self) -> AsyncIterator[bytes]:
        """Yield what is in the log behind the reader's place, page by page to its end."""
        while True:
            page = await asyncio.to_thread(self._model.changes.since, self._newest, limit=PAGE)
            if page is None:
                self._newest = await asyncio.to_thread(self._model.changes.last)
                yield b"id: %s\n%s\n" % (self._id(), _RESET)
                continue
            if not page:
                return
            for event in self.news(page):
                yield event

    def news(self, changes: list[Change]) -> Iterator[bytes]:
        """Yield the changes that are behind the reader's place, and move it on.

        Of several of one thing the last one alone: a page that shows it is read once, and as it is then.
        """
        last = {(change.kind, change.subject): change.id for change in changes}
        for change in changes:
            if change.id > self._newest and change.id == last[change.kind, change.subject]:
                self._newest = change.id
                yield self._event(change)

    def _place(self, last_id: str, newest: int) -> int | None:
        """Return the number that an id stands for; None when it is of no event that this log has had."""
        known = _ID.fullmatch(last_id)
        if known is None or known["log"] != self._model.changes.log_id or int(known["number"]) > newest:
            return None
        return int(known["number"])

    def _event(self, change: Change) -> bytes:
        told = {"library": change.library, "state": change.state, SUBJECTS.get(change.kind, "job_id"): change.subject}
        data = msgspec.json.encode({"kind": change.kind, **{name: value for name, value in told.items() if value}})
        return b"id: %s\nevent: %s\ndata: %s\n\n" % (self._id(), change.kind.encode(), data)

    def _id(self) -> bytes:
        return b"%s-%d" % (self._model.changes.log_id.encode(), self._newest)
