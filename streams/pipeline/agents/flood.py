"""The flood guard at work: after each job that a reference has blocked, it looks how much that reference matches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import structlog

from schemas.commands import ItemMarks, MarkItem
from schemas.ids import flood_mark_id
from schemas.policies import Action
from streams.domain.flood import Observed, is_flood, reason_of, usual_rate

if TYPE_CHECKING:
    from schemas.jobs import Job
    from schemas.libraries import LibraryItem
    from schemas.policies import Ruling
    from streams.pipeline.events import EventEmitter

__all__ = ["FloodGuard", "MatchHistory"]

log = structlog.get_logger(__name__)


class MatchHistory(Protocol):
    """Knows who was found to copy a reference."""

    async def item_in(self, library: str, media_id: str) -> LibraryItem | None:
        """Return what a library holds of a media item now."""
        ...

    async def count_matching(self, library: str, reference: str, *, after: str, until: str) -> int:
        """Return how many media items copy a reference, of those that were asked for in a span of time."""
        ...


class FloodGuard:
    """Asks for references to be set aside that match far more media than is usual for them.

    Args:
        history: Knows what matches.
        emitter: Sends what is asked for.
        limit: So many media items in an hour are no flood, whatever is usual; 0: there is no guard.
    """

    def __init__(self, history: MatchHistory, emitter: EventEmitter, *, limit: int) -> None:
        self._history = history
        self._emitter = emitter
        self._limit = limit

    async def watch(self, job: Job, *, now: str) -> None:
        """Look at the references that a job has matched, once its end is told.

        Only at those whose match leads to more than a review: being set aside makes no difference to the others.
        """
        if not self._limit:
            return
        for ruling in job.rulings:
            if ruling.action.strength > Action.REVIEW.strength and not ruling.retroactive and not ruling.dismissed:
                await self._look(ruling, job, now=now)

    async def _look(self, ruling: Ruling, job: Job, *, now: str) -> None:
        item = await self._history.item_in(ruling.library, ruling.reference)
        if item is None or item.quarantined:
            return
        place = (ruling.library, ruling.reference)
        span = Observed.of(item, job.creation_time)
        media = await self._history.count_matching(*place, after=span.since, until=span.at)
        if media <= self._limit:  # so it is nearly always, and the week's matches need not be counted
            return
        past = await self._history.count_matching(*place, after=span.past_since, until=span.past_until)
        usual = usual_rate(past, span.past_hours)
        if not is_flood(media, usual, limit=self._limit):
            return
        reason = reason_of(media, usual, limit=self._limit)
        log.warning("reference_floods", library=ruling.library, media_id=ruling.reference, reason=reason)
        mark = MarkItem(
            job_id=flood_mark_id(*place, job.job_id),
            media_id=ruling.reference,
            library=ruling.library,
            requested_time=now,
            marks=ItemMarks(quarantined=reason),
        )
        await self._emitter.command(mark)
