"""One comparison of libraries, fingerprint store, window index and jobs, with the mends that are asked for."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from schemas.clock import parse_time, utc_now
from schemas.libraries import DEFAULT_LIBRARY, LibraryStatus
from streams.domain.library_errors import UnknownLibrary
from streams.domain.reconciliation import (
    ENDED_PARTS_AGE_S,
    UNKNOWN_PARTS_AGE_S,
    WRITE_AGE_S,
    Difference,
    DifferenceKind,
    Outcome,
    compare,
    left_parts,
)
from streams.services.reconciliation.inspector import Inspector
from streams.services.reconciliation.mender import BATCH, Mender

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.domain.inventory import Survey
    from streams.services.reconciliation.inspector import Means

__all__ = ["Examination", "Order", "Progress"]

#: Seconds after which a job without progress is told. A backfill may keep jobs waiting for hours.
STALLED_S = 86_400.0


class Order(msgspec.Struct, kw_only=True, frozen=True):
    """What is to be examined, and how far mending may go."""

    #: Only this library; None: all of them, and what jobs have left behind.
    library: str | None = None
    #: Whether to mend what differs.
    mend: bool = False
    #: Whether to mend also where most of a library would go, or would have to be made anew.
    force: bool = False
    #: Whether to leave what only a person can decide on: what nobody knows any more.
    cautious: bool = False


@dataclass
class Progress:
    """How far an examination is.

    Attributes:
        phase: What it is at, for a person.
        libraries: How many libraries have been compared.
        items: How many items of libraries.
        versions: How many stored versions.
    """

    phase: str = ""
    libraries: int = 0
    items: int = 0
    versions: int = 0


class Examination:
    """Compares, tells every difference once with what was done about it, and mends on demand.

    Args:
        means: What it works with.
        order: What is to be done.
        tell: Called with each difference.
        progress: Is kept up to date.
    """

    def __init__(self, means: Means, order: Order, tell: Callable[[Difference], None], progress: Progress) -> None:
        self._inspector = Inspector(means)
        self._mender = Mender(self._inspector, tell, force=order.force, cautious=order.cautious)
        self._model = means.model
        self._feed = means.feed
        self._topics = means.topics
        self._order = order
        self._tell = tell
        self._progress = progress

    async def run(self) -> None:
        """Do it.

        Raises:
            UnknownLibrary: There is no such library, and nothing is stored of one.
            OSError: Broker, store or index do not answer; what was mended stays mended.
        """
        self._progress.phase = "looking at what there is"
        survey = await self._inspector.survey()
        for number, name in enumerate(names := await self._libraries(survey), 1):
            self._progress.phase = f"comparing library {name}, {number} of {len(names)}"
            await self._library(name, survey.algorithm)
            self._progress.libraries += 1
        self._progress.phase = "looking again at what was put back, and asking for what is lost"
        await self._mender.look_again()
        if self._order.library is None:
            self._progress.phase = "comparing what jobs have left behind"
            await self._parts(survey)
            await self._writes(survey)
            await self._jobs()
        self._progress.phase = ""

    async def _libraries(self, survey: Survey) -> list[str]:
        """Return the libraries to compare, in order; those that are being deleted are taken apart already."""
        await self._feed.caught_up(self._topics.libraries)
        known = {one.name: one.status for one in await asyncio.to_thread(self._model.libraries.all)}
        there = {*known, *survey.libraries}
        if self._order.library is not None:
            if self._order.library not in there:
                raise UnknownLibrary(self._order.library)
            there = {self._order.library}
        return sorted(name for name in there if known.get(name) is not LibraryStatus.DELETING)

    async def _library(self, name: str, algorithm: str) -> None:
        await self._feed.caught_up(self._topics.items)
        before = await asyncio.to_thread(self._inspector.rows.versions, name)
        stock = await self._inspector.stock(name)
        looked = await self._inspector.looked_at(name, before, stock)
        now_ms = int(time.time() * 1000)
        found = await asyncio.to_thread(compare, name, looked, stock, algorithm=algorithm, now_ms=now_ms)
        items, versions = len(looked.held), len(stock.versions)
        self._progress.items += items
        self._progress.versions += versions
        if not await self._inspector.exists(name):
            unknown = Difference(
                kind=DifferenceKind.LIBRARY_UNKNOWN, library=name, detail=f"it has {versions} stored versions"
            )
            if self._order.mend:
                await self._mender.unknown_library(unknown, found, versions=versions)
            else:
                self._tell(unknown)
        elif self._order.mend:
            await self._mender.library(name, found, items=items, versions=versions)
        else:
            for one in found:
                self._tell(one)

    async def _parts(self, survey: Survey) -> None:
        """Tell what jobs have left in the store, and remove it."""
        unfinished = await self._inspector.unfinished()
        ended = await asyncio.to_thread(self._inspector.rows.ended, [job_id for job_id, _ in survey.parts])
        now = time.time()
        found = left_parts(survey.parts, unfinished=unfinished, ended=ended, now_s=now)
        if not self._order.mend:
            for one in found:
                self._tell(one)
            return
        for start in range(0, len(found), BATCH):
            unfinished = await self._inspector.unfinished()
            batch = {one.job_id: one for one in found[start : start + BATCH] if one.job_id not in unfinished}
            ages = {True: ENDED_PARTS_AGE_S, False: UNKNOWN_PARTS_AGE_S}
            parts = tuple((job_id, now - ages[job_id in ended]) for job_id in batch)
            for job_id in (await self._inspector.repair(DEFAULT_LIBRARY, parts=parts)).parts:
                self._tell(batch[job_id].with_outcome(Outcome.MENDED))

    async def _writes(self, survey: Survey) -> None:
        """Tell which writes were cut off, and remove what is left of them."""
        found = [Difference(kind=DifferenceKind.WRITES_LEFT, detail=path) for path in survey.writes]
        if found and self._order.mend:
            await self._inspector.repair(DEFAULT_LIBRARY, writes_before=time.time() - WRITE_AGE_S)
            found = [one.with_outcome(Outcome.MENDED) for one in found]
        for one in found:
            self._tell(one)

    async def _jobs(self) -> None:
        """Tell which jobs make no progress."""
        now = parse_time(utc_now())
        for job in await asyncio.to_thread(self._inspector.rows.unfinished):
            if (now - parse_time(job.updated)).total_seconds() >= STALLED_S:
                one = Difference(
                    kind=DifferenceKind.JOB_STALLED,
                    library=job.library,
                    media_id=job.media_id,
                    version=job.version,
                    job_id=job.job_id,
                    detail=f"no progress since {job.updated}",
                )
                reason = "it waits behind others, since a lost one is asked for again; else cancel it and ask anew"
                self._tell(one.with_outcome(Outcome.LEFT, reason) if self._order.mend else one)
