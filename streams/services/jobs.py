"""What the web and the command line ask of the running service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from schemas.admission import check_request_size
from schemas.clock import utc_now
from schemas.jobs import RequestAction
from streams.domain.retry_schedule import replayed
from streams.ports.waiting import within

if TYPE_CHECKING:
    from schemas.deliveries import Delivery
    from schemas.jobs import Job, JobRequest
    from streams.pipeline.events import EventEmitter
    from streams.readmodel.model import ReadModel

__all__ = ["Commands"]

#: Seconds until a job that was asked for shows in the read model.
SHOWN_S = 20.0
#: Seconds between looks.
LOOK_S = 0.05


class Commands:
    """Asks for jobs and cancels them, and returns when the read model shows it: from then on nothing is forgotten."""

    def __init__(self, emitter: EventEmitter, model: ReadModel) -> None:
        self._emitter = emitter
        self._model = model

    async def submit(self, request: JobRequest) -> Job:
        """Ask for a job.

        Raises:
            TooLargeError: Not all that follows from it could be written.
            TimeoutError: No worker has taken it up; it is on its topic, or will be once the broker is back.
        """
        check_request_size(request)
        if not request.requested_time:
            request = msgspec.structs.replace(request, requested_time=utc_now())
        async with within(
            SHOWN_S, f"no worker has taken up job {request.job_id} yet: it may be asked for all the same"
        ):
            await self._emitter.request(request)
            return await self._shown(request.job_id)

    async def cancel(self, job: Job) -> None:
        """Ask for a job's end."""
        await self._emitter.request(msgspec.structs.replace(job.request, action=RequestAction.CANCEL))

    async def replay_delivery(self, delivery: Delivery) -> Delivery:
        """Ask for a callback to be delivered once more; return the new state of its delivery."""
        again = replayed(delivery, now=utc_now())
        await self._emitter.delivery(again)
        await asyncio.to_thread(self._model.apply, deliveries=[again])
        return again

    async def _shown(self, job_id: str) -> Job:
        while True:
            job = await asyncio.to_thread(self._model.job, job_id)
            if job is not None:
                return job
            await asyncio.sleep(LOOK_S)
