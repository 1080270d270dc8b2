"""Work that may take longer than an SDK waits for an answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import structlog

__all__ = ["in_time"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds that a call waits: the SDKs give up after 10.
WAIT_S = 6.0

#: The event loop itself keeps no task alive.
_under_way: set[asyncio.Task[Any]] = set()


async def in_time(work: Coroutine[Any, Any, T]) -> T | None:
    """Return what the work returns; None when it takes longer, and then goes on by itself.

    Raises:
        Exception: What the work raises in that time.
    """
    task = asyncio.create_task(work)
    done, _ = await asyncio.wait({task}, timeout=WAIT_S)
    if done:
        return task.result()
    _under_way.add(task)
    task.add_done_callback(_finish)
    return None


def _finish(task: asyncio.Task[Any]) -> None:
    _under_way.discard(task)
    if not task.cancelled() and task.exception() is not None:
        log.error("call_failed_later", exc_info=task.exception())
