"""What the service remembers of one MediaId: the value of the Faust table that the job agent keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from schemas.events import Rendition
from schemas.jobs import Job
from schemas.libraries import LibraryItem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["ActiveJob", "MediaRecord", "adopt", "rebuild"]

#: Ended jobs whose ids are remembered, so that a replayed request makes no second job. The read model knows the
#: older ones.
REMEMBERED_JOBS = 64


class ActiveJob(msgspec.Struct, kw_only=True):
    """A job that has not ended, and which of its chunks are done."""

    job: Job
    #: Spans of the chunks, seconds; empty until the media has been looked at.
    spans: tuple[tuple[float, float], ...] = ()
    #: Whether the media has been looked at.
    planned: bool = False
    #: Whether its clock was found to start anew or to jump.
    several_clocks: bool = False
    #: Numbers of the chunks that are done.
    done: set[int] = msgspec.field(default_factory=set)
    #: How often its last task was tried before, and the job begun anew for that.
    restarts: int = 0


class MediaRecord(msgspec.Struct, kw_only=True):
    """Everything that decides what a request or a result about one MediaId leads to."""

    #: The version that the newest job got.
    version: int = 0
    #: The job that the newest transcode event made, and the renditions known of that content.
    event_job: str = ""
    event_job_failed: bool = False
    renditions: tuple[Rendition, ...] = ()
    active: dict[str, ActiveJob] = msgspec.field(default_factory=dict)
    #: Ended jobs, oldest first.
    ended: tuple[str, ...] = ()
    #: What libraries hold of it, by the library's name.
    items: dict[str, LibraryItem] = msgspec.field(default_factory=dict)

    def knows(self, job_id: str) -> bool:
        """Whether a job of this id has been made."""
        return job_id in self.active or job_id in self.ended

    def end(self, job_id: str) -> None:
        """Move a job from the active to the ended ones."""
        self.active.pop(job_id, None)
        self.ended = (*(i for i in self.ended if i != job_id), job_id)[-REMEMBERED_JOBS:]

    def forget(self, version: int) -> None:
        """Forget all that was known before a version, when the media item is deleted."""
        self.items = {library: item for library, item in self.items.items() if item.version > version}
        self.ended = ()
        if self.event_job not in self.active:
            self.event_job, self.event_job_failed, self.renditions = "", False, ()
        if not self.active and not self.items:
            self.version = 0

    @property
    def empty(self) -> bool:
        """Whether there is nothing to remember."""
        return not (self.version or self.active or self.ended or self.items)


def rebuild(jobs: Iterable[Job], items: Iterable[LibraryItem]) -> MediaRecord:
    """Make the record of a MediaId anew from its jobs and items in the read model.

    Needed where the table is lost while the read model is not: the embedded broker forgets everything at its end.
    Chunks of unfinished jobs count as not done; their stored parts make the second run short.
    """
    record = MediaRecord(items={item.library: item for item in items})
    record.version = max((item.version for item in record.items.values()), default=0)
    for job in sorted(jobs, key=lambda job: (job.version, job.creation_time)):
        record.version = max(record.version, job.version)
        if job.request.source == "event":
            record.event_job = job.job_id
            record.event_job_failed = job.status == "fail"
            record.renditions = job.renditions
        if job.status.ended:
            record.end(job.job_id)
        else:
            record.active[job.job_id] = ActiveJob(job=job)
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
    found = msgspec.structs.replace(
        record,
        version=max(record.version, seen.version),
        active=dict(record.active),
        items={**record.items, **stored},
    )
    if not found.event_job:
        found.event_job, found.event_job_failed = seen.event_job, seen.event_job_failed
        found.renditions = seen.renditions
    for job in jobs:
        if job.job_id == job_id and job.status.ended:
            found.end(job_id)
        elif job.job_id == job_id:
            found.active.setdefault(job_id, ActiveJob(job=job))
            found.ended = tuple(ended for ended in found.ended if ended != job_id)
    return found


def _held(record: MediaRecord, library: str) -> int:
    item = record.items.get(library)
    return item.version if item is not None else 0
