"""What the topics say now: answers of the read model, given once it has read its topics to their present end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from schemas.events import AIMediaDNAComplete

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.libraries import Library, LibraryItem
    from streams.adapters.kafka.topics import Topics
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["CurrentState"]


class CurrentState:
    """What agents ask before they decide: an answer that is behind would let them do a thing twice."""

    def __init__(self, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._model = model
        self._feed = feed
        self._topics = topics

    async def completed_as(self, job_id: str) -> str | None:
        """Return the code of a job's complete event; None when it is not on its topic."""
        event = await self.completion_of(job_id)
        return None if event is None else event.code

    async def completion_of(self, job_id: str) -> AIMediaDNAComplete | None:
        """Return a job's complete event, as far as its topic says now."""
        await self._feed.caught_up(self._topics.job_complete)
        event = await asyncio.to_thread(self._model.completions.get, job_id)
        return None if event is None else msgspec.json.decode(event, type=AIMediaDNAComplete)

    async def jobs_of(self, media_id: str) -> list[Job]:
        """Return the jobs of a media item, as far as the topic says now."""
        await self._feed.caught_up(self._topics.jobs)
        return await asyncio.to_thread(self._model.jobs.of_media, media_id)

    async def items_of(self, media_id: str) -> list[LibraryItem]:
        """Return what libraries hold of a media item, as far as the topic says now."""
        await self._feed.caught_up(self._topics.items)
        return await asyncio.to_thread(self._model.libraries.items_of, media_id)

    async def library_named(self, name: str) -> Library | None:
        """Return a library, as far as the topic says now."""
        await self._feed.caught_up(self._topics.libraries)
        return await asyncio.to_thread(self._model.libraries.get, name)
