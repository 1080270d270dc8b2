"""The pool: runs tasks in worker processes, each with limits, and survives whatever happens to them."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

import msgspec
import structlog
from prometheus_client import Counter

from schemas.errors import ErrorCode
from schemas.tasks import TaskKind, TaskOutcome, chunk_of
from streams.child_processes import LIBRARY_ENVIRONMENT
from streams.domain.search_scope import Assignment
from streams.pipeline.pool.worker import CrashedError, LostError, PoolWorker, StalledError, WorkedTooLongError
from streams.ports.errors import Neighbour, NeighbourAwayError
from streams.ports.task_report import TaskReport, failed
from streams.ports.tasks import WALL_FACTOR

if TYPE_CHECKING:
    from schemas.tasks import Task
    from streams.domain.search_scope import Scope
    from streams.settings import Settings

__all__ = ["TaskPool"]

log = structlog.get_logger(__name__)

#: How often a task is begun anew, within one try, when its process was ended from outside in the middle of it. It may
#: be the task after all that makes the system short of memory.
MOST_LOST = 3
#: How often a process is made anew before the system counts as unable to start any.
MOST_RENEWALS = 5
#: Tasks about a media item. What they take is the media's doing; what others take is that of the surroundings.
_ABOUT_MEDIA = frozenset({TaskKind.PLAN, TaskKind.FINGERPRINT, TaskKind.FINISH})

_LOST = Counter("mediadna_worker_processes_lost_total", "Worker processes that were ended from outside.")


class TaskPool:
    """Worker processes that do tasks.

    They are there from the first task on: a lane that is never used costs no memory.

    Args:
        settings: The service's settings.
        slots: How many processes there are.
        niceness: How far they give way to other processes, as for `nice`.
    """

    def __init__(self, settings: Settings, *, slots: int, niceness: int = 0) -> None:
        for name, value in LIBRARY_ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._settings = settings
        self._workers = [PoolWorker(settings, niceness=niceness) for _ in range(slots)]
        self._free: asyncio.LifoQueue[PoolWorker] = asyncio.LifoQueue()
        for worker in self._workers:
            self._free.put_nowait(worker)

    async def run(self, task: Task, scope: Scope) -> TaskReport:
        """Run the task in a worker process as soon as one is free.

        A process that is ended from outside costs the task nothing: it is begun anew.

        Raises:
            NeighbourAwayError: What the task needs is away, or no process can be started.
        """
        worker = await self._free.get()
        try:
            report = await self._until_done(worker, task, scope)
        finally:
            self._free.put_nowait(worker)
        if report.away is not None:
            raise NeighbourAwayError(report.away.neighbour, report.away.reason)
        return report

    def stop(self) -> None:
        """End all processes, also in the middle of a task: what they were at is delivered again."""
        for worker in self._workers:
            worker.stop()

    async def _until_done(self, worker: PoolWorker, task: Task, scope: Scope) -> TaskReport:
        lost = 0
        for renewal in range(MOST_RENEWALS):
            try:
                return await self._once(worker, task, scope)
            except LostError as error:
                _LOST.inc()
                log.warning("worker_process_lost", job_id=task.job_id, kind=task.kind, error=str(error))
                if not error.at_work:  # else its pool has noticed, and has made another
                    await worker.renew()
                reason, lost = str(error), lost + error.at_work
            if lost >= MOST_LOST:
                return failed(task, TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR, f"{reason}, {lost} times in a row")
            await asyncio.sleep(renewal / 2)
        raise NeighbourAwayError(Neighbour.PROCESSES, f"no worker process stays alive: {reason}")

    async def _once(self, worker: PoolWorker, task: Task, scope: Scope) -> TaskReport:
        cpu_s = self._settings.plan_timeout_s if task.kind is TaskKind.PLAN else self._settings.task_timeout_s
        assignment = msgspec.json.encode(Assignment(task=task, scope=scope))
        try:
            data = await worker.do(assignment, cpu_s=cpu_s, wall_s=WALL_FACTOR * cpu_s)
        except WorkedTooLongError:
            # The same bytes would take as long again.
            outcome = TaskOutcome.FAILED if task.kind in _ABOUT_MEDIA else TaskOutcome.RETRY
            return failed(task, outcome, ErrorCode.TIMEOUT, _too_long(task, cpu_s))
        except StalledError:
            return failed(
                task,
                TaskOutcome.RETRY,
                ErrorCode.TIMEOUT,
                f"a task stood still for most of {WALL_FACTOR * cpu_s:g} s: the place of the media answers too slowly, "
                "or the machine has far too much to do",
            )
        except CrashedError as error:
            return failed(
                task,
                TaskOutcome.RETRY,
                ErrorCode.RESOURCE_CONTENT_BAD,
                f"the decoder crashed on this media ({error}): transcode it anew and send that",
            )
        except LostError:
            raise
        except Exception as error:  # raised before the task had a report: the process could not set itself up
            log.exception("task_not_started", job_id=task.job_id, kind=task.kind, chunk=chunk_of(task))
            return failed(task, TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
        return msgspec.json.decode(data, type=TaskReport)


def _too_long(task: Task, cpu_s: float) -> str:
    if task.kind is TaskKind.PLAN:
        return (
            f"looking through the media's index took more than {cpu_s:g} s of processor time: re-wrap it into a plain "
            "MP4, or raise MEDIADNA_PLAN_TIMEOUT_S"
        )
    return (
        f"a chunk took more than {cpu_s:g} s of processor time: send a smaller rendition, or raise "
        "MEDIADNA_TASK_TIMEOUT_S"
    )
