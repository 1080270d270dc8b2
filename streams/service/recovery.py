"""Asks again for jobs that have not ended, when what would have moved them is gone."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog

from streams.jobs.machine import RECOVERY

if TYPE_CHECKING:
    from schemas.jobs import Job
    from streams.agents.outbox import Outbox
    from streams.readmodel.model import ReadModel

__all__ = ["ask_again", "recover"]

log = structlog.get_logger(__name__)


async def ask_again(outbox: Outbox, job: Job) -> None:
    """Ask for a job that has not ended. Chunks that it had done are found in the fingerprint store."""
    await outbox.request(msgspec.structs.replace(job.request, source=RECOVERY))


async def recover(model: ReadModel, outbox: Outbox) -> None:
    """Take up what was under way when an embedded broker ended: its events are gone, the read model is not."""
    jobs = await asyncio.to_thread(model.unfinished)
    for job in jobs:
        await ask_again(outbox, job)
    if jobs:
        log.info("jobs_taken_up_again", jobs=len(jobs))
