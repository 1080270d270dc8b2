"""What can be done with libraries and their items.

State is in events: this publishes them, and returns when the read model shows what was asked for.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
import structlog

from schemas.admission import check_metadata
from schemas.clock import utc_now
from schemas.commands import CancelJob, DeleteMedia, ForgetItem, MarkItem, RemoveItem
from schemas.ids import new_job_id
from schemas.jobs import UPLOADED
from schemas.libraries import DEFAULT_LIBRARY, Library, LibraryStatus
from schemas.rights import Right
from schemas.tasks import DropLibrary, EmptyLibrary
from streams.domain.jobs.versions import version_at
from streams.domain.library_errors import (
    LibraryBusy,
    LibraryExists,
    LibraryProtected,
    MediaIdTaken,
    UnknownItem,
    UnknownLibrary,
    check_library_name,
    check_media_id,
    not_replacer,
)
from streams.redaction import redacted
from streams.services.library_scope import check_curator, check_request

if TYPE_CHECKING:
    from collections.abc import Callable

    from schemas.commands import ItemMarks
    from schemas.jobs import Job, JobRequest
    from schemas.libraries import LibraryItem
    from streams.adapters.kafka.topics import Topics
    from streams.pipeline.events import EventEmitter
    from streams.ports.feed import Feed
    from streams.readmodel.model import ReadModel

__all__ = ["Libraries"]

log = structlog.get_logger(__name__)

T = TypeVar("T")

#: Seconds until a change that was asked for shows: a worker may be at a long task of the same media item.
SHOWN_S = 60.0
#: Seconds until a library is empty. Together with the ends of its jobs and the forgetting of its items this is less
#: than the five minutes that the command line waits for an answer.
EMPTIED_S = 180.0
#: Requests under way at a time when a library of many items is emptied.
SIDE_BY_SIDE = 64


class Libraries:
    """The registry of libraries. Reads come from the read model: `ReadModel.libraries`."""

    def __init__(self, emitter: EventEmitter, model: ReadModel, feed: Feed, topics: Topics) -> None:
        self._emitter = emitter
        self._model = model
        self._feed = feed
        self._topics = topics

    async def ensure(self, *names: str) -> None:
        """Make sure that the libraries exist which jobs use without asking: these, and the default one."""
        for name in dict.fromkeys((DEFAULT_LIBRARY, *names)):
            if await self._find(name) is None:
                await self._publish(Library(name=name, creation_time=utc_now()))

    async def take_up_deletions(self) -> None:
        """Go on with deletions that were cut short; one that takes long is left to the workers, and to a next start."""
        for library in await asyncio.to_thread(self._model.libraries.all):
            if library.status is LibraryStatus.DELETING:
                try:
                    await self.delete(library.name)
                except TimeoutError as error:
                    log.warning("library_not_deleted_yet", library=library.name, reason=str(error))

    async def get(self, name: str) -> Library:
        """Return a library, as all workers know it now.

        Raises:
            UnknownLibrary: There is none of this name.
        """
        library = await self._find(name)
        if library is None:
            raise UnknownLibrary(name)
        return library

    async def check(self, request: JobRequest) -> None:
        """Check that a job can use the libraries that it names, and that its caller may.

        Whether it would replace what is there by other content shows here where that is read from elsewhere. What was
        sent along, or has changed where it lies, shows when it has been looked at: the job then fails.

        Raises:
            ForbiddenError: Its caller may not.
            LibraryError: It cannot.
        """
        check_media_id(request.media_id)
        await self._feed.caught_up(self._topics.libraries)
        libraries = await asyncio.to_thread(self._model.libraries.all)
        check_request(request, {library.name: library for library in libraries})
        if request.stores and not request.may(Right.REPLACE) and request.file_url != UPLOADED:
            await self._feed.caught_up(self._topics.items)
            item = await asyncio.to_thread(self._model.libraries.item, request.library, request.media_id)
            if item is not None and _place(item.file_url) != _place(request.file_url):
                raise not_replacer(request.library, request.media_id)

    async def check_free(self, request: JobRequest) -> None:
        """Check that a job's MediaId is not that of media from elsewhere, where it may take nothing's place.

        Of two videos under one MediaId a library holds the later one alone, and in no library is the one compared with
        the other. That is to be meant by whoever names them, and not what comes of two files that are called alike.

        Raises:
            MediaIdTaken: It is.
        """
        await self._feed.caught_up(self._topics.jobs)
        jobs = await asyncio.to_thread(self._model.jobs.of_media, request.media_id)
        await self._feed.caught_up(self._topics.items)  # what one of them has stored meanwhile
        items = await asyncio.to_thread(self._model.libraries.items_of, request.media_id)
        there = [(item.library, item.file_url) for item in items]
        there += [
            (job.request.library, job.request.file_url) for job in jobs if not job.status.ended and job.request.stores
        ]
        for library, place in there:
            replaced = request.stores and library == request.library
            if place != request.file_url and (replaced or request.save_type.searches):
                raise MediaIdTaken(request.media_id, redacted(place), library, replaced=replaced)

    async def check_cancel(self, request: JobRequest) -> None:
        """Check that a caller may end a job: what is ended in time is kept out of its library.

        Args:
            request: The job's, with the rights of the one who wants to end it.

        Raises:
            ForbiddenError: The caller may not.
        """
        library = await self._find(request.library)
        if library is not None and request.stores:
            check_curator(request, library)

    async def create(self, library: Library) -> Library:
        """Make a library.

        Raises:
            LibraryExists: There is one of this name.
            UnusableName: Not every door would take its name.
        """
        check_library_name(library.name)
        if await self._find(library.name) is not None:
            raise LibraryExists(library.name)
        log.info("library_created", library=library.name, purpose=library.purpose)
        return await self._publish(msgspec.structs.replace(library, creation_time=utc_now()))

    async def update(self, name: str, **changes: object) -> Library:
        """Change fields of a library.

        Raises:
            UnknownLibrary: There is none of this name.
            LibraryBusy: It is being deleted.
        """
        library = await self.get(name)
        if library.status is LibraryStatus.DELETING:
            raise LibraryBusy(name)
        changed = msgspec.structs.replace(library, **changes)
        return library if changed == library else await self._publish(changed)

    async def pause(self, name: str) -> Library:
        """Let jobs search the library no more."""
        return await self.update(name, status=LibraryStatus.PAUSED)

    async def resume(self, name: str) -> Library:
        """Let jobs search the library again."""
        return await self.update(name, status=LibraryStatus.ACTIVE)

    async def purge(self, name: str) -> None:
        """Empty a library: end the jobs that store into it, and remove everything that was asked for before now.

        Raises:
            UnknownLibrary: There is none of this name.
            TimeoutError: A worker did not answer; asking again goes on from there.
        """
        await self.get(name)
        await self._empty(name, EmptyLibrary)
        log.info("library_purged", library=name)

    async def delete(self, name: str) -> None:
        """Delete a library with everything in it.

        Raises:
            UnknownLibrary: There is none of this name.
            LibraryProtected: It is the default library.
            TimeoutError: A worker did not answer; asking again goes on from there.
        """
        library = await self.get(name)
        if name == DEFAULT_LIBRARY:
            raise LibraryProtected(name)
        if library.status is not LibraryStatus.DELETING:
            await self._publish(msgspec.structs.replace(library, status=LibraryStatus.DELETING))
        await self._empty(name, DropLibrary)
        await self._emitter.library_gone(name)
        await self._feed.caught_up(self._topics.libraries)
        log.info("library_deleted", library=name)

    async def item(self, library: str, media_id: str) -> LibraryItem:
        """Return what a library holds of a media item, as all workers know it now.

        Raises:
            UnknownLibrary: There is no such library.
            UnknownItem: It does not hold the media item.
        """
        await self.get(library)
        await self._feed.caught_up(self._topics.items)
        item = await asyncio.to_thread(self._model.libraries.item, library, media_id)
        if item is None:
            raise UnknownItem(library, media_id)
        return item

    async def mark(self, library: str, media_id: str, marks: ItemMarks) -> LibraryItem:
        """Disable or enable an item, describe it, or lift what the flood guard has said of it.

        Raises:
            UnknownLibrary: There is no such library.
            UnknownItem: It does not hold the media item.
            TooLargeError: The metadata is more than can be kept.
            TimeoutError: No worker has taken the request up.
        """
        check_metadata(marks.metadata)
        before = await self.item(library, media_id)
        disabled = before.disabled if marks.disabled is None else marks.disabled
        metadata = before.metadata if marks.metadata is None else marks.metadata
        quarantined = before.quarantined if marks.quarantined is None else marks.quarantined
        published = before.publish_time if marks.publish_time is None else marks.publish_time
        wanted = (disabled, metadata, quarantined, published)
        if _said(before) == wanted:
            return before
        await self._emitter.command(MarkItem(**_asked_now(media_id), library=library, marks=marks))

        def shown() -> LibraryItem | None:
            item = self._model.libraries.item(library, media_id)
            return item if item and _said(item) == wanted else None

        return await self._until(shown)

    async def remove(self, library: str, media_id: str) -> None:
        """Take a media item out of a library.

        Raises:
            UnknownLibrary: There is no such library.
            UnknownItem: It does not hold the media item.
            TimeoutError: No worker has done it yet.
        """
        item = await self.item(library, media_id)
        await self._emitter.command(RemoveItem(**_asked_now(media_id), library=library))

        def gone() -> bool:
            found = self._model.libraries.item(library, media_id)
            return found is None or found.version > item.version

        await self._until(gone)

    async def delete_media(self, media_id: str) -> str:
        """Take a media item out of all libraries, and forget its jobs; return the id of the request.

        Raises:
            LookupError: Nothing is known of the media item.
            TimeoutError: No worker has done it yet.
        """
        await self._feed.caught_up(self._topics.jobs)
        await self._feed.caught_up(self._topics.items)
        jobs = {job.job_id for job in await asyncio.to_thread(self._model.jobs.of_media, media_id)}
        items = {item.version for item in await asyncio.to_thread(self._model.libraries.items_of, media_id)}
        if not jobs and not items:
            raise LookupError(f"nothing is known of media item {media_id!r}")
        command = DeleteMedia(**_asked_now(media_id))
        await self._emitter.command(command)

        def gone() -> bool:
            left = {job.job_id for job in self._model.jobs.of_media(media_id)} & jobs
            return not left and not {item.version for item in self._model.libraries.items_of(media_id)} & items

        await self._until(gone)
        return command.job_id

    async def _empty(self, name: str, kind: type[EmptyLibrary | DropLibrary]) -> None:
        now = utc_now()
        version = version_at(now)
        await self._end_jobs(name, now)
        await self._emitter.task(kind(job_id=new_job_id(), library=name, version=version, started=now))
        await self._until(lambda: self._is_empty(name, version), EMPTIED_S)
        await self._feed.caught_up(self._topics.items)
        held = await asyncio.to_thread(self._model.libraries.media_ids, name, up_to=version)
        free = asyncio.Semaphore(SIDE_BY_SIDE)

        async def forget(media_id: str) -> None:
            async with free:
                asked = ForgetItem(job_id=new_job_id(), media_id=media_id, library=name, requested_time=now)
                await self._emitter.command(asked)

        await asyncio.gather(*map(forget, held))
        await self._until(lambda: not self._model.libraries.media_ids(name, up_to=version))

    async def _end_jobs(self, library: str, now: str) -> None:
        """End the jobs that store into a library and were asked for before now; return when they have ended."""
        await self._feed.caught_up(self._topics.jobs)

        def under_way() -> list[Job]:
            jobs = self._model.jobs.unfinished()
            return [job for job in jobs if job.request.library == library and job.creation_time <= now]

        for job in await asyncio.to_thread(under_way):
            await self._emitter.command(CancelJob(job_id=job.job_id, media_id=job.media_id))
        await self._until(lambda: not under_way())

    def _is_empty(self, name: str, version: int) -> bool:
        """Whether a worker has told that nothing up to a version is stored any more, or the library is gone."""
        library = self._model.libraries.get(name)
        return library is None or library.emptied_version >= version

    async def _publish(self, library: Library) -> Library:
        library = msgspec.structs.replace(library, update_time=utc_now())
        await self._emitter.library(library)
        await self._feed.caught_up(self._topics.libraries)
        return library

    async def _find(self, name: str) -> Library | None:
        await self._feed.caught_up(self._topics.libraries)
        return await asyncio.to_thread(self._model.libraries.get, name)

    async def _until(self, shown: Callable[[], T | None], timeout_s: float | None = None) -> T:
        """Return what the read model shows once it is what was asked for.

        Raises:
            TimeoutError: It does not come.
        """
        late = "no worker has done what was asked for yet: it is still asked for, look again later"
        return await self._feed.until(shown, timeout_s=timeout_s or SHOWN_S, otherwise=late)


def _said(item: LibraryItem) -> tuple[bool, dict[str, Any], str, str]:
    """Return what is said of an item."""
    return item.disabled, item.metadata, item.quarantined, item.publish_time


def _asked_now(media_id: str) -> dict[str, Any]:
    """Return what every command about a media item begins with that is asked for now."""
    return {"job_id": new_job_id(), "media_id": media_id, "requested_time": utc_now()}


def _place(url: str) -> str:
    """Return an address without what may differ each time that it is handed out, such as the signature behind it."""
    return url.partition("#")[0].partition("?")[0]
