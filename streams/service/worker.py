"""A worker: broker connection, agents, worker processes, read model and web, put together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiokafka import TopicPartition

from schemas.channels import PARTITIONS
from streams.agents.assignment import Assignment
from streams.agents.chunks import ChunkAgent
from streams.agents.error_policy import ErrorPolicy
from streams.agents.intake import Intake
from streams.agents.jobs import JobAgent
from streams.agents.outbox import Outbox
from streams.agents.register import Agents, TaskLane, register
from streams.broker.connection import KafkaConnection
from streams.broker.embedded import EmbeddedBroker
from streams.broker.publisher import EventPublisher
from streams.broker.topics import Topics, ensure_topics
from streams.callbacks.deliverer import Deliverer
from streams.callbacks.sender import Sender
from streams.callbacks.signing import Signer, ensure_secrets
from streams.callbacks.targets import Targets
from streams.faust_app import SESSION_TIMEOUT_S, changelog_topic, make_app
from streams.libraries.registry import Libraries
from streams.libraries.scope import LibraryScopes
from streams.pool.tasks import WALL_FACTOR, TaskPool
from streams.ports.errors import Neighbour
from streams.ports.waiting import within
from streams.readmodel.model import ReadModel
from streams.readmodel.projector import Projector
from streams.service.commands import Commands
from streams.service.deployment import join_deployment
from streams.service.doctor import Doctor
from streams.service.inspector import Means
from streams.service.keys import RequestKeys
from streams.service.letters import Letters
from streams.service.probes import Probes, disk_probe, kafka_probe, milvus_probe
from streams.service.recovery import ask_again, recover
from streams.service.slot import WorkerSlot
from streams.service.stalled import JobSweep
from streams.service.watchdog import Watchdog
from streams.settings_rules import exposures
from streams.store.files import open_store
from streams.telemetry.neighbours import Neighbours
from streams.vectors.lite import LiteKeeper
from streams.web.gate import Gate
from streams.web.live import LiveChanges
from streams.web.server import WebServer
from streams.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable

    import faust

    from streams.settings import Settings

__all__ = ["Worker", "run_worker"]

log = structlog.get_logger(__name__)

#: Seconds from the wish to stop to the end of the process, whatever still hangs: half of what the contract allows.
STOP_S = 15.0
#: Seconds until the agents have partitions; joining a group waits for its other members' heartbeats.
JOIN_S = 120.0
#: How often a chunk's whole time limit, and a dead member's, may pass without an event handled before the agents count
#: as stalled.
PATIENCE_TRIES = 2
#: The worker that holds this share makes the comparisons that one of all is to make.
LEADING_SHARE = 0
#: A task that goes on by itself as long as it has time takes this part of a task's limit: one step more fits in then.
TASK_PARTS = 6
#: Imports get what processor time live events leave: the system gives a process of niceness 0 about 70 times the share
#: of one of 19.
IMPORT_NICENESS = 19


@dataclass
class Worker:
    """A worker that runs.

    Attributes:
        web: Address of API and web view.
        kafka: Bootstrap servers.
    """

    web: str
    kafka: str


async def run_worker(
    settings: Settings, *, embedded: bool, new_index: bool = False, announce: Callable[[Worker], None]
) -> int:
    """Run a worker until it is told to stop, or cannot go on.

    Args:
        settings: The service's settings.
        embedded: Whether to run a broker as well.
        new_index: Whether this worker's index and store take the place of those that its Kafka's workers used before.
        announce: Called once the worker takes events.

    Returns:
        The exit status: 0 when it was told to stop.
    """
    stop = asyncio.get_running_loop().create_future()
    _stop_on_signals(stop)

    def give_up(error: BaseException) -> None:
        if not stop.done():
            stop.set_result(1)
            log.error("worker_cannot_go_on", error=repr(error))

    async with AsyncExitStack() as stack:
        starting = asyncio.create_task(_start(stack, settings, embedded=embedded, new_index=new_index, give_up=give_up))
        await asyncio.wait([starting, stop], return_when=asyncio.FIRST_COMPLETED)
        if starting.done():
            announce(starting.result())
            await stop
        starting.cancel()
        _end_at_the_latest(STOP_S, stop.result())
        log.info("worker_stops", status=stop.result())
    status: int = stop.result()
    return status


async def _start(
    stack: AsyncExitStack,
    settings: Settings,
    *,
    embedded: bool,
    new_index: bool,
    give_up: Callable[[BaseException], None],
) -> Worker:
    gate = Gate(settings)  # before anything starts: an address that may not be listened on
    slot = WorkerSlot(settings.state)
    stack.callback(slot.release)
    topics = Topics.of(settings.topic_prefix)
    kafka = await _start_broker(stack, settings, topics, embedded=embedded, new_index=new_index)
    if not settings.milvus:
        await _start_milvus(stack, settings)
    model = ReadModel(slot.folder / "jobs.sqlite")
    stack.callback(model.close)
    if embedded:
        model.forget_offsets()
    projector = Projector(kafka, topics, model, partitions=PARTITIONS)
    stack.push_async_callback(projector.stop)
    await projector.start()
    neighbours = Neighbours()
    publisher = EventPublisher(kafka, neighbours)
    stack.push_async_callback(publisher.stop)
    outbox = Outbox(publisher, topics, projector)
    pool = TaskPool(settings, slots=settings.slots)
    stack.push_async_callback(asyncio.to_thread, pool.stop)
    import_pool = TaskPool(settings, slots=settings.import_slots, niceness=IMPORT_NICENESS)
    stack.push_async_callback(asyncio.to_thread, import_pool.stop)
    libraries = Libraries(outbox, model, projector, topics, pool)
    scopes = LibraryScopes(model, projector, topics)
    name = f"{socket.gethostname()}:{os.getpid()}"
    chunks, import_chunks = (ChunkAgent(one, scopes, outbox, worker=name) for one in (pool, import_pool))
    assignment = Assignment(give_up)
    agents = Agents(
        intake=Intake(settings, outbox),
        jobs=lambda table: JobAgent(
            table, projector, outbox, tries=settings.task_tries, callback_url=settings.callback_url
        ),
        lanes=(
            TaskLane("chunk", topics.chunks, chunks, settings.slots),
            TaskLane("import-chunk", topics.import_chunks, import_chunks, settings.import_slots),
        ),
        policy=ErrorPolicy(outbox, assignment, neighbours, give_up),
        assignment=assignment,
    )
    app = make_app(settings, kafka=kafka, assignment=assignment, neighbours=neighbours)
    register(app, topics, agents)
    await libraries.ensure(settings.library)
    await _start_app(stack, app, give_up)
    watchdog = _make_watchdog(app, topics, settings, kafka=kafka, assignment=assignment, neighbours=neighbours)
    stack.push_async_callback(watchdog.stop)
    watchdog.start(give_up)
    probes = Probes(
        {
            Neighbour.DISK: disk_probe(slot.folder),
            Neighbour.MILVUS: milvus_probe(settings),
            Neighbour.KAFKA: kafka_probe(kafka),
        },
        neighbours,
        doubtful=frozenset({Neighbour.KAFKA}),
    )
    stack.push_async_callback(probes.stop)
    probes.start()
    _start_sweep(stack, settings, app, kafka=kafka, model=model, projector=projector, outbox=outbox)
    shares = partial(_held, app, topics)
    _start_deliverer(stack, _make_deliverer(settings, shares, model, projector, outbox), projector)
    doctor = _start_doctor(stack, settings, shares, Means(model, projector, topics, import_pool, outbox))
    services = Services(
        settings=settings,
        model=model,
        commands=Commands(outbox, model),
        libraries=libraries,
        letters=Letters(outbox, model, projector, topics),
        keys=RequestKeys(outbox, model, projector, topics),
        doctor=doctor,
        store=open_store(settings.store_url),
        live=LiveChanges(model),
        gate=gate,
        neighbours=neighbours,
        ready=lambda: _is_ready(app),
    )
    web = WebServer(services, projector)
    await web.start()
    stack.push_async_callback(web.stop)
    if embedded:
        await recover(model, outbox)
    await libraries.take_up_deletions()
    return Worker(web=web.address, kafka=kafka.servers)


async def _start_broker(
    stack: AsyncExitStack, settings: Settings, topics: Topics, *, embedded: bool, new_index: bool
) -> KafkaConnection:
    """Start the embedded broker, or join the workers of the configured one; return which it is."""
    if not embedded:
        for exposure in exposures(settings):
            log.warning("others_can_read_along", reason=exposure)
        kafka = KafkaConnection.of(settings)
        await ensure_topics(kafka, topics, partitions=PARTITIONS, changelogs=[changelog_topic(settings)])
        await join_deployment(settings, new_index=new_index)
        return kafka
    broker = EmbeddedBroker(settings.state)
    await broker.start()
    stack.push_async_callback(broker.stop)
    return KafkaConnection.plaintext(broker.bootstrap)


async def _start_milvus(stack: AsyncExitStack, settings: Settings) -> None:
    """Start Milvus Lite's server on the state folder, unless another worker runs it."""
    keeper = LiteKeeper(settings.state / "milvus")
    stack.push_async_callback(asyncio.to_thread, keeper.stop)
    await asyncio.to_thread(keeper.start)


def _start_doctor(
    stack: AsyncExitStack, settings: Settings, shares: Callable[[], frozenset[int]], means: Means
) -> Doctor:
    """Return what compares libraries with what is stored: on demand, and by itself in one of all workers."""
    means = replace(means, budget_s=settings.task_timeout_s / TASK_PARTS)
    doctor = Doctor(means, sweep_s=settings.sweep_s, leads=lambda: LEADING_SHARE in shares())
    stack.push_async_callback(doctor.stop)
    doctor.start()
    return doctor


def _start_deliverer(stack: AsyncExitStack, deliverer: Deliverer, projector: Projector) -> None:
    projector.subscribe(deliverer.wake)
    stack.push_async_callback(deliverer.stop)
    deliverer.start()


def _make_deliverer(
    settings: Settings, shares: Callable[[], frozenset[int]], model: ReadModel, projector: Projector, outbox: Outbox
) -> Deliverer:
    """Return what delivers callbacks."""
    topics = Topics.of(settings.topic_prefix)
    path = settings.callback_secrets or ensure_secrets(settings.state / "callback-secrets")

    async def caught_up() -> None:
        await projector.caught_up(topics.job_complete)
        await projector.caught_up(topics.deliveries)

    sender = Sender(Targets.of(settings), Signer.load(path))
    return Deliverer(model, sender, outbox, caught_up=caught_up, shares=shares)


def _start_sweep(
    stack: AsyncExitStack,
    settings: Settings,
    app: faust.App,
    *,
    kafka: KafkaConnection,
    model: ReadModel,
    projector: Projector,
    outbox: Outbox,
) -> None:
    """Start looking for jobs of which everything was lost."""
    topics = Topics.of(settings.topic_prefix)
    sweep = JobSweep(
        kafka,
        app.conf.id,
        topics,
        model,
        ask_again=partial(ask_again, outbox),
        caught_up=projector.caught_up,
        held=partial(_held, app, topics),
        stall_s=settings.stall_s,
        tries=settings.task_tries,
    )
    stack.push_async_callback(sweep.stop)
    sweep.start()


def _held(app: faust.App, topics: Topics) -> frozenset[int]:
    """Return the partitions of requests that this worker holds: what workers divide among them goes by these."""
    held = () if app.rebalancing else app.consumer.assignment()
    return frozenset(p.partition for p in held if p.topic == topics.job_requests)


async def _start_app(stack: AsyncExitStack, app: faust.App, give_up: Callable[[BaseException], None]) -> None:
    """Start the Faust app; return when its agents have partitions to read."""

    async def watch() -> None:
        await app.wait_until_stopped()
        give_up(app.crash_reason or RuntimeError("the Faust app has stopped"))

    stack.push_async_callback(app.stop)
    await app.start()
    watcher = asyncio.create_task(watch(), name="faust-watch")
    stack.callback(watcher.cancel)
    async with within(JOIN_S, f"the consumer group gave this worker no place within {JOIN_S:g} s"):
        while not _is_ready(app):  # noqa: ASYNC110 (Faust gives no event to wait for)
            await asyncio.sleep(0.1)


def _make_watchdog(
    app: faust.App,
    topics: Topics,
    settings: Settings,
    *,
    kafka: KafkaConnection,
    assignment: Assignment,
    neighbours: Neighbours,
) -> Watchdog:
    """Return what notices when the agents stop without a word."""
    return Watchdog(
        kafka,
        app.conf.id,
        [TopicPartition(topic, number) for topic in topics.inputs for number in range(PARTITIONS)],
        assignment=app.consumer.assignment,
        handled=assignment.handled,
        neighbours=neighbours,
        patience_s=PATIENCE_TRIES * (WALL_FACTOR * settings.task_timeout_s + SESSION_TIMEOUT_S),
    )


def _is_ready(app: faust.App) -> bool:
    """Whether the worker has its place in the group: no rebalance or recovery is under way, and it has its share.

    Where there are more workers than the partitions can be divided among, that share is none: such a worker serves API
    and web view, and takes over when another one ends.
    """
    has_place = bool(app.consumer.assignment()) or app.unassigned
    return has_place and not app.rebalancing and not app.in_recovery


def _stop_on_signals(stop: asyncio.Future[int]) -> None:
    def ask() -> None:
        if not stop.done():
            stop.set_result(0)

    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, ask)


def _end_at_the_latest(seconds: float, status: int) -> None:
    """End the process after a while even when something hangs: what was under way is delivered again."""

    def end() -> None:
        log.warning("stopping_took_too_long", seconds=seconds)
        os._exit(status)

    asyncio.get_running_loop().call_later(seconds, end)
