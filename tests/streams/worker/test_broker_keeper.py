"""An embedded broker that ends is started again, whatever goes wrong on the way, and the work goes on over the next."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from streams.ports.errors import Neighbour
from streams.telemetry.neighbours import Neighbours
from streams.worker import broker_keeper
from streams.worker.broker_keeper import BrokerKeeper

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from streams.adapters.kafka.embedded import EmbeddedBroker


class Broker:
    """Ends when it is told to; its starts fail as often as they are told to."""

    log_file = Path("kafka.log")
    pid = 1

    def __init__(self) -> None:
        self.end = asyncio.Event()
        self.failing = 0
        self.starts = 0

    async def start(self) -> None:
        if self.failing:
            self.failing -= 1
            raise OSError("no process is to be had")
        self.starts += 1
        self.end.clear()

    async def stop(self) -> None:
        self.end.set()

    async def ended(self) -> int:
        await self.end.wait()
        return -6


class Work:
    """Notes what it is told; taking it up fails, or takes for ever, as often as it is told to."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.failing = 0
        self.hanging = 0
        self.taken_up = asyncio.Event()

    async def let_go(self) -> None:
        self.told.append("let go")
        self.taken_up.clear()

    async def take_up(self) -> None:
        self.told.append("take up")
        if self.failing:
            self.failing -= 1
            raise TimeoutError("no place in the group")
        if self.hanging:
            self.hanging -= 1
            await asyncio.Event().wait()
        self.taken_up.set()


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
def work() -> Work:
    return Work()


@pytest.fixture
def neighbours() -> Neighbours:
    return Neighbours()


@pytest.fixture(autouse=True)
async def keeper(
    broker: Broker, work: Work, neighbours: Neighbours, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[BrokerKeeper]:
    monkeypatch.setattr(broker_keeper, "FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(broker_keeper, "LONGEST_PAUSE_S", 0.002)
    keeper = BrokerKeeper(cast("EmbeddedBroker", broker), work, neighbours)
    keeper.start()
    yield keeper
    await keeper.stop()


async def gone_on(work: Work) -> None:
    await asyncio.wait_for(work.taken_up.wait(), 300)
    await asyncio.sleep(0.01)


async def test_the_work_is_let_go_before_the_next_broker_takes_it_up(broker: Broker, work: Work) -> None:
    for count in (1, 2):
        broker.end.set()
        await gone_on(work)
        assert (work.told, broker.starts) == (["let go", "take up"] * count, count)
        work.taken_up.clear()


async def test_kafka_is_away_until_the_work_goes_on(broker: Broker, work: Work, neighbours: Neighbours) -> None:
    work.hanging = 1
    broker.end.set()
    async with asyncio.timeout(300):
        while not work.told:
            await asyncio.sleep(0.001)
    assert [absence.neighbour for absence in neighbours.away()] == [Neighbour.KAFKA]
    await asyncio.sleep(0.01)
    broker.end.set()
    await gone_on(work)
    assert neighbours.away() == []


async def test_a_start_that_fails_is_tried_again(broker: Broker, work: Work) -> None:
    broker.failing = 3
    broker.end.set()
    await gone_on(work)
    assert broker.starts == 1


async def test_work_that_cannot_be_taken_up_is_tried_over_another_broker(broker: Broker, work: Work) -> None:
    work.failing = 2
    broker.end.set()
    await gone_on(work)
    assert work.told == ["let go", "take up"] * 3
    assert broker.starts == 3


async def test_a_broker_that_ends_while_the_work_is_taken_up_is_started_again(broker: Broker, work: Work) -> None:
    work.hanging = 1
    broker.end.set()
    async with asyncio.timeout(300):
        while "take up" not in work.told:
            await asyncio.sleep(0.001)
    broker.end.set()
    await gone_on(work)
    assert work.told == ["let go", "take up"] * 2
