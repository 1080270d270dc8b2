"""What people say of boilerplate: that what a reference shares links all the same, or links nothing.

It is in events: this publishes them, and returns when the read model shows what was asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec
import structlog

from schemas.boilerplate import BoilerplateRuling
from schemas.clock import utc_now
from schemas.ids import boilerplate_ruling_id, new_job_id
from streams.domain.boilerplate_errors import (
    MOST_OF_A_REFERENCE,
    TooManyRulingsError,
    UnknownRulingError,
    checked_span,
)
from streams.domain.library_errors import UnknownItem, UnknownLibrary

if TYPE_CHECKING:
    from schemas.libraries import LibraryItem
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["Boilerplate", "NewRuling"]

log = structlog.get_logger(__name__)


class NewRuling(msgspec.Struct, kw_only=True, frozen=True):
    """What somebody wants to say.

    Attributes:
        library: Where the reference is.
        media_id: The reference.
        start: Where the span begins in it, seconds; None: all of it is meant.
        end: Where the span ends in it, seconds; None: all of it is meant.
        boilerplate: Whether it is boilerplate.
        note: What is written beside it.
    """

    library: str
    media_id: str
    start: float | None = None
    end: float | None = None
    boilerplate: bool
    note: str = ""


class Boilerplate:
    """What people say of boilerplate. Reads come from the read model: `ReadModel.boilerplate`.

    Changes are made one after another; of two workers' at once the later one stands.
    """

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics
        self._one_by_one = asyncio.Lock()

    async def get(self, ruling_id: str) -> BoilerplateRuling:
        """Return a ruling that holds, as all workers know it now.

        Raises:
            UnknownRulingError: None that holds has this id.
        """
        await self._feed.caught_up(self._topics.boilerplate_rulings)
        ruling = await asyncio.to_thread(self._model.boilerplate.get, ruling_id)
        if ruling is None:
            raise UnknownRulingError(ruling_id)
        return ruling

    async def say(self, wanted: NewRuling, *, who: str) -> BoilerplateRuling:
        """Say something of a reference or of a span of it, in the place of what was said of it before.

        Args:
            wanted: What is said.
            who: The name that is kept.

        Returns:
            What holds then.

        Raises:
            UnknownLibrary: There is no such library.
            UnknownItem: The library does not hold the reference.
            UnusableSpanError: What is named is no span of it.
            TooManyRulingsError: There are as many on spans of it as there may be.
        """
        item = await self._item(wanted.library, wanted.media_id)
        span = checked_span(wanted.start, wanted.end, duration=item.duration)
        start, end = (None, None) if span is None else span
        ruling = BoilerplateRuling(
            entry_id=new_job_id(),
            ruling_id=boilerplate_ruling_id(wanted.library, wanted.media_id, span),
            library=wanted.library,
            media_id=wanted.media_id,
            start=start,
            end=end,
            boilerplate=wanted.boilerplate,
            note=wanted.note,
            who=who,
            when=utc_now(),
        )
        async with self._one_by_one:
            await self._feed.caught_up(self._topics.boilerplate_rulings)
            there = await asyncio.to_thread(self._model.boilerplate.about, [wanted.media_id])
            known = next((one for one in there if one.ruling_id == ruling.ruling_id), None)
            if known is not None and (known.boilerplate, known.note) == (ruling.boilerplate, ruling.note):
                return known
            of_it = [one for one in there if one.library == wanted.library]
            if known is None and len(of_it) >= MOST_OF_A_REFERENCE:
                raise TooManyRulingsError(wanted.media_id)
            await self._publish(ruling)
        return ruling

    async def take_back(self, ruling_id: str, *, who: str) -> None:
        """Take back what was said: the number of references decides again.

        Raises:
            UnknownRulingError: None that holds has this id.
        """
        async with self._one_by_one:
            known = await self.get(ruling_id)
            await self._publish(
                msgspec.structs.replace(known, entry_id=new_job_id(), withdrawn=True, note="", who=who, when=utc_now())
            )

    async def _item(self, library: str, media_id: str) -> LibraryItem:
        await self._feed.caught_up(self._topics.items)
        item = await asyncio.to_thread(self._model.libraries.item, library, media_id)
        if item is not None:
            return item
        await self._feed.caught_up(self._topics.libraries)
        if await asyncio.to_thread(self._model.libraries.get, library) is None:
            raise UnknownLibrary(library)
        raise UnknownItem(library, media_id)

    async def _publish(self, ruling: BoilerplateRuling) -> None:
        await self._emitter.boilerplate_ruling(ruling)
        await self._feed.caught_up(self._topics.boilerplate_rulings)
        log.info(
            "boilerplate_overruled",
            library=ruling.library,
            media_id=ruling.media_id,
            span=ruling.span,
            boilerplate=ruling.boilerplate,
            withdrawn=ruling.withdrawn,
            who=ruling.who,
        )
