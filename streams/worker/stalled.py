"""Finds jobs that stand still since something of theirs was lost, and asks for them again.

A job moves by messages: a request, tasks, results. When one of them is gone (put aside by mistake, or lost with a
broker's disk) nothing would ever move the job again, and nobody would hear of it. That a job has not moved for long
does not tell: its tasks may wait in a long queue. What tells is the place of the agents' group: once it has passed
everything that was on the topics, as often as messages of a job can follow one another, and the job still stands
where it stood, then nothing of it is left.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

import structlog
from aiokafka import TopicPartition
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge

from schemas.channels import PARTITIONS
from schemas.clock import format_time
from streams.adapters.kafka.offsets import group_offsets, partition_of
from streams.background_task import BackgroundTask

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence

    from schemas.jobs import Job
    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.offsets import GroupOffsets
    from streams.adapters.kafka.topics import Topics
    from streams.readmodel.jobs import UnmovedJob

__all__ = ["JobSweep", "Standstill", "longest_chain"]

log = structlog.get_logger(__name__)

#: Looks in the time after which a job counts as stalled: what was lost is found in that time and about half of it more.
LOOKS_PER_STALL = 20
#: Seconds between looks at the most, and at the least: each is some twenty small requests to the broker.
LONGEST_PAUSE_S, SHORTEST_PAUSE_S = 30.0, 0.1

STALLED = Gauge(
    "mediadna_jobs_stalled",
    "Jobs, of those that this worker answers for, that have not ended and made no progress for MEDIADNA_STALL_S.",
)
ASKED_AGAIN = Counter("mediadna_jobs_asked_again", "Jobs that were asked for again, since all of them was lost.")


def longest_chain(tries: int) -> int:
    """Return how many messages of one job can follow one another while its state stays as it is.

    A request leads to a task and that to a result; a result that says "once more" leads to the task again, as often
    as it is tried.
    """
    return 1 + 2 * tries


@dataclass
class Standstill:
    """Tells which jobs stand still although nothing of theirs is queued.

    Attributes:
        chain: How many messages of one job can follow one another without its state changing.
    """

    chain: int
    _round: int = 0
    _ends: Mapping[TopicPartition, int] = field(default_factory=dict)
    #: The state that each job was found in, and the first whole round that it stood still in.
    _standing: dict[str, tuple[str, int]] = field(default_factory=dict)

    def observe(
        self, jobs: Mapping[str, str], *, committed: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
    ) -> list[str]:
        """Take note of what stands still; return the jobs of which nothing is left on the topics.

        The order in which the three are read decides: whatever was handled shows in the jobs, and whatever there was
        of the jobs lies before the ends. A round is over when the group has passed the ends that were noted at its
        beginning. Each round takes every message that may be left of a job at least one step on, so that after as many
        rounds as its chain is long there is none left.

        Args:
            jobs: The jobs whose state is old, and that state, by anything that changes with it. Read after `committed`.
            committed: The group's place in each partition that messages of these jobs pass.
            ends: The ends of the same partitions. Read after `jobs`.
        """
        # A topic that is shorter than it was has been made anew: what was noted of it will never come.
        over = all(committed[partition] >= min(end, ends[partition]) for partition, end in self._ends.items())
        if over:
            self._round += 1
            self._ends = dict(ends)
        first = self._round if over else self._round + 1
        known = self._standing
        self._standing = {
            job: known[job] if job in known and known[job][0] == state else (state, first)
            for job, state in jobs.items()
        }
        lost = [job for job, (_, since) in self._standing.items() if self._round - since >= self.chain]
        for job in lost:  # what is asked for now passes the topics too
            del self._standing[job]
        return lost


class Jobs(Protocol):
    """The read model's jobs."""

    def unmoved(self, since: str) -> Sequence[UnmovedJob]:
        """Return the jobs that have not ended and whose state is older than a time."""
        ...

    def get(self, job_id: str) -> Job | None:
        """Return a job."""
        ...


class JobSweep:
    """Looks now and then, as one of the workers that divide all jobs among them by the partitions that they hold."""

    def __init__(
        self,
        kafka: KafkaConnection,
        group: str,
        topics: Topics,
        jobs: Jobs,
        *,
        ask_again: Callable[[Job], Awaitable[None]],
        caught_up: Callable[[str], Awaitable[None]],
        held: Callable[[], Collection[int]],
        stall_s: float,
        tries: int,
    ) -> None:
        """Prepare.

        Args:
            kafka: The broker.
            group: The agents' consumer group.
            topics: The service's topics.
            jobs: Knows where each job stands.
            ask_again: Asks for a job that has not ended.
            caught_up: Waits until `jobs` knows what is on a topic.
            held: Returns the partitions of requests that this worker holds: it answers for the jobs of these.
            stall_s: Seconds without progress after which a job is looked at.
            tries: How often a task is tried before its job fails.
        """
        self._kafka = kafka
        self._group = group
        self._topics = topics
        self._jobs = jobs
        self._ask_again = ask_again
        self._caught_up = caught_up
        self._held = held
        self._stall = timedelta(seconds=stall_s)
        self._pause_s = min(LONGEST_PAUSE_S, max(SHORTEST_PAUSE_S, stall_s / LOOKS_PER_STALL))
        # By their lanes: the backlog of an import says nothing about other jobs.
        self._lanes = {lane: Standstill(longest_chain(tries)) for lane in (topics.chunks, topics.import_chunks)}
        self._task = BackgroundTask("job-sweep")

    def start(self) -> None:
        """Start looking."""
        self._task.start(self._run())

    async def stop(self) -> None:
        """Stop looking."""
        await self._task.stop()

    async def _run(self) -> None:
        while True:
            try:
                await self._follow()
            except (KafkaError, OSError) as error:  # a broker that is away: no message of a job is handled meanwhile
                log.warning("stalled_jobs_not_looked_for", error=repr(error))
            except Exception:  # a full disk, a file that is locked: the next look may go well
                log.exception("stalled_jobs_not_looked_for")
            await asyncio.sleep(self._pause_s)

    async def _follow(self) -> None:
        partitions = self._passed(*self._lanes)
        async with group_offsets(self._kafka, self._group, partitions) as offsets:
            while True:
                await self._look(offsets)
                await asyncio.sleep(self._pause_s)

    async def _look(self, offsets: GroupOffsets) -> None:
        partitions = self._passed(*self._lanes)
        committed = await offsets.committed(partitions)
        await self._caught_up(self._topics.jobs)
        unmoved = await self._unmoved()
        ends = await offsets.ends(partitions)
        STALLED.set(len(unmoved))
        for lane, standstill in self._lanes.items():
            passed = self._passed(lane)
            lost = standstill.observe(
                {job.job_id: job.update_time for job in unmoved if self._topics.lane(job.lane) == lane},
                committed={partition: committed[partition] for partition in passed},
                ends={partition: ends[partition] for partition in passed},
            )
            for job_id in lost:
                await self._ask(job_id)

    async def _unmoved(self) -> list[UnmovedJob]:
        """Return the jobs of this worker that stand where they stood for long."""
        held = self._held()
        if not held:
            return []
        unmoved = await asyncio.to_thread(self._jobs.unmoved, format_time(datetime.now(UTC) - self._stall))
        return [job for job in unmoved if partition_of(job.media_id) in held]

    async def _ask(self, job_id: str) -> None:
        job = await asyncio.to_thread(self._jobs.get, job_id)
        if job is None or job.status.ended:
            return
        await self._ask_again(job)
        ASKED_AGAIN.inc()
        log.warning("job_asked_again", job_id=job_id, media_id=job.media_id, stands_since=job.update_time)

    def _passed(self, *lanes: str) -> list[TopicPartition]:
        """Return the partitions that the messages of jobs on these lanes pass."""
        topics = (self._topics.job_requests, *lanes, self._topics.chunk_results)
        return [TopicPartition(topic, number) for topic in topics for number in range(PARTITIONS)]
