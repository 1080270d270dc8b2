"""A worker: broker connection, agents, worker processes, read model and web, put together."""

from __future__ import annotations

import asyncio
import os
import socket
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiokafka import TopicPartition

from schemas.channels import PARTITIONS
from streams.adapters.kafka.connection import KafkaConnection
from streams.adapters.kafka.embedded import EmbeddedBroker
from streams.adapters.kafka.faust_app import SESSION_TIMEOUT_S, changelog_topic, make_app
from streams.adapters.kafka.publisher import EventPublisher
from streams.adapters.kafka.topics import Topics, ensure_topics
from streams.adapters.milvus.lite_server import LiteKeeper
from streams.adapters.storage.fsspec_store import open_store
from streams.adapters.webhooks.sender import Sender
from streams.adapters.webhooks.signing import Signer, WatchedSigner, ensure_secrets
from streams.adapters.webhooks.targets import Targets
from streams.pipeline.agents.dead_letter_limit import DeadLetterLimit
from streams.pipeline.agents.error_policy import ErrorPolicy
from streams.pipeline.agents.intake import Intake
from streams.pipeline.agents.jobs import JobAgent
from streams.pipeline.agents.tasks import ChunkAgent
from streams.pipeline.agents.topology import Agents, TaskLane, register
from streams.pipeline.events import EventEmitter
from streams.pipeline.pool.pool import TaskPool
from streams.ports.errors import Neighbour
from streams.ports.tasks import WALL_FACTOR
from streams.readmodel.current import CurrentState
from streams.readmodel.model import ReadModel
from streams.readmodel.projector import Projector
from streams.services.backward import Searches
from streams.services.boilerplate import Boilerplate
from streams.services.cases import Cases
from streams.services.dead_letters import DeadLetters
from streams.services.evidence.explanations import EvidenceLanes, Explanations
from streams.services.idempotency_keys import RequestKeys
from streams.services.jobs import Commands
from streams.services.libraries import Libraries
from streams.services.library_scope import LibraryScopes
from streams.services.policies import Policies
from streams.services.reconciliation.doctor import Doctor
from streams.services.reconciliation.inspector import Means
from streams.services.recurring import RecurringContent
from streams.services.results import Results
from streams.services.traces import Traces
from streams.services.webhook_dispatcher import WebhookDispatcher
from streams.settings_rules import exposures
from streams.telemetry.neighbours import Neighbours
from streams.web.auth.authenticator import Authenticator
from streams.web.live import LiveChanges
from streams.web.server import WebServer
from streams.web.services import Services
from streams.worker.broker_keeper import BrokerKeeper
from streams.worker.deployment import join_deployment
from streams.worker.instance_lock import InstanceLock
from streams.worker.previewing import make_previews
from streams.worker.probes import Probes, disk_probe, kafka_probe, milvus_probe
from streams.worker.recovery import EmbeddedWork, ask_again, recover
from streams.worker.running_app import RunningApp
from streams.worker.stalled import JobSweep
from streams.worker.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack

    import faust

    from streams.adapters.kafka.assignment import Assignment
    from streams.adapters.webhooks.signing import Signs
    from streams.credentials.reloading_file import AccessFiles
    from streams.services.previews import Previews
    from streams.settings import Settings

__all__ = ["Worker", "start_worker"]

log = structlog.get_logger(__name__)

#: How often a chunk's whole time limit, and a dead member's, may pass without an event handled before the agents count
#: as stalled.
PATIENCE_TRIES = 2
#: The worker that holds this partition makes the comparisons that one of all is to make.
LEADING_PARTITION = 0
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


async def start_worker(
    stack: AsyncExitStack,
    settings: Settings,
    *,
    embedded: bool,
    takes_work: bool,
    new_index: bool,
    give_up: Callable[[BaseException], None],
) -> Worker:
    """Start everything that a worker is, in order; what was started is stopped by the stack, in the reverse order.

    Args:
        stack: Learns how each part is stopped.
        settings: The service's settings.
        embedded: Whether to run a broker as well.
        takes_work: Whether it joins the group that divides the events among its members. Without, it serves API and web
            view alone, and whatever these ask for is done by others.
        new_index: Whether this worker's index and store take the place of those that its Kafka's workers used before.
        give_up: Called with the reason when a part cannot go on.

    Returns:
        Where the worker is reached.
    """
    authenticator = Authenticator(settings)  # before anything starts: an address that may not be listened on
    lock = InstanceLock(settings.state)
    stack.callback(lock.release)
    topics = Topics.of(settings.topic_prefix)
    broker = await _start_broker(stack, settings) if embedded else None
    if broker is None:
        kafka = public = await _join_kafka(settings, topics, new_index=new_index)
    else:
        kafka, public = KafkaConnection.plaintext(broker.worker_bootstrap), KafkaConnection.plaintext(broker.bootstrap)
    if not settings.milvus:
        await _start_milvus(stack, settings)
    model = ReadModel(lock.folder / "jobs.sqlite")
    stack.callback(model.close)
    if embedded:
        model.forget_offsets()
    projector = await _start_projector(stack, Projector(kafka, topics, model, partitions=PARTITIONS))
    neighbours = Neighbours()
    publisher = EventPublisher(kafka, neighbours)
    stack.push_async_callback(publisher.stop)
    current = CurrentState(model, projector, topics)
    emitter = EventEmitter(publisher, topics, current)
    pool, import_pool = _make_pools(stack, settings)
    libraries = Libraries(emitter, model, projector, topics)
    scopes = LibraryScopes(model, projector, topics, budget_s=settings.task_timeout_s / TASK_PARTS)
    limit = DeadLetterLimit(settings.dead_letter_limit, dead_letters=topics.dead_letter)

    def make(kafka: KafkaConnection, assignment: Assignment) -> faust.App:
        policy = ErrorPolicy(emitter, assignment, neighbours, limit, give_up)
        agents = _make_agents(
            settings,
            topics,
            current,
            emitter,
            scopes=scopes,
            pools=(pool, import_pool),
            policy=policy,
            assignment=assignment,
        )
        app = make_app(settings, kafka=kafka, assignment=assignment, neighbours=neighbours)
        register(app, topics, agents)
        return app

    app = RunningApp(make, topics, give_up)
    stack.push_async_callback(app.stop)
    await libraries.ensure(settings.library)
    if takes_work:
        await app.start(kafka)
        _start_watchdog(stack, app, settings, kafka=public, neighbours=neighbours, give_up=give_up)
        _start_sweep(stack, settings, app, kafka=public, model=model, projector=projector, emitter=emitter)
    # That a broker takes connections proves little; where nobody works with it, it is all that is known of it.
    doubtful = frozenset({Neighbour.KAFKA}) if takes_work else frozenset()
    _start_probes(stack, settings, lock, public, neighbours, doubtful=doubtful)
    _start_deliverer(
        stack,
        _make_deliverer(
            settings,
            _watch_secrets(settings, authenticator.files),
            model,
            projector,
            emitter,
            partitions=app.held_partitions,
        ),
        projector,
    )
    doctor = _start_doctor(stack, settings, app.held_partitions, Means(model, projector, topics, import_pool, emitter))
    services = Services(
        settings=settings,
        model=model,
        commands=Commands(emitter, model, projector),
        libraries=libraries,
        policies=Policies(emitter, model, projector, topics),
        previews=await _make_previews(stack, settings, lock, model, projector),
        dead_letters=DeadLetters(emitter, model, projector, topics),
        cases=Cases(emitter, model, projector, topics),
        boilerplate=Boilerplate(emitter, model, projector, topics),
        evidence=_make_explanations(stack, settings, model),
        searches=Searches(emitter, model, projector, topics),
        keys=RequestKeys(emitter, model, projector, topics),
        results=Results(model),
        traces=Traces(model, Results(model), open_store(settings.store_url)),
        recurring=RecurringContent(
            emitter,
            model,
            projector,
            topics,
            commands=Commands(emitter, model, projector),
            libraries=libraries,
            store=open_store(settings.store_url),
        ),
        doctor=doctor,
        store=open_store(settings.store_url),
        live=LiveChanges(model),
        authenticator=authenticator,
        neighbours=neighbours,
        ready=app.is_ready if takes_work else _has_no_place_to_take,
        held=limit.held,
    )
    web = WebServer(services, projector)
    await web.start()
    stack.push_async_callback(web.stop)
    if broker is not None:
        await recover(model, emitter)
        _keep_broker(
            stack, broker, EmbeddedWork(broker, app, publisher, projector, model, emitter, libraries), neighbours
        )
    await libraries.take_up_deletions()
    return Worker(web=web.address, kafka=public.servers)


def _has_no_place_to_take() -> bool:
    """Tell that one that takes no work is ready: its read model has caught up before it begins to answer."""
    return True


async def _start_projector(stack: AsyncExitStack, projector: Projector) -> Projector:
    stack.push_async_callback(projector.stop)
    await projector.start()
    return projector


def _make_pools(stack: AsyncExitStack, settings: Settings) -> tuple[TaskPool, TaskPool]:
    """Return the worker processes of both lanes: of live jobs, and of imports."""
    pool = TaskPool(settings, slots=settings.slots)
    stack.push_async_callback(asyncio.to_thread, pool.stop)
    import_pool = TaskPool(settings, slots=settings.import_slots, niceness=IMPORT_NICENESS)
    stack.push_async_callback(asyncio.to_thread, import_pool.stop)
    return pool, import_pool


def _make_explanations(stack: AsyncExitStack, settings: Settings, model: ReadModel) -> Explanations:
    """Return what tells why matches match; its processes begin when somebody asks."""
    lanes = EvidenceLanes(settings)
    stack.push_async_callback(asyncio.to_thread, lanes.stop)
    return Explanations(model, open_store(settings.store_url), short=lanes.short, long=lanes.long)


def _start_probes(
    stack: AsyncExitStack,
    settings: Settings,
    lock: InstanceLock,
    kafka: KafkaConnection,
    neighbours: Neighbours,
    *,
    doubtful: frozenset[Neighbour],
) -> None:
    """Start looking after the neighbours that nothing else asks while no work is under way."""
    probes = Probes(
        {
            Neighbour.DISK: disk_probe(lock.folder),
            Neighbour.MILVUS: milvus_probe(settings),
            Neighbour.KAFKA: kafka_probe(kafka),
        },
        neighbours,
        doubtful=doubtful,
    )
    stack.push_async_callback(probes.stop)
    probes.start()


def _make_agents(
    settings: Settings,
    topics: Topics,
    current: CurrentState,
    emitter: EventEmitter,
    *,
    scopes: LibraryScopes,
    pools: tuple[TaskPool, TaskPool],
    policy: ErrorPolicy,
    assignment: Assignment,
) -> Agents:
    """Return what handles the events of each topic."""
    name = f"{socket.gethostname()}:{os.getpid()}"
    chunks, import_chunks = (ChunkAgent(pool, scopes, emitter, worker=name) for pool in pools)
    return Agents(
        intake=Intake(settings, emitter),
        jobs=lambda table: JobAgent(
            table,
            current,
            emitter,
            tries=settings.task_tries,
            callback_url=settings.callback_url,
            flood_limit=settings.flood_limit,
            shared_by=settings.boilerplate_references,
        ),
        lanes=(
            TaskLane("chunk", topics.chunks, chunks, settings.slots),
            TaskLane("import-chunk", topics.import_chunks, import_chunks, settings.import_slots),
        ),
        policy=policy,
        assignment=assignment,
    )


async def _join_kafka(settings: Settings, topics: Topics, *, new_index: bool) -> KafkaConnection:
    """Join the workers of the configured Kafka; return which it is."""
    for exposure in exposures(settings):
        log.warning("others_can_read_along", reason=exposure)
    kafka = KafkaConnection.of(settings)
    await ensure_topics(kafka, topics, partitions=PARTITIONS, changelogs=[changelog_topic(settings)])
    await join_deployment(settings, new_index=new_index)
    return kafka


async def _start_broker(stack: AsyncExitStack, settings: Settings) -> EmbeddedBroker:
    broker = EmbeddedBroker(settings.state)
    stack.push_async_callback(broker.stop)
    await broker.start()
    return broker


def _keep_broker(stack: AsyncExitStack, broker: EmbeddedBroker, work: EmbeddedWork, neighbours: Neighbours) -> None:
    keeper = BrokerKeeper(broker, work, neighbours)
    stack.push_async_callback(keeper.stop)
    keeper.start()


async def _start_milvus(stack: AsyncExitStack, settings: Settings) -> None:
    """Start Milvus Lite's server on the state folder, unless another worker runs it."""
    keeper = LiteKeeper(settings.state / "milvus")
    stack.push_async_callback(asyncio.to_thread, keeper.stop)
    await asyncio.to_thread(keeper.start)


def _start_doctor(
    stack: AsyncExitStack, settings: Settings, partitions: Callable[[], frozenset[int]], means: Means
) -> Doctor:
    """Return what compares libraries with what is stored: on demand, and by itself in one of all workers."""
    means = replace(means, budget_s=settings.task_timeout_s / TASK_PARTS)
    doctor = Doctor(means, sweep_s=settings.sweep_s, leads=lambda: LEADING_PARTITION in partitions())
    stack.push_async_callback(doctor.stop)
    doctor.start()
    return doctor


async def _make_previews(
    stack: AsyncExitStack, settings: Settings, lock: InstanceLock, model: ReadModel, projector: Projector
) -> Previews:
    """Return what makes media that browsers show; it forgets what it has made of jobs that are deleted."""
    previews = make_previews(settings, model, open_store(settings.store_url), lock.folder / "previews")
    stack.push_async_callback(asyncio.to_thread, previews.stop)
    await asyncio.to_thread(previews.tidy)
    projector.subscribe(previews.follow)
    return previews


def _start_deliverer(stack: AsyncExitStack, dispatcher: WebhookDispatcher, projector: Projector) -> None:
    projector.subscribe(dispatcher.wake)
    stack.push_async_callback(dispatcher.stop)
    dispatcher.start()


def _watch_secrets(settings: Settings, files: AccessFiles) -> Signs:
    """Return what signs callbacks, by the secrets as they are whenever one is sent."""
    path = settings.callback_secrets or ensure_secrets(settings.state / "callback-secrets")
    return WatchedSigner(files.watch("callback_secrets", path, Signer.load, Signer([])))


def _make_deliverer(
    settings: Settings,
    signer: Signs,
    model: ReadModel,
    projector: Projector,
    emitter: EventEmitter,
    *,
    partitions: Callable[[], frozenset[int]],
) -> WebhookDispatcher:
    """Return what delivers callbacks."""
    sender = Sender(Targets.of(settings), signer)
    return WebhookDispatcher(
        model, sender, emitter, feed=projector, topics=Topics.of(settings.topic_prefix), partitions=partitions
    )


def _start_sweep(
    stack: AsyncExitStack,
    settings: Settings,
    app: RunningApp,
    *,
    kafka: KafkaConnection,
    model: ReadModel,
    projector: Projector,
    emitter: EventEmitter,
) -> None:
    """Start looking for jobs of which everything was lost."""
    topics = Topics.of(settings.topic_prefix)
    sweep = JobSweep(
        kafka,
        app.group,
        topics,
        model.jobs,
        ask_again=partial(ask_again, emitter),
        caught_up=projector.caught_up,
        held=app.held_partitions,
        stall_s=settings.stall_s,
        tries=settings.task_tries,
    )
    stack.push_async_callback(sweep.stop)
    sweep.start()


def _start_watchdog(
    stack: AsyncExitStack,
    app: RunningApp,
    settings: Settings,
    *,
    kafka: KafkaConnection,
    neighbours: Neighbours,
    give_up: Callable[[BaseException], None],
) -> None:
    """Start what notices when the agents stop without a word."""
    topics = Topics.of(settings.topic_prefix)
    watchdog = Watchdog(
        kafka,
        app.group,
        [TopicPartition(topic, number) for topic in topics.inputs for number in range(PARTITIONS)],
        assignment=app.assignment,
        handled=app.handled,
        neighbours=neighbours,
        patience_s=PATIENCE_TRIES * (WALL_FACTOR * settings.task_timeout_s + SESSION_TIMEOUT_S),
    )
    stack.push_async_callback(watchdog.stop)
    watchdog.start(give_up)
