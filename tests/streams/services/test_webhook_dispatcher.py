"""The deliverer over a real read model: every event once by id, whoever is away or dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest
from support.examples import job
from support.feed import LookingFeed
from support.read_model import GoneDelivery, JobTombstone, ReadModel

from schemas.channels import PARTITIONS
from schemas.clock import utc_now
from schemas.deliveries import Attempt, Delivery, DeliveryStatus
from schemas.events import AIMediaDNAComplete
from schemas.jobs import Job
from schemas.result import complete_event
from schemas.wire import decode
from streams.adapters.kafka.topics import Topics
from streams.adapters.webhooks.targets import TargetRefused
from streams.domain.retry_schedule import replayed
from streams.ports.errors import PublishError
from streams.ports.feed import Feed
from streams.readmodel.deliveries import delivery_partition
from streams.services import webhook_dispatcher
from streams.services.webhook_dispatcher import WebhookDispatcher

#: Seconds in which what is expected comes, on a loaded machine.
SOON_S = 20.0
ALL = frozenset(range(PARTITIONS))
TOPICS = Topics.of("mediadna")


@dataclass
class Receivers:
    """Receivers by their address: each takes events, unless a test says otherwise."""

    taken: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    dead: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)
    busy: Counter[str] = field(default_factory=Counter)
    busiest: Counter[str] = field(default_factory=Counter)

    async def send(self, delivery: Delivery, body: bytes) -> Attempt:
        url = delivery.url
        self.busy[url] += 1
        self.busiest[url] = max(self.busiest[url], self.busy[url])
        try:
            if url in self.hanging:
                await asyncio.Event().wait()
            await asyncio.sleep(0.001)
        finally:
            self.busy[url] -= 1
        if url in self.refused:
            raise TargetRefused("not a public address")
        if url in self.dead:
            return Attempt(time=utc_now(), error="no answer")
        self.taken.append(delivery.job_id)
        self.bodies.append(body)
        return Attempt(time=utc_now(), status=204)


@dataclass
class Topic:
    """Hands the states of deliveries to the read models of all workers.

    Attributes:
        refuses: How many it does not take yet.
        loses: How many it takes, and is gone with before anybody has read them.
    """

    models: list[ReadModel]
    refuses: int = 0
    loses: int = 0

    async def delivery(self, delivery: Delivery) -> None:
        if self.refuses:
            self.refuses -= 1
            raise PublishError("the topic does not take it")
        if self.loses:
            self.loses -= 1
            return
        for model in self.models:
            await asyncio.to_thread(model.apply, deliveries=[delivery])

    async def delivery_gone(self, job_id: str) -> None:
        for model in self.models:
            await asyncio.to_thread(model.apply, deliveries=[GoneDelivery(job_id)])


def job_of(number: int, url: str = "https://a.example") -> Job:
    return job(f"j{number}", media_id=f"m{number}", time=utc_now(), callback_url=url)


@asynccontextmanager
async def delivering(
    model: ReadModel,
    receivers: Receivers,
    *others: ReadModel,
    partitions: frozenset[int] = ALL,
    records: Topic | None = None,
    feed: Feed | None = None,
) -> AsyncIterator[WebhookDispatcher]:
    dispatcher = WebhookDispatcher(
        model,
        receivers,
        records or Topic([model, *others]),
        feed=feed or LookingFeed(),
        topics=TOPICS,
        partitions=lambda: partitions,
    )
    dispatcher.start()
    yield dispatcher
    await dispatcher.stop()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not condition():
            await asyncio.sleep(0.02)


async def test_every_event_is_handed_over_once_and_the_log_says_so(model: ReadModel) -> None:
    receivers = Receivers()
    ids = [f"j{number}" for number in range(100)]
    model.apply(jobs=[job_of(number) for number in range(100)])
    async with delivering(model, receivers):
        await until(lambda: len(receivers.taken) >= 100)
        await asyncio.sleep(0.2)
    assert sorted(receivers.taken) == sorted(ids)
    assert {one.status for one in model.deliveries.page(limit=500).deliveries} == {DeliveryStatus.DELIVERED}
    assert receivers.busiest["https://a.example"] == 4


async def test_what_is_handed_over_is_the_event_as_it_is_on_its_topic(model: ReadModel) -> None:
    receivers = Receivers()
    as_on_the_topic = b" " + msgspec.json.encode(complete_event(job_of(1)))
    model.apply(jobs=[job_of(1), job_of(2)], completions=[as_on_the_topic])
    async with delivering(model, receivers):
        await until(lambda: len(receivers.taken) == 2)
    bodies = dict(zip(receivers.taken, receivers.bodies, strict=True))
    assert bodies["j1"] == as_on_the_topic
    assert decode(bodies["j2"], AIMediaDNAComplete).media_id == "m2"


async def test_a_receiver_that_is_dead_holds_up_nobody(model: ReadModel) -> None:
    receivers = Receivers(hanging={"https://hanging.example"}, dead={"https://dead.example"})
    model.apply(jobs=[job_of(number, "https://hanging.example") for number in range(100)])
    model.apply(jobs=[job_of(number, "https://dead.example") for number in range(100, 200)])
    model.apply(jobs=[job_of(number, "https://alive.example") for number in range(200, 240)])
    async with delivering(model, receivers):
        await until(lambda: len(receivers.taken) == 40)
    assert receivers.busiest["https://hanging.example"] <= 4


@pytest.mark.parametrize("turns", range(6))
async def test_a_deliverer_that_is_stopped_as_it_is_woken_stops(model: ReadModel, turns: int) -> None:
    async with delivering(model, Receivers()) as dispatcher:
        await asyncio.sleep(0.05)
        dispatcher.wake()
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(SOON_S):
            await dispatcher.stop()


async def test_what_a_receiver_did_not_take_is_due_again_later(model: ReadModel) -> None:
    receivers = Receivers(dead={"https://a.example"})
    model.apply(jobs=[job_of(1)])

    def state() -> Delivery:
        found = model.deliveries.get("j1")
        assert found is not None
        return found

    async with delivering(model, receivers) as dispatcher:
        await until(lambda: state().tries == 1)
        assert state().status is DeliveryStatus.PENDING
        assert state().next_time > state().update_time
        receivers.dead.clear()
        model.apply(deliveries=[replayed(state(), now=utc_now())])
        dispatcher.wake()
        await until(lambda: state().status is DeliveryStatus.DELIVERED)
    assert receivers.taken == ["j1"]


async def test_a_place_that_is_not_allowed_is_given_up(model: ReadModel) -> None:
    receivers = Receivers(refused={"https://a.example"})
    model.apply(jobs=[job_of(1)])
    async with delivering(model, receivers):
        await until(lambda: model.deliveries.page(status=DeliveryStatus.FAILED).deliveries != [])
    (delivery,) = model.deliveries.page().deliveries
    assert delivery.attempts[0].error == "not a public address"


async def test_a_worker_that_stops_in_the_middle_leaves_the_rest_to_the_next(model: ReadModel) -> None:
    receivers = Receivers(hanging={"https://a.example"})
    model.apply(jobs=[job_of(number) for number in range(10)])
    async with delivering(model, receivers):
        await until(lambda: receivers.busy["https://a.example"] == 4)
    receivers.hanging.clear()
    async with delivering(model, receivers):
        await until(lambda: len(receivers.taken) == 10)
    assert sorted(receivers.taken) == sorted(f"j{number}" for number in range(10))


async def test_two_workers_divide_the_deliveries_among_them(model: ReadModel, tmp_path: Path) -> None:
    other = ReadModel(tmp_path / "other.sqlite")
    one, two = Receivers(), Receivers()
    jobs = [job_of(number) for number in range(60)]
    for each in (model, other):
        each.apply(jobs=jobs)
    async with (
        delivering(model, one, other, partitions=frozenset({0, 1})),
        delivering(other, two, model, partitions=frozenset({2, 3})),
    ):
        await until(lambda: len(one.taken) + len(two.taken) == 60)
        await asyncio.sleep(0.1)
    assert {delivery_partition(job_id) for job_id in one.taken} == {0, 1}
    assert {delivery_partition(job_id) for job_id in two.taken} == {2, 3}
    assert sorted(one.taken + two.taken) == sorted(one.job_id for one in jobs)
    other.close()


async def test_a_worker_without_partitions_sends_nothing(model: ReadModel) -> None:
    receivers = Receivers()
    model.apply(jobs=[job_of(1)])
    async with delivering(model, receivers, partitions=frozenset()):
        await asyncio.sleep(0.2)
    assert receivers.taken == []


async def test_what_belongs_to_a_job_that_was_deleted_is_forgotten(model: ReadModel) -> None:
    receivers = Receivers(hanging={"https://a.example"})
    model.apply(jobs=[job_of(1)])
    async with delivering(model, receivers):
        await until(lambda: receivers.busy["https://a.example"] == 1)
        model.apply(jobs=[JobTombstone("j1")])
    receivers.hanging.clear()
    async with delivering(model, receivers):
        await asyncio.sleep(0.2)
    assert model.deliveries.page().deliveries == []
    assert receivers.taken == []


async def test_an_outcome_does_not_bring_back_what_was_deleted_meanwhile(model: ReadModel) -> None:
    receivers = Receivers()
    model.apply(jobs=[job_of(1)])
    send = receivers.send

    async def send_and_delete(delivery: Delivery, body: bytes) -> Attempt:
        attempt = await send(delivery, body)
        await asyncio.to_thread(model.apply, jobs=[JobTombstone("j1")])
        return attempt

    receivers.send = send_and_delete  # type: ignore[method-assign]
    async with delivering(model, receivers):
        await until(lambda: receivers.taken == ["j1"])
        await asyncio.sleep(0.2)
    assert model.deliveries.page().deliveries == []


@pytest.mark.parametrize("trouble", [{"refuses": 2}, {"loses": 2}])
async def test_an_outcome_that_cannot_be_told_is_told_again_and_the_event_is_not_sent_again(
    model: ReadModel, monkeypatch: pytest.MonkeyPatch, trouble: dict[str, int]
) -> None:
    monkeypatch.setattr(webhook_dispatcher, "POLL_INTERVAL_S", 0.02)
    monkeypatch.setattr(webhook_dispatcher, "OUTCOME_SHOWN_S", 0.1)
    receivers, records = Receivers(), Topic([model], **trouble)
    model.apply(jobs=[job_of(1)])
    async with delivering(model, receivers, records=records):
        await until(lambda: model.deliveries.page(status=DeliveryStatus.DELIVERED).deliveries != [])
    assert receivers.taken == ["j1"]


def left_behind(*models: ReadModel) -> None:
    """Let models know of a delivery whose job was deleted before its state came."""
    for model in models:
        model.apply(jobs=[job_of(1)])
        state = model.deliveries.get("j1")
        assert state is not None
        model.apply(jobs=[JobTombstone("j1")])
        model.apply(deliveries=[state])


async def test_what_all_workers_know_of_a_deleted_job_is_forgotten_by_all(model: ReadModel, tmp_path: Path) -> None:
    other, receivers = ReadModel(tmp_path / "other.sqlite"), Receivers()
    left_behind(model, other)
    async with delivering(model, receivers, other):
        await until(lambda: model.deliveries.page().deliveries == other.deliveries.page().deliveries == [])
    other.close()
    assert receivers.taken == []


async def test_a_delivery_whose_job_is_on_its_topic_already_is_made_not_forgotten(model: ReadModel) -> None:
    class Behind(LookingFeed):
        async def caught_up(self, topic: str) -> None:
            if topic == TOPICS.jobs:
                await asyncio.to_thread(model.apply, jobs=[job_of(1)])

    receivers = Receivers()
    left_behind(model)
    async with delivering(model, receivers, feed=Behind()):
        await until(lambda: receivers.taken == ["j1"])
