"""The pool: runs tasks in worker processes, each with a time limit, and survives whatever happens to them."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from concurrent.futures import CancelledError as FutureCancelled
from typing import TYPE_CHECKING

import msgspec
import pebble
import structlog

from schemas.errors import ErrorCode
from schemas.jobs import TaskOutcome
from streams.pool.process import ProcessSetup, call, initialise
from streams.tasks.report import TaskReport, failed
from streams.tasks.scope import Assignment

if TYPE_CHECKING:
    from schemas.jobs import ChunkTask
    from streams.settings import Settings
    from streams.tasks.scope import Scope

__all__ = ["TaskPool"]

log = structlog.get_logger(__name__)

#: Tasks that one process does before a fresh one takes its place: leaks of decoders stay small, and loading the engine
#: (seconds) stays rare.
TASKS_PER_PROCESS = 200
#: Environment of the processes. Libraries that would start threads of their own get one: the parallelism is in the
#: processes. And blocks from 4 MiB on go back to the system when they are freed, where glibc would begin to keep them:
#: FFmpeg lists the samples of a long MP4 anew for each chunk, tens of MiB. Up to 16 MiB of smaller ones are kept all
#: the same: taking them anew for each picture would cost a tenth of the time.
ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "MALLOC_MMAP_THRESHOLD_": str(4 * 2**20),
    "MALLOC_TRIM_THRESHOLD_": str(16 * 2**20),
}


class TaskPool:
    """Worker processes that do tasks.

    They are spawned, not forked: a fork of a process with threads and an event loop inherits locks and handlers. They
    are there from the first task on: a lane that is never used costs no memory.

    Args:
        settings: The service's settings.
        slots: How many processes there are.
        niceness: How far they give way to other processes, as for `nice`.
    """

    def __init__(self, settings: Settings, *, slots: int, niceness: int = 0) -> None:
        for name, value in ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        self._timeout = settings.task_timeout_s
        self._pool = pebble.ProcessPool(
            max_workers=slots,
            max_tasks=TASKS_PER_PROCESS,
            initializer=initialise,
            initargs=[ProcessSetup(settings=settings, parent=os.getpid(), niceness=niceness)],
            context=multiprocessing.get_context("spawn"),
        )

    async def run(self, task: ChunkTask, scope: Scope) -> TaskReport:
        """Run the task in a worker process; a process that hangs or dies gives a result that allows another try."""
        future = self._pool.submit(call, self._timeout, msgspec.json.encode(Assignment(task=task, scope=scope)))
        try:
            data = await asyncio.wrap_future(future)
        except TimeoutError:
            return failed(
                task,
                TaskOutcome.RETRY,
                ErrorCode.TIMEOUT,
                f"a chunk took longer than {self._timeout:g} s: raise MEDIADNA_TASK_TIMEOUT_S or send a smaller file",
            )
        except pebble.ProcessExpired as error:
            return failed(
                task,
                TaskOutcome.RETRY,
                ErrorCode.RESOURCE_CONTENT_BAD,
                f"the decoder crashed on this media (status {error.exitcode}): transcode it anew and send that",
            )
        except FutureCancelled as error:
            raise asyncio.CancelledError from error
        except Exception as error:  # raised before the task had a report: the process could not set itself up
            log.exception("task_not_started", job_id=task.job_id, kind=task.kind, chunk=task.chunk)
            return failed(task, TaskOutcome.RETRY, ErrorCode.INTERNAL_ERROR, f"{type(error).__name__}: {error}")
        return msgspec.json.decode(data, type=TaskReport)

    def stop(self) -> None:
        """End all processes, also in the middle of a task: what they were at is delivered again."""
        self._pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it untyped
        self._pool.join()
