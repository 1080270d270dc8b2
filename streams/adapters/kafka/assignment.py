"""What all agents of a worker have in common: whose partitions they work on, and how they let go of them."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Protocol

import structlog

from streams.adapters.kafka.progress import PartitionProgress

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from faust.types import TP, EventT

__all__ = ["Assignment", "HeldBack"]

log = structlog.get_logger(__name__)

#: Seconds that work on tasks gets to come to its end when partitions change hands. What takes longer goes on, and is
#: known again when its partition comes back; elsewhere it is done once more.
DRAIN_S = 10.0
#: Seconds that a decision about a job gets, which must not be made on when its partition belongs to another worker.
SETTLE_S = 60.0


class HeldBack(Protocol):
    """An agent that holds events."""

    def release(self) -> None:
        """Let go of the events that no work has begun on."""
        ...


class Assignment:
    """The partitions that this worker's agents work on at present, and the work that is under way.

    Args:
        give_up: Ends the worker.
    """

    def __init__(self, give_up: Callable[[BaseException], None]) -> None:
        self._give_up = give_up
        self._progress: dict[TP, PartitionProgress[EventT[Any]]] = defaultdict(PartitionProgress)
        self._held: Callable[[], Collection[TP]] = tuple
        self._agents: list[HeldBack] = []
        self._running: set[asyncio.Future[Any]] = set()
        self._settling: set[asyncio.Future[Any]] = set()
        self._letting_go = asyncio.Event()
        self._changed: set[TP] = set()
        self._handled: Counter[str] = Counter()

    def follow(self, held: Callable[[], Collection[TP]]) -> None:
        """Learn how to ask which partitions are assigned."""
        self._held = held

    def join(self, agent: HeldBack) -> None:
        """Have an agent told when it is to let go."""
        self._agents.append(agent)

    def of(self, tp: TP) -> PartitionProgress[EventT[Any]]:
        """Return how far the work on a partition is."""
        return self._progress[tp]

    def begin(self, *, settling: bool) -> asyncio.Future[Any]:
        """Note that the work on an event begins; the future is to be resolved (`end`) when it has ended.

        Args:
            settling: Whether it decides about jobs, which must have an end before another worker may go on.
        """
        work = asyncio.get_running_loop().create_future()
        (self._settling if settling else self._running).add(work)
        return work

    def end(self, work: asyncio.Future[Any], tp: TP) -> None:
        """Note that the work on an event has ended."""
        self._running.discard(work)
        self._settling.discard(work)
        self._changed.add(tp)
        self._handled[tp.topic] += 1
        if not work.done():
            work.set_result(None)

    def handled(self, topic: str) -> int:
        """Return how many of a topic's events this worker has worked on: it rises as long as anything moves."""
        return self._handled[topic]

    def is_ours(self, tp: TP) -> bool:
        """Whether work on the partition is still wanted of this worker."""
        return not self._letting_go.is_set() and tp in self._held()

    async def pause(self, tp: TP, seconds: float) -> bool:
        """Wait for something to pass; return early, and false, when the partition is no longer ours."""
        try:
            async with asyncio.timeout(seconds):
                await self._letting_go.wait()
        except TimeoutError:
            return self.is_ours(tp)
        return False

    async def let_go(self) -> None:
        """Let go of all partitions: nothing new is begun, and what is under way gets a while to end."""
        self._letting_go.set()
        for agent in self._agents:
            agent.release()
        for progress in self._progress.values():
            progress.release()
        if self._running:
            await asyncio.wait(self._running, timeout=DRAIN_S)
        if self._settling:
            _, pending = await asyncio.wait(self._settling, timeout=SETTLE_S)
            if pending:
                self._give_up(TimeoutError(f"a decision about a job took longer than {SETTLE_S:g} s in a rebalance"))
        log.info("partitions_let_go", under_way=len(self._running))

    def take_up(self, places: Mapping[TP, tuple[int, str]]) -> None:
        """Take up partitions, each from its committed offset and with the metadata beside it."""
        for tp, (committed, metadata) in places.items():
            self._progress[tp].restore(committed, metadata)
        self._letting_go.clear()

    def metadata(self, offsets: Mapping[TP, int]) -> dict[TP, str]:
        """Return what is to be kept beside offsets that are about to be committed."""
        return {tp: self._progress[tp].metadata(offset) for tp, offset in offsets.items() if tp in self._progress}

    def changed(self, *, committed: Callable[[TP], int | None]) -> dict[TP, int]:
        """Return the offsets to commit again, since more is done beyond them, and count that as done.

        Args:
            committed: Returns the committed offset of a partition, where there is one.
        """
        marked, self._changed = self._changed, set()
        offsets = {}
        for tp in marked & set(self._held()):
            place = committed(tp)
            if place is None:
                place = self._progress[tp].first_open if tp in self._progress else None
            if place is not None:
                offsets[tp] = place
        return offsets

    def not_committed(self, tps: Collection[TP]) -> None:
        """Note that a commit failed: it is made again with the next one."""
        self._changed.update(tps)
