"""The chunk agent's order: side by side in work, strictly in order in acknowledgement."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.agents.chunks import in_order


async def stream_of(events: list[int]) -> AsyncIterator[int]:
    for event in events:
        yield event


@given(delays=st.lists(st.integers(0, 5), max_size=12), slots=st.integers(1, 4))
def test_events_are_acknowledged_in_their_order_however_long_each_takes(delays: list[int], slots: int) -> None:
    async def run() -> list[int]:
        done: set[int] = set()
        acknowledged: list[int] = []

        async def handle(event: int) -> None:
            for _ in range(delays[event]):
                await asyncio.sleep(0)
            done.add(event)

        async def ack(event: int) -> None:
            assert done >= set(range(event + 1))
            acknowledged.append(event)

        await in_order(stream_of(list(range(len(delays)))), handle, ack, slots)
        return acknowledged

    assert asyncio.run(run()) == list(range(len(delays)))


async def test_as_many_events_as_there_are_slots_are_worked_on_at_a_time() -> None:
    running = peak = 0

    async def handle(_: int) -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.01)
        running -= 1

    async def ack(_: int) -> None: ...

    await in_order(stream_of(list(range(9))), handle, ack, 3)
    assert peak == 3


async def test_an_event_that_cannot_be_handled_stops_all_later_acknowledgements() -> None:
    acknowledged: list[int] = []

    async def handle(event: int) -> None:
        if event == 1:
            raise OSError("the broker is gone")

    async def ack(event: int) -> None:
        acknowledged.append(event)

    with pytest.raises(ExceptionGroup):
        await in_order(stream_of([0, 1, 2, 3]), handle, ack, 1)
    assert acknowledged in ([], [0])
