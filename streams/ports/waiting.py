"""Waiting with an end that says what was waited for."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["within"]


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
