"""A process that works out evidence: made when it is asked, ended when it is too slow or has nothing to do."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import signal
from concurrent.futures import CancelledError as FutureCancelled
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pebble

from streams.cage.privileges import hide_memory
from streams.child_processes import LIBRARY_ENVIRONMENT, die_with_parent, mapped_memory
from streams.domain.evidence_errors import BusyError
from streams.ports.errors import Neighbour, NeighbourAwayError

if TYPE_CHECKING:
    from streams.settings import Settings

__all__ = ["EvidenceProcess", "TooSlowError"]

#: How far it gives way to other processes: somebody waits for it, but no job should.
NICENESS = 5
#: Orders that one process carries out before a fresh one takes its place.
ORDERS_PER_PROCESS = 100
#: Orders that wait for a process; who comes then is asked to come again.
MOST_WAITING = 8
#: Seconds without an order after which a process is ended: the engine takes some 200 MB.
IDLE_S = 300.0
#: Seconds beyond an order's time in which its process must have begun it: loading the engine takes some.
STARTING_S = 60.0


class TooSlowError(Exception):
    """An order was not carried out in its time, or not within its memory."""


@dataclass(frozen=True)
class ProcessSetup:
    """What the process needs to know at its start; picklable.

    Attributes:
        parent: Process id of the service.
        memory: Bytes of address space that an order may take.
        debuggable: Whether others of the same user may read its memory.
    """

    parent: int
    memory: int
    debuggable: bool


def initialise(setup: ProcessSetup) -> None:
    """Set the process up: it ends with its parent, shows nobody its memory, and takes no more of it than it may."""
    die_with_parent(setup.parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.nice(NICENESS)
    if not setup.debuggable:
        hide_memory()
    import streams.services.evidence.work  # noqa: F401, PLC0415 (loads the engine, whose own memory is not counted)

    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (mapped_memory() + setup.memory, most))


def call(data: bytes) -> bytes:
    """Carry out an order: see `streams.services.evidence.work.carry_out`.

    Raises:
        TooSlowError: It needs more memory than there may be.
    """
    from fingerprint.media.faults import is_out_of_memory  # noqa: PLC0415 (the engine is loaded in this process alone)
    from streams.services.evidence.work import carry_out  # noqa: PLC0415 (as above)

    try:
        return carry_out(data)
    except Exception as error:
        if is_out_of_memory(error):
            raise TooSlowError from error
        raise


class EvidenceProcess:
    """One process, which carries out one order after the other.

    Args:
        settings: The service's settings.
        limit_s: Seconds on the clock that an order may take.
    """

    def __init__(self, settings: Settings, *, limit_s: float) -> None:
        self._settings = settings
        self._limit_s = limit_s
        self._pool: pebble.ProcessPool | None = None
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None

    async def run(self, order: bytes) -> bytes:
        """Carry out an order when it is its turn.

        Raises:
            BusyError: Too many wait for theirs.
            TooSlowError: It took too long, or too much memory.
            NeighbourAwayError: No process can be started, or it was ended from outside.
        """
        if self._waiting >= MOST_WAITING:
            raise BusyError
        self._waiting += 1
        try:
            async with self._turn:
                if self._idle is not None:
                    self._idle.cancel()
                try:
                    return await self._run(order)
                finally:
                    self._idle = asyncio.get_running_loop().call_later(IDLE_S, self._rest)
        finally:
            self._waiting -= 1

    async def _run(self, order: bytes) -> bytes:
        if self._pool is None or not self._pool.active:
            self._pool = self._fresh()
        # pebble ends the process that takes longer, and starts another one when it is needed.
        answer = asyncio.wrap_future(self._pool.submit(call, self._limit_s, order))
        if not (await asyncio.wait({answer}, timeout=self._limit_s + STARTING_S))[0]:
            await asyncio.to_thread(self.stop)
            raise NeighbourAwayError(Neighbour.PROCESSES, "the process never began")
        try:
            return answer.result()
        except TimeoutError as error:
            raise TooSlowError from error
        except FutureCancelled as error:
            raise asyncio.CancelledError from error
        except (pebble.ProcessExpired, BrokenProcessPool) as error:
            raise NeighbourAwayError(Neighbour.PROCESSES, f"the process ended in the middle of it: {error}") from error

    def stop(self) -> None:
        """End the process, also in the middle of an order."""
        if self._idle is not None:
            self._idle.cancel()
        pool, self._pool = self._pool, None
        _end(pool)

    def _rest(self) -> None:
        """End the process that has had nothing to do for long."""
        if not self._turn.locked():
            pool, self._pool = self._pool, None
            asyncio.get_running_loop().run_in_executor(None, _end, pool)

    def _fresh(self) -> pebble.ProcessPool:
        for name, value in LIBRARY_ENVIRONMENT.items():
            os.environ.setdefault(name, value)
        return pebble.ProcessPool(
            max_workers=1,
            max_tasks=ORDERS_PER_PROCESS,
            initializer=initialise,
            initargs=[
                ProcessSetup(
                    parent=os.getpid(),
                    memory=self._settings.task_memory_mb * 2**20,
                    debuggable=self._settings.debuggable,
                )
            ],
            context=multiprocessing.get_context("spawn"),
        )


def _end(pool: pebble.ProcessPool | None) -> None:
    if pool is not None:
        pool.stop()  # type: ignore[no-untyped-call] # pebble leaves it untyped
        pool.join()
