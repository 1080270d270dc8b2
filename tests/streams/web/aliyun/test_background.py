"""Work that may take longer than a caller waits."""

from __future__ import annotations

import asyncio

import pytest

from streams.web.aliyun import background
from streams.web.aliyun.background import in_time


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "WAIT_S", 0.01)


async def test_what_quick_work_returns_or_raises_reaches_the_caller() -> None:
    async def quick() -> str:
        return "done"

    async def wrong() -> str:
        raise LookupError

    assert await in_time(quick()) == "done"
    with pytest.raises(LookupError):
        await in_time(wrong())


@pytest.mark.usefixtures("impatient")
async def test_slow_work_goes_on_when_its_caller_has_its_answer() -> None:
    go_on, done = asyncio.Event(), asyncio.Event()

    async def slow() -> str:
        await go_on.wait()
        done.set()
        return "done"

    assert await in_time(slow()) is None
    assert not done.is_set()
    go_on.set()
    await asyncio.wait_for(done.wait(), 300)
