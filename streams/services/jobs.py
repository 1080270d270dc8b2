"""What the web and the command line ask of the running service."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.admission import check_request_size
from schemas.clock import utc_now
from schemas.commands import CancelJob
from streams.domain.retry_schedule import replayed
from streams.ports.waiting import within

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schemas.deliveries import Delivery
    from schemas.jobs import Job, JobRequest
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["Commands"]

#: Seconds until a job that was asked for shows in the read model.
SHOWN_S = 20.0


class Commands:
    """Asks for jobs and cancels them, and returns when the read model shows it: from then on nothing is forgotten."""

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed

    async def submit(self, request: JobRequest) -> Job:
        """Ask for a job.

        Raises:
            TooLargeError: Not all that follows from it could be written.
            TimeoutError: No worker has taken it up; it is on its topic, or will be once the broker is back.
        """
        check_request_size(request)
        if not request.requested_time:
            request = msgspec.structs.replace(request, requested_time=utc_now())
        late = f"no worker has taken up job {request.job_id} yet: it may be asked for all the same"
        async with within(SHOWN_S, late):
            await self._emitter.request(request)
            return await self._feed.until(
                lambda: self._model.jobs.get(request.job_id), timeout_s=SHOWN_S, otherwise=late
            )

    async def cancel(self, job: Job) -> None:
        """Ask for a job's end."""
        await self._emitter.command(CancelJob(job_id=job.job_id, media_id=job.media_id))

    async def replay_deliveries(self, deliveries: Sequence[Delivery]) -> list[Delivery]:
        """Ask for callbacks to be delivered once more; return the new states of their deliveries.

        Raises:
            TimeoutError: They do not show; they are on their topic, or will be once the broker is back.
        """
        again = [replayed(delivery, now=utc_now()) for delivery in deliveries]

        def shown() -> bool:
            known = ((self._model.deliveries.get(one.job_id), one) for one in again)
            return all(state is None or state.revision >= one.revision for state, one in known)

        late = "the callbacks are not known to be due again yet: look at their deliveries in a moment"
        async with within(SHOWN_S, late):
            for delivery in again:
                await self._emitter.delivery(delivery)
            await self._feed.until(shown, timeout_s=SHOWN_S, otherwise=late)
        return again
