"""Puts the agents on their topics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from schemas.clock import utc_now
from schemas.jobs import ChunkResult, ChunkTask, JobRequest
from schemas.wire import decode
from streams.agents.chunks import in_order
from streams.agents.guard import headers_of
from streams.agents.jobs import JobAgent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    import faust
    from faust.types import EventT, StreamT, TopicT

    from streams.agents.chunks import ChunkAgent
    from streams.agents.guard import Guard
    from streams.agents.intake import Intake
    from streams.broker.topics import Topics

__all__ = ["Agents", "register"]


@dataclass(frozen=True)
class Agents:
    """What handles the events of each topic.

    Attributes:
        intake: Handles transcode-complete events.
        jobs: Makes the job agent over the table of MediaId records.
        chunks: Handles chunk tasks.
        guard: Decides what a failure means.
        slots: How many chunk tasks run at a time.
    """

    intake: Intake
    jobs: Callable[[faust.Table[bytes, bytes]], JobAgent]
    chunks: ChunkAgent
    guard: Guard
    slots: int


def register(app: faust.App, topics: Topics, agents: Agents) -> None:
    """Define the agents and the table on the app.

    One agent handles requests *and* results, one event at a time, so that the table has one writer. Both topics are
    keyed by MediaId and have equally many partitions, so that one worker holds a MediaId's record and all its events.
    """
    table = app.Table(
        "media",
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        help="what is remembered of each MediaId",
    )
    jobs = agents.jobs(table)
    guard = agents.guard

    async def handle_transcode_event(event: EventT) -> None:
        await agents.intake.handle(event.message.value, headers_of(event), now=utc_now())

    async def handle_job_event(event: EventT) -> None:
        if event.message.topic == topics.job_requests:
            await jobs.on_request(decode(event.message.value, JobRequest), now=utc_now())
        else:
            await jobs.on_result(decode(event.message.value, ChunkResult), now=utc_now())

    async def handle_chunk_event(event: EventT) -> None:
        await agents.chunks.handle(decode(event.message.value, ChunkTask), now=utc_now)

    async def intake(stream: StreamT[bytes]) -> None:
        async for event in _events(stream):
            await guard.run(event, handle_transcode_event(event), now=utc_now())

    async def job(stream: StreamT[bytes]) -> None:
        async for event in _events(stream):
            await guard.run(event, handle_job_event(event), now=utc_now())

    async def chunk(stream: StreamT[bytes]) -> None:
        manual = stream.noack()

        async def guarded(event: EventT) -> None:
            await guard.run(event, handle_chunk_event(event), now=utc_now())

        await in_order(_events(manual), guarded, manual.ack, agents.slots)

    app.agent(_raw(app, topics.transcode_complete), name="intake")(intake)
    app.agent(_raw(app, topics.job_requests, topics.chunk_results), name="job")(job)
    app.agent(_raw(app, topics.chunks), name="chunk")(chunk)


def _raw(app: faust.App, *names: str) -> TopicT[bytes]:
    """A topic whose values reach the agent as they are: what cannot be decoded is ours to put aside, not Faust's."""
    return app.topic(*names, key_type=bytes, value_type=bytes, key_serializer="raw", value_serializer="raw")


async def _events(stream: StreamT[bytes]) -> AsyncIterator[EventT]:
    async for event in stream.events():
        yield event
