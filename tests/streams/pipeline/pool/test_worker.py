"""One worker behind the pool: a task that nobody will ever answer is noticed, whatever became of its process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import pytest

from streams.pipeline.pool import worker
from streams.pipeline.pool.worker import LostError, PoolWorker
from streams.settings import Settings

#: Seconds that a task may take: far more than a test.
PLENTY = 1000.0


class Pool:
    """A pool of which a test says whether it is there, and when it answers."""

    def __init__(self) -> None:
        self.active = True
        self.answer: Future[bytes] = Future()

    def submit(self, *_: Any) -> Future[bytes]:
        return self.answer

    def stop(self) -> None:
        self.active = False

    def join(self) -> None:
        pass


@pytest.fixture
def pool(monkeypatch: pytest.MonkeyPatch) -> Pool:
    monkeypatch.setattr(worker, "LOOK_S", 0.05)
    pool = Pool()
    monkeypatch.setattr(PoolWorker, "_fresh", lambda _: pool)
    return pool


@pytest.fixture
def running(pool: Pool, tmp_path: Path) -> Callable[[], PoolWorker]:  # noqa: ARG001 (is there)
    return lambda: PoolWorker(Settings(state=tmp_path), niceness=0)


async def begun(one: PoolWorker, *, wall_s: float = PLENTY) -> asyncio.Task[bytes]:
    task = asyncio.create_task(one.do(b"assignment", cpu_s=PLENTY, wall_s=wall_s))
    await asyncio.sleep(0.2)
    return task


async def test_a_task_that_came_as_the_pool_broke_is_lost_at_once_and_not_when_its_time_is_over(
    pool: Pool, running: Callable[[], PoolWorker]
) -> None:
    task = await begun(running())
    assert not task.done()
    pool.active = False
    with pytest.raises(LostError, match="gone when the task came") as caught:
        await asyncio.wait_for(task, 60)
    assert not caught.value.at_work


async def test_what_a_broken_pool_says_of_a_task_counts(pool: Pool, running: Callable[[], PoolWorker]) -> None:
    task = await begun(running())
    pool.active = False
    pool.answer.set_exception(BrokenProcessPool("All workers expired"))
    with pytest.raises(LostError, match="All workers expired"):
        await asyncio.wait_for(task, 60)


async def test_an_answer_is_returned_however_many_looks_it_takes(pool: Pool, running: Callable[[], PoolWorker]) -> None:
    task = await begun(running())
    pool.answer.set_result(b"report")
    assert await asyncio.wait_for(task, 60) == b"report"


async def test_a_process_that_never_begins_is_given_up(
    pool: Pool, running: Callable[[], PoolWorker], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "STARTING_S", 0.1)
    assert pool.active
    with pytest.raises(LostError, match="never began"):
        await asyncio.wait_for(await begun(running(), wall_s=0.1), 60)


async def test_a_pool_that_is_stopped_loses_nothing_by_itself(pool: Pool, running: Callable[[], PoolWorker]) -> None:
    one = running()
    task = await begun(one)
    one.stop()
    await asyncio.sleep(0.3)
    assert not task.done()
    task.cancel()
    assert not pool.active
