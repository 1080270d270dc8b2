"""A wait that is over says what was waited for."""

from __future__ import annotations

import asyncio

import pytest

from streams.ports.waiting import Pulse, within


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


async def test_a_beat_wakes_all_who_wait_and_they_look_again() -> None:
    pulse, shown = Pulse(), list[str]()

    async def look() -> str | None:
        return shown[0] if shown else None

    waiting = [asyncio.create_task(pulse.until(look)) for _ in range(3)]
    await asyncio.sleep(0)
    pulse.beat()
    await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    shown.append("it")
    pulse.beat()
    assert await asyncio.gather(*waiting) == ["it"] * 3


async def test_a_beat_in_the_middle_of_a_look_is_not_missed() -> None:
    pulse, looks = Pulse(), [False, True]

    async def look() -> bool:
        found = looks.pop(0)
        pulse.beat()  # what is looked for comes right after this look, and nothing follows
        return found

    async with asyncio.timeout(300):
        assert await pulse.until(look)
