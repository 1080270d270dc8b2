"""One worker process behind the pool: started when it is needed, and made anew when it is lost."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING

import pebble
import structlog

from streams.pipeline.pool.process import ProcessSetup, call, initialise
from streams.ports.decoder_errors import DecoderEndedError, DecoderGarbledError, DecoderNotStartedError

if TYPE_CHECKING:
    from streams.settings import Settings

__all__ = ["CrashedError", "LostError", "PoolWorker", "StalledError", "WorkedTooLongError"]

log = structlog.get_logger(__name__)

#: Tasks that one process does before a fresh one takes its place: leaks of decoders stay small, and loading the engine
#: (seconds) stays rare.
TASKS_PER_PROCESS = 200
#: Seconds beyond a task's time in which its process must have begun it: loading the engine takes some, and some more on
#: a machine that is busy. One that was stopped as it stood idle would never begin.
STARTING_S = 60.0
#: Seconds between two looks at whether there is still a pool that would answer, and that it has to answer when it ends.
LOOK_S = 1.0
#: Signals by which somebody else ends a process: the kernel when memory is short, an operator, a container's stop.
_FROM_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class WorkedTooLongError(Exception):
    """The task used up its processor time."""


class StalledError(Exception):
    """The task waited, for its media's place most likely, until its time on the clock was over."""


class CrashedError(Exception):
    """The process, or its decoder, died of what it did."""


class LostError(Exception):
    """The process was ended from outside, or could not be started: the task is not to blame.

    Attributes:
        at_work: Whether it was known to be at the task.
    """

    def __init__(self, reason: str, *, at_work: bool) -> None:
        super().__init__(reason)
        self.at_work = at_work


class PoolWorker:
    """One process that does one task at a time.

    Each has a pool of one for itself. Processes of one pool take their tasks from one pipe under one lock, and a
    process that is killed while it waits there takes the lock along: the whole pool would stand still.

    Args:
        settings: The service's settings.
        niceness: How far the process gives way to others.
    """

    def __init__(self, settings: Settings, *, niceness: int) -> None:
        self._settings = settings
        self._niceness = niceness
        self._pool = self._fresh()
        self._stopped = False

    async def do(self, assignment: bytes, *, cpu_s: float, wall_s: float) -> bytes:
        """Do one task in the process.

        Args:
            assignment: An `Assignment` as JSON.
            cpu_s: Seconds of processor time that the task may use.
            wall_s: Seconds on the clock that it may take.

        Returns:
            A `TaskReport` as JSON.

        Raises:
            WorkedTooLongError: It used more processor time.
            StalledError: It took longer.
            CrashedError: The process, or its decoder, died of the task.
            LostError: The process is gone, and not because of the task.
        """
        try:
            future = self._pool.submit(call, wall_s, assignment, cpu_s)
        except RuntimeError as error:  # it was found broken while it stood idle
            raise LostError(f"the process is gone: {error}", at_work=False) from error
        answer = asyncio.wrap_future(future)
        await self._answered(answer, wall_s + STARTING_S)
        try:
            return answer.result()
        except TimeoutError as error:
            raise StalledError from error
        except pebble.ProcessExpired as error:
            raise _ended("the process", int(error.exitcode)) from error
        except DecoderEndedError as error:
            raise _ended("the decoder", error.status) from error
        except DecoderGarbledError as error:
            raise CrashedError(str(error)) from error
        except DecoderNotStartedError as error:
            raise LostError(str(error), at_work=False) from error
        except FutureCancelled as error:
            raise asyncio.CancelledError from error
        except BrokenProcessPool as error:  # it died before it had begun, or could not be started
            raise LostError(f"the process is gone: {error}", at_work=False) from error

    async def _answered(self, answer: asyncio.Future[bytes], limit_s: float) -> None:
        """Wait for an answer.

        A pool that finds its idle process dead breaks, and fails the tasks that it knows. One that was on its way to it
        at that moment it never looks at again: nothing would be heard of it until its time is over.

        Raises:
            LostError: None comes in time, or the pool is broken.
        """
        pool, began = self._pool, asyncio.get_running_loop().time()
        while not (await asyncio.wait({answer}, timeout=LOOK_S))[0]:
            if not pool.active and not self._stopped and not (await asyncio.wait({answer}, timeout=LOOK_S))[0]:
                raise LostError("the process was gone when the task came", at_work=False)
            if asyncio.get_running_loop().time() - began > limit_s:
                raise LostError("the process never began", at_work=False)

    async def renew(self) -> None:
        """Make the process anew."""
        broken, self._pool = self._pool, self._fresh()
        await asyncio.to_thread(_end, broken)

    def stop(self) -> None:
        """End the process, also in the middle of a task."""
        self._stopped = True
        _end(self._pool)

    def _fresh(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=1,
            max_tasks=TASKS_PER_PROCESS,
            initializer=initialise,
            initargs=[ProcessSetup(settings=self._settings, parent=os.getpid(), niceness=self._niceness)],
            # Not forked: a fork of a process with threads and an event loop inherits locks and handlers.
            context=multiprocessing.get_context("spawn"),
        )


def _ended(what: str, status: int) -> WorkedTooLongError | LostError | CrashedError:
    """Return the error of a process that ended at work; a negative status is the number of a signal."""
    if -status == signal.SIGXCPU:
        return WorkedTooLongError()
    if -status in _FROM_OUTSIDE:
        return LostError(f"{what} was ended from outside (signal {-status})", at_work=True)
    return CrashedError(f"status {status}")


def _end(pool: pebble.ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it untyped
    pool.join()
