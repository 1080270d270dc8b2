"""A feed of a read model that a test writes to by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from streams.ports.waiting import within

T = TypeVar("T")

#: Seconds between looks at the read model: a test may write to it from anywhere.
POLL_INTERVAL_S = 0.01


class LookingFeed:
    """Is always caught up, and looks again and again at what is waited for."""

    async def caught_up(self, topic: str) -> None: ...

    async def until(self, shown: Callable[[], T | None], *, timeout_s: float, otherwise: str) -> T:
        async with within(timeout_s, otherwise):
            while True:
                found = shown()
                if found:
                    return found
                await asyncio.sleep(POLL_INTERVAL_S)
