"""Looks at what is stored, through tasks in worker processes, and at what is known of it, in the read model.

The order of looks makes it safe to remove something: jobs and items are read *after* what is stored was listed, and
jobs before items. A job is known before its first task stores anything, and its item before it ends. So of a version
that was listed, that no unfinished job works on and that no item holds then, it is certain that it will never be held:
versions are given once, and a job that has ended does not start again. This does not become wrong later, however long
the removal waits for a free process. It is asked again right before each small batch all the same.

These tasks are on no topic, unlike all others: they are questions, which one examination asks and whose answers nobody
else can use. A page that was listed for an examination that has ended, or a repair that is done long after it was
judged to be right, must not be: with the one who asks they end as well, and the next examination looks anew.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from schemas.ids import new_job_id
from schemas.tasks import ListLibrary, RepairLibrary, SurveyStores, TaskOutcome
from streams.domain.inventory import Inspection, Page
from streams.domain.reconciliation import WRITE_AGE_S, LookedAt, Stock
from streams.domain.search_scope import Scope

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection

    from schemas.jobs import JobRequest
    from streams.adapters.kafka.topics import Topics
    from streams.domain.inventory import Repairs, Survey
    from streams.domain.reconciliation import Held, VersionKey
    from streams.ports.feed import Feed
    from streams.ports.task_report import TaskReport
    from streams.ports.tasks import TaskRunner
    from streams.readmodel.model import ReadModel

__all__ = ["Inspector", "Means", "RequestSink"]

#: Tries of a task. Each may be done again.
TRIES = 3


class RequestSink(Protocol):
    """Asks for jobs."""

    def request(self, request: JobRequest) -> Awaitable[None]:
        """Ask for a job; returns when the request cannot be lost."""
        ...


@dataclass
class Means:
    """What an examination works with.

    Attributes:
        model: What is known of items and jobs.
        feed: Brings the read model up to date.
        topics: The topics that it follows.
        runner: Runs tasks in worker processes.
        requests: Asks for jobs.
        budget_s: Seconds that a task takes at the most, so far as it can tell.
        pause_s: Seconds before what was lost is made anew, and before what was put back is looked at again: longer
            than it takes until an item that is being removed is gone from its library.
    """

    model: ReadModel
    feed: Feed
    topics: Topics
    runner: TaskRunner
    requests: RequestSink
    budget_s: float = 20.0
    pause_s: float = 15.0


class Inspector:
    """Looks, and has mended what is named. It decides nothing."""

    def __init__(self, means: Means) -> None:
        self.means = means
        self.rows = means.model.reconciliation

    async def survey(self) -> Survey:
        """Return what store and index have places for.

        Raises:
            OSError: They do not answer; so do all other methods.
        """
        report = await self._do(SurveyStores(job_id=new_job_id()), writes_before=time.time() - WRITE_AGE_S)
        if report.survey is None:
            raise OSError("a worker process has told nothing of what is stored")
        return report.survey

    async def stock(self, name: str) -> Stock:
        """Return what is stored of a library."""
        stock = Stock()
        page: Page | None = Page()
        while page is not None:
            report = await self._do(ListLibrary(job_id=new_job_id(), library=name), page=page)
            found = report.inventory
            if found is None or found.next == page:
                raise OSError(f"a worker process does not get on with listing library {name!r}")
            for media_id, version, windows in found.windows:
                stock.windows[media_id, version] = stock.windows.get((media_id, version), 0) + windows
            stock.fingerprints.update(found.fingerprints)
            page = found.next
        return stock

    async def looked_at(self, name: str, before: dict[str, int], stock: Stock) -> LookedAt:
        """Return what is known now that stock was taken: jobs first, then items. See the module."""
        media_ids = {media_id for media_id, _version in stock.versions}
        await self.means.feed.caught_up(self.means.topics.jobs)
        under_way = await asyncio.to_thread(self.rows.under_way_of, media_ids)
        await self.means.feed.caught_up(self.means.topics.items)
        held: dict[str, Held] = await asyncio.to_thread(self.rows.held, name)
        return LookedAt(before=before, held=held, under_way=under_way)

    async def standing(self, name: str, keys: Collection[VersionKey]) -> tuple[set[VersionKey], set[VersionKey]]:
        """Return which of the versions are held now, and which nobody holds or works on. Jobs first: see the module."""
        media_ids = {media_id for media_id, _version in keys}
        await self.means.feed.caught_up(self.means.topics.jobs)
        under_way = await asyncio.to_thread(self.rows.under_way_of, media_ids)
        await self.means.feed.caught_up(self.means.topics.items)
        held = (await asyncio.to_thread(self.rows.held_of, name, media_ids)).items() & set(keys)
        return held, set(keys) - held - under_way

    async def exists(self, name: str) -> bool:
        """Whether there is such a library now."""
        await self.means.feed.caught_up(self.means.topics.libraries)
        return await asyncio.to_thread(self.means.model.libraries.get, name) is not None

    async def unfinished(self) -> set[str]:
        """Return the jobs that have not ended."""
        await self.means.feed.caught_up(self.means.topics.jobs)
        return {job.job_id for job in await asyncio.to_thread(self.rows.unfinished)}

    async def repair(
        self,
        library: str,
        *,
        restore: tuple[VersionKey, ...] = (),
        remove: tuple[VersionKey, ...] = (),
        drop_empty: bool = False,
        parts: tuple[tuple[str, float], ...] = (),
        writes_before: float = 0.0,
    ) -> Repairs:
        """Have mended what is named, as `Inspection` says it; return what has been reached."""
        report = await self._do(
            RepairLibrary(job_id=new_job_id(), library=library),
            restore=restore,
            remove=remove,
            drop_empty=drop_empty,
            parts=parts,
            writes_before=writes_before,
        )
        if report.repairs is None:
            raise OSError("a worker process has told nothing of what it has mended")
        return report.repairs

    async def _do(self, task: SurveyStores | ListLibrary | RepairLibrary, **inspection: object) -> TaskReport:
        """Do a task in a worker process.

        Raises:
            OSError: It cannot be done; the message says why.
        """
        scope = Scope(inspection=Inspection(budget_s=self.means.budget_s, **inspection))  # type: ignore[arg-type] # by name
        for _ in range(TRIES):
            report = await self.means.runner.run(task, scope)
            if report.result.outcome is TaskOutcome.DONE:
                return report
        raise OSError(f"store or index cannot be compared: {report.result.message}")
