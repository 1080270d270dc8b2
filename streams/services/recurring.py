"""What people do with spans that recur: make one an item of a library, or put it aside, and take that back.

Decisions are events on a topic of their own; what is published is answered for when the read model shows it.
"""

from __future__ import annotations

import asyncio
import io
from typing import TYPE_CHECKING

import msgspec
import structlog

from fingerprint.codec import BadFingerprintError
from fingerprint.excerpt import excerpt
from fingerprint.model import Fingerprint
from fingerprint.types import ReferenceKey
from schemas.clock import utc_now
from schemas.ids import new_job_id
from schemas.jobs import UPLOADED, JobRequest, SaveType
from schemas.recurring import MOST_PLACES, RecurringDecision, RecurringPlace, RecurringState
from streams.domain.recurring_errors import ItemThereError, NothingStoredError, UnknownRecurringError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from schemas.rights import Right
    from streams.adapters.kafka.topics import Topics
    from streams.domain.recurring_links import Place
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.ports.fingerprint_store import FingerprintStore
    from streams.readmodel.model import ReadModel
    from streams.readmodel.recurring_lists import RecurringItem
    from streams.services.jobs import Commands
    from streams.services.libraries import Libraries

__all__ = ["RecurringContent"]

log = structlog.get_logger(__name__)

#: Digits of the id in the name that a promoted span has unless another one is given: enough to be told by.
NAME_DIGITS = 12
#: Occurrences of which the stored fingerprint is asked for, at the most: each is a file to read.
MOST_TRIED = 20


class RecurringContent:
    """Decisions on spans that recur. Reads come from the read model: `ReadModel.recurring`."""

    def __init__(
        self,
        emitter: EventEmitter,
        model: ReadModel,
        feed: Feed,
        topics: Topics,
        *,
        commands: Commands,
        libraries: Libraries,
        store: FingerprintStore,
    ) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics
        self._commands = commands
        self._libraries = libraries
        self._store = store

    async def get(self, name: str) -> RecurringItem:
        """Return a span that recurs, with all its occurrences.

        Raises:
            UnknownRecurringError: Nothing of this id recurs.
        """
        await self._feed.caught_up(self._topics.recurring)
        one = await asyncio.to_thread(self._model.recurring.get, name)
        if one is None:
            raise UnknownRecurringError(name)
        return one

    async def dismiss(self, name: str, *, who: str) -> RecurringItem:
        """Put a span aside: it is proposed no more, however often it occurs; return it as it stands then.

        Raises:
            UnknownRecurringError: Nothing of this id recurs.
        """
        return await self._decide(await self.get(name), RecurringState.DISMISSED, who=who)

    async def reopen(self, name: str, *, who: str) -> RecurringItem:
        """Take back what was decided: the span is proposed again. What it was promoted to stays in its library.

        Raises:
            UnknownRecurringError: Nothing of this id recurs.
        """
        return await self._decide(await self.get(name), RecurringState.PROPOSED, who=who)

    async def promote(
        self, name: str, library: str, media_id: str, *, who: str, rights: tuple[Right, ...] | None
    ) -> RecurringItem:
        """Make a span an item of a library, by a job over a part of a stored fingerprint: no media is read.

        Args:
            name: The id of the span.
            library: Where it is to be.
            media_id: What it is to be called; empty: by its id.
            who: Who asks.
            rights: What they may do beyond their role: to store into a library of ads takes one.

        Raises:
            UnknownRecurringError: Nothing of this id recurs.
            ItemThereError: The library holds something of this name.
            NothingStoredError: There is no fingerprint to cut it from.
            ForbiddenError: They may not store into this library.
            LibraryError: The library does not take it.
            OSError: The store or the broker does not answer.
        """
        one = await self.get(name)
        media_id = media_id or f"recurring-{one.id[:NAME_DIGITS]}"
        request = JobRequest(
            job_id=new_job_id(),
            media_id=media_id,
            file_url=UPLOADED,
            caller=who,
            rights=rights,
            library=library,
            save_type=SaveType.ONLYSAVE,
            metadata={"recurring": one.id},
        )
        await self._libraries.check(request)
        await self._feed.caught_up(self._topics.items)
        if await asyncio.to_thread(self._model.libraries.item, library, media_id) is not None:
            raise ItemThereError(library, media_id)
        part, place = await asyncio.to_thread(self._cut, one)
        request = msgspec.structs.replace(
            request, metadata={"recurring": one.id, "from": place.media_id, "start": place.start, "end": place.end}
        )
        await asyncio.to_thread(self._store.put_upload, request.job_id, io.BytesIO(part.to_bytes()))
        await self._commands.submit(request)
        promoted = await self._decide(
            one, RecurringState.PROMOTED, who=who, library=library, item=media_id, job_id=request.job_id
        )
        log.info("recurring_promoted", id=one.id, library=library, media_id=media_id, job_id=request.job_id)
        return promoted

    def _cut(self, one: RecurringItem) -> tuple[Fingerprint, Place]:
        """Return the span's fingerprint, out of that of the media item where it is most like itself, and which it is.

        Raises:
            NothingStoredError: There is none.
        """
        for place, key in self._stored(one):
            data = self._store.get(key)
            try:
                if data is not None:
                    return excerpt(Fingerprint.from_bytes(data), place.start, place.end), place
            except (BadFingerprintError, ValueError) as error:
                log.warning("stored_item_not_usable", library=key.library, media_id=key.media_id, reason=str(error))
        raise NothingStoredError(one.id)

    def _stored(self, one: RecurringItem) -> Iterator[tuple[Place, ReferenceKey]]:
        """Yield occurrences in media that libraries hold, those first that are as long as the span."""
        for place in _nearest(one):
            for item in self._model.libraries.items_of(place.media_id):
                yield place, ReferenceKey(item.library, item.media_id, item.version)

    async def _decide(self, one: RecurringItem, state: RecurringState, *, who: str, **promoted: str) -> RecurringItem:
        made = RecurringDecision(
            recurring_id=one.id,
            founded=one.founded,
            state=state,
            places=tuple(
                RecurringPlace(media_id=place.media_id, start=place.start, end=place.end)
                for place in one.occurrences[:MOST_PLACES]
            ),
            who=who,
            when=utc_now(),
            **promoted,
        )
        await self._emitter.state(self._topics.recurring, one.id, made)
        log.info("recurring_decided", id=one.id, state=state, who=who)
        return await self.get(one.id)


def _nearest(one: RecurringItem) -> Sequence[Place]:
    return sorted(one.occurrences, key=lambda place: (abs(place.seconds - one.duration), place))[:MOST_TRIED]
