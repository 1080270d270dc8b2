"""What the topics say now: answers of the read model, given once it has read its topics to their present end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from schemas.events import AIMediaDNAComplete
from streams.domain.policies import Rules
from streams.domain.precedence import ages_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from schemas.backward import BackwardSearch
    from schemas.boilerplate import BoilerplateRuling
    from schemas.cases import Decision
    from schemas.jobs import Job, LiveMatch
    from schemas.libraries import Library, LibraryItem
    from schemas.policies import Outcome
    from streams.adapters.kafka.topics import Topics
    from streams.domain.precedence import Ages
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

    async def item_in(self, library: str, media_id: str) -> LibraryItem | None:
        """Return what a library holds of a media item, as far as the topic says now."""
        await self._feed.caught_up(self._topics.items)
        return await asyncio.to_thread(self._model.libraries.item, library, media_id)

    async def count_matching(self, library: str, reference: str, *, after: str, until: str) -> int:
        """Return how many media items copy a reference, of those asked for in a span of time."""
        await self._feed.caught_up(self._topics.jobs)
        return await asyncio.to_thread(self._model.matches.count_media, library, reference, after=after, until=until)

    async def backward_search_by_id(self, search_id: str) -> BackwardSearch | None:
        """Return a backward search, as far as its topic says now."""
        await self._feed.caught_up(self._topics.backward_searches)
        return await asyncio.to_thread(self._model.backward_searches.get, search_id)

    async def backward_searches_of(self, media_id: str) -> list[BackwardSearch]:
        """Return all backward searches of a reference, as far as their topic says now."""
        await self._feed.caught_up(self._topics.backward_searches)
        return await asyncio.to_thread(self._model.backward_searches.of_media, media_id)

    async def count_held_against(self, media_id: str) -> int:
        """Return how many items a reference is held against, as far as the topic says now."""
        await self._feed.caught_up(self._topics.items)
        return await asyncio.to_thread(self._model.backward_searches.count_items, media_id)

    async def library_named(self, name: str) -> Library | None:
        """Return a library, as far as the topic says now."""
        await self._feed.caught_up(self._topics.libraries)
        return await asyncio.to_thread(self._model.libraries.get, name)

    async def brought_up(self) -> None:
        """Return when all that rulings depend on has been read: what was told before, and decided, and is held."""
        topics = self._topics
        await asyncio.gather(
            *map(
                self._feed.caught_up,
                (
                    topics.jobs,
                    topics.matches,
                    topics.outcomes,
                    topics.policies,
                    topics.decisions,
                    topics.boilerplate_rulings,
                    topics.libraries,
                    topics.items,
                ),
            )
        )

    async def rules_for(self, media_id: str, references: Iterable[tuple[str, str]]) -> Rules:
        """Return the rules that matches of a media item with these references are held against, as far as was read."""
        return await asyncio.to_thread(self._rules_for, media_id, list(references))

    async def ages_of(self, media_ids: Iterable[str]) -> dict[str, Ages]:
        """Return what is known of the times of media items, as far as was read."""
        return await asyncio.to_thread(self._ages_of, list(media_ids))

    async def outcome_of(self, media_id: str) -> Outcome | None:
        """Return the outcome of a media item that was told last, as far as was read."""
        return await asyncio.to_thread(self._model.outcomes.get, media_id)

    async def live_matches_of(self, job_id: str) -> list[LiveMatch]:
        """Return the matches that were told while a job is under way, as far as was read."""
        return await asyncio.to_thread(self._model.matches.live, job_id)

    async def decisions_on(self, case_id: str) -> list[Decision]:
        """Return what was decided on a case, in order, as far as was read."""
        return await asyncio.to_thread(self._model.decisions.of_case, case_id)

    async def said_of_boilerplate(self, media_ids: Iterable[str]) -> list[BoilerplateRuling]:
        """Return what people say of media items that many share, or few, as far as was read."""
        return await asyncio.to_thread(self._model.boilerplate.about, list(media_ids))

    async def result_of(self, media_id: str) -> Job | None:
        """Return the newest job of a media item that succeeded, as far as was read."""
        return await asyncio.to_thread(self._model.jobs.result, media_id)

    def _ages_of(self, media_ids: list[str]) -> dict[str, Ages]:
        libraries, jobs = self._model.libraries, self._model.jobs
        return {
            one: ages_of(one, libraries.items_of(one), asked=jobs.first_asked(one)) for one in dict.fromkeys(media_ids)
        }

    def _rules_for(self, media_id: str, references: list[tuple[str, str]]) -> Rules:
        items = (self._model.libraries.item(library, reference) for library, reference in references)
        return Rules(
            policies=self._model.policies.all(),
            libraries={library.name: library for library in self._model.libraries.all()},
            quarantined=frozenset((item.library, item.media_id) for item in items if item and item.quarantined),
            dismissed=self._model.decisions.dismissed_with(media_id),
            allowed=self._model.decisions.allowed(media_id),
        )
