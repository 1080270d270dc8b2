"""Takes up what was under way when an embedded broker ended: its events are gone, the read model is not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog

if TYPE_CHECKING:
    from streams.agents.outbox import Outbox
    from streams.readmodel.model import ReadModel

__all__ = ["recover"]

log = structlog.get_logger(__name__)


async def recover(model: ReadModel, outbox: Outbox) -> None:
    """Ask again for every job that has not ended. Chunks that it had done are found in the fingerprint store."""
    jobs = await asyncio.to_thread(model.unfinished)
    for job in jobs:
        await outbox.request(msgspec.structs.replace(job.request, source="recovery"))
    if jobs:
        log.info("jobs_taken_up_again", jobs=len(jobs))
