"""The Faust app that a worker runs: one for the worker's life, or one after the other where its broker is lost."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

from streams.adapters.kafka.assignment import Assignment
from streams.ports.waiting import within

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    import faust
    from faust.types import TP

    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.topics import Topics

__all__ = ["RunningApp"]

log = structlog.get_logger(__name__)

#: Seconds until the agents have partitions; joining a group waits for its other members' heartbeats.
JOIN_S = 120.0
#: Seconds between the end of an app and the worker's: where its broker has ended, that is heard of meanwhile.
MOURNING_S = 2.0


class RunningApp:
    """Starts the app, watches over it, and tells what it works on.

    Args:
        make: Makes an app with its agents for a Kafka and an assignment. It is asked again for each app: one that has
            run remembers offsets and records of the broker that it ran on.
        topics: The service's topics.
        give_up: Ends the worker.
    """

    def __init__(
        self,
        make: Callable[[KafkaConnection, Assignment], faust.App],
        topics: Topics,
        give_up: Callable[[BaseException], None],
    ) -> None:
        self._make = make
        self._topics = topics
        self._give_up = give_up
        self._app: faust.App | None = None
        self._is_started = False
        self._assignment = Assignment(give_up)
        self._watcher: asyncio.Task[None] | None = None
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def group(self) -> str:
        """The agents' consumer group, once the app has been started."""
        return "" if self._app is None else str(self._app.conf.id)

    def assignment(self) -> Collection[TP]:
        """Return the partitions that the agents read."""
        app = self._started()
        return () if app is None else app.consumer.assignment()

    def handled(self, topic: str) -> int:
        """Return how many of a topic's events the agents have worked on."""
        return self._assignment.handled(topic)

    def held_partitions(self) -> frozenset[int]:
        """Return the partitions of requests that this worker holds: what workers divide among them goes by these."""
        app = self._started()
        held = () if app is None or app.rebalancing else app.consumer.assignment()
        return frozenset(p.partition for p in held if p.topic == self._topics.job_requests)

    def is_ready(self) -> bool:
        """Whether the worker has its place in the group: no rebalance or recovery is under way, and it has its share.

        Where there are more workers than the partitions can be divided among, that share is none: such a worker serves
        API and web view, and takes over when another one ends.
        """
        app = self._started()
        if app is None:
            return False
        has_place = bool(app.consumer.assignment()) or app.unassigned
        return has_place and not app.rebalancing and not app.in_recovery

    async def start(self, kafka: KafkaConnection) -> None:
        """Start an app; returns when its agents have partitions to read.

        Args:
            kafka: Where its topics are.

        Raises:
            TimeoutError: The group gives this worker no place.
        """
        self._assignment = Assignment(self._give_up)
        app = self._app = self._make(kafka, self._assignment)
        await app.start()
        self._is_started = True
        self._watcher = asyncio.create_task(self._watch(app), name="faust-watch")
        async with within(JOIN_S, f"the consumer group gave this worker no place within {JOIN_S:g} s"):
            while not self.is_ready():  # noqa: ASYNC110 (Faust gives no event to wait for)
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Stop the app in good order."""
        app = self._left()
        if app is not None:
            await app.stop()

    async def let_go(self) -> None:
        """Leave an app whose broker is gone for good: it ends when it has given up waiting for answers."""
        app = self._left()
        if app is not None:
            ending = asyncio.create_task(app.stop(), name="faust-ending")
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)

    def _started(self) -> faust.App | None:
        """Return the app once it has a consumer to ask."""
        return self._app if self._is_started else None

    def _left(self) -> faust.App | None:
        self._is_started = False
        if self._watcher is not None:
            self._watcher.cancel()
        app, self._app = self._app, None
        return app

    async def _watch(self, app: faust.App) -> None:
        await app.wait_until_stopped()
        await asyncio.sleep(MOURNING_S)
        self._give_up(app.crash_reason or RuntimeError("the Faust app has stopped"))
