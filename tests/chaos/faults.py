"""What befalls the service. Each fault is over when its `strike` returns; what it did is for the service to mend."""

from __future__ import annotations

import asyncio
import os
import signal
from abc import ABC, abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING, ClassVar

from chaos.broker import Duplicator

if TYPE_CHECKING:
    from random import Random

    from chaos.cluster import Cluster
    from chaos.workers import Worker

__all__ = ["FAULTS", "Deck", "Fault"]

#: Seconds, at the most, from the round's first event to the fault: anywhere in the jobs' life.
LATEST_S = 8.0
#: Seconds for which a worker stands still: longer than Kafka waits for it.
FROZEN_WORKER_S = 40.0
#: Seconds for which the broker is away, and for which it stands still.
KAFKA_DOWN_S, KAFKA_FROZEN_S = 60.0, 20.0
#: Seconds, at the least and at the most, for which Milvus is away.
MILVUS_DOWN_S = (2.0, 40.0)
#: Seconds for which the disk is full.
DISK_FULL_S = 20.0
#: Seconds for which everything is delivered twice: longer than the round's jobs take.
DUPLICATING_S = 30.0
#: Seconds in which a process of a pool must be seen at work.
FINDING_S = 20.0
#: Seconds for which a third worker works before another one leaves, at the least and at the most.
JOINED_S = (0.0, 8.0)


class Fault(ABC):
    """One kind of fault.

    Attributes:
        name: What it is called in the table.
        before_traffic: Whether it strikes while the service is idle, and the round's events come afterwards.
        fills_disk: Whether it needs a disk of the run's own.
        note: What it struck, once it has.
    """

    name: ClassVar[str]
    before_traffic: ClassVar[bool] = False
    fills_disk: ClassVar[bool] = False

    def __init__(self) -> None:
        self.note = ""

    async def befall(self, cluster: Cluster, random: Random) -> None:
        """Strike at a random moment of the round."""
        if not self.before_traffic:
            await asyncio.sleep(random.uniform(0, LATEST_S))
        await self.strike(cluster, random)

    @abstractmethod
    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Do it; returns when the surroundings are whole again."""


class NoFault(Fault):
    """Nothing happens, but for events that come several times and in another order: as in every round."""

    name = "none (replays, reorderings)"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Do nothing."""


class WorkerGroupKilled(Fault):
    """`kill -9` of a worker and all processes that it has started."""

    name = "worker's group killed"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Kill one."""
        worker = _any(cluster, random)
        self.note = worker.name
        worker.signal_group(signal.SIGKILL)


class WorkerParentKilled(Fault):
    """`kill -9` of a worker's own process alone: those that it has started must not outlive it."""

    name = "worker's parent killed"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Kill one."""
        worker = _any(cluster, random)
        self.note = worker.name
        worker.signal_parent(signal.SIGKILL)


class BusyChildKilled(Fault):
    """`kill -9` of a process of a pool in the middle of a task, as by the out-of-memory killer."""

    name = "busy pool child killed"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Kill one, as soon as one is at work."""
        with suppress(TimeoutError):  # all was done before one could be caught
            async with asyncio.timeout(FINDING_S):
                while not self.note:
                    worker = _any(cluster, random)
                    for pid in (await worker.task_processes(busy=True))[:1]:
                        _kill(pid)
                        self.note = f"process {pid} of {worker.name}"


class IdleChildKilled(Fault):
    """`kill -9` of a process of a pool that has nothing to do."""

    name = "idle pool child killed"
    before_traffic = True

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Kill one of every worker, so that the next task meets it wherever it goes."""
        for worker in random.sample(cluster.workers, len(cluster.workers)):
            for pid in (await worker.task_processes(busy=False))[:1]:
                _kill(pid)
                self.note += f"process {pid} of {worker.name} "


class MilvusKilled(Fault):
    """`kill -9` of the Milvus server, which is started again after a while."""

    name = "Milvus killed"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Kill it, and start it again."""
        seconds = random.uniform(*MILVUS_DOWN_S)
        self.note = f"for {seconds:.0f} s"
        cluster.milvus.kill()
        await asyncio.sleep(seconds)
        await asyncio.to_thread(cluster.milvus.start)


class WorkerFrozen(Fault):
    """A worker stands still for longer than Kafka waits for it, and goes on as if nothing had been."""

    name = "worker frozen 40 s"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Freeze one, with or without its children."""
        worker = _any(cluster, random)
        whole = random.choice([True, False])
        self.note = f"{worker.name}, {'its whole group' if whole else 'without its children'}"
        send = worker.signal_group if whole else worker.signal_parent
        send(signal.SIGSTOP)
        await asyncio.sleep(FROZEN_WORKER_S)
        send(signal.SIGCONT)


class KafkaDown(Fault):
    """The broker is killed, and away for a minute."""

    name = "Kafka down 60 s"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Kill it, and start it again."""
        del random
        cluster.kafka.kill()
        await asyncio.sleep(KAFKA_DOWN_S)
        await asyncio.to_thread(cluster.kafka.start)


class KafkaFrozen(Fault):
    """The broker stands still: it takes connections, and does not answer."""

    name = "Kafka frozen 20 s"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Freeze it."""
        del random
        cluster.kafka.freeze()
        await asyncio.sleep(KAFKA_FROZEN_S)
        cluster.kafka.thaw()


class DiskFull(Fault):
    """The disk of state, store and temporary files is full, and then is not."""

    name = "disk full 20 s"
    fills_disk = True

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Fill it, and free it."""
        del random
        cluster.disk.fill()
        await asyncio.sleep(DISK_FULL_S)
        cluster.disk.free()


class Rebalance(Fault):
    """A worker joins in the middle of jobs, and another one leaves in good order."""

    name = "worker joins, one leaves"

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Let one in, and one go."""
        leaving = _any(cluster, random)
        joining = cluster.hire()
        self.note = f"{joining.name} joins, {leaving.name} leaves"
        try:
            await cluster.ready()
            await asyncio.sleep(random.uniform(*JOINED_S))
        finally:
            await cluster.dismiss(leaving)


class Duplicates(Fault):
    """Every message between the agents is delivered twice, byte for byte, the second time early or late."""

    name = "internal messages twice"

    async def befall(self, cluster: Cluster, random: Random) -> None:
        """Begin with the round's first event."""
        await self.strike(cluster, random)

    async def strike(self, cluster: Cluster, random: Random) -> None:
        """Copy for a while."""
        topics = cluster.topics
        internal = [topics.job_requests, topics.chunks, topics.import_chunks, topics.chunk_results]
        duplicator = await asyncio.to_thread(Duplicator, cluster.kafka.bootstrap, internal, random)
        running = asyncio.create_task(asyncio.to_thread(duplicator.run))
        await asyncio.sleep(DUPLICATING_S)
        duplicator.stop()
        await running
        self.note = f"{duplicator.copied} copies"


#: Every kind of fault.
FAULTS: tuple[type[Fault], ...] = (
    NoFault,
    WorkerGroupKilled,
    WorkerParentKilled,
    BusyChildKilled,
    IdleChildKilled,
    MilvusKilled,
    WorkerFrozen,
    KafkaDown,
    KafkaFrozen,
    DiskFull,
    Rebalance,
    Duplicates,
)


class Deck:
    """Deals faults: all kinds once in a random order, then all of them again."""

    def __init__(self, kinds: tuple[type[Fault], ...], random: Random) -> None:
        self._kinds = kinds
        self._random = random
        self._left: list[type[Fault]] = []

    def deal(self) -> Fault:
        """Return the next fault."""
        if not self._left:
            self._left = self._random.sample(self._kinds, len(self._kinds))
        return self._left.pop()()


def _any(cluster: Cluster, random: Random) -> Worker:
    return random.choice(cluster.workers)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
