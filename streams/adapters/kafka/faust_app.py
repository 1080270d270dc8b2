"""The Faust app, with the settings under which it neither loses nor repeats work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import faust
from faust.auth import OAuthCredentials, SASLCredentials, SSLCredentials

from schemas.channels import PARTITIONS
from schemas.limits import LARGEST_EVENT
from streams.adapters.kafka.assignment import DRAIN_S, SETTLE_S
from streams.adapters.kafka.faust_transport import Transport
from streams.ports.tasks import WALL_FACTOR

if TYPE_CHECKING:
    from faust.types.auth import CredentialsT

    from streams.adapters.kafka.assignment import Assignment
    from streams.adapters.kafka.connection import KafkaConnection
    from streams.adapters.kafka.security import KafkaSecurity
    from streams.settings import Settings
    from streams.telemetry.neighbours import Neighbours

__all__ = ["MEDIA_TABLE", "SESSION_TIMEOUT_S", "app_id", "changelog_topic", "make_app"]

#: Seconds without a heartbeat after which Kafka gives a worker's partitions to others: long enough for a machine
#: that swaps or a garbage collection, short enough that a killed worker's chunks move on within a minute.
SESSION_TIMEOUT_S = 30.0
#: Seconds between heartbeats: a third of the session at most, as Kafka advises; a tenth is robust to loss.
HEARTBEAT_S = 3.0
#: Seconds that a rebalance waits for a worker: what it lets under way end and settle, and a while for its commits.
REBALANCE_TIMEOUT_S = DRAIN_S + SETTLE_S + 20.0
#: Name of the table of MediaId records.
MEDIA_TABLE = "media"
#: Events that an agent holds in memory. Chunk events are seconds of work each: more would only wait here.
BUFFERED_EVENTS = 32
#: Events that one fetch brings.
FETCHED_EVENTS = 32


def app_id(settings: Settings) -> str:
    """Return the name of the app, which is its consumer group's too."""
    return f"{settings.topic_prefix}-worker"


def changelog_topic(settings: Settings) -> str:
    """Return the topic that Faust keeps the table of MediaId records on, by its own rule for names."""
    return f"{app_id(settings)}-{MEDIA_TABLE}-changelog"


def make_app(
    settings: Settings, *, kafka: KafkaConnection, assignment: Assignment, neighbours: Neighbours
) -> faust.App:
    """Make the Faust app.

    Args:
        settings: The service's settings.
        kafka: The broker.
        assignment: What the agents work on.
        neighbours: Is told when the broker answers.

    Raises:
        SecretFileError: A file of the settings cannot be used.
    """
    app = faust.App(
        app_id(settings),
        broker=[f"kafka://{server.strip()}" for server in kafka.servers.split(",")],
        broker_credentials=_credentials(kafka.security),
        store="memory://",
        datadir=settings.state / "faust",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        # All topics, the table's changelog among them, are made and waited for before the app starts (`ensure_topics`).
        topic_allow_declare=False,
        topic_disable_leader=True,
        # The defaults would expose tables over HTTP and take a port of their own; the web view is ours.
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_rebalance_timeout=REBALANCE_TIMEOUT_S,
        broker_request_timeout=REBALANCE_TIMEOUT_S + HEARTBEAT_S,
        stream_processing_timeout=WALL_FACTOR * settings.task_timeout_s + REBALANCE_TIMEOUT_S,
        stream_buffer_maxsize=BUFFERED_EVENTS,
        broker_max_poll_records=FETCHED_EVENTS,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        # What is remembered of a media item goes to the changelog in one event, which is larger than the usual 1 MB.
        producer_max_request_size=LARGEST_EVENT,
        # Replayed work is harmless here (ids are derived, effects idempotent); Faust's transactions are not.
        processing_guarantee="at_least_once",
        logging_config=None,
        loghandlers=[],
    )
    transport = Transport(app.conf.broker_consumer, app)
    transport.assignment = assignment
    transport.neighbours = neighbours
    transport.kafka = kafka
    app.transport = transport
    assignment.follow(lambda: app.consumer.assignment())  # noqa: PLW0108 (there is no consumer before the start)
    return app


def _credentials(security: KafkaSecurity) -> CredentialsT | None:
    """Return what Faust's own consumer and producer connect with."""
    context = security.context()
    if not security.has_sasl:
        return None if context is None else SSLCredentials(context)
    if security.tokens is not None:
        return OAuthCredentials(oauth_cb=security.tokens, ssl_context=context)
    return SASLCredentials(
        username=security.user, password=security.password(), ssl_context=context, mechanism=security.mechanism
    )
