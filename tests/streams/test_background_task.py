"""Work in the background: started once, stopped for sure, and never dead without a word."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from streams.background_task import BackgroundTask


async def test_work_goes_on_until_it_is_stopped_and_has_then_ended() -> None:
    steps: list[str] = []

    async def work() -> None:
        try:
            steps.append("begun")
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            steps.append("ended")

    task = BackgroundTask("work")
    assert not task.is_running
    task.start(work())
    await asyncio.sleep(0)
    assert task.is_running
    with capture_logs() as logs:
        await task.stop()
    assert steps == ["begun", "ended"]
    assert not task.is_running
    assert logs == []


async def test_what_was_never_started_or_has_ended_can_be_stopped() -> None:
    task = BackgroundTask("work")
    await task.stop()
    task.start(asyncio.sleep(0))
    await task.wait()
    assert not task.is_running
    await task.stop()


async def test_what_it_dies_of_is_logged_at_once_and_raised_nowhere() -> None:
    async def work() -> None:
        raise ValueError("a mistake")

    task = BackgroundTask("work")
    with capture_logs() as logs:
        task.start(work())
        await task.wait()
    assert [(line["event"], line["task"], line["error"]) for line in logs] == [
        ("background_task_failed", "work", "ValueError('a mistake')")
    ]
    await task.stop()


async def test_it_is_not_started_twice_and_can_be_started_again_after_its_end() -> None:
    task = BackgroundTask("work")
    task.start(asyncio.sleep(3600))
    with pytest.raises(RuntimeError, match="work is under way already: stop it first"):
        task.start(asyncio.sleep(0))
    await task.stop()
    task.start(asyncio.sleep(0))
    await task.wait()
    assert not task.is_running
