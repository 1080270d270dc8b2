"""Asks again for jobs that have not ended, when what would have moved them is gone."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec
import structlog

from schemas.commands import StartBackwardSearch
from schemas.jobs import JobSource
from streams.adapters.kafka.connection import KafkaConnection

if TYPE_CHECKING:
    from schemas.jobs import Job
    from streams.adapters.kafka.embedded import EmbeddedBroker
    from streams.adapters.kafka.publisher import EventPublisher
    from streams.pipeline.events import EventEmitter
    from streams.readmodel.model import ReadModel
    from streams.readmodel.projector import Projector
    from streams.services.libraries import Libraries
    from streams.worker.running_app import RunningApp

__all__ = ["EmbeddedWork", "ask_again", "recover"]

log = structlog.get_logger(__name__)


async def ask_again(emitter: EventEmitter, job: Job) -> None:
    """Ask for a job that has not ended. Chunks that it had done are found in the fingerprint store."""
    await emitter.request(msgspec.structs.replace(job.request, source=JobSource.RECOVERY))


async def recover(model: ReadModel, emitter: EventEmitter) -> None:
    """Take up what was under way when an embedded broker ended: its events are gone, the read model is not."""
    jobs = await asyncio.to_thread(model.jobs.unfinished)
    for job in jobs:
        await ask_again(emitter, job)
    if jobs:
        log.info("jobs_taken_up_again", jobs=len(jobs))
    searches = await asyncio.to_thread(model.backward_searches.unfinished)
    for search in searches:
        again = StartBackwardSearch(job_id=search.search_id, media_id=search.media_id, library=search.library)
        await emitter.command(again)
    if searches:
        log.info("backward_searches_taken_up_again", searches=len(searches))


@dataclass(frozen=True)
class EmbeddedWork:
    """What a worker does over an embedded broker, and does again over the next one when that has ended.

    The same as at a start: topics are read from their beginning, agents begin without a memory, and what has not ended
    is asked for again. What goes on meanwhile is all that needs no broker: reading API and web view, work on tasks.
    """

    broker: EmbeddedBroker
    app: RunningApp
    publisher: EventPublisher
    projector: Projector
    model: ReadModel
    emitter: EventEmitter
    libraries: Libraries

    async def let_go(self) -> None:
        """Leave a broker that is gone: nothing that was sent to it may be taken for sent to the next one."""
        await self.publisher.let_go()
        await self.projector.let_go()
        await self.app.let_go()

    async def take_up(self) -> None:
        """Go on over a new, empty broker."""
        kafka = KafkaConnection.plaintext(self.broker.worker_bootstrap)
        await asyncio.to_thread(self.model.forget_offsets)
        await self.projector.take_up(kafka)
        self.publisher.take_up(kafka)
        await self.app.start(kafka)
        await recover(self.model, self.emitter)
        await self.libraries.take_up_deletions()
