"""The life of a worker's process: it starts, runs until it is told to stop or cannot go on, and ends in time."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog

from streams.web.connections import raise_descriptor_limit
from streams.worker.composition import start_worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.settings import Settings
    from streams.worker.composition import Worker

__all__ = ["run_worker"]

log = structlog.get_logger(__name__)

#: Seconds from the wish to stop to the end of the process, whatever still hangs: half of what the contract allows.
STOP_S = 15.0


async def run_worker(
    settings: Settings,
    *,
    embedded: bool,
    takes_work: bool = True,
    new_index: bool = False,
    announce: Callable[[Worker], None],
) -> int:
    """Run a worker until it is told to stop, or cannot go on.

    Args:
        settings: The service's settings.
        embedded: Whether to run a broker as well.
        takes_work: Whether it joins the group that divides the events among its members. Without, it serves API and web
            view alone, and whatever these ask for is done by others.
        new_index: Whether this worker's index and store take the place of those that its Kafka's workers used before.
        announce: Called once the worker takes events.

    Returns:
        The exit status: 0 when it was told to stop.
    """
    raise_descriptor_limit()
    stop = asyncio.get_running_loop().create_future()
    _stop_on_signals(stop)

    def give_up(error: BaseException) -> None:
        if not stop.done():
            stop.set_result(1)
            log.error("worker_cannot_go_on", error=repr(error))

    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(
            start_worker(
                stack, settings, embedded=embedded, takes_work=takes_work, new_index=new_index, give_up=give_up
            )
        )
        await asyncio.wait([starting, stop], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            announce(starting.result())
            await stop
        starting.cancel()
        _end_at_the_latest(STOP_S, stop.result())
        log.info("worker_stops", status=stop.result())
    status: int = stop.result()
    return status


def _stop_on_signals(stop: asyncio.Future[int]) -> None:
    def ask() -> None:
        if not stop.done():
            stop.set_result(0)

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ask)


def _end_at_the_latest(seconds: float, status: int) -> None:
    """End the process after a while even when something hangs: what was under way is delivered again."""

    def end() -> None:
        log.warning("stopping_took_too_long", seconds=seconds)
        os._exit(status)

    asyncio.get_running_loop().call_later(seconds, end)
