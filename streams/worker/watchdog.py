"""Notices when the agents have stopped without a word, so that the worker can end and be started anew.

Faust's consumers have been seen to go on living without reading: after a rebalance that went wrong, or when a
coordinator moved. The process looks healthy then, and events wait for ever. What cannot be mistaken is the group's
place in its topics as the *broker* knows it: it moves, or there is nothing to read.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from streams.adapters.kafka.offsets import group_offsets
from streams.background_task import BackgroundTask
from streams.ports.errors import Neighbour

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from aiokafka import TopicPartition

    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.offsets import GroupOffsets
    from streams.telemetry.neighbours import Neighbours

__all__ = ["AgentsStalled", "Progress", "Watchdog"]

#: Seconds between looks: a few requests to the broker, and soon enough beside the minutes that a stall takes to show.
POLL_INTERVAL_S = 10.0


class AgentsStalled(RuntimeError):  # noqa: N818 (says what happened)
    """Events wait, and the agents have not taken any for a long time."""


@dataclass
class Progress:
    """How long the place in each topic has stood still while events waited."""

    _standing: dict[str, tuple[int, float]] = field(default_factory=dict)

    def observe(
        self,
        places: Mapping[TopicPartition, tuple[int, int]],
        *,
        now: float,
        handled: Callable[[str], int] = lambda _: 0,
    ) -> dict[str, float]:
        """Take note of places; return for each topic the seconds without progress.

        Args:
            places: For each partition that is looked at, the next offset to handle and the offset of its end. A topic
                whose events have all been handled makes progress by definition; one whose partitions have come or gone
                is looked at anew.
            now: The time, seconds.
            handled: Returns how many events of a topic have been worked on here. Where one event takes long the place
                stands still although those behind it are handled: that is progress.
        """
        topics: dict[str, list[tuple[TopicPartition, int, int]]] = {}
        for partition, (place, end) in places.items():
            topics.setdefault(partition.topic, []).append((partition, place, end))
        standing = {}
        for topic, found in topics.items():
            waiting = any(place < end for _, place, end in found)
            mark = hash((frozenset((partition, place) for partition, place, _ in found), handled(topic)))
            known = self._standing.get(topic)
            standing[topic] = known if waiting and known is not None and known[0] == mark else (mark, now)
        self._standing = standing
        return {topic: now - since for topic, (_, since) in standing.items()}


class Watchdog:
    """Follows the group's place in the agents' topics, from outside the group."""

    def __init__(
        self,
        kafka: KafkaConnection,
        group: str,
        partitions: Sequence[TopicPartition],
        *,
        assignment: Callable[[], Collection[tuple[str, int]]],
        handled: Callable[[str], int],
        neighbours: Neighbours,
        patience_s: float,
    ) -> None:
        """Prepare.

        Args:
            kafka: The broker.
            group: The agents' consumer group.
            partitions: What the group reads.
            assignment: Returns what this worker reads of it; without any, it answers for all of it: a worker that was
                silently left out must not stand by while nobody reads.
            handled: Returns how many events of a topic this worker has worked on.
            neighbours: Knows who is away: agents that wait for a neighbour have not stalled. Is told of the broker.
            patience_s: Seconds without progress, while events wait, after which they count as stalled. Longer than the
                longest that one event may take.
        """
        self._kafka = kafka
        self._group = group
        self._partitions = partitions
        self._assignment = assignment
        self._handled = handled
        self._neighbours = neighbours
        self._patience_s = patience_s
        self._progress = Progress()
        self._task = BackgroundTask("watchdog")

    def start(self, on_stall: Callable[[BaseException], None]) -> None:
        """Start looking; `on_stall` is called once, when the agents have stalled."""
        self._task.start(self._run(on_stall))

    async def stop(self) -> None:
        """Stop looking."""
        await self._task.stop()

    async def _run(self, on_stall: Callable[[BaseException], None]) -> None:
        while True:
            try:
                await self._follow()
            except AgentsStalled as error:
                on_stall(error)
                return
            except (KafkaError, OSError) as error:  # a broker that is away is no fault of the agents
                self._neighbours.left(Neighbour.KAFKA, f"the broker does not answer: {error!r}")
                self._progress = Progress()
                await asyncio.sleep(POLL_INTERVAL_S)

    async def _follow(self) -> None:
        async with group_offsets(self._kafka, self._group, self._partitions) as offsets:
            while True:
                await self._look(offsets)
                await asyncio.sleep(POLL_INTERVAL_S)

    async def _look(self, offsets: GroupOffsets) -> None:
        own = set(self._assignment())
        partitions = [partition for partition in self._partitions if partition in own] or list(self._partitions)
        ends = await offsets.ends(partitions)
        places = {
            partition: (place, ends[partition]) for partition, place in (await offsets.committed(partitions)).items()
        }
        self._neighbours.came_back(Neighbour.KAFKA)
        if self._neighbours.away():
            self._progress = Progress()
            return
        standing = self._progress.observe(places, now=time.monotonic(), handled=self._handled)
        topic, seconds = max(standing.items(), key=lambda item: item[1])
        if seconds > self._patience_s:
            raise AgentsStalled(
                f"events wait in {topic}, and none was handled for {seconds:.0f} s: this worker ends so that it is "
                "started anew, or its partitions go to others"
            )
