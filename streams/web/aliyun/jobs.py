"""What the operations of both services do with jobs in the same way."""

from __future__ import annotations

import asyncio

from schemas.clock import parse_time
from schemas.jobs import Job, JobRequest
from streams.web.aliyun.media import find_media
from streams.web.services import Services

__all__ = ["address_of_media", "found_jobs", "seconds_only", "submit"]


async def address_of_media(media_id: str, services: Services) -> str:
    """Return where a media item is.

    Raises:
        VendorError: Nothing is known of it.
    """
    return await asyncio.to_thread(find_media, media_id, services.model, services.settings)


async def submit(request: JobRequest, services: Services) -> Job:
    """Ask for a job.

    Raises:
        LibraryError: It names a library that it cannot use.
        TimeoutError: No worker takes jobs up.
    """
    await services.libraries.check(request)
    return await services.commands.submit(request)


async def found_jobs(job_ids: list[str], services: Services) -> dict[str, Job]:
    """Return the jobs that there are, by their ids, without pairs that people have dismissed."""
    found = await asyncio.gather(*(asyncio.to_thread(services.model.jobs.get, job_id) for job_id in job_ids))
    return {job.job_id: await asyncio.to_thread(services.results.told, job) for job in found if job is not None}


def seconds_only(time: str) -> str:
    """Write a time as the vendor's replies do: to the second."""
    return parse_time(time).strftime("%Y-%m-%dT%H:%M:%SZ")
