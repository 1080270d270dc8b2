"""What may be asked for about backward searches: to begin one, and to end one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from schemas.clock import utc_now
from schemas.commands import CancelBackwardSearch, StartBackwardSearch
from schemas.ids import new_job_id
from streams.domain.backward import NotSearchableError, SeveralLibrariesError, UnknownMediaError, obstacle
from streams.domain.library_errors import UnknownLibrary
from streams.ports.waiting import within

if TYPE_CHECKING:
    from schemas.backward import BackwardSearch
    from schemas.libraries import LibraryItem
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["Searches"]

#: Seconds until what was asked for shows in the read model.
SHOWN_S = 20.0


class Searches:
    """Asks for backward searches, and returns when the read model shows it: from then on nothing is forgotten."""

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics

    async def ask(self, media_id: str, library: str | None, *, caller: str) -> BackwardSearch:
        """Hold a reference against everything that is stored.

        One that is under way for the same content is returned, and taken up again in case that it was lost.

        Args:
            media_id: The reference.
            library: Where it is; None: in the one library that holds it.
            caller: Who asks.

        Raises:
            UnknownLibrary: There is no such library.
            UnknownMediaError: Nothing is known of the media item.
            SeveralLibrariesError: Several libraries hold it, and none is named.
            NotSearchableError: It is not stored there, or not matched by anybody now.
            TimeoutError: No worker has taken it up; it is asked for all the same.
        """
        item = await self._item(media_id, library)
        searches = await asyncio.to_thread(self._model.backward_searches.of_media, media_id)
        same = (item.library, item.version)
        under_way = [one for one in searches if not one.status.ended and (one.library, one.version) == same]
        search_id = under_way[0].search_id if under_way else new_job_id()
        command = StartBackwardSearch(
            job_id=search_id, media_id=media_id, library=item.library, requested_time=utc_now(), caller=caller
        )
        late = f"no worker has taken up backward search {search_id} yet: it is asked for all the same"
        async with within(SHOWN_S, late):
            await self._emitter.command(command)
            return await self._feed.until(
                lambda: self._model.backward_searches.get(search_id), timeout_s=SHOWN_S, otherwise=late
            )

    async def cancel(self, search: BackwardSearch) -> BackwardSearch:
        """End a search; return it as it ended.

        Raises:
            TimeoutError: No worker has done it yet.
        """
        await self._emitter.command(CancelBackwardSearch(job_id=search.search_id, media_id=search.media_id))

        def ended() -> BackwardSearch | None:
            found = self._model.backward_searches.get(search.search_id)
            return found if found is not None and found.status.ended else None

        late = "no worker has ended the search yet: it is asked for, look again later"
        return await self._feed.until(ended, timeout_s=SHOWN_S, otherwise=late)

    async def _item(self, media_id: str, library: str | None) -> LibraryItem:
        """Return what is to be held against others, once nothing stands in the way of that."""
        await self._feed.caught_up(self._topics.libraries)
        libraries = {one.name: one for one in await asyncio.to_thread(self._model.libraries.all)}
        if library is not None and library not in libraries:
            raise UnknownLibrary(library)
        await self._feed.caught_up(self._topics.items)
        everywhere = await asyncio.to_thread(self._model.libraries.items_of, media_id)
        held = [item for item in everywhere if library in {None, item.library}]
        if not held:
            raise await self._missing(media_id, library, everywhere)
        if len(held) > 1:
            raise SeveralLibrariesError(media_id, [item.library for item in held])
        if reason := obstacle(held[0], libraries.get(held[0].library)):
            raise NotSearchableError(reason)
        return held[0]

    async def _missing(self, media_id: str, library: str | None, everywhere: list[LibraryItem]) -> Exception:
        await self._feed.caught_up(self._topics.jobs)
        if not everywhere and not await asyncio.to_thread(self._model.jobs.of_media, media_id):
            return UnknownMediaError(media_id)
        where = "no library stores" if library is None else f"library {library!r} does not store"
        return NotSearchableError(f"{where} media item {media_id!r}: store it by a job first")
