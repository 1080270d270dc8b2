"""One run: what an undisturbed service does, then round after round of faults, and what was wrong afterwards."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING

import httpx
from pymilvus import MilvusException

from chaos.broker import Log
from chaos.checks import (
    READY,
    UNFINISHED,
    Expected,
    Violation,
    check_end,
    check_items,
    check_surroundings,
    observe,
)
from chaos.cluster import LIBRARY, READY_S, REFERENCES, Cluster
from chaos.traffic import Item, Traffic
from chaos.workers import Size

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from pathlib import Path

    from chaos.faults import Fault

__all__ = ["Report", "Rounds"]

#: Seconds until all jobs of a round have ended and nothing is left to do, once the surroundings are whole again.
QUIET_S = 300.0
#: Looks in a row at which all must be done, and seconds between them: acknowledgements come later than results.
QUIET_LOOKS, LOOK_S = 3, 1.0


@dataclass(frozen=True)
class Report:
    """What became of one round.

    Attributes:
        number: Of the round.
        fault: Name of its fault.
        note: What the fault struck.
        seconds: How long it took.
        violations: What was wrong; empty when nothing was.
    """

    number: int
    fault: str
    note: str
    seconds: float
    violations: tuple[Violation, ...]


@dataclass
class Rounds:
    """Runs rounds on a cluster.

    Attributes:
        cluster: That the faults strike.
        seed: From which all that is drawn at random follows.
    """

    cluster: Cluster
    seed: int
    _sent: list[Item] = field(default_factory=list)
    _given_up: set[str] = field(default_factory=set)
    _expected: dict[str, Expected] = field(default_factory=dict)
    _size: Size = field(default_factory=lambda: Size(0, 0.0))

    async def begin(self, footage: Path) -> None:
        """Start the service, fill the library that is searched, and see what each source's jobs leave undisturbed.

        Raises:
            TimeoutError: The undisturbed jobs do not end.
        """
        self._traffic = Traffic(self.cluster)
        preparing = asyncio.create_task(self._traffic.prepare(footage))
        await self.cluster.start()
        await preparing
        self._log = Log(self.cluster.kafka.bootstrap, self.cluster.topics.job_complete)
        await self.cluster.post("/libraries", {"name": REFERENCES})
        await self.cluster.post(f"/libraries/{LIBRARY}/pause", {})
        ids = await self._traffic.send_references()
        await self._quiet(lambda: set(ids) <= {event.job_id for event in self._log.completions()})
        items = self._traffic.undisturbed()
        await self._traffic.send(items, Random(self.seed))
        await self._quiet_after(items)
        completions = self._log.completions()
        self._expected = await observe(self.cluster, items, completions)
        self._sent += items
        sizes = [worker.size() for worker in self.cluster.workers]
        self._size = Size(max(one.handles for one in sizes), max(one.memory_mb for one in sizes))

    async def round(self, number: int, fault: Fault) -> Report:
        """Send events, let the fault strike, wait until all is quiet, and check."""
        started = time.monotonic()
        random = Random(f"{self.seed}:{number}")
        items = self._traffic.draw(number, random)
        self._sent += items
        violations = await self._struck(fault, items, random)
        violations += await self._settled(items)
        if violations:
            self._given_up |= {item.media_id for item in items}
            await self.cluster.replace_workers()
            await self.cluster.ready()
        return Report(number, fault.name, fault.note, time.monotonic() - started, tuple(violations))

    async def end(self) -> list[Violation]:
        """Check all that was ever sent, but for what was reported before, and what the workers hold now."""
        items = [item for item in self._sent if item.media_id not in self._given_up]
        return [*await self._check(items), *check_end(self.cluster, self._size)]

    async def _struck(self, fault: Fault, items: Sequence[Item], random: Random) -> list[Violation]:
        """Send items and let a fault strike; return what the service would not do meanwhile."""
        found: list[Violation] = []
        try:
            if fault.before_traffic:
                await fault.befall(self.cluster, random)
                await self._traffic.send(items, random)
            else:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._traffic.send(items, random))
                    group.create_task(fault.befall(self.cluster, random))
        except* TimeoutError:
            slow = ", ".join(worker.name for worker in self.cluster.workers if not worker.web) or "a worker"
            found.append(Violation(READY, f"{slow} took no events within {READY_S:.0f} s"))
        return found

    async def _settled(self, items: Collection[Item]) -> list[Violation]:
        """Wait until a round is over; return what is wrong then."""
        try:
            await self._quiet_after(items)
        except TimeoutError:
            lag = await self.cluster.lag()
            done = {event.media_id for event in self._log.completions()}
            open_ = ", ".join(item.media_id for item in items if item.media_id not in done)
            late = Violation(UNFINISHED, f"after {QUIET_S:.0f} s: lag {lag}, no complete event of: {open_ or 'none'}")
            return [late, *await self._check(items)]
        return await self._check(items)

    async def _check(self, items: Collection[Item]) -> list[Violation]:
        self._log.read()
        completions = self._log.completions()
        try:
            found = await check_items(self.cluster, list(items), self._expected, completions)
            return found + await check_surroundings(self.cluster, completions)
        except (httpx.HTTPError, httpx.InvalidURL, MilvusException) as error:
            return [Violation(UNFINISHED, f"cannot be looked at: {error!r}")]

    async def _quiet_after(self, items: Collection[Item]) -> None:
        wanted = {item.media_id for item in items}
        await self._quiet(lambda: wanted <= {event.media_id for event in self._log.completions()})

    async def _quiet(self, done: Callable[[], bool]) -> None:
        """Wait until something is done, no message waits, and all workers are ready."""
        looks = 0
        async with asyncio.timeout(QUIET_S):
            while looks < QUIET_LOOKS:
                await asyncio.to_thread(self._log.read)
                quiet = done() and await self.cluster.lag() == 0 and await self.cluster.are_ready()
                looks = looks + 1 if quiet else 0
                await asyncio.sleep(LOOK_S)
