"""A queue in which nobody waits behind all of somebody else's work."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from heapq import heappop, heappush
from itertools import count
from typing import Generic, NamedTuple, TypeVar

__all__ = ["FairQueue", "Share"]

T = TypeVar("T")


class Share(NamedTuple):
    """Whose work something is: callers take turns, and so do the jobs of one caller.

    Attributes:
        caller: Who asked.
        job_id: The job.
        place: Where in the job's work it comes: what has a lower one goes first.
    """

    caller: str
    job_id: str
    place: int = 0


class FairQueue(Generic[T]):
    """Gives out work in turns: first among callers, then among the jobs of the caller whose turn it is.

    A caller with a thousand videos and one with a single one each get every other slot; so do a film of three hours
    and a clip of the same caller. Work of one job comes by its place, and of one place in the order in which it was put
    in: partitions deliver a video's chunks in any order, and what its beginning copies is to be known before its end
    is looked at.
    """

    def __init__(self) -> None:
        self._callers: OrderedDict[str, OrderedDict[str, list[tuple[int, int, T]]]] = OrderedDict()
        self._arrivals = count()
        self._size = 0
        self._changed = asyncio.Event()

    def __len__(self) -> int:
        """How much waits."""
        return self._size

    def put(self, item: T, share: Share) -> None:
        """Put work in."""
        jobs = self._callers.setdefault(share.caller, OrderedDict())
        heappush(jobs.setdefault(share.job_id, []), (share.place, next(self._arrivals), item))
        self._size += 1
        self._changed.set()

    async def get(self) -> T:
        """Take the work whose turn it is; wait for some when there is none."""
        while not self._size:
            self._changed.clear()
            await self._changed.wait()
        return self._next()

    def clear(self) -> None:
        """Let all work go."""
        self._callers.clear()
        self._size = 0

    def _next(self) -> T:
        caller, jobs = self._callers.popitem(last=False)
        job_id, items = jobs.popitem(last=False)
        _, _, item = heappop(items)
        if items:
            jobs[job_id] = items  # at the end: the other jobs come first
        if jobs:
            self._callers[caller] = jobs
        self._size -= 1
        return item
