"""A wait that is over says what was waited for."""

from __future__ import annotations

import asyncio

import pytest

from streams.ports.waiting import within


async def test_what_took_too_long_is_named() -> None:
    with pytest.raises(TimeoutError, match="no worker has done it"):
        async with within(0.01, "no worker has done it"):
            await asyncio.sleep(10)


async def test_what_the_block_itself_says_is_kept() -> None:
    with pytest.raises(TimeoutError, match="its own words"):
        async with within(10, "ours"):
            raise TimeoutError("its own words")


async def test_what_ends_in_time_is_left_alone() -> None:
    async with within(10, "ours"):
        await asyncio.sleep(0)
