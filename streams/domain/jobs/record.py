"""What the service remembers of one MediaId: the value of the Faust table that the job agent keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from schemas.events import Rendition
from schemas.jobs import Job, JobSource, JobStatus
from schemas.libraries import LibraryItem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

__all__ = ["ActiveJob", "MediaRecord", "adopt", "rebuild"]

#: Ended jobs whose ids are remembered, so that a replayed request makes no second job. The read model knows the
#: older ones.
REMEMBERED_JOBS = 64


class ActiveJob(msgspec.Struct, kw_only=True, frozen=True):
    """A job that has not ended, and which of its chunks are done."""

    job: Job
    #: Spans of the chunks, seconds; empty until the media has been looked at.
    spans: tuple[tuple[float, float], ...] = ()
    #: Whether the media has been looked at.
    planned: bool = False
    #: Whether its clock was found to start anew or to jump.
    several_clocks: bool = False
    #: Numbers of the chunks that are done.
    done: frozenset[int] = frozenset()
    #: How often its last task was tried before, and the job begun anew for that.
    restarts: int = 0


class MediaRecord(msgspec.Struct, kw_only=True, frozen=True):
    """Everything that decides what a request or a result about one MediaId leads to.

    Nothing in it changes: what a message leads to is another record, so that the one before it is still there to
    decide on when the first decision cannot be written.
    """

    #: The version that the newest job got.
    version: int = 0
    #: The job that the newest transcode event made, and the renditions known of that content.
    event_job: str = ""
    event_job_failed: bool = False
    renditions: tuple[Rendition, ...] = ()
    active: Mapping[str, ActiveJob] = {}
    #: Ended jobs, oldest first.
    ended: tuple[str, ...] = ()
    #: What libraries hold of it, by the library's name.
    items: Mapping[str, LibraryItem] = {}

    def knows(self, job_id: str) -> bool:
        """Whether a job of this id has been made."""
        return job_id in self.active or job_id in self.ended

    def with_active(self, active: ActiveJob) -> MediaRecord:
        """Return the record with a job under way as it stands now."""
        return msgspec.structs.replace(self, active={**self.active, active.job.job_id: active})

    def with_ended(self, job_id: str) -> MediaRecord:
        """Return the record with a job among the ended ones, no longer under way."""
        active = {other: one for other, one in self.active.items() if other != job_id}
        ended = (*(other for other in self.ended if other != job_id), job_id)[-REMEMBERED_JOBS:]
        return msgspec.structs.replace(self, active=active, ended=ended)

    def with_item(self, item: LibraryItem) -> MediaRecord:
        """Return the record with what a library holds now."""
        return msgspec.structs.replace(self, items={**self.items, item.library: item})

    def without_items(self, libraries: Collection[str]) -> MediaRecord:
        """Return the record without what these libraries held."""
        items = {library: item for library, item in self.items.items() if library not in libraries}
        return msgspec.structs.replace(self, items=items)

    def forgotten(self, version: int) -> MediaRecord:
        """Return the record without all that was known up to a version, when the media item is deleted."""
        items = {library: item for library, item in self.items.items() if item.version > version}
        record = msgspec.structs.replace(self, items=items, ended=())
        if record.event_job not in record.active:
            record = msgspec.structs.replace(record, event_job="", event_job_failed=False, renditions=())
        if not record.active and not record.items:
            record = msgspec.structs.replace(record, version=0)
        return record

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.version or self.active or self.ended or self.items)


def rebuild(jobs: Iterable[Job], items: Iterable[LibraryItem]) -> MediaRecord:
    """Make the record of a MediaId anew from its jobs and items in the read model.

    Needed where the table is lost while the read model is not: the embedded broker forgets everything at its end.
    Chunks of unfinished jobs count as not done; their stored parts make the second run short.
    """
    held = {item.library: item for item in items}
    record = MediaRecord(items=held, version=max((item.version for item in held.values()), default=0))
    for job in sorted(jobs, key=lambda job: (job.version, job.creation_time)):
        record = msgspec.structs.replace(record, version=max(record.version, job.version))
        if job.request.source is JobSource.EVENT:
            record = msgspec.structs.replace(
                record,
                event_job=job.job_id,
                event_job_failed=job.status is JobStatus.FAIL,
                renditions=job.renditions,
            )
        record = record.with_ended(job.job_id) if job.status.ended else record.with_active(ActiveJob(job=job))
    return record


def adopt(record: MediaRecord, job_id: str, jobs: Iterable[Job], items: Iterable[LibraryItem]) -> MediaRecord:
    """Return the record, brought up to what the topics tell of one job and of what libraries hold.

    The table may have lost what everybody else can see: then the job would be made a second time, under another
    version, and what it had stored would stay for good. What the record knows of other jobs stays.

    Args:
        record: What the table remembers.
        job_id: The job.
        jobs: All jobs of the MediaId, as far as the topic says.
        items: What libraries hold of it, as far as the topic says.
    """
    jobs = list(jobs)
    seen = rebuild(jobs, items)
    stored = {name: item for name, item in seen.items.items() if item.version > _held(record, name)}
    found = msgspec.structs.replace(record, version=max(record.version, seen.version), items={**record.items, **stored})
    if not found.event_job:
        found = msgspec.structs.replace(
            found, event_job=seen.event_job, event_job_failed=seen.event_job_failed, renditions=seen.renditions
        )
    for job in jobs:
        if job.job_id == job_id:
            found = _taken_up(found, job)
    return found


def _taken_up(record: MediaRecord, job: Job) -> MediaRecord:
    """Return the record with a job where the topics say that it stands; what is known of its chunks stays."""
    if job.status.ended:
        return record.with_ended(job.job_id)
    ended = tuple(other for other in record.ended if other != job.job_id)
    known = record.active.get(job.job_id, ActiveJob(job=job))
    return msgspec.structs.replace(record, ended=ended).with_active(known)


def _held(record: MediaRecord, library: str) -> int:
    item = record.items.get(library)
    return item.version if item is not None else 0
