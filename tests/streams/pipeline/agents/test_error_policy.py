"""The error policy: what is wrong with an event puts it aside; what is wrong around it makes it wait."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from faust.types import TP

from schemas.errors import InvalidEvent
from streams.adapters.kafka.assignment import Assignment
from streams.pipeline.agents import error_policy
from streams.pipeline.agents.dead_letter_limit import DeadLetterLimit
from streams.pipeline.agents.error_policy import UNKNOWN_TRIES, ErrorPolicy, headers_of
from streams.pipeline.agents.fair_queue import Share
from streams.pipeline.agents.lane import Lane, serve_in_turn
from streams.pipeline.freshness import StoodStillError
from streams.ports.errors import EventTooLargeError, Neighbour, NeighbourAwayError, PublishError
from streams.ports.events import Headers
from streams.telemetry.neighbours import Neighbours

#: Events that may be put aside here.
LIMIT = 5

HELD = TP("mediadna.transcode-complete", 2)


@dataclass
class Message:
    topic: str = HELD.topic
    partition: int = HELD.partition
    offset: int = 7
    key: bytes | None = b"video"
    value: bytes | None = b"{"
    headers: Any = (("traceparent", b"trace"),)

    @property
    def tp(self) -> TP:
        return TP(self.topic, self.partition)


@dataclass
class Event:
    message: Message = field(default_factory=Message)


@dataclass
class DeadLetters:
    """Takes dead letters, after having failed some times."""

    failures: int = 0
    taken: list[tuple[bytes | None, bytes | None, dict[str, bytes]]] = field(default_factory=list)

    async def dead_letter(self, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("the broker is gone")
        self.taken.append((key, value, dict(headers)))


@dataclass
class Handler:
    """Raises one error after the other, and then does its work."""

    errors: list[Exception]
    calls: int = 0

    async def __call__(self) -> None:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(error_policy, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(error_policy, "LONGEST_PAUSE_S", 0.01)


@dataclass
class Surroundings:
    """A policy, and what it does to what is around it."""

    dead_letters: DeadLetters = field(default_factory=DeadLetters)
    stopped: list[BaseException] = field(default_factory=list)
    neighbours: Neighbours = field(default_factory=Neighbours)

    def __post_init__(self) -> None:
        self.assignment = Assignment(self.stopped.append)
        self.assignment.follow(lambda: {HELD})
        self.limit = DeadLetterLimit(LIMIT, dead_letters="mediadna.dead-letter", clock=lambda: 0.0)
        self.policy = ErrorPolicy(
            self.dead_letters,  # type: ignore[arg-type] # has of the emitter what is asked of it here
            self.assignment,
            self.neighbours,
            self.limit,
            self.stopped.append,
        )


@pytest.fixture
def around() -> Surroundings:
    """Surroundings in which the event's partition is ours."""
    return Surroundings()


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidEvent("VideoId is missing"), b"InvalidEvent"),
        (EventTooLargeError("its request is too large for its topic"), b"ResourceTooLarge"),
    ],
)
async def test_an_event_that_is_unusable_itself_is_put_aside_as_it_came_with_the_reason(
    around: Surroundings, error: Exception, code: bytes
) -> None:
    assert await around.policy.run(Event(), Handler([error]))
    ((key, value, headers),) = around.dead_letters.taken
    assert (key, value) == (b"video", b"{")
    assert headers["x-error-code"] == code
    assert headers["x-error-reason"] == str(error).encode()
    assert (headers["x-original-topic"], headers["x-original-offset"]) == (HELD.topic.encode(), b"7")
    assert headers["traceparent"] == b"trace"
    assert around.stopped == []


@pytest.mark.parametrize(
    "error",
    [
        NeighbourAwayError(Neighbour.MILVUS, "nothing answers"),
        OSError("no route"),
        TimeoutError(),
        sqlite3.OperationalError("database or disk is full"),
        KeyError("a fault of ours that passes"),
    ],
)
async def test_whatever_else_fails_is_tried_again_and_the_event_is_never_put_aside(
    around: Surroundings, error: Exception
) -> None:
    handler = Handler([error, error, error])
    assert await around.policy.run(Event(), handler)
    assert (handler.calls, around.dead_letters.taken, around.stopped) == (4, [], [])
    assert around.neighbours.away() == []


async def test_a_neighbour_that_is_away_is_waited_for_without_a_limit_and_named(around: Surroundings) -> None:
    tries = 10 * UNKNOWN_TRIES
    handler = Handler([NeighbourAwayError(Neighbour.STORE, "no bucket")] * tries)
    handling = asyncio.create_task(around.policy.run(Event(), handler))
    while handler.calls < tries // 2:
        await asyncio.sleep(0.001)
    ((absence),) = around.neighbours.away()
    assert (absence.neighbour, absence.reason) == (Neighbour.STORE, "no bucket")
    assert await handling
    assert (handler.calls, around.stopped) == (tries + 1, [])


async def test_a_full_disk_is_called_that_whoever_notices_it(around: Surroundings) -> None:
    handler = Handler([sqlite3.OperationalError("database or disk is full")] * 200)
    handling = asyncio.create_task(around.policy.run(Event(), handler))
    while not around.neighbours.away():
        await asyncio.sleep(0.001)
    (absence,) = around.neighbours.away()
    assert (absence.neighbour, "the disk is full" in absence.reason) == (Neighbour.DISK, True)
    handling.cancel()


async def test_a_fault_of_ours_that_does_not_pass_ends_the_worker_with_the_event_kept(around: Surroundings) -> None:
    error = KeyError("always")
    assert not await around.policy.run(Event(), Handler([error] * 100))
    assert (around.stopped, around.dead_letters.taken) == ([error], [])


async def test_a_decision_over_which_the_worker_stood_still_is_made_anew_if_it_is_still_its_to_make(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_policy, "REJOIN_S", 0.01)
    handler = Handler([StoodStillError("40 s have passed")])
    assert await around.policy.run(Event(), handler)
    assert (handler.calls, around.stopped, around.dead_letters.taken) == (2, [], [])
    around.assignment.follow(set)
    handler = Handler([StoodStillError("40 s have passed")])
    assert not await around.policy.run(Event(), handler)
    assert handler.calls == 1


async def test_an_event_that_the_broker_refused_is_not_sent_a_second_time(around: Surroundings) -> None:
    handler = Handler([PublishError("refused")] * 2)
    assert not await around.policy.run(Event(), handler)
    assert (handler.calls, len(around.stopped)) == (1, 1)


async def test_an_event_that_cannot_be_put_aside_yet_is_put_aside_later(around: Surroundings) -> None:
    around.dead_letters.failures = 3
    assert await around.policy.run(Event(), Handler([InvalidEvent("no")] * 100))
    assert (len(around.dead_letters.taken), around.stopped) == (1, [])


async def test_waiting_ends_when_the_partition_goes_to_another_worker(around: Surroundings) -> None:
    handler = Handler([NeighbourAwayError(Neighbour.MILVUS, "away")] * 10_000)
    handling = asyncio.create_task(around.policy.run(Event(), handler))
    while not handler.calls:
        await asyncio.sleep(0.001)
    await around.assignment.let_go()
    assert not await handling


class Agent:
    """Serves events, all or some of which are unusable, and notes which are acknowledged."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self.acknowledged: list[int] = []

    async def handle(self, event: Any) -> bool:
        async def handling() -> None:
            if event.message.value == b"bad":
                raise InvalidEvent("VideoId is missing")

        return await self._around.policy.run(event, handling)

    async def acknowledge(self, event: Any) -> None:
        self.acknowledged.append(event.message.offset)


async def stream_of(values: list[bytes], headers: Any = ()) -> AsyncIterator[Any]:
    for offset, value in enumerate(values):
        yield Event(Message(offset=offset, value=value, headers=headers))


async def test_a_topic_of_which_all_is_unusable_stops_and_nothing_beyond_the_stop_is_acknowledged(
    around: Surroundings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(error_policy, "HELD_S", 0.02)
    agent = Agent(around)
    serving = asyncio.create_task(
        serve_in_turn(stream_of([b"bad"] * 50 + [b"good"]), agent.handle, agent.acknowledge, around.assignment)
    )
    while not around.stopped:
        await asyncio.sleep(0.001)
    assert [str(error) for error in around.stopped] == around.limit.held()
    assert agent.acknowledged == list(range(LIMIT))
    assert len(around.dead_letters.taken) == LIMIT
    await around.assignment.let_go()
    await serving
    assert (agent.acknowledged, len(around.dead_letters.taken)) == (list(range(LIMIT)), LIMIT)


async def test_a_lane_that_stops_acknowledges_nothing_beyond_the_stop_though_good_work_behind_it_is_done(
    around: Surroundings,
) -> None:
    agent = Agent(around)
    lane = Lane(
        agent.handle,
        agent.acknowledge,
        lambda event: Share("", str(event.message.offset)),
        slots=2,
        assignment=around.assignment,
    )
    serving = asyncio.create_task(lane.serve(stream_of([b"bad"] * (LIMIT + 1) + [b"good"] * 3)))
    while around.assignment.handled(HELD.topic) < LIMIT + 3:
        await asyncio.sleep(0.001)
    assert (agent.acknowledged, len(around.dead_letters.taken)) == (list(range(LIMIT)), LIMIT)
    await around.assignment.let_go()
    await serving
    assert agent.acknowledged == list(range(LIMIT))


async def test_a_topic_that_is_held_still_answers_why_until_the_worker_ends(around: Surroundings) -> None:
    agent = Agent(around)
    serving = asyncio.create_task(
        serve_in_turn(stream_of([b"bad"] * 50), agent.handle, agent.acknowledge, around.assignment)
    )
    while not around.limit.held():
        await asyncio.sleep(0.001)
    assert around.stopped == []
    await around.assignment.let_go()
    await serving


async def test_dead_letters_that_are_sent_again_and_fail_again_stop_nothing(around: Surroundings) -> None:
    agent = Agent(around)
    again = (("x-replay-count", b"1"),)
    await serve_in_turn(stream_of([b"bad"] * 50, again), agent.handle, agent.acknowledge, around.assignment)
    assert (agent.acknowledged, len(around.dead_letters.taken)) == (list(range(50)), 50)
    assert (around.limit.held(), around.stopped) == ([], [])


async def test_a_letter_that_cannot_be_sent_yet_counts_once(around: Surroundings) -> None:
    around.dead_letters.failures = 3 * LIMIT
    agent = Agent(around)
    await serve_in_turn(stream_of([b"bad"] * LIMIT), agent.handle, agent.acknowledge, around.assignment)
    assert (len(around.dead_letters.taken), around.limit.held()) == (LIMIT, [])


@pytest.mark.parametrize("headers", [None, (), {"a": b"1"}, [("a", b"1")], [("a", None)]])
def test_headers_are_pairs_whatever_faust_gives(headers: Any) -> None:
    found = headers_of(Event(Message(headers=headers)))
    assert [name for name, _ in found] == (["a"] if headers else [])
    assert all(isinstance(value, bytes) for _, value in found)
