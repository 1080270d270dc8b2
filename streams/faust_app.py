"""The Faust app, with the settings under which it neither loses nor repeats work."""

from __future__ import annotations

from typing import TYPE_CHECKING

import faust

from schemas.channels import PARTITIONS
from streams.faust_transport import Transport

if TYPE_CHECKING:
    from streams.settings import Settings

__all__ = ["SESSION_TIMEOUT_S", "make_app"]

#: Seconds without a heartbeat after which Kafka gives a worker's partitions to others: long enough for a machine
#: that swaps or a garbage collection, short enough that a killed worker's chunks move on within a minute.
SESSION_TIMEOUT_S = 30.0
#: Seconds between heartbeats: a third of the session at most, as Kafka advises; a tenth is robust to loss.
HEARTBEAT_S = 3.0
#: Events that an agent holds in memory. Chunk events are seconds of work each: more would only wait here.
BUFFERED_EVENTS = 32
#: Events that one fetch brings.
FETCHED_EVENTS = 32


def make_app(settings: Settings, *, bootstrap: str, declare_topics: bool) -> faust.App:
    """Make the Faust app.

    Args:
        settings: The service's settings.
        bootstrap: Bootstrap servers of Kafka.
        declare_topics: Whether Faust creates its changelog topics. The embedded broker makes topics when they are
            first named, and cannot answer requests that declare them.
    """
    rebalance_timeout = settings.task_timeout_s + SESSION_TIMEOUT_S
    app = faust.App(
        f"{settings.topic_prefix}-worker",
        broker=[f"kafka://{server}" for server in bootstrap.split(",")],
        store="memory://",
        datadir=settings.state / "faust",
        topic_partitions=PARTITIONS,
        topic_replication_factor=1,
        topic_allow_declare=declare_topics,
        topic_disable_leader=True,
        # The defaults would expose tables over HTTP and take a port of their own; the web view is ours.
        web_enabled=False,
        web_tables_enabled=False,
        web_router_enabled=False,
        # A rebalance waits for what is under way: one try of a chunk at most.
        broker_session_timeout=SESSION_TIMEOUT_S,
        broker_heartbeat_interval=HEARTBEAT_S,
        broker_rebalance_timeout=rebalance_timeout,
        broker_request_timeout=max(90.0, rebalance_timeout),
        stream_processing_timeout=rebalance_timeout + 60.0,
        stream_buffer_maxsize=BUFFERED_EVENTS,
        broker_max_poll_records=FETCHED_EVENTS,
        consumer_auto_offset_reset="earliest",
        producer_acks=-1,
        # Replayed work is harmless here (ids are derived, effects idempotent); Faust's transactions are not.
        processing_guarantee="at_least_once",
        logging_config=None,
        loghandlers=[],
    )
    app.transport = Transport(app.conf.broker_consumer, app)
    return app
