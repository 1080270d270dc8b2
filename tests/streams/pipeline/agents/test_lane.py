"""The lane: side by side in work, strictly in order in acknowledgement, and never held up by one slow event."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import pytest
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams.adapters.kafka import assignment as assignments
from streams.adapters.kafka.assignment import Assignment
from streams.pipeline.agents import lane as lanes
from streams.pipeline.agents.fair_queue import Share
from streams.pipeline.agents.lane import Lane, serve_in_turn

HELD = TP("chunks", 0)


@dataclass(frozen=True)
class Message:
    offset: int
    tp: TP = HELD
    value: bytes = b"task"


@dataclass(frozen=True)
class Event:
    message: Message


def event(offset: int, tp: TP = HELD) -> Event:
    return Event(Message(offset, tp))


async def stream_of(events: list[Event]) -> AsyncIterator[Event]:
    for one in events:
        yield one


def ours() -> Assignment:
    def give_up(error: BaseException) -> None:
        raise error

    assignment = Assignment(give_up)
    assignment.follow(lambda: {HELD, TP("chunks", 1)})
    return assignment


def make_lane(
    handle: Callable[[Event], Awaitable[bool]],
    acknowledged: list[int],
    *,
    slots: int,
    assignment: Assignment | None = None,
) -> Lane:
    async def acknowledge(one: Event) -> None:
        acknowledged.append(one.message.offset)

    def share_of(one: Event) -> Share:
        return Share("caller", str(one.message.offset))

    return Lane(handle, acknowledge, share_of, slots=slots, assignment=assignment or ours())  # type: ignore[arg-type]


@given(delays=st.lists(st.integers(0, 5), max_size=12), slots=st.integers(1, 4))
def test_events_are_acknowledged_in_their_order_however_long_each_takes(delays: list[int], slots: int) -> None:
    done: set[int] = set()
    acknowledged: list[int] = []

    async def handle(one: Event) -> bool:
        for _ in range(delays[one.message.offset]):
            await asyncio.sleep(0)
        done.add(one.message.offset)
        return True

    async def run() -> None:
        await make_lane(handle, acknowledged, slots=slots).serve(stream_of([event(n) for n in range(len(delays))]))  # type: ignore[arg-type]

    asyncio.run(run())
    assert acknowledged == list(range(len(delays)))


async def test_as_many_events_as_there_are_slots_are_worked_on_at_a_time() -> None:
    running = peak = 0

    async def handle(_: Event) -> bool:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        await asyncio.sleep(0.01)
        running -= 1
        return True

    await make_lane(handle, [], slots=3).serve(stream_of([event(n) for n in range(9)]))  # type: ignore[arg-type]
    assert peak == 3


async def test_one_slow_event_lets_all_others_through_and_none_of_them_is_acknowledged_before_it() -> None:
    release = asyncio.Event()
    handled: list[int] = []
    acknowledged: list[int] = []

    async def handle(one: Event) -> bool:
        if one.message.offset == 0:
            await release.wait()
        handled.append(one.message.offset)
        return True

    serving = asyncio.create_task(
        make_lane(handle, acknowledged, slots=2).serve(stream_of([event(n) for n in range(40)]))  # type: ignore[arg-type]
    )
    while len(handled) < 39:
        await asyncio.sleep(0)
    assert acknowledged == []
    release.set()
    await serving
    assert acknowledged == list(range(40))


async def test_what_was_done_beyond_a_slow_event_is_not_done_again_by_the_next_worker() -> None:
    stuck = asyncio.Event()
    handled: list[int] = []

    async def handle(one: Event) -> bool:
        if one.message.offset == 0:
            await stuck.wait()
        handled.append(one.message.offset)
        return True

    first = ours()
    serving = asyncio.create_task(
        make_lane(handle, [], slots=2, assignment=first).serve(stream_of([event(n) for n in range(10)]))  # type: ignore[arg-type]
    )
    while len(handled) < 9:
        await asyncio.sleep(0)
    metadata = first.metadata({HELD: 0})[HELD]
    serving.cancel()
    second = ours()
    second.take_up({HELD: (0, metadata)})
    stuck.set()
    handled.clear()
    acknowledged: list[int] = []
    await make_lane(handle, acknowledged, slots=2, assignment=second).serve(stream_of([event(n) for n in range(12)]))  # type: ignore[arg-type]
    assert sorted(handled) == [0, 10, 11]
    assert acknowledged == list(range(12))


async def test_work_that_goes_on_over_a_rebalance_is_not_begun_a_second_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignments, "DRAIN_S", 0.01)
    release = asyncio.Event()
    begun: list[int] = []
    acknowledged: list[int] = []

    async def handle(one: Event) -> bool:
        begun.append(one.message.offset)
        await release.wait()
        return True

    assignment = ours()
    lane = make_lane(handle, acknowledged, slots=2, assignment=assignment)
    delivered: asyncio.Queue[Event | None] = asyncio.Queue()

    async def events() -> AsyncIterator[Event]:
        while (one := await delivered.get()) is not None:
            yield one

    serving = asyncio.create_task(lane.serve(events()))  # type: ignore[arg-type]
    for offset in range(4):
        delivered.put_nowait(event(offset))
    while len(begun) < 2:
        await asyncio.sleep(0)
    await assignment.let_go()
    assignment.take_up({HELD: (0, "")})
    for offset in range(4):
        delivered.put_nowait(event(offset))
    delivered.put_nowait(None)
    await asyncio.sleep(0.01)
    release.set()
    await serving
    assert sorted(begun) == [0, 1, 2, 3]
    assert acknowledged == [0, 1, 2, 3]


async def test_an_event_that_is_given_up_is_not_acknowledged() -> None:
    acknowledged: list[int] = []
    assignment = ours()

    async def wait_until_let_go(_: Event) -> bool:
        return await assignment.pause(HELD, 60)

    lane = make_lane(wait_until_let_go, acknowledged, slots=1, assignment=assignment)
    serving = asyncio.create_task(lane.serve(stream_of([event(1), event(2)])))  # type: ignore[arg-type]
    await asyncio.sleep(0.01)
    await assignment.let_go()
    await serving
    assert acknowledged == []


async def test_no_more_is_held_than_memory_is_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST_HELD", 5)
    given_out = 0
    release = asyncio.Event()

    async def endless() -> AsyncIterator[Event]:
        nonlocal given_out
        while True:
            yield event(given_out)
            given_out += 1

    async def handle(_: Event) -> bool:
        await release.wait()
        return True

    serving = asyncio.create_task(make_lane(handle, [], slots=2).serve(endless()))  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    assert given_out == 5
    release.set()
    await asyncio.sleep(0.01)
    assert given_out > 5
    serving.cancel()


async def test_decisions_are_made_in_turn_and_what_is_no_longer_ours_is_passed_over() -> None:
    handled: list[int] = []
    acknowledged: list[int] = []

    async def handle(one: Event) -> bool:
        handled.append(one.message.offset)
        return one.message.offset != 1

    async def acknowledge(one: Event) -> None:
        acknowledged.append(one.message.offset)

    events = [event(0), event(1), event(2), event(3, TP("others", 9))]
    await serve_in_turn(stream_of(events), handle, acknowledge, ours())  # type: ignore[arg-type]
    assert (handled, acknowledged) == ([0, 1, 2], [0, 2])


async def test_a_rebalance_waits_for_a_decision_that_is_being_made() -> None:
    assignment = ours()
    decided = asyncio.Event()

    async def handle(_: Event) -> bool:
        await decided.wait()
        return True

    async def acknowledge(_: Event) -> None: ...

    serving = asyncio.create_task(serve_in_turn(stream_of([event(0)]), handle, acknowledge, assignment))  # type: ignore[arg-type]
    await asyncio.sleep(0)
    letting_go = asyncio.create_task(assignment.let_go())
    await asyncio.sleep(0.05)
    assert not letting_go.done()
    decided.set()
    await asyncio.gather(letting_go, serving)


async def test_a_decision_that_does_not_end_ends_the_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignments, "SETTLE_S", 0.01)
    given_up: list[BaseException] = []
    assignment = Assignment(given_up.append)
    assignment.begin(settling=True)
    await assignment.let_go()
    assert len(given_up) == 1
