"""Puts the agents on their topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import faust

from schemas.clock import utc_now
from schemas.earlier import decode_command, decode_result, decode_task
from schemas.tasks import chunk_of
from schemas.wire import InvalidEvent
from streams.adapters.kafka.faust_app import MEDIA_TABLE
from streams.pipeline.agents.error_policy import headers_of
from streams.pipeline.agents.fair_queue import Share
from streams.pipeline.agents.lane import Lane, serve_in_turn
from streams.pipeline.freshness import Freshness

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from faust.types import EventT, TopicT

    from streams.adapters.kafka.assignment import Assignment
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.agents.error_policy import ErrorPolicy
    from streams.pipeline.agents.intake import Intake
    from streams.pipeline.agents.jobs import JobAgent
    from streams.pipeline.agents.tasks import ChunkAgent

__all__ = ["Agents", "TaskLane", "register"]


@dataclass(frozen=True)
class TaskLane:
    """Chunk tasks that do not wait behind those of other lanes.

    Attributes:
        name: What its agent is called.
        topic: Where its tasks come from.
        agent: Handles them.
        slots: How many of them run at a time.
    """

    name: str
    topic: str
    agent: ChunkAgent
    slots: int


@dataclass(frozen=True)
class Agents:
    """What handles the events of each topic.

    Attributes:
        intake: Handles transcode-complete events.
        jobs: Makes the job agent over the table of MediaId records.
        lanes: Handle chunk tasks.
        policy: Decides what a failure means.
        assignment: What all of them work on.
    """

    intake: Intake
    jobs: Callable[[MutableMapping[bytes, bytes]], JobAgent]
    lanes: tuple[TaskLane, ...]
    policy: ErrorPolicy
    assignment: Assignment


def register(app: faust.App, topics: Topics, agents: Agents) -> None:
    """Define the agents and the table on the app.

    One agent handles requests *and* results, one event at a time, so that the table has one writer. Both topics are
    keyed by MediaId and have equally many partitions, so that one worker holds a MediaId's record and all its events.
    """
    _register_intake(app, topics, agents)
    _register_jobs(app, topics, agents)
    for lane in agents.lanes:
        _register_lane(app, lane, agents)


def _register_intake(app: faust.App, topics: Topics, agents: Agents) -> None:
    async def handle(event: EventT[Any]) -> bool:
        async def handling() -> None:
            message = event.message
            await agents.intake.handle(message.value, headers_of(event), now=utc_now(), key=message.key)

        return await agents.policy.run(event, handling)

    async def intake(stream: Any) -> None:
        manual = stream.noack()
        await serve_in_turn(manual.events(), handle, manual.ack, agents.assignment)

    app.agent(_raw(app, topics.transcode_complete), name="intake")(intake)


def _register_jobs(app: faust.App, topics: Topics, agents: Agents) -> None:
    # The types, not the schema, decide how a table is written and read again; without them its recovery reads JSON.
    table: Any = app.Table(MEDIA_TABLE, key_type=bytes, value_type=bytes, help="what is remembered of each MediaId")
    jobs = agents.jobs(table)

    async def handle(event: EventT[Any]) -> bool:
        async def handling() -> None:
            fresh = Freshness().check
            if event.message.topic == topics.job_requests:
                await jobs.on_request(decode_command(event.message.value), now=utc_now(), fresh=fresh)
            else:
                await jobs.on_result(decode_result(event.message.value), now=utc_now(), fresh=fresh)

        return await agents.policy.run(event, handling)

    async def job(stream: Any) -> None:
        manual = stream.noack()
        await serve_in_turn(manual.events(), handle, manual.ack, agents.assignment)

    app.agent(_raw(app, topics.job_requests, topics.chunk_results), name="job")(job)


def _register_lane(app: faust.App, lane: TaskLane, agents: Agents) -> None:
    async def handle(event: EventT[Any]) -> bool:
        async def handling() -> None:
            await lane.agent.handle(decode_task(event.message.value))

        return await agents.policy.run(event, handling)

    async def chunk(stream: Any) -> None:
        manual = stream.noack()
        side_by_side = Lane(handle, manual.ack, _share_of, slots=lane.slots, assignment=agents.assignment)
        await side_by_side.serve(manual.events())

    app.agent(_raw(app, lane.topic), name=lane.name)(chunk)


def _share_of(event: EventT[Any]) -> Share:
    """Whose work a task is: what cannot be read is nobody's, and is put aside when its turn comes."""
    try:
        task = decode_task(event.message.value)
    except InvalidEvent:
        return Share("", "")
    return Share(task.caller or task.lane, task.job_id, chunk_of(task))


def _raw(app: faust.App, *names: str) -> TopicT:
    """A topic whose values reach the agent as they are: what cannot be decoded is ours to put aside, not Faust's."""
    return app.topic(*names, schema=_raw_schema())


def _raw_schema() -> faust.Schema[bytes, bytes]:
    """Keys and values as the bytes that they are. A new one for each use: Faust writes its defaults into it."""
    return faust.Schema(key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")
