"""Waiting: with an end that says what was waited for, and for what shows after something has happened."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

__all__ = ["Pulse", "within"]

T = TypeVar("T")


@asynccontextmanager
async def within(seconds: float, otherwise: str) -> AsyncIterator[None]:
    """Let the block take so many seconds.

    Args:
        seconds: How long.
        otherwise: What to say when it takes longer: asyncio's own error says nothing.

    Raises:
        TimeoutError: It takes longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        # One that the block itself raised, with a text of its own, says more than ours would.
        raise (error if str(error) else TimeoutError(otherwise)) from error.__cause__


class Pulse:
    """Wakes all who wait for something that shows after a beat. It belongs to one event loop."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def beat(self) -> None:
        """Have everybody who waits look again."""
        past, self._next = self._next, asyncio.Event()
        past.set()

    async def until(self, look: Callable[[], Awaitable[T | None]]) -> T:
        """Look now and after every beat, and return what is found; it waits for that without end.

        A beat that comes during a look leads to another one: what it brought may have come too late for that look.
        """
        while True:
            following = self._next
            found = await look()
            if found:
                return found
            await following.wait()
